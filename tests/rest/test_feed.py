"""A WebSocket that stays open: against the server side of `websockets`, on loopback."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import pytest
import structlog
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from oms.rest.feed import Conversation, Feed, Opening, Patience

WITHIN_S = 10
TOKEN = "a-signature-nobody-may-see"
QUICK = Patience(connect_s=5, first_pause_s=0.01, longest_pause_s=0.05)


class Exchange:
    """A server that hands its connections to the test."""

    def __init__(self, check: Callable[[ServerConnection, Request], Response | None] | None = None) -> None:
        self.connections: queue.Queue[ServerConnection] = queue.Queue()
        self.paths: list[str] = []
        self.headers: list[Any] = []
        self._over = threading.Event()
        self._server: Server = serve(
            self._serve, "127.0.0.1", 0, process_request=check, logger=logging.getLogger("tests.silent")
        )
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _serve(self, connection: ServerConnection) -> None:
        assert connection.request
        self.paths.append(connection.request.path)
        self.headers.append(connection.request.headers)
        self.connections.put(connection)
        connection.protocol  # noqa: B018 - kept until the test or the client ends it
        connection.recv_events_thread.join()

    def next(self, within_s: float = WITHIN_S) -> ServerConnection:
        return self.connections.get(timeout=within_s)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(WITHIN_S)


class Listener:
    def __init__(self, url: str, answer: Callable[[str], str | None] | None = None) -> None:
        self.heard: queue.Queue[str] = queue.Queue()
        self.gaps: queue.Queue[str] = queue.Queue()
        self.alerts: queue.Queue[str] = queue.Queue()
        self.greeting = ["hello", "again"]
        self._answer = answer
        talk = Conversation(
            lambda: Opening(f"{url}/x?signature={TOKEN}", {"signature": TOKEN}),
            lambda: self.greeting,
            self._hear,
            self.gaps.put,
            self.alerts.put,
        )
        self.feed = Feed("test", talk, patience=QUICK)

    def _hear(self, text: str) -> str | None:
        self.heard.put(text)
        return self._answer(text) if self._answer else None


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    server = Exchange()
    yield server
    server.close()


@pytest.fixture
def listener(exchange: Exchange) -> Iterator[Listener]:
    listening = Listener(exchange.url)
    listening.feed.start()
    yield listening
    assert listening.feed.stop(WITHIN_S)


def test_it_greets_and_listens(exchange: Exchange, listener: Listener) -> None:
    connection = exchange.next()
    assert [connection.recv(WITHIN_S), connection.recv(WITHIN_S)] == ["hello", "again"]
    assert "connected" in listener.gaps.get(timeout=WITHIN_S)
    connection.send("one")
    connection.send(b"two")
    assert [listener.heard.get(timeout=WITHIN_S) for _ in range(2)] == ["one", "two"]
    assert exchange.paths == [f"/x?signature={TOKEN}"]
    assert exchange.headers[0]["signature"] == TOKEN
    assert listener.feed.send("three")
    assert connection.recv(WITHIN_S) == "three"


def test_it_comes_back_greets_again_and_tells_of_the_gap(exchange: Exchange, listener: Listener) -> None:
    for number in range(3):
        connection = exchange.next()
        assert [connection.recv(WITHIN_S), connection.recv(WITHIN_S)] == ["hello", "again"]
        listener.gaps.get(timeout=WITHIN_S)
        connection.send(str(number))
        assert listener.heard.get(timeout=WITHIN_S) == str(number)
        if number % 2:
            connection.socket.close()
        connection.close()


def test_an_answer_is_sent(exchange: Exchange) -> None:
    listening = Listener(exchange.url, lambda text: text.upper() if text == "ping" else None)
    listening.feed.start()
    connection = exchange.next()
    connection.send("quiet")
    connection.send("ping")
    assert [connection.recv(WITHIN_S) for _ in range(3)] == ["hello", "again", "PING"]
    assert listening.feed.stop(WITHIN_S)


def test_a_message_that_cannot_be_handled_is_a_gap(exchange: Exchange) -> None:
    listening = Listener(exchange.url, lambda text: 1 / 0 if text == "bad" else None)  # type: ignore[arg-type,return-value]
    listening.feed.start()
    connection = exchange.next()
    listening.gaps.get(timeout=WITHIN_S)
    for text in ("bad", b"\xff", "good"):
        connection.send(text)
    for _ in range(2):
        assert "could not be handled" in listening.gaps.get(timeout=WITHIN_S)
    assert [listening.heard.get(timeout=WITHIN_S) for _ in range(2)] == ["bad", "good"]
    assert listening.feed.stop(WITHIN_S)


def test_who_is_forbidden_waits_for_a_person() -> None:
    forbid = threading.Event()
    forbid.set()
    asked: list[str] = []

    def check(connection: ServerConnection, request: Request) -> Response | None:
        asked.append(request.path)
        return connection.respond(HTTPStatus.FORBIDDEN, "no\n") if forbid.is_set() else None

    exchange = Exchange(check)
    listening = Listener(exchange.url)
    listening.feed.start()
    assert "HTTP 403" in listening.alerts.get(timeout=WITHIN_S)
    assert listening.feed.forbidden
    assert len(asked) == 1
    forbid.clear()
    listening.feed.resume()
    exchange.next()
    assert not listening.feed.forbidden
    assert listening.feed.stop(WITHIN_S)
    exchange.close()


def test_who_is_forbidden_can_be_stopped() -> None:
    exchange = Exchange(lambda connection, _request: connection.respond(HTTPStatus.FORBIDDEN, "no\n"))
    listening = Listener(exchange.url)
    listening.feed.start()
    listening.alerts.get(timeout=WITHIN_S)
    assert listening.feed.stop(WITHIN_S)
    exchange.close()


def test_a_redirect_is_not_followed() -> None:
    elsewhere = Exchange()

    def check(connection: ServerConnection, _request: Request) -> Response | None:
        response = connection.respond(HTTPStatus.FOUND, "")
        response.headers["Location"] = f"{elsewhere.url}/stolen"
        tries.release()
        return response

    tries = threading.Semaphore(0)
    exchange = Exchange(check)
    listening = Listener(exchange.url)
    listening.feed.start()
    assert tries.acquire(timeout=WITHIN_S)
    assert tries.acquire(timeout=WITHIN_S)
    assert listening.feed.stop(WITHIN_S)
    assert elsewhere.connections.empty()
    exchange.close()
    elsewhere.close()


@pytest.mark.parametrize(
    "url", ["ws://127.0.0.1:1", "wss://no-such-host.invalid", "http://127.0.0.1:1", "nonsense"]
)
def test_pauses_grow_and_no_log_shows_the_signature(url: str, caplog: pytest.LogCaptureFixture) -> None:
    listening = Listener(url)
    with structlog.testing.capture_logs() as logs, caplog.at_level(logging.DEBUG):
        pauses: list[float] = []
        enough = threading.Event()

        class Wake(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:
                pauses.append(timeout or 0)
                if len(pauses) == 5:
                    enough.set()
                return super().wait(0.001)

        listening.feed._wake = Wake()
        listening.feed.start()
        assert enough.wait(WITHIN_S)
        assert listening.feed.stop(WITHIN_S)
    assert pauses[:5] == [0.01, 0.02, 0.04, 0.05, 0.05]
    assert logs
    assert TOKEN not in repr(logs) + caplog.text


def test_handshakes_are_not_logged(exchange: Exchange, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        listening = Listener(exchange.url)
        listening.feed.start()
        exchange.next()
        listening.gaps.get(timeout=WITHIN_S)
        assert listening.feed.stop(WITHIN_S)
    assert TOKEN not in "".join(
        record.getMessage() for record in caplog.records if record.name != "tests.silent"
    )


def test_it_may_end_before_it_began() -> None:
    assert Listener("ws://127.0.0.1:1").feed.stop(0)


def test_a_silent_connection_is_asked_for_a_sign_of_life(exchange: Exchange) -> None:
    signs: queue.Queue[str] = queue.Queue()
    heard: queue.Queue[str] = queue.Queue()
    talk = Conversation(
        lambda: Opening(exchange.url, {}),
        tuple,
        heard.put,
        lambda _why: None,
        lambda _text: None,
        lambda: signs.put("alive"),
    )
    feed = Feed("test", talk, patience=Patience(first_pause_s=0.01, quiet_s=0.02, keepalive_s=0.2))
    feed.start()
    connection = exchange.next()
    for _ in range(3):
        signs.get(timeout=WITHIN_S)
    connection.send("a message is one as well")
    assert heard.get(timeout=WITHIN_S) == "a message is one as well"
    assert feed.stop(WITHIN_S)
