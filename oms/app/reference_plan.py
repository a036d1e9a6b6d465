"""How often a venue account is asked for each thing, and what the daemon knows that the answers are held against."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec import Struct

from oms.app.reference_waits import Waits
from oms.core.instruments import Instrument, Key
from oms.core.movements import Movement
from oms.core.order import Order
from oms.core.positions import Position

SOON_S: Final = 1.0  # until the first try after one that failed


class Plan(Struct, frozen=True, kw_only=True):
    """How often each is asked, seconds; `clock_difference_s`: more is told; `pairs`: whose prices are wanted."""

    instruments_s: float = 300.0
    balances_s: float = 30.0
    clock_s: float = 60.0
    clock_difference_s: float = 1.0
    prices_s: float = 1.0
    pairs: tuple[Key, ...] = ()


class Known(Struct, frozen=True, kw_only=True):
    """What the daemon knows, as of its last commit; each is called from the watch's thread.

    Attributes:
        positions: of an account, by symbol.
        instruments: of a session.
        movements: of a session, by id.
        orders: of an account, those in memory: every one that is open is among them.
        waits: why no comparison can be made for an account: a session of it is down, or its orders are being asked for.

    """

    positions: Callable[[str], Mapping[str, Position]]
    instruments: Callable[[str], Mapping[Key, Instrument]]
    movements: Callable[[str], Mapping[str, Movement]]
    orders: Callable[[str], Iterable[Order]]
    waits: Callable[[str], Waits | None]


class Pause:
    """How long to wait after a try that failed: ever longer, until one succeeds."""

    def __init__(self, most_s: float) -> None:
        """Start with the shortest; none is longer than `most_s`, seconds."""
        self._most_s = most_s
        self._next_s = min(SOON_S, most_s)

    def next_s(self) -> float:
        """Give the pause until the next try, seconds, and double the one after it."""
        pause_s, self._next_s = self._next_s, min(2 * self._next_s, self._most_s)
        return pause_s

    def end(self) -> None:
        """Start anew: a try succeeded."""
        self._next_s = min(SOON_S, self._most_s)
