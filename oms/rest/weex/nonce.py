"""Nonces: a number that only grows, for each key and for ever (Trade API v1, Authentication).

Invariants
1. No number is given out twice for a key, nor one below a number given out before: not by two threads, not after a
   restart, not after a crash at any moment. The clock plays no part, so it may step as it likes.
2. A number is given out only after `reserve` returned for a block that holds it: what was reserved is on disk.
3. Nothing is given out above 4294967294; there the key is used up, and only a new key helps. The last 100,000 are kept
   for cancels and questions: what is open can be canceled to the end.
"""

import re
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from oms.rest.keys import KeyRefused, KeySpent, KeyUsedUp

HIGHEST: Final = 4_294_967_294
WARN_FROM: Final = HIGHEST * 9 // 10
KEPT: Final = 100_000  # half a day of polls every half a second
SPENT_FROM: Final = HIGHEST - KEPT + 1
BLOCK: Final = 64

Reserve = Callable[[str, int], None]
Warn = Callable[[str, int], None]
WELL_AFTER: Final = 100  # numbers in a row that the venue took

_INVALID: Final = re.compile(
    r"invalid nonce(?: parameter)?\s*;\s*on key:\s*'?(?P<on_key>\d{1,10})'?\s*,\s*you sent:\s*'?(?P<sent>\d{1,10})'?"
    r"(?:\s*,\s*you should send:\s*'?(?P<should>\d{1,10})'?)?",
    re.IGNORECASE | re.ASCII,
)


class Nonces:
    """The nonces of one key. Any thread may ask; `turn` is held while a request of this key is on its way."""

    def __init__(  # noqa: PLR0913 - by name
        self,
        key: str,
        reserve: Reserve,
        *,
        reserved: int = 0,
        block: int = BLOCK,
        warn: Warn | None = None,
        is_shared: Warn | None = None,
        label: str = "",
    ) -> None:
        """Go on after the highest number that was ever reserved.

        Args:
            key: the name under which the key's numbers are kept.
            reserve: makes durable that numbers up to and including this one may be used; returns after the commit.
            reserved: the highest number that `reserve` was ever called with for this key; 0 for none.
            block: how many numbers are reserved at once. After a restart the rest of a block is skipped.
            warn: is told once, with label and number, when nine tenths of all numbers are used up, and once more when
                no order leaves by the key any more.
            is_shared: is told once, with label and the number on the key, when the venue has one that was never given
                out here; again only after it took `WELL_AFTER` numbers in a row.
            label: what people call the key.

        """
        self.turn = threading.Lock()
        self._key = key
        self._label = label or key
        self._reserve = reserve
        self._warn = warn
        self._is_shared = is_shared
        self._block = max(block, 1)
        self._lock = threading.Lock()
        self._last = reserved
        self._reserved = reserved
        self._to_warn = [SPENT_FROM, WARN_FROM]
        self._recovered = False
        self._was_heard = False
        self._to_be_well = 0

    @property
    def last(self) -> int:
        """The number given out last; before the first, the one that the first will be above."""
        return self._last

    def next(self) -> int:
        """Give out the next number.

        Raises:
            KeyUsedUp: the key's numbers are used up.

        Whatever `reserve` raises goes through: then nothing was given out.

        """
        with self._lock:
            number = self._last + 1
            if number > HIGHEST:
                raise KeyUsedUp(_used_up(self._label))
            if number > self._reserved:
                up_to = min(number + self._block - 1, HIGHEST)
                self._reserve(self._key, up_to)
                self._reserved = up_to
            self._last = number
            news = bool(self._to_warn) and number >= self._to_warn[-1]
            while self._to_warn and number >= self._to_warn[-1]:
                self._to_warn.pop()
        if news and self._warn is not None:
            self._warn(self._label, number)
        return number

    def check_for_order(self) -> None:
        """Make sure that an order may leave by this key.

        Raises:
            KeySpent: the numbers that are left are kept for cancels and questions.

        """
        if self._last + 1 >= SPENT_FROM:
            told = (
                f"nonce: {self._label} takes no orders any more, its last numbers are kept for cancels; nothing was"
                " sent: make a new API key in the venue's profile and configure it"
            )
            raise KeySpent(told)

    def accepted(self) -> None:
        """Note that the venue took a number: it may recover from the next "invalid nonce" again."""
        with self._lock:
            self._recovered = False
            self._was_heard = True
            self._to_be_well = max(self._to_be_well - 1, 0)

    def after_invalid(self, text: str) -> bool:
        """Move above the number that the venue itself names, once until it accepts one again.

        Args:
            text: the venue's words: `invalid nonce parameter; on key:4, you sent:'3', you should send:5`; where the
                third part is missing, the number on the key plus 1 is meant.

        Returns:
            whether the refused request is worth another attempt, with the next number.

        Raises:
            KeyRefused: the venue's number leaves none above it: the key is used up.

        """
        found = _INVALID.search(text)
        if found is None:
            return False
        self._notice_others(int(found["on_key"]))
        wanted = max(int(found["on_key"]) + 1, int(found["should"] or 0))
        with self._lock:
            if self._recovered:
                return False
            self._recovered = True
            self._last = max(self._last, min(wanted, HIGHEST + 1) - 1)
            if self._last >= HIGHEST:
                raise KeyRefused(_used_up(self._label))
        return True

    def _notice_others(self, on_key: int) -> None:
        """Tell that somebody else uses the key: before the venue took a number of this life, it may be an older one."""
        with self._lock:
            if on_key <= self._last or not self._was_heard:
                return
            is_news = not self._to_be_well
            self._to_be_well = WELL_AFTER
        if is_news and self._is_shared is not None:
            self._is_shared(self._label, on_key)


class NonceKeys:
    """One `Nonces` for each key, however many ask for it: two for the same key would give numbers out twice."""

    def __init__(
        self,
        reserve: Reserve,
        reserved: Mapping[str, int],
        *,
        block: int = BLOCK,
        warn: Warn | None = None,
        is_shared: Warn | None = None,
    ) -> None:
        """Start from the highest number that was reserved for each key; the rest as in `Nonces`."""
        self._reserved = dict(reserved)
        self._make = partial(Nonces, reserve=reserve, block=block, warn=warn, is_shared=is_shared)
        self._lock = threading.Lock()
        self._by_key: dict[str, Nonces] = {}

    def of(self, key: str, label: str = "") -> Nonces:
        """Find the key's allocator; the same one each time. `label`: what people call the key."""
        with self._lock:
            found = self._by_key.get(key)
            if found is None:
                found = self._by_key[key] = self._make(key, reserved=self._reserved.get(key, 0), label=label)
            return found


def may_have_been_taken(text: str, sent: int) -> bool:
    """Whether "invalid nonce" leaves open that this very request was executed.

    A number that is already on the key came there by another request, or by this one when something on the way
    delivered it twice. The same holds where the words speak of another number than ours, or of none.
    """
    found = _INVALID.search(text)
    return found is None or int(found["sent"]) != sent or int(found["on_key"]) == sent


def _used_up(label: str) -> str:
    return (
        f"nonce: the numbers of {label} are used up ({HIGHEST} is the last);"
        " make a new API key in the venue's profile and configure it"
    )
