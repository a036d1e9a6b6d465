"""What an exchange's rows say of an order, in FIX's words: state as a status report, executions as fills."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec.structs import replace

from oms.core.messages import ExecutionReport, FillRow, OrderSnapshot
from oms.core.times import NS_PER_MS, ns_to_fix
from oms.core.values import ZERO, ExecTransType, OrdStatus, Side
from oms.rest.average import avg_px
from oms.rest.cloud.market_models import Symbol
from oms.rest.cloud.models import MatchRow, OrderRow
from oms.rest.cloud.terms import ENDS, MARKETS, STATES, desk_symbol, side_of, venue_symbol


def snapshot(row: OrderRow, matches: Iterable[MatchRow]) -> OrderSnapshot:
    """Join an order with its executions; `all_fills` says whether they add up to what it has executed.

    Args:
        row: of the order's details, of a list, or of the open orders.
        matches: match results; those of other orders are left out.

    """
    own = sorted((match for match in matches if match.order_id == row.id), key=lambda match: match.id)
    fills = tuple(fill_of(match) for match in own)
    complete = sum((fill.shares for fill in fills), ZERO) == row.executed
    return OrderSnapshot(report=report_of(row), fills=fills, all_fills=complete)


def with_currencies(shown: OrderSnapshot, symbols: Mapping[str, Symbol]) -> OrderSnapshot:
    """Say which currency the fees are in: what the executions bring in, base for a buy and quote for a sell.

    The document prints fees without a currency; in its samples a buy of 9.1155 costs 0.018231, two thousandths of the
    amount (matchresults), and not of the 912.46 that is paid.

    Args:
        shown: an order with its executions.
        symbols: as the venue gives them, by name; where the order's is not among them, nothing is said.

    """
    symbol = symbols.get(venue_symbol(shown.report.symbol or ""))
    if symbol is None:
        return shown
    currency = symbol.base_currency if shown.report.side == Side.BUY else symbol.quote_currency
    return replace(shown, fills=tuple(replace(fill, fee_currency=currency) for fill in shown.fills))


def report_of(row: OrderRow) -> ExecutionReport:
    """Read an order. One that quote currency sizes has no OrderQty, and until it ends no LeavesQty.

    AvgPx comes from `field-cash-amount`; the open orders' `filled-cash-amount` is the amount at the order's own price.
    """
    ended = row.state in ENDS
    order_qty = None if row.type == "buy-market" else row.amount
    status = STATES[row.state]
    if status is OrdStatus.NEW and row.executed:
        status = OrdStatus.PARTIALLY_FILLED
    return ExecutionReport(
        exec_trans_type=str(ExecTransType.STATUS),
        order_id=str(row.id),
        ord_status=str(status),
        symbol=desk_symbol(row.symbol),
        side=side_of(row.type),
        order_qty=order_qty,
        price=None if row.type in MARKETS else row.price,
        cum_qty=row.executed,
        leaves_qty=ZERO if ended else _leaves(order_qty, row.executed),
        avg_px=None if row.field_cash_amount is None else avg_px(row.field_cash_amount, row.executed),
        transact_time=_end(row) if ended else None,
    )


def fill_of(match: MatchRow) -> FillRow:
    """Read an execution; its row does not say what currency its fee is in (see `with_currencies`)."""
    return FillRow(
        shares=match.filled_amount,
        price=match.price,
        exec_id=str(match.id),
        fee=match.filled_fees,
        transact_time=ns_to_fix(match.created_at * NS_PER_MS),
    )


def _leaves(order_qty: Decimal | None, executed: Decimal) -> Decimal | None:
    return None if order_qty is None else order_qty - executed


def _end(row: OrderRow) -> str | None:
    """Say when it ended, by the venue's clock; 0 stands for never."""
    ended_ms = row.finished_at or row.canceled_at
    return ns_to_fix(ended_ms * NS_PER_MS) if ended_ms else None
