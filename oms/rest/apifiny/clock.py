"""How far the venue's clock is ahead of ours, measured with `utils.currentTimeMillis`. Time is an argument.

A measurement that is far from what was known is believed when the next one says the same: an answer out of a cache, or
of a server whose clock is wrong, would have every token refused, or let one live on past its fence.
"""

import threading
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

_MS: Final = 1_000_000
_S: Final = 1_000_000_000
_FAR_NS: Final = 2 * _S
_AGAIN_S: Final = 5.0  # between two measurements because of a refused token


class ClockDifference(Struct, frozen=True):
    """The venue's clock is ahead of ours by `ahead_ns` (behind: negative), give or take `uncertain_ns`."""

    ahead_ns: int = 0
    uncertain_ns: int = 0

    def expiry_s(self, now_ns: int, lifetime_s: int) -> int:
        """Claim `exp` of a token made now: seconds since the epoch by the venue's clock."""
        return (now_ns + self.ahead_ns) // _S + lifetime_s

    def fence_ns(self, exp_s: int) -> int:
        """The moment by our clock from which the venue takes no token with this `exp` any more."""
        return exp_s * _S - self.ahead_ns + self.uncertain_ns


class VenueTime:
    """What is known of a venue's clock, for all who sign by one key at one host. May be called from any thread.

    Attributes:
        difference: the one to sign by; replaced, never changed.

    """

    def __init__(self) -> None:
        """Take the clocks to be equal."""
        self.difference = ClockDifference()
        self._odd: ClockDifference | None = None
        self._taken_at: float | None = None
        self._tried_at: float | None = None
        self._doubted = False
        self._lock = threading.Lock()

    def take(self, found: ClockDifference, now_s: float) -> bool:
        """Take a measurement; tell whether it is believed, or another has to agree first.

        `now_s`: a clock that never steps back, seconds.
        """
        with self._lock:
            self._tried_at = now_s
            odd, self._odd = self._odd, found
            if not _agree(found, self.difference) and (odd is None or not _agree(found, odd)):
                return False
            self.difference, self._odd, self._taken_at, self._doubted = found, None, now_s, False
        return True

    def doubt(self) -> None:
        """Note that the venue refused a token, which may be for its time."""
        self._doubted = True

    def is_due(self, now_s: float, every_s: float) -> bool:
        """Tell whether to measure now: nothing is known yet, not lately, or the last one is in doubt."""
        with self._lock:
            if self._tried_at is None or self._taken_at is None:
                return True
            return self._may_again(now_s) if self._doubted else now_s - self._taken_at > every_s

    def may_help(self, now_s: float) -> bool:
        """Tell whether a measurement may explain why a token was refused: there was none just now."""
        with self._lock:
            return self._doubted and self._may_again(now_s)

    def _may_again(self, now_s: float) -> bool:
        return self._tried_at is None or now_s - self._tried_at >= _AGAIN_S


def _agree(one: ClockDifference, other: ClockDifference) -> bool:
    return abs(one.ahead_ns - other.ahead_ns) <= _FAR_NS + one.uncertain_ns + other.uncertain_ns


def measured(sent_ns: int, received_ns: int, venue_ms: int) -> ClockDifference:
    """Compare the clocks: the venue read its own somewhere between, at best guess half-way.

    Args:
        sent_ns: when the question left, by our clock.
        received_ns: when the answer was here.
        venue_ms: what the venue said, milliseconds since the epoch, rounded down.

    Raises:
        ValueError: the answer came before the question.

    """
    if received_ns < sent_ns:
        message = f"an answer at {received_ns} cannot be to a question at {sent_ns}: did the clock step back?"
        raise ValueError(message)
    half_ms = _MS // 2
    between_ns = (sent_ns + received_ns) // 2
    return ClockDifference(venue_ms * _MS + half_ms - between_ns, (received_ns - sent_ns) // 2 + half_ms)


def best(samples: Sequence[ClockDifference]) -> ClockDifference:
    """Choose the sample with the shortest round trip."""
    return min(samples, key=lambda sample: sample.uncertain_ns)
