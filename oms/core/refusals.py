"""What it means that one of our messages is refused: by a Reject that names its MsgSeqNum, or by our own number."""

from typing import Final

from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.inputs import Refused
from oms.core.legs import refusal
from oms.core.messages import Anomaly, Reject
from oms.core.order import Order, Request
from oms.core.values import ENDED, AnomalyCode, Phase, RequestKind
from oms.core.verdict import Verdict


def rejected(blotter: Blotter, session: str, report: Reject) -> tuple[Order | None, Verdict]:
    """Tie a session or business Reject to what it refuses; it names only the MsgSeqNum (RefSeqNum, 45)."""
    hit = blotter.sent_as(session, report.ref_seq_num) or _by_ref_id(blotter, session, report)
    book = blotter.book(session)
    if hit is None:
        why = "too old to be remembered" if book.is_too_old(report.ref_seq_num) else "not on record"
        told = f"a reject of message {report.ref_seq_num}, which is {why}: {report.text or 'no text'}"
        return None, Verdict((), Anomaly(AnomalyCode.UNKNOWN_REQUEST, told))
    order, request = hit
    _, number = book.sent_under(report.ref_seq_num) or (0, 0)
    is_new = request is None and order.placed is not None and order.placed.request == number
    return order, _new_refused(order, report) if is_new else _refusal(order, request, report)


def _by_ref_id(blotter: Blotter, session: str, report: Reject) -> tuple[Order, Request | None] | None:
    """Find what a business reject names by BusinessRejectRefID (379): the ClOrdID of the message it refuses."""
    order = blotter.find(session, report.ref_id)
    if order is None:
        return None
    kind = _KINDS.get(report.ref_msg_type or "")
    for request in order.pending:
        if request.cl_ord_id == report.ref_id and kind in (None, request.kind):
            return order, request
    return order, None


_KINDS: Final = {"D": RequestKind.NEW, "F": RequestKind.CANCEL, "G": RequestKind.REPLACE}


def _refusal(order: Order, request: Request | None, report: Reject) -> Verdict:
    if request is None and order.unheard:
        return Verdict()  # it is to be asked again
    if request is None:
        answered = order.questions > 0 and report.ref_msg_type in (None, "H")
        return Verdict((ev.StatusAnswered(order=order.number),) if answered else ())
    return Verdict((_not_done(order, request, _reason(report)),))


def _not_done(order: Order, request: Request, reason: str) -> ev.Event:
    if request.kind is RequestKind.CANCEL:
        return ev.CancelRejected(order=order.number, request=request.number, reason=reason)
    if request.kind is RequestKind.REPLACE:
        return ev.ReplaceRejected(order=order.number, request=request.number, reason=reason)
    return refusal(order, reason)


def refused(blotter: Blotter, message: Refused) -> tuple[Order | None, tuple[ev.Event, ...]]:
    """Say what a venue's definite refusal of one of our requests means; the caller applies it."""
    order = blotter.orders.get(message.order)
    if order is None:
        return None, ()
    request = order.request(message.request)
    if request is not None:
        if request.kind is RequestKind.NEW and order.phase is not Phase.PENDING_NEW:
            return order, ()  # other evidence has shown the order meanwhile
        return order, (_not_done(order, request, message.reason),)
    asked = message.request == 0 and order.questions
    return order, (ev.StatusAnswered(order=order.number),) if asked else ()


def _new_refused(order: Order, report: Reject) -> Verdict:
    """A reject of a new order that was answered before: the same again, or a contradiction."""
    if order.phase in ENDED:
        return Verdict()
    told = f"a reject of an order that the venue had accepted: {_reason(report)}"
    return Verdict((), Anomaly(AnomalyCode.ILLEGAL_TRANSITION, told))


def _reason(report: Reject) -> str:
    return report.text or f"rejected by the venue (35={report.msg_type}, reason {report.reason})"
