"""Chapter "Market Data API" by REST: `/md/…`, one request a second for each key.

The venue counts when requests arrive, and how long one is on its way nobody knows: so the second counts from the answer
to the one before, when that had arrived for certain. After "Request too often" the pause doubles until one is answered.
"""

import time
from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import quote

from oms.core.errors import VenueUnavailable
from oms.rest.apifiny.answers import ApifinyRefused, ApifinyStopped, Asked, interpret
from oms.rest.apifiny.history import Span
from oms.rest.apifiny.models import Kline, OrderBook, Ticker, Trade
from oms.rest.apifiny.signing import Credentials, market_token
from oms.rest.transport import Transport

T = TypeVar("T")

PAUSE_S: Final = 1.0
MOST_WAIT_S: Final = 2.0  # longer pauses are not waited out here
LONGEST_PAUSE_S: Final = 64.0
TOO_OFTEN: Final = "REQUEST_TOO_OFTEN"
PERIODS: Final = ("1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1M")
_NS: Final = 1_000_000_000


class MarketClient:
    """One method for each of the chapter; each waits a moment until the venue may be asked. Nothing is repeated.

    All raise VenueUnavailable, ApifinyRefused, ApifinyStopped and ApifinyUnknown.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: Credentials,
        pause: Callable[[float], None] = time.sleep,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Ask by `transport`, alone with this key; `pause` waits, seconds, by the clock `monotonic_ns`."""
        self._transport = transport
        self._credentials = credentials
        self._pause = pause
        self._monotonic_ns = monotonic_ns
        self._pause_s = PAUSE_S
        self._free_ns: int | None = None

    def order_book(self, symbol: str, venue: str) -> OrderBook:
        """Read the order book of a symbol at a venue."""
        return self._get(f"/md/orderbook/v1/{_part(symbol)}/{_part(venue)}", OrderBook)

    def trades(self, symbol: str, venue: str) -> tuple[Trade, ...]:
        """Read the latest trades."""
        return self._get(f"/md/trade/v1/{_part(symbol)}/{_part(venue)}", tuple[Trade, ...])

    def klines(
        self, venue: str, pair: tuple[str, str], period: str, span: Span | None = None
    ) -> tuple[Kline, ...]:
        """Read candles.

        Args:
            venue: the exchange.
            pair: base and quote asset.
            period: one of `PERIODS`.
            span: from and to, milliseconds since the epoch; None: the latest.

        """
        parts = "/".join(_part(part) for part in (venue, *pair, period))
        query = "" if span is None else f"startTime={span[0]}&endTime={span[1]}"
        return self._get(f"/md/kline/v1/{parts}", tuple[Kline, ...], query)

    def ticker(self, symbol: str, venue: str) -> Ticker:
        """Read the statistics of 24 hours."""
        return self._get(f"/md/ticker/v1/{_part(symbol)}/{_part(venue)}/", Ticker)

    @property
    def wait_s(self) -> float:
        """How long it is until the venue may be asked again, seconds; 0: now."""
        return 0.0 if self._free_ns is None else max(self._free_ns - self._monotonic_ns(), 0) / _NS

    def _get(self, path: str, kind: type[T], query: str = "") -> T:
        while (wait_s := self.wait_s) > 0:
            if wait_s > MOST_WAIT_S:  # others wait for this thread
                told = f"GET {path}: nothing was sent: the venue was asked too often; ask again in {wait_s:.0f} s"
                raise VenueUnavailable(told)
            self._pause(wait_s)
        too_often = False
        try:
            answer = self._ask(path, kind, query)
        except ApifinyRefused as error:
            too_often = any(row.name == TOO_OFTEN for row in error.meaning.rows)
            raise
        finally:
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S) if too_often else PAUSE_S
            self._free_ns = self._monotonic_ns() + round(self._pause_s * _NS)
        return answer

    def _ask(self, path: str, kind: type[T], query: str) -> T:
        token = market_token(self._credentials)
        reply = self._transport.call("GET", path, query=query, headers={"signature": token})
        secret = self._credentials.secret.reveal()
        asked = Asked(
            f"GET {path}",
            changes=False,
            mask=lambda text: text.replace(token, "***").replace(secret, "***"),
        )
        try:
            return interpret(asked, reply, kind)
        except ApifinyStopped as error:
            if error.meaning is None:
                self._transport.ban.impose(str(error))
            raise


def _part(text: str) -> str:
    return quote(text, safe="")
