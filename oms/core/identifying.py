"""Which order at the venue is ours, by a person's word: its number is held against all that is on record first."""

from oms.core.inputs import Resolve
from oms.core.matching import is_above, owner
from oms.core.order import Order
from oms.core.values import Phase, RequestKind
from oms.core.work import Work


def candidates(order: Order) -> tuple[str, ...]:
    """Name the orders at the venue that could each be this one; empty: nobody has to choose."""
    return tuple(name for request in order.requested(RequestKind.NEW) for name in request.candidates)


def is_disowned(order: Order) -> bool:
    """Whether an order is open by a person's word, and the venue's last word is that it does not know it.

    The venue's word stands for as long as it is disputed: until it states the order after all.
    """
    disputed = order.disputed is not None and order.unknown_at_ns is not None
    return disputed and order.resolved > 0 and order.phase is not Phase.PENDING_NEW and not order.is_spent


def lacks_number(work: Work, order: Order) -> bool:
    """Whether an order is open that its venue knows by number only, and nobody has said the number."""
    route = work.route(order)
    is_known = order.is_open and order.phase is not Phase.PENDING_NEW
    return route is not None and route.marks and is_known and order.order_id is None


def can_be_asked_by(work: Work, order: Order, order_id: str) -> bool:
    """Whether the venue can be asked by what a person said; executions without an order have a name that is ours."""
    route = work.route(order)
    return route is None or not route.marks or order_id.isdigit()


def wrong_number(work: Work, order: Order, command: Resolve) -> str | None:
    """Say why a person's word does not fit with its number, or lacks one; None where it may stand."""
    order_id = command.order_id
    if order_id is None:
        return _missing(work, order, command.outcome)
    if command.outcome == "not-placed":
        return "an order that was not placed has no number at the venue: leave order_id out"
    if order.order_id is not None:
        same = order.order_id == order_id
        return None if same else f"the venue has given this order the number {order.order_id}, not {order_id}"
    return _taken(work, order, order_id) or _impossible(work, order, order_id)


def _missing(work: Work, order: Order, outcome: str) -> str | None:
    if outcome == "not-placed" or order.order_id is not None:
        return None
    found = candidates(order)
    if found:
        named = ", ".join(found)
        return f"orders {named} at the venue could each be this one: say with order_id which it is"
    route = work.route(order)
    if outcome in ("working", "replaced") and route is not None and route.marks:
        return "by its number alone can the venue be asked for the order, and cancel it: say it with order_id"
    return None


def _taken(work: Work, order: Order, order_id: str) -> str | None:
    found = owner(work, order, order_id)
    if found is None:
        return None
    if found is order:
        return f"{order_id} is the number of an earlier leg of this order, which was replaced"
    named = found.client_order_id or found.cl_ord_id
    told = f"{order_id} is the number of order {named or found.number}"
    return f"{told}, which was adopted as one of others" if found.external else told


def _impossible(work: Work, order: Order, order_id: str) -> str | None:
    """A venue that goes by numbers gives them in turn: what has none, or a lower one, is not what left later.

    Nor is it another than those that a full look found, for as long as one of them is nobody else's.
    """
    route = work.route(order)
    if route is None or not route.marks or order_id in candidates(order):
        return None
    if not order_id.isdigit():
        return f"{order_id!r} is no number of an order at this venue"
    marks = [request.mark for request in order.requested(RequestKind.NEW) if request.mark is not None]
    late = next((mark for mark in marks if not is_above(order_id, mark)), None)
    if late is not None:
        return f"order {order_id} was there before this one was sent: the highest number was {late.order_id} then"
    return _unlisted(work, order, order_id)


def _unlisted(work: Work, order: Order, order_id: str) -> str | None:
    found = [name for name in candidates(order) if owner(work, order, name) in (None, order)]
    if not found:
        return None
    if len(found) == 1:
        return f"only order {found[0]} at the venue could be this one, not {order_id}"
    return f"{order_id} is none of orders {', '.join(found)} at the venue, which could each be this one"
