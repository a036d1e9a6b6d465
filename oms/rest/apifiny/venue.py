"""Apifiny over REST as a venue of the engine. REST's orderId is our ClOrdID, which it knows an order by.

A question about an order asks for its state first; where something was executed, for its fills, and once more for the
state where the fills come to something else: so the total is never older than the list.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from oms.core.errors import VenueError, VenueUnavailable
from oms.core.messages import CancelOrder, NewOrder, OrderSnapshot, StatusRequest
from oms.core.order import Order
from oms.core.values import ZERO, OrdStatus
from oms.rest.adapter import Outcome, Told, Unreadable, unknown_order
from oms.rest.apifiny import models
from oms.rest.apifiny.answers import ApifinyKeyRefused, ApifinyRefused, ApifinyUnknown, ApifinyUnreadable
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.history import COMPLETED_REACH_MS
from oms.rest.apifiny.snapshots import snapshot
from oms.rest.apifiny.terms import terms_for
from oms.rest.line import Line
from oms.rest.refusal import Refusal

_MARGIN_MS: Final = 60_000  # clocks differ, and an answer takes its time
_CLOCK_S: Final = 600.0
_OTHER: Final = "0"  # OrdRejReason (103): the broker's own reason

FindOrder = Callable[[str], Order | None]


class Whose(Struct, frozen=True, kw_only=True):
    """Which orders are ours.

    Attributes:
        session: the session that this venue serves.
        find: gives a copy of the account's order with a ClOrdID, whatever session it was sent by.
        names_orders: REST's orderId stands for OrderID too; not where FIX gives orders another.

    """

    session: str
    find: FindOrder
    names_orders: bool = True


class ApifinyAdapter:
    """Implements `oms.rest.adapter.Adapter` with one key."""

    most_cancels = 1
    more_polls = 0

    def __init__(self, client: ApifinyClient, line: Line, whose: Whose) -> None:
        """Ask by `client`, whose transport is `line`."""
        self.line = line
        self._client = client
        self._whose = whose
        self._caught_up_ms = 0
        self._joined: dict[str, tuple[models.Order, Told]] = {}

    def greet(self) -> None:
        """Ask how the account stands; compare the clocks before, now and then.

        Raises:
            VenueError: no good answer; a refusal for another reason than the key, and what nobody can read, are none.

        """
        try:
            if self._client.clock.is_due(time.monotonic(), _CLOCK_S):
                self._client.measure_clock()
            self._client.accounts.account_info()
        except ApifinyRefused as error:
            kind = ApifinyKeyRefused if error.meaning.is_of_key else ApifinyUnknown
            failure: Exception = kind(str(error), error.meaning)
        except ApifinyUnreadable as error:
            failure = ApifinyUnknown(str(error))
        else:
            return
        raise failure

    # --- messages

    def place(self, message: NewOrder) -> Told:
        """order.insertOrderLite."""
        terms = terms_for(message)
        if isinstance(terms, Refusal):
            told = f"{terms.text}; nothing was sent"
            raise VenueUnavailable(told)
        self.line.about = "order.insertOrderLite"
        orders = self._client.orders
        state = self._done(lambda: orders.insert(message.exchange or "", message.cl_ord_id, terms))
        return self._told_at_once(state)

    def cancel(self, messages: Sequence[CancelOrder]) -> Sequence[Outcome]:
        """order.cancelOrderLite."""
        return [self._cancel(message) for message in messages]

    def _cancel(self, message: CancelOrder) -> Told:
        self.line.about = "order.cancelOrderLite"
        orders, exchange = self._client.orders, _exchange(message)
        state = self._done(lambda: orders.cancel(exchange, message.orig_cl_ord_id))
        return self._told_at_once(state)

    def _done(self, change: Callable[[], models.Order]) -> models.Order:
        """Have something done; where the token was refused, the clocks are compared before the next needs one."""
        try:
            return change()
        except ApifinyRefused:
            said = self.line.said
            self._client.measure_if_doubted()
            self.line.said = said
            raise

    def query(self, message: StatusRequest) -> Told:
        """order.queryOrderInfoLite, and order.readerOrderDetail."""
        self.line.about = "order.queryOrderInfoLite"
        try:
            state = self._client.orders.query(_exchange(message), message.cl_ord_id)
        except ApifinyRefused as error:
            if not error.meaning.is_not_there:
                raise
            return Told(unknown_order(message.cl_ord_id, str(error)), self.line.said)
        return self._with_fills(state)

    # --- many orders

    def poll(self, orders: Sequence[Order]) -> Iterator[Told]:
        """order.listOrderInfoLite for all of them; fills of those that changed."""
        names = {order.cl_ord_id for order in orders if order.cl_ord_id is not None}
        self._joined = {name: known for name, known in self._joined.items() if name in names}
        for state in self._client.orders.query_many(sorted(names)):
            yield self._once(state)

    def catch_up(self) -> Iterable[Told]:
        """order.listOpenOrderLite, and order.listCompletedOrderLite since the last time, or as far as it reaches."""
        now_ms = (time.time_ns() + self._client.clock.difference.ahead_ns) // 1_000_000
        since_ms = max(self._caught_up_ms, now_ms - COMPLETED_REACH_MS) + _MARGIN_MS
        states = {state.order_id: state for state in self._client.orders.open_orders()}
        span = (since_ms, now_ms + _MARGIN_MS)
        states.update((state.order_id, state) for state in self._client.orders.completed_orders(span))
        found = [self._as_far_as_read(state) for state in states.values() if self._is_news(state)]
        self._caught_up_ms = now_ms - 2 * _MARGIN_MS
        return found

    def _is_news(self, state: models.Order) -> bool:
        """Whether an order there is unknown here, or stands otherwise here."""
        order = self._whose.find(state.order_id)
        if order is None:
            return True
        if order.session != self._whose.session or order.cl_ord_id != state.order_id:
            return False  # another session's; or an earlier leg of an order that was replaced, long settled
        if order.order_id is None and not self._whose.names_orders:
            return False  # FIX is asked, which alone tells the id that its reports will name
        return order.is_open or order.has_gap or order.cum_qty != _of_leg(order, state)

    def _once(self, state: models.Order) -> Told:
        """Ask for the fills unless nothing has changed since the last time."""
        known = self._joined.get(state.order_id)
        if known is not None and known[0] == state:
            return known[1]
        try:
            told = self._with_fills(state)
        except Unreadable:
            return self._told(state, ())
        self._joined[state.order_id] = state, told
        return told

    # --- state and fills

    def _with_fills(self, state: models.Order) -> Told:
        """Join a state with the fills that make it up."""
        if not state.filled_cumulative_quantity:
            return self._told(state, ())
        orders = self._client.orders
        rows = orders.order_fills(state.venue, state.order_id)
        if sum((row.last_filled_quantity or ZERO for row in rows), ZERO) != state.filled_cumulative_quantity:
            state = orders.query(state.venue, state.order_id)
        return self._told(state, rows)

    def _as_far_as_read(self, state: models.Order) -> Told:
        """Tell a row of a list; where its fills cannot be read, without them, so that the other rows are told too."""
        try:
            return self._with_fills(state)
        except Unreadable:
            return self._told(state, ())

    def _told_at_once(self, state: models.Order) -> Told:
        """Tell what a request answered; it was done, whatever the question about its fills comes to."""
        try:
            return self._with_fills(state)
        except VenueError:
            return self._told(state, ())

    def _told(self, state: models.Order, rows: Sequence[models.Detail]) -> Told:
        shown = snapshot(state, rows)
        report = shown.report
        is_known = self._whose.find(state.order_id) is not None
        if self._whose.names_orders or not is_known:
            report = msgspec.structs.replace(report, order_id=state.order_id)
        if report.ord_status == OrdStatus.REJECTED:
            report = msgspec.structs.replace(report, ord_rej_reason=_OTHER, text="rejected by the venue")
        elif state.cancelled_updated_at is not None and not state.is_final:
            report = msgspec.structs.replace(report, ord_status=str(OrdStatus.PENDING_CANCEL))
        raw = msgspec.json.encode([state, *rows] if rows else state).decode()
        return Told(OrderSnapshot(report=report, fills=shown.fills, all_fills=shown.all_fills), raw)


def _of_leg(order: Order, state: models.Order) -> object:
    """Give what the venue counts as executed in terms of the whole order: each leg begins at zero there."""
    base = order.chain.base_qty if order.chain is not None else ZERO
    return state.filled_cumulative_quantity + base


def _exchange(message: CancelOrder | StatusRequest) -> str:
    """Give the exchange behind Apifiny, which every request names.

    Raises:
        VenueUnavailable: nobody knows it.

    """
    if message.exchange is None:
        told = "the order names no exchange, which Apifiny asks for; nothing was sent"
        raise VenueUnavailable(told)
    return message.exchange
