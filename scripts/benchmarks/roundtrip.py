"""`roundtrip`: API order to acknowledged state, against its three parts: a bare POST, a bare ping-pong, two commits.

The parts are timed in turn, as in an order's trip. Each again and again is quicker, because nothing has to be woken or
fetched: that ratio stands beside it.
"""

import contextlib
import hashlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import quickfix as fix
from figures import figure, fresh_folder, peer, say
from material import report_texts
from receive import TIMEOUT_S, Nothing, config

from oms.core import events as ev
from oms.core.records import Record
from oms.core.values import parse_decimal
from oms.fix.settings import session_id, session_settings
from oms.journal.sqlite import SqliteJournal

Part = Callable[[int], float]  # the number of the order; seconds
PARTS = ("bare_post_us", "bare_ping_pong_us", "two_commits_us")
COUNT, WARM = 1_000, 100
TOKEN = "bench-0123456789abcdefghijklmnopqrstuvw"
SECRET = "0123456789abcdef0123456789abcdef"

DAEMON = """
[api]
port = 0
[log]
file = "daemon.log"
[[session]]
name = "main"
host = "127.0.0.1"
port = {port}
account = "STA-00000015"
key_id = "K"
secret_env = "OMS_BENCH_SECRET"
dialect = "fix42"
reconnect_s = 1
"""
BARE_API = """
import socket, sys, uvicorn
from fastapi import FastAPI, Request
app = FastAPI()
@app.post("/v1/orders")
async def place(request: Request) -> dict:
    return await request.json()
listener = socket.create_server(("127.0.0.1", 0))
print("ready api=http://127.0.0.1:%d" % listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listener])
"""


def quantiles(times: list[float]) -> tuple[float, float]:
    """Give p50 and p99 in microseconds."""
    ordered = sorted(times[WARM:])
    return statistics.median(ordered) * 1e6, ordered[int(len(ordered) * 0.99)] * 1e6


@contextlib.contextmanager
def poster(url: str, path: str) -> "Iterator[Part]":
    """Give what times a POST, one after the other on one connection."""
    host, port = url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}

    def post(number: int) -> float:
        body = json.dumps(
            {
                "client_order_id": f"b-{number}",
                "symbol": "BTCUSDT",
                "side": "BUY",
                "order_qty": "1",
                "price": "30000.5",
                "exchange": "VENUE1",
            }
        )
        started = time.perf_counter()
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        response.read()
        taken = time.perf_counter() - started
        assert response.status in (200, 201), response.status
        return taken

    yield post
    connection.close()


def process(command: list[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
    """Start a server and leave its ready line to be read."""
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment})


def url_of(server: "subprocess.Popen[str]") -> str:
    """Read the ready line."""
    assert server.stdout is not None
    return server.stdout.readline().split("api=")[1].strip()


def whole(folder: Path) -> list[float]:
    """Time orders through the daemon, until they are acknowledged."""
    with peer("--ping-pong") as acceptor:
        (folder / "oms.toml").write_text(DAEMON.format(port=acceptor.port))
        digest = hashlib.sha256(TOKEN.encode()).hexdigest()
        (folder / "tokens.toml").write_text(
            f'[[token]]\nname = "b"\nsha256 = "{digest}"\nscopes = ["read", "trade"]\n'
        )
        command = [sys.executable, "-m", "oms", "run", "--config", str(folder / "oms.toml")]
        server = process(command, {"OMS_BENCH_SECRET": SECRET})
        try:
            url = url_of(server)
            until_ready(url)
            with poster(url, "/v1/orders?wait=ack") as post:
                return [post(number) for number in range(COUNT + WARM)]
        finally:
            server.terminate()
            server.wait(30)


def until_ready(url: str) -> None:
    """Wait until the daemon trades."""
    host, port = url.removeprefix("http://").split(":")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        connection.request("GET", "/readyz")
        if connection.getresponse().status == 200:
            return
        time.sleep(0.05)
    message = "the daemon is not ready"
    raise AssertionError(message)


@contextlib.contextmanager
def bare_post() -> "Iterator[Part]":
    """Give what times a POST to a FastAPI that does nothing."""
    server = process([sys.executable, "-c", BARE_API], {})
    try:
        with poster(url_of(server), "/v1/orders") as post:
            yield post
    finally:
        server.terminate()
        server.wait(30)


class Pong(Nothing):
    """Waits for each answer."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.answered = threading.Event()

    def fromApp(self, _message: Any, _id: Any) -> None:
        self.answered.set()


@contextlib.contextmanager
def bare_ping_pong() -> "Iterator[Part]":
    """Give what times an order and its acknowledgement through QuickFIX alone."""
    with peer("--ping-pong") as acceptor:
        application = Pong()
        engine = fix.SocketInitiator(
            application, fix.MemoryStoreFactory(), session_settings([config(acceptor.port)])
        )
        engine.start()
        assert application.up.wait(TIMEOUT_S)
        where = session_id(config(acceptor.port))

        def ping(number: int) -> float:
            text = f"35=D\x0111=15{number:016d}\x0121=1\x0155=BTCUSDT\x0154=1\x0138=1\x0140=2\x0144=30000.5\x0159=1\x01"
            application.answered.clear()
            started = time.perf_counter()
            fix.Session.sendToTarget(
                fix.Message(f"8=FIX.4.2\x019={len(text)}\x01{text}10=000\x01", False), where
            )
            assert application.answered.wait(TIMEOUT_S)
            return time.perf_counter() - started

        yield ping
        engine.stop(True)


@contextlib.contextmanager
def two_commits(path: Path) -> "Iterator[Part]":
    """Give what times two durable commits, of an order and of its acknowledgement."""
    journal = SqliteJournal(path)
    placed = ev.Placed(
        order=1,
        request=1,
        cl_ord_id="000000151772355600000000",
        session="main",
        symbol="BTCUSDT",
        side="1",
        ord_type="2",
        time_in_force="1",
        time_ns=1_772_355_600_000_000_000,
        order_qty=parse_decimal("1"),
        price=parse_decimal("30000.5"),
    )
    command = {
        "type": "PlaceOrder",
        "client_order_id": "b-1",
        "symbol": "BTCUSDT",
        "side": "1",
        "price": "30000.5",
    }
    (text,) = report_texts(orders=1, count=1)
    first = Record(kind="command", time_ns=placed.time_ns, command=command, events=(placed,))
    accepted = ev.Accepted(order=1, order_id="V1", exec_id="E1")
    second = Record(kind="received", time_ns=placed.time_ns, session="main", raw=text, events=(accepted,))

    def commit(_number: int) -> float:
        started = time.perf_counter()
        journal.append([first])
        journal.append([second])
        return time.perf_counter() - started

    yield commit
    journal.close()


def alone(part: "contextlib.AbstractContextManager[Part]") -> list[float]:
    """Time one part again and again."""
    with part as take:
        return [take(number) for number in range(COUNT + WARM)]


def in_turn(folder: Path) -> list[list[float]]:
    """Time the parts one after the other, as they follow in an order's trip: none of them finds the machine warm."""
    with bare_post() as post, bare_ping_pong() as ping, two_commits(folder / "turn.db") as commit:
        rows = [(post(number), ping(number), commit(number)) for number in range(COUNT + WARM)]
    return [list(column) for column in zip(*rows, strict=True)]


def run(runs: int, base: Path) -> None:
    """Print the figures: medians over the runs of p50 and p99, in microseconds."""
    say(
        f"roundtrip: {COUNT:,} orders one after the other; p50/p99 in µs: ours; POST, ping-pong, two commits in turn; "
        "each alone"
    )
    taken: list[list[tuple[float, float]]] = []
    for number in range(runs):
        folder = fresh_folder(base, "roundtrip")
        parts = [alone(bare_post()), alone(bare_ping_pong()), alone(two_commits(folder / "two.db"))]
        taken.append([quantiles(times) for times in (whole(folder), *in_turn(folder), *parts)])
        say(f"  run {number + 1} of {runs}: " + ", ".join(f"{p50:.0f}/{p99:.0f}" for p50, p99 in taken[-1]))
    for place, name in enumerate(("p50", "p99")):
        ours, *parts_us = (statistics.median(one[part][place] for one in taken) for part in range(7))
        turn_us, alone_us = parts_us[:3], parts_us[3:]
        figure(
            "roundtrip",
            quantile=name,
            ours_us=round(ours),
            **dict(zip(PARTS, map(round, turn_us), strict=True)),
            ratio=round(ours / sum(turn_us), 2),
            reach=1.5,
            ratio_to_parts_alone=round(ours / sum(alone_us), 2),
        )
