"""A venue of the engine that is spoken to over REST: every message becomes a job that tells what became of it.

1. `send` returns at once. For every message exactly one of Received, Refused, Unanswered and StayedHere is put in,
   whatever happens; before it WentOut, if something was to leave. What is never sent is StayedHere.
2. SessionUp after the first good signed answer; SessionDown after several failures in a row, and at a ban.
3. After SessionUp the orders there are compared with ours; then they are polled. What did not change is not put in.
4. Nothing is ever sent twice from here, and no order leaves after it has waited here for long.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest

from msgspec import Struct

from oms.core.errors import OutcomeUnknown, VenueError, VenueRefused, VenueUnavailable
from oms.core.inputs import Input, Received, Refused, StayedHere, Unanswered, WentOut
from oms.core.messages import CancelOrder, Command, NewOrder, StatusRequest
from oms.core.values import OrdStatus
from oms.rest.adapter import Adapter, Outcome, Told
from oms.rest.contact import Contact, Habit, Outlet
from oms.rest.hands import Task
from oms.rest.limiter import QUERY, TRADE
from oms.rest.standing import Seen
from oms.rest.worker import Priority

__all__ = ["Habit", "Outlet", "RestVenue"]


class Asked(Struct, frozen=True):
    """A message on its way."""

    message: Command
    order: int
    request: int


class RestVenue:
    """Implements `oms.ports.Venue` with one or more keys of one account."""

    def __init__(
        self, session: str, adapters: Sequence[Adapter], outlet: Outlet, habit: Habit | None = None
    ) -> None:
        """Prepare; `start` starts it. There is one adapter for each key."""
        self.session = session
        self._sink = outlet.sink
        self._wait_s = (habit or Habit()).wait_s
        self._contact = Contact(session, adapters, outlet, habit or Habit())
        self._hands = self._contact.hands
        self._most_cancels = min(adapter.most_cancels for adapter in adapters)
        self._cancels: deque[Asked] = deque()
        self._looking: set[str] = set()

    @property
    def seen(self) -> Seen:
        """How the venue stands."""
        return self._contact.seen

    def start(self) -> None:
        """Reach the venue, and stay in touch."""
        self._contact.start()

    def stop(self, within_s: float) -> bool:
        """Send nothing more; tell whether what was under way ended in time. What waited stays here, and is told so."""
        return self._contact.stop(within_s)

    def resume(self) -> None:
        """Speak again to a venue that banned us; a person's decision."""
        self._contact.resume()

    def leave_alone(self, reason: str) -> None:
        """Send nothing more until `resume`: another way to the venue was told that it is banned."""
        self._hands.leave_alone(reason)

    def refresh(self) -> None:
        """Compare the orders there with ours once more, as soon as can be; something may have been missed."""
        self._contact.refresh()

    # --- messages

    def send(self, message: Command, *, order: int, request: int) -> None:
        """See `oms.ports.Venue.send`; what becomes of the message is put in later.

        Raises:
            VenueUnavailable: it is not taken, and nothing leaves.

        """
        asked = Asked(message, order, request)
        match message:
            case NewOrder():
                self._give(asked, Priority.ORDER, self._in_time(lambda adapter: adapter.place(message)))
            case StatusRequest():
                self._give(asked, Priority.QUERY, lambda adapter: adapter.query(message))
            case CancelOrder():
                self._give_cancel(asked)
            case _:
                told = f"{self.session}: this venue has no message for a replace; nothing was sent"
                raise VenueUnavailable(told)
        self._contact.expect()

    def look_at(self, message: StatusRequest) -> None:
        """Show an order that something was pushed about, once for all that was pushed until it is asked for.

        Where that fails nothing is put in; polling finds it.
        """
        name = message.cl_ord_id or message.order_id or ""
        if name in self._looking:
            return
        self._looking.add(name)

        def question(adapter: Adapter) -> list[Told]:
            self._looking.discard(name)
            return [adapter.query(message)]

        self._contact.show(question, lambda _well: self._looking.discard(name))

    def perform(
        self,
        work: Callable[[Adapter], Input | None],
        failed: Callable[[VenueError], Input | None],
        priority: Priority = Priority.QUERY,
        key: int | None = None,
        after_s: float = 0.0,
    ) -> None:
        """Have a question of another kind asked; what it gives is put in.

        Args:
            work: called on a worker's thread.
            failed: makes the input of what was raised, or of never being run; None puts in nothing.
            priority: what it goes before.
            key: the number of the adapter that does it; None: the next in turn.
            after_s: not before so many seconds from now.

        """
        task = Task(
            work=lambda adapter: self._put_in(work(adapter)),
            failed=lambda error, _said: self._put_in(failed(error)),
            priority=priority,
            after_s=after_s,
        )
        self._hands.ask(task, key)

    def _put_in(self, given: Input | None) -> None:
        if given is not None:
            self._sink(given)

    def _give(self, asked: Asked, priority: Priority, ask: Callable[[Adapter], Told]) -> None:
        task = Task(
            work=lambda adapter: self._answer(asked, ask(adapter)),
            failed=lambda error, said: self._tell(asked, error, said),
            leaving=lambda raw: self._went_out((asked,), raw),
            priority=priority,
            kind=QUERY if priority is Priority.QUERY else TRADE,
        )
        self._hands.give(task)

    def _in_time(self, place: Callable[[Adapter], Told]) -> Callable[[Adapter], Told]:
        """Hold an order back that has waited here for too long."""
        given = time.monotonic()

        def placed(adapter: Adapter) -> Told:
            waited_s = time.monotonic() - given
            if waited_s > self._wait_s:
                told = (
                    f"{self.session}: the order waited here for {waited_s:.1f} s, too long; nothing was sent"
                )
                raise VenueUnavailable(told)
            return place(adapter)

        return placed

    # --- cancels leave together, where the venue takes several

    def _give_cancel(self, asked: Asked) -> None:
        self._cancels.append(asked)
        batch: list[Asked] = []

        def work(adapter: Adapter) -> None:
            room = self._most_cancels - len(batch)  # another key may have begun with these
            batch.extend(self._waiting_cancels(room))
            messages = [each.message for each in batch if isinstance(each.message, CancelOrder)]
            self._answer_all(batch, adapter.cancel(messages) if messages else ())

        def failed(error: VenueError, said: str) -> None:
            for each in batch or self._waiting_cancels(1):
                self._tell(each, error, said)

        try:
            self._hands.give(self._cancel_task(work, failed, batch))
        except VenueUnavailable:
            try:
                self._cancels.remove(asked)
            except ValueError:  # a batch under way has taken it along
                return
            raise

    def _cancel_task(
        self, work: Callable[[Adapter], None], failed: Callable[[VenueError, str], None], asked: list[Asked]
    ) -> Task:
        """Make a task that cancels; `asked` is what leaves with it, as far as it is known when it leaves."""
        return Task(
            work=work,
            failed=failed,
            leaving=lambda raw: self._went_out(asked, raw),
            priority=Priority.CANCEL,
            kind=TRADE,
        )

    def _waiting_cancels(self, most: int) -> list[Asked]:
        waiting: list[Asked] = []
        while self._cancels and len(waiting) < most:
            try:
                waiting.append(self._cancels.popleft())
            except IndexError:  # another key's worker was quicker
                break
        return waiting

    # --- what became of them

    def _went_out(self, asked: Iterable[Asked], raw: str) -> None:
        for each in asked:
            self._sink(WentOut(session=self.session, order=each.order, request=each.request, seq=0, raw=raw))

    def _answer_all(self, batch: Sequence[Asked], outcomes: Sequence[Outcome]) -> None:
        """Put in the answers to several messages, in their order."""
        for each, outcome in zip_longest(batch, outcomes[: len(batch)]):
            self._answer(each, outcome or OutcomeUnknown("the venue's answer says nothing of it"))

    def _answer(self, asked: Asked, outcome: Outcome) -> None:
        """Put in the answer; where it is only that something is under way, look at once what comes of it."""
        self._tell(asked, outcome)
        message = asked.message
        if not isinstance(outcome, Told) or not isinstance(message, NewOrder | CancelOrder):
            return
        state = outcome.state
        if state.ord_status in (OrdStatus.PENDING_NEW, OrdStatus.PENDING_CANCEL):
            ours = message.cl_ord_id if isinstance(message, NewOrder) else message.orig_cl_ord_id
            self.look_at(
                StatusRequest(
                    cl_ord_id=state.cl_ord_id or ours,
                    symbol=message.symbol,
                    side=message.side,
                    account=message.account,
                    exchange=message.exchange,
                    order_id=state.order_id,
                )
            )

    def _tell(self, asked: Asked, outcome: Outcome, said: str = "") -> None:
        """Put in the one outcome of a message; `said` is the text of the answer where there was one."""
        session, order, request = self.session, asked.order, asked.request
        raw = said or None
        given: Input
        match outcome:
            case Told():
                given = Received(
                    session=session, raw=outcome.raw, report=outcome.report, request=request or None
                )
            case VenueUnavailable():
                given = StayedHere(session=session, order=order, request=request, reason=str(outcome))
            case VenueRefused():
                given = Refused(session=session, order=order, request=request, reason=str(outcome), raw=raw)
            case _:
                given = Unanswered(
                    session=session,
                    order=order,
                    request=request,
                    reason=str(outcome),
                    raw=raw,
                    cum_qty=outcome.cum_qty if isinstance(outcome, OutcomeUnknown) else None,
                )
        self._sink(given)
