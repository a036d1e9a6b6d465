"""What FIX asks for and how Apifiny's REST interface does it, in one table. A desk's symbol is the venue's own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from oms.core.messages import NewOrder
from oms.core.values import OrdType, Side, TimeInForce
from oms.rest.apifiny.orders import GTC, IOC, POST_ONLY, Terms
from oms.rest.refusal import Refusal

SIDES: Final[Mapping[str, str]] = MappingProxyType({Side.BUY: "BUY", Side.SELL: "SELL"})
SIDE_CODES: Final[Mapping[str, str]] = MappingProxyType({word: str(code) for code, word in SIDES.items()})
ORD_TYPES: Final[Mapping[str, str]] = MappingProxyType({OrdType.LIMIT: "LIMIT", OrdType.MARKET: "MARKET"})
# "Order Type": only these five take market orders.
MARKET_VENUES: Final = frozenset({"BINANCEUS", "COINBASEPRO", "HUOBI", "KUCOIN", "OKEX"})

# Every pair of OrdType and TimeInForce that the venue can do, and its own number ("Time In Force").
CAN: Final[Mapping[tuple[str, str], int]] = MappingProxyType(
    {
        (OrdType.LIMIT, TimeInForce.GTC): GTC,
        (OrdType.LIMIT, TimeInForce.IOC): IOC,
        (OrdType.LIMIT, TimeInForce.POST_ONLY): POST_ONLY,
        (OrdType.MARKET, TimeInForce.GTC): GTC,
        (OrdType.MARKET, TimeInForce.IOC): IOC,
    }
)
CANNOT: Final[Mapping[str, str]] = MappingProxyType(
    {
        TimeInForce.DAY: "no order ends with the day",
        TimeInForce.OPG: "there is no opening",
        TimeInForce.FOK: "no order is filled whole or not at all",
        TimeInForce.GTX: "there is no crossing session",
        TimeInForce.GTD: "temporarily not supported",
        TimeInForce.POST_ONLY: "a market order cannot rest",
    }
)


def terms_for(order: NewOrder) -> Terms | Refusal:
    """Turn an order into the venue's terms, or say what of it the venue cannot do."""
    refusal = _cannot(order) or (_unpriced(order) if order.ord_type == OrdType.LIMIT else _unsized(order))
    if refusal is not None:
        return refusal
    return Terms(
        symbol=order.symbol,
        order_side=SIDES[order.side],
        order_type=ORD_TYPES[order.ord_type],
        time_in_force=CAN[order.ord_type, order.time_in_force],
        limit_price=order.price,
        quantity=order.order_qty,
        total=order.cash_order_qty,
    )


def _cannot(order: NewOrder) -> Refusal | None:
    if order.exchange is None:
        return Refusal("EXCHANGE", "exchange", None, "the exchange behind Apifiny that the order is for")
    if order.side not in SIDES:
        return Refusal("SIDE", "side", order.side, "1 (buy) or 2 (sell)")
    if order.ord_type not in ORD_TYPES:
        return Refusal("ORD_TYPE", "ord_type", order.ord_type, "1 (market) or 2 (limit)")
    if (order.ord_type, order.time_in_force) not in CAN:
        reason = CANNOT.get(order.time_in_force, "there is no such time in force")
        able = sorted(str(tif) for kind, tif in CAN if kind == order.ord_type)
        limit = f"one of {', '.join(able)}: {reason} on Apifiny"
        return Refusal("TIME_IN_FORCE", "time_in_force", order.time_in_force, limit)
    return None


def _unpriced(order: NewOrder) -> Refusal | None:
    if order.price is None:
        return Refusal("PRICE", "price", None, "a price: it is a limit order")
    if order.order_qty is None or order.cash_order_qty is not None:
        what = "a quantity in base currency, and no cash_order_qty"
        return Refusal("ORDER_QTY", "order_qty", order.order_qty, what)
    return None


def _unsized(order: NewOrder) -> Refusal | None:
    if order.exchange not in MARKET_VENUES:
        what = f"one of {', '.join(sorted(MARKET_VENUES))}: no other takes market orders"
        return Refusal("EXCHANGE", "exchange", order.exchange, what)
    if order.price is not None:
        return Refusal("PRICE", "price", order.price, "left out: it is a market order")
    if order.side == Side.BUY and (order.cash_order_qty is None or order.order_qty is not None):
        what = "the amount of quote currency to spend, and no order_qty: so a market buy is sized"
        return Refusal("CASH_ORDER_QTY", "cash_order_qty", order.cash_order_qty, what)
    if order.side == Side.SELL and (order.order_qty is None or order.cash_order_qty is not None):
        what = "a quantity in base currency, and no cash_order_qty"
        return Refusal("ORDER_QTY", "order_qty", order.order_qty, what)
    return None
