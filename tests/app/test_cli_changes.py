"""Replacing, deciding and canceling everything by hand: what is printed, where, and with which exit code."""

import io
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest
from rich.console import Console
from typer.testing import Result

from oms.app import sweep as sweeping
from oms.app.client import Client, NoDaemonError
from oms.app.others import staying, unseen
from oms.app.tables import open_points
from oms.app.tables_unsettled import doubts_table
from oms.core.inputs import Cancel, CancelAll, Instruction, Received, Unanswered
from oms.core.messages import CancelReject, ExecutionReport
from oms.core.work import Route  # noqa: TC001 - a cast names it
from tests.app.fake_desk import TOKENS, FakeDesk

Run = Callable[..., Result]
NEW = "order new --symbol BTCUSDT --side buy --order-qty 1.5 --price 100 --exchange VENUE1 --client-order-id"


def one_line(result: Result) -> str:
    assert isinstance(result.exception, SystemExit | type(None)), result.exception
    assert result.stderr.startswith("oms: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture
def working(desk: FakeDesk, oms: Run) -> Run:
    desk.auto_ack = True
    assert oms(f"{NEW} a").exit_code == 0
    return oms


def refuse_cancel(desk: FakeDesk, client_order_id: str = "a") -> None:
    order = desk.find(client_order_id)
    said = CancelReject(cl_ord_id=order.cl_ord_id, orig_cl_ord_id=order.cl_ord_id, response_to="1", text="no")
    desk.step(Received(session=order.session, raw="", report=said))


# --- replaces


def test_a_replace_is_on_its_way(desk: FakeDesk, working: Run) -> None:
    result = working("order replace a --order-qty 2 --price 101")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "replace pending" in result.stdout
    (request,) = desk.find().pending
    assert (request.order_qty, request.price) == (Decimal(2), Decimal(101))


def test_a_replace_that_is_waited_for(desk: FakeDesk, working: Run) -> None:
    desk.after_command(desk.replace, 0.2)
    done = working("order replace a --price 101 --wait ack --json")
    assert (done.exit_code, json.loads(done.stdout)["price"]) == (0, "101")
    late = working("order replace a --price 102 --wait ack --timeout-s 0.1")
    assert late.exit_code == 1
    assert "no outcome yet: replace pending. Ask: oms order status" in one_line(late)


def test_a_replace_that_the_venue_refuses(desk: FakeDesk, working: Run) -> None:
    def refuse() -> None:
        order = desk.find()
        said = CancelReject(
            cl_ord_id=order.pending[0].cl_ord_id,
            orig_cl_ord_id=order.cl_ord_id,
            response_to="2",
            text="too far",
        )
        desk.step(Received(session="main", raw="", report=said))

    desk.after_command(refuse, 0.2)
    result = working("order replace a --price 101 --wait ack --json")
    assert result.exit_code == 1
    assert "not replaced: too far; the order is new" in one_line(result)
    assert json.loads(result.stdout)["refusal"]["reason"] == "too far"


def test_a_replacement_that_the_venue_refuses_ends_the_order_and_is_no_success(
    desk: FakeDesk, working: Run
) -> None:
    routes = cast("dict[str, Route]", desk.engine.routes)
    routes["main"] = msgspec.structs.replace(routes["main"], has_replace=False, proves_cum_qty=True)

    def refuse() -> None:
        desk.report(desk.find(), "4", cum_qty=Decimal(0))
        desk.report(desk.find(), "8", text="no money", order_id="V9")

    desk.after_command(refuse, 0.2)
    result = working("order replace a --order-qty 2 --wait ack --json")
    assert json.loads(result.stdout)["ord_status_name"] == "Canceled"
    assert result.exit_code == 1
    assert "not replaced: the order is canceled: the replacement was rejected: no money" in one_line(result)


def test_a_denied_replace_says_its_code(desk: FakeDesk, working: Run) -> None:
    result = working("order replace a --order-qty 1.5")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "NOTHING_TO_REPLACE: quantity and price are the order's already" in one_line(result)
    desk.report(desk.find(), "4")
    assert "the order is over (canceled)" in one_line(working("order replace a --price 1"))


@pytest.mark.parametrize(
    "line", ["order replace a", "order replace a --price 1e9", "order replace", "order replace a --qty 1"]
)
def test_wrong_usage_of_a_replace(working: Run, line: str) -> None:
    assert working(line).exit_code == 2


# --- decisions


def test_a_doubt_is_shown_with_all_that_is_known_of_it(desk: FakeDesk, oms: Run) -> None:
    oms(f"{NEW} a")
    desk.let_time_pass(90)
    shown = oms("orders --in-doubt", COLUMNS="200")
    assert shown.exit_code == 0
    words = " ".join(shown.stdout.split())
    for word in (
        f"new {desk.find().cl_ord_id} qty 1.5 at 100", "2026-03-01 09:00:00", "2 min", "no answer within 5 s",
        "1 question without an answer",
    ):  # fmt: skip
        assert word in words
    (order,) = json.loads(oms("orders --in-doubt --json").stdout)["orders"]
    (doubt,) = order["doubts"]
    assert (doubt["kind"], doubt["sent"], doubt["questions"]) == ("new", "2026-03-01T09:00:00.000Z", 1)


def test_a_person_resolves_an_order(desk: FakeDesk, oms: Run) -> None:
    oms(f"{NEW} a")
    desk.let_time_pass(6)
    result = oms(
        "resolve a --as canceled --cum-qty 0.5 --avg-px 99 --json --evidence", "their screen, 14:02 UTC"
    )
    assert (result.exit_code, result.stderr) == (0, "")
    order = json.loads(result.stdout)
    assert (order["phase"], order["cum_qty"], order["in_doubt"]) == ("CANCELED", "0.5", False)
    assert "resolved by both: their screen, 14:02 UTC" in order["reason"]
    again = oms("resolve a --as canceled --evidence x")
    assert again.exit_code == 1
    assert "nothing of this order is in doubt" in one_line(again)


def test_a_person_names_the_order_by_the_number_of_the_venue(desk: FakeDesk, oms: Run) -> None:
    oms(f"{NEW} a")
    desk.let_time_pass(6)
    result = oms("resolve a --as working --order-id V77 --json --evidence", "their screen, 14:02 UTC")
    assert (result.exit_code, json.loads(result.stdout)["order_id"]) == (0, "V77")


def test_candidates_and_what_stayed_here_are_told() -> None:
    doubt = {
        "kind": "new",
        "cl_ord_id": "C",
        "sent": "2026-03-01T09:00:00Z",
        "age_s": 7.0,
        "order_qty": "1",
        "price": "2",
        "questions": 0,
        "unknown_at": None,
        "reason": "timed out",
        "candidates": ["101", "102"],
    }
    said = "orders 101, 102 at the venue could each be it"
    shown = {
        "client_order_id": "a",
        "doubts": [doubt],
        "pending": [{"kind": "cancel", "cl_ord_id": "K"}],
        "waiting": ["cancel"],
        "held": "no numbers are left",
        "gap": "0",
        "external": False,
        "denial": None,
        "reason": None,
    }
    assert said in open_points(shown)[0]
    assert open_points(shown)[1] == "cancel waits to be sent (no numbers are left)"
    out = io.StringIO()
    Console(file=out, width=200).print(doubts_table([shown]))
    assert said in out.getvalue()


@pytest.mark.parametrize(
    "line",
    [
        "resolve a",
        "resolve a --as filled",
        "resolve a --as gone --evidence x",
        "resolve a --as filled --evidence x --cum-qty -1",
    ],
)
def test_wrong_usage_of_a_decision(working: Run, line: str) -> None:
    assert working(line).exit_code == 2


# --- everything


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(sweeping, "ASK_AGAIN_S", 0.2)


def end_soon(desk: FakeDesk, *own_ids: str, after_s: float = 0.2) -> None:
    def end() -> None:
        for own_id in own_ids:
            desk.report(desk.find(own_id), "4")

    desk.after_command(end, after_s)


def test_everything_is_canceled(desk: FakeDesk, working: Run, quick: None) -> None:
    working(f"{NEW} b")
    end_soon(desk, "a", "b")
    result = working("order cancel --all")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "2 orders asked to go, and nothing is open any more" in one_line(result)
    assert sum(isinstance(command, CancelAll) for command in desk.commands) == 1
    nothing = working("order cancel --all --json")
    assert (nothing.exit_code, json.loads(nothing.stdout)) == (0, {"canceling": 0, "open": []})


def test_one_of_others_that_was_found_and_canceled_meanwhile_counts(
    desk: FakeDesk, oms: Run, quick: None
) -> None:
    def found() -> None:
        report = ExecutionReport(
            order_id="V9",
            exec_id="x",
            exec_type="0",
            ord_status="0",
            symbol="BTCUSDT",
            side="1",
            order_qty=Decimal(1),
        )
        desk.step(Received(session="main", raw="", report=report))
        canceled = msgspec.structs.replace(report, exec_id="y", exec_type="4", ord_status="4")
        desk.step(Received(session="main", raw="", report=canceled))

    commit = desk.submit

    def submit(instruction: Instruction) -> Any:
        answer = commit(instruction)
        if isinstance(instruction, CancelAll):
            found()
        return answer

    desk.submit = submit  # type: ignore[method-assign]
    result = oms("order cancel --all")
    assert "1 order asked to go, and nothing is open any more" in one_line(result)


def looked(desk: FakeDesk, looks: list[str | None]) -> None:
    """Have each cancel of everything end with a look that is complete (its time), or not (None)."""
    commit = desk.submit

    def submit(instruction: Instruction) -> Any:
        if isinstance(instruction, CancelAll):
            last = looks.pop(0)
            desk.more["main"] = desk.more["main"] | ({"canceled_all": last} if last else {})
        return commit(instruction)

    desk.submit = submit  # type: ignore[method-assign]


def count_of_all(desk: FakeDesk) -> int:
    return sum(isinstance(command, CancelAll) for command in desk.commands)


def test_where_orders_of_others_are_ignored_nobody_says_that_nothing_is_open(
    desk: FakeDesk, working: Run, quick: None
) -> None:
    desk.more["main"] = {"kind": "cloud", "external_orders": "ignore"}
    end_soon(desk, "a")
    said = one_line(result := working("order cancel --all"))
    assert result.exit_code == 0
    assert "1 order asked to go, and nothing of ours is open any more" in said
    assert 'orders of others stay at main: external_orders is "ignore"' in said
    report = json.loads(working("order cancel --all --json").stdout)
    assert report["others_stay"] == {"main": 'external_orders is "ignore"'}


def test_a_session_that_shares_its_account_stands_for_its_own_orders() -> None:
    rows = {
        name: {"name": name, "kind": "weex", "account": "A", "logged_on": True, "canceled_all": None}
        for name in ("one", "two")
    }
    mine = {"exchange": None, "session": "two", "symbol": None}
    assert staying(rows, mine) == {"two": "other sessions share its account"}
    assert unseen(rows, rows, mine) == {}
    everywhere = {**mine, "session": None}
    assert staying(rows, everywhere) == {}
    assert list(unseen(rows, rows, everywhere)) == ["one"]  # the account, once
    done = {**rows, "two": {**rows["two"], "canceled_all": "now"}}
    assert unseen(done, rows, everywhere) == {}


def test_a_look_that_did_not_come_to_its_end_is_begun_anew(desk: FakeDesk, oms: Run, quick: None) -> None:
    desk.more["main"] = {"kind": "weex", "canceled_all": "08:00"}
    looked(desk, [None, "09:00"])
    result = oms("order cancel --all")
    assert (result.exit_code, count_of_all(desk)) == (0, 2)
    assert "nothing was open" in one_line(result)


def test_what_was_not_looked_through_is_said_and_is_no_success(desk: FakeDesk, oms: Run, quick: None) -> None:
    desk.more["main"] = {"kind": "weex", "canceled_all": "08:00", "logged_on": False, "reason": "HTTP 502"}
    result = oms("order cancel --all --timeout-s 0.1 --json")
    assert result.exit_code == 1
    assert "what others have open is not known at main: not logged on (HTTP 502)" in result.stderr
    assert json.loads(result.stdout)["others_unknown"] == {"main": "not logged on (HTTP 502)"}


def test_a_venue_that_nobody_knows_is_no_success(desk: FakeDesk, working: Run, quick: None) -> None:
    result = working("order cancel --all --venue wex")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "oms: no venue is called wex here, so nothing was canceled; known: VENUE1\n"
    assert not desk.find().pending
    as_json = working("order cancel --all --venue wex --json")
    assert (as_json.exit_code, json.loads(as_json.stdout)) == (1, {"canceling": 0, "open": []})
    desk.accounts["weex"] = "W"
    desk.more["weex"] = {"kind": "weex"}
    assert working("order cancel --all --venue wex").stderr.endswith("; known: VENUE1, weex\n")


def test_a_session_that_is_no_venue_by_itself_is_none(desk: FakeDesk, working: Run, quick: None) -> None:
    result = working("order cancel --all --venue main")
    assert result.exit_code == 1
    assert result.stderr.endswith("; known: VENUE1. main is a session: --session main\n")


def test_a_venue_that_is_known_may_have_nothing_open(
    desk: FakeDesk, working: Run, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.report(desk.find(), "4")
    result = working("order cancel --all --venue VENUE1")  # by an order that is over
    assert (result.exit_code, result.stderr) == (0, "oms: nothing was open\n")
    listed = {"instruments": [{"exchange": "VENUE2"}, {"exchange": None}]}
    monkeypatch.setattr(Client, "listed", lambda _self, what: {what: listed[what]})
    assert working("order cancel --all --venue VENUE2").exit_code == 0
    assert working("order cancel --all --venue wex").stderr.endswith("; known: VENUE1, VENUE2\n")


def fill_whole(desk: FakeDesk, client_order_id: str) -> None:
    """Have the venue say that the order was filled at once, and not which order of its own it is."""
    order = desk.find(client_order_id)
    (request,) = order.pending
    said = Unanswered(
        session=order.session,
        order=order.number,
        request=request.number,
        reason="without a number",
        cum_qty=order.order_qty,
    )
    desk.step(said)
    assert order.is_open


def test_what_is_filled_with_fills_missing_is_not_open_to_cancel(
    desk: FakeDesk, oms: Run, quick: None
) -> None:
    oms(f"{NEW} whole")
    fill_whole(desk, "whole")
    result = oms("order cancel --all --timeout-s 0.6")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "filled, with fills missing: whole" in result.stderr
    assert "nothing was open" in result.stderr
    assert not any(isinstance(command, Cancel) for command in desk.commands)
    report = json.loads(oms("order cancel --all --json").stdout)
    assert (report["open"], [order["client_order_id"] for order in report["filled"]]) == ([], ["whole"])


def test_what_is_filled_does_not_hide_what_is_open(desk: FakeDesk, working: Run, quick: None) -> None:
    desk.auto_ack = False
    working(f"{NEW} whole")
    fill_whole(desk, "whole")
    result = working("order cancel --all --timeout-s 0.15 --json")
    assert result.exit_code == 1
    assert "still open: 1 order " in result.stderr
    assert [order["client_order_id"] for order in json.loads(result.stdout)["open"]] == ["a"]


def test_a_cancel_that_is_under_way_is_not_asked_for_again(desk: FakeDesk, working: Run, quick: None) -> None:
    end_soon(desk, "a", after_s=0.6)
    assert working("order cancel --all").exit_code == 0
    assert not any(isinstance(command, Cancel) for command in desk.commands)


def test_a_cancel_that_was_refused_is_asked_for_again_by_and_by(
    desk: FakeDesk, working: Run, quick: None
) -> None:
    desk.after_command(lambda: refuse_cancel(desk), 0.1)
    end_soon(desk, "a", after_s=0.7)
    assert working("order cancel --all").exit_code == 0
    assert sum(isinstance(command, Cancel) for command in desk.commands) == 1


def test_an_order_that_is_placed_meanwhile_goes_too(desk: FakeDesk, working: Run, quick: None) -> None:
    def place() -> None:
        working(f"{NEW} late")
        desk.report(desk.find("a"), "4")

    desk.after_command(place, 0)  # after the one that cancels what is there
    result = working("order cancel --all --timeout-s 2")
    assert result.exit_code == 1
    assert [command.id for command in desk.commands if isinstance(command, Cancel)] == [
        desk.find("late").cl_ord_id
    ]


def test_only_what_fits(desk: FakeDesk, working: Run, quick: None) -> None:
    working(f"{NEW} b --exchange OKEX")
    end_soon(desk, "b")
    assert working("order cancel --all --venue OKEX --symbol BTCUSDT --session main").exit_code == 0
    command = next(command for command in desk.commands if isinstance(command, CancelAll))
    assert (command.exchange, command.symbol, command.session) == ("OKEX", "BTCUSDT", "main")
    assert not desk.find("a").pending


def test_what_could_not_be_confirmed_is_reported_with_its_reason(
    desk: FakeDesk, working: Run, quick: None
) -> None:
    for own_id in ("refused", "waits", "taken"):
        working(f"{NEW} {own_id}")
    theirs = ExecutionReport(
        symbol="BTCUSDT", side="1", order_id="V99", exec_id="x", exec_trans_type="0", exec_type="0",
        ord_status="0", order_qty=Decimal(1),
    )  # fmt: skip
    desk.step(Received(session="main", raw="", report=theirs))
    desk.auto_ack = False
    working(f"{NEW} unsure")
    desk.let_time_pass(6)
    working("order cancel a")
    desk.let_time_pass(6)

    def answered() -> None:
        refuse_cancel(desk, "refused")
        desk.report(desk.find("taken"), "6")

    desk.after_command(answered, 0.05)
    result = working("order cancel --all --timeout-s 0.15 --json")
    assert result.exit_code == 1
    assert "still open: 6 orders after 0.15 s" in one_line(result)
    report = json.loads(result.stdout)
    why = {order["client_order_id"] or order["order_id"]: order["why"] for order in report["open"]}
    assert report["canceling"] == 5
    assert "without a ClOrdID" in why["V99"]
    assert why["refused"] == "the last cancel came to nothing: no"
    assert why["waits"] == "the cancel has left and has no answer"
    assert why["taken"] == "the venue has taken the cancel on, and not confirmed it"
    assert why["unsure"].startswith("new in doubt since 2026-03-01 09:00:00 UTC (no answer within 5 s)")
    table = working("order cancel --all --timeout-s 0.1")
    assert table.exit_code == 1
    assert "cancel it where it was given" in " ".join(table.stdout.split())


def test_a_daemon_that_is_away_for_a_while_does_not_end_it(
    desk: FakeDesk, working: Run, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    really = Client.every_order

    def look(self: Client, **filters: Any) -> list[dict[str, Any]]:
        looks.append(1)
        if len(looks) < 3:
            message = "no daemon answers"
            raise NoDaemonError(message)
        return really(self, **filters)

    monkeypatch.setattr(Client, "every_order", look)
    end_soon(desk, "a")
    assert working("order cancel --all").exit_code == 0
    monkeypatch.setattr(Client, "every_order", lambda self, **_filters: look_away())
    assert working("order cancel --all --timeout-s 0.1").exit_code == 3


def look_away() -> list[dict[str, Any]]:
    message = "no daemon answers"
    raise NoDaemonError(message)


@pytest.mark.parametrize(
    "line",
    [
        "order cancel",
        "order cancel a --all",
        "order cancel a --symbol BTCUSDT",
        "order cancel --venue OKEX",
        "order cancel --all --wait ack",
        "order cancel --all --session mian",
        "order cancel --all --timeout-s 0",
    ],
)
def test_wrong_usage_cancels_nothing(desk: FakeDesk, working: Run, line: str) -> None:
    assert working(line).exit_code == 2
    assert not desk.find().pending


@pytest.mark.parametrize("line", ["order cancel --all", "order replace a --price 1", "reconcile"])
def test_who_may_not(desk: FakeDesk, working: Run, line: str) -> None:
    result = working(line, OMS_TOKEN=TOKENS["reader"])
    assert result.exit_code == 1
    assert "lacks the scope trade" in one_line(result)
    assert not desk.find().pending
