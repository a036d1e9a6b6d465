"""Acknowledged, canceled, rejected, halted, replaced, restated: the reports that execute nothing."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

import pytest

from oms.fix.dialects import APIFINY
from tests.core.desk import Desk, code, names, totals


def test_an_acknowledgement_ties_the_order_id_and_counts_once() -> None:
    desk = Desk()
    order = desk.place()
    assert (totals(order), order.pending[0].kind) == (("A", "0", "10"), "new")
    assert names(desk.tell("11=X 37=O 17=A 20=0 150=0 39=0")) == ["Accepted"]
    assert (totals(order), order.pending, order.order_id) == (("0", "0", "10"), [], "O")
    for exec_id in ("A", "B", "0"):
        repeated = desk.tell(f"11=X 37=O 17={exec_id} 20=0 150=0 39=0")
        assert (names(repeated), code(repeated)) == ([], None)


def test_an_acknowledgement_after_the_fill_still_ties_the_order_id() -> None:
    desk = Desk()
    order = desk.place()
    desk.tell("11=X 17=F 150=1 39=1 32=4 31=100")
    assert names(desk.tell("11=X 37=O 17=A 150=0 39=0")) == ["Accepted"]
    assert (order.order_id, totals(order)) == ("O", ("1", "4", "6"))


def test_an_acknowledgement_of_another_quantity_is_an_anomaly() -> None:
    desk = Desk()
    order = desk.place()
    told = desk.tell("11=X 37=O 17=A 150=0 39=0 38=9")
    assert (names(told), code(told), order.order_qty) == (["Accepted"], "TERMS_MISMATCH", 10)


def test_pending_new_is_an_answer_and_not_the_acknowledgement() -> None:
    desk = Desk()
    order = desk.place()
    assert names(desk.tell("11=X 37=O 17=P 150=A 39=A")) == ["PendingNewSeen"]
    assert (totals(order), len(order.pending)) == (("A", "0", "10"), 1)
    assert names(desk.tell("11=X 37=O 17=P 150=A 39=A")) == []


@pytest.mark.parametrize(
    ("exec_type", "event", "status"),
    [("4", "Canceled", "4"), ("C", "Expired", "C"), ("8", "Rejected", "8")],
)
def test_an_order_ends_once_and_does_not_come_back(exec_type: str, event: str, status: str) -> None:
    desk = Desk()
    order = desk.working()
    end = f"11=X 37=O 17=E 20=0 150={exec_type} 39={status} 58=no_more 60=20260301-09:00:05"
    assert names(desk.tell(end)) == [event]
    assert (totals(order), order.reason, order.is_open) == ((status, "0", "0"), "no more", False)
    assert (names(desk.tell(end)), code(desk.outcomes[0])) == ([], None)
    late = desk.tell("11=X 37=O 17=L 150=0 39=0 60=20260301-09:00:04")
    assert (names(late), code(late)) == ([], None), "an acknowledgement that was overtaken"
    for said in ("39=0 ", "39=1 ", ""):
        back = desk.tell(f"11=X 37=O 17=N 150=0 {said}60=20260301-09:00:06")
        was_there = exec_type != "8"
        assert (names(back), code(back)) == ([], "STATUS_BACKWARDS" if was_there else "ILLEGAL_TRANSITION")
    for other in {"4", "C", "8"} - {exec_type}:
        assert code(desk.tell(f"11=X 37=O 17=Z{other} 150={other} 39={other}")) == "ILLEGAL_TRANSITION"


def test_an_end_with_a_higher_total_opens_a_gap() -> None:
    desk = Desk()
    order = desk.working()
    assert names(desk.tell("11=X 17=C 150=4 39=4 14=4 151=0 38=10")) == ["Canceled"]
    assert (totals(order), order.gap) == (("4", "0", "0"), 4)
    desk.tell("11=X 17=F 150=1 39=4 32=4 31=100 14=4 151=0 38=10")
    assert (totals(order), order.gap) == (("4", "4", "0"), 0)


def test_a_cancel_is_pending_only_once_the_venue_has_said_so() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=F 11=Y 41=X 38=10")
    assert (totals(order)[0], [r.kind for r in order.pending]) == ("0", ["cancel"])
    assert names(desk.tell("11=Y 41=X 37=O 17=P 150=6 39=6")) == ["CancelPending"]
    assert totals(order)[0] == "6"
    assert names(desk.tell("11=Y 41=X 37=O 17=P 150=6 39=6")) == []
    desk.tell("11=Y 41=X 37=O 17=C 150=4 39=4")
    assert (totals(order)[0], order.cl_ord_id, order.orig_cl_ord_id) == ("4", "Y", "X")


def test_a_pending_report_that_names_only_the_order_is_about_its_request() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=F 11=Y 41=X 38=10")
    assert names(desk.tell("11=X 37=O 17=P 150=6 39=6")) == ["CancelPending"]
    assert order.pending[0].seen


def test_a_cancel_reject_falls_back_to_what_holds() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=F 11=Y 41=X 38=10")
    desk.tell("11=Y 41=X 37=O 17=P 150=6 39=6")
    desk.tell("11=X 17=F 150=1 39=6 32=4 31=100")
    assert totals(order)[0] == "6"
    told = desk.tell("35=9 11=Y 41=X 37=O 39=1 434=1 102=0")
    assert (names(told), totals(order), order.pending) == (["CancelRejected"], ("1", "4", "6"), [])
    assert names(desk.tell("35=9 11=Y 41=X 37=O 39=1 434=1 102=0")) == []


def test_a_cancel_reject_that_says_filled_opens_a_gap() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=F 11=Y 41=X 38=10")
    assert names(desk.tell("35=9 11=Y 41=X 37=O 39=2 102=0")) == ["CancelRejected", "GapOpened"]
    assert order.gap == 10


def test_a_cancel_reject_answers_the_kind_that_it_names() -> None:
    desk = Desk(APIFINY)  # its cancel repeats the order's own ClOrdID
    order = desk.working()
    desk.send("35=F 11=X 41=X")
    desk.send("35=G 11=Y 41=X 38=12 44=100")
    assert names(desk.tell("35=9 11=Y 41=X 434=2")) == ["ReplaceRejected"]
    assert names(desk.tell("35=9 11=X 41=X 434=2")) == []
    assert names(desk.tell("35=9 11=X 41=X 434=1")) == ["CancelRejected"]
    assert order.pending == []


def test_a_replace_counts_from_its_confirmation() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=G 11=Y 41=X 38=12 44=101")
    assert (order.order_qty, order.price, order.pending[0].price) == (10, 100, 101)
    desk.tell("11=Y 41=X 37=O 17=P 150=E 39=E 38=10")
    assert (totals(order), order.order_qty) == (("E", "0", "10"), 10)
    assert names(desk.tell("11=Y 41=X 37=O 17=R 150=5 39=5")) == ["Replaced"]
    assert (totals(order), order.order_qty, order.price) == (("5", "0", "12"), 12, 101)
    assert (order.cl_ord_id, order.orig_cl_ord_id, order.pending) == ("Y", "X", [])
    assert names(desk.tell("11=Y 41=X 37=O 17=R 150=5 39=5")) == []


def test_replaces_confirmed_out_of_order_end_with_the_later_one() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=G 11=Y 41=X 38=12 44=100")
    desk.send("35=G 11=Z 41=Y 38=14 44=100")
    desk.tell("11=Z 41=Y 37=O 17=R2 150=5 39=5 38=14 60=20260301-09:00:02")
    late = desk.tell("11=Y 41=X 37=O 17=R1 150=5 39=5 38=12 60=20260301-09:00:01")
    assert (names(late), code(late)) == ([], None)
    assert (order.order_qty, order.cl_ord_id, order.pending) == (14, "Z", [])


def test_a_confirmed_replace_repeated_does_not_confirm_the_next() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=G 11=Y 41=X 38=12 44=100")
    desk.tell("11=Y 41=X 37=O 17=R1 150=5 39=5")
    desk.send("35=G 11=Z 41=Y 38=14 44=100")
    desk.tell("11=Y 41=X 37=O 17=R2 150=5 39=5 38=12")
    desk.tell("11=Y 41=X 37=O 17=P2 150=E 39=E")
    assert (order.order_qty, [(r.cl_ord_id, r.seen) for r in order.pending]) == (12, [("Z", False)])


def test_a_replace_that_nobody_sent_holds_and_is_an_anomaly() -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell("11=Y 41=X 37=O 17=R 150=5 39=5 38=12")
    assert (names(told), code(told), order.cl_ord_id, order.order_qty) == (
        ["Replaced"],
        "UNKNOWN_REQUEST",
        "Y",
        12,
    )
    assert desk.tell("11=Y 17=F 150=1 39=1 32=4 31=100").order is order


def test_a_replace_of_an_ended_order() -> None:
    desk = Desk()
    desk.working()
    desk.send("35=G 11=Y 41=X 38=12 44=100")
    desk.tell("11=X 37=O 17=C 150=4 39=4 60=20260301-09:00:05")
    assert code(desk.tell("11=Y 41=X 37=O 17=R1 150=5 39=5 60=20260301-09:00:04")) is None
    assert code(desk.tell("11=X 37=O 17=R2 150=5 39=5 60=20260301-09:00:06")) == "ILLEGAL_TRANSITION"


def test_a_reject_of_a_second_order_with_the_same_id_leaves_the_first() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=D 11=X 38=10 44=100")
    refusal = "11=X 37=O 17=D 20=0 150=8 39=8 103=6"
    for _ in range(2):
        told = desk.tell(refusal)
        assert (code(told), totals(order)) == (None, ("0", "0", "10"))
    assert order.duplicates == 0


def test_a_reject_as_duplicate_is_a_reject_where_no_other_order_was_sent() -> None:
    desk = Desk()
    order = desk.place()
    assert names(desk.tell("11=X 17=D 150=8 39=8 103=6")) == ["Rejected"]
    assert order.phase == "REJECTED"


@pytest.mark.parametrize(
    ("exec_type", "event", "phase"),
    [
        ("3", "DoneForDay", "DONE_FOR_DAY"),
        ("B", "Calculated", "CALCULATED"),
        ("7", "Stopped", "STOPPED"),
        ("9", "Suspended", "SUSPENDED"),
    ],
)
def test_halts(exec_type: str, event: str, phase: str) -> None:
    desk = Desk()
    order = desk.place()
    text = f"11=X 37=O 17=H 20=0 150={exec_type} 39={exec_type} 60=20260301-09:00:05"
    assert (names(desk.tell(text)), order.phase, order.pending) == ([event], phase, [])
    assert (names(desk.tell(text)), code(desk.outcomes[0])) == ([], None)
    assert totals(order)[0] == exec_type
    overtaken = desk.tell("11=X 37=O 17=A 150=0 39=0 60=20260301-09:00:04")
    assert (names(overtaken), order.phase) == ([], phase)
    assert names(desk.tell("11=X 37=O 17=B 150=0 39=0 60=20260301-09:00:06")) == ["Accepted"]
    assert order.phase == "WORKING"
    desk.tell("11=X 37=O 17=C 150=4 39=4 60=20260301-09:00:08")
    assert code(desk.tell(text.replace("17=H", "17=I"))) is None
    assert code(desk.tell(text.replace("17=H", "17=J").replace(":05", ":09"))) == "ILLEGAL_TRANSITION"


def test_done_for_day_stands_above_calculated_whichever_comes_first() -> None:
    for kinds in ("3B", "B3"):
        desk = Desk()
        order = desk.working()
        for kind in kinds:
            assert code(desk.tell(f"11=X 37=O 17={kind} 20=0 150={kind} 39={kind} 14=0 151=0 38=10")) is None
        assert (order.phase, totals(order)) == ("DONE_FOR_DAY", ("3", "0", "0"))
        asked = desk.tell("11=X 37=O 17=0 20=3 150=B 39=B 14=0 151=0 38=10")
        assert (names(asked), code(asked), order.phase) == ([], None, "DONE_FOR_DAY")


def test_a_good_till_order_that_is_done_and_calculated_goes_on_the_next_day() -> None:
    desk = Desk()
    order = desk.working("11=X 38=10 44=100 59=1")
    for kind in "3B":
        desk.tell(f"11=X 37=O 17={kind} 20=0 150={kind} 39=3 14=0 151=10 38=10")
    assert (totals(order), order.is_open) == (("3", "0", "10"), True)
    desk.tell("11=X 37=O 17=R 20=0 150=D 39=0 378=1 14=0 151=10 38=10 60=20260302-09:00:00")
    assert totals(order) == ("0", "0", "10")


@pytest.mark.parametrize("halt", ["3", "B", "9", "7"])
def test_new_does_not_begin_a_filled_order_anew(halt: str) -> None:
    desk = Desk()
    order = desk.working()
    desk.tell("11=X 17=F 20=0 150=2 39=2 32=10 31=100 14=10 151=0 60=20260301-09:00:02")
    desk.tell(f"11=X 37=O 17=H 20=0 150={halt} 39={halt} 14=10 151=0 60=20260301-09:00:03")
    was = order.phase, totals(order)
    for late in (" 60=20260301-09:00:02", ""):
        told = desk.tell(f"11=X 37=O 17=L 20=0 150=0 39=0{late}")
        assert (names(told), code(told)) == ([], None)
    told = desk.tell("11=X 37=O 17=N 20=0 150=0 39=0 60=20260301-09:00:04")
    assert (names(told), code(told)) == ([], "STATUS_BACKWARDS")
    assert (order.phase, totals(order)) == was


def test_new_takes_no_pending_cancel_back() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=F 11=Y 41=X 38=10")
    desk.tell("11=Y 41=X 37=O 17=P 20=0 150=6 39=6 60=20260301-09:00:03")
    assert code(desk.tell("11=X 37=O 17=L 20=0 150=0 39=0 60=20260301-09:00:02")) is None
    told = desk.tell("11=X 37=O 17=N 20=0 150=0 39=0 60=20260301-09:00:04")
    assert (names(told), code(told), totals(order)[0]) == ([], "STATUS_BACKWARDS", "6")


def test_an_acknowledgement_with_the_status_of_now_says_nothing_of_before() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell("11=X 37=O 17=C 20=0 150=4 39=4 14=0 151=0 60=20260301-09:00:05")
    told = desk.tell("11=X 37=O 17=N 20=0 150=0 39=4 14=0 151=0 60=20260301-09:00:06")
    assert (names(told), code(told), totals(order)[0]) == ([], None, "4")


def test_a_restatement_renews_reduces_and_reinstates() -> None:
    desk = Desk()
    order = desk.working()
    assert names(desk.tell("11=X 17=R1 150=D 39=0 378=5 38=9 14=0 151=9")) == ["Restated"]
    assert totals(order) == ("0", "0", "9")
    assert names(desk.tell("11=X 17=R1 150=D 39=0 378=5 38=9 14=0 151=9")) == []
    desk.tell("11=X 17=S 150=9 39=9")
    desk.tell("11=X 17=R2 150=D 39=0 378=1")
    assert (order.phase, order.order_qty) == ("WORKING", 9)


# --- ExecType Rejected of the short form, which may refuse the order, a request or a question


def test_an_ambiguous_reject_leaves_the_request_in_doubt() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    desk.send("35=F 11=X 41=X")
    refusal = "37=O 17=R 150=8 39=8 58=too_late"
    told = desk.tell(refusal)
    assert (names(told), code(told), order.phase, order.in_doubt) == (["InDoubt"], None, "WORKING", True)
    assert told.events[0].time_ns == desk.now  # type: ignore[attr-defined]
    for text in (refusal, refusal.replace("17=R", "17=S"), refusal.replace("17=R", "17=0")):
        assert (names(desk.tell(text)), order.phase) == ([], "WORKING"), "nobody knows more than before"
    desk.tell("37=O 17=C 150=4 39=4")
    assert names(desk.tell(refusal)) == []


def test_an_ambiguous_reject_may_answer_a_question() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    desk.send("35=H 11=X")
    assert names(desk.tell("37=O 17=R 150=8 39=8 32=0")) == ["QuestionLost", "InDoubt"]
    assert (order.phase, order.in_doubt) == ("WORKING", True)
    assert (names(desk.tell("37=O 17=R 150=8 39=8 32=0")), order.phase) == ([], "WORKING")
    desk.send("35=H 11=X")
    assert names(desk.tell("37=O 17=S 150=8 39=8 32=0")) == ["QuestionLost"]
    assert order.in_doubt
    desk.send("35=H 11=X")
    desk.tell("11=X 37=O 17=0 150=0 39=0 32=0")
    assert not order.in_doubt


def test_an_answer_that_the_order_is_rejected_may_be_that_the_question_is() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    desk.send("35=H 11=X")
    assert code(desk.tell("37=O 17=0 150=8 39=8 32=0")) == "STATUS_MISMATCH"
    assert (order.phase, order.in_doubt) == ("WORKING", True)
    desk.send("35=H 11=X")
    told = desk.tell("37=O 17=0 150=8 39=8 32=0")
    assert (names(told), code(told)) == (["QuestionLost"], None)
    desk.send("35=H 11=X")
    desk.tell("37=O 17=F 150=2 39=2 32=10 44=5")
    assert not order.in_doubt, "nothing is left to be in doubt about"


def test_an_ambiguous_reject_without_anything_open_is_a_late_reject_of_the_order() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    assert code(desk.tell("37=O 17=0 150=8 39=8 32=0")) == "STATUS_MISMATCH", "ExecID 0 tells of no event"
    assert (names(desk.tell("37=O 17=R 150=8 39=8")), order.phase) == (["Rejected"], "REJECTED")


def test_an_ambiguous_reject_of_what_is_executed_in_full_refuses_a_request_long_settled() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    desk.send("35=H 11=X")
    assert "GapOpened" in names(desk.tell("11=X 37=O 17=0 150=2 39=2 32=0"))
    assert (names(desk.tell("37=O 17=R 150=8 39=8")), order.phase) == ([], "WORKING")


def test_an_unacknowledged_order_is_rejected_in_the_short_form() -> None:
    desk = Desk(APIFINY)
    order = desk.place()
    assert names(desk.tell("11=X 17=R 150=8 39=8")) == ["Rejected"]
    assert order.phase == "REJECTED"


def test_a_cancel_in_doubt_ends_when_the_order_turns_out_to_be_filled() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    desk.send("35=F 11=X 41=X")
    desk.tell("37=O 17=R 150=8 39=8")
    desk.tell("37=O 17=F1 150=1 39=1 32=4 44=100")
    assert order.in_doubt
    desk.tell("37=O 17=F2 150=2 39=2 32=6 44=100")
    assert (order.in_doubt, order.pending, order.is_open) == (False, [], False)


def test_an_acknowledgement_with_a_quantity_that_none_can_be_is_one_all_the_same() -> None:
    desk = Desk()
    order = desk.place()
    assert code(desk.tell("11=X 37=O 17=A 20=0 150=0 39=0 38=-10 14=0")) == "NEGATIVE_QUANTITY"
    assert (order.phase, order.order_qty) == ("WORKING", 10)


@pytest.mark.parametrize("halt", ["150=9 39=9", "150=7 39=7", "150=3 39=3", "150=B 39=B"])
@pytest.mark.parametrize("came_first", [False, True])
def test_a_halt_that_is_told_after_what_ended_it_moves_nothing_back(halt: str, came_first: bool) -> None:
    desk = Desk()
    order = desk.working("11=X 38=10 44=100 59=1")
    late = f"11=X 17=H 20=0 {halt} 32=0 14=0 151=10 38=10 60=20260301-09:00:05"
    told = [late, "11=X 17=R 20=0 150=D 39=0 378=1 32=0 14=0 151=10 38=10 60=20260302-09:00:00"]
    for text in told if came_first else reversed(told):
        assert code(desk.tell(text)) is None
    assert (order.phase, order.ord_status) == ("WORKING", "0")


def test_done_for_day_told_late_stands_above_calculated() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell("11=X 17=C 20=0 150=B 39=B 32=0 14=0 151=0 38=10 60=20260301-09:00:06")
    desk.tell("11=X 17=D 20=0 150=3 39=3 32=0 14=0 151=0 38=10 60=20260301-09:00:05")
    assert order.ord_status == "3"
