"""Orders as queries and streams show them: what a snapshot means, its fills and its state together."""

from typing import Final

from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.legs import acceptance, opened
from oms.core.messages import Anomaly, ExecutionReport, OrderSnapshot
from oms.core.order import Order
from oms.core.reconcile import interpret, is_of_another
from oms.core.reopening import contradiction, reopening
from oms.core.snapshots import is_of_earlier_leg, listed_fills
from oms.core.values import ENDED, ZERO, OrdStatus, Phase, RequestKind


def take_in(
    blotter: Blotter, order: Order, snapshot: OrderSnapshot, now_ns: int
) -> tuple[tuple[ev.Event, ...], Anomaly | None]:
    """Apply what a snapshot means for its order: that it was taken on, then its fills, then its state.

    Returns:
        The events, applied already, and the first anomaly if it is not on record.

    """
    report = snapshot.report
    shown = None if is_of_another(order, report) or not report.readable else reopening(order, report)
    if shown is not None:
        wrong = contradiction(order, shown, report)
        blotter.apply(shown)
        events, anomaly = take_in(blotter, order, snapshot, now_ns)
        return (shown, *events), wrong or anomaly
    taken = _acceptance(order, snapshot)
    blotter.apply_all(taken)
    fills = listed_fills(order, snapshot)
    blotter.apply_all(fills.events)
    state = interpret(order, snapshot.report, now_ns)
    blotter.apply_all(state.events)
    lost = _lost_cancels(order, report)
    blotter.apply_all(lost)
    return (*taken, *fills.events, *state.events, *lost), news(order, fills.anomaly or state.anomaly)


def _acceptance(order: Order, snapshot: OrderSnapshot) -> tuple[ev.Event, ...]:
    """Fills prove that the venue took the order on: its OrderID, or the terms of a new leg, come before them.

    That the venue had the leg before, and had not decided, is not yet that it took it on.
    """
    report, leg = snapshot.report, opened(order)
    known = leg is None and (order.order_id is not None or report.order_id is None)
    if known or order.phase in ENDED or not snapshot.fills or is_of_another(order, report):
        return ()
    late = order.chain is not None and is_of_earlier_leg(order.chain, report)
    order_id = report.order_id if order.order_id is None else None
    return () if late or not report.readable else (acceptance(order, order_id),)


def _lost_cancels(order: Order, report: ExecutionReport) -> tuple[ev.Event, ...]:
    """End the cancels that the venue has acknowledged, and that came too late: it shows the order filled.

    Over FIX a cancel reject ends them (D5); who is only asked sends none.
    """
    if report.ord_status != OrdStatus.FILLED or not order.is_spent:
        return ()
    return tuple(
        ev.RequestDropped(order=order.number, request=request.number, reason="the order is filled")
        for request in order.requested(RequestKind.CANCEL)
        if request.seen
    )


def is_overtaken(order: Order, report: ExecutionReport, request_number: int) -> bool:
    """Whether the answer to a request tells nothing: since it was sent, other evidence has answered the request.

    Ends are told whenever they come, and so are an OrderID and a total that are not known yet. Of an order that is
    held for one which never was there, any answer is news.
    """
    if report.ord_status not in _ON_THE_WAY or order.request(request_number) is not None:
        return False
    if order.phase in (Phase.REJECTED, Phase.DENIED) or order.absent:
        return False
    is_tied = order.order_id is not None or report.order_id is None
    base = order.chain.base_qty if order.chain is not None else ZERO
    return is_tied and (report.cum_qty or ZERO) + base <= order.reported_cum


_ON_THE_WAY: Final = (
    OrdStatus.PENDING_NEW,
    OrdStatus.NEW,
    OrdStatus.PARTIALLY_FILLED,
    OrdStatus.PENDING_CANCEL,
)


def news(order: Order, anomaly: Anomaly | None) -> Anomaly | None:
    """Drop an anomaly that is on record as the order's last: the same question has the same answer for long."""
    if anomaly is not None and order.last_anomaly == f"{anomaly.code}: {anomaly.text}":
        return None
    return anomaly
