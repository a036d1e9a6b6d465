"""Since when the answer to a request is due: since it left, which may be some time after it was handed over.

A venue that lets so many requests a second leave holds the others back. What has not left is in no doubt.
"""

from typing import Final

from oms.core.order import Order
from oms.core.requests import Request

_HELD_BACK_AT_MOST: Final = 4
"""For so many times the time that an answer may take, a request counts as held back where nobody says that it left."""


class Departures:
    """When requests left, and what was asked before. No state of an order: after a restart all of it is asked anew."""

    def __init__(self) -> None:
        """Start with nothing on its way."""
        self._left: dict[int, int] = {}
        self._older: dict[int, int] = {}

    def note(self, request_number: int, now_ns: int) -> None:
        """A request left now."""
        self._left[request_number] = now_ns

    def forget(self, request_number: int) -> None:
        """No answer is waited for any more."""
        self._left.pop(request_number, None)

    def is_expected(self, request_number: int) -> bool:
        """Whether the time for the answer to a request that left is not over."""
        return request_number in self._left

    def overtook(self, order: Order) -> None:
        """A cancel leaves: the answers to what was asked before may come after it, and be older."""
        self._wait_for_older(order, order.questions)

    def answered(self, order: Order) -> bool:
        """Note that a question about an order is over, and tell whether it was asked before the last cancel left.

        Questions end in their order. Those of an earlier logon do not end; with the last of all, none is older.
        """
        older = self._older.get(order.number, 0)
        self._wait_for_older(order, older - 1 if order.questions else 0)
        return older > 0 and order.questions > 0

    def _wait_for_older(self, order: Order, count: int) -> None:
        self._older.pop(order.number, None)
        if count > 0:
            self._older[order.number] = count

    def due_ns(self, request: Request, now_ns: int, within_ns: int) -> int:
        """Say when the answer should have come: `within_ns` after the request left.

        Returns:
            nanoseconds since the epoch; not after `now_ns` where it is overdue.

        """
        left_ns = self._left.get(request.number)
        if left_ns is not None and left_ns >= request.since_ns:  # not the departure before it was sent again
            return left_ns + within_ns
        return min(now_ns, request.since_ns + (_HELD_BACK_AT_MOST - 1) * within_ns) + within_ns
