"""The fixed market: pairs with their rules, the standing depth, opening balances.

These numbers are part of the simulator's contract: its `--help` prints them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from oms.sim.market import Instrument, Level

VENUE = "WEEX"
AMOUNT_STEP = Decimal("0.00000001")
MAX_AMOUNT = Decimal(1_000_000_000)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One pair with what `/api/3/info` says of it, and its standing depth, best first."""

    name: str
    decimal_places: int
    min_price: Decimal
    max_price: Decimal
    min_amount: Decimal
    bids: str
    asks: str
    hidden: bool = False

    @property
    def base(self) -> str:
        """The currency that is traded."""
        return self.name.partition("_")[0]

    @property
    def quote(self) -> str:
        """The currency that it is paid in."""
        return self.name.partition("_")[2]

    @cached_property
    def instrument(self) -> Instrument:
        """The same as the books of the simulator know it."""
        return Instrument(
            symbol=self.name,
            base=self.base,
            quote=self.quote,
            tick=Decimal(1).scaleb(-self.decimal_places),
            step=AMOUNT_STEP,
            min_qty=self.min_amount,
            max_qty=MAX_AMOUNT,
            min_notional=Decimal(0),
            bids=_levels(self.bids),
            asks=_levels(self.asks),
        )


def _levels(text: str) -> tuple[Level, ...]:
    pairs = (level.split(" x ") for level in text.split(", "))
    return tuple(Level(Decimal(price), Decimal(qty)) for price, qty in pairs)


PAIRS = (
    Pair(
        name="btc_usd",
        decimal_places=3,
        min_price=Decimal("0.1"),
        max_price=Decimal(400_000),
        min_amount=Decimal("0.001"),
        bids="29990 x 1, 29980 x 1, 29970 x 2, 29950 x 6",
        asks="30000 x 1, 30010 x 1, 30020 x 2, 30050 x 6",
    ),
    Pair(
        name="ltc_usd",
        decimal_places=6,
        min_price=Decimal("0.0001"),
        max_price=Decimal(10_000),
        min_amount=Decimal("0.01"),
        bids="79.9 x 100, 79.8 x 100, 79.7 x 200, 79.5 x 600",
        asks="80 x 100, 80.1 x 100, 80.2 x 200, 80.5 x 600",
    ),
    Pair(
        name="ltc_btc",
        decimal_places=5,
        min_price=Decimal("0.0001"),
        max_price=Decimal(10),
        min_amount=Decimal("0.01"),
        bids="0.00266 x 100, 0.00265 x 100, 0.00264 x 200, 0.00262 x 600",
        asks="0.00267 x 100, 0.00268 x 100, 0.00269 x 200, 0.00271 x 600",
    ),
    Pair(
        name="eth_usd",
        decimal_places=5,
        min_price=Decimal("0.0001"),
        max_price=Decimal(100_000),
        min_amount=Decimal("0.01"),
        bids="1999 x 10, 1998 x 10, 1997 x 20, 1995 x 60",
        asks="2000 x 10, 2001 x 10, 2002 x 20, 2005 x 60",
    ),
    Pair(
        name="nmc_usd",
        decimal_places=3,
        min_price=Decimal("0.001"),
        max_price=Decimal(1_000),
        min_amount=Decimal("0.1"),
        bids="1.49 x 100, 1.48 x 100",
        asks="1.5 x 100, 1.51 x 100",
        hidden=True,
    ),
)
BY_NAME = {pair.name: pair for pair in PAIRS}

FIAT = frozenset({"usd"})
# Of each account. Nobody has ever deposited nmc: there is no address for it.
OPENING_BALANCES = {
    "usd": Decimal(100_000_000),
    "btc": Decimal(1000),
    "ltc": Decimal(100_000),
    "eth": Decimal(20_000),
    "nmc": Decimal(0),
}
