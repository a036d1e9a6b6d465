"""What is pushed: the document's own payloads, through a server of `websockets` on loopback."""

import hashlib
import json
import queue
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from oms.rest.apifiny.stream import BookUpdate, MarketStream, OrderStream, Route, Subscription, Watch
from oms.rest.feed import Patience
from tests.rest.apifiny.samples import ANSWERS, BOOK_PUSH, STREAM_ENTRY
from tests.rest.apifiny.venue import CREDENTIALS, SECRET, claims
from tests.rest.test_feed import WITHIN_S, Exchange

QUICK = Patience(connect_s=5, first_pause_s=0.01, longest_pause_s=0.05)


class Heard:
    def __init__(self) -> None:
        self.data: queue.Queue[Any] = queue.Queue()
        self.gaps: queue.Queue[str] = queue.Queue()
        self.alerts: queue.Queue[str] = queue.Queue()
        self.watch = Watch(on_gap=self.gaps.put, alert=self.alerts.put)


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    server = Exchange()
    yield server
    server.close()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def orders(exchange: Exchange, heard: Heard) -> Iterator[OrderStream]:
    stream = OrderStream(CREDENTIALS, heard.data.put, heard.watch, Route(host=exchange.url, patience=QUICK))
    stream.start()
    yield stream
    assert stream.stop(WITHIN_S)


@pytest.fixture
def market(exchange: Exchange, heard: Heard) -> Iterator[MarketStream]:
    stream = MarketStream(CREDENTIALS, heard.data.put, heard.watch, Route(host=exchange.url, patience=QUICK))
    stream.start()
    yield stream
    assert stream.stop(WITHIN_S)


def test_the_order_stream_signs_what_it_asks(exchange: Exchange, orders: OrderStream) -> None:
    exchange.next()
    url = urlsplit(exchange.paths[0])
    query = parse_qs(url.query)
    assert url.path == "/gx/openApi/v1"
    assert query["p"] == ["webSocket"]
    (body,) = query["body"]
    assert json.loads(body) == {"accountId": "STA-00000001", "startDateTime": None}
    signed = claims(query["signature"][0])
    assert signed["method"] == "order.streamDetail"
    assert signed["digest"] == hashlib.sha256(body.encode()).hexdigest()


def test_each_connection_is_signed_afresh(
    exchange: Exchange, orders: OrderStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = exchange.next()
    monkeypatch.setattr("oms.rest.apifiny.stream.time.time_ns", lambda: 10**18)
    first.close()
    exchange.next()
    queries = [parse_qs(urlsplit(path).query) for path in exchange.paths]
    assert claims(queries[1]["signature"][0])["exp"] == 10**9 + 30
    assert queries[0]["signature"] != queries[1]["signature"]


@pytest.mark.parametrize("text", [STREAM_ENTRY, f" [{STREAM_ENTRY}]"], ids=["one", "list"])
def test_changes_of_orders(exchange: Exchange, orders: OrderStream, heard: Heard, text: str) -> None:
    exchange.next().send(text)
    entry = heard.data.get(timeout=WITHIN_S)
    assert (entry.log_timestamp, entry.payload.order_id) == (1552116459536, "000000121574697605570321")
    assert (str(entry.payload.last_filled_quantity), str(entry.payload.last_commission)) == ("1.12", "0.112")


@pytest.mark.parametrize("text", ["{", "[1]", "{}", STREAM_ENTRY.replace("1.12", '"NaN"'), STREAM_ENTRY[:-3]])
def test_what_cannot_be_read_is_a_gap(
    exchange: Exchange, orders: OrderStream, heard: Heard, text: str
) -> None:
    connection = exchange.next()
    assert "connected" in heard.gaps.get(timeout=WITHIN_S)
    connection.send(text)
    assert "could not be handled" in heard.gaps.get(timeout=WITHIN_S)
    connection.send(STREAM_ENTRY)
    assert heard.data.get(timeout=WITHIN_S).payload.order_status == "FILLED"


def test_an_error_is_shown_without_the_signature(
    exchange: Exchange, orders: OrderStream, heard: Heard
) -> None:
    connection = exchange.next()
    token = parse_qs(urlsplit(exchange.paths[0]).query)["signature"][0]
    connection.send(
        json.dumps({"result": None, "error": {"code": 2097162, "message": f"Signature Error {token}"}})
    )
    told = heard.alerts.get(timeout=WITHIN_S)
    assert told.startswith(
        "apifiny-orders: order.streamDetail: SIGNATURE_ERROR (2097162): Signature Error ***"
    )
    assert token[:30] not in told
    assert SECRET not in told


BUSY = '{"result": null, "error": {"code": 65595, "message": "server busy"}}'
WRONG_KEY = '{"result": null, "error": {"code": "0x20000A", "message": "Signature Error"}}'


def test_the_same_error_is_told_once_until_something_is_pushed(
    exchange: Exchange, orders: OrderStream, heard: Heard
) -> None:
    for _ in range(3):
        connection = exchange.next()
        connection.send(BUSY)
        connection.close()
    connection = exchange.next()
    connection.send(BUSY)
    connection.send(STREAM_ENTRY)
    heard.data.get(timeout=WITHIN_S)
    assert heard.alerts.qsize() == 1
    connection.send(BUSY)
    for _ in range(2):
        assert "order.streamDetail: SERVER_BUSY (65595): server busy" in heard.alerts.get(timeout=WITHIN_S)


def test_a_key_that_is_refused_does_not_knock_on(exchange: Exchange, heard: Heard) -> None:
    route = Route(host=exchange.url, patience=QUICK)
    streams = (
        OrderStream(CREDENTIALS, heard.data.put, heard.watch, route),
        MarketStream(CREDENTIALS, heard.data.put, heard.watch, route),
    )
    for stream in streams:
        stream.start()
        connection = exchange.next()
        connection.send(WRONG_KEY)
        connection.close()
        assert "SIGNATURE_ERROR (0x20000A)" in heard.alerts.get(timeout=WITHIN_S)
        with pytest.raises(queue.Empty):
            exchange.next(within_s=0.5)
        stream.resume()  # a person has put the key right
        exchange.next()
        assert stream.stop(WITHIN_S)


def test_market_data_is_signed_in_a_header(exchange: Exchange, market: MarketStream) -> None:
    exchange.next()
    assert exchange.paths == ["/md/orderbook/v1"]
    assert claims(exchange.headers[0]["signature"]) == {"accessKey": "KEY-1"}


@pytest.mark.parametrize(
    ("text", "look", "expected"),
    [
        (BOOK_PUSH, lambda push: (push.venues, str(push.orderbook.bids[1][1])), (("VENUE1",), "0.0048")),
        (ANSWERS["/md/trade/v1/BTCUSD/VENUE1"], lambda push: str(push[0].price), "59177.17"),
        (ANSWERS["/md/kline/v1/COINBASEPRO/BTC/USD/5m"], lambda push: str(push[0].vol), "0.027921"),
        (ANSWERS["/md/ticker/v1/BTCUSD/VENUE1/"], lambda push: str(push.amount), "51110415.03946448"),
    ],
    ids=["orderbook", "trade", "kline", "ticker"],
)
def test_market_data(
    exchange: Exchange,
    market: MarketStream,
    heard: Heard,
    text: str,
    look: Callable[[Any], Any],
    expected: Any,
) -> None:
    exchange.next().send(text)
    assert look(heard.data.get(timeout=WITHIN_S)) == expected


def test_subscriptions_are_sent_and_sent_again(
    exchange: Exchange, market: MarketStream, heard: Heard
) -> None:
    first = exchange.next()
    heard.gaps.get(timeout=WITHIN_S)
    book = Subscription("orderbook", "BTCUSD", ("VENUE1", "VENUE2"))
    candles = Subscription("kline_1m", "BTC/USD", ("VENUE1",))
    market.subscribe(book)
    market.subscribe(candles)
    market.unsubscribe(candles)
    asked = {"channel": "orderbook", "symbol": "BTCUSD", "venues": ["VENUE1", "VENUE2"], "action": "sub"}
    assert json.loads(first.recv(WITHIN_S)) == asked
    assert json.loads(first.recv(WITHIN_S))["action"] == "sub"
    assert json.loads(first.recv(WITHIN_S)) == {
        "channel": "kline_1m",
        "symbol": "BTC/USD",
        "venues": ["VENUE1"],
        "action": "unsub",
    }
    first.close()
    assert json.loads(exchange.next().recv(WITHIN_S)) == asked


def test_it_may_be_subscribed_before_it_is_connected(exchange: Exchange, heard: Heard) -> None:
    stream = MarketStream(CREDENTIALS, heard.data.put, heard.watch, Route(host=exchange.url))
    stream.subscribe(Subscription("ticker", "BTCUSD", ("VENUE1",)))
    stream.start()
    assert json.loads(exchange.next().recv(WITHIN_S))["channel"] == "ticker"
    assert stream.stop(WITHIN_S)


@pytest.mark.parametrize("ping", ["ping", '{"ping": 1584523325000}', '{"action":"ping"}'])
def test_a_ping_is_answered_by_the_same_with_pong(
    exchange: Exchange, market: MarketStream, heard: Heard, ping: str
) -> None:
    connection = exchange.next()
    connection.send(ping)
    assert connection.recv(WITHIN_S) == ping.replace("ping", "pong")
    assert heard.data.empty()


def test_what_is_no_data_is_shown_to_a_person(exchange: Exchange, market: MarketStream, heard: Heard) -> None:
    exchange.next().send('{"error": "stopping\x1b: venue not supported"}'.replace("\x1b", "\\u001b"))
    assert "venue not supported" in heard.alerts.get(timeout=WITHIN_S)
    assert heard.data.empty()


def test_a_book_with_an_impossible_number_is_a_gap(
    exchange: Exchange, market: MarketStream, heard: Heard
) -> None:
    connection = exchange.next()
    heard.gaps.get(timeout=WITHIN_S)
    connection.send(BOOK_PUSH.replace("0.04]", "1e400000]"))
    assert "could not be handled" in heard.gaps.get(timeout=WITHIN_S)
    connection.send(BOOK_PUSH)
    assert isinstance(heard.data.get(timeout=WITHIN_S), BookUpdate)
