"""The best prices of the pairs that are watched: pushed where a feed does that, else asked for, one pair at a time.

1. Prices are as old as the question that they answer, or their push. Venues push what changes: while the connection
   that pushed a pair shows signs of life, its last prices hold, and are as old as the last sign.
2. One pair is asked for at a time, the one that was looked at longest ago; what is known is passed on meanwhile, on
   another thread, so that no slow answer and no failure makes the prices of other pairs old.
3. A pair that is pushed is asked for now and then all the same: a subscription may have ended without a word.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Final

from msgspec.structs import replace

from oms.core.instruments import Key
from oms.core.prices import Quote
from oms.core.times import NS_PER_S

CHECK_S: Final = 30.0  # between two questions for a pair that is pushed
ALIVE_S: Final = 3.0  # a connection that was silent for longer proves nothing


class Prices:
    """The prices of one venue account. Every method may be called from any thread."""

    def __init__(
        self,
        pairs: Sequence[Key],
        *,
        interval_s: float,
        now_ns: Callable[[], int],
        first: Callable[[], None] = lambda: None,
    ) -> None:
        """Start knowing nothing.

        Args:
            pairs: whose prices are wanted.
            interval_s: older ones are asked for, seconds.
            now_ns: the engine's clock.
            first: called when a pair has prices that had none.

        """
        self._quotes: dict[Key, Quote] = {}
        self._first = first
        self._interval_s = interval_s
        self._now_ns = now_ns
        self._lock = threading.Lock()
        self._looked_ns: dict[Key, int | None] = dict.fromkeys(pairs)
        self._pushed: set[Key] = set()
        self._alive_ns = 0

    # --- what a feed tells

    def pushed(self, quote: Quote) -> None:
        """Take in prices that were pushed."""
        with self._lock:
            self._keep(quote)
            self._pushed.add(quote.key)
            self._looked_ns[quote.key] = self._alive_ns = self._now_ns()

    def alive(self) -> None:
        """Take note that the connection showed a sign of life."""
        self._alive_ns = self._now_ns()

    def lost(self, _why: str) -> None:
        """Take note that pushes may have been missed: what was pushed before holds no longer than any other prices."""
        with self._lock:
            self._pushed.clear()

    # --- what is asked

    def due(self) -> Key | None:
        """Name the pair to ask for now."""
        with self._lock:
            now = self._now_ns()
            found = [key for key, looked_ns in self._looked_ns.items() if self._is_due(key, looked_ns, now)]
            return min(found, key=lambda key: self._looked_ns[key] or 0, default=None)

    def _is_due(self, key: Key, looked_ns: int | None, now_ns: int) -> bool:
        is_held = key in self._pushed and now_ns - self._alive_ns <= ALIVE_S * NS_PER_S
        interval_s = max(CHECK_S, self._interval_s) if is_held else self._interval_s
        return looked_ns is None or now_ns - looked_ns >= interval_s * NS_PER_S

    def ask(self, key: Key, question: Callable[[Key], Quote]) -> None:
        """Ask for a pair. What was pushed meanwhile is newer than the answer. Raises what `question` does."""
        asked_ns = self._now_ns()
        with self._lock:
            self._looked_ns[key] = asked_ns
        quote = replace(question(key), time_ns=asked_ns)  # old as the question, by one clock
        with self._lock:
            known = self._quotes.get(key)
            if known is None or known.time_ns <= asked_ns:
                self._keep(quote)

    def _keep(self, quote: Quote) -> None:
        is_first = quote.key not in self._quotes
        self._quotes[quote.key] = quote
        if is_first:
            self._first()

    # --- what is passed on

    def current(self) -> tuple[Quote, ...]:
        """Give all prices as they are known now."""
        with self._lock:
            for key in self._pushed:
                if self._quotes[key].time_ns < self._alive_ns:
                    self._quotes[key] = replace(self._quotes[key], time_ns=self._alive_ns)
            return tuple(self._quotes.values())
