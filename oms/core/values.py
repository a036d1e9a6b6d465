"""Identifiers, decimals and FIX 4.2 enumerations: the vocabulary of everything else.

Money is `Decimal`, read from the wire's own text and never rounded: importing this module makes the exact context
below the default of every thread, so that a lost digit is an exception and not a wrong number.
"""

import decimal
import re
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final, overload

_DIGITS: Final = 250  # products of two 40-digit numbers reach from 1e80 to 1e-80; and room for sums
EXACT: Final = decimal.Context(
    prec=_DIGITS,
    rounding=decimal.ROUND_HALF_EVEN,
    traps=[
        decimal.InvalidOperation,
        decimal.DivisionByZero,
        decimal.Overflow,
        decimal.Inexact,
        decimal.FloatOperation,
    ],
)
WIDE: Final = decimal.Context(
    prec=_DIGITS, rounding=decimal.ROUND_HALF_EVEN, traps=[decimal.InvalidOperation]
)
ROUNDING: Final = decimal.Context(
    prec=120, rounding=decimal.ROUND_HALF_EVEN, traps=[decimal.InvalidOperation]
)

ZERO: Final = Decimal(0)
AVG_PX_STEP: Final = Decimal("1e-12")
MAX_NUMBER_CHARS: Final = 40


def use_exact_decimals() -> None:
    """Make `EXACT` the context of this thread and of every thread started later."""
    decimal.setcontext(EXACT.copy())
    decimal.DefaultContext.prec = EXACT.prec
    decimal.DefaultContext.traps = EXACT.traps


use_exact_decimals()

_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)


@lru_cache(maxsize=1 << 16)  # the same prices and quantities come again and again
def parse_decimal(text: str) -> Decimal:
    """Read a FIX 4.2 float field (volume 1, field data types: digits, a point, a minus sign; no exponent).

    Raises:
        ValueError: the text is not such a number, or longer than `MAX_NUMBER_CHARS`.

    """
    if len(text) > MAX_NUMBER_CHARS or not _NUMBER.fullmatch(text):
        shown = text if len(text) <= MAX_NUMBER_CHARS else f"{text[:MAX_NUMBER_CHARS]}…"
        message = f"{shown!r} is not a number of the form 123.45"
        raise ValueError(message)
    return Decimal(text)


@lru_cache(maxsize=1 << 16)
def parse_optional(text: str | None) -> Decimal | None:
    """`parse_decimal`, with None for a field that is not there.

    Raises:
        ValueError: the text is not a number.

    """
    return None if text is None else parse_decimal(text)


@overload
def shared(text: str) -> str: ...
@overload
def shared(text: str | None) -> str | None: ...
@lru_cache(maxsize=1 << 14)
def shared(text: str | None) -> str | None:
    """Give one object for all equal texts: what many orders have in common is at hand when the next one is touched."""
    return text


def format_decimal(value: Decimal) -> str:
    """Write a decimal in full: no exponent, no trailing zeros, zero as `0`."""
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_optional(value: Decimal | None) -> str | None:
    """`format_decimal`, with None for what is not known."""
    return None if value is None else format_decimal(value)


def decimal_places(value: Decimal) -> int:
    """Count the decimals that carry information: 2 for 1.250, 0 for 100."""
    text = format_decimal(value)
    return len(text) - text.index(".") - 1 if "." in text else 0


class Side(StrEnum):
    """Side (54)."""

    BUY = "1"
    SELL = "2"
    BUY_MINUS = "3"
    SELL_PLUS = "4"
    SELL_SHORT = "5"
    SELL_SHORT_EXEMPT = "6"
    UNDISCLOSED = "7"
    CROSS = "8"
    CROSS_SHORT = "9"


SIDES: Final = frozenset(str(side) for side in Side)
BUYS: Final = frozenset({str(Side.BUY), str(Side.BUY_MINUS)})


class OrdType(StrEnum):
    """OrdType (40), as far as the venues know it."""

    MARKET = "1"
    LIMIT = "2"


class TimeInForce(StrEnum):
    """TimeInForce (59); POST_ONLY is Apifiny's own value."""

    DAY = "0"
    GTC = "1"
    OPG = "2"
    IOC = "3"
    FOK = "4"
    GTX = "5"
    GTD = "6"
    POST_ONLY = "7"


GOOD_TILL: Final = frozenset({TimeInForce.GTC, TimeInForce.GTD})
AT_ONCE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})


class OrdStatus(StrEnum):
    """OrdStatus (39): what FIX derives from everything that holds at once."""

    NEW = "0"
    PARTIALLY_FILLED = "1"
    FILLED = "2"
    DONE_FOR_DAY = "3"
    CANCELED = "4"
    REPLACED = "5"
    PENDING_CANCEL = "6"
    STOPPED = "7"
    REJECTED = "8"
    SUSPENDED = "9"
    PENDING_NEW = "A"
    CALCULATED = "B"
    EXPIRED = "C"
    ACCEPTED_FOR_BIDDING = "D"
    PENDING_REPLACE = "E"


ORD_STATUS_NAMES: Final = {status: status.name.title().replace("_", "") for status in OrdStatus}


class ExecType(StrEnum):
    """ExecType (150): what this report is about."""

    NEW = "0"
    PARTIAL_FILL = "1"
    FILL = "2"
    DONE_FOR_DAY = "3"
    CANCELED = "4"
    REPLACE = "5"
    PENDING_CANCEL = "6"
    STOPPED = "7"
    REJECTED = "8"
    SUSPENDED = "9"
    PENDING_NEW = "A"
    CALCULATED = "B"
    EXPIRED = "C"
    RESTATED = "D"
    PENDING_REPLACE = "E"


class ExecTransType(StrEnum):
    """ExecTransType (20)."""

    NEW = "0"
    CANCEL = "1"
    CORRECT = "2"
    STATUS = "3"


class Phase(StrEnum):
    """The stored stage of an order's life; OrdStatus is derived from it together with fills and requests."""

    PENDING_NEW = "PENDING_NEW"
    WORKING = "WORKING"
    SUSPENDED = "SUSPENDED"
    STOPPED = "STOPPED"
    CALCULATED = "CALCULATED"
    DONE_FOR_DAY = "DONE_FOR_DAY"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    DENIED = "DENIED"


ENDED: Final = frozenset({Phase.CANCELED, Phase.EXPIRED, Phase.REJECTED, Phase.DENIED})


class RequestKind(StrEnum):
    """What a request that awaits its answer asks for."""

    NEW = "new"
    CANCEL = "cancel"
    REPLACE = "replace"


class External(StrEnum):
    """What becomes of an order at the venue that nobody here knows."""

    ADOPT = "adopt"
    IGNORE = "ignore"
    STOP = "stop"


class AnomalyCode(StrEnum):
    """Why a message contradicts the record. The text beside each name is what a person reads in the reference."""

    OVERFILL = "OVERFILL"
    GAP_OPEN = "GAP_OPEN"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    UNKNOWN_EXECUTION = "UNKNOWN_EXECUTION"
    UNKNOWN_REQUEST = "UNKNOWN_REQUEST"
    UNKNOWN_CHAIN = "UNKNOWN_CHAIN"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    EXECUTION_MISMATCH = "EXECUTION_MISMATCH"
    TERMS_MISMATCH = "TERMS_MISMATCH"
    QUANTITY_MISMATCH = "QUANTITY_MISMATCH"
    LEAVES_MISMATCH = "LEAVES_MISMATCH"
    NEGATIVE_QUANTITY = "NEGATIVE_QUANTITY"
    STATUS_MISMATCH = "STATUS_MISMATCH"
    STATUS_BACKWARDS = "STATUS_BACKWARDS"
    EXEC_TYPE_MISMATCH = "EXEC_TYPE_MISMATCH"
    REOPENED = "REOPENED"
    UNCONFIRMED_FILL = "UNCONFIRMED_FILL"
    FILL_AFTER_REJECT = "FILL_AFTER_REJECT"
    FILL_AFTER_REPLACE = "FILL_AFTER_REPLACE"
    AMBIGUOUS_SUBMIT = "AMBIGUOUS_SUBMIT"
    ID_CONFLICT = "ID_CONFLICT"
    MALFORMED_FIELD = "MALFORMED_FIELD"
    MISSING_FIELD = "MISSING_FIELD"
    UNKNOWN_VALUE = "UNKNOWN_VALUE"
    GARBLED = "GARBLED"


ANOMALY_TEXTS: Final[dict[AnomalyCode, str]] = {
    AnomalyCode.OVERFILL: "more was executed than the order asks for; it is counted in full and LeavesQty is 0",
    AnomalyCode.GAP_OPEN: "the venue reports a higher CumQty than the fills that arrived explain",
    AnomalyCode.UNKNOWN_ORDER: "a report names no order of this session",
    AnomalyCode.UNKNOWN_EXECUTION: "a bust or correction names an execution that was never seen, or is busted already",
    AnomalyCode.UNKNOWN_REQUEST: "the venue answers a message or request that is not on record",
    AnomalyCode.UNKNOWN_CHAIN: "a replacement is reported whose ClOrdID and OrigClOrdID are in no chain on record",
    AnomalyCode.ILLEGAL_TRANSITION: "the order cannot go from where it is to where the report puts it",
    AnomalyCode.EXECUTION_MISMATCH: "a known ExecID comes again with other shares or another price",
    AnomalyCode.TERMS_MISMATCH: "symbol, side or quantity are not those of the order",
    AnomalyCode.QUANTITY_MISMATCH: "the quantities contradict the fills on record, or each other",
    AnomalyCode.LEAVES_MISMATCH: "LeavesQty is not OrderQty - CumQty, though the order is active",
    AnomalyCode.NEGATIVE_QUANTITY: "a quantity is below zero; a fill of such a quantity is not counted",
    AnomalyCode.STATUS_MISMATCH: "a status answer contradicts what the venue itself reported before",
    AnomalyCode.STATUS_BACKWARDS: "a report younger than all others puts the order back to where it was before",
    AnomalyCode.EXEC_TYPE_MISMATCH: "OrdStatus contradicts ExecType; an end that is said so is not believed",
    AnomalyCode.REOPENED: "the venue has an order that was ended here without its word; it goes on as the venue says",
    AnomalyCode.UNCONFIRMED_FILL: "a fill that could have been a status answer is not in the venue's total",
    AnomalyCode.FILL_AFTER_REJECT: "an execution arrived for an order that was rejected or denied; it is counted",
    AnomalyCode.FILL_AFTER_REPLACE: "an execution of an order canceled for a replace, after its successor left",
    AnomalyCode.AMBIGUOUS_SUBMIT: "several orders at a venue without client order ids could be the one in doubt",
    AnomalyCode.ID_CONFLICT: "ClOrdID and OrderID of one report belong to different orders",
    AnomalyCode.MALFORMED_FIELD: "a field does not hold what its type demands",
    AnomalyCode.MISSING_FIELD: "a field that FIX 4.2 requires is missing; the rest counts as far as it goes",
    AnomalyCode.UNKNOWN_VALUE: "an enumeration holds a value that FIX 4.2 does not define",
    AnomalyCode.GARBLED: "a message whose frame (BodyLength, CheckSum, fields) is damaged",
}
