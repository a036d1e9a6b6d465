"""What an exchange of the Cloud API says of itself to everybody, in the engine's words."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from oms.core.instruments import Instrument, Key
from oms.core.prices import Quote
from oms.core.times import NS_PER_MS
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.market_models import Symbol
from oms.rest.gathering import VenueClock
from oms.rest.public_only import PublicOnly

_HALF_MS_NS: Final = NS_PER_MS // 2


class CloudGatherer(PublicOnly):
    """Implements `oms.rest.gathering.Gatherer` with what needs no key."""

    def __init__(self, client: MarketClient, now_ns: Callable[[], int] = time.time_ns) -> None:
        """Ask by `client`, which belongs to this gatherer's thread."""
        self._client = client
        self._now_ns = now_ns

    def measure_clock(self) -> VenueClock:
        """Compare with /v1/common/timestamp, milliseconds."""
        sent_ns = self._now_ns()
        told_ms = self._client.timestamp()
        received_ns = max(self._now_ns(), sent_ns)
        ahead_ns = told_ms * NS_PER_MS + _HALF_MS_NS - (sent_ns + received_ns) // 2
        return VenueClock(ahead_ns, (received_ns - sent_ns) // 2 + _HALF_MS_NS)

    def exchanges(self) -> tuple[str | None, ...]:
        """There is none behind it."""
        return (None,)

    def instruments(self, _exchange: str | None) -> tuple[Instrument, ...]:
        """Precisions are all that the document promises of a symbol."""
        return tuple(instrument_of(symbol) for symbol in self._client.symbols())

    def quote(self, key: Key) -> Quote:
        """See `Gatherer`."""
        _, symbol = key
        asked_ns = self._now_ns()
        book = self._client.depth(symbol)
        return Quote(
            symbol=symbol,
            bid=max((price for price, size in book.bids if size > 0), default=None),
            ask=min((price for price, size in book.asks if size > 0), default=None),
            time_ns=asked_ns,
            venue_ms=book.ts,
        )


def instrument_of(symbol: Symbol) -> Instrument:
    """Read a symbol; a precision that is not printed is no limit."""
    return Instrument(
        symbol=symbol.name,
        base=symbol.base_currency,
        quote=symbol.quote_currency,
        tick_size=_step(symbol.price_precision),
        step_size=_step(symbol.amount_precision),
    )


def _step(precision: int | None) -> Decimal | None:
    return None if precision is None else Decimal(1).scaleb(-precision)
