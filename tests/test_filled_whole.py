"""The venue says that an order was filled at once, and names none: it is filled, and its executions are looked for."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.inputs import Cancel, CancelAll, Received, Resolve, Start, Tick, Unanswered
from oms.core.messages import ExecutionReport, FillRow
from oms.core.order import Order
from oms.core.values import OrdStatus
from tests.test_engine import TIMING, view
from tests.test_matching import ROUTE, MarkedWorld, candidate, place, shown


@pytest.fixture
def world() -> MarkedWorld:
    world = MarkedWorld(TIMING, ROUTE)
    world.up()
    return world


def filled_whole(world: MarkedWorld) -> Order:
    order = place(world)
    sent = world.mark()
    world.step(
        Unanswered(
            session="main",
            order=sent.order,
            request=sent.request,
            reason="without a number",
            cum_qty=Decimal(2),
        )
    )
    return order


def filled(order_id: str) -> Any:
    fills = tuple(FillRow(shares=Decimal(1), price=Decimal(99), exec_id=f"{order_id}/{n}") for n in range(2))
    snapshot = msgspec.structs.replace(shown(None, order_id, cum=2, status="2"), fills=fills)
    return candidate(order_id, snapshot=snapshot)


def stands(order: Order) -> tuple[object, ...]:
    return order.ord_status, order.cum_qty, order.gap, order.leaves_qty, order.in_doubt


def test_it_is_filled_and_the_fills_are_missing(world: MarkedWorld) -> None:
    order = filled_whole(world)
    assert stands(order) == (OrdStatus.FILLED, 0, 2, 0, True)
    assert place(world, "b").denial == "SUBMIT_IN_DOUBT"
    assert view(world.recovered()) == view(world.engine)


def test_the_executions_that_are_found_take_their_place(world: MarkedWorld) -> None:
    order = filled_whole(world)
    world.looked(filled("101"))
    assert stands(order) == (OrdStatus.FILLED, 2, 0, 0, False)
    assert (order.avg_px, order.anomalies) == (Decimal(99), 0)
    assert place(world, "b").denial is None
    assert view(world.recovered()) == view(world.engine)


def test_it_is_never_found_not_placed_even_after_a_restart(world: MarkedWorld) -> None:
    filled_whole(world)
    world.engine = world.recovered()
    world.step(Start())
    world.up()
    order = world.order("a")
    for _ in range(4):
        world.looked(past_fence=True)
        world.step(Tick(), after_s=100)
    assert stands(order) == (OrdStatus.FILLED, 0, 2, 0, True)


def test_a_cancel_of_all_neither_counts_nor_asks_for_it(world: MarkedWorld) -> None:
    order = filled_whole(world)
    assert world.step(CancelAll()).answer.count == 0  # type: ignore[union-attr]
    assert (order.refusal, [str(request.kind) for request in order.pending]) == (None, ["new"])


def test_what_the_total_leaves_is_canceled(world: MarkedWorld) -> None:
    order = place(world)
    world.accept(world.mark(), "101")
    world.step(Received(session="main", raw="", report=shown(None, "101", cum=1, status="1")))
    assert not order.is_spent
    assert world.step(CancelAll()).answer.count == 1  # type: ignore[union-attr]


def test_a_cancel_of_it_is_pointless(world: MarkedWorld) -> None:
    order = filled_whole(world)
    world.step(Cancel(id="a"))
    assert order.refusal is not None
    assert [request.kind for request in order.pending] == ["new"]


def resolved(world: MarkedWorld, outcome: str, **more: Any) -> str | None:
    answer = world.step(Resolve(id="a", outcome=outcome, evidence="seen", **more)).answer
    assert answer is not None
    return answer.text


def test_a_person_says_which_it_is(world: MarkedWorld) -> None:
    order = filled_whole(world)
    world.looked(filled("101"), filled("102"))
    for outcome in ("working", "canceled", "not-placed"):
        assert "it is filled" in (resolved(world, outcome, order_id="101") or "")
    assert "orders 101, 102" in (resolved(world, "filled") or "")
    assert resolved(world, "filled", order_id="102") is None
    assert stands(order) == (OrdStatus.FILLED, 0, 2, 0, False)
    assert order.order_id == "102"
    report = msgspec.structs.replace(filled("102").snapshot.report, cl_ord_id=order.cl_ord_id)
    snapshot = msgspec.structs.replace(filled("102").snapshot, report=report)
    world.step(Received(session="main", raw="", report=snapshot))
    assert stands(order) == (OrdStatus.FILLED, 2, 0, 0, False)


def test_a_bust_of_one_opens_it_again(world: MarkedWorld) -> None:
    order = filled_whole(world)
    world.looked(filled("101"))
    bust = ExecutionReport(
        order_id="101", exec_id="b", exec_ref_id="101/0", exec_trans_type="1", exec_type="1", ord_status="1"
    )
    world.step(Received(session="main", raw="", report=bust))
    assert stands(order) == (OrdStatus.PARTIALLY_FILLED, 1, 0, 1, False)


def test_executions_without_any_order_count_at_once(world: MarkedWorld) -> None:
    order = filled_whole(world)
    world.looked(candidate("trades 5 to 9"), candidate("101"))
    assert resolved(world, "filled", order_id="trades 5 to 9", avg_px=Decimal(98)) is None
    assert stands(order) == (OrdStatus.FILLED, 2, 0, 0, False)
    assert order.avg_px == Decimal(98)
    assert view(world.recovered()) == view(world.engine)
