"""A REST venue without client order ids: a mark before each submit, and full looks for those whose outcome is unknown.

1. A mark that cannot be read is read again for as long as an order may wait here; then it is StayedHere: nothing of
   the order has left.
2. Where everything is canceled, an order has its answer as if its cancel had been sent alone; what is open there and
   was not known is shown a few at a time, and `OpenShown` is put in at the end, whatever happens.
3. A look asks a question that fails a few times more. One that is not complete all the same shows nothing and is
   Unanswered: the engine asks again. It runs on the key that the
   submit left by, where that is known, so that what it asks carries later numbers of that key.
"""

import time
from collections.abc import Sequence
from typing import Protocol, cast

import structlog

from oms.core.errors import VenueError
from oms.core.inputs import (
    CancelOpen,
    Input,
    Look,
    Looked,
    MarkTaken,
    OpenShown,
    Received,
    StayedHere,
    TakeMark,
    Unanswered,
)
from oms.core.messages import CancelOrder, Command, Mark, NewOrder
from oms.rest.adapter import Adapter, Outcome, Told
from oms.rest.contact import Habit, Outlet
from oms.rest.patience import longer, may_pass
from oms.rest.refusal import NotTakenError
from oms.rest.strangers import Strangers
from oms.rest.submits import Submits
from oms.rest.venue import Asked, RestVenue
from oms.rest.worker import Priority

_log = structlog.get_logger()


class MarkedAdapter(Adapter, Protocol):
    """Speaks to a venue without client order ids."""

    def take_mark(self, symbol: str) -> Mark:
        """Read where the numbering of a symbol stands."""
        ...

    def look(self, effect: Look) -> Looked:
        """Look completely for a submit in doubt, or raise VenueError."""
        ...

    def cancel_open(self, messages: Sequence[CancelOrder], symbol: str | None) -> Sequence[Outcome]:
        """Cancel all these orders, and no other; they may be all that is open of a symbol, or of the account."""
        ...

    def strangers(self, symbol: str | None) -> Strangers:
        """List the open orders of a symbol, or all."""
        ...

    def stranger(self, number: str, symbol: str) -> Told:
        """Ask for an order that is none of ours, with its executions."""
        ...


class MarkedRestVenue(RestVenue):
    """Implements `oms.ports.MarkedVenue`."""

    def __init__(
        self,
        session: str,
        adapters: Sequence[MarkedAdapter],
        outlet: Outlet,
        habit: Habit | None = None,
        *,
        submits: Submits,
    ) -> None:
        """Prepare; `submits` is what the adapters share."""
        super().__init__(session, adapters, outlet, habit)
        self._submits = submits

    def send(self, message: Command, *, order: int, request: int) -> None:
        """See `RestVenue.send`."""
        if isinstance(message, NewOrder):
            self._submits.leaving(order, message.cl_ord_id)
        super().send(message, order=order, request=request)

    def take_mark(self, effect: TakeMark) -> None:
        """See `oms.ports.MarkedVenue`."""
        self._take_mark(effect, time.monotonic() + self._wait_s)

    def _take_mark(self, effect: TakeMark, until: float, after_s: float = 0.0) -> None:
        """Read a mark, once more where that fails, until a moment of the monotonic clock, seconds."""

        def work(adapter: Adapter) -> Input:
            mark = cast("MarkedAdapter", adapter).take_mark(effect.symbol)
            self._submits.read(effect.order, mark)
            return MarkTaken(
                session=effect.session,
                order=effect.order,
                request=effect.request,
                mark=mark,
                raw=adapter.line.said or None,
            )

        def failed(error: VenueError) -> Input | None:
            pause_s = longer(after_s)
            if may_pass(error) and time.monotonic() + pause_s < until:
                self._take_mark(effect, until, pause_s)
                return None
            told = f"the venue's numbering cannot be read, nothing was sent: {error}"
            if isinstance(error, NotTakenError):
                told = str(error)
            return StayedHere(session=effect.session, order=effect.order, request=effect.request, reason=told)

        self.perform(work, failed, Priority.ORDER, after_s=after_s)

    def look(self, effect: Look) -> None:
        """See `oms.ports.MarkedVenue`."""
        left = self._submits.left(effect.message.cl_ord_id)
        key = None if left is None or self._hands.is_out(left.key) else left.key

        def work(adapter: Adapter) -> Input:
            return cast("MarkedAdapter", adapter).look(effect)

        def failed(error: VenueError) -> Input:
            _log.warning(
                "a look for an order in doubt was not complete",
                session=self.session,
                cl_ord_id=effect.message.cl_ord_id,
                reason=str(error),
            )
            return Unanswered(session=self.session, order=effect.order, request=0, reason=str(error))

        self.perform(work, failed, key=key)

    # --- everything is canceled

    def cancel_open(self, effect: CancelOpen) -> None:
        """See `oms.ports.MarkedVenue`."""
        asked = [Asked(each.message, each.order, each.request) for each in effect.cancels]
        messages = [each.message for each in asked if isinstance(each.message, CancelOrder)]

        def work(adapter: Adapter) -> None:
            answers = cast("MarkedAdapter", adapter).cancel_open(messages, effect.symbol)
            self._answer_all(asked, answers)
            self._show_open(effect)

        def failed(error: VenueError, said: str) -> None:
            for each in asked:
                self._tell(each, error, said)
            self._show_open(effect)

        self._hands.ask(self._cancel_task(work, failed, asked))
        self._contact.expect()

    def _show_open(self, effect: CancelOpen, strangers: Strangers | None = None) -> None:
        """Show what nobody here knew: first the list, then a few of them at a time, each time behind what waits."""

        def work(adapter: Adapter) -> Input | None:
            marked = cast("MarkedAdapter", adapter)
            found = strangers or marked.strangers(effect.symbol)
            for told in found.told(marked.stranger):
                self._sink(Received(session=self.session, raw=told.raw, report=told.report))
            if not found.is_waiting:
                return OpenShown(session=self.session, turn=effect.turn, order_ids=found.open)
            self._show_open(effect, found)
            return None

        def failed(error: VenueError) -> Input:
            return OpenShown(session=self.session, turn=effect.turn, fault=str(error))

        self.perform(work, failed)
