"""The fields of a request. Numbers may be JSON numbers or text, as the document's samples print both.

Whoever writes JSON may write 0.0001 as 1E-4, and a time as 1.584614290628E12: those are the same numbers.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oms.sim.apifiny_http.codes import BAD_REQUEST, NO_MARKET, Problem
from oms.sim.market import VENUES
from oms.sim.tape import EPOCH
from oms.sim.web.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

Body = dict[str, Any]

_DECIMAL = re.compile(r"\+?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?")
MOST_PLACES = 30
MOST = 10**18
LATEST_MS = 253_402_300_799_000  # the last second of the year 9999


def text(body: Mapping[str, Any], name: str) -> str:
    """Return a field that must be there, as text."""
    value = optional_text(body, name)
    if not value:
        raise Problem(BAD_REQUEST, f"{name} is missing")
    return value


def optional_text(body: Mapping[str, Any], name: str) -> str:
    """Return a field that may be missing or null."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Problem(BAD_REQUEST, f"{name} must be text")
    return value


def number(body: Mapping[str, Any], name: str) -> Decimal:
    """Return a number that must be there."""
    value = optional_number(body, name)
    if value is None:
        raise Problem(BAD_REQUEST, f"{name} is missing")
    return value


def optional_number(body: Mapping[str, Any], name: str) -> Decimal | None:
    """Return a number, not negative; None where it is missing, null or empty."""
    value = body.get(name)
    if value is None or value == "":
        return None
    found = _number(value)
    if found is None:
        raise Problem(BAD_REQUEST, f"{name} must be a number")
    return found


def _number(value: Any) -> Decimal | None:  # noqa: ANN401 - whatever the client sent
    """Return a number that is not negative and of a size that amounts have; None where it is none."""
    is_text = isinstance(value, str) and _DECIMAL.fullmatch(value)
    if not is_text and (isinstance(value, bool) or not isinstance(value, int | Decimal)):
        return None
    found = Decimal(value)
    return found if found >= 0 and abs(found.adjusted()) <= MOST_PLACES else None


def whole(body: Mapping[str, Any], name: str, default: int) -> int:
    """Return a whole number, or the default where it is missing, null or empty."""
    value = body.get(name)
    if value is None or value == "":
        return default
    found = _number(value)
    if found is not None and found < MOST and found == int(found):
        return int(found)
    raise Problem(BAD_REQUEST, f"{name} must be a whole number")


def flag(body: Mapping[str, Any], name: str, *, default: bool) -> bool:
    """Return a yes or no."""
    value = body.get(name)
    if value is None or value == "":
        return default
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if isinstance(value, bool):
        return value
    raise Problem(BAD_REQUEST, f"{name} must be true or false")


def moment(body: Mapping[str, Any], name: str, default: datetime) -> datetime:
    """Return a time in milliseconds since 1970, or the default."""
    ms = whole(body, name, -1)
    return default if ms < 0 else EPOCH + timedelta(milliseconds=min(ms, LATEST_MS))


def venue(body: Mapping[str, Any]) -> str:
    """Return a venue that must be there and known."""
    named = text(body, "venue")
    if named not in VENUES:
        raise Problem(NO_MARKET, named)
    return named


def venues(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the one venue that is named, or all."""
    return (venue(body),) if optional_text(body, "venue") else VENUES


def choice(body: Mapping[str, Any], name: str, choices: Mapping[str, str]) -> str:
    """Return what one of several words, which must be there, stands for."""
    value = body.get(name)
    found = None if isinstance(value, str) else _number(value)
    word = value if found is None else plain(found)
    if not isinstance(word, str) or word not in choices:
        raise Problem(BAD_REQUEST, f"{name} must be one of {', '.join(choices)}")
    return choices[word]


def ms(at: datetime) -> int:
    """Return a time as the venue writes it."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def whole_ms(at: datetime) -> datetime:
    """Return a time without its part below a millisecond, which no caller was told."""
    return at - timedelta(microseconds=at.microsecond % 1000)


def sub_account(account: str, venue_name: str) -> str:
    """Return the id of an account on one venue: STA-00000001 has STA-VENUE1_00000001."""
    kind, dash, number_part = account.rpartition("-")
    return f"{kind}{dash}{venue_name}_{number_part}"
