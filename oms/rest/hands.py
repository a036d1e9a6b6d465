"""The keys of an account at work: a worker for each, jobs spread over them, each with an end that is told."""

import itertools
import time
from collections.abc import Callable, Sequence

import structlog
from msgspec import Struct

from oms.core.errors import OutcomeUnknown, VenueError, VenueRefused, VenueUnavailable
from oms.rest.adapter import Adapter
from oms.rest.worker import Bounds, Priority, VenueBanned, Worker

_log = structlog.get_logger()


def _unheard(_raw: str) -> None:
    """Nobody has to be told."""


class Task(Struct, frozen=True, kw_only=True):
    """A job for whichever key is free.

    Attributes:
        work: does it, on a worker's thread, and tells what came of it.
        failed: told what `work` raised, with the text of the answer if any, or why it is never run.
        leaving: told method and body of the first request, immediately before it leaves.
        priority: what it goes before.
        kind: the pacer's class of its first request.
        after_s: it is not done before so many seconds from now.

    """

    work: Callable[[Adapter], None]
    failed: Callable[[VenueError, str], None]
    leaving: Callable[[str], None] = _unheard
    priority: Priority = Priority.QUERY
    kind: str = "query"
    after_s: float = 0.0


class Hands:
    """Runs tasks. Every method may be called from any thread."""

    def __init__(  # noqa: PLR0913 - by name
        self,
        name: str,
        adapters: Sequence[Adapter],
        bounds: Bounds,
        *,
        apart: bool = False,
        judge: Callable[[VenueError | None], None],
        alert: Callable[[str], None],
    ) -> None:
        """Prepare; `start` starts it.

        Args:
            name: of the session, for people.
            adapters: one for each key.
            bounds: how much may wait for each, and how long a ban holds.
            apart: the first connection is for orders and cancels alone, so that no question delays them.
            judge: told how each task ended, after its outcome: with an answer (None), or without one.
            alert: told of bans.

        """
        self._name = name
        self._judge = judge
        self._alert = alert
        self._ban: VenueBanned | None = None
        self._pairs = [
            (adapter, Worker(name, pacer=adapter.line.pacer, bounds=bounds, alert=self._told))
            for adapter in adapters
        ]
        for adapter, worker in self._pairs:
            adapter.line.pause = worker.pause
        self._apart = apart and len(self._pairs) > 1
        self._turns = itertools.count()

    @property
    def banned(self) -> str | None:
        """Why the venue is left alone; None while it is not."""
        stopped = next((worker.stopped for _, worker in self._pairs if worker.stopped), None)
        return stopped.reason if stopped else None

    def start(self) -> None:
        """Begin."""
        for _, worker in self._pairs:
            worker.start()

    def resume(self) -> None:
        """Speak to the venue again after a ban."""
        for _, worker in self._pairs:
            worker.resume()

    def stop(self, within_s: float) -> bool:
        """Take nothing more, drop what waits; tell whether what was under way ended in time."""
        until = time.monotonic() + within_s
        for _, worker in self._pairs:
            worker.stop(0.0)  # all of them take nothing more before any is waited for
        ended = [worker.stop(max(until - time.monotonic(), 0.0)) for _, worker in self._pairs]
        return all(ended)

    def give(self, task: Task, key: int | None = None) -> None:
        """Have a task run by the next key in turn, or by the key of that number.

        Raises:
            VenueUnavailable: it is not taken, nothing leaves, and `failed` is not called.

        """
        self._check()
        adapter, worker = self._pairs[self._next(task) if key is None else key]
        worker.put(
            task.priority,
            lambda: self._run(adapter, task),
            kind=task.kind,
            dropped=lambda error: task.failed(error, ""),
            after_s=task.after_s,
        )

    def ask(self, task: Task, key: int | None = None) -> None:
        """Have a task run; where it is not taken, `failed` is called."""
        try:
            self.give(task, key)
        except VenueUnavailable as error:
            task.failed(error, "")

    def _check(self) -> None:
        """A ban of one connection is one of all: they come from the same address."""
        if (reason := self.banned) is not None:
            told = f"{self._name}: the venue is left alone, nothing was sent: {reason}"
            raise NotRun(told)

    def _told(self, text: str) -> None:
        """Take in what a worker tells: that it stands still after a ban, or goes on."""
        ban, self._ban = self._ban, None
        if ban is not None:
            self._judge(ban)
        self._alert(text)

    def _next(self, task: Task) -> int:
        """Choose who does a task: each in turn."""
        if not self._apart:
            return next(self._turns) % len(self._pairs)
        if task.priority is not Priority.QUERY:
            return 0
        return 1 + next(self._turns) % (len(self._pairs) - 1)

    def _run(self, adapter: Adapter, task: Task) -> None:
        adapter.line.begin(task.kind, task.leaving)
        error = self._error_of(adapter, task)
        if error is not None:
            task.failed(error, adapter.line.said)
        if isinstance(error, VenueBanned):
            self._ban = error  # judged once the worker stands still, so that nobody asks on in between
            raise error
        self._judge(error)

    def _error_of(self, adapter: Adapter, task: Task) -> VenueError | None:
        """Do it. An error of ours may have come after the request left: then its outcome is unknown."""
        try:
            self._check()
            task.work(adapter)
        except VenueError as error:
            return error
        except Exception as error:  # noqa: BLE001 - every task has an outcome, whatever happens
            _log.error("an adapter failed", session=self._name, error=f"{type(error).__name__}: {error}")
            told = f"{self._name}: an error of ours [{type(error).__name__}], see the log"
            if adapter.line.left:
                return OutcomeUnknown(f"{told}; whether it was carried out is not known")
            return VenueUnavailable(f"{told}; nothing was sent")
        return None


def is_answer(error: VenueError | None) -> bool:
    """Whether a task that ended so was answered: a refusal is an answer, a ban is not one."""
    return error is None or (isinstance(error, VenueRefused) and not isinstance(error, VenueBanned))
