"""A new order: the first again, denied with a reason, or taken on."""

from oms.core import events as ev
from oms.core import matching
from oms.core.admission import admit, rounded
from oms.core.inputs import Answer, PlaceOrder
from oms.core.order import Order
from oms.core.outgoing import new_order, repeated
from oms.core.risk import Denial, check
from oms.core.work import Route, Work


def place(work: Work, command: PlaceOrder) -> tuple[Order | None, Answer]:
    """Take on a new order, or say why not."""
    route = _route_of(work, command)
    if route is None:
        known = ", ".join(sorted(work.routes)) or "none"
        told = f"session {command.session!r} is not configured; configured: {known}"
        return None, Answer(refusal="INVALID", field="session", text=told)
    first = work.blotter.by_client_id.get((route.account, command.client_order_id))
    if first is not None:
        return first, repeated(first, command, route.session)
    fitted, denial = rounded(work, command, route.session)
    denial = denial or _deny(work, fitted, route)
    waiting = denial is None and (route.marks or work.doubts.is_asking(route.session))
    order = _placed(work, fitted, route, asked=command, waiting=waiting)
    if denial is not None:
        work.emit(ev.Denied(order=order.number, code=denial.code, reason=denial.text))
    elif not waiting:
        work.send(order, new_order(order), order.pending[0].number)
    return order, Answer(order=order.number, created=True)


def _route_of(work: Work, command: PlaceOrder) -> Route | None:
    if command.session is not None:
        return work.routes.get(command.session)
    for route in work.routes.values():  # the one made for that exchange, else the first
        if command.exchange is not None and command.exchange in route.limits.exchanges:
            return route
    return next(iter(work.routes.values()), None)


def _deny(work: Work, command: PlaceOrder, route: Route) -> Denial | None:
    return (
        check(command, route.limits, work.exposure, route.account)
        or admit(work, command, route)
        or unreachable(work, route.session)
        or matching.deny_in_doubt(work, route, command.symbol)
    )


def unreachable(work: Work, session: str) -> Denial | None:
    """Say why nothing new can leave by a session; None where it can."""
    book = work.blotter.book(session)
    if not book.logged_on:
        why = f": {book.reason}" if book.reason else ""
        return Denial("NOT_LOGGED_ON", f"session {session} is not logged on{why}; nothing was sent")
    if book.halted is not None:
        return Denial("HALTED", f"trading on session {session} is stopped: {book.halted}")
    return None


def _placed(work: Work, command: PlaceOrder, route: Route, *, asked: PlaceOrder, waiting: bool) -> Order:
    number = work.blotter.last_order + 1
    work.emit(
        ev.Placed(
            order=number,
            request=work.next_request(),
            cl_ord_id=work.ids.next(route.id_prefix, work.now),
            session=route.session,
            symbol=command.symbol,
            side=command.side,
            ord_type=command.ord_type,
            time_in_force=command.time_in_force,
            time_ns=work.now,
            account=route.account,
            exchange=command.exchange,
            client_order_id=command.client_order_id,
            order_qty=command.order_qty,
            cash_order_qty=command.cash_order_qty,
            price=command.price,
            asked_qty=asked.order_qty if asked.order_qty != command.order_qty else None,
            asked_price=asked.price if asked.price != command.price else None,
            waiting=waiting,
            actor=command.actor,
            origin=command.origin,
        )
    )
    return work.blotter.orders[number]
