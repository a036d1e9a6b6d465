"""What traded: the last trades of each book, and its one-minute candles. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

    from oms.sim.terms import Side

TRADES_KEPT = 500
CANDLES_KEPT = 7 * 24 * 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MONDAY = datetime(1970, 1, 5, tzinfo=UTC)

Key = tuple[str, str]
"""Venue and symbol."""


@dataclass(frozen=True, slots=True)
class Trade:
    """One execution, as the public sees it: `side` is the maker's."""

    number: int
    price: Decimal
    qty: Decimal
    side: Side
    at: datetime


@dataclass(frozen=True, slots=True)
class Candle:
    """The trades of one span of time, in short; `amount` is in the quote currency."""

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    amount: Decimal
    count: int

    def joined(self, later: Candle) -> Candle:
        """Return both as one."""
        return Candle(
            self.start,
            self.open,
            max(self.high, later.high),
            min(self.low, later.low),
            later.close,
            self.volume + later.volume,
            self.amount + later.amount,
            self.count + later.count,
        )


class Tape:
    """The trades of all books."""

    def __init__(self) -> None:
        """Nothing has traded yet."""
        self._numbers = count(1)
        self._trades: defaultdict[Key, deque[Trade]] = defaultdict(lambda: deque(maxlen=TRADES_KEPT))
        self._minutes: defaultdict[Key, deque[Candle]] = defaultdict(lambda: deque(maxlen=CANDLES_KEPT))

    def traded(self, key: Key, *, price: Decimal, qty: Decimal, side: Side, at: datetime) -> None:
        """Note a trade; `side` is the maker's."""
        self._trades[key].append(Trade(next(self._numbers), price, qty, side, at))
        minutes = self._minutes[key]
        one = Candle(_aligned(at, MINUTE), price, price, price, price, qty, qty * price, 1)
        if minutes and minutes[-1].start >= one.start:
            minutes.append(minutes.pop().joined(one))
        else:
            minutes.append(one)

    def trades(self, key: Key, *, after: int = 0) -> list[Trade]:
        """Return the last trades with a number above `after`, oldest first."""
        return [trade for trade in self._trades[key] if trade.number > after]

    def candles(self, key: Key, period: str) -> list[Candle]:
        """Return the candles of a period, oldest first; spans without a trade have none."""
        return _merged(self._minutes[key], PERIODS[period])

    def since(self, key: Key, start: datetime) -> Candle | None:
        """Return everything from a moment on as one candle, to the minute; None without a trade."""
        whole: Candle | None = None
        for candle in self._minutes[key]:
            if candle.start >= start:
                whole = candle if whole is None else whole.joined(candle)
        return whole


def _merged(minutes: Iterable[Candle], start_of: Callable[[datetime], datetime]) -> list[Candle]:
    merged = []
    for start, group in groupby(minutes, key=lambda candle: start_of(candle.start)):
        first, *others = group
        whole = Candle(
            start, first.open, first.high, first.low, first.close, first.volume, first.amount, first.count
        )
        for other in others:
            whole = whole.joined(other)
        merged.append(whole)
    return merged


def _aligned(at: datetime, span: timedelta, origin: datetime = EPOCH) -> datetime:
    return at - (at - origin) % span


def _every(span: timedelta, origin: datetime = EPOCH) -> Callable[[datetime], datetime]:
    return lambda at: _aligned(at, span, origin)


PERIODS: dict[str, Callable[[datetime], datetime]] = {
    "1m": _every(MINUTE),
    "5m": _every(timedelta(minutes=5)),
    "15m": _every(timedelta(minutes=15)),
    "30m": _every(timedelta(minutes=30)),
    "1h": _every(timedelta(hours=1)),
    "4h": _every(timedelta(hours=4)),
    "1d": _every(timedelta(days=1)),
    "1w": _every(timedelta(weeks=1), MONDAY),
    "1M": lambda at: at.replace(day=1, hour=0, minute=0, second=0, microsecond=0),
}
"""The periods of the venue's document, each with the start of the span that a moment lies in."""
