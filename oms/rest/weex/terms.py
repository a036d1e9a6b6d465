"""What FIX asks for and how WEEX does it; one table, and one place for the spelling of symbols.

A desk's symbol is the venue's own spelling of the pair: `btc_usd`.
"""

from typing import Final

from oms.core.messages import NewOrder
from oms.core.values import OrdStatus, OrdType, Side, TimeInForce
from oms.rest.refusal import Refusal
from oms.rest.weex.client import TradeRequest
from oms.rest.weex.models import TradeSide

SIDES: Final[dict[str, TradeSide]] = {Side.BUY: "buy", Side.SELL: "sell"}
SIDE_CODES: Final[dict[str, str]] = {word: str(code) for code, word in SIDES.items()}

# OrderInfo's status (Trade API v1, OrderInfo). An active order with fewer than it began with is partially filled.
STATUSES: Final[dict[int, OrdStatus]] = {
    0: OrdStatus.NEW,
    1: OrdStatus.FILLED,
    2: OrdStatus.CANCELED,
    3: OrdStatus.CANCELED,
}

# Every pair of OrdType and TimeInForce that the venue can do; what is missing, with its reason, stands below. A market
# order is a limit order whose rate is the worst that the desk takes ("you can emulate market orders using rate
# parameters"): the rest of it would stay in the book, so it is good till canceled like every other.
CAN: Final[frozenset[tuple[str, str]]] = frozenset(
    {(OrdType.LIMIT, TimeInForce.GTC), (OrdType.MARKET, TimeInForce.GTC)}
)
CANNOT: Final[dict[str, str]] = {
    TimeInForce.DAY: "no order ends with the day",
    TimeInForce.OPG: "there is no opening",
    TimeInForce.IOC: "no order is canceled at once; it would rest",
    TimeInForce.FOK: "no order is filled whole or not at all",
    TimeInForce.GTX: "there is no crossing session",
    TimeInForce.GTD: "no order ends at a time",
    TimeInForce.POST_ONLY: "no order is refused because it would trade at once",
}


TIMES_IN_FORCE: Final = frozenset(str(time_in_force) for _, time_in_force in CAN)
SYMBOL_FORM: Final = "btc_usd"  # one of oms.core.risk.SYMBOL_FORMS


def pair_of(symbol: str) -> str:
    """Spell a desk's symbol as the venue does."""
    return symbol


def symbol_of(pair: str) -> str:
    """Spell a venue's pair as the desk does."""
    return pair


def request_for(order: NewOrder) -> TradeRequest | Refusal:
    """Turn an order into the venue's request, or say what of it the venue cannot do."""
    refusal = _refusal(order)
    if refusal is not None:
        return refusal
    return TradeRequest(
        pair=pair_of(order.symbol), type=SIDES[order.side], rate=order.price, amount=order.order_qty
    )


def _refusal(order: NewOrder) -> Refusal | None:
    if order.side not in SIDES:
        return Refusal("SIDE", "side", order.side, "1 (buy) or 2 (sell)")
    if order.ord_type not in {OrdType.LIMIT, OrdType.MARKET}:
        return Refusal("ORD_TYPE", "ord_type", order.ord_type, "1 (market) or 2 (limit)")
    if (order.ord_type, order.time_in_force) not in CAN:
        reason = CANNOT.get(order.time_in_force, "there is no such kind of order")
        return Refusal("TIME_IN_FORCE", "time_in_force", order.time_in_force, f"1 (GTC): {reason} on WEEX")
    if order.price is None:
        what = "the worst price the desk takes: WEEX has market orders only as limit orders"
        return Refusal("PRICE", "price", None, what if order.ord_type == OrdType.MARKET else "a price")
    if order.order_qty is None or order.cash_order_qty is not None:
        return Refusal(
            "ORDER_QTY", "order_qty", order.order_qty, "a quantity in base currency, and no cash_order_qty"
        )
    return None
