"""An order that was ended here, without the venue's word, and that the venue has: its evidence reopens it, aloud.

1. What was denied or taken for not placed was never there: any report that shows it disproves that, but one that came
   before the end already.
2. What a person called canceled or expired was there: reports from before are to be expected, and only a status answer
   of now that shows it working, or filled, disproves it.
3. The order goes on from before its acknowledgement, with what was open then; the report is read as any other.
4. Where the venue says that it is over too, the end is the venue's from then on, and nothing is contradicted.
5. Whatever the venue itself ended stays ended: what shows such an order contradicts the venue's own word.
"""

import copy
from collections.abc import Callable
from typing import Final

from oms.core import events as ev
from oms.core.endings import CANCELED, DENIED, EXPIRED, NOT_PLACED, EndedHere
from oms.core.legs import is_of_earlier
from oms.core.lifecycle import DUPLICATE_ORDER
from oms.core.messages import Anomaly, ExecutionReport
from oms.core.order import Order, fold
from oms.core.status import UNKNOWN_ORDER, is_behind
from oms.core.values import (
    ORD_STATUS_NAMES,
    ZERO,
    AnomalyCode,
    ExecTransType,
    ExecType,
    OrdStatus,
    RequestKind,
)
from oms.core.verdict import Verdict, report_key

Interpreter = Callable[[Order, ExecutionReport, int], Verdict]

_STATUSES: Final = frozenset(str(status) for status in OrdStatus)
_KINDS: Final = frozenset(str(kind) for kind in ExecType)
_REPORTS: Final = (None, ExecTransType.NEW)
_NEVER_THERE: Final = (NOT_PLACED, DENIED)
_REJECTED: Final = str(OrdStatus.REJECTED)
_ENDS: Final = frozenset({str(OrdStatus.CANCELED), str(OrdStatus.EXPIRED)})
NOT_OVER: Final = frozenset(
    {
        OrdStatus.NEW,
        OrdStatus.PARTIALLY_FILLED,
        OrdStatus.FILLED,
        OrdStatus.REPLACED,
        OrdStatus.PENDING_CANCEL,
        OrdStatus.PENDING_REPLACE,
        OrdStatus.SUSPENDED,
        OrdStatus.STOPPED,
    }
)
_ENDED_AS: Final = {
    NOT_PLACED: "taken for not placed",
    DENIED: "denied",
    CANCELED: "taken for canceled",
    EXPIRED: "taken for expired",
}


def reopening(order: Order, report: ExecutionReport) -> ev.Reopened | None:
    """Say whether a readable report of the order has the order begin again; None where it does not."""
    end = order.ended_here
    if end is None or report_key(report) in order.reports:
        return None
    if order.chain is not None and is_of_earlier(order.chain, report):
        return None
    agrees = _is_rejection(end, report) or _is_end(order, end, report)
    if agrees or _is_shown(order, end, report):
        agrees = agrees and end.outcome != DENIED
        return ev.Reopened(order=order.number, said=_said(report), agrees=agrees)
    return None


def follow(
    order: Order, event: ev.Reopened, report: ExecutionReport, now_ns: int, interpret: Interpreter
) -> Verdict:
    """Read the report as that of the order as it goes on; the order itself is not changed."""
    again = copy.copy(order)
    fold(again, event)
    verdict = interpret(again, report, now_ns)
    anomaly = contradiction(order, event, report, verdict.anomaly)
    return Verdict((event, *verdict.events), anomaly)


def contradiction(
    order: Order, event: ev.Reopened, report: ExecutionReport, other: Anomaly | None = None
) -> Anomaly | None:
    """Name what was wrong about the end, given the order before it goes on, and what else the report contradicts."""
    end = order.ended_here
    if end is None or event.agrees:
        return other
    named = "" if report.order_id is None else f", OrderID {report.order_id}"
    told = f"the venue has the order ({event.said}{named}), which was {_ENDED_AS[end.outcome]} here"
    told += f": {order.reason}" if order.reason else ""
    return Anomaly(AnomalyCode.REOPENED, told if other is None else f"{told}; {other.code}: {other.text}")


# --- what shows it --------------------------------------------------------------------------------------------------


def _said(report: ExecutionReport) -> str:
    """Say in words where the report puts the order."""
    status = report.ord_status or report.exec_type or ""
    return ORD_STATUS_NAMES[OrdStatus(status)] if status in _STATUSES else f"ExecType {report.exec_type}"


def _is_shown(order: Order, end: EndedHere, report: ExecutionReport) -> bool:
    """Whether the report disproves that the order is over."""
    if _REJECTED in (report.exec_type, report.ord_status):
        return False
    if end.outcome not in _NEVER_THERE:
        return _is_status(order, report) and _is_not_over(order, end, report)
    if report.exec_id is not None and report.exec_id in order.executions:
        return False
    return report.ord_status in _STATUSES or report.exec_type in _KINDS


def _is_rejection(end: EndedHere, report: ExecutionReport) -> bool:
    """Whether the venue has had the order, and rejected it: not that it does not know it, nor another message."""
    if end.outcome not in _NEVER_THERE and not any(request.kind is RequestKind.NEW for request in end.open):
        return False  # it had been acknowledged
    other = report.ambiguous_reject or report.ord_rej_reason in (UNKNOWN_ORDER, DUPLICATE_ORDER)
    is_report = report.exec_trans_type in _REPORTS and report_key(report) is not None
    return report.exec_type == _REJECTED and is_report and not other


def _is_end(order: Order, end: EndedHere, report: ExecutionReport) -> bool:
    """Whether the venue says what a person said: that it is over, after it had been there."""
    if end.outcome in _NEVER_THERE:
        return False
    if _is_status(order, report):
        return (report.ord_status or report.exec_type) in _ENDS
    return report.exec_trans_type in _REPORTS and report.exec_type in _ENDS


def _is_status(order: Order, report: ExecutionReport) -> bool:
    if report.exec_trans_type is not None:
        return report.exec_trans_type == ExecTransType.STATUS
    return order.questions > 0 and report.exec_id in (None, "0") and not report.last_shares


def _is_not_over(order: Order, end: EndedHere, report: ExecutionReport) -> bool:
    """Whether the answer, if it is of now, puts the order back into the market, or says that it was filled.

    An order whose fills make up what it asked for may have had a new leg under way, for more.
    """
    said = report.ord_status or report.exec_type
    base = ZERO if order.chain is None else order.chain.base_qty
    is_whole = order.is_filled and not any(request.kind is RequestKind.NEW for request in end.open)
    if said not in NOT_OVER or is_whole or (said == OrdStatus.NEW and order.cum_qty > base):
        return False
    return not is_behind(order, report)
