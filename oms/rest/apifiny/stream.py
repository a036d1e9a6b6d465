"""What Apifiny pushes: changes of orders (order.streamDetail), and market data."""

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec
from msgspec import Struct

from oms.rest.apifiny.answers import ApifinyUnreadable, clipped, decoded, error_in
from oms.rest.apifiny.calls import PATH
from oms.rest.apifiny.clock import VenueTime
from oms.rest.apifiny.codes import Verdict
from oms.rest.apifiny.meaning import Meaning
from oms.rest.apifiny.models import Kline, OrderBook, StreamEntry, Ticker, Trade
from oms.rest.apifiny.params import Since, encode
from oms.rest.apifiny.signing import Credentials, market_token, request_token
from oms.rest.ban import HostBan
from oms.rest.feed import Conversation, Feed, Opening, Patience

HOST: Final = "wss://api.apifiny.com"
MARKET_PATH: Final = "/md/orderbook/v1"
_METHOD: Final = "order.streamDetail"
_LIFETIME_S: Final = 30
_LONGEST_SHOWN: Final = 200
_LONGEST_ROW: Final = 1000
_PING: Final = re.compile(r"\bping\b")


class Watch(Struct, frozen=True, kw_only=True):
    """What a stream tells, on its own thread; callbacks return at once.

    Attributes:
        on_gap: something may be missing: ask for it over REST. Called after each connection, and on bad messages.
        alert: a person should know this.
        alive: the connection showed a sign of life; None: nobody wants to know.

    """

    on_gap: Callable[[str], None]
    alert: Callable[[str], None]
    alive: Callable[[], None] | None = None


class Route(Struct, frozen=True, kw_only=True):
    """Where to: `host` with its scheme (wss://), `ca_file` instead of the machine's authorities, how patiently.

    `clock` corrects tokens for the venue's clock, and `ban` tells whether the host is left alone: as for all others
    who use the key at that host.
    """

    host: str = HOST
    ca_file: Path | None = None
    patience: Patience = Patience()
    clock: VenueTime | None = None
    ban: HostBan | None = None


class _Stream(Feed):
    """What both streams do where the venue answers with an error.

    The same one is told once until something is pushed: it comes with every connection. Where it stops a key, the
    next connection is made much later.
    """

    _told: Meaning | None = None
    _about: str

    def _complained(self, said: tuple[Meaning, str], token: str) -> None:
        what, text = said
        if what.verdict is Verdict.STOP:
            self._turned_away()
        if what != self._told:
            self._told = what
            self._alert(f"{self.name}: {self._about}: {what}: {_shown(text.replace(token, '***'))}")


class OrderStream(_Stream):
    """Changes of an account's orders, each as the venue logged it; they may come twice or out of order."""

    _about = _METHOD

    def __init__(
        self,
        credentials: Credentials,
        on_change: Callable[[StreamEntry], None],
        watch: Watch,
        route: Route | None = None,
    ) -> None:
        """Tell `on_change` of each change."""
        route = route or Route()
        self._clock = route.clock or VenueTime()
        self._credentials = credentials
        self._host = route.host
        self._on_change = on_change
        self._gap = watch.on_gap
        self._token = ""
        talk = Conversation(self._opening, tuple, self._heard, watch.on_gap, watch.alert)
        super().__init__(
            "apifiny-orders", talk, patience=route.patience, ca_file=route.ca_file, ban=route.ban
        )

    def _opening(self) -> Opening:
        body = encode(Since(account_id=self._credentials.account_id, start_date_time=None))
        exp_s = self._clock.difference.expiry_s(time.time_ns(), _LIFETIME_S)
        self._token = request_token(self._credentials, method=_METHOD, body=body, exp_s=exp_s)
        return Opening(
            f"{self._host}{PATH}?signature={self._token}&body={quote(body, safe='')}&p=webSocket", {}
        )

    def _heard(self, text: str) -> str | None:
        if (pong := _pong(text)) is not None:
            return pong
        many = text.lstrip().startswith("[")
        if not many and (said := error_in(text)) is not None:
            self._complained(said, self._token)
            return None
        for row in decoded(_METHOD, text if many else f"[{text}]", tuple[msgspec.Raw, ...]):
            self._take(row)
        return None

    def _take(self, row: msgspec.Raw) -> None:
        """Tell of a change; a row that cannot be read takes no other with it, and orders are asked for instead."""
        try:
            self._on_change(decoded(_METHOD, row, StreamEntry))
            self._told = None
        except ApifinyUnreadable as error:
            said = bytes(row).decode("utf-8", "replace").replace(self._token, "***")
            secret = self._credentials.secret.reveal()
            self._alert(f"{self.name}: {error}: {clipped(said.replace(secret, '***'), _LONGEST_ROW)}")
            self._gap("a message could not be handled: a row of it cannot be read")


class BookUpdate(Struct, frozen=True, rename="camel", kw_only=True):
    """Channel orderbook: the whole book at `venues`."""

    venues: tuple[str, ...]
    orderbook: OrderBook


Push = BookUpdate | tuple[Trade, ...] | tuple[Kline, ...] | Ticker


class Subscription(Struct, frozen=True):
    """A channel (orderbook, trade, kline_<period>, ticker) of a symbol (BTCUSD; BTC/USD for klines) at venues."""

    channel: str
    symbol: str
    venues: tuple[str, ...]


class MarketStream(_Stream):
    """Market data of what is subscribed to; after a reconnection it is subscribed to again."""

    _about = "market data"

    def __init__(
        self,
        credentials: Credentials,
        on_data: Callable[[Push], None],
        watch: Watch,
        route: Route | None = None,
    ) -> None:
        """Tell `on_data` of everything pushed."""
        route = route or Route()
        self._credentials = credentials
        self._host = route.host
        self._on_data = on_data
        self._token = ""
        self._subscriptions: dict[Subscription, None] = {}
        talk = Conversation(
            self._opening, self._greeting, self._heard, watch.on_gap, watch.alert, watch.alive
        )
        super().__init__(
            "apifiny-market", talk, patience=route.patience, ca_file=route.ca_file, ban=route.ban
        )

    def subscribe(self, subscription: Subscription) -> None:
        """Subscribe, now or as soon as there is a connection; from any thread."""
        self._subscriptions[subscription] = None
        self.send(_request(subscription, "sub"))

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; from any thread."""
        self._subscriptions.pop(subscription, None)
        self.send(_request(subscription, "unsub"))

    def _opening(self) -> Opening:
        self._token = market_token(self._credentials)
        return Opening(f"{self._host}{MARKET_PATH}", {"signature": self._token})

    def _greeting(self) -> Sequence[str]:
        return [_request(subscription, "sub") for subscription in list(self._subscriptions)]

    def _heard(self, text: str) -> str | None:
        if (pong := _pong(text)) is not None:
            return pong
        data = _read(text)
        if data is not None:
            self._told = None
            self._on_data(data)
        elif (said := error_in(text)) is not None:
            self._complained(said, self._token)
        else:
            self._alert(f"{self.name}: the venue says: {_shown(text)}")
        return None


def _request(subscription: Subscription, action: str) -> str:
    return msgspec.json.encode({**msgspec.structs.asdict(subscription), "action": action}).decode()


def _pong(text: str) -> str | None:
    """Answer the venue's own ping, which is text: the same with `pong` (Sample Python Code, sub_md)."""
    return _PING.sub("pong", text) if len(text) < _LONGEST_SHOWN and _PING.search(text) else None


class _Shape(Struct, rename="camel"):
    """What tells the payloads apart; no channel but the order book's names itself."""

    orderbook: msgspec.Raw = msgspec.Raw()
    currency_pair: str = ""
    trade_time: msgspec.Raw = msgspec.Raw()
    high: msgspec.Raw = msgspec.Raw()


def _read(text: str) -> Push | None:
    many = text.lstrip().startswith("[")
    shapes = decoded("market data", text if many else f"[{text}]", tuple[_Shape, ...])
    shape = shapes[0] if shapes else _Shape()
    if shape.orderbook:
        return decoded("orderbook", text, BookUpdate)
    if shape.currency_pair:
        return decoded("kline", text, tuple[Kline, ...]) if many else (decoded("kline", text, Kline),)
    if shape.trade_time:
        return decoded("trade", text, tuple[Trade, ...]) if many else (decoded("trade", text, Trade),)
    if shape.high and not many:
        return decoded("ticker", text, Ticker)
    return None


def _shown(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text[:_LONGEST_SHOWN])
