"""Code that waits, on a thread of its own, while only one thread at a time runs: so that a seed gives one history.

The scheduler runs a strand until it pauses or ends. Whatever would block in the daemon's process pauses here.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE = threading.local()


class Killed(BaseException):
    """The process that the strand is of has ended."""


class Strand:
    """One piece of work."""

    def __init__(self, work: Callable[[], None], ended: Callable[[], None] = lambda: None) -> None:
        """Prepare `work`; `ended` is called by the scheduler's thread after it."""
        self.over = False
        self.pauses = 0
        self._work = work
        self._ended = ended
        self._thread: threading.Thread | None = None
        self._scheduler = threading.Lock()
        self._strand = threading.Lock()
        self._scheduler.acquire()
        self._strand.acquire()
        self._value: Any = None
        self._error: BaseException | None = None
        self._failure: BaseException | None = None

    @staticmethod
    def present() -> Strand:
        """Give the strand that is running."""
        strand: Strand = _HERE.strand
        return strand

    def resume(self, value: Any = None, error: BaseException | None = None) -> None:
        """Run until the next pause or the end; what `work` raises comes out here."""
        if self.over:
            return
        self._value, self._error = value, error
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        else:
            self._strand.release()
        self._scheduler.acquire()
        if self.over:
            self._thread.join()
            if self._failure is not None and not isinstance(self._failure, Killed):
                raise self._failure
            if self._failure is None:
                self._ended()

    def kill(self) -> None:
        """End it where it stands."""
        if self._thread is None:
            self.over = True
        elif not self.over:
            self.resume(error=Killed())

    def pause(self) -> Any:
        """Wait, on the strand's thread, until somebody resumes it; give what that hands over."""
        if isinstance(self._error, Killed):
            raise self._error
        self.pauses += 1
        self._scheduler.release()
        self._strand.acquire()
        if self._error is not None:
            raise self._error
        return self._value

    def _run(self) -> None:
        _HERE.strand = self
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - it is raised again where the strand was resumed
            self._failure = error
        self.over = True
        self._scheduler.release()
