"""Orders, executions and transactions as the document's objects, key by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oms.sim.book import ZERO
from oms.sim.terms import ROUGH, Side

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from oms.sim.weex.exchange import Placed
    from oms.sim.weex.floor import Execution
    from oms.sim.weex.treasury import Transaction

SUCCESSFUL = 2  # of a transaction


def second(at: datetime) -> int:
    """Return UNIX time."""
    return int(at.timestamp())


def side_word(side: Side) -> str:
    """Return the venue's word for a side."""
    return "buy" if side is Side.BUY else "sell"


def active_order(order: Placed) -> dict[str, object]:
    """One row of ActiveOrders. Its amount is what is left; its status is deprecated, always 0."""
    return {
        "pair": order.symbol,
        "type": side_word(order.side),
        "amount": order.leaves,
        "rate": _rate(order),
        "timestamp_created": second(order.created),
        "status": 0,
    }


def order_info(order: Placed) -> dict[str, object]:
    """The one row of OrderInfo."""
    return {
        "pair": order.symbol,
        "type": side_word(order.side),
        "start_amount": order.qty or ZERO,
        "amount": order.leaves,
        "rate": _rate(order),
        "timestamp_created": second(order.created),
        "status": order.state,
    }


def execution(row: Execution, *, as_maker: bool) -> dict[str, object]:
    """One row of TradeHistory; with `as_maker` it names the order that rested, whosever it is."""
    order_id = row.maker_id if as_maker else row.order_id
    return {
        "pair": row.pair,
        "type": side_word(row.side),
        "amount": row.amount,
        "rate": row.rate,
        "order_id": int(order_id),
        "is_your_order": int(order_id == row.order_id),
        "timestamp": second(row.at),
    }


def transaction(row: Transaction) -> dict[str, object]:
    """One row of TransHistory."""
    return {
        "type": row.kind,
        "amount": row.amount,
        "currency": row.currency,
        "desc": row.desc,
        "status": SUCCESSFUL,
        "timestamp": second(row.at),
    }


def _rate(order: Placed) -> Decimal:
    """Return the order's price; of a market order what it traded at, on average."""
    if order.price is not None:
        return order.price
    return ROUGH.divide(order.notional, order.cum_qty) if order.cum_qty else ZERO
