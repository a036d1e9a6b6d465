"""Reports that move an order without executing it: accepted, canceled, rejected, halted, replaced, restated."""

from collections.abc import Callable
from typing import Any, Final

from oms.core import events as ev
from oms.core.messages import ExecutionReport
from oms.core.order import Order, is_legal
from oms.core.requests import Request
from oms.core.values import ENDED, ZERO, AnomalyCode, OrdStatus, Phase, RequestKind, format_decimal
from oms.core.verdict import (
    NOTHING,
    Verdict,
    after_the_end,
    anomalous,
    backwards,
    checked,
    final,
    has_passed,
    illegal,
    is_late,
    is_newer,
    only_totals,
    precedes_a_fill,
    report_key,
    told,
)

DUPLICATE_ORDER: Final = "6"  # OrdRejReason (103)
CORPORATE_ACTION: Final = "0"  # ExecRestatementReason (378)

Handler = Callable[[Order, ExecutionReport], Verdict]


def accepted(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret ExecType New: the acknowledgement, or trading again after a halt."""
    key = report_key(report)
    if key in order.reports:
        return NOTHING
    if order.phase in ENDED:
        return after_the_end(order, report, "New")
    if not _is_news(order, report):
        goes_back = report.ord_status == OrdStatus.NEW and order.ord_status not in _AS_NEW
        return backwards(order, report, "New") if goes_back else NOTHING
    event = ev.Accepted(**told(order, report, key))
    if report.order_qty is not None and order.order_qty is not None and report.order_qty != order.order_qty:
        theirs, ours = format_decimal(report.order_qty), format_decimal(order.order_qty)
        return anomalous(
            AnomalyCode.TERMS_MISMATCH, f"accepted with OrderQty {theirs} instead of {ours}", event
        )
    return Verdict((event,))


def _is_news(order: Order, report: ExecutionReport) -> bool:
    """Whether the acknowledgement answers something, ties an OrderID, or ends a halt."""
    if order.phase is Phase.PENDING_NEW or any(request.kind is RequestKind.NEW for request in order.pending):
        return True
    if order.order_id is None and report.order_id is not None:
        return True
    return order.phase is not Phase.WORKING and not order.is_filled and is_newer(order, report)


_AS_NEW: Final = (OrdStatus.NEW, OrdStatus.REPLACED)


def pending_new(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret Pending New: the venue has the order and has not decided."""
    key = report_key(report)
    if key in order.reports:
        return NOTHING
    if order.phase is not Phase.PENDING_NEW:
        return backwards(order, report, "Pending New")
    return Verdict((ev.PendingNewSeen(**told(order, report, key)),))


# --- the end of an order --------------------------------------------------------------------------------------------


def canceled(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret ExecType Canceled, asked for or not."""
    if (settled := _no_end(order, report, ev.Canceled, Phase.CANCELED)) is not None:
        return settled
    asked = {request.cl_ord_id for request in order.pending if request.kind is RequestKind.CANCEL}
    by = report.cl_ord_id if report.cl_ord_id in asked else None
    event = ev.Canceled(
        **told(order, report, report_key(report)),
        cl_ord_id=by,
        reason=report.text,
        stated_qty=report.cum_qty if order.replacing is not None else None,
    )
    return final(order, report, event)


def expired(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret ExecType Expired."""
    if (settled := _no_end(order, report, ev.Expired, Phase.EXPIRED)) is not None:
        return settled
    return final(order, report, ev.Expired(**told(order, report, report_key(report)), reason=report.text))


def refused(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret ExecType Rejected where it is the order that is rejected, at once or later (D1 t3)."""
    if (settled := _no_end(order, report, ev.Rejected, Phase.REJECTED)) is not None:
        return settled
    return checked(order, report, ev.Rejected(**told(order, report, report_key(report)), reason=report.text))


def _no_end(order: Order, report: ExecutionReport, kind: type[ev.Event], phase: Phase) -> Verdict | None:
    """Sort out ends that are repeated or impossible; None where one is to be applied."""
    if report_key(report) in order.reports or order.phase is phase:
        return only_totals(order, report)
    return None if is_legal(order, kind) else illegal(order, report, phase.title())


def rejected(order: Order, report: ExecutionReport, now_ns: int) -> Verdict:
    """Interpret ExecType Rejected: of the order, of a second order with its ClOrdID, or of who knows what."""
    if report.ord_rej_reason == DUPLICATE_ORDER and _is_about_a_duplicate(order, report):
        return _duplicate_refused(order, report)
    if report.ambiguous_reject and order.phase is not Phase.PENDING_NEW and order.phase not in ENDED:
        return _ambiguous(order, report, now_ns)
    return refused(order, report)


def _duplicate_refused(order: Order, report: ExecutionReport) -> Verdict:
    key = report_key(report)
    if not order.duplicates or key in order.reports:
        return NOTHING
    return Verdict((ev.DuplicateRefused(order=order.number, exec_id=key),))


def _is_about_a_duplicate(order: Order, report: ExecutionReport) -> bool:
    """Whether a second order is refused and the first goes on: then OrdStatus is that of the first (D22)."""
    if order.duplicates or report_key(report) in order.reports:
        return True
    if report.ord_status not in (None, OrdStatus.REJECTED):
        return True
    return order.phase is not Phase.PENDING_NEW  # what the venue once took on is no duplicate


def _ambiguous(order: Order, report: ExecutionReport, now_ns: int) -> Verdict:
    """ExecType Rejected on an acknowledged order may mean the order, a request or a question: nobody can tell."""
    key = report_key(report)
    if key in order.reports:
        return NOTHING
    reason = f"ExecType Rejected may refuse the order or the request: {report.text or 'no text'}"
    doubtful = tuple(
        ev.InDoubt(order=order.number, request=request.number, reason=reason, time_ns=now_ns, exec_id=key)
        for request in order.pending
        if not request.in_doubt and not request.waiting
    )
    if doubtful:
        return Verdict(doubtful)
    if order.questions:
        return Verdict(question_refused(order, reason, now_ns, key))
    if (
        order.pending or order.is_spent
    ):  # what is executed in full cannot be rejected: it is a request that was refused
        return NOTHING
    if key is None:  # nothing was asked, and ExecID 0 tells of no event: a status answer that comes again
        return anomalous(
            AnomalyCode.STATUS_MISMATCH,
            f"a status answer says Rejected, the order is {order.phase}: {reason}",
        )
    return refused(order, report)


def question_refused(order: Order, reason: str, now_ns: int, key: str | None) -> tuple[ev.Event, ...]:
    """A question that was refused was not answered: whether the order is there is in doubt, if it was not yet."""
    lost = ev.QuestionLost(order=order.number, exec_id=key)
    if order.doubt is not None or order.is_spent:
        return (lost,)
    return lost, ev.InDoubt(order=order.number, request=0, reason=reason, time_ns=now_ns)


# --- requests that the venue has, or has carried out ----------------------------------------------------------------


def cancel_pending(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret Pending Cancel."""
    return _request_seen(order, report, RequestKind.CANCEL, ev.CancelPending)


def replace_pending(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret Pending Replace."""
    return _request_seen(order, report, RequestKind.REPLACE, ev.ReplacePending)


def _request_seen(
    order: Order,
    report: ExecutionReport,
    kind: RequestKind,
    event: "type[ev.CancelPending | ev.ReplacePending]",
) -> Verdict:
    key = report_key(report)
    request = _named(order, report.cl_ord_id, kind)
    if (
        request is None
        and order.cl_ord_id == report.cl_ord_id
        and report.orig_cl_ord_id in (None, order.cl_ord_id)
    ):
        request = _named(order, None, kind)  # it names the order instead of the request
    if key in order.reports or request is None or request.seen or not is_legal(order, event):
        return only_totals(order, report)
    return checked(order, report, event(**told(order, report, key), cl_ord_id=request.cl_ord_id))


def _named(order: Order, cl_ord_id: str | None, kind: RequestKind) -> Request | None:
    """Find the request that a report names; the oldest of the kind where it names none."""
    for request in order.pending:
        if request.kind is kind and not request.waiting and cl_ord_id in (None, request.cl_ord_id):
            return request
    return None


def replaced(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret ExecType Replace: only now do the new terms hold."""
    key = report_key(report)
    if key in order.reports:
        return NOTHING
    request = _named(order, report.cl_ord_id, RequestKind.REPLACE) if report.cl_ord_id else None
    unknown = request is None and report.cl_ord_id not in (None, order.cl_ord_id)
    if unknown and report.orig_cl_ord_id != order.cl_ord_id:
        return _overtaken(order, report)
    if not is_legal(order, ev.Replaced):
        return NOTHING if is_late(order, report) else illegal(order, report, "Replace")
    asked_qty, asked_px = (request.order_qty, request.price) if request else (None, None)
    event = ev.Replaced(
        **told(order, report, key),
        cl_ord_id=request.cl_ord_id if request else report.cl_ord_id if unknown else None,
        orig_cl_ord_id=report.orig_cl_ord_id,
        order_qty=report.order_qty if report.order_qty is not None else asked_qty,
        price=report.price if report.price is not None else asked_px,
    )
    if unknown:
        ours = "which had come to nothing" if report.cl_ord_id in order.replaces else "which nobody sent"
        return anomalous(AnomalyCode.UNKNOWN_REQUEST, f"a replace by {report.cl_ord_id}, {ours}", event)
    return checked(order, report, event)


def _overtaken(order: Order, report: ExecutionReport) -> Verdict:
    """Judge a replace that is not the next of the chain: a later one was confirmed first, or it is of another chain."""
    ours = {order.first_cl_ord_id, order.orig_cl_ord_id, *order.replaces}
    if report.cl_ord_id in ours or report.orig_cl_ord_id in ours:
        return NOTHING
    text = (
        f"a replace of {report.orig_cl_ord_id or 'nothing'} by {report.cl_ord_id}: neither is of this order"
    )
    return anomalous(AnomalyCode.UNKNOWN_CHAIN, text)


def restated(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret ExecType Restated: renewed in the morning, changed by telephone, reduced, or split."""
    key = report_key(report)
    if key in order.reports:
        return NOTHING
    if not is_legal(order, ev.Restated):
        return NOTHING if is_late(order, report) else illegal(order, report, "Restated")
    split = (
        report.restatement_reason == CORPORATE_ACTION
        and report.cum_qty is not None
        and report.cum_qty >= ZERO
    )
    taken: dict[str, Any] = told(order, report, key)
    if split:
        taken["cum_qty"] = None
    event = ev.Restated(
        **taken,
        order_qty=report.order_qty,
        price=report.price,
        base_qty=report.cum_qty if split else None,
        base_px=report.avg_px if split else None,
        reason=report.restatement_reason,
    )
    return Verdict((event,)) if split else checked(order, report, event)


# --- halts ----------------------------------------------------------------------------------------------------------


def _halts(kind: "type[ev.Told]", what: str) -> Handler:
    """Build the handler of a report that halts the order without ending it."""

    def handler(order: Order, report: ExecutionReport) -> Verdict:
        key = report_key(report)
        if key in order.reports:
            return NOTHING
        if not is_legal(order, kind):
            return NOTHING if is_late(order, report) else illegal(order, report, what)
        if has_passed(order, report, kind) or (kind is ev.Stopped and precedes_a_fill(order, report)):
            return only_totals(order, report)
        return checked(order, report, kind(**told(order, report, key)))

    return handler


done_for_day: Final = _halts(ev.DoneForDay, "Done for Day")
calculated: Final = _halts(ev.Calculated, "Calculated")
stopped: Final = _halts(ev.Stopped, "Stopped")
suspended: Final = _halts(ev.Suspended, "Suspended")
