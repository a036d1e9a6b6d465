"""The venue's exchange: orders in, trades out. Pure: time and randomness are given to it.

1. Orders trade by price, then by time (the floor's doing).
2. Balances move by executions and their fees and by nothing else here; open orders freeze what they may use.
3. A fee is taken from what an execution brings in, as in the document's example; the house gets it.
4. An order has its number, and its money is frozen, before it is in the book.
"""

from __future__ import annotations

import heapq
from datetime import timedelta
from decimal import Context, Decimal, Inexact
from itertools import count
from typing import TYPE_CHECKING

from oms.sim.book import HOUSE, ZERO, Order
from oms.sim.cloud.market import PLACE
from oms.sim.cloud.orders import TYPES, Entry, Match, Stage, Terms
from oms.sim.cloud.tape import TapedFloor
from oms.sim.depth import Depth, FixedDepth, MovingDepth
from oms.sim.terms import Filled, OrdType, Side, Tif

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from oms.sim.terms import Event

STAGE = timedelta(milliseconds=500)
"""How long a slow order is pre-submitted, then as long submitting; a slow cancel takes both together."""

EXACT = Context(prec=80, traps=[Inexact])


class Exchange:
    """One venue's books, and every order that its accounts ever placed."""

    def __init__(
        self,
        now: datetime,
        rng: random.Random,
        *,
        background: bool,
        fee: Decimal = ZERO,
        first_number: int = 1,
    ) -> None:
        """Open the books; nobody owns anything yet. `fee` is a rate, as in 0.002."""
        self.floor = TapedFloor(now, first_number=first_number)
        self.orders: dict[int, Entry] = {}
        self.working: dict[int, Entry] = {}
        self.matches: list[tuple[Entry, Match]] = []
        self.noted: Callable[[str, Entry, datetime, Match | None], None] = lambda *_: None
        self._depth: Depth = MovingDepth(self.floor, rng) if background else FixedDepth(self.floor)
        self._fee = fee
        self._numbers = count(first_number)
        self._due: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._due_numbers = count()

    def affords(self, terms: Terms) -> bool:
        """Whether the account has what the order would freeze."""
        return self.floor.ledger.affords(self._order(terms, 0), terms.symbol.instrument)

    def available(self, terms: Terms) -> Decimal:
        """Return what is left of the currency that the order pays with."""
        instrument = terms.symbol.instrument
        currency = instrument.quote if terms.side is Side.BUY else instrument.base
        return self.floor.ledger.balance(terms.account.owner, PLACE, currency).available

    def place(self, terms: Terms, now: datetime, *, slow: bool = False) -> Entry:
        """Take an order that broke no rule and that its account affords; a slow one is on its way for a while."""
        number = next(self._numbers)
        entry = Entry(number=number, terms=terms, order=self._order(terms, number), created_at=now)
        self.orders[number] = self.working[number] = entry
        self.floor.ledger.hold(entry.order, terms.symbol.instrument)
        self.noted("accepted", entry, now, None)
        if slow:
            self._later(now + STAGE, lambda _: _to(entry, Stage.SUBMITTING))
            self._later(now + 2 * STAGE, lambda at: self._enter(entry, at))
        else:
            self._enter(entry, now)
        return entry

    def cancel(self, entry: Entry, now: datetime, *, traded: Decimal = ZERO, slow: bool = False) -> bool:
        """Cancel an order that is in the book; whether it was. A slow one is `cancelling` meanwhile.

        `traded`, 0 to 1, is how much of the rest turns out to have traded before.
        """
        if entry.stage is not Stage.LIVE or not entry.order.status.open:
            return False
        if slow:
            entry.stage = Stage.CANCELLING
            self._later(now + 2 * STAGE, lambda at: self._remove(entry, at, traded))
        else:
            self._remove(entry, now, traded)
        return True

    def advance(self, now: datetime) -> None:
        """Do what has become due; call it before anything is asked."""
        while self._due and self._due[0][0] <= now:
            at, _, action = heapq.heappop(self._due)
            action(at)

    def step(self, now: datetime) -> None:
        """Let the other participants act once."""
        self.advance(now)
        self._settle(self._depth.step(now))

    def _later(self, due: datetime, action: Callable[[datetime], None]) -> None:
        heapq.heappush(self._due, (due, next(self._due_numbers), action))

    def _order(self, terms: Terms, number: int) -> Order:
        side, ord_type, tif = TYPES[terms.type]
        return Order(
            account=terms.account.owner,
            cl_ord_id="",
            order_id=str(number),
            venue=PLACE,
            symbol=terms.symbol.instrument.symbol,
            side=side,
            ord_type=ord_type,
            tif=tif,
            price=terms.price,
            qty=None if terms.by_cash else terms.amount,
            cash_qty=terms.amount if terms.by_cash else None,
        )

    def _enter(self, entry: Entry, now: datetime) -> None:
        """Let the order into the book. A maker that would take is rejected there, after it was submitted."""
        order = entry.order
        book = self.floor.books[order.venue, order.symbol]
        entry.stage = Stage.LIVE
        if order.tif == Tif.POST_ONLY and book.crossing(order):
            self._end(entry, now, resting=False)
            return
        self._settle(self.floor.take(order, now))
        if order.status.open:
            if order.tif == Tif.IOC or order.ord_type == OrdType.MARKET:
                self._end(entry, now, resting=False)
            else:
                self.floor.rest(order)
        self._depth.touched(book)

    def _remove(self, entry: Entry, now: datetime, traded: Decimal) -> None:
        order, step = entry.order, entry.terms.symbol.instrument.step
        book = self.floor.books[order.venue, order.symbol]
        if order.status.open and (qty := EXACT.multiply(order.leaves, traded) // step * step):
            self._settle(self.floor.trade_with_house(order, qty=qty, now=now))
        if order.status.open:
            self._end(entry, now, resting=True)
        self._depth.touched(book)

    def _end(self, entry: Entry, now: datetime, *, resting: bool) -> None:
        self.floor.withdraw(entry.order, resting=resting)
        self._over(entry, now)
        entry.canceled_at = now
        self.noted("canceled", entry, now, None)

    def _settle(self, events: Iterable[Event]) -> None:
        """Take the fees of fills, and write the fills down."""
        fills = [event for event in events if isinstance(event, Filled)]
        for fill in sorted(fills, key=lambda fill: int(fill.exec_id)):
            entry = self.orders[int(fill.order.order_id)]
            match = self._match(entry, fill)
            entry.matches.append(match)
            entry.fees += match.fee
            self.matches.append((entry, match))
            if not fill.order.status.open:
                self._over(entry, fill.at)
            self.noted("fill", entry, fill.at, match)

    def _over(self, entry: Entry, now: datetime) -> None:
        entry.stage, entry.finished_at = Stage.OVER, now
        del self.working[entry.number]

    def _match(self, entry: Entry, fill: Filled) -> Match:
        instrument = entry.terms.symbol.instrument
        buying = fill.order.side is Side.BUY
        received = fill.last_qty if buying else fill.last_qty * fill.last_px
        fee = EXACT.multiply(received, self._fee)
        currency = instrument.base if buying else instrument.quote
        for owner, moved in ((fill.order.account, -fee), (HOUSE, fee)):
            self.floor.ledger.deposit(owner, PLACE, currency=currency, amount=moved)
        match_number = self.floor.match_of.pop(fill.exec_id)
        return Match(int(fill.exec_id), match_number, fill.last_px, fill.last_qty, fee, fill.at)


def _to(entry: Entry, stage: Stage) -> None:
    entry.stage = stage
