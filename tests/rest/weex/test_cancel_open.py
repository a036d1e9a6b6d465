"""Everything is canceled at WEEX, the orders of others included, against the simulated one as a process."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from oms.core.inputs import Cancel
from tests.rest.marked_desk import Desk, written
from tests.rest.weex.marked import PAIR, ROUTE, Other, connected
from tests.rest.weex.simulated import Simulator

pytestmark = pytest.mark.system

SWEPT = replace(ROUTE, sweeps=True)


def test_orders_of_others_are_found_put_on_record_and_canceled(simulator: Simulator, record: Path) -> None:
    other = Other(simulator.url)
    known = str(other.buy("1", "28000"))
    with Desk(SWEPT, connected(simulator.url)) as desk:
        blotter = desk.engine.blotter
        desk.until(lambda: len(blotter.orders) == 1, "the adoption")
        mine = desk.place("a", PAIR, "1", "1", "27000")
        desk.settled(mine)
        unknown = {str(other.buy("1", str(20000 + number))) for number in range(6)}
        desk.cancel_all()
        desk.until(lambda: not desk.engine.sweeping, "everything is canceled")
        desk.until(lambda: all(order.phase == "CANCELED" for order in blotter.orders.values()), "the end")
        external = {order.order_id for order in blotter.orders.values() if order.external}
        assert external == {known, *unknown}
        assert {each.order for each in desk.sent if each.request} == set(blotter.orders)
    assert len(written(record, "canceled")) == 8


def test_one_order_of_others_is_canceled_by_its_number(simulator: Simulator) -> None:
    number = str(Other(simulator.url).buy("1", "28000"))
    with Desk(SWEPT, connected(simulator.url)) as desk:
        desk.until(lambda: len(desk.engine.blotter.orders) == 1, "the adoption")
        (order,) = desk.engine.blotter.orders.values()
        desk.step(Cancel(id=number))
        desk.until(lambda: order.phase == "CANCELED", "the cancel")
        assert (order.order_id, order.cl_ord_id, order.pending) == (number, None, [])
