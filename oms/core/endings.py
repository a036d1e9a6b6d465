"""How an order ends, and how it begins again: who said that it was over, and what was open then.

An order ends by the venue's word, or here without it: denied before the wire, not placed by the fence or by a person,
canceled or expired by a person's word. What was ended here is kept with what was open, so that it can be taken up where
it was left if the venue has the order after all.
"""

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from oms.core.requests import Request, all_answered
from oms.core.values import RequestKind

if TYPE_CHECKING:
    from oms.core import events as ev
    from oms.core.order import Order

NOT_PLACED: Final = "not-placed"
CANCELED: Final = "canceled"
EXPIRED: Final = "expired"
DENIED: Final = "denied"
REOPENED: Final = "it was ended here, and the venue has it"


class EndedHere(Struct, kw_only=True):
    """An end without the venue's word. `open`: the requests that were open then, and the cancels wanted since."""

    outcome: str
    open: list[Request]


def may_be_there(order: "Order") -> bool:
    """Whether an order that left was ended here: nobody but the venue knows whether it has it."""
    return order.ended_here is not None and order.ended_here.outcome != DENIED


def is_suspect(order: "Order", symbol: str | None, side: str | None) -> bool:
    """Whether an OrderID that nobody here knows may be that of an order which was ended here."""
    return may_be_there(order) and order.order_id is None and (order.symbol, order.side) == (symbol, side)


def ended(order: "Order", event: "ev.Canceled | ev.Expired | ev.Rejected") -> None:
    """The order is over, by the venue's word or by ours."""
    order.reason = event.reason or order.reason
    _over(order, event.decided)


def denied(order: "Order", event: "ev.Denied") -> None:
    """We refused it."""
    order.denial, order.reason = event.code, event.reason
    _over(order, DENIED)


def _over(order: "Order", outcome: str | None) -> None:
    order.ended_here = None if outcome is None else EndedHere(outcome=outcome, open=list(order.pending))
    all_answered(order)


def reopened(order: "Order", event: "ev.Reopened") -> None:
    """What was open then is open again, and what had left is in doubt; the order itself never leaves once more.

    Nobody has asked for it after logons, so that reports may have been lost; not what is over, as was said.
    """
    end, order.ended_here = order.ended_here, None
    order.reason = order.denial = None
    order.unheard = order.unheard or not event.agrees
    order.absent, order.looks = False, 0
    left = () if end is None else end.open
    order.pending = [*order.pending, *(_taken_up(request) for request in left if not _is_past(request))]


def _is_past(request: Request) -> bool:
    """Whether it is too late for it: a replace that had not left was of an order that nobody works with any more."""
    return request.kind is RequestKind.REPLACE and request.waiting


def _taken_up(request: Request) -> Request:
    """A cancel that waits may leave; a replace as cancel-then-new is in doubt in the name of its new order."""
    if request.by_cancel or (request.kind is RequestKind.CANCEL and request.waiting):
        return replace(request)
    return replace(request, waiting=False, in_doubt=True, doubt_reason=request.doubt_reason or REOPENED)
