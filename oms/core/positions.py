"""Positions, average cost, fees and realised P&L by account and symbol, folded from executions.

Average cost: adding to a position averages its price; reducing it realises (price - average cost) x quantity; an
execution that turns the position closes it first and opens the rest at its own price. A bust or a correction is the
opposite execution at the price it had: quantity and cash are exact, and the average is that of the new sequence.

Invariants
1. `cost - realised` is the cash that was spent.
2. While the price of an execution is unknown, so are the average cost and the realised P&L: None, never a wrong number.
   After a reduction at an unknown cost they stay unknown until the position is flat and every price is known: then
   what was realised is the cash itself.
"""

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct, field

from oms.core.order import Order
from oms.core.values import BUYS, ROUNDING, ZERO


class Position(Struct, kw_only=True):
    """Signed quantity in the base asset; cost and realised P&L in the quote asset.

    `fees` are by currency, positive where they cost; they are in no other number. `unpriced` counts the executions
    without a price, `blurred` says that the position was reduced while there were some.
    """

    qty: Decimal = ZERO
    cost: Decimal = ZERO
    realised: Decimal = ZERO
    bought: Decimal = ZERO
    sold: Decimal = ZERO
    fees: dict[str, Decimal] = field(default_factory=dict)
    unpriced: int = 0
    blurred: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether cost and realised P&L are known."""
        return not self.unpriced and not self.blurred

    @property
    def avg_cost(self) -> Decimal | None:
        """Average cost of what is held, in quote per base; 0 when flat, None where a price is unknown."""
        if not self.is_exact:
            return None
        return ROUNDING.divide(self.cost, self.qty) if self.qty else ZERO

    @property
    def realised_pnl(self) -> Decimal | None:
        """Realised P&L before fees; None where a price is unknown."""
        return self.realised if self.is_exact else None

    def move(self, qty: Decimal, amount: Decimal, unpriced: int = 0) -> None:
        """Add signed quantity for a signed amount of quote currency (both positive for a buy).

        `unpriced` is how many more executions have no price, and so no part in the amount.
        """
        if unpriced:
            self.unpriced += unpriced
        held, buys = self.qty, qty > ZERO
        if buys:
            self.bought += qty
        else:
            self.sold -= qty
        if not qty:  # a correction of the price alone
            self.cost = ROUNDING.add(self.cost, amount)
        elif not held or (held > ZERO) is buys:
            self.qty = held + qty
            self.cost = ROUNDING.add(self.cost, amount)
            return
        else:
            self._reduce(qty, amount, blurs=bool(self.unpriced or unpriced))
        if not self.qty:
            self.realised, self.cost = ROUNDING.subtract(self.realised, self.cost), ZERO
            self.blurred = self.blurred and self.unpriced > 0

    def _reduce(self, qty: Decimal, amount: Decimal, *, blurs: bool) -> None:
        self.blurred = self.blurred or blurs
        closing = min(abs(qty), abs(self.qty))
        share = ROUNDING.divide(closing, abs(qty))
        closed_amount = ROUNDING.multiply(amount, share)
        closed_cost = ROUNDING.divide(ROUNDING.multiply(self.cost, closing), abs(self.qty))
        self.realised = ROUNDING.subtract(self.realised, ROUNDING.add(closed_amount, closed_cost))
        self.cost = ROUNDING.subtract(self.cost, closed_cost)
        self.qty += closing if qty > 0 else -closing
        rest = qty - (closing if qty > 0 else -closing)
        if rest:
            self.qty, self.cost = rest, ROUNDING.subtract(amount, closed_amount)


class Positions:
    """Positions by account and symbol."""

    def __init__(self) -> None:
        """Start flat."""
        self.by_key: dict[tuple[str | None, str], Position] = {}

    def move(self, order: Order, qty: Decimal, notional: Decimal, unpriced: int = 0) -> None:
        """Fold what one execution changed: quantity and notional as the order counts them (both unsigned)."""
        position = self.by_key.get((order.account, order.symbol)) or self._of(order)
        if order.side in BUYS:
            position.move(qty, notional, unpriced)
        else:
            position.move(-qty, -notional, unpriced)

    def charge(self, order: Order, before: Mapping[str, Decimal]) -> None:
        """Fold the fees of an order, which were `before`."""
        fees = self._of(order).fees
        for currency, amount in order.fees.items():
            change = amount - before.get(currency, ZERO)
            if change:
                fees[currency] = fees.get(currency, ZERO) + change

    def _of(self, order: Order) -> Position:
        key = (order.account, order.symbol)
        position = self.by_key.get(key)
        if position is None:
            position = self.by_key[key] = Position()
        return position
