"""Replaces that leave before the one before them is answered, at a venue that has them: one story each."""

from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from oms.core.inputs import (
    AskStatus,
    Cancel,
    PlaceOrder,
    Received,
    Replace,
    Resolve,
    Send,
    SessionDown,
    SessionUp,
    Start,
    Tick,
)
from oms.core.messages import CancelOrder, CancelReject, ReplaceOrder, StatusRequest
from oms.core.messages import ExecutionReport as Report
from oms.core.order import Order
from oms.core.risk import Limits
from oms.engine import Engine
from oms.fix.codec import decode
from oms.fix.dialects import FIX42
from oms.fix.encoder import encode
from tests.scenarios.files import FILES, Step, fields, paths
from tests.scenarios.test_scenarios import expected, seen
from tests.test_engine import START_NS, TIMING, S, World, view
from tests.test_replacing import (
    BY_CANCEL,
    NATIVE,
    a_world,
    ask_replace,
    canceled,
    sent,
    status_of,
    working,
)

REPLACES = [path for path in FILES if "replace" in path.stem and path.stem[1:3] not in ("20", "30")]
PATHS = [pytest.param(path, name, id=f"{path.stem}-{name}") for path in REPLACES for name in paths(path)]


@pytest.fixture
def world() -> World:
    return a_world(NATIVE)


class Pair:
    """An order X of 10 at 100 with two replaces on their way: Y wants 8, Z wants 7 at 101."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.order = working(world, order_qty=Decimal(10))
        self.x = self.order.cl_ord_id or ""
        ask_replace(world, 8)
        ask_replace(world, 7, 101)
        self.first, self.second = sent(world, ReplaceOrder)
        self.y, self.z = self.first.cl_ord_id, self.second.cl_ord_id

    def report(self, kind: str, cl_ord_id: str, orig: str, status: str | None = None, **terms: Any) -> Any:
        numbers = {name: Decimal(str(value)) for name, value in terms.items()}
        fields: dict[str, Any] = {"cl_ord_id": cl_ord_id, "orig_cl_ord_id": orig, "order_id": "V1", **numbers}
        fields |= {"exec_type": kind, "ord_status": status or kind, "exec_trans_type": "0"}
        return self.world.report(exec_id=f"{kind}{cl_ord_id}{orig}", **fields)

    def accept(self, cl_ord_id: str, orig: str, **terms: Any) -> Any:
        return self.report("5", cl_ord_id, orig, **terms)

    def reject(self, cl_ord_id: str, orig: str, text: str = "no") -> Any:
        refused = CancelReject(cl_ord_id=cl_ord_id, orig_cl_ord_id=orig, order_id="V1", text=text)
        return self.world.step(Received(session="main", raw="", report=refused))

    def shows(self, status: str = "0", *, after_s: float = 0, **said: Any) -> Any:
        """Answer a status request."""
        numbers = {name: Decimal(str(value)) for name, value in said.items() if "cl_ord" not in name}
        ids = {name: value for name, value in said.items() if "cl_ord" in name}
        return self.world.answer(status, after_s, exec_trans_type="3", **{**ids, **numbers})

    def state(self) -> tuple[object, ...]:
        opened = tuple(request.cl_ord_id for request in self.order.pending)
        return self.order.order_qty, self.order.price, self.order.cl_ord_id, opened

    @property
    def refused(self) -> str | None:
        return self.order.refusal.cl_ord_id if self.order.refusal else None

    def in_doubt(self) -> None:
        """The session drops and comes back."""
        self.world.step(SessionDown(session="main"))
        self.world.up()
        self.world.sent.clear()


@pytest.fixture
def pair(world: World) -> Pair:
    return Pair(world)


OLD = (Decimal(10), Decimal(100))
FIRST = (Decimal(8), Decimal(100))
SECOND = (Decimal(7), Decimal(101))


# --- the scenarios of the specification, by command -----------------------------------------------------------------


class Live:
    """Commands make the requests of a scenario; its rows are the venue's answers, and what must have left."""

    def __init__(self) -> None:
        self.engine = Engine([NATIVE], TIMING)
        self.left: list[Any] = []
        self.ids: dict[str, str] = {}
        self.now, self.price = START_NS, "10"
        for message in (Start(), SessionUp(session="main")):
            self.step(message)

    def step(self, message: Any) -> Any:
        self.now += 1_000_000
        result = self.engine.step(message, self.now)
        self.left += [effect.message for effect in result.effects if isinstance(effect, Send)]
        return result

    def does(self, step: Step, number: int) -> None:
        kind, row = step.message[0], fields(step, number)
        if kind == "order":
            terms: dict[str, Any] = {"symbol": "IBM", "side": "1", "exchange": "VENUE1", "price": Decimal(10)}
            self.step(PlaceOrder(client_order_id="a", order_qty=Decimal(row["38"]), **terms))
        elif kind == "replace":
            (order,) = self.engine.blotter.orders.values()
            is_of_price = order.order_qty == Decimal(row["38"])  # D9: the rows have no prices
            self.price = "11" if is_of_price else "10"
            self.step(Replace(id="a", order_qty=Decimal(row["38"]), price=Decimal(self.price)))
        else:
            report = cast("Report", decode(row | self._ours(row), FIX42))
            assert self.step(Received(session="main", raw="", report=report)).anomaly is None
            return
        wire = {str(tag): value for tag, value in encode(self.left[-1], row["60"])}
        self.ids[row["11"]] = wire["11"]
        wanted = self._ours(row) | {"38": row["38"], "44": self.price}
        assert {tag: wire.get(tag) for tag in wanted} == wanted

    def _ours(self, row: dict[str, str]) -> dict[str, str]:
        return {tag: self.ids[row[tag]] for tag in ("11", "41") if tag in row}

    def named(self, order: Order | None, step: Step) -> list[str]:
        """Describe the order with the scenario's own names."""
        names = {ours: name for name, ours in self.ids.items()}
        told = seen(step, order)
        opened = ",".join(names.get(each, each) for each in told[5].split(","))
        return [*told[:4], names.get(told[4], told[4]), opened, *told[6:]]


@pytest.mark.parametrize(("path", "name"), PATHS)
def test_the_scenarios_of_the_specification_by_command(path: Path, name: str) -> None:
    live, rows = Live(), paths(path)[name]
    for number, step in enumerate(rows, 1):
        live.does(step, number)
        (order,) = live.engine.blotter.orders.values()
        assert (step.at, live.named(order, step)) == (step.at, expected(step))
    requests = [message for message in live.left if not isinstance(message, StatusRequest)]
    assert len(requests) == sum(row.message[0] in ("order", "replace") for row in rows)


# --- what leaves ----------------------------------------------------------------------------------------------------


def test_the_next_names_the_one_before_it_and_is_about_its_terms(world: World) -> None:
    order = working(world, order_qty=Decimal(10))
    for terms in ({"order_qty": 8}, {"price": 101}, {"order_qty": 7}):
        assert ask_replace(world, **terms).refusal is None
    y, z, w = sent(world, ReplaceOrder)
    assert [message.orig_cl_ord_id for message in (y, z, w)] == [order.cl_ord_id, y.cl_ord_id, z.cl_ord_id]
    assert [(message.order_qty, message.price) for message in (y, z, w)] == [
        (Decimal(8), Decimal(100)),
        (Decimal(8), Decimal(101)),
        (Decimal(7), Decimal(101)),
    ]
    assert (order.order_qty, order.price, status_of(order)) == (Decimal(10), Decimal(100), "0")


def test_nothing_to_replace_is_judged_by_the_terms_wanted_last(pair: Pair) -> None:
    for terms in ((7, 101), (7, None), (None, 101)):
        denied = ask_replace(pair.world, *terms)
        assert denied.refusal == "NOTHING_TO_REPLACE"
        assert "on its way" in denied.text
    assert ask_replace(pair.world, 10, 100).refusal is None, "back to what the order has is another wish"


def test_a_few_may_be_on_their_way_and_then_no_more(world: World) -> None:
    order = working(world, order_qty=Decimal(10))
    for quantity in range(9, 4, -1):
        assert ask_replace(world, quantity).refusal is None
    denied = ask_replace(world, 4)
    assert (denied.refusal, denied.text[:10]) == ("REPLACE_PENDING", "5 replaces")
    assert len(sent(world, ReplaceOrder)) == 5
    assert len(order.pending) == 5
    world.report(
        cl_ord_id=order.pending[0].cl_ord_id,
        orig_cl_ord_id=order.cl_ord_id,
        order_id="V1",
        exec_id="r1",
        exec_type="5",
    )
    assert ask_replace(world, 4).refusal is None


def test_nothing_follows_a_replace_in_doubt_until_there_is_evidence(pair: Pair) -> None:
    pair.world.step(Tick(), after_s=6)
    denied = ask_replace(pair.world, 5)
    assert (denied.refusal, pair.order.in_doubt) == ("REPLACE_IN_DOUBT", True)
    pair.shows(cl_ord_id=pair.z, order_qty=7, price=101)
    assert ask_replace(pair.world, 5).refusal is None
    assert sent(pair.world, ReplaceOrder)[-1].orig_cl_ord_id == pair.z


def test_nothing_follows_a_cancel(pair: Pair) -> None:
    pair.world.step(Cancel(id="a"))
    assert ask_replace(pair.world, 5).refusal == "CANCEL_PENDING"


def test_where_the_venue_has_no_replace_the_second_is_denied_with_the_reason() -> None:
    world = a_world(BY_CANCEL)
    working(world)
    ask_replace(world, 5)
    denied = ask_replace(world, 4)
    assert denied.refusal == "REPLACE_PENDING"
    assert "when that is done, or cancel it" in denied.text
    canceled(world)
    assert ask_replace(world, 4).refusal == "REPLACE_PENDING", "its new order is not acknowledged"


def test_replaces_of_an_order_without_an_answer_leave_after_it_one_behind_the_other(world: World) -> None:
    order = world.place(order_qty=Decimal(10))
    for quantity in (8, 7):
        assert ask_replace(world, quantity).refusal is None
    assert not sent(world, ReplaceOrder)
    world.ack(order)
    y, z = sent(world, ReplaceOrder)
    assert (y.orig_cl_ord_id, z.orig_cl_ord_id) == (order.cl_ord_id, y.cl_ord_id)


def test_replaces_that_have_not_left_go_with_a_cancel(world: World) -> None:
    order = world.place(order_qty=Decimal(10))
    ask_replace(world, 8)
    world.step(Cancel(id="a"))
    world.ack(order)
    assert not sent(world, ReplaceOrder)
    (cancel,) = sent(world, CancelOrder)
    assert cancel.orig_cl_ord_id == order.cl_ord_id


# --- cancels --------------------------------------------------------------------------------------------------------


def cancels(pair: Pair) -> list[str | None]:
    return [message.orig_cl_ord_id for message in sent(pair.world, CancelOrder)]


def test_a_cancel_names_the_last_replace_and_ends_them_all(pair: Pair) -> None:
    pair.world.step(Cancel(id="a"))
    assert cancels(pair) == [pair.z]
    pair.report("4", sent(pair.world, CancelOrder)[0].cl_ord_id, pair.z, cum_qty=0)
    assert (status_of(pair.order), pair.order.pending, pair.order.anomalies) == ("4", [], 0)
    assert pair.reject(pair.z, pair.x).anomaly is None


def test_a_cancel_after_a_refused_replace_names_what_is_left(pair: Pair) -> None:
    pair.reject(pair.z, pair.x)
    pair.world.step(Cancel(id="a"))
    assert cancels(pair) == [pair.y]


def test_a_cancel_that_named_replaces_which_are_not_there_names_the_order_in_the_end(pair: Pair) -> None:
    pair.world.step(Cancel(id="a"))
    pair.reject(pair.y, pair.x)
    pair.reject(pair.z, pair.x)
    assert not pair.order.requested(cast("Any", "replace"))
    pair.reject(sent(pair.world, CancelOrder)[-1].cl_ord_id, pair.x, "unknown order")
    assert cancels(pair) == [pair.z, pair.x]
    pair.reject(sent(pair.world, CancelOrder)[-1].cl_ord_id, pair.x, "too late")
    assert cancels(pair) == [pair.z, pair.x]
    assert pair.order.refusal is not None
    assert (pair.order.refusal.reason, pair.order.pending) == ("too late", [])


def test_a_refused_cancel_goes_down_the_chain_once_and_no_further(pair: Pair) -> None:
    pair.world.step(Cancel(id="a"))
    for _ in range(6):
        pair.reject(sent(pair.world, CancelOrder)[-1].cl_ord_id, pair.x)
    assert cancels(pair) == [pair.z, pair.y, pair.x]
    assert len({message.cl_ord_id for message in sent(pair.world, CancelOrder)}) == 3
    assert view(pair.world.recovered()) == view(pair.world.engine)


def test_a_cancel_that_is_refused_because_all_is_filled_ends(pair: Pair) -> None:
    pair.world.step(Cancel(id="a"))
    (cancel,) = sent(pair.world, CancelOrder)
    pair.world.fill(10, "f1")
    pair.reject(cancel.cl_ord_id, pair.x, "too late")
    assert (cancels(pair), pair.refused) == ([pair.z], cancel.cl_ord_id)


# --- answers in every order -----------------------------------------------------------------------------------------


def test_the_first_is_carried_out_and_then_the_second(pair: Pair) -> None:
    pair.accept(pair.y, pair.x)
    assert pair.state() == (*FIRST, pair.y, (pair.z,))
    pair.accept(pair.z, pair.y)
    assert pair.state() == (*SECOND, pair.z, ())
    assert (pair.order.anomalies, pair.refused) == (0, None)


def test_the_second_is_refused_first(pair: Pair) -> None:
    pair.reject(pair.z, pair.x)
    assert pair.state() == (*OLD, pair.x, (pair.y,))
    pair.accept(pair.y, pair.x)
    assert pair.state() == (*FIRST, pair.y, ())
    assert pair.refused == pair.z, "the last wish came to nothing"
    ask_replace(pair.world, 6)
    assert sent(pair.world, ReplaceOrder)[-1].orig_cl_ord_id == pair.y


def test_the_first_is_refused_and_the_second_is_carried_out_all_the_same(pair: Pair) -> None:
    pair.reject(pair.y, pair.x)
    ask_replace(pair.world, 6)
    assert sent(pair.world, ReplaceOrder)[-1].orig_cl_ord_id == pair.z
    pair.accept(pair.z, pair.x)
    assert (*pair.state()[:3], pair.refused) == (*SECOND, pair.z, None)


def test_both_are_refused_and_the_next_names_the_order(pair: Pair) -> None:
    pair.reject(pair.y, pair.x)
    pair.reject(pair.z, pair.x)
    assert (pair.state(), pair.refused) == ((*OLD, pair.x, ()), pair.z)
    ask_replace(pair.world, 6)
    assert sent(pair.world, ReplaceOrder)[-1].orig_cl_ord_id == pair.x


def test_the_second_is_carried_out_and_settles_the_first_that_it_names(pair: Pair) -> None:
    pair.accept(pair.z, pair.y)
    assert pair.state() == (*SECOND, pair.z, ())
    late = pair.accept(pair.y, pair.x)
    assert (late.anomaly, pair.state()) == (None, (*SECOND, pair.z, ()))


def test_the_first_that_no_answer_names_is_asked_about_and_ends_as_overtaken(pair: Pair) -> None:
    pair.accept(pair.z, pair.x)
    assert pair.state() == (*SECOND, pair.z, (pair.y,))
    pair.world.step(Tick(), after_s=6)
    assert pair.world.questions() == 1
    pair.shows(cl_ord_id=pair.z, order_qty=7, price=101)
    assert (pair.state(), pair.order.in_doubt) == ((*SECOND, pair.z, ()), False)
    assert pair.refused is None, "what the desk wanted last was carried out"


def test_the_first_may_be_refused_after_the_second_was_carried_out(pair: Pair) -> None:
    pair.accept(pair.z, pair.x)
    pair.reject(pair.y, pair.z)
    assert (pair.state(), pair.refused) == ((*SECOND, pair.z, ()), None)


def test_the_venue_may_carry_out_the_second_before_the_first(pair: Pair) -> None:
    pair.accept(pair.z, pair.x)
    pair.accept(pair.y, pair.z)
    assert pair.state() == (*FIRST, pair.y, ())


def test_what_was_taken_to_have_come_to_nothing_and_did_not_is_an_anomaly_and_holds(pair: Pair) -> None:
    pair.accept(pair.z, pair.x)
    pair.world.step(Tick(), after_s=6)
    pair.shows(cl_ord_id=pair.z, order_qty=7, price=101)
    told = pair.accept(pair.y, pair.z, order_qty=8, price=100)
    assert "had come to nothing" in told.anomaly.text
    assert pair.state() == (*FIRST, pair.y, ())


def test_both_are_pending_before_either_is_carried_out(pair: Pair) -> None:
    for name in (pair.y, pair.z):
        pair.report("E", name, pair.x)
    assert (status_of(pair.order), [request.seen for request in pair.order.pending]) == ("E", [True, True])
    pair.accept(pair.y, pair.x)
    assert status_of(pair.order) == "E"
    pair.accept(pair.z, pair.y)
    assert status_of(pair.order) == "5"


def test_fills_cross_the_replaces_under_the_old_terms(pair: Pair) -> None:
    pair.world.fill(3, "f1")
    pair.accept(pair.y, pair.x, order_qty=8, cum_qty=3)
    pair.world.fill(5, "f2")
    assert (status_of(pair.order), pair.order.is_open) == ("2", True)
    pair.accept(pair.z, pair.y, order_qty=8, cum_qty=8)
    assert (pair.order.order_qty, pair.order.leaves_qty, status_of(pair.order)) == (
        Decimal(8),
        Decimal(0),
        "2",
    )
    assert (pair.order.pending, pair.order.anomalies) == ([], 0)


def test_a_filled_order_may_be_asked_twice_to_go_on(world: World) -> None:
    order = working(world, order_qty=Decimal(2))
    world.fill(2, "f1")
    assert ask_replace(world, 3).refusal is None
    assert ask_replace(world, None, 101).refusal is None
    y, z = sent(world, ReplaceOrder)
    assert (z.order_qty, z.price, z.orig_cl_ord_id) == (Decimal(3), Decimal(101), y.cl_ord_id)
    assert status_of(order) == "2"


# --- in doubt -------------------------------------------------------------------------------------------------------


BY_NAME = {"cl_ord_id": True}
SHOWN = [OLD, FIRST, SECOND]


@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.parametrize("past_fence", [False, True])
@pytest.mark.parametrize("shown", SHOWN, ids=["old", "first", "second"])
def test_after_a_dropped_session_the_terms_that_the_venue_shows_decide(
    pair: Pair, shown: tuple[Decimal, Decimal], *, past_fence: bool, by_name: bool
) -> None:
    pair.in_doubt()
    assert [request.in_doubt for request in pair.order.pending] == [True, True]
    which = SHOWN.index(shown)
    name = [pair.x, pair.y, pair.z][which] if by_name else pair.x
    pair.shows(after_s=700 if past_fence else 1, cl_ord_id=name, order_qty=shown[0], price=shown[1])
    left = () if past_fence else (pair.y, pair.z)[which:]
    assert pair.state() == (*shown, [pair.x, pair.y, pair.z][which], left)
    assert pair.order.in_doubt == bool(left)
    assert view(pair.world.recovered()) == view(pair.world.engine)


def test_an_answer_with_the_terms_of_the_first_is_not_taken_for_one_with_those_of_the_second(
    world: World,
) -> None:
    order = working(world, order_qty=Decimal(10))
    ask_replace(world, 8)
    ask_replace(world, None, 101)
    y, z = (message.cl_ord_id for message in sent(world, ReplaceOrder))
    world.step(SessionDown(session="main"))
    world.up()
    world.answer("0", cl_ord_id=order.cl_ord_id, order_qty=Decimal(8), price=Decimal(101))
    assert (order.cl_ord_id, order.price, order.pending) == (z, Decimal(101), [])
    assert y in order.replaces


def test_pending_replace_in_an_answer_decides_nothing_whenever_it_comes(pair: Pair) -> None:
    pair.in_doubt()
    pair.shows("E", after_s=700, cl_ord_id=pair.y, orig_cl_ord_id=pair.x, order_qty=10, price=100)
    assert pair.state() == (*OLD, pair.x, (pair.y, pair.z))
    pair.world.step(Tick(), after_s=60)
    pair.shows(cl_ord_id=pair.y, orig_cl_ord_id=pair.x, order_qty=8, price=100)
    assert pair.state() == (*FIRST, pair.y, ())


def test_what_is_pending_at_the_venue_is_asked_about_and_not_in_doubt_before_an_answer_lacks_it(
    pair: Pair,
) -> None:
    for name in (pair.y, pair.z):
        pair.report("E", name, pair.x)
    pair.world.step(Tick(), after_s=6)
    assert (pair.order.in_doubt, pair.world.questions() > 0) == (False, True)
    asked = pair.world.questions()
    pair.shows("E", cl_ord_id=pair.z, orig_cl_ord_id=pair.x, order_qty=10, price=100)
    pair.world.step(Tick(), after_s=60)
    assert pair.world.questions() > asked
    pair.shows(cl_ord_id=pair.x, order_qty=10, price=100)
    assert [request.in_doubt for request in pair.order.pending] == [True, True]
    pair.world.step(Tick(), after_s=60)
    pair.shows(cl_ord_id=pair.z, orig_cl_ord_id=pair.y, order_qty=7, price=101)
    assert pair.state() == (*SECOND, pair.z, ())


def test_an_answer_shows_a_replace_whose_report_is_still_on_its_way(pair: Pair) -> None:
    pair.world.step(AskStatus(id="a"))
    pair.shows(cl_ord_id=pair.y, orig_cl_ord_id=pair.x, order_qty=8, price=100)
    assert pair.state() == (*FIRST, pair.y, (pair.z,))
    assert pair.accept(pair.y, pair.x).anomaly is None
    assert pair.state() == (*FIRST, pair.y, (pair.z,))


def test_a_replace_down_below_what_was_executed_unheard_is_shown_with_that_quantity(pair: Pair) -> None:
    pair.in_doubt()
    pair.shows("2", after_s=1, cl_ord_id=pair.z, order_qty=9, price=101, cum_qty=9, leaves_qty=0)
    assert pair.state() == (Decimal(9), Decimal(101), pair.z, ())
    assert (pair.order.gap, pair.order.anomalies) == (Decimal(9), 0)


def test_a_reject_that_says_filled_says_not_of_which_quantity(pair: Pair) -> None:
    pair.in_doubt()
    refused = CancelReject(cl_ord_id=pair.z, orig_cl_ord_id=pair.y, ord_status="2", text="too late")
    pair.world.step(Received(session="main", raw="", report=refused))
    assert (pair.order.gap, pair.state()) == (Decimal(0), (*OLD, pair.x, (pair.y,)))
    pair.shows("2", after_s=1, cl_ord_id=pair.y, order_qty=8, price=100, cum_qty=8, leaves_qty=0)
    assert (pair.order.gap, pair.state()) == (Decimal(8), (*FIRST, pair.y, ()))


def test_of_three_in_doubt_the_third_that_is_shown_settles_all(pair: Pair) -> None:
    ask_replace(pair.world, 6)
    w = sent(pair.world, ReplaceOrder)[-1].cl_ord_id
    pair.in_doubt()
    pair.shows(after_s=1, cl_ord_id=w, order_qty=6, price=101)
    assert (pair.state(), pair.refused) == ((Decimal(6), Decimal(101), w, ()), None)


def test_the_third_is_carried_out_and_the_first_was_never_answered(pair: Pair) -> None:
    ask_replace(pair.world, 6)
    w = sent(pair.world, ReplaceOrder)[-1].cl_ord_id
    pair.accept(w, pair.z)
    assert pair.state() == (Decimal(6), Decimal(101), w, (pair.y,))
    pair.world.step(Tick(), after_s=6)
    pair.shows(cl_ord_id=w, order_qty=6, price=101)
    assert pair.state() == (Decimal(6), Decimal(101), w, ())


@pytest.mark.parametrize(("outcome", "terms"), [("replaced", SECOND), ("working", OLD)])
def test_a_person_decides_about_all_that_are_in_doubt(
    pair: Pair, outcome: str, terms: tuple[Decimal, Decimal]
) -> None:
    pair.in_doubt()
    assert pair.world.step(Resolve(id="a", outcome=outcome, evidence="their screen")).answer.refusal is None  # type: ignore[union-attr]
    assert (pair.state()[:2], pair.order.pending, pair.order.in_doubt) == (terms, [], False)


def test_answers_that_come_after_the_session_dropped_settle_each_its_own(pair: Pair) -> None:
    pair.in_doubt()
    pair.accept(pair.y, pair.x)
    assert pair.state() == (*FIRST, pair.y, (pair.z,))
    pair.reject(pair.z, pair.y)
    assert (pair.state(), pair.order.in_doubt) == ((*FIRST, pair.y, ()), False)


# --- kill -9 --------------------------------------------------------------------------------------------------------


def life(pair: Pair) -> None:
    pair.report("E", pair.y, pair.x)
    pair.world.fill(1, "f1")
    pair.accept(pair.y, pair.x)
    pair.report("E", pair.z, pair.y)
    pair.reject(pair.z, pair.y)
    ask_replace(pair.world, 6)
    ask_replace(pair.world, 5)
    pair.world.step(Cancel(id="a"))
    cancel = sent(pair.world, CancelOrder)[0]
    pair.reject(cancel.cl_ord_id, pair.y)
    last = sent(pair.world, ReplaceOrder)[-1]
    pair.accept(last.cl_ord_id, pair.y)


def test_killed_at_any_step_the_journal_gives_the_same_state_and_the_restart_asks(pair: Pair) -> None:
    life(pair)
    world, whole = pair.world, list(pair.world.records)
    assert view(world.recovered()) == view(world.engine)
    for length in range(4, len(whole)):
        again, same = (recovered(whole[:length]) for _ in range(2))
        assert view(again) == view(same)
        open_before = {r.number for o in again.blotter.orders.values() for r in o.pending if not r.waiting}
        again.step(Start(), world.now + S)
        (order,) = again.blotter.orders.values()
        assert open_before <= {request.number for request in order.pending if request.in_doubt}
        step = again.step(SessionUp(session="main"), world.now + 2 * S)
        asked = [
            e.message for e in step.effects if isinstance(e, Send) and isinstance(e.message, StatusRequest)
        ]
        assert len(asked) == 1
        resent = [e for e in step.effects if isinstance(e, Send) and isinstance(e.message, ReplaceOrder)]
        assert not resent or not open_before & {effect.request for effect in resent}


def recovered(records: list[Any]) -> Engine:
    engine = Engine([NATIVE], TIMING)
    for record in records:
        engine.recover(msgspec.json.decode(msgspec.json.encode(record), type=type(record)))
    return engine


# --- limits ---------------------------------------------------------------------------------------------------------


def test_whichever_terms_come_to_most_count_until_they_can_hold_no_more() -> None:
    limits = Limits(max_open_notional=Decimal(2000), max_order_qty=Decimal(100))
    world = a_world(msgspec.structs.replace(NATIVE, limits=limits))
    order = working(world, order_qty=Decimal(10))
    x = order.cl_ord_id
    ask_replace(world, 18)
    ask_replace(world, 5)
    y, z = (message.cl_ord_id for message in sent(world, ReplaceOrder))

    def room() -> Decimal:
        return Decimal(2000) - world.engine._work.exposure.by_account[order.account]

    assert room() == Decimal(200), "the second may be refused: then 18 are in the market"
    assert ask_replace(world, 21).refusal == "MAX_OPEN_NOTIONAL"
    accepted: dict[str, Any] = {"order_id": "V1", "exec_type": "5"}
    world.report(cl_ord_id=y, orig_cl_ord_id=x, exec_id="r1", **accepted)
    assert room() == Decimal(200)
    world.report(cl_ord_id=z, orig_cl_ord_id=y, exec_id="r2", **accepted)
    assert room() == Decimal(1500)


def test_each_in_doubt_is_told_to_people(pair: Pair) -> None:
    pair.world.step(SessionDown(session="main"))
    assert [alert.code for alert in pair.world.alerts].count("IN_DOUBT") == 2


# --- answers that prove nothing -------------------------------------------------------------------------------------


def test_an_answer_of_before_a_replace_does_not_show_the_next_which_wants_the_old_price_back(
    world: World,
) -> None:
    order = working(world, order_qty=Decimal(10))
    x = order.cl_ord_id
    world.step(AskStatus(id="a"))
    ask_replace(world, None, 101)
    (first,) = sent(world, ReplaceOrder)
    named = {"cl_ord_id": first.cl_ord_id, "orig_cl_ord_id": x, "order_id": "V1", "price": Decimal(101)}
    accepted: dict[str, Any] = {"exec_type": "5", "ord_status": "5", "exec_trans_type": "0", "exec_id": "r1"}
    world.report(**named, **accepted, transact_time="20260301-09:00:05")
    ask_replace(world, None, 100)
    second = sent(world, ReplaceOrder)[-1]
    by_id: dict[str, Any] = {"cl_ord_id": x}
    by_time: dict[str, Any] = {"cl_ord_id": None, "transact_time": "20260301-09:00:01"}
    for said in (by_id, by_time):
        world.step(AskStatus(id="a"))
        world.answer("0", exec_trans_type="3", price=Decimal(100), order_qty=Decimal(10), **said)
        assert (order.cl_ord_id, order.price) == (first.cl_ord_id, Decimal(101))
        assert [request.cl_ord_id for request in order.pending] == [second.cl_ord_id]


def test_an_answer_that_states_nothing_of_the_terms_and_no_id_refuses_no_replace(pair: Pair) -> None:
    pair.in_doubt()
    pair.shows(after_s=700)
    assert [request.in_doubt for request in pair.order.pending] == [True, True]
    pair.world.step(Tick(), after_s=60)
    pair.shows(cl_ord_id=pair.x)
    assert pair.state() == (*OLD, pair.x, ())


def test_replaces_there_and_back_that_never_arrived_are_settled_past_the_fence(world: World) -> None:
    order = working(world, order_qty=Decimal(10))
    ask_replace(world, None, 101)
    ask_replace(world, None, 100)
    world.step(SessionDown(session="main"))
    world.up()
    world.answer("0", 700, cl_ord_id=order.cl_ord_id, order_qty=Decimal(10), price=Decimal(100))
    assert (order.price, order.pending, order.in_doubt) == (Decimal(100), [], False)


def test_an_answer_that_shows_a_replace_and_done_for_day_leaves_both(pair: Pair) -> None:
    pair.in_doubt()
    pair.shows("3", cl_ord_id=pair.z, order_qty=7, price=101, cum_qty=0, leaves_qty=0)
    assert (pair.state(), pair.order.phase) == ((*SECOND, pair.z, ()), "DONE_FOR_DAY")


@pytest.mark.parametrize(("said", "gap"), [({"order_qty": 8}, Decimal(8)), ({}, Decimal(0))])
def test_filled_without_a_total_is_of_the_quantity_that_the_answer_states(
    pair: Pair, said: dict[str, Any], gap: Decimal
) -> None:
    pair.in_doubt()
    pair.shows("2", cl_ord_id=pair.y, price=100, **said)
    assert (pair.order.gap, pair.order.has_gap, pair.state()) == (gap, True, (*FIRST, pair.y, (pair.z,)))
