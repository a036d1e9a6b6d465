"""The threads of oms.rest in virtual time: its workers, pollers, events and lines, as strands of the one scheduler."""

from __future__ import annotations

import heapq
import itertools
from contextlib import ExitStack, contextmanager, nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

import oms.rest.contact
import oms.rest.hands
import oms.rest.marked
import oms.rest.standing
from oms.core.errors import VenueUnavailable
from oms.rest.line import Line
from oms.rest.worker import VenueBanned
from tests.simulation.plan import MS, S
from tests.simulation.unnamed.strand import Strand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from oms.rest.worker import Bounds, Dropped, Job, Priority
    from tests.simulation.unnamed.network import Network
    from tests.simulation.unnamed.world import World


class SimulatedWorker:
    """As `oms.rest.worker.Worker`: one job at a time, urgent ones first."""

    def __init__(self, world: World, name: str, *, alert: Callable[[str], None], **_options: Any) -> None:
        self.name = name
        self.stopped: Any = None
        self._world = world
        self._alert = alert
        self._waiting: list[tuple[int, int, Job, Dropped | None]] = []
        self._numbers = itertools.count()
        self._busy = False

    def start(self) -> None:
        self._later()

    def put(
        self,
        priority: Priority,
        job: Job,
        *,
        kind: str = "",
        dropped: Dropped | None = None,
        after_s: float = 0.0,
    ) -> None:
        del kind
        if after_s:
            self._world.live_at(
                self._world.now + round(after_s * S), lambda: self._put_now(priority, job, dropped)
            )
        else:
            self._put(priority, job, dropped)

    def pause(self, wait_s: float) -> None:
        """Let time pass within a job; here nothing else is done meanwhile."""
        strand = Strand.present()
        self._world.live_at(self._world.now + round(wait_s * S), strand.resume)
        strand.pause()

    def _put_now(self, priority: Priority, job: Job, dropped: Dropped | None) -> None:
        """Line up a job whose time has come; by then the worker may stand still, and the job never runs."""
        try:
            self._put(priority, job, dropped)
        except VenueUnavailable as error:
            if dropped is not None:
                dropped(error)

    def _put(self, priority: Priority, job: Job, dropped: Dropped | None) -> None:
        if self.stopped is not None:
            told = f"{self.name}: the venue is left alone, nothing was sent: {self.stopped.reason}"
            raise VenueUnavailable(told)
        heapq.heappush(self._waiting, (int(priority), next(self._numbers), job, dropped))
        self._later()

    def resume(self) -> None:
        self.stopped = None
        self._later()

    def stop(self, within_s: float) -> bool:
        del within_s
        return True

    def _later(self) -> None:
        self._world.soon(self._next)

    def _next(self) -> None:
        if self._busy or not self._waiting or self.stopped is not None:
            return
        self._busy = True
        _, _, job, _ = heapq.heappop(self._waiting)
        self._world.spawn(lambda: self._do(job), self._done)

    def _do(self, job: Job) -> None:
        try:
            job()
        except VenueBanned as error:
            self.stopped = SimpleNamespace(reason=str(error))
            waiting, self._waiting = sorted(self._waiting, key=lambda each: each[:2]), []
            for *_, dropped in waiting:
                if dropped is not None:
                    dropped(VenueUnavailable(f"{self.name}: {error}; nothing was sent"))
            self._alert(str(error))

    def _done(self) -> None:
        self._busy = False
        self._later()


class SimulatedPoller:
    """As `oms.rest.polling.Poller`."""

    def __init__(self, world: World, _name: str, turn: Callable[[], float]) -> None:
        self.interval_s = 0.0
        self._world = world
        self._turn = turn
        self._busy = False
        self._again = False
        self._due = -1

    def start(self) -> None:
        self.kick()

    def kick(self) -> None:
        if self._busy:
            self._again = True
        else:
            self._world.soon(self._begin)

    def stop(self, within_s: float) -> bool:
        del within_s
        return True

    def _begin(self) -> None:
        if not self._busy:
            self._busy, self._again = True, False
            self._world.spawn(self._run, self._ended)

    def _run(self) -> None:
        self.interval_s = self._turn()

    def _ended(self) -> None:
        self._busy = False
        if self._again:
            self._world.soon(self._begin)
            return
        self._due = due = self._world.now + max(round(self.interval_s * S), MS)
        self._world.live_at(due, lambda: self._begin() if due == self._due else None)


class SimulatedEvent:
    """As `threading.Event`, for one strand that waits."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._set = False
        self._waiting: Strand | None = None

    def set(self) -> None:
        self._set = True
        if self._waiting is not None:
            strand, self._waiting = self._waiting, None
            self._world.soon(strand.resume)

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        if not self._set:
            self._waiting = Strand.present()
            self._waiting.pause()
        return self._set


class SimulatedLine(Line):
    """A line whose requests go through the network of a history; all that judges what comes back is the real one."""

    def __init__(self, network: Network, secrets: tuple[str, ...]) -> None:
        super().__init__("https://venue", secrets=secrets, read_timeout_s=network.timeout_s)
        self.placing = ""
        self._network = network

    def _exchange(
        self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        small = {name.lower(): value for name, value in headers.items()}
        return self._network.exchange(self, (method, path, query, body, small))

    def sent(self) -> None:
        """The first byte leaves."""
        self._wire.left = True


@contextmanager
def simulated(world: World) -> Iterator[None]:
    """Let what is built inside run on the scheduler of `world`."""
    with ExitStack() as stack:

        def patch(where: Any, name: str, value: Any) -> None:
            stack.enter_context(mock.patch.object(where, name, value))

        def worker(name: str, *, bounds: Bounds, **options: Any) -> SimulatedWorker:
            return SimulatedWorker(world, name, bounds=bounds, **options)

        patch(oms.rest.hands, "Worker", worker)
        patch(oms.rest.contact, "Poller", lambda name, turn: SimulatedPoller(world, name, turn))
        alone = SimpleNamespace(
            Event=lambda: SimulatedEvent(world), Lock=nullcontext
        )  # one strand runs at a time
        patch(oms.rest.contact, "threading", alone)
        clock = SimpleNamespace(time_ns=world.time_ns, monotonic=lambda: world.now / S)
        patch(oms.rest.contact, "time", clock)
        patch(oms.rest.marked, "time", clock)
        patch(oms.rest.standing, "time", clock)
        yield
