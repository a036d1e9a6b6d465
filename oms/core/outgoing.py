"""What the engine says to a venue about an order, and when an instruction repeats an earlier one."""

from decimal import Decimal
from typing import Final

from oms.core.events import Placed
from oms.core.inputs import Answer, PlaceOrder
from oms.core.messages import CancelOrder, NewOrder, ReplaceOrder, StatusRequest
from oms.core.order import Order, Request
from oms.core.values import OrdType, RequestKind, Side

_SAME: Final = (
    "symbol",
    "side",
    "ord_type",
    "time_in_force",
    "order_qty",
    "cash_order_qty",
    "price",
    "exchange",
)


def repeated(order: Order, command: PlaceOrder, session: str) -> Answer:
    """The same id with the same terms is the first order again; with others it is a conflict."""
    first = order.placed
    if first is not None and session == order.session:
        different = [name for name in _SAME if _asked(first, name) != getattr(command, name)]
        if not different:
            return Answer(order=order.number)
        told = f"client order id {command.client_order_id!r} was used with another {', '.join(different)}"
        return Answer(order=order.number, refusal="CONFLICT", field=different[0], text=told)
    told = f"client order id {command.client_order_id!r} was used on session {order.session}"
    return Answer(order=order.number, refusal="CONFLICT", field="session", text=told)


def _asked(first: Placed, name: str) -> object:
    """Give a term as it was asked for: it may have been rounded since."""
    before = {"order_qty": first.asked_qty, "price": first.asked_price}.get(name)
    return getattr(first, name) if before is None else before


def new_order(order: Order) -> NewOrder:
    """Say an order, or the present leg of one that is replaced as cancel-then-new."""
    leg = next(iter(order.requested(RequestKind.NEW)), None) if order.chain is not None else None
    return NewOrder(
        cl_ord_id=order.cl_ord_id or "",
        symbol=order.symbol,
        side=order.side,
        ord_type=order.ord_type,
        order_qty=order.order_qty if leg is None else leg.order_qty,
        cash_order_qty=order.cash_order_qty
        if order.ord_type == OrdType.MARKET and order.side == Side.BUY
        else None,
        price=order.price if leg is None else leg.price,
        time_in_force=order.time_in_force,
        account=order.account,
        exchange=order.exchange,
    )


def replace_order(order: Order, request: Request) -> ReplaceOrder:
    """Say a replace that leaves now."""
    return ReplaceOrder(
        cl_ord_id=request.cl_ord_id,
        orig_cl_ord_id=request.orig_cl_ord_id or "",
        symbol=order.symbol,
        side=order.side,
        ord_type=order.ord_type,
        order_qty=request.order_qty,
        price=request.price,
        time_in_force=order.time_in_force,
        account=order.account,
        exchange=order.exchange,
        order_id=order.order_id,
    )


def cancel_order(order: Order, request: Request) -> CancelOrder:
    """Say a cancel that leaves now."""
    return CancelOrder(
        cl_ord_id=request.cl_ord_id,
        orig_cl_ord_id=request.orig_cl_ord_id or "",
        symbol=order.symbol,
        side=order.side,
        order_qty=_qty_at_venue(order),
        account=order.account,
        exchange=order.exchange,
        order_id=order.order_id,
    )


def _qty_at_venue(order: Order) -> Decimal | None:
    """Give OrderQty as the venue knows it: that of the present leg, where there were others."""
    total = order.total_qty
    return total if total is None or order.chain is None else total - order.chain.base_qty


def status_request(order: Order) -> StatusRequest:
    """Ask how an order stands."""
    return StatusRequest(
        cl_ord_id=order.cl_ord_id or "",
        symbol=order.symbol,
        side=order.side,
        account=order.account,
        exchange=order.exchange,
        order_id=order.order_id,
    )
