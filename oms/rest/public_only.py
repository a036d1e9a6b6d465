"""What a venue is not asked for from here, told alike for every such venue."""

from collections.abc import Collection

from oms.core.balances import Balance
from oms.core.movements import Movement, MovementStatus
from oms.rest.gathering import Moved


class PublicOnly:
    """The half of `Gatherer` that needs keys, where there are none for it: no balances, and no money moves."""

    has_balances = False
    cached_s = 0.0
    tells_fees = True

    def balances(self) -> tuple[Balance, ...]:
        """There are none to be had."""
        return ()

    def carry_out(self, movement: Movement) -> Moved:
        """Nothing moves."""
        told = f"{movement.kind}s are not possible from here at this venue; nothing was sent"
        return Moved(status=MovementStatus.REFUSED, reason=told)

    def look_for(self, _movement: Movement, _claimed: Collection[str]) -> Moved | None:
        """Nothing is known."""
        return None
