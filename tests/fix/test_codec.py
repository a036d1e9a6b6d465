"""FIX text to messages and back: it reads and does not judge."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

from decimal import Decimal

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
from oms.fix.codec import decode, split
from oms.fix.dialects import APIFINY, FIX42, Dialect
from oms.fix.encoder import encode

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
    monkeypatch.setattr("oms.fix.codec._KNOWN_NUMBERS", 3)
    for text in ("1", "1.50", "-2", "0.000000000000000001", "7", "1.50", "1"):
        report = decode({"35": "8", "150": "1", "32": text}, FIX42)
        assert isinstance(report, ExecutionReport)
        assert (str(report.last_shares), report.last_px) == (str(Decimal(text)), None)
        assert report.fault is None
    damaged = decode({"35": "8", "150": "1", "32": "1e3"}, FIX42)
    assert isinstance(damaged, ExecutionReport)
    assert (damaged.last_shares, damaged.readable) == (None, False)
