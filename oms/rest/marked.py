"""A REST venue without client order ids: a mark before each submit, and full looks for those whose outcome is unknown.

1. A mark that cannot be read is StayedHere: nothing of the order has left.
2. A look that is not complete puts in nothing: the engine asks again. It runs on the key that the submit left by,
   where that is known, so that what it asks carries later numbers of that key.
"""

from collections.abc import Sequence
from typing import Protocol, cast

import structlog

from oms.core.errors import VenueError
from oms.core.inputs import Input, Look, Looked, MarkTaken, StayedHere, TakeMark
from oms.core.messages import Command, Mark, NewOrder
from oms.rest.adapter import Adapter
from oms.rest.contact import Habit, Outlet
from oms.rest.submits import Submits
from oms.rest.venue import RestVenue
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

        def failed(error: VenueError) -> Input:
            told = f"the venue's numbering cannot be read, nothing was sent: {error}"
            return StayedHere(session=effect.session, order=effect.order, request=effect.request, reason=told)

        self.perform(work, failed, Priority.ORDER)

    def look(self, effect: Look) -> None:
        """See `oms.ports.MarkedVenue`."""
        left = self._submits.left(effect.message.cl_ord_id)

        def work(adapter: Adapter) -> Input:
            return cast("MarkedAdapter", adapter).look(effect)

        def failed(error: VenueError) -> None:
            _log.warning(
                "a look for an order in doubt was not complete",
                session=self.session,
                cl_ord_id=effect.message.cl_ord_id,
                reason=str(error),
            )

        self.perform(work, failed, key=None if left is None else left.key)
