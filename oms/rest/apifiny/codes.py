"""Apifiny's error codes: every row of its table "Apifiny Connect Status/Error Codes", and what it means to us.

The last digit tells whose fault it was (A the client's, B the server's); what the server failed at may still have been
done. Decimal and hexadecimal forms disagree in five rows, and one pair occurs twice. So a code that is sent stands for
every row that prints it in either form; the text sent with it picks one of them; without, the most cautious counts.
"""

from enum import IntEnum
from typing import Final

from msgspec import Struct


class Verdict(IntEnum):
    """What a code says of a request that could have changed something. The higher, the more cautious."""

    REFUSED = 0  # definitely not done
    STOP = 1  # definitely not done, and nothing else will be: leave the venue alone
    RETRY = 2  # the server's trouble: a read may be asked again, anything else is in doubt
    IN_DOUBT = 3  # whether it was done is not known


class Code(Struct, frozen=True):
    """A row of the table: its forms as printed, our name for it, its meaning, and its text as printed."""

    hexadecimal: str
    decimal: int
    name: str
    verdict: Verdict
    text: str


_REFUSED: Final = Verdict.REFUSED
_STOP: Final = Verdict.STOP
_RETRY: Final = Verdict.RETRY
_IN_DOUBT: Final = Verdict.IN_DOUBT

# A duplicate id or key is in doubt and not refused: an order or transfer of that id exists.
CODES: Final = (
    Code("0x01000C", 65548, "COMMON_ERROR", _IN_DOUBT, "common error"),
    Code(
        "0x01001A",
        65562,
        "GENERAL_REQUEST_ERROR",
        _REFUSED,
        "general request error, please check if the parameters in request are correct.",
    ),
    Code(
        "0x01002B",
        65579,
        "GENERAL_SERVER_ERROR",
        _RETRY,
        "general server side error, retry or contact customer service.",
    ),
    Code("0x01003B", 65595, "SERVER_BUSY", _RETRY, "server busy please wait"),
    Code("0x01007A", 65658, "IP_NOT_WHITELISTED", _STOP, "IP is not in the whitelist"),
    Code("0x02001A", 131098, "ACCOUNT_SESSION_STOPPED", _STOP, "Account_SessionStopped"),
    Code("0x02001B", 131099, "CREATE_ACCOUNT_ERROR", _IN_DOUBT, "create account error"),
    Code("0x02002A", 131114, "REQUEST_TOO_OFTEN", _REFUSED, "Request too often, please try later"),
    Code(
        "0x02002B",
        131115,
        "ACCOUNT_UNKNOWN",
        _IN_DOUBT,
        "Account doesn't exist, please verify account ID.",
    ),
    Code(
        "0x02003A",
        131130,
        "NOT_PERMITTED",
        _STOP,
        "Sorry, you are not permitted to use this service, please contact your business manager.",
    ),
    Code(
        "0x02005A",
        131162,
        "ACCOUNT_STATUS",
        _REFUSED,
        "Account status doesn't satisfy request, please verify account status.",
    ),
    Code(
        "0x02006A",
        131178,
        "DUPLICATE_PRIMARY_KEY",
        _IN_DOUBT,
        "SQL execution error, duplicate primary key",
    ),
    Code("0x03001A", 196634, "TOKEN_ERROR", _REFUSED, "token error"),
    Code("0x03002A", 196650, "SESSION_ERROR", _REFUSED, "session error"),
    Code("0x03003A", 196666, "SESSION_EXTENSION_ERROR", _REFUSED, "session extension validation Error"),
    Code("0x03004A", 196682, "SSO_TOKEN_ERROR", _REFUSED, "sso token error"),
    Code("0x03005A", 196698, "SESSION_TYPE_ERROR", _REFUSED, "session type error"),
    Code("0x04001A", 262170, "WITHDRAW_ADDRESS_UNKNOWN", _REFUSED, "withdraw address not exist"),
    Code(
        "0x04002A",
        262186,
        "WITHDRAW_ADDRESS_LIMIT",
        _REFUSED,
        "the number of withdraw addresses rearches limit",
    ),
    Code("0x04003A", 262202, "SYMBOL_UNKNOWN", _REFUSED, "Util_Unknown_Symbol"),
    Code("0x04004A", 262218, "CURRENCY_UNKNOWN", _REFUSED, "Util_Unknown_Currency"),
    Code("0x04006A", 262250, "COIN_TYPE_UNKNOWN", _REFUSED, "Util_Unknown_CoinType"),
    Code("0x04007A", 262266, "COIN_UNKNOWN", _REFUSED, "Util_Unknown_Coin"),
    Code(
        "0x04009B",
        262299,
        "CREATE_WITHDRAW_ADDRESS_ERROR",
        _IN_DOUBT,
        "Util_Create_Withdraw_Address_Error",
    ),
    Code(
        "0x04011B",
        262427,
        "CONNECTION_ISSUE",
        _RETRY,
        "A connection issue encountered, please try again",
    ),
    Code(
        "0x04012B",
        262443,
        "DAILY_WITHDRAWAL_LIMIT",
        _IN_DOUBT,
        "You have reach your daily withdrawal limit, please try next day",
    ),
    Code(
        "0x050016A",
        5243242,
        "ORDER_UNKNOWN_EXECUTE_FAIL",
        _REFUSED,
        "Order doesn't exist, please change order ID, Execute Fail",
    ),
    Code(
        "0x05001A",
        327706,
        "ORDER_ID_UNKNOWN",
        _REFUSED,
        "Order ID doesn't exist, please recreate order id.",
    ),
    Code("0x05002A", 327722, "ORIGINAL_ORDER_ID_DUPLICATE", _IN_DOUBT, "Order_OriginalOrderIdDuplicate"),
    Code(
        "0x05002B",
        327723,
        "NEW_ORDER_FAILURE",
        _IN_DOUBT,
        "New order failure,retry or contact customer service.",
    ),
    Code("0x05003B", 327738, "OPEN_ORDER_UNKNOWN", _IN_DOUBT, "Order_OpenOrderNotExist"),
    Code("0x05003A", 327738, "ORDER_UNKNOWN", _REFUSED, "Order doesn't exist, please change order ID."),
    Code(
        "0x05003D",
        327741,
        "EXCHANGE_IN_MAINTENANCE",
        _REFUSED,
        "This exchange is currently under maitenance or not supported yet.",
    ),
    Code("0x05004A", 327754, "CANCEL_PENDING_SUBMIT_WAIT", _IN_DOUBT, "Order_CancelPendingSubmitWait"),
    Code(
        "0x05004B",
        327755,
        "CANCEL_ERROR",
        _IN_DOUBT,
        "cancel order error, need to contact customer service.",
    ),
    Code(
        "0x05005A",
        327786,
        "REQUEST_TIMEOUT",
        _RETRY,
        "timeout for new order or other request, please wait and retry.",
    ),
    Code("0x05006B", 327786, "ORDER_SIDE_ERROR", _IN_DOUBT, "orderSide parameter error"),
    Code(
        "0x05006A",
        327786,
        "TOO_MANY_OPEN_ORDERS",
        _REFUSED,
        "too many open orders, cannot create new order, need to delete some orders and retry.",
    ),
    Code("0x05007B", 327802, "ORDER_ID_REPEATED", _IN_DOUBT, "order id repeat"),
    Code(
        "0x05007A",
        327802,
        "CANNOT_CANCEL_IN_STATUS",
        _REFUSED,
        "cannot cancel order under current order status, need confirm order status and retry or abandon request.",
    ),
    Code(
        "0x05008A",
        327818,
        "TIMESTAMP_FORMAT",
        _REFUSED,
        "Order create failed, incorrect timestamp format",
    ),
    Code(
        "0x05008A",
        327818,
        "CANCEL_TIMEOUT",
        _IN_DOUBT,
        "timeout for cancel order operation, need wait and retry.",
    ),
    Code("0x05009A", 327834, "TIMESTAMP_ERROR", _REFUSED, "Order create failed, timestamp error"),
    Code("0x05009C", 327836, "ORDER_DETAIL_UNKNOWN", _REFUSED, "Order_Detail_Not_Exist"),
    Code(
        "0x05010A",
        327946,
        "STATUS_NOT_PENDING_SUBMIT_CANCEL",
        _REFUSED,
        "Order_Status_Not_Pending_Submit_Cancel",
    ),
    Code("0x05010C", 327948, "ORDER_LOG_UNKNOWN", _REFUSED, "Order_Log_Not_Exist order"),
    Code(
        "0x05011A",
        327962,
        "DAILY_ORDER_LIMIT",
        _REFUSED,
        "the number of new order within 24 hours exceed limit, please contact customer service.",
    ),
    Code("0x05012A", 327978, "ORDER_ID_RULE", _REFUSED, "order id rule error"),
    Code(
        "0x05014A",
        328010,
        "ALREADY_BEING_CANCELED",
        _IN_DOUBT,
        "the order is being cancelled, please verify order status.",
    ),
    Code(
        "0x05015A",
        328026,
        "CANNOT_CANCEL_PENDING_SUBMIT",
        _REFUSED,
        "order cannot be cancelled when in Pending_Submit status,please wait for status changed to submitted to"
        " cancel order.( if order status is still pending submit after 10 minutes, please contact customer service. )",
    ),
    Code("0x05016A", 328042, "GBBO_ERROR", _IN_DOUBT, "Order_GBBO_Error"),
    Code("0x05017A", 328058, "SOM_REQUEST_ERROR", _IN_DOUBT, "SOM_Request_Error"),
    Code(
        "0x05018A",
        328074,
        "TRADE_AMOUNT_LIMIT",
        _REFUSED,
        "Your account has reached the trade amount limitation",
    ),
    Code("0x06001A", 393242, "AVAILABLE_NOT_ENOUGH", _REFUSED, "Asset_AvailableNotEnough."),
    Code(
        "0x06001B",
        393242,
        "WITHDRAW_TICKET_ERROR",
        _IN_DOUBT,
        "withdraw ticket error, please check or create a withdraw ticket first.",
    ),
    Code(
        "0x06002A",
        393258,
        "ASSET_NOT_ENOUGH",
        _REFUSED,
        "Not enough asset available. Please verify if there is enough asset in account.",
    ),
    Code("0x06003A", 393274, "FROZEN_NOT_ENOUGH_TO_FREE", _REFUSED, "asset free frozen not enough"),
    Code("0x06004A", 393290, "FROZEN_NOT_ENOUGH_TO_REDUCE", _REFUSED, "asset reduce frozen not enough"),
    Code("0x06005A", 393306, "ORDER_CANCEL_TIMEOUT", _IN_DOUBT, "Order_Cancel_TimeOut_Error"),
    Code(
        "0x06006A",
        393322,
        "ACTIVITY_SUBMITTED_UNKNOWN",
        _REFUSED,
        "Asset_Activity_Submitted_Not_Exist",
    ),
    Code("0x06007A", 393338, "DEPOSIT_ADDRESS_ERROR", _REFUSED, "Asset_Query_Deposit_Address_Error"),
    Code(
        "0x06008A",
        393354,
        "ASSETS_INSUFFICIENT",
        _REFUSED,
        "Assets in this currency are insufficient or non-existent",
    ),
    Code("0x06008B", 393355, "ACTIVITY_TX_ID_ERROR", _IN_DOUBT, "Asset_Activity_Completed_TxId_Error"),
    Code("0x06009C", 393372, "ASSET_LOG_UNKNOWN", _REFUSED, "Asset_Log_Not_Exist"),
    Code("0x06010A", 393482, "ORDER_CREATE_TIMEOUT", _IN_DOUBT, "Order_Create_TimeOut_Error"),
    Code("0x06012A", 393514, "ACTIVITY_ID_EXISTS", _IN_DOUBT, "Asset_Activity_Id_Exist"),
    Code(
        "0x06013A",
        393530,
        "CONVERSION_NOT_SUPPORTED",
        _REFUSED,
        "Conversion between two currencies is not supported",
    ),
    Code("0x20000A", 2097162, "SIGNATURE_ERROR", _STOP, "Signature Error"),
    Code(
        "0x20000B",
        2097163,
        "PERMISSION_DENIED",
        _STOP,
        "Permission denied. Invalid API-key or permissions for action. key",
    ),
    Code("0x20001A", 2097178, "NO_MATCHING_MARKET", _REFUSED, "No matching market"),
)
