"""The keys of an account at work: a worker for each, jobs spread over them, each with an end that is told.

A key that the venue refuses, or that is used up, is left out until it is greeted again with success; meanwhile the
others do its work. An order that the venue refused for the key is not sent a second time; whatever else was refused, or
did not leave, goes by another key.
"""

import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import structlog
from msgspec import Struct

from oms.core.errors import OutcomeUnknown, VenueError, VenueRefused, VenueUnavailable
from oms.rest.adapter import Adapter, Unreadable
from oms.rest.keys import KeySpent, KeyTrouble
from oms.rest.limiter import QUERY
from oms.rest.worker import Bounds, NotRun, Priority, VenueBanned, Worker

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
    kind: str = QUERY
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
        alert: Callable[[str, str], None],
    ) -> None:
        """Prepare; `start` starts it.

        Args:
            name: of the session, for people.
            adapters: one for each key.
            bounds: how much may wait for each, and how long a ban holds.
            apart: the first connection is for orders and cancels alone, so that no question delays them.
            judge: told how each task ended, after its outcome: with an answer (None), or without one.
            alert: told of bans and of keys, by code and text.

        """
        self._name = name
        self._judge = judge
        self._alert = alert
        self._ban: VenueBanned | None = None
        self._busy: set[int] = set()
        self._pairs = [
            (adapter, Worker(name, pacer=adapter.line.pacer, bounds=bounds, alert=self._told))
            for adapter in adapters
        ]
        for adapter, worker in self._pairs:
            adapter.line.pause = worker.pause
        self._keys = [adapter.line.key or f"key {place}" for place, adapter in enumerate(adapters, 1)]
        self._out: dict[str, str] = {}
        self._spent: set[str] = set()
        self._apart = apart and len(self._pairs) > 1
        self._turns = itertools.count()

    @property
    def banned(self) -> str | None:
        """Why the venue is left alone; None while it is not."""
        stopped = next((worker.stopped for _, worker in self._pairs if worker.stopped), None)
        return stopped.reason if stopped else None

    @property
    def out(self) -> Mapping[str, str]:
        """The keys that are left out, and why."""
        return dict(self._out)

    def is_out(self, number: int) -> bool:
        """Whether the key of the adapter of that number is left out."""
        return self._keys[number] in self._out

    @property
    def is_keyless(self) -> bool:
        """Whether every key is left out."""
        return len(self._out) == len(set(self._keys))

    def restore(self, adapter: Adapter) -> None:
        """Let a key work again: it was greeted with success."""
        name = next(name for name, (each, _) in zip(self._keys, self._pairs, strict=True) if each is adapter)
        if self._out.pop(name, None) is not None:
            self._alert("KEY_BACK", f"{self._name}: {name} works again")

    def start(self) -> None:
        """Begin."""
        for _, worker in self._pairs:
            worker.start()

    def leave_alone(self, reason: str) -> None:
        """Stand still until `resume`: some way to the venue was told that it is banned, and people know of it."""
        for _, worker in self._pairs:
            worker.leave_alone(reason)
        if threading.get_ident() not in self._busy:  # else the task that was told is judged when it has ended
            self._judge(VenueBanned(reason))

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
        """Have a task run by the next key in turn, or by the adapter of that number, its key left out or not.

        Raises:
            VenueUnavailable: it is not taken, nothing leaves, and `failed` is not called.

        """
        self._check(needs_key=key is None)
        number = self._next(task) if key is None else key
        self._pairs[number][1].put(
            task.priority,
            lambda: self._run(number, task, bound=key is not None),
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

    def _check(self, *, needs_key: bool) -> None:
        """A ban of one connection is one of all: they come from the same address."""
        if (reason := self.banned) is not None:
            told = f"{self._name}: the venue is left alone, nothing was sent: {reason}"
            raise NotRun(told)
        if needs_key and self.is_keyless:
            told = f"{self._name}: no key is of use, nothing was sent: {'; '.join(self._out.values())}"
            raise NotRun(told)

    def _told(self, text: str) -> None:
        """Take in what a worker tells: that it stands still after a ban, or goes on."""
        ban, self._ban = self._ban, None
        if ban is not None:
            self._judge(ban)
        self._alert("VENUE_BANNED", text)

    def _next(self, task: Task) -> int:
        """Choose who does a task: each in turn."""
        able = [number for number in range(len(self._pairs)) if not self.is_out(number)]
        if task.priority is Priority.ORDER:
            able = [number for number in able if self._keys[number] not in self._spent] or able
        if self._apart:
            asks = task.priority is Priority.QUERY
            able = [number for number in able if (number > 0) is asks] or able
        return able[next(self._turns) % len(able)]

    def _run(self, number: int, task: Task, *, bound: bool) -> None:
        if self.is_out(number) and not bound:
            self.ask(task)
            return
        adapter = self._pairs[number][0]
        adapter.line.begin(task.kind, task.leaving)
        self._busy.add(threading.get_ident())
        error = self._error_of(adapter, task)
        self._busy.discard(threading.get_ident())
        if isinstance(error, KeyTrouble | KeySpent) and self._leave_out(number, error):
            may_repeat = task.kind == QUERY or task.priority is Priority.CANCEL or not adapter.line.left
            if may_repeat and not bound:
                self.ask(task)
                return
        if error is not None:
            task.failed(error, adapter.line.said)
        if isinstance(error, VenueBanned) and self.banned is None:
            self._ban = error  # judged once the worker stands still, so that nobody asks on in between
            raise error
        self._judge(error)

    def _leave_out(self, number: int, error: KeyTrouble | KeySpent) -> bool:
        """Do without a key from now on, or without orders by it; tell whether another can do its work."""
        name = self._keys[number]
        if isinstance(error, KeySpent):
            self._spent.add(name)
            return any(each not in self._spent and each not in self._out for each in self._keys)
        is_news = name not in self._out
        self._out[name] = str(error)
        if is_news and not self.is_keyless:
            told = (
                f"{self._name}: {name} is left out, the other keys do its work: {error}; mend or replace it"
            )
            self._alert("KEY_LEFT_OUT", told)
        return not self.is_keyless

    def _error_of(self, adapter: Adapter, task: Task) -> VenueError | None:
        """Do it. An error of ours may have come after the request left: then its outcome is unknown."""
        try:
            self._check(needs_key=False)
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
    """Whether a task that ended so was answered, be it in words that nobody can read; a ban is no answer."""
    answered = isinstance(error, VenueRefused | Unreadable) and not isinstance(error, VenueBanned)
    return error is None or answered
