"""FIX text to `core.messages`. Knows no QuickFIX and no order: it reads, it does not judge.

Numbers are read from the wire's own text. What cannot be read becomes None with a `fault`; a report is `readable` as
long as what is left still says what happened to the order.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from oms.core.messages import (
    Anomaly,
    CancelOrder,
    CancelReject,
    Command,
    ExecutionReport,
    NewOrder,
    Other,
    Reject,
    ReplaceOrder,
    Report,
    StatusRequest,
)
from oms.core.values import AnomalyCode, ExecTransType, parse_decimal
from oms.core.values import parse_optional as number
from oms.fix import faults
from oms.fix.dialects import Dialect
from oms.fix.faults import EXEC_TYPES, STATUSES, TRANS_TYPES, is_time

SOH: Final = "\x01"
Fields = dict[str, str]

_FILLS: Final = frozenset({"1", "2"})
_NO_ORDER_ID: Final = frozenset({"", "NONE", "0"})  # FIX 4.2 (35=9), and before an order has one
_SEQ_NUM = re.compile(r"\d{1,18}", re.ASCII)


class _Numbers(dict[str | None, Decimal | None]):
    """Numbers by their text: the same ones come again and again, and a look here costs half a call. None is None."""

    def __missing__(self, text: str | None) -> Decimal | None:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        value = self[text] = None if text is None else parse_decimal(text)
        return value


class _Times(dict[str | None, bool]):
    """Whether a text is a time, or none is there: the reports of a burst share theirs."""

    def __missing__(self, text: str | None) -> bool:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        right = self[text] = text is None or is_time(text) is not None
        return right


_MOST_KNOWN: Final = 1 << 14
_numbers: Final = _Numbers()
_times: Final = _Times()
_FIELD: Final = b"=\x01"  # what is left of one without its tag and value
_NO_SEPARATORS: Final = bytes(set(range(256)) - set(_FIELD))


def split(raw: str) -> Fields:
    """Split a message into its fields; a repeated tag keeps its first value.

    Raises:
        ValueError: a part is not of the form tag=value.

    """
    flat = raw.replace("=", SOH).split(SOH)
    separators = raw.encode("utf-8", "surrogatepass").translate(None, _NO_SEPARATORS)
    if flat[-1] or separators != _FIELD * (len(flat) >> 1):
        return _split_parts(raw)
    flat.reverse()
    return dict(zip(flat[2::2], flat[1::2], strict=True))


def _split_parts(raw: str) -> Fields:
    """Split part by part, which costs half as much again: a value holds "=", or the end is missing."""
    parts = raw.split(SOH)
    if not parts[-1]:
        parts.pop()
    parts.reverse()
    return dict([part.split("=", 1) for part in parts])  # a list is the faster argument


def decode(fields: Mapping[str, str], dialect: Dialect) -> Command | Report:
    """Read one application message or session Reject; a type without meaning here becomes `Other`."""
    reader = _READERS.get(fields.get("35", ""))
    return reader(fields, dialect) if reader else Other(msg_type=fields.get("35", ""))


# --- reports --------------------------------------------------------------------------------------------------------


def _execution_report(fields: Mapping[str, str], dialect: Dialect) -> ExecutionReport:
    get = fields.get
    exec_type, ord_status, time, reason = get("150"), get("39"), get("60"), get("103")
    order_id, exec_id, trans_type = get("37"), get("17") or None, get("20")
    symbol, side, restated = get("55"), get("54"), get("378")
    fault, readable, order_id = None, True, None if order_id in _NO_ORDER_ID else order_id
    if (
        exec_type not in EXEC_TYPES
        or ord_status not in STATUSES
        or trans_type not in TRANS_TYPES
        or not _times[time]
    ):
        fault, readable = faults.of_enumerations(exec_type, ord_status, trans_type, time)
        ord_status = ord_status if ord_status in STATUSES else None
        time = time if _times[time] else None
    try:
        order_qty, price = _numbers[get("38")], _numbers[get("44")]
        last_shares, last_px = _numbers[get("32")], _numbers[get("31")]
        cum_qty, leaves_qty, avg_px = _numbers[get("14")], _numbers[get("151")], _numbers[get("6")]
    except ValueError:
        numbers, fault = _damaged_numbers(fields)
        order_qty, price, last_shares, last_px, cum_qty, leaves_qty, avg_px = numbers
        readable = readable and not (
            last_shares is None and "32" in fields and _counts_shares(exec_type, trans_type)
        )
    if last_px is None and exec_type in _FILLS and dialect.fill_price_in_price:
        last_px, price = price, None
    if (
        (cum_qty is None or leaves_qty is None or order_id is None or exec_id is None or exec_type is None)
        or (ord_status is None or reason is not None or restated is not None or not symbol or not side)
    ) and (dialect.full_reports and fault is None):
        fault = faults.of_full_report(fields)
    return ExecutionReport(  # in the order of its fields: by name it costs eight times as much
        get("11") or None,
        get("41") or None,
        order_id,
        exec_id,
        get("19") or None,
        trans_type,
        exec_type,
        ord_status,
        symbol,
        side,
        get("207"),
        order_qty,
        price,
        last_shares,
        last_px,
        cum_qty,
        leaves_qty,
        avg_px,
        time,
        reason,
        restated,
        get("58"),
        dialect.ambiguous_reject,
        fault,
        readable,
    )


_NUMBERS: Final = {
    "38": "OrderQty",
    "44": "Price",
    "32": "LastShares",
    "31": "LastPx",
    "14": "CumQty",
    "151": "LeavesQty",
    "6": "AvgPx",
}


def _damaged_numbers(fields: Mapping[str, str]) -> tuple[list[Decimal | None], Anomaly | None]:
    """Read the numbers that can be read, and say what is wrong with one that cannot."""
    numbers: list[Decimal | None] = []
    fault = None
    for tag, name in _NUMBERS.items():
        try:
            numbers.append(number(fields.get(tag)))
        except ValueError as error:
            numbers.append(None)
            fault = Anomaly(AnomalyCode.MALFORMED_FIELD, f"{name} ({tag}): {error}")
    return numbers, fault


def _counts_shares(exec_type: str | None, trans_type: str | None) -> bool:
    """Whether such a report is about shares: without them it cannot be counted. Without a price it can."""
    return exec_type in _FILLS and trans_type not in (ExecTransType.CANCEL, ExecTransType.STATUS)


def _cancel_reject(fields: Mapping[str, str], dialect: Dialect) -> CancelReject:
    get = fields.get
    status = get("39")
    return CancelReject(
        cl_ord_id=get("11") or None,
        orig_cl_ord_id=get("41") or None,
        order_id=get("37") or None,
        ord_status=status if status in STATUSES else None,
        response_to=get("434"),
        cxl_rej_reason=get("102"),
        text=get("58"),
        fault=faults.of_cancel_reject(fields, full=dialect.full_reports),
    )


def _reject(fields: Mapping[str, str], _dialect: Dialect) -> Reject:
    get = fields.get
    ref = get("45")
    return Reject(
        msg_type=fields["35"],
        ref_seq_num=int(ref) if ref is not None and _SEQ_NUM.fullmatch(ref) else None,
        ref_msg_type=get("372"),
        ref_id=get("379"),
        reason=get("373") or get("380"),
        text=get("58"),
    )


# --- commands -------------------------------------------------------------------------------------------------------


def _number(fields: Mapping[str, str], tag: str) -> Decimal | None:
    try:
        return number(fields.get(tag))
    except ValueError:
        return None  # our own message: the venue will refuse it


def _new_order(fields: Mapping[str, str], _dialect: Dialect) -> NewOrder:
    get = fields.get
    return NewOrder(
        cl_ord_id=get("11", ""),
        symbol=get("55", ""),
        side=get("54", ""),
        ord_type=get("40", "2"),
        order_qty=_number(fields, "38"),
        cash_order_qty=_number(fields, "152"),
        price=_number(fields, "44"),
        time_in_force=get("59", "0"),
        account=get("1"),
        exchange=get("207"),
        text=get("58"),
        poss_resend=get("97") == "Y",
    )


def _cancel_order(fields: Mapping[str, str], _dialect: Dialect) -> CancelOrder:
    get = fields.get
    return CancelOrder(
        cl_ord_id=get("11", ""),
        orig_cl_ord_id=get("41", ""),
        symbol=get("55", ""),
        side=get("54", ""),
        order_qty=_number(fields, "38"),
        account=get("1"),
        exchange=get("207"),
        order_id=get("37"),
        text=get("58"),
    )


def _replace_order(fields: Mapping[str, str], _dialect: Dialect) -> ReplaceOrder:
    get = fields.get
    return ReplaceOrder(
        cl_ord_id=get("11", ""),
        orig_cl_ord_id=get("41", ""),
        symbol=get("55", ""),
        side=get("54", ""),
        ord_type=get("40", "2"),
        order_qty=_number(fields, "38"),
        price=_number(fields, "44"),
        time_in_force=get("59", "0"),
        account=get("1"),
        exchange=get("207"),
        order_id=get("37"),
    )


def _status_request(fields: Mapping[str, str], _dialect: Dialect) -> StatusRequest:
    get = fields.get
    return StatusRequest(
        cl_ord_id=get("11", ""),
        symbol=get("55", ""),
        side=get("54", ""),
        account=get("1"),
        exchange=get("207"),
        order_id=get("37"),
    )


_READERS: Final[dict[str, Callable[[Mapping[str, str], Dialect], Command | Report]]] = {
    "8": _execution_report,
    "9": _cancel_reject,
    "3": _reject,
    "j": _reject,
    "D": _new_order,
    "F": _cancel_order,
    "G": _replace_order,
    "H": _status_request,
}
