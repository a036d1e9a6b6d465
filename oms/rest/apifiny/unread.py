"""What the venue says and nobody can read: told to people, once for each row, and left out of what is believed.

A row that does not change is listed with every poll; people hear of it once. What is known of the order behind it stays
as it was, and a question about that order counts as not answered.
"""

import re
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct

_MOST_REMEMBERED: Final = 1000
_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_ORDER_ID: Final = re.compile(r'"orderId"\s*:\s*"([^"]{1,100})"')


class Unread(Struct, frozen=True):
    """A row, or a whole answer, that cannot be read.

    Attributes:
        method: the venue's name for what was asked.
        why: for people; names the method too.
        text: what the venue said, without secrets.
        fields: those of a row that hold a text.

    """

    method: str
    why: str
    text: str
    fields: Mapping[str, str] = _NONE


def texts_of(row: str) -> dict[str, str]:
    """Give the fields of a row that hold a text, whatever the others hold; nothing, where it has no fields."""
    try:
        found = msgspec.json.decode(row)
    except (ValueError, RecursionError):
        return {}
    fields = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in fields if isinstance(value, str)}


class UnreadRows:
    """Takes what cannot be read, of all who ask for one account; may be called from any thread."""

    def __init__(self, alert: Callable[[str], None]) -> None:
        """Tell people by `alert`."""
        self._alert = alert
        self._told: dict[tuple[str, str], None] = {}
        self._lock = threading.Lock()

    def __call__(self, found: Unread) -> None:
        """Tell of it, unless that was done: of the same order, asked for in the same way."""
        named = _ORDER_ID.search(found.text)
        if self._is_news((found.method, named[1] if named else found.text)):
            self._alert(
                f"{found.why}; it is left out, and what it is about counts as not answered: {found.text}"
            )

    def _is_news(self, name: tuple[str, str]) -> bool:
        with self._lock:
            if name in self._told:
                return False
            if len(self._told) >= _MOST_REMEMBERED:
                del self._told[next(iter(self._told))]
            self._told[name] = None
        return True
