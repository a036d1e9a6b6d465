"""What ends a doubt: rounds of questions, people's decisions, and orders that nobody here knew of."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.inputs import (
    Answer,
    Cancel,
    CancelAll,
    Input,
    PlaceOrder,
    Reconcile,
    Resolve,
    Resume,
    SessionDown,
    SessionUp,
    Start,
    StayedHere,
    Tick,
    Unanswered,
)
from oms.core.messages import CancelOrder, StatusRequest
from oms.core.order import Order
from oms.core.records import Record
from oms.core.values import External
from tests.test_engine import ROUTE, START_NS, TIMING, S, World, view

HOURLY = msgspec.structs.replace(TIMING, reconcile_ns=300 * 1_000_000_000)


@pytest.fixture
def world() -> World:
    world = World(HOURLY)
    world.up()
    return world


def asked(world: World) -> list[str]:
    return [message.cl_ord_id for message in world.sent if isinstance(message, StatusRequest)]


def reconciled(world: World) -> list[Any]:
    return [
        event for record in world.records for event in record.events if type(event).__name__ == "Reconciled"
    ]


def in_doubt(world: World) -> Order:
    order = world.place()
    world.step(Tick(), after_s=6)
    assert order.in_doubt
    return order


def resolve(world: World, outcome: str, **more: Any) -> Answer:
    answer = world.step(Resolve(id="a", outcome=outcome, evidence="their screen", actor="ann", **more)).answer
    assert answer is not None
    return answer


# --- rounds


def test_every_open_order_is_asked_for_by_interval(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.sent.clear()
    world.step(Tick(), after_s=299)
    assert asked(world) == []
    world.step(Tick(), after_s=2)
    assert asked(world) == [order.cl_ord_id]
    world.answer("0", cl_ord_id=order.cl_ord_id)
    (ended,) = reconciled(world)
    assert (ended.asked, ended.unanswered) == (1, ())


def test_a_round_that_is_not_answered_says_which_orders(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Reconcile())
    world.step(Tick(), after_s=31)
    (ended,) = reconciled(world)
    assert ended.unanswered == (order.number,)


def test_an_answer_that_never_came_does_not_spoil_the_rounds_after_it(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Reconcile())
    world.step(Tick(), after_s=31)
    world.step(Reconcile(), after_s=60)
    world.step(Tick())
    world.answer("0", cl_ord_id=order.cl_ord_id)
    assert [ended.unanswered for ended in reconciled(world)] == [(order.number,), ()]


def test_with_nothing_open_a_round_ends_at_once(world: World) -> None:
    assert world.step(Reconcile()).answer == Answer(count=0)
    (ended,) = reconciled(world)
    assert ended.asked == 0
    assert world.step(Reconcile(session="nowhere")).answer.refusal == "INVALID"  # type: ignore[union-attr]


def test_an_order_that_ended_shortly_before_a_disconnection_is_asked_for_too(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    world.report(order_id="V1", exec_id="c1", exec_type="4", ord_status="4")
    world.step(SessionDown(session="main"), after_s=1)
    world.sent.clear()
    world.up()
    assert asked(world) == [order.cl_ord_id]
    world.answer("4", cl_ord_id=order.cl_ord_id, cum_qty=Decimal(1))
    assert (order.gap, order.phase) == (Decimal(1), "CANCELED")


@pytest.mark.parametrize("ended", [False, True], ids=["open", "over"])
@pytest.mark.parametrize("lost", [Unanswered, StayedHere], ids=["on the way", "here"])
def test_a_question_that_is_lost_is_asked_again_and_new_orders_wait_for_its_answer_only(
    world: World, lost: type[Unanswered | StayedHere], *, ended: bool
) -> None:
    order = world.place()
    world.ack(order)
    if ended:
        world.step(Cancel(id="a"))
        world.report(order_id="V1", exec_id="c1", exec_type="4", ord_status="4")
    world.step(SessionDown(session="main"), after_s=1)
    world.up()
    waiting = world.place("b")
    world.sent.clear()
    world.step(lost(session="main", order=order.number, request=0, reason="HTTP 502"))
    assert world.sent == []
    assert order.questions == 0
    world.step(Tick(), after_s=6)
    assert asked(world) == [order.cl_ord_id]
    world.answer("4" if ended else "0", cl_ord_id=order.cl_ord_id, cum_qty=Decimal(0))
    assert [message.cl_ord_id for message in world.sent[1:]] == [waiting.cl_ord_id]
    (round_,) = reconciled(world)
    assert (round_.asked, round_.unanswered) == (1, ())


def test_one_that_was_canceled_before_it_was_sent_is_not_missed_at_the_venue(world: World) -> None:
    world.ack(world.place())
    world.step(SessionDown(session="main"), after_s=1)
    world.up()
    order = world.place("b")
    world.step(Cancel(id="b"))
    assert order.phase == "CANCELED"
    world.step(SessionDown(session="main"), after_s=1)
    world.up()
    world.step(Tick(), after_s=1)
    world.answer("8", order_id="NONE", cl_ord_id=order.cl_ord_id)
    assert (order.questions, order.anomalies, order.phase) == (0, 0, "CANCELED")


def test_one_that_ended_long_before_is_not(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    world.report(order_id="V1", exec_id="c1", exec_type="4", ord_status="4")
    world.step(SessionDown(session="main"), after_s=31)
    world.sent.clear()
    world.up()
    assert asked(world) == []


@pytest.mark.parametrize(
    ("after_s", "begin"),
    [
        (60, (Reconcile(), Tick())),
        (301, (Tick(),)),
        (60, (SessionDown(session="main"), SessionUp(session="main"))),
    ],
    ids=["by hand", "by interval", "after a logon"],
)
def test_what_is_over_and_lacks_fills_is_asked_for_in_every_round(
    world: World, after_s: int, begin: tuple[Input, ...]
) -> None:
    order = world.place()
    world.ack(order)
    world.report(order_id="V1", exec_id="c1", exec_type="4", ord_status="4", cum_qty=Decimal(1))
    assert (order.gap, order.is_open) == (Decimal(1), False)
    world.sent.clear()
    world.now += after_s * S
    for message in begin:
        world.step(message)
    assert asked(world) == [order.cl_ord_id]


# --- people decide


def test_a_person_says_that_an_order_was_not_placed(world: World) -> None:
    order = in_doubt(world)
    assert resolve(world, "not-placed").refusal is None
    assert (order.phase, order.in_doubt, order.pending) == ("REJECTED", False, [])
    assert "ann" in (order.reason or "")
    assert "their screen" in (order.reason or "")
    assert view(world.recovered()) == view(world.engine)


def test_a_person_says_that_it_works_or_is_canceled(world: World) -> None:
    order = in_doubt(world)
    resolve(world, "working")
    assert (order.phase, order.in_doubt) == ("WORKING", False)
    world.step(Cancel(id="a"))
    world.step(Tick(), after_s=6)
    assert order.in_doubt
    resolve(world, "working")
    assert (order.phase, order.pending) == ("WORKING", [])
    world.step(Cancel(id="a"))
    world.step(Tick(), after_s=6)
    resolve(world, "canceled")
    assert (order.phase, order.is_open) == ("CANCELED", False)


def test_a_decision_that_contradicts_the_order_is_refused(world: World) -> None:
    order = in_doubt(world)
    for outcome, cum_qty in (("canceled", Decimal("2.1")), ("not-placed", Decimal(1))):
        answer = resolve(world, outcome, cum_qty=cum_qty)
        assert (answer.refusal, "cum_qty" in (answer.text or "")) == ("NOT_RESOLVABLE", True)
    answer = resolve(world, "replaced")
    assert (answer.refusal, "no replace" in (answer.text or "")) == ("NOT_RESOLVABLE", True)
    assert order.in_doubt
    resolve(world, "filled", cum_qty=Decimal(2), avg_px=Decimal(99))
    assert (order.is_filled, order.cum_qty, order.avg_px) == (True, Decimal(2), Decimal(99))


def test_a_decision_without_evidence_or_without_doubt_is_refused(world: World) -> None:
    in_doubt(world)
    answer = world.step(Resolve(id="a", outcome="canceled", evidence=" ")).answer
    assert answer is not None
    assert answer.refusal == "NOT_RESOLVABLE"
    assert "expired" in (resolve(world, "gone").text or "")
    resolve(world, "canceled")
    assert resolve(world, "canceled").refusal == "NOT_RESOLVABLE"
    answer = world.step(Resolve(id="zz", outcome="canceled", evidence="x")).answer
    assert answer is not None
    assert answer.refusal == "NOT_FOUND"


def test_an_order_that_the_venue_has_shown_cannot_be_called_not_placed(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    world.step(Tick(), after_s=6)
    assert resolve(world, "not-placed").refusal == "NOT_RESOLVABLE"


def test_an_answer_that_cannot_be_had_puts_the_request_in_doubt(world: World) -> None:
    order = world.place()
    number = order.pending[0].number
    world.step(Unanswered(session="main", order=order.number, request=number, reason="HTTP 502"))
    assert order.in_doubt
    assert order.pending[0].doubt_reason == "HTTP 502"


# --- everything is canceled


def test_cancel_all_takes_every_order_in_doubt_and_external_ones_too() -> None:
    world = World(HOURLY)
    world.up()
    first, second = world.place("a"), world.place("b")
    world.ack(first)
    world.step(Tick(), after_s=6)
    assert second.in_doubt
    world.report(
        cl_ord_id="theirs", order_id="V9", exec_id="x1", exec_type="0", ord_status="0", order_qty=Decimal(1)
    )
    external = world.order("V9")
    assert external.external
    world.sent.clear()
    answer = world.step(CancelAll(symbol="BTCUSDT", actor="ann")).answer
    assert answer == Answer(count=3)
    assert {message.orig_cl_ord_id for message in world.sent if isinstance(message, CancelOrder)} >= {
        first.cl_ord_id,
        "theirs",
    }
    assert all(order.requested(order.pending[-1].kind) for order in (first, second, external))
    assert world.step(CancelAll(symbol="ETHUSDT")).answer == Answer(count=0)


# --- orders of others


def external_world(external: External) -> World:
    world = World(HOURLY, msgspec.structs.replace(ROUTE, external=external))
    world.up()
    world.report(
        cl_ord_id="theirs", order_id="V9", exec_id="x1", exec_type="0", ord_status="0", order_qty=Decimal(1)
    )
    return world


def test_an_unknown_order_is_adopted_and_lives_on() -> None:
    world = external_world(External.ADOPT)
    order = world.order("theirs")
    assert (order.external, order.phase) == (True, "WORKING")
    assert any(alert.code == "EXTERNAL_ORDER" for alert in world.alerts)
    world.fill(1, "f1", order_id="V9")
    assert order.cum_qty == Decimal(1)
    assert view(world.recovered()) == view(world.engine)


def test_an_adopted_order_is_of_the_sessions_account(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.fill(1, "f1")
    told: dict[str, Any] = {
        "cl_ord_id": "theirs",
        "order_id": "V9",
        "exec_type": "2",
        "ord_status": "2",
        "last_px": Decimal(99),
    }
    world.report(exec_id="x1", order_qty=Decimal(3), last_shares=Decimal(3), **told)
    assert world.order("theirs").account == order.account == ROUTE.account
    ((key, position),) = world.engine.blotter.positions.by_key.items()
    assert (key, position.qty) == ((ROUTE.account, "BTCUSDT"), Decimal(4))
    assert view(world.recovered()) == view(world.engine)


def test_an_order_by_telephone_and_one_whose_report_was_held_are_too(world: World) -> None:
    world.place()
    world.fill(1, "f1", order_id="V9")
    world.report(order_id="V8", exec_id="x2", exec_type="0", ord_status="0")
    world.ack(world.order("a"))
    assert {order.account for order in world.engine.blotter.orders.values()} == {ROUTE.account}
    assert {order.order_id for order in world.engine.blotter.orders.values()} == {"V1", "V8", "V9"}


def test_a_journal_from_before_accounts_were_noted_gives_the_state_that_it_gave(world: World) -> None:
    fields = {
        "type": "Adopted",
        "order": 1,
        "session": "main",
        "order_id": "V9",
        "symbol": "BTCUSDT",
        "side": "1",
    }
    body = {"kind": "received", "time_ns": 1, "events": [{**fields, "time_ns": 1}]}
    world.engine.recover(msgspec.convert(body, Record))
    assert world.order("V9").account is None


def test_an_unknown_order_can_be_left_an_anomaly() -> None:
    world = external_world(External.IGNORE)
    assert world.engine.blotter.orders == {}
    assert any(alert.code == "UNKNOWN_ORDER" for alert in world.alerts)


def test_an_unknown_order_can_stop_trading_until_a_person_resumes_it() -> None:
    world = external_world(External.STOP)
    denied = world.place()
    assert (denied.phase, denied.denial) == ("DENIED", "HALTED")
    again = world.recovered()
    again.step(Start(), world.now)
    assert again.blotter.book("main").halted
    world.step(Resume(session="main", actor="ann"))
    assert world.place("b").phase == "PENDING_NEW"
    assert isinstance(world.step(PlaceOrder(client_order_id="c", symbol="BTCUSDT", side="1")).answer, Answer)


# --- fills that nobody names


def test_fills_that_only_a_total_proves_are_inferred_and_give_way_to_the_real_ones(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Reconcile())
    world.step(Tick())
    world.answer("1", cl_ord_id=order.cl_ord_id, cum_qty=Decimal(1), avg_px=Decimal(99))
    assert (order.gap, order.cum_qty) == (Decimal(1), Decimal(0))
    while order.gap:
        world.step(Tick(), after_s=1)
        assert world.now < HOURLY.infer_ns + START_NS + 60 * S
    assert (order.cum_qty, order.avg_px) == (Decimal(1), Decimal(99))
    assert any(alert.code == "FILL_INFERRED" for alert in world.alerts)
    world.fill(1, "late")
    assert (order.cum_qty, order.avg_px, set(order.executions)) == (Decimal(1), Decimal(99), {"late"})
    assert view(world.recovered()) == view(world.engine)


def test_a_person_names_what_was_executed(world: World) -> None:
    order = in_doubt(world)
    resolve(world, "canceled", cum_qty=Decimal("0.5"), avg_px=Decimal(98))
    assert (order.phase, order.cum_qty, order.avg_px) == ("CANCELED", Decimal("0.5"), Decimal(98))
