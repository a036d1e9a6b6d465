"""Cancels: never refused for the order's state; they leave when they can, or end with a reason."""

from oms.core import events as ev
from oms.core import sweeping
from oms.core.asking import ask
from oms.core.endings import NOT_PLACED, may_be_there
from oms.core.inputs import Answer, Cancel, CancelAll, OpenShown
from oms.core.order import Order
from oms.core.values import Phase, RequestKind
from oms.core.work import Work


def cancel(work: Work, command: Cancel) -> tuple[Order | None, Answer | None]:
    """Note that somebody wants an order canceled; the cancel leaves as soon as it can."""
    order, refusal = work.named(command.id)
    if order is None:
        return None, refusal
    if not _has_name(work, order):
        told = "the order was not sent from here and has no ClOrdID to cancel it by; cancel it where it was given"
        return order, Answer(order=order.number, refusal="UNAVAILABLE", text=told)
    want_canceled(work, order, actor=command.actor, origin=command.origin)
    return order, Answer(order=order.number)


def cancel_all(work: Work, command: CancelAll) -> tuple[None, Answer]:
    """Cancel every open order that fits; the answer counts those that are asked to go."""
    count = 0
    for session, book in work.blotter.books.items():
        if command.session not in (None, session):
            continue
        for order in list(book.open.values()):
            fits = command.symbol in (None, order.symbol) and command.exchange in (None, order.exchange)
            if fits and _is_left(order) and _has_name(work, order):
                want_canceled(work, order, actor=command.actor, origin=command.origin)
                count += 1
    sweeping.begin(work, command)
    return None, Answer(count=count)


def open_shown(work: Work, message: OpenShown) -> None:
    """Cancel the orders of others that a venue showed while everything there is canceled."""
    for order, sweep in sweeping.shown(work, message):
        request_cancel(work, order, actor=sweep.actor, origin=sweep.origin)


def _is_left(order: Order) -> bool:
    """Whether there is anything to cancel, by the venue's total; fills may be missing without that."""
    return not order.is_spent or order.replacing is not None


def _has_name(work: Work, order: Order) -> bool:
    """Whether a cancel can say which order it means: by ClOrdID, or where the venue goes by its own numbers."""
    route = work.route(order)
    return order.cl_ord_id is not None or (route is not None and route.marks and order.order_id is not None)


def want_canceled(work: Work, order: Order, *, actor: str | None, origin: str | None) -> None:
    """Request a cancel, or let one in doubt leave once more; a replacement on its way is given up."""
    give_up_replace(work, order, "the desk canceled the order")
    earlier = order.requested(RequestKind.CANCEL)
    if earlier:
        stuck = earlier[0].in_doubt or earlier[0].held is not None
        if stuck and work.book(order).logged_on:
            work.doubts.let_go(order.number)
            work.release(order, earlier[0])  # a person asks again for what had no answer, or stayed here
    elif order.is_open:
        _drop_replaces(work, order)
        request_cancel(work, order, actor=actor, origin=origin)
        _drop_unsent(work, order)
    elif may_be_there(order):
        _want_all_the_same(work, order, actor=actor, origin=origin)


def _want_all_the_same(work: Work, order: Order, *, actor: str | None, origin: str | None) -> None:
    """The venue has not said that the order is over: it is asked, and the cancel leaves if it has the order."""
    left = () if order.ended_here is None else order.ended_here.open
    if not any(request.kind is RequestKind.CANCEL and request.waiting for request in left):
        request_cancel(work, order, actor=actor, origin=origin)
    if not work.doubts.is_asked(order.number):
        ask(work, order)


def request_cancel(work: Work, order: Order, *, actor: str | None, origin: str | None) -> None:
    """Put a cancel among the order's requests; it leaves when it can."""
    route = work.route(order)
    repeats = route is None or route.cancel_repeats_id
    work.emit(
        ev.CancelRequested(
            order=order.number,
            request=work.next_request(),
            cl_ord_id=(order.cl_ord_id if repeats else None) or work.new_id(order),
            time_ns=work.now,
            waiting=True,
            actor=actor,
            origin=origin,
        )
    )


def _drop_replaces(work: Work, order: Order) -> None:
    """Nobody wants a replace that has not left, of an order that is to be canceled."""
    for request in order.requested(RequestKind.REPLACE):
        if request.waiting and not request.by_cancel:
            told = "the desk canceled the order"
            work.emit(ev.RequestDropped(order=order.number, request=request.number, reason=told))


def cancel_by_earlier_id(work: Work, order: Order) -> None:
    """A cancel was refused that named a replace: the venue may not have that, so the next one names what was before.

    It ends with the ClOrdID that the venue confirmed last.
    """
    refused = order.refusal
    if refused is None or refused.kind is not RequestKind.CANCEL or order.requested(RequestKind.CANCEL):
        return
    if refused.orig_cl_ord_id not in (None, order.cl_ord_id) and order.is_open and not order.is_spent:
        request_cancel(work, order, actor=None, origin="cancel refused")


def _drop_unsent(work: Work, order: Order) -> None:
    """A new order that still waits here is canceled here: nothing of it ever leaves."""
    if any(request.kind is RequestKind.NEW and request.waiting for request in order.pending):
        told = "canceled before it was sent"
        work.emit(ev.Canceled(order=order.number, reason=told, decided=NOT_PLACED))


def give_up_replace(work: Work, order: Order, reason: str) -> None:
    """End a replacement whose new leg did not leave; where the old leg is gone already, that ends the order."""
    request = order.replacing
    if request is None:
        return
    over = order.chain is not None and order.chain.over
    work.emit(ev.ReplaceRejected(order=order.number, request=request.number, reason=reason))
    if over:
        work.emit(ev.Canceled(order=order.number, reason=f"replaced by nothing: {reason}"))


def cancel_again(work: Work, order: Order, *, is_older: bool) -> None:
    """A status answer shows the order working while a cancel is in doubt: it did not happen, so ask again.

    An answer to what was asked before the cancel left proves nothing against it: one cancel too many does no harm,
    but that the last had no effect is said only by a newer one.
    """
    for request in order.requested(RequestKind.CANCEL):
        if not request.in_doubt or request.seen or not order.is_open or order.phase is Phase.PENDING_NEW:
            continue
        if request.tries > 1 and work.now - request.since_ns < work.timing.ask_again_ns:
            # What fails at once would fail as often as it may within a moment.
            work.doubts.ask_later(order, work.now)
        elif request.tries < work.timing.cancel_tries:
            work.release(order, request)
        elif not is_older:
            told = f"{request.tries} cancels had no effect and the order works; a person has to look"
            work.emit(ev.RequestDropped(order=order.number, request=request.number, reason=told))
            work.alert("CANCEL_WITHOUT_EFFECT", told, order=order)
            give_up_replace(work, order, told)
