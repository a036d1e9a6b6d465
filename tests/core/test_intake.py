"""Which order a message is about: by any id, held, adopted, refused by number, or nobody's."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

import pytest

from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.intake import receive
from oms.core.messages import ExecutionReport
from oms.core.values import External
from oms.fix.codec import decode
from oms.fix.dialects import APIFINY, FIX42
from tests.core.desk import SESSION, Desk, code, names, totals, words


def test_an_order_is_found_by_cl_ord_id_then_by_the_original_then_by_order_id() -> None:
    desk = Desk()
    order = desk.working()
    for number, ids in enumerate(["11=X 37=O", "11=Q 41=X", "37=O", "11=Q 37=O"]):
        assert desk.tell(f"{ids} 17=F{number} 150=1 39=1 32=1 31=100").order is order
    assert order.cum_qty == 4


@pytest.mark.parametrize(
    "text",
    [
        "11=Q 37=P 17=F 150=1 39=1 32=4 31=100",
        "11=Q 37=P 17=A 150=0 39=0",
        "37=P 17=F 150=1 39=1 32=4 31=100",
        "17=F 150=1 39=1 32=4 31=100",
        "11=Q 150=8 39=8 103=1",
        "35=9 11=Q 41=P 102=0",
    ],
)
def test_an_unknown_order_is_an_anomaly_and_touches_none(text: str) -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell(text)
    assert (told.order, names(told), code(told)) == (None, [], "UNKNOWN_ORDER")
    assert totals(order) == ("0", "0", "10")


@pytest.mark.parametrize(
    "text", ["11=Q 37=NONE 17=0 20=3 150=8 39=8 103=5", "35=9 11=Q 41=P 37=NONE 39=8 102=1"]
)
def test_an_order_that_nobody_knows_is_no_anomaly(text: str) -> None:
    assert code(Desk().tell(text)) is None


def test_ids_of_different_orders_in_one_report_are_an_anomaly() -> None:
    desk = Desk()
    desk.working()
    desk.place("11=Y 38=5 44=90")
    desk.tell("11=Y 37=P 17=A 150=0 39=0")
    told = desk.tell("11=X 37=P 17=F 150=1 39=1 32=1 31=100")
    assert (names(told), code(told)) == ([], "ID_CONFLICT")


@pytest.mark.parametrize("text", ["54=2", "55=ETHUSDT"])
def test_another_symbol_or_side_is_an_anomaly(text: str) -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell(f"11=X 37=O 17=F 150=1 39=1 32=1 31=100 {text}")
    assert (names(told), code(told), order.cum_qty) == ([], "TERMS_MISMATCH", 0)


def test_symbol_and_side_may_be_left_out() -> None:
    desk = Desk()
    desk.working()
    assert code(desk.tell("11=X 37=O 55=- 54=- 17=F 150=1 39=1 32=1 31=100")) is None


def test_a_telephone_order_is_adopted() -> None:
    desk = Desk()
    told = desk.tell("37=T 17=A 20=0 150=0 39=0 38=10 14=0 151=10")
    assert (names(told), code(told)) == (["Adopted", "Accepted"], None)
    assert told.order is not None
    assert (told.order.cl_ord_id, told.order.external, totals(told.order)) == (None, True, ("0", "0", "10"))
    assert desk.tell("37=T 17=F 150=2 39=2 32=10 31=5").order is told.order
    assert totals(told.order) == ("2", "10", "0")


@pytest.mark.parametrize(
    ("text", "anomaly"),
    [
        ("11=Q 150=1 39=1 32=4 31=100 14=4 151=6", "UNKNOWN_ORDER"),
        ("11=Q 150=1 39=1 32=4 31=100 14=4", "UNKNOWN_ORDER"),
        ("150=0 39=0 14=0 151=10", None),
        ("150=0 39=0 14=0", "MISSING_FIELD"),
        ("11=Q 150=8 39=8 103=5", None),
    ],
)
@pytest.mark.parametrize("external", [External.ADOPT, External.IGNORE])
def test_that_an_order_is_nobody_s_outweighs_what_its_report_lacks(
    text: str, anomaly: str | None, external: External
) -> None:
    blotter = Blotter()
    report = decode(words(f"35=8 37=T 17=A 20=0 55=B 54=1 38=10 {text}"), FIX42)
    assert isinstance(report, ExecutionReport)
    (told,) = receive(blotter, SESSION, report, now_ns=1, ref=1, external=external)
    assert code(told) == anomaly


# --- held reports of the short form


def test_a_fill_before_the_acknowledgement_is_held_and_applied_once() -> None:
    desk = Desk(APIFINY)
    order = desk.place()
    fill = "37=O 17=F 150=1 39=1 32=4 44=100"
    for _ in range(2):
        held = desk.tell(fill)
        assert (names(held), code(held), held.order, order.cum_qty) == (["ReportHeld"], None, None, 0)
    book = desk.blotter.book(SESSION)
    assert [(held.ref, held.time_ns) for held in book.held.values()] == [(2, 2), (3, 3)]
    desk.tell("11=X 37=O 17=A 150=0 39=0")
    assert [names(outcome) for outcome in desk.outcomes] == [
        ["Accepted"],
        ["ReportUnheld", "Filled"],
        ["ReportUnheld"],
    ]
    assert [outcome.ref for outcome in desk.outcomes] == [4, 2, 3]
    assert (totals(order), book.held) == (("1", "4", "6"), {})


def test_a_held_report_waits_for_the_right_order() -> None:
    desk = Desk(APIFINY)
    first, second = desk.place(), desk.place("11=Y 38=5 44=90")
    desk.tell("37=P 17=F 150=1 39=1 32=4 44=100")
    desk.tell("11=X 37=O 17=A 150=0 39=0")
    assert (first.cum_qty, second.cum_qty, len(desk.outcomes)) == (0, 0, 1)
    desk.tell("11=Y 37=P 17=A 150=0 39=0")
    assert (first.cum_qty, second.cum_qty) == (0, 4)


def test_a_held_report_is_an_unknown_order_once_nobody_awaits_it() -> None:
    desk = Desk(APIFINY)
    desk.place()
    desk.tell("37=P 17=F 150=1 39=1 32=4 44=100")
    desk.tell("11=X 37=O 17=A 150=0 39=0")
    assert [code(outcome) for outcome in desk.outcomes] == [None, "UNKNOWN_ORDER"]
    assert desk.blotter.book(SESSION).held == {}


@pytest.mark.parametrize("text", ["55=ETHUSDT", "54=2", "11=Q"])
def test_only_a_report_that_could_be_of_the_order_is_held(text: str) -> None:
    desk = Desk(APIFINY)
    desk.place()
    assert code(desk.tell(f"37=P 17=F 150=1 39=1 32=4 44=100 {text}")) == "UNKNOWN_ORDER"


def test_nothing_is_held_once_every_order_is_acknowledged() -> None:
    desk = Desk(APIFINY)
    desk.working()
    assert code(desk.tell("37=P 17=F 150=1 39=1 32=4 44=100")) == "UNKNOWN_ORDER"


# --- 35=3 and 35=j: they name a MsgSeqNum


@pytest.mark.parametrize("kind", ["3", "j"])
def test_a_refused_new_order_is_rejected(kind: str) -> None:
    desk = Desk()
    order = desk.place()
    refusal = f"35={kind} 45=1 372=D 58=bad_tag"
    told = desk.tell(refusal)
    assert (told.order, names(told), order.phase, order.reason) == (
        order,
        ["Rejected"],
        "REJECTED",
        "bad tag",
    )
    again = desk.tell(refusal)
    assert (names(again), code(again)) == ([], None)


@pytest.mark.parametrize(
    ("request_text", "event"),
    [("35=F 11=Y 41=X", "CancelRejected"), ("35=G 11=Y 41=X 38=12", "ReplaceRejected")],
)
def test_a_refused_request_leaves_the_order_as_it_is(request_text: str, event: str) -> None:
    desk = Desk()
    order = desk.working()
    desk.send(request_text)
    told = desk.tell("35=3 45=2 58=bad_tag")
    assert (names(told), order.pending, totals(order)) == ([event], [], ("0", "0", "10"))


def test_a_refused_question_is_answered() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=H 11=X")
    assert names(desk.tell("35=j 45=2 372=H 380=3")) == ["StatusAnswered"]
    assert order.questions == 0


def test_a_reject_of_an_order_that_the_venue_had_accepted_is_an_anomaly() -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell("35=3 45=1")
    assert (told.order, names(told), code(told), order.phase) == (order, [], "ILLEGAL_TRANSITION", "WORKING")


@pytest.mark.parametrize("text", ["35=3 45=9", "35=j", "35=3 45=x", "35=j 45=9 379=Q"])
def test_a_reject_of_what_was_never_sent_is_an_anomaly(text: str) -> None:
    desk = Desk()
    desk.place()
    assert code(desk.tell(text)) == "UNKNOWN_REQUEST"


def test_a_business_reject_may_name_the_cl_ord_id_instead() -> None:
    desk = Desk()
    desk.working()
    desk.send("35=F 11=Y 41=X")
    assert names(desk.tell("35=j 372=F 379=Y 380=0")) == ["CancelRejected"]


def test_numbers_start_anew_with_each_logon() -> None:
    desk = Desk()
    desk.place()
    desk.blotter.apply(ev.LoggedOn(session=SESSION, time_ns=0))
    assert code(desk.tell("35=3 45=1")) == "UNKNOWN_REQUEST"


def test_other_messages_mean_nothing() -> None:
    told = Desk().tell("35=B 148=news")
    assert (told.order, told.events, told.anomaly) == (None, (), None)


@pytest.mark.parametrize("request_text", ["35=F 11=Y 41=X", "35=G 11=Y 41=X 38=12"])
@pytest.mark.parametrize("status", ["0", "5", "6", "7", "9"])
def test_a_reject_that_gives_the_order_a_state_and_a_number_acknowledges_it(
    status: str, request_text: str
) -> None:
    desk = Desk()
    order = desk.place()
    desk.send(request_text)
    told = desk.tell(f"35=9 11=Y 41=X 37=O 39={status} 102=0")
    assert names(told)[0] == "Accepted"
    assert (totals(order), order.pending, order.order_id) == (("0", "0", "10"), [], "O")
    late = desk.tell("11=X 37=O 17=A 20=0 150=0 39=0 14=0 151=10")
    assert (names(late), code(late)) == ([], None)


@pytest.mark.parametrize(
    "told",
    [
        "37=NONE 39=8 102=1",
        "37=NONE 39=0 102=1",
        "37=O 39=0 102=1",
        "37=NONE 39=0 102=0",
        "37=X 39=0 102=0",
        "37=Y 39=0",
        "39=0",
        "37=0 39=1",
        "37=O 39=A",
        "37=O 39=8",
        "37=O",
    ],
)
def test_a_reject_without_a_number_or_a_state_acknowledges_nothing(told: str) -> None:
    desk = Desk()
    order = desk.place()
    desk.send("35=F 11=Y 41=X")
    assert names(desk.tell(f"35=9 11=Y 41=X 434=1 {told}")) == ["CancelRejected"]
    assert (order.phase, [request.cl_ord_id for request in order.pending], order.has_gap) == (
        "PENDING_NEW",
        ["X"],
        False,
    )


@pytest.mark.parametrize(("status", "gap"), [("1", None), ("2", 10)])
def test_a_reject_of_an_order_that_is_executed_says_that_fills_are_missing(
    status: str, gap: int | None
) -> None:
    for acknowledged in (False, True):
        desk = Desk()
        order = desk.working() if acknowledged else desk.place()
        desk.send("35=F 11=Y 41=X")
        desk.tell(f"35=9 11=Y 41=X 37=O 39={status} 434=1 102=0")
        assert (order.phase, order.has_gap, order.unsized_gap) == ("WORKING", True, gap is None)
        assert order.gap == (gap or 0)
        desk.tell("11=X 37=O 17=F 20=0 150=2 39=2 32=10 31=100 14=10 151=0")
        assert (totals(order), order.has_gap) == (("2", "10", "0"), False)


def test_a_reject_that_agrees_with_the_fills_opens_no_gap() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=F 11=Y 41=X")
    desk.tell("11=X 37=O 17=F 20=0 150=1 39=1 32=4 31=100 14=4 151=6")
    assert names(desk.tell("35=9 11=Y 41=X 37=O 39=1 434=1 102=0")) == ["CancelRejected"]
    assert not order.has_gap


@pytest.mark.parametrize("ids", ["11=NOBODY 41=NEITHER 37=O", "11=NOBODY 41=X"])
def test_a_cancel_reject_of_a_request_that_nobody_sent_is_told_although_its_order_is_known(ids: str) -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell(f"35=9 {ids} 39=0 434=1 58=no")
    assert (told.order, code(told), names(told)) == (order, "UNKNOWN_REQUEST", [])
    assert "NOBODY" in (told.anomaly.text if told.anomaly else "")


@pytest.mark.parametrize("ids", ["11=Y 41=X", "11=X 41=X", "11=- 41=- 37=O", "11=Y 41=NEITHER"])
def test_a_cancel_reject_that_comes_twice_or_names_one_of_ours_is_nothing(ids: str) -> None:
    desk = Desk()
    desk.working()
    desk.send("35=F 11=Y 41=X")
    desk.tell("35=9 11=Y 41=X 37=O 39=0 434=1")
    assert desk.tell(f"35=9 {ids} 39=0 434=1").anomaly is None


@pytest.mark.parametrize("order_id", ["0", "NONE", "X", "Y", "Z9"])
@pytest.mark.parametrize(
    "before", ["35=9 11=Y 41=X 39=8 434=1 102=1", "11=X 17=P 20=0 150=A 39=A 14=0 151=10"]
)
def test_what_stands_for_an_order_id_before_there_is_one_ties_nothing(before: str, order_id: str) -> None:
    desk = Desk()
    order = desk.place()
    desk.send("35=F 11=Y 41=X 38=10")
    desk.tell(f"{before} 37={order_id}")
    desk.tell("11=X 37=V1 17=A 20=0 150=0 39=0 14=0 151=10")
    assert order.order_id == "V1"
    assert names(desk.tell("37=V1 17=F 20=0 150=1 39=1 32=4 31=100 14=4 151=6")) == ["Filled"]
