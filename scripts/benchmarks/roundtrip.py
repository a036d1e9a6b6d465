"""`roundtrip`: API order to acknowledged state, against its three parts: a bare POST, a bare ping-pong, two commits."""

import hashlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
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


def posts(url: str, path: str) -> list[float]:
    """Time POSTs one after the other on one connection."""
    host, port = url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    taken = []
    for number in range(COUNT + WARM):
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
        taken.append(time.perf_counter() - started)
        assert response.status in (200, 201), response.status
    connection.close()
    return taken


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
            return posts(url, "/v1/orders?wait=ack")
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


def bare_post() -> list[float]:
    """Time POSTs to a FastAPI that does nothing."""
    server = process([sys.executable, "-c", BARE_API], {})
    try:
        return posts(url_of(server), "/v1/orders")
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


def bare_ping_pong() -> list[float]:
    """Time an order and its acknowledgement through QuickFIX alone."""
    with peer("--ping-pong") as acceptor:
        application = Pong()
        engine = fix.SocketInitiator(
            application, fix.MemoryStoreFactory(), session_settings([config(acceptor.port)])
        )
        engine.start()
        assert application.up.wait(TIMEOUT_S)
        where, taken = session_id(config(acceptor.port)), []
        for number in range(COUNT + WARM):
            text = f"35=D\x0111=15{number:016d}\x0121=1\x0155=BTCUSDT\x0154=1\x0138=1\x0140=2\x0144=30000.5\x0159=1\x01"
            application.answered.clear()
            started = time.perf_counter()
            fix.Session.sendToTarget(
                fix.Message(f"8=FIX.4.2\x019={len(text)}\x01{text}10=000\x01", False), where
            )
            assert application.answered.wait(TIMEOUT_S)
            taken.append(time.perf_counter() - started)
        engine.stop(True)
        return taken


def two_commits(folder: Path) -> list[float]:
    """Time two durable commits, of an order and of its acknowledgement."""
    journal, taken = SqliteJournal(folder / "two.db"), []
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
    for _ in range(COUNT + WARM):
        started = time.perf_counter()
        journal.append([first])
        journal.append([second])
        taken.append(time.perf_counter() - started)
    journal.close()
    return taken


def run(runs: int, base: Path) -> None:
    """Print the figure: medians over the runs of p50 and p99, in microseconds."""
    say(
        f"roundtrip: {COUNT:,} orders one after the other; p50 and p99 in µs: ours, POST, ping-pong, two commits"
    )
    taken: list[list[tuple[float, float]]] = []
    for number in range(runs):
        folder = fresh_folder(base, "roundtrip")
        taken.append(
            [quantiles(t) for t in (whole(folder), bare_post(), bare_ping_pong(), two_commits(folder))]
        )
        say(f"  run {number + 1} of {runs}: " + ", ".join(f"{p50:.0f}/{p99:.0f}" for p50, p99 in taken[-1]))
    p50 = [statistics.median(one[part][0] for one in taken) for part in range(4)]
    p99 = [statistics.median(one[part][1] for one in taken) for part in range(4)]
    for name, values in (("p50", p50), ("p99", p99)):
        figure(
            "roundtrip",
            quantile=name,
            ours_us=round(values[0]),
            bare_post_us=round(values[1]),
            bare_ping_pong_us=round(values[2]),
            two_commits_us=round(values[3]),
            ratio=round(values[0] / sum(values[1:]), 2),
            reach=1.5,
        )
