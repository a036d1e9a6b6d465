"""Venues without client order ids: a mark before each submit, one at a time, and what ends a submit in doubt."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.inputs import (
    Alert,
    Cancel,
    Input,
    Look,
    Looked,
    MarkTaken,
    Received,
    Replace,
    Send,
    SessionDown,
    StayedHere,
    Step,
    TakeMark,
    Tick,
    Unanswered,
)
from oms.core.messages import (
    CancelOrder,
    Candidate,
    ExecutionReport,
    FillRow,
    Mark,
    NewOrder,
    OrderSnapshot,
    StatusRequest,
)
from oms.core.order import Order
from oms.core.records import Record
from oms.core.risk import Limits
from oms.core.values import RequestKind
from oms.engine import Route
from tests.test_engine import TIMING, World, view

ROUTE = Route(
    session="main",
    account="W",
    id_prefix="W",
    has_replace=False,
    marks=True,
    limits=Limits(symbol_form="btc_usd", has_exchange=False),
)


class MarkedWorld(World):
    """Keeps every effect, and leaves the answers to the test."""

    effects: list[Any]

    def step(self, message: Input, after_s: float = 0) -> Step:
        if not hasattr(self, "effects"):
            self.effects = []
        self.now += round(after_s * 1_000_000_000)
        step = self.engine.step(message, self.now, len(self.records) + 1)
        self.records.append(_record(self.now, step))
        self.alerts += [effect for effect in step.effects if isinstance(effect, Alert)]
        self.effects += [effect for effect in step.effects if not isinstance(effect, Alert)]
        return step

    def take(self, kind: type) -> list[Any]:
        """Take out the effects of a kind; a `Send` counts as what it says."""
        found = [effect for effect in self.effects if isinstance(_said(effect), kind)]
        self.effects = [effect for effect in self.effects if effect not in found]
        return found

    def mark(self, at: str = "100") -> Any:
        """Answer the one `TakeMark`; gives the submit."""
        (taken,) = self.take(TakeMark)
        self.step(MarkTaken(session="main", order=taken.order, request=taken.request, mark=Mark(order_id=at)))
        (sent,) = self.take(NewOrder)
        return sent

    def accept(self, sent: Any, order_id: str) -> None:
        self.step(Received(session="main", raw="", report=shown(sent.message.cl_ord_id, order_id)))

    def doubt(self, sent: Any) -> Order:
        self.step(Unanswered(session="main", order=sent.order, request=sent.request, reason="timed out"))
        order = self.engine.blotter.orders[sent.order]
        assert order.in_doubt
        return order

    def looked(self, *candidates: Candidate, past_fence: bool = False) -> Step:
        (look, *_) = self.take(Look)
        return self.step(
            Looked(
                session="main",
                order=look.order,
                request=look.request,
                candidates=candidates,
                past_fence=past_fence,
            )
        )


def _record(now: int, step: Step) -> Any:
    return Record(kind="test", time_ns=now, events=step.events)  # type: ignore[arg-type]


def _said(effect: Any) -> Any:
    return effect.message if isinstance(effect, Send) else effect


def shown(cl_ord_id: str | None, order_id: str, *, cum: int = 0, status: str = "0") -> OrderSnapshot:
    report = ExecutionReport(
        cl_ord_id=cl_ord_id,
        order_id=order_id,
        exec_trans_type="3",
        exec_type=status,
        ord_status=status,
        symbol="btc_usd",
        side="1",
        order_qty=Decimal(2),
        price=Decimal(100),
        cum_qty=Decimal(cum),
    )
    fills = (FillRow(shares=Decimal(cum), price=Decimal(100), exec_id="t1"),) if cum else ()
    return OrderSnapshot(report=report, fills=fills)


def candidate(order_id: str, **changes: Any) -> Candidate:
    plain = Candidate(
        order_id=order_id,
        symbol="btc_usd",
        side="1",
        order_qty=Decimal(2),
        price=Decimal(100),
        created_ns=None,
        snapshot=shown(None, order_id, cum=1, status="1"),
    )
    return msgspec.structs.replace(plain, **changes)


@pytest.fixture
def world() -> MarkedWorld:
    world = MarkedWorld(TIMING, ROUTE)
    world.up()
    return world


def place(world: MarkedWorld, name: str = "a", symbol: str = "btc_usd") -> Order:
    return world.place(name, symbol=symbol, exchange=None)


def test_a_submit_leaves_after_its_mark_is_on_record(world: MarkedWorld) -> None:
    order = place(world)
    assert world.take(NewOrder) == []
    sent = world.mark()
    assert order.pending[0].mark == Mark(order_id="100")
    world.accept(sent, "101")
    assert (order.phase, order.order_id, order.pending) == ("WORKING", "101", [])


def test_without_a_mark_nothing_leaves(world: MarkedWorld) -> None:
    order = place(world)
    (taken,) = world.take(TakeMark)
    world.step(StayedHere(session="main", order=taken.order, request=taken.request, reason="no answer"))
    assert (order.phase, order.denial) == ("DENIED", "NOT_SENT")


def test_one_submit_of_a_pair_at_a_time_and_other_pairs_beside_it(world: MarkedWorld) -> None:
    place(world, "a")
    second = place(world, "b")
    assert len(world.take(TakeMark)) == 1
    place(world, "c", symbol="ltc_usd")
    assert len(world.take(TakeMark)) == 1
    first = world.order("a")
    world.step(
        MarkTaken(
            session="main", order=first.number, request=first.pending[0].number, mark=Mark(order_id="9")
        )
    )
    (sent,) = world.take(NewOrder)
    world.accept(sent, "10")
    (taken,) = world.take(TakeMark)
    assert taken.order == second.number


def test_while_one_is_in_doubt_others_of_the_pair_are_denied(world: MarkedWorld) -> None:
    place(world, "a")
    waiting = place(world, "b")
    world.doubt(world.mark())
    assert (waiting.phase, waiting.denial) == ("DENIED", "SUBMIT_IN_DOUBT")
    assert place(world, "c").denial == "SUBMIT_IN_DOUBT"
    assert place(world, "d", symbol="ltc_usd").denial is None


def test_exactly_one_that_fits_is_it(world: MarkedWorld) -> None:
    place(world)
    order = world.doubt(world.mark())
    world.looked(
        candidate("99"),
        candidate("105", price=Decimal(101)),
        candidate("106", side="2"),
        candidate("107", order_qty=Decimal(3)),
        candidate("108"),
    )
    assert (order.in_doubt, order.order_id, order.cum_qty) == (False, "108", Decimal(1))
    assert set(order.executions) == {"t1"}
    assert view(world.recovered()) == view(world.engine)


def test_an_order_that_is_ours_already_is_not_taken_for_another(world: MarkedWorld) -> None:
    place(world, "a")
    world.accept(world.mark("100"), "101")
    place(world, "b")
    order = world.doubt(world.mark("100"))
    world.looked(candidate("101"))
    assert order.in_doubt
    assert order.order_id is None


def test_none_in_two_full_looks_past_the_fence_is_not_placed(world: MarkedWorld) -> None:
    place(world)
    order = world.doubt(world.mark())
    world.looked()
    world.step(Tick(), after_s=10)
    world.looked(past_fence=True)
    assert order.in_doubt
    world.step(Tick(), after_s=30)
    world.looked(past_fence=True)
    assert (order.phase, order.in_doubt) == ("REJECTED", False)
    assert "not placed" in (order.reason or "")


def test_one_that_turns_up_after_a_full_look_in_vain_is_for_a_person(world: MarkedWorld) -> None:
    place(world)
    order = world.doubt(world.mark())
    world.looked(past_fence=True)
    world.step(Tick(), after_s=10)
    world.looked(candidate("101"), past_fence=True)
    assert (order.in_doubt, order.order_id, order.cum_qty) == (True, None, Decimal(0))
    assert "101 at the venue turned up after a full look without it" in (order.last_anomaly or "")
    world.step(Tick(), after_s=30)
    world.looked(past_fence=True)
    assert order.in_doubt  # it was there, and may be it


def test_looks_for_one_leg_count_for_no_other(world: MarkedWorld) -> None:
    place(world)
    order = world.doubt(world.mark())
    world.looked(past_fence=True)
    world.step(Received(session="main", raw="", report=shown(order.cl_ord_id, "101")))
    world.step(Replace(id="a", order_qty=Decimal(2), price=Decimal(101)))
    world.take(CancelOrder)
    world.step(Received(session="main", raw="", report=shown(order.cl_ord_id, "101", status="4")))
    world.doubt(world.mark("101"))
    world.looked(past_fence=True)
    assert order.in_doubt


def test_more_than_one_is_for_a_person(world: MarkedWorld) -> None:
    place(world)
    order = world.doubt(world.mark())
    world.looked(candidate("101"), candidate("102"))
    assert order.in_doubt
    assert (order.last_anomaly or "").startswith("AMBIGUOUS_SUBMIT")
    assert place(world, "b").denial == "SUBMIT_IN_DOUBT"


def test_a_restart_denies_what_had_no_mark_and_doubts_what_had(world: MarkedWorld) -> None:
    place(world, "a")
    unmarked = place(world, "b", symbol="ltc_usd")
    (first, _) = world.take(TakeMark)
    world.step(MarkTaken(session="main", order=first.order, request=first.request, mark=Mark(order_id="5")))
    world.step(SessionDown(session="main"))
    assert (unmarked.phase, unmarked.denial) == ("DENIED", "NOT_LOGGED_ON")
    order = world.order("a")
    assert order.in_doubt
    world.take(NewOrder)
    world.up()
    world.looked(candidate("6"))
    assert order.order_id == "6"


def test_a_cancel_waits_for_the_order_and_leaves_by_its_number(world: MarkedWorld) -> None:
    place(world)
    order = world.doubt(world.mark())
    world.step(Cancel(id="a"))
    assert world.take(CancelOrder) == []
    world.looked(candidate("101"))
    (sent,) = world.take(CancelOrder)
    assert sent.message.order_id == "101"
    assert order.requested(RequestKind.CANCEL)


def test_a_replace_takes_a_mark_for_its_new_leg_too(world: MarkedWorld) -> None:
    place(world)
    world.accept(world.mark(), "101")
    order = world.order("a")
    world.step(Replace(id="a", order_qty=Decimal(5)))
    world.take(CancelOrder)
    world.step(Received(session="main", raw="", report=shown(order.cl_ord_id, "101", cum=1, status="4")))
    assert str(order.ord_status) == "E"
    sent = world.mark("101")
    assert sent.message.order_qty == Decimal(4)
    world.step(Received(session="main", raw="", report=shown(sent.message.cl_ord_id, "102")))
    assert (order.order_id, order.order_qty, order.pending) == ("102", Decimal(5), [])


def test_an_order_with_a_number_is_asked_for_by_it(world: MarkedWorld) -> None:
    place(world)
    world.accept(world.mark(), "101")
    world.take(StatusRequest)
    world.step(SessionDown(session="main"))
    world.up()
    (asked,) = world.take(StatusRequest)
    assert asked.message.order_id == "101"


def test_a_submit_answered_with_its_fills_has_its_number_before_them(world: MarkedWorld) -> None:
    order = place(world)
    sent = world.mark()
    world.step(
        Received(session="main", raw="", report=shown(sent.message.cl_ord_id, "101", cum=1, status="1"))
    )
    assert (order.order_id, order.cum_qty, order.pending) == ("101", Decimal(1), [])
    assert view(world.recovered()) == view(world.engine)


@pytest.mark.parametrize("cum", [0, 1])
def test_a_new_leg_that_a_look_finds_carries_the_replace_out(world: MarkedWorld, cum: int) -> None:
    place(world)
    world.accept(world.mark(), "101")
    order = world.order("a")
    world.step(Replace(id="a", order_qty=Decimal(2), price=Decimal(101)))
    world.take(CancelOrder)
    world.step(Received(session="main", raw="", report=shown(order.cl_ord_id, "101", status="4")))
    world.doubt(world.mark("101"))
    world.looked(candidate("102", price=Decimal(101), snapshot=shown(None, "102", cum=cum, status="0")))
    assert (order.order_id, order.price, order.pending) == ("102", Decimal(101), [])
    assert order.cum_qty == cum
    assert view(world.recovered()) == view(world.engine)
