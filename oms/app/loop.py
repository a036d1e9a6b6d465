"""The one loop: take in everything that waits, commit what it became, and only then show it and send it.

    for message in everything_waiting: events, effects = engine.step(message)
    journal.append(events)       # one commit for the whole batch
    perform(effects); publish    # nothing leaves, and nobody sees anything, before the commit

A commit that fails is the end: nothing of that batch was shown or sent, and no further order is taken.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, InvalidStateError
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import structlog

from oms.app import session_facts
from oms.app.keeper import Keeper, Stored
from oms.app.log_lines import LogLines
from oms.app.published import Published
from oms.app.recording import record_of
from oms.core import events as ev
from oms.core.errors import JournalError, OmsError, VenueUnavailable
from oms.core.inputs import (
    Alert,
    Answer,
    CancelOpen,
    Effect,
    Input,
    Instruction,
    Look,
    Send,
    Start,
    StayedHere,
    TakeMark,
    Tick,
    WentOut,
)
from oms.core.residence import resting
from oms.engine import Engine
from oms.ports import Journal, MarkedVenue, Venue

if TYPE_CHECKING:
    from oms.core.records import Record

MOST_IN_A_BATCH: Final = 2000
LONGEST_WAIT_S: Final = 1.0
ANSWER_S: Final = 0.02
MOST_LINES: Final = 16
TICK: Final = Tick()
log = structlog.get_logger("oms")


class Given(NamedTuple):
    """An instruction, and the future that its answer goes to."""

    instruction: Instruction
    future: "Future[Answer]"


class Stop(NamedTuple):
    """The loop ends when it has taken in everything before this."""


class Taken:
    """What was taken in and waits for its commit, and what is to be done after it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.records: list[Record] = []
        self.effects: list[Effect] = []
        self.answers: list[tuple[Future[Answer], Answer]] = []


Item = Given | Stop | Any  # anything else is for `translate`


class Loop:
    """Runs the engine on its own thread; everything else only puts items in."""

    def __init__(  # noqa: PLR0913 - each is a part of the daemon
        self,
        engine: Engine,
        journal: Journal,
        venues: Mapping[str, Venue],
        clock: Callable[[], int],
        translate: Callable[[Any], Input | Alert],
        flush: Callable[[], None] = lambda: None,
        keeper: Keeper | None = None,
    ) -> None:
        """Prepare to run.

        Args:
            engine: the state, recovered from the journal.
            journal: where every step goes before anybody sees it.
            venues: the ways out, by session.
            clock: tells the time, nanoseconds since the epoch.
            translate: turns what the rim puts in into an input of the engine, or into an alert.
            flush: brings the FIX logs up to date; called before each commit, so that they have what the journal has.
            keeper: lets finished orders leave memory; None: all stay.

        """
        self.engine = engine
        self.published = Published(keeper.archive.shelf() if keeper else None)
        self.sessions: dict[str, dict[str, Any]] = {}
        self.asking: frozenset[str] = frozenset()
        self.sweeping: frozenset[str] = frozenset()
        self.swept: dict[str, int] = {}
        self.in_doubt: set[int] = set()
        self.open_orders = 0
        self.counts = {"records": 0, "batches": 0, "anomalies": 0, "alerts": 0}
        self.failure: BaseException | None = None
        self._journal = journal
        self._venues = venues
        self._clock = clock
        self._translate = translate
        self._flush = flush
        self._keeper = keeper
        self._queue: SimpleQueue[Item] = SimpleQueue()
        self._head = journal.head[0]
        self._taken = Taken()
        self._lines = LogLines()
        self._stored: list[Stored] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="engine")
        self._on_end: Callable[[], None] = lambda: None

    # --- from other threads

    def put(self, item: Item) -> None:
        """Hand something in; never blocks."""
        self._queue.put(item)

    def submit(self, instruction: Instruction) -> "Future[Answer]":
        """Hand in an instruction; the future is done after the commit of what it became."""
        future: Future[Answer] = Future()
        if self.failure is not None or not self._thread.is_alive():
            future.set_exception(
                self.failure or VenueUnavailable("the daemon is stopping; nothing was taken on")
            )
        else:
            self._queue.put(Given(instruction, future))
            if not self._thread.is_alive():  # it ended just now, and nobody looks into the queue any more
                self._refuse_the_rest()
        return future

    def stranded(self) -> list[str]:
        """Name the sessions that have open orders and are not configured."""
        books = self.engine.blotter.books.copy()
        return [name for name, book in books.items() if book.open and name not in self.engine.routes]

    def fail(self, error: BaseException) -> None:
        """End with an error that another thread found: no order is taken on any more."""
        self.failure = self.failure or error
        log.critical("no order is taken on any more", error=str(error))
        self._on_end()

    def start(self, on_end: Callable[[], None]) -> None:
        """Show what the journal gave, and begin; `on_end` is called when the loop ends, for whatever reason."""
        self._on_end = on_end
        blotter = self.engine.blotter
        self._publish(blotter.orders, set(blotter.positions.by_key))
        for order in blotter.orders.values():
            self.published.know(order.number, (key.id for key in resting(blotter, order).keys))
        self.sessions = session_facts.at_start(self.engine.blotter.books)
        if self._keeper:
            self._keeper.start(self._journal.head, self.put)
        self._queue.put(Start())
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Take in what waits, commit it, and end."""
        self._queue.put(Stop())
        self._thread.join(timeout_s)
        if self._keeper:  # an engine that failed, or works on, has no state to be relied on
            self._keeper.close(None if self.failure or self._thread.is_alive() else self._journal.head)

    # --- the engine's thread

    def _run(self) -> None:
        try:
            while self._turn():
                pass
        except Exception as error:  # the top of the loop: whatever it is, nothing more is taken on
            self.failure = error
            told = str(error) if isinstance(error, OmsError) else f"{type(error).__name__}: {error}"
            log.critical("the engine stopped: no order is taken on any more", error=told, exc_info=error)
        finally:
            self._refuse_the_rest()
            self._on_end()
            self._lines.write()

    def _turn(self) -> bool:
        """Take one batch; False when the loop is to end."""
        batch = self._batch()
        self._flush()
        now = self._clock()
        due = self.engine.next_due_ns()
        if due is not None and due <= now:
            batch.append(TICK)
        try:
            for item in batch:
                if isinstance(item, Stop):
                    self._stopping = True
                else:
                    self._take_in(item, now)
            if self._taken.records:
                self._head = self._journal.append(self._taken.records)
        except BaseException as error:
            self._fail(batch, error)
            raise
        taken, self._taken = self._taken, Taken()
        left = [told for effect in taken.effects if (told := self._perform(effect)) is not None]
        self._show(taken)
        for told in left:  # it is committed with the answer: the venue has it, on record or not
            self._take_in(told, self._clock())
        if not batch or len(self._lines) >= MOST_LINES:
            self._lines.write()
        return bool(self._taken.records) or not self._stopping

    def _batch(self) -> list[Item]:
        """Wait for the next item, or for the time when something is due; take everything that waits with it."""
        batch: list[Item] = []
        try:
            batch.append(self._queue.get(timeout=self._patience_s()))
        except Empty:
            return batch
        batch.extend(self._queue.get_nowait() for _ in range(min(self._queue.qsize(), MOST_IN_A_BATCH)))
        return batch

    def _patience_s(self) -> float:
        """Say how long to wait for the next item; what left is put on record with the answer, which comes soon."""
        if self._stopping:
            return 0.0
        if self._taken.records or self._lines:
            return ANSWER_S
        due = self.engine.next_due_ns()
        return LONGEST_WAIT_S if due is None else min(max(due - self._clock(), 0) / 1e9, LONGEST_WAIT_S)

    def _take_in(self, item: Item, now: int) -> None:
        if isinstance(item, Stored):
            self._stored.append(item)
            return
        given = item if isinstance(item, Given) else None
        message = given.instruction if given else item if isinstance(item, Alert) else self._translate(item)
        if isinstance(message, Alert):
            self._taken.effects.append(message)
            return
        if self._keeper is not None:
            self._keeper.before(message)
        step = self.engine.step(message, now, self._head + len(self._taken.records) + 1)
        record = record_of(message, step, now)
        if record is not None:
            self._taken.records.append(record)
        if step.anomaly is not None:
            self.counts["anomalies"] += 1
        self._taken.effects.extend(step.effects)
        if given is not None:
            self._taken.answers.append((given.future, step.answer or Answer()))

    def _fail(self, batch: list[Item], error: BaseException) -> None:
        """Tell everybody whose instruction was in this batch that it was not taken on."""
        self.failure = error
        for item in batch:
            if isinstance(item, Given) and not item.future.done():
                item.future.set_exception(JournalError(f"nothing was taken on: {error}"))

    def _refuse_the_rest(self) -> None:
        while True:
            try:
                item = self._queue.get_nowait()
            except Empty:
                return
            if isinstance(item, Given):
                reason = self.failure or "the daemon is stopping"
                with contextlib.suppress(InvalidStateError):
                    item.future.set_exception(VenueUnavailable(f"nothing was taken on: {reason}"))

    # --- after the commit

    def _show(self, taken: Taken) -> None:
        self.counts["records"] += len(taken.records)
        self.counts["batches"] += bool(taken.records)
        self.open_orders = sum(len(book.open) for book in self.engine.blotter.books.values())
        touched = self.engine.take_touched()
        self._publish(touched, set())
        for record in taken.records:
            for event in record.events:
                if isinstance(event, (ev.SessionFact, ev.StatusAnswered)):
                    session_facts.note(self.sessions, event, self.engine.blotter)
        self.asking = session_facts.under_way(self.engine.doubts, self.engine.routes)
        self.sweeping, self.swept = self.engine.sweeping, dict(self.engine.swept)
        for future, answer in taken.answers:
            with contextlib.suppress(InvalidStateError):  # whoever asked may have given up
                future.set_result(answer)
        self._lines.note(taken.records, self.engine.blotter)
        if self._keeper is not None:
            self._keep(self._keeper, touched)

    def _keep(self, keeper: Keeper, touched: set[int]) -> None:
        """Let finished orders leave memory, readers' copies with them."""
        keeper.after(touched, self._journal.head, idle=self._queue.empty())
        for stored in self._stored:
            for gone in keeper.let_go(stored):
                self.published.forget(gone)
        self._stored.clear()

    def _publish(self, numbers: Iterable[int], positions: set[tuple[str | None, str]]) -> None:
        """Show orders, and each position once: theirs, and these others."""
        blotter = self.engine.blotter
        for number in numbers:
            order = blotter.orders[number]
            self.published.publish(order)
            positions.add((order.account, order.symbol))
            is_doubtful = (order.pending or order.doubt is not None) and order.in_doubt
            (self.in_doubt.add if is_doubtful else self.in_doubt.discard)(number)
        self.published.publish_positions(blotter.positions, positions)

    def _perform(self, effect: Effect) -> Input | None:
        """Do what a step asked for; gives what became of it, where that is known at once."""
        if isinstance(effect, Send):
            return self._send(effect)
        if isinstance(effect, TakeMark | Look | CancelOpen):
            venue = cast("MarkedVenue", self._venues[effect.session])
            if isinstance(effect, CancelOpen):
                venue.cancel_open(effect)
            else:
                venue.take_mark(effect) if isinstance(effect, TakeMark) else venue.look(effect)
        else:
            self.counts["alerts"] += 1
            order = self.engine.blotter.orders.get(effect.order) if effect.order is not None else None
            ids = (
                {"order": order.number, "cl_ord_id": order.cl_ord_id, "order_id": order.order_id}
                if order
                else {}
            )
            log.warning(effect.text, code=effect.code, session=effect.session, **ids)
        return None

    def _send(self, effect: Send) -> Input | None:
        try:
            venue = self._venues[effect.session]
            sent = venue.send(effect.message, order=effect.order, request=effect.request)
        except OmsError as error:
            return StayedHere(
                session=effect.session, order=effect.order, request=effect.request, reason=str(error)
            )
        if sent is None:
            return None
        return WentOut(
            session=effect.session, order=effect.order, request=effect.request, seq=sent.seq, raw=sent.raw
        )
