"""Open orders at a venue that are none of ours: asked for a few at a time, so that no cancel waits behind all of them.

Never one of a symbol whose submit is not answered: it may be that submit, and would be taken for somebody else's.
"""

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
        self.open: tuple[str, ...] = ()

    @property
    def is_waiting(self) -> bool:
        """Whether there are some that nobody asked for yet."""
        return bool(self._waiting)

    def listed(self, symbols: Mapping[str, str]) -> None:
        """Take in a list of all open orders there: symbols by number. What is not ours is asked for from now on."""
        self.open = tuple(symbols)
        ours, awaited = self._awaiting()  # after the list: whatever stands in it has left before
        self._waiting = {
            number: symbol
            for number, symbol in symbols.items()
            if number not in ours and symbol not in awaited
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
            self._waiting.pop(number, None)

    def _asked(self, ask: Callable[[str, str], Told], number: str, symbol: str) -> Told | None:
        try:
            return ask(number, symbol)
        except VenueBanned:
            raise
        except VenueRefused as refusal:
            _log.warning("an open order could not be asked for", order_id=number, reason=str(refusal))
            return None
