"""A status answer that comes twice: after a lost connection the old one must not pass for the answer of now."""

from decimal import Decimal
from typing import Any

import pytest

from oms.core.inputs import AskStatus, SessionDown, Tick
from oms.core.order import Order
from oms.core.values import ZERO
from tests.test_engine import World, view

T1 = "20260301-09:00:01.000"
T2 = "20260301-09:00:02.000"
T3 = "20260301-09:00:03.000"


@pytest.fixture
def world() -> World:
    world = World()
    world.up()
    return world


def answer(world: World, order: Order, time: str | None, **more: Any) -> None:
    """Answer that the order rests."""
    fields = {"ord_status": "0", "exec_type": "0", "cum_qty": ZERO, "exec_id": "0", **more}
    world.report(
        cl_ord_id=order.cl_ord_id,
        order_id="V1",
        exec_trans_type="3",
        transact_time=time,
        after_s=0.1,
        **fields,
    )


def again(world: World) -> None:
    """Lose the connection, and have another."""
    world.step(SessionDown(session="main", reason="cut"), after_s=1)
    world.up()


def asked_twice(world: World) -> Order:
    """Have an order asked for after a logon, answered at `T1`, and asked for after another."""
    order = world.place()
    world.ack(order)
    again(world)
    answer(world, order, T1)
    assert not order.unheard
    again(world)
    assert (order.unheard, order.questions, world.questions()) == (True, 1, 2)
    return order


@pytest.mark.parametrize("time", [T1, "20260301-09:00:00.500"])
def test_what_can_be_an_earlier_answer_is_asked_for_once_more(world: World, time: str) -> None:
    order = asked_twice(world)
    answer(world, order, time)
    assert (order.unheard, order.questions, world.questions()) == (True, 1, 3), "it may be the earlier answer"
    answer(world, order, time)
    assert (order.unheard, order.questions, world.questions()) == (False, 0, 3), "so the venue stamps them"
    assert order.anomalies == 0
    assert view(world.recovered()) == view(world.engine)


@pytest.mark.parametrize("time", [T2, None])
def test_an_answer_of_now_is_believed_at_once(world: World, time: str | None) -> None:
    order = asked_twice(world)
    answer(world, order, time)
    assert (order.unheard, order.questions, world.questions()) == (False, 0, 2)


def test_news_is_news_whatever_its_time(world: World) -> None:
    order = asked_twice(world)
    answer(world, order, T1, ord_status="4", exec_type="4")
    assert (str(order.ord_status), order.unheard, world.questions()) == ("4", False, 2)


def test_an_answer_that_belongs_to_its_question_may_have_any_time(world: World) -> None:
    order = asked_twice(world)
    answer(world, order, T1, exec_id=None)
    assert (order.unheard, order.questions, world.questions()) == (False, 0, 2)


def test_an_earlier_answer_takes_nothing_back_of_what_a_later_one_proved(world: World) -> None:
    order = asked_twice(world)
    answer(world, order, "20260301-09:00:03.000", ord_status="2", exec_type="2", cum_qty=Decimal(2))
    world.step(Tick(), after_s=31)
    assert (order.cum_qty, order.inferred is not None, str(order.ord_status)) == (Decimal(2), True, "2")
    answer(world, order, T2, ord_status="1", exec_type="1", cum_qty=Decimal(1))
    assert (order.cum_qty, str(order.ord_status), order.anomalies) == (Decimal(2), "2", 0)
    assert view(world.recovered()) == view(world.engine)


def test_without_a_lost_connection_nothing_is_asked_twice(world: World) -> None:
    order = world.place()
    world.ack(order)
    again(world)
    answer(world, order, T1)
    answer(world, order, T1)
    assert (order.unheard, order.questions, world.questions()) == (False, 0, 1)


# --- an answer of the moment of the end


def ended(world: World, time: str | None = T1) -> Order:
    """Have an order end while a question about it is open."""
    order = world.place()
    world.ack(order)
    world.step(AskStatus(id="a"))
    world.report(order_id="V1", exec_id="c", exec_type="4", ord_status="4", transact_time=time)
    assert (order.phase, order.questions, world.questions()) == ("CANCELED", 1, 1)
    return order


def test_an_answer_that_bears_the_time_of_the_end_may_have_been_written_before_it(world: World) -> None:
    order = ended(world)
    answer(world, order, T1)
    assert (order.anomalies, order.questions, world.questions()) == (0, 1, 2), "it is asked for once more"
    answer(world, order, T2, ord_status="4", exec_type="4")
    assert (order.anomalies, order.questions, world.questions()) == (0, 0, 2)
    assert view(world.recovered()) == view(world.engine)


@pytest.mark.parametrize("time", [T1, T2])
def test_an_answer_that_says_so_again_contradicts_it(world: World, time: str) -> None:
    order = ended(world)
    answer(world, order, T1)
    answer(world, order, time)
    assert (order.last_anomaly or "").startswith("STATUS_MISMATCH")
    assert (order.anomalies, world.questions()) == (1, 2)
    assert view(world.recovered()) == view(world.engine)


def test_it_is_excused_also_where_nobody_asked(world: World) -> None:
    order = ended(world)
    answer(world, order, T2, ord_status="4", exec_type="4")
    world.report(
        order_id="V1",
        exec_id="f",
        exec_type="1",
        ord_status="4",
        last_shares=Decimal(1),
        last_px=Decimal(99),
        transact_time=T3,
    )
    answer(world, order, T3)
    assert (order.anomalies, world.questions()) == (0, 2)
    answer(world, order, T3)
    assert order.anomalies == 1


def test_a_younger_answer_is_not_excused(world: World) -> None:
    order = ended(world)
    answer(world, order, T2)
    assert order.anomalies == 1
