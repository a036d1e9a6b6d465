"""The daemon with FIX and REST keys: symbols, prices, balances, the venue's clock, and money, as a client sees them."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from oms.core.times import ns_to_iso
from tests.system.harness import (
    ACCOUNT,
    KEY_ID,
    SECRET,
    TOKEN,
    WAIT_S,
    Daemon,
    Process,
    Venue,
    configure,
    free_port,
    oms,
    until,
)

pytestmark = pytest.mark.system
ADDRESS = "3Nxwena-somewhere-else-fp8v"
EXCHANGE = "BINANCEUS"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "ETHBTC")
MORE = """
[limits]
max_price_deviation = "50"
[reference]
instruments_s = 1
balances_s = 0.3
clock_s = 1
fees_s = 0.3
prices_s = 0.2
stale_price_s = 20
prices = ["BINANCEUS:BTCUSDT"]
[money]
allowed = true
[[money.lane]]
label = "cold"
kind = "withdrawal"
session = "main"
exchange = "BINANCEUS"
currency = "BTC"
address = "3Nxwena-somewhere-else-fp8v"
max_amount = "2"
[[money.lane]]
label = "across"
kind = "transfer"
session = "main"
exchange = "BINANCEUS"
currency = "USDT"
target = "OKEX"
max_amount = "100"
"""
REST = """
[session.rest]
url = "http://127.0.0.1:{port}"
key_id = "{key_id}"
secret_env = "OMS_TEST_SECRET"
"""


class Stage:
    """Venue and daemon."""

    def __init__(self, folder: Path, *options: str, more: str = MORE) -> None:
        self.folder = folder
        self.options = ("--http-port", str(free_port()), "--md-interval-s", "0", *options)
        self.venue = Venue(folder, *self.options)
        rest = REST.format(port=self.options[1], key_id=KEY_ID)
        configure(folder, self.venue.port, more=more, session_more=rest)
        tokens = folder / "tokens.toml"
        tokens.write_text(tokens.read_text().replace('["read", "trade"]', '["read", "trade", "money"]'))
        tokens.chmod(0o600)
        self.daemon = Daemon(folder).logged_on()

    def end(self) -> None:
        processes: list[Process] = [self.daemon, self.venue]
        for process in processes:
            process.kill()

    def get(self, what: str, **query: str) -> list[dict[str, Any]]:
        (rows,) = self.daemon.get(f"/v1/{what}", **query).values()
        found: list[dict[str, Any]] = rows
        return found

    def move(self, kind: str, **body: str) -> requests.Response:
        return self.daemon.http.post(f"{self.daemon.url}/v1/money/{kind}", json=body, timeout=WAIT_S)

    def reaches(self, any_id: str, status: str) -> dict[str, Any]:
        def there() -> dict[str, Any] | None:
            found: dict[str, Any] = self.daemon.get(f"/v1/money/{any_id}")
            return found if found["status"] == status else None

        found: dict[str, Any] = until(there, f"{any_id} is {status}")
        return found

    def log(self) -> str:
        return (self.folder / "daemon.log").read_text(encoding="utf-8")

    def knows(self) -> None:
        until(lambda: self.get("instruments"), "the symbols are known")
        until(lambda: self.get("prices"), "prices are known")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One for all tests of this module; each takes ids of its own."""
    made = Stage(tmp_path_factory.mktemp("reference"), "--withdraw-address", ADDRESS)
    yield made
    made.end()


@pytest.fixture
def special(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Start one with options of the simulator."""
    started: list[Stage] = []

    def start(*options: str, more: str = MORE) -> Stage:
        started.append(Stage(tmp_path, "--withdraw-address", ADDRESS, *options, more=more))
        return started[0]

    yield start
    for made in started:
        made.end()


def placed(stage: Stage, client_order_id: str, **terms: Any) -> dict[str, Any]:
    response = stage.daemon.place(client_order_id, exchange=EXCHANGE, **terms)
    assert response.status_code == 201, response.text
    order: dict[str, Any] = response.json()
    return order


def test_symbols_are_known_and_orders_checked_against_them(stage: Stage) -> None:
    stage.knows()
    (btc,) = stage.get("instruments", exchange=EXCHANGE, symbol="BTCUSDT")
    assert (btc["tick_size"], btc["step_size"], btc["base"], btc["trading"]) == (
        "0.01",
        "0.0001",
        "BTC",
        True,
    )
    order = placed(stage, "off-tick", price="29000.005")
    assert (order["phase"], order["denial"]) == ("DENIED", "TICK_SIZE")
    assert "29000.005" in order["reason"]
    assert "0.01" in order["reason"]


def test_prices_with_their_age_and_an_order_far_from_them(stage: Stage) -> None:
    stage.knows()
    (price,) = stage.get("prices")
    assert (price["bid"], price["ask"], price["stale"]) == ("29990", "30000", False)
    assert 0 <= price["age_s"] < 20
    order = placed(stage, "far", price="14999")
    assert (order["phase"], order["denial"]) == ("DENIED", "PRICE_AWAY")
    assert "ask 30000" in order["reason"]


def test_pushed_prices_of_many_quiet_pairs_stay_fresh(special: Callable[..., Stage]) -> None:
    """By REST the venue would give one of them an hour."""
    names = [f"{exchange}:{symbol}" for exchange in (EXCHANGE, "OKEX", "HUOBI") for symbol in SYMBOLS]
    prices = f"prices = {json.dumps(names)}"
    more = MORE.replace('prices = ["BINANCEUS:BTCUSDT"]', prices).replace(
        "stale_price_s = 20", "stale_price_s = 3"
    )
    assert prices in more
    stage = special("--md-interval-s", "3600", more=more)
    until(lambda: len(stage.get("prices")) == len(names), "all are known")
    began = time.monotonic()
    until(
        lambda: time.monotonic() > began + 4 and not any(row["stale"] for row in stage.get("prices")),
        "they are fresh, long after their books moved",
    )
    order = placed(stage, "quiet", price="29000", symbol=SYMBOLS[0])
    assert order["denial"] is None, order["reason"]


def test_balances_and_positions_agree(stage: Stage) -> None:
    stage.knows()

    def account() -> dict[str, Any]:
        (found,) = stage.get("balances")
        return found

    until(lambda: account()["comparison"], "the comparison began")
    placed(stage, "fills", price="30000", order_qty="0.5")
    stage.daemon.reaches("fills", "Filled", cum_qty="0.5")
    (position,) = [row for row in stage.get("positions") if row["symbol"] == "BTCUSDT"]
    assert (position["qty"], position["avg_cost"], position["realised_pnl"]) == ("0.5", "30000", "0")
    at = account()["comparison"]["at"]
    until(lambda: account()["comparison"]["at"] > at, "it was compared again")
    until(lambda: not account()["comparison"]["differences"], "balances and executions agree")
    btc = [row for row in account()["balances"] if (row["exchange"], row["currency"]) == (EXCHANGE, "BTC")]
    assert btc[0]["amount"] == "1000.5"
    assert "BALANCE_DIFFERENCE" not in stage.log()


def test_the_venue_s_clock_and_the_figures(stage: Stage) -> None:
    until(lambda: stage.get("venues")[0]["clock_ahead_s"] is not None, "the clock is compared")
    (venue,) = stage.get("venues")
    assert abs(venue["clock_ahead_s"]) < 1
    assert (venue["problems"], venue["banned"], venue["account"]) == ({}, None, ACCOUNT)
    text = stage.daemon.http.get(f"{stage.daemon.url}/metrics", timeout=WAIT_S).text
    for name in ("oms_venue_clock_difference_seconds", "oms_price_age_seconds", "oms_balance_differences"):
        assert f"\n{name} " in text


def test_a_withdrawal_once_and_only_where_it_may_go(stage: Stage) -> None:
    body = {"id": "w1", "label": "cold", "amount": "0.25"}
    response = stage.move("withdrawals", **body)
    assert response.status_code == 202, response.text
    done = stage.reaches("w1", "DONE")
    assert (done["address"], done["amount"], bool(done["log_id"])) == (ADDRESS, "0.25", True)
    assert stage.move("withdrawals", **body).status_code == 200
    for wrong, status, code in (
        ({**body, "amount": "0.5"}, 409, "CONFLICT"),
        ({"id": "w2", "label": "cold", "amount": "2.5"}, 422, "MAX_AMOUNT"),
        ({"id": "w3", "label": "warm", "amount": "1"}, 422, "UNKNOWN_LABEL"),
        ({"id": "w4", "label": "cold"}, 422, "INVALID"),
        ({"id": "w5", "label": "cold", "amount": "1", "address": "elsewhere"}, 422, "INVALID"),
    ):
        response = stage.move("withdrawals", **wrong)
        assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert stage.move("transfers", id="t1", label="across", amount="12.5").status_code == 202
    assert stage.reaches("t1", "DONE")["target"] == "OKEX"
    assert [row["id"] for row in stage.get("money")] == ["t1", "w1"]


def test_money_without_an_answer_is_in_doubt_until_the_venue_s_list_shows_it(
    special: Callable[..., Stage],
) -> None:
    stage = special("--fault", "http-timeout-after@asset.transferToVenue=1")
    environment = {"OMS_TOKEN": TOKEN, "OMS_API": stage.daemon.url, "COLUMNS": "200"}
    sent = oms("transfer", "--id", "t1", "--to", "across", "--amount", "12.5", environment=environment)
    assert (sent.returncode, "t1 is IN_DOUBT" in sent.stderr) == (1, True), sent.stderr
    found = _decided(stage, "t1")
    assert (found["status"], "list" in found["reason"], bool(found["log_id"])) == ("DONE", True, True)
    assert "MONEY_IN_DOUBT" in stage.log()
    assert stage.log().count("MONEY_IN_DOUBT") == 1


def test_what_money_cost_is_no_difference(special: Callable[..., Stage]) -> None:
    stage = special()

    def comparison() -> dict[str, Any]:
        (account,) = stage.get("balances")
        found: dict[str, Any] = account["comparison"] or {}
        return found

    until(comparison, "the comparison began")
    assert stage.move("withdrawals", id="w1", label="cold", amount="0.5").status_code == 202
    assert stage.move("transfers", id="t1", label="across", amount="12.5").status_code == 202
    assert (stage.reaches("w1", "DONE")["fee"], stage.reaches("t1", "DONE")["fee"]) == ("0.0005", "1")
    began = comparison()["at"]
    until(lambda: (now := comparison())["at"] > began and not now["differences"], "all is explained")
    assert comparison()["unknown"] == []
    assert "BALANCE_DIFFERENCE" not in stage.log()


def test_money_that_the_venue_cancels_after_all_comes_back_and_is_no_difference(
    special: Callable[..., Stage],
) -> None:
    stage = special("--fault", "withdraw-canceled=1")

    def account() -> dict[str, Any]:
        (found,) = stage.get("balances")
        return found

    def bitcoin() -> tuple[str, ...]:
        rows = [
            row for row in account()["balances"] if (row["exchange"], row["currency"]) == (EXCHANGE, "BTC")
        ]
        return tuple(row[name] for row in rows for name in ("amount", "available", "frozen"))

    until(lambda: account()["comparison"], "the comparison began")
    before = bitcoin()
    environment = {"OMS_TOKEN": TOKEN, "OMS_API": stage.daemon.url, "COLUMNS": "200"}
    sent = oms("withdraw", "--id", "w1", "--to", "cold", "--amount", "0.5", environment=environment)
    assert (sent.returncode, "SUBMITTED" in sent.stdout) == (0, True), sent.stderr
    assert stage.move("transfers", id="t1", label="across", amount="12.5").status_code == 202
    for any_id in ("w1", "t1"):
        assert "CANCELLED" in stage.reaches(any_id, "REFUSED")["reason"]
    shown = oms("money", "show", "w1", environment=environment)
    assert ("REFUSED" in shown.stdout, "CANCELLED" in shown.stdout) == (True, True), shown.stdout
    began = account()["comparison"]["at"]
    until(lambda: account()["comparison"]["at"] > began, "it was compared again")
    until(lambda: not account()["comparison"]["unknown"], "nothing is under way any more")
    assert (account()["comparison"]["differences"], bitcoin()) == ([], before)
    assert stage.log().count("MONEY_CANCELED") == 2, stage.log()
    assert "BALANCE_DIFFERENCE" not in stage.log()


def _decided(stage: Stage, any_id: str) -> dict[str, Any]:
    def there() -> dict[str, Any] | None:
        found: dict[str, Any] = stage.daemon.get(f"/v1/money/{any_id}")
        return found if found["status"] in {"DONE", "REFUSED"} else None

    found: dict[str, Any] = until(there, "the list shows it")
    return found


def test_commissions_come_over_rest_and_balances_agree_with_them(special: Callable[..., Stage]) -> None:
    stage = special("--fee", "0.001")
    stage.knows()

    def comparison() -> dict[str, Any] | None:
        (account,) = stage.get("balances")
        found: dict[str, Any] | None = account["comparison"]
        return found

    until(comparison, "the comparison began")
    placed(stage, "fee", price="30000", order_qty="0.5")
    until(lambda: stage.daemon.order("fee")["fees"], "the commission is known")
    assert stage.daemon.order("fee")["fees"] == {"USDT": "15"}
    (position,) = stage.get("positions")
    assert (position["qty"], position["fees"]) == ("0.5", {"USDT": "15"})
    began = comparison()
    assert began is not None
    until(
        lambda: (now := comparison()) and now["at"] > began["at"] and not now["differences"],
        "balances agree with executions and commissions",
    )


def test_orders_that_are_under_way_from_the_start_are_no_difference(special: Callable[..., Stage]) -> None:
    stage = special("--fault", "delay=1", more=MORE.replace('max_price_deviation = "50"', ""))

    def comparison() -> dict[str, Any]:
        found: dict[str, Any] = stage.get("balances")[0]["comparison"] or {}
        return found

    for number in range(8):
        placed(stage, f"early-{number}", price="30000", order_qty="0.5")
    for number in range(8):
        stage.daemon.reaches(f"early-{number}", "Filled", cum_qty="0.5")
    stage.daemon.place("late", exchange=EXCHANGE, price="29000", order_qty="0.5")
    began = ns_to_iso(time.time_ns())
    until(lambda: comparison().get("at", "") > began, "it is compared")
    assert (comparison()["differences"], comparison()["unknown"]) == ([], [])
    assert "BALANCE_DIFFERENCE" not in stage.log()


def test_the_command_line_shows_it_all(stage: Stage) -> None:
    stage.knows()
    until(lambda: stage.get("balances")[0]["balances"], "balances are known")
    environment = {"OMS_TOKEN": TOKEN, "OMS_API": stage.daemon.url, "COLUMNS": "200"}
    for command, shown in (
        (("prices",), "29990"),
        (("instruments", "--symbol", "BTCUSDT"), "0.0001"),
        (("balances",), "USDT"),
        (("positions", "--json"), '{"positions":['),
        (("venues",), ACCOUNT),
        (("withdraw", "--id", "cli-1", "--to", "cold", "--amount", "0.1"), "SUBMITTED"),
        (("withdraw", "--id", "cli-0", "--to", "cold", "--amount", "0.1", "--no-wait"), "cli-0"),
        (("money", "list"), "withdrawal"),
        (("money", "show", "cli-1"), "cold"),
    ):
        done = oms(*command, environment=environment)
        assert (done.returncode, shown in done.stdout) == (0, True), (command, done.stdout, done.stderr)
    denied = oms("withdraw", "--id", "cli-2", "--to", "cold", "--amount", "9", environment=environment)
    assert (denied.returncode, "MAX_AMOUNT" in denied.stderr) == (1, True)
    stage.reaches("cli-1", "DONE")  # until then it could be resolved
    early = oms(*("money", "resolve", "cli-1", "--as", "done", "--evidence", "seen"), environment=environment)
    assert (early.returncode, "not in doubt" in early.stderr) == (1, True)
    rounded = oms(
        *("order", "new", "--client-order-id", "cli-3", "--symbol", "BTCUSDT", "--side", "buy", "--round"),
        *("--order-qty", "0.10009", "--price", "29000.019", "--exchange", EXCHANGE),
        environment=environment,
    )
    assert rounded.returncode == 0, rounded.stderr
    assert "quantity 0.10009 to 0.1, price 29000.019 to 29000.01" in rounded.stderr


def test_people_ask_the_venue_from_the_command_line(stage: Stage) -> None:
    stage.knows()
    environment = {"OMS_TOKEN": TOKEN, "OMS_API": stage.daemon.url, "COLUMNS": "200"}
    at = ("--exchange", EXCHANGE)
    placed(stage, "asked", price="30000", order_qty="0.1", time_in_force="IOC")
    stage.daemon.reaches("asked", "Filled", cum_qty="0.1")
    for command, shown in (
        (("account", "status"), "OPENED"),
        (("account", "currencies", *at), "USDTTRC20"),
        (("account", "address", "BTC", *at), "BTC"),
        (("account", "commission", "BTCUSDT", *at), "take fee"),
        (("account", "activity", "--json"), '{"rows":['),
        (("market", "ticker", "BTCUSDT", *at), "30000"),
        (("market", "trades", "BTCUSDT", *at, "--session", "main"), "SELL"),
        (("market", "klines", "BTCUSDT", *at, "--period", "1h"), "BTC/USDT"),
    ):
        done = oms(*command, environment=environment)
        assert (done.returncode, shown in done.stdout) == (0, True), (command, done.stdout, done.stderr)
    refused = oms("market", "ticker", "BTCUSDT", "--exchange", "VENUE1", environment=environment)
    assert (refused.returncode, "VENUE_REFUSED" in refused.stderr) == (1, True), refused.stderr
    wrong = oms("account", "status", "--session", "nobody", environment=environment)
    assert (wrong.returncode, "nobody" in wrong.stderr) == (1, True)


def test_without_the_scope_nobody_moves_money(special: Callable[..., Stage]) -> None:
    stage = special()
    tokens = stage.folder / "tokens.toml"
    stage.daemon.stop()
    tokens.write_text(tokens.read_text().replace(', "money"', ""))
    tokens.chmod(0o600)
    stage.daemon = Daemon(stage.folder)
    response = stage.move("withdrawals", id="w", label="cold", amount="0.1")
    assert (response.status_code, response.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert stage.get("money") == []


def test_secrets_are_in_no_log(stage: Stage) -> None:
    assert SECRET not in stage.log()


def test_what_is_known_stays_known_over_a_restart(stage: Stage) -> None:
    """Kept last: it kills the daemon."""
    stage.knows()
    before = stage.get("instruments", symbol="BTCUSDT")
    movements = {row["id"]: row["status"] for row in stage.get("money")}
    stage.daemon.kill()
    stage.venue.stop(signal.SIGTERM)  # nobody can tell it anew
    stage.daemon = Daemon(stage.folder)
    assert stage.get("instruments", symbol="BTCUSDT") == before
    assert {row["id"]: row["status"] for row in stage.get("money")} == movements
    assert stage.get("prices") == []
