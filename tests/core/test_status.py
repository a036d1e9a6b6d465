"""Status answers: evidence, never an execution; in the full form (ExecTransType Status) and in the short one."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

import pytest

from oms.core.order import Order
from oms.fix.dialects import APIFINY
from tests.core.desk import Desk, code, names, totals


def asked(desk: Desk, text: str = "11=X 38=10 44=100") -> Order:
    order = desk.working(text)
    desk.send("35=H 11=X")
    return order


def doubtful(desk: Desk) -> Order:
    order = desk.place()
    desk.send("35=H 11=X")
    return order


@pytest.mark.parametrize(("total", "gap"), [("0", 0), ("4", 4)])
def test_a_total_says_how_much_is_missing_where_nobody_could(total: str, gap: int) -> None:
    desk = Desk()
    order = doubtful(desk)
    desk.tell("11=X 37=O 150=4 39=4")
    assert order.unsized_gap
    desk.send("35=H 11=X")
    assert names(desk.tell("11=X 37=O 20=3 150=0 39=0 14=0")) == ["StatusAnswered"]  # before its end
    assert order.unsized_gap
    assert "GapOpened" in names(desk.tell(f"11=X 37=O 20=3 150=4 39=4 14={total}"))
    assert (order.unsized_gap, order.gap, order.has_gap) == (False, gap, gap > 0)


@pytest.mark.parametrize(("form", "known"), [("", True), ("17=S1", False)])
def test_a_querys_total_says_that_nothing_more_is_missing_of_a_working_order(form: str, known: bool) -> None:
    """It bears the time of the order's last change; the answer that opened the gap that of its question."""
    desk = Desk()
    order = doubtful(desk)
    order.unheard = True
    desk.tell("11=X 37=O 17=0 20=3 150=1 39=1 60=20260302-09:00:09")
    desk.tell("11=X 37=O 17=F 150=1 39=1 32=4 31=100 60=20260302-09:00:05")
    assert (order.unsized_gap, order.cum_qty) == (True, 4)
    desk.send("35=H 11=X")
    assert code(desk.tell(f"11=X 37=O {form} 20=3 150=1 39=1 14=4 60=20260302-09:00:05")) is None
    assert order.has_gap is not known


@pytest.mark.parametrize("form", ["17=0 20=3", "17=S1 20=3", "17=0 32=0", "32=0"])
def test_an_agreeing_answer_changes_nothing_else(form: str) -> None:
    desk = Desk()
    order = asked(desk)
    told = desk.tell(f"11=X 37=O {form} 150=0 39=0")
    assert (names(told), code(told), order.questions) == (["StatusAnswered"], None, 0)
    assert totals(order) == ("0", "0", "10")


def test_a_status_adds_no_execution() -> None:
    desk = Desk()
    order = asked(desk)
    desk.tell("11=X 17=F 150=1 39=1 32=4 31=100 14=4")
    desk.tell("11=X 17=S 20=3 150=1 39=1 32=4 31=100 14=4 151=6 38=10")
    assert totals(order) == ("1", "4", "6")


@pytest.mark.parametrize(
    ("text", "events", "phase"),
    [
        ("150=0 39=0", ["Accepted"], "WORKING"),
        ("150=A 39=A", ["PendingNewSeen"], "PENDING_NEW"),
        ("150=4 39=4", ["Canceled", "GapOpened"], "CANCELED"),
        ("150=C 39=C", ["Expired", "GapOpened"], "EXPIRED"),
        ("150=8 39=8 103=1", ["Rejected"], "REJECTED"),
        ("150=8 39=8 103=5", ["UnknownAtVenue"], "PENDING_NEW"),
        ("150=8 39=8", ["Rejected"], "REJECTED"),  # it has an OrderID: the venue knows it
        ("150=9 39=9", ["Accepted", "Suspended"], "SUSPENDED"),
        ("150=1 39=1 14=4", ["Accepted", "GapOpened"], "WORKING"),
        ("150=2 39=2 14=10", ["Accepted", "GapOpened"], "WORKING"),
        ("150=2 39=2", ["Accepted", "GapOpened"], "WORKING"),
        ("150=4 39=4 14=4", ["Canceled"], "CANCELED"),
    ],
)
def test_an_answer_decides_an_order_in_doubt(text: str, events: list[str], phase: str) -> None:
    desk = Desk()
    order = doubtful(desk)
    told = desk.tell(f"11=X 37=O 17=0 20=3 {text}")
    assert (names(told), code(told), order.phase) == (["StatusAnswered", *events], None, phase)


@pytest.mark.parametrize("order_id", ["", "37=NONE", "37=0", "37=X"])
def test_rejected_without_a_reason_or_an_order_id_means_unknown(order_id: str) -> None:
    desk = Desk()
    order = doubtful(desk)
    assert names(desk.tell(f"11=X {order_id} 17=0 20=3 150=8 39=8")) == ["StatusAnswered", "UnknownAtVenue"]
    assert order.phase == "PENDING_NEW"


def test_unknown_at_the_venue_is_remembered_and_forgotten_with_the_first_sign_of_life() -> None:
    desk = Desk()
    order = doubtful(desk)
    desk.tell("11=X 17=0 20=3 150=8 39=8 103=5")
    assert order.unknown_at_ns == desk.now
    desk.tell("11=X 37=O 17=A 150=0 39=0")
    assert (order.unknown_at_ns, order.phase) == (None, "WORKING")


def test_a_higher_total_opens_a_gap_that_fills_close() -> None:
    desk = Desk()
    order = asked(desk)
    assert names(desk.tell("11=X 17=0 20=3 150=1 39=1 14=4")) == ["StatusAnswered", "GapOpened"]
    assert (order.gap, totals(order)) == (4, ("0", "0", "10"))
    told = desk.tell("11=X 17=F 150=1 39=1 32=4 31=100")
    assert (code(told), order.gap, totals(order)) == (None, 0, ("1", "4", "6"))


def test_a_gap_whose_size_nobody_tells_is_a_gap_until_a_fill_comes() -> None:
    desk = Desk(APIFINY)
    order = asked(desk)
    told = desk.tell("37=O 17=0 150=1 39=1 32=0")
    assert (names(told), code(told), order.has_gap, order.gap) == (
        ["StatusAnswered", "GapOpened"],
        None,
        True,
        0,
    )
    desk.send("35=H 11=X")
    assert names(desk.tell("37=O 17=0 150=1 39=1 32=0")) == ["StatusAnswered"]
    desk.tell("37=O 17=F 150=1 39=1 32=4 44=100")
    assert not order.has_gap


def test_an_order_by_quote_amount_that_is_filled_lacks_its_closing_fill() -> None:
    desk = Desk(APIFINY)
    order = asked(desk, "11=X 152=1000 40=1")
    desk.tell("37=O 17=F1 150=1 39=1 32=4 44=100")
    desk.tell("37=O 17=0 150=2 39=2 32=0")
    assert order.has_gap
    desk.tell("37=O 17=F2 150=2 39=2 32=6 44=100")
    assert (order.has_gap, totals(order)) == (False, ("2", "10", "0"))


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("17=C 150=4 39=4", "150=0 39=0"),
        ("17=C 150=4 39=4", "150=C 39=C"),
        ("17=F 150=2 39=2 32=10 31=100 14=10", "150=1 39=1"),
        ("17=F 150=2 39=2 32=10 31=100 14=10", "150=4 39=4"),
        ("17=F 150=1 39=1 32=4 31=100 14=4", "150=0 39=0"),
        ("17=F 150=1 39=1 32=4 31=100 14=4", "150=1 39=1 14=3"),
        ("17=R 150=8 39=8", "150=0 39=0"),
        ("17=H 150=9 39=9", "150=8 39=8 103=5"),
    ],
)
def test_what_contradicts_the_venues_own_reports_is_an_anomaly_unless_it_is_older(
    before: str, text: str
) -> None:
    desk = Desk()
    order = asked(desk)
    desk.tell(f"11=X {before} 60=20260301-09:00:05")
    was = totals(order)
    old = desk.tell(f"11=X 37=O 17=0 20=3 {text} 60=20260301-09:00:04")
    assert (names(old), totals(order)) == (["StatusAnswered"], was)
    assert code(old) is None
    new = desk.tell(f"11=X 37=O 17=0 20=3 {text} 60=20260301-09:00:06")
    assert (names(new), code(new), totals(order)) == ([], "STATUS_MISMATCH", was)


@pytest.mark.parametrize("end", ["17=R 150=8 39=8", "17=C 150=4 39=4", "17=F 150=2 39=2 32=10 31=100 14=10"])
def test_pending_new_of_the_same_moment_came_before_the_end(end: str) -> None:
    desk = Desk()
    order = asked(desk)
    desk.tell(f"11=X {end} 60=20260301-09:00:05.949")
    was = order.phase, totals(order)
    same = desk.tell("11=X 37=O 17=0 20=3 150=A 39=A 14=0 60=20260301-09:00:05.949")
    assert (code(same), order.phase, totals(order)) == (None, *was)
    later = desk.tell("11=X 37=O 17=0 20=3 150=A 39=A 14=0 60=20260301-09:00:06")
    assert (code(later), order.phase, totals(order)) == ("STATUS_BACKWARDS", *was)


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("17=C 150=4 39=4", "150=4 39=4"),
        ("17=F 150=2 39=2 32=10 31=100 14=10", "150=2 39=2 14=10"),
        ("17=F 150=1 39=1 32=4 31=100 14=4", "150=1 39=1 14=4"),
        ("17=R 150=8 39=8", "150=8 39=8"),
        ("17=H 150=3 39=3", "150=3 39=3"),
        ("17=H 150=9 39=9", "150=9 39=9"),
    ],
)
def test_what_agrees_is_none(before: str, text: str) -> None:
    desk = Desk()
    order = asked(desk)
    desk.tell(f"11=X {before}")
    was = totals(order)
    told = desk.tell(f"11=X 37=O 17=0 20=3 {text}")
    assert (names(told), code(told), totals(order)) == (["StatusAnswered"], None, was)


def test_pending_requests_are_seen_in_an_answer() -> None:
    desk = Desk()
    order = asked(desk)
    desk.send("35=F 11=Y 41=X")
    assert names(desk.tell("11=Y 41=X 17=0 20=3 150=6 39=6")) == ["StatusAnswered", "CancelPending"]
    assert totals(order)[0] == "6"


def test_an_answer_that_says_nothing_is_an_anomaly() -> None:
    desk = Desk()
    asked(desk)
    assert code(desk.tell("11=X 17=0 20=3")) == "MISSING_FIELD"


def test_in_the_short_form_a_fill_while_a_question_is_open_counts_and_is_unconfirmed() -> None:
    desk = Desk(APIFINY)
    order = asked(desk)
    desk.tell("37=O 17=F1 150=1 39=1 32=4 44=100")
    assert (order.cum_qty, order.unconfirmed, order.questions) == (4, 1, 1)
    desk.tell("37=O 17=0 150=1 39=1 32=0")
    desk.tell("37=O 17=F2 150=1 39=1 32=2 44=100")
    assert (order.cum_qty, order.unconfirmed, order.questions) == (6, 1, 0)
