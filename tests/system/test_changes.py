"""Replacing, canceling everything, deciding and reconciling: the command line, the daemon and the simulated venue."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.system.harness import TOKEN, Daemon, Process, Venue, configure, oms, until

if TYPE_CHECKING:
    from subprocess import CompletedProcess

pytestmark = pytest.mark.system

QUICK = """
[timing]
ack_timeout_s = 1
unknown_order_fence_s = {fence_s}
ask_again_s = 0.5
ask_again_most_s = 1
round_timeout_s = 3
"""
ENDED = {"canceled", "rejected", "expired"}


class Desk:
    """A venue, a daemon, and somebody who types commands."""

    def __init__(self, folder: Path, form: str, *options: str, fence_s: float = 3) -> None:
        self.folder = folder
        self.venue = Venue(folder, "--reports", form, *options)
        proves = "reports_cum_qty = true" if form == "full" else ""
        configure(folder, self.venue.port, more=QUICK.format(fence_s=fence_s), session_more=proves)
        self.daemon = Daemon(folder).logged_on()

    def end(self) -> None:
        processes: list[Process] = [self.daemon, self.venue]
        for process in processes:
            process.kill()

    def types(self, line: str, *more: str) -> "CompletedProcess[str]":
        """Type a command, against this daemon."""
        environment = {"OMS_API": self.daemon.url, "OMS_TOKEN": TOKEN, "COLUMNS": "200"}
        return oms(*line.split(), *more, environment=environment)

    def open_at_venue(self) -> list[tuple[Decimal, Decimal]]:
        """Read what is open from the venue's own record: quantity left and price of each order."""
        left: dict[str, tuple[Decimal, Decimal]] = {}
        for entry in self.venue.entries():
            if entry["event"] in ENDED or entry.get("leaves_qty") == "0":
                left.pop(entry["order_id"], None)
            elif entry["event"] in {"accepted", "fill"}:
                left[entry["order_id"]] = Decimal(entry["leaves_qty"]), Decimal(entry["price"])
        return list(left.values())


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    started: list[Desk] = []

    def go(form: str, *options: str, **more: Any) -> Desk:
        started.append(Desk(tmp_path, form, *options, **more))
        return started[0]

    yield go
    for desk in started:
        desk.end()


def test_a_replace_leaves_one_order_of_the_right_size_at_the_venue(start: Callable[..., Desk]) -> None:
    desk = start("full")
    desk.daemon.place("a", order_qty="3", price="30010")
    desk.daemon.reaches("a", "PartiallyFilled", cum_qty="2")
    done = desk.types("order replace a --order-qty 5 --price 29000 --wait ack --json")
    assert done.returncode == 0, done.stderr
    order = json.loads(done.stdout)
    assert (order["order_qty"], order["price"], order["cum_qty"], order["leaves_qty"]) == (
        "5",
        "29000",
        "2",
        "3",
    )
    assert (order["pending"], order["refusal"]) == ([], None)
    assert desk.open_at_venue() == [(Decimal(3), Decimal(29000))]
    told = desk.types("explain a --journal", str(desk.folder / "journal.db")).stdout
    assert "LegCanceled: The first half of a replace as cancel-then-new is done" in told
    assert "LegOpened: The new order of a replace as cancel-then-new leaves" in told
    again = desk.types("order replace a --price 29000")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("oms: NOTHING_TO_REPLACE: ")
    swept = desk.types("order cancel --all")
    assert swept.returncode == 0, swept.stderr
    assert desk.open_at_venue() == []


def test_a_replace_that_nothing_could_prove_is_denied_by_name(start: Callable[..., Desk]) -> None:
    desk = start("documented")
    desk.daemon.place("a")
    denied = desk.types("order replace a --price 29001 --wait ack")
    assert denied.returncode == 1
    assert denied.stderr.startswith("oms: REPLACE_UNPROVABLE: ")
    assert desk.open_at_venue() == [(Decimal(1), Decimal(29000))]
    assert desk.daemon.order("a")["ord_status_name"] == "New"


def test_everything_is_canceled_also_what_the_venue_never_answered(start: Callable[..., Desk]) -> None:
    desk = start("full", "--fault", "silent=1")
    for name in ("a", "b", "c"):
        desk.daemon.submit(name)
    swept = desk.types("order cancel --all --timeout-s 25 --json")
    assert (swept.returncode, json.loads(swept.stdout)) == (0, {"canceling": 3, "open": []})
    assert desk.open_at_venue() == []
    assert {order["ord_status_name"] for order in desk.daemon.orders()} == {"Canceled"}


def test_what_cannot_be_canceled_is_reported_with_its_reason(start: Callable[..., Desk]) -> None:
    desk = start("full")
    desk.daemon.place("a")
    desk.venue.kill()
    until(lambda: not desk.daemon.session()["logged_on"], "the session is down")
    swept = desk.types("order cancel --all --timeout-s 1 --json")
    assert swept.returncode == 1
    assert "still open: 1 order" in swept.stderr
    (left,) = json.loads(swept.stdout)["open"]
    assert "session main is not logged on" in left["why"]


def test_a_round_finds_nothing_or_names_what_differs(start: Callable[..., Desk]) -> None:
    desk = start("full")
    desk.daemon.place("a")
    agreed = desk.types("reconcile --json")
    assert agreed.returncode == 0, agreed.stderr
    (row,) = json.loads(agreed.stdout)["sessions"]
    assert (row["asked"], row["unanswered"], row["differences"]) == (1, [], [])
    assert "1 order asked for" in desk.types("sessions").stdout
    desk.venue.kill()
    until(lambda: not desk.daemon.session()["logged_on"], "the session is down")
    differs = desk.types("reconcile")
    assert differs.returncode == 1
    assert "session main is not logged on" in differs.stderr


def test_a_person_ends_a_doubt_and_that_is_on_record(start: Callable[..., Desk]) -> None:
    desk = start("full", "--fault", "silent-lost=1", fence_s=600)
    desk.daemon.place("lost")
    until(lambda: desk.daemon.order("lost")["in_doubt"], "the order is in doubt")
    assert "no answer within 1 s" in desk.types("orders --in-doubt").stdout
    report = desk.types("reconcile --timeout-s 10 --json")
    assert report.returncode == 1
    (difference,) = json.loads(report.stdout)["sessions"][0]["differences"]
    assert (difference["what"], difference["order"]["client_order_id"]) == ("IN_DOUBT", "lost")
    done = desk.types("resolve lost --as not-placed --json --evidence", "their screen, 14:02 UTC")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["phase"] == "REJECTED"
    assert desk.types("reconcile").returncode == 0
    told = desk.types("explain lost --journal", str(desk.folder / "journal.db")).stdout
    assert "Resolve by tester from 127.0.0.1:" in told
    assert "Resolved: A person decided what became of an order in doubt" in told
    assert "their screen, 14:02 UTC" in told
    shown = desk.types("journal show", str(desk.folder / "journal.db")).stdout
    assert "Resolved #1 outcome=not-placed evidence=their screen, 14:02 UTC" in shown
    desk.daemon.kill()
    desk.daemon = Daemon(desk.folder).logged_on()
    assert desk.daemon.order("lost")["phase"] == "REJECTED"
