"""Two equal orders at the venue, and the answer to ours lost: a person says which it is, and all goes on by it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from oms.core.errors import OutcomeUnknown
from oms.core.inputs import Answer, Resolve
from oms.core.order import Order
from tests.rest.marked_desk import Desk, written
from tests.rest.weex.marked import CREDENTIALS, PAIR, ROUTE, Other, connected
from tests.rest.weex.simulated import Simulator

pytestmark = pytest.mark.system


@pytest.fixture
def simulator(record: Path) -> Iterator[Simulator]:
    options = ("--cache", "off", "--record", str(record), "--fault", "http-text-after@Trade=1")
    with Simulator("weex", *CREDENTIALS, *options) as running:
        yield running


def ambiguous(desk: Desk, simulator: Simulator) -> Order:
    order = desk.place("a", PAIR, "1", "1", "28000")
    desk.until(lambda: order.pending[0].mark is not None, "its mark")  # now it leaves
    with contextlib.suppress(OutcomeUnknown):
        Other(simulator.url).buy("1", "28000")
    desk.until(lambda: any(request.candidates for request in order.pending), "the candidates")
    return order


def resolve(desk: Desk, order_id: str | None) -> Answer:
    return desk.step(Resolve(id="a", outcome="working", evidence="their page", order_id=order_id))


def test_by_its_number_it_is_polled_and_canceled_and_the_other_one_is_adopted(
    simulator: Simulator, record: Path
) -> None:
    with Desk(ROUTE, connected(simulator.url)) as desk:
        order = ambiguous(desk, simulator)
        numbers = order.pending[0].candidates
        assert len(numbers) == 2
        assert resolve(desk, None).refusal == "NOT_RESOLVABLE"
        assert resolve(desk, numbers[0]).refusal is None
        desk.until(lambda: len(desk.engine.blotter.orders) == 2, "the adoption of the other")
        other = desk.engine.blotter.orders[2]
        assert (other.external, other.order_id) == (True, numbers[1])
        desk.cancel(order)
        desk.until(lambda: order.phase == "CANCELED", "its cancel")
        assert other.is_open
    assert [str(row["order_id"]) for row in written(record, "canceled")] == [numbers[0]]
