"""Everything is canceled at an exchange of the Cloud API, the orders of others included, against the simulated one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from oms.core.events import CancelRequested
from oms.core.inputs import WentOut
from oms.core.order import Order
from oms.core.values import External, RequestKind
from oms.rest.line import Line
from tests.rest.cloud.marked import CREDENTIALS, ROUTE, SYMBOL, Other, connected, key_of
from tests.rest.marked_desk import Desk, written
from tests.rest.weex.simulated import Simulator

pytestmark = pytest.mark.system

SWEPT = replace(ROUTE, sweeps=True)
ALL_AT_ONCE = "batchCancelOpenOrders"


@pytest.fixture
def simulator(record: Path) -> Iterator[Simulator]:
    with Simulator("cloud", *CREDENTIALS, "--record", str(record)) as running:
        yield running


def rest(desk: Desk, count: int, symbol: str = SYMBOL, price: int = 100) -> list[Order]:
    orders = [desk.place(f"{symbol}-{n}", symbol, "1", "1", str(price + n)) for n in range(count)]
    desk.settled(*orders)
    return orders


def ended(desk: Desk) -> None:
    desk.until(lambda: not desk.engine.sweeping, "everything is canceled")
    desk.until(lambda: all(order.phase == "CANCELED" for order in orders_of(desk)), "the orders are canceled")


def orders_of(desk: Desk) -> list[Order]:
    return list(desk.engine.blotter.orders.values())


def left_by(desk: Desk) -> list[str]:
    """Give what the cancels left by, once for each order."""
    numbers = {each.request for each in desk.sent if each.request}
    went = [each for each in desk.inputs if isinstance(each, WentOut) and each.request in numbers]
    return [each.raw.split("/")[-1].split(" ")[0] for each in went if "place" not in each.raw]


def test_all_that_is_open_goes_at_one_request_and_each_order_has_its_answer(
    simulator: Simulator, record: Path
) -> None:
    with Desk(SWEPT, connected(simulator.url)) as desk:
        rest(desk, 12)
        desk.cancel_all()
        ended(desk)
        assert left_by(desk) == [ALL_AT_ONCE] * 12
        assert all(not order.pending for order in orders_of(desk))
    assert len(written(record, "canceled")) == 12


def test_more_than_one_request_takes_are_canceled_until_none_is_left(
    simulator: Simulator, record: Path
) -> None:
    other = Other(simulator.url)
    for number in range(130):
        other.buy("0.1", str(100 + number))
    with Desk(SWEPT, connected(simulator.url)) as desk:
        desk.until(lambda: len(orders_of(desk)) == 130, "the adoption")
        desk.cancel_all()
        ended(desk)
        assert set(left_by(desk)) == {ALL_AT_ONCE}
    assert len(written(record, "canceled")) == 130


def test_orders_of_others_that_nobody_here_knew_are_on_record_before_they_are_canceled(
    simulator: Simulator,
) -> None:
    with Desk(SWEPT, connected(simulator.url)) as desk:
        rest(desk, 2)
        other = Other(simulator.url)
        numbers = {str(other.buy("1", str(200 + n))) for n in range(7)}
        desk.cancel_all()
        ended(desk)
        external = [order for order in orders_of(desk) if order.external]
        assert {order.order_id for order in external} == numbers
        events = [event for record in desk.records for event in record.events]
        requests = {event.order for event in events if isinstance(event, CancelRequested)}
        assert requests == {order.number for order in orders_of(desk)}
        # ours leave by their numbers while theirs are not on record, then theirs leave together
        assert left_by(desk) == ["batchcancel"] * 2 + [ALL_AT_ONCE] * 7
    assert not key_of(Line(simulator.url), simulator.url, "OTHER").orders.open_orders()


def test_other_symbols_stay(simulator: Simulator) -> None:
    with Desk(SWEPT, connected(simulator.url)) as desk:
        gone, stays = rest(desk, 3), rest(desk, 3, "ethusdt")
        desk.cancel_all(SYMBOL)
        desk.until(lambda: all(order.phase == "CANCELED" for order in gone), "the cancels")
        desk.until(lambda: not desk.engine.sweeping, "the end")
        assert {order.phase for order in stays} == {"WORKING"}
        assert left_by(desk) == [ALL_AT_ONCE] * 3


def test_orders_of_others_that_are_to_be_ignored_stay(simulator: Simulator) -> None:
    with Desk(replace(SWEPT, external=External.IGNORE), connected(simulator.url)) as desk:
        (mine,) = rest(desk, 1)
        theirs = Other(simulator.url)
        number = theirs.buy("1", "200")
        desk.cancel_all()
        desk.until(lambda: mine.phase == "CANCELED", "the cancel")
        rows = key_of(Line(simulator.url), simulator.url, "OTHER").orders.open_orders()
        assert [row.id for row in rows] == [number]


@pytest.mark.parametrize("fault", ["slow-cancel", "cancel-reject", "system-error", "late-fill"])
def test_whatever_goes_wrong_with_single_orders_none_is_open_in_the_end(fault: str) -> None:
    arguments = (*CREDENTIALS, "--fault", f"{fault}=0.5", "--seed", "3")
    with Simulator("cloud", *arguments) as simulator, Desk(SWEPT, connected(simulator.url)) as desk:
        orders = [desk.place(f"o{n}", SYMBOL, "1", "1", str(100 + n)) for n in range(8)]
        desk.until(lambda: not any(order.requested(RequestKind.NEW) for order in orders), "the submits")
        _until_all_are_gone(desk, orders)


def _until_all_are_gone(desk: Desk, orders: list[Order]) -> None:
    """Do as whoever runs the command: ask again while something is open and has no cancel."""

    def gone() -> bool:
        if not desk.engine.sweeping and any(order.is_open and not order.pending for order in orders):
            desk.cancel_all()
        return all(not order.is_open for order in orders)

    desk.until(gone, "nothing is open")


@pytest.mark.parametrize("fault", ["http-timeout-before", "http-timeout-after", "http-502", "http-truncated"])
def test_without_an_answer_the_cancels_are_in_doubt_and_settled_by_state(fault: str) -> None:
    arguments = (*CREDENTIALS, "--fault", f"{fault}@{ALL_AT_ONCE}=1")
    with Simulator("cloud", *arguments) as simulator, Desk(SWEPT, connected(simulator.url)) as desk:
        orders = rest(desk, 3)
        desk.cancel_all()
        _until_all_are_gone(desk, orders)
        assert {order.phase for order in orders} == {"CANCELED"}
