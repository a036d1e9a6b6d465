"""The engine's promises, one story each: what leaves, what waits, what is in doubt, and what ends it."""

import itertools
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.doubt import Timing
from oms.core.inputs import (
    Alert,
    AskStatus,
    Cancel,
    Input,
    PlaceOrder,
    Received,
    ResendRefused,
    Send,
    SessionDown,
    SessionUp,
    Start,
    StayedHere,
    Step,
    Tick,
    WentOut,
)
from oms.core.messages import CancelOrder, CancelReject, ExecutionReport, NewOrder, Reject, StatusRequest
from oms.core.order import Order
from oms.core.records import Record
from oms.core.risk import Limits
from oms.core.views import full_view
from oms.engine import Engine, Route

S = 1_000_000_000
START_NS = 1_772_355_600 * S
ROUTE = Route(session="main", account="STA-00000015", id_prefix="00000015", cancel_repeats_id=True)
TIMING = Timing(ack_timeout_ns=5 * S, fence_ns=600 * S, ask_again_ns=5 * S, ask_again_most_ns=60 * S)


class World:
    """An engine with a clock that the test moves, and a record of everything that happened."""

    def __init__(self, timing: Timing = TIMING, route: Route = ROUTE) -> None:
        self.route, self.timing = route, timing
        self.engine = Engine([route], timing)
        self.now = START_NS
        self.records: list[Record] = []
        self.sent: list[Any] = []
        self.alerts: list[Alert] = []
        self.seq = 0
        self.holds_back: list[Send] | None = None  # a list: nothing leaves, and is kept there
        self.step(Start())

    def step(self, message: Input, after_s: float = 0) -> Step:
        self.now += round(after_s * S)
        step = self.engine.step(message, self.now, len(self.records) + 1)
        self.records.append(Record(kind="test", time_ns=self.now, events=step.events))  # type: ignore[arg-type]
        self.alerts += [effect for effect in step.effects if isinstance(effect, Alert)]
        for effect in [effect for effect in step.effects if isinstance(effect, Send)]:
            if self.holds_back is None:
                self.leave(effect)
            else:
                self.holds_back.append(effect)
        return step

    def leave(self, effect: Send) -> None:
        """Let a message leave."""
        self.sent.append(effect.message)
        self.seq += 1
        numbers = {"order": effect.order, "request": effect.request, "seq": self.seq}
        self.step(WentOut(session=effect.session, raw="", **numbers))

    def up(self) -> None:
        self.seq = 0
        self.step(SessionUp(session="main"))

    def place(self, client_order_id: str = "a", **terms: Any) -> Order:
        terms = {"order_qty": Decimal(2), "price": Decimal(100), "exchange": "VENUE1", **terms}
        terms = {"symbol": "BTCUSDT", "side": "1", **terms}
        self.step(PlaceOrder(client_order_id=client_order_id, **terms))
        return self.order(client_order_id)

    def order(self, any_id: str) -> Order:
        (order,) = self.engine.blotter.search(any_id)
        return order

    def questions(self) -> int:
        """Count the status questions that left."""
        return sum(isinstance(message, StatusRequest) for message in self.sent)

    def report(self, after_s: float = 0, **fields: Any) -> Step:
        report = ExecutionReport(symbol="BTCUSDT", side="1", ambiguous_reject=True, **fields)
        return self.step(Received(session="main", raw="", report=report), after_s)

    def ack(self, order: Order, order_id: str = "V1") -> Step:
        return self.report(
            cl_ord_id=order.cl_ord_id,
            order_id=order_id,
            exec_id="ack" + order_id,
            exec_type="0",
            ord_status="0",
        )

    def fill(self, shares: int, exec_id: str, order_id: str = "V1") -> Step:
        return self.report(
            order_id=order_id,
            exec_id=exec_id,
            exec_type="1",
            ord_status="1",
            last_shares=Decimal(shares),
            last_px=Decimal(99),
        )

    def answer(self, status: str, after_s: float = 0, order_id: str | None = "V1", **fields: Any) -> Step:
        """Answer a status request in the short form."""
        return self.report(
            after_s,
            order_id=order_id,
            exec_id="0",
            exec_type=status,
            ord_status=status,
            last_shares=Decimal(0),
            **fields,
        )

    def recovered(self) -> Engine:
        """Fold the journal into another engine, through its text."""
        engine = Engine([self.route], self.timing)
        for record in self.records:
            engine.recover(msgspec.json.decode(msgspec.json.encode(record), type=Record))
        return engine


def view(engine: Engine) -> bytes:
    return msgspec.json.encode([full_view(order, 0) for order in engine.blotter.orders.values()])


@pytest.fixture
def world() -> World:
    world = World()
    world.up()
    return world


def test_an_order_leaves_once_and_its_id_is_the_venues_form(world: World) -> None:
    order = world.place()
    (sent,) = world.sent
    assert isinstance(sent, NewOrder)
    assert sent.cl_ord_id == order.cl_ord_id
    assert sent.cl_ord_id.startswith("00000015")
    assert len(sent.cl_ord_id) == 8 + 13 + 3
    assert str(order.ord_status) == "A"


def test_the_same_id_and_terms_give_the_first_order_and_other_terms_a_conflict(world: World) -> None:
    first = world.place("a")
    again = world.step(
        PlaceOrder(
            client_order_id="a",
            symbol="BTCUSDT",
            side="1",
            order_qty=Decimal("2.0"),
            price=Decimal(100),
            exchange="VENUE1",
        )
    )
    assert again.answer is not None
    assert (again.answer.order, again.answer.created, again.answer.refusal) == (first.number, False, None)
    other = world.step(
        PlaceOrder(
            client_order_id="a",
            symbol="BTCUSDT",
            side="1",
            order_qty=Decimal(3),
            price=Decimal(100),
            exchange="VENUE1",
        )
    )
    assert other.answer is not None
    assert (other.answer.refusal, other.answer.field) == ("CONFLICT", "order_qty")
    assert len(world.sent) == 1


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"order_qty": Decimal(0)}, "NOT_POSITIVE"),
        ({"order_qty": Decimal("0.123456789")}, "TOO_MANY_DECIMALS"),
        ({"exchange": "nowhere!"}, "UNKNOWN_VENUE"),
        ({"time_in_force": "4"}, "TIME_IN_FORCE"),
        ({"order_qty": Decimal(11)}, "MAX_ORDER_QTY"),
        ({"price": Decimal(1000)}, "MAX_ORDER_NOTIONAL"),
        ({"ord_type": "1", "price": None}, "MARKET_ORDER"),
    ],
)
def test_what_may_not_leave_is_denied_with_a_code(terms: dict[str, Any], code: str) -> None:
    limits = Limits(
        max_order_qty=Decimal(10),
        max_order_notional=Decimal(1500),
        market_exchanges=frozenset({"OKEX"}),
        times_in_force=frozenset({"1", "3", "7"}),
    )
    world = World(route=msgspec.structs.replace(ROUTE, limits=limits))
    world.up()
    order = world.place(**terms)
    assert (order.denial, str(order.ord_status), str(order.phase)) == (code, "8", "DENIED")
    assert not world.sent


def test_an_order_in_doubt_counts_in_full_in_the_exposure() -> None:
    limits = Limits(max_open_notional=Decimal(250))
    world = World(route=msgspec.structs.replace(ROUTE, limits=limits))
    world.up()
    world.place("a")
    world.step(Tick(), after_s=6)
    assert world.order("a").in_doubt
    assert world.place("b").denial == "MAX_OPEN_NOTIONAL"


def test_nothing_leaves_while_the_session_is_down() -> None:
    world = World()
    order = world.place()
    assert order.denial == "NOT_LOGGED_ON"
    assert not world.sent


def test_what_certainly_did_not_leave_is_denied(world: World) -> None:
    world.engine.step(
        PlaceOrder(
            client_order_id="a",
            symbol="BTCUSDT",
            side="1",
            order_qty=Decimal(1),
            price=Decimal(1),
            exchange="VENUE1",
        ),
        world.now,
        99,
    )
    order = world.order("a")
    world.step(StayedHere(session="main", order=order.number, request=1, reason="not logged on"))
    assert order.denial == "NOT_SENT"


def test_a_fill_before_its_acknowledgement_is_held_and_counts_once(world: World) -> None:
    order = world.place()
    world.fill(1, "E1")
    assert order.cum_qty == 0
    assert len(world.engine.blotter.book("main").held) == 1
    world.ack(order)
    assert order.cum_qty == 1
    assert not world.engine.blotter.book("main").held
    world.fill(1, "E1")
    assert order.cum_qty == 1


def test_a_silent_venue_leaves_the_order_in_doubt_and_is_asked_at_growing_intervals(world: World) -> None:
    order = world.place()
    world.step(Tick(), after_s=4.9)
    assert not order.in_doubt
    world.step(Tick(), after_s=0.2)
    assert order.in_doubt
    asked_at = []
    for _ in range(300):
        before = len(world.sent)
        world.step(Tick(), after_s=1)
        asked_at += [world.now] * (len(world.sent) - before)
    pauses = [round((later - earlier) / S) for earlier, later in itertools.pairwise(asked_at)]
    assert pauses == sorted(pauses)
    assert max(pauses) <= 60
    assert sum(isinstance(message, NewOrder) for message in world.sent) == 1


def test_unknown_at_the_venue_ends_the_doubt_only_past_the_fence(world: World) -> None:
    order = world.place()
    world.step(Tick(), after_s=6)
    world.answer("8", order_id=None, cl_ord_id=order.cl_ord_id, after_s=1)
    assert order.in_doubt
    assert str(order.phase) == "PENDING_NEW"
    world.step(Tick(), after_s=600)
    world.answer("8", order_id=None, cl_ord_id=order.cl_ord_id, after_s=1)
    assert not order.in_doubt
    assert str(order.phase) == "REJECTED"
    assert "not placed" in (order.reason or "")


def test_a_status_answer_accepts_an_order_in_doubt(world: World) -> None:
    order = world.place()
    world.step(Tick(), after_s=6)
    world.answer("0", cl_ord_id=order.cl_ord_id)
    assert not order.in_doubt
    assert str(order.ord_status) == "0"
    assert order.order_id == "V1"


def test_a_cancel_waits_for_the_acknowledgement_and_then_leaves(world: World) -> None:
    order = world.place()
    world.step(Cancel(id="a", actor="trader"))
    assert [request.waiting for request in order.pending] == [False, True]
    assert len(world.sent) == 1
    world.ack(order)
    cancel = world.sent[-1]
    assert isinstance(cancel, CancelOrder)
    assert cancel.cl_ord_id == cancel.orig_cl_ord_id == order.cl_ord_id
    assert str(order.ord_status) == "0"  # pending is ours; OrdStatus is the venue's
    world.report(order_id="V1", exec_id="c", exec_type="4", ord_status="4")
    assert str(order.ord_status) == "4"
    assert not order.pending


def test_a_cancel_of_an_order_that_was_not_placed_ends_with_a_reason(world: World) -> None:
    order = world.place()
    world.step(Cancel(id="a"))
    world.step(Tick(), after_s=601)
    world.answer("8", order_id=None, cl_ord_id=order.cl_ord_id)
    assert str(order.phase) == "REJECTED"
    assert not order.pending


def test_a_second_cancel_adds_nothing(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    world.step(Cancel(id="a"))
    assert sum(isinstance(message, CancelOrder) for message in world.sent) == 1


def test_a_cancel_that_lost_to_a_fill_ends_filled(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    world.fill(2, "E1")
    assert str(order.ord_status) == "2"
    world.step(
        Received(session="main", raw="", report=CancelReject(cl_ord_id=order.cl_ord_id, text="too late"))
    )
    assert str(order.ord_status) == "2"
    assert not order.pending


@pytest.mark.parametrize("msg_type", ["3", "j"])
def test_a_reject_by_number_reaches_its_order_and_its_cancel(world: World, msg_type: str) -> None:
    order = world.place()
    world.step(Received(session="main", raw="", report=Reject(msg_type=msg_type, ref_seq_num=1, text="no")))
    assert str(order.ord_status) == "8"
    assert order.reason == "no"
    other = world.place("b")
    world.ack(other)
    world.step(Cancel(id="b"))
    world.step(
        Received(session="main", raw="", report=Reject(msg_type=msg_type, ref_seq_num=world.seq, text="no"))
    )
    assert str(other.ord_status) == "0"
    assert not other.pending


def test_an_ambiguous_reject_changes_no_phase_and_asks(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    step = world.report(order_id="V1", exec_id="r", exec_type="8", ord_status="8", text="cannot cancel")
    assert str(order.phase) == "WORKING"
    assert order.in_doubt
    assert any(
        isinstance(effect, Send) and isinstance(effect.message, StatusRequest) for effect in step.effects
    )
    world.report(order_id="V1", exec_id="c", exec_type="4", ord_status="4")
    assert str(order.ord_status) == "4"
    assert not order.in_doubt


def test_a_drop_puts_what_is_unanswered_in_doubt_and_the_next_logon_asks_for_all_that_is_open(
    world: World,
) -> None:
    resting = world.place("a")
    world.ack(resting)
    unanswered = world.place("b")
    world.step(SessionDown(session="main", reason=None))
    assert unanswered.in_doubt
    assert not resting.in_doubt
    world.sent.clear()
    world.up()
    world.step(Tick(), after_s=1)
    assert [message.cl_ord_id for message in world.sent] == [resting.cl_ord_id, unanswered.cl_ord_id]
    assert all(isinstance(message, StatusRequest) for message in world.sent)


def test_new_orders_wait_until_the_questions_after_a_logon_are_answered(world: World) -> None:
    resting = world.place("a")
    world.ack(resting)
    world.step(SessionDown(session="main", reason=None))
    world.up()
    world.sent.clear()
    late = world.place("b")
    assert [request.waiting for request in late.pending] == [True]
    assert not world.sent
    world.answer("0")
    assert [message.cl_ord_id for message in world.sent] == [late.cl_ord_id]


def test_new_orders_leave_when_the_answers_do_not_come(world: World) -> None:
    resting = world.place("a")
    world.ack(resting)
    world.step(SessionDown(session="main", reason=None))
    world.up()
    world.place("b")
    world.sent.clear()
    world.step(Tick(), after_s=31)
    assert any(isinstance(message, NewOrder) for message in world.sent)


def test_a_cancel_in_doubt_goes_again_only_after_a_status_shows_the_order_working(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    world.step(Tick(), after_s=6)
    assert order.in_doubt
    for _ in range(10):
        world.answer("0", after_s=1)
        world.step(Tick(), after_s=60)
    cancels = sum(isinstance(message, CancelOrder) for message in world.sent)
    assert cancels == TIMING.cancel_tries
    assert any(alert.code == "CANCEL_WITHOUT_EFFECT" for alert in world.alerts)
    assert not order.pending  # a person can cancel it anew


def test_a_refused_resend_is_in_doubt_and_asked_for(world: World) -> None:
    order = world.place()
    world.sent.clear()
    world.step(ResendRefused(session="main", raw="", cl_ord_id=order.cl_ord_id or ""))
    assert order.in_doubt
    assert [type(message) for message in world.sent] == [StatusRequest]


def test_a_question_about_an_unknown_order_is_not_found(world: World) -> None:
    step = world.step(AskStatus(id="nobody"))
    assert step.answer is not None
    assert step.answer.refusal == "NOT_FOUND"


def test_a_restart_recovers_everything_and_puts_the_unanswered_in_doubt(world: World) -> None:
    done = world.place("a")
    world.ack(done)
    world.fill(2, "E1")
    world.place("b")
    engine = world.recovered()
    assert view(engine) == view(world.engine)
    step = engine.step(Start(), world.now, 1)
    assert [effect for effect in step.effects if isinstance(effect, Send)] == []
    (unanswered,) = engine.blotter.search("b")
    assert unanswered.in_doubt
    assert not engine.blotter.search("a")[0].in_doubt


def test_ids_stay_unique_when_the_clock_steps_back_and_after_a_restart(world: World) -> None:
    ids = [world.place(f"x{number}").cl_ord_id for number in range(1500)]
    world.now -= 3600 * S
    ids += [world.place(f"y{number}").cl_ord_id for number in range(10)]
    engine = world.recovered()
    engine.step(SessionUp(session="main"), world.now - 7200 * S, 1)
    for number in range(10):
        engine.step(
            PlaceOrder(
                client_order_id=f"z{number}",
                symbol="BTCUSDT",
                side="1",
                order_qty=Decimal(1),
                price=Decimal(1),
                exchange="VENUE1",
            ),
            world.now - 7200 * S,
            1,
        )
        ids.append(engine.blotter.search(f"z{number}")[0].cl_ord_id)
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids, key=str)


def test_every_prefix_of_the_journal_recovers(world: World) -> None:
    order = world.place()
    world.step(Cancel(id="a"))
    world.ack(order)
    world.fill(1, "E1")
    world.step(SessionDown(session="main", reason="bye"))
    world.up()
    world.answer("1")
    world.report(order_id="V1", exec_id="c", exec_type="4", ord_status="4")
    records = world.records
    for length in range(len(records) + 1):
        world.records = records[:length]
        world.recovered().step(Start(), world.now, 1)
    world.records = records
    assert view(world.recovered()) == view(world.engine)


def test_a_cancel_of_an_order_that_never_left_ends_it_here(world: World) -> None:
    resting = world.place("a")
    world.ack(resting)
    world.step(SessionDown(session="main", reason=None))
    world.up()
    world.sent.clear()
    waiting = world.place("b")
    world.step(Cancel(id="b"))
    assert str(waiting.ord_status) == "4"
    assert not waiting.pending
    world.answer("0")
    world.step(Tick(), after_s=60)
    assert not any(isinstance(message, NewOrder | CancelOrder) for message in world.sent)


def test_a_cancel_of_an_acknowledged_order_waits_for_no_question(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(AskStatus(id="a"))
    world.sent.clear()
    world.step(Cancel(id="a"))
    assert [type(message) for message in world.sent] == [CancelOrder]


def test_a_cancel_leaves_during_the_round_after_a_logon(world: World) -> None:
    orders = [world.place(f"o{number}") for number in range(50)]
    for number, order in enumerate(orders):
        world.ack(order, f"V{number}")
    world.step(SessionDown(session="main", reason=None))
    world.up()
    world.sent.clear()
    world.step(Cancel(id="o49"))
    assert [type(message) for message in world.sent] == [CancelOrder]


def test_a_cancel_of_an_order_in_doubt_waits_where_its_refusal_could_be_read_as_the_orders(
    world: World,
) -> None:
    world.place()
    world.step(Cancel(id="a"))
    world.step(Tick(), after_s=60)
    assert not any(isinstance(message, CancelOrder) for message in world.sent)


def test_a_cancel_of_an_order_in_doubt_follows_the_question_at_once_elsewhere() -> None:
    world = World(route=msgspec.structs.replace(ROUTE, cancel_before_ack=True))
    world.up()
    world.place()
    world.step(Cancel(id="a"))
    world.sent.clear()
    world.step(Tick(), after_s=6)
    assert [type(message) for message in world.sent] == [StatusRequest, CancelOrder]


def test_a_person_may_repeat_a_cancel_that_had_no_answer(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.step(Cancel(id="a"))
    world.step(Tick(), after_s=6)
    world.sent.clear()
    world.step(Cancel(id="a"))
    assert [type(message) for message in world.sent] == [CancelOrder]
    assert len(order.pending) == 1


def test_an_anomaly_shows_on_its_order_and_the_venue_is_asked(world: World) -> None:
    order = world.place()
    world.ack(order)
    world.sent.clear()
    report = ExecutionReport(
        symbol="BTC-USDT", side="1", order_id="V1", exec_id="E1", exec_type="1", last_shares=Decimal(1)
    )
    world.step(Received(session="main", raw="", report=report))
    assert full_view(order, 0)["anomalies"] == 1
    assert "TERMS_MISMATCH" in full_view(order, 0)["last_anomaly"]
    assert [type(message) for message in world.sent] == [StatusRequest]


def test_open_orders_of_a_session_that_is_gone_from_the_configuration_raise_an_alert(world: World) -> None:
    world.ack(world.place())
    engine = Engine([msgspec.structs.replace(ROUTE, session="other")], TIMING)
    for record in world.records:
        engine.recover(record)
    step = engine.step(Start(), world.now, 1)
    assert "SESSION_NOT_CONFIGURED" in [effect.code for effect in step.effects if isinstance(effect, Alert)]


def test_a_market_sell_is_denied_where_only_a_notional_limit_could_hold_it() -> None:
    world = World(route=msgspec.structs.replace(ROUTE, limits=Limits(max_order_notional=Decimal(1000))))
    world.up()
    assert world.place(ord_type="1", price=None, side="2").denial == "NOTIONAL_UNKNOWN"
