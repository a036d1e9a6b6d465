"""Every path of an order, from the API through FIX to the venue and back, in both forms of its reports."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.harness import Daemon, Process, Venue, configure, until

pytestmark = pytest.mark.system

FORMS = ["documented", "full"]
QUICK = """
[timing]
ack_timeout_s = 1
unknown_order_fence_s = 3
ask_again_s = 0.5
ask_again_most_s = 1
"""
IN_PARTS = {"order_qty": "2.5", "price": "30020"}


class Market:
    """One venue and one daemon, with what happened at the venue."""

    def __init__(self, folder: Path, form: str, *options: str, more: str = "") -> None:
        """Start both and wait for the logon."""
        self.folder = folder
        self.venue = Venue(folder, "--reports", form, *options)
        configure(folder, self.venue.port, more=more)
        self.daemon = Daemon(folder).logged_on()

    def end(self) -> None:
        """End both, at once: how they end is for other tests."""
        processes: list[Process] = [self.daemon, self.venue]
        for process in processes:
            process.kill()

    def happened(self, event: str, order: dict[str, Any]) -> list[dict[str, Any]]:
        """Read from the venue's record what happened to an order."""
        known = order["cl_ord_id"]
        return [
            entry
            for entry in self.venue.entries()
            if (entry["event"], entry.get("cl_ord_id")) == (event, known)
        ]

    def received(self, msg_type: str, order: dict[str, Any]) -> int:
        """Count the requests of a type that the venue got for an order."""
        return sum(entry["msg_type"] == msg_type for entry in self.happened("received", order))

    def log(self) -> str:
        """Read the daemon's log."""
        return (self.folder / "daemon.log").read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=FORMS)
def quiet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """A market without faults, for all tests of this module; each takes client order ids of its own."""
    market = Market(tmp_path_factory.mktemp(request.param), request.param)
    yield market
    market.end()


@pytest.fixture(params=FORMS)
def faulty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Market]]:
    """Start a market with options of the simulator, and short intervals."""
    started: list[Market] = []

    def start(*options: str) -> Market:
        started.append(Market(tmp_path, request.param, *options, more=QUICK))
        return started[0]

    yield start
    for market in started:
        market.end()


def placed(market: Market, client_order_id: str, **terms: str) -> dict[str, Any]:
    """Place an order and wait for the venue's answer."""
    response = market.daemon.place(client_order_id, **terms)
    assert response.status_code == 201, response.text
    order: dict[str, Any] = response.json()
    return order


# --- without faults -------------------------------------------------------------------------------------------------


def test_an_order_rests_and_is_canceled(quiet: Market) -> None:
    order = placed(quiet, "rests")
    assert (order["ord_status_name"], order["leaves_qty"], order["pending"]) == ("New", "1", [])
    assert (order["actor"], order["origin"].split(":")[0]) == ("tester", "127.0.0.1")
    assert quiet.daemon.cancel("rests").status_code in (200, 202)
    order = quiet.daemon.reaches("rests", "Canceled", cum_qty="0", leaves_qty="0")
    assert order["pending"] == []
    assert quiet.received("F", order) == 1


def test_an_order_fills_in_parts(quiet: Market) -> None:
    placed(quiet, "parts", **IN_PARTS)
    order = quiet.daemon.reaches("parts", "Filled", cum_qty="2.5", leaves_qty="0", avg_px="30008")
    assert len(quiet.happened("fill", order)) == 3


def test_an_order_fills_partly_and_later_wholly(quiet: Market) -> None:
    placed(quiet, "later", order_qty="3", price="30010")
    quiet.daemon.reaches("later", "PartiallyFilled", cum_qty="2", leaves_qty="1")
    placed(quiet, "its-end", side="SELL", price="30010")
    quiet.daemon.reaches("later", "Filled", cum_qty="3", leaves_qty="0")
    quiet.daemon.reaches("its-end", "Filled", cum_qty="1")


def test_what_is_left_of_an_order_is_canceled(quiet: Market) -> None:
    placed(quiet, "rest", order_qty="3", price="30010")
    quiet.daemon.reaches("rest", "PartiallyFilled", cum_qty="2")
    quiet.daemon.cancel("rest")
    quiet.daemon.reaches("rest", "Canceled", cum_qty="2", leaves_qty="0")


def test_an_ioc_order_half_fills(quiet: Market) -> None:
    placed(quiet, "ioc", order_qty="4", price="30010", time_in_force="IOC")
    quiet.daemon.reaches("ioc", "Canceled", cum_qty="2", leaves_qty="0")


def test_the_venue_rejects_an_order(quiet: Market) -> None:
    placed(quiet, "taker", price="30000", time_in_force="POST_ONLY")
    order = quiet.daemon.reaches("taker", "Rejected", phase="REJECTED")
    assert "post-only" in order["reason"]


def test_a_post_only_order_rests(quiet: Market) -> None:
    placed(quiet, "maker", price="29000", time_in_force="POST_ONLY")
    quiet.daemon.reaches("maker", "New")


def test_our_own_checks_deny_an_order(quiet: Market) -> None:
    order = placed(quiet, "denied", order_qty="0.123456789")
    assert (order["phase"], order["ord_status"], order["denial"]) == ("DENIED", "8", "TOO_MANY_DECIMALS")
    assert not quiet.received("D", order)


def test_a_market_order_buys_for_an_amount(quiet: Market) -> None:
    response = quiet.daemon.http.post(
        f"{quiet.daemon.url}/v1/orders",
        json={
            "client_order_id": "cash",
            "symbol": "BTCUSDT",
            "side": "BUY",
            "ord_type": "MARKET",
            "exchange": "OKEX",
            "cash_order_qty": "75000",
        },
    )
    assert response.status_code == 201, response.text
    order = quiet.daemon.reaches("cash", "Filled", cum_qty="2.4993", leaves_qty="0")
    assert order["order_qty"] in (None, "2.4993")


def test_a_market_order_sells_what_the_book_takes(quiet: Market) -> None:
    terms = {
        "client_order_id": "dump",
        "symbol": "BTCUSDT",
        "side": "SELL",
        "ord_type": "MARKET",
        "exchange": "OKEX",
    }
    url = f"{quiet.daemon.url}/v1/orders"
    assert quiet.daemon.http.post(url, json={**terms, "order_qty": "12"}).status_code == 201
    quiet.daemon.reaches("dump", "Canceled", cum_qty="10", leaves_qty="0")


def test_the_venue_is_asked_for_a_status(quiet: Market) -> None:
    order = placed(quiet, "asked")
    response = quiet.daemon.http.post(f"{quiet.daemon.url}/v1/orders/asked/status")
    assert response.status_code == 202, response.text
    until(lambda: quiet.happened("status", order), "the venue was asked")
    after = quiet.daemon.reaches("asked", "New")
    assert {**after, "created": None} == {**order, "created": None}


def test_a_client_order_id_is_used_once_even_after_a_restart(quiet: Market) -> None:
    first = placed(quiet, "once", price="28500")
    for _ in range(2):
        again = quiet.daemon.place("once", price="28500")
        assert (again.status_code, again.json()["cl_ord_id"]) == (200, first["cl_ord_id"])
        other = quiet.daemon.place("once", price="28501")
        assert (other.status_code, other.json()["error"]["code"]) == (409, "CONFLICT")
        quiet.daemon.kill()
        quiet.daemon = Daemon(quiet.folder).logged_on()
    assert quiet.received("D", first) == 1
    assert quiet.daemon.order("once")["ord_status_name"] == "New"


def test_a_cancel_of_a_finished_order_changes_nothing(quiet: Market) -> None:
    placed(quiet, "done", **IN_PARTS)
    before = quiet.daemon.reaches("done", "Filled", cum_qty="2.5")
    response = quiet.daemon.cancel("done")
    assert (response.status_code, response.json()) == (200, before)
    assert not quiet.received("F", before)


# --- with faults ----------------------------------------------------------------------------------------------------


def test_a_cancel_before_the_acknowledgement_waits_for_it(faulty: Callable[..., Market]) -> None:
    market = faulty("--latency-ms", "400")
    assert market.daemon.submit("early").json()["ord_status_name"] == "PendingNew"
    response = market.daemon.cancel("early")
    assert (response.status_code, response.json()["waiting"]) == (202, ["cancel"])
    order = market.daemon.reaches("early", "Canceled", cum_qty="0")
    assert market.received("F", order) == 1


@pytest.mark.parametrize("way", ["9", "3", "j"])
def test_a_cancel_is_refused(way: str, faulty: Callable[..., Market]) -> None:
    market = faulty("--fault", f"cancel-reject-{way}=1")
    order = placed(market, "kept")
    response = market.daemon.http.delete(f"{market.daemon.url}/v1/orders/kept", params={"wait": "ack"})
    assert response.status_code == 200, response.text
    assert (response.json()["ord_status_name"], response.json()["pending"]) == ("New", [])
    assert market.received("F", order) == 1


def test_a_refusal_that_could_mean_the_order_is_asked_about_and_ends(faulty: Callable[..., Market]) -> None:
    """ExecType 8 to a cancel reads like a rejected order: the venue is asked, the cancel goes again, and gives up."""
    market = faulty("--fault", "cancel-reject-8=1")
    order = placed(market, "kept")
    market.daemon.cancel("kept")
    until(lambda: not market.daemon.order("kept")["pending"], "the cancel has ended")
    assert market.daemon.reaches("kept", "New", phase="WORKING")["in_doubt"] is False
    assert 1 <= market.received("F", order) <= 3


def test_a_fill_before_the_acknowledgement_counts_once(faulty: Callable[..., Market]) -> None:
    market = faulty("--fault", "ack-after-fill=1")
    market.daemon.place("early", **IN_PARTS)
    market.daemon.reaches("early", "Filled", cum_qty="2.5", avg_px="30008")
    assert market.daemon.session()["held"] == []


@pytest.mark.parametrize("fault", ["repeat", "reorder", "delay"])
def test_reports_that_come_twice_or_out_of_order_count_once(
    fault: str, faulty: Callable[..., Market]
) -> None:
    market = faulty("--fault", f"{fault}=1")
    market.daemon.place("parts", **IN_PARTS)
    market.daemon.place("ioc", order_qty="4", price="30010", time_in_force="IOC")
    market.daemon.place("gone")
    market.daemon.cancel("gone")
    market.daemon.reaches("parts", "Filled", cum_qty="2.5", avg_px="30008", gap="0")
    market.daemon.reaches("ioc", "Canceled", cum_qty="2", avg_px="30005", gap="0")
    market.daemon.reaches("gone", "Canceled", cum_qty="0")
    until(lambda: not any(order["pending"] for order in market.daemon.orders()), "everything is answered")


def test_a_fill_after_the_cancel_counts_and_revives_nothing(faulty: Callable[..., Market]) -> None:
    market = faulty("--fault", "late-fill=1")
    placed(market, "late")
    market.daemon.cancel("late")
    order = market.daemon.reaches("late", "Canceled", cum_qty="0.5", leaves_qty="0", phase="CANCELED")
    assert (order["pending"], order["gap"]) == ([], "0")


def test_an_order_without_an_answer_is_in_doubt_until_a_status_tells(faulty: Callable[..., Market]) -> None:
    market = faulty("--fault", "silent=1")
    response = market.daemon.place("silent")
    order = response.json()
    assert response.status_code == 201
    assert (order["ord_status_name"], order["in_doubt"]) == ("PendingNew", True)
    assert order["doubts"][0]["reason"] == "no answer within 1 s"
    order = market.daemon.reaches("silent", "New", phase="WORKING")
    assert (order["in_doubt"], order["pending"]) == (False, [])
    market.daemon.cancel("silent")
    market.daemon.reaches("silent", "Canceled")
    assert (market.received("D", order), market.received("F", order)) == (1, 1)


def test_an_order_that_never_arrived_ends_after_the_fence(faulty: Callable[..., Market]) -> None:
    market = faulty("--fault", "silent-lost=1")
    assert market.daemon.place("lost").json()["in_doubt"] is True
    assert market.daemon.cancel("lost").status_code == 202
    order = market.daemon.reaches("lost", "Rejected", phase="REJECTED")
    assert order["reason"].startswith("not placed")
    assert (order["in_doubt"], order["pending"]) == (False, [])
    assert (market.received("D", order), market.received("F", order)) == (1, 0)


def test_a_cancel_that_never_arrives_is_given_up_aloud(faulty: Callable[..., Market]) -> None:
    market = faulty("--fault", "silent-lost=0.5", "--seed", "3")
    market.daemon.place("kept")
    market.daemon.place("kept-too")
    for name in ("kept", "kept-too"):
        market.daemon.cancel(name)
    until(lambda: not any(order["pending"] for order in market.daemon.orders()), "everything has ended")
    for order in market.daemon.orders():
        assert order["ord_status_name"] in ("New", "Canceled", "Rejected")
        assert market.received("F", order) <= 3
        assert market.received("D", order) == 1


def test_the_connection_drops_in_mid_order(faulty: Callable[..., Market]) -> None:
    market = faulty("--fault", "drop=0.3", "--seed", "4")
    orders = []
    for number in range(6):
        until(lambda: market.daemon.session()["logged_on"], "the session is logged on again")
        orders.append(market.daemon.submit(f"drop-{number}", price="28000").json())
        market.daemon.cancel(f"drop-{number}")
    until(lambda: not any(order["pending"] for order in market.daemon.orders()), "everything is answered", 50)
    assert any("drop" in entry["faults"] for entry in market.venue.entries() if entry["event"] == "fault")
    for order in market.daemon.orders():
        assert market.received("D", order) <= 1
        if market.happened("canceled", order):
            assert order["ord_status_name"] == "Canceled"
        elif market.happened("accepted", order):
            assert order["ord_status_name"] == "New"
        elif order["reason"] == "canceled before it was sent":
            assert (order["ord_status_name"], market.received("D", order)) == ("Canceled", 0)
        else:
            assert order["ord_status_name"] == "Rejected"
