"""Status answers (ExecTransType Status): evidence of the order's state, never an execution.

They accept, reject, cancel or expire an order in doubt; a CumQty above ours opens a gap; what contradicts the venue's
own reports is an anomaly, unless the answer is older than they are.
"""

from typing import Final

from oms.core import events as ev
from oms.core.inferred import Inferred
from oms.core.lifecycle import (
    Handler,
    calculated,
    cancel_pending,
    canceled,
    done_for_day,
    expired,
    pending_new,
    question_refused,
    refused,
    replace_pending,
    stopped,
    suspended,
)
from oms.core.messages import Anomaly, ExecutionReport
from oms.core.order import Order
from oms.core.requests import sent_replaces
from oms.core.values import ENDED, ZERO, AnomalyCode, OrdStatus, Phase, format_decimal
from oms.core.verdict import NOTHING, Verdict, anomalous, is_older, precedes_revision, report_key, told

UNKNOWN_ORDER: Final = "5"  # OrdRejReason (103)
NO_ORDER_ID: Final = "NONE"


def status(order: Order, report: ExecutionReport, now_ns: int) -> Verdict:
    """Interpret the answer to a status request, or to an order sent again with PossResend (D31)."""
    verdict = _evidence(order, report, now_ns)
    if not order.questions or _is_put_off(verdict):
        return verdict
    if verdict.anomaly is not None and _may_be_refused(order, report):
        events = question_refused(order, verdict.anomaly.text, now_ns, None)
        return Verdict(events, verdict.anomaly if order.doubt is None else None)
    if verdict == NOTHING and _may_be_repeated(order, report):
        return Verdict((ev.AnswerRepeated(order=order.number),))
    more = report.cum_qty is not None and report.cum_qty > order.cum_qty
    answered = ev.StatusAnswered(
        order=order.number,
        avg_px=report.avg_px if more else None,
        transact_time=report.transact_time if report.exec_id is not None else None,
    )
    if order.unheard:  # the gap that this answer leaves is judged by what was not heard before it
        return Verdict((*verdict.events, answered), verdict.anomaly)
    return Verdict((answered, *verdict.events), verdict.anomaly)


def _may_be_repeated(order: Order, report: ExecutionReport) -> bool:
    """Whether it can be the answer to an earlier question, come twice: it bears that one's time, or an older one.

    Once a connection was lost, only an answer of now says what was not heard with it. A venue may also stamp its
    answers with the order's last change; so it is asked once more, and then its word holds. A query's answer, which
    has no ExecID, belongs to its question.
    """
    times = _answer_times(order, report)
    return order.unheard and times is not None and times[0] <= times[1]


def _is_put_off(verdict: Verdict) -> bool:
    return any(type(event) is ev.AnswerRepeated for event in verdict.events)


def _put_off(order: Order, report: ExecutionReport) -> Verdict | None:
    """Excuse an answer that contradicts a report of the same moment, once: it may have been written before that.

    The venue is asked once more. Who says so again means it, be it with the same time: some stamp answers with the
    order's last change. A query's answer, which has no ExecID, belongs to its question.
    """
    time = report.transact_time
    if report.exec_id is None or time is None or time != order.last_time or time == order.stated_time:
        return None
    return Verdict((ev.AnswerRepeated(order=order.number, transact_time=time),))


def is_behind(order: Order, report: ExecutionReport) -> bool:
    """Whether the answer is certainly older than a report, or than the last answer of the same kind."""
    times = _answer_times(order, report)
    return is_older(order, report) or (times is not None and times[0] < times[1])


def _answer_times(order: Order, report: ExecutionReport) -> tuple[str, str] | None:
    """Give the time of a FIX answer and that of the last one; None where either is not known."""
    time, stated = report.transact_time, order.stated_time
    if report.exec_id is None or time is None or stated is None:
        return None
    return time, stated


def _may_be_refused(order: Order, report: ExecutionReport) -> bool:
    """Whether "rejected" may be the question's fate and not the order's, as Apifiny's ExecType 8: then nobody knows."""
    is_there = order.phase not in (*ENDED, Phase.PENDING_NEW, Phase.DENIED) and not order.resolved
    return report.ambiguous_reject and is_there and _said(report) == OrdStatus.REJECTED


def _said(report: ExecutionReport) -> str | None:
    return report.ord_status or report.exec_type


def _evidence(order: Order, report: ExecutionReport, now_ns: int) -> Verdict:
    said = _said(report)
    if said is None:
        return anomalous(AnomalyCode.MISSING_FIELD, "a status answer without OrdStatus (39)")
    if said == OrdStatus.REJECTED:
        return _rejected(order, report, now_ns)
    if said == OrdStatus.PENDING_NEW and order.phase not in (Phase.PENDING_NEW, Phase.DENIED):
        return pending_new(order, report)  # it may have been written in the same moment, before the decision
    if order.phase in (Phase.REJECTED, Phase.DENIED):
        return _contradiction(order, report)
    if order.inferred is not None and (less := _less_inferred(order, order.inferred, report)) is not None:
        return Verdict((less,))
    handler = _BY_STATUS.get(said)
    verdict = handler(order, report) if handler else NOTHING
    if verdict.anomaly is not None or _is_put_off(verdict):
        return verdict
    return _with_totals(order, report, _implied_acceptance(order, report, verdict.events))


def _with_totals(order: Order, report: ExecutionReport, events: tuple[ev.Event, ...]) -> Verdict:
    if _is_complete(order, report):
        return Verdict((*events, ev.Completed(order=order.number)))
    gap = _gap(order, report)
    if gap is not None and not any(_states_gap(event) for event in events):
        return Verdict((*events, gap))
    less = _less_than_reported(order, report)
    put_off = _put_off(order, report) if less is not None and not events else None
    return Verdict(events, less) if put_off is None else put_off


def _less_inferred(order: Order, guess: Inferred, report: ExecutionReport) -> ev.FillInferred | None:
    """A lower total takes back what was inferred from a higher one; the next answer says what else there is."""
    total = report.cum_qty
    if total is None or total >= order.cum_qty or is_behind(order, report):
        return None
    left = max(guess.shares - (order.cum_qty - total), ZERO)
    return ev.FillInferred(order=order.number, last_shares=left, cum_qty=total)


def _is_complete(order: Order, report: ExecutionReport) -> bool:
    """Whether the venue says that an order without OrderQty is filled, and all of its fills are on record."""
    if order.order_qty is not None or order.complete or order.phase in ENDED:
        return False
    return _said(report) == OrdStatus.FILLED and report.cum_qty == order.cum_qty > ZERO


def _states_gap(event: ev.Event) -> bool:
    return isinstance(event, ev.GapOpened) or (isinstance(event, ev.Told) and event.cum_qty is not None)


def _rejected(order: Order, report: ExecutionReport, now_ns: int) -> Verdict:
    """Rejected with "unknown order" is evidence that the order is not there, and not that it never will be.

    Without a reason the OrderID tells: the venue has a number for an order that it rejected, and NONE for one that it
    does not know (D24).
    """
    if order.phase is Phase.REJECTED or order.absent:
        return NOTHING
    unnumbered = report.order_id in (None, NO_ORDER_ID, "0", report.cl_ord_id)
    unknown = report.ord_rej_reason == UNKNOWN_ORDER or (report.ord_rej_reason is None and unnumbered)
    if unknown and order.ended_here is not None:
        return NOTHING  # that it is over was said here; it may have been asked for before
    if order.phase is not Phase.PENDING_NEW:
        disowned = unknown and order.resolved and not order.is_spent
        return _disowned(order, now_ns) if disowned else _contradiction(order, report)
    return (
        Verdict((ev.UnknownAtVenue(order=order.number, time_ns=now_ns),))
        if unknown
        else refused(order, report)
    )


def _disowned(order: Order, now_ns: int) -> Verdict:
    """The order stands by a person's word, and the venue does not know it: a person may take that back."""
    named = f"order {order.order_id}" if order.order_id is not None else "the order"
    told = f"the venue does not know {named}, which is open by a person's word: resolve it as canceled or not-placed"
    unknown = ev.UnknownAtVenue(order=order.number, time_ns=now_ns)
    return anomalous(AnomalyCode.STATUS_MISMATCH, told, unknown)


def _contradiction(order: Order, report: ExecutionReport) -> Verdict:
    if is_behind(order, report):
        return NOTHING  # true when it was written
    if _said(report) != OrdStatus.REJECTED and (put_off := _put_off(order, report)) is not None:
        return put_off
    text = f"the status answer says OrdStatus {_said(report)}, the venue's own reports make it {order.ord_status}"
    return anomalous(AnomalyCode.STATUS_MISMATCH, f"{text} ({order.phase.lower()})")


def _implied_acceptance(
    order: Order, report: ExecutionReport, events: tuple[ev.Event, ...]
) -> tuple[ev.Event, ...]:
    """Any state that the venue gives an order proves that it has taken it on."""
    if order.phase is not Phase.PENDING_NEW or _said(report) == OrdStatus.PENDING_NEW:
        return events
    if any(isinstance(event, ev.Canceled | ev.Expired) for event in events):
        return events
    taken = told(order, report, None)
    taken["cum_qty"] = None
    return (ev.Accepted(**taken), *events)


def _gap(order: Order, report: ExecutionReport) -> ev.GapOpened | None:
    """Read that the venue has executed more than it reported, even where it does not say how much."""
    total = report.cum_qty
    filled = _said(report) == OrdStatus.FILLED
    if total is None and filled:
        total = report.order_qty if sent_replaces(order) else order.order_qty  # one of them may hold
    if total is not None:
        news = total > order.reported_cum or _sizes_gap(order, report)
        news = news and not precedes_revision(order, report)
        return ev.GapOpened(order=order.number, cum_qty=total) if news else None
    live = order.phase not in ENDED
    missing = live and not order.complete if filled else _may_lack_fills(order, _said(report))
    return ev.GapOpened(order=order.number) if missing and not order.unsized_gap else None


def _may_lack_fills(order: Order, said: str | None) -> bool:
    """Whether fills may be missing although the venue states no total.

    A partial fill that was never reported is certainly missing. Where reports were lost, any number of them may be:
    with a connection, or because an end is heard of by this answer first.
    """
    if said == OrdStatus.PARTIALLY_FILLED:
        return order.phase not in ENDED and (order.unheard or not order.reported_cum)
    return said in _ENDS and (order.unheard or order.phase not in ENDED) and not order.is_filled


def _sizes_gap(order: Order, report: ExecutionReport) -> bool:
    """Whether the venue states now what was executed, where nobody could say how much is missing.

    Once the order, or the leg that a replace has canceled, is over only a total of its end does, and that whatever its
    time: nothing is executed after it, and a status answer may bear the time of the answer. Another total was true
    before more was executed. Of an order that works, a query's total holds until the next is higher: it bears the time
    of the order's last change, and so may be older than the answer that opened the gap.
    """
    total = report.cum_qty
    if not order.unsized_gap or total is None or total < order.reported_cum:
        return False
    if order.phase in ENDED or (order.chain is not None and order.chain.over):
        return _said(report) in (*_ENDS, OrdStatus.FILLED)
    return report.exec_id is None or not is_older(order, report)


_ENDS: Final = (OrdStatus.CANCELED, OrdStatus.EXPIRED)


def _less_than_reported(order: Order, report: ExecutionReport) -> Anomaly | None:
    """Complain of a status answer that knows less than the same venue reported."""
    total = report.cum_qty
    if total is None or total >= order.cum_qty or order.gap or is_behind(order, report):
        return None
    ours = format_decimal(order.cum_qty)
    text = f"the status answer has CumQty {format_decimal(total)}, the fills on record give {ours}"
    return Anomaly(AnomalyCode.STATUS_MISMATCH, text)


# --- by OrdStatus ---------------------------------------------------------------------------------------------------


def _working(order: Order, report: ExecutionReport) -> Verdict:
    """OrdStatus New, Partially Filled or Replaced: the order is in the market."""
    unfilled = _said(report) in (OrdStatus.NEW, OrdStatus.REPLACED)
    # a replace for more reopens what was filled
    more = {request.order_qty for request in order.pending} - {None, order.order_qty}
    is_filled = order.is_filled and report.order_qty not in more
    if order.phase in ENDED or is_filled or (unfilled and order.cum_qty):
        return _contradiction(order, report)
    return NOTHING


def _ended(end: Handler, phase: Phase) -> Handler:
    def handler(order: Order, report: ExecutionReport) -> Verdict:
        if order.phase is phase or report_key(report) in order.reports:
            return NOTHING
        if order.is_filled or order.phase in ENDED:
            return _contradiction(order, report)
        return end(order, report)

    return handler


def _halted(halt: Handler, *phases: Phase) -> Handler:
    def handler(order: Order, report: ExecutionReport) -> Verdict:
        return NOTHING if order.phase in phases else halt(order, report)

    return handler


_BY_STATUS: Final[dict[str, Handler]] = {
    OrdStatus.NEW: _working,
    OrdStatus.PARTIALLY_FILLED: _working,
    OrdStatus.REPLACED: _working,
    OrdStatus.PENDING_NEW: pending_new,
    OrdStatus.CANCELED: _ended(canceled, Phase.CANCELED),
    OrdStatus.EXPIRED: _ended(expired, Phase.EXPIRED),
    OrdStatus.DONE_FOR_DAY: _halted(done_for_day, Phase.DONE_FOR_DAY),
    OrdStatus.CALCULATED: _halted(calculated, Phase.CALCULATED, Phase.DONE_FOR_DAY),
    OrdStatus.SUSPENDED: _halted(suspended, Phase.SUSPENDED),
    OrdStatus.STOPPED: _halted(stopped, Phase.STOPPED),
    OrdStatus.PENDING_CANCEL: cancel_pending,
    OrdStatus.PENDING_REPLACE: replace_pending,
}
