"""Fills, busts and corrections: each counts once, whatever comes twice, late, wrong or never."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

from decimal import Decimal

import pytest

from oms.core.order import Order
from oms.fix.dialects import FIX42
from tests.core.desk import Desk, code, names, totals

FILL = "11=X 37=O 17=F1 20=0 150=1 39=1 32=4 31=100"


def test_a_fill_counts_once() -> None:
    desk = Desk()
    order = desk.working()
    assert names(desk.tell(f"{FILL} 14=4 151=6 38=10 6=100")) == ["Filled"]
    assert totals(order) == ("1", "4", "6")
    for text in (f"{FILL} 14=4 151=6 38=10 6=100", FILL, f"{FILL} 60=20260301-09:00:00"):
        repeated = desk.tell(text)
        assert (names(repeated), code(repeated)) == ([], None)
    assert (totals(order), order.avg_px) == (("1", "4", "6"), 100)


def test_the_same_exec_id_with_other_shares_or_price_is_an_anomaly() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell(FILL)
    for text in (FILL.replace("32=4", "32=5"), FILL.replace("31=100", "31=101")):
        told = desk.tell(text)
        assert (names(told), code(told)) == ([], "EXECUTION_MISMATCH")
    assert totals(order) == ("1", "4", "6")


def test_exchanges_behind_one_venue_number_their_executions_independently() -> None:
    desk = Desk()
    order = desk.working("11=X 38=10 44=100 207=A")
    for exchange in ("207=A", "207=B", ""):
        desk.tell(f"11=X 17=F1 150=1 39=1 32=2 31=100 {exchange}")
    assert order.cum_qty == 4, "no exchange named: it is the order's own"


def test_fills_out_of_order_are_no_anomaly() -> None:
    desk = Desk()
    order = desk.working()
    last = desk.tell("11=X 17=F2 150=2 39=2 32=6 31=100 14=10 151=0 38=10 60=20260301-09:00:02")
    assert (names(last), code(last), order.gap) == (["Filled"], None, 4)
    first = desk.tell("11=X 17=F1 150=1 39=1 32=4 31=100 14=4 151=6 38=10 60=20260301-09:00:01")
    assert (names(first), code(first), order.gap) == (["Filled"], None, 0)
    assert totals(order) == ("2", "10", "0")


def test_a_fill_implies_the_acceptance_and_a_late_one_after_a_cancel_revives_nothing() -> None:
    desk = Desk()
    order = desk.place()
    desk.tell(FILL)
    assert (order.phase, order.pending, order.order_id) == ("WORKING", [], "O")
    desk.tell("11=X 17=C 150=4 39=4")
    late = desk.tell("11=X 17=F2 150=1 39=1 32=2 31=100")
    assert (code(late), order.phase, totals(order)) == (None, "CANCELED", ("4", "6", "0"))
    completing = desk.tell("11=X 17=F3 150=2 39=2 32=4 31=100")
    assert (code(completing), order.phase, totals(order)) == (None, "CANCELED", ("2", "10", "0"))


def test_an_overfill_is_counted_in_full() -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell("11=X 17=F1 150=2 39=2 32=11 31=100")
    assert (names(told), code(told)) == (["Filled"], "OVERFILL")
    assert totals(order) == ("2", "11", "0")


def test_a_replacement_may_fill_before_its_confirmation_arrives() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=G 11=Y 41=X 38=20 44=100")
    early = desk.tell("11=Y 37=O 17=F1 150=1 39=1 32=15 31=100")
    assert (code(early), order.cum_qty) == (None, 15)


@pytest.mark.parametrize("text", ["150=1 39=1 32=4 31=100", "150=2 39=2 32=4 31=100"])
def test_a_fill_after_a_reject_is_counted_and_an_anomaly(text: str) -> None:
    desk = Desk()
    order = desk.place()
    desk.tell("11=X 17=R 150=8 39=8")
    told = desk.tell(f"11=X 17=F1 {text}")
    assert (names(told), code(told), order.cum_qty, order.phase) == (
        ["Filled"],
        "FILL_AFTER_REJECT",
        4,
        "REJECTED",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17=- 32=4 31=100", "MISSING_FIELD"),
        ("17=F1 31=100", "MISSING_FIELD"),
        ("17=F1 32=0 31=100", "QUANTITY_MISMATCH"),
        ("17=F1 32=-4 31=100", "NEGATIVE_QUANTITY"),
    ],
)
def test_a_fill_that_cannot_be_counted_changes_nothing(text: str, expected: str) -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell(f"11=X 150=1 39=1 {text}")
    assert (names(told), code(told), order.cum_qty) == ([], expected, 0)


def test_a_fill_without_a_price_counts_and_leaves_the_average_unknown() -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell("11=X 17=F1 150=1 39=1 32=4")
    assert (names(told), code(told), order.cum_qty, order.avg_px) == (["Filled"], "MISSING_FIELD", 4, None)


def test_that_a_fill_has_no_price_outweighs_what_else_its_report_lacks() -> None:
    desk = Desk(FIX42)
    order = desk.place()
    told = desk.tell("11=X 17=F1 20=0 150=1 39=1 32=4 14=4 151=6")
    assert told.anomaly is not None
    assert "without a price" in told.anomaly.text
    assert order.cum_qty == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14=3 151=7 38=10", "QUANTITY_MISMATCH"),  # less than the fills on record
        ("14=4 151=5 38=10", "LEAVES_MISMATCH"),  # its own quantities do not add up
        ("14=4 151=6 38=10 6=101", "QUANTITY_MISMATCH"),  # another average than the fills have
        ("14=4 151=6 38=10 6=0", None),  # "not computed"
        ("14=4 151=6 38=10 6=100.0", None),
    ],
)
def test_absolutes_are_a_checksum(text: str, expected: str | None) -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell(f"{FILL} {text}")
    assert (names(told), code(told), order.cum_qty) == (["Filled"], expected, 4)


def test_avg_px_is_compared_to_the_digits_that_the_venue_sends() -> None:
    desk = Desk()
    desk.working("11=X 38=3 44=10")
    desk.tell("11=X 17=F1 150=1 39=1 32=1 31=3 14=1 6=3")
    assert code(desk.tell("11=X 17=F2 150=1 39=1 32=2 31=4 14=3 6=3.67")) is None


def test_a_total_above_ours_opens_a_gap_that_later_fills_close() -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell(f"{FILL} 14=7 151=3 38=10")
    assert (names(told), code(told), order.gap) == (["Filled"], None, 3)
    desk.tell("11=X 17=F0 150=1 39=1 32=3 31=100")
    assert (order.gap, order.cum_qty) == (0, 7)


def test_exec_type_fill_says_that_everything_is_executed_where_no_total_is_sent() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell("11=X 17=F2 150=2 39=2 32=6 31=100")
    assert (order.gap, totals(order)) == (4, ("1", "6", "4"))
    desk.tell("11=X 17=F1 150=1 39=1 32=4 31=100")
    assert (order.gap, totals(order)) == (0, ("2", "10", "0"))


def test_an_order_by_quote_amount_is_filled_when_the_venue_says_so() -> None:
    desk = Desk()
    order = desk.place("11=X 152=1000 40=1")
    desk.tell("11=X 37=O 17=A 150=0 39=0")
    desk.tell("11=X 17=F1 150=1 39=1 32=4 31=100")
    assert totals(order) == ("1", "4", None)
    desk.tell("11=X 17=F2 150=2 39=2 32=6 31=100")
    assert totals(order) == ("2", "10", "0")


@pytest.mark.parametrize(
    ("fills", "expected"),
    [
        (["4@100", "6@100"], None),
        (["4@100", "6@100.1"], None),  # lots and ticks are coarse: 1000.6
        (["4@100", "7@100"], "OVERFILL"),
        (["4@100", "6@150"], "OVERFILL"),
    ],
)
def test_an_order_by_quote_amount_spends_no_more(fills: list[str], expected: str | None) -> None:
    desk = Desk()
    order = desk.place("11=X 152=1000 40=1")
    told = None
    for number, fill in enumerate(fills):
        assert told is None or code(told) is None
        shares, _, price = fill.partition("@")
        told = desk.tell(f"11=X 37=O 17=F{number} 150=1 39=1 32={shares} 31={price}")
    assert told is not None
    assert (names(told), code(told)) == (["Filled"], expected)
    assert order.cum_qty == sum(int(fill.split("@")[0]) for fill in fills), "counted in full"


def test_a_correction_can_make_an_order_by_quote_amount_spend_too_much() -> None:
    desk = Desk()
    desk.place("11=X 152=1000 40=1")
    desk.tell(FILL)
    assert code(desk.tell("11=X 37=O 17=K 19=F1 20=2 150=1 39=1 32=4 31=240")) is None
    assert code(desk.tell("11=X 37=O 17=L 19=F1 20=2 150=1 39=1 32=4 31=260")) == "OVERFILL"
    assert code(desk.tell("11=X 37=O 17=M 19=F1 20=2 150=1 39=1 32=4 31=255")) is None, (
        "it spends less than before"
    )


# --- ExecIDs that a venue uses again on another day

TODAY, TOMORROW = "60=20260301-20:00:00", "60=20260302-09:00:00"


def good_till(desk: Desk, *, tif: str = "1") -> Order:
    order = desk.working(f"11=X 38=20 44=100 59={tif}")
    desk.tell(f"{FILL} 14=4 151=16 38=20 {TODAY}")
    return order


def test_an_exec_id_used_again_on_another_day_is_another_fill_where_the_total_says_so() -> None:
    desk = Desk()
    order = good_till(desk)
    for text in (f"{FILL} 14=8 151=12 38=20 {TOMORROW}", f"{FILL} 14=8 151=12 38=20 {TOMORROW}"):
        assert code(desk.tell(text)) is None
        assert totals(order) == ("1", "8", "12")
    assert names(desk.tell(f"{FILL} 14=4 151=16 38=20 {TODAY}")) == [], "that of the first day again"
    assert names(desk.tell(f"{FILL} 14=12 60=20260303-09:00:00")) == ["Filled"]
    assert totals(order) == ("1", "12", "8")


def test_with_other_shares_it_is_another_fill_too() -> None:
    desk = Desk()
    order = good_till(desk)
    other = f"{FILL} {TOMORROW}".replace("32=4", "32=5").replace("31=100", "31=99")
    for _ in range(2):
        assert (code(desk.tell(f"{other} 14=9 151=11 38=20")), order.notional) == (None, 895)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14=4 151=16 38=20", None),  # the venue's total holds it already: told again in the morning
        ("", "EXECUTION_MISMATCH"),  # nothing tells
    ],
)
def test_else_it_counts_once(text: str, expected: str | None) -> None:
    desk = Desk()
    order = good_till(desk)
    told = desk.tell(f"{FILL} {text} {TOMORROW}")
    assert (names(told), code(told), order.cum_qty) == ([], expected, 4)


def test_on_a_day_order_or_on_the_same_day_it_is_a_repetition() -> None:
    desk = Desk()
    order = good_till(desk, tif="0")
    assert (names(desk.tell(f"{FILL} {TOMORROW}")), order.cum_qty) == ([], 4)
    desk = Desk()
    order = good_till(desk)
    assert (names(desk.tell(f"{FILL} 60=20260301-21:00:00")), order.cum_qty) == ([], 4)


@pytest.mark.parametrize(("time", "left"), [(TOMORROW, 600), (TODAY, 500)])
def test_a_bust_means_the_execution_of_its_own_day(time: str, left: int) -> None:
    desk = Desk()
    order = good_till(desk)
    desk.tell(f"11=X 37=O 17=F2 20=0 150=1 39=1 32=2 31=100 14=6 {TODAY}")
    desk.tell(f"11=X 37=O 17=F1 20=0 150=1 39=1 32=3 31=100 14=9 {TOMORROW}")
    desk.tell(f"11=X 37=O 17=B 19=F1 20=1 150=1 39=1 32=0 {time}")
    assert order.notional == left


def test_a_guarantee_is_no_fill_and_a_late_fill_is_no_guarantee() -> None:
    desk = Desk()
    order = desk.working()
    promise = "11=X 17=G 20=0 150=1 39=7 32=1 31=50.1 14=0 151=10 38=10"
    assert names(desk.tell(promise)) == ["Stopped"]
    assert names(desk.tell(promise)) == []
    second = "11=X 17=F2 20=0 150=1 39=7 32=1 31=50 14=2 151=8 38=10 60=20260301-09:00:02"
    first = "11=X 17=F1 20=0 150=1 39=7 32=1 31=50 14=1 151=9 38=10 60=20260301-09:00:01"
    for text in (second, first, second, first):
        assert code(desk.tell(text)) is None
    assert (totals(order), order.gap) == (("7", "2", "8"), 0)


def test_a_guarantee_that_comes_again_or_late_is_still_no_fill() -> None:
    desk = Desk()
    order = desk.working()
    promise = "11=X 17=G 20=0 150=1 39=7 32=1 31=50.1 14=0 151=10 38=10"
    desk.tell(promise)
    desk.tell("11=X 17=F1 20=0 150=1 39=7 32=1 31=50 14=1 151=9 38=10")
    assert names(desk.tell(promise)) == []
    assert names(desk.tell(promise.replace(" 14=0 151=10", ""))) == []
    never_seen = promise.replace("17=G", "17=H")
    assert "Filled" not in names(desk.tell(never_seen)), "its CumQty does not hold its shares"
    assert totals(order) == ("7", "1", "9")


@pytest.mark.parametrize("kind", ["150=1 39=7 32=2 31=50.1", "150=7 39=7 32=0"])
@pytest.mark.parametrize("before", [0, 3])
def test_a_guarantee_that_is_older_than_a_fill_does_not_move_the_order_back(kind: str, before: int) -> None:
    desk = Desk()
    order = desk.working()
    filled = "11=X 17=F0 20=0 150=1 39=1 32=3 31=50 14=3 151=7 38=10 60=20260301-09:00:01"
    fills = [filled] if before else []
    fills.append(
        f"11=X 17=F1 20=0 150=1 39=1 32=4 31=50 14={before + 4} 151={6 - before} 38=10 60=20260301-09:00:03"
    )
    for text in fills:
        assert code(desk.tell(text)) is None
    was = totals(order)
    promise = f"11=X 17=G 20=0 {kind} 14={before} 151={10 - before} 38=10"
    for time in ("", " 60=20260301-09:00:02", " 60=20260301-09:00:03"):
        told = desk.tell(f"{promise}{time}")
        assert (names(told), code(told), totals(order), order.phase) == ([], None, was, "WORKING")
    younger = desk.tell(f"{promise} 60=20260301-09:00:04")
    assert code(younger) == "QUANTITY_MISMATCH", "it is not late: it contradicts"


def test_a_late_fill_of_a_stopped_order_is_no_late_guarantee() -> None:
    desk = Desk()
    order = desk.working()
    second = "11=X 17=F2 20=0 150=1 39=7 32=5 31=50 14=8 151=2 38=10 60=20260301-09:00:03"
    first = "11=X 17=F1 20=0 150=1 39=7 32=1 31=50 14=3 151=7 38=10 60=20260301-09:00:02"
    assert names(desk.tell(second)) == ["Filled"]
    for text in (first, first.replace("17=F1 ", "17=F0 ").replace("32=1 ", "32=2 ").replace("14=3", "14=2")):
        assert "Filled" in names(desk.tell(text)), "fills are missing, so that it is one"
    assert (totals(order), order.gap) == (("1", "8", "2"), 0)


def test_a_guarantee_holds_although_something_else_came_before_it() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=F 11=Y 41=X 38=10")
    desk.tell("11=Y 41=X 37=O 17=P 20=0 150=6 39=6 14=0 60=20260301-09:00:05")
    desk.tell("11=X 17=G 20=0 150=1 39=7 32=1 31=50.1 14=0 151=10 38=10 60=20260301-09:00:04")
    assert (order.phase, totals(order)[0]) == ("STOPPED", "6")


@pytest.mark.parametrize("end", ["150=4 39=4 14=0", "150=C 39=C 14=0", "150=8 39=8 14=0"])
def test_a_guarantee_of_an_order_that_ended_changes_nothing(end: str) -> None:
    desk = Desk()
    order = desk.working()
    desk.tell(f"11=X 17=E {end} 60=20260301-09:00:01")
    promise = "11=X 17=G 20=0 150=1 39=7 32=1 31=50.1 14=0 151=10 38=10"
    assert names(desk.tell(f"{promise} 60=20260301-09:00:00")) == []
    after = desk.tell(f"{promise} 60=20260301-09:00:02")
    assert (names(after), code(after)) == ([], "ILLEGAL_TRANSITION")
    assert order.cum_qty == 0


def test_a_good_till_order_trades_on_the_next_day_without_a_restatement() -> None:
    desk = Desk()
    order = desk.working("11=X 38=10 44=100 59=1")
    desk.tell("11=X 17=D 150=3 39=3 14=0 151=10 38=10")
    assert totals(order) == ("3", "0", "10")
    assert names(desk.tell(FILL)) == ["Resumed", "Filled"]
    assert totals(order) == ("1", "4", "6")


# --- busts and corrections


def filled_in_two(desk: Desk) -> None:
    desk.tell(f"{FILL} 14=4")
    desk.tell("11=X 17=F2 20=0 150=2 39=2 32=6 31=110 14=10")


def test_a_correction_below_zero_is_named_and_changes_nothing() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell(FILL)
    told = desk.tell("11=X 17=N 19=F1 20=2 150=1 39=1 32=-3 31=100")
    assert (names(told), code(told), order.cum_qty) == ([], "NEGATIVE_QUANTITY", 4)


def test_a_bust_reopens_what_it_filled_and_is_not_busted_again() -> None:
    desk = Desk()
    order = desk.working()
    filled_in_two(desk)
    bust = "11=X 17=B1 19=F1 20=1 150=1 39=1 32=0 31=0 14=6 151=4 38=10 6=110"
    assert (names(desk.tell(bust)), totals(order), order.avg_px) == (["FillBusted"], ("1", "6", "4"), 110)
    assert (names(desk.tell(bust)), code(desk.outcomes[0])) == ([], None)
    again = desk.tell("11=X 17=B2 19=F1 20=1 150=1 39=1 32=0")
    assert (names(again), code(again), order.cum_qty) == ([], "UNKNOWN_EXECUTION", 6)
    assert (names(desk.tell(FILL)), order.cum_qty) == ([], 6), "the busted fill, repeated, stays busted"


def test_a_correction_puts_other_shares_or_another_price_in_its_place() -> None:
    desk = Desk()
    order = desk.working()
    filled_in_two(desk)
    told = desk.tell("11=X 17=K1 19=F1 20=2 150=1 39=1 32=3 31=90 14=9 151=1 38=10")
    assert (names(told), code(told), totals(order)) == (["FillCorrected"], None, ("1", "9", "1"))
    assert order.notional == 3 * 90 + 6 * 110


@pytest.mark.parametrize("ref", ["F1", "K1", "K2"])
def test_exec_ref_id_may_name_any_id_of_the_chain(ref: str) -> None:
    desk = Desk()
    order = desk.working()
    desk.tell(FILL)
    desk.tell("11=X 17=K1 19=F1 20=2 150=1 39=1 32=3 31=90")
    desk.tell("11=X 17=K2 19=K1 20=2 150=1 39=1 32=2 31=80")
    assert (order.cum_qty, order.notional) == (2, 160)
    desk.tell(f"11=X 17=B1 19={ref} 20=1 150=1 39=0 32=0")
    assert (order.cum_qty, order.notional) == (0, 0)


def test_a_bust_whose_fill_was_never_seen_is_an_anomaly_and_the_fill_no_longer_counts() -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell("11=X 17=B1 19=F1 20=1 150=1 39=0 32=0 14=0 60=20260301-09:00:02")
    assert (names(told), code(told), order.cum_qty) == (["FillBusted"], "UNKNOWN_EXECUTION", 0)
    late = desk.tell(f"{FILL} 14=4 60=20260301-09:00:01")
    assert (names(late), code(late), order.cum_qty, order.gap) == (["Filled"], None, 0, 0)
    assert names(desk.tell(f"{FILL} 14=4 60=20260301-09:00:01")) == []


def test_a_correction_whose_fill_was_never_seen_counts_as_corrected() -> None:
    desk = Desk()
    order = desk.working()
    told = desk.tell("11=X 17=K1 19=F1 20=2 150=1 39=1 32=3 31=90")
    assert (names(told), code(told), order.cum_qty) == (["FillCorrected"], "UNKNOWN_EXECUTION", 3)
    assert (names(desk.tell(FILL)), order.cum_qty) == ([], 3)


def test_a_bust_closes_the_gap_that_its_lost_fill_had_opened() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell("11=X 17=F2 20=0 150=1 39=1 32=6 31=100 14=10 60=20260301-09:00:02")
    assert order.gap == 4
    desk.tell("11=X 17=B1 19=F1 20=1 150=1 39=1 32=0 14=6 60=20260301-09:00:03")
    assert (order.gap, order.cum_qty) == (0, 6)


def test_totals_older_than_a_bust_say_nothing_of_now() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell(f"{FILL} 14=4 60=20260301-09:00:01")
    desk.tell("11=X 17=B1 19=F1 20=1 150=1 39=1 32=0 14=3 60=20260301-09:00:03")
    assert order.gap == 3
    desk.tell("11=X 17=F2 20=0 150=1 39=1 32=3 31=100 14=7 60=20260301-09:00:02")
    assert (order.gap, order.cum_qty) == (0, 3)


def test_a_bust_that_repeats_the_exec_id_it_takes_back_counts_once() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell(FILL)
    for expected in (["FillBusted"], []):
        told = desk.tell("11=X 17=F1 19=F1 20=1 150=1 39=0 32=0")
        assert (names(told), code(told), order.cum_qty) == (expected, None, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20=1 17=B1 32=0", "MISSING_FIELD"),
        ("20=2 17=K1 32=3", "MISSING_FIELD"),
        ("20=2 17=K1 19=F1", "MISSING_FIELD"),
        ("20=2 17=K1 19=F1 32=0", "MISSING_FIELD"),
        ("20=2 17=K1 19=F1 32=11 31=100", "OVERFILL"),
    ],
)
def test_busts_and_corrections_that_do_not_add_up(text: str, expected: str) -> None:
    desk = Desk()
    desk.working()
    desk.tell(FILL)
    assert code(desk.tell(f"11=X 150=1 39=1 {text}")) == expected


def test_a_split_restates_all() -> None:
    desk = Desk()
    order = desk.working("11=X 38=10 44=100 59=1")
    desk.tell(f"{FILL} 14=4 151=6 38=10 60=20260301-20:00:00")
    desk.tell("11=X 17=S 20=0 150=D 39=1 378=0 38=20 44=50 14=8 151=12 6=50 32=0 60=20260302-08:00:00")
    assert (totals(order), order.price, order.avg_px, order.gap) == (("1", "8", "12"), 50, 50, 0)
    late = desk.tell("11=X 17=F0 20=0 150=1 39=1 32=1 31=100 14=5 60=20260301-20:00:01")
    assert (code(late), order.cum_qty) == (None, Decimal(9))


def test_a_correction_that_a_younger_total_overtook_leaves_no_gap() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell("11=X 17=F1 20=0 150=1 39=1 32=1 31=100 14=1 60=20260301-09:00:01")
    desk.tell("11=X 17=F2 20=0 150=2 39=2 32=8 31=100 14=10 60=20260301-09:00:03")
    assert order.gap == 1
    desk.tell("11=X 17=K 19=F1 20=2 150=1 39=1 32=2 31=100 14=2 60=20260301-09:00:02")
    assert (order.gap, totals(order)) == (0, ("2", "10", "0"))


@pytest.mark.parametrize(("second", "status"), [(2, "3"), (4, "1")])
def test_a_good_till_order_trades_again_only_by_a_fill_after_done_for_day(second: int, status: str) -> None:
    desk = Desk()
    order = desk.place("11=X 38=10 44=100 59=1")
    day = "60=20260301-09:00:0"
    desk.tell(f"11=X 37=O 17=A 20=0 150=0 39=0 38=10 14=0 151=10 {day}1")
    desk.tell(f"11=X 37=O 17=D 20=0 150=3 39=3 38=10 14=4 151=6 {day}3")
    desk.tell(f"11=X 37=O 17=F 20=0 150=1 39=1 38=10 32=4 31=100 14=4 151=6 {day}{second}")
    assert (order.ord_status, order.cum_qty, order.has_gap) == (status, 4, False)
