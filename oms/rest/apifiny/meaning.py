"""What an error code stands for, as it was sent: a number, or text in either of the document's forms."""

import re
from typing import Final

from msgspec import Struct

from oms.rest.apifiny.codes import CODES, Code, Verdict

# Said of an order that was asked for by its id: the venue does not have it.
NOT_THERE: Final = frozenset({"ORDER_UNKNOWN", "ORDER_UNKNOWN_EXECUTE_FAIL"})

# Said of a token that has expired, and of others.
OF_TOKEN: Final = frozenset({"TOKEN_ERROR"})

# Said of a key or its account: nothing else will be done for it either.
OF_KEY: Final = OF_TOKEN | {
    "ACCOUNT_STATUS",
    "ACCOUNT_UNKNOWN",
    "SESSION_ERROR",
    "SESSION_EXTENSION_ERROR",
    "SESSION_TYPE_ERROR",
    "SSO_TOKEN_ERROR",
}

_LONGEST_CODE: Final = 20


class Meaning(Struct, frozen=True):
    """What a code that was sent may stand for; empty where the document does not know it."""

    sent: str
    rows: tuple[Code, ...]

    @property
    def verdict(self) -> Verdict:
        """The most cautious of what it may be; an unknown code leaves everything open."""
        return max((row.verdict for row in self.rows), default=Verdict.IN_DOUBT)

    @property
    def is_not_there(self) -> bool:
        """Tell whether the order that was asked for does not exist."""
        return any(row.name in NOT_THERE for row in self.rows)

    @property
    def is_of_token(self) -> bool:
        """Tell whether the token was refused, which may be for its time."""
        return any(row.name in OF_TOKEN for row in self.rows)

    @property
    def is_of_key(self) -> bool:
        """Tell whether the key or its account was refused, whatever is asked with it."""
        return any(row.name in OF_KEY for row in self.rows)

    def __str__(self) -> str:
        """Name it for people."""
        if not self.sent:
            return "an error without a code"
        return f"{' or '.join(row.name for row in self.rows) or 'not in the document'} ({self.sent})"


def meaning(code: int | str, text: str = "") -> Meaning:
    """Look up a code as it was sent: a number, or text in decimal or hexadecimal; and the text beside it."""
    sent = str(code).strip()
    number = _number(sent)
    rows = tuple(row for row in CODES if number is not None and _is(row, number, sent))
    told = tuple(row for row in rows if _plain(text).startswith(_plain(row.text)))  # a venue may add a detail
    return Meaning(sent[:_LONGEST_CODE], told or rows)


def _is(row: Code, number: int, sent: str) -> bool:
    if sent[:2].lower() == "0x":
        return int(row.hexadecimal, 16) == number
    return number in {row.decimal, int(row.hexadecimal, 16)}


def _number(sent: str) -> int | None:
    if len(sent) > _LONGEST_CODE:
        return None
    try:
        return int(sent, 0)
    except ValueError:
        return None


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
