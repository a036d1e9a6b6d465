"""What the venue refuses, in the order in which it looks, in its own words where it has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from oms.sim.market import INSTRUMENTS, MARKET_ORDER_VENUES, VENUES
from oms.sim.terms import NewOrder, OrdType, RejectReason, Side, Tif

if TYPE_CHECKING:
    from collections.abc import Callable

    from oms.sim.market import Instrument

BY_SYMBOL = {instrument.symbol: instrument for instrument in INSTRUMENTS}

NOT_ENOUGH = "Not enough asset available. Please verify if there is enough asset in account."
REPEATED_ID = "order id repeat"
WRONG_ID = "order id rule error"
WOULD_TAKE = "post-only order would take liquidity"

MILLISECONDS_AND_RANDOM = 13 + 3
MAX_PRICE = Decimal(1_000_000)
CASH_STEP = Decimal("0.00000001")  # quotePrecision 8


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an order is not taken."""

    text: str
    reason: RejectReason = RejectReason.OTHER


def id_is_well_formed(account: str, cl_ord_id: str) -> bool:
    """Account digits, 13 digits of milliseconds, 3 random digits; at most 64 in all."""
    if not re.fullmatch(r"[0-9]{16,64}", cl_ord_id):
        return False
    groups = re.findall(r"[0-9]+", account)
    # STA-VENUE1_00000001: the document does not say whether the venue's digit counts.
    prefixes = {"".join(groups), groups[-1] if groups else ""}
    room = len(cl_ord_id) - MILLISECONDS_AND_RANDOM
    return any(cl_ord_id.startswith(prefix) and len(prefix) <= room for prefix in prefixes)


def refusal(order: NewOrder) -> Refusal | None:
    """Return the first rule that the order breaks."""
    if order.venue not in VENUES:
        named = order.venue or "none given"
        return Refusal(f"No matching market: unknown SecurityExchange(207): {named}")
    instrument = BY_SYMBOL.get(order.symbol)
    if instrument is None:
        text = f"Util_Unknown_Symbol: {order.symbol}"
        return Refusal(text, RejectReason.UNKNOWN_SYMBOL)
    for check in _CHECKS:
        if text := check(order, instrument):
            return Refusal(text)
    return None


def _kind(order: NewOrder, _: Instrument) -> str:
    if order.ord_type not in set(OrdType):
        return f"OrdType(40) {order.ord_type} is not supported: 1 market, 2 limit"
    if order.ord_type == OrdType.MARKET and order.venue not in MARKET_ORDER_VENUES:
        return f"market orders are not supported on {order.venue}"
    return ""


def _time_in_force(order: NewOrder, _: Instrument) -> str:
    if order.tif == "2":
        return "GTD is temporarily not supported"
    if order.tif not in set(Tif):
        return f"unknown TimeInForce(59) {order.tif}: 1 GTC, 3 IOC, 7 post-only"
    if order.tif == Tif.POST_ONLY and order.ord_type == OrdType.MARKET:
        return "a market order cannot be post-only"
    return ""


def _price(order: NewOrder, instrument: Instrument) -> str:
    if order.ord_type == OrdType.MARKET:
        return ""
    if order.price is None:
        return "a limit order needs a Price(44)"
    if not instrument.tick <= order.price <= MAX_PRICE:
        return f"price must be from {instrument.tick:f} to {MAX_PRICE:f}"
    if order.price % instrument.tick:
        return f"price must be a multiple of the tick size {instrument.tick:f}"
    return ""


def _sized_by_cash(order: NewOrder) -> bool:
    return order.ord_type == OrdType.MARKET and order.side is Side.BUY


def _cash(order: NewOrder, instrument: Instrument) -> str:
    if not _sized_by_cash(order):
        return "" if order.cash_qty is None else "CashOrderQty(152) is for market buy orders only"
    if order.cash_qty is None:
        return "a market buy order needs a CashOrderQty(152) in the quote currency"
    if not instrument.min_notional <= order.cash_qty <= instrument.max_qty * MAX_PRICE:
        return f"notional must be at least {instrument.min_notional:f} {instrument.quote}"
    if order.cash_qty % CASH_STEP:
        return f"CashOrderQty(152) must be a multiple of {CASH_STEP:f}"
    return ""


def _quantity(order: NewOrder, instrument: Instrument) -> str:
    if _sized_by_cash(order):
        return ""
    if order.qty is None:
        return "the order needs an OrderQty(38)"
    if order.qty < instrument.min_qty:
        return f"quantity is below the minimum {instrument.min_qty:f}"
    if order.qty > instrument.max_qty:
        return f"quantity is above the maximum {instrument.max_qty:f}"
    if order.qty % instrument.step:
        return f"quantity must be a multiple of the step size {instrument.step:f}"
    return ""


def _notional(order: NewOrder, instrument: Instrument) -> str:
    if order.qty is None or order.price is None:
        return ""
    if order.qty * order.price < instrument.min_notional:
        return f"notional must be at least {instrument.min_notional:f} {instrument.quote}"
    return ""


_CHECKS: tuple[Callable[[NewOrder, Instrument], str], ...] = (
    _kind,
    _time_in_force,
    _price,
    _cash,
    _quantity,
    _notional,
)
