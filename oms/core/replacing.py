"""Replaces: by the venue's own message, or as cancel and then new order where it has none.

By the venue's own message the next may leave before the one before it is answered (FIX 4.2, Appendix D, D16, D17); it
is about the terms wanted last.

As cancel-then-new it is one order to the desk and two to the venue, its legs. The new leg leaves only when the old
one's cancel is confirmed, for the wanted total less what the venue proved to be executed, so that never more than the
wanted quantity is in the market.
"""

from decimal import Decimal
from typing import Final

import msgspec

from oms.core import events as ev
from oms.core import matching
from oms.core.admission import admit
from oms.core.asking import ask
from oms.core.canceling import cancel_by_earlier_id, give_up_replace, request_cancel
from oms.core.chain import EXCESS
from oms.core.inputs import Answer, PlaceOrder, Replace
from oms.core.order import Order, Request
from oms.core.outgoing import new_order
from oms.core.placing import unreachable
from oms.core.risk import Denial, check
from oms.core.values import ENDED, Phase, RequestKind, format_decimal
from oms.core.work import Route, Work

MOST_OPEN: Final = 5
"""So many replaces of an order may be on their way at once."""


def replace(work: Work, command: Replace) -> tuple[Order | None, Answer | None]:
    """Ask for other terms, or say by name why not; what is denied is on record with who asked."""
    order, refusal = work.named(command.id)
    if order is None:
        return None, refusal
    command = _filled_in(order, command)
    route = work.route(order)
    denial = _deny(work, order, command, route)
    by_cancel = denial is None and route is not None and not route.has_replace
    begin(work, order, command, by_cancel=by_cancel)
    if denial is None:
        return order, Answer(order=order.number)
    told = f"{denial.code}: {denial.text}"
    work.emit(ev.RequestDropped(order=order.number, request=order.pending[-1].number, reason=told))
    return order, Answer(order=order.number, refusal=denial.code, text=denial.text)


def begin(work: Work, order: Order, command: Replace, *, by_cancel: bool) -> None:
    """Put a replace with all its terms among the order's requests."""
    work.emit(
        ev.ReplaceRequested(
            order=order.number,
            request=work.next_request(),
            cl_ord_id=work.new_id(order),
            time_ns=work.now,
            order_qty=command.order_qty,
            price=command.price,
            waiting=True,
            by_cancel=by_cancel,
            actor=command.actor,
            origin=command.origin,
        )
    )


def _wanted(order: Order) -> tuple[Decimal | None, Decimal | None]:
    """Give the quantity and the price wanted last: those of the last replace on its way, else the order's own."""
    last = next((each for each in reversed(order.pending) if each.kind is RequestKind.REPLACE), order)
    return last.order_qty, last.price


def _filled_in(order: Order, command: Replace) -> Replace:
    order_qty, price = _wanted(order)
    return msgspec.structs.replace(
        command,
        order_qty=order_qty if command.order_qty is None else command.order_qty,
        price=price if command.price is None else command.price,
    )


# --- denials, in a fixed order --------------------------------------------------------------------------------------


def _deny(work: Work, order: Order, command: Replace, route: Route | None) -> Denial | None:
    if route is None:
        return Denial("NOT_CONFIGURED", f"session {order.session} is not configured any more")
    return (
        _deny_state(order, reopens=route.has_replace and reopens(order, command.order_qty))
        or _deny_another(order, route)
        or _deny_terms(order, command)
        or _deny_limits(work, order, command, route)
        or unreachable(work, route.session)
        or _deny_unprovable(route)
    )


def reopens(order: Order, order_qty: Decimal | None) -> bool:
    """Whether a filled order is asked to go on for more (Appendix D, D8), which only a venue's own replace can do."""
    is_over = order.phase in ENDED or order.phase is Phase.CALCULATED or order.is_done_for_good
    executed = max(order.cum_qty, order.reported_cum)
    return order.is_filled and not is_over and order_qty is not None and order_qty > executed


def _deny_state(order: Order, *, reopens: bool) -> Denial | None:
    if order.cl_ord_id is None:
        return Denial("NO_CL_ORD_ID", "the order was not sent from here and has no ClOrdID to replace it by")
    if not reopens and (not order.is_open or order.is_spent):
        return Denial("NOT_OPEN", f"the order is over ({order.ord_status.name.lower()}): place a new one")
    if order.requested(RequestKind.CANCEL) and not any(request.by_cancel for request in order.pending):
        return Denial("CANCEL_PENDING", "a cancel of the order is on its way")
    if any(request.waiting for request in order.requested(RequestKind.NEW)):
        return Denial("NOT_SENT", "the order itself has not left yet: cancel it and place another")
    return None


def _deny_another(order: Order, route: Route) -> Denial | None:
    """A replace may follow others that are on their way, but few, and none whose outcome nobody knows."""
    others = order.requested(RequestKind.REPLACE)
    if not others:
        return None
    if not route.has_replace or any(other.by_cancel for other in others):
        told = (
            "the order is being replaced by cancel and new order: replace it when that is done, or cancel it"
        )
        return Denial("REPLACE_PENDING", told)
    if any(other.in_doubt for other in others):
        told = (
            "nobody knows what became of the replace before: the venue is asked, and its answer comes first"
        )
        return Denial("REPLACE_IN_DOUBT", told)
    if len(others) >= MOST_OPEN:
        told = f"{len(others)} replaces of the order are not answered yet, which is as many as there may be"
        return Denial("REPLACE_PENDING", told)
    return None


def _deny_terms(order: Order, command: Replace) -> Denial | None:
    if order.order_qty is None:
        return Denial("CASH_SIZED", "an order sized in quote currency cannot be replaced: cancel it")
    if command.price is not None and order.price is None:
        return Denial("NO_PRICE", "a market order has no price to replace")
    if (command.order_qty, command.price) == _wanted(order):
        whose = "those of the replace on its way" if order.requested(RequestKind.REPLACE) else "the order's"
        return Denial("NOTHING_TO_REPLACE", f"quantity and price are {whose} already")
    return None


def _deny_limits(work: Work, order: Order, command: Replace, route: Route) -> Denial | None:
    """Hold the new terms against the limits, as if the order were not there."""
    wanted = PlaceOrder(
        client_order_id=order.client_order_id or "",
        symbol=order.symbol,
        side=order.side,
        ord_type=order.ord_type,
        time_in_force=order.time_in_force,
        order_qty=command.order_qty,
        price=command.price,
        exchange=order.exchange,
    )
    denial = check(wanted, route.limits, work.exposure.besides(order), route.account)
    return denial or admit(work, wanted, route)


def _deny_unprovable(route: Route) -> Denial | None:
    if route.has_replace or route.proves_cum_qty:
        return None
    told = (
        "this venue has no replace, and nothing can prove what was executed of a canceled order: its reports name no"
        " CumQty and no REST keys are configured; cancel the order, look, and place another"
    )
    return Denial("REPLACE_UNPROVABLE", told)


# --- cancel, then new -----------------------------------------------------------------------------------------------


def advance(work: Work, order: Order) -> None:
    """Take a cancel-then-new as far as it can go now."""
    request, chain = order.replacing, order.chain
    if chain is None:
        return
    if request is None:
        if chain.excess:
            _reduce(work, order)
        return
    if order.phase in ENDED or (order.is_spent and not chain.over):
        give_up_replace(work, order, "the order was executed before its cancel")
    elif work.now - request.since_ns >= work.timing.replace_within_ns:
        what = "what was executed could not be proven" if chain.over else "the cancel was not confirmed"
        give_up_replace(work, order, f"{what} within {work.timing.replace_within_ns / 1e9:g} s")
    elif not chain.over:
        if not order.requested(RequestKind.CANCEL):
            request_cancel(work, order, actor=None, origin="replace")
    elif chain.proven is None:
        if not order.questions and not work.doubts.is_lost(order.number):
            ask(work, order)
    elif work.book(order).logged_on and not work.doubts.is_asking(order.session):
        _open_leg(work, order, request, max(chain.proven, order.reported_cum, order.cum_qty))


def _open_leg(work: Work, order: Order, request: Request, proven: Decimal) -> None:
    """The old leg is gone and its CumQty proven: the rest of the wanted quantity leaves."""
    if request.order_qty is None or request.order_qty <= proven:
        done = format_decimal(proven)
        work.emit(ev.Replaced(order=order.number, order_qty=proven, price=request.price))
        reason = f"{done} was executed, so nothing is left to send"
        work.emit(ev.Canceled(order=order.number, reason=reason))
        return
    route = work.route(order)
    denial = unreachable(work, order.session)
    if denial is None and route is not None:
        denial = matching.deny_in_doubt(work, route, order.symbol)
    if denial is not None:
        give_up_replace(work, order, f"{denial.code}: {denial.text}")
        return
    leg = ev.LegOpened(
        order=order.number,
        request=work.next_request(),
        replace=request.number,
        cl_ord_id=request.cl_ord_id,
        base_qty=proven,
        time_ns=work.now,
        waiting=route is not None and route.marks,
    )
    work.emit(leg)
    if not leg.waiting:
        work.send(order, new_order(order), leg.request)


def cancel_refused(work: Work, order: Order, reason: str | None) -> None:
    """The cancel of a cancel-then-new lost: the replace ends with it. Another may have named what is not there."""
    if order.replacing is not None and not order.requested(RequestKind.CANCEL):
        give_up_replace(work, order, f"its cancel was refused: {reason or 'no reason given'}")
    cancel_by_earlier_id(work, order)


def _reduce(work: Work, order: Order) -> None:
    """A fill of the old leg came after the new one left: take the new one back, and send only what is wanted."""
    changing = [request for request in order.pending if request.kind is not RequestKind.NEW]
    if changing or not order.is_open or order.is_spent or order.order_qty is None:
        return
    if order.chain is not None and order.chain.reductions >= work.timing.cancel_tries:
        return
    wanted = Replace(id="", order_qty=order.order_qty, price=order.price, actor="oms", origin=EXCESS)
    begin(work, order, wanted, by_cancel=True)
    advance(work, order)
