"""What our own messages mean when they are read from a log: the other half of a replay.

Live, an order is journaled before it leaves; in a log, its message is the first that is heard of it.
"""

from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.messages import CancelOrder, Command, NewOrder, ReplaceOrder, StatusRequest
from oms.core.order import Order, Request
from oms.core.values import RequestKind

Observed = tuple[Order | None, tuple[ev.Fact, ...]]


def observe(blotter: Blotter, session: str, message: Command, *, seq: int, time_ns: int) -> Observed:
    """Take in a message that we sent, and apply what it means.

    Args:
        blotter: the orders; changed by the events that are returned, and by nothing else.
        session: the session it left by.
        message: what we said.
        seq: its MsgSeqNum (34): a reject names nothing else.
        time_ns: when it was sent, nanoseconds since the epoch.

    """
    if isinstance(message, NewOrder):
        order, events = _new_order(blotter, session, message, seq, time_ns)
    elif isinstance(message, StatusRequest):
        order, events = _status_request(blotter, session, message, seq, time_ns)
    else:
        order, events = _request(blotter, session, message, seq, time_ns)
    blotter.apply_all(events)
    return order or (
        blotter.orders.get(blotter.last_order) if isinstance(message, NewOrder) else None
    ), events


def _new_order(blotter: Blotter, session: str, message: NewOrder, seq: int, time_ns: int) -> Observed:
    known = blotter.find(session, message.cl_ord_id)
    if known is not None:  # the venue will refuse the second one, or answer a PossResend with a status
        return known, () if message.poss_resend else (ev.DuplicateSent(order=known.number),)
    number, request = blotter.last_order + 1, blotter.last_request + 1
    placed = ev.Placed(
        order=number,
        request=request,
        cl_ord_id=message.cl_ord_id,
        session=session,
        symbol=message.symbol,
        side=message.side,
        ord_type=message.ord_type,
        time_in_force=message.time_in_force,
        time_ns=time_ns,
        account=message.account,
        exchange=message.exchange,
        order_qty=message.order_qty,
        cash_order_qty=message.cash_order_qty,
        price=message.price,
    )
    return None, (placed, ev.RequestSent(order=number, request=request, seq=seq))


def _request(
    blotter: Blotter, session: str, message: CancelOrder | ReplaceOrder, seq: int, time_ns: int
) -> Observed:
    order = blotter.find(session, message.orig_cl_ord_id, message.order_id)
    if order is None:
        return None, ()
    again = _sent_again(order, message)
    if again is not None:
        released = ev.RequestReleased(order=order.number, request=again.number, time_ns=time_ns)
        return order, (released, ev.RequestSent(order=order.number, request=again.number, seq=seq))
    request = blotter.last_request + 1
    asked: ev.Fact
    if isinstance(message, CancelOrder):
        asked = ev.CancelRequested(
            order=order.number, request=request, cl_ord_id=message.cl_ord_id, time_ns=time_ns
        )
    else:
        asked = ev.ReplaceRequested(
            order=order.number,
            request=request,
            cl_ord_id=message.cl_ord_id,
            time_ns=time_ns,
            order_qty=message.order_qty,
            price=message.price,
        )
    return order, (asked, ev.RequestSent(order=order.number, request=request, seq=seq))


def _sent_again(order: Order, message: CancelOrder | ReplaceOrder) -> Request | None:
    """Find the cancel that this one repeats: under the same ClOrdID it is the same request, sent once more."""
    if not isinstance(message, CancelOrder):
        return None
    cancels = order.requested(RequestKind.CANCEL)
    return next((request for request in cancels if request.cl_ord_id == message.cl_ord_id), None)


def _status_request(
    blotter: Blotter, session: str, message: StatusRequest, seq: int, time_ns: int
) -> Observed:
    order = blotter.find(session, message.cl_ord_id, message.order_id)
    if order is None:
        return None, ()
    number = order.number
    return order, (
        ev.StatusRequested(order=number, time_ns=time_ns),
        ev.RequestSent(order=number, request=0, seq=seq),
    )


def doubt_unanswered(blotter: Blotter, session: str, time_ns: int) -> tuple[ev.Fact, ...]:
    """Take in a new logon: whatever is unanswered is in doubt, for the session resends nothing (see the venue)."""
    book = blotter.book(session)
    events: list[ev.Fact] = [ev.LoggedOn(session=session, time_ns=time_ns)]
    for order in list(book.unanswered.values()):
        events.extend(
            ev.InDoubt(
                order=order.number,
                request=request.number,
                reason="unanswered at the next logon",
                time_ns=time_ns,
            )
            for request in order.pending
            if not request.in_doubt and not request.waiting
        )
    blotter.apply_all(events)
    return tuple(events)
