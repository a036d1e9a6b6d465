"""How often a venue account is asked for each thing, and what the daemon knows that the answers are held against."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from oms.core.instruments import Instrument, Key
from oms.core.movements import Movement
from oms.core.positions import Position


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

    """

    positions: Callable[[str], Mapping[str, Position]]
    instruments: Callable[[str], Mapping[Key, Instrument]]
    movements: Callable[[str], Mapping[str, Movement]]
