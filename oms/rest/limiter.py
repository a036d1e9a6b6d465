"""How often a venue may be asked: so many requests in any interval, by class. Pure: time is a value."""

from collections import deque
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

_NS: Final = 1_000_000_000


class Limit(Struct, frozen=True):
    """At most `count` requests in any `interval_s` seconds."""

    count: int
    interval_s: float


class Pacer:
    """Counts requests of each class; a class without a limit is never held back.

    Whoever sends asks `wait_ns`, waits that long, and calls `sent` when the request leaves.
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
        self._limits = dict(limits)
        self._sent = {kind: deque[int](maxlen=limit.count) for kind, limit in limits.items()}

    def wait_ns(self, kind: str, now_ns: int) -> int:
        """Tell how long the next request of a class must wait; 0 where it may leave now.

        Args:
            kind: the class of the request.
            now_ns: a clock that never steps back, nanoseconds.

        """
        limit, sent = self._limits.get(kind), self._sent.get(kind)
        if limit is None or sent is None or len(sent) < limit.count:
            return 0
        return max(sent[0] + round(limit.interval_s * _NS) - now_ns, 0)

    def sent(self, kind: str, now_ns: int) -> None:
        """Count a request that leaves now."""
        if kind in self._sent:
            self._sent[kind].append(now_ns)
