"""What FIX asks for and how a Cloud API exchange does it; one table, and one place for the spelling of symbols.

A desk's symbol is the venue's own spelling: `btcusdt`.
"""

from decimal import Decimal
from typing import Final, Literal

from oms.core.messages import NewOrder
from oms.core.values import OrdStatus, OrdType, Side, TimeInForce
from oms.rest.cloud.models import Kind, PlaceRequest, State
from oms.rest.refusal import Refusal

# (side, OrdType, TimeInForce) of every kind of order that there is. A market order executes at once or not at all, so
# that "good till canceled" and "immediate or cancel" are the same there.
KINDS: Final[dict[tuple[str, str, str], Kind]] = {
    (Side.BUY, OrdType.LIMIT, TimeInForce.GTC): "buy-limit",
    (Side.SELL, OrdType.LIMIT, TimeInForce.GTC): "sell-limit",
    (Side.BUY, OrdType.LIMIT, TimeInForce.IOC): "buy-ioc",
    (Side.SELL, OrdType.LIMIT, TimeInForce.IOC): "sell-ioc",
    (Side.BUY, OrdType.LIMIT, TimeInForce.POST_ONLY): "buy-limit-maker",
    (Side.SELL, OrdType.LIMIT, TimeInForce.POST_ONLY): "sell-limit-maker",
    (Side.BUY, OrdType.MARKET, TimeInForce.IOC): "buy-market",
    (Side.SELL, OrdType.MARKET, TimeInForce.IOC): "sell-market",
    (Side.BUY, OrdType.MARKET, TimeInForce.GTC): "buy-market",
    (Side.SELL, OrdType.MARKET, TimeInForce.GTC): "sell-market",
}
CANNOT: Final[dict[str, str]] = {
    TimeInForce.DAY: "no order ends with the day",
    TimeInForce.OPG: "there is no opening",
    TimeInForce.FOK: "no order is filled whole or not at all",
    TimeInForce.GTX: "there is no crossing session",
    TimeInForce.GTD: "no order ends at a time",
    TimeInForce.POST_ONLY: "a market order always trades at once",
}

# State of an order (API Reference, order details and openOrders). A submitted order of which something was executed
# already is partially filled.
STATES: Final[dict[State, OrdStatus]] = {
    "pre-submitted": OrdStatus.PENDING_NEW,
    "submitting": OrdStatus.PENDING_NEW,
    "submitted": OrdStatus.NEW,
    "partial-filled": OrdStatus.PARTIALLY_FILLED,
    "cancelling": OrdStatus.PENDING_CANCEL,
    "partial-canceled": OrdStatus.CANCELED,
    "filled": OrdStatus.FILLED,
    "canceled": OrdStatus.CANCELED,
}
ENDS: Final[frozenset[State]] = frozenset({"partial-canceled", "filled", "canceled"})
MARKETS: Final[frozenset[Kind]] = frozenset({"buy-market", "sell-market"})


TIMES_IN_FORCE: Final = frozenset(str(time_in_force) for _, _, time_in_force in KINDS)
SYMBOL_FORM: Final = "btcusdt"  # one of oms.core.risk.SYMBOL_FORMS


def venue_symbol(symbol: str) -> str:
    """Spell a desk's symbol as the venue does."""
    return symbol


def desk_symbol(symbol: str) -> str:
    """Spell a venue's symbol as the desk does."""
    return symbol


def side_of(kind: Kind) -> str:
    """Read the side that an order's type begins with."""
    return str(Side.BUY if kind.startswith("buy-") else Side.SELL)


def request_for(
    order: NewOrder, account_id: int, source: Literal["api", "margin-api"] = "api"
) -> PlaceRequest | Refusal:
    """Turn an order into the venue's request, or say what of it the venue cannot do.

    Args:
        order: what the desk wants.
        account_id: the venue's account.
        source: `margin-api` where that is a margin account.

    """
    kind = KINDS.get((order.side, order.ord_type, order.time_in_force))
    if kind is None:
        return _unknown_kind(order)
    amount = order.cash_order_qty if kind == "buy-market" else order.order_qty
    refusal = _check_amounts(order, kind, amount)
    if refusal is not None or amount is None:
        return refusal or Refusal("ORDER_QTY", "order_qty", None, "a quantity")
    symbol = venue_symbol(order.symbol)
    return PlaceRequest(
        account_id=account_id, symbol=symbol, type=kind, amount=amount, price=order.price, source=source
    )


def _unknown_kind(order: NewOrder) -> Refusal:
    if order.side not in {Side.BUY, Side.SELL}:
        return Refusal("SIDE", "side", order.side, "1 (buy) or 2 (sell)")
    if order.ord_type not in {OrdType.LIMIT, OrdType.MARKET}:
        return Refusal("ORD_TYPE", "ord_type", order.ord_type, "1 (market) or 2 (limit)")
    reason = CANNOT.get(order.time_in_force, "there is no such kind of order")
    market = order.ord_type == OrdType.MARKET
    allowed = "1 (GTC) or 3 (IOC)" if market else "1 (GTC), 3 (IOC) or 7 (post-only)"
    return Refusal(
        "TIME_IN_FORCE", "time_in_force", order.time_in_force, f"{allowed}: {reason} on this venue"
    )


def _check_amounts(order: NewOrder, kind: Kind, amount: Decimal | None) -> Refusal | None:
    market = kind in MARKETS
    if market and order.price is not None:
        return Refusal("PRICE", "price", order.price, "missing: a market order has no price on this venue")
    if not market and order.price is None:
        return Refusal("PRICE", "price", None, "a price")
    if kind == "buy-market":
        if amount is None or order.order_qty is not None:
            what = "an amount in quote currency, and no order_qty: that sizes a market buy on this venue"
            return Refusal("CASH_ORDER_QTY", "cash_order_qty", amount, what)
    elif amount is None or order.cash_order_qty is not None:
        what = "a quantity in base currency, and no cash_order_qty"
        return Refusal("ORDER_QTY", "order_qty", amount, what)
    return None
