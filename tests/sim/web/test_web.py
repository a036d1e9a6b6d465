"""The shared HTTP server of the simulated venues, asked over bare sockets."""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from oms.sim.web.faults import HTTP, MEANINGS, Conduct, Dice, FaultyHttp, parse_rates
from oms.sim.web.server import Server
from oms.sim.web.sockets import Pushes
from oms.sim.web.text import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

ANSWER = b'{"answer": "0123456789"}'


class Counter:
    """A venue that only counts."""

    def __init__(self) -> None:
        self.effects: list[bytes] = []
        self.noted: list[tuple[str, str]] = []

    async def count(self, request: Request) -> Response:
        self.effects.append(await request.body())
        return PlainTextResponse(ANSWER)

    def note(self, fault: str, operation: str, body: bytes) -> None:
        del body
        self.noted.append((fault, operation))


@contextmanager
def serving(counter: Counter, **rates: float) -> Iterator[int]:
    named = {name.replace("_", "-"): rate for name, rate in rates.items()}
    app = FaultyHttp(
        Starlette(routes=[Route("/", counter.count, methods=["POST"])]),
        Conduct(named, timeout_s=0.05),
        operation=lambda _scope, body: body.decode(),
        noted=counter.note,
    )
    server = Server(app, 0)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()
        server.stop()


def post(port: int, body: bytes = b"x") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", "/", body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_without_faults_it_answers() -> None:
    counter = Counter()
    with serving(counter) as port:
        assert post(port) == (200, ANSWER)
    assert counter.effects == [b"x"]


def test_after_its_end_nobody_is_there() -> None:
    with serving(Counter()) as port:
        pass
    with pytest.raises(ConnectionRefusedError):
        post(port)


def test_an_open_connection_does_not_hold_up_the_end() -> None:
    with serving(Counter()) as port:
        idle = socket.create_connection(("127.0.0.1", port))
    with idle:
        idle.settimeout(5)
        assert idle.recv(1) == b""


def test_a_taken_port_is_an_error_at_once() -> None:
    with serving(Counter()) as port, pytest.raises(OSError, match="in use"):
        Server(Starlette(), port)


@pytest.mark.parametrize(("fault", "effects"), [("http_timeout_before", []), ("http_timeout_after", [b"x"])])
def test_a_time_out_closes_the_connection_without_an_answer(fault: str, effects: list[bytes]) -> None:
    counter = Counter()
    with serving(counter, **{fault: 1}) as port:
        with pytest.raises(http.client.RemoteDisconnected):
            post(port)
        assert counter.effects == effects
    assert counter.noted == [(fault.replace("_", "-"), "x")]


def test_a_client_that_leaves_first_ends_the_wait() -> None:
    counter = Counter()
    with serving(counter, http_timeout_after=1) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\ny")
        with pytest.raises(http.client.RemoteDisconnected):
            post(port)
    assert counter.effects == [b"y", b"x"]


def test_a_late_request_takes_effect_after_its_time_out() -> None:
    counter = Counter()
    with serving(counter, **{"http-timeout-late@x": 1}) as port:
        with pytest.raises(http.client.RemoteDisconnected):
            post(port)
        assert counter.effects == []
        deadline = time.monotonic() + 10
        while not counter.effects and time.monotonic() < deadline:
            assert post(port, b"y")[0] == 200
            counter.effects.remove(b"y")
    assert counter.effects == [b"x"]


def test_a_bad_gateway_may_have_let_the_request_through() -> None:
    counter = Counter()
    with serving(counter, http_502=1) as port:
        answers = {post(port) for _ in range(20)}
    assert [status for status, _ in answers] == [502]
    assert 0 < len(counter.effects) < 20


def test_forbidden_has_no_effect() -> None:
    counter = Counter()
    with serving(counter, http_403=1) as port:
        status, page = post(port)
    assert (status, counter.effects) == (403, [])
    assert b"403 Forbidden" in page


def test_a_truncated_answer_is_the_first_half() -> None:
    counter = Counter()
    with serving(counter, http_truncated=1) as port:
        assert post(port) == (200, ANSWER[: len(ANSWER) // 2])
    assert counter.effects == [b"x"]


def test_a_slow_answer_is_whole() -> None:
    with serving(Counter(), http_slow=1) as port:
        before = time.monotonic()
        assert post(port) == (200, ANSWER)
        assert time.monotonic() - before > 0.4


def test_a_fault_can_be_aimed_at_one_operation() -> None:
    counter = Counter()
    with serving(counter, **{"http-403@trade": 1}) as port:
        assert [post(port, body)[0] for body in (b"look", b"trade", b"look")] == [200, 403, 200]
    assert counter.noted == [("http-403", "trade")]


def test_a_seed_decides_the_faults() -> None:
    def draws(seed: int) -> list[tuple[str, ...]]:
        dice = Dice(Conduct(dict.fromkeys(HTTP, 0.3), seed), HTTP, "test")
        return [dice.draw("") for _ in range(50)]

    assert draws(1) == draws(1)
    assert draws(1) != draws(2)


@pytest.mark.parametrize("text", ["http-502", "http-502=2", "http-502@x", "http-502@x=nan"])
def test_a_rate_is_from_0_to_1(text: str) -> None:
    with pytest.raises(ValueError, match="needs a rate from 0 to 1"):
        parse_rates([text], MEANINGS)


def test_an_aim_may_hold_an_equals_sign() -> None:
    assert parse_rates(["http-slow@GET /a?b=c=0.5"], MEANINGS) == {"http-slow@GET /a?b=c": 0.5}


@contextmanager
def pushing(texts: list[str], **rates: float) -> Iterator[int]:
    named = {name.replace("_", "-"): rate for name, rate in rates.items()}

    async def push(websocket: WebSocket) -> None:
        await websocket.accept()
        pushes = Pushes(websocket, Dice(Conduct(named), MEANINGS, "ws"))
        for text in texts:
            pushes.push(text)
        await pushes.serve(lambda text: pushes.answer(f"heard {text}"))

    server = Server(Starlette(routes=[WebSocketRoute("/", push)]), 0)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ({}, ["a", "b", "c"]),
        ({"ws_repeat": 1}, ["a", "a", "b", "b", "c", "c"]),
        ({"ws_reorder": 1}, ["b", "a", "c"]),
    ],
)
def test_messages_are_pushed_in_order_but_for_faults(rates: dict[str, float], expected: list[str]) -> None:
    with pushing(["a", "b", "c"], **rates) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        assert [client.recv(5) for _ in expected] == expected
        client.send("d")
        assert client.recv(5) == "heard d"


def test_a_dropped_message_cuts_the_socket() -> None:
    with (
        pushing(["a"], ws_drop=1) as port,
        connect(f"ws://127.0.0.1:{port}/") as client,
        pytest.raises(ConnectionClosed),
    ):
        client.recv(5)


def test_the_end_ends_sockets_too() -> None:
    with pushing([]) as port:
        client = connect(f"ws://127.0.0.1:{port}/")
    with client, pytest.raises(ConnectionClosed):
        client.recv(5)


def test_numbers_are_exact_and_plain() -> None:
    value = {
        "a": Decimal("10.00"),
        "b": [Decimal("1E-8"), Decimal("1E+3"), 7],
        "c": None,
        "d": Decimal("-0.0"),
    }
    assert encode(value) == b'{"a":10,"b":[0.00000001,1000,7],"c":null,"d":0}'
    assert decode(b'{"a": 0.10000000000000000001}') == {"a": Decimal("0.10000000000000000001")}


@pytest.mark.parametrize("text", [b"", b"{", b"NaN", b"[" * 100_000, b"1" * 5000, b"1e999999999", b"\xff"])
def test_what_is_not_json_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match="."):
        decode(text)
