"""One order book: price-time priority by two heaps.

A heap entry is (price key, arrival number, order). Orders that are over stay in the heap until
they surface or until they outnumber the live ones, so that each operation costs O(log n) amortised.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from oms.sim.terms import ROUGH, OrderView, OrdType, Side, Status

if TYPE_CHECKING:
    from oms.sim.market import Instrument

ZERO = Decimal(0)
HOUSE = ""
"""The account of the standing depth and of the other participants: no limits, no reports."""


@dataclass(slots=True, kw_only=True, eq=False)
class Order:
    """An order inside the exchange. The only mutable thing; events carry views of it."""

    account: str
    cl_ord_id: str
    order_id: str
    venue: str
    symbol: str
    side: Side
    ord_type: str
    tif: str
    price: Decimal | None
    qty: Decimal | None
    cash_qty: Decimal | None = None
    cum_qty: Decimal = ZERO
    notional: Decimal = ZERO
    status: Status = Status.NEW

    @property
    def leaves(self) -> Decimal:
        """What is left of an order sized in the base currency."""
        return ZERO if self.qty is None else self.qty - self.cum_qty

    def limit(self) -> Decimal:
        """Return the price of an order that rests: only limit orders do."""
        return ZERO if self.price is None else self.price

    def wants(self, price: Decimal, step: Decimal) -> Decimal:
        """How much it would take at this price: a cash order buys whole steps only."""
        if self.cash_qty is None:
            return self.leaves
        steps = ROUGH.divide(ROUGH.divide(self.cash_qty - self.notional, price), step).to_integral_value(
            ROUND_DOWN
        )
        return steps * step

    def accepts(self, price: Decimal) -> bool:
        """Whether it would trade at this price."""
        if self.ord_type == OrdType.MARKET:
            return True
        return price <= self.limit() if self.side is Side.BUY else price >= self.limit()

    def view(self) -> OrderView:
        """Return the order as it is now."""
        return OrderView(
            account=self.account,
            cl_ord_id=self.cl_ord_id,
            order_id=self.order_id,
            venue=self.venue,
            symbol=self.symbol,
            side=self.side,
            ord_type=self.ord_type,
            tif=self.tif,
            price=self.price,
            qty=self.qty,
            cash_qty=self.cash_qty,
            cum_qty=self.cum_qty,
            notional=self.notional,
            status=self.status,
        )


@dataclass(slots=True)
class _Queue:
    """One side of a book, best first."""

    sign: int
    heap: list[tuple[Decimal, int, Order]] = field(default_factory=list)
    live: int = 0

    def add(self, order: Order, arrival: int) -> None:
        heapq.heappush(self.heap, (self.sign * order.limit(), arrival, order))
        self.live += 1

    def removed(self) -> None:
        """Note that one order is over; compact when the dead outnumber the living."""
        self.live -= 1
        if len(self.heap) > 2 * self.live + 16:
            self.heap = [entry for entry in self.heap if entry[2].status.open]
            heapq.heapify(self.heap)

    def best(self) -> Order | None:
        while self.heap and not self.heap[0][2].status.open:
            heapq.heappop(self.heap)
        return self.heap[0][2] if self.heap else None

    def resting(self) -> list[Order]:
        return [order for _, _, order in sorted(self.heap, key=lambda entry: entry[:2]) if order.status.open]


class Book:
    """The resting orders of one symbol on one venue."""

    def __init__(self, venue: str, instrument: Instrument) -> None:
        """Start empty."""
        self.venue = venue
        self.instrument = instrument
        self._arrivals = 0
        # A heap gives the smallest first: bids are keyed by their negated price.
        self._queues = {Side.BUY: _Queue(-1), Side.SELL: _Queue(1)}

    def rest(self, order: Order) -> None:
        """Put a limit order behind all others at its price."""
        self._arrivals += 1
        self._queues[order.side].add(order, self._arrivals)

    def gone(self, order: Order) -> None:
        """Note that a resting order is over (filled or canceled)."""
        self._queues[order.side].removed()

    def best(self, side: Side) -> Order | None:
        """Return the first order of a side to trade."""
        return self._queues[side].best()

    def resting(self, side: Side) -> list[Order]:
        """Return the open orders of a side, the first to trade first."""
        return self._queues[side].resting()

    def levels(self, side: Side) -> list[tuple[Decimal, Decimal]]:
        """Return what rests on a side: (price, quantity), best first."""
        totals: dict[Decimal, Decimal] = {}
        for order in self.resting(side):
            totals[order.limit()] = totals.get(order.limit(), ZERO) + order.leaves
        return list(totals.items())

    def crossing(self, order: Order) -> Order | None:
        """Return the resting order that this one would trade with now."""
        maker = self.best(order.side.opposite)
        if maker is None or not order.accepts(maker.limit()):
            return None
        return maker
