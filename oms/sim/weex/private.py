"""The methods of Trade API v1: form fields in, the document's objects out.

Every answer holds exactly the keys of the document: clients take them as keyword arguments.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from oms.sim.terms import OrdType, Side
from oms.sim.weex.access import COUPON, INFO, TRADE, WITHDRAW, Credential, Gate
from oms.sim.weex.exchange import NewOrder
from oms.sim.weex.history import WEEK_S, window
from oms.sim.weex.market import BY_NAME
from oms.sim.weex.parameters import Parameters, parsed
from oms.sim.weex.refusals import (
    INVALID_ADDRESS,
    INVALID_MODE,
    INVALID_PAIR,
    INVALID_TYPE,
    NO_ORDERS,
    NO_TRADES,
    NO_TRANSACTIONS,
    UNKNOWN_METHOD,
    Refused,
    no_permission,
)
from oms.sim.weex.rows import active_order, execution, order_info, transaction
from oms.sim.weex.treasury import Sum, Treasury

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from oms.sim.terms import Event
    from oms.sim.weex.exchange import Exchange

CACHED_S = 60
SIDES = {"buy": Side.BUY, "sell": Side.SELL}
MODES = {"limit": OrdType.LIMIT, "market": OrdType.MARKET}
LONGEST_ADDRESS = 128
_ADDRESS = re.compile(rf"[\x21-\x7e]{{10,{LONGEST_ADDRESS}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """Where real servers differ, or the document leaves it open."""

    first_id: int = 1
    sloppy: bool = False
    """CancelOrders answers as the document's sample is printed: keys without quotes, `sucess`."""
    empty_is_error: bool = False
    """Empty lists are the error "no orders", "no trades" or "no transactions"."""
    taker_as_maker: bool = False
    """A taker's rows of TradeHistory name the order that rested, with is_your_order 0."""
    cached: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """What the methods act on; `happened` takes what the exchange did."""

    exchange: Exchange
    treasury: Treasury
    gate: Gate
    manners: Manners
    happened: Callable[[list[Event]], None]


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was let in."""

    by: Credential
    asked: Parameters
    now: datetime

    @property
    def account(self) -> str:
        """Whose orders and funds it is about."""
        return self.by.account

    @property
    def second(self) -> int:
        """The server's time in UNIX seconds."""
        return int(self.now.timestamp())


class Private:
    """Answers `POST /tapi`."""

    def __init__(self, venue: Venue) -> None:
        """Answer for the venue."""
        self._venue = venue
        self._infos: dict[str, tuple[float, object]] = {}

    def answer(self, headers: Mapping[str, str], body: bytes, now: datetime) -> dict[str, object]:
        """Return the whole answer: success 1 with the result, or success 0 with the error."""
        try:
            asked = parsed(body)
            sign = headers.get("sign", "")
            by = self._venue.gate.admit(headers.get("key", ""), sign, body, asked)
            return {"success": 1, "return": self._obey(Request(by, asked, now))}
        except Refused as refused:
            return {"success": 0, "error": str(refused)}

    def _obey(self, request: Request) -> object:
        right, method = METHODS.get(request.asked.text("method", ""), ("", None))
        if method is None:
            raise Refused(UNKNOWN_METHOD)
        if right not in request.by.rights:
            raise no_permission(right)
        return method(self, request)

    def get_info(self, request: Request) -> object:
        """Balances, privileges, the number of open orders; cached for 60 s."""
        made_at, info = self._infos.get(request.by.key, (0.0, None))
        moment = request.now.timestamp()
        if not self._venue.manners.cached or not 0 <= moment - made_at < CACHED_S:
            info = {
                "funds": self._funds(request),
                "rights": {right: int(right in request.by.rights) for right in (INFO, TRADE, WITHDRAW)},
                "transaction_count": 0,
                "open_orders": len(self._venue.exchange.active(request.account)),
                "server_time": request.second,
            }
            self._infos[request.by.key] = moment, info
        return info

    def trade(self, request: Request) -> object:
        """Place an order."""
        order, events = self._venue.exchange.submit(_new_order(request), request.now)
        self._venue.happened(events)
        return {
            "received": order.cum_qty,
            "remains": order.leaves,
            "order_id": int(order.order_id) if order.leaves else 0,
            "funds": self._funds(request),
        }

    def active_orders(self, request: Request) -> object:
        """List the open orders."""
        pair = _optional_pair(request)
        orders = self._venue.exchange.active(request.account)
        return self._rows(
            {one.order_id: active_order(one) for one in orders if pair in ("", one.symbol)}, NO_ORDERS
        )

    def order_info(self, request: Request) -> object:
        """Tell of one order."""
        order = self._venue.exchange.order(request.account, str(request.asked.whole("order_id")))
        return {order.order_id: order_info(order)}

    def cancel_order(self, request: Request) -> object:
        """Cancel one order."""
        order_id = request.asked.whole("order_id")
        self._cancel(request, str(order_id))
        return {"order_id": order_id, "funds": self._funds(request)}

    def cancel_orders(self, request: Request) -> object:
        """Cancel several orders, each with a result of its own."""
        results: dict[str, dict[str, object]] = {}
        named = (order_id.strip() for order_id in request.asked.text("order_id").split(","))
        for order_id in dict.fromkeys(named):  # one that is named twice has one result: what became of it
            try:
                self._cancel(request, order_id)
                results[order_id] = {"success": 1}
            except Refused as refused:
                results[order_id] = {"success": 0, "error": str(refused)}
        shown = _sloppily(results) if self._venue.manners.sloppy else results
        return {"cancel_result": shown, "funds": self._funds(request)}

    def trade_history(self, request: Request) -> object:
        """List the account's executions."""
        pair = _optional_pair(request)
        rows = self._venue.exchange.floor.executions[request.account]
        manners = self._venue.manners
        # "When using the since parameter the maximum time that can displayed is 1 week."
        wanted = window(request.asked, first_id=manners.first_id, earliest=request.second - WEEK_S)
        shown = wanted.select(rows, lambda row: pair in ("", row.pair))
        told = {str(row.number): execution(row, as_maker=manners.taker_as_maker) for row in shown}
        return self._rows(told, NO_TRADES)

    def trans_history(self, request: Request) -> object:
        """List deposits, withdrawals and coupons."""
        rows = self._venue.treasury.transactions[request.account]
        shown = window(request.asked, first_id=self._venue.manners.first_id).select(rows)
        return self._rows({str(row.number): transaction(row) for row in shown}, NO_TRANSACTIONS)

    def coin_deposit_address(self, request: Request) -> object:
        """Tell where a coin is deposited."""
        return {"address": self._venue.treasury.address(request.account, request.asked.text("coinName"))}

    def withdraw_coin(self, request: Request) -> object:
        """Send a coin away; the amount includes the commission, which is none."""
        address = request.asked.text("address")
        if not _ADDRESS.fullmatch(address):
            raise Refused(INVALID_ADDRESS)
        sent = self._venue.treasury.withdraw(request.account, _sum(request), address, request.now)
        return {"tId": sent.number, "amountSent": sent.amount, "funds": self._funds(request)}

    def create_coupon(self, request: Request) -> object:
        """Turn money into a coupon; without a receiver it is for anybody. Some clients say `currency` for coinName."""
        asked = request.asked
        sum_ = Sum(asked.text("coinName", asked.text("currency", "") or None), asked.decimal("amount"))
        treasury = self._venue.treasury
        coupon, row = treasury.create_coupon(request.account, sum_, asked.text("receiver", ""), request.now)
        return {"coupon": coupon.code, "transID": row.number, "funds": self._funds(request)}

    def redeem_coupon(self, request: Request) -> object:
        """Turn a coupon into money."""
        code = request.asked.text("coupon")
        coupon, row = self._venue.treasury.redeem_coupon(request.account, code, request.now)
        return {
            "couponAmount": f"{coupon.amount:f}",
            "couponCurrency": row.currency,
            "transID": row.number,
            "funds": self._funds(request),
        }

    def _funds(self, request: Request) -> object:
        return self._venue.exchange.floor.funds.available(request.account)

    def _cancel(self, request: Request, order_id: str) -> None:
        self._venue.happened(self._venue.exchange.cancel(request.account, order_id, request.now))

    def _rows(self, rows: Mapping[str, object], when_empty: str) -> Mapping[str, object]:
        if not rows and self._venue.manners.empty_is_error:
            raise Refused(when_empty)
        return rows


METHODS: Mapping[str, tuple[str, Callable[[Private, Request], object]]] = {
    "getInfo": (INFO, Private.get_info),
    "Trade": (TRADE, Private.trade),
    "ActiveOrders": (INFO, Private.active_orders),
    "OrderInfo": (INFO, Private.order_info),
    "CancelOrder": (TRADE, Private.cancel_order),
    "CancelOrders": (TRADE, Private.cancel_orders),
    "TradeHistory": (INFO, Private.trade_history),
    "TransHistory": (INFO, Private.trans_history),
    "CoinDepositAddress": (INFO, Private.coin_deposit_address),
    "WithdrawCoin": (WITHDRAW, Private.withdraw_coin),
    "CreateCoupon": (COUPON, Private.create_coupon),
    "RedeemCoupon": (COUPON, Private.redeem_coupon),
}


def _new_order(request: Request) -> NewOrder:
    asked = request.asked
    side, mode = SIDES.get(asked.text("type")), MODES.get(asked.text("mode", "limit"))
    if side is None:
        raise Refused(INVALID_TYPE)
    if mode is None:
        raise Refused(INVALID_MODE)
    return NewOrder(
        account=request.account,
        pair=asked.text("pair"),
        side=side,
        ord_type=mode,
        rate=asked.optional_decimal("rate"),
        amount=asked.optional_decimal("amount"),
    )


def _optional_pair(request: Request) -> str:
    pair = request.asked.text("pair", "")
    if pair and pair not in BY_NAME:
        raise Refused(INVALID_PAIR)
    return pair


def _sum(request: Request) -> Sum:
    return Sum(request.asked.text("coinName"), request.asked.decimal("amount"))


def _sloppily(results: dict[str, dict[str, object]]) -> msgspec.Raw:
    """Print the results as the document's sample has them."""
    told = (
        f"{order_id}: {json.dumps(result).replace('success', 'success' if result['success'] else 'sucess')}"
        for order_id, result in results.items()
    )
    return msgspec.Raw(f"{{{', '.join(told)}}}".encode())
