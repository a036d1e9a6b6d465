"""How often a venue is asked when nothing is pushed: quickly while something is expected, slowly otherwise."""

import threading
from collections.abc import Callable, Iterable

import structlog
from msgspec import Struct

from oms.core.order import Order

_log = structlog.get_logger()


class Pace(Struct, frozen=True, kw_only=True):
    """Seconds between two polls.

    Attributes:
        quick_s: while an order is young, or a request is not answered or in doubt.
        slow_s: while orders rest.
        idle_s: while none is open: only to know that the venue can be reached.
        young_s: so long an order counts as young.

    """

    quick_s: float = 0.5
    slow_s: float = 5.0
    idle_s: float = 15.0
    young_s: float = 10.0


def interval_s(orders: Iterable[Order], now_ns: int, pace: Pace) -> float:
    """Say how long to wait until the next poll, seconds. `now_ns`: nanoseconds since the epoch."""
    interval = pace.idle_s
    for order in orders:
        if order.pending or (now_ns - order.created_ns) / 1e9 < pace.young_s:
            return pace.quick_s
        interval = pace.slow_s
    return interval


class Poller:
    """Calls `turn` on a thread of its own, again and again; each says how long to wait until the next, seconds."""

    def __init__(self, name: str, turn: Callable[[], float], *, after_failure_s: float = 5.0) -> None:
        """Prepare; `start` starts it. `after_failure_s`: the pause after a turn that raised something."""
        self.interval_s = 0.0
        self._name = name
        self._turn = turn
        self._after_failure_s = after_failure_s
        self._wake = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name=f"poll-{name}", daemon=True)

    def start(self) -> None:
        """Begin with a turn at once."""
        self._thread.start()

    def kick(self) -> None:
        """Have the next turn at once."""
        self._wake.set()

    def stop(self, within_s: float) -> bool:
        """Begin no other turn; tell whether the one under way ended in time."""
        self._ended = True
        self._wake.set()
        if self._thread.ident is None:
            return True
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._ended:
            self._wake.clear()
            try:
                self.interval_s = self._turn()
            except Exception as error:  # noqa: BLE001 - the top of this thread: the next turn may do better
                self.interval_s = self._after_failure_s
                _log.error("a poll failed", venue=self._name, error=f"{type(error).__name__}: {error}")
            self._wake.wait(self.interval_s)
