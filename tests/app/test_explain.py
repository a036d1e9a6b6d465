"""`oms explain`: an order's life from a journal that the real engine wrote, and why each report became nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from oms.app.cli_commands import app
from oms.app.life import life_of, orders_called
from oms.app.words import state_object
from oms.core import events as ev
from oms.core.explain import why_ignored
from oms.core.messages import ExecutionReport, Other
from oms.fix.dialects import APIFINY, FIX42
from oms.journal.chain import read_journal
from oms.journal.sqlite import SqliteJournal
from tests.app.recorded_desk import RecordedDesk
from tests.core.desk import Desk, code
from tests.journal.builders import EVENT_TYPES, example

FILL = "37=V1 17={} 20=0 150=1 39=1 32={} 44=99"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def desk(path: Path) -> Iterator[RecordedDesk]:
    desk = RecordedDesk(path)
    desk.up()
    yield desk
    desk.close()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["explain", *map(str, arguments)])


def steps(any_id: object, path: Path, *more: str) -> list[dict[str, Any]]:
    told = run(any_id, "--journal", path, "--json", *more)
    assert (told.exit_code, told.stderr) == (0, "")
    return [json.loads(line) for line in told.stdout.splitlines()]


def types(step: dict[str, Any]) -> list[str]:
    return [event["type"] for event in step["events"]]


# --- what a step says


def test_a_step_tells_what_who_when_and_the_state_after_it(desk: RecordedDesk, path: Path) -> None:
    order = desk.working()
    placed, sent, accepted = steps("a", path)
    assert list(placed) == [
        *("n", "time", "kind", "direction", "session", "actor", "origin", "command", "raw", "said", "events"),
        *("ignored", "anomaly", "remarks", "state"),
    ]
    assert (placed["kind"], placed["actor"], placed["origin"]) == ("command", "trader", "http")
    assert (placed["command"]["type"], placed["direction"], placed["raw"]) == ("PlaceOrder", None, None)
    assert types(placed) == ["Placed"]
    assert placed["state"]["pending"][0]["cl_ord_id"] == order.cl_ord_id
    assert (sent["direction"], sent["said"], sent["n"]) == ("out", "NewOrderSingle", placed["n"] + 1)
    assert sent["raw"].startswith("8=FIX.4.2|9=1|35=D|")
    assert (accepted["direction"], accepted["session"]) == ("in", "main")
    assert accepted["time"] == "2026-03-01T09:00:04.000000000Z"
    assert "ExecType New, OrdStatus New, ExecID A-V1" in accepted["said"]
    assert accepted["events"][0] == {
        "type": "Accepted",
        "order": 1,
        "exec_id": "A-V1",
        "order_id": "V1",
        "transact_time": "20260301-09:00:05",
        "text": accepted["events"][0]["text"],
    }
    assert accepted["state"] == state_object(order)


def test_secrets_stay_masked(path: Path) -> None:
    with_secret = RecordedDesk(path)
    with_secret.up()
    order = with_secret.working()
    with_secret.tell(f"11={order.cl_ord_id} 37=V1 17=F1 20=0 150=1 39=1 32=1 44=9 96=eyJhbGciOi.abc")
    assert "96=**************|" in steps("a", path)[-1]["raw"]
    with_secret.close()


def test_people_read_it_too_beside_the_writer(desk: RecordedDesk, path: Path) -> None:
    desk.working()
    desk.tell(FILL.format("F1", 4))
    desk.tell(FILL.format("F1", 4))
    desk.tell(FILL.format("F1", 5))
    told = run("a", "--journal", path)
    assert told.exit_code == 0
    for text in [
        "order #1  a: buy 10 BTCUSDT at 100; ClOrdID ",
        "PlaceOrder by trader from http: client_order_id a",
        "→ to the venue (main)",
        "← from the venue (main)",
        "  became   Filled: One execution. ExecID F1, LastShares 4, LastPx 99\n",
        "  ignored  duplicate ExecID F1: this execution (4 @ 99) came before and counts once\n",
        "  ANOMALY  EXECUTION_MISMATCH: ExecID F1 came before with 4 @ 99, now with 5 @ 99",
        "  state    Partially filled (WORKING); CumQty 4, LeavesQty 6, AvgPx 99\n",
    ]:
        assert text in told.stdout
    assert "\x1b" not in told.stdout, "no colours into a pipe"


def test_what_a_venue_writes_cannot_steer_the_terminal(desk: RecordedDesk, path: Path) -> None:
    order = desk.working()
    desk.tell(f"11={order.cl_ord_id} 37=V1 17=C 20=0 150=4 39=4 58=\x1b[2Jgone")
    told = run("a", "--journal", path)
    assert "?[2Jgone" in told.stdout
    assert "\x1b" not in told.stdout


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
def test_every_event_has_words(kind: type[ev.Fact]) -> None:
    from oms.app.words import event_object  # noqa: PLC0415 - only here

    told = event_object(example(kind), {7: "cancel C7"})
    assert told["type"] == kind.__name__
    assert len(told["text"]) > 15
    json.dumps(told)


# --- which order


def test_any_id_finds_it(desk: RecordedDesk, path: Path) -> None:
    order = desk.working()
    desk.working("b", "V2")
    expected = steps("a", path)
    for any_id in (order.cl_ord_id, "V1", "1", "#1"):
        assert steps(any_id, path) == expected
    assert steps("#2", path)[0]["command"]["client_order_id"] == "b"


def test_an_id_comes_before_our_number(desk: RecordedDesk, path: Path) -> None:
    desk.working("2", "V1")
    desk.working("b", "V2")
    assert steps("2", path)[0]["state"]["cl_ord_id"] == steps("#1", path)[0]["state"]["cl_ord_id"]


def test_an_ambiguous_id_lists_the_orders(path: Path) -> None:
    desk = RecordedDesk(path, sessions=("main", "other"))
    desk.up()
    desk.place("a", session="main")
    desk.place("a", session="other")
    desk.close()
    told = run("a", "--journal", path)
    assert (told.exit_code, told.stdout) == (1, "")
    first, *candidates = told.stderr.splitlines()
    assert first == "oms: 2 orders have the id 'a'; name one by its number:"
    assert [line[:18] for line in candidates] == ["  #1  a: buy 10 BT", "  #2  a: buy 10 BT"]
    assert "session other" in candidates[1]


@pytest.mark.parametrize("any_id", ["nobody", "7", "#7", "#a", ""])
def test_an_unknown_id_is_one_line_and_exit_1(desk: RecordedDesk, path: Path, any_id: str) -> None:
    desk.working()
    told = run(any_id, "--journal", path)
    assert (told.exit_code, told.stdout, told.stderr) == (1, "", f"oms: no order has the id {any_id!r}\n")


def test_an_unreadable_journal_is_exit_2(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no journal " * 100)
    for file in (text, tmp_path / "nowhere.db", tmp_path / "nowhere.toml"):
        told = run("a", "--journal", file)
        assert (told.exit_code, told.stdout) == (2, "")
        assert told.stderr.startswith("oms: ")
    assert run("a", "--journal", text, "--dialect", "fix50").exit_code == 2


def test_the_configuration_names_journal_and_dialect(desk: RecordedDesk, path: Path) -> None:
    desk.working()
    template = (Path(__file__).parents[2] / "config" / "apifiny.toml").read_text()
    config = path.parent / "oms.toml"
    config.write_text(template)
    assert steps("a", config) == steps("a", path), "without the secrets that the daemon needs"
    for text in ("journal = 1", "[[", '[[session]]\ndialect = "fix50"'):
        config.write_text(text)
        told = run("a", "--journal", config)
        assert (told.exit_code, told.stderr.startswith(f"oms: {config}: ")) == (2, True)


def test_a_dialect_can_be_named(path: Path) -> None:
    desk = RecordedDesk(path, FIX42)
    desk.up()
    desk.working()
    desk.cancel()
    desk.tell("37=V1 17=0 20=0 150=8 39=0 103=6 14=0 151=10")
    desk.close()
    assert "second order" in steps("a", path, "--dialect", "fix42")[-1]["ignored"]


# --- why a report became nothing


@pytest.mark.parametrize(
    ("before", "report", "told"),
    [
        ([FILL.format("F1", 4)], FILL.format("F1", 4), "duplicate ExecID F1: this execution (4 @ 99) came before"),
        (
            [FILL.format("F1", 4), "37=V1 17=B1 19=F1 20=1 150=1 39=0"],
            FILL.format("F1", 4),
            "it was taken back since",
        ),
        (
            [FILL.format("F1", 4), "37=V1 17=K1 19=F1 20=2 150=1 39=1 32=3 31=99"],
            FILL.format("F1", 4),
            "a correction of it counts in its place",
        ),
        (
            [FILL.format("F1", 4), "37=V1 17=B1 19=F1 20=1 150=1 39=0"],
            "37=V1 17=B1 19=F1 20=1 150=1 39=0",
            "duplicate ExecID B1: this bust was applied before",
        ),
        (
            [FILL.format("F1", 4), "37=V1 17=F1 19=F1 20=1 150=1 39=0"],
            "37=V1 17=F1 19=F1 20=1 150=1 39=0",
            "repeated: execution F1 is busted already",
        ),
        (
            [FILL.format("F1", 4)],
            "37=V1 17=F1 19=F1 20=2 150=1 39=1 32=4 31=99",
            "the correction of execution F1 changes nothing",
        ),
        ([], "37=V1 17=A-V1 20=0 150=0 39=0", "repeated: ExecID A-V1 with ExecType New came before"),
        ([], "37=V1 17=A2 20=0 150=0 39=0", "the order's acceptance is on record"),
        ([], "37=V1 17=A2 20=0 150=A 39=A", "late: Pending new, and the order is working already"),
        (["37=V1 17=C 20=0 150=4 39=4"], "37=V1 17=C2 20=0 150=4 39=4", "repeated: the order is canceled already"),
        (
            ["37=V1 17=C 20=0 150=4 39=4 60=20260301-09:01:00"],
            "37=V1 17=A2 20=0 150=0 39=0 60=20260301-09:00:00",
            "late: New arrives after the order is canceled",
        ),
        (
            ["37=V1 17=C 20=0 150=4 39=4 60=20260301-09:01:00"],
            "37=V1 17=A2 20=0 150=0 39=4 60=20260301-09:02:00",
            "late: New arrives after the order is canceled",
        ),
        (
            [FILL.format("F1", 4)],
            "37=V1 17=G 20=0 150=1 39=7 32=2 31=99 14=0",
            "late: it guarantees an execution, and more came since",
        ),
        (
            ["37=V1 17=C 20=0 150=4 39=4 60=20260301-09:01:00"],
            "37=V1 17=R2 20=0 150=D 39=0 60=20260301-09:00:00",
            "late: Restated arrives after the order is canceled",
        ),
        ([], "37=V1 17=P 20=0 150=6 39=6", "no cancel is open that it could be about"),
        (["37=V1 17=C 20=0 150=4 39=4"], "37=V1 17=P 20=0 150=6 39=6", "late: Pending cancel arrives after"),
        ([], "37=V1 17=0 20=0 150=8 39=0 103=6", "it refuses a second order with this ClOrdID"),
        ([], "37=V1 17=0 20=3 150=0 39=0", "a status answer that agrees with the record: New"),
        ([], "37=V1 17=0 150=1 39=1 32=0", "a status answer that nobody asked for"),
        (
            ["37=V1 17=C 20=0 150=4 39=4 60=20260301-09:01:00"],
            "37=V1 17=0 20=3 150=0 39=0 60=20260301-09:00:00",
            "a status answer (New) from 20260301-09:00:00, older than the order's youngest report",
        ),
        ([], "37=V1 17=0 20=3 150=D 39=D", "a status answer (AcceptedForBidding) that is no evidence against"),
        (
            ["37=V1 17=0 20=3 150=2 39=2 38=10 14=10 151=0 60=20260301-09:01:00"] * 3,
            "37=V1 17=0 20=3 150=2 39=2 38=10 14=10 151=0 60=20260301-09:01:00",
            "a status answer (Filled) whose CumQty is on record: of the fills that make it up some are missing",
        ),
        (
            ["37=V1 17=K1 19=F1 20=2 150=1 39=1 32=3 31=99"],
            FILL.format("F1", 4),
            "ExecID F1 was corrected before it came",
        ),
        ([], "35=9 37=V1 39=4 434=1 102=0", "nothing that it could refuse is open"),
        (["37=V1 17=C 20=0 150=4 39=4"], "35=3 45=1 372=D 58=late", "what it refuses was answered before"),
    ],
)  # fmt: skip
def test_why_ignored(desk: RecordedDesk, path: Path, before: list[str], report: str, told: str) -> None:
    order = desk.working()
    for text in before:
        desk.tell(text)
    state = state_object(order)
    desk.tell(report)
    last = steps("a", path)[-1]
    assert told in last["ignored"]
    assert (last["events"], last["anomaly"], last["n"]) == ([], None, desk.journal.head[0])
    assert last["state"] == state


def test_a_reject_that_may_mean_anything_says_so() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    refusal = ExecutionReport(order_id="O", exec_id="R", exec_type="8", ord_status="8", ambiguous_reject=True)
    desk.send("35=H 11=X")
    assert "may refuse the question" in why_ignored(order, refusal)
    desk.send("35=F 11=Y 41=X 38=10")
    assert "what is open is in doubt already" in why_ignored(order, refusal)
    desk.tell("11=X 37=O 17=C 20=0 150=4 39=4")
    assert why_ignored(order, refusal) == "late: Rejected arrives after the order is canceled"


def test_a_second_pending_cancel_is_repeated(path: Path) -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=F 11=Y 41=X 38=10")
    assert code(desk.tell("11=Y 41=X 37=O 17=P 20=0 150=6 39=6")) is None
    again = ExecutionReport(cl_ord_id="Y", order_id="O", exec_id="P2", exec_trans_type="0", exec_type="6")
    assert why_ignored(order, again) == "repeated: the venue said before that it has the cancel"
    assert "no meaning" in why_ignored(order, Other(msg_type="B"))
    novel = ExecutionReport(cl_ord_id="Y", order_id="O", exec_id="P3", exec_trans_type="0", exec_type="D")
    assert why_ignored(order, novel) == "it says nothing that was not on record"


# --- stories


def test_a_held_report_is_told_where_it_came_and_where_it_applied(desk: RecordedDesk, path: Path) -> None:
    order = desk.place()
    desk.tell(FILL.format("F1", 4))
    desk.tell(FILL.format("F1", 4))
    desk.tell(f"11={order.cl_ord_id} 37=V1 17=A 20=0 150=0 39=0")
    _, _, held, again, accepted = steps("a", path)
    assert (types(held), held["state"]["cum_qty"], held["ignored"]) == (["ReportHeld"], "0", None)
    assert f"decided with record {accepted['n']}" in held["remarks"][0]
    assert again["ignored"].startswith("duplicate ExecID F1")
    assert types(accepted) == ["Accepted", "Filled"]
    assert accepted["remarks"][0] == f"the report of record {held['n']}, held until now, is applied"
    assert accepted["state"]["cum_qty"] == "4"


def test_another_orders_held_reports_are_not_told(desk: RecordedDesk, path: Path) -> None:
    desk.place("a")
    other = desk.place("b")
    desk.tell("37=V2 17=F1 20=0 150=1 39=1 32=4 44=99")
    desk.tell(f"11={other.cl_ord_id} 37=V2 17=A 20=0 150=0 39=0")
    assert [step["kind"] for step in steps("a", path)] == ["command", "sent"]
    assert len(steps("b", path)) == 4


def test_doubt_begins_and_ends_with_a_reason(desk: RecordedDesk, path: Path) -> None:
    order = desk.place()
    desk.down()
    desk.down("no logon")
    desk.up()
    desk.tell(f"11={order.cl_ord_id} 37=V1 17=0 150=0 39=0 32=0")
    told = steps("a", path)
    assert [step["kind"] for step in told] == ["command", "sent", "session", "session", "sent", "received"]
    down, up, answer = told[2], told[3], told[5]
    assert types(down) == ["LoggedOut", "InDoubt"]
    assert f"(new {order.cl_ord_id})" in down["events"][1]["text"]
    assert down["state"]["doubts"][0]["reason"] == "the session dropped before the answer"
    assert types(up) == ["LoggedOn", "StatusRequested"]
    assert answer["remarks"] == [f"this ends the doubt about new {order.cl_ord_id}"]
    assert not answer["state"]["in_doubt"]
    assert "IN DOUBT: new" in run("a", "--journal", path).stdout


def test_doubt_by_time_and_by_restart(desk: RecordedDesk, path: Path) -> None:
    order = desk.place()
    desk.pass_time(6)
    timer = next(step for step in steps("a", path) if step["kind"] == "timer")
    assert types(timer) == ["InDoubt", "StatusRequested"]
    desk.tell(f"11={order.cl_ord_id} 37=V1 17=A 20=0 150=0 39=0")
    desk.cancel()
    desk.tell("37=V1 17=0 150=0 39=0 32=0")
    desk.restart()
    start = steps("a", path)[-1]
    assert (start["kind"], types(start)) == ("start", ["LoggedOut", "InDoubt"])
    assert start["state"]["doubts"][0]["reason"] == "the daemon was restarted before the answer"
    assert "the daemon started" in run("a", "--journal", path).stdout


def test_an_adopted_order_and_ids_of_two_orders(desk: RecordedDesk, path: Path) -> None:
    desk.tell("37=T 17=A 20=0 150=0 39=0 38=10")
    assert [types(step) for step in steps("T", path)] == [["Adopted", "Accepted"]]
    order = desk.working()
    desk.tell(f"11={order.cl_ord_id} 37=T 17=F 20=0 150=1 39=1 32=4 44=9")
    for any_id in ("a", "T"):
        (told,) = [step for step in steps(any_id, path) if step["anomaly"]]
        assert told["anomaly"]["code"] == "ID_CONFLICT"


def test_a_chaotic_life(desk: RecordedDesk, path: Path) -> None:
    order = desk.place()
    desk.place("other", exchange="VENUE2")
    first = order.cl_ord_id
    desk.tell(FILL.format("F2", 2))
    desk.tell(f"11={first} 37=V1 17=A 20=0 150=0 39=0 60=20260301-09:00:05")
    desk.tell(FILL.format("F2", 2))
    desk.tell(FILL.format("F4", 1) + " 14=6")
    desk.cancel()
    desk.restart()
    desk.up()
    desk.tell("37=V1 17=0 150=1 39=1 32=0")
    desk.tell(f"11={first} 37=V1 17=C 20=0 150=4 39=4 60=20260301-09:05:00")
    desk.tell(FILL.format("F3", 3) + " 14=5")
    desk.tell(f"11={first} 37=V1 17=A9 20=0 150=0 39=0 60=20260301-09:00:05")
    desk.tell(FILL.format("F3", 7))
    told = steps("a", path)
    assert told[-1]["anomaly"]["code"] == "EXECUTION_MISMATCH"
    assert told[-2]["ignored"].startswith("late: New arrives after the order is canceled")
    assert "revives nothing" in told[-3]["remarks"][0]
    gap = next(step for step in told if step["state"]["gap"] == "3")
    assert gap["remarks"] == ["the venue's CumQty is 6, the fills that arrived make 3: fills are missing"]
    numbers = [step["n"] for step in told]
    assert numbers == sorted(set(numbers))
    live = desk.engine.blotter.orders[1]
    assert told[-1]["state"] == state_object(live)
    assert (live.phase, str(live.cum_qty)) == ("CANCELED", "6")


def test_a_damaged_record_is_exit_1(desk: RecordedDesk, path: Path) -> None:
    import sqlite3  # noqa: PLC0415 - only here

    desk.working()
    desk.close()
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("UPDATE records SET body = x'7b7d' WHERE n = 3")
    connection.commit()
    connection.close()
    told = run("a", "--journal", path)
    assert told.exit_code == 1
    assert "oms journal verify" in told.stderr


# --- properties

_reports = st.builds(
    lambda ids, exec_id, kind, trans, shares, time: (
        f"{ids} 17={exec_id} 150={kind} {trans} 32={shares} 31=99 19=1 60=20260301-09:00:0{time}"
    ),
    ids=st.sampled_from(["37=V1", "11=X 37=V1", "37=V2", "11=X"]),
    exec_id=st.sampled_from("0123"),
    kind=st.sampled_from("0123456789ABCDE"),
    trans=st.sampled_from(["20=0", "20=0", "20=1", "20=2", "20=3", "39=4 20=3", "39=8 20=3", "39=1"]),
    shares=st.sampled_from("0123"),
    time=st.sampled_from("0123456789"),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(_reports | st.sampled_from(["cancel", "restart", "down", "up", "time"]), max_size=15))
def test_whatever_comes_the_life_ends_where_the_engine_does(tmp_path: Path, texts: list[str]) -> None:
    path = tmp_path / "journal.db"
    for file in tmp_path.iterdir():
        file.unlink()
    desk = RecordedDesk(path)
    desk.up()
    order = desk.place()
    acts: dict[str, Any] = {
        "cancel": desk.cancel,
        "restart": desk.restart,
        "down": desk.down,
        "up": desk.up,
        "time": lambda: desk.pass_time(7),
    }
    for text in texts:
        if text in acts:
            acts[text]()
        else:
            desk.tell(text.replace("11=X", f"11={order.cl_ord_id}"))
    desk.close()
    assert orders_called("a", (record for _, record in read_journal(path))) == [1]
    life = life_of(1, read_journal(path), lambda _: APIFINY)
    live = desk.engine.blotter.orders[1]
    assert life.order is not None
    assert state_object(life.order) == state_object(live)
    for step in life.finish():
        if step.kind == "received" and not step.events:
            assert step.ignored or step.anomaly or step.remarks
    reached = [step.state for step in life.finish() if step.state is not None]
    assert reached[-1] == state_object(live)


def test_memory_grows_with_the_order_alone(path: Path) -> None:
    desk = RecordedDesk(path)
    desk.up()
    desk.place("a")
    for number in range(50):
        desk.place(f"b{number}")
    desk.close()
    life = life_of(1, read_journal(path), lambda _: APIFINY)
    assert (len(life._blotter.orders), len(life.steps)) == (1, 2)


def test_a_journal_that_a_person_wrote_by_hand(path: Path) -> None:
    from tests.journal.test_cli_journal import RECORDS  # noqa: PLC0415 - only here

    journal = SqliteJournal(path)
    journal.append(
        [record for record in RECORDS if not any(getattr(e, "order", 0) == 18 for e in record.events)]
    )
    journal.close()
    assert len(steps("desk-1", path)) >= 4
