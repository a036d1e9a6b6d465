"""Positions, average cost and realised P&L by account and symbol, folded from executions.

Average cost: adding to a position averages its price; reducing it realises (price - average cost) x quantity; an
execution that turns the position closes it first and opens the rest at its own price. A bust or a correction is the
opposite execution at the price it had: quantity and cash are exact, and the average is that of the new sequence.
"""

from decimal import Decimal

from msgspec import Struct

from oms.core.order import Order
from oms.core.values import BUYS, ROUNDING, ZERO


class Position(Struct, kw_only=True):
    """Signed quantity in the base asset; cost and realised P&L in the quote asset."""

    qty: Decimal = ZERO
    cost: Decimal = ZERO
    realised: Decimal = ZERO
    bought: Decimal = ZERO
    sold: Decimal = ZERO

    @property
    def avg_cost(self) -> Decimal:
        """Average cost of what is held, in quote per base; 0 when flat."""
        return ROUNDING.divide(self.cost, self.qty) if self.qty else ZERO

    def move(self, qty: Decimal, amount: Decimal) -> None:
        """Add signed quantity for a signed amount of quote currency (both positive for a buy)."""
        if qty > 0:
            self.bought += qty
        else:
            self.sold -= qty
        if not self.qty or (self.qty > 0) == (qty > 0):
            self.qty += qty
            self.cost = ROUNDING.add(self.cost, amount)
            return
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
        elif not self.qty:
            self.cost = ZERO


class Positions:
    """Positions by account and symbol."""

    def __init__(self) -> None:
        """Start flat."""
        self.by_key: dict[tuple[str | None, str], Position] = {}

    def move(self, order: Order, qty: Decimal, notional: Decimal) -> None:
        """Fold what one execution changed: quantity and notional as the order counts them (both unsigned)."""
        key = (order.account, order.symbol)
        position = self.by_key.get(key)
        if position is None:
            position = self.by_key[key] = Position()
        if qty:
            sign = 1 if order.side in BUYS else -1
            position.move(sign * qty, sign * notional)
        elif notional:  # a correction of the price alone
            position.cost = ROUNDING.add(position.cost, notional if order.side in BUYS else -notional)
