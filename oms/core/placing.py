"""A new order: the first again, denied with a reason, or taken on."""

from oms.core import events as ev
from oms.core import matching
from oms.core.admission import admit, rounded
from oms.core.inputs import Answer, PlaceOrder
from oms.core.order import Order
from oms.core.outgoing import new_order, repeated
from oms.core.risk import Denial, check, is_for
from oms.core.work import Route, Work


def place(work: Work, command: PlaceOrder) -> tuple[Order | None, Answer]:
    """Take on a new order, or say why not."""
    routes = _routes_for(work, command)
    if len(routes) != 1:
        return _unrouted(work, command, routes)
    (route,) = routes
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


def _routes_for(work: Work, command: PlaceOrder) -> list[Route]:
    """Give the session that is named, or that the order is for: one for each venue account where it may be several."""
    if command.session is not None:
        return [work.routes[command.session]] if command.session in work.routes else []
    fitting = [route for route in work.routes.values() if _fits(work, command, route)]
    made_for_it = [route for route in fitting if command.exchange in route.limits.exchanges]
    accounts: dict[tuple[str, str], Route] = {}
    for route in made_for_it or fitting or list(work.routes.values())[:1]:  # the first says why it denies it
        accounts.setdefault((route.account, route.limits.symbol_form), route)
    return list(accounts.values())


def _fits(work: Work, command: PlaceOrder, route: Route) -> bool:
    """Whether an order can be meant for a session; one whose symbols are not known yet may have any."""
    instruments = work.blotter.book(route.session).instruments
    return is_for(command, route.limits) and (
        not instruments or (command.exchange, command.symbol) in instruments
    )


def _unrouted(work: Work, command: PlaceOrder, routes: list[Route]) -> tuple[Order | None, Answer]:
    """Never choose an account for somebody; but the same id again is the first order, wherever it went."""
    if not routes:
        known = ", ".join(sorted(work.routes)) or "none"
        told = f"session {command.session!r} is not configured; configured: {known}"
        return None, Answer(refusal="INVALID", field="session", text=told)
    earlier = {route.account: (route.account, command.client_order_id) for route in routes}
    found = [work.blotter.by_client_id[key] for key in earlier.values() if key in work.blotter.by_client_id]
    if len(found) == 1:
        return found[0], repeated(found[0], command, found[0].session)
    choices = ", ".join(f"{route.session} (account {route.account})" for route in routes)
    told = f"{command.symbol} can be traded by sessions of several accounts: {choices}; say which session"
    return None, Answer(refusal="INVALID", field="session", text=told)


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
