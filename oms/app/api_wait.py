"""From an HTTP request to the engine's thread and back, waking the web server's loop once.

The engine answers on its own thread, after the commit; the venue's answer shows as a later publication of the order.
Both are looked at on the engine's thread, and only what ends the waiting crosses to the event loop.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from oms.app.desk import Desk
from oms.core.errors import OmsError, VenueUnavailable
from oms.core.inputs import Answer, Instruction
from oms.core.order import Order
from oms.core.values import ENDED, RequestKind

if TYPE_CHECKING:
    from concurrent.futures import Future

Until = Callable[[Order], bool]


def new_is_answered(order: Order) -> bool:
    """Say whether the venue has answered the new order, or nobody can say that it will."""
    waiting = [request for request in order.pending if request.kind is RequestKind.NEW]
    return not waiting or order.phase in ENDED or any(request.in_doubt for request in waiting)


def cancel_has_outcome(order: Order) -> bool:
    """Say whether no cancel of the order is on its way any more."""
    return all(request.kind is not RequestKind.CANCEL for request in order.pending)


def replace_has_outcome(order: Order) -> bool:
    """Say whether no replace of the order is on its way any more, or nobody can say that it will be answered."""
    return order.in_doubt or all(request.kind is not RequestKind.REPLACE for request in order.pending)


class Errand:
    """One instruction on its way through the engine.

    Use it once: `await Errand(desk, until).run(instruction, timeout_s)`. It does not end before the commit, however
    long that takes: before it nobody knows what to answer.
    """

    def __init__(self, desk: Desk, until: Until | None) -> None:
        """Prepare to wait for the commit and, where `until` is given, for a state of the order."""
        self._desk = desk
        self._until = until
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._answer: Answer | None = None
        self._error: BaseException | None = None
        self._unwatch: Callable[[], None] | None = None
        self._is_late = False
        self._is_over = False

    async def run(self, instruction: Instruction, timeout_s: float) -> Answer:
        """Hand it in and wait.

        Raises:
            JournalError: it could not be committed; nothing was taken on.
            VenueUnavailable: the daemon is stopping, or its engine stopped before; nothing was taken on.

        """
        timer = self._loop.call_later(timeout_s, self._time_is_up) if self._until else None
        try:
            self._desk.submit(instruction).add_done_callback(self._committed)
            await self._done
        finally:
            self._is_over = True
            if timer is not None:
                timer.cancel()
            if self._unwatch is not None:
                self._unwatch()
        if isinstance(self._error, OmsError):
            raise self._error
        if self._error is not None:
            message = f"the engine has stopped ({type(self._error).__name__}); the daemon's log tells why"
            raise VenueUnavailable(message) from self._error
        assert self._answer is not None  # noqa: S101 - it is done by one or the other
        return self._answer

    # --- the engine's thread; nothing here may raise, because the engine would end with it

    def _committed(self, future: "Future[Answer]") -> None:
        if future.cancelled() or self._is_over:
            self._loop_wakes()
            return
        self._error = future.exception()
        if self._error is None:
            answer = future.result()
            number = answer.order
            if self._until is not None and number is not None and answer.refusal is None:
                self._unwatch = self._desk.published.watch(number, self._changed)
                self._answer = answer
                order = self._desk.published.get(number)  # it may have changed before the watch began
                if order is not None and not self._until(order) and not self._is_late:
                    return
            self._answer = answer
        self._loop_wakes()

    def _changed(self, order: Order) -> None:
        if self._until is not None and self._until(order):
            self._loop_wakes()

    def _loop_wakes(self) -> None:
        with contextlib.suppress(RuntimeError):  # the web server has stopped, and its loop with it
            self._loop.call_soon_threadsafe(self._finish)

    # --- the web server's thread

    def _time_is_up(self) -> None:
        self._is_late = True
        self._finish()

    def _finish(self) -> None:
        if not self._done.done() and (self._answer is not None or self._error is not None):
            self._done.set_result(None)
