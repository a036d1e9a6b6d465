"""The short way for the commonest report says what the long way says, whatever is changed about the report."""

from collections.abc import Iterable
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.core import reconcile
from oms.core.blotter import Blotter
from oms.core.chain import Chain
from oms.core.inferred import Inferred
from oms.core.intake import receive
from oms.core.messages import Command, ExecutionReport, Report
from oms.core.observe import observe
from oms.core.order import Order
from oms.core.reconcile import Verdict, interpret
from oms.fix.codec import decode
from oms.fix.dialects import FIX42
from tests.properties.venue import QTY, Fields, Venue, lives

NEW = {"35": "D", "11": "X", "55": "BTCUSDT", "54": "1", "38": str(QTY), "44": "5", "40": "2", "207": "EX"}
NEXT = {
    "35": "8", "11": "X", "37": "O", "17": "F2", "20": "0", "150": "1", "39": "1", "55": "BTCUSDT", "54": "1",
    "38": "100", "32": "6", "31": "100.5", "14": "10", "151": "90", "6": "100.3", "60": "20260301-09:00:02",
}  # fmt: skip
NUMBERS = st.one_of(st.integers(-2, 120).map(str), st.sampled_from(["", "abc", "0.5", "100.000000000001"]))
CHANGES = st.dictionaries(st.sampled_from(["6", "14", "31", "32", "38", "151"]), NUMBERS, max_size=1)
NAMES = st.fixed_dictionaries(
    {},
    optional={
        "17": st.sampled_from(["E2", "E3", "0", ""]),
        "20": st.sampled_from(["0", "1", "2", "3", "Z"]),
        "39": st.sampled_from(list("0123456789ABCDE")),
        "150": st.sampled_from(["1", "2"]),
        "207": st.sampled_from(["EX", "OTHER"]),
        "37": st.sampled_from(["O", "P"]),
        "60": st.sampled_from(["20260301-08:00:00", "yesterday"]),
    },
)
OFF = st.sampled_from([0, 0, 0, 0, 1, -1])
ENDS = list("3479BC8")


def told(reports: Iterable[Fields]) -> Order:
    """Give an order that was told these."""
    blotter = Blotter()
    order, _ = observe(blotter, "S", cast("Command", decode(NEW, FIX42)), seq=1, time_ns=0)
    assert order is not None
    for fields in reports:
        receive(blotter, "S", cast("Report", decode(fields, FIX42)), now_ns=0, ref=0)
    return order


def read(fields: Fields) -> ExecutionReport:
    return cast("ExecutionReport", decode(fields, FIX42))


def the_long_way(order: Order, report: ExecutionReport) -> Verdict:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconcile, "_plain_fill", lambda _order, _report: None)
        return interpret(order, report, 0)


@st.composite
def fills(draw: st.DrawFn, order: Order) -> Fields:
    """Draw a fill whose totals agree with the order's, nearly always."""
    shares = draw(st.integers(-3, 110))
    cum_qty = order.cum_qty + shares + draw(OFF)
    totals = {"32": str(shares), "14": str(cum_qty), "151": str(QTY - cum_qty + draw(OFF))}
    priced = {"31": str(draw(st.integers(1, 5))), "6": draw(st.sampled_from(["0", "3", "2.5", "4"]))}
    return {**NEXT, **totals, **priced}


@given(lives(revisions=True), st.sampled_from(["", "", *ENDS]), CHANGES, NAMES, st.data())
@settings(max_examples=300)
def test_both_ways_say_the_same(
    life: tuple[Venue, list[Fields]], end: str, numbers: Fields, names: Fields, data: st.DataObject
) -> None:
    venue, reports = life
    count = data.draw(st.integers(0, len(reports)))
    order = told([*reports[:count], *([venue.report(end)] if end else [])])
    fill = data.draw(fills(order))
    for fields in (*reports[count : count + 1], fill, {**fill, **numbers, **names}):
        assert interpret(order, read(fields), 0) == the_long_way(order, read(fields))


def filled_once(*more: Fields) -> Order:
    accepted = {**NEXT, "17": "A", "150": "0", "39": "0", "32": "0", "14": "0", "151": "100"}
    first = {**NEXT, "17": "F1", "32": "4", "31": "100", "14": "4", "151": "96", "6": "100"}
    order = told([accepted, first, *more])
    assert order.cum_qty == Decimal(4)
    return order


@pytest.mark.parametrize("changed", ["", "6=0", "207=EX", "6=100.30000", "60=20260301-08:00:00", "37=P"])
def test_the_commonest_fill_goes_the_short_way(changed: str) -> None:
    order, report = filled_once(), read(NEXT | dict(word.split("=") for word in changed.split()))
    verdict = reconcile._plain_fill(order, report)
    assert verdict is not None
    assert verdict == the_long_way(order, report)


@pytest.mark.parametrize(
    "changed",
    [
        "6=100.4", "14=9", "14=9 151=91", "14=11 151=89", "14=", "17=F1", "17=", "20=3", "20=", "31=abc", "32=0",
        "32=0 14=4 151=96", "32=-2 14=2 151=98", "32=-5 14=-1 151=101", "38=101", "38=101 151=91", "60=later",
        "151=-90", "151=89", "32=106 14=110 151=-10 6=100.48", "207=OTHER",
    ],
)  # fmt: skip
def test_whatever_is_unusual_goes_the_long_way(changed: str) -> None:
    report = read(NEXT | dict(word.split("=") for word in changed.split()))
    assert reconcile._plain_fill(filled_once(), report) is None


@pytest.mark.parametrize("end", ENDS)
def test_a_fill_of_an_order_that_does_not_work_goes_the_long_way(end: str) -> None:
    ended = {**NEXT, "17": "END", "150": end, "39": end, "32": "0", "14": "4", "151": "96"}
    assert reconcile._plain_fill(filled_once(ended), read(NEXT)) is None


@pytest.mark.parametrize(
    "kept",
    [{"alike": {}}, {"inferred": Inferred(Decimal(1), None, Decimal(5))}, {"chain": Chain()}],
    ids=lambda kept: next(iter(kept)),
)
def test_a_fill_of_an_order_with_more_to_compare_goes_the_long_way(kept: dict[str, object]) -> None:
    order = filled_once()
    for name, value in kept.items():
        setattr(order, name, value)
    assert reconcile._plain_fill(order, read(NEXT)) is None
