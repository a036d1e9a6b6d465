"""What is asked of a venue besides orders, in the engine's words; one implementation a venue."""

from collections.abc import Collection
from typing import Protocol

from msgspec import Struct

from oms.core.balances import Balance
from oms.core.instruments import Instrument, Key
from oms.core.movements import Movement, MovementStatus
from oms.core.prices import Quote


class VenueClock(Struct, frozen=True):
    """The venue's clock is ahead of ours by `ahead_ns` (behind: negative), give or take `uncertain_ns`."""

    ahead_ns: int
    uncertain_ns: int


class Moved(Struct, frozen=True, kw_only=True):
    """What became of a movement of money; `raw` says it in the venue's words."""

    status: MovementStatus
    reason: str
    log_id: str | None = None
    raw: str | None = None


class Gatherer(Protocol):
    """Speaks to a venue with one key, on one thread. Every method raises VenueError, but `carry_out`.

    Attributes:
        has_balances: balances can be had.

    """

    has_balances: bool

    def measure_clock(self) -> VenueClock:
        """Compare clocks, and sign by the venue's from now on."""
        ...

    def exchanges(self) -> tuple[str | None, ...]:
        """List the exchanges behind the venue; where there are none, one None."""
        ...

    def instruments(self, exchange: str | None) -> tuple[Instrument, ...]:
        """List every symbol of an exchange."""
        ...

    def balances(self) -> tuple[Balance, ...]:
        """List what the account has, at all exchanges."""
        ...

    def quote(self, key: Key) -> Quote:
        """Read the best prices of a symbol."""
        ...

    def carry_out(self, movement: Movement) -> Moved:
        """Move money, once at most; whatever goes wrong is in the answer."""
        ...

    def look_for(self, movement: Movement, claimed: Collection[str]) -> Moved | None:
        """Look for a movement in doubt in the venue's list; None where no row, or more than one, can be it.

        `claimed`: ids of rows that are other movements of ours.
        """
        ...
