"""The daemon at WEEX and at an exchange of the Cloud API: balances, money and credit, and everything canceled."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.rest.weex.simulated import Simulator
from tests.system.harness import SECRET, TOKEN, Daemon, configure, oms, until

pytestmark = pytest.mark.system
KEY = "46G9R9D6-WJ77XOIP"
ADDRESS = "1BARCQAEjxqp1sKneiFtBVTZzhTHBTYcN5"
REFERENCE = """
[reference]
instruments_s = 1
balances_s = 0.3
[money]
allowed = true
"""
LANE = """
[[money.lane]]
label = "%(label)s"
kind = "%(kind)s"
session = "%(session)s"
currency = "%(currency)s"
max_amount = "%(most)s"
%(end)s
"""
SESSION = """
[[session]]
kind = "%(kind)s"
name = "%(kind)s"
account = "%(kind)s-7"
key_id = "%(key)s"
secret_env = "OMS_TEST_SECRET"
url = "%(url)s"
quick_poll_s = 0.1
slow_poll_s = 0.3
idle_poll_s = 0.3
read_timeout_s = 2
"""
LANES = [
    ("cold", "withdrawal", "weex", "btc", f'address = "{ADDRESS}"'),
    ("gift", "coupon", "weex", "btc", 'receiver = "desk"'),
    ("redeem", "redemption", "weex", "btc", ""),
    ("warm", "withdrawal", "cloud", "usdt", 'address = "0xde"'),
    ("collateral", "margin-in", "cloud", "eth", 'symbol = "ethusdt"'),
    ("back", "margin-out", "cloud", "eth", 'symbol = "ethusdt"'),
    ("credit", "loan", "cloud", "eth", 'symbol = "ethusdt"'),
    ("repay", "repayment", "cloud", "eth", 'symbol = "ethusdt"'),
]


class Stage:
    """Both venues and a daemon."""

    def __init__(self, folder: Path, weex: Simulator, cloud: Simulator) -> None:
        self.folder = folder
        more = REFERENCE + "".join(
            LANE
            % {
                "label": label,
                "kind": kind,
                "session": session,
                "currency": currency,
                "most": "100",
                "end": end,
            }
            for label, kind, session, currency, end in LANES
        )
        configure(folder, 1, more=more)
        file = folder / "oms.toml"
        before = file.read_text(encoding="utf-8").split("[[session]]")[0]
        sessions = [
            SESSION % {"kind": kind, "key": KEY, "url": sim.url}
            for kind, sim in (("weex", weex), ("cloud", cloud))
        ]
        file.write_text(before + "".join(sessions), encoding="utf-8")
        tokens = folder / "tokens.toml"
        tokens.write_text(tokens.read_text().replace('["read", "trade"]', '["read", "trade", "money"]'))
        tokens.chmod(0o600)
        self.daemon = Daemon(folder)
        until(lambda: all(each["logged_on"] for each in self.sessions()), "both sessions are up")

    def sessions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.daemon.get("/v1/sessions")["sessions"]
        return found

    def move(self, path: str, **body: str) -> requests.Response:
        return self.daemon.http.post(f"{self.daemon.url}/v1/money/{path}", json=body, timeout=60)

    def reaches(self, any_id: str, status: str) -> dict[str, Any]:
        def there() -> dict[str, Any] | None:
            found: dict[str, Any] = self.daemon.get(f"/v1/money/{any_id}")
            return found if found["status"] == status else None

        found: dict[str, Any] = until(
            there, f"{any_id} is {status}: {self.daemon.get(f'/v1/money/{any_id}')}"
        )
        return found

    def moved(self, path: str, **body: str) -> dict[str, Any]:
        response = self.move(path, **body)
        assert response.status_code == 202, response.text
        return self.reaches(body["id"], "DONE")

    def account(self, session: str) -> dict[str, Any]:
        accounts = self.daemon.get("/v1/balances")["accounts"]
        return next(each for each in accounts if each["session"] == session)

    def written(self) -> str:
        """Read everything that the daemon wrote."""
        files = [file for file in self.folder.rglob("*") if file.is_file()]
        return "".join(file.read_bytes().decode("utf-8", "replace") for file in files)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One for all tests of this module; each takes ids of its own."""
    folder = tmp_path_factory.mktemp("funds")
    credential = ("--credential", f"{KEY}:{SECRET}@desk")
    with Simulator("weex", *credential, "--cache", "off") as weex, Simulator("cloud", *credential) as cloud:
        made = Stage(folder, weex, cloud)
        yield made
        made.daemon.kill()


def test_balances_of_both_are_shown_and_held_against_what_was_executed(stage: Stage) -> None:
    until(lambda: stage.account("weex")["balances"], "the balances of WEEX")
    until(lambda: stage.account("cloud")["comparison"], "the comparison begins")
    order = stage.daemon.place(
        "compared", session="cloud", symbol="btcusdt", exchange="", order_qty="2.5", price="30020"
    )
    assert order.json()["ord_status_name"] == "Filled"
    at = stage.account("cloud")["comparison"]["at"]
    until(lambda: stage.account("cloud")["comparison"]["at"] > at, "another comparison")
    until(lambda: not stage.account("cloud")["comparison"]["differences"], "no difference")
    assert {row["currency"] for row in stage.account("weex")["balances"]} >= {"btc", "usd"}


def test_the_code_of_a_coupon_is_told_once_and_written_nowhere(stage: Stage) -> None:
    made = stage.move("coupons", id="c1", label="gift", amount="0.5")
    assert made.status_code == 201, made.text
    code = made.json()["coupon"]
    assert code.startswith("WEXBTC")
    assert made.json()["status"] == "DONE"
    assert stage.move("coupons", id="c1", label="gift", amount="0.5").json().get("coupon") is None
    assert stage.move("c1/coupon").status_code == 409
    assert code not in json.dumps(stage.daemon.get("/v1/money/c1"))

    assert stage.move("redemptions", id="r1", label="redeem", amount="0.5", coupon=code).status_code == 202
    redeemed = stage.reaches("r1", "DONE")
    assert (redeemed["moved"], redeemed["subject"]) == (
        "0.5",
        stage.daemon.get("/v1/money/c1")["reason"].split()[-1],
    )
    again = stage.move("redemptions", id="r2", label="redeem", amount="0.5", coupon=code)
    assert again.status_code == 202
    assert "invalid coupon" in stage.reaches("r2", "REFUSED")["reason"]
    conflict = stage.move("redemptions", id="r1", label="redeem", amount="0.5", coupon=f"{code}X")
    assert conflict.json()["error"]["code"] == "CONFLICT"

    text = stage.written()
    assert "redemption" in text
    for part in (code, code[:20], code[-20:]):
        assert part not in text


def test_a_withdrawal_of_weex_goes_to_the_lanes_address_by_the_command_line(stage: Stage) -> None:
    token = {"OMS_TOKEN": TOKEN}
    options = ("--to", "cold", "--amount", "0.25", "--api", stage.daemon.url, "--json")
    done = oms("withdraw", "--id", "w1", *options, environment=token)
    assert done.returncode == 0, done.stderr
    found = stage.reaches("w1", "DONE")
    assert (found["address"], found["moved"], found["exchange"]) == (ADDRESS, "0.25", "weex")


def test_a_withdrawal_of_the_cloud_is_taken_back(stage: Stage) -> None:
    stage.moved("withdrawals", id="w2", label="warm", amount="10")
    assert stage.move("w2/take-back", id="b1").status_code == 202
    assert stage.reaches("b1", "DONE")["subject"] == "w2"
    assert "taken back" in stage.reaches("w2", "REFUSED")["reason"]
    assert stage.move("w2/take-back", id="b2").json()["error"]["code"] == "NOT_WITHDRAWN"
    assert stage.move("w2/take-back", id="b1").status_code == 200  # the first one


def test_weex_takes_no_withdrawal_back(stage: Stage) -> None:
    stage.moved("withdrawals", id="w3", label="cold", amount="0.25")
    assert stage.move("w3/take-back", id="b3").json()["error"]["code"] == "NOT_POSSIBLE"


def test_margin_loan_and_repayment(stage: Stage) -> None:
    stage.moved("margin-in", id="m1", label="collateral", amount="10")
    loan = stage.moved("loans", id="l1", label="credit", amount="2")
    assert loan["target"] == "ethusdt"
    assert stage.move("repayments", id="p0", label="repay", amount="1", loan="seven").status_code == 422
    stage.moved("repayments", id="p1", label="repay", amount="1", loan=loan["log_id"])
    stage.moved("margin-out", id="m2", label="back", amount="1")
    until(lambda: not stage.account("cloud")["comparison"]["differences"], "every one of them is explained")


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("loans", {"label": "repay"}, "UNKNOWN_LABEL"),
        ("loans", {"label": "credit", "amount": "101"}, "MAX_AMOUNT"),
        ("coupons", {"label": "gift", "amount": "-1"}, "NOT_POSITIVE"),
        ("coupons", {"label": "gift", "coupon": "x"}, "INVALID"),
        ("redemptions", {"label": "redeem"}, "INVALID"),
    ],
)
def test_what_no_lane_allows_does_not_move(stage: Stage, path: str, body: dict[str, str], code: str) -> None:
    answer = stage.move(path, **{"id": f"n-{path}-{code}", "amount": "1", **body})
    assert answer.json()["error"]["code"] == code


def test_everything_at_one_venue_is_canceled_and_the_other_is_left_alone(stage: Stage) -> None:
    for number in range(3):
        stage.daemon.place(
            f"cloud-{number}", session="cloud", symbol="btcusdt", exchange="", price=str(100 + number)
        )
    stays = stage.daemon.place("stays", session="weex", symbol="btc_usd", exchange="").json()
    command = (
        "order",
        "cancel",
        "--all",
        "--venue",
        "cloud",
        "--symbol",
        "btcusdt",
        "--api",
        stage.daemon.url,
    )
    done = oms(*command, environment={"OMS_TOKEN": TOKEN})
    assert done.returncode == 0, done.stderr
    assert "3 orders asked to go" in done.stdout + done.stderr
    assert stage.daemon.order(stays["client_order_id"])["phase"] == "WORKING"
    sent = [row for row in stage.daemon.orders() if row["client_order_id"].startswith("cloud-")]
    assert {row["phase"] for row in sent} == {"CANCELED"}
