"""Events of replaces, decisions and rounds as people read them, and which of them belong to an order's life."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from oms.app.cli_commands import app
from oms.app.words import event_object, event_text
from oms.core import events as ev
from oms.core.inputs import Cancel, CancelAll, Reconcile, Resolve, Tick
from tests.app.recorded_desk import RecordedDesk

NAMES = {4: "replace R1", 5: "new N2"}
SENTENCES: list[tuple[ev.Fact, str]] = [
    (
        ev.ReplaceRequested(
            order=1, request=4, cl_ord_id="R1", time_ns=1, price=Decimal(9), waiting=True, by_cancel=True
        ),
        (
            "Somebody wants other terms (replace R1). It waits to be sent. It is carried out as cancel, then new"
            " order. ClOrdID R1, price 9"
        ),
    ),
    (
        ev.LegCanceled(order=1, exec_id="E7\x014", proven=Decimal("2.50")),
        "The first half of a replace as cancel-then-new is done. ExecID E7, proven CumQty 2.5",
    ),
    (
        ev.LegOpened(order=1, request=5, replace=4, cl_ord_id="R1", base_qty=Decimal(2), time_ns=1),
        "The new order of a replace as cancel-then-new leaves (new N2). ClOrdID R1, executed before 2",
    ),
    (
        ev.LegFilled(order=1, exec_id="E9/leg1", last_shares=Decimal(1), excess=Decimal("0.5")),
        "A late execution of an earlier leg of a replaced order. ExecID E9, LastShares 1, beyond what was wanted 0.5",
    ),
    (
        ev.Resolved(order=1, outcome="filled", evidence="their screen", time_ns=1, actor="ann"),
        "A person decided what became of an order in doubt. outcome filled, evidence their screen",
    ),
    (
        ev.Reconciled(session="main", time_ns=1, asked=3, unanswered=(1, 2)),
        (
            "A round of questions has ended: so many orders were asked for, and these have no answer."
            " asked 3, unanswered 1, 2"
        ),
    ),
    (
        ev.TradingStopped(session="main", time_ns=1, reason="an order of others"),
        "No new order leaves by this session until a person says so. reason an order of others",
    ),
    (ev.TradingResumed(session="main", time_ns=1, actor="ann"), "A person lets new orders leave again."),
]  # fmt: skip


@pytest.mark.parametrize(("event", "text"), SENTENCES, ids=lambda value: type(value).__name__)
def test_an_event_is_a_sentence(event: ev.Fact, text: str) -> None:
    assert event_text(event, NAMES) == text
    assert json.dumps(event_object(event, NAMES))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RecordedDesk]:
    desk = RecordedDesk(tmp_path / "journal.db")
    desk.up()
    yield desk
    desk.close()


def steps(desk: RecordedDesk, any_id: str) -> list[dict[str, Any]]:
    told = CliRunner().invoke(app, ["explain", any_id, "--journal", str(desk.path), "--json"])
    assert told.exit_code == 0, told.stderr
    return [json.loads(line) for line in told.stdout.splitlines()]


def told_of(desk: RecordedDesk, any_id: str) -> list[str]:
    return [event["type"] for step in steps(desk, any_id) for event in step["events"]]


def test_a_round_that_brought_no_answer_belongs_to_the_orders_life(desk: RecordedDesk) -> None:
    desk.working()
    desk.step(Reconcile(actor="ann"))
    desk.step(Tick())
    desk.step(Tick(), 40)
    assert told_of(desk, "a")[-1] == "Reconciled"


def test_a_round_of_others_does_not(desk: RecordedDesk) -> None:
    order = desk.working()
    desk.step(Cancel(id="a"))
    desk.tell(f"11={order.cl_ord_id} 37={order.order_id} 17=c 20=0 150=4 39=4 60=20260301-09:00:06")
    desk.step(Reconcile(actor="ann"))
    assert "Reconciled" not in told_of(desk, "a")


def test_a_decision_and_a_cancel_of_all_are_told_with_who_and_where_from(desk: RecordedDesk) -> None:
    desk.working()
    desk.step(CancelAll(actor="ann", origin="here:1"))
    desk.step(Tick(), 10)
    desk.step(Resolve(id="a", outcome="canceled", evidence="their screen", actor="bob", origin="there:2"))
    known = {step["command"]["type"]: step for step in steps(desk, "a") if step["command"]}
    assert (known["CancelAll"]["actor"], known["CancelAll"]["origin"]) == ("ann", "here:1")
    resolved = known["Resolve"]
    assert (resolved["actor"], resolved["state"]["phase"]) == ("bob", "CANCELED")
    assert [event["type"] for event in resolved["events"]] == ["Resolved", "Canceled"]
    text = CliRunner().invoke(app, ["explain", "a", "--journal", str(desk.path)]).stdout
    assert "CancelAll by ann from here:1  (record" in text
