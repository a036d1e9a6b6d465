"""Pre-trade limits: what is configured, joined with what a venue can do."""

from oms.app.config import LimitsSection
from oms.core.risk import Limits
from oms.fix.dialects import Dialect


def limits(section: LimitsSection, dialect: Dialect) -> Limits:
    """Join the configured limits with what the venue can do."""
    return Limits(
        max_decimals=section.max_decimals,
        max_order_qty=section.max_order_qty,
        max_order_notional=section.max_order_notional,
        max_open_orders=section.max_open_orders,
        max_open_notional=section.max_open_notional,
        exchanges=frozenset(section.exchanges),
        symbols=frozenset(section.symbols),
        market_exchanges=dialect.market_exchanges,
        times_in_force=dialect.times_in_force,
    )
