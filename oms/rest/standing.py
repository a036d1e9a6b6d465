"""Whether a venue can be reached: up with the first good answer, down after several failures in a row or a ban.

Failures that follow one another within moments are no proof: many may have been under way at once.
"""

import threading
import time
from collections.abc import Mapping

from msgspec import Struct


class Seen(Struct, frozen=True, kw_only=True):
    """How a venue stands.

    Attributes:
        up: it can be reached, and the key works.
        reason: why it is down; the last failure while it was up.
        age_s: seconds since its last answer; None before the first.
        poll_s: seconds between two polls.
        banned: why it is left alone; None while it is not.
        keys_out: keys that are left out, and why.
        comparing: its list of open orders is to be compared with ours, or is being compared.
        uncompared: what the venue said instead of that list; None once it was had.

    """

    up: bool
    reason: str | None = None
    age_s: float | None = None
    poll_s: float = 0.0
    banned: str | None = None
    keys_out: Mapping[str, str] = {}
    comparing: bool = False
    uncompared: str | None = None


class Standing:
    """Counts good and bad answers. May be called from any thread."""

    def __init__(self, failures: int = 3, quiet_s: float = 0.0) -> None:
        """Begin down; `failures` in a row take it down again, where `quiet_s` seconds have passed without an answer."""
        self.up = False
        self.reason: str | None = None
        self._patience = failures
        self._quiet_s = quiet_s
        self._failures = 0
        self._heard_at: float | None = None
        self._lock = threading.Lock()

    @property
    def age_s(self) -> float | None:
        """Seconds since the last answer; None before the first."""
        return None if self._heard_at is None else time.monotonic() - self._heard_at

    def heard(self) -> None:
        """Note an answer, whatever it said."""
        with self._lock:
            self._heard_at = time.monotonic()
            self._failures = 0
            if self.up:
                self.reason = None

    def came_up(self) -> bool:
        """Note that the key works; tell whether that is news."""
        with self._lock:
            news, self.up, self._failures, self.reason = not self.up, True, 0, None
        return news

    def failed(self, reason: str, *, for_good: bool = False) -> bool:
        """Note that there was no answer; tell whether people have to know: it went down, or never came up.

        `for_good`: the venue turned us away, so that one failure is enough.
        """
        with self._lock:
            self._failures += 1
            first, was_up = self.reason is None, self.up
            self.reason = reason
            is_silent = self.age_s is None or self.age_s >= self._quiet_s
            if for_good or (self._failures >= self._patience and is_silent):
                self.up = False
            return (was_up and not self.up) or (first and not was_up)
