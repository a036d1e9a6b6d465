"""interpret(order, report): what a report means for its order, as events; or why it contradicts the record.

Invariants
1. Total: any report whatever gives events, an anomaly, both or neither, and never an exception.
2. A report that came before changes nothing: executions are known by (order, exchange, ExecID), other reports by
   (order, ExecID, ExecType).
3. Increments are folded, absolutes are their checksum: CumQty, LeavesQty and AvgPx never overwrite what the fills
   say. A total above ours opens a gap, which later fills close; a total below ours is an anomaly.
4. A status answer (ExecTransType Status) adds no execution, but it is evidence of what else happened.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NamedTuple

from oms.core import events as ev
from oms.core.messages import Anomaly, CancelReject, ExecutionReport
from oms.core.order import Order, Request, is_legal
from oms.core.values import (
    ENDED,
    GOOD_TILL,
    ZERO,
    AnomalyCode,
    ExecTransType,
    ExecType,
    OrdStatus,
    Phase,
    RequestKind,
    format_decimal,
)

UNKNOWN_ORDER_REASON: Final = "5"  # OrdRejReason (103)
DUPLICATE_ORDER_REASON: Final = "6"
CORPORATE_ACTION: Final = "0"  # ExecRestatementReason (378)


class Verdict(NamedTuple):
    """What a report is worth: the events it becomes, and the anomaly where it contradicts the record."""

    events: tuple[ev.Event, ...] = ()
    anomaly: Anomaly | None = None


NOTHING: Final = Verdict()


def _anomaly(code: AnomalyCode, text: str, *events: ev.Event) -> Verdict:
    return Verdict(events, Anomaly(code, text))


def interpret(order: Order, report: ExecutionReport, now_ns: int) -> Verdict:
    """Say what an ExecutionReport means for its order.

    Args:
        order: the order that the report names; it is not changed.
        report: what the venue said.
        now_ns: the time of receipt, nanoseconds since the epoch.

    """
    if not report.readable:
        return Verdict((), report.fault)
    if (report.side is not None and report.side != order.side) or (
        report.symbol is not None and report.symbol != order.symbol
    ):
        told = f"the report speaks of {report.symbol} side {report.side}, the order is {order.symbol} side {order.side}"
        return _anomaly(AnomalyCode.TERMS_MISMATCH, told)
    verdict = _dispatch(order, report, now_ns)
    if verdict.anomaly is None:
        fault = report.fault or _inconsistent(report)
        if fault is not None:
            return Verdict(verdict.events, fault)
    return verdict


def _dispatch(order: Order, report: ExecutionReport, now_ns: int) -> Verdict:
    trans_type = report.exec_trans_type
    if trans_type == ExecTransType.STATUS or (trans_type is None and _looks_like_status(order, report)):
        return _status(order, report, now_ns)
    if trans_type == ExecTransType.CANCEL:
        return _bust(order, report)
    if trans_type == ExecTransType.CORRECT:
        return _correct(order, report)
    handler = _BY_EXEC_TYPE.get(report.exec_type or "")
    if handler is None:
        return _anomaly(AnomalyCode.MISSING_FIELD, "the report has no ExecType (150), so nothing can be read from it")
    return handler(order, report)


def _looks_like_status(order: Order, report: ExecutionReport) -> bool:
    """Recognise the answer to a status request where the venue sends no ExecTransType: ExecID 0, no shares."""
    return order.questions > 0 and report.exec_id in (None, "0") and not report.last_shares


def _inconsistent(report: ExecutionReport) -> Anomaly | None:
    """Hold the report's own quantities against OrderQty = CumQty + LeavesQty (FIX 4.2, OrdStatus)."""
    order_qty, cum_qty, leaves_qty = report.order_qty, report.cum_qty, report.leaves_qty
    if leaves_qty is None or order_qty is None or cum_qty is None:
        return None
    if leaves_qty + cum_qty == order_qty:
        return None
    active = report.ord_status in (OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED) and cum_qty < order_qty
    if not leaves_qty and not active:  # no longer active; a telephone order's first report also prints 0 (D18)
        return None
    told = (
        f"OrderQty {format_decimal(order_qty)} is not CumQty {format_decimal(cum_qty)}"
        f" + LeavesQty {format_decimal(leaves_qty)}"
    )
    return Anomaly(AnomalyCode.QUANTITY_MISMATCH, told)


# --- what every report has in common --------------------------------------------------------------------------------


def _report_key(report: ExecutionReport) -> str | None:
    """Name a report that is not an execution; some venues number those 0, which names nothing."""
    if report.exec_id is None or report.exec_id == "0":
        return None
    return f"{report.exec_id}\x01{report.exec_type}"


def _execution_key(order: Order, report: ExecutionReport, exec_id: str) -> str:
    """Name an execution within its order: exchanges behind one venue number theirs independently."""
    exchange = report.exchange
    return exec_id if exchange is None or exchange == order.exchange else f"{exec_id}\x01{exchange}"


def _told(order: Order, report: ExecutionReport, key: str | None) -> dict[str, Any]:
    """Collect what every event takes over from its report."""
    cum_qty = report.cum_qty
    return {
        "order": order.number,
        "exec_id": key,
        "order_id": report.order_id if order.order_id is None else None,
        "transact_time": report.transact_time,
        "cum_qty": cum_qty if cum_qty is not None and cum_qty > order.reported_cum else None,
    }


def _is_late(order: Order, report: ExecutionReport) -> bool:
    """Whether the report may be older than what moved the order last."""
    time = report.transact_time
    return time is None or order.phase_time is None or time <= order.phase_time


def _illegal(order: Order, report: ExecutionReport, what: str) -> Verdict:
    return _anomaly(
        AnomalyCode.ILLEGAL_TRANSITION,
        f"{what} (ExecType {report.exec_type}, ExecID {report.exec_id}) for an order that is {order.phase}",
    )


# --- reports that move the phase ------------------------------------------------------------------------------------


def _accepted(order: Order, report: ExecutionReport) -> Verdict:
    key = _report_key(report)
    if key in order.reports:
        return NOTHING
    if order.phase in ENDED:
        if order.phase is Phase.DENIED or not _is_late(order, report):
            return _illegal(order, report, "New")
        return NOTHING
    unanswered = any(request.kind is RequestKind.NEW for request in order.pending)
    untied = order.order_id is None and report.order_id is not None
    halted = order.phase not in (Phase.PENDING_NEW, Phase.WORKING) and not _is_late(order, report)
    if not (unanswered or untied or halted or order.phase is Phase.PENDING_NEW):
        return NOTHING
    event = ev.Accepted(**_told(order, report, key))
    if report.order_qty is not None and order.order_qty is not None and report.order_qty != order.order_qty:
        told = f"accepted with OrderQty {format_decimal(report.order_qty)} instead of {format_decimal(order.order_qty)}"
        return _anomaly(AnomalyCode.TERMS_MISMATCH, told, event)
    return Verdict((event,))


def _pending_new(order: Order, report: ExecutionReport) -> Verdict:
    key = _report_key(report)
    if key in order.reports or order.phase is not Phase.PENDING_NEW:
        return NOTHING
    return Verdict((ev.PendingNewSeen(**_told(order, report, key)),))


def _ends(kind: type[ev.Event], phase: Phase, what: str) -> Callable[[Order, ExecutionReport], Verdict]:
    """Build the handler of a report that takes the order out of the market."""

    def handler(order: Order, report: ExecutionReport) -> Verdict:
        key = _report_key(report)
        if key in order.reports or order.phase is phase:
            return _only_totals(order, report)
        if not is_legal(order, kind):
            return _illegal(order, report, what)
        extra: dict[str, Any] = {}
        if kind in (ev.Canceled, ev.Expired, ev.Rejected):
            extra["reason"] = report.text
        if kind is ev.Canceled:
            extra["cl_ord_id"] = _canceled_by(order, report)
        event = kind(**_told(order, report, key), **extra)
        return _checked(order, report, order.cum_qty, event)

    return handler


def _canceled_by(order: Order, report: ExecutionReport) -> str | None:
    """Name the cancel request that this Canceled answers; None for an unsolicited one."""
    named = {request.cl_ord_id for request in order.pending if request.kind is RequestKind.CANCEL}
    return report.cl_ord_id if report.cl_ord_id in named else None


def _only_totals(order: Order, report: ExecutionReport) -> Verdict:
    """Take from a repeated report only what it says of the totals."""
    cum_qty = report.cum_qty
    if cum_qty is not None and cum_qty > order.reported_cum:
        return Verdict((ev.GapOpened(order=order.number, cum_qty=cum_qty),))
    return NOTHING


def _rejected(order: Order, report: ExecutionReport) -> Verdict:
    if report.ord_rej_reason == DUPLICATE_ORDER_REASON and (
        order.duplicates or report.ord_status not in (None, OrdStatus.REJECTED)
    ):
        return Verdict((ev.DuplicateRefused(order=order.number),)) if order.duplicates else NOTHING
    if report.ambiguous_reject and order.phase is not Phase.PENDING_NEW and order.phase not in ENDED:
        return _ambiguous_reject(order, report)
    return _reject_for_good(order, report)


_reject_for_good = _ends(ev.Rejected, Phase.REJECTED, "Rejected")


def _ambiguous_reject(order: Order, report: ExecutionReport) -> Verdict:
    """ExecType Rejected on an acknowledged order may mean the order, the cancel or the question: nobody can tell."""
    told = f"ExecType Rejected may refuse the order or the request: {report.text or 'no text'}"
    doubtful = tuple(
        ev.InDoubt(order=order.number, request=request.number, reason=told, time_ns=0)
        for request in order.pending
        if not request.in_doubt and not request.waiting
    )
    if doubtful:
        return Verdict(doubtful)
    if order.questions:
        return Verdict((ev.StatusAnswered(order=order.number),))
    return _reject_for_good(order, report)


def _cancel_pending(order: Order, report: ExecutionReport) -> Verdict:
    return _request_seen(order, report, RequestKind.CANCEL, ev.CancelPending)


def _replace_pending(order: Order, report: ExecutionReport) -> Verdict:
    return _request_seen(order, report, RequestKind.REPLACE, ev.ReplacePending)


def _request_seen(
    order: Order, report: ExecutionReport, kind: RequestKind, event: "type[ev.CancelPending | ev.ReplacePending]"
) -> Verdict:
    key = _report_key(report)
    request = _named(order, report.cl_ord_id, kind)
    if key in order.reports or request is None or request.seen or not is_legal(order, event):
        return _only_totals(order, report)
    return Verdict((event(**_told(order, report, key), cl_ord_id=request.cl_ord_id),))


def _named(order: Order, cl_ord_id: str | None, kind: RequestKind) -> Request | None:
    """Find the request that a report names; the oldest of the kind where the report names none."""
    requests = order.requested(kind)
    return next((r for r in requests if cl_ord_id in (None, r.cl_ord_id)), None)


def _replaced(order: Order, report: ExecutionReport) -> Verdict:
    key = _report_key(report)
    if key in order.reports:
        return NOTHING
    request = _named(order, report.cl_ord_id, RequestKind.REPLACE) if report.cl_ord_id else None
    superseded = request is None and report.cl_ord_id not in (None, order.cl_ord_id)
    if superseded and (report.orig_cl_ord_id is not None or _is_late(order, report)):
        return NOTHING  # a later replace of the chain was confirmed first
    if not is_legal(order, ev.Replaced):
        return NOTHING if _is_late(order, report) else _illegal(order, report, "Replace")
    asked_qty, asked_px = (request.order_qty, request.price) if request else (None, None)
    event = ev.Replaced(
        **_told(order, report, key),
        cl_ord_id=request.cl_ord_id if request else None,
        orig_cl_ord_id=report.orig_cl_ord_id,
        order_qty=report.order_qty if report.order_qty is not None else asked_qty,
        price=report.price if report.price is not None else asked_px,
    )
    return _checked(order, report, order.cum_qty, event)


def _restated(order: Order, report: ExecutionReport) -> Verdict:
    key = _report_key(report)
    if key in order.reports:
        return NOTHING
    if not is_legal(order, ev.Restated):
        return NOTHING if _is_late(order, report) else _illegal(order, report, "Restated")
    told = _told(order, report, key)
    split = report.restatement_reason == CORPORATE_ACTION and report.cum_qty is not None
    if split:
        told["cum_qty"] = None
    event = ev.Restated(
        **told,
        order_qty=report.order_qty,
        price=report.price,
        base_qty=report.cum_qty if split else None,
        base_px=report.avg_px if split else None,
        reason=report.restatement_reason,
    )
    return Verdict((event,)) if split else _checked(order, report, order.cum_qty, event)


def _moves(kind: type[ev.Event], what: str) -> Callable[[Order, ExecutionReport], Verdict]:
    """Build the handler of a report that halts the order without ending it."""

    def handler(order: Order, report: ExecutionReport) -> Verdict:
        key = _report_key(report)
        if key in order.reports:
            return NOTHING
        if not is_legal(order, kind):
            return NOTHING if _is_late(order, report) else _illegal(order, report, what)
        return _checked(order, report, order.cum_qty, kind(**_told(order, report, key)))

    return handler


# --- executions -----------------------------------------------------------------------------------------------------


def _fill(order: Order, report: ExecutionReport) -> Verdict:
    shares = report.last_shares
    if report.exec_id is None or shares is None:
        lacking = "ExecID (17)" if report.exec_id is None else "LastShares (32)"
        return _anomaly(AnomalyCode.MISSING_FIELD, f"a fill without {lacking} cannot be counted")
    if report.ord_status == OrdStatus.STOPPED and report.cum_qty is not None and report.cum_qty == order.cum_qty:
        return _stopped(order, report)  # a guarantee, not an execution (Appendix D, D37 t3)
    if shares <= 0:
        if shares == 0 and report.exec_id == "0":
            return _only_totals(order, report)
        return _anomaly(AnomalyCode.QUANTITY_MISMATCH, f"a fill of {format_decimal(shares)} shares")
    key = _execution_key(order, report, report.exec_id)
    known = order.executions.get(key)
    if known is not None and (known.counted or not known.busted):
        return _known_fill(order, report, known.shares, known.price, superseded=known.latest is not None)
    return _new_fill(order, report, key, shares, undone=known is not None)


def _known_fill(
    order: Order, report: ExecutionReport, shares: Decimal, price: Decimal | None, *, superseded: bool
) -> Verdict:
    """Hold a repeated ExecID against what it said the first time."""
    same_price = price is None or report.last_px is None or price == report.last_px
    if (shares == report.last_shares and same_price) or (superseded and not shares):
        return _only_totals(order, report)
    told = (
        f"ExecID {report.exec_id} came before with {format_decimal(shares)} @ {price}, "
        f"now with {report.last_shares} @ {report.last_px}; the first stays counted"
    )
    return _anomaly(AnomalyCode.EXECUTION_MISMATCH, told)


def _new_fill(order: Order, report: ExecutionReport, key: str, shares: Decimal, *, undone: bool) -> Verdict:
    cum_after = order.cum_qty if undone else order.cum_qty + shares
    claimed = _claimed_total(order, report)
    told = _told(order, report, key)
    known_total = order.reported_cum if order.reported_cum > cum_after else cum_after
    told["cum_qty"] = claimed if claimed is not None and claimed > known_total else None
    event = ev.Filled(
        **told,
        last_shares=shares,
        last_px=report.last_px,
        exchange=report.exchange,
        complete=order.order_qty is None and report.exec_type == ExecType.FILL,
        unconfirmed=report.exec_trans_type is None and report.cum_qty is None and order.questions > 0,
    )
    events: tuple[ev.Event, ...] = (event,)
    if order.phase is Phase.DONE_FOR_DAY and _trades_again(order, report):
        events = (ev.Resumed(order=order.number, transact_time=report.transact_time), event)
    return Verdict(events, _fill_anomaly(order, report, cum_after))


def _trades_again(order: Order, report: ExecutionReport) -> bool:
    """Whether a good-till order trades on its next day; the morning's restatement is optional (D27)."""
    return order.time_in_force in GOOD_TILL and report.ord_status in (OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED)


def _claimed_total(order: Order, report: ExecutionReport) -> Decimal | None:
    """Read the venue's total: CumQty, or what ExecType Fill says without one: everything."""
    if report.cum_qty is not None:
        return report.cum_qty
    return order.order_qty if report.exec_type == ExecType.FILL else None


def _fill_anomaly(order: Order, report: ExecutionReport, cum_after: Decimal) -> Anomaly | None:
    if order.phase in (Phase.REJECTED, Phase.DENIED):
        return Anomaly(AnomalyCode.FILL_AFTER_REJECT, f"an execution of an order that is {order.phase}; it is counted")
    limit = _most_wanted(order, report)
    if limit is not None and cum_after > limit:
        told = f"{format_decimal(cum_after)} executed of {format_decimal(limit)} ordered; counted in full"
        return Anomaly(AnomalyCode.OVERFILL, told)
    if report.last_px is None:
        return Anomaly(AnomalyCode.MISSING_FIELD, "a fill without a price: the shares count, the average is unknown")
    if report.cum_qty is None:
        return None
    return _total_anomaly(order, report, cum_after) or _average_anomaly(order, report, cum_after)


def _most_wanted(order: Order, report: ExecutionReport) -> Decimal | None:
    """Say how much may be executed: a replacement may be executed before its confirmation arrives."""
    limit = order.order_qty
    if limit is not None and report.cl_ord_id != order.cl_ord_id:
        for request in order.pending:
            if request.cl_ord_id == report.cl_ord_id and request.order_qty is not None:
                limit = max(limit, request.order_qty)
    return limit


def _total_anomaly(order: Order, report: ExecutionReport, cum_after: Decimal) -> Anomaly | None:
    """Complain of a CumQty below the fills on record, unless fills arrive out of order while a gap is open."""
    claimed = report.cum_qty
    if claimed is None or claimed >= cum_after or order.reported_cum > order.cum_qty:
        return None
    if report.transact_time is not None and order.last_time is not None and report.transact_time < order.last_time:
        return None
    told = f"the venue reports CumQty {format_decimal(claimed)}, the fills on record give {format_decimal(cum_after)}"
    return Anomaly(AnomalyCode.QUANTITY_MISMATCH, told)


def _average_anomaly(order: Order, report: ExecutionReport, cum_after: Decimal) -> Anomaly | None:
    """Compare AvgPx with our fills, to the decimals that the venue sends; some venues send 0 for "not computed"."""
    theirs, shares, price = report.avg_px, report.last_shares, report.last_px
    if not theirs or order.unpriced or shares is None or price is None:
        return None
    if report.cum_qty != cum_after or cum_after == order.cum_qty:
        return None
    ours = order.notional + shares * price
    off = abs(theirs * cum_after - ours)
    if not off or off <= cum_after.scaleb(_last_digit(theirs)):
        return None
    told = f"the venue reports AvgPx {format_decimal(theirs)}, the fills on record disagree"
    return Anomaly(AnomalyCode.QUANTITY_MISMATCH, told)


def _last_digit(value: Decimal) -> int:
    """Give the exponent of a number's last digit: -2 for 1.25."""
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _checked(order: Order, report: ExecutionReport, cum_after: Decimal, *events: ev.Event) -> Verdict:
    """Hold the venue's total against what will be on record after these events."""
    return Verdict(events, _total_anomaly(order, report, cum_after))


def _bust(order: Order, report: ExecutionReport) -> Verdict:
    verdict = _about_execution(order, report)
    if verdict is not None:
        return verdict
    ref = _execution_key(order, report, report.exec_ref_id or "")
    known = order.executions.get(ref)
    root = (known.root or known) if known is not None else None
    event = ev.FillBusted(**_revised(order, report, root_shares(root), ZERO), exec_ref_id=ref)
    if root is None:
        return _anomaly(
            AnomalyCode.UNKNOWN_EXECUTION, f"a bust of execution {report.exec_ref_id}, which was never seen", event
        )
    if root.busted:
        return _anomaly(AnomalyCode.UNKNOWN_EXECUTION, f"execution {report.exec_ref_id} is busted already")
    return _checked(order, report, order.cum_qty - root_shares(root), event)


def _correct(order: Order, report: ExecutionReport) -> Verdict:
    verdict = _about_execution(order, report)
    if verdict is not None:
        return verdict
    shares = report.last_shares
    if shares is None or shares <= 0:
        return _anomaly(AnomalyCode.MISSING_FIELD, "a correction without LastShares (32) cannot be counted")
    ref = _execution_key(order, report, report.exec_ref_id or "")
    known = order.executions.get(ref)
    root = (known.root or known) if known is not None else None
    if root is not None and root.busted:
        return _anomaly(AnomalyCode.UNKNOWN_EXECUTION, f"execution {report.exec_ref_id} is busted already")
    before = root_shares(root)
    event = ev.FillCorrected(
        **_revised(order, report, before, shares), exec_ref_id=ref, last_shares=shares, last_px=report.last_px
    )
    if root is None:
        told = f"a correction of execution {report.exec_ref_id}, which was never seen; counted as corrected"
        return _anomaly(AnomalyCode.UNKNOWN_EXECUTION, told, event)
    return _checked(order, report, order.cum_qty - before + shares, event)


def root_shares(root: Any) -> Decimal:  # noqa: ANN401 - an Execution or nothing
    """Say how many shares a fill stands for now."""
    if root is None or not root.counted or root.busted:
        return ZERO
    shares: Decimal = (root.latest or root).shares
    return shares


def _about_execution(order: Order, report: ExecutionReport) -> Verdict | None:
    """Sort out busts and corrections that are repeated or name nothing; None where one is to be applied."""
    if report.exec_ref_id is None:
        return _anomaly(AnomalyCode.MISSING_FIELD, "a bust or correction without ExecRefID (19)")
    if report.exec_id is not None and _execution_key(order, report, report.exec_id) in order.executions:
        return _only_totals(order, report)
    return None


def _revised(order: Order, report: ExecutionReport, before: Decimal, after: Decimal) -> dict[str, Any]:
    """Collect what a bust or correction takes over; its total counts as a gap only beyond the revised one."""
    key = _execution_key(order, report, report.exec_id) if report.exec_id is not None else None
    told = _told(order, report, key)
    claimed = report.cum_qty
    expected = order.reported_cum - before + after
    told["cum_qty"] = claimed if claimed is not None and claimed > expected else None
    return told


# --- status answers -------------------------------------------------------------------------------------------------


def _status(order: Order, report: ExecutionReport, now_ns: int) -> Verdict:
    """Take a status answer as evidence: it accepts, rejects, cancels or expires; it never adds an execution."""
    answered: tuple[ev.Event, ...] = (ev.StatusAnswered(order=order.number),) if order.questions else ()
    verdict = _evidence(order, report, now_ns)
    return Verdict(answered + verdict.events, verdict.anomaly)


def _evidence(order: Order, report: ExecutionReport, now_ns: int) -> Verdict:
    status = report.ord_status or report.exec_type
    if status is None:
        return _anomaly(AnomalyCode.MISSING_FIELD, "a status answer without OrdStatus (39)")
    if status == OrdStatus.REJECTED:
        return _status_rejected(order, report, now_ns)
    if order.phase in (Phase.REJECTED, Phase.DENIED):
        return _contradiction(order, status)
    handler = _BY_STATUS.get(status)
    verdict = handler(order, report) if handler else NOTHING
    if verdict.anomaly is not None:
        return verdict
    events = _implied_acceptance(order, report, status, verdict.events)
    return Verdict(events, _status_totals(order, report)) if _no_gap_news(order, report) else _with_gap(
        order, report, events
    )


def _no_gap_news(order: Order, report: ExecutionReport) -> bool:
    claimed = _status_total(order, report)
    return claimed is None or claimed <= order.reported_cum


def _with_gap(order: Order, report: ExecutionReport, events: tuple[ev.Event, ...]) -> Verdict:
    claimed = _status_total(order, report)
    if claimed is None:
        return Verdict(events)
    return Verdict((*events, ev.GapOpened(order=order.number, cum_qty=claimed)))


def _status_total(order: Order, report: ExecutionReport) -> Decimal | None:
    if report.cum_qty is not None:
        return report.cum_qty
    return order.order_qty if (report.ord_status or report.exec_type) == OrdStatus.FILLED else None


def _status_totals(order: Order, report: ExecutionReport) -> Anomaly | None:
    """Complain of a status answer that knows less than the same venue reported."""
    late = report.transact_time is not None and order.last_time is not None and report.transact_time < order.last_time
    if late or order.gap:
        return None
    if report.cum_qty is not None and report.cum_qty < order.cum_qty:
        told = f"the status answer has CumQty {report.cum_qty}, the fills on record give {order.cum_qty}"
        return Anomaly(AnomalyCode.STATUS_MISMATCH, told)
    if (report.ord_status or report.exec_type) == OrdStatus.PARTIALLY_FILLED and not order.cum_qty:
        if report.cum_qty is None:
            return Anomaly(AnomalyCode.GAP_OPEN, "the venue says Partially Filled, and no fill has arrived")
    return None


def _implied_acceptance(
    order: Order, report: ExecutionReport, status: str, events: tuple[ev.Event, ...]
) -> tuple[ev.Event, ...]:
    """Any state that the venue gives an order proves that it has taken it on."""
    if order.phase is not Phase.PENDING_NEW or status == OrdStatus.PENDING_NEW or _settles_new(events):
        return events
    return (ev.Accepted(**{**_told(order, report, None), "cum_qty": None}), *events)


def _settles_new(events: tuple[ev.Event, ...]) -> bool:
    return any(isinstance(event, ev.Canceled | ev.Expired) for event in events)


def _status_rejected(order: Order, report: ExecutionReport, now_ns: int) -> Verdict:
    if order.phase is Phase.REJECTED:
        return NOTHING
    if order.phase is not Phase.PENDING_NEW:
        return _contradiction(order, OrdStatus.REJECTED)
    if report.ord_rej_reason == UNKNOWN_ORDER_REASON or report.ord_rej_reason is None:
        return Verdict((ev.UnknownAtVenue(order=order.number, time_ns=now_ns),))
    return _reject_for_good(order, report)


def _contradiction(order: Order, status: str) -> Verdict:
    return _anomaly(
        AnomalyCode.STATUS_MISMATCH,
        f"the status answer says OrdStatus {status}, the venue's own reports make it {order.ord_status}"
        f" ({order.phase.lower()})",
    )


def _status_working(order: Order, report: ExecutionReport) -> Verdict:
    """OrdStatus New, Partially Filled or Replaced: the order is in the market."""
    status = report.ord_status or report.exec_type or ""
    newer = report.transact_time is not None and order.last_time is not None and report.transact_time > order.last_time
    ended = order.phase in ENDED
    known_fills = order.cum_qty and status in (OrdStatus.NEW, OrdStatus.REPLACED)
    if ended or order.is_filled or known_fills:
        late = report.transact_time is not None and not newer and order.last_time != report.transact_time
        return NOTHING if late else _contradiction(order, status)
    return NOTHING


def _status_filled(order: Order, _report: ExecutionReport) -> Verdict:
    if order.order_qty is None and not order.complete and order.phase not in ENDED:
        return _anomaly(AnomalyCode.GAP_OPEN, "the venue says Filled, and its closing fill has not arrived")
    return NOTHING


def _status_ended(kind: type[ev.Event], phase: Phase, what: str) -> Callable[[Order, ExecutionReport], Verdict]:
    end = _ends(kind, phase, what)

    def handler(order: Order, report: ExecutionReport) -> Verdict:
        if order.phase is phase:
            return NOTHING
        if order.is_filled or order.phase in ENDED:
            return _contradiction(order, report.ord_status or report.exec_type or "")
        return end(order, report)

    return handler


def _status_halted(kind: type[ev.Event], phase: Phase) -> Callable[[Order, ExecutionReport], Verdict]:
    move = _moves(kind, phase.name)

    def handler(order: Order, report: ExecutionReport) -> Verdict:
        return NOTHING if order.phase is phase else move(order, report)

    return handler


_stopped = _moves(ev.Stopped, "Stopped")

_BY_EXEC_TYPE: Final[dict[str, Callable[[Order, ExecutionReport], Verdict]]] = {
    ExecType.NEW: _accepted,
    ExecType.PENDING_NEW: _pending_new,
    ExecType.PARTIAL_FILL: _fill,
    ExecType.FILL: _fill,
    ExecType.CANCELED: _ends(ev.Canceled, Phase.CANCELED, "Canceled"),
    ExecType.EXPIRED: _ends(ev.Expired, Phase.EXPIRED, "Expired"),
    ExecType.REJECTED: _rejected,
    ExecType.DONE_FOR_DAY: _moves(ev.DoneForDay, "Done for Day"),
    ExecType.CALCULATED: _moves(ev.Calculated, "Calculated"),
    ExecType.STOPPED: _stopped,
    ExecType.SUSPENDED: _moves(ev.Suspended, "Suspended"),
    ExecType.PENDING_CANCEL: _cancel_pending,
    ExecType.PENDING_REPLACE: _replace_pending,
    ExecType.REPLACE: _replaced,
    ExecType.RESTATED: _restated,
}
_BY_STATUS: Final[dict[str, Callable[[Order, ExecutionReport], Verdict]]] = {
    OrdStatus.NEW: _status_working,
    OrdStatus.PARTIALLY_FILLED: _status_working,
    OrdStatus.REPLACED: _status_working,
    OrdStatus.FILLED: _status_filled,
    OrdStatus.PENDING_NEW: _pending_new,
    OrdStatus.CANCELED: _status_ended(ev.Canceled, Phase.CANCELED, "Canceled"),
    OrdStatus.EXPIRED: _status_ended(ev.Expired, Phase.EXPIRED, "Expired"),
    OrdStatus.DONE_FOR_DAY: _status_halted(ev.DoneForDay, Phase.DONE_FOR_DAY),
    OrdStatus.CALCULATED: _status_halted(ev.Calculated, Phase.CALCULATED),
    OrdStatus.SUSPENDED: _status_halted(ev.Suspended, Phase.SUSPENDED),
    OrdStatus.STOPPED: _status_halted(ev.Stopped, Phase.STOPPED),
    OrdStatus.PENDING_CANCEL: _cancel_pending,
    OrdStatus.PENDING_REPLACE: _replace_pending,
}


# --- cancel rejects -------------------------------------------------------------------------------------------------


def interpret_cancel_reject(order: Order, report: CancelReject) -> Verdict:
    """Say what an OrderCancelReject (35=9) means for its order; it answers cancels and replaces."""
    request = _refused_request(order, report)
    if request is None:
        return Verdict((), report.fault)  # repeated, or the order ended meanwhile
    kind = ev.CancelRejected if request.kind is RequestKind.CANCEL else ev.ReplaceRejected
    reason = report.text or f"CxlRejReason {report.cxl_rej_reason}"
    event = kind(order=order.number, request=request.number, reason=reason, order_id=_tie(order, report.order_id))
    gap: tuple[ev.Event, ...] = ()
    if report.ord_status == OrdStatus.FILLED and order.order_qty is not None and order.order_qty > order.reported_cum:
        gap = (ev.GapOpened(order=order.number, cum_qty=order.order_qty),)
    return Verdict((event, *gap), report.fault)


def _tie(order: Order, order_id: str | None) -> str | None:
    return order_id if order.order_id is None and order_id not in (None, "NONE") else None


def _refused_request(order: Order, report: CancelReject) -> Request | None:
    """Find what was refused: by ClOrdID, among requests of the kind that CxlRejResponseTo (434) names."""
    kinds = {"1": (RequestKind.CANCEL,), "2": (RequestKind.REPLACE,)}.get(
        report.response_to or "", (RequestKind.CANCEL, RequestKind.REPLACE)
    )
    open_requests = [request for request in order.pending if request.kind in kinds and not request.waiting]
    by_id = [request for request in open_requests if request.cl_ord_id == report.cl_ord_id]
    if by_id:
        return by_id[0]
    return open_requests[0] if report.cl_ord_id is None and len(open_requests) == 1 else None
