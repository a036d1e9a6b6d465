"""Replaces, one story each: by the venue's own message, and as cancel and then new order where it has none."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.doubt import Timing
from oms.core.inputs import AskStatus, Cancel, Received, Refused, Replace, SessionDown, StayedHere, Tick
from oms.core.messages import CancelOrder, CancelReject, NewOrder, ReplaceOrder, StatusRequest
from oms.core.order import Order
from oms.core.risk import Limits
from oms.core.values import RequestKind
from oms.core.views import full_view
from oms.engine import Engine, Route
from tests.test_engine import ROUTE, TIMING, S, World, view

BY_CANCEL = msgspec.structs.replace(ROUTE, has_replace=False)
NATIVE = msgspec.structs.replace(ROUTE, cancel_repeats_id=False)


def a_world(route: Route, timing: Timing = TIMING) -> World:
    world = World(timing, route)
    world.up()
    return world


@pytest.fixture
def world() -> World:
    return a_world(BY_CANCEL)


@pytest.fixture
def native() -> World:
    return a_world(NATIVE)


def working(world: World, **terms: Any) -> Order:
    order = world.place(**terms)
    world.ack(order)
    world.sent.clear()
    return order


def ask_replace(world: World, order_qty: object = None, price: object = None) -> Any:
    quantity = None if order_qty is None else Decimal(str(order_qty))
    at = None if price is None else Decimal(str(price))
    return world.step(Replace(id="a", actor="trader", order_qty=quantity, price=at)).answer


def canceled(world: World, cum_qty: str | None = "0", order_id: str = "V1", exec_id: str = "c1") -> None:
    world.report(
        order_id=order_id,
        exec_id=exec_id,
        exec_type="4",
        ord_status="4",
        cum_qty=None if cum_qty is None else Decimal(cum_qty),
    )


def status_of(order: Order) -> str:
    return str(order.ord_status)


def sent(world: World, kind: type) -> list[Any]:
    return [message for message in world.sent if isinstance(message, kind)]


# --- by the venue's own message


def test_a_replace_leaves_by_the_venues_message_and_counts_from_its_report(native: World) -> None:
    order = working(native)
    ask_replace(native, order_qty=5, price=101)
    (message,) = native.sent
    assert isinstance(message, ReplaceOrder)
    assert (message.orig_cl_ord_id, message.order_qty, message.price) == (
        order.cl_ord_id,
        Decimal(5),
        Decimal(101),
    )
    assert (order.order_qty, status_of(order)) == (Decimal(2), "0")
    assert [request.kind for request in order.pending] == ["replace"]
    native.report(
        cl_ord_id=message.cl_ord_id, orig_cl_ord_id=order.cl_ord_id, order_id="V1", exec_id="r", exec_type="5"
    )
    assert (order.order_qty, order.price, order.pending) == (Decimal(5), Decimal(101), [])
    assert order.cl_ord_id == message.cl_ord_id


def test_a_refused_replace_leaves_the_order_as_it_was(native: World) -> None:
    order = working(native)
    ask_replace(native, order_qty=5)
    refused = CancelReject(
        cl_ord_id=native.sent[0].cl_ord_id, orig_cl_ord_id=order.cl_ord_id, response_to="2", text="no"
    )
    native.step(Received(session="main", raw="", report=refused))
    assert (order.order_qty, order.pending, status_of(order)) == (Decimal(2), [], "0")


def test_a_replace_in_doubt_ends_by_the_terms_that_the_venue_shows(native: World) -> None:
    order = working(native)
    ask_replace(native, order_qty=5)
    native.step(Tick(), after_s=6)
    assert order.in_doubt
    native.answer("0", cl_ord_id=order.cl_ord_id, order_qty=Decimal(2))
    assert order.in_doubt, "it may still be on its way"
    native.step(Tick(), after_s=20)
    native.answer("0", cl_ord_id=order.cl_ord_id, order_qty=Decimal(5))
    assert not order.in_doubt
    assert order.order_qty == Decimal(5)


def filled(world: World) -> Order:
    order = working(world, order_qty=Decimal(2))
    world.report(
        order_id="V1",
        exec_id="f1",
        exec_type="2",
        ord_status="2",
        last_shares=Decimal(2),
        last_px=Decimal(100),
    )
    assert status_of(order) == "2"
    return order


def test_a_filled_order_goes_on_for_more_by_the_venues_replace(native: World) -> None:
    order = filled(native)
    first = order.cl_ord_id
    assert ask_replace(native, 2, 101).refusal == "NOT_OPEN"
    assert ask_replace(native, None, 101).refusal == "NOT_OPEN"
    assert ask_replace(native, 3).refusal is None
    (left,) = sent(native, ReplaceOrder)
    assert (left.order_qty, left.orig_cl_ord_id) == (Decimal(3), first)
    native.report(
        order_id="V1",
        exec_id="r1",
        exec_type="5",
        ord_status="1",
        cl_ord_id=left.cl_ord_id,
        orig_cl_ord_id=first,
        order_qty=Decimal(3),
        cum_qty=Decimal(2),
    )
    assert (status_of(order), order.leaves_qty, order.pending) == ("1", Decimal(1), [])


def test_a_filled_order_whose_replace_is_in_doubt_goes_on_once_the_venue_shows_it(native: World) -> None:
    order = filled(native)
    ask_replace(native, 3)
    (left,) = sent(native, ReplaceOrder)
    native.step(Tick(), after_s=6)
    native.step(Tick(), after_s=6)
    assert order.in_doubt
    shown = native.answer(
        "1", cl_ord_id=left.cl_ord_id, order_qty=Decimal(3), cum_qty=Decimal(2), exec_trans_type="3"
    )
    assert (status_of(order), order.order_qty, order.in_doubt) == ("1", Decimal(3), False)
    assert shown.anomaly is None


def test_a_replace_that_the_venue_never_shows_is_over_past_the_fence(native: World) -> None:
    order = working(native)
    ask_replace(native, order_qty=5)
    native.step(Tick(), after_s=6)
    native.step(Tick(), after_s=600)
    native.answer("0", cl_ord_id=order.cl_ord_id, order_qty=Decimal(2))
    assert (order.in_doubt, order.pending, order.order_qty) == (False, [], Decimal(2))


def test_a_cancel_of_a_later_leg_names_the_quantity_that_the_venue_knows(world: World) -> None:
    order = working(world)
    world.fill(1, "f1")
    ask_replace(world, order_qty=5)
    canceled(world, "1")
    world.report(cl_ord_id=order.cl_ord_id, order_id="V2", exec_id="n2", exec_type="0", ord_status="0")
    assert (order.order_qty, sent(world, NewOrder)[0].order_qty) == (Decimal(5), Decimal(4))
    world.sent.clear()
    world.step(Cancel(id="a"))
    assert [message.order_qty for message in sent(world, CancelOrder)] == [Decimal(4)]


# --- denials


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"order_qty": 2}, "NOTHING_TO_REPLACE"),
        ({"order_qty": 0}, "NOT_POSITIVE"),
        ({"price": "1.123456789"}, "TOO_MANY_DECIMALS"),
        ({"order_qty": 200}, "MAX_ORDER_QTY"),
    ],
)
def test_a_replace_is_denied_by_name_and_the_order_goes_on(terms: dict[str, str], code: str) -> None:
    world = a_world(msgspec.structs.replace(BY_CANCEL, limits=Limits(max_order_qty=Decimal(100))))
    order = working(world)
    answer = ask_replace(world, **terms)
    assert answer.refusal == code
    assert (world.sent, order.pending, status_of(order)) == ([], [], "0")
    asked, ended = world.records[-1].events
    assert (asked.actor, ended.reason.split(":")[0]) == ("trader", code)  # type: ignore[union-attr]


def test_a_replace_of_what_cannot_be_replaced_is_denied(world: World) -> None:
    order = working(world)
    world.step(Cancel(id="a"))
    assert ask_replace(world, order_qty=5).refusal == "CANCEL_PENDING"
    canceled(world)
    assert ask_replace(world, order_qty=5).refusal == "NOT_OPEN"
    assert status_of(order) == "4"
    world.place("b")
    world.step(SessionDown(session="main"))
    assert world.step(Replace(id="b", order_qty=Decimal(9))).answer.refusal == "NOT_LOGGED_ON"  # type: ignore[union-attr]


def test_where_nothing_can_prove_what_was_executed_a_replace_is_denied_by_name() -> None:
    world = a_world(msgspec.structs.replace(BY_CANCEL, proves_cum_qty=False))
    working(world)
    assert ask_replace(world, order_qty=5).refusal == "REPLACE_UNPROVABLE"
    assert not world.sent


# --- cancel, then new


def test_the_new_leg_leaves_after_the_cancel_for_what_is_left(world: World) -> None:
    order = working(world)
    first = order.cl_ord_id
    world.fill(1, "e1")
    ask_replace(world, order_qty=5, price=101)
    (cancel,) = world.sent
    assert isinstance(cancel, CancelOrder)
    assert status_of(order) == "1", "the venue has confirmed nothing yet"
    canceled(world, "1")
    new = world.sent[-1]
    assert isinstance(new, NewOrder)
    assert (new.order_qty, new.price) == (Decimal(4), Decimal(101))
    assert new.cl_ord_id not in (None, first)
    assert (status_of(order), order.phase) == ("E", "PENDING_NEW")
    assert (order.cl_ord_id, order.orig_cl_ord_id) == (new.cl_ord_id, first)
    world.report(
        cl_ord_id=new.cl_ord_id,
        order_id="V2",
        exec_id="ack2",
        exec_type="0",
        ord_status="0",
        order_qty=Decimal(4),
        cum_qty=Decimal(0),
    )
    assert (status_of(order), order.order_qty, order.cum_qty) == ("1", Decimal(5), Decimal(1))
    assert not order.pending
    world.report(
        order_id="V2",
        exec_id="e1",
        exec_type="2",
        ord_status="2",
        order_qty=Decimal(4),
        cum_qty=Decimal(4),
        leaves_qty=Decimal(0),
        last_shares=Decimal(4),
        last_px=Decimal(101),
    )
    assert (status_of(order), order.cum_qty, order.gap, order.anomalies) == ("2", Decimal(5), Decimal(0), 0)


def test_without_a_total_on_the_cancels_report_the_venue_is_asked_for_it(world: World) -> None:
    working(world)
    ask_replace(world, order_qty=5)
    canceled(world, None)
    assert not sent(world, NewOrder)
    assert isinstance(world.sent[-1], StatusRequest)
    world.answer("4", cum_qty=Decimal("0.5"))
    (new,) = sent(world, NewOrder)
    assert new.order_qty == Decimal("4.5")


def test_a_total_that_is_never_proven_ends_the_order_canceled_with_the_reason(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    canceled(world, None)
    world.answer("4")
    world.step(Tick(), after_s=59)
    assert order.pending, "the total may still come"
    world.step(Tick(), after_s=2)
    assert not sent(world, NewOrder)
    assert (status_of(order), order.pending) == ("4", [])
    assert "could not be proven" in (order.reason or "")


def test_down_to_what_is_executed_the_order_is_filled(world: World) -> None:
    order = working(world)
    world.fill(1, "e1")
    ask_replace(world, order_qty=1)
    canceled(world, "1")
    assert not sent(world, NewOrder)
    assert (status_of(order), order.order_qty, order.pending) == ("2", Decimal(1), [])


def test_the_new_leg_refused_ends_the_order_canceled_with_the_reason(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    canceled(world)
    world.report(cl_ord_id=order.cl_ord_id, exec_id="r", exec_type="8", ord_status="8", text="too small")
    assert (status_of(order), order.pending) == ("4", [])
    assert "too small" in (order.reason or "")


def test_the_new_leg_that_stays_here_ends_the_order_too(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    canceled(world)
    number = order.requested(RequestKind.NEW)[0].number
    world.step(StayedHere(session="main", order=order.number, request=number, reason="gone"))
    assert status_of(order) == "4"
    ask_replace(world, order_qty=5)


def test_the_new_leg_refused_by_number_ends_the_order_too(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    canceled(world)
    number = order.requested(RequestKind.NEW)[0].number
    world.step(Refused(session="main", order=order.number, request=number, reason="no money"))
    assert status_of(order) == "4"
    assert "no money" in (order.reason or "")


def asked_about_what_is_not_there(world: World, order: Order) -> int:
    """Have the venue say that it has no order of the present leg; count anomalies."""
    world.step(AskStatus(id="a"))
    world.answer("8", order_id="NONE", cl_ord_id=order.cl_ord_id)
    return order.anomalies


@pytest.mark.parametrize("how", ["rejected", "stays here", "refused", "not placed"])
def test_that_the_venue_has_no_leg_that_never_was_there_contradicts_nothing(world: World, how: str) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    canceled(world)
    number = order.requested(RequestKind.NEW)[0].number
    match how:
        case "rejected":
            world.report(cl_ord_id=order.cl_ord_id, exec_id="r", exec_type="8", ord_status="8")
        case "stays here":
            world.step(StayedHere(session="main", order=order.number, request=number, reason="gone"))
        case "refused":
            world.step(Refused(session="main", order=order.number, request=number, reason="no money"))
        case _:
            world.step(Tick(), after_s=601)
            world.answer("8", order_id="NONE", cl_ord_id=order.cl_ord_id)
    assert (status_of(order), order.pending) == ("4", [])
    assert asked_about_what_is_not_there(world, order) == 0


def test_that_the_venue_has_no_leg_that_it_acknowledged_contradicts_its_own_word(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    canceled(world)
    world.report(cl_ord_id=order.cl_ord_id, order_id="V2", exec_id="ack2", exec_type="0", ord_status="0")
    world.step(Cancel(id="a"))
    canceled(world, order_id="V2", exec_id="c2")
    assert status_of(order) == "4"
    assert asked_about_what_is_not_there(world, order) == 1


def test_the_new_leg_in_doubt_puts_the_order_in_doubt(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    canceled(world)
    world.step(Tick(), after_s=6)
    assert order.in_doubt
    assert status_of(order) == "E"
    world.report(cl_ord_id=order.cl_ord_id, order_id="V2", exec_id="ack2", exec_type="0", ord_status="0")
    assert (order.in_doubt, order.order_qty, status_of(order)) == (False, Decimal(5), "5")


def test_a_cancel_of_the_desk_before_the_confirmation_means_no_new_leg(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    world.step(Cancel(id="a"))
    canceled(world)
    assert not sent(world, NewOrder)
    assert len(sent(world, CancelOrder)) == 1
    assert status_of(order) == "4"


def test_a_cancel_of_the_desk_in_the_gap_means_no_new_leg(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    canceled(world, None)
    assert status_of(order) == "E"
    world.step(Cancel(id="a"))
    world.answer("4", cum_qty=Decimal(0))
    assert not sent(world, NewOrder)
    assert status_of(order) == "4"


def test_a_cancel_that_lost_to_a_fill_ends_the_replace_with_a_reason(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    refused = CancelReject(cl_ord_id=order.cl_ord_id, orig_cl_ord_id=order.cl_ord_id, text="too late")
    world.step(Received(session="main", raw="", report=refused))
    assert not sent(world, NewOrder)
    assert order.pending == []
    assert any("too late" in str(event) for record in world.records for event in record.events)


def test_a_complete_fill_before_the_cancel_ends_the_replace(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    world.fill(2, "e1")
    assert not sent(world, NewOrder)
    assert not order.replacing
    assert status_of(order) == "2"


def test_a_late_fill_of_the_old_leg_counts_and_the_excess_is_canceled_down(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    canceled(world, "0")
    new = world.sent[-1]
    world.report(cl_ord_id=new.cl_ord_id, order_id="V2", exec_id="ack2", exec_type="0", ord_status="0")
    world.sent.clear()
    world.fill(1, "late", order_id="V1")
    assert order.cum_qty == Decimal(1)
    assert order.last_anomaly is not None
    assert order.last_anomaly.startswith("FILL_AFTER_REPLACE")
    assert len(sent(world, CancelOrder)) == 1
    canceled(world, "0", order_id="V2", exec_id="c2")
    (third,) = sent(world, NewOrder)
    assert third.order_qty == Decimal(4)
    world.report(cl_ord_id=third.cl_ord_id, order_id="V3", exec_id="ack3", exec_type="0", ord_status="0")
    assert (order.order_qty, order.leaves_qty) == (Decimal(5), Decimal(4))


def test_a_late_fill_of_the_old_leg_does_not_acknowledge_the_new_one(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    canceled(world, "1")
    world.fill(1, "late", order_id="V1")
    assert (order.phase, order.cum_qty, order.anomalies) == ("PENDING_NEW", Decimal(1), 0)
    assert order.requested(RequestKind.NEW)


def test_what_is_inferred_of_the_old_leg_does_not_acknowledge_the_new_one(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    canceled(world, "1")
    world.step(Tick(), after_s=6)
    world.answer("4", order_id="V1", cum_qty=Decimal(1))
    for _ in range(40):
        world.step(Tick(), after_s=1)
    assert (order.phase, order.cum_qty, order.gap) == ("PENDING_NEW", Decimal(0), Decimal(1))
    world.report(cl_ord_id=order.cl_ord_id, order_id="V2", exec_id="a2", exec_type="0", ord_status="0")
    for _ in range(40):
        world.step(Tick(), after_s=1)
    assert (order.phase, order.gap) == ("WORKING", Decimal(1))


@pytest.mark.parametrize(("wanted", "cum_qty"), [(5, "1"), ("1.5", "1"), (5, "0")])
def test_while_the_new_leg_is_not_acknowledged_the_old_terms_are_told(
    world: World, wanted: object, cum_qty: str
) -> None:
    order = working(world)
    if cum_qty != "0":
        world.fill(int(cum_qty), "e1")

    def told() -> tuple[object, ...]:
        assert order.leaves_qty is not None
        assert order.cum_qty + order.leaves_qty == order.order_qty
        return order.order_qty, order.leaves_qty

    ask_replace(world, wanted)
    before = told()
    canceled(world, cum_qty)
    assert sent(world, NewOrder)
    assert (told(), status_of(order)) == (before, "E")
    world.report(cl_ord_id=order.cl_ord_id, order_id="V2", exec_id="a2", exec_type="0", ord_status="0")
    assert told() == (Decimal(str(wanted)), Decimal(str(wanted)) - Decimal(cum_qty))


def test_while_the_new_leg_is_not_acknowledged_exposure_counts_the_greater_terms() -> None:
    limits = Limits(max_open_notional=Decimal(10_000))
    world = a_world(msgspec.structs.replace(BY_CANCEL, limits=limits))
    order = working(world)
    ask_replace(world, 5)
    canceled(world)
    assert order.leaves_qty == Decimal(2)
    assert world.engine._work.exposure.by_account[order.account] == Decimal(500)


def test_a_dropped_session_and_a_restart_lose_nothing_of_a_replace(world: World) -> None:
    order = working(world)
    ask_replace(world, order_qty=5)
    world.step(SessionDown(session="main"))
    world.up()
    world.sent.clear()
    world.answer("4", cl_ord_id=order.cl_ord_id, cum_qty=Decimal(0))
    (new,) = sent(world, NewOrder)
    assert new.order_qty == Decimal(5)
    assert view(world.recovered()) == view(world.engine)


def test_the_desk_sees_one_order(world: World) -> None:
    order = working(world)
    first = str(order.cl_ord_id)
    ask_replace(world, order_qty=5)
    canceled(world)
    engine: Engine = world.engine
    assert list(engine.blotter.orders) == [order.number]
    for any_id in (first, str(order.cl_ord_id), "V1", "a"):
        assert engine.blotter.search(any_id) == [order]
    assert full_view(order, 99 * S)["ord_status_name"] == "PendingReplace"


def test_a_replace_that_did_not_leave_is_dropped_and_nothing_is_in_doubt(native: World) -> None:
    order = working(native)
    ask_replace(native, order_qty=5)
    (request,) = order.pending
    stayed = StayedHere(session="main", order=order.number, request=request.number, reason="the line is down")
    native.step(stayed)
    assert (order.in_doubt, order.pending, order.order_qty, order.questions) == (False, [], Decimal(2), 0)
    assert order.refusal is not None
    assert "the line is down" in (order.refusal.reason or "")
    assert [alert.code for alert in native.alerts] == ["REPLACE_NOT_SENT"]
    assert view(native.recovered()) == view(native.engine)
    assert ask_replace(native, order_qty=5).refusal is None
