"""Every request of the document, by its path. Where it writes a path in two ways, its list's comes first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable

    from oms.sim.cloud.margin import Margin
    from oms.sim.cloud.market_data import MarketData
    from oms.sim.cloud.trading import Call, Trading
    from oms.sim.cloud.wallet import Wallet

OPERATIONS = (
    "kline",
    "merged",
    "detail",
    "tickers",
    "depth",
    "trade",
    "history-trade",
    "symbols",
    "currencys",
    "settings",
    "timestamp",
    "accounts",
    "balance",
    "place",
    "batchcancel",
    "batchCancelOpenOrders",
    "submitcancel",
    "openOrders",
    "order",
    "order-matchresults",
    "orders",
    "matchresults",
    "withdraw-create",
    "withdraw-cancel",
    "deposit-withdraw",
    "transfer-in",
    "transfer-out",
    "loan",
    "repay",
    "loan-orders",
    "margin-balance",
)
"""The names of all routes, in their order: what a fault can be aimed at."""


@dataclass(frozen=True, slots=True)
class Route:
    """One request of the document; `name` is what a fault is aimed at."""

    name: str
    method: str
    paths: tuple[str, ...]
    answer: Callable[[Call], object]
    signed: bool = True

    def number(self, method: str, path: str) -> str | None:
        """Return the id in the path, "" where there is none; None if this is another request.

        What anybody may ask is answered to a POST as well, and a slash at the end changes nothing: clients differ.
        """
        if method != self.method and (self.signed or method != "POST"):
            return None
        for known in self.paths:
            if found := re.fullmatch(re.escape(known).replace(r"\{id\}", "([^/]+)") + "/?", path):
                return unquote(found[1]) if found.groups() else ""
        return None


def market_routes(data: MarketData) -> tuple[Route, ...]:
    """Return the requests that anybody may make."""
    return (
        Route("kline", "GET", ("/market/history/kline",), data.kline, signed=False),
        Route("merged", "GET", ("/market/detail/merged",), data.merged, signed=False),
        Route("detail", "GET", ("/market/detail",), data.day, signed=False),
        Route("tickers", "GET", ("/market/tickers",), data.tickers, signed=False),
        Route("depth", "GET", ("/market/depth",), data.depth, signed=False),
        Route("trade", "GET", ("/market/trade",), data.trade, signed=False),
        Route("history-trade", "GET", ("/market/history/trade",), data.history_trade, signed=False),
        Route("symbols", "GET", ("/v1/common/symbols",), data.symbols, signed=False),
        Route("currencys", "GET", ("/v1/common/currencys",), data.currencies, signed=False),
        Route("settings", "GET", ("/v1/settings/currencys",), data.settings, signed=False),
        Route("timestamp", "GET", ("/v1/common/timestamp", "/v1/timestamp"), data.timestamp, signed=False),
    )


def trading_routes(trading: Trading) -> tuple[Route, ...]:
    """Return the requests about accounts and orders."""
    orders = "/v1/order/orders"
    return (
        Route("accounts", "GET", ("/v1/account/accounts",), trading.accounts),
        Route("balance", "GET", ("/v1/account/accounts/{id}/balance",), trading.balance),
        Route("place", "POST", (f"{orders}/place",), trading.place),
        Route("batchcancel", "POST", (f"{orders}/batchcancel",), trading.batch_cancel),
        Route(
            "batchCancelOpenOrders",
            "POST",
            (f"{orders}/batchCancelOpenOrders", "/v1/order/batchCancelOpenOrders"),
            trading.batch_cancel_open,
        ),
        Route("submitcancel", "POST", (f"{orders}/{{id}}/submitcancel",), trading.submit_cancel),
        Route("openOrders", "GET", ("/v1/order/openOrders", "/v1/orders/openOrders"), trading.open_orders),
        Route("order", "GET", (f"{orders}/{{id}}",), trading.order),
        Route("order-matchresults", "GET", (f"{orders}/{{id}}/matchresults",), trading.order_matches),
        Route("orders", "GET", (orders,), trading.orders),
        Route(
            "matchresults",
            "GET",
            ("/v1/order/matchresults", "/v1/orders/matchresults"),
            trading.match_results,
        ),
    )


def fund_routes(wallet: Wallet, margin: Margin) -> tuple[Route, ...]:
    """Return the requests that move money or credit."""
    loans = "/v1/margin/orders"
    return (
        Route("withdraw-create", "POST", ("/v1/dw/withdraw/api/create",), wallet.create),
        Route("withdraw-cancel", "POST", ("/v1/dw/withdraw-virtual/{id}/cancel",), wallet.cancel),
        Route("deposit-withdraw", "GET", ("/v1/query/deposit-withdraw",), wallet.records),
        Route("transfer-in", "POST", ("/v1/dw/transfer-in/margin",), margin.transfer_in),
        Route("transfer-out", "POST", ("/v1/dw/transfer-out/margin",), margin.transfer_out),
        Route("loan", "POST", (loans,), margin.borrow),
        Route("repay", "POST", (f"{loans}/{{id}}/repay",), margin.repay),
        Route("loan-orders", "GET", ("/v1/margin/loan-orders", loans), margin.loans),
        Route("margin-balance", "GET", ("/v1/margin/accounts/balance",), margin.balances),
    )
