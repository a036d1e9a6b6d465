"""However often a venue says the same, it is asked a bounded number of times."""

from decimal import Decimal

import pytest

from oms.core.inputs import Cancel, Resolve, SessionDown, Tick
from oms.core.order import Order
from oms.core.values import RequestKind
from tests.test_engine import World, view


@pytest.fixture
def world() -> World:
    world = World()
    world.up()
    return world


def unknown(world: World, order: Order) -> None:
    """Say that there is no such order, as the short form of a report does."""
    world.report(cl_ord_id=order.cl_ord_id, exec_id="0", exec_type="8", ord_status="8", text="no such order")


def never_sent(world: World) -> Order:
    """Have an order canceled while it waits for the questions of a logon; then lose the connection once more."""
    resting = world.place("resting")
    world.ack(resting)
    world.step(SessionDown(session="main", reason="cut"), after_s=1)
    world.up()
    order = world.place("a")
    world.step(Cancel(id="a"))
    assert order.absent
    world.step(SessionDown(session="main", reason="cut"), after_s=1)
    world.up()
    return order


def test_that_a_venue_has_no_order_that_never_left_may_be_said_often(world: World) -> None:
    order = never_sent(world)
    before = world.questions()
    for _ in range(20):
        unknown(world, order)
    assert (order.anomalies, order.phase) == (0, "CANCELED")
    assert world.questions() - before <= 1
    assert view(world.recovered()) == view(world.engine)


def test_the_same_contradiction_again_is_no_reason_to_ask_again(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.report(cl_ord_id=order.cl_ord_id, order_id="V1", exec_id="E9", exec_type="4", ord_status="4")
    before = world.questions()
    for _ in range(20):
        unknown(world, order)
        world.answer("4", cl_ord_id=order.cl_ord_id)
    assert order.anomalies >= 1
    assert world.questions() - before == 1


def test_people_are_told_once_what_a_venue_says_wrong_in_the_same_words_each_time(world: World) -> None:
    order = world.place()
    world.ack(order)
    for number in range(20):
        world.report(
            order_id="V1",
            exec_id=f"E{number}",
            exec_trans_type="0",
            exec_type="1",
            ord_status="1",
            last_shares=Decimal("0.01"),
            last_px=None,
        )
    told = [alert.code for alert in world.alerts]
    assert told.count("MISSING_FIELD") == 1, told
    assert order.anomalies == 20


def refuse(world: World, order: Order) -> None:
    """Say "rejected" of an order that was acknowledged, as Apifiny refuses orders, cancels and questions alike."""
    world.report(order_id=order.order_id, exec_id="0", exec_type="8", ord_status="8")


def test_a_refused_question_holds_up_no_new_order_and_is_asked_less_and_less_often(world: World) -> None:
    order = world.place("a")
    world.ack(order)
    world.step(SessionDown(session="main", reason="cut"), after_s=1)
    world.up()
    new = world.place("b")
    assert new.requested(RequestKind.NEW)[0].waiting
    for _ in range(2):
        refuse(world, order)
    assert order.in_doubt
    assert not new.requested(RequestKind.NEW)[0].waiting
    before = world.questions()
    for _ in range(600):
        world.step(Tick(), after_s=1)
        if order.questions:
            refuse(world, order)
    assert 3 <= world.questions() - before <= 40
    assert (order.phase, order.in_doubt) == ("WORKING", True)
    assert view(world.recovered()) == view(world.engine)
    world.step(Resolve(id="a", outcome="canceled", evidence="telephone"))
    assert (order.phase, order.in_doubt) == ("CANCELED", False)
