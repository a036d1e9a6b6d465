"""Open orders at a venue that are none of ours: asked for a few at a time, so that no cancel waits behind all of them.

Never one of a symbol whose submit is not answered: it may be that submit, and would be taken for somebody else's.
Each is shown once for as long as it stands in the lists: those that nobody adopts would be asked for by every poll.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import structlog

from oms.core.errors import VenueRefused
from oms.core.values import OrdStatus
from oms.rest.adapter import Told
from oms.rest.worker import VenueBanned

MOST_AT_ONCE: Final = 5
Awaiting = Callable[[], tuple[frozenset[str], frozenset[str]]]
_OPEN: Final = frozenset({OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED})
_log = structlog.get_logger()


class Strangers:
    """Those that the last list showed and nobody asked for yet; for one thread at a time.

    Attributes:
        open: the numbers of all orders in the last list, ours included.

    """

    def __init__(self, awaiting: Awaiting) -> None:
        """Begin with none; `awaiting` gives the numbers of our open orders, and the symbols of unanswered submits."""
        self._awaiting = awaiting
        self._waiting: dict[str, str] = {}
        self._shown: set[str] = set()
        self.open: tuple[str, ...] = ()

    @property
    def is_waiting(self) -> bool:
        """Whether there are some that nobody asked for yet."""
        return bool(self._waiting)

    @property
    def more(self) -> int:
        """How often the next few have to be asked for until none is left."""
        return math.ceil(len(self._waiting) / MOST_AT_ONCE)

    def listed(self, symbols: Mapping[str, str], *, afresh: bool = False) -> None:
        """Take in a list of all open orders there; what is not ours, and was not shown, is asked for from now on.

        Args:
            symbols: of the orders, by number.
            afresh: ask also for those that were shown before.

        """
        self.open = tuple(symbols)
        self._shown = set() if afresh else {number for number in self._shown if number in symbols}
        ours, awaited = self._awaiting()  # after the list: whatever stands in it has left before
        self._waiting = {
            number: symbol
            for number, symbol in symbols.items()
            if number not in ours and symbol not in awaited and number not in self._shown
        }

    def told(self, ask: Callable[[str, str], Told]) -> Iterator[Told]:
        """Ask for the next few by number and symbol, and give those that are still open.

        Raises:
            VenueError: a question failed; the order is asked for the next time.

        """
        ours, awaited = self._awaiting()
        for number, symbol in list(self._waiting.items())[:MOST_AT_ONCE]:
            if number not in ours and symbol not in awaited:
                told = self._asked(ask, number, symbol)
                if told is not None and told.state.ord_status in _OPEN:
                    yield told
                    self._shown.add(number)
            self._waiting.pop(number, None)

    def _asked(self, ask: Callable[[str, str], Told], number: str, symbol: str) -> Told | None:
        try:
            return ask(number, symbol)
        except VenueBanned:
            raise
        except VenueRefused as refusal:
            _log.warning("an open order could not be asked for", order_id=number, reason=str(refusal))
            self._shown.add(number)
            return None
