"""What is not agreed with the venue, from orders that the engine itself brought there."""

from decimal import Decimal
from typing import Any

import pytest

from oms.core.differences import differences, notes
from oms.core.inputs import AskStatus, Cancel, Reconcile, SessionDown, Tick
from oms.core.order import Order
from tests.test_engine import World


@pytest.fixture
def world() -> World:
    world = World()
    world.up()
    return world


def working(world: World) -> Order:
    order = world.place()
    world.ack(order)
    return order


def kinds(order: Order, *, unanswered: bool = False) -> list[str]:
    return [difference.what for difference in differences(order, unanswered=unanswered)]


def test_an_order_that_goes_its_way_differs_in_nothing(world: World) -> None:
    order = world.place()
    assert (kinds(order), notes(order)) == ([], [])
    world.ack(order)
    world.fill(1, "f1", order_id="V1")
    assert (kinds(order), notes(order)) == ([], [])


def test_a_request_in_doubt_is_told_with_its_time_and_reason(world: World) -> None:
    order = world.place()
    world.step(Tick(), after_s=6)
    (difference,) = differences(order)
    assert difference.what == "IN_DOUBT"
    assert difference.text.startswith(f"new {order.cl_ord_id}, sent at 2026-")
    assert "no answer within 5 s" in difference.text


def test_each_doubt_is_told(world: World) -> None:
    order = working(world)
    world.step(Cancel(id="a"))
    assert kinds(order) == []
    world.step(Tick(), after_s=6)
    assert kinds(order) == ["IN_DOUBT"]
    assert "cancel" in differences(order)[0].text


def test_a_question_without_an_answer_counts_once_the_round_is_over(world: World) -> None:
    order = working(world)
    world.step(Reconcile())
    world.step(Tick())
    assert order.questions == 1
    assert kinds(order) == []
    assert kinds(order, unanswered=True) == ["UNANSWERED"]
    world.answer("0", cl_ord_id=order.cl_ord_id)
    assert kinds(order, unanswered=True) == []


def test_after_a_connection_was_lost_nothing_is_agreed_until_the_venue_states_it(world: World) -> None:
    order = working(world)
    world.step(SessionDown(session="main"), after_s=1)
    world.up()
    assert kinds(order) == ["UNHEARD"]
    world.answer("0", cl_ord_id=order.cl_ord_id)
    assert kinds(order) == []


def test_missing_fills_with_and_without_their_size(world: World) -> None:
    order = working(world)
    fill: dict[str, Any] = {"order_id": "V1", "exec_type": "1", "ord_status": "1", "last_px": Decimal(99)}
    world.report(**fill, exec_id="f2", last_shares=Decimal(1), cum_qty=Decimal("1.5"))
    (difference,) = differences(order)
    assert difference.what == "GAP"
    assert "CumQty is 1.5" in difference.text
    assert "make 1: 0.5 missing" in difference.text
    world.report(**fill, exec_id="f1", last_shares=Decimal("0.5"), cum_qty=Decimal("0.5"))
    assert kinds(order) == []
    order.unsized_gap = True
    assert kinds(order) == ["GAP"]


def test_unconfirmed_fills(world: World) -> None:
    order = working(world)
    order.unconfirmed_fills.append("x")
    assert kinds(order) == ["UNCONFIRMED"]


def test_a_contradiction_stands_until_the_venue_states_the_order_again(world: World) -> None:
    order = working(world)
    world.fill(1, "f1", order_id="V1")
    world.fill(2, "f1", order_id="V1")
    (difference,) = differences(order)
    assert difference.what == "EXECUTION_MISMATCH"
    assert "a known ExecID comes again" in difference.text
    world.answer("1", cl_ord_id=order.cl_ord_id, cum_qty=Decimal(1))
    assert kinds(order) == []
    assert order.anomalies == 1


def test_an_answer_that_contradicts_is_a_difference_itself(world: World) -> None:
    order = working(world)
    world.fill(1, "f1", order_id="V1")
    world.step(AskStatus(id="a"))
    world.answer("0", cl_ord_id=order.cl_ord_id, cum_qty=Decimal(0))
    assert order.anomalies == 1
    assert kinds(order) == ["STATUS_MISMATCH"]


def test_an_adopted_order_whose_state_agrees_is_a_note_and_no_difference(world: World) -> None:
    terms: dict[str, Any] = {
        "order_id": "V9",
        "exec_id": "x1",
        "exec_type": "0",
        "ord_status": "0",
        "order_qty": Decimal(1),
    }
    world.report(cl_ord_id="theirs", **terms)
    order = world.order("theirs")
    assert kinds(order) == []
    assert [note.what for note in notes(order)] == ["EXTERNAL"]
    world.report(**{**terms, "order_id": "V10", "exec_id": "x2"})
    assert kinds(world.order("V10")) == ["UNASKABLE"]
