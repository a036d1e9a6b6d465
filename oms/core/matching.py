"""Submits to venues without client order ids: marks before them, and matching where the outcome is unknown.

Invariants
1. Where the venue's numbering stands is on record before a submit leaves: only what is above the mark can be it.
2. Of a pair and venue account one submit is under way at a time; while one is in doubt no other leaves.
3. A submit in doubt ends by exactly one order that fits, or by two full looks past the fence that find none. More than
   one is for a person to decide, and one that turns up only after such a look.
"""

from collections.abc import Iterable, Iterator

from oms.core import events as ev
from oms.core.endings import NOT_PLACED
from oms.core.inputs import Look, Looked, MarkTaken, TakeMark
from oms.core.legs import is_new_leg, refusal
from oms.core.messages import Anomaly, Candidate, Mark
from oms.core.order import Order, Request
from oms.core.outgoing import new_order
from oms.core.risk import Denial
from oms.core.values import AnomalyCode, Phase, RequestKind
from oms.core.work import Route, Work

LOOKS_IN_VAIN = 2
IN_DOUBT = "SUBMIT_IN_DOUBT"


def deny_in_doubt(work: Work, route: Route, symbol: str) -> Denial | None:
    """Say that nothing of a pair may be submitted while a submit of it is in doubt."""
    if not route.marks:
        return None
    for order, request in _submits(work, route, symbol):
        if request.in_doubt:
            told = f"the outcome of order {order.client_order_id or order.number} is unknown"
            return Denial(IN_DOUBT, f"{told}; until it is known nothing else of {symbol} is submitted")
    return None


def submit(work: Work, order: Order, request: Request, route: Route) -> None:
    """Take a waiting submit a step on: first the mark, one at a time, then the order itself."""
    if request.mark is not None:
        work.release(order, request)
    elif request.number not in work.marking and _is_free(work, order, route):
        work.marking.add(request.number)
        work.effects.append(
            TakeMark(session=order.session, order=order.number, request=request.number, symbol=order.symbol)
        )


def mark_taken(work: Work, message: MarkTaken) -> Order | None:
    """The mark is known: with it on record the order may leave."""
    order = work.blotter.orders.get(message.order)
    request = order.request(message.request) if order else None
    if order is None or request is None or not request.waiting or message.request not in work.marking:
        return None
    work.marking.discard(message.request)
    work.emit(ev.Marked(order=order.number, request=request.number, mark=message.mark))
    return order


def settle_pair(work: Work, order: Order, route: Route) -> None:
    """The next submit of the pair leaves when this one is answered; none does while it is in doubt."""
    mine = order.requested(RequestKind.NEW)
    if any(not request.in_doubt for request in mine):
        return
    for other, request in list(_submits(work, route, order.symbol)):
        if not request.waiting or not work.book(other).logged_on:
            continue
        if mine:
            told = (
                f"the outcome of order {order.client_order_id or order.number} is unknown; nothing was sent"
            )
            never_sent(work, other, request, IN_DOUBT, told)
        elif not work.doubts.is_asking(other.session):
            submit(work, other, request, route)
            return


def never_sent(work: Work, order: Order, request: Request, code: str, reason: str) -> None:
    """A new order ends before it left: it is denied; the new leg of a replace leaves the order canceled."""
    work.marking.discard(request.number)
    if is_new_leg(order, request):
        work.emit(refusal(order, f"the replacement was not sent: {reason}", decided=NOT_PLACED))
    else:
        work.emit(ev.Denied(order=order.number, code=code, reason=reason))


def _submits(work: Work, route: Route, symbol: str) -> Iterator[tuple[Order, Request]]:
    """Go through the unanswered submits of a pair, on every session of the venue account."""
    for session, other in work.routes.items():
        if other.account != route.account or not other.marks:
            continue
        for order in work.blotter.book(session).unanswered.values():
            for request in order.pending if order.symbol == symbol else ():
                if request.kind is RequestKind.NEW:
                    yield order, request


def _is_free(work: Work, order: Order, route: Route) -> bool:
    """Whether no other submit of the pair is under way."""
    for other, request in _submits(work, route, order.symbol):
        if other is not order and (not request.waiting or request.number in work.marking):
            return False
    return True


# --- in doubt -------------------------------------------------------------------------------------------------------


def look(work: Work, order: Order) -> None:
    """Have the venue looked through for a submit in doubt."""
    for request in order.requested(RequestKind.NEW):
        if request.in_doubt:
            work.emit(ev.StatusRequested(order=order.number, time_ns=work.now))
            work.effects.append(
                Look(
                    session=order.session,
                    order=order.number,
                    request=request.number,
                    message=new_order(order),
                    since_ns=request.since_ns,
                    mark=request.mark or Mark(),
                )
            )
            work.doubts.asked(order.number, work.now)


def judge(
    work: Work, order: Order, request: Request, message: Looked
) -> tuple[Candidate | None, Anomaly | None]:
    """Decide by a full look: give the one order that it is; or note that there is none, or that nobody can tell."""
    fitting = list(_fitting(work, order, request, message.candidates))
    found = _found_so_far(work, order, request, fitting)
    if len(found) == 1 and fitting and not order.looks:
        return fitting[0], None
    if found:
        if found != request.candidates:
            work.emit(ev.CandidatesFound(order=order.number, request=request.number, order_ids=found))
        return None, Anomaly(AnomalyCode.AMBIGUOUS_SUBMIT, _why_ambiguous(found))
    if message.past_fence and order.phase is Phase.PENDING_NEW:
        work.emit(ev.LookedInVain(order=order.number, time_ns=work.now))
        if order.looks >= LOOKS_IN_VAIN:
            told = (
                f"not placed: {order.looks} full looks found nothing, and the request cannot start any more"
            )
            work.emit(refusal(order, told, decided=NOT_PLACED))
    return None, None


def _why_ambiguous(found: tuple[str, ...]) -> str:
    if len(found) > 1:
        return f"orders {', '.join(found)} at the venue could each be this one; a person has to say which"
    late = "turned up after a full look without it, when the request could not start any more"
    return f"order {found[0]} at the venue {late}: it is another's, or the list was late; a person has to say"


def _found_so_far(
    work: Work, order: Order, request: Request, fitting: Iterable[Candidate]
) -> tuple[str, ...]:
    """Name what fits now and what fitted before: one that was canceled since stands in no list, and may be it."""
    before = (name for name in request.candidates if not _is_others(work, order, name))
    return tuple(dict.fromkeys((*before, *(candidate.order_id for candidate in fitting))))


def _fitting(
    work: Work, order: Order, request: Request, candidates: Iterable[Candidate]
) -> Iterator[Candidate]:
    """Leave out what is ours already, what has other terms, and what was there before."""
    mark = request.mark or Mark()
    sent = new_order(order)
    wanted = sent.order_qty if sent.order_qty is not None else sent.cash_order_qty
    for candidate in candidates:
        if _is_others(work, order, candidate.order_id):
            continue
        same_pair = (candidate.symbol, candidate.side) == (order.symbol, order.side)
        if not same_pair or candidate.order_qty != wanted or candidate.price not in (None, sent.price):
            continue
        if not is_above(candidate.order_id, mark):
            continue
        if None not in (candidate.created_ns, mark.time_ns) and candidate.created_ns < mark.time_ns:  # type: ignore[operator]
            continue
        yield candidate


def _is_others(work: Work, order: Order, order_id: str) -> bool:
    found = owner(work, order, order_id)
    return found is not None and found is not order


def owner(work: Work, order: Order, order_id: str) -> Order | None:
    """Find which order of ours a number belongs to, on whatever session of the order's venue account."""
    route = work.route(order)
    sessions = [
        order.session,
        *(name for name, other in work.routes.items() if route and other.account == route.account),
    ]
    owners = (work.blotter.book(session).by_order_id.get(order_id) for session in sessions)
    return next((owner for owner in owners if owner is not None), None)


def is_above(order_id: str, mark: Mark) -> bool:
    """Whether a number may be that of an order which left after the mark was read."""
    highest = mark.order_id
    return highest is None or not (order_id.isdigit() and highest.isdigit()) or int(order_id) > int(highest)
