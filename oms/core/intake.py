"""What a venue's message becomes: its order is found, and it is interpreted, held, adopted, or an anomaly.

In the short form of a report only the acknowledgement carries a ClOrdID, and a fill can overtake it. While an order of
that session, symbol and side awaits its acknowledgement, a report with an unknown OrderID is held, and applied once
when the acknowledgement ties the OrderID to an order; when nobody awaits one any more it is one about an unknown order.
"""

from typing import Final

import msgspec
from msgspec import Struct

from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.inputs import Refused
from oms.core.legs import refusal
from oms.core.messages import Anomaly, CancelReject, ExecutionReport, OrderSnapshot, Reject, Report
from oms.core.order import Order, Request
from oms.core.reconcile import Verdict, interpret, interpret_cancel_reject
from oms.core.showing import take_in
from oms.core.status import UNKNOWN_ORDER
from oms.core.values import ENDED, SIDES, AnomalyCode, ExecType, External, Phase, RequestKind

UNKNOWN_TO_VENUE: Final = "1"  # CxlRejReason (102)


class Outcome(Struct, frozen=True, gc=False):
    """What a message became. `ref` is the record or line that brought it (an earlier one for a held report)."""

    order: Order | None
    events: tuple[ev.Fact, ...]
    anomaly: Anomaly | None
    ref: int


def receive(  # noqa: PLR0913 - by name
    blotter: Blotter,
    session: str,
    report: Report,
    *,
    now_ns: int,
    ref: int,
    external: External = External.IGNORE,
) -> list[Outcome]:
    """Take in one report and apply what it becomes, with every held report that it sets free.

    Args:
        blotter: the orders; changed by the events that are returned, and by nothing else.
        session: the session that brought the report.
        report: what the venue said.
        now_ns: the time of receipt, nanoseconds since the epoch.
        ref: the number of the record or line that brought it.
        external: what becomes of an order that nobody here knows.

    """
    judged = _judge(blotter, session, report, now_ns=now_ns, ref=ref)
    if judged.order is None and external is not External.IGNORE:
        judged = _or_adopt(blotter, session, report, judged, now_ns)
    outcome = _apply(blotter, judged, report, now_ns)
    if not outcome.events or not blotter.books[session].held:
        return [outcome]
    return [outcome, *_set_free(blotter, session, now_ns=now_ns, external=external)]


def _apply(blotter: Blotter, outcome: Outcome, report: Report, now_ns: int) -> Outcome:
    """Fold the events; an order just adopted is told its first report."""
    order = outcome.order
    for event in outcome.events:
        blotter.apply(event, order)
    if isinstance(report, OrderSnapshot):
        return _shown(blotter, outcome, report, now_ns)
    if order is not None or not outcome.events:
        return outcome
    adopted = outcome.events[-1]
    if not isinstance(adopted, ev.Adopted) or not isinstance(report, ExecutionReport):
        return outcome
    order = blotter.orders[adopted.order]
    verdict = interpret(order, report, now_ns)
    blotter.apply_all(verdict.events)
    anomaly = verdict.anomaly or outcome.anomaly
    return Outcome(order, (*outcome.events, *verdict.events), anomaly, outcome.ref)


def _shown(blotter: Blotter, outcome: Outcome, snapshot: OrderSnapshot, now_ns: int) -> Outcome:
    """Read what a query shows of a known order, or of one just adopted."""
    order = outcome.order
    if order is None and outcome.events and isinstance(outcome.events[-1], ev.Adopted):
        order = blotter.orders[outcome.events[-1].order]
    if order is None or outcome.anomaly is not None:
        return outcome
    events, anomaly = take_in(blotter, order, snapshot, now_ns)
    return Outcome(order, (*outcome.events, *events), anomaly, outcome.ref)


def _judge(blotter: Blotter, session: str, report: Report, *, now_ns: int, ref: int) -> Outcome:
    if isinstance(report, ExecutionReport):
        order = blotter.of_report(session, report)
        if order is None:
            return _unknown(blotter, session, report, now_ns=now_ns, ref=ref)
        if report.order_id != order.order_id and None not in (report.order_id, order.order_id):
            conflict = _conflict(blotter, session, report, order)
            if conflict is not None:
                return Outcome(order, (), conflict, ref)
        verdict = interpret(order, report, now_ns)
        return Outcome(order, verdict.events, verdict.anomaly, ref)
    if isinstance(report, OrderSnapshot):
        return _snapshot(blotter, session, report.report, now_ns=now_ns, ref=ref)
    if isinstance(report, CancelReject):
        return _cancel_reject(blotter, session, report, ref)
    if isinstance(report, Reject):
        return _reject(blotter, session, report, ref)
    return Outcome(None, (), None, ref)


def _snapshot(blotter: Blotter, session: str, report: ExecutionReport, *, now_ns: int, ref: int) -> Outcome:
    order = blotter.of_report(session, report)
    if order is None:
        return _nobodys(blotter, session, report, now_ns=now_ns, ref=ref)
    return Outcome(order, (), _conflict(blotter, session, report, order), ref)


def _conflict(blotter: Blotter, session: str, report: ExecutionReport, order: Order) -> Anomaly | None:
    """Notice a report whose ClOrdID and OrderID belong to different orders."""
    other = blotter.book(session).by_order_id.get(report.order_id or "")
    if other is None or other is order:
        return None
    told = f"ClOrdID {report.cl_ord_id} and OrderID {report.order_id} belong to different orders"
    return Anomaly(AnomalyCode.ID_CONFLICT, told)


def _unknown(blotter: Blotter, session: str, report: ExecutionReport, *, now_ns: int, ref: int) -> Outcome:
    """Deal with a report whose order nobody sent from here, or whose acknowledgement is still to come."""
    anonymous = report.cl_ord_id is None and report.order_id is not None and report.readable
    if anonymous and blotter.awaits(session, report.symbol, report.side):
        held = ev.ReportHeld(session=session, report=report, ref=ref, time_ns=now_ns)
        return Outcome(None, (held,), None, ref)
    return _nobodys(blotter, session, report, now_ns=now_ns, ref=ref)


def _nobodys(blotter: Blotter, session: str, report: ExecutionReport, *, now_ns: int, ref: int) -> Outcome:
    if report.fault is not None and not report.readable:
        return Outcome(None, (), report.fault, ref)
    if report.exec_type == ExecType.REJECTED and report.ord_rej_reason == UNKNOWN_ORDER:
        return Outcome(None, (), None, ref)  # the venue does not know it either
    if report.side and report.side not in SIDES:
        return Outcome(None, (), Anomaly(AnomalyCode.UNKNOWN_VALUE, f"Side (54) is {report.side!r}"), ref)
    if report.cl_ord_id is None and report.order_id is not None and report.exec_type == ExecType.NEW:
        return _adopt(blotter, session, report, now_ns=now_ns, ref=ref)
    ids = {"ClOrdID": report.cl_ord_id, "OrigClOrdID": report.orig_cl_ord_id, "OrderID": report.order_id}
    named = ", ".join(f"{name} {value}" for name, value in ids.items() if value is not None) or "no id at all"
    chain = report.exec_type == ExecType.REPLACE and report.orig_cl_ord_id is not None
    code = AnomalyCode.UNKNOWN_CHAIN if chain else AnomalyCode.UNKNOWN_ORDER
    return Outcome(None, (), Anomaly(code, f"no order of {session} has {named}"), ref)


def _or_adopt(blotter: Blotter, session: str, report: Report, outcome: Outcome, now_ns: int) -> Outcome:
    """Take on an order of another system, where the report says enough of it to be one."""
    shown = report.report if isinstance(report, OrderSnapshot) else report
    unknown = outcome.anomaly is not None and outcome.anomaly.code is AnomalyCode.UNKNOWN_ORDER
    if not unknown or not isinstance(shown, ExecutionReport) or shown.exec_type == ExecType.REJECTED:
        return outcome
    if not shown.symbol or not shown.side or shown.order_id is None:
        return outcome
    adopted = _adopt(blotter, session, shown, now_ns=now_ns, ref=outcome.ref)
    if isinstance(report, OrderSnapshot):
        return adopted
    return Outcome(None, adopted.events, outcome.anomaly, outcome.ref)  # taken on, and told as what it is


def _adopt(blotter: Blotter, session: str, report: ExecutionReport, *, now_ns: int, ref: int) -> Outcome:
    """Take on an order given elsewhere; one given by telephone never has a ClOrdID (Appendix D, D18)."""
    number = blotter.last_order + 1
    adopted = ev.Adopted(
        order=number,
        session=session,
        order_id=report.order_id or "",
        symbol=report.symbol or "",
        side=report.side or "",
        time_ns=now_ns,
        cl_ord_id=report.cl_ord_id,
        exchange=report.exchange,
        order_qty=report.order_qty,
        price=report.price,
    )
    return Outcome(None, (adopted,), None, ref)


def _set_free(blotter: Blotter, session: str, *, now_ns: int, external: External) -> list[Outcome]:
    """Apply every held report whose OrderID is tied now, and give up those that nobody awaits any more."""
    book = blotter.book(session)
    freed = []
    for held in list(book.held.values()):
        report = held.report
        order = book.by_order_id.get(report.order_id or "")
        if order is None and blotter.awaits(session, report.symbol, report.side):
            continue
        unheld = ev.ReportUnheld(session=session, ref=held.ref)
        blotter.apply(unheld)
        if order is not None:
            verdict = interpret(order, report, now_ns)
            blotter.apply_all(verdict.events)
            freed.append(Outcome(order, (unheld, *verdict.events), verdict.anomaly, held.ref))
        else:
            given_up = _nobodys(blotter, session, report, now_ns=now_ns, ref=held.ref)
            if external is not External.IGNORE:
                given_up = _or_adopt(blotter, session, report, given_up, now_ns)
            outcome = _apply(blotter, given_up, report, now_ns)
            freed.append(Outcome(outcome.order, (unheld, *outcome.events), outcome.anomaly, outcome.ref))
    return freed


def _cancel_reject(blotter: Blotter, session: str, report: CancelReject, ref: int) -> Outcome:
    order = blotter.of_report(session, report)
    if order is not None:
        verdict = interpret_cancel_reject(order, report)
        return Outcome(order, verdict.events, verdict.anomaly, ref)
    if report.cxl_rej_reason == UNKNOWN_TO_VENUE:  # the venue does not know it either
        return Outcome(None, (), None, ref)
    told = (
        f"a cancel reject for ClOrdID {report.cl_ord_id}, OrigClOrdID {report.orig_cl_ord_id}: no such order"
    )
    return Outcome(None, (), Anomaly(AnomalyCode.UNKNOWN_ORDER, told), ref)


def _reject(blotter: Blotter, session: str, report: Reject, ref: int) -> Outcome:
    """Tie a session or business Reject to what it refuses; it names only the MsgSeqNum (RefSeqNum, 45)."""
    hit = blotter.sent_as(session, report.ref_seq_num) or _by_ref_id(blotter, session, report)
    book = blotter.book(session)
    if hit is None:
        why = "too old to be remembered" if book.is_too_old(report.ref_seq_num) else "not on record"
        told = f"a reject of message {report.ref_seq_num}, which is {why}: {report.text or 'no text'}"
        return Outcome(None, (), Anomaly(AnomalyCode.UNKNOWN_REQUEST, told), ref)
    order, request = hit
    _, number = book.sent_under(report.ref_seq_num) or (0, 0)
    is_new = request is None and order.placed is not None and order.placed.request == number
    verdict = _new_refused(order, report) if is_new else _refusal(order, request, report)
    return Outcome(order, verdict.events, verdict.anomaly, ref)


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


def named(snapshot: OrderSnapshot, order: Order) -> OrderSnapshot:
    """Give a snapshot our ClOrdID, where the venue does not know it."""
    report = msgspec.structs.replace(snapshot.report, cl_ord_id=order.cl_ord_id)
    return msgspec.structs.replace(snapshot, report=report)
