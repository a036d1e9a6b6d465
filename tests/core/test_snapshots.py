"""What queries and streams show of an order: fills count once, whoever tells of them."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

from decimal import Decimal

import msgspec
import pytest

from oms.core import events as ev
from oms.core.chain import Chain
from oms.core.intake import Outcome, receive
from oms.core.messages import ExecutionReport, FillRow, OrderSnapshot
from oms.core.order import Order
from oms.core.values import format_decimal
from oms.fix.dialects import APIFINY
from tests.core.desk import SESSION, Desk, code, names, totals

FIX = "11=X 37=O 150=1 39=1"


def row(text: str, exec_id: str | None = None, fee: str | None = None) -> FillRow:
    """Read `4@100`; without a price `4`."""
    shares, _, price = text.partition("@")
    return FillRow(
        shares=Decimal(shares),
        price=Decimal(price) if price else None,
        exec_id=exec_id,
        fee=Decimal(fee) if fee else None,
        fee_currency="USDT" if fee else None,
    )


def shown(desk: Desk, cum: str | None, *rows: FillRow, status: str = "1", **more: str) -> Outcome:
    """Receive what a query shows of order X."""
    report = ExecutionReport(
        cl_ord_id="X",
        order_id="O",
        exec_trans_type="3",
        ord_status=status,
        cum_qty=Decimal(cum) if cum else None,
        transact_time=more.get("time"),
        symbol=more.get("symbol", "BTCUSDT"),
    )
    snapshot = OrderSnapshot(report=report, fills=rows, all_fills="partial" not in more)
    desk.now += 1
    desk.outcomes = receive(desk.blotter, SESSION, snapshot, now_ns=desk.now, ref=desk.now)
    return desk.outcomes[0]


def fill_ids(outcome: Outcome) -> list[str]:
    return [event.exec_id or "" for event in outcome.events if isinstance(event, ev.Filled)]


def state(order: Order) -> tuple[str, str, str]:
    return format_decimal(order.cum_qty), format_decimal(order.notional), format_decimal(order.gap)


def test_rows_without_ids_that_nobody_reported_are_new() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    told = shown(desk, "6", row("4@100"), row("2@101"))
    assert names(told) == ["FillsListed", "Filled", "Filled"]
    assert fill_ids(told) == ["q:4@100#1\x01", "q:2@101#1\x01"]
    assert {event.source for event in told.events if isinstance(event, ev.Filled)} == {"query"}
    assert (code(told), state(order), order.order_id) == (None, ("6", "602", "0"), "O")
    again = shown(desk, "6", row("2@101"), row("4@100"))
    assert (names(again), code(again), state(order)) == ([], None, ("6", "602", "0"))


def test_two_equal_rows_are_two_fills() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    shown(desk, "1", row("1@100"))
    assert fill_ids(shown(desk, "2", row("1@100"), row("1.0@100.00"))) == ["q:1@100#2\x01"]
    assert state(order) == ("2", "200", "0")


def test_rows_that_reports_brought_are_not_new() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    desk.tell("37=O 17=F1 150=1 39=1 32=4 44=100")
    told = shown(desk, "4", row("4@100"))
    assert (names(told), code(told), state(order)) == (["FillsListed"], None, ("4", "400", "0"))


def test_a_report_takes_the_place_of_what_only_a_list_has_shown() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    shown(desk, "6", row("4@100"), row("2@100"))
    told = desk.tell("37=O 17=F1 150=1 39=1 32=4 44=100")
    assert [
        (type(event).__name__, event.replaces)
        for event in told.events
        if isinstance(event, ev.FillIdentified)
    ] == [("FillIdentified", "q:4@100#1\x01")]
    assert (len(told.events), code(told), state(order)) == (1, None, ("6", "600", "0"))
    for text in ("37=O 17=F1 150=1 39=1 32=4 44=100", "37=O 17=F2 150=1 39=1 32=2 44=100"):
        assert code(desk.tell(text)) is None
        assert state(order) == ("6", "600", "0")
    new = desk.tell("37=O 17=F3 150=1 39=1 32=4 44=100")
    assert (names(new), state(order)) == (["Filled"], ("10", "1000", "0"))


def test_a_report_whose_total_is_higher_is_another_fill() -> None:
    desk = Desk()
    order = desk.working()
    shown(desk, "4", row("4@100"))
    told = desk.tell(f"{FIX} 17=F2 32=4 31=100 14=8 151=2 38=10")
    assert (names(told), code(told), state(order)) == (["Filled"], None, ("8", "800", "0"))
    told = desk.tell(f"{FIX} 17=F1 32=4 31=100 14=4 151=6 38=10")
    assert (names(told), state(order)) == (["FillIdentified"], ("8", "800", "0"))


def test_busts_and_corrections_name_a_listed_fill_by_its_real_id() -> None:
    desk = Desk()
    order = desk.working()
    shown(desk, "6", row("4@100"), row("2@101"))
    desk.tell(f"{FIX} 17=F1 32=4 31=100")
    desk.tell(f"{FIX} 17=F2 32=2 31=101")
    desk.tell(f"{FIX} 20=2 17=K 19=F1 32=3 31=90")
    assert state(order) == ("5", "472", "0")
    told = desk.tell(f"{FIX} 20=1 17=B 19=F2 32=0")
    assert (names(told), code(told), state(order)) == (["FillBusted"], None, ("3", "270", "0"))
    told = shown(desk, "3", row("3@90"))
    assert (names(told), code(told), state(order)) == ([], None, ("3", "270", "0"))


def test_a_list_that_still_shows_a_busted_fill_adds_nothing() -> None:
    desk = Desk()
    order = desk.working()
    for text in ("17=F1 32=4 31=100", "17=F2 32=2 31=101", "20=1 17=B 19=F1 32=0"):
        desk.tell(f"{FIX} {text}")
    told = shown(desk, "5", row("4@100"), row("2@101"), row("3@102"))
    assert (fill_ids(told), code(told), state(order)) == (["q:3@102#1\x01"], None, ("5", "508", "0"))
    fresh = shown(desk, "9", row("4@100"), row("2@101"), row("3@102"))
    assert (fill_ids(fresh), state(order)) == (["q:4@100#2\x01"], ("9", "908", "0")), (
        "the list adds up: it is another"
    )


def test_a_fill_busted_after_a_list_is_no_longer_there_to_be_matched() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell(f"{FIX} 17=F1 32=4 31=100")
    shown(desk, "4", row("4@100"))
    desk.tell(f"{FIX} 20=1 17=B 19=F1 32=0")
    assert state(order) == ("0", "0", "0")
    told = shown(desk, "4", row("4@100"))
    assert (fill_ids(told), code(told), state(order)) == (["q:4@100#2\x01"], None, ("4", "400", "0"))


def test_a_row_beyond_the_total_is_a_contradiction_once() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    desk.tell("37=O 17=F1 150=1 39=1 32=4 44=100.001")
    told = shown(desk, "4", row("4@100"))
    assert (fill_ids(told), code(told), state(order)) == ([], "STATUS_MISMATCH", ("4", "400.004", "0"))
    assert told.anomaly is not None
    desk.blotter.apply(
        ev.AnomalyNoted(order=order.number, code=str(told.anomaly.code), text=told.anomaly.text)
    )
    assert code(shown(desk, "4", row("4@100"))) is None, "the same again is no news"


def test_a_window_of_a_stream_shows_a_part_and_what_it_lacks_is_not_missing() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    desk.tell("37=O 17=F1 150=1 39=1 32=4 44=100")
    told = shown(desk, "6", row("2@101"), partial="yes")
    assert (fill_ids(told), state(order)) == (["q:2@101#1\x01"], ("6", "602", "0"))
    assert code(shown(desk, "6", row("2@101"), partial="yes")) is None
    assert state(order) == ("6", "602", "0")


def test_a_total_above_all_rows_leaves_a_gap() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    told = shown(desk, "6", row("4@100"))
    assert (names(told), state(order)) == (["FillsListed", "Filled", "GapOpened"], ("4", "400", "2"))


@pytest.mark.parametrize("ids", [("T1", "T2"), ("F1", "F2")])
def test_rows_with_ids_count_once_by_their_id(ids: tuple[str, str]) -> None:
    """The ids of a list may be those of the reports, or others."""
    desk = Desk()
    order = desk.working()
    rows = [row("1@100", ids[0]), row("1@100", ids[1])]
    desk.tell(f"{FIX} 17=F1 32=1 31=100")
    shown(desk, "2", *rows)
    assert state(order) == ("2", "200", "0")
    desk.tell(f"{FIX} 17=F2 32=1 31=100")
    assert state(order) == ("2", "200", "0")
    for text in ("17=F1 32=1 31=100", "17=F2 32=1 31=100"):
        assert names(desk.tell(f"{FIX} {text}")) == []
    told = shown(desk, "2", *rows)
    assert (names(told), code(told), state(order)) == ([], None, ("2", "200", "0"))
    desk.tell(f"{FIX} 20=1 17=B 19=F1 32=0")
    assert state(order) == ("1", "100", "0")
    if ids[0] == "T1":
        told = shown(desk, "1", rows[1])
        assert (names(told), code(told)) == ([], None)


def test_an_id_that_no_fill_explains_is_new_where_all_fills_have_such_ids_and_else_needs_room() -> None:
    """The price on a list may be rounded: then it is the fill on record, and not another one."""
    desk = Desk()
    order = desk.working()
    shown(desk, "4", row("4@100", "T1"))
    told = shown(desk, "4", row("4@100", "T1"), row("1@101", "T2"))  # the total is older than the list
    assert (fill_ids(told), order.cum_qty) == (["T2"], 5)
    desk.tell(f"{FIX} 17=F3 32=2 31=100.001 14=7")
    told = shown(desk, "7", row("4@100", "T1"), row("1@101", "T2"), row("2@100", "T3"))
    assert (fill_ids(told), code(told), order.cum_qty) == ([], "STATUS_MISMATCH", 7)


def test_a_known_id_with_other_shares_contradicts() -> None:
    desk = Desk()
    order = desk.working()
    shown(desk, "4", row("4@100", "T1"))
    told = shown(desk, "5", row("5@100", "T1"))
    assert (fill_ids(told), code(told), order.cum_qty) == ([], "STATUS_MISMATCH", 4)


def test_a_list_tells_the_price_that_a_report_left_out_and_the_other_way_round() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell(f"{FIX} 17=F1 32=4")
    assert order.avg_px is None
    told = shown(desk, "4", row("4@100"))
    assert (names(told), state(order), order.avg_px) == (
        ["FillsListed", "FillCorrected"],
        ("4", "400", "0"),
        100,
    )
    told = shown(desk, "6", row("4@100"), row("2", "T1"))
    assert (order.cum_qty, order.avg_px) == (6, None)
    told = desk.tell(f"{FIX} 17=F2 32=2 31=103")
    assert (names(told), state(order)) == (["FillIdentified", "FillCorrected"], ("6", "606", "0"))


def test_a_computed_fee_gives_way_to_a_told_one_and_to_nothing_else() -> None:
    def computed(fee: str) -> FillRow:
        return msgspec.structs.replace(row("4@100", "T1", fee=fee), fee_computed=True)

    desk = Desk(APIFINY)
    order = desk.working()
    (fill,) = [event for event in shown(desk, "4", computed("0.4")).events if isinstance(event, ev.Filled)]
    assert fill.fee_computed
    assert names(shown(desk, "4", computed("0.8"))) == [], "the rate has changed since"
    assert order.fees == {"USDT": Decimal("0.4")}
    (noted,) = shown(desk, "4", row("4@100", "T1", fee="0.5")).events
    assert isinstance(noted, ev.FeeNoted)
    assert (noted.fee_computed, order.fees) == (False, {"USDT": Decimal("0.5")})
    assert names(shown(desk, "4", computed("0.4"))) == []


def test_a_fee_without_a_currency_gets_one() -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    shown(desk, "4", msgspec.structs.replace(row("4@100", "T1", fee="0.4"), fee_currency=None))
    assert order.fees == {"?": Decimal("0.4")}
    shown(desk, "4", row("4@100", "T1", fee="0.4"))
    assert {name: fee for name, fee in order.fees.items() if fee} == {"USDT": Decimal("0.4")}


def test_fees_are_noted_once_by_fill_and_follow_it() -> None:
    desk = Desk()
    order = desk.working("11=X 38=10 44=100 1=ACC")
    desk.tell(f"{FIX} 17=F1 32=4 31=100")
    told = shown(desk, "5", row("4@100", fee="0.4"), row("1@100", fee="0.1"))
    assert names(told) == ["FillsListed", "FeeNoted", "Filled"]
    assert order.fees == {"USDT": Decimal("0.5")}
    told = shown(desk, "5", row("4@100", fee="0.4"), row("1@100", fee="0.1"))
    assert names(told) == []
    desk.tell(f"{FIX} 17=F2 32=1 31=100")
    desk.tell(f"{FIX} 20=1 17=B 19=F2 32=0")
    assert order.fees == {"USDT": Decimal("0.4")}
    shown(desk, "4", row("4@100", "T1", fee="0.3"))
    assert order.fees == {"USDT": Decimal("0.3")}, "the venue corrected it"
    assert desk.blotter.positions.by_key["ACC", "BTCUSDT"].fees == {"USDT": Decimal("0.3")}


def test_a_snapshot_of_another_order_changes_nothing() -> None:
    desk = Desk()
    order = desk.working()
    told = shown(desk, "4", row("4@100"), symbol="ETHUSDT")
    assert (names(told), code(told), order.cum_qty) == ([], "TERMS_MISMATCH", 0)
    report = ExecutionReport(order_id="nobody's", exec_trans_type="3", ord_status="1")
    outcome = receive(
        desk.blotter, SESSION, OrderSnapshot(report=report, fills=(row("1@1"),)), now_ns=1, ref=1
    )[0]
    assert (outcome.order, names(outcome), code(outcome)) == (None, [], "UNKNOWN_ORDER")


def test_the_state_is_read_after_the_fills() -> None:
    desk = Desk(APIFINY)
    order = desk.place()
    told = shown(desk, "4", row("4@100"), status="4")
    assert names(told) == ["Accepted", "FillsListed", "Filled", "Canceled"]
    assert (code(told), totals(order), order.gap) == (None, ("4", "4", "0"), 0)


def test_an_order_by_quote_amount_is_complete_when_its_fills_are_and_the_venue_says_so() -> None:
    desk = Desk(APIFINY)
    order = desk.place("11=X 152=1000 40=1")
    shown(desk, "4", row("4@100"))
    assert order.is_open
    told = shown(desk, "9", row("4@100"), row("5@100"), status="2")
    assert (names(told)[-1], totals(order), order.is_open) == ("Completed", ("2", "9", "0"), False)
    assert names(shown(desk, "9", row("4@100"), row("5@100"), status="2")) == []


@pytest.mark.parametrize(
    ("cum", "rows", "proven"), [("4", [row("4@100")], True), ("4", [], True), ("0", [], False)]
)
def test_fills_that_could_have_been_status_answers(cum: str, rows: list[FillRow], proven: bool) -> None:
    desk = Desk(APIFINY)
    order = desk.working()
    desk.send("35=H 11=X")
    desk.tell("37=O 17=F1 150=1 39=1 32=4 44=100")
    assert order.unconfirmed == 1
    told = shown(desk, cum, *rows, status="1" if proven else "0")
    if proven:
        assert ("FillConfirmed" in names(told), code(told), order.unconfirmed) == (True, None, 0)
    else:
        assert (code(told), order.unconfirmed, order.cum_qty) == ("UNCONFIRMED_FILL", 1, 4)


def test_a_list_costs_its_own_rows_however_many_fills_there_are() -> None:
    """Counted, not timed: once the index is there, nothing may go over the executions."""
    desk = Desk(APIFINY)
    order = desk.working("11=X 38=1000000 44=100")
    shown(desk, "5", *[row("1@100")] * 5)
    order.executions = _Uncountable(order.executions)
    assert code(shown(desk, "6", row("1@100", fee="1"), row("2@100"), partial="yes")) is not None
    desk.tell("37=O 17=F1 150=1 39=1 32=1 44=100")
    desk.tell("37=O 17=F2 150=1 39=1 32=7 44=100")
    desk.tell("37=O 17=B 19=F1 20=1 150=1 39=1 32=0")
    assert order.cum_qty == 11


class _Uncountable(dict):  # type: ignore[type-arg]
    def __iter__(self) -> None:  # type: ignore[override]
        pytest.fail("somebody walks over all executions")

    keys = values = items = __iter__  # type: ignore[assignment]


def test_each_leg_of_a_replaced_order_has_lists_of_its_own() -> None:
    """To the venue they are orders of their own, whose fills may be alike, and whose totals start at zero."""
    desk = Desk()
    order = desk.working()
    shown(desk, "4", row("4@100"))
    order.chain = Chain(number=1, base_qty=Decimal(4), earlier={"X": 0, "O": 0})
    order.cl_ord_id, order.order_id = "Y", "P"
    desk.blotter.book(SESSION).by_cl_ord_id["Y"] = order
    report = ExecutionReport(
        cl_ord_id="Y", order_id="P", exec_trans_type="3", ord_status="1", cum_qty=Decimal(4)
    )
    for _ in range(2):
        receive(desk.blotter, SESSION, OrderSnapshot(report=report, fills=(row("4@100"),)), now_ns=9, ref=9)
        assert (state(order), "q:4@100#1/leg1\x01" in order.executions) == (("8", "800", "0"), True)
    told = shown(desk, "8", row("4@100"), row("4@100"))
    assert (names(told), order.cum_qty) == ([], 8), "an earlier leg is over"
    desk.tell("11=Y 37=P 150=1 39=1 17=F1 32=4 31=100")
    assert (state(order), "F1/leg1" in order.executions) == (("8", "800", "0"), True)
    desk.tell("11=X 37=O 150=1 39=1 17=F1 32=4 31=100")
    assert (state(order), "F1" in order.executions) == (("8", "800", "0"), True)


@pytest.mark.parametrize("rows", [(row("4@100"), row("6@101")), ()])
def test_a_cancel_that_a_query_shows_to_have_lost_is_over(rows: tuple[FillRow, ...]) -> None:
    """Venues that only answer send no cancel reject (D5): a cancel acknowledged as pending stayed so for ever."""
    desk = Desk(APIFINY)
    order = desk.working()
    desk.send("35=F 11=Y 41=X 38=10")
    shown(desk, "0", status="6")
    assert (order.ord_status, [request.seen for request in order.pending]) == ("6", [True])
    shown(desk, "4", row("4@100"), status="6")
    assert order.ord_status == "6"
    told = shown(desk, "10", *rows, status="2")
    assert (names(told)[-1], code(told), order.pending) == ("RequestDropped", None, [])
    assert order.refusal is not None
    assert order.refusal.reason == "the order is filled"
    assert order.ord_status == ("2" if rows else "1")
    assert names(shown(desk, "10", *rows, status="2")) == []
    assert code(desk.tell("35=9 11=Y 41=X 39=2")) is None  # where one comes all the same
