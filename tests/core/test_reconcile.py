"""interpret as a whole: what cannot be read, what is malformed, what came before."""

import pytest

from oms.core.messages import ExecutionReport
from oms.core.reconcile import interpret
from oms.core.values import AnomalyCode
from tests.core.desk import Desk, code, names, totals


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("150=F 39=1 32=4 31=100", "UNKNOWN_VALUE"),
        ("150=Z 39=1", "UNKNOWN_VALUE"),
        ("150= 39=1", "UNKNOWN_VALUE"),
        ("150=1 39=1 20=9 32=4 31=100", "UNKNOWN_VALUE"),
        ("39=1 32=4 31=100", "MISSING_FIELD"),
        ("150=1 39=1 32=abc 31=100", "MALFORMED_FIELD"),
        ("150=1 39=1 32=1e-8 31=100", "MALFORMED_FIELD"),
        ("150=1 39=1 32= 31=100", "MALFORMED_FIELD"),
        ("150=1 39=1 32=NaN 31=100", "MALFORMED_FIELD"),
        ("150=1 39=1 32=1,5 31=100", "MALFORMED_FIELD"),
        ("150=1 39=1 32=" + "1" * 41 + " 31=100", "MALFORMED_FIELD"),
    ],
)
def test_a_report_that_cannot_be_read_is_an_anomaly_and_changes_nothing(text: str, expected: str) -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell(f"11=X 37=O 17=F {text}")
    assert (told.order, names(told), code(told)) == (order, [], expected)
    assert totals(order) == ("0", "0", "10")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("150=1 39=Z 32=4 31=100", "UNKNOWN_VALUE"),
        ("150=1 39=1 32=4 31=100 60=yesterday", "MALFORMED_FIELD"),
        ("150=1 39=1 32=4 31=100 38=", "MALFORMED_FIELD"),
        ("150=1 39=1 32=4 31=100 38=abc", "MALFORMED_FIELD"),
        ("150=1 39=1 32=4 31=100 14=1e1", "MALFORMED_FIELD"),
        ("150=1 39=1 32=4 31=abc", "MALFORMED_FIELD"),
        ("150=1 39=1 32=4 31=100 6=--1", "MALFORMED_FIELD"),
        ("150=1 39=1 32=4 31=100 44=abc", "MALFORMED_FIELD"),
        ("150=1 39=1 32=4 31=100 9999=x", None),
    ],
)
def test_a_fill_that_can_be_read_counts_and_the_field_is_named(text: str, expected: str | None) -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell(f"11=X 37=O 17=F {text}")
    assert (names(told), code(told), str(order.cum_qty)) == (["Filled"], expected, "4")


@pytest.mark.parametrize("exec_type", ["0", "4", "8", "C", "3", "5", "D"])
def test_numbers_that_do_not_matter_do_not_keep_a_report_from_counting(exec_type: str) -> None:
    desk = Desk()
    desk.place()
    told = desk.tell(f"11=X 37=O 17=E 150={exec_type} 39=0 32=abc 44=x")
    assert (len(told.events), code(told)) == (1, "MALFORMED_FIELD")


def test_quantities_that_contradict_each_other_are_an_anomaly() -> None:
    desk = Desk()
    desk.place()
    assert code(desk.tell("11=X 37=O 17=A 150=0 39=0 38=10 14=0 151=9")) == "LEAVES_MISMATCH"


@pytest.mark.parametrize(
    "text", ["14=-5 151=15 38=10", "14=15 151=-5 38=10", "38=-10", "14=-1", "150=D 378=0 14=-4"]
)
def test_negative_quantities_are_an_anomaly(text: str) -> None:
    desk = Desk()
    order = desk.working()
    assert code(desk.tell(f"11=X 37=O 17=S 150=9 39=9 {text}")) == "NEGATIVE_QUANTITY"
    assert order.cum_qty == 0


def test_leaves_qty_is_zero_for_what_is_no_longer_active() -> None:
    desk = Desk()
    desk.working()
    assert code(desk.tell("11=X 37=O 17=C 150=4 39=4 38=10 14=0 151=0")) is None


def test_the_orders_own_anomaly_goes_before_an_inconsistency() -> None:
    desk = Desk()
    desk.working()
    assert code(desk.tell("11=X 17=F 150=1 39=1 32=11 31=1 38=10 14=3 151=9")) == "OVERFILL"


def test_interpret_changes_nothing_by_itself() -> None:
    desk = Desk()
    order = desk.working()
    report = ExecutionReport(
        cl_ord_id="X", exec_id="F", exec_type="1", ord_status="1", last_shares=order.order_qty
    )
    verdict = interpret(order, report, 0)
    assert [type(event).__name__ for event in verdict.events] == ["Filled"]
    assert verdict.anomaly is not None
    assert verdict.anomaly.code is AnomalyCode.MISSING_FIELD
    assert totals(order) == ("0", "0", "10")
