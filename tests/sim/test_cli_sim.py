"""The command line of the simulated venues."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from oms.app.cli_sim import app
from oms.app.cli_sim_apifiny_help import FAULTS
from tests.sim.wire_client import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GOOD = ["apifiny", "--fix-port", "0", "--credential", "STA-1:K:secret"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["apifiny"], "--fix-port"),
        (["apifiny", "--http-port", "x", "--credential", "a:b:c"], "--http-port"),
        ([*GOOD, "--fee", "x"], "--fee"),
        ([*GOOD, "--fee", "1"], "--fee"),
        ([*GOOD, "--fee", "0.1,"], "--fee"),
        ([*GOOD, "--fee", "nan"], "--fee"),
        ([*GOOD, "--account-status", "STA-2=SUSPENDED"], "known are: STA-1"),
        ([*GOOD, "--account-status", "STA-1=GONE"], "OPENED, RESTRICTED, SUSPENDED"),
        ([*GOOD, "--venue-status", "VENUE24=MAINTENANCE"], "BINANCEUS"),
        ([*GOOD, "--venue-status", "HUOBI"], "--venue-status"),
        ([*GOOD, "--http-timeout-s", "soon"], "--http-timeout-s"),
        ([*GOOD, "--md-interval-s", "-1"], "--md-interval-s"),
        ([*GOOD, "--fault", "drop@order.insertOrderLite=1"], "unknown fault"),
        ([*GOOD, "--fault", "http-502@order.insertOrderLite=2"], "rate"),
        ([*GOOD, "--fault", "http-502@order.insertOrder=1"], "order.insertOrderLite, "),
        (["apifiny", "--fix-port", "0"], "--credential"),
        (["apifiny", "--fix-port", "x", "--credential", "a:b:c"], "--fix-port"),
        (["apifiny", "--fix-port", "65536", "--credential", "a:b:c"], "65535"),
        ([*GOOD, "--credential", "STA-2:K"], "ACCOUNT:KEYID:SECRET"),
        ([*GOOD, "--credential", "STA-1:K:other"], "each key"),
        ([*GOOD, "--reports", "short"], "--reports"),
        ([*GOOD, "--seed", "one"], "--seed"),
        ([*GOOD, "--latency-ms", "5-"], "--latency-ms"),
        ([*GOOD, "--latency-ms", "9-5"], "--latency-ms"),
        ([*GOOD, "--background", "maybe"], "--background"),
        ([*GOOD, "--fault", "explode=1"], "cancel-reject-8"),
        ([*GOOD, "--fault", "drop=2"], "rate"),
    ],
)
def test_a_usage_error_is_one_line_and_exit_code_2(arguments: list[str], text: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert text in result.stderr
    assert "secret" not in result.stderr


def test_what_cannot_start_says_why(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [*GOOD, "--record", str(tmp_path / "nowhere" / "record")])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1


def test_a_port_in_use_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "oms.app.cli_sim", "apifiny", "--fix-port", port]
        result = subprocess.run(
            [*command, "--credential", "a:b:c"],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=20,
            check=False,
        )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: cannot start: ")
    assert "Address already in use" in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_help_tells_the_market_and_the_faults() -> None:
    result = CliRunner().invoke(app, ["apifiny", "--help"], terminal_width=200)
    assert result.exit_code == 0
    for word in (
        *FAULTS,
        "BTCUSDT asks 30000 x 1, 30010 x 1",
        "1000 BTC",
        "BINANCEUS",
        "ready fix=PORT",
        "http=PORT",
    ):
        assert word in result.stdout
