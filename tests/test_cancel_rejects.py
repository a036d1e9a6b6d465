"""What a cancel reject says of an order whose acknowledgement got lost."""

import msgspec
import pytest

from oms.core.inputs import Cancel, Received, Tick
from oms.core.messages import CancelOrder, CancelReject
from oms.core.order import Order
from tests.test_engine import ROUTE, World, view


@pytest.fixture
def world() -> World:
    world = World(route=msgspec.structs.replace(ROUTE, cancel_before_ack=True))
    world.up()
    return world


def unacknowledged(world: World) -> Order:
    """Have an order that is in doubt, and a cancel of it on its way."""
    order = world.place("a")
    world.step(Tick(), after_s=6)
    assert order.in_doubt
    world.step(Cancel(id="a"))
    assert isinstance(world.sent[-1], CancelOrder)
    return order


def reject(world: World, order: Order, status: str, order_id: str | None) -> None:
    name = order.cl_ord_id
    report = CancelReject(
        cl_ord_id=name, orig_cl_ord_id=name, order_id=order_id, ord_status=status, response_to="1", text="no"
    )
    world.step(Received(session="main", raw="", report=report), after_s=1)


def test_its_status_ends_the_doubt_where_the_venue_has_a_number_for_the_order(world: World) -> None:
    order = unacknowledged(world)
    before = world.questions()
    reject(world, order, "0", "V1")
    assert (order.ord_status, order.order_id, order.pending, order.in_doubt) == ("0", "V1", [], False)
    assert world.questions() == before + 1, "why it was refused is asked for"
    assert view(world.recovered()) == view(world.engine)


def test_fills_that_it_speaks_of_are_asked_for(world: World) -> None:
    order = unacknowledged(world)
    before = world.questions()
    reject(world, order, "1", "V1")
    assert (order.phase, order.unsized_gap, world.questions()) == ("WORKING", True, before + 1)
    assert view(world.recovered()) == view(world.engine)


@pytest.mark.parametrize(("status", "order_id"), [("8", "NONE"), ("0", "NONE"), ("0", None)])
def test_without_a_number_the_order_stays_in_doubt(world: World, status: str, order_id: str | None) -> None:
    order = unacknowledged(world)
    reject(world, order, status, order_id)
    assert (order.ord_status, order.order_id, order.in_doubt) == ("A", None, True)
