"""What a refusal means, by its err-code.

The document prints few codes. A request that moves something counts as refused only where the code names a check that
comes before anything is done; any other code (`gateway-internal-error`, `order-update-error`) leaves the outcome
unknown.
"""

import re
from enum import StrEnum
from typing import Final

from oms.core.errors import VenueRefused
from oms.rest.keys import KeyRefused


class Reason(StrEnum):
    """Why the venue did not do it."""

    KEY = "KEY"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    ORDER_STATE = "ORDER_STATE"
    FUNDS = "FUNDS"
    PRICE = "PRICE"
    AMOUNT = "AMOUNT"
    PARAMETER = "PARAMETER"
    OTHER = "OTHER"


# The first that fits the whole code holds.
_CODES: Final[tuple[tuple[str, Reason], ...]] = (
    (r"api-(signature|key|not-support)[a-z-]*|login-required|invalid-(access-)?key", Reason.KEY),
    (r"base-record-invalid|base-not-found|order-queryorder-invalid|(order-)?not-found", Reason.UNKNOWN_ORDER),
    (r"order-orderstate-error|dw-withdraw-state-error|invalid-status", Reason.ORDER_STATE),
    (
        r"[a-z-]*balance-insufficient[a-z-]*|order-accountbalance-error|[a-z-]*insufficient-balance",
        Reason.FUNDS,
    ),
    (r"order-(limitorder|marketorder|order)-?price[a-z-]*-error", Reason.PRICE),
    (r"order-(limitorder|marketorder|order)-?amount[a-z-]*-error|invalid-amount", Reason.AMOUNT),
    (r"order-value-(min|max)-error|loan-([a-z]+-)?amount-([a-z]+-)?error", Reason.AMOUNT),
    (r"invalid-[a-z-]+|bad-(request|argument)", Reason.PARAMETER),
    (r"base-(symbol|currency|date|argument)[a-z-]*-error|validation-[a-z-]+", Reason.PARAMETER),
    (r"account-(type|get-accounts-inexistent)-error", Reason.PARAMETER),
)
_TABLE: Final = tuple((re.compile(pattern), reason) for pattern, reason in _CODES)


class CloudRefused(VenueRefused):
    """Definitely not done, or, for a question, not answered: `code` and `text` are the venue's own."""

    def __init__(self, what: str, code: str, text: str) -> None:
        """Say what was refused."""
        super().__init__(f"Cloud API refused {what}: {code or 'no code'}: {text or 'without a text'}")
        self.code = code
        self.text = text
        self.reason = reason_of(code)


class CloudKeyRefused(CloudRefused, KeyRefused):
    """Refused for the key: another one may do."""


def reason_of(code: str) -> Reason:
    """Read an err-code; OTHER for one that proves nothing."""
    for pattern, reason in _TABLE:
        if pattern.fullmatch(code):
            return reason
    return Reason.OTHER
