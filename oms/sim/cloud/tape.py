"""The floor with a tape: every trade of a symbol, whoever made it, and candles of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from oms.sim.cloud.market import PLACE, SYMBOLS
from oms.sim.floor import Floor
from oms.sim.terms import Filled, Side

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from oms.sim.book import Order
    from oms.sim.cloud.market import Symbol
    from oms.sim.terms import Event

TRADES_KEPT = 2000  # "up to 2000 records"
MINUTES_KEPT = 50_000
PERIODS_S = {"1min": 60, "5min": 300, "15min": 900, "30min": 1800, "60min": 3600, "1day": 86400}
PERIODS = (*PERIODS_S, "1mon", "1week", "1year")


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade: `direction` is the side that took."""

    number: int
    price: Decimal
    amount: Decimal
    direction: str
    at: datetime


@dataclass(slots=True)
class Candle:
    """The trades of a stretch of time: `amount` in the base currency, `vol` in the quote currency."""

    start: datetime
    open: Decimal
    close: Decimal
    low: Decimal
    high: Decimal
    amount: Decimal
    vol: Decimal
    count: int

    def add(self, later: Candle) -> None:
        """Take in the candle that follows."""
        self.close = later.close
        self.low, self.high = min(self.low, later.low), max(self.high, later.high)
        self.amount += later.amount
        self.vol += later.vol
        self.count += later.count


@dataclass(slots=True)
class Tape:
    """What was traded in one symbol, newest last."""

    opened: datetime
    trades: deque[Trade] = field(default_factory=lambda: deque(maxlen=TRADES_KEPT))
    minutes: deque[Candle] = field(default_factory=lambda: deque(maxlen=MINUTES_KEPT))

    def note(self, trade: Trade) -> None:
        """Put a trade at the end."""
        self.trades.append(trade)
        candle = _candle(trade)
        if self.minutes and self.minutes[-1].start == candle.start:
            self.minutes[-1].add(candle)
        else:
            self.minutes.append(candle)

    def candles(self, period: str, size: int, now: datetime) -> list[Candle]:
        """Return the newest candles first, one for every stretch since the opening, traded in or not."""
        starts = self._starts(period, size, now)
        traded = _merged(self.minutes, period)
        before = [candle for start, candle in traded.items() if start < starts[-1]]
        close = before[-1].close if before else self.minutes[0].open
        candles = []
        for start in reversed(starts):
            candle = traded.get(start) or _flat(start, close)
            close = candle.close
            candles.append(candle)
        return candles[::-1]

    def last_day(self, now: datetime) -> Candle:
        """Return the trades of the last 24 hours as one candle."""
        since = now - timedelta(days=1)
        recent = [candle for candle in self.minutes if candle.start > since]
        whole = _flat(now, recent[0].open if recent else self.minutes[-1].close)
        for candle in recent:
            whole.add(candle)
        return whole

    def _starts(self, period: str, size: int, now: datetime) -> list[datetime]:
        first, start = start_of(period, self.opened), start_of(period, now)
        starts = [start]
        while start > first and len(starts) < size:
            start = start_of(period, start - timedelta(seconds=1))
            starts.append(start)
        return starts


class TapedFloor(Floor):
    """The floor of this venue alone, with numbers instead of prefixed ids."""

    def __init__(self, now: datetime, *, first_number: int) -> None:
        """Open the books; each tape begins with an opening trade at the best ask."""
        super().__init__(id_prefix="")
        self.books = {key: book for key, book in self.books.items() if key[0] == PLACE}
        self.tapes = {symbol.instrument.symbol: Tape(now) for symbol in SYMBOLS.values()}
        self.match_of: dict[str, int] = {}
        self._numbers = count(first_number)
        self._matches = count(first_number)
        for symbol in SYMBOLS.values():
            self._open(symbol, now)

    def next_exec_id(self) -> str:
        """Return a fresh record number."""
        return str(next(self._numbers))

    def tape(self, symbol: Symbol) -> Tape:
        """Return the tape of a symbol."""
        return self.tapes[symbol.instrument.symbol]

    def trade_with_house(self, order: Order, *, qty: Decimal, now: datetime) -> list[Event]:
        """Trade a part of an order that rests, at its price, wherever it stands in its queue."""
        book, price = self.books[order.venue, order.symbol], order.limit()
        first = book.best(order.side) is order
        house = self.house_order(book, order.side.opposite, price=price, qty=qty)
        self.ledger.settle(house, book.instrument, qty=qty, price=price)
        fill = self._fill(order, book, qty=qty, price=price, now=now)
        if not first and not order.status.open:
            book.gone(order)
        trade = Trade(next(self._matches), price, qty, _direction(house), now)
        self.tapes[order.symbol].note(trade)
        return self._numbered([fill], trade)

    def _open(self, symbol: Symbol, now: datetime) -> None:
        price, amount = symbol.instrument.asks[0].price, symbol.instrument.min_qty
        self.tape(symbol).note(Trade(next(self._matches), price, amount, "buy", now))

    def _execute(self, taker: Order, maker: Order, *, qty: Decimal, now: datetime) -> list[Event]:
        trade = Trade(next(self._matches), maker.limit(), qty, _direction(taker), now)
        self.tapes[maker.symbol].note(trade)
        return self._numbered(super()._execute(taker, maker, qty=qty, now=now), trade)

    def _numbered(self, events: list[Event], trade: Trade) -> list[Event]:
        self.match_of |= {event.exec_id: trade.number for event in events if isinstance(event, Filled)}
        return events


def _direction(taker: Order) -> str:
    return "buy" if taker.side is Side.BUY else "sell"


def start_of(period: str, at: datetime) -> datetime:
    """Return when the stretch that holds a moment began, by UTC."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case "1week":
            return midnight - timedelta(days=midnight.weekday())
        case "1mon":
            return midnight.replace(day=1)
        case "1year":
            return midnight.replace(month=1, day=1)
        case _:
            seconds = int(at.timestamp())
            return datetime.fromtimestamp(seconds - seconds % PERIODS_S[period], UTC)


def _candle(trade: Trade) -> Candle:
    price, amount = trade.price, trade.amount
    return Candle(start_of("1min", trade.at), price, price, price, price, amount, amount * price, 1)


def _flat(start: datetime, price: Decimal) -> Candle:
    nothing = price - price
    return Candle(start, price, price, price, price, nothing, nothing, 0)


def _merged(minutes: Iterable[Candle], period: str) -> dict[datetime, Candle]:
    merged: dict[datetime, Candle] = {}
    for minute in minutes:
        start = start_of(period, minute.start)
        if start not in merged:
            merged[start] = _flat(start, minute.open)
        merged[start].add(minute)
    return merged
