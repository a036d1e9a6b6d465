"""What Apifiny's answers say of an order, in FIX's words: state as a status report, executions as fills.

No row of the venue carries an execution id. Its `filledCumulativeQuantity` is the total, where an order is asked for
by its id; in rows of fills it may be 0 whatever was filled, and is not taken from there.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from oms.core.messages import ExecutionReport, FillRow, OrderSnapshot
from oms.core.times import NS_PER_MS, ns_to_fix
from oms.core.values import ZERO, ExecTransType, OrdStatus
from oms.rest.apifiny.models import Detail, Order
from oms.rest.apifiny.terms import SIDE_CODES

# "Order Status". What the table does not know is passed on as it is: whoever reads it knows an unknown value.
STATUSES: Final[Mapping[str, OrdStatus]] = MappingProxyType(
    {
        "PENDING_SUBMIT": OrdStatus.PENDING_NEW,
        "SUBMITTED": OrdStatus.NEW,
        "PART_FILLED": OrdStatus.PARTIALLY_FILLED,
        "FILLED": OrdStatus.FILLED,
        "CANCELLED": OrdStatus.CANCELED,
        "REJECTED": OrdStatus.REJECTED,
    }
)


def snapshot(order: Order, rows: Iterable[Detail] = ()) -> OrderSnapshot:
    """Join an order's state with its fills.

    Args:
        order: what order.queryOrderInfoLite, a list, or an insert or cancel answered; not a row of fills.
        rows: rows of order.readerOrderDetail or order.listDetailLite; those of other orders are left out.

    Returns:
        a snapshot whose `all_fills` says whether the rows add up to what the order has executed.

    """
    fills = tuple(fill_of(row) for row in rows if row.order_id == order.order_id and row.is_fill)
    complete = sum((fill.shares for fill in fills), ZERO) == order.filled_cumulative_quantity
    return OrderSnapshot(report=report_of(order), fills=fills, all_fills=complete)


def report_of(order: Order) -> ExecutionReport:
    """Read an order's state. The average price is left out while nothing is filled: the venue prints 0."""
    executed = order.filled_cumulative_quantity
    return ExecutionReport(
        cl_ord_id=order.order_id,
        exec_trans_type=str(ExecTransType.STATUS),
        ord_status=_status(order),
        symbol=order.symbol,
        side=SIDE_CODES.get(order.order_side, order.order_side),
        exchange=order.venue,
        order_qty=order.quantity,
        price=order.limit_price,
        cum_qty=executed,
        leaves_qty=ZERO if order.is_final else order.open_quantity,
        avg_px=(order.filled_average_price or None) if executed else None,
        transact_time=_fix_time(order.updated_at),
    )


def fill_of(row: Detail) -> FillRow:
    """Read a row of fills."""
    at_ms = row.last_filled_created_at or row.filled_updated_at or row.updated_at
    return FillRow(
        shares=row.last_filled_quantity or Decimal(0),
        price=row.last_filled_price,
        fee=row.last_commission,
        fee_currency=row.last_commission_currency,
        transact_time=_fix_time(at_ms),
    )


def _status(order: Order) -> str:
    status = STATUSES.get(order.order_status)
    if status is None:
        return order.order_status
    if status == OrdStatus.NEW and order.filled_cumulative_quantity:
        return str(OrdStatus.PARTIALLY_FILLED)
    if status == OrdStatus.PARTIALLY_FILLED and order.is_final:
        return str(OrdStatus.CANCELED)  # "final status, partially filled order": the rest of it is gone
    return str(status)


def _fix_time(time_ms: int) -> str:
    return ns_to_fix(time_ms * NS_PER_MS)
