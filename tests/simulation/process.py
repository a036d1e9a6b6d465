"""One life of the daemon's loop, as `oms.app.loop` runs it: batch, step, commit, effects; cut off anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from oms.app.recording import record_of
from oms.core.doubt import Timing
from oms.core.errors import VenueUnavailable
from oms.core.inputs import Alert, Answer, Input, Instruction, Send, StayedHere, Tick, WentOut
from oms.engine import Engine, Route
from tests.simulation.venue import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from oms.core.inputs import Effect
    from oms.core.records import Record
    from oms.ports import Journal, Sent

SESSION = "main"
ROUTE = Route(
    session=SESSION,
    account=ACCOUNT,
    id_prefix="00000015",
    cancel_repeats_id=True,
    has_replace=False,
    proves_cum_qty=False,
)
TICK = Tick()


class Crashed(Exception):  # noqa: N818 - what happened
    """The process ends here."""


class Given(NamedTuple):
    """An instruction, and who hears the answer."""

    instruction: Instruction
    hear: Callable[[Answer], None]


class Process:
    """Engine and loop between one start and one crash."""

    def __init__(
        self,
        journal: Journal,
        clock: Callable[[], int],
        send: Callable[[Any], Sent],
        *,
        routes: Sequence[Route] = (ROUTE,),
    ) -> None:
        self.engine = Engine(routes, Timing(reconcile_ns=0))
        for _, record in journal.read():
            self.engine.recover(record)
        self.alerts: list[Alert] = []
        self.queue: list[Input | Given] = []
        self.steps = 0
        self.crash: list[Any] | None = None  # [point, how many times it is passed before]
        self._journal = journal
        self._clock = clock
        self._send = send
        self._head = journal.head[0]
        self._ahead: list[Input] = []
        self._idle_ticks = (0, 0)

    @property
    def has_work(self) -> bool:
        return bool(self.queue or self._ahead)

    def due_in_ns(self) -> int | None:
        due = self.engine.next_due_ns()
        return None if due is None else max(due - self._clock(), 0)

    def turn(self) -> None:
        """Take one batch; see `Loop._turn`."""
        batch: list[Input | Given] = [*self._ahead, *self.queue]
        self._ahead, self.queue = [], []
        now = self._clock()
        due = self.engine.next_due_ns()
        if due is not None and due <= now:
            self._watch_spinning(now)
            batch.append(TICK)
        records: list[Record] = []
        effects: list[Effect] = []
        answers: list[tuple[Callable[[Answer], None], Answer]] = []
        for item in batch:
            self._take_in(item, now, records, effects, answers)
        if records:
            self._pass("before commit")
            self._head = self._journal.append(records)
            self._pass("after commit")
        for effect in effects:
            self._perform(effect)
        if any(isinstance(effect, Send) for effect in effects):
            self._pass("after the sends")
        self.engine.take_touched()
        for hear, answer in answers:
            hear(answer)

    def _watch_spinning(self, now: int) -> None:
        """A deadline that stays due would keep the real loop busy for ever."""
        last, count = self._idle_ticks
        self._idle_ticks = (now, count + 1 if now == last else 0)
        assert self._idle_ticks[1] < 50, "the same deadline is due again and again"

    def _take_in(
        self, item: Input | Given, now: int, records: list[Record], effects: list[Effect], answers: list[Any]
    ) -> None:
        message = item.instruction if isinstance(item, Given) else item
        if isinstance(message, Alert):
            effects.append(message)
            return
        self.steps += 1
        step = self.engine.step(message, now, self._head + len(records) + 1)
        record = record_of(message, step, now)
        if record is not None:
            records.append(record)
        effects.extend(step.effects)
        if isinstance(item, Given):
            answers.append((item.hear, step.answer or Answer()))

    def _perform(self, effect: Effect) -> None:
        if isinstance(effect, Alert):
            self.alerts.append(effect)
            return
        assert isinstance(effect, Send), "this venue knows client order ids"
        session, order, request = effect.session, effect.order, effect.request
        try:
            sent = self._send(effect.message)
        except VenueUnavailable as error:
            self._ahead.append(StayedHere(session=session, order=order, request=request, reason=str(error)))
        else:
            self._ahead.append(
                WentOut(session=session, order=order, request=request, seq=sent.seq, raw=sent.raw)
            )
            self._pass("after a send")

    def _pass(self, point: str) -> None:
        if self.crash is None or self.crash[0] != point:
            return
        self.crash[1] -= 1
        if self.crash[1] <= 0:
            raise Crashed
