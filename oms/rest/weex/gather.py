"""What WEEX says of itself to everybody, in the engine's words; its public API needs no key, and no nonce."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from oms.core.instruments import Instrument, Key
from oms.core.prices import Quote
from oms.core.times import NS_PER_S
from oms.rest.gathering import VenueClock
from oms.rest.public_only import PublicOnly
from oms.rest.weex.models import Pair
from oms.rest.weex.public import PublicClient

_HALF_SECOND_NS: Final = NS_PER_S // 2


class WeexGatherer(PublicOnly):
    """Implements `oms.rest.gathering.Gatherer` with the public API v3."""

    def __init__(self, client: PublicClient, now_ns: Callable[[], int] = time.time_ns) -> None:
        """Ask by `client`, which belongs to this gatherer's thread."""
        self._client = client
        self._now_ns = now_ns

    def measure_clock(self) -> VenueClock:
        """Compare with `server_time`, whole seconds, which the venue caches for 2 s."""
        sent_ns = self._now_ns()
        told_s = self._client.info().server_time
        received_ns = max(self._now_ns(), sent_ns)
        ahead_ns = told_s * NS_PER_S + _HALF_SECOND_NS - (sent_ns + received_ns) // 2
        return VenueClock(ahead_ns, (received_ns - sent_ns) // 2 + _HALF_SECOND_NS + 2 * NS_PER_S)

    def exchanges(self) -> tuple[str | None, ...]:
        """There is none behind it."""
        return (None,)

    def instruments(self, _exchange: str | None) -> tuple[Instrument, ...]:
        """See `Gatherer`."""
        return tuple(instrument_of(name, pair) for name, pair in self._client.info().pairs.items())

    def quote(self, key: Key) -> Quote:
        """See `Gatherer`."""
        _, symbol = key
        asked_ns = self._now_ns()
        book = self._client.depth([symbol], limit=1)[symbol]
        return Quote(
            symbol=symbol,
            bid=max((price for price, size in book.bids if size > 0), default=None),
            ask=min((price for price, size in book.asks if size > 0), default=None),
            time_ns=asked_ns,
        )


def instrument_of(name: str, pair: Pair) -> Instrument:
    """Read a pair; a hidden one is kept out of trading, and a highest price of 0 is none."""
    base, _, quote = name.partition("_")
    return Instrument(
        symbol=name,
        base=base or None,
        quote=quote or None,
        tick_size=Decimal(1).scaleb(-pair.decimal_places),
        min_price=pair.min_price,
        max_price=pair.max_price or None,
        min_qty=pair.min_amount,
        status="hidden" if pair.hidden else None,
        trading=not pair.hidden,
    )
