"""The one clock. Inside the engine time never runs backwards, whatever is done to the machine's clock."""

import time
from typing import Final

_STEP_NS: Final = 1_000_000_000


class Clock:
    """Nanoseconds since the epoch, UTC, never decreasing.

    It follows the machine's clock when that is put forward. When that is put back, it goes on at the pace of the
    monotonic clock and notes how far it is ahead, so that no time-out waits for an hour to pass again.
    """

    def __init__(self) -> None:
        """Start at the machine's time."""
        self._offset_ns = time.time_ns() - time.monotonic_ns()
        self.ahead_ns = 0

    def __call__(self) -> int:
        """Tell the time."""
        now = time.monotonic_ns() + self._offset_ns
        wall = time.time_ns()
        if wall - now > _STEP_NS:
            self._offset_ns += wall - now
            now = wall
        self.ahead_ns = max(now - wall, 0)
        return now
