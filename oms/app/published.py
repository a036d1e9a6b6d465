"""What readers see: orders as they stood at the last commit.

The engine's thread publishes after each commit; every other thread reads copies that nobody changes any more.
"""

import threading
from collections.abc import Callable, Iterator
from copy import copy

from oms.core.order import Order

Watcher = Callable[[Order], None]


class Published:
    """Committed orders, by number and by any id."""

    def __init__(self) -> None:
        """Start empty."""
        self._orders: dict[int, Order] = {}
        self._last = 0
        self._numbers: dict[str, int | tuple[int, ...]] = {}
        self._watchers: dict[int, list[Watcher]] = {}
        self._lock = threading.Lock()  # for the watchers alone: readers need none

    def publish(self, order: Order) -> None:
        """Show how an order stands now. Called by the engine's thread, after the commit.

        The copy is shallow: executions and reports are shared, and readers leave them alone.
        """
        number = order.number
        shown = copy(order)
        if shown.pending:
            shown.pending = [copy(request) for request in shown.pending]
            for request in shown.pending:
                self._know(request.cl_ord_id, number)
        before = self._orders.get(number)
        self._orders[number] = shown
        if before is None:
            self._last = max(self._last, number)
            self._know(order.client_order_id, number)
        if before is None or before.cl_ord_id is not order.cl_ord_id or before.order_id is not order.order_id:
            self._know(order.cl_ord_id, number)
            self._know(order.order_id, number)
        if number in self._watchers:
            self._tell(shown)

    def _know(self, any_id: str | None, number: int) -> None:
        if any_id is None:
            return
        known = self._numbers.get(any_id)
        if known is None:
            self._numbers[any_id] = number
        elif known != number and not (isinstance(known, tuple) and number in known):
            self._numbers[any_id] = (*(known if isinstance(known, tuple) else (known,)), number)

    def _tell(self, order: Order) -> None:
        with self._lock:
            watchers = list(self._watchers.get(order.number, ()))
        for watcher in watchers:
            watcher(order)

    def find(self, any_id: str) -> list[Order]:
        """Find orders by any id: the desk's own, a ClOrdID, OrderID. Several may share one across accounts."""
        known = self._numbers.get(any_id)
        numbers = () if known is None else known if isinstance(known, tuple) else (known,)
        return [self._orders[number] for number in numbers]

    def get(self, number: int) -> Order | None:
        """Give an order by our number."""
        return self._orders.get(number)

    def newest(self, before: int | None = None) -> Iterator[Order]:
        """Go through the orders, newest first, from below the number `before` on; each as it stands when reached."""
        for number in range((before or self._last + 1) - 1, 0, -1):
            order = self._orders.get(number)
            if order is not None:
                yield order

    def watch(self, number: int, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` with the order after every commit that changes it; returns what ends that.

        The watcher runs on the engine's thread and must not block.
        """
        with self._lock:
            self._watchers.setdefault(number, []).append(watcher)

        def unwatch() -> None:
            with self._lock:
                watchers = self._watchers.get(number, [])
                if watcher in watchers:
                    watchers.remove(watcher)
                if not watchers:
                    self._watchers.pop(number, None)

        return unwatch
