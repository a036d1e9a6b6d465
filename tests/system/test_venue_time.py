"""The daemon at a venue that is wrong about the time, or that refuses its tokens: it trades, or says why not."""

import threading
import time
from pathlib import Path

import pytest

from tests.rest.apifiny.venue import CREDENTIALS, SECRET, Answer, Request, Venue, error, result, sample
from tests.system.harness import Daemon, configure, running, until

pytestmark = pytest.mark.system

CLOCK = "utils.currentTimeMillis"
SESSION = """[[session]]
kind = "apifiny-rest"
name = "main"
account = "{account}"
key_id = "{key}"
secret_env = "OMS_TEST_SECRET"
url = "{url}"
stream = false
quick_poll_s = 0.05
slow_poll_s = 0.05
idle_poll_s = 0.05
"""
ORDER = {"symbol": "BTCUSD", "exchange": "VENUE1", "side": "BUY", "order_qty": "1", "price": "100"}


class Keeper:
    """Takes tokens that have not expired; so many answers about the time are two minutes low; or refuses all tokens."""

    def __init__(self, low: int) -> None:
        self.low = low
        self.refuses = False
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        now_s = time.time()
        if request.name == CLOCK:
            with self._lock:
                self.low -= 1
                return result(str(round((now_s - (120 if self.low >= 0 else 0)) * 1000)))
        if self.refuses or float(request.claims.get("exp", now_s + 1)) <= now_s:
            return error(196634, "token error")
        if request.name.startswith("order.list"):
            return result("[]")
        return sample(request)


def configured(folder: Path, venue: Venue) -> None:
    configure(folder, 1)
    file = folder / "oms.toml"
    before = file.read_text(encoding="utf-8").split("[[session]]")[0]
    ours = SESSION.format(account=CREDENTIALS.account_id, key=CREDENTIALS.key_id, url=venue.url)
    file.write_text(before + ours, encoding="utf-8")


@pytest.mark.parametrize("low", [3, 6, 12])
def test_a_venue_that_is_wrong_about_the_time_at_first_is_traded_with(low: int, tmp_path: Path) -> None:
    keeper = Keeper(low)
    with Venue(keeper) as venue:
        configured(tmp_path, venue)
        daemon = Daemon(tmp_path, secret=SECRET)
        with running(daemon):
            until(lambda: daemon.session()["logged_on"], "it is logged on")
            rest = daemon.session()["rest"]
    assert rest["keys_out"] == {}


def test_a_session_whose_tokens_are_refused_says_so_also_after_a_restart(tmp_path: Path) -> None:
    keeper = Keeper(0)
    with Venue(keeper) as venue:
        configured(tmp_path, venue)
        daemon = Daemon(tmp_path, secret=SECRET)
        with running(daemon):
            until(lambda: daemon.session()["logged_on"], "it is logged on")
            daemon.stop()
        keeper.refuses = True
        daemon = Daemon(tmp_path, secret=SECRET)
        with running(daemon):
            said = "account.queryAccountInfoLite: TOKEN_ERROR"
            until(lambda: said in (daemon.session()["reason"] or ""), "it says why it is out")
            order = daemon.place("x1", **ORDER).json()
            assert order["denial"] == "NOT_LOGGED_ON"
            assert said in order["reason"]
            keeper.refuses = False
            until(lambda: daemon.session()["logged_on"], "it comes back by itself")
