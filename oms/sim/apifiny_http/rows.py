"""Orders and fills as the document's samples print them, field by field."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oms.sim.apifiny_http.fields import ms, sub_account
from oms.sim.rules import BY_SYMBOL
from oms.sim.terms import ROUGH, OrdType, Side, Status

if TYPE_CHECKING:
    from datetime import datetime

    from oms.sim.history import Change, Entry
    from oms.sim.terms import Filled, OrderView

Row = dict[str, Any]

ZERO = Decimal(0)
AVERAGE_STEP = Decimal("0.00000001")
SIDES = {Side.BUY: "BUY", Side.SELL: "SELL"}
ORDER_TYPES = {OrdType.LIMIT.value: "LIMIT", OrdType.MARKET.value: "MARKET"}
PENDING_SUBMIT, SUBMITTED, PART_FILLED = "PENDING_SUBMIT", "SUBMITTED", "PART_FILLED"
FILLED, CANCELLED, REJECTED = "FILLED", "CANCELLED", "REJECTED"


def order_status(entry: Entry) -> str:
    """Return the venue's word: PART_FILLED is "final status", a part-filled order that works is SUBMITTED."""
    if entry.pending:
        return PENDING_SUBMIT
    match entry.order.status:
        case Status.FILLED:
            return FILLED
        case Status.REJECTED:
            return REJECTED
        case Status.CANCELED:
            return PART_FILLED if entry.order.cum_qty else CANCELLED
        case _:
            return SUBMITTED


def order_row(entry: Entry) -> Row:
    """Return an order: "Create New Order", Response."""
    order = entry.order
    row = {
        "accountId": sub_account(order.account, order.venue),
        "venue": order.venue,
        "orderId": order.cl_ord_id,
        "symbol": order.symbol,
        "orderType": _order_type(order),
        "orderSide": SIDES[order.side],
        # "limit price, not available for market order"
        "limitPrice": order.price,
        "quantity": order.qty,
        "filledAveragePrice": _average(order),
        "filledCumulativeQuantity": order.cum_qty,
        "timeInForce": _time_in_force(order),
        "openQuantity": _open(entry),
        "orderStatus": order_status(entry),
        "createdAt": ms(entry.created_at),
        "updatedAt": ms(entry.updated_at),
        "cancelledUpdatedAt": _ms(entry.canceled_at),
        "filledUpdatedAt": _ms(entry.filled_at),
    }
    if order.ord_type == OrdType.MARKET:
        del row["limitPrice"]
    return row


def fill_row(change: Change, fill: Filled) -> Row:
    """Return a fill: "Query Order Fills", Response. Its totals are 0 there, even of a filled order."""
    order = change.entry.order
    return {
        "accountId": sub_account(order.account, order.venue),
        "venue": order.venue,
        "orderId": order.cl_ord_id,
        "symbol": order.symbol,
        "orderType": _order_type(order),
        "timeInForce": _time_in_force(order),
        "orderSide": SIDES[order.side],
        "limitPrice": order.price,
        "quantity": order.qty,
        "filledAveragePrice": ZERO,
        "filledCumulativeQuantity": ZERO,
        "openQuantity": _open(change.entry),
        "orderStatus": order_status(change.entry),
        "createdAt": ms(change.entry.created_at),
        "updatedAt": ms(change.at),
        "cancelledUpdatedAt": None,
        "filledUpdatedAt": None,
        "lastCommission": fill.fee,
        "lastCommissionCurrency": _quote(order),
        "lastFilledQuantity": fill.last_qty,
        "lastFilledPrice": fill.last_px,
        "isTaker": fill.taker,
    }


def change_row(change: Change) -> Row:
    """Return one message of the order stream: "Order Status Push Notice"."""
    order, fill = change.entry.order, change.fill
    payload = order_row(change.entry) | {
        "limitPrice": order.price,
        "lastFilledQuantity": fill.last_qty if fill else None,
        "lastFilledPrice": fill.last_px if fill else None,
        "lastFilledCreatedAt": ms(change.at) if fill else None,
        "lastCommission": fill.fee if fill else None,
        "lastCommissionCurrency": _quote(order) if fill else None,
        "isTaker": fill.taker if fill else None,
    }
    return {"logTimestamp": ms(change.at), "payload": payload}


def _order_type(order: OrderView) -> str:
    return ORDER_TYPES.get(order.ord_type, order.ord_type)


def _time_in_force(order: OrderView) -> object:
    return int(order.tif) if order.tif.isdecimal() else order.tif


def _open(entry: Entry) -> Decimal | None:
    return entry.order.leaves_qty


def _average(order: OrderView) -> Decimal:
    if not order.cum_qty:
        return ZERO
    return ROUGH.quantize(ROUGH.divide(order.notional, order.cum_qty), AVERAGE_STEP)


def _quote(order: OrderView) -> str | None:
    instrument = BY_SYMBOL.get(order.symbol)
    return instrument.quote if instrument else None


def _ms(at: datetime | None) -> int | None:
    return None if at is None else ms(at)
