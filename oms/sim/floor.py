"""The trading floor: books, balances and numbers, and the one loop in which orders meet."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from oms.sim.book import HOUSE, ZERO, Book, Order
from oms.sim.ledger import Ledger
from oms.sim.market import INSTRUMENTS, VENUES
from oms.sim.tape import Tape
from oms.sim.terms import NO_FEES, Canceled, Event, Filled, OrdType, Side, Status

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from oms.sim.terms import CancelOrder, Fees


class Floor:
    """Everything that trades. It checks no rules: whoever calls `take` has."""

    def __init__(self, *, id_prefix: str, fees: Fees = NO_FEES) -> None:
        """Open an empty book for every symbol on every venue."""
        self.ledger = Ledger(fees)
        self.trades = Tape()
        self._fees = fees
        self.books = {
            (venue, instrument.symbol): Book(venue, instrument)
            for venue in VENUES
            for instrument in INSTRUMENTS
        }
        self._prefix = id_prefix
        self._order_numbers = count(1)
        self._exec_numbers = count(1)

    def next_order_id(self) -> str:
        """Return a fresh OrderID."""
        return f"{self._prefix}-O{next(self._order_numbers)}"

    def next_exec_id(self) -> str:
        """Return a fresh ExecID."""
        return f"{self._prefix}-E{next(self._exec_numbers)}"

    def take(self, order: Order, now: datetime) -> list[Event]:
        """Trade an incoming order against the book, best price first, then oldest first."""
        book = self.books[order.venue, order.symbol]
        self.ledger.hold(order, book.instrument)
        events: list[Event] = []
        while order.status.open and (maker := book.crossing(order)):
            qty = min(order.wants(maker.limit(), book.instrument.step), maker.leaves)
            if not qty:
                break
            events += self._execute(order, maker, qty=qty, now=now)
        return events

    def rest(self, order: Order) -> None:
        """Leave what is left of an order in its book."""
        self.books[order.venue, order.symbol].rest(order)

    def house_order(self, book: Book, side: Side, *, price: Decimal, qty: Decimal) -> Order:
        """Return an order of the house: not checked, not reported."""
        return Order(
            account=HOUSE,
            cl_ord_id="",
            order_id="",
            venue=book.venue,
            symbol=book.instrument.symbol,
            side=side,
            ord_type=OrdType.LIMIT,
            tif="",
            price=price,
            qty=qty,
        )

    def withdraw(self, order: Order, *, resting: bool) -> None:
        """End an order that still could trade, and free what it froze."""
        order.status = Status.CANCELED
        book = self.books[order.venue, order.symbol]
        if resting:
            book.gone(order)
        self.ledger.hold(order, book.instrument)

    def canceled(
        self, order: Order, now: datetime, *, request: CancelOrder | None, text: str = ""
    ) -> Canceled:
        """Return the report of an order that was withdrawn."""
        return Canceled(order.view(), self.next_exec_id(), now, request, text)

    def late_fill(self, order: Order, *, qty: Decimal, now: datetime) -> Event:
        """Execute against the house an order that is already canceled; it stays canceled."""
        price = order.limit()
        book = self.books[order.venue, order.symbol]
        house = self.house_order(book, order.side.opposite, price=price, qty=qty)
        self.ledger.settle(house, book.instrument, qty=qty, price=price)
        fill = self._fill(order, book, qty=qty, price=price, now=now)
        return self._charged(fill, book, taker=False)

    def _execute(self, taker: Order, maker: Order, *, qty: Decimal, now: datetime) -> list[Event]:
        book, price = self.books[maker.venue, maker.symbol], maker.limit()
        # The maker first: whether a cash order is complete depends on the next price in the book.
        sides = (maker, taker)
        fills = [self._fill(order, book, qty=qty, price=price, now=now) for order in sides]
        fills = [self._charged(fill, book, taker=fill is fills[1]) for fill in fills]
        key = (maker.venue, maker.symbol)
        self.trades.traded(key, price=price, qty=qty, side=maker.side, at=now)
        return [fill for fill in reversed(fills) if fill.order.account != HOUSE]

    def _fill(self, order: Order, book: Book, *, qty: Decimal, price: Decimal, now: datetime) -> Filled:
        resting = order.status.open and book.best(order.side) is order
        order.cum_qty += qty
        order.notional += qty * price
        if order.status.open:
            done = self._complete(order, book)
            order.status = Status.FILLED if done else Status.PARTIALLY_FILLED
        if resting and not order.status.open:
            book.gone(order)
        self.ledger.settle(order, book.instrument, qty=qty, price=price)
        self.ledger.hold(order, book.instrument)
        exec_id = "" if order.account == HOUSE else self.next_exec_id()
        return Filled(order.view(), exec_id, now, qty, price)

    def _charged(self, fill: Filled, book: Book, *, taker: bool) -> Filled:
        order = fill.order
        if order.account == HOUSE:
            return fill
        fee = self._fees.of(fill.last_qty * fill.last_px, taker=taker)
        self.ledger.charge((order.account, order.venue), book.instrument.quote, fee)
        return replace(fill, fee=fee, taker=taker)

    def _complete(self, order: Order, book: Book) -> bool:
        """Whether nothing is left: a cash order is complete when no further step is affordable."""
        if order.cash_qty is None:
            return order.leaves == ZERO
        following = book.best(order.side.opposite)
        if following is None:
            return order.cash_qty == order.notional
        return not order.wants(following.limit(), book.instrument.step)
