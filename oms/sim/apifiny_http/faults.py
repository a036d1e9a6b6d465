"""What goes wrong inside the venue when it is asked over REST: answers that do not tell what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oms.sim.tape import PERIODS

if TYPE_CHECKING:
    from collections.abc import Mapping

BUSY, CLOSED = "rest-busy", "rest-maintenance"
ORDER_TIMEOUT, CANCEL_TIMEOUT = "rest-order-timeout", "rest-cancel-timeout"
PENDING = "rest-pending"
WITHDRAWAL_CANCELED = "withdraw-canceled"

PENDING_MS = (200, 2000)

MEANINGS: Mapping[str, str] = {
    BUSY: "a request is refused with 65595, server busy",
    CLOSED: "an order or cancel is refused with 327741, the exchange is in maintenance",
    ORDER_TIMEOUT: "a new order is answered with 327786, timeout; half of them took effect",
    CANCEL_TIMEOUT: "a cancel is answered with 327818, timeout; half of them took effect",
    PENDING: f"an order stays PENDING_SUBMIT for {PENDING_MS[0]} to {PENDING_MS[1]} ms",
    WITHDRAWAL_CANCELED: "a withdrawal or transfer is SUBMITTED, and then CANCELLED instead of completed",
}

AIMS = (
    "account.queryAccountInfoLite",
    *(f"asset.{name}Lite" for name in ("listBalanceBy", "queryAddress", "createWithdrawTicket", "withdraw")),
    "asset.transferToVenue",
    "asset.queryAssetActivityListLite",
    *(f"order.{name}OrderLite" for name in ("insert", "cancel", "listOpen", "listCompleted")),
    *(f"order.{name}Lite" for name in ("queryOrderInfo", "listOrderInfo", "listDetail")),
    *(f"order.{name}" for name in ("readerOrderDetail", "getCommissionRate", "streamDetail")),
    *(f"utils.{name}Lite" for name in ("listVenueInfo", "listCurrency", "listSymbolInfo")),
    "utils.currentTimeMillis",
    *(f"md.{name}" for name in ("orderbook", "trade", "ticker", "kline")),
    *(f"md.kline_{period}" for period in PERIODS),
)
"""What a fault can befall alone: the methods, and market data by its kind; of a WebSocket, candles by their period."""
