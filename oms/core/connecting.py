"""Sessions that come and go: what left without an answer is in doubt, and is asked for when the session is back."""

from oms.core import events as ev
from oms.core import matching
from oms.core.asking import ask, ask_for_suspects, ask_next, begin_round, doubt, lost
from oms.core.inputs import (
    Answer,
    ResendRefused,
    ReserveNonces,
    SessionDown,
    StayedHere,
    Unanswered,
    WentOut,
)
from oms.core.order import Order, Request
from oms.core.values import Phase, RequestKind
from oms.core.work import Work


def session_up(work: Work, session: str) -> bool:
    """Begin the round of questions; tell whether it ended at once."""
    work.emit(ev.LoggedOn(session=session, time_ns=work.now))
    for number in work.blotter.book(session).unanswered:
        work.doubts.let_go(number)
    for held in work.blotter.book(session).held.values():
        ask_for_suspects(work, held)
    lately = work.doubts.ended_lately(session)
    begin_round(work, session, also=lately, wait=work.timing.wait_after_logon)
    return ask_next(work, session)


def session_down(work: Work, message: SessionDown) -> None:
    """Whatever left and has no answer is in doubt."""
    was_on = work.blotter.book(message.session).logged_on
    work.emit(ev.LoggedOut(session=message.session, time_ns=work.now, reason=message.reason))
    work.sweeps.pop(message.session, None)
    unasked = work.doubts.logged_out(message.session)
    lately = work.now - work.timing.late_ns
    ended = work.blotter.book(message.session).ended
    if was_on:
        late = [number for time_ns, number in ended if time_ns >= lately]
        work.doubts.may_lack(message.session, list(dict.fromkeys((*unasked, *late))))
    if was_on:
        _doubt_all(work, message.session, "the session dropped before the answer")
    if not message.expected:
        told = message.reason or "the connection was lost"
        work.alert("LOGGED_OUT" if was_on else "LOGON_REFUSED", told, session=message.session)


def start(work: Work) -> None:
    """Begin on the state that the journal gave: nothing that was planned before is known any more."""
    for session, book in sorted(work.blotter.books.items()):
        for order in book.open.values():
            work.exposure.update(order)
            for request in order.pending:
                work.doubts.watch(order, request.number)
            if order.in_doubt:
                work.doubts.ask_later(order, work.now)
        work.doubts.may_lack(session, [number for _, number in book.ended])
        if book.logged_on:
            work.emit(ev.LoggedOut(session=session, time_ns=work.now, reason="the daemon was restarted"))
        _doubt_all(work, session, "the daemon was restarted before the answer")
        if session not in work.routes and book.open:
            told = (
                f"{len(book.open)} open orders belong to session {session}, which is not configured any more"
            )
            work.alert("SESSION_NOT_CONFIGURED", told, session=session)


def _doubt_all(work: Work, session: str, reason: str) -> None:
    """Whatever left and has no answer is in doubt; a new order that never left is denied."""
    for order in list(work.blotter.book(session).unanswered.values()):
        for request in list(order.pending):
            if not request.waiting:
                if not request.by_cancel:  # its new leg is in doubt in its own name
                    doubt(work, order, request, reason)
            elif request.kind is RequestKind.NEW:
                matching.never_sent(work, order, request, "NOT_LOGGED_ON", f"never sent: {reason}")


def reserve_nonces(work: Work, command: ReserveNonces) -> tuple[None, Answer]:
    """Put on record that nonces up to this one may be used from now on."""
    work.emit(ev.NonceReserved(session=command.session, key=command.key, up_to=command.up_to))
    return None, Answer()


def went_out(work: Work, message: WentOut) -> None:
    """A message left; where messages are numbered, a reject may name its number."""
    if message.request:
        work.departures.note(message.request, work.now)
    if message.seq:
        work.emit(ev.RequestSent(order=message.order, request=message.request, seq=message.seq))


def stayed_here(work: Work, message: StayedHere) -> None:
    """A message did not leave: a new order is denied, a cancel waits and leaves later, a replace comes to nothing."""
    order = work.blotter.orders.get(message.order)
    request = order.request(message.request) if order else None
    if order is not None and message.request == 0:
        lost(work, order)
    if order is None or request is None:
        return
    if request.kind is RequestKind.CANCEL:
        _hold(work, order, request, message.reason)
    elif request.kind is RequestKind.REPLACE and not request.by_cancel and request.tries <= 1:
        _drop_replace(work, order, request, message.reason)
    elif request.kind is not RequestKind.NEW or order.phase is not Phase.PENDING_NEW:
        doubt(work, order, request, message.reason)
    else:
        matching.never_sent(work, order, request, "NOT_SENT", message.reason)


def _hold(work: Work, order: Order, request: Request, reason: str) -> None:
    """A cancel that stayed here is as if it had not been let go: it is tried again, less and less often."""
    if request.waiting:
        return
    work.emit(ev.RequestHeld(order=order.number, request=request.number, reason=reason))
    work.doubts.try_later(order.number, request.stays, work.now)
    if request.stays == 1:
        told = f"cancel {request.cl_ord_id} did not leave and is tried again: {reason}"
        work.alert("CANCEL_WAITS", told, order=order)


def _drop_replace(work: Work, order: Order, request: Request, reason: str) -> None:
    """Nothing left: the order stands as it was. By now nobody may want these terms, so it is not tried again."""
    told = f"the replace did not leave: {reason}"
    work.emit(ev.RequestDropped(order=order.number, request=request.number, reason=told))
    work.alert("REPLACE_NOT_SENT", f"replace {request.cl_ord_id}: {told}", order=order)


def unanswered(work: Work, message: Unanswered) -> None:
    """A request left, and its answer cannot be had: it is in doubt, and asked about."""
    order = work.blotter.orders.get(message.order)
    request = order.request(message.request) if order else None
    if order is not None and message.request == 0:
        lost(work, order)
    if order is not None and request is not None:
        _note_filled(work, order, request, message)
        doubt(work, order, request, message.reason)
        ask(work, order)


def _note_filled(work: Work, order: Order, request: Request, message: Unanswered) -> None:
    """The venue has filled the order at once, and only its executions are not known; the leg of a replace waits."""
    told = message.cum_qty is not None and message.cum_qty == order.order_qty
    if told and request.kind is RequestKind.NEW and order.phase is Phase.PENDING_NEW and order.chain is None:
        work.emit(ev.FilledWhole(order=order.number, cum_qty=message.cum_qty))


def resend_refused(work: Work, message: ResendRefused) -> None:
    """The venue asked for an old request again: it is never sent twice, so it is in doubt."""
    order = work.blotter.find(message.session, message.cl_ord_id)
    if order is None:
        return
    for request in list(order.pending):
        if not request.waiting:
            doubt(work, order, request, "the venue asked for it again, and it is never sent twice")
    ask(work, order)
