"""What goes wrong on purpose inside the venue. What goes wrong on the way to it: `oms.sim.web.faults`."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from oms.sim.cloud.request import Problem
from oms.sim.web.faults import HTTP, Conduct, Dice

if TYPE_CHECKING:
    from collections.abc import Mapping

SLOW_SUBMIT, SLOW_CANCEL = "slow-submit", "slow-cancel"
REJECT, CANCEL_REJECT = "reject", "cancel-reject"
LATE_FILL, LOST_RACE = "late-fill", "lost-race"
SYSTEM_ERROR = "system-error"

OF_ORDERS: Mapping[str, str] = {
    SLOW_SUBMIT: "an order is pre-submitted, then submitting, for 0.5 s each; no open order meanwhile",
    REJECT: "a good order is refused: its balance is said not to be enough",
    SYSTEM_ERROR: "an order or cancel is answered with err-code system-error; half of them took effect",
}
OF_CANCELS: Mapping[str, str] = {
    SLOW_CANCEL: "an order is cancelling for 1 s, and can still fill",
    CANCEL_REJECT: "a good cancel is refused with err-code order-orderstate-error",
    LATE_FILL: "half of what is canceled trades before it is",
    LOST_RACE: "all of what is canceled trades before it is: it ends as filled",
    SYSTEM_ERROR: OF_ORDERS[SYSTEM_ERROR],
}
MEANINGS: Mapping[str, str] = {**OF_ORDERS, **OF_CANCELS, **HTTP}

TRADED = {LATE_FILL: Decimal("0.5"), LOST_RACE: Decimal(1)}


class Mishaps:
    """Seeded dice for orders and cancels."""

    def __init__(self, conduct: Conduct) -> None:
        """Faults without a rate never happen."""
        self._orders = Dice(conduct, OF_ORDERS, "orders")
        self._cancels = Dice(conduct, OF_CANCELS, "cancels")

    def of_order(self) -> tuple[str, ...]:
        """Return what goes wrong with the next order."""
        return self._orders.draw("")

    def of_cancel(self) -> tuple[str, ...]:
        """Return what goes wrong with the next cancel."""
        return self._cancels.draw("")

    def takes_effect(self) -> bool:
        """Whether a request that ends in a system error is carried out nevertheless."""
        return self._orders.rng.random() < 1 / 2


def system_error() -> Problem:
    """Return the problem that says nothing of what was done."""
    return Problem(code=SYSTEM_ERROR, text="System error, please try again")
