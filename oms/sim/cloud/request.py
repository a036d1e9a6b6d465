"""One request as it came in, and its parameters, wherever a client put them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from oms.sim.web.text import decode

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SIGNING = frozenset({"AccessKeyId", "SignatureMethod", "SignatureVersion", "Timestamp", "Signature"})
FINEST = Decimal("1e-18")
LARGEST = Decimal(10) ** 12
MOST_DIGITS = 19  # of a whole number: a long


class Problem(Exception):  # noqa: N818 - an answer, not a fault of ours
    """Why the venue does not do it; told with HTTP 200, as `err-code` and `err-msg`."""

    def __init__(self, *, code: str, text: str) -> None:
        """`code` is for programs, `text` for people."""
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request: `path` and `query` are still percent-encoded, `host` is the Host header."""

    method: str
    path: str
    host: str = ""
    query: str = ""
    body: bytes = b""

    def params(self) -> Params:
        """Return the parameters, of the body before those of the query; a `Problem` if unreadable."""
        values: dict[str, object] = dict(parse_qsl(self.query, keep_blank_values=True))
        if self.method == "POST":
            values |= self._of_body()
        return Params({name: value for name, value in values.items() if name not in SIGNING})

    def _of_body(self) -> Mapping[str, object]:
        """The document prints form-encoded as the content type, and JSON as the examples: take both."""
        if not self.body.strip():
            return {}
        try:
            text = self.body.decode()
            if not text.lstrip().startswith(("{", "[")):
                return dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
            values = decode(text)
        except ValueError:
            raise Problem(code="bad-request", text="the body is neither JSON nor form-encoded") from None
        if not isinstance(values, dict):
            raise Problem(code="bad-request", text="the body must be a JSON object")
        return values


class Params:
    """Parameters by name: text or numbers, as clients differ. An empty one counts as absent."""

    def __init__(self, values: Mapping[str, object]) -> None:
        """Keep what was sent."""
        self._values = {name: value for name, value in values.items() if value not in (None, "")}

    def text(self, name: str, default: str | None = None) -> str:
        """Return a parameter as text; without a default it is required."""
        value = self._values.get(name, default)
        if value is None:
            raise Problem(code="validation-constraints-required", text=f"Field is missing: `{name}`.")
        if isinstance(value, Decimal):
            return f"{value:f}"
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise invalid(name)
        return str(value)

    def whole(self, name: str, default: int | None = None, *, low: int = 0, high: int = 2**63 - 1) -> int:
        """Return a whole number between `low` and `high`."""
        text = self.text(name, None if default is None else str(default))
        if not re.fullmatch(rf"[0-9]{{1,{MOST_DIGITS}}}", text) or not low <= int(text) <= high:
            raise Problem(
                code=f"invalid-{name}", text=f"Parameter `{name}` is invalid, valid range: [{low},{high}]."
            )
        return int(text)

    def amount(self, name: str, default: str | None = None) -> Decimal:
        """Return a decimal above zero with at most 18 places; with a default also zero."""
        text = self.text(name, default)
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise invalid(name) from None
        zero_is_good = default is not None
        if not value.is_finite() or not (0 < value < LARGEST or (zero_is_good and value == 0)):
            raise invalid(name)
        if value and int(value.as_tuple().exponent) < int(FINEST.as_tuple().exponent):
            raise invalid(name)
        return value

    def choice(self, name: str, known: Collection[str], default: str | None = None) -> str:
        """Return one of the known words."""
        text = self.text(name, default)
        if text not in known and text != default:
            raise invalid(name)
        return text

    def choices(self, name: str, known: Collection[str], default: str | None = None) -> frozenset[str]:
        """Return words "separate by ','"; the default "" stands for all that are known."""
        text = self.text(name, default)
        if not text:
            return frozenset(known)
        words = frozenset(word.strip() for word in text.split(","))
        if not words <= frozenset(known):
            raise invalid(name)
        return words

    def names(self, name: str) -> list[str]:
        """Return a list of ids: a JSON list, or text with commas between them."""
        value = self._values.get(name)
        if isinstance(value, list):
            if not all(isinstance(each, str | int) and not isinstance(each, bool) for each in value):
                raise invalid(name)
            return [str(each) for each in value]
        return [word.strip() for word in self.text(name).split(",")]

    def days(self, default_start: datetime, now: datetime) -> tuple[datetime, datetime]:
        """Return `start-date` and the end of `end-date`, both yyyy-mm-dd in UTC."""
        start = self._day("start-date") or default_start
        end = self._day("end-date")
        return start, end + timedelta(days=1) if end else now + timedelta(days=1)

    def _day(self, name: str) -> datetime | None:
        text = self.text(name, "")
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise invalid(name)
        try:
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        except ValueError:
            raise invalid(name) from None


def invalid(name: str) -> Problem:
    """Return the problem of a parameter that cannot be understood."""
    return Problem(code=f"invalid-{name}", text=f"Parameter `{name}` is invalid.")
