"""interpret(order, report): what a report means for its order, as events; or why it contradicts the record.

Invariants
1. Total: any report whatever gives events, an anomaly, both or neither, and never an exception.
2. A report that came before changes nothing: executions are known by (order, exchange, ExecID), other reports by
   (order, ExecID, ExecType).
3. Increments are folded, absolutes are their checksum: CumQty, LeavesQty and AvgPx never overwrite what the fills
   say. A total above ours opens a gap, which later fills close; a total below ours is an anomaly.
4. A status answer (ExecTransType Status) adds no execution, but it is evidence of what else happened.
"""

from typing import Final

import msgspec

from oms.core import events as ev
from oms.core import executions, lifecycle, revisions
from oms.core.legs import interpret_leg
from oms.core.messages import Anomaly, CancelReject, ExecutionReport, lacking
from oms.core.order import Order
from oms.core.reject_status import number_given
from oms.core.reopening import follow, reopening
from oms.core.requests import Request
from oms.core.status import status
from oms.core.values import (
    SIDES,
    ZERO,
    AnomalyCode,
    ExecTransType,
    ExecType,
    OrdStatus,
    Phase,
    RequestKind,
    format_decimal,
)
from oms.core.verdict import Verdict, anomalous, but_lacking, contradiction, inconsistency, is_older

__all__ = ["Verdict", "interpret", "interpret_cancel_reject"]

_NEW: Final = str(ExecTransType.NEW)  # reading an enumeration's member costs more than the comparison
_REJECTED: Final = str(ExecType.REJECTED)
_FILLS: Final = frozenset({str(ExecType.PARTIAL_FILL), str(ExecType.FILL)})
_FILLED: Final = str(OrdStatus.FILLED)
_WHILE_FILLING: Final = frozenset("126E")  # Partially Filled, Filled, and a request pending above them
_ENDS: Final = frozenset({str(ExecType.CANCELED), str(ExecType.EXPIRED), _REJECTED})
_WORKING: Final = Phase.WORKING


def interpret(order: Order, report: ExecutionReport, now_ns: int) -> Verdict:
    """Say what an ExecutionReport means for its order.

    Args:
        order: the order that the report names; it is not changed.
        report: what the venue said.
        now_ns: the time of receipt, nanoseconds since the epoch.

    """
    if not report.readable:
        return Verdict((), report.fault)
    if report.side != order.side or report.symbol != order.symbol:
        if is_of_another(order, report):
            text = f"the report is of {report.symbol} side {report.side}, the order of {order.symbol} side {order.side}"
            return anomalous(AnomalyCode.TERMS_MISMATCH, text)
    elif report.exec_type in _FILLS and (plain := _plain_fill(order, report)) is not None:
        return plain
    contradicts = contradiction(report)
    if contradicts is not None and report.exec_type in _ENDS:
        return Verdict((), contradicts)
    if report.order_qty is not None and report.order_qty < ZERO:
        report = _without_order_qty(report)
    if order.ended_here is not None and (reopened := reopening(order, report)) is not None:
        return follow(order, reopened, report, now_ns, interpret)
    if order.chain is not None:
        verdict = interpret_leg(order, order.chain, report, now_ns, _dispatch)
    else:
        verdict = _dispatch(order, report, now_ns)
    if verdict.anomaly is None:
        fault = (
            but_lacking(report.fault)
            or (contradicts if verdict.events else None)
            or inconsistency(report)
            or _size(order, report, verdict)
            or report.fault
        )
        if fault is None and not (report.exec_id and report.ord_status and report.side == order.side):
            fault = _lacking(order, report)
        if fault is not None:
            return Verdict(verdict.events, fault)
    return verdict


def _without_order_qty(report: ExecutionReport) -> ExecutionReport:
    """Leave out a quantity that none can be; the rest of the report counts."""
    told = f"an OrderQty of {format_decimal(report.order_qty or ZERO)}"
    fault = but_lacking(report.fault) or Anomaly(AnomalyCode.NEGATIVE_QUANTITY, told)
    return msgspec.structs.replace(report, order_qty=None, fault=fault)


def is_of_another(order: Order, report: ExecutionReport) -> bool:
    """Whether symbol or side differ; one that either side left out does not, nor a side that FIX does not define."""
    sides = {order.side, report.side} - {None, ""} if report.side in SIDES else set()
    symbols = {order.symbol, report.symbol} - {None, ""}
    return len(sides) > 1 or len(symbols) > 1


def _size(order: Order, report: ExecutionReport, verdict: Verdict) -> Anomaly | None:
    """Complain of a new fill of another OrderQty than the one that holds: it may be the end for the venue alone.

    Where replaces are or were on their way, or the report is late, other terms may have held when it was written.
    """
    theirs, ours = report.order_qty, order.order_qty
    if (
        theirs is None
        or ours is None
        or theirs == ours
        or report.exec_type not in _FILLS
        or not verdict.events
    ):
        return None
    if report.exec_trans_type != _NEW or order.replaces or order.chain is not None or is_older(order, report):
        return None
    text = f"a fill of OrderQty {format_decimal(theirs)}, the order has {format_decimal(ours)}"
    return Anomaly(AnomalyCode.TERMS_MISMATCH, text)


def _plain_fill(order: Order, report: ExecutionReport) -> Verdict | None:
    """Interpret the commonest report at one go: a new fill of a working order, whose totals agree with ours.

    A shorter way to what `executions.fill` and `inconsistency` say; None where anything is unusual: then they say it.
    """
    exec_id, shares, last_px = report.exec_id, report.last_shares, report.last_px
    cum_qty, leaves_qty, order_qty = report.cum_qty, report.leaves_qty, order.order_qty
    if (
        cum_qty is None
        or leaves_qty is None
        or shares is None
        or last_px is None
        or exec_id is None
        or exec_id in order.executions
        or order.phase is not _WORKING
        or order.chain is not None
        or order.inferred is not None
        or order.alike is not None
        or report.ord_status not in _WHILE_FILLING
        or report.exec_trans_type != _NEW
        or report.fault is not None
        or (report.exchange is not None and report.exchange != order.exchange)
        or (report.order_qty is not order_qty and report.order_qty != order_qty)
        or cum_qty + leaves_qty != order_qty
        or order.cum_qty + shares != cum_qty
        or leaves_qty < ZERO
        or (leaves_qty and report.ord_status == _FILLED)
        or shares <= ZERO
        or (report.avg_px and executions.average_anomaly(order, report, cum_qty) is not None)
    ):
        return None
    event = ev.Filled(
        order=order.number,
        exec_id=exec_id,
        order_id=report.order_id if order.order_id is None else None,
        transact_time=report.transact_time,
        last_shares=shares,
        last_px=last_px,
        exchange=report.exchange,
    )
    return Verdict((event,))


def _lacking(order: Order, report: ExecutionReport) -> Anomaly | None:
    """Name what every ExecutionReport has, in the shortest form too; what the full one has the codec holds it to.

    A query's answer has no ExecID.
    """
    if report.side and report.side not in SIDES:
        return Anomaly(AnomalyCode.UNKNOWN_VALUE, f"Side (54) is {report.side!r}")
    if report.exec_trans_type == ExecTransType.STATUS or (order.questions and _looks_like_status(report)):
        return None
    names = [
        name for name, value in zip(_REQUIRED, (report.exec_id, report.ord_status), strict=True) if not value
    ]
    return lacking(names) if names else None


_REQUIRED: Final = ("ExecID (17)", "OrdStatus (39)")


def _dispatch(order: Order, report: ExecutionReport, now_ns: int) -> Verdict:
    trans_type = report.exec_trans_type
    if trans_type is None:
        if _looks_like_status(report) and (order.questions or _says_unknown(order, report)):
            return status(order, report, now_ns)
    elif trans_type != _NEW:
        if trans_type == ExecTransType.STATUS:
            return status(order, report, now_ns)
        revise = revisions.bust if trans_type == ExecTransType.CANCEL else revisions.correct
        return revise(order, report)
    if report.exec_type == _REJECTED:
        return lifecycle.rejected(order, report, now_ns)
    handler = _BY_EXEC_TYPE.get(report.exec_type or "")
    if handler is None:
        return anomalous(
            AnomalyCode.MISSING_FIELD, "the report has no ExecType (150), so nothing can be read from it"
        )
    return handler(order, report)


def _looks_like_status(report: ExecutionReport) -> bool:
    """Recognise the answer to a status request where the venue sends no ExecTransType: ExecID 0, no shares."""
    return report.exec_id in (None, "0") and not report.last_shares


def _says_unknown(order: Order, report: ExecutionReport) -> bool:
    """Whether it can be "unknown order" once more: an answer that comes twice must not reject what is on its way.

    Nor is it news of an order that never reached the venue.
    """
    unnamed = report.exec_type == _REJECTED and report.exec_id == "0"
    never_there = order.phase in (Phase.PENDING_NEW, Phase.DENIED) or order.absent
    return unnamed and report.ambiguous_reject and never_there


_BY_EXEC_TYPE: Final[dict[str, lifecycle.Handler]] = {
    ExecType.NEW: lifecycle.accepted,
    ExecType.PENDING_NEW: lifecycle.pending_new,
    ExecType.PARTIAL_FILL: executions.fill,
    ExecType.FILL: executions.fill,
    ExecType.CANCELED: lifecycle.canceled,
    ExecType.EXPIRED: lifecycle.expired,
    ExecType.DONE_FOR_DAY: lifecycle.done_for_day,
    ExecType.CALCULATED: lifecycle.calculated,
    ExecType.STOPPED: lifecycle.stopped,
    ExecType.SUSPENDED: lifecycle.suspended,
    ExecType.PENDING_CANCEL: lifecycle.cancel_pending,
    ExecType.PENDING_REPLACE: lifecycle.replace_pending,
    ExecType.REPLACE: lifecycle.replaced,
    ExecType.RESTATED: lifecycle.restated,
}


# --- cancel rejects -------------------------------------------------------------------------------------------------


def interpret_cancel_reject(order: Order, report: CancelReject) -> Verdict:
    """Say what an OrderCancelReject (35=9) means for its order; it answers cancels and replaces."""
    request = _refused_request(order, report)
    if request is None:
        return Verdict((), report.fault)  # repeated, or the order ended meanwhile
    kind = ev.CancelRejected if request.kind is RequestKind.CANCEL else ev.ReplaceRejected
    reason = report.text or f"CxlRejReason {report.cxl_rej_reason}"
    order_id = number_given(report) if order.order_id is None else None
    event = kind(order=order.number, request=request.number, reason=reason, order_id=order_id)
    if (
        report.ord_status == OrdStatus.FILLED
        and order.order_qty is not None
        and order.order_qty > order.reported_cum
        and not _may_have_been_replaced(order, request)
    ):
        return Verdict((event, ev.GapOpened(order=order.number, cum_qty=order.order_qty)), report.fault)
    return Verdict((event,), report.fault)


def _may_have_been_replaced(order: Order, refused: Request) -> bool:
    """Whether another replace may have been carried out: then nobody knows yet of which quantity it is filled."""
    return any(
        other.kind is RequestKind.REPLACE and not other.by_cancel and other is not refused
        for other in order.pending
    )


def _refused_request(order: Order, report: CancelReject) -> Request | None:
    """Find what was refused: by ClOrdID, among requests of the kind that CxlRejResponseTo (434) names."""
    kinds = {"1": (RequestKind.CANCEL,), "2": (RequestKind.REPLACE,)}.get(
        report.response_to or "", (RequestKind.CANCEL, RequestKind.REPLACE)
    )
    open_requests = [
        request
        for request in order.pending
        if request.kind in kinds and not request.waiting and not request.by_cancel
    ]
    by_id = [request for request in open_requests if request.cl_ord_id == report.cl_ord_id]
    if by_id:
        return by_id[0]
    return open_requests[0] if report.cl_ord_id is None and len(open_requests) == 1 else None
