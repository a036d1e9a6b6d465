"""Asking the venue: on request, about what is in doubt, after each logon and by interval."""

from collections.abc import Callable, Iterable
from typing import Final

from oms.core import events as ev
from oms.core import matching
from oms.core.awaiting import alike, suspects
from oms.core.endings import is_suspect, may_be_there
from oms.core.inputs import Answer, AskStatus, Reconcile
from oms.core.messages import ExecutionReport
from oms.core.order import Order
from oms.core.outgoing import status_request
from oms.core.requests import Request
from oms.core.values import AT_ONCE, OrdStatus, Phase, RequestKind
from oms.core.work import Work


def ask(work: Work, order: Order) -> None:
    """Ask the venue for an order's state, if it can be reached and the order has an id to ask by."""
    route = work.route(order)
    if route is not None and route.marks and order.order_id is None:
        if work.book(order).logged_on:
            matching.look(work, order)
        return
    marks = route is not None and route.marks
    if work.book(order).logged_on and (marks or order.cl_ord_id is not None):
        work.emit(ev.StatusRequested(order=order.number, time_ns=work.now))
        work.send(order, status_request(order), 0)
        work.doubts.asked(order.number, work.now)


def ask_for(work: Work, command: AskStatus) -> tuple[Order | None, Answer | None]:
    """Ask because somebody wants to know."""
    order, refusal = work.named(command.id)
    if order is None:
        return None, refusal
    if not work.book(order).logged_on:
        told = (
            f"session {order.session} is not logged on; the state shown is the last that the venue confirmed"
        )
        return order, Answer(order=order.number, refusal="UNAVAILABLE", text=told)
    ask(work, order)
    return order, Answer(order=order.number)


def doubt(work: Work, order: Order, request: Request, reason: str) -> None:
    """Put a request in doubt, tell people, and plan to ask."""
    if not request.in_doubt:
        work.emit(ev.InDoubt(order=order.number, request=request.number, reason=reason, time_ns=work.now))
        work.alert("IN_DOUBT", f"{request.kind} {request.cl_ord_id}: {reason}", order=order)
        work.doubts.ask_later(order, work.now)


def lost(work: Work, order: Order) -> None:
    """A question has no answer, and none will come: another is planned."""
    if order.questions:
        work.emit(ev.QuestionLost(order=order.number))
        work.departures.answered(order)
        work.doubts.lost(order, work.now)


def ask_for_suspects(work: Work, held: ev.ReportHeld) -> None:
    """A report names an OrderID that nobody here knows: it may be of an order that was ended here."""
    for order in suspects(work.blotter, held.session, held.report.symbol, held.report.side):
        if not work.doubts.is_asked(order.number):
            _ask_anew(work, order)


def ask_for_held(work: Work, order: Order) -> None:
    """An order was ended here, while reports are held that may be of it: they wait for the venue's answer."""
    if _is_held_for(work, order):
        _ask_anew(work, order)


def may_be_of(work: Work, adopted: Order) -> str:
    """Say which orders that were ended here an adopted one may be; nobody can tell, and it counts once."""
    suspected = alike(work.blotter, adopted.session, adopted)
    names = [str(order.client_order_id or order.number) for order in suspected]
    told = f"; it may be order {', '.join(names)}, which was ended here without the venue's word"
    return f"{told}: it goes on, and is canceled, as this one" if names else ""


def _is_held_for(work: Work, order: Order) -> bool:
    """Whether reports are held that may be of an order which was ended here."""
    reports = (held.report for held in work.book(order).held.values())
    return any(is_suspect(order, report.symbol, report.side) for report in reports)


def _ask_anew(work: Work, order: Order) -> None:
    """One question is open from now on, so that one answer sets free what is held."""
    work.emit(*(ev.QuestionLost(order=order.number) for _ in range(order.questions)))
    ask(work, order)


def refused(work: Work, order: Order) -> None:
    """The venue refused a question about an order that it had: another is planned, and people are told once.

    Whoever waits for the answer waits no longer: there was one, and the next may say the same.
    """
    work.departures.answered(order)
    work.doubts.answered(order.number)
    work.doubts.ask_later(order, work.now)
    if order.doubt is not None and order.doubt.since_ns == work.now:
        work.alert("IN_DOUBT", f"{order.cl_ord_id}: {order.doubt.reason}", order=order)


# --- what is due ----------------------------------------------------------------------------------------------------


def ask_overdue(work: Work) -> list[Order]:
    """Whatever should have been answered by now is in doubt; what is in doubt is asked about again.

    Returns:
        The orders whose replace has waited for as long as it may.

    """
    waited = []
    for number, request_number in work.doubts.overdue(work.now):
        order = work.blotter.orders.get(number)
        request = order.request(request_number) if order is not None else None
        if order is not None and _overdue(work, order, request):
            waited.append(order)
        if request is None or request.in_doubt:
            work.departures.forget(request_number)
    for number in work.doubts.to_ask_again(work.now):
        order = work.blotter.orders.get(number)
        matters = order is not None and (order.in_doubt or is_taken(order) or work.doubts.needs_answer(order))
        if order is not None and matters:
            ask(work, order)
            work.doubts.ask_later(order, work.now)
        elif order is not None and order.questions and _is_held_for(work, order):
            _ask_anew(work, order)
        else:
            work.doubts.forget(number)
    return waited


def _is_unended(order: Order) -> bool:
    """Whether an order that cannot rest is still open: asked some time after it was answered, its end got lost."""
    return order.time_in_force in AT_ONCE and order.is_open and not order.in_doubt


def _overdue(work: Work, order: Order, request: Request | None) -> bool:
    if request is None:
        if _is_unended(order):
            ask(work, order)
    elif request.by_cancel:
        return request.waiting
    elif not request.waiting and not request.in_doubt:
        timeout_ns = work.timing.ack_timeout_ns
        due_ns = work.departures.due_ns(request, work.now, timeout_ns)
        if due_ns > work.now:
            work.doubts.watch(order, request.number, due_ns)
        elif request.seen:
            work.departures.forget(request.number)
            ask(work, order)
            work.doubts.ask_later(order, work.now)
        else:
            doubt(work, order, request, f"no answer within {timeout_ns / 1e9:g} s")
            ask(work, order)
    return False


def is_taken(order: Order) -> bool:
    """Whether the venue has acknowledged a request, and not said yet what came of it: it is pending, in no doubt."""
    return any(request.seen and not request.by_cancel for request in order.pending)


def weigh_taken(work: Work, order: Order, report: ExecutionReport, *, is_older: bool) -> None:
    """An answer that shows the order working, and no cancel pending, leaves one that was acknowledged in doubt.

    In the first moments it may have been written before the venue took the cancel on.
    """
    if is_older or report.ord_status not in WORKING:
        return
    for request in order.requested(RequestKind.CANCEL):
        if request.seen and not work.departures.is_expected(request.number):
            doubt(work, order, request, "the venue had taken it on, and shows the order working")


def unanswered(work: Work) -> list[Order]:
    """Plan another question where the last was not answered; give the orders, for what waits behind the answer."""
    late = []
    for number in work.doubts.unanswered(work.now):
        order = work.blotter.orders.get(number)
        if order is not None and work.doubts.needs_answer(order):
            work.doubts.ask_later(order, work.now)
            late.append(order)
        elif order is not None and _is_held_for(work, order):
            work.doubts.ask_later(order, work.now)
        else:
            work.doubts.answered(number)  # it does not matter any more
    return late


# --- rounds ---------------------------------------------------------------------------------------------------------


def reconcile(work: Work, command: Reconcile) -> tuple[None, Answer]:
    """Begin a round of questions now, on one session or on all that are logged on.

    It asks also for what is over and not agreed with the venue, and for the last of what was ended here without its
    word: whoever asks for all wants to know whether that holds.
    """
    if command.session is not None and command.session not in work.routes:
        told = f"session {command.session!r} is not configured; configured: {', '.join(sorted(work.routes))}"
        return None, Answer(refusal="INVALID", field="session", text=told)
    count = 0
    for session in work.routes if command.session is None else (command.session,):
        if work.blotter.book(session).logged_on:
            disagreed = _over(work, session, lambda order: order.has_gap or order.disputed is not None)
            also = (*disagreed, *_ended_here(work, session))
            count += begin_round(work, session, wait=False, also=also)
            if not work.doubts.in_round(session):
                work.emit(ev.Reconciled(session=session, time_ns=work.now, asked=0))
    return None, Answer(count=count)


def begin_due_rounds(work: Work) -> None:
    """Ask for every open order once more where the interval is over."""
    for session in work.doubts.rounds_due(work.now):
        if work.blotter.book(session).logged_on and not work.doubts.in_round(session):
            quiet = [number for number in _to_ask(work, session) if not work.doubts.is_planned(number)]
            work.doubts.begin_round(session, quiet, work.now, wait=False)


def begin_round(work: Work, session: str, *, wait: bool, also: Iterable[int] = ()) -> int:
    """Plan a question for every open order of a session, and for these others; returns how many."""
    orders = _to_ask(work, session, also)
    work.doubts.begin_round(session, orders, work.now, wait=wait)
    return len(orders)


def _to_ask(work: Work, session: str, also: Iterable[int] = ()) -> list[int]:
    """Name once what a round asks for: what is open, these others, and what is over and lacks fills that were counted.

    The last stay in memory until their fills are told.
    """
    lacking = _over(work, session, lambda order: order.gap > 0)
    return list(dict.fromkeys((*work.blotter.book(session).open, *also, *lacking)))


def _over(work: Work, session: str, concerns: Callable[[Order], bool]) -> list[int]:
    """Name the orders of a session that are over, in memory, and of concern all the same."""
    orders = work.blotter.orders.values()
    return [each.number for each in orders if each.session == session and not each.is_open and concerns(each)]


def _ended_here(work: Work, session: str) -> list[int]:
    """Name the last orders in memory that we alone said are over; not those that their venue cannot be asked for."""
    route = work.routes.get(session)
    by_number = route is not None and route.marks
    orders = (work.blotter.orders.get(number) for number in work.blotter.book(session).ended_here)
    return [
        order.number
        for order in orders
        if order is not None and may_be_there(order) and not (by_number and order.order_id is None)
    ]


def ask_next(work: Work, session: str) -> bool:
    """Go on with a round, paced; tell whether it ended now."""
    if not work.blotter.book(session).logged_on:
        return False
    for number in work.doubts.next_questions(session, work.now):
        order = work.blotter.orders.get(number)
        if order is not None and (order.phase not in _REFUSED or may_be_there(order)):
            ask(work, order)
    ended = work.doubts.finish(session, work.now, lambda number: _is_answered(work, number))
    if ended is None:
        return False
    work.emit(
        ev.Reconciled(session=session, time_ns=work.now, asked=ended.size, unanswered=tuple(ended.asked))
    )
    return True


def _is_answered(work: Work, number: int) -> bool:
    """Whether the venue answered what it was asked last; that an earlier answer never came does not matter then."""
    order = work.blotter.orders.get(number)
    if order is None:
        return True
    return not (work.doubts.is_lost(number) or (order.questions and work.doubts.is_asked(number)))


WORKING: Final = (OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED, OrdStatus.REPLACED)
_REFUSED: Final = (Phase.DENIED, Phase.REJECTED)
