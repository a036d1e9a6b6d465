"""What is wrong with the fields of a message, as anomalies: missing, unknown, unreadable. It knows no order.

FIX 4.2 (errata 20010501), volume 1, lists what a message requires and which values an enumeration has. A report counts
as far as it can be read, whatever is said of it here.
"""

import re
from collections.abc import Mapping
from typing import Final

from oms.core.messages import Anomaly, lacking
from oms.core.values import SIDES, AnomalyCode, ExecTransType, ExecType, OrdStatus
from oms.core.values import parse_optional as number

EXEC_TYPES: Final = frozenset(str(value) for value in ExecType)
TRANS_TYPES: Final = frozenset({None, *(str(value) for value in ExecTransType)})  # a blank one is New
STATUSES: Final = frozenset({None, *(str(value) for value in OrdStatus)})
_DATE: Final = r"\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_TIME: Final = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-6]\d(?:\.\d{1,9})?"
is_time: Final = re.compile(f"{_DATE}-{_TIME}", re.ASCII).fullmatch
_SHOWN_CHARS: Final = 40

# --- reports --------------------------------------------------------------------------------------------------------

_REQUIRED: Final = {
    "37": "OrderID",
    "17": "ExecID",
    "150": "ExecType",
    "39": "OrdStatus",
    "55": "Symbol",
    "54": "Side",
    "151": "LeavesQty",
    "14": "CumQty",
}
_OF_NO_ORDER: Final = frozenset({"37", "151", "14"})
_UNKNOWN_ORDER: Final = "5"
_ORD_REJ_REASONS: Final = frozenset("012345678")
_RESTATEMENT_REASONS: Final = frozenset("012345")


def of_enumerations(
    exec_type: str | None, ord_status: str | None, trans_type: str | None, time: str | None
) -> tuple[Anomaly | None, bool]:
    """Say which of these fields of a report cannot be read, and whether what is left tells what happened."""
    if exec_type is None and trans_type != ExecTransType.STATUS:
        return Anomaly(AnomalyCode.MISSING_FIELD, "ExecType (150) is missing"), False
    if exec_type is not None and exec_type not in EXEC_TYPES:
        return _unknown("ExecType (150)", exec_type), False
    if trans_type is not None and trans_type not in TRANS_TYPES:
        return _unknown("ExecTransType (20)", trans_type), False
    if ord_status is not None and ord_status not in STATUSES:
        return _unknown("OrdStatus (39)", ord_status), True
    if time is not None and not is_time(time):
        return Anomaly(AnomalyCode.MALFORMED_FIELD, f"TransactTime (60) is {_short(time)}"), True
    return None, True


def of_full_report(fields: Mapping[str, str]) -> Anomaly | None:
    """Hold a report against what FIX 4.2 requires of every one; None where it has all of it.

    Not ExecTransType, whose blank is New, nor AvgPx, which follows from the fills. An order that the venue does not
    know has no OrderID and no quantities; one of a quote amount has no LeavesQty that anybody knows.
    """
    reason, restated = fields.get("103"), fields.get("378")
    if reason and reason not in _ORD_REJ_REASONS:
        return _unknown("OrdRejReason (103)", reason)
    if restated and restated not in _RESTATEMENT_REASONS:
        return _unknown("ExecRestatementReason (378)", restated)
    excused = _OF_NO_ORDER if reason == _UNKNOWN_ORDER else frozenset[str]()
    if fields.get("152") and not fields.get("38"):
        excused |= {"151"}
    return _missing(fields, _REQUIRED, excused)


# --- cancel rejects -------------------------------------------------------------------------------------------------

_REQUIRED_OF_CANCEL_REJECT: Final = {
    "37": "OrderID",
    "11": "ClOrdID",
    "41": "OrigClOrdID",
    "39": "OrdStatus",
}
_UNKNOWN_TO_VENUE: Final = "1"
_CXL_REJ_VALUES: Final = {
    "434": ("CxlRejResponseTo", frozenset("12")),
    "102": ("CxlRejReason", frozenset("0123")),
}


def of_cancel_reject(fields: Mapping[str, str], *, full: bool) -> Anomaly | None:
    """Say what is wrong with an OrderCancelReject (35=9); `full`: it has to be as FIX 4.2 has it.

    CxlRejResponseTo is not missed, because ClOrdID names the request; nor the OrderID of an order unknown to the venue.
    """
    status = fields.get("39")
    if status not in STATUSES:
        return _unknown("OrdStatus (39)", status or "")
    if not full:
        return None
    for tag, (name, values) in _CXL_REJ_VALUES.items():
        value = fields.get(tag)
        if value and value not in values:
            return _unknown(f"{name} ({tag})", value)
    excused = {"37"} if fields.get("102") == _UNKNOWN_TO_VENUE else ()
    return _missing(fields, _REQUIRED_OF_CANCEL_REJECT, frozenset(excused))


# --- messages of our own --------------------------------------------------------------------------------------------

_SENT_NUMBERS: Final = {"38": "OrderQty", "44": "Price", "152": "CashOrderQty"}
_OF_ANY_REQUEST: Final = {"11": "ClOrdID", "55": "Symbol", "54": "Side"}
_OF_A_CHANGE: Final = {"11": "ClOrdID", "41": "OrigClOrdID", "55": "Symbol", "54": "Side"}
_REQUIRED_OF_OURS: Final = {"D": _OF_ANY_REQUEST, "F": _OF_A_CHANGE, "G": _OF_A_CHANGE, "H": _OF_ANY_REQUEST}


def unreadable(fields: Mapping[str, str]) -> Anomaly | None:
    """Say what of a message of ours cannot be read, as a log may have one; None where all can."""
    for tag, name in _SENT_NUMBERS.items():
        try:
            number(fields.get(tag))
        except ValueError as error:
            return Anomaly(AnomalyCode.MALFORMED_FIELD, f"{name} ({tag}): {error}")
    side = fields.get("54")
    if side and side not in SIDES:
        return _unknown("Side (54)", side)
    return _missing(fields, _REQUIRED_OF_OURS.get(fields.get("35", ""), {}))


# --- wording --------------------------------------------------------------------------------------------------------


def _missing(
    fields: Mapping[str, str], required: Mapping[str, str], excused: frozenset[str] = frozenset()
) -> Anomaly | None:
    names = [
        f"{name} ({tag})" for tag, name in required.items() if not fields.get(tag) and tag not in excused
    ]
    return lacking(names) if names else None


def _unknown(what: str, value: str) -> Anomaly:
    return Anomaly(AnomalyCode.UNKNOWN_VALUE, f"{what} is {_short(value)}")


def _short(text: str) -> str:
    """Quote a value that came from outside, at a bounded length."""
    return repr(text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…")
