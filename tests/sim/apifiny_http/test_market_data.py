"""Market data over REST and WebSocket, as the venue's document prints it."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.sim.apifiny_http.document_client import KEY, WITHIN_S, Venue, jwt, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.sync.client import ClientConnection

    from tests.sim.apifiny_http.document_client import Rest

pytestmark = pytest.mark.system

MINUTE_MS = 60_000


def test_the_order_book_is_bare_json_with_the_highest_price_first(rest: Rest) -> None:
    book = rest.md("orderbook/v1/ETHUSDT/VENUE1")
    assert list(book) == ["symbol", "updatedAt", "asks", "bids"]
    assert abs(book["updatedAt"] - time.time() * 1000) < 60_000
    assert book["asks"] == [[2005, 60], [2002, 20], [2001, 10], [2000, 10]]
    assert book["bids"] == [[1999, 10], [1998, 10], [1997, 20], [1995, 60]]
    order_id = rest.insert(symbol="ETHUSDT", limitPrice="1999", quantity="0.5", venue="VENUE1")
    assert rest.md("orderbook/v1/ETHUSDT/VENUE1")["bids"][0] == [1999, Decimal("10.5")]
    rest.cancel(order_id, "VENUE1")


def test_trades_candles_and_ticker_tell_the_same(rest: Rest) -> None:
    rest.insert(symbol="ETHUSDT", limitPrice="2001", quantity="12", venue="COINBASEPRO")
    rest.insert(symbol="ETHUSDT", limitPrice="1999", quantity="1", venue="COINBASEPRO", orderSide="SELL")
    trades = rest.md("trade/v1/ETHUSDT/COINBASEPRO")
    names = ["symbol", "provider", "price", "qty", "side", "tradeTime", "exchangeID", "updateTime"]
    assert [list(trade) for trade in trades] == [names] * 3
    # "The trade side indicates the maker order side."
    told = [(trade["price"], trade["qty"], trade["side"]) for trade in trades]
    assert told == [(2000, 10, "SELL"), (2001, 2, "SELL"), (1999, 1, "BUY")]
    assert len({trade["exchangeID"] for trade in trades}) == 3

    ticker = rest.md("ticker/v1/ETHUSDT/COINBASEPRO/")
    assert abs(ticker.pop("updateAt") - time.time() * 1000) < 60_000
    assert ticker == {
        "symbol": "ETHUSDT",
        "high": 2001,
        "vol": 13,
        "amount": 26_001,
        "low": 1999,
        "provider": "COINBASEPRO",
        "count": 3,
        "close": 1999,
        "open": 2000,
    }
    candles = rest.md("kline/v1/COINBASEPRO/ETH/USDT/1d")
    assert sum(candle["count"] for candle in candles) == 3
    candle = candles[0]
    names = [
        "currencyPair",
        "period",
        "open",
        "high",
        "low",
        "close",
        "vol",
        "count",
        "timestamp",
        "exchange",
    ]
    assert list(candle) == names
    assert (candle["currencyPair"], candle["period"], candle["exchange"]) == ("ETH/USDT", "1d", "COINBASEPRO")
    assert candle["timestamp"] % (24 * 60 * MINUTE_MS) == 0
    start, end = candle["timestamp"], candle["timestamp"] + 1
    path = "kline/v1/COINBASEPRO/ETH/USDT/1d"
    assert rest.md(f"{path}?startTime={start}&endTime={end}") == [candle]
    assert rest.md(f"{path}?startTime={start - 2}&endTime={start - 1}") == []


def test_a_ticker_without_a_trade_shows_the_middle(rest: Rest) -> None:
    ticker = rest.md("ticker/v1/ETHBTC/KUCOIN")
    assert (ticker["open"], ticker["close"], ticker["count"]) == (Decimal("0.066675"), Decimal("0.066675"), 0)
    assert rest.md("kline/v1/KUCOIN/ETH/BTC/1M") == rest.md("trade/v1/ETHBTC/KUCOIN") == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("orderbook/v1/BTCUSDT/VENUE24", 2097178),
        ("orderbook/v1/DOGEUSD/VENUE1", 262202),
        ("trade/v1/BTCUSDT/VENUE1", 327741),
        ("ticker/v1/BTCUSDT/VENUE2/", 327741),
        ("kline/v1/VENUE1/BTC/USDT/1m", 327741),
        ("kline/v1/HUOBI/BTC/EUR/1m", 262202),
        ("kline/v1/HUOBI/BTC/USDT/3m", 65562),
        ("kline/v1/HUOBI/BTC/USDT/1m?startTime=x", 65562),
    ],
)
def test_what_is_not_there_is_an_error_message(rest: Rest, path: str, code: int) -> None:
    answer = rest.md(path)
    assert (answer["result"], answer["error"]["code"]) == (None, code)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", 2097162),
        (jwt({"accessKey": KEY}, "x" * 40), 2097162),
        (jwt({"accessKey": "K-9"}), 2097163),
        (jwt({"accountId": "STA-00000015"}), 2097162),
        (jwt({"accessKey": KEY, "exp": 1}), 196634),
        (jwt({"accessKey": KEY}, alg="none"), 2097162),
    ],
)
def test_a_wrong_signature_is_an_error_message(rest: Rest, token: str, code: int) -> None:
    assert rest.md("orderbook/v1/BTCUSDT/VENUE1", token)["error"]["code"] == code
    with rest.md_socket(token=token) as socket:
        assert read(socket.recv(WITHIN_S))["error"]["code"] == code
        with pytest.raises(ConnectionClosed):
            socket.recv(WITHIN_S)


def test_a_key_may_ask_once_a_second() -> None:
    with Venue() as venue:
        rest, other = venue.client(), venue.other()
        assert "bids" in rest.md("orderbook/v1/BTCUSDT/VENUE1")
        assert rest.md("ticker/v1/BTCUSDT/HUOBI")["error"]["code"] == 131114
        assert "bids" in other.md("orderbook/v1/BTCUSDT/VENUE1")
        end = time.monotonic() + WITHIN_S
        while "error" in rest.md("orderbook/v1/BTCUSDT/VENUE1"):
            assert time.monotonic() < end


def test_a_binary_message_is_read_as_its_text(rest: Rest) -> None:
    with rest.md_socket() as socket:
        socket.send(b"ping")
        assert socket.recv(WITHIN_S) == "pong"
        socket.send(b"\xff")
        assert read(socket.recv(WITHIN_S))["error"]["code"] == 65562


def sub(socket: ClientConnection, channel: str, *venues: str, **changes: object) -> None:
    request = {"channel": channel, "symbol": "BTCUSDT", "venues": venues, "action": "sub"} | changes
    socket.send(json.dumps(request))


def hear(socket: ClientConnection, wanted: Callable[[Any], bool] = lambda _: True) -> Any:
    """Return the next message that is wanted."""
    end = time.monotonic() + WITHIN_S
    while True:
        message = read(socket.recv(end - time.monotonic()))
        if wanted(message):
            return message


@pytest.mark.parametrize("path", ["/md/orderbook/v1", "/gx/orderbook/v1"])
def test_books_are_pushed_when_they_change(rest: Rest, path: str) -> None:
    with rest.md_socket(path) as socket:
        sub(socket, "orderbook", "VENUE1", "VENUE2", collect=True)
        for venue in ("VENUE1", "VENUE2"):
            message = hear(socket)
            assert list(message) == ["venues", "channel", "orderbook"]
            assert (message["venues"], message["channel"]) == ([venue], "orderbook")
            assert message["orderbook"]["bids"][0] == [29990, 1]
        order_id = rest.insert(limitPrice="29991", quantity="0.25", venue="VENUE2")
        message = hear(socket)
        assert message["venues"] == ["VENUE2"]
        assert message["orderbook"]["bids"][:2] == [[29991, Decimal("0.25")], [29990, 1]]
        sub(socket, "orderbook", "VENUE2", action="unsub")
        socket.send("ping")
        assert socket.recv(WITHIN_S) == "pong"
        rest.cancel(order_id, "VENUE2")
        # What follows is about another venue: nothing more comes of this one.
        order_id = rest.insert(limitPrice="29992", quantity="1", venue="VENUE1")
        assert hear(socket)["venues"] == ["VENUE1"]
        rest.cancel(order_id, "VENUE1")


def test_trades_are_pushed_once(rest: Rest) -> None:
    with rest.md_socket() as socket:
        sub(socket, "trade", "OKEX", symbol="ETHUSDT")
        socket.send("ping 7")
        while (text := socket.recv(WITHIN_S)) != "pong 7":
            assert isinstance(read(text), list)
        for price in ("2000", "2000"):
            rest.insert(symbol="ETHUSDT", limitPrice=price, quantity="1", venue="OKEX")
            (trade,) = hear(socket)
            assert (trade["provider"], trade["price"], trade["qty"], trade["side"]) == (
                "OKEX",
                2000,
                1,
                "SELL",
            )


def test_candles_and_tickers_are_pushed(rest: Rest) -> None:
    rest.insert(limitPrice="30000", quantity="1", venue="KUCOIN")
    with rest.md_socket() as socket:
        sub(socket, "kline_1m", "KUCOIN", symbol="BTC/USDT")
        for _ in range(2):
            (candle,) = hear(socket)
            assert (candle["currencyPair"], candle["period"], candle["exchange"]) == (
                "BTC/USDT",
                "1m",
                "KUCOIN",
            )
            assert candle["timestamp"] % MINUTE_MS == 0
        sub(socket, "kline_1m", "KUCOIN", symbol="BTC/USDT", action="unsub")
        sub(socket, "ticker", "KUCOIN")
        ticker = hear(socket, lambda message: isinstance(message, dict))
        assert (ticker["symbol"], ticker["provider"], ticker["close"]) == ("BTCUSDT", "KUCOIN", 30000)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x", 65562),
        ("[]", 65562),
        ("{}", 65562),
        ('{"channel": "orderbook", "symbol": "BTCUSDT", "venues": ["VENUE1"], "action": []}', 65562),
        ('{"channel": "orderbooks", "symbol": "BTCUSDT", "venues": ["VENUE1"], "action": "sub"}', 65562),
        ('{"channel": "kline_3m", "symbol": "BTCUSDT", "venues": ["HUOBI"], "action": "sub"}', 65562),
        ('{"channel": "orderbook", "symbol": "BTCUSDT", "venues": ["VENUE24"], "action": "sub"}', 2097178),
        ('{"channel": "trade", "symbol": "BTCUSDT", "venues": ["VENUE1"], "action": "sub"}', 327741),
    ],
)
def test_a_wrong_subscription_is_an_error_message(rest: Rest, text: str, code: int) -> None:
    with rest.md_socket() as socket:
        socket.send(text)
        assert hear(socket)["error"]["code"] == code


@pytest.mark.parametrize("venues", [("VENUE1", "OKEX"), ("OKEX", "VENUE1")])
def test_a_venue_that_is_not_supported_keeps_no_other_from_being_subscribed(
    rest: Rest, venues: tuple[str, ...]
) -> None:
    with rest.md_socket() as socket:
        sub(socket, "ticker", *venues)
        heard = [hear(socket) for _ in venues]
    assert [message["error"]["code"] for message in heard if "error" in message] == [327741]
    assert [message["provider"] for message in heard if "provider" in message] == ["OKEX"]


@pytest.mark.slow
def test_pings_come_and_one_who_never_answers_is_cut(rest: Rest) -> None:
    with rest.md_socket() as deaf, rest.md_socket() as polite:
        for _ in range(3):
            ping = polite.recv(WITHIN_S)
            assert isinstance(ping, str)
            assert "ping" in ping
            polite.send(ping.replace("ping", "pong"))
        for _ in range(3):
            assert "ping" in str(deaf.recv(WITHIN_S))
        with pytest.raises(ConnectionClosed):
            deaf.recv(WITHIN_S)
        polite.send("ping")
        assert polite.recv(WITHIN_S) == "pong"
