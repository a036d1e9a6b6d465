"""Pre-trade checks: an order that may not leave is denied with a code, before the wire.

The checks stand in one fixed order, so that the same order is always denied for the same reason. An order whose
outcome is unknown counts in full: what leaves might be executed is exposure.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from msgspec import Struct

from oms.core.inputs import PlaceOrder
from oms.core.order import Order
from oms.core.prices import PriceRule
from oms.core.values import ZERO, OrdType, RequestKind, Side, TimeInForce, decimal_places, format_decimal

_SYMBOLS: Final = {
    "BTCUSDT": (re.compile(r"[A-Z0-9]{2,20}", re.ASCII), "2 to 20 capital letters and digits"),
    "btcusdt": (re.compile(r"[a-z0-9]{2,20}", re.ASCII), "2 to 20 small letters and digits"),
    "btc_usd": (
        re.compile(r"[a-z0-9]{2,12}_[a-z0-9]{2,12}", re.ASCII),
        "small letters and digits, as base_quote",
    ),
}
SYMBOL_FORMS: Final = tuple(_SYMBOLS)
_EXCHANGE: Final = re.compile(r"[A-Z0-9_]{2,20}", re.ASCII)


class Limits(Struct, frozen=True, kw_only=True):
    """What an account may do; None is no limit. Quantities in base, notionals in quote currency.

    `times_lacking`: why the venue lacks a TimeInForce, where that is known. `symbol_form`: one of `SYMBOL_FORMS`.
    `has_exchange`: orders name an exchange behind the venue, or must not. `market_price`: a market order has a price,
    the worst that the desk takes, and a quantity on either side.
    """

    max_decimals: int = 8
    max_order_qty: Decimal | None = None
    max_order_notional: Decimal | None = None
    max_open_orders: int | None = None
    max_open_notional: Decimal | None = None
    exchanges: frozenset[str] = frozenset()
    symbols: frozenset[str] = frozenset()
    market_exchanges: frozenset[str] | None = None
    times_in_force: frozenset[str] = frozenset(TimeInForce)
    times_lacking: Mapping[str, str] = {}
    symbol_form: str = "BTCUSDT"
    has_exchange: bool = True
    market_price: bool = False
    prices: PriceRule = PriceRule()

    @property
    def needs_exposure(self) -> bool:
        """Whether open orders have to be added up at all."""
        return self.max_open_orders is not None or self.max_open_notional is not None


class Denial(Struct, frozen=True):
    """Why an order may not leave."""

    code: str
    text: str


class Exposure:
    """Open orders and their notional by account, kept up to date order by order."""

    def __init__(self) -> None:
        """Start without exposure."""
        self.by_account: dict[str | None, Decimal] = {}
        self.open_orders: dict[str | None, int] = {}
        self._by_order: dict[int, Decimal] = {}

    def besides(self, order: Order) -> "Exposure":
        """Give the exposure of its account as it is without this order."""
        amount = self._by_order.get(order.number)
        if amount is None:
            return self
        rest = Exposure()
        rest.by_account[order.account] = self.by_account[order.account] - amount
        rest.open_orders[order.account] = self.open_orders[order.account] - 1
        return rest

    def update(self, order: Order) -> None:
        """Take over how an order stands now."""
        before = self._by_order.pop(order.number, None)
        account = order.account
        if before is not None:
            self.by_account[account] -= before
            self.open_orders[account] -= 1
        if order.is_open:
            amount = _notional(order)
            self._by_order[order.number] = amount
            self.by_account[account] = self.by_account.get(account, ZERO) + amount
            self.open_orders[account] = self.open_orders.get(account, 0) + 1


def _notional(order: Order) -> Decimal:
    """Say what may still be executed, in quote currency; a market order by quantity has no known amount.

    With replaces on their way, whichever terms come to most: of several any may be the last that is carried out.
    """
    if order.cash_order_qty is not None:
        return max(order.cash_order_qty - order.notional, ZERO)
    leaves = order.leaves_qty
    if leaves is None or order.price is None:
        return ZERO
    excess = ZERO if order.chain is None else order.chain.excess
    wanted = [
        (request.order_qty + excess - order.cum_qty) * request.price
        for request in order.pending
        if request.kind is RequestKind.REPLACE and request.order_qty is not None and request.price is not None
    ]
    return max((leaves * order.price, *wanted))


def check(order: PlaceOrder, limits: Limits, exposure: Exposure, account: str | None) -> Denial | None:
    """Give the first reason why an order may not leave, or None."""
    return (
        _check_terms(order, limits)
        or _check_amounts(order, limits)
        or _check_exposure(order, limits, exposure, account)
    )


_ELSEWHERE: Final = frozenset({"SYMBOL_FORMAT", "UNKNOWN_SYMBOL", "UNKNOWN_VENUE"})


def is_for(order: PlaceOrder, limits: Limits) -> bool:
    """Whether an order's symbol and exchange are such as a session trades, whatever else is wrong with it."""
    denial = _check_terms(order, limits)
    return denial is None or denial.code not in _ELSEWHERE


def _check_terms(order: PlaceOrder, limits: Limits) -> Denial | None:
    pattern, words = _SYMBOLS[limits.symbol_form]
    if not pattern.fullmatch(order.symbol):
        return Denial("SYMBOL_FORMAT", f"symbol {order.symbol!r}: {words}, like {limits.symbol_form}")
    if limits.symbols and order.symbol not in limits.symbols:
        return Denial(
            "UNKNOWN_SYMBOL", f"symbol {order.symbol} is not among those configured for this session"
        )
    denial = _check_exchange(order.exchange, limits)
    if denial is not None:
        return denial
    if order.time_in_force not in limits.times_in_force:
        why = limits.times_lacking.get(order.time_in_force)
        told = f"time_in_force {order.time_in_force} is not supported by this venue"
        return Denial("TIME_IN_FORCE", f"{told}: {why}" if why else told)
    market = order.ord_type == OrdType.MARKET
    if market and limits.market_exchanges is not None and order.exchange not in limits.market_exchanges:
        known = ", ".join(sorted(limits.market_exchanges))
        return Denial("MARKET_ORDER", f"market orders are possible on {known} only, not on {order.exchange}")
    return None


def _check_exchange(exchange: str | None, limits: Limits) -> Denial | None:
    if not limits.has_exchange:
        told = f"this venue has no exchanges behind it: leave exchange {exchange!r} out"
        return None if exchange is None else Denial("UNKNOWN_VENUE", told)
    if exchange is None or not _EXCHANGE.fullmatch(exchange):
        return Denial("UNKNOWN_VENUE", f"exchange {exchange!r} is not a venue name, like VENUE1")
    if limits.exchanges and exchange not in limits.exchanges:
        return Denial("UNKNOWN_VENUE", f"exchange {exchange} is not among those configured for this session")
    return None


def _check_amounts(order: PlaceOrder, limits: Limits) -> Denial | None:
    amounts = {"order_qty": order.order_qty, "cash_order_qty": order.cash_order_qty, "price": order.price}
    for name, value in amounts.items():
        if value is None:
            continue
        if value <= 0:
            return Denial("NOT_POSITIVE", f"{name} {format_decimal(value)} is not above 0")
        if decimal_places(value) > limits.max_decimals:
            return Denial(
                "TOO_MANY_DECIMALS",
                f"{name} {format_decimal(value)} has more than {limits.max_decimals} decimals",
            )
    denial = _check_market(order, limits) if order.ord_type == OrdType.MARKET else None
    if denial is not None:
        return denial
    largest = limits.max_order_qty
    if largest is not None and order.order_qty is not None and order.order_qty > largest:
        return Denial(
            "MAX_ORDER_QTY",
            f"order_qty {format_decimal(order.order_qty)} is above the limit {format_decimal(largest)}",
        )
    return None


def _check_market(order: PlaceOrder, limits: Limits) -> Denial | None:
    if limits.market_price:
        if order.price is None:
            told = "market orders are limit orders on this venue: give price, the worst that the desk takes"
            return Denial("PRICE", told)
        if order.order_qty is None or order.cash_order_qty is not None:
            told = "a market order is sized in base currency on this venue: give order_qty, and no cash_order_qty"
            return Denial("ORDER_QTY", told)
        return None
    if order.price is not None:
        return Denial("PRICE", "a market order takes no price on this venue")
    if order.side == Side.BUY and order.cash_order_qty is None:
        return Denial("CASH_ORDER_QTY", "a market buy is sized in quote currency: give cash_order_qty")
    return None


def _check_exposure(
    order: PlaceOrder, limits: Limits, exposure: Exposure, account: str | None
) -> Denial | None:
    amount = order.cash_order_qty
    if amount is None and order.price is not None and order.order_qty is not None:
        amount = order.price * order.order_qty
    limited = limits.max_order_notional is not None or limits.max_open_notional is not None
    if amount is None and limited and limits.max_order_qty is None:
        told = "a market order by quantity has no known amount; a notional limit is set, so max_order_qty has to be too"
        return Denial("NOTIONAL_UNKNOWN", told)
    largest = limits.max_order_notional
    if largest is not None and amount is not None and amount > largest:
        told = f"{format_decimal(amount)} in quote currency is above the limit {format_decimal(largest)} of one order"
        return Denial("MAX_ORDER_NOTIONAL", told)
    count = exposure.open_orders.get(account, 0)
    if limits.max_open_orders is not None and count >= limits.max_open_orders:
        return Denial("MAX_OPEN_ORDERS", f"{count} orders are open; the limit is {limits.max_open_orders}")
    total = exposure.by_account.get(account, ZERO) + (amount or ZERO)
    if limits.max_open_notional is not None and total > limits.max_open_notional:
        most = format_decimal(limits.max_open_notional)
        told = f"open orders would come to {format_decimal(total)}; the limit is {most}"
        return Denial("MAX_OPEN_NOTIONAL", told)
    return None
