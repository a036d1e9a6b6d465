"""Coupon codes on their way: money for whoever reads them. They are in memory alone, and each is handed out once.

What is on record is a code's fingerprint. So a code that nobody took before the daemon ended is lost to it, and one
that was to be redeemed then is not sent again; whoever has it gives it once more.
"""

import threading

from oms.core.secret import Secret, fingerprint


class Codes:
    """Those to be redeemed by their fingerprint, those that were made by the movement's id. For any thread."""

    def __init__(self) -> None:
        """Begin without any."""
        self._lock = threading.Lock()
        self._given: dict[str, Secret] = {}
        self._made: dict[str, Secret] = {}

    def give(self, code: Secret) -> str:
        """Hand in a code that is to be redeemed, before its movement is instructed; gives its fingerprint."""
        name = fingerprint(code)
        with self._lock:
            self._given[name] = code
        return name

    def take_given(self, name: str | None) -> Secret | None:
        """Take out a code that is to be redeemed, by its fingerprint."""
        with self._lock:
            return self._given.pop(name or "", None)

    def keep(self, any_id: str, code: Secret) -> None:
        """Keep the code of a coupon that was made, until somebody takes it."""
        with self._lock:
            self._made[any_id] = code

    def take_made(self, any_id: str) -> Secret | None:
        """Hand out the code of a coupon that was made: the first time, and never again."""
        with self._lock:
            return self._made.pop(any_id, None)
