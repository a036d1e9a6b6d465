"""Busts and corrections of fills (ExecTransType Cancel and Correct): each applies once, whatever order they come in.

ExecRefID may name any id of a fill's chain. A revision of a fill that never came is an anomaly, and is remembered: the
fill does not count again when it comes.
"""

from decimal import Decimal
from typing import Any

from oms.core import events as ev
from oms.core.executions import excess_of, key_of, on_day, spent_by
from oms.core.fills import Execution, root_of, standing, standing_shares
from oms.core.messages import ExecutionReport
from oms.core.order import Order
from oms.core.values import ZERO, AnomalyCode, ExecTransType, format_decimal
from oms.core.verdict import NOTHING, Verdict, anomalous, is_older, only_totals, told, total_anomaly, unpriced


def bust(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret ExecTransType Cancel: the execution that ExecRefID names by any id of its chain did not happen."""
    if (settled := _no_revision(order, report)) is not None:
        return settled
    ref = _ref(order, report)
    root = root_of(order.executions, ref)
    if root is not None and root.busted:
        return _busted_already(report)
    event = ev.FillBusted(**_revised(order, report), exec_ref_id=ref)
    if root is None:
        text = f"a bust of execution {report.exec_ref_id}, which was never seen"
        return anomalous(AnomalyCode.UNKNOWN_EXECUTION, text, event)
    cum_after = order.cum_qty - standing_shares(order.executions, root)
    return Verdict((event,), total_anomaly(order, report, cum_after))


def correct(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret ExecTransType Correct: the execution had other shares or another price."""
    if (settled := _no_revision(order, report)) is not None:
        return settled
    shares = report.last_shares
    if shares is None or shares <= ZERO:
        if shares:
            return anomalous(
                AnomalyCode.NEGATIVE_QUANTITY, f"a correction to {format_decimal(shares)} shares"
            )
        return anomalous(AnomalyCode.MISSING_FIELD, "a correction without LastShares (32) cannot be counted")
    ref = _ref(order, report)
    root = root_of(order.executions, ref)
    if root is not None and root.busted:
        return _busted_already(report)
    event = ev.FillCorrected(
        **_revised(order, report), exec_ref_id=ref, last_shares=shares, last_px=report.last_px
    )
    if root is None:
        text = f"a correction of execution {report.exec_ref_id}, which was never seen; counted as corrected"
        return anomalous(AnomalyCode.UNKNOWN_EXECUTION, text, event)
    now = standing(order.executions, root)
    if event.exec_id is None and root.counted and (now.shares, now.price) == (shares, report.last_px):
        return NOTHING  # a correction that nothing names, and that changes nothing
    cum_after = order.cum_qty - standing_shares(order.executions, root) + shares
    spent = spent_by(order) - _amount(now) + shares * (report.last_px or ZERO)
    grew = cum_after > order.cum_qty if order.order_qty is not None else spent > spent_by(order)
    excess = excess_of(order, cum_after, spent) if grew else None
    if excess is not None and excess.code is AnomalyCode.OVERFILL:
        return Verdict((event,), excess)
    return Verdict((event,), total_anomaly(order, report, cum_after) or unpriced(report))


def _amount(execution: Execution) -> Decimal:
    return execution.shares * execution.price if execution.price is not None else ZERO


def _ref(order: Order, report: ExecutionReport) -> str:
    """Name the execution that ExecRefID means; of an id used on several days, that of the report's own day."""
    key = key_of(order, report, report.exec_ref_id or "")
    later = on_day(key, report)
    return later if later in order.executions else key


def _no_revision(order: Order, report: ExecutionReport) -> Verdict | None:
    """Sort out busts and corrections that are repeated or name nothing; None where one is to be applied."""
    if report.exec_ref_id is None:
        return anomalous(AnomalyCode.MISSING_FIELD, "a bust or correction without ExecRefID (19)")
    own = _own_key(order, report)
    return only_totals(order, report) if own is not None and own in order.executions else None


def _own_key(order: Order, report: ExecutionReport) -> str | None:
    """Name the bust or correction itself; some venues repeat the ExecID that it takes back, which names nothing."""
    exec_id = report.exec_id
    return None if exec_id is None or exec_id == report.exec_ref_id else key_of(order, report, exec_id)


def _busted_already(report: ExecutionReport) -> Verdict:
    if report.exec_trans_type == ExecTransType.CANCEL and report.exec_id == report.exec_ref_id:
        return NOTHING  # the same bust again
    return anomalous(AnomalyCode.UNKNOWN_EXECUTION, f"execution {report.exec_ref_id} is busted already")


def _revised(order: Order, report: ExecutionReport) -> dict[str, Any]:
    """Collect what a bust or correction takes over. Its total replaces the venue's earlier ones, unless it is old."""
    taken = told(order, report, _own_key(order, report))
    taken["cum_qty"] = None if is_older(order, report) else report.cum_qty
    return taken
