"""What WEEX's answers say of an order, in FIX's words: state as a status report, executions as fills.

The venue does not say when an order changed: that field stays None. Nor does it say what an execution cost: that is
computed by the rate of its pair, and marked so.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from oms.core.messages import ExecutionReport, FillRow, NewOrder, OrderSnapshot
from oms.core.order import Order
from oms.core.times import NS_PER_S, ns_to_fix
from oms.core.values import ZERO, ExecTransType, OrdStatus, Phase, RequestKind, Side
from oms.rest.average import avg_px_of
from oms.rest.weex.models import ActiveOrder, OrderRow, Pair, Placed, TradeRow
from oms.rest.weex.rules import fee_rate
from oms.rest.weex.terms import SIDE_CODES, STATUSES, pair_of, symbol_of


def snapshot(order_id: int, row: OrderRow, trades: Mapping[int, TradeRow]) -> OrderSnapshot:
    """Join OrderInfo with TradeHistory.

    Args:
        order_id: the order that was asked for.
        row: OrderInfo's answer.
        trades: rows of TradeHistory, by trade id; those of other orders are left out.

    Returns:
        a snapshot whose `all_fills` says whether the rows add up to what the order has executed.

    """
    fills = fills_of(order_id, trades)
    report = report_of(order_id, row)
    executed = report.cum_qty or ZERO
    complete = sum((fill.shares for fill in fills), ZERO) == executed
    average = avg_px_of(fills, executed)
    return OrderSnapshot(report=_averaged(report, average), fills=fills, all_fills=complete)


def with_fees(shown: OrderSnapshot, pairs: Mapping[str, Pair]) -> OrderSnapshot:
    """Compute the fees: the pair's share of what an execution brings in, base for a buy and quote for a sell.

    The rate is that of the public API v3 (info, `fee`); how the venue rounds is not documented, so nothing is rounded.

    Args:
        shown: an order with its executions.
        pairs: as the venue gives them; where the order's is not among them, no fee is known.

    """
    pair = pair_of(shown.report.symbol or "")
    if pair not in pairs:
        return shown
    base, _, quote = pair.partition("_")
    buys, share = shown.report.side == Side.BUY, fee_rate(pairs[pair])
    return msgspec.structs.replace(
        shown,
        fills=tuple(
            msgspec.structs.replace(
                fill,
                fee=(fill.shares if buys else fill.shares * (fill.price or ZERO)) * share,
                fee_currency=base if buys else quote,
                fee_computed=True,
            )
            for fill in shown.fills
        ),
    )


def report_of(order_id: int, row: OrderRow) -> ExecutionReport:
    """Read OrderInfo: `amount` is what remains of `start_amount`, in every status."""
    executed = row.start_amount - row.amount
    status = STATUSES[row.status]
    active = status == OrdStatus.NEW
    if active and executed:
        status = OrdStatus.PARTIALLY_FILLED
    return ExecutionReport(
        exec_trans_type=str(ExecTransType.STATUS),
        order_id=str(order_id),
        ord_status=str(status),
        symbol=symbol_of(row.pair),
        side=SIDE_CODES[row.type],
        order_qty=row.start_amount,
        price=row.rate,
        cum_qty=executed,
        leaves_qty=row.amount if active else ZERO,
    )


def report_of_active(order_id: int, row: ActiveOrder, order_qty: Decimal) -> ExecutionReport:
    """Read a row of ActiveOrders, which prints only what remains.

    Args:
        order_id: the row's key.
        row: the row.
        order_qty: what the order began with, from our own record or from OrderInfo.

    """
    began = OrderRow(
        pair=row.pair,
        type=row.type,
        start_amount=order_qty,
        amount=row.amount,
        rate=row.rate,
        timestamp_created=row.timestamp_created,
        status=0,
    )
    return report_of(order_id, began)


def report_of_placed(order: NewOrder, placed: Placed) -> ExecutionReport:
    """Read Trade's answer to an order: number 0 says that all of it was executed at once, and names no order.

    What was executed is what does not remain: `received` is what came of it.
    """
    order_qty = order.order_qty
    at_once = placed.order_id == 0
    remains = ZERO if at_once else placed.remains
    executed = None if order_qty is None else order_qty - remains
    status = OrdStatus.FILLED if at_once else OrdStatus.PARTIALLY_FILLED if executed else OrdStatus.NEW
    return ExecutionReport(
        exec_trans_type=str(ExecTransType.STATUS),
        cl_ord_id=order.cl_ord_id,
        order_id=None if at_once else str(placed.order_id),
        ord_status=str(status),
        symbol=order.symbol,
        side=order.side,
        order_qty=order_qty,
        price=order.price,
        cum_qty=executed,
        leaves_qty=remains,
    )


def is_news(order: Order, active: Mapping[int, ActiveOrder]) -> bool:
    """Whether an order that has a number stands otherwise in ActiveOrders, or is not there any more, than here."""
    if order.order_id is None or not order.order_id.isdigit():
        return False
    row = active.get(int(order.order_id))
    if row is None or order.phase is Phase.PENDING_NEW or order.requested(RequestKind.NEW):
        return True
    return row.amount != order.leaves_qty


def fills_of(order_id: int, trades: Mapping[int, TradeRow]) -> tuple[FillRow, ...]:
    """Take an order's executions out of TradeHistory, the oldest first.

    Rows whose `is_your_order` is 0 bear somebody else's order number: they are not taken, whatever it is.
    """
    return tuple(
        fill_of(trade_id, row)
        for trade_id, row in sorted(trades.items())
        if row.order_id == order_id and row.is_your_order
    )


def fill_of(trade_id: int, row: TradeRow) -> FillRow:
    """Read a row of TradeHistory."""
    return FillRow(
        shares=row.amount,
        price=row.rate,
        exec_id=str(trade_id),
        transact_time=ns_to_fix(row.timestamp * NS_PER_S),
    )


def _averaged(report: ExecutionReport, average: Decimal | None) -> ExecutionReport:
    return report if average is None else msgspec.structs.replace(report, avg_px=average)
