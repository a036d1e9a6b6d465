"""Actions at their time, in order, on one thread: answers, delays, the participants' steps."""

from __future__ import annotations

import heapq
import sys
import threading
import time
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Action = tuple[float, int, "Callable[[], None]"]


class Timeline:
    """A queue ordered by time; equal times keep the order in which they were put."""

    def __init__(self) -> None:
        """Nothing runs before `start`."""
        self._heap: list[Action] = []
        self._numbers = count()
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="sim-timeline", daemon=True)

    @staticmethod
    def now() -> float:
        """Return the clock that `put` counts in, in seconds."""
        return time.monotonic()

    def put(self, due: float, action: Callable[[], None]) -> None:
        """Run the action at `due`, or as soon as possible after it."""
        with self._changed:
            first = not self._heap or due < self._heap[0][0]
            heapq.heappush(self._heap, (due, next(self._numbers), action))
            if first:
                self._changed.notify()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Forget what is waiting and end the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while due := self._next_due():
            for _, _, action in due:
                try:
                    action()
                except Exception as error:  # noqa: BLE001 - one bad action must not end the venue
                    print(f"sim: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201

    def _next_due(self) -> list[Action]:
        """Wait for what is due; nothing means the end."""
        with self._changed:
            while not self._stopped:
                due = self._take_due()
                if due:
                    return due
                self._changed.wait(self._heap[0][0] - self.now() if self._heap else None)
            return []

    def _take_due(self) -> list[Action]:
        now = self.now()
        due: list[Action] = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heapq.heappop(self._heap))
        return due
