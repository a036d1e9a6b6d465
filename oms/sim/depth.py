"""The other participants: a fixed depth that is always made whole again, or a seeded moving one."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Protocol

from oms.sim.terms import ROUGH, Side

if TYPE_CHECKING:
    import random
    from datetime import datetime

    from oms.sim.book import Book, Order
    from oms.sim.terms import Event


class Pit(Protocol):
    """Where the participants trade: the floor of a venue, as far as they need it."""

    books: dict[tuple[str, str], Book]

    def house_order(self, book: Book, side: Side, *, price: Decimal, qty: Decimal) -> Order:
        """Return an order of the house: not checked, not reported."""

    def take(self, order: Order, now: datetime) -> list[Event]:
        """Trade an incoming order; the accounts' fills come back."""

    def rest(self, order: Order) -> None:
        """Leave what is left of an order in its book."""

    def withdraw(self, order: Order, *, resting: bool) -> None:
        """End an order that still could trade."""


class Depth(Protocol):
    """Who trades with the accounts besides the accounts."""

    def touched(self, book: Book) -> None:
        """Tidy a book after an account's order or cancel."""

    def step(self, now: datetime) -> list[Event]:
        """Do what others do meanwhile; the accounts' fills come back."""


class FixedDepth:
    """The standing depth of the market, restored after every request.

    A level that would trade with a resting order of an account waits until that order is gone:
    the house never takes.
    """

    def __init__(self, floor: Pit) -> None:
        """Fill every book."""
        self._floor = floor
        self._standing: dict[tuple[str, str, Side, int], Order] = {}
        for book in floor.books.values():
            self.touched(book)

    def touched(self, book: Book) -> None:
        """Restore what was taken, at the back of its price level."""
        for side in Side:
            for index in range(len(book.instrument.depth(side))):
                self._restore(book, side, index)

    def step(self, now: datetime) -> list[Event]:
        """Nothing moves by itself."""
        del now
        return []

    def _restore(self, book: Book, side: Side, index: int) -> None:
        level = book.instrument.depth(side)[index]
        key = (book.venue, book.instrument.symbol, side, index)
        standing = self._standing.get(key)
        if standing is not None and standing.status.open and standing.leaves == level.qty:
            return
        fresh = self._floor.house_order(book, side, price=level.price, qty=level.qty)
        if book.crossing(fresh) is not None:
            return
        if standing is not None and standing.status.open:
            self._floor.withdraw(standing, resting=True)
        self._floor.rest(fresh)
        self._standing[key] = fresh


LEVELS = 5
PULL = Decimal("0.05")  # of the distance to the opening price, so that prices wander and stay near
STRIDE = 400  # a step is at most 1/400 of the price


class MovingDepth:
    """Seeded participants.

    Each step one book's price moves, its depth is quoted anew, and somebody trades. Resting orders
    of accounts are filled when the price comes to them.
    """

    def __init__(self, floor: Pit, rng: random.Random) -> None:
        """Open every book at its fixed depth."""
        self._floor = floor
        self._rng = rng
        self._mids = {key: book.instrument.mid for key, book in floor.books.items()}
        self._quoted: dict[tuple[str, str], list[Order]] = {}
        for book in floor.books.values():
            self._quote_opening(book)

    def touched(self, book: Book) -> None:
        """Leave the book as the account left it: the next step quotes anew."""

    def step(self, now: datetime) -> list[Event]:
        """Move one book."""
        key = self._rng.choice(list(self._floor.books))
        book = self._floor.books[key]
        self._mids[key] = mid = self._moved(book, self._mids[key])
        self._withdraw_quotes(key)
        events: list[Event] = []
        for side in Side:
            events += self._quote(book, side, mid=mid, now=now)
        return events + self._trade(book, now)

    def _quote_opening(self, book: Book) -> None:
        for side in Side:
            for level in book.instrument.depth(side):
                self._stand(book, side, price=level.price, qty=level.qty)

    def _stand(self, book: Book, side: Side, *, price: Decimal, qty: Decimal) -> None:
        order = self._floor.house_order(book, side, price=price, qty=qty)
        self._keep(book, order)

    def _keep(self, book: Book, order: Order) -> None:
        self._floor.rest(order)
        self._quoted.setdefault((book.venue, book.instrument.symbol), []).append(order)

    def _withdraw_quotes(self, key: tuple[str, str]) -> None:
        for order in self._quoted.pop(key, []):
            if order.status.open:
                self._floor.withdraw(order, resting=True)

    def _moved(self, book: Book, mid: Decimal) -> Decimal:
        stride = ROUGH.multiply(ROUGH.divide(mid, STRIDE), ROUGH.divide(self._rng.randint(-100, 100), 100))
        pull = ROUGH.multiply(book.instrument.mid - mid, PULL)
        pulled = ROUGH.add(ROUGH.add(mid, stride), pull)
        return _to_step(pulled, book.instrument.tick)

    def _quote(self, book: Book, side: Side, *, mid: Decimal, now: datetime) -> list[Event]:
        tick = book.instrument.tick
        gap = max(_to_step(ROUGH.divide(mid, 4000), tick), tick)
        away = -gap if side is Side.BUY else gap
        events: list[Event] = []
        for index in range(1, LEVELS + 1):
            qty = self._qty(book, side)
            order = self._floor.house_order(book, side, price=mid + away * index, qty=qty)
            events += self._floor.take(order, now)
            if order.status.open:
                self._keep(book, order)
        return events

    def _trade(self, book: Book, now: datetime) -> list[Event]:
        """Somebody takes from one side, a little beyond its best price."""
        side = self._rng.choice(list(Side))
        best = book.best(side.opposite)
        if best is None:
            return []
        order = self._floor.house_order(book, side, price=best.limit(), qty=self._qty(book, side.opposite))
        return self._floor.take(order, now)

    def _qty(self, book: Book, side: Side) -> Decimal:
        typical = book.instrument.depth(side)[0].qty
        return _to_step(ROUGH.divide(typical * self._rng.randint(10, 200), 100), book.instrument.step)


def _to_step(value: Decimal, step: Decimal) -> Decimal:
    return ROUGH.divide(value, step).to_integral_value(ROUND_HALF_EVEN) * step
