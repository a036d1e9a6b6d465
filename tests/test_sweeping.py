"""Canceling everything at a venue that goes by its own numbers: what is known at once, what is found there later."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from oms.core.inputs import (
    Cancel,
    CancelAll,
    CancelOpen,
    Input,
    OpenShown,
    Received,
    SessionDown,
    SessionUp,
    Unanswered,
)
from oms.core.messages import CancelOrder, ExecutionReport, OrderSnapshot, StatusRequest
from oms.core.values import External, Phase, RequestKind
from oms.engine import Engine, Route
from tests.test_engine import TIMING
from tests.test_matching import ROUTE, MarkedWorld, place

D = Decimal
SWEPT = replace(ROUTE, sweeps=True)


def world(*routes: Route) -> MarkedWorld:
    made = MarkedWorld(TIMING, SWEPT)
    made.engine = Engine(routes or (SWEPT,), TIMING)
    for route in routes or (SWEPT,):
        made.step(SessionUp(session=route.session))
    made.effects.clear()
    return made


def theirs(order_id: str, symbol: str = "btc_usd", status: str = "0", **more: Any) -> Input:
    shown = ExecutionReport(
        exec_trans_type="3",
        order_id=order_id,
        ord_status=status,
        symbol=symbol,
        side="1",
        order_qty=D(1),
        **more,
    )
    return Received(session="main", raw="", report=OrderSnapshot(report=shown))


def adopted(desk: MarkedWorld, order_id: str) -> Any:
    return desk.engine.blotter.book("main").by_order_id[order_id]


def the(desk: MarkedWorld) -> CancelOpen:
    (effect,) = desk.take(CancelOpen)
    assert not desk.take(CancelOrder)  # nothing left beside it
    return effect  # type: ignore[no-any-return]


def ids(effect: CancelOpen) -> list[str | None]:
    return [each.message.order_id for each in effect.cancels]  # type: ignore[union-attr]


def test_an_order_of_others_without_a_clordid_is_canceled_by_its_number() -> None:
    desk = world()
    desk.step(theirs("7"))
    order = adopted(desk, "7")
    desk.take(StatusRequest)
    assert desk.step(Cancel(id="7")).answer.refusal is None  # type: ignore[union-attr]
    (sent,) = desk.take(CancelOrder)
    assert (sent.message.order_id, sent.message.orig_cl_ord_id) == ("7", "")
    assert sent.message.cl_ord_id  # the request has an id of its own
    desk.step(theirs("7", status="4", cum_qty=D(0), leaves_qty=D(0)))
    assert (order.phase, order.pending) == (Phase.CANCELED, [])


def test_elsewhere_an_order_without_a_clordid_cannot_be_canceled() -> None:
    desk = world(replace(ROUTE, marks=False))
    desk.step(theirs("7"))
    assert desk.step(Cancel(id="7")).answer.refusal == "UNAVAILABLE"  # type: ignore[union-attr]
    assert desk.step(CancelAll()).answer.count == 0  # type: ignore[union-attr]
    assert not desk.take(CancelOrder)


def test_a_cancel_of_others_order_in_doubt_is_asked_about_by_number() -> None:
    desk = world()
    desk.step(theirs("7"))
    desk.step(Cancel(id="7"))
    (sent,) = desk.take(CancelOrder)
    desk.step(Unanswered(session="main", order=sent.order, request=sent.request, reason="timed out"))
    (asked,) = desk.take(StatusRequest)[-1:]
    assert asked.message.order_id == "7"
    desk.step(theirs("7", cum_qty=D(0), leaves_qty=D(1)))  # it works: so the cancel goes once more
    assert len(desk.take(CancelOrder)) == 1


def test_all_that_is_known_leaves_in_one_effect_on_record_first() -> None:
    desk = world()
    for order_id in ("7", "8"):
        desk.step(theirs(order_id))
    desk.step(theirs("9", symbol="ltc_usd"))
    step = desk.step(CancelAll(symbol="btc_usd", actor="joe"))
    assert step.answer.count == 2  # type: ignore[union-attr]
    effect = the(desk)
    assert (ids(effect), effect.symbol, effect.turn) == (["7", "8"], "btc_usd", 1)
    for each in effect.cancels:
        order = desk.engine.blotter.orders[each.order]
        (request,) = order.requested(RequestKind.CANCEL)
        assert (request.number, request.waiting) == (each.request, False)
    assert not adopted(desk, "9").pending


def test_what_the_venue_shows_afterwards_is_the_next_turn_until_nothing_is_new() -> None:
    desk = world()
    desk.step(CancelAll(actor="joe"))
    first = the(desk)
    assert first.cancels == ()
    assert desk.engine.sweeping == {"main"}
    desk.step(theirs("7"))
    desk.step(OpenShown(session="main", turn=1, order_ids=("7", "unheard")))
    second = the(desk)
    assert (ids(second), second.turn) == (["7"], 2)
    assert desk.engine.swept == {}
    desk.step(OpenShown(session="main", turn=2, order_ids=("7",)))  # still open: its cancel is on record
    assert not desk.take(CancelOpen)
    assert desk.engine.sweeping == set()
    assert set(desk.engine.swept) == {"main"}  # whoever asks can know that it came to its end


def test_orders_that_the_desk_places_meanwhile_stay() -> None:
    desk = world()
    desk.step(CancelAll())
    the(desk)
    place(desk)
    desk.accept(desk.mark(), "101")
    desk.step(OpenShown(session="main", turn=1, order_ids=("101",)))
    assert not desk.take(CancelOpen)
    assert not desk.take(CancelOrder)


def test_a_look_that_failed_ends_it_and_people_are_told() -> None:
    desk = world()
    desk.step(CancelAll())
    desk.step(OpenShown(session="main", turn=1, fault="timed out"))
    assert [alert.code for alert in desk.alerts] == ["CANCEL_ALL_INCOMPLETE"]
    assert desk.engine.sweeping == set()
    assert desk.engine.swept == {}


def test_an_answer_to_an_earlier_one_says_nothing() -> None:
    desk = world()
    desk.step(OpenShown(session="main", turn=1, order_ids=("7",)))
    desk.step(CancelAll())
    desk.step(theirs("7"))
    the(desk)
    desk.step(OpenShown(session="main", turn=2, order_ids=("7",)))
    assert not desk.take(CancelOpen)
    assert desk.engine.sweeping == {"main"}


def test_a_session_that_drops_ends_it() -> None:
    desk = world()
    desk.step(CancelAll())
    desk.step(SessionDown(session="main"))
    assert desk.engine.sweeping == set()
    assert desk.engine.swept == {}


@pytest.mark.parametrize(
    ("route", "command"),
    [
        (replace(SWEPT, external=External.IGNORE), CancelAll()),
        (SWEPT, CancelAll(exchange="VENUE1")),
        (SWEPT, CancelAll(session="another")),
        (ROUTE, CancelAll()),
    ],
)
def test_where_not_the_whole_account_is_meant_orders_go_by_number(route: Route, command: CancelAll) -> None:
    desk = world(route)
    desk.step(theirs("7"))
    desk.step(command)
    assert not desk.take(CancelOpen)
    assert desk.engine.sweeping == set()


def test_one_of_two_sessions_of_an_account_is_not_the_whole_account() -> None:
    desk = world(SWEPT, replace(SWEPT, session="second"))
    desk.step(CancelAll(session="main"))
    assert not desk.take(CancelOpen)
    desk.step(CancelAll())
    assert [effect.session for effect in desk.take(CancelOpen)] == ["main"]  # the account, once
