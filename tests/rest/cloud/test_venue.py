"""An exchange of the Cloud API as a venue of the engine, against the simulated one: what other kinds do not have."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from oms.core.errors import OutcomeUnknown
from oms.core.messages import CancelOrder, OrderSnapshot
from oms.rest.cloud import venue
from oms.rest.cloud.account import Account
from oms.rest.cloud.look import order_snapshot
from oms.rest.cloud.venue import CloudAdapter
from oms.rest.line import Line
from oms.rest.submits import Submits
from tests.rest.cloud.marked import CREDENTIALS, ROUTE, SYMBOL, Other, connected, key_of
from tests.rest.marked_desk import Desk
from tests.rest.weex.simulated import Simulator

pytestmark = pytest.mark.system


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator("cloud", *CREDENTIALS) as running:
        yield running


@pytest.fixture
def desk(simulator: Simulator) -> Iterator[Desk]:
    with Desk(ROUTE, connected(simulator.url)) as running:
        yield running


@pytest.mark.parametrize(
    ("terms", "status", "executed"),
    [
        ({"qty": "2.5", "price": "30020"}, "2", "2.5"),
        ({"qty": "4", "price": "30010", "time_in_force": "3"}, "4", "2"),
        ({"qty": "1", "price": "30000", "time_in_force": "7"}, "4", "0"),
        (
            {"qty": "0", "price": None, "ord_type": "1", "cash_order_qty": Decimal(75000), "order_qty": None},
            "2",
            "2.4993",
        ),
    ],
    ids=["limit", "ioc", "maker", "market"],
)
def test_an_order_that_is_over_at_once(desk: Desk, terms: dict[str, str], status: str, executed: str) -> None:
    order = desk.place("a", SYMBOL, "1", **terms)
    desk.settled(order)
    assert (order.ord_status, order.cum_qty) == (status, Decimal(executed))


@pytest.mark.timeout(180)
def test_a_fill_that_could_not_be_read_together_with_the_number_is_told_by_a_poll(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [OutcomeUnknown("HTTP 502")]

    def snapshot(*asked: Any) -> OrderSnapshot:
        if failures:
            raise failures.pop()
        return order_snapshot(*asked)

    monkeypatch.setattr(venue, "order_snapshot", snapshot)
    order = desk.place("a", SYMBOL, "1", "2.5", "30020")
    desk.until(lambda: order.order_id is not None, "the number")
    assert (order.ord_status, order.cum_qty, order.has_gap, order.pending) == ("0", Decimal(0), False, [])
    desk.until(lambda: order.ord_status == "2", "the fill", 60)
    assert (order.cum_qty, order.notional, len(desk.submits())) == (Decimal("2.5"), Decimal(75020), 1)


@pytest.mark.parametrize("fault", ["slow-cancel=1", "late-fill=1", "lost-race=1", "slow-submit=1"])
def test_a_cancel_under_way(fault: str) -> None:
    with (
        Simulator("cloud", *CREDENTIALS, "--fault", fault) as running,
        Desk(ROUTE, connected(running.url)) as desk,
    ):
        order = desk.place("a", SYMBOL, "1", "1", "29000")
        desk.until(lambda: order.order_id is not None, "the venue has it")
        desk.cancel(order)
        desk.until(lambda: order.phase == "CANCELED" or order.ord_status == "2", "its end")
        desk.settled(order)
        expected = {"late-fill=1": "0.5", "lost-race=1": "1"}
        assert order.cum_qty == Decimal(expected.get(fault, "0"))


def test_a_cancel_that_is_refused_leaves_the_order_as_it_was() -> None:
    with (
        Simulator("cloud", *CREDENTIALS, "--fault", "cancel-reject=1") as running,
        Desk(ROUTE, connected(running.url)) as desk,
    ):
        order = desk.place("a", SYMBOL, "1", "1", "29000")
        desk.settled(order)
        desk.cancel(order)
        desk.until(lambda: order.refusal is not None, "the refusal")
        desk.settled(order)
        assert (order.phase, order.ord_status) == ("WORKING", "0")


def test_cancels_of_a_batch_have_an_outcome_each(simulator: Simulator) -> None:
    line = Line(simulator.url)
    adapter = CloudAdapter(key_of(line, simulator.url, "KEY"), line, Account(Submits(), list))
    adapter.greet()
    other = Other(simulator.url)
    open_one, gone = other.buy("1", "29000"), other.buy("1", "30000")

    def cancel(order_id: str | None) -> CancelOrder:
        return CancelOrder(
            cl_ord_id="x", orig_cl_ord_id=f"c{order_id}", symbol=SYMBOL, side="1", order_id=order_id
        )

    outcomes = adapter.cancel([cancel(str(open_one)), cancel(None), cancel(str(gone))])
    assert [type(outcome).__name__ for outcome in outcomes] == ["Told", "VenueUnavailable", "VenueRefused"]


def test_an_account_that_cannot_be_told_is_named(simulator: Simulator) -> None:
    line = Line(simulator.url)
    key = key_of(line, simulator.url, "KEY")
    with pytest.raises(Exception, match="must have one spot account"):
        CloudAdapter(key, line, Account(Submits(), list, account_id=1)).greet()
    with pytest.raises(Exception, match="must have one margin account"):
        CloudAdapter(key, line, Account(Submits(), list, source="margin-api")).greet()
