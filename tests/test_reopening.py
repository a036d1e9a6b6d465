"""An order that was ended here, without the venue's word, and that the venue has after all: it goes on, aloud."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.explain import remark
from oms.core.inputs import (
    Cancel,
    CancelAll,
    Looked,
    Received,
    Reconcile,
    Replace,
    Resolve,
    SessionDown,
    StayedHere,
    Tick,
)
from oms.core.messages import CancelOrder, ExecutionReport, FillRow, NewOrder, OrderSnapshot, StatusRequest
from oms.core.order import Order
from oms.core.records import Record
from oms.core.values import External, RequestKind
from oms.engine import Engine
from tests.test_engine import ROUTE, TIMING, S, World, view
from tests.test_matching import ROUTE as MARKED
from tests.test_matching import MarkedWorld, place, shown

BY_CANCEL = msgspec.structs.replace(ROUTE, has_replace=False)
T0 = "20260301-09:00:00.000"
T1 = "20260301-09:00:01.000"
T2 = "20260301-09:00:02.000"


@pytest.fixture
def world() -> World:
    world = World()
    world.up()
    return world


def resolve(world: World, outcome: str) -> None:
    answer = world.step(Resolve(id="a", outcome=outcome, evidence="their screen", actor="ann")).answer
    assert answer is not None
    assert answer.refusal is None


def by_a_person(world: World) -> Order:
    order = world.place()
    world.step(Tick(), after_s=6)
    resolve(world, "not-placed")
    world.answer("8", order_id=None, cl_ord_id=order.cl_ord_id, after_s=1)  # what was asked before
    assert (order.phase, order.is_open, order.anomalies) == ("REJECTED", False, 0)
    return order


def by_the_fence(world: World) -> Order:
    order = world.place()
    world.step(Tick(), after_s=6)
    world.step(Tick(), after_s=600)
    world.answer("8", order_id=None, cl_ord_id=order.cl_ord_id, after_s=1)
    world.answer("8", order_id=None, cl_ord_id=order.cl_ord_id)
    assert (order.phase, order.is_open) == ("REJECTED", False)
    return order


def by_a_denial(world: World) -> Order:
    order = world.place()
    assert order.placed is not None
    world.step(
        StayedHere(
            session="main", order=order.number, request=order.placed.request, reason="it did not leave"
        )
    )
    assert (order.phase, order.is_open) == ("DENIED", False)
    return order


ENDS = pytest.mark.parametrize("end", [by_a_person, by_the_fence, by_a_denial])


def codes(world: World) -> list[str]:
    return [alert.code for alert in world.alerts]


def events(world: World) -> list[str]:
    """Name the events of the last step that a test made; what left since is a step of its own."""
    named = [[type(event).__name__ for event in record.events] for record in world.records]
    return next(names for names in reversed(named) if names and names != ["RequestSent"])


def sent(world: World, kind: type) -> list[Any]:
    return [message for message in world.sent if isinstance(message, kind)]


def show(world: World, order: Order, status: str, time: str = T2, *fills: str, **more: Any) -> None:
    """Show an order as REST does."""
    rows = tuple(FillRow(shares=Decimal(shares), price=Decimal(100)) for shares in fills)
    fields = {
        "cl_ord_id": order.cl_ord_id,
        "order_id": "V1",
        "cum_qty": sum((row.shares for row in rows), Decimal(0)),
        **more,
    }
    report = ExecutionReport(
        symbol="BTCUSDT", side="1", exec_trans_type="3", ord_status=status, transact_time=time, **fields
    )
    world.step(Received(session="main", raw="", report=OrderSnapshot(report=report, fills=rows)))


def settled(world: World) -> None:
    """Whatever a step left, recovery gives the same, and positions are what the fills make."""
    assert view(world.recovered()) == view(world.engine)
    assert world.recovered().blotter.positions.by_key == world.engine.blotter.positions.by_key
    for order in world.engine.blotter.orders.values():
        assert order.is_open == (order.number in world.engine.blotter.book("main").open)


REPORTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "New": ({"exec_id": "n1", "exec_type": "0", "ord_status": "0"}, "0", "0"),
    "Pending New": ({"exec_id": "p1", "exec_type": "A", "ord_status": "A"}, "A", "0"),
    "a partial fill": (
        {"exec_id": "f1", "exec_type": "1", "ord_status": "1", "last_shares": Decimal(1)},
        "1",
        "1",
    ),
    "a fill": ({"exec_id": "f1", "exec_type": "2", "ord_status": "2", "last_shares": Decimal(2)}, "2", "2"),
    "Canceled": ({"exec_id": "c1", "exec_type": "4", "ord_status": "4"}, "4", "0"),
    "Expired": ({"exec_id": "c1", "exec_type": "C", "ord_status": "C"}, "C", "0"),
    "Suspended": ({"exec_id": "s1", "exec_type": "9", "ord_status": "9"}, "9", "0"),
    "a status answer, New": ({"exec_id": "0", "exec_trans_type": "3", "ord_status": "0"}, "0", "0"),
    "a status answer, Canceled": ({"exec_id": "0", "exec_trans_type": "3", "ord_status": "4"}, "4", "0"),
    "a status answer, Pending New": ({"exec_id": "0", "exec_trans_type": "3", "ord_status": "A"}, "A", "0"),
}


@ENDS
@pytest.mark.parametrize("name", REPORTS)
def test_the_venues_report_reopens_it_and_it_stands_as_the_venue_says(
    world: World, end: Any, name: str
) -> None:
    order = end(world)
    fields, status, cum_qty = REPORTS[name]
    price = Decimal(99) if "last_shares" in fields else None
    world.report(cl_ord_id=order.cl_ord_id, order_id="V1", last_px=price, **fields)
    assert (str(order.ord_status), str(order.cum_qty), order.order_id) == (status, cum_qty, "V1")
    assert "REOPENED" in codes(world)
    assert (order.reason, order.denial) == (None, None)
    assert (order.anomalies, (order.last_anomaly or "").partition(":")[0]) == (1, "REOPENED")
    assert order.is_open == (status not in "24C")
    settled(world)


@ENDS
def test_a_query_that_shows_it_with_its_fills_reopens_it(world: World, end: Any) -> None:
    order = end(world)
    show(world, order, "1", T2, "0.5", "0.25")
    assert (str(order.ord_status), order.cum_qty, order.order_id) == ("1", Decimal("0.75"), "V1")
    assert (codes(world).count("REOPENED"), order.anomalies) == (1, 1)
    settled(world)


@ENDS
def test_after_it_the_order_is_canceled_as_any_other(world: World, end: Any) -> None:
    order = end(world)
    world.ack(order)
    world.sent.clear()
    world.step(Cancel(id="a"))
    (cancel,) = sent(world, CancelOrder)
    assert cancel.cl_ord_id == order.cl_ord_id
    world.report(order_id="V1", exec_id="c", exec_type="4", ord_status="4")
    assert (order.phase, order.pending) == ("CANCELED", [])
    assert order.anomalies == 1
    settled(world)


@ENDS
def test_a_cancel_of_all_takes_it_along(world: World, end: Any) -> None:
    order = end(world)
    world.ack(order)
    world.sent.clear()
    answer = world.step(CancelAll()).answer
    assert answer is not None
    assert (answer.count, len(sent(world, CancelOrder))) == (1, 1)
    assert order.requested(RequestKind.CANCEL)


@ENDS
def test_nothing_is_sent_a_second_time(world: World, end: Any) -> None:
    order = end(world)
    world.report(cl_ord_id=order.cl_ord_id, order_id="V1", exec_id="p", exec_type="A", ord_status="A")
    for _ in range(20):
        world.step(Tick(), after_s=61)
    world.up()
    assert len(sent(world, NewOrder)) == 1
    assert order.is_open


@ENDS
def test_it_is_asked_about_at_once_and_the_answer_settles_the_contradiction(world: World, end: Any) -> None:
    order = end(world)
    world.ack(order)
    before = order.questions
    assert before > 0
    world.answer("0", cl_ord_id=order.cl_ord_id)
    assert (order.phase, order.disputed) == ("WORKING", None)
    assert codes(world).count("REOPENED") == 1
    settled(world)


@ENDS
def test_once_it_goes_on_the_venues_end_is_the_end(world: World, end: Any) -> None:
    order = end(world)
    world.ack(order)
    world.report(order_id="V1", exec_id="c", exec_type="4", ord_status="4", transact_time=T1)
    world.answer("0", cl_ord_id=order.cl_ord_id, transact_time=T2)
    assert order.phase == "CANCELED"
    assert (order.last_anomaly or "").startswith("STATUS_MISMATCH")
    assert codes(world).count("REOPENED") == 1


@ENDS
def test_that_the_venue_rejected_it_is_the_end_for_good(world: World, end: Any) -> None:
    order = end(world)
    report = ExecutionReport(
        symbol="BTCUSDT",
        side="1",
        cl_ord_id=order.cl_ord_id,
        order_id="V1",
        exec_id="r",
        exec_type="8",
        ord_status="8",
        text="no money",
    )
    world.step(Received(session="main", raw="", report=report))
    assert (order.phase, order.reason) == ("REJECTED", "no money")
    assert codes(world).count("REOPENED") == (end is by_a_denial)
    world.ack(order)  # it was on its way for longer
    assert order.phase == "REJECTED"
    settled(world)


def test_what_the_venue_rejected_itself_stays_rejected(world: World) -> None:
    order = world.place()
    told: dict[str, Any] = {"cl_ord_id": order.cl_ord_id, "order_id": "V1"}
    world.report(exec_id="r", exec_type="8", ord_status="8", transact_time=T0, **told)
    world.report(exec_id="n", exec_type="0", ord_status="0", transact_time=T1, **told)
    assert (order.phase, order.is_open) == ("REJECTED", False)
    assert (order.last_anomaly or "").startswith("ILLEGAL_TRANSITION")
    show(world, order, "0")
    assert (order.last_anomaly or "").startswith("STATUS_MISMATCH")
    assert "REOPENED" not in codes(world)


@ENDS
def test_that_the_venue_does_not_know_it_reopens_nothing(world: World, end: Any) -> None:
    order = end(world)
    world.answer("8", order_id=None, cl_ord_id=order.cl_ord_id)
    world.report(cl_ord_id=order.cl_ord_id, exec_id="0", exec_trans_type="3", exec_type="8", ord_status="8")
    assert (order.is_open, order.anomalies) == (False, 0)


def test_a_report_that_came_before_the_end_and_comes_again_reopens_nothing(world: World) -> None:
    order = world.place()
    fields: dict[str, Any] = {
        "cl_ord_id": order.cl_ord_id,
        "order_id": "V1",
        "exec_type": "A",
        "ord_status": "A",
    }
    world.report(exec_id="p", **fields)
    world.step(Tick(), after_s=6)
    resolve(world, "not-placed")
    world.report(exec_id="p", **fields)
    assert (order.phase, order.anomalies) == ("REJECTED", 0)


# --- what the desk wants meanwhile


def test_a_cancel_of_it_asks_the_venue_and_leaves_once_the_venue_shows_it(world: World) -> None:
    order = by_a_person(world)
    world.sent.clear()
    for _ in range(2):
        world.step(Cancel(id="a"))
    assert (len(sent(world, StatusRequest)), sent(world, CancelOrder)) == (1, [])
    assert (order.phase, order.is_open, order.pending) == ("REJECTED", False, [])
    world.answer("0", cl_ord_id=order.cl_ord_id)
    assert len(sent(world, CancelOrder)) == 1
    world.report(order_id="V1", exec_id="c", exec_type="4", ord_status="4")
    assert (order.phase, order.pending) == ("CANCELED", [])
    settled(world)


def test_a_cancel_that_was_wanted_before_the_end_leaves_too(world: World) -> None:
    order = world.place()
    world.step(Cancel(id="a"))
    world.step(Tick(), after_s=6)
    resolve(world, "not-placed")
    assert sent(world, CancelOrder) == []
    world.ack(order)
    assert len(sent(world, CancelOrder)) == 1


def test_an_order_that_was_canceled_before_it_left_is_not_sent_after_all(world: World) -> None:
    world = World(msgspec.structs.replace(TIMING, wait_after_logon=True))
    other = world.place("b")
    assert other.phase == "DENIED"
    world.up()
    world.ack(world.place("b2"))
    world.up()
    order = world.place("a")
    assert order.pending[0].waiting
    world.step(Cancel(id="a"))
    assert (order.phase, order.pending) == ("CANCELED", [])
    world.sent.clear()
    world.ack(order, "V9")
    world.answer("0", cl_ord_id=world.order("b2").cl_ord_id)
    assert sent(world, NewOrder) == []
    assert (order.phase, len(sent(world, CancelOrder))) == ("WORKING", 1)


# --- rounds


@pytest.mark.parametrize("end", [by_a_person, by_the_fence])
def test_whoever_asks_for_all_asks_for_what_was_ended_here_too(world: World, end: Any) -> None:
    order = end(world)
    world.sent.clear()
    world.step(Reconcile())
    world.step(Tick())
    assert [message.cl_ord_id for message in world.sent] == [order.cl_ord_id]
    world.answer("0", cl_ord_id=order.cl_ord_id)
    assert (order.phase, order.is_open) == ("WORKING", True)


def test_the_venue_is_not_asked_for_what_was_denied_or_what_it_rejected(world: World) -> None:
    by_a_denial(world)
    order = world.place("b")
    world.report(cl_ord_id=order.cl_ord_id, order_id="V1", exec_id="r", exec_type="8", ord_status="8")
    world.sent.clear()
    world.step(Reconcile())
    world.step(Tick())
    assert world.sent == []


def test_only_the_last_that_were_ended_here_are_asked_for(world: World) -> None:
    for number in range(120):
        world.place(f"x{number}")
    world.step(Tick(), after_s=6)
    for number in range(120):
        order = world.order(f"x{number}")
        world.step(Resolve(id=order.cl_ord_id or "", outcome="not-placed", evidence="e"))
    world.now += 700 * S
    answer = world.step(Reconcile()).answer
    assert answer is not None
    assert answer.count == 100


# --- a person's word that an order is over


@pytest.fixture
def canceled(world: World) -> Order:
    """Have a person say that an order, which the venue had acknowledged, is canceled."""
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    world.step(Tick(), after_s=6)
    resolve(world, "canceled")
    assert (order.phase, order.is_open) == ("CANCELED", False)
    return order


def test_a_status_answer_that_shows_it_working_reopens_what_a_person_called_canceled(
    world: World, canceled: Order
) -> None:
    world.sent.clear()
    world.answer("0", cl_ord_id=canceled.cl_ord_id)
    assert (canceled.phase, "REOPENED" in codes(world)) == ("WORKING", True)
    assert sent(world, CancelOrder), "it was wanted canceled, and is not"
    settled(world)


def test_a_late_report_does_not(world: World, canceled: Order) -> None:
    world.report(cl_ord_id=canceled.cl_ord_id, order_id="V1", exec_id="n2", exec_type="0", ord_status="0")
    world.fill(1, "f1")
    assert (canceled.phase, canceled.cum_qty, canceled.anomalies) == ("CANCELED", Decimal(1), 0)
    show(world, canceled, "4", T2, "1")
    assert canceled.phase == "CANCELED"


def test_that_the_venue_does_not_know_it_agrees_with_a_person_who_called_it_canceled(
    world: World, canceled: Order
) -> None:
    world.step(Reconcile())
    world.answer("8", order_id=None, cl_ord_id=canceled.cl_ord_id)
    assert (canceled.phase, canceled.anomalies) == ("CANCELED", 0)


# --- the new leg of a replace


@pytest.mark.parametrize("how", ["fence", "person", "stayed here"])
def test_a_leg_that_was_taken_for_not_placed_goes_on_with_the_terms_it_was_sent_with(how: str) -> None:
    world = World(route=BY_CANCEL)
    world.up()
    order = replaced(world)
    number = order.requested(RequestKind.NEW)[0].number
    if how == "stayed here":
        world.step(StayedHere(session="main", order=order.number, request=number, reason="gone"))
    else:
        world.step(Tick(), after_s=601)
        if how == "fence":
            world.answer("8", order_id=None, cl_ord_id=order.cl_ord_id)
        else:
            resolve(world, "not-placed")
    assert (order.phase, order.order_qty, order.is_open) == ("CANCELED", Decimal(2), False)
    world.report(cl_ord_id=order.cl_ord_id, order_id="V2", exec_id="n", exec_type="0", ord_status="0")
    assert (order.phase, order.order_id) == ("WORKING", "V2")
    assert (order.order_qty, order.price) == (Decimal(5), Decimal(101))
    assert (order.pending, codes(world).count("REOPENED")) == ([], 1)
    world.fill(5, "f1", "V2")
    assert order.is_filled
    settled(world)


def replaced(world: World) -> Order:
    order = world.place()
    world.ack(order)
    world.step(Replace(id="a", order_qty=Decimal(5), price=Decimal(101)))
    world.report(order_id="V1", exec_id="c1", exec_type="4", ord_status="4", cum_qty=Decimal(0))
    return order


def test_a_late_fill_of_the_leg_before_says_nothing_of_the_one_that_was_not_placed() -> None:
    world = World(route=BY_CANCEL)
    world.up()
    order = replaced(world)
    world.step(Tick(), after_s=601)
    resolve(world, "not-placed")
    world.fill(1, "f1", "V1")
    assert (order.phase, order.cum_qty) == ("CANCELED", Decimal(1))
    assert "REOPENED" not in codes(world)


def test_a_look_that_comes_after_the_end_changes_nothing(world: World) -> None:
    order = by_the_fence(world)
    world.step(Looked(session="main", order=order.number, request=1, candidates=(), past_fence=True))
    assert order.phase == "REJECTED"


# --- an OrderID that nobody here knows, while an order that was ended here has none


def anonymous_fill(world: World, order_id: str = "V1") -> None:
    """Report a fill as the short form does: without ClOrdID."""
    world.fill(1, f"f-{order_id}", order_id)


@pytest.mark.parametrize("end", [by_a_person, by_the_fence])
def test_a_fill_by_a_number_that_nobody_knows_waits_until_the_venue_has_said_what_it_is_of(
    world: World, end: Any
) -> None:
    order = end(world)
    world.sent.clear()
    anonymous_fill(world)
    assert [message.cl_ord_id for message in sent(world, StatusRequest)] == [order.cl_ord_id]
    assert (order.cum_qty, len(world.engine.blotter.orders)) == (0, 1)
    world.answer("1", cl_ord_id=order.cl_ord_id)
    assert (order.phase, order.cum_qty, order.order_id) == ("WORKING", Decimal(1), "V1")
    assert len(world.engine.blotter.orders) == 1
    assert world.engine.blotter.book("main").held == {}
    settled(world)


def test_it_is_one_of_others_if_the_venue_does_not_know_ours(world: World) -> None:
    order = by_the_fence(world)
    anonymous_fill(world)
    world.answer("8", order_id=None, cl_ord_id=order.cl_ord_id)
    (other,) = [each for each in world.engine.blotter.orders.values() if each.external]
    assert (order.phase, order.cum_qty, other.cum_qty) == ("REJECTED", Decimal(0), Decimal(1))
    settled(world)


def test_what_goes_on_as_one_of_others_does_not_count_a_second_time(world: World) -> None:
    order = by_the_fence(world)
    anonymous_fill(world)
    world.answer("8", order_id=None, cl_ord_id=order.cl_ord_id)
    world.answer("1", cl_ord_id=order.cl_ord_id)
    assert (order.phase, order.cum_qty) == ("REJECTED", Decimal(0))
    assert "goes on as that" in (order.last_anomaly or "")
    positions = world.engine.blotter.positions.by_key.values()
    assert sum(position.qty for position in positions) == Decimal(1)


def test_a_question_without_an_answer_is_asked_again_for_as_long_as_a_report_waits_for_it(
    world: World,
) -> None:
    order = by_a_person(world)
    anonymous_fill(world)
    world.sent.clear()
    for _ in range(600):
        world.step(Tick(), after_s=1)
    assert 8 <= len(sent(world, StatusRequest)) <= 16
    assert order.questions == 1
    assert world.engine.blotter.book("main").held
    world.answer("1", cl_ord_id=order.cl_ord_id)
    assert (order.cum_qty, world.engine.blotter.book("main").held) == (Decimal(1), {})


def test_a_report_that_waited_already_when_a_person_decides_is_asked_about(world: World) -> None:
    order = world.place()
    anonymous_fill(world)
    world.step(Tick(), after_s=6)
    world.sent.clear()
    resolve(world, "not-placed")
    assert len(sent(world, StatusRequest)) == 1
    world.answer("1", cl_ord_id=order.cl_ord_id)
    assert (order.phase, order.cum_qty) == ("WORKING", Decimal(1))
    settled(world)


def test_it_is_asked_about_after_a_logon_too(world: World) -> None:
    order = world.place()
    anonymous_fill(world)
    world.step(SessionDown(session="main"))
    resolve(world, "not-placed")
    world.sent.clear()
    world.up()
    assert [message.cl_ord_id for message in sent(world, StatusRequest)] == [order.cl_ord_id]


# --- the venue says that it is over, too


def test_the_venues_end_takes_the_place_of_a_persons(world: World) -> None:
    order = world.place()
    world.step(Tick(), after_s=6)
    resolve(world, "canceled")
    world.report(cl_ord_id=order.cl_ord_id, order_id="V1", exec_id="c", exec_type="4", ord_status="4")
    assert (order.phase, order.order_id, order.ended_here, order.anomalies) == ("CANCELED", "V1", None, 0)
    assert not order.has_gap
    settled(world)


def test_that_it_was_filled_contradicts_a_person_who_called_it_canceled(world: World) -> None:
    order = world.place()
    world.step(Tick(), after_s=6)
    resolve(world, "canceled")
    world.answer("2", cl_ord_id=order.cl_ord_id, cum_qty=Decimal(2))
    assert (order.phase, order.gap, "REOPENED" in codes(world)) == ("WORKING", Decimal(2), True)
    world.fill(2, "f1")
    assert (str(order.ord_status), order.cum_qty) == ("2", Decimal(2))
    settled(world)


# --- anomalies that take turns


def test_anomalies_that_take_turns_are_asked_about_once_each_until_the_venue_agrees(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.sent.clear()
    half: dict[str, Any] = {"order_qty": Decimal(2), "leaves_qty": Decimal(2)}
    for _ in range(10):
        world.answer("0", cl_ord_id=order.cl_ord_id, cum_qty=Decimal(1), **half)  # leaves too much
        world.answer("0", cl_ord_id=order.cl_ord_id, cum_qty=Decimal(-1))
    assert order.anomalies >= 10
    assert world.questions() <= 4


# --- what people read


def test_whoever_asks_what_happened_reads_that_the_word_was_wrong(world: World) -> None:
    order = by_a_person(world)
    world.step(Cancel(id="a"))
    world.ack(order)
    told = remarks(world)
    assert any("ann" in text and "the cancel leaves if the venue has the order" in text for text in told)
    assert any("not by the venue" in text and "goes on with what was open" in text for text in told)


def test_and_that_the_venue_said_so_too(world: World) -> None:
    order = world.place()
    world.step(Tick(), after_s=6)
    resolve(world, "canceled")
    world.report(cl_ord_id=order.cl_ord_id, order_id="V1", exec_id="c", exec_type="4", ord_status="4")
    assert any("now the venue says so" in text for text in remarks(world))


def remarks(world: World) -> list[str]:
    """Retell the first order from the journal, as `oms explain` does."""
    engine, found = Engine([ROUTE], TIMING), []
    for record in world.records:
        for event in record.events:
            found.append(remark(engine.blotter.orders.get(1), event))
            engine.recover(Record(kind="test", time_ns=record.time_ns, events=(event,)))
    return [text for text in found if text is not None]


# --- venues that know no ClOrdID


@pytest.mark.parametrize("external", [External.ADOPT, External.IGNORE])
def test_a_row_with_the_terms_of_what_was_not_placed_goes_on_as_one_of_others_and_can_be_canceled(
    external: External,
) -> None:
    world = MarkedWorld(route=msgspec.structs.replace(MARKED, external=external))
    world.up()
    order = in_vain(world)
    row(world, "101", order.order_qty, order.price)
    (other,) = [each for each in world.engine.blotter.orders.values() if each.external]
    (alert,) = [alert for alert in world.alerts if alert.code == "EXTERNAL_ORDER"]
    assert "it may be order a" in alert.text
    assert order.phase == "REJECTED"
    world.step(Cancel(id="101"))
    assert len(world.take(CancelOrder)) == 1
    assert other.is_open
    assert view(world.recovered()) == view(world.engine)


def test_other_rows_are_ignored_where_the_orders_of_others_are() -> None:
    world = MarkedWorld(route=msgspec.structs.replace(MARKED, external=External.IGNORE))
    world.up()
    order = in_vain(world)
    row(world, "101", Decimal(7), order.price)
    row(world, "102", order.order_qty, Decimal(7))
    assert len(world.engine.blotter.orders) == 1


def test_a_late_answer_to_the_submit_itself_reopens_it() -> None:
    world = MarkedWorld(route=MARKED)
    world.up()
    order = in_vain(world)
    world.step(Received(session="main", raw="", report=shown(order.cl_ord_id or "", "101")))
    assert (order.phase, order.order_id) == ("WORKING", "101")
    assert "REOPENED" in codes(world)


def in_vain(world: MarkedWorld) -> Order:
    """Have two full looks past the fence find nothing."""
    place(world)
    order = world.doubt(world.mark())
    for _ in range(2):
        world.step(Tick(), after_s=40)
        world.looked(past_fence=True)
    assert order.phase == "REJECTED"
    return order


def row(world: World, order_id: str, order_qty: Decimal | None, price: Decimal | None) -> None:
    report = ExecutionReport(
        order_id=order_id,
        symbol="btc_usd",
        side="1",
        exec_trans_type="3",
        ord_status="0",
        order_qty=order_qty,
        price=price,
        cum_qty=Decimal(0),
    )
    world.step(Received(session="main", raw="", report=OrderSnapshot(report=report)))
