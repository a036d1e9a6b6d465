"""The thread that speaks to a venue with one key: urgent jobs first, in the order they came, as fast as is allowed.

1. Cancels leave before orders, and orders before queries; among equals, the first first.
2. A job is run once, or never; one that will never run is told so through `dropped`.
3. A venue that bans us is left alone: the worker stops, tells why, and drops what waits, since an order must not
   leave minutes after it was given. A person resumes it, or a time that was configured.
4. Queues are bounded, each priority by itself, so that queries cannot keep a cancel out.
5. While a job waits for its turn at the venue, what goes before it is done: no cancel waits behind a waiting query.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from enum import IntEnum
from typing import Final, TypeVar

import structlog
from msgspec import Struct

from oms.core.errors import VenueRefused, VenueUnavailable
from oms.rest.limiter import Pacer

_NS: Final = 1_000_000_000
_log = structlog.get_logger()
_T = TypeVar("_T")

Job = Callable[[], None]
Dropped = Callable[[VenueUnavailable], None]


class NotRun(VenueUnavailable):
    """A job is not taken, or will never run: nothing left, and another attempt is of no use."""


class VenueBanned(VenueRefused):
    """The venue turns us away altogether; knocking on makes it worse. The request was definitely not carried out."""


class Priority(IntEnum):
    """What goes first."""

    CANCEL = 0
    ORDER = 1
    QUERY = 2


class Stopped(Struct, frozen=True):
    """The worker leaves the venue alone. `until_ns`: monotonic; None: until a person resumes it."""

    reason: str
    until_ns: int | None


class Bounds(Struct, frozen=True):
    """How many jobs of each priority may wait; how long a ban holds, seconds (None: until a person resumes)."""

    waiting: int = 1000
    resume_after_s: float | None = None


class _Waiting(Struct):
    priority: Priority
    kind: str
    job: Job
    dropped: Dropped | None
    due_ns: int


class Worker:
    """Runs jobs on one thread. Every method may be called from any thread."""

    def __init__(
        self,
        name: str,
        *,
        pacer: Pacer | None = None,
        bounds: Bounds | None = None,
        alert: Callable[[str], None],
    ) -> None:
        """Prepare; `start` starts it.

        Args:
            name: of the venue and key, for people.
            pacer: how fast jobs may leave, by class.
            bounds: how much may wait.
            alert: told, on the worker's thread, when the venue bans us and when that is over.

        """
        self.name = name
        self._pacer = pacer or Pacer({})
        self._bounds = bounds or Bounds()
        self._alert = alert
        self._changed = threading.Condition()
        self._lanes: dict[tuple[Priority, str], deque[_Waiting]] = {}
        self._later: list[_Waiting] = []
        self._doing = Priority.QUERY
        self._stopped: Stopped | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name=f"rest-{name}", daemon=True)

    @property
    def stopped(self) -> Stopped | None:
        """Why the venue is left alone; None while it is not."""
        return self._stopped

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(
        self,
        priority: Priority,
        job: Job,
        *,
        kind: str = "",
        dropped: Dropped | None = None,
        after_s: float = 0.0,
    ) -> None:
        """Have a job run, later, on the worker's thread.

        Args:
            priority: what it goes before.
            job: called once at most. It tells its own outcome, and lets a VenueBanned out, which stops the worker;
                whatever else it raises is logged, and the next one follows.
            kind: the pacer's class of its first request, which the job itself counts when that leaves.
            dropped: called instead, from some thread, if the job will never run.
            after_s: not before so many seconds from now.

        Raises:
            NotRun: it is not taken, and nothing leaves: too many wait, or the worker stands still.

        """
        with self._changed:
            self._check(priority)
            due_ns = time.monotonic_ns() + round(after_s * _NS)
            waiting = _Waiting(priority, kind, job, dropped, due_ns)
            if after_s:
                self._later.append(waiting)
            else:
                self._line_up(waiting)
            self._changed.notify()

    def pause(self, wait_s: float) -> None:
        """Wait within a job, on this thread; whatever goes before the job is done meanwhile.

        Raises:
            NotRun: nothing may leave any more.

        """
        until_ns = time.monotonic_ns() + round(wait_s * _NS)
        while (left_ns := until_ns - time.monotonic_ns()) > 0:
            with self._changed:
                self._check_open()
                due, soonest_s = self._next(time.monotonic_ns(), before=self._doing)
                if due is None:
                    self._changed.wait(min(left_ns / _NS, soonest_s or left_ns / _NS))
            if due is not None:
                self._do(due)
        with self._changed:
            self._check_open()

    def leave_alone(self, reason: str, until_ns: int | None = None) -> None:
        """Stand still and drop what waits, as `Stopped` tells."""
        with self._changed:
            self._stopped = Stopped(reason, until_ns)
            waiting = self._empty()
        self._drop(waiting, f"{self.name}: the venue is left alone, nothing was sent: {reason}")

    def resume(self) -> None:
        """Speak to the venue again after a ban; a person's decision."""
        with self._changed:
            self._stopped = None
            self._changed.notify()

    def stop(self, within_s: float) -> bool:
        """Take nothing more, drop what waits, and wait for the job that runs; tell whether that ended in time."""
        with self._changed:
            self._ended = True
            waiting = self._empty()
            self._changed.notify()
        self._drop(waiting, f"{self.name}: shutting down; nothing was sent")
        if self._thread.ident is None or self._thread is threading.current_thread():
            return True
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _check_open(self) -> None:
        if self._ended:
            told = f"{self.name}: shutting down; nothing was sent"
            raise NotRun(told)
        if self._stopped is not None:
            told = f"{self.name}: the venue is left alone, nothing was sent: {self._stopped.reason}"
            raise NotRun(told)

    def _check(self, priority: Priority) -> None:
        self._check_open()
        waiting = sum(len(lane) for (other, _), lane in self._lanes.items() if other is priority)
        waiting += sum(each.priority is priority for each in self._later)
        if waiting >= self._bounds.waiting:
            told = (
                f"{self.name}: {waiting} requests of priority {priority.name} wait already, nothing was sent;"
                " the venue answers too slowly, or is asked too much"
            )
            raise NotRun(told)

    # --- on the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        for waiting in self._due():
            self._do(waiting)

    def _do(self, waiting: _Waiting) -> None:
        interrupted, self._doing = self._doing, waiting.priority
        try:
            waiting.job()
        except VenueBanned as error:
            self._banned(str(error))
        except Exception as error:  # noqa: BLE001 - one job's failure is not the next one's
            _log.error("a job failed", worker=self.name, error=f"{type(error).__name__}: {error}")
        self._doing = interrupted

    def _due(self) -> Iterator[_Waiting]:
        while True:
            with self._changed:
                while True:
                    if self._ended:
                        return
                    due, wait_s = self._next(time.monotonic_ns())
                    if due is not None:
                        break
                    self._changed.wait(wait_s)
            yield due

    def _next(self, now_ns: int, before: Priority | None = None) -> tuple[_Waiting | None, float | None]:
        """Give the job to run now, or else how long to wait for one, seconds (None: until something changes).

        `before`: only one that goes before those of this priority.
        """
        if self._stopped is not None:
            return None, self._until_resumed(self._stopped, now_ns)
        soonest = [each.due_ns - now_ns for each in self._not_due(now_ns)]
        for priority, kind in sorted(self._lanes):
            lane = self._lanes[priority, kind]
            if not lane or (before is not None and priority >= before):
                continue
            wait_ns = self._pacer.wait_ns(kind, now_ns)
            if wait_ns == 0:
                return lane.popleft(), None
            soonest.append(wait_ns)
        return None, min(soonest) / _NS if soonest else None

    def _not_due(self, now_ns: int) -> list[_Waiting]:
        """Line up what was put off until now, and give the rest."""
        if self._later:
            due = [each for each in self._later if each.due_ns <= now_ns]
            self._later = [each for each in self._later if each.due_ns > now_ns]
            for each in due:
                self._line_up(each)
        return self._later

    def _line_up(self, waiting: _Waiting) -> None:
        self._lanes.setdefault((waiting.priority, waiting.kind), deque()).append(waiting)

    def _until_resumed(self, stopped: Stopped, now_ns: int) -> float | None:
        if stopped.until_ns is None:
            return None
        if now_ns < stopped.until_ns:
            return (stopped.until_ns - now_ns) / _NS
        self._stopped = None
        self._tell(f"{self.name}: asking the venue again, the configured time has passed")
        return 0.0

    def _banned(self, reason: str) -> None:
        after_s = self._bounds.resume_after_s
        until_ns = None if after_s is None else time.monotonic_ns() + round(after_s * _NS)
        self.leave_alone(reason, until_ns)
        when = "until a person resumes it" if after_s is None else f"for {after_s:g} s"
        self._tell(f"{self.name}: the venue is left alone {when}: {reason}")

    def _empty(self) -> list[_Waiting]:
        waiting = [*(each for key in sorted(self._lanes) for each in self._lanes[key]), *self._later]
        self._lanes.clear()
        self._later.clear()
        return waiting

    def _drop(self, waiting: list[_Waiting], reason: str) -> None:
        for each in waiting:
            if each.dropped is not None:
                self._guarded(each.dropped, NotRun(reason))

    def _tell(self, text: str) -> None:
        _log.warning(text)
        self._guarded(self._alert, text)

    def _guarded(self, function: Callable[[_T], None], value: _T) -> None:
        try:
            function(value)
        except Exception as error:  # noqa: BLE001 - somebody else's failure; the worker goes on
            _log.error("a callback failed", worker=self.name, error=f"{type(error).__name__}: {error}")
