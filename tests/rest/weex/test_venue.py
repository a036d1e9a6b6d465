"""WEEX as a venue of the engine, against the simulated venue as a process: what other kinds do not have."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from oms.core.inputs import Look
from oms.core.messages import ExecutionReport, Mark, NewOrder, OrderSnapshot
from oms.core.secret import Secret
from oms.core.values import RequestKind
from oms.rest.line import Line
from oms.rest.submits import Submits
from oms.rest.weex.account import Account
from oms.rest.weex.client import TradeClient
from oms.rest.weex.nonce import Nonces
from oms.rest.weex.public import PublicClient
from oms.rest.weex.refusals import WeexInDoubt
from oms.rest.weex.venue import Key, WeexAdapter
from tests.rest.marked_desk import SESSION, Desk, written
from tests.rest.weex.marked import CREDENTIALS, KEYS, PAIR, ROUTE, Other, connected
from tests.rest.weex.scripted import Asked, ScriptedVenue
from tests.rest.weex.simulated import Simulator

if TYPE_CHECKING:
    from oms.core.records import Record

pytestmark = pytest.mark.system


@pytest.fixture
def desk(simulator: Simulator) -> Iterator[Desk]:
    with Desk(ROUTE, connected(simulator.url)) as running:
        yield running


@pytest.mark.parametrize("rows", ["own", "maker"])
def test_an_order_that_fills_at_once_has_its_fills_and_not_the_number_0(rows: str) -> None:
    with (
        Simulator("weex", *CREDENTIALS, "--taker-rows", rows) as running,
        Desk(ROUTE, connected(running.url)) as desk,
    ):
        order = desk.place("a", PAIR, "1", "2.5", "30020")
        desk.settled(order)
        assert (order.ord_status, order.cum_qty, len(order.executions)) == ("2", Decimal("2.5"), 3)
        assert order.order_id != "0"
        second = desk.place("b", PAIR, "1", "2.5", "30020")
        desk.settled(second)
        assert (second.ord_status, second.cum_qty, len(second.executions)) == ("2", Decimal("2.5"), 3)
        assert not order.executions.keys() & second.executions.keys()


def test_executions_that_cannot_be_read_at_once_are_read_later() -> None:
    faults = ("--fault", "http-502@TradeHistory=0.5", "--seed", "3")
    with Simulator("weex", *CREDENTIALS, *faults) as running, Desk(ROUTE, connected(running.url)) as desk:
        orders = []
        for name in "abcdef":
            order = desk.place(name, PAIR, "1", "2.5", "30020")
            desk.until(lambda order=order: not order.pending, "its answer")  # type: ignore[misc]
            orders.append(order)
        placed = [order for order in orders if order.phase != "DENIED"]
        desk.until(lambda: not any(order.has_gap for order in placed), "all fills")
        assert all(order.ord_status == "2" for order in placed)
        assert placed
        assert all(len(order.executions) == 3 for order in placed)


def test_an_order_that_must_not_rest_never_leaves(desk: Desk, record: Path) -> None:
    order = desk.place("ioc", PAIR, "1", "1", "29000", time_in_force="3")
    desk.until(lambda: order.phase == "DENIED", "the denial")
    assert written(record, "accepted") == []


def test_an_order_of_somebody_else_is_adopted_and_no_submit_of_ours_is(simulator: Simulator) -> None:
    theirs = Other(simulator.url).buy("1", "28000")
    with Desk(ROUTE, connected(simulator.url)) as desk:
        desk.until(lambda: len(desk.engine.blotter.orders) == 1, "the adoption")
        (adopted,) = desk.engine.blotter.orders.values()
        assert (adopted.order_id, adopted.order_qty, adopted.price) == (
            str(theirs),
            Decimal(1),
            Decimal(28000),
        )


def adapters_of(url: str, submits: Submits) -> list[WeexAdapter]:
    """Make the adapters of an account with two keys, without an engine."""
    account = Account(submits, list, keys=("k1", "k2"))
    adapters = []
    for place, (key, secret) in enumerate(KEYS.items()):
        line, nonces = Line(url), Nonces(key, lambda _key, _up_to: None, reserved=1000)
        client = TradeClient(line, key=key, secret=Secret(secret), nonces=nonces)
        at_work = Key(number=place, client=client, public=PublicClient(line), nonces=nonces)
        adapters.append(WeexAdapter(at_work, line, account))
    return adapters


ORDER = NewOrder(
    cl_ord_id="c1",
    symbol=PAIR,
    side="1",
    ord_type="2",
    order_qty=Decimal(1),
    price=Decimal(29000),
    time_in_force="1",
)
LOOK = Look(session=SESSION, order=1, request=1, message=ORDER, since_ns=0, mark=Mark())


def test_after_a_restart_nothing_is_past_the_fence_before_every_key_was_heard(simulator: Simulator) -> None:
    first, second = adapters_of(simulator.url, Submits())
    assert not first.look(LOOK).past_fence
    assert not first.look(LOOK).past_fence
    assert second.look(LOOK).past_fence
    assert first.look(LOOK).past_fence


def test_a_submit_is_past_the_fence_by_a_later_number_of_its_own_key_alone() -> None:
    with Simulator("weex", *CREDENTIALS, "--fault", "http-timeout-before@Trade=1") as running:
        submits = Submits()
        submits.read(1, Mark())
        submits.leaving(1, "c1")
        first, second = adapters_of(running.url, submits)
        first.greet()
        second.greet()
        assert not first.look(LOOK).past_fence  # it may not have left yet
        with pytest.raises(WeexInDoubt):
            first.place(ORDER)
        assert not second.look(LOOK).past_fence
        assert first.look(LOOK).past_fence


def test_a_key_that_is_gone_since_leaves_a_submit_to_a_person(simulator: Simulator) -> None:
    """It may have left by that key, and no later number of it can be accepted."""
    first, second = adapters_of(simulator.url, Submits())
    for keys, proves in ((("k1", "gone"), False), (("k1", "k2"), True), (("k1",), True)):
        effect = msgspec.structs.replace(LOOK, mark=Mark(keys=keys))
        first.look(effect)
        second.look(effect)
        assert first.look(effect).past_fence is proves


def test_a_mark_names_the_keys_by_which_the_submit_may_leave(simulator: Simulator) -> None:
    first, _ = adapters_of(simulator.url, Submits())
    assert first.take_mark(PAIR).keys == ("k1", "k2")


def test_an_order_that_is_executed_in_part_is_told_with_its_executions(desk: Desk) -> None:
    order = desk.place("a", PAIR, "1", "12", "30020")
    desk.until(lambda: not order.requested(RequestKind.NEW), "its answer")
    first = next(received for received in desk.shown(order))
    assert isinstance(first.report, OrderSnapshot)
    assert (order.ord_status, order.has_gap, order.anomalies) == ("1", False, 0)
    assert order.cum_qty > 0
    assert not any("GapOpened" in type(event).__name__ for record in desk.records for event in record.events)


def test_an_order_that_is_filled_while_its_executions_are_unknown_is_filled() -> None:
    def script(asked: Asked) -> str:
        if asked.path.endswith("/info"):
            pair = (
                '{"decimal_places":2,"min_price":1,"max_price":99999,"min_amount":0.1,"hidden":0,"fee":0.2}'
            )
            return f'{{"server_time":1,"pairs":{{"{PAIR}":{pair}}}}}'
        if b"method=getInfo&" in asked.body:
            rights = '{"info":1,"trade":1,"withdraw":0}'
            common = '"transaction_count":0,"open_orders":0,"server_time":1'
            return f'{{"success":1,"return":{{"funds":{{}},"rights":{rights},{common}}}}}'
        if b"method=Trade&" in asked.body:
            return '{"success":1,"return":{"received":1,"remains":0,"order_id":0,"funds":{}}}'
        return '{"success":1,"return":{}}'

    with ScriptedVenue(script) as venue, Desk(ROUTE, connected(venue.url)) as desk:
        order = desk.place("a", PAIR, "1", "1", "29000")
        desk.until(lambda: order.in_doubt, "the answer")
        assert (order.ord_status, order.phase) == ("2", "WORKING")
        assert (order.gap, order.leaves_qty) == (Decimal(1), Decimal(0))


def test_an_order_that_the_venue_filled_is_never_found_not_placed() -> None:
    """Its history may be late."""

    def script(asked: Asked) -> str:
        if b"method=Trade&" in asked.body:
            return '{"success":1,"return":{"received":1,"remains":0,"order_id":0,"funds":{}}}'
        return '{"success":1,"return":{}}'

    with ScriptedVenue(script) as venue:
        submits = Submits()
        submits.read(1, Mark())
        submits.leaving(1, "c1")
        first, second = adapters_of(venue.url, submits)
        with pytest.raises(WeexInDoubt, match="filled at once") as raised:
            first.place(ORDER)
        assert raised.value.cum_qty == ORDER.order_qty
        for adapter in (first, second, first):
            looked = adapter.look(LOOK)
            assert (looked.candidates, looked.past_fence) == ((), False)


def test_nonces_never_come_again_after_a_restart(simulator: Simulator) -> None:
    kept: list[Record] = []
    highest = 0
    for _ in range(3):
        with Desk(ROUTE, connected(simulator.url), kept) as desk:
            kept = desk.records
            (up_to,) = desk.nonces.values()
            assert up_to > highest
            highest = up_to


def test_reports_name_orders_by_our_id(desk: Desk) -> None:
    order = desk.place("a", PAIR, "1", "3", "30010")
    desk.settled(order)
    for received in desk.shown(order):
        assert isinstance(received.report, OrderSnapshot | ExecutionReport)
        assert received.raw
