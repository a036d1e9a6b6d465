"""Rounds of questions and sessions by hand: what differs is printed, and the exit code says whether anything does."""

import io
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console
from typer.testing import Result

from oms.app import cli_rounds
from oms.app.tables import sessions_table
from oms.core import events as ev
from oms.core.inputs import Reconcile, SessionUp, StayedHere
from tests.app.fake_desk import FakeDesk

Run = Callable[..., Result]
NEW = "order new --symbol BTCUSDT --side buy --order-qty 1.5 --price 100 --exchange VENUE1 --client-order-id"


@pytest.fixture
def working(desk: FakeDesk, oms: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(cli_rounds, "LOOK_EVERY_S", 0.02)
    desk.auto_ack = True
    assert oms(f"{NEW} a").exit_code == 0
    return oms


def once_asked(desk: FakeDesk, act: Callable[[], None]) -> None:
    """Do something as soon as the desk was asked for a round."""

    def wait() -> None:
        end = time.monotonic() + 30
        while not any(isinstance(command, Reconcile) for command in list(desk.commands)):
            assert time.monotonic() < end, "nobody asked for a round"
            time.sleep(0.01)
        act()

    threading.Thread(target=wait, daemon=True).start()


def answer_soon(desk: FakeDesk, **fields: Any) -> None:
    """Answer the question of the round that is about to begin."""

    def answer() -> None:
        desk.let_time_pass(1)
        desk.report(desk.find(), "0", exec_id="0", exec_trans_type="3", **fields)
        desk.let_time_pass(1)

    once_asked(desk, answer)


def test_nothing_differs(desk: FakeDesk, working: Run) -> None:
    answer_soon(desk)
    result = working("reconcile")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "session main: 1 order asked for at 2026-03-01 09:00:0" in result.stdout
    assert "all answered; nothing differs" in result.stdout
    assert any(isinstance(command, Reconcile) for command in desk.commands)


def test_what_differs_is_shown_order_by_order(desk: FakeDesk, working: Run) -> None:
    def be_silent() -> None:
        desk.let_time_pass(1)
        desk.let_time_pass(40)

    once_asked(desk, be_silent)
    result = working("reconcile --session main")
    assert result.exit_code == 1
    assert result.stderr == "oms: 1 difference on session main\n"
    words = " ".join(result.stdout.split())
    assert "1 without an answer; differences:" in words
    assert "a UNANSWERED the venue was asked and did not answer" in words


def test_an_order_that_could_not_be_asked_for_is_named_and_is_no_success(
    desk: FakeDesk, working: Run
) -> None:
    def lose_each_question() -> None:
        while desk.engine.doubts.in_round("main"):
            if desk.find().questions:
                desk.step(StayedHere(session="main", order=1, request=0, reason="no connection"))
            desk.let_time_pass(1)

    once_asked(desk, lose_each_question)
    result = working("reconcile")
    assert (result.exit_code, result.stderr) == (1, "oms: 1 difference on session main\n")
    words = " ".join(result.stdout.split())
    assert "1 without an answer; differences:" in words
    assert "a UNANSWERED" in words


def test_json_says_whether_it_is_agreed(desk: FakeDesk, working: Run) -> None:
    answer_soon(desk)
    agreed = working("reconcile --json")
    assert agreed.exit_code == 0
    content = json.loads(agreed.stdout)
    assert content["agreed"] is True
    assert content["sessions"][0]["asked"] == 1
    late = working("reconcile --json --timeout-s 0.1")
    assert late.exit_code == 1
    assert json.loads(late.stdout)["agreed"] is False
    assert late.stderr == "oms: session main has not answered in the time given\n"


def test_a_list_that_the_venue_refuses_is_the_reason_given(
    desk: FakeDesk, working: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"up": True, "uncompared": "order.listOpenOrderLite: ACCOUNT_STATUS (131162): no"}
    sessions = desk.sessions
    monkeypatch.setattr(
        desk, "sessions", lambda: [{**row, "under_way": True, "rest": refused} for row in sessions()]
    )
    late = working("reconcile --session main --timeout-s 0.1")
    assert late.exit_code == 1
    assert late.stderr == f"oms: session main has not answered in the time given: {refused['uncompared']}\n"
    assert f"asking for its orders: {refused['uncompared']}" in " ".join(working("sessions").stdout.split())


def test_a_session_that_is_down_agrees_to_nothing(desk: FakeDesk, working: Run) -> None:
    desk.drop()
    result = working("reconcile")
    assert result.exit_code == 1
    assert "session main is not logged on (the line is cut): nothing was asked" in result.stderr
    assert "session main: not logged on" in result.stdout


def test_a_wrong_session_is_wrong_usage(working: Run) -> None:
    result = working("reconcile --session nix")
    assert result.exit_code == 2
    assert "'nix' is not configured" in result.stderr


def test_an_order_of_others_that_agrees_is_a_note(desk: FakeDesk, working: Run) -> None:
    order = desk.find()
    desk.report(order, "0", cl_ord_id="theirs", order_id="V77", exec_id="t1", order_qty=order.order_qty)
    desk.step(Reconcile())
    report = json.loads(working("reconcile --json --timeout-s 0.1").stdout)
    (note,) = report["sessions"][0]["notes"]
    assert (note["what"], note["order"]["cl_ord_id"]) == ("EXTERNAL", "theirs")


# --- sessions


def test_sessions_show_what_is_stopped_and_the_last_round(desk: FakeDesk, working: Run) -> None:
    desk.engine.blotter.apply(ev.TradingStopped(session="main", time_ns=1, reason="an order of others"))
    words = " ".join(working("sessions").stdout.split())
    assert "no new order leaves: an order of others; oms sessions --resume main" in words
    resumed = working("sessions --resume main")
    assert resumed.exit_code == 0
    assert resumed.stderr == "oms: new orders may leave by session main\n"
    assert "no new order leaves" not in resumed.stdout
    assert desk.engine.blotter.book("main").halted is None
    assert working("sessions --resume nix").exit_code == 1


def test_what_is_shown_after_resuming_is_how_it_stands_then(desk: FakeDesk, working: Run) -> None:
    desk.drop()
    desk.more["main"] = {"rest": {"banned": "HTTP 403"}}

    def log_on() -> None:
        desk.step(SessionUp(session="main"))
        desk.more["main"] = {"rest": {"banned": None}}

    desk.after_command(lambda: threading.Timer(0.1, log_on).start())
    resumed = working("sessions --resume main")
    assert (resumed.exit_code, resumed.stderr) == (0, "oms: new orders may leave by session main\n")
    assert "logged on" in " ".join(resumed.stdout.split())


def test_a_session_that_is_not_back_soon_says_what_comes_next(
    desk: FakeDesk, working: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_rounds, "BACK_WITHIN_S", 0.05)
    desk.drop()
    resumed = working("sessions --resume main")
    assert resumed.exit_code == 0
    assert "logged out" in " ".join(resumed.stdout.split())
    told = "session main is not logged on yet (the line is cut); it is tried again by itself, and new orders may leave"
    assert resumed.stderr == f"oms: {told} as soon as it is: oms sessions\n"
    desk.more["main"] = {"logged_on": True, "rest": {"banned": "HTTP 403"}}
    banned = working("sessions --resume main --json")
    assert json.loads(banned.stdout)["sessions"][0]["rest"]["banned"] == "HTTP 403"
    assert "session main is left alone: HTTP 403" in banned.stderr


def test_the_last_round_is_told_on_every_terminal() -> None:
    session = {
        "name": "main", "account": "STA-00000015", "host": "127.0.0.1", "port": 9878, "logged_on": True,
        "since": "2026-03-01T09:00:07.123Z", "reason": None, "halted": None, "under_way": False,
        "round": {"ended": "2026-03-01T09:05:00.000Z", "asked": 3, "unanswered": [2]}, "held": [],
    }  # fmt: skip
    for width in (60, 80, 160):
        console = Console(width=width, file=io.StringIO(), color_system=None)
        with console.capture() as captured:
            console.print(sessions_table([session]))
        words = " ".join(captured.get().split())
        assert "3 orders asked for until 2026-03-01 09:05:00, 1 without an answer" in words
    assert "asking for its orders" in rendered({**session, "under_way": True})


def rendered(session: dict[str, Any]) -> str:
    console = Console(width=80, file=io.StringIO(), color_system=None)
    with console.capture() as captured:
        console.print(sessions_table([session]))
    return captured.get()
