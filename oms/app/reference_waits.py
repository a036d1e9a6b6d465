"""Why an account's balances are not held against its executions at present, in words for people."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from oms.core.balances import is_settled
from oms.core.order import Order
from oms.core.values import AT_ONCE


class Waits(Struct, frozen=True):
    """Why, and since when, nanoseconds since the epoch; None: nobody can say."""

    reason: str
    since_ns: int | None = None


def of_session(name: str, seen: Mapping[str, Any], *, under_way: bool) -> Waits | None:
    """Say why the account of a session has to wait; None: for this session it need not.

    Args:
        name: of the session.
        seen: how it stood at the last commit (`oms.app.session_facts`).
        under_way: its orders are being asked for.

    """
    if not seen.get("logged_on"):
        reason = f" ({seen['reason']})" if seen.get("reason") else ""
        since_ns = seen.get("since_ns") if reason else None  # else it is when it logged on, before a restart
        return Waits(f"session {name} is not logged on{reason}", since_ns)
    return Waits(f"the orders of session {name} are being asked for") if under_way else None


def of_orders(orders: Iterable[Order]) -> Waits | None:
    """Name the first order of which the venue has not told all that it will tell of the past; None: there is none."""
    first = next((each for each in orders if not is_settled([each])), None)
    if first is None:
        return None
    told = next(text for holds, text in _UNSETTLED if holds(first))
    return Waits(told.format(f"order {first.client_order_id or first.cl_ord_id or first.order_id}"))


_UNSETTLED: Final[tuple[tuple[Callable[[Order], object], str], ...]] = (
    (lambda order: order.in_doubt, "{} is in doubt"),
    (lambda order: order.pending, "{} awaits an answer"),
    (lambda order: order.has_gap, "{} lacks executions"),
    (lambda order: order.unheard, "reports of {} may be lost"),
    (lambda order: order.questions, "the venue is asked about {}"),
    (lambda order: order.time_in_force in AT_ONCE, "{} ends at once, and has not ended"),
    (lambda _: True, "{} is not settled"),
)
