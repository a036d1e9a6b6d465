"""Movements of money of one venue account: carried out once each, in their order, and looked for until they are known.

A movement whose outcome is not known, or that the venue has only taken on, is looked for soon, then ever less often.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from oms.core.movements import Movement, MovementStatus
from oms.core.secret import Secret
from oms.core.venue_inputs import MoneyAnswered
from oms.rest.gathering import Gatherer, Moved

if TYPE_CHECKING:
    from oms.rest.gathering import Redeemer

SOON_S: Final = 1.0  # until the first look
LOOK_S: Final = 30.0  # at most between two looks
_LOOKED_FOR: Final = frozenset({MovementStatus.IN_DOUBT, MovementStatus.SUBMITTED})


class Moves:
    """Belongs to the watch's thread; `put` may be called from any."""

    def __init__(
        self,
        gatherer: Gatherer,
        movements: Callable[[], Mapping[str, Movement]],
        sink: Callable[[Any], None],
        keep: Callable[[str, Secret], None],
    ) -> None:
        """Carry out by `gatherer`; `movements` are those on record; `keep` takes the codes of coupons made, by id."""
        self._gatherer = gatherer
        self._movements = movements
        self._sink = sink
        self._keep = keep
        self._waiting: deque[tuple[Movement, Secret | None]] = deque()
        self._look_s = SOON_S

    def put(self, movement: Movement, code: Secret | None) -> None:
        """Have a movement carried out; `code` is that of a coupon that is to be redeemed."""
        self._waiting.append((movement, code))

    def carry_out_all(self, banned: str | None) -> float | None:
        """Carry out what waits; of a venue that `banned` us nothing. Says when to look for it, seconds, if at all."""
        is_open = False
        while self._waiting:
            movement, code = self._waiting.popleft()
            if banned is None:
                moved = self._carried_out(movement, code)
            else:
                told = f"the venue is left alone, nothing was sent: {banned}"
                moved = Moved(status=MovementStatus.REFUSED, reason=told)
            is_open = is_open or moved.status in _LOOKED_FOR
            self._tell(movement, moved)
        if not is_open:
            return None
        self._look_s = SOON_S
        return SOON_S

    def _carried_out(self, movement: Movement, code: Secret | None) -> Moved:
        """Have it carried out; our own failure on the way leaves it in doubt, since it may have left."""
        try:
            if code is not None:
                return cast("Redeemer", self._gatherer).redeem(movement, code)
            return self._gatherer.carry_out(movement)
        except Exception as error:  # noqa: BLE001 - a boundary: whatever it is, the movement is told about
            told = type(error).__name__ if code is not None else f"{type(error).__name__}: {error}"
            return Moved(status=MovementStatus.IN_DOUBT, reason=told)

    def look(self) -> float:
        """Look for what is open, and say when to look again, seconds. Raises VenueError."""
        self._look_s = min(2 * self._look_s, LOOK_S)
        movements = self._movements()
        claimed = {each.log_id for each in movements.values() if each.log_id is not None}
        for movement in movements.values():
            if movement.status in _LOOKED_FOR:
                moved = self._gatherer.look_for(movement, claimed)
                if moved is not None:
                    claimed |= set() if moved.log_id is None else {moved.log_id}
                    self._tell(movement, moved)
        return self._look_s

    def _tell(self, movement: Movement, moved: Moved) -> None:
        if moved.code is not None:
            self._keep(movement.id, moved.code)
        answer = MoneyAnswered(
            session=movement.session,
            id=movement.id,
            status=str(moved.status),
            reason=moved.reason,
            log_id=moved.log_id,
            moved=moved.moved,
            fee=moved.fee,
            asset=moved.asset,
            raw=moved.raw,
        )
        self._sink(answer)
