"""An order that was ended here, without the venue's word, and that the venue has: its evidence reopens it, aloud.

1. What was denied or taken for not placed was never there: any report that shows it disproves that, but one that came
   before the end already.
2. What a person called canceled or expired was there: reports from before are to be expected, and only a status answer
   that shows it working now disproves it.
3. The order goes on from before its acknowledgement, with what was open then; the report is read as any other.
4. Whatever the venue itself ended stays ended: what shows such an order contradicts the venue's own word.
"""

import copy
from collections.abc import Callable
from typing import Final

from oms.core import events as ev
from oms.core.endings import CANCELED, DENIED, EXPIRED, NOT_PLACED
from oms.core.legs import is_of_earlier
from oms.core.lifecycle import DUPLICATE_ORDER
from oms.core.messages import Anomaly, ExecutionReport
from oms.core.order import Order, fold
from oms.core.status import UNKNOWN_ORDER, is_behind
from oms.core.values import ORD_STATUS_NAMES, AnomalyCode, ExecTransType, ExecType, OrdStatus
from oms.core.verdict import Verdict, report_key

Interpreter = Callable[[Order, ExecutionReport, int], Verdict]

_STATUSES: Final = frozenset(str(status) for status in OrdStatus)
_KINDS: Final = frozenset(str(kind) for kind in ExecType)
_REJECTED: Final = str(OrdStatus.REJECTED)
_WORKING: Final = frozenset(
    {
        OrdStatus.NEW,
        OrdStatus.PARTIALLY_FILLED,
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
    """Say whether a readable report of the order shows that its end here was wrong; None where it does not."""
    end = order.ended_here
    if end is None or report_key(report) in order.reports:
        return None
    if order.chain is not None and is_of_earlier(order.chain, report):
        return None
    never_there = end.outcome in (NOT_PLACED, DENIED)
    shown = _is_shown(order, report) if never_there else _is_working(order, report)
    return ev.Reopened(order=order.number, said=_said(report)) if shown else None


def follow(
    order: Order, event: ev.Reopened, report: ExecutionReport, now_ns: int, interpret: Interpreter
) -> Verdict:
    """Read the report as that of the order as it goes on; the order itself is not changed."""
    again = copy.copy(order)
    fold(again, event)
    verdict = interpret(again, report, now_ns)
    anomaly = contradiction(order, report, verdict.anomaly)
    return Verdict((event, *verdict.events), anomaly)


def contradiction(order: Order, report: ExecutionReport, other: Anomaly | None = None) -> Anomaly | None:
    """Name what was wrong about the end, given the order before it goes on, and what else the report contradicts.

    That the venue has rejected what was taken for not placed is no contradiction: only who said it has changed.
    """
    end = order.ended_here
    if end is None or (report.exec_type == ExecType.REJECTED and end.outcome != DENIED):
        return other
    named = "" if report.order_id is None else f", OrderID {report.order_id}"
    told = f"the venue has the order ({_said(report)}{named}), which was {_ENDED_AS[end.outcome]} here"
    told += f": {order.reason}" if order.reason else ""
    return Anomaly(AnomalyCode.REOPENED, told if other is None else f"{told}; {other.code}: {other.text}")


# --- what shows it --------------------------------------------------------------------------------------------------


def _said(report: ExecutionReport) -> str:
    """Say in words where the report puts the order."""
    status = report.ord_status or report.exec_type or ""
    return ORD_STATUS_NAMES[OrdStatus(status)] if status in _STATUSES else f"ExecType {report.exec_type}"


def _is_shown(order: Order, report: ExecutionReport) -> bool:
    if _REJECTED in (report.exec_type, report.ord_status):
        return _is_rejection(report)
    if report.exec_id is not None and report.exec_id in order.executions:
        return False
    return report.ord_status in _STATUSES or report.exec_type in _KINDS


def _is_rejection(report: ExecutionReport) -> bool:
    """Whether the venue has had the order, and rejected it: not that it does not know it, nor another message."""
    other = report.ambiguous_reject or report.ord_rej_reason in (UNKNOWN_ORDER, DUPLICATE_ORDER)
    is_report = report.exec_trans_type in (None, ExecTransType.NEW) and report_key(report) is not None
    return report.exec_type == _REJECTED and is_report and not other


def _is_working(order: Order, report: ExecutionReport) -> bool:
    """Whether it is a status answer of now that shows the order in the market."""
    unasked = report.exec_id not in (None, "0") or report.last_shares or not order.questions
    if report.exec_trans_type != ExecTransType.STATUS and (report.exec_trans_type is not None or unasked):
        return False
    said = report.ord_status or report.exec_type
    if said not in _WORKING or order.is_filled or (said == OrdStatus.NEW and order.cum_qty):
        return False
    return not is_behind(order, report)
