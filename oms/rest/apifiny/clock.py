"""How far the venue's clock is ahead of ours, measured with `utils.currentTimeMillis`. Pure."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

_MS: Final = 1_000_000
_S: Final = 1_000_000_000


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
