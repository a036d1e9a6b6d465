"""What the venue refuses, in the words that the clients of this API family know.

The document gives two of them ("invalid nonce ..." by its rules, "invalid status" in its sample of CancelOrders); the
others are those that clients written for the venue look for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oms.sim.terms import Side

if TYPE_CHECKING:
    from decimal import Decimal

    from oms.sim.weex.market import Pair

NO_KEY = "api key not specified"
UNKNOWN_KEY = "invalid api key"
WRONG_SIGN = "invalid sign"
UNKNOWN_METHOD = "invalid method"
INVALID_PAIR = "invalid parameter: pair"
INVALID_RATE = "invalid parameter: rate"
INVALID_AMOUNT = "invalid parameter: amount"
INVALID_COIN = "invalid parameter: coinName"
INVALID_TYPE = "invalid parameter: type"
INVALID_MODE = "invalid parameter: mode"
INVALID_SORTING = "invalid parameter: order"
INVALID_ADDRESS = "invalid parameter: address"
INVALID_ORDER = "invalid order"
INVALID_STATUS = "invalid status"
INVALID_COUPON = "invalid coupon"
NO_ADDRESS = "address has not been generated yet"
NO_ORDERS, NO_TRADES, NO_TRANSACTIONS = "no orders", "no trades", "no transactions"
UNAVAILABLE = "external service unavailable"


class Refused(Exception):  # noqa: N818 - an answer, not an error of ours
    """The venue does not do it; the text is its answer."""


def invalid(parameter: str) -> Refused:
    """A parameter that is missing or cannot be understood."""
    return Refused(f"invalid parameter: {parameter}")


def no_permission(right: str) -> Refused:
    """A key without the privilege that the method needs."""
    return Refused(f"api key dont have {right} permission")


def not_enough(currency: str, side: Side) -> Refused:
    """An order that the account cannot pay."""
    return Refused(f"It is not enough {currency.upper()} for {'purchase' if side is Side.BUY else 'sell'}")


def not_enough_for(currency: str, purpose: str) -> Refused:
    """A withdrawal or coupon that the account cannot pay."""
    return Refused(f"It is not enough {currency.upper()} for {purpose}")


def below_minimum(pair: Pair) -> Refused:
    """An order that is too small."""
    currency = pair.base.upper()
    return Refused(f"Value {currency} must be greater than {pair.min_amount:f} {currency}.")


def outside_price_range(pair: Pair, rate: Decimal) -> Refused:
    """An order whose rate the pair does not take."""
    low = rate < pair.min_price
    limit = pair.min_price if low else pair.max_price
    word = "greater" if low else "lower"
    return Refused(f"Price per {pair.base.upper()} must be {word} than {limit:f} {pair.quote.upper()}.")


def wrong_nonce(*, on_key: int, sent: str, long: bool) -> Refused:
    """A nonce that does not grow; some servers leave the third part out."""
    text = f"invalid nonce parameter; on key:{on_key}, you sent:'{sent}'"
    return Refused(f"{text}, you should send:{on_key + 1}" if long else text)
