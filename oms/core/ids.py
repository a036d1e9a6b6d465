"""ClOrdIDs as Apifiny demands them: account digits, 13 digits of milliseconds, 3 digits.

They never repeat: the clock only moves the counter forward, a step back or a burst counts on from the last id, and
after a restart the counter goes on from the highest id in the journal.
"""

from typing import Final

_SEQUENCE: Final = 1000
_DIGITS: Final = 16


class ClOrdIds:
    """Allocates ids; its state is the last one given out, which every id in the journal restores."""

    def __init__(self) -> None:
        """Start below every id."""
        self.last = 0

    def next(self, prefix: str, now_ns: int) -> str:
        """Allocate an id not given out before, whatever the clock does.

        Args:
            prefix: the account's digits.
            now_ns: nanoseconds since the epoch.

        """
        self.last = max(self.last + 1, now_ns // 1_000_000 * _SEQUENCE)
        return f"{prefix}{self.last:0{_DIGITS}d}"

    def note(self, cl_ord_id: str, prefix: str) -> None:
        """Never give out this id, nor one below it."""
        digits = cl_ord_id[len(prefix) :]
        if cl_ord_id.startswith(prefix) and len(digits) == _DIGITS and digits.isascii() and digits.isdigit():
            self.last = max(self.last, int(digits))


def account_digits(account: str) -> str:
    """Take the digits of an account: 00000015 of STA-00000015."""
    return "".join(char for char in account if char.isascii() and char.isdigit())
