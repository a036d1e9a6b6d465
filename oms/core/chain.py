"""The legs of an order that is replaced as cancel-then-new: one order to the desk, several to the venue."""

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from oms.core import fills, requests
from oms.core.values import ZERO, RequestKind

if TYPE_CHECKING:
    from oms.core import events as ev
    from oms.core.order import Order


EXCESS: Final = "excess of a replace"


class Chain(Struct, kw_only=True):
    """Where such an order stands.

    `number`: of the present leg; 0 is the order as it was placed. `base_qty`: what the earlier legs executed,
    `previous_base` those before the last of them. `over`:
    the venue canceled the present leg for the sake of a replace. `proven`: the order's CumQty after that, once the
    venue has stated it. `earlier`: ClOrdIDs and OrderIDs of earlier legs. `excess`: what they executed after the
    present one had left, so that it is too large; `reductions`: how often that was taken back.
    """

    number: int = 0
    base_qty: Decimal = ZERO
    over: bool = False
    proven: Decimal | None = None
    earlier: dict[str, int] = field(default_factory=dict)
    excess: Decimal = ZERO
    previous_base: Decimal = ZERO
    reductions: int = 0


def begun(order: "Order") -> Chain:
    """Give the order a chain, if it has none."""
    if order.chain is None:
        order.chain = Chain()
    return order.chain


def requested(order: "Order", event: "ev.ReplaceRequested") -> None:
    """A replace begins; `origin` tells one that nobody asked for."""
    chain = begun(order)
    chain.reductions += event.origin == EXCESS


def is_absent(order: "Order", event: "ev.Canceled") -> bool:
    """Say whether the venue most likely has no order where this one ends: its order, or its present leg, never came."""
    is_leg = order.chain is not None and order.chain.number > 0
    told = event.exec_id is not None or event.order_id is not None
    return bool(order.requested(RequestKind.NEW)) and (is_leg or not told)


def total_qty(order: "Order", chain: Chain) -> Decimal | None:
    """Give what may be executed in all: the quantity wanted of the present leg, and what came beside it."""
    wanted = order.order_qty
    for request in order.pending:
        if request.by_cancel and not request.waiting:
            wanted = request.order_qty
    return None if wanted is None else wanted + chain.excess


def shown_qty(order: "Order", chain: Chain) -> Decimal | None:
    """Give the total that LeavesQty is told by: while a new leg is not acknowledged the terms before it hold.

    So OrderQty = CumQty + LeavesQty holds in Pending Replace (FIX 4.2, Appendix D, D6); exposure counts the greater.
    """
    if any(request.by_cancel and not request.waiting for request in order.pending):
        return order.order_qty
    return total_qty(order, chain)


def leg_canceled(order: "Order", event: "ev.LegCanceled") -> None:
    """The venue has carried out the first half: from now on it is a replace that it has seen."""
    chain = begun(order)
    chain.over, chain.excess = True, ZERO
    chain.proven = event.proven if event.proven is not None else chain.proven
    requests.answered(order, RequestKind.NEW)
    order.pending = [request for request in order.pending if request.kind is not RequestKind.CANCEL]
    for request in order.pending:
        request.seen = request.seen or request.by_cancel


def leg_opened(order: "Order", event: "ev.LegOpened") -> None:
    """The second half leaves: the order goes on under another ClOrdID, and awaits another OrderID."""
    chain = begun(order)
    for name in (order.cl_ord_id, order.order_id):
        if name is not None:
            chain.earlier[name] = chain.number
    chain.previous_base, chain.base_qty = chain.base_qty, event.base_qty
    chain.number, chain.over, chain.proven = chain.number + 1, False, None
    order.orig_cl_ord_id, order.cl_ord_id, order.order_id = order.cl_ord_id, event.cl_ord_id, None
    order.questions = order.looks = 0  # answers about the old leg say nothing of the new one
    order.complete = False
    replace = order.request(event.replace)
    if replace is None:
        return
    replace.waiting = False
    wanted = replace.order_qty
    order.pending.append(
        requests.Request(
            number=event.request,
            kind=RequestKind.NEW,
            cl_ord_id=event.cl_ord_id,
            since_ns=event.time_ns,
            price=replace.price,
            waiting=event.waiting,
            order_qty=None if wanted is None else wanted - event.base_qty,
        )
    )


# --- late executions of an earlier leg: they say nothing of the present one -----------------------------------------


def leg_filled(order: "Order", event: "ev.LegFilled") -> None:
    """Count a late fill; what the venue's total left out is news of that total too."""
    reported = order.reported_cum + event.excess
    fills.filled(order, event, answers=False)
    order.reported_cum = max(reported, order.cum_qty)
    chain = begun(order)
    chain.base_qty += event.excess
    chain.excess += event.excess


def leg_busted(order: "Order", event: "ev.LegBusted") -> None:
    """Take a fill back."""
    before = order.cum_qty
    fills.busted(order, event)
    begun(order).base_qty += order.cum_qty - before


def leg_corrected(order: "Order", event: "ev.LegCorrected") -> None:
    """Correct a fill."""
    before = order.cum_qty
    fills.corrected(order, event)
    begun(order).base_qty += order.cum_qty - before
