"""WEEX as a venue of the engine, against the simulated venue as a process: faults on, and held to its own record."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from oms.core.inputs import Look
from oms.core.messages import ExecutionReport, Mark, NewOrder, OrderSnapshot
from oms.core.risk import Limits
from oms.core.secret import Secret
from oms.engine import Route
from oms.rest.line import Line
from oms.rest.marked import MarkedRestVenue
from oms.rest.submits import Submits
from oms.rest.weex.account import Account, key_name
from oms.rest.weex.client import TradeClient, TradeRequest
from oms.rest.weex.nonce import NonceKeys, Nonces
from oms.rest.weex.public import PublicClient
from oms.rest.weex.refusals import WeexInDoubt
from oms.rest.weex.venue import Key, WeexAdapter
from tests.rest.marked_desk import HABIT, SESSION, Desk, written
from tests.rest.weex.scripted import Asked, ScriptedVenue
from tests.rest.weex.simulated import Simulator

if TYPE_CHECKING:
    from oms.core.records import Record

pytestmark = pytest.mark.system

KEYS = {"46G9R9D6-WJ77XOIP": "made-up", "J2UF00BF-OZ8X02EW": "likewise"}
CREDENTIALS = tuple(word for key, secret in KEYS.items() for word in ("--credential", f"{key}:{secret}@desk"))
PAIR = "btc_usd"
ROUTE = Route(
    session=SESSION,
    account="desk1",
    id_prefix="1",
    has_replace=False,
    marks=True,
    limits=Limits(symbol_form="btc_usd", has_exchange=False),
)


def connected(url: str, keys: int = 1, timeout_s: float = 2.0) -> Callable[[Desk], MarkedRestVenue]:
    """Make the venue as the daemon does."""

    def make(desk: Desk) -> MarkedRestVenue:
        submits = Submits()
        account = Account(submits, desk.outlet.open_orders, keys=keys)
        numbers = NonceKeys(desk.reserve, desk.nonces)
        adapters = []
        for place, (key, secret) in enumerate(list(KEYS.items())[:keys]):
            line = Line(url, read_timeout_s=timeout_s)
            nonces = numbers.of(key_name(key))
            client = TradeClient(line, key=key, secret=Secret(secret), nonces=nonces)
            at_work = Key(number=place, client=client, public=PublicClient(line), nonces=nonces)
            adapters.append(WeexAdapter(at_work, line, account))
        return MarkedRestVenue(SESSION, adapters, desk.outlet, HABIT, submits=submits)

    return make


class Other:
    """Somebody else who trades for the same account, with a key of their own."""

    def __init__(self, url: str, key: str = "J2UF00BF-OZ8X02EW") -> None:
        nonces = Nonces(key, lambda _key, _up_to: None)
        self.client = TradeClient(Line(url), key=key, secret=Secret(KEYS[key]), nonces=nonces)

    def trade(self, side: Any, amount: str, rate: str) -> int:
        request = TradeRequest(pair=PAIR, type=side, rate=Decimal(rate), amount=Decimal(amount))
        return self.client.trade(request).order_id


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "venue.jsonl"


@pytest.fixture
def simulator(record: Path) -> Iterator[Simulator]:
    with Simulator("weex", *CREDENTIALS, "--cache", "off", "--record", str(record)) as running:
        yield running


@pytest.fixture
def desk(simulator: Simulator) -> Iterator[Desk]:
    with Desk(ROUTE, connected(simulator.url)) as running:
        yield running


def test_an_order_rests_is_filled_in_part_and_canceled(desk: Desk, simulator: Simulator) -> None:
    order = desk.place("a", PAIR, "1", "3", "30010")
    desk.settled(order)
    assert (order.phase, order.ord_status, order.cum_qty) == ("WORKING", "1", Decimal(2))
    assert {fill.price for fill in order.executions.values()} == {Decimal(30000), Decimal(30010)}
    assert order.notional == Decimal(60010)
    desk.cancel(order)
    desk.until(lambda: order.phase == "CANCELED", "the cancel")
    desk.settled(order)
    assert (order.cum_qty, order.leaves_qty) == (Decimal(2), Decimal(0))
    assert len(desk.submits()) == 1


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


def test_executions_that_cannot_be_read_at_once_are_read_later(record: Path) -> None:
    faults = ("--fault", "http-502@TradeHistory=0.5", "--seed", "3")
    with Simulator("weex", *CREDENTIALS, *faults) as running, Desk(ROUTE, connected(running.url)) as desk:
        orders = []
        for name in "abcdef":
            order = desk.place(name, PAIR, "1", "2.5", "30020")
            desk.until(lambda order=order: not order.pending, "its answer")  # type: ignore[misc]
            orders.append(order)
        placed = [order for order in orders if order.phase != "DENIED"]
        desk.until(lambda: all(order.ord_status == "2" for order in placed), "all fills")
        assert placed
        assert all(len(order.executions) == 3 for order in placed)


def test_a_fill_between_two_polls_and_one_together_with_a_cancel(desk: Desk, simulator: Simulator) -> None:
    other = Other(simulator.url)
    gone, part = desk.place("gone", PAIR, "2", "1", "29995"), desk.place("part", PAIR, "2", "2", "29996")
    desk.settled(gone, part)
    other.trade("buy", "1.5", "29996")  # all of the first and a part of the second, with one order
    assert part.order_id is not None
    other.client.cancel_order(int(part.order_id))
    desk.until(lambda: gone.ord_status == "2" and part.phase == "CANCELED", "both ends")
    desk.settled(gone, part)
    assert (gone.cum_qty, part.cum_qty) == (Decimal(1), Decimal("0.5"))


def test_what_rests_unchanged_is_put_in_once(desk: Desk) -> None:
    order = desk.place("a", PAIR, "1", "1", "29000")
    desk.settled(order)
    before = len(desk.shown(order))
    polled = time.monotonic() + 1.0
    desk.until(lambda: time.monotonic() > polled, "a second of polls", 5)
    assert len(desk.shown(order)) == before


def test_several_cancels_that_wait_leave_together(desk: Desk, record: Path) -> None:
    orders = [desk.place(f"o{number}", PAIR, "1", "1", str(28000 + number)) for number in range(12)]
    desk.settled(*orders)
    desk.cancel_all()
    desk.until(lambda: all(order.phase == "CANCELED" for order in orders), "all cancels")
    desk.settled(*orders)
    assert len(written(record, "canceled")) == 12


def test_a_cancel_that_loses_against_a_fill_ends_as_filled(desk: Desk, simulator: Simulator) -> None:
    order = desk.place("a", PAIR, "2", "1", "29995")
    desk.settled(order)
    Other(simulator.url).trade("buy", "1", "29995")
    desk.cancel(order)
    desk.until(lambda: order.ord_status == "2", "the fill")
    desk.settled(order)
    assert (order.cum_qty, order.phase) == (Decimal(1), "WORKING")


def test_what_the_venue_cannot_take_never_leaves(desk: Desk, record: Path) -> None:
    refused = {
        "decimals": ("1", "29000.1234", "PRICE", "3 decimals"),
        "minimum": ("0.0001", "29000", "QTY", "at least 0.001"),
        "highest": ("1", "500000", "PRICE", "at most 400000"),
    }
    for name, (qty, price, _, words) in refused.items():
        order = desk.place(name, PAIR, "1", qty, price)
        desk.until(lambda order=order: order.phase == "DENIED", "the denial")  # type: ignore[misc]
        assert words in (order.reason or ""), order.reason
    ioc = desk.place("ioc", PAIR, "1", "1", "29000", time_in_force="3")
    desk.until(lambda: ioc.phase == "DENIED", "the denial")
    assert written(record, "accepted") == []


def test_a_refusal_rejects(desk: Desk) -> None:
    order = desk.place("a", PAIR, "1", "5000", "30000")
    desk.until(lambda: order.phase == "REJECTED", "the rejection")
    assert "not enough USD" in (order.reason or "")


def test_an_order_of_somebody_else_is_adopted_and_no_submit_of_ours_is(simulator: Simulator) -> None:
    theirs = Other(simulator.url).trade("buy", "1", "28000")
    with Desk(ROUTE, connected(simulator.url)) as desk:
        desk.until(lambda: len(desk.engine.blotter.orders) == 1, "the adoption")
        (adopted,) = desk.engine.blotter.orders.values()
        assert (adopted.order_id, adopted.order_qty, adopted.price) == (
            str(theirs),
            Decimal(1),
            Decimal(28000),
        )


# --- in doubt -------------------------------------------------------------------------------------------------------

FAULTS = ["http-timeout-before", "http-timeout-after", "http-timeout-late", "http-502", "http-truncated"]
FAULTS += ["http-text", "http-text-after", "http-reject"]


RESTS, FILLS = ("1", "1", "29000"), ("1", "2.5", "30020")


@pytest.mark.parametrize(
    ("fault", "terms"), [*((fault, RESTS) for fault in FAULTS), ("http-timeout-after", FILLS)]
)
def test_a_submit_without_an_answer_is_found_or_was_not_placed(
    fault: str, terms: tuple[str, str, str], record: Path
) -> None:
    extra = ("--fault", f"{fault}@Trade=1", "--record", str(record))
    with Simulator("weex", *CREDENTIALS, *extra) as running, Desk(ROUTE, connected(running.url)) as desk:
        order = desk.place("a", PAIR, *terms)
        desk.until(lambda: order.in_doubt, "the doubt")
        assert desk.place("b", PAIR, *terms).denial == "SUBMIT_IN_DOUBT"
        desk.until(lambda: not order.pending, "its end")
        desk.settled(order)
        taken = written(record, "accepted")
        assert len(taken) == (order.phase != "REJECTED")
        if taken:
            assert order.order_id == taken[0]["order_id"]
            assert order.cum_qty == sum(Decimal(fill["last_qty"]) for fill in written(record, "fill"))
        assert len(desk.submits()) == 1


def hold_to_the_record(desk: Desk, record: Path) -> None:
    """No order twice, none lost, every fill once."""
    taken = {row["order_id"] for row in written(record, "accepted")}
    ours = [
        order for order in desk.engine.blotter.orders.values() if order.phase not in {"DENIED", "REJECTED"}
    ]
    assert sorted(order.order_id or "" for order in ours) == sorted(taken)
    fills: dict[str, Decimal] = dict.fromkeys(taken, Decimal(0))
    for fill in written(record, "fill"):
        if fill["order_id"] in fills:
            fills[fill["order_id"]] += Decimal(fill["last_qty"])
    assert {order.order_id: order.cum_qty for order in ours} == fills
    assert len(desk.submits()) == len({message.cl_ord_id for message in desk.submits()})


@pytest.mark.parametrize("keys", [1, 2])
def test_a_storm_leaves_no_order_twice_and_none_lost(keys: int, record: Path) -> None:
    faults = [f"{fault}=0.06" for fault in FAULTS]
    extra = [word for fault in faults for word in ("--fault", fault)]
    command = (*CREDENTIALS, *extra, "--seed", "7", "--record", str(record))
    with Simulator("weex", *command) as running, Desk(ROUTE, connected(running.url, keys, 0.5)) as desk:
        orders = []
        for number in range(16):
            pair, price = [(PAIR, 29000), (PAIR, 30010), ("ltc_usd", 79), ("eth_usd", 2001)][number % 4]
            orders.append(desk.place(f"o{number}", pair, "1", "3", str(price)))
            desk.until(lambda: not any(o.pending and not o.in_doubt for o in orders), "answers")
            if number % 5 == 4:
                desk.cancel(orders[number - 2])
        desk.until(lambda: not any(order.pending or order.has_gap for order in orders), "all ends", 50)
        hold_to_the_record(desk, record)


def test_a_crash_between_submit_and_answer_is_settled_after_the_restart(record: Path) -> None:
    extra = ("--fault", "http-timeout-after@Trade=1", "--http-timeout-s", "5", "--record", str(record))
    with Simulator("weex", *CREDENTIALS, *extra) as running:
        with Desk(ROUTE, connected(running.url)) as first:
            order = first.place("a", PAIR, "1", "3", "30010")
            first.until(lambda: written(record, "accepted"), "the venue has it")
            kept: list[Record] = list(first.records)
            assert order.pending
        with Desk(ROUTE, connected(running.url), kept) as second:
            again = second.engine.blotter.orders[order.number]
            second.settled(again)
            assert again.order_id == written(record, "accepted")[0]["order_id"]
            assert (again.cum_qty, again.ord_status) == (Decimal(2), "1")
            assert second.submits() == []
            assert len(second.engine.blotter.orders) == 1


def adapters_of(url: str, submits: Submits) -> list[WeexAdapter]:
    """Make the adapters of an account with two keys, without an engine."""
    account = Account(submits, list, keys=2)
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
        with pytest.raises(WeexInDoubt, match="filled at once"):
            first.place(ORDER)
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
