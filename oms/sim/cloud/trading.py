"""Accounts, orders and their executions: the document's "Account API" and "Trade API"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from oms.sim.book import ZERO
from oms.sim.cloud.faults import (
    CANCEL_REJECT,
    REJECT,
    SLOW_CANCEL,
    SLOW_SUBMIT,
    SYSTEM_ERROR,
    TRADED,
    Mishaps,
    system_error,
)
from oms.sim.cloud.market import CURRENCIES, PLACE
from oms.sim.cloud.orders import OPEN_STATES, SEARCHABLE, SIDES, TYPES, Stage
from oms.sim.cloud.request import Params, Problem, invalid
from oms.sim.cloud.rows import Row, detail, match_row, money, open_row
from oms.sim.cloud.rules import not_enough, symbol_of, terms_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    from oms.sim.cloud.accounts import Directory
    from oms.sim.cloud.exchange import Exchange
    from oms.sim.cloud.market import Symbol
    from oms.sim.cloud.orders import Account, Entry

    Item = TypeVar("Item")

MOST_BATCH = 50  # "list maximum is 50"
MOST_BATCH_OPEN = 100
MOST_OPEN = 500
MOST_LISTED = 100
NO_NEXT = -1
HISTORY = timedelta(days=61)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Call:
    """One request of one user; `number` is the id in its path."""

    params: Params
    user: int
    number: str
    now: datetime


class Trading:
    """Answers for accounts and orders: each method returns what goes under `data`."""

    def __init__(self, directory: Directory, exchange: Exchange, mishaps: Mishaps) -> None:
        """Trade on this exchange."""
        self._directory = directory
        self._exchange = exchange
        self._mishaps = mishaps

    def accounts(self, call: Call) -> list[Row]:
        """GET /v1/account/accounts."""
        return [_account_row(account) for account in self._directory.of(call.user)]

    def balance(self, call: Call) -> Row:
        """GET /v1/account/accounts/{account-id}/balance."""
        account = self._directory.account(call.user, _number(call.number, "account-id"))
        row = _account_row(account)
        user = row.pop("user-id")
        ledger = self._exchange.floor.ledger
        balances = []
        for currency in CURRENCIES:
            balance = ledger.balance(account.owner, PLACE, currency.upper())
            for kind, amount in (("trade", balance.available), ("frozen", balance.frozen)):
                balances.append({"currency": currency, "type": kind, "balance": money(amount)})
        return {**row, "list": balances, "user-id": user}

    def place(self, call: Call) -> str:
        """POST /v1/order/orders/place."""
        account = self._directory.account(call.user, call.params.whole("account-id"))
        terms = terms_of(call.params, account)
        hit = self._mishaps.of_order()
        if REJECT in hit or not self._exchange.affords(terms):
            raise not_enough(ZERO if REJECT in hit else self._exchange.available(terms))
        if SYSTEM_ERROR in hit and not self._mishaps.takes_effect():
            raise system_error()
        entry = self._exchange.place(terms, call.now, slow=SLOW_SUBMIT in hit)
        if SYSTEM_ERROR in hit:
            raise system_error()
        return str(entry.number)

    def submit_cancel(self, call: Call) -> str:
        """POST /v1/order/orders/{order-id}/submitcancel."""
        self._cancel(self._entry(call.user, call.number), call.now)
        return call.number

    def batch_cancel(self, call: Call) -> Row:
        """POST /v1/order/orders/batchcancel."""
        numbers = call.params.names("order-ids")
        if len(numbers) > MOST_BATCH:
            text = f"Parameter `order-ids` is invalid: {MOST_BATCH} orders at most."
            raise Problem(code="invalid-order-ids", text=text)
        success: list[str] = []
        failed: list[Row] = []
        for number in numbers:
            try:
                self._cancel(self._entry(call.user, number), call.now)
            except Problem as problem:
                failed.append({"err-msg": problem.text, "order-id": number, "err-code": problem.code})
            else:
                success.append(number)
        return {"success": success, "failed": failed}

    def batch_cancel_open(self, call: Call) -> Row:
        """POST /v1/order/orders/batchCancelOpenOrders: the newest first."""
        call.params.whole("account-id")
        size = call.params.whole("size", MOST_BATCH_OPEN, high=MOST_BATCH_OPEN)
        candidates = [each for each in self._open(call) if each.stage is not Stage.CANCELLING]
        failures = 0
        for entry in candidates[:size]:
            try:
                self._cancel(entry, call.now)
            except Problem:
                failures += 1
        following = candidates[size].number if len(candidates) > size else NO_NEXT
        return {
            "success-count": len(candidates[:size]) - failures,
            "failed-count": failures,
            "next-id": following,
        }

    def open_orders(self, call: Call) -> list[Row]:
        """GET /v1/order/openOrders: the newest first; all of the user's without account-id and symbol."""
        everything = not (call.params.text("account-id", "") or call.params.text("symbol", ""))
        size = call.params.whole("size", MOST_OPEN if everything else 10, high=MOST_OPEN)
        return [open_row(entry) for entry in self._open(call)[:size]]

    def order(self, call: Call) -> Row:
        """GET /v1/order/orders/{order-id}."""
        return detail(self._entry(call.user, call.number))

    def order_matches(self, call: Call) -> list[Row]:
        """GET /v1/order/orders/{order-id}/matchresults: the newest first."""
        entry = self._entry(call.user, call.number)
        return [match_row(entry, match) for match in reversed(entry.matches)]

    def orders(self, call: Call) -> list[Row]:
        """GET /v1/order/orders."""
        wanted = self._wanted(call, EPOCH)
        states = call.params.choices("states", SEARCHABLE)
        entries = self._exchange.orders.values()
        found = _page(
            (each for each in _walk(entries, call) if each.state in states and wanted(each, each.created_at)),
            call,
            lambda entry: entry.number,
        )
        return [detail(entry) for entry in found]

    def match_results(self, call: Call) -> list[Row]:
        """GET /v1/order/matchresults."""
        wanted = self._wanted(call, call.now - HISTORY)
        pairs = _walk(self._exchange.matches, call)
        found = _page(
            (pair for pair in pairs if wanted(pair[0], pair[1].at)), call, lambda pair: pair[1].number
        )
        return [match_row(entry, match) for entry, match in found]

    def _wanted(self, call: Call, earliest: datetime) -> Callable[[Entry, datetime], bool]:
        # The document requires a symbol; clients of the family ask without one, and mean all.
        symbol = _symbol(call.params)
        types = call.params.choices("types", TYPES, "")
        start, end = call.params.days(earliest, call.now)
        start = max(start, earliest)

        def wanted(entry: Entry, at: datetime) -> bool:
            terms = entry.terms
            mine = terms.account.user == call.user and symbol in (None, terms.symbol)
            return mine and terms.type in types and start <= at < end

        return wanted

    def _open(self, call: Call) -> list[Entry]:
        """Return the user's open orders that a request filters for, the newest first."""
        account = call.params.whole("account-id", 0)
        if account:
            self._directory.account(call.user, account)
        symbol = _symbol(call.params)
        side = SIDES.get(call.params.choice("side", SIDES, ""))
        return [
            entry
            for entry in reversed(self._exchange.working.values())
            if entry.state in OPEN_STATES
            and entry.terms.account.user == call.user
            and account in (0, entry.terms.account.number)
            and symbol in (None, entry.terms.symbol)
            and side in (None, entry.terms.side)
        ]

    def _entry(self, user: int, number: str) -> Entry:
        entry = self._exchange.orders.get(int(number)) if number.isascii() and number.isdigit() else None
        if entry is None or entry.terms.account.user != user:
            raise Problem(code="base-record-invalid", text="record invalid")
        return entry

    def _cancel(self, entry: Entry, now: datetime) -> None:
        hit = self._mishaps.of_cancel()
        if SYSTEM_ERROR in hit and not self._mishaps.takes_effect():
            raise system_error()
        traded = next((TRADED[name] for name in hit if name in TRADED), ZERO)
        if CANCEL_REJECT in hit or not self._exchange.cancel(
            entry, now, traded=traded, slow=SLOW_CANCEL in hit
        ):
            raise Problem(code="order-orderstate-error", text="the order state is error")
        if SYSTEM_ERROR in hit:
            raise system_error()


def _account_row(account: Account) -> Row:
    return {"id": account.number, "type": account.kind, "state": "working", "user-id": account.user}


def _symbol(params: Params) -> Symbol | None:
    return symbol_of(params) if params.text("symbol", "") else None


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise invalid(name)
    return int(text)


def _walk(items: Iterable[Item], call: Call) -> Iterator[Item]:
    """Go through what is kept by ascending id: towards older ones, unless asked for the newer."""
    items = list(items)
    return iter(items if _newer(call) else items[::-1])


def _newer(call: Call) -> bool:
    """`prev` is the page before, of newer ones; `next` (the default) is the one after, of older ones."""
    backwards = call.params.choice("direct", ("prev", "next"), "next") == "prev"
    return backwards and bool(call.params.text("from", ""))


def _page(items: Iterator[Item], call: Call, number: Callable[[Item], int]) -> list[Item]:
    """Return a page, the newest first; it begins with `from` itself, as its default of the highest id shows."""
    size = call.params.whole("size", MOST_LISTED, low=1, high=MOST_LISTED)
    start = call.params.whole("from", 0)
    newer = _newer(call)
    beyond = (one for one in items if not start or (number(one) >= start if newer else number(one) <= start))
    page = list(islice(beyond, size))
    return page[::-1] if newer else page
