"""The average price of an order's executions."""

from collections.abc import Iterable
from decimal import Decimal

from oms.core.messages import FillRow
from oms.core.values import AVG_PX_STEP, ROUNDING, ZERO


def avg_px(notional: Decimal, shares: Decimal) -> Decimal | None:
    """Divide, half-even to 12 decimals; None where nothing was executed."""
    if not shares:
        return None
    return ROUNDING.quantize(ROUNDING.divide(notional, shares), AVG_PX_STEP)


def avg_px_of(fills: Iterable[FillRow], cum_qty: Decimal) -> Decimal | None:
    """Average the fills; None unless they are all of what was executed, each with its price."""
    shares, notional = ZERO, ZERO
    for fill in fills:
        if fill.price is None:
            return None
        shares += fill.shares
        notional += fill.shares * fill.price
    return avg_px(notional, shares) if shares == cum_qty else None
