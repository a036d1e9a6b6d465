"""The simulated Cloud API venue over real HTTP: a client on plain sockets, faults on the way, the venue's record."""

from __future__ import annotations

import http.client
import json
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import oms
from oms.app.cli_sim import app
from oms.sim.cloud.faults import MEANINGS
from oms.sim.cloud.record import Record
from oms.sim.cloud.routes import OPERATIONS
from oms.sim.cloud.server import Face, Options
from oms.sim.cloud.venue import Conduct
from oms.sim.timeline import Timeline
from oms.sim.web.faults import Conduct as Rates
from oms.sim.web.server import Server
from tests.sim.cloud.document_client import Client, Problem
from tests.sim.cloud.stage import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(oms.__file__).parents[1]
WITHIN_S = 10.0


def client_of(port: int, *, host: str = "", secret: str = CREDENTIALS[0].secret) -> Client:
    def send(method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN_S)
        try:
            connection.request(method, target, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    return Client(send, key=CREDENTIALS[0].key, secret=secret, host=host or f"127.0.0.1:{port}")


@contextmanager
def venue(rates: dict[str, float] | None = None, record: Path | None = None) -> Iterator[int]:
    """Serve in this process; the port is given."""
    conduct = Conduct(background=False, rates=Rates(rates or {}, timeout_s=0.05))
    kept = Record(record)
    face = Face(Options(port=0, credentials=CREDENTIALS, conduct=conduct), kept)
    server, timeline = Server(face.app, 0), Timeline()
    face.start(timeline)
    timeline.start()
    server.start()
    try:
        yield server.port
    finally:
        server.stop()
        timeline.stop()
        kept.close()


def test_orders_over_http() -> None:
    with venue() as port:
        for host in ("", "127.0.0.1", "Cloud.Example"):
            client = client_of(port, host=host)
            number = client.place("buy-limit", "3", "30010")
            assert client.state(number) == "partial-filled"
            assert client.cancel(number) == number
            assert client.state(number) == "partial-canceled"
        with pytest.raises(Problem, match="Verification"):
            client_of(port, secret="secret-2").account()


def test_a_path_is_signed_as_it_was_written() -> None:
    with venue() as port:
        client = client_of(port)
        with pytest.raises(Problem) as refused:
            client.get("/v1/order/orders/%31%2F")
        assert refused.value.code == "base-record-invalid"


def test_faults_on_the_way_leave_the_outcome_open() -> None:
    with venue({"http-timeout-after@place": 1, "http-timeout-before@submitcancel": 1}) as port:
        client = client_of(port)
        with pytest.raises((http.client.HTTPException, OSError)):
            client.place("buy-limit", "1", "29000")
        ((number, state),) = [(str(row["id"]), row["state"]) for row in client.get("/v1/order/openOrders")]
        assert state == "submitted"
        with pytest.raises((http.client.HTTPException, OSError)):
            client.cancel(number)
        assert client.state(number) == "submitted"


def test_slow_orders_go_their_way_by_themselves() -> None:
    with venue({"slow-submit": 1}) as port:
        client = client_of(port)
        number = client.place("buy-limit", "1", "30000")
        deadline = time.monotonic() + WITHIN_S
        seen = [client.state(number)]
        while seen[-1] != "filled" and time.monotonic() < deadline:
            state = client.state(number)
            seen += [state] if state != seen[-1] else []
        # How much of its way was seen depends on the machine; it ends in the book.
        assert seen[-1] == "filled"
        assert seen == [state for state in ("pre-submitted", "submitting", "filled") if state in seen]


def test_the_record_agrees_with_what_the_client_was_told(tmp_path: Path) -> None:
    path = tmp_path / "record"
    with venue({"http-403@balance": 1}, path) as port:
        client = client_of(port)
        number = client.place("buy-limit", "3", "30010")
        client.cancel(number)
        matches = client.get(f"/v1/order/orders/{number}/matchresults")
        with pytest.raises(AssertionError, match="403"):
            client.balance("btc")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["accepted", "fill", "fill", "canceled", "fault"]
    assert {line["order_id"] for line in lines[:4]} == {number}
    assert [(line["exec_id"], line["last_px"], line["last_qty"], line["cum_qty"]) for line in lines[1:3]] == [
        (str(match["id"]), f"{Decimal(match['price']):.0f}", "1", str(index + 1))
        for index, match in enumerate(reversed(matches))
    ]
    assert (lines[4]["fault"], lines[4]["operation"]) == ("http-403", "balance")


GOOD = ["cloud", "--port", "0", "--credential", "K:a-secret"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["cloud"], "--port"),
        (["cloud", "--port", "0"], "--credential"),
        (["cloud", "--port", "65536", "--credential", "K:a-secret"], "65535"),
        (["cloud", "--port", "0", "--credential", "a-secret"], "KEY:SECRET"),
        (["cloud", "--port", "0", "--credential", "K:a-secret@"], "KEY:SECRET"),
        ([*GOOD, "--credential", "K:a-secret@desk"], "each key"),
        ([*GOOD, "--prefix", "api"], "--prefix"),
        ([*GOOD, "--prefix", "/api/"], "--prefix"),
        ([*GOOD, "--seed", "one"], "--seed"),
        ([*GOOD, "--latency-ms", "9-5"], "--latency-ms"),
        ([*GOOD, "--background", "maybe"], "--background"),
        ([*GOOD, "--extra-keys", "maybe"], "--extra-keys"),
        ([*GOOD, "--fee", "0.2"], "--fee"),
        ([*GOOD, "--fault", "explode=1"], "slow-cancel"),
        ([*GOOD, "--fault", "http-502@nowhere=1"], "submitcancel"),
        ([*GOOD, "--fault", "slow-cancel=2"], "rate"),
        ([*GOOD, "--http-timeout-s", "soon"], "--http-timeout-s"),
    ],
)
def test_a_usage_error_is_one_line_and_exit_code_2(arguments: list[str], text: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert text in result.stderr
    assert "a-secret" not in result.stderr


def test_what_cannot_start_says_why(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*GOOD, "--record", str(tmp_path / "nowhere" / "record")])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_the_help_tells_the_market_the_accounts_and_the_faults() -> None:
    result = CliRunner().invoke(app, ["cloud", "--help"], terminal_width=200)
    assert result.exit_code == 0
    words = (
        "ready http=PORT",
        "btcusdt asks 30000 x 1, 30010 x 1",
        "1000 btc",
        "100009",
        "price-precision 2",
    )
    for word in (*MEANINGS, *OPERATIONS, *words):
        assert word in result.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_says_when_it_is_ready_and_ends_by_a_signal(
    number: signal.Signals, tmp_path: Path
) -> None:
    record = tmp_path / "record"
    command = [sys.executable, "-m", "oms.app.cli_sim", "cloud", "--port", "0", "--background", "on"]
    command += ["--credential", "key-1:secret-1", "--record", str(record), "--latency-ms", "1-3"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        try:
            assert process.stdout
            readable, _, _ = select.select([process.stdout], [], [], 3 * WITHIN_S)
            line = process.stdout.readline() if readable else ""
            ready = re.fullmatch(r"ready http=(\d+)\n", line)
            assert ready, (line, process.poll())
            client = client_of(int(ready[1]))
            assert client.state(client.place("buy-limit", "1", "20000")) == "submitted"
        finally:
            process.send_signal(number)
            out, err = process.communicate(timeout=WITHIN_S)
    assert (process.returncode, out, err) == (0, "", "")
    assert json.loads(record.read_text().splitlines()[0])["event"] == "accepted"


def test_operations_are_the_routes() -> None:
    conduct = Conduct(rates=Rates({}))
    face = Face(Options(port=0, credentials=CREDENTIALS, conduct=conduct), Record(None))
    assert tuple(route.name for route in face._venue._routes) == OPERATIONS
