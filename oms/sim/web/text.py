"""JSON with exact numbers: decimals are read as they are written, and written without an exponent."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import msgspec
from starlette.responses import Response

LONGEST_NUMBER = 60


def encode(value: object) -> bytes:
    """Write a value; decimals become JSON numbers without trailing zeros (10.00 as 10)."""
    return msgspec.json.encode(_written(value))


def decode(text: bytes | str) -> Any:  # noqa: ANN401 - whatever the client sent
    """Read JSON; numbers with a fraction are decimals. A ValueError says that it is not JSON."""
    try:
        return json.loads(text, parse_float=_decimal, parse_int=_whole, parse_constant=_refused)
    except RecursionError:
        msg = "nested too deeply"
        raise ValueError(msg) from None


def plain(value: Decimal) -> str:
    """Write a decimal in full: no exponent, no trailing zeros."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def answer(value: object, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(encode(value), status, media_type="application/json")


def _written(value: object) -> object:
    match value:
        case Decimal():
            return msgspec.Raw(plain(value).encode())
        case dict():
            return {key: _written(each) for key, each in value.items()}
        case list() | tuple():
            return [_written(each) for each in value]
        case _:
            return value


def _decimal(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        _refused(text)
    try:
        number = Decimal(text)
    except InvalidOperation:
        _refused(text)
    if abs(number.adjusted()) > LONGEST_NUMBER:
        _refused(text)
    return number


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        _refused(text)
    return int(text)


def _refused(text: str) -> NoReturn:
    msg = f"{text[:20]} is not a number that is understood here"
    raise ValueError(msg)
