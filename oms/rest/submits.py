"""What this process remembers of submits to a venue without client order ids. May be used from several threads."""

import threading
from collections import OrderedDict
from typing import Final

from msgspec import Struct

from oms.core.messages import Mark

_MOST: Final = 10_000


class Left(Struct, frozen=True):
    """By which key a submit left, and the highest number that it may have left under."""

    key: int
    number: int


class Submits:
    """Marks between their reading and the answer, and how those left whose outcome is unknown."""

    def __init__(self) -> None:
        """Start without memory, as after a restart."""
        self._lock = threading.Lock()
        self._read: OrderedDict[int, Mark] = OrderedDict()
        self._marks: OrderedDict[str, Mark] = OrderedDict()
        self._left: dict[str, Left] = {}

    def read(self, order: int, mark: Mark) -> None:
        """Note the mark of our order `order`."""
        with self._lock:
            self._read[order] = mark
            _bound(self._read)

    def leaving(self, order: int, cl_ord_id: str) -> None:
        """Note that an order is about to leave; from now on its mark is found by ClOrdID."""
        with self._lock:
            mark = self._read.pop(order, None)
            if mark is not None:
                self._marks[cl_ord_id] = mark
                _bound(self._marks)

    def mark_of(self, cl_ord_id: str) -> Mark | None:
        """Give the mark of an order that left lately; None where it is not known any more."""
        with self._lock:
            return self._marks.get(cl_ord_id)

    def in_doubt(self, cl_ord_id: str, left: Left) -> None:
        """Note how a submit left whose outcome is unknown; it is remembered for as long as the process runs."""
        with self._lock:
            self._left[cl_ord_id] = left

    def left(self, cl_ord_id: str) -> Left | None:
        """Give how a submit in doubt left; None for one of an earlier process."""
        with self._lock:
            return self._left.get(cl_ord_id)


def _bound(memory: OrderedDict[int, Mark] | OrderedDict[str, Mark]) -> None:
    """Drop the oldest: a mark is needed for moments only."""
    while len(memory) > _MOST:
        memory.popitem(last=False)
