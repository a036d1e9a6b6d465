"""The rules of a pair (public API v3, info), checked before an order leaves."""

from collections.abc import Mapping
from decimal import Decimal

from oms.core.messages import NewOrder
from oms.core.values import decimal_places, format_decimal
from oms.rest.refusal import NotTakenError, Refusal
from oms.rest.weex.client import TradeRequest
from oms.rest.weex.models import Pair
from oms.rest.weex.terms import request_for

_PER_CENT = Decimal("0.01")


def request_of(message: NewOrder, pairs: Mapping[str, Pair]) -> TradeRequest:
    """Say an order in the venue's words; `pairs` as for `check`, empty while they are not known.

    Raises:
        NotTakenError: why the venue would not take it; then nothing is sent.

    """
    request = request_for(message)
    if isinstance(request, Refusal):
        raise NotTakenError(request)
    refusal = check(request, pairs) if pairs else None
    if refusal is not None:
        raise NotTakenError(refusal)
    return request


def check(request: TradeRequest, pairs: Mapping[str, Pair]) -> Refusal | None:
    """Give the first reason why the venue would refuse an order, or None.

    Args:
        request: what is to be sent.
        pairs: the rules of all pairs, as the venue gives them.

    """
    refusal = check_pair(request.pair, pairs)
    if refusal is not None:
        return refusal
    pair = pairs[request.pair]
    return _check_rate(request.rate, pair) or _check_amount(request.amount, pair)


def check_pair(name: str, pairs: Mapping[str, Pair]) -> Refusal | None:
    """Say why the venue would take no order at all of a pair, or nothing; what to pass is as for `check`."""
    pair = pairs.get(name)
    if pair is None:
        return Refusal("UNKNOWN_SYMBOL", "symbol", name, "a pair of this venue")
    if pair.hidden:
        return Refusal("HIDDEN_SYMBOL", "symbol", name, "a pair that is not hidden: this one is closed")
    return None


def _check_rate(rate: Decimal | None, pair: Pair) -> Refusal | None:
    if rate is None:
        return Refusal("PRICE", "price", rate, "a price")
    if rate < pair.min_price:
        return Refusal("MIN_PRICE", "price", rate, f"at least {format_decimal(pair.min_price)}")
    if pair.max_price and rate > pair.max_price:  # 0 stands for none
        return Refusal("MAX_PRICE", "price", rate, f"at most {format_decimal(pair.max_price)}")
    if decimal_places(rate) > pair.decimal_places:
        return Refusal("PRICE_DECIMALS", "price", rate, f"of at most {pair.decimal_places} decimals")
    return None


def _check_amount(amount: Decimal | None, pair: Pair) -> Refusal | None:
    if amount is None:
        return Refusal("ORDER_QTY", "order_qty", amount, "a quantity")
    if amount <= 0 or amount < pair.min_amount:
        return Refusal("MIN_QTY", "order_qty", amount, f"at least {format_decimal(pair.min_amount)}")
    return None


def fee_rate(pair: Pair) -> Decimal:
    """Give the fee as a share of what is traded: 0.002 for the 0.2 per cent that the venue prints as 0.2."""
    return pair.fee * _PER_CENT
