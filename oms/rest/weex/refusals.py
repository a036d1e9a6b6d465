"""What a refusal by WEEX means, by its words: the Trade API has texts and no codes.

The document says that an answer with `success` 0 is an error, and prints few of its texts. A request that moves
something counts as refused only where the text names a check that comes before anything is done; any other text
(`internal database error`) leaves the outcome unknown.
"""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Final

from oms.core.errors import OutcomeUnknown, VenueRefused
from oms.rest.keys import KeyRefused


class Reason(StrEnum):
    """Why the venue did not do it."""

    NONCE = "NONCE"
    KEY = "KEY"
    PERMISSION = "PERMISSION"
    METHOD = "METHOD"
    PAIR = "PAIR"
    PARAMETER = "PARAMETER"
    PRICE = "PRICE"
    AMOUNT = "AMOUNT"
    FUNDS = "FUNDS"
    ORDER_STATE = "ORDER_STATE"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    COUPON = "COUPON"
    EMPTY = "EMPTY"
    OTHER = "OTHER"


# The start of a text, in lower case, and what it says. The first that fits holds.
_TEXTS: Final[tuple[tuple[str, Reason], ...]] = (
    (r"invalid nonce", Reason.NONCE),
    (r"invalid (api )?key", Reason.KEY),
    (r"invalid sign", Reason.KEY),
    (r"api key not specified", Reason.KEY),
    (r"api key (don'?t|does ?n[o']?t) have ", Reason.PERMISSION),
    (r"(invalid|unknown) method", Reason.METHOD),
    (r"invalid pair", Reason.PAIR),
    (r"invalid (status|order status)", Reason.ORDER_STATE),
    (r"bad status", Reason.ORDER_STATE),
    (r"invalid order(_id)?\b", Reason.UNKNOWN_ORDER),
    (r"invalid coupon", Reason.COUPON),
    (r"invalid (parameter|amount|rate|coin|currency|address|mode|type)", Reason.PARAMETER),
    (r"you incorrectly entered one of fields", Reason.PARAMETER),
    (r"price per \S+ must be (greater|lower|less) than", Reason.PRICE),
    (r"value \S+ must be (greater|lower|less) than", Reason.AMOUNT),
    (r"(it is )?not enough ", Reason.FUNDS),
    (r"no (orders|trades|transactions|items)\b", Reason.EMPTY),
)
_TABLE: Final = tuple((re.compile(pattern), reason) for pattern, reason in _TEXTS)

PAST_THE_NONCE: Final = frozenset(
    {Reason.PRICE, Reason.AMOUNT, Reason.FUNDS, Reason.ORDER_STATE, Reason.UNKNOWN_ORDER, Reason.EMPTY}
)
"""Reasons found only by looking at the account or at the market: the request's nonce had been taken by then."""


class WeexRefused(VenueRefused):
    """Definitely not done, or, for a question, not answered: `reason` says why, `text` is the venue's own."""

    def __init__(self, method: str, reason: Reason, text: str) -> None:
        """Say which method was refused."""
        super().__init__(f"WEEX refused {method}: {text or 'without a text'}")
        self.method = method
        self.reason = reason
        self.text = text


class WeexKeyRefused(WeexRefused, KeyRefused):
    """Refused for the key: another one may do."""


class WeexInDoubt(OutcomeUnknown):
    """Sent under `nonce`, and the outcome is not known.

    Once the venue has accepted a later nonce of the same key, this request cannot start any more.
    """

    def __init__(self, message: str, nonce: int | None, *, cum_qty: Decimal | None = None) -> None:
        """Keep the number under which it left; None for a request without one. `cum_qty`: see `OutcomeUnknown`."""
        super().__init__(message)
        self.nonce = nonce
        self.cum_qty = cum_qty


def reason_of(text: str) -> Reason:
    """Read a refusal's text; OTHER for one that proves nothing."""
    lowered = text.strip().lower()
    for pattern, reason in _TABLE:
        if pattern.match(lowered):
            return reason
    return Reason.OTHER
