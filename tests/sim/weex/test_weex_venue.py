"""The simulated WEEX venue as a process: its options, its faults, its record, and what clients do differently."""

from __future__ import annotations

import http.client
import json
import signal
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from oms.app.cli_sim_weex import HELP, app
from oms.sim.weex.market import PAIRS
from tests.sim.weex.weex_client import KEY, OTHER, OTHER_SECRET, SECRET, Client, Venue, ask, numbers, public

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.system

RESTING = {"pair": "btc_usd", "type": "buy", "rate": "29000", "amount": "1"}
FILLING = {"pair": "btc_usd", "type": "buy", "rate": "30000", "amount": "1"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly(number: signal.Signals) -> None:
    with Venue() as venue:
        Client(venue.port).result("getInfo")
        assert venue.stop(number) == (0, "", "")


def test_parameters_come_in_any_order_and_any_encoding() -> None:
    with Venue() as venue:
        client = Client(venue.port)
        for body in (
            b"nonce=1&method=getInfo",
            b"method=getInfo&nonce=2",
            b"%6dethod=get%49nfo&nonce=3&&",
            b"nonce=0&nonce=4&method=getInfo&unknown=%ff",
        ):
            assert numbers(client.send(body)[1])["success"] == 1, body
        body = b"nonce=5&method=CancelOrders&order_id=1%2C2"
        assert set(numbers(client.send(body)[1])["return"]["cancel_result"]) == {"1", "2"}
        assert numbers(client.send(b"nonce=6&method=getInfo", path="/tapi/")[1])["success"] == 1
        assert numbers(client.send(b"nonce=7")[1])["error"] == "invalid method"
        assert numbers(client.send(b"")[1])["error"].startswith(
            "invalid nonce parameter; on key:7, you sent:''"
        )
        assert numbers(client.send(b"nonce=8&method=getInfo", sign="0")[1])["error"] == "invalid sign"
        assert numbers(ask(venue.port, "/tapi")[1]) == {"success": 0, "error": "api key not specified"}


def test_keys_of_one_account_share_orders_and_funds() -> None:
    with Venue("--credential", "A:1@desk", "--credential", "B:2@desk") as venue:
        first, second, stranger = (
            Client(venue.port, "A", "1"),
            Client(venue.port, "B", "2"),
            Client(venue.port),
        )
        order_id = str(first.result("Trade", **RESTING)["order_id"])
        assert second.result("getInfo")["funds"]["usd"] == 100_000_000 - 29000
        assert set(second.result("ActiveOrders")) == {order_id}
        assert stranger.result("ActiveOrders") == {}
        second.result("CancelOrder", order_id=order_id)
        assert first.result("ActiveOrders") == {}


def test_a_key_may_do_what_it_may() -> None:
    with Venue("--rights", f"{KEY}=info", "--rights", f"{OTHER}=trade") as venue:
        client, other = Client(venue.port), Client(venue.port, OTHER, OTHER_SECRET)
        assert client.result("getInfo")["rights"] == {"info": 1, "trade": 0, "withdraw": 0}
        assert client.error("Trade", **RESTING) == "api key dont have trade permission"
        assert client.error("WithdrawCoin") == "api key dont have withdraw permission"
        assert client.error("CreateCoupon") == "api key dont have coupon permission"
        assert other.error("getInfo") == "api key dont have info permission"
        other.result("Trade", **RESTING)


def test_get_info_and_the_public_api_are_cached() -> None:
    with Venue() as venue:
        client = Client(venue.port)
        before, depth = client.result("getInfo"), public(venue.port, "depth/btc_usd")
        client.result("Trade", **RESTING)
        assert client.result("getInfo") == before
        assert public(venue.port, "depth/btc_usd") == depth
        assert public(venue.port, "depth/btc_usd?limit=5") != depth
        assert client.result("ActiveOrders")


def test_a_shorter_nonce_text() -> None:
    with Venue("--nonce-text", "short") as venue:
        client = Client(venue.port, nonce=3)
        client.result("getInfo")
        client.nonce = 2
        assert client.error("getInfo") == "invalid nonce parameter; on key:4, you sent:'3'"


def test_cancel_orders_as_sloppy_as_the_sample() -> None:
    with Venue("--sloppy") as venue:
        client = Client(venue.port)
        order_id = client.result("Trade", **RESTING)["order_id"]
        _, body = client.post("CancelOrders", order_id=f"{order_id},1301")
        assert (
            f'{{{order_id}: {{"success": 1}}, 1301: {{"sucess": 0, "error": "invalid order"}}}}'.encode()
            in body
        )


def test_empty_lists_as_errors() -> None:
    with Venue("--empty", "error") as venue:
        client = Client(venue.port)
        assert client.error("ActiveOrders") == "no orders"
        assert client.error("TradeHistory") == "no trades"
        assert client.error("TransHistory", count=0) == "no transactions"
        client.result("Trade", **RESTING)
        assert len(client.result("ActiveOrders")) == 1


def test_a_taker_s_rows_may_name_the_order_that_rested() -> None:
    with Venue("--taker-rows", "maker") as venue:
        maker, taker = Client(venue.port), Client(venue.port, OTHER, OTHER_SECRET)
        order_id = maker.result("Trade", pair="btc_usd", type="buy", rate="29995", amount="1")["order_id"]
        taker.result("Trade", pair="btc_usd", type="sell", rate="29995", amount="1")
        rows = [row for each in (maker, taker) for row in each.result("TradeHistory").values()]
        assert [row["order_id"] for row in rows] == [order_id, order_id]
        assert [row["is_your_order"] for row in rows] == [1, 0]
        assert taker.error("OrderInfo", order_id=order_id) == "invalid order"


def test_a_fee_shows_in_the_pairs_and_in_the_funds() -> None:
    with Venue("--fee", "0.002") as venue:
        assert public(venue.port, "info")["pairs"]["btc_usd"]["fee"] == Decimal("0.2")
        traded = Client(venue.port).result("Trade", **FILLING)
        assert (traded["received"], traded["funds"]["btc"]) == (1, Decimal("1000.998"))


def test_other_participants_trade() -> None:
    with Venue("--seed", "3", "--cache", "off", background="on") as venue:
        client = Client(venue.port)
        client.result("Trade", pair="btc_usd", type="buy", rate="29999", amount="0.01")
        deadline = time.monotonic() + 20
        while not (rows := client.result("TradeHistory")) and time.monotonic() < deadline:
            pass
        (row,) = rows.values()
        assert (row["rate"], row["amount"]) == (29999, Decimal("0.01"))
        assert client.result("ActiveOrders") == {}


def test_numbers_go_on_after_a_restart() -> None:
    def highest() -> Any:
        with Venue() as venue:
            return Client(venue.port).result("Trade", **RESTING)["order_id"]

    first = highest()
    time.sleep(max(0.0, float(first // 1000) + 1 - time.time()))  # numbers start with the second
    assert highest() > first


UNSAID = (http.client.RemoteDisconnected, ConnectionResetError)


@pytest.mark.parametrize(
    ("fault", "took_effect"),
    [("http-timeout-before", False), ("http-timeout-after", True)],
)
def test_no_answer_with_and_without_effect(fault: str, took_effect: bool) -> None:
    with Venue("--fault", f"{fault}@Trade=1", "--http-timeout-s", "0.01") as venue:
        client = Client(venue.port)
        with pytest.raises(UNSAID):
            client.post("Trade", **RESTING)
        assert bool(client.result("ActiveOrders")) == took_effect


def test_a_request_that_is_late_counts_unless_its_nonce_is_used_up(tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    options = ("--fault", "http-timeout-late@Trade=1", "--http-timeout-s", "0.01", "--record", str(file))
    with Venue(*options) as venue:
        client, other = Client(venue.port), Client(venue.port, OTHER, OTHER_SECRET)
        for each in (client, other):
            with pytest.raises(UNSAID):
                each.post("Trade", **RESTING)
        assert client.result("ActiveOrders") == {}
        deadline = time.monotonic() + 20
        while "accepted" not in file.read_text() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(other.result("ActiveOrders")) == 1
        assert client.result("ActiveOrders") == {}  # a later nonce came first


@pytest.mark.parametrize(("fault", "took_effect"), [("http-text", False), ("http-text-after", True)])
def test_an_answer_that_is_no_json(fault: str, took_effect: bool) -> None:
    with Venue("--fault", f"{fault}@Trade=1") as venue:
        client = Client(venue.port)
        status, body = client.post("Trade", **RESTING)
        assert status == 200
        with pytest.raises(json.JSONDecodeError):
            json.loads(body)
        assert bool(client.result("ActiveOrders")) == took_effect


def test_a_good_request_that_is_refused() -> None:
    with Venue("--fault", "http-reject@Trade=1") as venue:
        client = Client(venue.port)
        assert client.error("Trade", **RESTING) == "external service unavailable"
        assert client.result("ActiveOrders") == {}


def test_faults_of_the_public_api() -> None:
    with Venue("--fault", "http-502@ticker=1", "--fault", "http-text@trades=1") as venue:
        assert ask(venue.port, "/api/3/ticker/btc_usd")[0] == 502
        status, body = ask(venue.port, "/api/3/trades/btc_usd")
        assert status == 200
        assert not body.startswith(b"{")
        assert set(public(venue.port, "depth/btc_usd")) == {"btc_usd"}


def test_an_answer_takes_its_time() -> None:
    with Venue("--latency-ms", "50-60") as venue:
        started = time.monotonic()
        Client(venue.port).result("getInfo")
        assert time.monotonic() - started >= 0.05  # never earlier; how much later is the machine's


def test_the_record_holds_what_really_happened(tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    with Venue("--record", str(file), "--fault", "http-truncated@CancelOrder=1") as venue:
        client = Client(venue.port)
        resting = str(client.result("Trade", **RESTING)["order_id"])
        client.result("Trade", **FILLING)
        client.error("Trade", **FILLING | {"amount": "5000"})
        client.post("CancelOrder", order_id=resting)
        (tid,) = client.result("TradeHistory")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["event"] for line in lines] == ["accepted", "accepted", "fill", "fault", "canceled"]
    accepted, _, fill, fault, canceled = lines
    assert (accepted["order_id"], accepted["symbol"], accepted["side"]) == (resting, "btc_usd", "1")
    assert (accepted["account"], accepted["qty"], accepted["price"]) == (KEY, "1", "29000")
    assert (fill["exec_id"], fill["last_qty"], fill["last_px"], fill["cum_qty"]) == (tid, "1", "30000", "1")
    assert fault["faults"] == ["http-truncated@CancelOrder"]
    assert (canceled["order_id"], canceled["leaves_qty"]) == (resting, "0")
    assert SECRET not in file.read_text()


GOOD = ["--port", "0", "--credential", "K:secret"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "--port"),
        (["--port", "0"], "--credential"),
        (["--port", "65536", "--credential", "K:secret"], "65535"),
        ([*GOOD, "--credential", "K"], "KEY:SECRET"),
        ([*GOOD, "--credential", "K:other"], "each key"),
        ([*GOOD, "--rights", "L=info"], "--rights"),
        ([*GOOD, "--rights", "K=all"], "withdraw"),
        ([*GOOD, "--seed", "one"], "--seed"),
        ([*GOOD, "--latency-ms", "9-5"], "--latency-ms"),
        ([*GOOD, "--background", "maybe"], "--background"),
        ([*GOOD, "--fault", "explode=1"], "http-text-after"),
        ([*GOOD, "--fault", "http-502=2"], "rate"),
        ([*GOOD, "--fault", "http-502@trade=1"], "CancelOrders"),
        ([*GOOD, "--fee", "1"], "--fee"),
        ([*GOOD, "--nonce-text", "none"], "--nonce-text"),
        ([*GOOD, "--http-timeout-s", "x"], "--http-timeout-s"),
    ],
)
def test_a_usage_error_is_one_line_and_exit_code_2(arguments: list[str], text: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert text in result.stderr
    assert "secret" not in result.stderr


def test_a_port_in_use_says_so() -> None:
    with Venue() as venue:
        result = CliRunner().invoke(app, ["--port", str(venue.port), "--credential", "K:secret"])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: cannot start: ")
    assert result.stderr.count("\n") == 1


def test_it_is_a_command_of_oms_sim() -> None:
    from oms.app.cli_sim import app as group  # noqa: PLC0415 - loads every venue

    shown = CliRunner().invoke(group, ["weex", "--help"], terminal_width=200)
    assert shown.exit_code == 0
    assert "ready http=PORT" in shown.stdout


def test_the_help_tells_the_market_and_the_faults() -> None:
    for pair in PAIRS:
        assert f"{pair.name} asks {pair.asks.split(',')[0]}" in HELP
    for word in ("1000 btc", "http-timeout-after", "http-text", "ready http=PORT"):
        assert word in HELP
