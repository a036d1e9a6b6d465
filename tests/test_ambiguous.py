"""Several orders at the venue could be the one in doubt: a person says which. And cancels that could not leave."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from oms.core.differences import differences
from oms.core.inputs import (
    Answer,
    AskStatus,
    Cancel,
    Look,
    Received,
    Replace,
    Resolve,
    SessionDown,
    Start,
    StayedHere,
    Tick,
)
from oms.core.messages import CancelOrder, NewOrder, StatusRequest
from oms.core.order import Order
from oms.core.values import RequestKind
from oms.core.views import full_view
from oms.rest.adapter import unknown_order
from tests.test_engine import TIMING, view
from tests.test_matching import ROUTE, MarkedWorld, candidate, place, shown


@pytest.fixture
def world() -> MarkedWorld:
    world = MarkedWorld(TIMING, ROUTE)
    world.up()
    return world


def ambiguous(world: MarkedWorld) -> Order:
    place(world)
    order = world.doubt(world.mark())
    world.looked(candidate("101"), candidate("102"))
    assert order.in_doubt
    return order


def resolve(world: MarkedWorld, outcome: str, order_id: str | None = None, **more: Any) -> Answer:
    command = Resolve(
        id="a", outcome=outcome, order_id=order_id, evidence="their screen", actor="ann", **more
    )
    answer = world.step(command).answer
    assert answer is not None
    return answer


def refused(answer: Answer) -> str:
    assert answer.refusal == "NOT_RESOLVABLE"
    return answer.text or ""


def test_the_candidates_are_on_record_and_shown(world: MarkedWorld) -> None:
    order = ambiguous(world)
    (doubt,) = full_view(order, world.now)["doubts"]
    assert doubt["candidates"] == ["101", "102"]
    assert "orders 101, 102" in differences(order, by_number=True)[0].text
    (recovered,) = world.recovered().blotter.search("a")
    assert recovered.pending[0].candidates == ("101", "102")


def test_one_that_is_not_seen_any_more_may_have_been_it(world: MarkedWorld) -> None:
    order = ambiguous(world)
    world.step(Tick(), after_s=10)
    world.looked(candidate("102"), past_fence=True)
    world.step(Tick(), after_s=30)
    world.looked(past_fence=True)
    world.step(Tick(), after_s=60)
    world.looked(past_fence=True)
    assert (order.in_doubt, order.order_id, order.phase) == (True, None, "PENDING_NEW")
    assert order.anomalies == 1


def test_a_person_says_which_and_it_is_asked_for_by_its_number(world: MarkedWorld) -> None:
    order = ambiguous(world)
    assert resolve(world, "working", "102").refusal is None
    assert (order.phase, order.order_id, order.in_doubt) == ("WORKING", "102", False)
    (asked,) = world.take(StatusRequest)
    assert asked.message.order_id == "102"
    world.step(Received(session="main", raw="", report=shown(order.cl_ord_id, "102", cum=1, status="1")))
    assert (order.cum_qty, set(order.executions)) == (Decimal(1), {"t1"})
    assert view(world.recovered()) == view(world.engine)


def test_the_other_one_is_a_stranger_then(world: MarkedWorld) -> None:
    ambiguous(world)
    resolve(world, "working", "102")
    world.step(Received(session="main", raw="", report=shown(None, "101")))
    world.step(Received(session="main", raw="", report=shown(None, "102")))
    adopted = [order for order in world.engine.blotter.orders.values() if order.external]
    assert [order.order_id for order in adopted] == ["101"]
    assert differences(adopted[0], by_number=True) == []
    assert [each.what for each in differences(adopted[0])] == ["UNASKABLE"]


def test_a_cancel_that_waits_leaves_by_the_number(world: MarkedWorld) -> None:
    ambiguous(world)
    world.step(Cancel(id="a"))
    assert world.take(CancelOrder) == []
    resolve(world, "working", "101")
    (sent,) = world.take(CancelOrder)
    assert sent.message.order_id == "101"


def test_the_next_order_of_the_pair_may_leave(world: MarkedWorld) -> None:
    ambiguous(world)
    resolve(world, "working", "101")
    assert place(world, "b").denial is None


def test_without_a_number_nothing_is_decided(world: MarkedWorld) -> None:
    order = ambiguous(world)
    for outcome in ("working", "filled", "canceled", "expired"):
        assert "orders 101, 102" in refused(resolve(world, outcome))
    assert order.in_doubt
    assert resolve(world, "not-placed").refusal is None
    assert order.phase == "REJECTED"


def test_what_is_to_go_on_working_needs_a_number_at_such_a_venue(world: MarkedWorld) -> None:
    place(world)
    order = world.doubt(world.mark())
    assert "order_id" in refused(resolve(world, "working"))
    assert resolve(world, "working", "105").refusal is None
    assert order.order_id == "105"


@pytest.mark.parametrize(
    ("outcome", "order_id", "why"),
    [
        ("working", "50", "is the number of order b"),
        ("working", "51", "was there before this one was sent"),
        ("working", "x7", "no number of an order"),
        ("working", "99999999", "orders 101, 102"),
        ("canceled", "99999999", "orders 101, 102"),
        ("not-placed", "101", "has no number"),
    ],
)
def test_a_number_that_cannot_be_it_is_refused(
    world: MarkedWorld, outcome: str, order_id: str, why: str
) -> None:
    place(world, "b")
    world.accept(world.mark("49"), "50")
    order = ambiguous(world)
    assert why in refused(resolve(world, outcome, order_id))
    assert order.in_doubt


def test_the_number_of_one_that_was_adopted_is_refused(world: MarkedWorld) -> None:
    ambiguous(world)
    world.step(Received(session="main", raw="", report=shown(None, "102")))
    assert "adopted" in refused(resolve(world, "working", "102"))


def test_one_that_was_adopted_is_no_choice_any_more(world: MarkedWorld) -> None:
    ambiguous(world)
    world.step(Received(session="main", raw="", report=shown(None, "102")))
    told = refused(resolve(world, "working", "99999999"))
    assert "only order 101" in told
    assert "102" not in told
    world.step(Received(session="main", raw="", report=shown(None, "101")))
    assert resolve(world, "working", "105").refusal is None


# --- a person said a number that the venue does not know


def mistyped(world: MarkedWorld) -> Order:
    place(world)
    order = world.doubt(world.mark())
    world.looked()
    assert resolve(world, "working", "99999999").refusal is None
    return order


def not_known(world: MarkedWorld) -> None:
    (asked, *_) = world.take(StatusRequest)
    said = unknown_order(asked.message.cl_ord_id, "invalid order", asked.message.order_id)
    world.step(Received(session="main", raw="", report=said))


@pytest.mark.parametrize(("outcome", "phase"), [("canceled", "CANCELED"), ("not-placed", "REJECTED")])
def test_what_the_venue_does_not_know_a_person_can_end(world: MarkedWorld, outcome: str, phase: str) -> None:
    order = mistyped(world)
    assert "nothing of this order is in doubt" in refused(resolve(world, outcome))
    world.step(Cancel(id="a"))
    not_known(world)
    assert "person" in differences(order, by_number=True)[0].text
    for other in ("working", "filled"):
        assert "does not know" in refused(resolve(world, other))
    world.engine = world.recovered()
    assert resolve(world, outcome).refusal is None
    order = world.order("a")
    assert (order.phase, order.pending, order.is_open) == (phase, [], False)
    assert view(world.recovered()) == view(world.engine)


@pytest.mark.parametrize("restarts", [False, True])
def test_once_the_venue_knows_it_the_person_has_no_say(world: MarkedWorld, *, restarts: bool) -> None:
    order = mistyped(world)
    not_known(world)
    if restarts:
        world.step(SessionDown(session="main"))
        world.up()
    world.step(AskStatus(id="a"))
    world.step(Received(session="main", raw="", report=shown(order.cl_ord_id, "99999999")))
    assert "nothing of this order is in doubt" in refused(resolve(world, "not-placed"))


def test_what_was_executed_was_placed(world: MarkedWorld) -> None:
    order = mistyped(world)
    said = shown(order.cl_ord_id, "99999999", cum=1, status="1")
    world.step(Received(session="main", raw="", report=said))
    world.step(AskStatus(id="a"))
    not_known(world)
    assert "shown the order" in refused(resolve(world, "not-placed"))
    assert resolve(world, "canceled").refusal is None


def test_what_no_person_spoke_of_is_not_ended_by_one(world: MarkedWorld) -> None:
    place(world)
    world.accept(world.mark(), "101")
    world.step(AskStatus(id="a"))
    not_known(world)
    assert "nothing of this order is in doubt" in refused(resolve(world, "not-placed"))


def test_the_number_of_an_earlier_leg_is_refused(world: MarkedWorld) -> None:
    order = in_doubt_leg(world)
    assert "earlier leg" in refused(resolve(world, "working", "101"))
    assert resolve(world, "working", "105").refusal is None
    assert (order.order_id, order.price, order.pending) == ("105", Decimal(101), [])
    assert view(world.recovered()) == view(world.engine)


def in_doubt_leg(world: MarkedWorld) -> Order:
    place(world)
    world.accept(world.mark(), "101")
    order = world.order("a")
    world.step(Replace(id="a", price=Decimal(101)))
    world.take(CancelOrder)
    world.step(Received(session="main", raw="", report=shown(order.cl_ord_id, "101", status="4")))
    return world.doubt(world.mark("101"))


def is_filled(order: Order) -> bool:
    return order.gap == 2 and order.is_spent and not order.pending


def is_canceled(order: Order) -> bool:
    return order.phase == "CANCELED" and not order.absent and not order.pending


@pytest.mark.parametrize(("outcome", "holds"), [("filled", is_filled), ("canceled", is_canceled)])
def test_what_is_over_is_asked_for_its_fills(
    world: MarkedWorld, outcome: str, holds: Callable[[Order], bool]
) -> None:
    order = ambiguous(world)
    assert resolve(world, outcome, "101").refusal is None
    assert holds(order)
    assert order.order_id == "101"
    (asked,) = world.take(StatusRequest)
    assert asked.message.order_id == "101"
    said = shown(order.cl_ord_id, "101", cum=2, status="2") if outcome == "filled" else None
    if said is not None:
        world.step(Received(session="main", raw="", report=said))
        assert (order.cum_qty, order.avg_px) == (Decimal(2), Decimal(100))
        assert not order.has_gap
    assert view(world.recovered()) == view(world.engine)


def test_a_decision_survives_a_restart(world: MarkedWorld) -> None:
    ambiguous(world)
    resolve(world, "working", "102")
    world.engine = world.recovered()
    world.step(Start())
    world.take(StatusRequest)
    world.up()
    (asked,) = world.take(StatusRequest)
    assert asked.message.order_id == "102"
    assert world.order("102") is world.order("a")


def test_one_that_works_without_a_number_can_still_be_given_one(world: MarkedWorld) -> None:
    """As journals have it from before numbers could be said."""
    place(world)
    order = world.doubt(world.mark())
    order.phase = type(order.phase)("WORKING")
    order.pending.clear()
    assert [each.what for each in differences(order, by_number=True)] == ["UNASKABLE"]
    world.step(Cancel(id="a"))
    assert world.take(CancelOrder) == []
    assert [request.waiting for request in order.requested(RequestKind.CANCEL)] == [True]
    assert resolve(world, "working", "105").refusal is None
    (sent,) = world.take(CancelOrder)
    assert sent.message.order_id == "105"


def test_a_venue_that_goes_by_cl_ord_id_needs_no_number_and_takes_one(world: MarkedWorld) -> None:
    world = MarkedWorld(TIMING)
    world.up()
    order = world.place()
    world.take(NewOrder)
    world.step(SessionDown(session="main"))
    assert order.in_doubt
    assert resolve(world, "working", "V7").refusal is None
    assert world.order("V7") is order
    assert world.take(Look) == []


# --- cancels that stay here


def cancel_that_stays(world: MarkedWorld) -> Order:
    place(world)
    world.accept(world.mark(), "101")
    order = world.order("a")
    world.step(Cancel(id="a"))
    stay(world)
    return order


def stay(world: MarkedWorld) -> None:
    (sent,) = world.take(CancelOrder)
    world.step(
        StayedHere(session="main", order=sent.order, request=sent.request, reason="no numbers are left")
    )


def test_a_cancel_that_stayed_here_waits_and_is_not_in_doubt(world: MarkedWorld) -> None:
    order = cancel_that_stays(world)
    shown_ = full_view(order, world.now)
    assert (shown_["in_doubt"], shown_["waiting"], shown_["held"]) == (
        False,
        ["cancel"],
        "no numbers are left",
    )
    assert [alert.code for alert in world.alerts] == ["CANCEL_WAITS"]
    assert view(world.recovered()) == view(world.engine)


def test_it_is_tried_again_less_and_less_often(world: MarkedWorld) -> None:
    order = cancel_that_stays(world)
    pause_s = TIMING.ask_again_ns / 1e9
    for times in range(3):
        world.step(Tick(), after_s=pause_s * 2**times - 0.1)
        assert world.take(CancelOrder) == []
        world.step(Tick(), after_s=0.2)
        if times < 2:
            stay(world)
    (sent,) = world.take(CancelOrder)
    assert sent.message.order_id == "101"
    assert order.pending[0].tries == 1
    assert full_view(order, world.now)["held"] is None
    assert [alert.code for alert in world.alerts] == ["CANCEL_WAITS"]


def test_it_leaves_as_soon_as_the_session_is_back_or_a_person_asks(world: MarkedWorld) -> None:
    cancel_that_stays(world)
    world.step(Cancel(id="a"))
    stay(world)
    world.step(SessionDown(session="main"))
    world.up()
    (asked,) = world.take(StatusRequest)
    world.step(Received(session="main", raw="", report=shown(asked.message.cl_ord_id, "101")))
    assert len(world.take(CancelOrder)) == 1


def test_it_ends_with_its_order(world: MarkedWorld) -> None:
    order = cancel_that_stays(world)
    said = shown(order.cl_ord_id, "101", cum=2, status="2")
    world.step(Received(session="main", raw="", report=said))
    assert (order.pending, order.is_filled) == ([], True)
    world.step(Tick(), after_s=60)
    assert world.take(CancelOrder) == []


def test_after_a_restart_it_leaves_with_the_session(world: MarkedWorld) -> None:
    cancel_that_stays(world)
    world.engine = world.recovered()
    world.step(Start())
    world.up()
    (asked,) = world.take(StatusRequest)
    world.step(Received(session="main", raw="", report=shown(asked.message.cl_ord_id, "101")))
    assert len(world.take(CancelOrder)) == 1
