"""What a venue answers late, or about what never left: none of it undoes, or hides, what was heard otherwise."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.inputs import (
    AskStatus,
    Cancel,
    Received,
    Replace,
    SessionDown,
    StayedHere,
    Tick,
    Unanswered,
)
from oms.core.messages import ExecutionReport, FillRow, NewOrder, OrderSnapshot
from oms.core.order import Order
from tests.test_engine import ROUTE, TIMING, S, World, view

BY_CANCEL = msgspec.structs.replace(ROUTE, has_replace=False, cancel_before_ack=True)
T0 = "20260301-09:00:00.000"
T1 = "20260301-09:00:01.000"
T2 = "20260301-09:00:02.000"


@pytest.fixture
def world() -> World:
    world = World(route=BY_CANCEL)
    world.up()
    return world


def show(world: World, order: Order, status: str, time: str, *fills: tuple[str, str], **more: Any) -> None:
    """Show an order as REST does: its id is our ClOrdID, its total is that of its fills where none is given."""
    rows = tuple(FillRow(shares=Decimal(shares), price=Decimal(price)) for shares, price in fills)
    request = more.pop("request", None)
    fields = {
        "cl_ord_id": order.cl_ord_id,
        "order_id": order.cl_ord_id,
        "cum_qty": sum((row.shares for row in rows), Decimal(0)),
        **more,
    }
    report = ExecutionReport(
        symbol="BTCUSDT", side="1", exec_trans_type="3", ord_status=status, transact_time=time, **fields
    )
    world.step(
        Received(session="main", raw="", report=OrderSnapshot(report=report, fills=rows), request=request)
    )


def codes(world: World) -> list[str]:
    return [alert.code for alert in world.alerts]


def as_recovered(world: World) -> None:
    assert view(world.recovered()) == view(world.engine)


# --- the new leg of a replace that is executed at once


@pytest.mark.parametrize("order_id", ["venue's", None])
@pytest.mark.parametrize("wanted", ["0.5", "1", "2"])
def test_a_new_leg_that_is_executed_at_once_has_carried_out_the_replace(
    world: World, wanted: str, order_id: str | None
) -> None:
    named: dict[str, Any] = {} if order_id else {"order_id": None}
    order = world.place(order_qty=Decimal(1), price=Decimal(100))
    show(world, order, "0", T0, **named)
    world.step(Replace(id="a", order_qty=Decimal(wanted), price=Decimal(101)))
    show(world, order, "4", T1, **named)
    show(world, order, "A", T2, **named)
    show(world, order, "2", T2, (wanted, "101"), **named)
    assert (order.order_qty, order.price, order.cum_qty) == (Decimal(wanted), Decimal(101), Decimal(wanted))
    assert (str(order.ord_status), order.pending, order.is_open) == ("2", [], False)
    assert order.anomalies == 0
    as_recovered(world)


# --- about what never left


def test_that_the_venue_has_no_order_that_never_left_is_what_we_say_too(world: World) -> None:
    order = world.place()
    world.step(AskStatus(id="a"))
    stays(world, order)
    unknown(world, order)
    assert (order.phase, order.questions, order.anomalies) == ("DENIED", 0, 0)
    world.step(AskStatus(id="a"))
    unknown(world, order, reason=None, order_id="NONE")
    assert (order.questions, order.anomalies) == (0, 0)


def test_that_the_venue_has_what_never_left_reopens_it(world: World) -> None:
    order = world.place()
    world.step(AskStatus(id="a"))
    stays(world, order)
    show(world, order, "0", T0)
    assert (order.last_anomaly or "").startswith("REOPENED")
    assert str(order.ord_status) == "0"


def test_what_is_held_back_here_is_in_no_doubt_and_its_answer_is_due_from_when_it_left(world: World) -> None:
    world.holds_back = []
    order = world.place()
    world.step(Tick(), after_s=5)
    world.step(Tick(), after_s=5)
    assert (order.in_doubt, order.questions, codes(world)) == (False, 0, [])
    world.now += 2 * S
    world.leave(world.holds_back[0])
    world.step(Tick(), after_s=4.9)
    assert not order.in_doubt
    world.step(Tick(), after_s=0.1)
    assert (order.in_doubt, order.questions) == (True, 1)


def test_what_nobody_says_has_left_is_in_doubt_in_the_end(world: World) -> None:
    world.holds_back = []
    order = world.place()
    for _ in range(4):
        assert not order.in_doubt
        world.step(Tick(), after_s=5)
    assert order.in_doubt


def test_a_request_that_leaves_once_more_is_not_taken_for_one_that_left_before(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    world.step(Tick(), after_s=5)
    assert order.in_doubt
    world.holds_back = []
    world.step(Cancel(id="a"))
    world.step(Tick(), after_s=5)
    assert not order.in_doubt


def stays(world: World, order: Order) -> None:
    assert order.placed is not None
    world.step(
        StayedHere(session="main", order=order.number, request=order.placed.request, reason="too long")
    )


def unknown(world: World, order: Order, reason: str | None = "5", order_id: str | None = None) -> None:
    """Say that the venue does not have an order."""
    report = ExecutionReport(
        cl_ord_id=order.cl_ord_id,
        order_id=order_id,
        exec_trans_type="3",
        exec_type="8",
        ord_status="8",
        ord_rej_reason=reason,
    )
    world.step(Received(session="main", raw="", report=report))


# --- a status answer by the venue's clock, then the order's own time


@pytest.mark.parametrize("executed", ["0", "1"])
def test_the_total_of_an_end_is_final_however_old(world: World, executed: str) -> None:
    order = world.place(time_in_force="3")
    world.report(
        cl_ord_id=order.cl_ord_id, order_id="V1", exec_id="n", exec_type="0", ord_status="0", transact_time=T0
    )
    world.step(SessionDown(session="main"), after_s=1)
    world.up()
    world.answer("4", cl_ord_id=order.cl_ord_id, transact_time=T2)
    assert order.has_gap
    fills = [("1", "100")] if executed == "1" else []
    show(world, order, "4", T1, *fills, order_id=None)
    assert (order.has_gap, order.cum_qty, order.anomalies) == (False, Decimal(executed), 0)
    as_recovered(world)


def test_an_older_total_of_a_working_order_does_not_close_the_gap_of_its_end(world: World) -> None:
    order = world.place(time_in_force="3")
    world.report(
        cl_ord_id=order.cl_ord_id, order_id="V1", exec_id="n", exec_type="0", ord_status="0", transact_time=T0
    )
    world.step(SessionDown(session="main"), after_s=1)
    world.up()
    world.answer("4", cl_ord_id=order.cl_ord_id, transact_time=T2)
    show(world, order, "0", T1, order_id=None)
    assert (order.has_gap, order.anomalies) == (True, 0)


def test_the_total_of_a_canceled_leg_closes_its_gap_however_old_it_is(world: World) -> None:
    order = world.place()
    world.report(
        cl_ord_id=order.cl_ord_id, order_id="V1", exec_id="n", exec_type="0", ord_status="0", transact_time=T0
    )
    world.step(Replace(id="a", order_qty=Decimal(1), price=Decimal(101)))
    world.step(SessionDown(session="main"), after_s=1)
    world.up()
    world.answer("4", cl_ord_id=order.cl_ord_id, transact_time=T2)
    assert (order.phase, order.unsized_gap) == ("WORKING", True)
    show(world, order, "4", T1, order_id=None)
    assert (order.has_gap, order.anomalies) == (False, 0)
    assert isinstance(world.sent[-1], NewOrder), "what was executed is proven, so the new leg may leave"
    as_recovered(world)


# --- answers to requests that something else has answered meanwhile


def place_number(order: Order) -> int:
    assert order.placed is not None
    return order.placed.request


@pytest.mark.parametrize("time", [T0, T1, T2])
@pytest.mark.parametrize("status", ["A", "0"])
def test_the_answer_to_an_order_does_not_outrank_what_was_heard_since_it_was_sent(
    world: World, status: str, time: str
) -> None:
    order = world.place(order_qty=Decimal(1))
    show(world, order, "2", T1, ("1", "100"))
    show(world, order, status, time, request=place_number(order))
    assert (str(order.ord_status), order.pending, order.anomalies) == ("2", [], 0)


@pytest.mark.parametrize("status", ["0", "6"])
def test_nor_does_the_answer_to_a_cancel(world: World, status: str) -> None:
    order = world.place()
    show(world, order, "0", T0)
    world.step(Cancel(id="a"))
    (cancel,) = order.pending
    show(world, order, "4", T1, ("1", "100"))
    show(world, order, status, T1, request=cancel.number)
    assert (str(order.ord_status), order.cum_qty, order.anomalies) == ("4", Decimal(1), 0)


def test_a_question_that_is_answered_so_contradicts(world: World) -> None:
    order = world.place(order_qty=Decimal(1))
    show(world, order, "2", T1, ("1", "100"))
    show(world, order, "0", T1)
    assert order.anomalies == 1


def test_an_answer_that_tells_more_counts_although_the_order_was_seen_before(world: World) -> None:
    order = world.place()
    show(world, order, "0", T1, order_id=None)
    show(world, order, "1", T1, ("1", "100"), order_id=None, request=place_number(order))
    assert order.cum_qty == Decimal(1)
    show(world, order, "1", T1, ("1", "100"), request=place_number(order))
    assert order.order_id == order.cl_ord_id
    show(world, order, "4", T1, ("1", "100"), request=place_number(order))
    assert (str(order.ord_status), order.anomalies) == ("4", 0)


def test_an_answer_about_an_order_that_was_taken_for_not_placed_contradicts_that(world: World) -> None:
    order = world.place()
    show(world, order, "A", T0)
    world.step(Tick(), after_s=601)
    unknown(world, order)
    assert order.phase == "REJECTED"
    show(world, order, "0", T1, request=place_number(order))
    assert order.anomalies == 1


# --- what was asked before the last cancel left


@pytest.fixture
def overtaken(world: World) -> Order:
    """Lose as many cancels as may leave; of the two questions under way the first was asked before the last left."""
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    for asked in range(TIMING.cancel_tries - 1):
        lose_cancel(world, order)
        if asked == TIMING.cancel_tries - 2:
            world.step(AskStatus(id="a"))
        show(world, order, "0", T1, order_id="V1")
    lose_cancel(world, order)
    assert (order.questions, order.pending[0].tries) == (2, TIMING.cancel_tries)
    return order


def lose_cancel(world: World, order: Order) -> None:
    (cancel,) = order.pending
    world.step(Unanswered(session="main", order=order.number, request=cancel.number, reason="HTTP 502"))
    world.now += TIMING.ask_again_ns  # a second try may leave at once, others after a pause


def test_cancels_that_fail_at_once_are_not_used_up_within_a_moment(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    (cancel,) = order.pending
    for _ in range(5):
        world.step(Unanswered(session="main", order=order.number, request=cancel.number, reason="HTTP 502"))
        show(world, order, "0", T1, order_id="V1")
    assert (cancel.tries, order.pending, "CANCEL_WITHOUT_EFFECT" in codes(world)) == (2, [cancel], False)
    asked = world.questions()
    world.step(Tick(), after_s=TIMING.ask_again_ns / S)
    assert world.questions() == asked + 1
    show(world, order, "0", T1, order_id="V1")
    assert cancel.tries == 3
    as_recovered(world)


def test_the_answer_to_what_was_asked_before_a_cancel_left_does_not_prove_it_without_effect(
    world: World, overtaken: Order
) -> None:
    show(world, overtaken, "0", T1, order_id="V1")
    assert (overtaken.in_doubt, "CANCEL_WITHOUT_EFFECT" in codes(world)) == (True, False)
    show(world, overtaken, "4", T2, order_id="V1")
    assert (str(overtaken.ord_status), overtaken.pending) == ("4", [])
    assert "CANCEL_WITHOUT_EFFECT" not in codes(world)
    as_recovered(world)


def test_a_question_that_is_lost_is_the_older_one(world: World, overtaken: Order) -> None:
    world.step(AskStatus(id="a"))
    world.step(Unanswered(session="main", order=overtaken.number, request=0, reason="HTTP 502"))
    assert overtaken.pending
    show(world, overtaken, "0", T1, order_id="V1")
    assert not overtaken.pending
    assert "CANCEL_WITHOUT_EFFECT" in codes(world)


def test_a_new_logon_leaves_no_older_question(world: World, overtaken: Order) -> None:
    world.step(SessionDown(session="main", reason=None))
    world.up()
    show(world, overtaken, "0", T1, order_id="V1")
    assert not overtaken.pending
    assert "CANCEL_WITHOUT_EFFECT" in codes(world)
    as_recovered(world)
