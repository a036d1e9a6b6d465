"""The fixed market: venues, symbols with their rules, the standing depth, opening balances.

These numbers are part of the simulator's contract: its `--help` prints them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from oms.sim.terms import ROUGH, Side

VENUES = ("VENUE1", "VENUE2", "BINANCEUS", "COINBASEPRO", "HUOBI", "KUCOIN", "OKEX")

# "MARKET: Market Order*": the venue's document names five venues that take them.
MARKET_ORDER_VENUES = frozenset({"BINANCEUS", "COINBASEPRO", "HUOBI", "KUCOIN", "OKEX"})


@dataclass(frozen=True, slots=True)
class Level:
    """A standing quantity at a price."""

    price: Decimal
    qty: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One symbol: what it trades, its steps and limits, and its standing depth, best first."""

    symbol: str
    base: str
    quote: str
    tick: Decimal
    step: Decimal
    min_qty: Decimal
    max_qty: Decimal
    min_notional: Decimal
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]

    def depth(self, side: Side) -> tuple[Level, ...]:
        """Return the standing depth of one side."""
        return self.bids if side is Side.BUY else self.asks

    @property
    def mid(self) -> Decimal:
        """The middle of the standing depth."""
        return ROUGH.divide(self.bids[0].price + self.asks[0].price, 2)


def _levels(text: str) -> tuple[Level, ...]:
    pairs = (level.split(" x ") for level in text.split(", "))
    return tuple(Level(Decimal(price), Decimal(qty)) for price, qty in pairs)


INSTRUMENTS = (
    Instrument(
        symbol="BTCUSDT",
        base="BTC",
        quote="USDT",
        tick=Decimal("0.01"),
        step=Decimal("0.0001"),
        min_qty=Decimal("0.0001"),
        max_qty=Decimal(10000),
        min_notional=Decimal(1),
        bids=_levels("29990 x 1, 29980 x 1, 29970 x 2, 29950 x 6"),
        asks=_levels("30000 x 1, 30010 x 1, 30020 x 2, 30050 x 6"),
    ),
    Instrument(
        symbol="ETHUSDT",
        base="ETH",
        quote="USDT",
        tick=Decimal("0.01"),
        step=Decimal("0.001"),
        min_qty=Decimal("0.001"),
        max_qty=Decimal(100000),
        min_notional=Decimal(1),
        bids=_levels("1999 x 10, 1998 x 10, 1997 x 20, 1995 x 60"),
        asks=_levels("2000 x 10, 2001 x 10, 2002 x 20, 2005 x 60"),
    ),
    Instrument(
        symbol="ETHBTC",
        base="ETH",
        quote="BTC",
        tick=Decimal("0.00001"),
        step=Decimal("0.001"),
        min_qty=Decimal("0.001"),
        max_qty=Decimal(100000),
        min_notional=Decimal("0.0001"),
        bids=_levels("0.06665 x 10, 0.06660 x 10, 0.06655 x 20, 0.06640 x 60"),
        asks=_levels("0.06670 x 10, 0.06675 x 10, 0.06680 x 20, 0.06695 x 60"),
    ),
)

# Of each currency, for each account, on each venue.
OPENING_BALANCES = {
    "BTC": Decimal(1000),
    "ETH": Decimal(20000),
    "USDT": Decimal(100_000_000),
}


def describe_depth(instrument: Instrument) -> str:
    """One line a side, as `--help` shows it."""

    def side(levels: tuple[Level, ...]) -> str:
        return ", ".join(f"{level.price:f} x {level.qty:f}" for level in levels)

    return f"asks {side(instrument.asks)}; bids {side(instrument.bids)}"
