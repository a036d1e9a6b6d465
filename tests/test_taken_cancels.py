"""A cancel that the venue has taken on is pending and asked about; in doubt where the venue shows no trace of it."""

import pytest

from oms.core.inputs import Cancel, SessionDown, Tick
from oms.core.messages import CancelOrder
from oms.core.order import Order
from oms.core.values import OrdStatus, Phase
from tests.test_engine import World, world

__all__ = ["world"]


def taken(world: World) -> Order:
    """Have a cancel on its way that the venue has acknowledged (FIX 4.2, 150=6)."""
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    pending(world, order, "P1")
    assert order.ord_status == OrdStatus.PENDING_CANCEL
    return order


def pending(world: World, order: Order, exec_id: str) -> None:
    world.report(cl_ord_id=order.cl_ord_id, order_id="V1", exec_id=exec_id, exec_type="6", ord_status="6")


def cancels(world: World) -> int:
    return sum(isinstance(message, CancelOrder) for message in world.sent)


def wait(world: World, seconds: int) -> None:
    for _ in range(seconds):
        world.step(Tick(), after_s=1)


def test_it_is_asked_about_and_in_no_doubt(world: World) -> None:
    order = taken(world)
    wait(world, 5)
    assert world.questions() == 1
    world.answer("6")
    wait(world, 30)
    assert world.questions() > 1
    assert (order.in_doubt, world.alerts, cancels(world)) == (False, [], 1)


def test_the_questions_come_less_and_less_often_and_end_with_it(world: World) -> None:
    order = taken(world)
    wait(world, 300)
    assert 4 <= world.questions() <= 10
    world.report(cl_ord_id=order.cl_ord_id, order_id="V1", exec_id="C", exec_type="4", ord_status="4")
    asked = world.questions()
    wait(world, 300)
    assert (order.phase, world.questions()) == (Phase.CANCELED, asked)


def test_what_is_not_acknowledged_is_in_doubt_as_before(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    wait(world, 5)
    assert order.in_doubt


def test_an_answer_that_shows_the_order_working_puts_it_in_doubt(world: World) -> None:
    order = taken(world)
    wait(world, 5)
    world.answer("0")
    (request,) = order.pending
    assert request.in_doubt
    assert "shows the order working" in (request.doubt_reason or "")
    assert [alert.code for alert in world.alerts] == ["IN_DOUBT"]
    assert cancels(world) == 1  # what becomes of it is for the venue or a person
    world.step(Cancel(id="a"))
    assert cancels(world) == 2


def test_an_answer_of_the_first_moments_may_be_older_than_the_cancel(world: World) -> None:
    order = taken(world)
    world.step(Cancel(id="a"))
    world.answer("0")
    assert not order.in_doubt


def test_without_an_answer_to_the_questions_it_stays_pending(world: World) -> None:
    order = taken(world)
    wait(world, 120)
    assert (order.in_doubt, order.ord_status) == (False, OrdStatus.PENDING_CANCEL)


def test_a_doubt_that_the_acknowledgement_ends_is_still_asked_about(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    wait(world, 5)
    assert order.in_doubt
    pending(world, order, "late")
    asked = world.questions()
    wait(world, 60)
    assert not order.in_doubt
    assert world.questions() > asked


@pytest.mark.parametrize("status", ["0", "4"])
def test_a_session_that_drops_leaves_it_in_doubt_until_the_venue_was_asked(world: World, status: str) -> None:
    order = taken(world)
    world.step(SessionDown(session="main", reason="cut"))
    assert order.in_doubt  # its end may have been lost with the connection
    world.up()
    world.answer(status)
    assert order.phase == (Phase.CANCELED if status == "4" else Phase.WORKING)
