"""How often a venue may be asked: so many requests in any interval, by class. Time is a value."""

import threading
from collections import deque
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

TRADE: Final = "trade"  # what moves something
QUERY: Final = "query"  # what only asks
_NS: Final = 1_000_000_000


class Limit(Struct, frozen=True):
    """At most `count` requests in any `interval_s` seconds."""

    count: int
    interval_s: float


class Pacer:
    """Counts requests of each class, of any number of threads; a class without a limit is never held back.

    Whoever sends calls `take` until it gives 0, and waits in between for as long as it says.
    """

    def __init__(self, limits: Mapping[str, Limit]) -> None:
        """Start with nothing sent.

        Raises:
            ValueError: a limit lets nothing pass.

        """
        for kind, limit in limits.items():
            if limit.count < 1 or limit.interval_s < 0:
                told = f"the limit of {kind!r} must let at least 1 request pass in 0 s or more, not {limit}"
                raise ValueError(told)
        self._lock = threading.Lock()
        self._limits = dict(limits)
        self._sent = {kind: deque[int](maxlen=limit.count) for kind, limit in limits.items()}

    def take(self, kind: str, now_ns: int) -> int:
        """Count a request that leaves now, where it may: then 0; else how long to wait before the next try, in ns."""
        with self._lock:
            wait_ns = self.wait_ns(kind, now_ns)
            if not wait_ns and kind in self._sent:
                self._sent[kind].append(now_ns)
        return wait_ns

    def wait_ns(self, kind: str, now_ns: int) -> int:
        """Tell how long the next request of a class must wait as it looks; 0 where it may leave now.

        Args:
            kind: the class of the request.
            now_ns: a clock that never steps back, nanoseconds.

        """
        limit, sent = self._limits.get(kind), self._sent.get(kind)
        if limit is None or sent is None or len(sent) < limit.count:
            return 0
        return max(sent[0] + round(limit.interval_s * _NS) - now_ns, 0)
