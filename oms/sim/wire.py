"""FIX 4.2 text in, requests out; knows no QuickFIX.

What cannot be understood is a `Garbled`, which the venue answers with a session Reject (35=3): a
missing or malformed field is the sender's programming error. What is understood and not wanted is
the exchange's business (ExecType Rejected).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from oms.sim.terms import CancelOrder, NewOrder, Side, StatusRequest, Tif

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SOH = "\x01"
Fields = dict[int, str]
Request = NewOrder | CancelOrder | StatusRequest

NEW_ORDER, CANCEL, STATUS = "D", "F", "H"

# The values of SessionRejectReason(373) that the venue uses.
REQUIRED_TAG_MISSING = "1"
TAG_WITHOUT_VALUE = "4"
VALUE_IS_INCORRECT = "5"
INCORRECT_DATA_FORMAT = "6"

_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{0,20})?|-?\.[0-9]{1,20}")


class Garbled(Exception):  # noqa: N818 - named after what the message is
    """A message that the venue cannot read."""

    def __init__(self, *, tag: int, reason: str, text: str) -> None:
        """Name the tag and the SessionRejectReason(373)."""
        super().__init__(text)
        self.tag = tag
        self.reason = reason
        self.text = text


def parse(text: str) -> Fields:
    """All fields of a message; of a repeated tag the last counts. Total: it never raises."""
    fields: Fields = {}
    for field in text.split(SOH):
        tag, equals, value = field.partition("=")
        if equals and tag.isascii() and tag.isdecimal():
            fields[int(tag)] = value
    return fields


def printable(text: str) -> str:
    """Return what may be sent back: QuickFIX cannot send the surrogates it received."""
    return text.encode("ascii", "replace").decode("ascii")


def read(fields: Mapping[int, str], account: str) -> Request:
    """Return the request in a D, F or H of this account's session."""
    for required in _REQUIRED[fields[35]]:
        _required(fields, required)
    if fields.get(1, account) != account:
        text = "Account(1) is not this session's account"
        raise Garbled(tag=1, reason=VALUE_IS_INCORRECT, text=text)
    return _READERS[fields[35]](fields, account)


def _new_order(fields: Mapping[int, str], account: str) -> NewOrder:
    return NewOrder(
        account=account,
        cl_ord_id=fields[11],
        venue=fields.get(207, ""),
        symbol=fields[55],
        side=_side(fields),
        ord_type=fields[40],
        tif=fields.get(59, Tif.GTC),
        price=_decimal(fields, 44),
        qty=_decimal(fields, 38),
        cash_qty=_decimal(fields, 152),
    )


def _cancel(fields: Mapping[int, str], account: str) -> CancelOrder:
    return CancelOrder(
        account=account,
        cl_ord_id=fields[11],
        orig_cl_ord_id=fields[41],
        symbol=fields[55],
        side=_side(fields),
    )


def _status(fields: Mapping[int, str], account: str) -> StatusRequest:
    return StatusRequest(account=account, cl_ord_id=fields[11], symbol=fields[55], side=_side(fields))


# What the venue's document lists for each message, as far as nothing can be done without it.
_REQUIRED = {NEW_ORDER: (11, 55, 54, 40), CANCEL: (11, 41, 55, 54), STATUS: (11, 55, 54)}
_READERS: dict[str, Callable[[Mapping[int, str], str], Request]] = {
    NEW_ORDER: _new_order,
    CANCEL: _cancel,
    STATUS: _status,
}


def _required(fields: Mapping[int, str], tag: int) -> None:
    if tag not in fields:
        raise Garbled(tag=tag, reason=REQUIRED_TAG_MISSING, text=f"Required tag {tag} missing")
    if not fields[tag]:
        text = f"Tag {tag} specified without a value"
        raise Garbled(tag=tag, reason=TAG_WITHOUT_VALUE, text=text)


def _side(fields: Mapping[int, str]) -> Side:
    try:
        return Side(fields[54])
    except ValueError:
        text = "Side(54) must be 1 to buy or 2 to sell"
        raise Garbled(tag=54, reason=VALUE_IS_INCORRECT, text=text) from None


def _decimal(fields: Mapping[int, str], tag: int) -> Decimal | None:
    text = fields.get(tag)
    if text is None:
        return None
    # FIX knows no exponent, no NaN and no digits but ASCII; Decimal() takes them all.
    if not _DECIMAL.fullmatch(text):
        problem = f"Incorrect data format for tag {tag}"
        raise Garbled(tag=tag, reason=INCORRECT_DATA_FORMAT, text=problem)
    return Decimal(text)
