"""What every history happens on: an event queue in virtual time, and one process at a time, from a start to a crash."""

from __future__ import annotations

import heapq
import itertools
from abc import ABC, abstractmethod
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from oms.core.inputs import AskStatus, Cancel, PlaceOrder
from oms.fix.codec import SOH
from tests.simulation.plan import MS, Action, S
from tests.simulation.process import Crashed, Given, Process
from tests.simulation.venue import START_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from oms.core.inputs import Alert, Answer
    from oms.engine import Engine
    from oms.ports import Journal

P = TypeVar("P", bound=Process)

QUIET = 70 * S  # longer than the longest pause between two questions


class Stage(ABC, Generic[P]):
    """Time, our process, and the script's actions that are the same for every kind of venue.

    `dice` names the stream of chance of what happens around our process.
    """

    def __init__(self, journal: Journal, dice: str) -> None:
        self.journal = journal
        self.now = 0
        self.wall_ns = START_S * S
        self.process: P | None = None
        self.steps = self.starts = 0
        self.alerts: list[Alert] = []
        self.answers: list[tuple[Any, Answer]] = []
        self.wanted: dict[str, list[PlaceOrder]] = defaultdict(list)
        self.trace: list[str] | None = None
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._dice = Random(dice)
        self._life = 0
        self._wake = 0
        self._stalls_until = 0

    # --- time

    def time_ns(self) -> int:
        """The machine's clock, which may be put forward and back."""
        return self.wall_ns + self.now

    def monotonic_ns(self) -> int:
        return self.now

    def at(self, time_ns: int, act: Callable[[], None]) -> None:
        """Plan something that happens whatever becomes of our process."""
        heapq.heappush(self._events, (max(time_ns, self.now), next(self._numbers), act))

    def live_at(self, time_ns: int, act: Callable[[], None]) -> None:
        """Plan something that happens if our process lives until then."""
        life = self._life
        self.at(time_ns, lambda: act() if life == self._life else None)

    def note(self, text: str) -> None:
        if self.trace is not None:
            self.trace.append(f"{self.now / S:10.3f} {text.replace(SOH, '|')}")

    @abstractmethod
    def run(self) -> None:
        """Live through the script, then settle."""

    def _live_through(self, actions: tuple[Action, ...], start: int) -> None:
        """Start our process, and follow the script from a moment on."""
        self._start()
        for action in actions:
            self.at(start + action.at, lambda action=action: self._act(action))  # type: ignore[misc]
        self._run_until(start + max((action.at for action in actions), default=0))
        self._run_until(self.now + 2 * S)

    def _run_until(self, end: int) -> None:
        while self._events and self._events[0][0] <= end:
            self.now, _, act = heapq.heappop(self._events)
            act()
        self.now = end

    def _settle(self, longest: int) -> None:
        """Let time pass until nothing is in doubt, or for long enough that it should be."""
        end, quiet_since = self.now + longest, None
        while self.now < end:
            self._run_until(self.now + 10 * S)
            if not self._is_quiet():
                quiet_since = None
            elif quiet_since is None:
                quiet_since = self.now
            elif self.now - quiet_since >= QUIET:
                return

    @abstractmethod
    def _is_quiet(self) -> bool: ...

    # --- our process

    @property
    def engine(self) -> Engine:
        assert self.process is not None, "the process is not running"
        return self.process.engine

    @abstractmethod
    def _start(self) -> None: ...

    def _put(self, item: Any) -> None:
        """Queue an input; the loop wakes soon after."""
        if self.process is not None:
            self.process.queue.append(item)
            self._turn_at(self.now + self._dice.randrange(50_000, 3_000_000))

    def _turn_at(self, time_ns: int) -> None:
        self.live_at(max(time_ns, self._stalls_until), self._turn)

    def _turn(self) -> None:
        process = self.process
        if process is None:
            return
        if self._stalls_until > self.now:
            self._turn_at(self._stalls_until)
            return
        try:
            process.turn()
        except Crashed:
            self._crash(self._dice.choice((100, 3000)))
            return
        if process.has_work:
            self._turn_at(self.now + 20 * MS)
        wait = process.due_in_ns()
        if wait is not None:
            self._wake_at(self.now + min(wait, 60 * S) + 1)

    def _wake_at(self, time_ns: int) -> None:
        """Plan a turn for what is due, unless one is planned before."""
        if self.now < self._wake <= time_ns:
            return
        self._wake = time_ns
        self._turn_at(time_ns)

    def _crash(self, down_ms: int) -> None:
        self.note("CRASH")
        if self.process is None:
            return
        self.steps += self.process.steps
        self.alerts += self.process.alerts
        self.process = None
        self._life += 1
        self._wake = 0
        self._crashed(down_ms)

    @abstractmethod
    def _crashed(self, down_ms: int) -> None:
        """Let go of what went with our process, and plan its next start."""

    # --- what the script says

    def _act(self, action: Action) -> None:
        self.note(f"## {action.name} {' '.join(str(arg) for arg in action.args)}")
        getattr(self, f"_act_{action.name.replace('-', '_')}")(*action.args)

    def _instruct(self, instruction: Any) -> None:
        if isinstance(instruction, PlaceOrder):
            self.wanted[instruction.client_order_id].append(instruction)
        self._put(Given(instruction, lambda answer: self.answers.append((instruction, answer))))

    @abstractmethod
    def _pick(self, which: int) -> str:
        """Give the name of one of the desk's orders."""

    def _act_cancel(self, which: int) -> None:
        self._instruct(Cancel(id=self._pick(which)))

    def _act_ask(self, which: int) -> None:
        self._instruct(AskStatus(id=self._pick(which)))

    def _act_crash(self, point: str, times: int, down_ms: int) -> None:
        if self.process is None:
            return
        if point == "at once":
            self._crash(down_ms)
        else:
            self.process.crash = [point, times]

    def _act_clock(self, step_s: float) -> None:
        self.wall_ns += round(step_s * S)
        self._turn_at(self.now)

    def _act_stall(self, stall_ms: int) -> None:
        self._stalls_until = self.now + stall_ms * MS
