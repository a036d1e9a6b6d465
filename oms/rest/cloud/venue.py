"""An exchange of the Cloud API as a venue of the engine: one adapter for each key of an account.

1. An order is placed once; its answer is a number, and its state is asked for at once.
2. "Unknown" ends only by the fence: some time after the submit no request of it can be on its way any more.
3. A poll is one openOrders for all orders. What changed there, or left it, is asked for by its executions and details,
   a few orders at a time, so that a cancel need not wait behind many questions.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
import structlog

from oms.core.errors import VenueError, VenueUnavailable
from oms.core.inputs import Look, Looked
from oms.core.messages import CancelOrder, Mark, NewOrder, StatusRequest
from oms.core.order import Order
from oms.core.times import NS_PER_MS, NS_PER_S
from oms.core.values import OrdStatus, Phase, RequestKind
from oms.rest.adapter import Outcome, Told, unknown_order
from oms.rest.cloud.account import Account
from oms.rest.cloud.canceler import Canceler, named, number_of, state_of
from oms.rest.cloud.look import look, order_snapshot, take_mark
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.models import OrderRow, PlaceRequest
from oms.rest.cloud.orders import MOST_CANCELS, MOST_OPEN_ORDERS, OrderClient
from oms.rest.cloud.paging import all_open_orders
from oms.rest.cloud.patient import PatientQuestions
from oms.rest.cloud.refusals import CloudRefused, Reason
from oms.rest.cloud.rules import by_name, check, check_symbol
from oms.rest.cloud.terms import ENDS, desk_symbol, request_for, venue_symbol
from oms.rest.line import Line
from oms.rest.patience import Patience
from oms.rest.refusal import NotTakenError, Refusal
from oms.rest.strangers import Strangers
from oms.rest.worker import VenueBanned

RULES_S: Final = 3600.0
FENCE_S: Final = 300.0
_log = structlog.get_logger()


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key at work: what it asks about orders, and what everybody may ask."""

    orders: OrderClient
    market: MarketClient


class CloudAdapter:
    """Implements `oms.rest.marked.MarkedAdapter` with one key."""

    most_cancels = MOST_CANCELS

    def __init__(
        self,
        key: Key,
        line: Line,
        account: Account,
        *,
        fence_s: float = FENCE_S,
    ) -> None:
        """Ask by `key`, whose transport is `line`.

        Args:
            key: what asks.
            line: the connection.
            account: what the account's keys know together.
            fence_s: so long after a submit none of it can be on its way any more.

        """
        self.line = line
        self._orders = key.orders
        self._market = key.market
        self._patience = Patience(line)
        self._patient = PatientQuestions(key.orders, self._patience)
        self._account = account
        self._fence_ns = round(fence_s * NS_PER_S)
        self._rules_at: float | None = None
        self._canceler = Canceler(key.orders, line, account, self._rows_of)

    def greet(self) -> None:
        """Find the account; read the symbols' rules, now and then; ask what only the key gets an answer to."""
        at = time.monotonic()
        if self._rules_at is None or at - self._rules_at > RULES_S:
            self._account.symbols = by_name(self._market.symbols())
            self._rules_at = at
        self._orders.balance(self._account.number(self._orders))

    # --- submits

    def take_mark(self, symbol: str) -> Mark:
        """The time, the last orders and the last match results; nothing of a symbol that the venue does not have."""
        known = self._account.symbols
        refusal = check_symbol(venue_symbol(symbol), known) if known else None
        if refusal is not None:
            raise NotTakenError(refusal)
        return take_mark(self._orders, self._market, symbol)

    def place(self, message: NewOrder) -> Told:
        """place; then the order itself."""
        order_id = self._orders.place(self._request(message))
        raw = self.line.said
        try:
            shown = order_snapshot(self._orders, order_id, self._account.symbols)
        except VenueError as error:
            _log.warning("a new order could not be asked for", order_id=order_id, reason=str(error))
            return Told(state_of(message, message.cl_ord_id, str(order_id), OrdStatus.NEW), raw)
        return Told(named(shown, message.cl_ord_id), f"{raw} {self.line.said}")

    def _request(self, message: NewOrder) -> PlaceRequest:
        """Say an order in the venue's words, or why it would not take it: then nothing is sent."""
        account_id = self._account.number(self._orders)
        request = request_for(message, account_id, self._account.source)
        if isinstance(request, Refusal):
            raise NotTakenError(request)
        refusal = check(request, self._account.symbols) if self._account.symbols else None
        if refusal is not None:
            raise NotTakenError(refusal)
        return request

    def look(self, effect: Look) -> Looked:
        """Look for a submit in doubt."""
        past_fence = self._passes_fence(effect)  # before the look begins
        account_id = self._patience.ask(lambda: self._account.number(self._orders))
        found = look(self._patient, account_id, effect.message, effect.mark, self._account.symbols)
        return Looked(
            session=effect.session,
            order=effect.order,
            request=effect.request,
            candidates=found,
            past_fence=past_fence,
            raw=msgspec.json.encode(found).decode(),
        )

    def _passes_fence(self, effect: Look) -> bool:
        """Whether the submit is too old for the venue, by the venue's own clock: ours may be put forward meanwhile.

        The venue goes by the request's Timestamp, which is ours: whichever clock was ahead when it left counts.
        """
        left_ns = max(effect.since_ns, effect.mark.time_ns or 0)
        return self._patience.ask(self._market.timestamp) * NS_PER_MS - left_ns >= self._fence_ns

    # --- cancels

    def cancel(self, messages: Sequence[CancelOrder]) -> Sequence[Outcome]:
        """See `Canceler.cancel`."""
        return self._canceler.cancel(messages)

    def cancel_open(self, messages: Sequence[CancelOrder], symbol: str | None) -> Sequence[Outcome]:
        """See `Canceler.cancel_open`."""
        return self._canceler.cancel_open(messages, symbol)

    # --- questions

    def query(self, message: StatusRequest) -> Told:
        """The order's match results, then the order."""
        number = number_of(message.order_id)
        if number is None:
            told = f"order {message.cl_ord_id} has no number at the venue that it could be asked for by"
            raise VenueUnavailable(told)
        try:
            return self._told(number, message.cl_ord_id or None)
        except CloudRefused as refusal:
            if refusal.reason is not Reason.UNKNOWN_ORDER:
                raise
            unknown = unknown_order(message.cl_ord_id, str(refusal), message.order_id)
            return Told(unknown, self.line.said)

    def _told(self, number: int, cl_ord_id: str | None) -> Told:
        shown = order_snapshot(self._orders, number, self._account.symbols)
        return Told(named(shown, cl_ord_id), self.line.said)

    @property
    def more_polls(self) -> int:
        """See `Turns` and `Strangers`."""
        return max(self._account.turns.more, self._account.strangers.more)

    def poll(self, orders: Sequence[Order]) -> Iterator[Told]:
        """OpenOrders for all of them; questions for each that changed or is gone, or is new, a few at a time."""
        rows = {str(row.id): row for row in self._open_rows(orders)}
        self._account.strangers.listed(_symbols(rows.values()))
        changed = {
            order.order_id: order
            for order in orders
            if order.order_id is not None and order.order_id.isdigit() and _is_news(order, rows)
        }
        for order_id in self._account.turns.next(changed):
            order = changed[order_id]
            try:
                yield self._told(int(order_id), order.cl_ord_id)
            except VenueBanned:
                raise
            except VenueError as error:
                _log.warning("an order could not be asked for", cl_ord_id=order.cl_ord_id, reason=str(error))
        yield from self._account.strangers.told(lambda found, _symbol: self._told(int(found), None))

    def _open_rows(self, orders: Sequence[Order]) -> list[OrderRow]:
        """Ask for the open orders of all symbols; symbol by symbol where there are more than one answer holds."""
        account_id = self._account.number(self._orders)
        rows = self._orders.open_orders()
        if len(rows) >= MOST_OPEN_ORDERS:
            symbols = {row.symbol for row in rows} | {order.symbol for order in orders}
            rows = [
                row for symbol in sorted(symbols) for row in all_open_orders(self._orders, account_id, symbol)
            ]
        return [row for row in rows if row.account_id == account_id]

    def _rows_of(self, symbol: str | None) -> list[OrderRow]:
        """Ask for the open orders of the account, of one symbol or of all."""
        if symbol is None:
            return self._open_rows(())
        account_id = self._account.number(self._orders)
        return all_open_orders(self._orders, account_id, venue_symbol(symbol))

    def strangers(self, symbol: str | None) -> Strangers:
        """OpenOrders: those of the account that are none of ours, to be asked for by `stranger`."""
        found = Strangers(self._account.awaiting)
        found.listed(_symbols(self._rows_of(symbol)))
        return found

    def stranger(self, number: str, _symbol: str) -> Told:
        """The order's match results, then the order."""
        return self._told(int(number), None)

    def catch_up(self) -> Iterator[Told]:
        """Give the open orders there that are none of ours; never one that may be a submit without an answer."""
        strangers = self._account.strangers
        strangers.listed(_symbols(self._open_rows(())), afresh=True)
        yield from strangers.told(lambda number, _symbol: self._told(int(number), None))


def _symbols(rows: Iterable[OrderRow]) -> dict[str, str]:
    return {str(row.id): desk_symbol(row.symbol) for row in rows}


def _is_news(order: Order, rows: dict[str, OrderRow]) -> bool:
    """Whether an order stands otherwise there than here."""
    row = rows.get(order.order_id or "")
    if row is None or row.state in ENDS or order.phase is Phase.PENDING_NEW:
        return True
    if order.requested(RequestKind.NEW):
        return True
    base = order.chain.base_qty if order.chain is not None else 0
    canceling = row.state == "cancelling" and order.ord_status != OrdStatus.PENDING_CANCEL
    return canceling or row.executed + base != order.cum_qty
