"""What a venue's message becomes: its order is found, and it is interpreted, held, adopted, or an anomaly.

In the short form of a report only the acknowledgement carries a ClOrdID, and a fill can overtake it. While an order of
that session, symbol and side awaits its acknowledgement, a report with an unknown OrderID is held, and applied once
when the acknowledgement ties the OrderID to an order; when nobody awaits one any more it is one about an unknown order.
So it is while an order that was ended here without the venue's word may be the one: the venue is asked for that first.
"""

import msgspec
from msgspec import Struct

from oms.core import events as ev
from oms.core.awaiting import alike, awaits, suspects
from oms.core.blotter import Blotter
from oms.core.messages import Anomaly, CancelReject, ExecutionReport, OrderSnapshot, Reject, Report
from oms.core.order import Order
from oms.core.reconcile import interpret, interpret_cancel_reject
from oms.core.refusals import rejected
from oms.core.reject_status import UNKNOWN_TO_VENUE, shown_by
from oms.core.showing import is_overtaken, take_in
from oms.core.status import UNKNOWN_ORDER
from oms.core.values import SIDES, AnomalyCode, ExecType, External
from oms.core.verdict import but_lacking


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
    account: str | None = None,
    answers: int | None = None,
) -> list[Outcome]:
    """Take in one report and apply what it becomes, with every held report that it sets free.

    Args:
        blotter: the orders; changed by the events that are returned, and by nothing else.
        session: the session that brought the report.
        report: what the venue said.
        now_ns: the time of receipt, nanoseconds since the epoch.
        ref: the number of the record or line that brought it.
        external: what becomes of an order that nobody here knows.
        account: the session's account, which such an order is of; None where nobody says, as in a log.
        answers: which of our requests it is the answer to, where that is known.

    """
    if answers is not None and isinstance(report, OrderSnapshot):
        order = blotter.of_report(session, report.report)
        if order is not None and is_overtaken(order, report.report, answers):
            return [Outcome(order, (), None, ref)]
    judged = _judge(blotter, session, report, now_ns=now_ns, ref=ref)
    if judged.order is None and (external is not External.IGNORE or _may_be_ours(blotter, session, report)):
        judged = _or_adopt(blotter, session, report, judged, now_ns)
    outcome = judged
    if judged.order is None or isinstance(report, OrderSnapshot):
        outcome = _apply(blotter, judged, report, now_ns, account)
    else:  # what most reports are: of an order that is known
        for event in judged.events:
            blotter.apply(event, judged.order)
    if not outcome.events or not blotter.books[session].held:
        return [outcome]
    if isinstance(outcome.events[-1], ev.ReportHeld):
        return [outcome]  # the venue may have to be asked first
    return [outcome, *_set_free(blotter, session, now_ns=now_ns, external=external, account=account)]


def _apply(blotter: Blotter, outcome: Outcome, report: Report, now_ns: int, account: str | None) -> Outcome:
    """Fold the events; an order just adopted is of the session's account, and is told its first report."""
    order = outcome.order
    if order is None and account is not None:
        outcome = _of_account(outcome, account)
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
    anomaly = but_lacking(verdict.anomaly) or outcome.anomaly or verdict.anomaly
    return Outcome(order, (*outcome.events, *verdict.events), anomaly, outcome.ref)


def _of_account(outcome: Outcome, account: str) -> Outcome:
    events = tuple(
        msgspec.structs.replace(event, account=account) if isinstance(event, ev.Adopted) else event
        for event in outcome.events
    )
    return msgspec.structs.replace(outcome, events=events)


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
        if report.order_id != order.order_id and _may_conflict(order, report):
            conflict = _conflict(blotter, session, report, order)
            if conflict is not None:
                asked = order.order_id is None and order.questions
                events = (ev.StatusAnswered(order=order.number),) if asked else ()
                return Outcome(order, events, conflict, ref)
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


def _may_conflict(order: Order, report: ExecutionReport) -> bool:
    """Whether an OrderID that the order does not have may be another's: one that it has none of is its first."""
    return report.order_id is not None and (order.order_id is not None or order.ended_here is not None)


def _conflict(blotter: Blotter, session: str, report: ExecutionReport, order: Order) -> Anomaly | None:
    """Notice a report whose ClOrdID and OrderID belong to different orders."""
    other = blotter.book(session).by_order_id.get(report.order_id or "")
    if other is None or other is order:
        return None
    told = f"ClOrdID {report.cl_ord_id} and OrderID {report.order_id} belong to different orders"
    if other.external and order.ended_here is not None:
        told += (
            f": what was ended here was adopted as one of others, order {other.number}, and goes on as that"
        )
    return Anomaly(AnomalyCode.ID_CONFLICT, told)


def _unknown(blotter: Blotter, session: str, report: ExecutionReport, *, now_ns: int, ref: int) -> Outcome:
    """Deal with a report whose order nobody sent from here, or whose acknowledgement is still to come."""
    anonymous = report.cl_ord_id is None and report.order_id is not None and report.readable
    terms = session, report.symbol, report.side
    if anonymous and (awaits(blotter, *terms) or suspects(blotter, *terms)):
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


def _may_be_ours(blotter: Blotter, session: str, report: Report) -> bool:
    """Whether it may be an order that was ended here: then it has to be canceled from here, whoever gave it."""
    shown = report.report if isinstance(report, OrderSnapshot) else report
    return isinstance(shown, ExecutionReport) and bool(alike(blotter, session, shown))


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


def _set_free(
    blotter: Blotter, session: str, *, now_ns: int, external: External, account: str | None
) -> list[Outcome]:
    """Apply every held report whose OrderID is tied now, and give up those that nobody awaits any more."""
    book = blotter.book(session)
    freed = []
    for held in list(book.held.values()):
        report = held.report
        order = book.by_order_id.get(report.order_id or "")
        if order is None and awaits(blotter, session, report.symbol, report.side):
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
            outcome = _apply(blotter, given_up, report, now_ns, account)
            freed.append(Outcome(outcome.order, (unheld, *outcome.events), outcome.anomaly, outcome.ref))
    return freed


def _cancel_reject(blotter: Blotter, session: str, report: CancelReject, ref: int) -> Outcome:
    order = blotter.of_report(session, report)
    if order is not None:
        verdict = interpret_cancel_reject(order, report)
        if not verdict.events and _names_nobodys(blotter, session, report, order):
            return Outcome(order, (), _unsent(report), ref)
        shown = shown_by(order, report) if verdict.events else ()
        return Outcome(order, (*shown, *verdict.events), verdict.anomaly, ref)
    if report.cxl_rej_reason == UNKNOWN_TO_VENUE:  # the venue does not know it either
        return Outcome(None, (), None, ref)
    told = (
        f"a cancel reject for ClOrdID {report.cl_ord_id}, OrigClOrdID {report.orig_cl_ord_id}: no such order"
    )
    return Outcome(None, (), Anomaly(AnomalyCode.UNKNOWN_ORDER, told), ref)


def _names_nobodys(blotter: Blotter, session: str, report: CancelReject, order: Order) -> bool:
    """Whether it is about an order sent from here, and the request that it names is nobody's."""
    name = report.cl_ord_id if report.cl_ord_id is not None else report.orig_cl_ord_id
    return name is not None and not order.external and name not in blotter.book(session).by_cl_ord_id


def _unsent(report: CancelReject) -> Anomaly:
    told = f"a cancel reject for ClOrdID {report.cl_ord_id}, OrigClOrdID {report.orig_cl_ord_id}, which nobody sent"
    named = f"; it names OrderID {report.order_id}" if report.order_id else ""
    return Anomaly(AnomalyCode.UNKNOWN_REQUEST, told + named)


def _reject(blotter: Blotter, session: str, report: Reject, ref: int) -> Outcome:
    order, verdict = rejected(blotter, session, report)
    return Outcome(order, verdict.events, verdict.anomaly, ref)


def named(snapshot: OrderSnapshot, order: Order) -> OrderSnapshot:
    """Give a snapshot our ClOrdID, where the venue does not know it."""
    report = msgspec.structs.replace(snapshot.report, cl_ord_id=order.cl_ord_id)
    return msgspec.structs.replace(snapshot, report=report)
