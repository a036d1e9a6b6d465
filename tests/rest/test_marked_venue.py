"""Venues without client order ids, all kinds alike: against the simulated venues, and held to their own records."""

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from oms.core.errors import OutcomeUnknown, VenueError, VenueRefused, VenueUnavailable
from oms.core.events import FeeNoted, Filled
from oms.core.inputs import Received, Unanswered, WentOut
from oms.core.values import External
from oms.rest.limiter import QUERY, TRADE, Limit, Pacer
from oms.rest.transport import Transport
from tests.rest.marked_desk import Desk, written
from tests.rest.marked_kinds import KINDS, Kind, Terms
from tests.rest.weex.simulated import Simulator

if TYPE_CHECKING:
    from oms.core.records import Record

pytestmark = pytest.mark.system

RESTS, FILLS = ("1", "1", "29000"), ("1", "2.5", "30020")
STORM_S = 60


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def simulator(kind: Kind, record: Path) -> Iterator[Simulator]:
    with kind.simulator(*kind.options, "--record", str(record)) as running:
        yield running


@pytest.fixture
def desk(kind: Kind, simulator: Simulator) -> Iterator[Desk]:
    with kind.desk(simulator) as running:
        yield running


def test_an_order_rests_is_filled_in_part_and_canceled(kind: Kind, desk: Desk) -> None:
    order = desk.place("a", kind.symbol, "1", "3", "30010")
    desk.settled(order)
    assert (order.phase, order.ord_status, order.cum_qty) == ("WORKING", "1", Decimal(2))
    assert {fill.price for fill in order.executions.values()} == {Decimal(30000), Decimal(30010)}
    assert order.notional == Decimal(60010)
    desk.cancel(order)
    desk.until(lambda: order.phase == "CANCELED", "the cancel")
    desk.settled(order)
    assert (order.cum_qty, order.leaves_qty, len(order.executions)) == (Decimal(2), Decimal(0), 2)
    assert len(desk.submits()) == 1


def test_a_fill_between_two_polls_and_one_together_with_a_cancel(
    kind: Kind, desk: Desk, simulator: Simulator
) -> None:
    other = kind.other(simulator.url)
    gone = desk.place("gone", kind.symbol, "2", "1", "29995")
    part = desk.place("part", kind.symbol, "2", "2", "29996")
    desk.settled(gone, part)
    other.buy("1.5", "29996")  # all of the first and a part of the second, with one order
    other.cancel(part.order_id or "")
    desk.until(lambda: gone.ord_status == "2" and part.phase == "CANCELED", "both ends")
    desk.settled(gone, part)
    assert (gone.cum_qty, part.cum_qty) == (Decimal(1), Decimal("0.5"))


def test_what_rests_unchanged_is_put_in_once(kind: Kind, desk: Desk) -> None:
    order = desk.place("a", kind.symbol, "1", "1", "29000")
    desk.settled(order)
    before = len(desk.shown(order))
    polled = time.monotonic() + 1.0
    desk.until(lambda: time.monotonic() > polled, "a second of polls", 5)
    assert len(desk.shown(order)) == before


def test_what_somebody_else_places_meanwhile_is_noticed(kind: Kind, desk: Desk, simulator: Simulator) -> None:
    other = kind.other(simulator.url)
    orders = desk.engine.blotter.orders
    alone = str(other.buy("0.5", "28000"))
    desk.until(
        lambda: {order.order_id for order in orders.values()} == {alone}, "an order beside none of ours"
    )
    ours = desk.place("a", kind.symbol, "1", "1", "29000")
    desk.settled(ours)
    more = {str(other.buy("0.1", str(27000 + at))) for at in range(7)}
    wanted = {alone, ours.order_id, *more}
    desk.until(lambda: {order.order_id for order in orders.values()} == wanted, "some beside one of ours")
    assert [order.client_order_id for order in orders.values() if not order.external] == ["a"]


def test_no_submit_of_ours_is_taken_for_somebody_elses(kind: Kind, record: Path) -> None:
    fault = f"{kind.faults[1]}=1"
    with kind.simulator("--fault", fault, "--record", str(record)) as running, kind.desk(running) as desk:
        order = desk.place("a", kind.symbol, *RESTS)
        desk.until(lambda: written(record, "accepted"), "the venue has it, and does not say so")
        desk.settled(order)
        assert order.order_id == written(record, "accepted")[0]["order_id"]
        assert len(desk.engine.blotter.orders) == 1


def test_what_nobody_adopts_is_asked_for_once(kind: Kind, simulator: Simulator) -> None:
    desk = Desk(replace(kind.route, external=External.IGNORE), kind.connected(simulator.url))
    with desk:
        number = str(kind.other(simulator.url).buy("0.5", "28000"))

        def told() -> int:
            return sum(number in each.raw for each in desk.inputs if isinstance(each, Received))

        desk.until(told, "it is told")
        polled = time.monotonic() + 1.5
        desk.until(lambda: time.monotonic() > polled, "some polls", 5)
        assert told() == 1
        desk.venue.refresh()
        desk.until(lambda: not desk.venue.seen.comparing, "it is compared once more")
        desk.until(lambda: told() == 2, "and told again")
        assert not desk.engine.blotter.orders


def test_cancels_that_wait_leave_together(kind: Kind, desk: Desk, record: Path) -> None:
    count = kind.at_once
    orders = [desk.place(f"o{at}", kind.symbol, "1", "0.01", str(28000 + at)) for at in range(count)]
    desk.settled(*orders)
    desk.cancel_all()
    desk.until(lambda: all(order.phase == "CANCELED" for order in orders), "all cancels")
    desk.settled(*orders)
    assert len(written(record, "canceled")) == count


def test_a_cancel_that_loses_against_a_fill_ends_as_filled(
    kind: Kind, desk: Desk, simulator: Simulator
) -> None:
    order = desk.place("a", kind.symbol, "2", "1", "29995")
    desk.settled(order)
    kind.other(simulator.url).buy("1", "29995")
    desk.cancel(order)
    desk.until(lambda: order.ord_status == "2", "the fill")
    desk.settled(order)
    assert (order.cum_qty, order.phase) == (Decimal(1), "WORKING")


def test_what_the_venue_cannot_take_never_leaves(kind: Kind, desk: Desk, record: Path) -> None:
    for number, (qty, price, words) in enumerate(kind.cannot):
        order = desk.place(f"o{number}", kind.symbol, "1", qty, price)
        desk.until(lambda order=order: order.phase == "DENIED", "the denial")  # type: ignore[misc]
        assert words in (order.reason or ""), order.reason
    assert written(record, "accepted") == []


def test_fees_are_kept_apart_by_what_they_are_in(kind: Kind) -> None:
    with kind.simulator(*kind.options, "--fee", "0.002") as running, kind.desk(running) as desk:
        orders = [
            desk.place("buy", kind.symbol, "1", "1.5", "30010"),  # 1 at 30000, 0.5 at 30010
            desk.place("sell", kind.symbol, "2", "1", "29990"),
        ]
        desk.until(lambda: all(order.fees for order in orders), "the fees")
        desk.settled(*orders)
        base, quote = kind.currencies
        assert orders[0].fees == {base: Decimal("0.003")}
        assert orders[1].fees == {quote: Decimal("59.98")}
        noted = [
            event
            for record in desk.records
            for event in record.events
            if isinstance(event, Filled | FeeNoted)
        ]
        assert len(noted) == 3
        assert {event.fee_computed for event in noted} == {kind.computes_fees}


def test_a_symbol_that_is_none_is_denied_without_a_question(
    kind: Kind, desk: Desk, simulator: Simulator
) -> None:
    order = desk.place("a", kind.symbol.replace("btc", "xyz"), "1", "1", "29000")
    desk.until(lambda: order.phase == "DENIED", "the denial")
    assert order.reason == f"symbol is {order.symbol}; it has to be {kind.listed}; nothing was sent"


def test_a_refusal_rejects(kind: Kind, desk: Desk) -> None:
    order = desk.place("a", kind.symbol, "1", "5000", "30000")
    desk.until(lambda: order.phase == "REJECTED", "the rejection")
    assert kind.poor in (order.reason or "")


@pytest.mark.parametrize("keys", [1, 2])
def test_no_more_leaves_than_is_allowed(
    kind: Kind, keys: int, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: dict[str, list[float]] = {TRADE: [], QUERY: []}
    exchange = Transport._exchange

    def noted(self: Transport, method: str, path: str, query: str, body: bytes, headers: Any) -> Any:
        moves = any(word in body for word in (b"Trade&", b"CancelOrder")) or path.endswith(
            ("place", "cancel")
        )
        left[TRADE if moves else QUERY].append(time.monotonic())
        return exchange(self, method, path, query, body, headers)

    monkeypatch.setattr(Transport, "_exchange", noted)
    pacer = Pacer({TRADE: Limit(2, 0.5), QUERY: Limit(8, 0.5)})
    with Desk(kind.route, kind.connected(simulator.url, keys, 2.0, pacer)) as desk:
        orders = [desk.place(f"o{at}", kind.symbol, "1", "0.01", str(28000 + at)) for at in range(4)]
        desk.until(lambda: all(order.order_id for order in orders), "the orders")
        desk.cancel_all()
        desk.until(lambda: all(order.phase == "CANCELED" for order in orders), "the cancels")
    assert len(left[TRADE]) >= 5
    for kind_of, count in ((TRADE, 2), (QUERY, 8)):
        times = left[kind_of]
        for first, last in zip(times, times[count:], strict=False):
            assert last - first > 0.45, (
                f"{count} in 0.5 s, give or take what a thread waits for its turn to run"
            )


class Gate(Pacer):
    """Lets no question pass while it is shut, which nobody sees before a job has begun."""

    shut = False

    def take(self, kind: str, now_ns: int) -> int:
        return 50_000_000 if self.shut and kind == QUERY else super().take(kind, now_ns)


def test_a_cancel_does_not_wait_behind_questions_that_have_no_turn(kind: Kind, simulator: Simulator) -> None:
    gate = Gate({})
    with Desk(kind.route, kind.connected(simulator.url, 1, 2.0, gate)) as desk:
        order = desk.place("a", kind.symbol, "1", "1", "29000")
        desk.settled(order)
        gate.shut = True
        try:
            desk.venue.refresh()
            desk.place("b", kind.symbol, "1", "1", "29000")
            began = time.monotonic()
            desk.until(lambda: time.monotonic() - began > 0.2, "the questions of a poll and of a mark wait")
            desk.cancel(order)
            desk.until(lambda: sum(isinstance(each, WentOut) for each in desk.inputs) == 2, "it leaves", 5)
        finally:
            gate.shut = False
        desk.until(lambda: order.phase == "CANCELED", "the cancel")


@pytest.mark.parametrize(
    ("error", "failures", "phase"),
    [
        (OutcomeUnknown("HTTP 502"), 3, "WORKING"),
        (VenueUnavailable("cannot connect"), 2, "WORKING"),
        (OutcomeUnknown("HTTP 502"), 1000, "DENIED"),
        (VenueRefused("no such pair"), 1, "DENIED"),
    ],
)
def test_a_mark_that_cannot_be_read_is_read_again_for_a_while(
    kind: Kind, error: VenueError, failures: int, phase: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = kind.adapter.take_mark
    count = 0

    def mark(self: Any, symbol: str) -> Any:
        nonlocal count
        count += 1
        if count <= failures:
            raise error
        return read(self, symbol)

    monkeypatch.setattr(kind.adapter, "take_mark", mark)
    desk.venue._wait_s = 2.0
    order = desk.place("a", kind.symbol, "1", "1", "29000")
    desk.until(lambda: order.phase == phase, "it leaves, or is denied", 8)
    assert 1 <= count <= 8
    if phase == "DENIED":
        assert (order.denial, len(desk.submits())) == ("NOT_SENT", 0)


# --- in doubt -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "fault", "terms"),
    [
        *((kind, fault, RESTS) for kind in KINDS for fault in kind.faults),
        *((kind, kind.faults[1], FILLS) for kind in KINDS),
    ],
    ids=lambda value: value.name if isinstance(value, Kind) else None,
)
def test_a_submit_without_an_answer_is_found_or_was_not_placed(
    kind: Kind, fault: str, terms: Terms, record: Path
) -> None:
    with (
        kind.simulator("--fault", f"{fault}=1", "--record", str(record)) as running,
        kind.desk(running) as desk,
    ):
        order = desk.place("a", kind.symbol, *terms)
        desk.until(lambda: order.in_doubt, "the doubt")
        assert desk.place("b", kind.symbol, *terms).denial == "SUBMIT_IN_DOUBT"
        began = time.monotonic()
        desk.until(lambda: not order.pending, "its end")
        desk.settled(order)
        taken = written(record, "accepted")
        assert len(taken) == (order.phase != "REJECTED")
        if taken:
            assert order.order_id == taken[0]["order_id"]
            assert order.cum_qty == sum(Decimal(fill["last_qty"]) for fill in written(record, "fill"))
        else:
            assert time.monotonic() - began > kind.fence_s - 1
        assert len(desk.submits()) == 1


@pytest.mark.timeout(300)
@pytest.mark.parametrize("keys", [1, 2])
def test_a_storm_leaves_no_order_twice_and_none_lost(kind: Kind, keys: int, record: Path) -> None:
    command = (*kind.storm, "--seed", "7", "--record", str(record))
    with kind.simulator(*command) as running, kind.desk(running, keys, 0.5) as desk:
        orders = []
        for number in range(16):
            symbol, price = kind.markets[number % 4]
            orders.append(desk.place(f"o{number}", symbol, "1", "3", price))
            desk.until(lambda: not any(o.pending and not o.in_doubt for o in orders), "answers", STORM_S)
            if number % 5 == 4:
                desk.cancel(orders[number - 2])
        desk.until(lambda: not any(order.pending or order.has_gap for order in orders), "all ends", STORM_S)
        desk.until(lambda: not behind(desk, record), "polls tell of fills that no answer told of", STORM_S)
        hold_to_the_record(desk, record)


def filled(record: Path) -> dict[str, Decimal]:
    """Give what the venue executed of each order that it took on."""
    fills = {row["order_id"]: Decimal(0) for row in written(record, "accepted")}
    for fill in written(record, "fill"):
        fills[fill["order_id"]] += Decimal(fill["last_qty"])
    return fills


def behind(desk: Desk, record: Path) -> list[str]:
    """Name the orders of which less is known here than was executed; a new order may be told of by its number alone."""
    fills = filled(record)
    orders = desk.engine.blotter.orders.values()
    return [order.order_id for order in orders if order.order_id and order.cum_qty < fills[order.order_id]]


def hold_to_the_record(desk: Desk, record: Path) -> None:
    """No order twice, none lost, every fill once."""
    fills = filled(record)
    ours = [
        order for order in desk.engine.blotter.orders.values() if order.phase not in {"DENIED", "REJECTED"}
    ]
    assert sorted(order.order_id or "" for order in ours) == sorted(fills)
    assert {order.order_id: order.cum_qty for order in ours} == fills
    assert len(desk.submits()) == len({message.cl_ord_id for message in desk.submits()})


class Looking:
    """Has questions fail while an adapter looks: all but each third, or all; counts them and the looks."""

    def __init__(self, kind: Kind, monkeypatch: pytest.MonkeyPatch, *, answers: bool) -> None:
        self.looks = self.asked = 0
        self._looking = False
        look, exchange = kind.adapter.look, Transport._exchange

        def looked(adapter: Any, effect: Any) -> Any:
            self.looks += 1
            self._looking = True
            try:
                return look(adapter, effect)
            finally:
                self._looking = False

        def exchanged(line: Transport, *request: Any) -> Any:
            self.asked += self._looking
            if self._looking and not (answers and self.asked % 3 == 0):
                return 502, b"Bad Gateway"
            return exchange(line, *request)

        monkeypatch.setattr(kind.adapter, "look", looked)
        monkeypatch.setattr(Transport, "_exchange", exchanged)


def unanswered_looks(desk: Desk) -> list[Unanswered]:
    return [each for each in desk.inputs if isinstance(each, Unanswered) and not each.request]


def test_a_look_repeats_a_question_that_fails(
    kind: Kind, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = f"{kind.faults[1]}=1"
    with kind.simulator("--fault", fault, "--record", str(record)) as running, kind.desk(running) as desk:
        looking = Looking(kind, monkeypatch, answers=True)
        order = desk.place("a", kind.symbol, *FILLS)
        desk.until(lambda: order.order_id, "it is found")
        assert order.order_id == written(record, "accepted")[0]["order_id"]
        assert looking.asked >= 6
        assert not unanswered_looks(desk)


def test_a_look_gives_a_question_up_that_fails_again_and_again(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kind.simulator("--fault", f"{kind.faults[1]}=1") as running, kind.desk(running) as desk:
        looking = Looking(kind, monkeypatch, answers=False)
        order = desk.place("a", kind.symbol, *FILLS)
        desk.until(lambda: unanswered_looks(desk), "the look has failed")
        assert order.pending
        assert looking.asked <= 4 * looking.looks


def test_a_crash_between_submit_and_answer_is_settled_after_the_restart(kind: Kind, record: Path) -> None:
    fault = f"{kind.faults[1]}=1"
    with kind.simulator("--fault", fault, "--http-timeout-s", "5", "--record", str(record)) as running:
        with kind.desk(running) as first:
            order = first.place("a", kind.symbol, "1", "3", "30010")
            first.until(lambda: written(record, "accepted"), "the venue has it")
            kept: list[Record] = list(first.records)
            assert order.pending
        with Desk(kind.route, kind.connected(running.url), kept) as second:
            again = second.engine.blotter.orders[order.number]
            second.settled(again)
            assert again.order_id == written(record, "accepted")[0]["order_id"]
            assert (again.cum_qty, again.ord_status, second.submits()) == (Decimal(2), "1", [])
            assert len(second.engine.blotter.orders) == 1
