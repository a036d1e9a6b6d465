"""What readers see: orders as they stood at the last commit.

The engine's thread publishes after each commit; every other thread reads copies that nobody changes any more. An order
that left memory is read from the archive: it is stored there before it is forgotten here.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from copy import copy

from oms.core.order import Order
from oms.core.positions import Position, Positions
from oms.journal.shelf import Shelf

Watcher = Callable[[Order], None]


class Published:
    """Committed orders, by number and by any id."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        """Start empty; `shelf` holds the orders that are not in memory."""
        self._shelf = shelf
        self._orders: dict[int, Order] = {}
        self._last = 0
        self._numbers: dict[str, int | tuple[int, ...]] = {}
        self._ids: dict[int, tuple[str, ...]] = {}
        self._watchers: dict[int, list[Watcher]] = {}
        self.positions: dict[tuple[str | None, str], Position] = {}
        self._lock = threading.Lock()  # for the watchers alone: readers need none

    def publish(self, order: Order) -> None:
        """Show how an order stands now. Called by the engine's thread, after the commit.

        The copy is shallow: executions and reports are shared, and readers leave them alone.
        """
        number = order.number
        shown: Order = order.__copy__()  # type: ignore[attr-defined]  # what `copy` ends in, without its detours
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

    def publish_positions(self, positions: Positions, keys: Iterable[tuple[str | None, str]]) -> None:
        """Show how the positions of these accounts and symbols stand now; called as `publish` is."""
        for key in keys:
            position = positions.by_key.get(key)
            if position is None:
                continue
            shown = copy(position)
            shown.fees = dict(position.fees)
            if key in self.positions:
                self.positions[key] = shown
            else:  # whoever goes through them is not disturbed
                self.positions = {**self.positions, key: shown}

    def know(self, number: int, ids: Iterable[str]) -> None:
        """Find an order by its earlier ids too: who publishes it for the first time shows those of now."""
        for any_id in ids:
            self._know(any_id, number)

    def _know(self, any_id: str | None, number: int) -> None:
        if any_id is None:
            return
        known = self._numbers.get(any_id)
        if known == number or (isinstance(known, tuple) and number in known):
            return
        self._ids[number] = (*self._ids.get(number, ()), any_id)
        if known is None:
            self._numbers[any_id] = number
        else:
            self._numbers[any_id] = (*(known if isinstance(known, tuple) else (known,)), number)

    def _tell(self, order: Order) -> None:
        with self._lock:
            watchers = list(self._watchers.get(order.number, ()))
        for watcher in watchers:
            watcher(order)

    def forget(self, order: Order) -> None:
        """Leave an order to the archive, which has it now. Called by the engine's thread."""
        number = order.number
        for any_id in self._ids.pop(number, ()):
            known = self._numbers.get(any_id)
            if known == number:
                del self._numbers[any_id]
            elif isinstance(known, tuple):
                rest = tuple(each for each in known if each != number)
                self._numbers[any_id] = rest if len(rest) > 1 else rest[0]
        self._orders.pop(number, None)

    def find(self, any_id: str) -> list[Order]:
        """Find orders by any id: the desk's own, a ClOrdID, OrderID. Several may share one across accounts.

        Raises:
            JournalError: orders that left memory cannot be read.

        """
        known = self._numbers.get(any_id)
        numbers = () if known is None else known if isinstance(known, tuple) else (known,)
        found = {number: self._orders.get(number) for number in numbers}
        if self._shelf is not None:
            for resting in self._shelf.find(any_id):
                number = resting.order.number
                found[number] = self._orders.get(number, resting.order)
        return [order for _, order in sorted(found.items()) if order is not None]

    def get(self, number: int) -> Order | None:
        """Give an order by our number.

        Raises:
            JournalError: orders that left memory cannot be read.

        """
        found = self._orders.get(number)
        if found is None and self._shelf is not None:
            resting = self._shelf.get(number)
            found = resting.order if resting else None
        return found

    def newest(
        self, before: int | None = None, *, symbol: str | None = None, session: str | None = None
    ) -> Iterator[Order]:
        """Go through the orders, newest first, from below the number `before` on; each as it stands when reached.

        Args:
            before: None: from the newest on.
            symbol: spares reading those of another symbol; some may come all the same.
            session: likewise.

        Raises:
            JournalError: orders that left memory cannot be read.

        """
        below = before or self._last + 1
        numbers = sorted((number for number in list(self._orders) if number < below), reverse=True)
        left = self._shelf.newest(below, symbol, session) if self._shelf is not None else iter(())
        waiting = next(left, None)
        for number in numbers:
            while waiting is not None and waiting.number > number:
                yield waiting
                waiting = next(left, None)
            if waiting is not None and waiting.number == number:
                waiting = next(left, None)
            order = self.get(number)
            if order is not None:
                yield order
        while waiting is not None:
            yield waiting
            waiting = next(left, None)

    def in_memory(self, before: int | None = None) -> Iterator[Order]:
        """Go through the orders in memory, newest first: every one that is open is among them."""
        below = before or self._last + 1
        for number in sorted((number for number in list(self._orders) if number < below), reverse=True):
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
