"""A FIX message as text: one field of it, without its secrets, and as people can read it. Knows no QuickFIX."""

import re
from typing import Final

SOH: Final = "\x01"
_RAW_DATA: Final = re.compile(r"(?<=\x0196=)[^\x01]+")
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


def masked(text: str) -> str:
    """Put stars in the place of RawData (96) and of whatever looks like a token, as many as there were characters.

    BodyLength stays right that way; CheckSum does not.
    """
    if f"{SOH}96=" in text:
        text = _RAW_DATA.sub(_stars, text)
    return _TOKEN.sub(_stars, text) if "eyJ" in text else text


def _stars(found: "re.Match[str]") -> str:
    return "*" * len(found.group())


def shown(text: str) -> str:
    """Write a message for people: `|` between its fields, no secrets."""
    return masked(plain(text)).replace(SOH, "|")
