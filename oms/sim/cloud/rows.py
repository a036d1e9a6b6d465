"""An order and its executions as the document's examples show them: these keys and no others, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oms.sim.book import ZERO

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from oms.sim.cloud.orders import Entry, Match

Row = dict[str, object]

USUAL_PLACES = 10  # of the examples' order details, match results and balances
ALL_PLACES = 18  # of their open orders and margin balances


def money(value: Decimal, at_least: int = USUAL_PLACES) -> str:
    """Write an amount with that many decimals, with more if it has more."""
    whole, _, fraction = f"{value:f}".partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(at_least, '0')}"


def millis(at: datetime | None) -> int:
    """Write a moment; 0 stands for one that has not come."""
    return 0 if at is None else round(at.timestamp() * 1000)


def detail(entry: Entry) -> Row:
    """An order in GET /v1/order/orders/{order-id} and GET /v1/order/orders: with the document's `field-*`."""
    terms, order = entry.terms, entry.order
    return {
        "id": entry.number,
        "symbol": terms.symbol.name,
        "account-id": terms.account.number,
        "amount": money(terms.amount),
        "price": money(terms.price or ZERO),
        "created-at": millis(entry.created_at),
        "type": terms.type,
        "field-amount": money(order.cum_qty),
        "field-cash-amount": money(order.notional),
        "field-fees": money(entry.fees),
        "finished-at": millis(entry.finished_at),
        "user-id": terms.account.user,
        "source": terms.source,
        "state": entry.state,
        "canceled-at": millis(entry.canceled_at),
        "exchange": "simulated",
        "batch": "",
    }


def open_row(entry: Entry) -> Row:
    """An order in GET /v1/order/openOrders: with `filled-*`."""
    terms, order = entry.terms, entry.order
    return {
        "id": entry.number,
        "symbol": terms.symbol.name,
        "account-id": terms.account.number,
        "amount": money(terms.amount, ALL_PLACES),
        "price": money(terms.price or ZERO, ALL_PLACES),
        "created-at": millis(entry.created_at),
        "type": terms.type,
        "filled-amount": money(order.cum_qty, 1),
        "filled-cash-amount": money(order.notional, 1),
        "filled-fees": money(entry.fees, 1),
        "source": terms.source,
        "state": entry.state,
    }


def match_row(entry: Entry, match: Match) -> Row:
    """An execution in both lists of match results."""
    return {
        "id": match.number,
        "order-id": entry.number,
        "match-id": match.match_number,
        "symbol": entry.terms.symbol.name,
        "type": entry.terms.type,
        "source": entry.terms.source,
        "price": money(match.price),
        "filled-amount": money(match.amount),
        "filled-fees": money(match.fee),
        "created-at": millis(match.at),
    }
