"""Rows of venues' answers: read from JSON with every number exact, whether it came as text or as a number.

Fields that a row does not know are ignored; one that is missing, or that does not hold what its type demands, is an
error that names it.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from oms.rest.shapes import decoder

T = TypeVar("T")

_PLAIN: Final = frozenset({int, str, type(None)})  # hold no amount, and most fields are such
_MOST_DIGITS: Final = 40  # above what a venue prints, below what an exponent can blow up


class Unreadable(Exception):  # noqa: N818 - says what is the case; never leaves oms.rest
    """An answer is not what its method documents; the text names the field."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row whose decimals are numbers of a sane size: neither NaN nor an exponent of thousands passes."""

    def __post_init__(self) -> None:
        """Refuse what is no amount.

        Raises:
            ValueError: a decimal is no finite number, or one of more than 40 digits before or after its point.

        """
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if type(value) in _PLAIN:
                continue
            for number in _decimals(value):
                if not is_sane(number):
                    message = f"{name} is {number}, which is no amount"
                    raise ValueError(message)


def is_sane(number: Decimal) -> bool:
    """Whether it is finite, with at most 40 digits before its point and 40 after it."""
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_MOST_DIGITS and number.adjusted() < _MOST_DIGITS


def _decimals(value: object) -> Iterable[Decimal]:
    if isinstance(value, Decimal):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _decimals(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _decimals(inner)


def read(content: bytes | msgspec.Raw, shape: type[T]) -> T:
    """Read JSON as `shape`.

    Raises:
        Unreadable: it is no JSON, or not of that shape.

    """
    return _reading(lambda: decoder(shape).decode(content))


def convert(value: object, shape: type[T]) -> T:
    """Take what was read as plain values for `shape`.

    Raises:
        Unreadable: it is not of that shape.

    """
    decoder(shape)  # makes it ready
    return _reading(lambda: msgspec.convert(value, shape, strict=False))


def _reading(reads: Callable[[], T]) -> T:
    try:
        found = reads()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from None
    return found


def shown(content: bytes, most: int = 200) -> str:
    """Write the start of an answer for people, in one line without control characters."""
    text = content[:most].decode("utf-8", "replace")
    line = "".join(char if char.isprintable() else " " for char in text)
    return f"{line}…" if len(content) > most else line
