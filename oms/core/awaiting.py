"""Whose a report by an OrderID may be that nobody here knows: what has no acknowledgement yet, or was ended here."""

from decimal import Decimal

from oms.core.blotter import Blotter
from oms.core.endings import EndedHere, is_suspect
from oms.core.messages import ExecutionReport
from oms.core.order import Order
from oms.core.values import RequestKind


def awaits(blotter: Blotter, session: str, symbol: str | None, side: str | None) -> bool:
    """Say whether an order of this symbol and side has no acknowledgement yet, or may be there and is asked for."""
    if blotter.book(session).awaiting.get((symbol or "", side or "")):
        return True
    return any(order.questions for order in suspects(blotter, session, symbol, side))


def suspects(blotter: Blotter, session: str, symbol: str | None, side: str | None) -> list[Order]:
    """List what was ended here last without the venue's word, and has no OrderID."""
    orders = (blotter.orders.get(number) for number in blotter.book(session).ended_here)
    return [order for order in orders if order is not None and is_suspect(order, symbol, side)]


def alike(blotter: Blotter, session: str, shown: ExecutionReport | Order) -> list[Order]:
    """List the suspects that left with the terms of an order which nobody here knows."""
    return [
        order
        for order in suspects(blotter, session, shown.symbol, shown.side)
        if order.ended_here is not None and (shown.order_qty, shown.price) in _left(order.ended_here)
    ]


def _left(end: EndedHere) -> list[tuple[Decimal | None, Decimal | None]]:
    return [(each.order_qty, each.price) for each in end.open if each.kind is RequestKind.NEW]
