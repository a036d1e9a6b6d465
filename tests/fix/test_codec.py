"""FIX text to messages and back: it reads and does not judge."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

import sys
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

import pytest

from oms.core.messages import (
    CancelOrder,
    CancelReject,
    Command,
    ExecutionReport,
    NewOrder,
    Other,
    Reject,
    ReplaceOrder,
    StatusRequest,
)
from oms.fix import codec
from oms.fix.codec import decode, split
from oms.fix.dialects import APIFINY, FIX42, Dialect
from oms.fix.encoder import encode
from oms.fix.faults import unreadable

FULL = (
    "8=FIX.4.2|9=0|35=8|11=Y|41=X|37=O|17=E|19=R|20=0|150=1|39=1|55=BTCUSDT|54=1|207=EX|38=10|44=100.5|32=4|31=100.25"
    "|14=4|151=6|6=100.25|60=20260301-09:00:07.123|103=1|378=2|58=text=with|10=000|"
)


def fields(text: str) -> dict[str, str]:
    return split(text.replace("|", "\x01"))


def report(text: str, dialect: Dialect = FIX42) -> ExecutionReport:
    message = decode(fields(f"35=8|{text}|"), dialect)
    assert isinstance(message, ExecutionReport)
    return message


def test_a_message_is_split_into_fields_and_a_repeated_tag_keeps_its_first_value() -> None:
    assert fields("35=8|58=a=b|58=c|1=|") == {"35": "8", "58": "a=b", "1": ""}
    assert fields("35=8|58=a") == {"35": "8", "58": "a"}


@pytest.mark.parametrize("text", ["35=8|rubbish|", "||", "35=8||"])
def test_a_part_that_is_no_field_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - dict's own
        fields(text)


def test_the_full_report() -> None:
    assert decode(fields(FULL), FIX42) == ExecutionReport(
        cl_ord_id="Y",
        orig_cl_ord_id="X",
        order_id="O",
        exec_id="E",
        exec_ref_id="R",
        exec_trans_type="0",
        exec_type="1",
        ord_status="1",
        symbol="BTCUSDT",
        side="1",
        exchange="EX",
        order_qty=Decimal(10),
        price=Decimal("100.5"),
        last_shares=Decimal(4),
        last_px=Decimal("100.25"),
        cum_qty=Decimal(4),
        leaves_qty=Decimal(6),
        avg_px=Decimal("100.25"),
        transact_time="20260301-09:00:07.123",
        ord_rej_reason="1",
        restatement_reason="2",
        text="text=with",
    )


def test_the_documented_short_report() -> None:
    fill = "37=O|17=E|55=BTCUSDT|54=1|32=4|44=100.25|38=10|60=20260301-09:00:07|150=1|39=1"
    short = report(fill, APIFINY)
    assert (short.cl_ord_id, short.cum_qty, short.leaves_qty, short.exec_trans_type) == (
        None,
        None,
        None,
        None,
    )
    assert (short.last_px, short.price, short.ambiguous_reject) == (Decimal("100.25"), None, True)
    assert (short.fault, short.readable) == (None, True)


def test_price_is_the_orders_own_except_on_a_fill_of_that_dialect() -> None:
    assert report("150=0|44=100", APIFINY).price == 100
    assert report("150=1|44=100|31=99|32=1", APIFINY).last_px == 99
    assert report("150=1|44=100|32=1", FIX42).last_px is None


@pytest.mark.parametrize(
    ("text", "code", "readable"),
    [
        ("150=F", "UNKNOWN_VALUE", False),
        ("150=", "UNKNOWN_VALUE", False),
        ("39=0", "MISSING_FIELD", False),
        ("150=0|20=7", "UNKNOWN_VALUE", False),
        ("150=0|39=x", "UNKNOWN_VALUE", True),
        ("150=0|60=20260301", "MALFORMED_FIELD", True),
        ("150=0|38=", "MALFORMED_FIELD", True),
        ("150=1|32=abc", "MALFORMED_FIELD", False),
        ("150=1|32=1e-8", "MALFORMED_FIELD", False),
        ("150=1|20=1|32=abc", "MALFORMED_FIELD", True),
        ("150=1|20=3|32=abc", "MALFORMED_FIELD", True),
        ("150=4|32=abc", "MALFORMED_FIELD", True),
        ("150=1|32=1|31=x", "MALFORMED_FIELD", True),
    ],
)
def test_what_cannot_be_read_is_named(text: str, code: str, readable: bool) -> None:
    message = report(text)
    assert message.fault is not None
    assert (str(message.fault.code), message.readable) == (code, readable)


def test_one_bad_number_leaves_the_others() -> None:
    message = report("150=1|39=1|38=x|32=4|31=100|14=4|151=y|6=100")
    assert (message.order_qty, message.leaves_qty) == (None, None)
    assert (message.last_shares, message.last_px, message.cum_qty, message.avg_px) == (4, 100, 4, 100)


def test_a_status_answer_may_leave_exec_type_out() -> None:
    assert report("20=3|39=1").readable
    assert report("20=3|39=1", APIFINY).fault is None
    assert "ExecType (150) missing" in told(report(FULL_REPORT.replace("150=1|", "").replace("20=0", "20=3")))


# --- what FIX 4.2 requires, by its own lists (volume 1, Execution Report and Order Cancel Reject)

FULL_REPORT = "37=O|11=X|17=E|20=0|150=1|39=1|55=B|54=1|38=10|32=4|31=5|151=6|14=4|6=5|60=20260301-09:00:07"
FULL_CANCEL_REJECT = "37=O|11=Y|41=X|39=1|434=1|102=0"
REQUIRED = {
    "8": {
        "37": "OrderID",
        "17": "ExecID",
        "20": "ExecTransType",
        "150": "ExecType",
        "39": "OrdStatus",
        "55": "Symbol",
        "54": "Side",
        "151": "LeavesQty",
        "14": "CumQty",
        "6": "AvgPx",
    },
    "9": {
        "37": "OrderID",
        "11": "ClOrdID",
        "41": "OrigClOrdID",
        "39": "OrdStatus",
        "434": "CxlRejResponseTo",
    },
}
NOT_MISSED = {"20", "6", "434"}
"""A blank ExecTransType is New, as in the standard's own matrices; AvgPx follows from the fills; ClOrdID names what a
cancel reject answers."""


def told(message: ExecutionReport | CancelReject) -> str:
    return f"{message.fault.code}: {message.fault.text}" if message.fault else ""


def without(text: str, *tags: str) -> str:
    return "|".join(part for part in text.split("|") if part.split("=")[0] not in tags)


def cancel_reject(text: str, dialect: Dialect = FIX42) -> CancelReject:
    message = decode(fields(f"35=9|{text}|"), dialect)
    assert isinstance(message, CancelReject)
    return message


def test_the_tables_are_those_of_the_standard_s_own_dictionary() -> None:
    source = Path(sys.prefix) / "share" / "quickfix" / "FIX42.xml"
    if not source.is_file():
        pytest.skip("this Python's quickfix did not install its dictionaries")
    tree = ET.parse(source)  # noqa: S314 - a file of an installed package
    tags = {field.get("name"): field.get("number") for field in tree.iterfind("fields/field")}
    for msg_type, required in REQUIRED.items():
        (message,) = (one for one in tree.iter("message") if one.get("msgtype") == msg_type)
        listed = {field.get("name") for field in message if field.get("required") == "Y"}
        assert {tags[name]: name for name in listed} == required
    for tag, (_, known) in ENUMERATIONS.items():
        (field,) = (one for one in tree.iterfind("fields/field") if one.get("number") == tag)
        assert {value.get("enum") for value in field} == set(known)


LEFT_OUT = [(tag, False) for tag in REQUIRED["8"] if tag != "150"]
EMPTY = [
    (tag, True) for tag in ("37", "17", "55", "54")
]  # an empty number or enumeration has a name of its own


@pytest.mark.parametrize(("tag", "empty"), LEFT_OUT + EMPTY)
def test_a_full_report_without_a_required_field_is_read_and_names_it(tag: str, empty: bool) -> None:
    text = without(FULL_REPORT, tag) + (f"|{tag}=" if empty else "")
    message = report(text)
    missed = (
        "" if tag in NOT_MISSED else f"MISSING_FIELD: {REQUIRED['8'][tag]} ({tag}) missing; what the message"
    )
    assert told(message).startswith(missed)
    assert bool(message.fault) is bool(missed)
    assert message.readable
    assert message.last_shares == 4
    assert report(text, APIFINY).fault is None


def test_everything_that_is_missing_is_named_at_once() -> None:
    names = " and ".join(
        f"{name} ({tag})" for tag, name in REQUIRED["8"].items() if tag not in NOT_MISSED | {"150"}
    )
    assert told(report("150=1|32=4|31=5")).startswith(f"MISSING_FIELD: {names} missing; ")
    assert told(report(FULL_REPORT)) == ""


@pytest.mark.parametrize("trans_type", ["0", "3"])
def test_an_order_that_the_venue_does_not_know_has_no_number_and_no_quantities(trans_type: str) -> None:
    unknown = f"11=X|17=0|20={trans_type}|150=8|39=8|55=B|54=1|103=5"
    assert report(unknown).fault is None
    assert "Symbol (55) missing" in told(report(without(unknown, "55")))
    names = "OrderID (37) and LeavesQty (151) and CumQty (14) missing"
    assert names in told(report(unknown.replace("103=5", "103=1")))
    assert names in told(report(without(unknown, "103")))


def test_an_order_of_a_quote_amount_has_no_leaves_qty_that_anybody_knows() -> None:
    amount = without(FULL_REPORT, "38", "151")
    assert report(f"{amount}|152=1000").fault is None
    assert "LeavesQty (151) missing" in told(report(amount))
    assert "LeavesQty (151) missing" in told(report(f"{amount}|152=1000|38=10"))


@pytest.mark.parametrize("tag", sorted(REQUIRED["9"].keys() - NOT_MISSED))
def test_a_cancel_reject_without_a_required_field_is_read_and_names_it(tag: str) -> None:
    message = cancel_reject(without(FULL_CANCEL_REJECT, tag))
    assert told(message).startswith(f"MISSING_FIELD: {REQUIRED['9'][tag]} ({tag}) missing; ")
    assert cancel_reject(FULL_CANCEL_REJECT).fault is None
    assert message.cxl_rej_reason == "0"
    assert cancel_reject(without(FULL_CANCEL_REJECT, tag), APIFINY).fault is None


def test_what_a_cancel_reject_need_not_say() -> None:
    assert cancel_reject(without(FULL_CANCEL_REJECT, "434")).fault is None
    unknown = without(FULL_CANCEL_REJECT, "37", "102")
    assert cancel_reject(f"{unknown}|102=1").fault is None, "the venue has no such order"
    assert "OrderID (37) missing" in told(cancel_reject(f"{unknown}|102=0"))


ENUMERATIONS = {
    "434": ("CxlRejResponseTo", "12"),
    "102": ("CxlRejReason", "0123"),
    "103": ("OrdRejReason", "012345678"),
}
"""The values of FIX 4.2 itself: later versions have more."""


@pytest.mark.parametrize("tag", ENUMERATIONS)
@pytest.mark.parametrize("value", [*"0123456789", "99", "A", "x" * 500])
def test_a_reason_that_fix_4_2_does_not_define_is_named_and_kept(tag: str, value: str) -> None:
    name, known = ENUMERATIONS[tag]
    text = FULL_REPORT if tag == "103" else FULL_CANCEL_REJECT
    read = report if tag == "103" else cancel_reject
    message = read(without(text, tag) + f"|{tag}={value}")
    unknown = f"UNKNOWN_VALUE: {name} ({tag}) is {value[:40]!r}"
    assert told(message)[: len(unknown) - 1] == ("" if value in known else unknown[:-1])
    assert len(told(message)) < 100
    kept = (
        message.ord_rej_reason
        if isinstance(message, ExecutionReport)
        else {"434": message.response_to, "102": message.cxl_rej_reason}[tag]
    )
    assert kept == value
    assert read(without(text, tag) + f"|{tag}={value}", APIFINY).fault is None, "it may number its own"


def test_what_cannot_be_read_is_named_before_what_is_missing() -> None:
    assert told(report("150=1|39=1|38=x|32=4")).startswith("MALFORMED_FIELD: OrderQty (38)")
    assert told(report("150=1|39=Z|32=4")).startswith("UNKNOWN_VALUE: OrdStatus (39)")
    assert told(report("150=8|39=8|103=77")).startswith("UNKNOWN_VALUE: OrdRejReason (103)")
    assert told(cancel_reject("39=Z|434=7")).startswith("UNKNOWN_VALUE: OrdStatus (39)")
    assert told(cancel_reject("434=7|102=7")).startswith("UNKNOWN_VALUE: CxlRejResponseTo (434)")


@pytest.mark.parametrize(
    ("text", "anomaly"),
    [
        ("35=D|11=X|55=B|54=1|38=1", ""),
        ("35=D|11=X|55=B|54=X", "UNKNOWN_VALUE: Side (54) is 'X'"),
        ("35=F|11=Y|41=X|55=B|54=X", "UNKNOWN_VALUE: Side (54) is 'X'"),
        ("35=G|11=Y|41=X|55=B|54=X", "UNKNOWN_VALUE: Side (54) is 'X'"),
        ("35=D|55=B|54=1", "MISSING_FIELD: ClOrdID (11) missing"),
        ("35=D|11=|55=B|54=1", "MISSING_FIELD: ClOrdID (11) missing"),
        ("35=D|11=X", "MISSING_FIELD: Symbol (55) and Side (54) missing"),
        ("35=F|41=X|55=B|54=1", "MISSING_FIELD: ClOrdID (11) missing"),
        ("35=F|11=Y|55=B|54=1", "MISSING_FIELD: OrigClOrdID (41) missing"),
        ("35=G|41=X|55=B|54=1", "MISSING_FIELD: ClOrdID (11) missing"),
        ("35=G|11=Y|55=B|54=1", "MISSING_FIELD: OrigClOrdID (41) missing"),
        ("35=H|55=B|54=1", "MISSING_FIELD: ClOrdID (11) missing"),
        ("35=D|54=X|38=abc", "MALFORMED_FIELD: OrderQty (38)"),
    ],
)
def test_a_message_of_ours_that_cannot_be_right_is_named(text: str, anomaly: str) -> None:
    fault = unreadable(fields(f"{text}|"))
    assert (f"{fault.code}: {fault.text}" if fault else "").startswith(anomaly)
    assert bool(fault) is bool(anomaly)


def test_empty_ids_are_none() -> None:
    message = report("11=|41=|37=|17=|19=|150=0")
    assert {
        message.cl_ord_id,
        message.orig_cl_ord_id,
        message.order_id,
        message.exec_id,
        message.exec_ref_id,
    } == {None}


def test_what_comes_from_outside_is_quoted_at_a_bounded_length() -> None:
    fault = report(f"150={'F' * 10_000}").fault
    assert fault is not None
    assert len(fault.text) < 100


def test_other_reports() -> None:
    assert decode(fields("35=9|11=Y|41=X|37=O|39=1|434=2|102=3|58=no|"), FIX42) == CancelReject(
        cl_ord_id="Y",
        orig_cl_ord_id="X",
        order_id="O",
        ord_status="1",
        response_to="2",
        cxl_rej_reason="3",
        text="no",
    )
    assert decode(fields("35=3|45=7|372=D|373=5|58=no|"), FIX42) == Reject(
        msg_type="3", ref_seq_num=7, ref_msg_type="D", reason="5", text="no"
    )
    assert decode(fields("35=j|45=7|372=F|379=Y|380=3|"), FIX42) == Reject(
        msg_type="j", ref_seq_num=7, ref_msg_type="F", ref_id="Y", reason="3"
    )
    odd = decode(fields("35=9|11=Y|39=Z|"), FIX42)
    assert isinstance(odd, CancelReject)
    assert odd.fault is not None
    assert odd.ord_status is None


@pytest.mark.parametrize("text", ["45=", "45=x", "45=-1", "45=٣", "45=" + "9" * 19, ""])
def test_a_reject_without_a_number_names_none(text: str) -> None:
    message = decode(fields(f"35=3|{text}|" if text else "35=3|"), FIX42)
    assert isinstance(message, Reject)
    assert message.ref_seq_num is None


@pytest.mark.parametrize("text", ["35=B|", "35=0|", "11=X|"])
def test_any_other_message_has_no_meaning(text: str) -> None:
    assert isinstance(decode(fields(text), FIX42), Other)


COMMANDS: list[Command] = [
    NewOrder(
        cl_ord_id="X",
        symbol="BTCUSDT",
        side="1",
        ord_type="2",
        order_qty=Decimal("0.00000001"),
        price=Decimal("30000.10"),
        time_in_force="7",
        account="A",
        exchange="EX",
    ),
    NewOrder(cl_ord_id="X", symbol="BTCUSDT", side="1", ord_type="1", cash_order_qty=Decimal("1E+3")),
    CancelOrder(
        cl_ord_id="Y", orig_cl_ord_id="X", symbol="BTCUSDT", side="2", order_qty=Decimal(1), order_id="O"
    ),
    ReplaceOrder(
        cl_ord_id="Y",
        orig_cl_ord_id="X",
        symbol="B",
        side="2",
        ord_type="2",
        order_qty=Decimal(2),
        price=Decimal(3),
    ),
    StatusRequest(cl_ord_id="X", symbol="BTCUSDT", side="1", account="A", exchange="EX"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_a_command_written_and_read_is_the_same(command: Command) -> None:
    pairs = encode(command, "20260301-09:00:07.123")
    assert pairs[0][0] == 35
    assert not any("E" in value for tag, value in pairs if tag in {38, 44, 152})
    assert decode({str(tag): value for tag, value in pairs}, FIX42) == command


def test_the_tag_of_a_quote_amount_is_configurable() -> None:
    pairs = dict(encode(COMMANDS[1], "20260301-09:00:07", cash_order_qty_tag=5152))
    assert (pairs[5152], 152 in pairs) == ("1000", False)


def test_a_command_of_ours_with_an_unreadable_number_is_read_all_the_same() -> None:
    message = decode(fields("35=D|11=X|38=abc|44=1|"), FIX42)
    assert isinstance(message, NewOrder)
    assert (message.order_qty, message.price) == (None, 1)


def test_a_number_is_read_the_same_before_and_after_the_memory_of_numbers_is_emptied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("oms.fix.codec._MOST_KNOWN", 3)
    for text in ("1", "1.50", "-2", "0.000000000000000001", "7", "1.50", "1"):
        report = decode({"35": "8", "150": "1", "32": text}, APIFINY)
        assert isinstance(report, ExecutionReport)
        assert (str(report.last_shares), report.last_px) == (str(Decimal(text)), None)
        assert report.fault is None
    damaged = decode({"35": "8", "150": "1", "32": "1e3"}, APIFINY)
    assert isinstance(damaged, ExecutionReport)
    assert (damaged.last_shares, damaged.readable) == (None, False)


def test_times_are_judged_the_same_before_and_after_their_memory_is_emptied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(codec, "_MOST_KNOWN", 3)
    for _ in range(2):
        for second in range(60):
            assert report(f"150=0|60=20260301-09:00:{second:02d}").transact_time is not None
            wrong = report(f"150=0|60=20260301-24:00:{second:02d}")
            assert (wrong.transact_time, wrong.fault and str(wrong.fault.code)) == (None, "MALFORMED_FIELD")
        assert len(codec._times) <= 3
