"""A person with a script, trading with one venue by the state of the orders in the API, whatever goes wrong on the way.

What was refused or lost is ordered again until there is what was wanted. The other account trades with what rests; it
meets the same faults, so the venue's record tells what came of it. Nothing of the project is imported.
"""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.contract.desk import Desk
from tests.contract.ledger import Ledger
from tests.system.harness import TOKEN, WAIT_S, oms, until

if TYPE_CHECKING:
    import subprocess

TOLD_S = 60.0  # until what is in doubt is settled: a fence, two looks past it, and what goes wrong with them
ARRIVES_S = 3.0  # until a request that had no answer cannot arrive at the simulated venue any more
ATTEMPTS = 25
DEPTH = Decimal(10)  # what the fixed book has in all on either side
BEST = {"BUY": Decimal(29990), "SELL": Decimal(30000)}
OPPOSITE = {"BUY": "SELL", "SELL": "BUY"}
ENDED = {"Filled", "Canceled", "Rejected", "Expired"}
Terms = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the orders of a day say on one kind of venue: the same, in its own words.

    Attributes:
        symbol: the market.
        exchange: the one behind the venue, where there is one; and the one that takes market orders.
        accounts: the venue's names of our account and of the other.
        instead: an order that the venue lacks, by the denial, and what a person orders instead.
        market_buy: buys what 75000 of quote currency buy.
        market_sell: sells 2.

    """

    symbol: str
    accounts: tuple[str, str]
    exchange: str = ""
    market_exchange: str = ""
    instead: tuple[str, Terms] | None = None
    market_buy: Terms
    market_sell: Terms


class Person:
    """Trades at one desk."""

    def __init__(self, desk: Desk, words: Words) -> None:
        """Trade at this desk."""
        self.desk, self.words = desk, words
        ours, others = words.accounts
        self.venue = Ledger(desk.sim, ours, desk.kind.named_by)
        self.others = Ledger(desk.sim, others, desk.kind.named_by)
        self.changed: set[str] = set()
        self.retold: list[str] = []

    # --- one order

    def able(self) -> None:
        """Wait until orders can leave."""

        def ready() -> bool:
            return self._goes_on()["logged_on"] and not self.open(in_doubt=True)

        until(ready, "orders can leave", TOLD_S)

    def _goes_on(self) -> dict[str, Any]:
        """Look at the session; after a ban a person lets it go on."""
        session = self.desk.daemon.session()
        if session["rest"]["banned"]:
            url = f"{self.desk.daemon.url}/v1/sessions/main/resume"
            self.desk.daemon.http.post(url, timeout=WAIT_S).raise_for_status()
            self.retold.append("resumed")
        return session

    def open(self, *, in_doubt: bool = False) -> list[dict[str, Any]]:
        """List the orders that are open, or in doubt."""
        status = "in_doubt" if in_doubt else "open"
        found: list[dict[str, Any]] = self.desk.daemon.get("/v1/orders", status=status, limit=1000)["orders"]
        return found

    def order(self, any_id: str) -> dict[str, Any]:
        """GET an order."""
        return self.desk.daemon.order(any_id)

    def when(self, any_id: str, stands: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Wait until an order stands so."""
        seen: dict[str, Any] = {}

        def there() -> bool:
            seen.update(self.order(any_id))
            self._goes_on()
            return stands(seen)

        with contextlib.suppress(AssertionError):
            until(there, "", TOLD_S)
            return seen
        message = (
            f"not within {TOLD_S:g} s: {what}; the order is {seen}, the session {self.desk.daemon.session()}"
        )
        raise AssertionError(message)

    def sent(self, terms: Terms) -> str:
        """Send an order until the venue has it; give its id."""
        for _ in range(ATTEMPTS):
            self.able()
            any_id = self.desk.new_id()
            self.desk.daemon.place(any_id, **self._said(terms)).raise_for_status()
            order = self.when(any_id, is_settled, "the venue has answered")
            if order["ord_status_name"] != "Rejected":
                return any_id
            if self.words.instead and order["denial"] == self.words.instead[0]:
                terms = {**terms, "time_in_force": "", **self.words.instead[1]}
            self.retold.append(f"{order['denial']} {order['reason']}")
        message = f"{ATTEMPTS} attempts, and no order: {terms}: {self.retold}"
        raise AssertionError(message)

    def _said(self, terms: Terms) -> Terms:
        return {"symbol": self.words.symbol, "exchange": self.words.exchange, "side": "BUY", **terms}

    def canceled(self, any_id: str) -> None:
        """Cancel an order, by its state, until it is over."""
        for _ in range(ATTEMPTS):
            self.desk.daemon.cancel(any_id).raise_for_status()
            if self.when(any_id, is_settled, "the cancel has an outcome")["ord_status_name"] in ENDED:
                return
            self.retold.append("cancel")
        message = f"{ATTEMPTS} cancels, and still: {self.order(any_id)}"
        raise AssertionError(message)

    # --- a quantity

    def done(self, ids: Iterable[str]) -> Decimal:
        """Add up what was executed of orders that are settled."""
        orders = [self.when(any_id, is_settled, "all is known of it") for any_id in ids]
        return sum((Decimal(order["cum_qty"]) for order in orders), Decimal(0))

    def taken(self, qty: str, **terms: str) -> None:
        """Trade with the fixed book until a quantity is executed."""
        ids: list[str] = []
        while self.done(ids) < Decimal(qty):
            ids.append(self.sent(terms))
            self._traded(ids[-1])
            assert len(ids) < ATTEMPTS
        assert self.done(ids) == Decimal(qty), [self.order(any_id) for any_id in ids]

    def _traded(self, any_id: str) -> None:
        """Wait for the end of an order; where it is sized by cash, a fill may come after the venue says Filled."""
        order = self.when(any_id, is_over, "it trades at once")
        if order["order_qty"] is None:
            total = self.venue.executed(order[self.desk.kind.named_by])
            self.when(any_id, lambda order: Decimal(order["cum_qty"]) == total, "all its fills came")

    def completed(self, qty: str, side: str, price: str, ids: list[str]) -> None:
        """Order what a step lacks, and have the other account trade with it."""
        for _ in range(ATTEMPTS):
            for any_id in ids:
                if not is_over(self.order(any_id)):
                    self.given(any_id)
            missing = Decimal(qty) - self.done(ids)
            if not missing:
                return
            assert missing > 0, [self.order(any_id) for any_id in ids]
            ids.append(self.sent({"side": side, "order_qty": format(missing, "f"), "price": price}))
        message = (
            f"{self.done(ids)} of {qty} after {ATTEMPTS} orders: {[self.order(any_id) for any_id in ids]}"
        )
        raise AssertionError(message)

    def given(self, any_id: str, qty: str | None = None) -> None:
        """Have the other account trade with an order that rests: with so much of it, or all."""
        order = self.when(any_id, lambda order: is_over(order) or rests(order), "it rests")
        if is_over(order):
            return
        name = order[self.desk.kind.named_by]
        side = OPPOSITE["BUY" if order["side"] == "1" else "SELL"]
        wanted = self.venue.left(name) if qty is None else Decimal(qty)
        rest, total = self.venue.left(name) - wanted, Decimal(order["cum_qty"]) + wanted
        for _ in range(ATTEMPTS):
            missing = self.venue.left(name) - rest
            if missing <= 0:
                break
            self.other(side, missing, Decimal(order["price"]))
        executed = "it is executed"
        self.when(any_id, lambda order: is_over(order) or Decimal(order["cum_qty"]) >= total, executed)

    def other(self, side: str, qty: Decimal, price: Decimal) -> None:
        """Have the other account send one order, and wait until it is there, or cannot be any more."""
        beyond = price < BEST["BUY"] if side == "SELL" else price > BEST["SELL"]
        amount = qty + DEPTH if beyond else qty  # the fixed book is better, and goes first
        before = len(self.others.orders())
        with contextlib.suppress(Exception):  # it meets faults too; the venue's record tells what came of it
            self.desk.kind.trade(self.desk.sim, side, format(amount, "f"), format(price, "f"))
        with contextlib.suppress(AssertionError):
            until(lambda: self.others.idle(since=before), "", ARRIVES_S)

    def said(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Say something on the command line."""
        return oms(*words, environment={"OMS_API": self.desk.daemon.url, "OMS_TOKEN": TOKEN})


def is_settled(order: dict[str, Any]) -> bool:
    """Say whether all is known of an order."""
    known = order["gap"] == "0" and not order["gap_unsized"] and order["inferred"] == "0"
    return (
        known and not order["in_doubt"] and not order["pending"] and order["ord_status_name"] != "PendingNew"
    )


def is_over(order: dict[str, Any]) -> bool:
    """Say whether an order ended, and all is known of it."""
    return is_settled(order) and order["ord_status_name"] in ENDED


def rests(order: dict[str, Any]) -> bool:
    """Say whether an order stands in the book."""
    return is_settled(order) and order["ord_status_name"] in {"New", "PartiallyFilled", "Replaced"}
