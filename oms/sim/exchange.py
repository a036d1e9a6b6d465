"""The simulated exchange: orders in, events out. Pure: time and randomness are given to it.

1. Orders trade by price, then by time.
2. Every order keeps cum + leaves = quantity until it is over; then its leaves are zero.
3. Executions move balances and create nothing; open orders freeze what they may use.
4. The same requests at the same times, with the same seed, give the same events.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from oms.sim.book import Order
from oms.sim.depth import Depth, FixedDepth, MovingDepth
from oms.sim.floor import Floor
from oms.sim.market import OPENING_BALANCES, VENUES
from oms.sim.rules import (
    NOT_ENOUGH,
    REPEATED_ID,
    WOULD_TAKE,
    WRONG_ID,
    Refusal,
    id_is_well_formed,
    refusal,
)
from oms.sim.terms import (
    NO_FEES,
    Accepted,
    CancelOrder,
    CancelReason,
    CancelRefused,
    Event,
    NewOrder,
    OrderView,
    OrdType,
    Rejected,
    RejectReason,
    Status,
    StatusReply,
    StatusRequest,
    Tif,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable
    from datetime import datetime

    from oms.sim.book import Book
    from oms.sim.ledger import Balance, Ledger
    from oms.sim.tape import Tape
    from oms.sim.terms import Fees

NO_ORDER = "Order doesn't exist, please change order ID."
TOO_LATE = "cannot cancel order under current order status"
NOT_THAT_ORDER = "symbol or side is not the order's"
CANCEL_ERROR = "cancel order error, need to contact customer service."
NO_LIQUIDITY = "no liquidity for the rest"
NO_ORDER_ID = "NONE"


class Exchange:
    """One venue with several markets behind it, as its accounts see it."""

    def __init__(
        self,
        accounts: Iterable[str],
        rng: random.Random,
        *,
        background: bool,
        id_prefix: str = "S",
        fees: Fees = NO_FEES,
    ) -> None:
        """Open the books and give every account its opening balances."""
        self._floor = Floor(id_prefix=id_prefix, fees=fees)
        self._depth: Depth = MovingDepth(self._floor, rng) if background else FixedDepth(self._floor)
        self._orders: dict[tuple[str, str], Order] = {}
        for account in accounts:
            self._fund(account)

    def submit(self, request: NewOrder, now: datetime) -> list[Event]:
        """Take an order: accepted, with the fills it finds at once, or rejected."""
        if not id_is_well_formed(request.account, request.cl_ord_id):
            return [self._rejected(self._unknown(request), now, Refusal(WRONG_ID))]
        if first := self._orders.get((request.account, request.cl_ord_id)):
            return [self._repeated(request, first.view(), now)]
        order = self._entered(request)
        if broken := self._refusal(request, order):
            return [self._rejected(order, now, broken)]
        return self._work(order, now)

    def reject(self, request: NewOrder, now: datetime, *, text: str) -> list[Event]:
        """Refuse an order that may be perfectly good; a repeated one is told as repeated."""
        if (request.account, request.cl_ord_id) in self._orders:
            return self.submit(request, now)
        return [self._rejected(self._entered(request), now, Refusal(text))]

    def cancel(self, request: CancelOrder, now: datetime, *, late_fill: bool = False) -> list[Event]:
        """Cancel an order; with `late_fill`, half of it turns out to have traded already."""
        order = self._orders.get((request.account, request.orig_cl_ord_id))
        refused = self._cancel_refusal(request, order, now)
        if order is None or refused:
            return [refused] if refused else []
        leaves = order.leaves
        self._floor.withdraw(order, resting=True)
        events: list[Event] = [self._floor.canceled(order, now, request=request)]
        book = self._floor.books[order.venue, order.symbol]
        if late_fill:
            step = book.instrument.step
            qty = max(leaves // (2 * step) * step, step)
            events.append(self._floor.late_fill(order, qty=qty, now=now))
        self._depth.touched(book)
        return events

    def refuse_cancel(self, request: CancelOrder, now: datetime, *, text: str = CANCEL_ERROR) -> list[Event]:
        """Refuse a cancel that may be perfectly good, and leave the order alone."""
        order = self._orders.get((request.account, request.orig_cl_ord_id))
        if refused := self._cancel_refusal(request, order, now):
            return [refused]
        return [self._refused(request, order, now, text, CancelReason.BROKER_OPTION)]

    def status(self, request: StatusRequest, now: datetime) -> list[Event]:
        """Say how an order stands."""
        order = self._orders.get((request.account, request.cl_ord_id))
        if order is None:
            return [StatusReply(request, None, now, NO_ORDER)]
        if (order.symbol, order.side) != (request.symbol, request.side):
            return [StatusReply(request, None, now, NOT_THAT_ORDER)]
        return [StatusReply(request, order.view(), now)]

    def step(self, now: datetime) -> list[Event]:
        """Let the other participants act once."""
        return self._depth.step(now)

    def balance(self, account: str, venue: str, currency: str) -> Balance:
        """One balance, to read."""
        return self._floor.ledger.balance(account, venue, currency)

    @property
    def ledger(self) -> Ledger:
        """All balances, for what moves money without an order."""
        return self._floor.ledger

    @property
    def tape(self) -> Tape:
        """What traded."""
        return self._floor.trades

    def book(self, venue: str, symbol: str) -> Book:
        """One order book, to read."""
        return self._floor.books[venue, symbol]

    def _fund(self, account: str) -> None:
        for venue in VENUES:
            for currency, amount in OPENING_BALANCES.items():
                self._floor.ledger.deposit(account, venue, currency=currency, amount=amount)

    def _unknown(self, request: NewOrder) -> Order:
        """Return an order that the exchange does not keep: its id names none, or another."""
        return Order(
            account=request.account,
            cl_ord_id=request.cl_ord_id,
            order_id=NO_ORDER_ID,
            venue=request.venue,
            symbol=request.symbol,
            side=request.side,
            ord_type=request.ord_type,
            tif=request.tif,
            price=request.price,
            qty=request.qty,
            cash_qty=request.cash_qty,
        )

    def _entered(self, request: NewOrder) -> Order:
        order = self._unknown(request)
        order.order_id = self._floor.next_order_id()
        self._orders[request.account, request.cl_ord_id] = order
        return order

    def _refusal(self, request: NewOrder, order: Order) -> Refusal | None:
        if broken := refusal(request):
            return broken
        book = self._floor.books[order.venue, order.symbol]
        if not self._floor.ledger.affords(order, book.instrument):
            return Refusal(NOT_ENOUGH)
        if order.tif == Tif.POST_ONLY and book.crossing(order):
            return Refusal(WOULD_TAKE)
        return None

    def _work(self, order: Order, now: datetime) -> list[Event]:
        events: list[Event] = [Accepted(order.view(), self._floor.next_exec_id(), now)]
        events += self._floor.take(order, now)
        if order.status.open:
            if order.tif == Tif.IOC or order.ord_type == OrdType.MARKET:
                self._floor.withdraw(order, resting=False)
                events.append(self._floor.canceled(order, now, request=None, text=NO_LIQUIDITY))
            else:
                self._floor.rest(order)
        self._depth.touched(self._floor.books[order.venue, order.symbol])
        return events

    def _rejected(self, order: Order, now: datetime, broken: Refusal) -> Rejected:
        order.status = Status.REJECTED
        return Rejected(order.view(), self._floor.next_exec_id(), now, broken.text, broken.reason)

    def _repeated(self, request: NewOrder, first: OrderView, now: datetime) -> Rejected:
        rejected = self._rejected(
            self._unknown(request), now, Refusal(REPEATED_ID, RejectReason.DUPLICATE_ORDER)
        )
        return replace(rejected, first=first)

    def _cancel_refusal(
        self, request: CancelOrder, order: Order | None, now: datetime
    ) -> CancelRefused | None:
        if order is None:
            return self._refused(request, None, now, NO_ORDER, CancelReason.UNKNOWN_ORDER)
        if (order.symbol, order.side) != (request.symbol, request.side):
            return self._refused(request, None, now, NOT_THAT_ORDER, CancelReason.UNKNOWN_ORDER)
        if not order.status.open:
            return self._refused(request, order, now, TOO_LATE, CancelReason.TOO_LATE)
        return None

    def _refused(
        self,
        request: CancelOrder,
        order: Order | None,
        now: datetime,
        text: str,
        reason: CancelReason,
    ) -> CancelRefused:
        view = None if order is None else order.view()
        return CancelRefused(request, view, self._floor.next_exec_id(), now, text, reason)
