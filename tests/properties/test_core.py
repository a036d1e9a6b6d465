"""What holds for the core whatever a venue says; the numbers are those of the invariants in `oms.core.reconcile`."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

import copy
from collections.abc import Sequence
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from oms.core.blotter import Blotter
from oms.core.intake import Outcome, receive
from oms.core.messages import Command, ExecutionReport, Report
from oms.core.observe import doubt_unanswered, observe
from oms.core.order import Order
from oms.core.reconcile import interpret
from oms.core.values import Phase
from oms.fix.codec import decode
from oms.fix.dialects import APIFINY, FIX42, Dialect
from tests.properties.venue import QTY, Fields, Venue, lives, ours, wild

DIALECTS = st.sampled_from([FIX42, APIFINY])
NEW = {"35": "D", "11": "X", "55": "BTCUSDT", "54": "1", "38": str(QTY), "44": "5", "40": "2"}


def a_blotter() -> tuple[Blotter, Order]:
    blotter = Blotter()
    order, _ = observe(blotter, "S", cast("Command", decode(NEW, FIX42)), seq=1, time_ns=0)
    assert order is not None
    return blotter, order


def tell(blotter: Blotter, fields: Fields, dialect: Dialect = FIX42, ref: int = 0) -> list[Outcome]:
    return receive(blotter, "S", cast("Report", decode(fields, dialect)), now_ns=0, ref=ref)


def told(reports: Sequence[Fields], dialect: Dialect = FIX42) -> tuple[Order, list[Outcome]]:
    """Tell an order all of these."""
    blotter, order = a_blotter()
    outcomes = [outcome for n, fields in enumerate(reports) for outcome in tell(blotter, fields, dialect, n)]
    return order, outcomes


def agrees(order: Order, venue: Venue) -> bool:
    return (order.cum_qty, order.notional, order.gap, order.unsized_gap) == (
        venue.cum_qty,
        venue.notional,
        0,
        False,
    )


def assert_no_anomaly(outcomes: list[Outcome]) -> None:
    assert [outcome.anomaly for outcome in outcomes if outcome.anomaly] == []


@given(lives(revisions=True))
def test_in_order_the_record_is_the_venues_and_nothing_is_an_anomaly(
    life: tuple[Venue, list[Fields]],
) -> None:
    venue, reports = life
    order, outcomes = told(reports)
    assert agrees(order, venue)
    assert_no_anomaly(outcomes)


@given(lives(full=False))
def test_the_same_in_the_short_form(life: tuple[Venue, list[Fields]]) -> None:
    venue, reports = life
    order, outcomes = told(reports, APIFINY)
    assert agrees(order, venue)
    assert_no_anomaly(outcomes)


@given(lives(revisions=True), st.data())
def test_invariant_2_repeated_reports_change_nothing(
    life: tuple[Venue, list[Fields]], data: st.DataObject
) -> None:
    _, reports = life
    blotter, order = a_blotter()
    seen: list[Fields] = []
    for fields in reports:
        seen.append(fields)
        tell(blotter, fields)
        before = copy.deepcopy(order)
        again = tell(blotter, data.draw(st.sampled_from(seen)))
        assert [outcome.events for outcome in again] == [()]
        assert_no_anomaly(again)
        assert order == before


@given(lives(), st.data())
def test_fills_commute(life: tuple[Venue, list[Fields]], data: st.DataObject) -> None:
    venue, reports = life
    straight, _ = told(reports)
    shuffled, outcomes = told(data.draw(st.permutations(reports)))
    assert agrees(shuffled, venue)
    assert (shuffled.ord_status, shuffled.avg_px, shuffled.phase) == (
        straight.ord_status,
        straight.avg_px,
        straight.phase,
    )
    assert_no_anomaly(outcomes)


@given(lives(full=False), st.data())
def test_fills_commute_in_the_short_form_even_before_the_acknowledgement(
    life: tuple[Venue, list[Fields]], data: st.DataObject
) -> None:
    venue, reports = life
    order, outcomes = told(data.draw(st.permutations(reports)), APIFINY)
    assert agrees(order, venue)
    assert_no_anomaly(outcomes)


@given(lives(revisions=True), st.data())
def test_busts_and_corrections_in_any_order_end_with_the_same_totals(
    life: tuple[Venue, list[Fields]], data: st.DataObject
) -> None:
    """Two corrections of one fill have an order of their own; and a report that overtakes a bust can leave a gap."""
    venue, reports = life
    revised = [fields["19"] for fields in reports if "19" in fields]
    if len(set(revised)) < len(revised):
        return
    order, _ = told(data.draw(st.permutations(reports)))
    assert (order.cum_qty, order.notional) == (venue.cum_qty, venue.notional)


@given(lives(revisions=True))
def test_cum_and_leaves_are_the_order_while_it_works(life: tuple[Venue, list[Fields]]) -> None:
    _, reports = life
    blotter, order = a_blotter()
    for fields in reports:
        tell(blotter, fields)
        assert order.phase is Phase.WORKING
        assert order.leaves_qty is not None
        assert order.cum_qty + order.leaves_qty == order.order_qty


@given(st.lists(st.one_of(wild(), ours()), max_size=12), DIALECTS)
@settings(max_examples=300)
def test_invariant_1_any_message_whatever_gives_events_or_an_anomaly(
    messages: list[Fields], dialect: Dialect
) -> None:
    """And the events that come back are the state: folded again, they give the same."""
    blotter, again = Blotter(), Blotter()
    for number, fields in enumerate([NEW, *messages, *messages], 1):
        message = decode(fields, dialect)
        if fields["35"] in "DFGH":
            _, events = observe(blotter, "S", cast("Command", message), seq=number, time_ns=number)
            again.apply_all(events)
            continue
        for outcome in receive(blotter, "S", cast("Report", message), now_ns=number, ref=number):
            again.apply_all(outcome.events)
            assert outcome.anomaly is None or outcome.anomaly.text
    again.apply_all(doubt_unanswered(blotter, "S", 0))
    assert again.orders == blotter.orders
    assert again.books == blotter.books
    assert again.positions.by_key == blotter.positions.by_key


@given(st.lists(wild(), max_size=6), wild(), DIALECTS)
@settings(max_examples=300)
def test_interpret_does_not_change_the_order_and_totals_stay_sound(
    before: list[Fields], fields: Fields, dialect: Dialect
) -> None:
    blotter, order = a_blotter()
    for message in before:
        tell(blotter, message, dialect)
    snapshot = copy.deepcopy(order)
    report = decode({**fields, "35": "8"}, dialect)
    assert isinstance(report, ExecutionReport)
    verdict = interpret(order, report, 0)
    assert order == snapshot
    blotter.apply_all(verdict.events)
    assert order.reported_cum >= order.cum_qty
    assert order.leaves_qty is None or order.leaves_qty >= 0
    assert {event.order for event in verdict.events} <= {order.number}


@given(st.lists(wild(), max_size=6), wild(), DIALECTS)
@settings(max_examples=300)
def test_whatever_was_said_saying_it_again_executes_nothing(
    before: list[Fields], fields: Fields, dialect: Dialect
) -> None:
    if fields.get("17") in (None, "", "0") and fields.get("20") in ("1", "2"):
        return  # a bust or correction without an ExecID cannot be told from the next one
    blotter, order = a_blotter()
    for message in [*before, fields]:
        tell(blotter, message, dialect)
    was = order.cum_qty, order.notional, order.phase
    tell(blotter, fields, dialect)
    assert (order.cum_qty, order.notional, order.phase) == was
