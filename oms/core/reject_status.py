"""What a cancel reject proves of its order, besides what became of the request: its OrdStatus is the order's of now.

Only of an order that the venue has a number for: where it has none, FIX 4.2 wants NONE as the OrderID (35=9), and some
venues then fill in whatever OrdStatus there is.
"""

from typing import Final

from oms.core import events as ev
from oms.core.messages import CancelReject
from oms.core.order import Order
from oms.core.reopening import NOT_OVER
from oms.core.values import ENDED, OrdStatus, Phase

UNKNOWN_TO_VENUE: Final = "1"  # CxlRejReason (102)
_TAKEN_ON: Final = NOT_OVER | {OrdStatus.DONE_FOR_DAY}


def shown_by(order: Order, report: CancelReject) -> tuple[ev.Event, ...]:
    """Give what an order must have undergone to have the status that the reject of a request of it states.

    Any state but Pending New proves that the venue has taken the order on. Partially Filled without any fill on record
    proves that fills are missing; how many is for a question to find out.

    Args:
        order: the order before the reject; it is not changed.
        report: a reject of a request of its that is open.

    """
    if report.ord_status not in _TAKEN_ON or not _is_numbered(order, report) or order.chain is not None:
        return ()  # of a later leg the reject of an earlier one's cancel proves nothing
    events: list[ev.Event] = []
    if order.phase is Phase.PENDING_NEW:
        order_id = report.order_id if order.order_id is None else None
        events.append(ev.Accepted(order=order.number, order_id=order_id))
    if _lacks_fills(order, report) and not order.unsized_gap:
        events.append(ev.GapOpened(order=order.number))
    return tuple(events)


def number_given(report: CancelReject) -> str | None:
    """Give the OrderID of the order that a reject is about; None where the venue has none, or says nothing of it.

    Some venues put 0 or a ClOrdID where FIX 4.2 wants NONE.
    """
    none = (None, "NONE", "0", report.cl_ord_id, report.orig_cl_ord_id)
    return None if report.cxl_rej_reason == UNKNOWN_TO_VENUE or report.order_id in none else report.order_id


def _is_numbered(order: Order, report: CancelReject) -> bool:
    """Whether the venue has the order by the reject's own words, or takes its number as known."""
    if report.order_id is None and report.cxl_rej_reason != UNKNOWN_TO_VENUE:
        return order.order_id is not None
    return number_given(report) is not None


def _lacks_fills(order: Order, report: CancelReject) -> bool:
    """Whether something was executed that nobody told; where OrderQty is known, Filled says how much."""
    if order.phase in ENDED or order.reported_cum:
        return False
    filled = report.ord_status == OrdStatus.FILLED and order.order_qty is None and not order.complete
    return filled or report.ord_status == OrdStatus.PARTIALLY_FILLED
