"""The symbols of the venue: the simulator's own, in this venue's spelling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oms.sim.market import INSTRUMENTS

if TYPE_CHECKING:
    from decimal import Decimal

    from oms.sim.market import Instrument

PLACE = "HUOBI"
"""The one venue of the floor that this face stands in front of."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol: 'base-currency' + 'quote-currency', in lower case."""

    instrument: Instrument

    @property
    def name(self) -> str:
        """As in `btcusdt`."""
        return self.base + self.quote

    @property
    def base(self) -> str:
        """As in `btc`."""
        return self.instrument.base.lower()

    @property
    def quote(self) -> str:
        """As in `usdt`."""
        return self.instrument.quote.lower()

    @property
    def price_precision(self) -> int:
        """Decimals of a price."""
        return places(self.instrument.tick)

    @property
    def amount_precision(self) -> int:
        """Decimals of an amount in the base currency."""
        return places(self.instrument.step)


def places(step: Decimal) -> int:
    """Return how many decimals a step has."""
    return -int(step.as_tuple().exponent)


SYMBOLS = {symbol.name: symbol for symbol in map(Symbol, INSTRUMENTS)}
CURRENCIES = tuple(dict.fromkeys(each for one in SYMBOLS.values() for each in (one.quote, one.base)))
QUOTE_PRECISION = 8  # of an amount in the quote currency: what a market buy spends

MARGIN_SYMBOLS = tuple(symbol.name for symbol in SYMBOLS.values() if symbol.quote == "usdt")
"""The document: "only usdt-trading assets(except btc) are supported", and then shows btcusdt."""
