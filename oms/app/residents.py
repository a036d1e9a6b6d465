"""Which orders the engine has in memory.

Finished ones leave, the longest untouched first; a step that may need one that left gets it back before it begins.
Used on the engine's thread alone, and while the journal is read at the start.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from oms.core.blotter import Blotter
from oms.core.events import Adopted, Fact, Placed
from oms.core.inputs import Input
from oms.core.order import Order
from oms.core.residence import (
    Resting,
    Wanted,
    evict,
    is_at_rest,
    restore,
    wanted,
)
from oms.journal.shelf import Shelf
from oms.journal.sieve import Sieve


class Residents:
    """The orders in memory, and the way back for those that left."""

    def __init__(self, blotter: Blotter, shelf: Shelf, *, keep: int, sieve: Sieve | None = None) -> None:
        """Begin with what is in the blotter.

        Args:
            blotter: the orders in memory.
            shelf: the orders that left.
            keep: how many finished orders stay in memory.
            sieve: the desk's own ids of those that left.

        """
        self.sieve = sieve or Sieve()
        self._blotter = blotter
        self._shelf = shelf
        self._keep = keep
        self._finished: OrderedDict[int, bool] = OrderedDict()  # whether it is stored as it stands
        self._leaving: set[int] = set()
        self.note(sorted(blotter.orders))

    def close(self) -> None:
        """Read no more."""
        self._shelf.close()

    # --- back into memory

    def before(self, message: Input) -> None:
        """Bring back every order that a step may need.

        Raises:
            JournalError: the archive cannot be read.

        """
        for need in wanted(self._blotter, message):
            self._fetch(need)

    def before_event(self, event: Fact) -> None:
        """Bring back the order that an event of the journal changes, if it left.

        Raises:
            JournalError: the archive cannot be read.

        """
        number = getattr(event, "order", None)
        if number is not None and not isinstance(event, Placed | Adopted):
            self._fetch(Wanted(number=number))

    def _fetch(self, need: Wanted) -> None:
        found: Iterable[Resting | None] = ()
        if need.number is not None:
            found = (self._shelf.get(need.number),)
        elif need.id is not None and (not need.is_new or need.id in self.sieve):
            found = self._shelf.find(need.id)
        for resting in found:
            if resting is not None and resting.order.number not in self._blotter.orders:
                self._bring_back(resting)

    def _bring_back(self, resting: Resting) -> None:
        number = resting.order.number
        restore(
            self._blotter,
            resting.order,
            tuple(key for key in resting.keys if self._shelf.owner(key) == number),
        )
        self._finished[number] = True

    # --- out of memory

    def note(self, numbers: Iterable[int]) -> None:
        """Note which orders changed: those that are at rest now may leave when their turn comes."""
        orders, books = self._blotter.orders, self._blotter.books
        for number in numbers:
            order = orders[number]
            if self._finished.pop(number, None) is None and self._leaving:
                self._leaving.discard(number)
            if number not in books[order.session].open and is_at_rest(order):
                self._finished[number] = False

    def excess(self) -> int:
        """Say how many finished orders there are more than stay in memory."""
        return max(len(self._finished) - self._keep, 0)

    def leaving(self, most: int, held: "set[int] | frozenset[int]" = frozenset()) -> Iterator[Order]:
        """Take the orders whose turn it is to leave; store each, then `let_go`. Those that are stored go at once.

        Args:
            most: how many may leave now.
            held: those that have to be at hand; their turn comes again.

        """
        for _ in range(min(self.excess(), most)):
            number, is_stored = self._finished.popitem(last=False)
            order = self._blotter.orders[number]
            if number in held:
                self._finished[number] = is_stored
            elif is_stored:
                self._evict(order)
            else:
                self._leaving.add(number)
                yield order

    def let_go(self, numbers: Iterable[int]) -> list[Order]:
        """Let orders go that are stored, unless one of them changed meanwhile; returns those that left."""
        gone = [self._blotter.orders[number] for number in numbers if number in self._leaving]
        for order in gone:
            self._leaving.discard(order.number)
            self._evict(order)
        return gone

    def stay(self, numbers: Iterable[int]) -> None:
        """Keep orders that could not be stored; they are the next to leave."""
        for number in numbers:
            if number in self._leaving:
                self._leaving.discard(number)
                self._finished[number] = False
                self._finished.move_to_end(number, last=False)

    def _evict(self, order: Order) -> None:
        own = order.client_order_id
        if own is not None and own not in self.sieve:
            self.sieve.add(own)
        evict(self._blotter, order)
