"""A FIX message as text: its fields, without its secrets, and as people can read it. Knows no QuickFIX."""

import re
from collections.abc import Iterator
from typing import Final

from oms.fix.codec import Fields, split

SOH: Final = "\x01"
_RAW_DATA: Final = re.compile(r"(?:\x0195=(\d{1,5}))?\x0196=")
_DATA: Final = re.compile(r"\x01(\d{2,3})=(\d{1,5})(?=\x01(\d{2,3})=)")
_DATA_OF: Final = {  # FIX 4.2, volume 1, "data": the field of its length, and the field, which may hold SOH
    "90": "91",
    "93": "89",
    "95": "96",
    "212": "213",
    **{str(length): str(length + 1) for length in range(348, 366, 2)},
}
_TOKEN: Final = re.compile(r"eyJ[\w.-]{5,}")


def field(text: str, tag: str) -> str | None:
    """Read one field of a message, the first of this tag; None where there is none."""
    start = text.find(f"{SOH}{tag}=")
    if start < 0:
        return None
    start += len(tag) + 2
    end = text.find(SOH, start)
    return plain(text[start : end if end >= 0 else len(text)])


def plain(text: str) -> str:
    r"""Write bytes that were no UTF-8 as \xNN: QuickFIX gives them as surrogates, which no file takes."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def fields_of(text: str) -> Fields:
    """Split a message as `codec.split` does, also where a data field holds SOH; such a field is given as stars.

    Raises:
        ValueError: a part is not of the form tag=value.

    """
    try:
        return split(text)
    except ValueError:
        return split(_starred(text, _data(text)))


def masked(text: str) -> str:
    """Put stars in the place of RawData (96) and of whatever looks like a token, as many as there were characters.

    BodyLength stays right that way; CheckSum does not.
    """
    if f"{SOH}96=" in text:
        text = _starred(text, _raw_data(text))
    return _TOKEN.sub(lambda found: "*" * len(found.group()), text) if "eyJ" in text else text


def _raw_data(text: str) -> Iterator[tuple[int, int]]:
    """Give where each RawData begins and ends."""
    for found in _RAW_DATA.finditer(text):
        yield found.end(), _end(text, found.end(), found[1])


def _data(text: str) -> Iterator[tuple[int, int]]:
    """Give where each data field begins and ends."""
    for found in _DATA.finditer(text):
        if _DATA_OF.get(found[1]) == found[3]:
            start = found.end(3) + 1
            yield start, _end(text, start, found[2])


def _end(text: str, start: int, length: str | None) -> int:
    """Find the end of a data field: as far as its length says, where a SOH is there, else before the next one."""
    by_length = start + int(length or 0)
    if length is not None and text[by_length : by_length + 1] == SOH:
        return by_length
    end = text.find(SOH, start)
    return end if end >= 0 else len(text)


def _starred(text: str, spans: Iterator[tuple[int, int]]) -> str:
    """Put stars there; a place within another's is none of its own."""
    parts: list[str] = []
    done = 0
    for start, end in spans:
        if start >= done:
            parts += text[done:start], "*" * (end - start)
            done = end
    return "".join(parts) + text[done:]


def shown(text: str) -> str:
    """Write a message for people: `|` between its fields, no secrets."""
    return masked(plain(text)).replace(SOH, "|")
