"""What the venue refuses over REST: its codes as decimal numbers, with its own words ("Error Codes").

Some decimal numbers stand for several texts in the document: the text says which.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from oms.sim.rules import NOT_ENOUGH, REPEATED_ID, WRONG_ID
from oms.sim.standing import ACCOUNT_STATUS, CLOSED

if TYPE_CHECKING:
    from oms.sim.terms import Rejected

Code = tuple[int, str]

BAD_REQUEST: Code = (65562, "general request error, please check if the parameters in request are correct.")
SERVER_ERROR: Code = (65579, "general server side error, retry or contact customer service.")
BUSY: Code = (65595, "server busy please wait")
TOO_OFTEN: Code = (131114, "Request too often, please try later")
NO_ACCOUNT: Code = (131115, "Account doesn't exist, please verify account ID")
WRONG_STATUS: Code = (131162, ACCOUNT_STATUS)
TOKEN_ERROR: Code = (196634, "token error")
NO_ADDRESS: Code = (262170, "withdraw address not exist")
UNKNOWN_SYMBOL: Code = (262202, "Util_Unknown_Symbol")
UNKNOWN_CURRENCY: Code = (262218, "Util_Unknown_Currency")
UNKNOWN_COIN: Code = (262266, "Util_Unknown_Coin")
NEW_ORDER_FAILURE: Code = (327723, "New order failure,retry or contact customer service.")
NO_ORDER: Code = (327738, "Order doesn't exist, please change order ID.")
MAINTENANCE: Code = (327741, CLOSED)
CANCEL_ERROR: Code = (327755, "cancel order error, need to contact customer service.")
ORDER_TIMEOUT: Code = (327786, "timeout for new order or other request, please wait and retry.")
ORDER_SIDE: Code = (327786, "orderSide parameter error")
ID_REPEATED: Code = (327802, "order id repeat")
NOT_CANCELABLE: Code = (
    327802,
    "cannot cancel order under current order status, need confirm order status and retry or abandon request.",
)
CANCEL_TIMEOUT: Code = (327818, "timeout for cancel order operation, need wait and retry.")
WRONG_ORDER_ID: Code = (327978, "order id rule error")
STILL_PENDING: Code = (
    328026,
    (
        "order cannot be cancelled when in Pending_Submit status,please wait for status changed to submitted to "
        "cancel order.( if order status is still pending submit after 10 minutes, please contact customer service. )"
    ),
)
WRONG_TICKET: Code = (393242, "withdraw ticket error, please check or create a withdraw ticket first.")
NOT_ENOUGH_ASSET: Code = (393258, NOT_ENOUGH)
SIGNATURE_ERROR: Code = (2097162, "Signature Error")
NO_PERMISSION: Code = (2097163, "Permission denied. Invalid API-key or permissions for action. key")
NO_MARKET: Code = (2097178, "No matching market")

_BY_TEXT = {
    NOT_ENOUGH: NOT_ENOUGH_ASSET,
    REPEATED_ID: ID_REPEATED,
    WRONG_ID: WRONG_ORDER_ID,
    "No matching market": NO_MARKET,
    "Util_Unknown_Symbol": UNKNOWN_SYMBOL,
}


class Problem(Exception):  # noqa: N818 - it is told as an answer
    """A request that is not done; `error` is what the client is told."""

    def __init__(self, code: Code, detail: str = "") -> None:
        """Add a detail behind the venue's own words."""
        number, text = code
        # The detail may repeat what the client sent, which may be no text at all.
        detail = detail.encode("utf-8", "replace").decode()
        self.error = {"code": number, "message": f"{text}: {detail}" if detail else text}
        super().__init__(self.error["message"])


def of_rejection(event: Rejected) -> Problem:
    """Return the problem of an order that breaks a rule."""
    for text, code in _BY_TEXT.items():
        if event.text.startswith(text):
            return Problem(code)
    # The rules name FIX fields as Price(44): the numbers mean nothing here.
    return Problem(BAD_REQUEST, re.sub(r"\([0-9]+\)", "", event.text))
