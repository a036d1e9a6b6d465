"""Which orders the venue takes, and what it says to the others. The document names no codes: these are the family's."""

from __future__ import annotations

from decimal import Decimal

from oms.sim.cloud.market import QUOTE_PRECISION, SYMBOLS, Symbol, places
from oms.sim.cloud.orders import MARGIN, SOURCES, TYPES, Account, Terms
from oms.sim.cloud.request import Params, Problem
from oms.sim.terms import OrdType

MAX_PRICE = Decimal(1_000_000)
NOT_ENOUGH = "account-frozen-balance-insufficient-error"


def symbol_of(params: Params) -> Symbol:
    """Return the symbol that a request names."""
    name = params.text("symbol")
    if name not in SYMBOLS:
        raise Problem(code="base-symbol-error", text=f"The symbol `{name}` does not exist")
    return SYMBOLS[name]


def terms_of(params: Params, account: Account) -> Terms:
    """Return the order that a request asks for; a `Problem` is the first rule that it breaks."""
    symbol = symbol_of(params)
    kind = params.choice("type", TYPES)
    price = None if TYPES[kind][1] is OrdType.MARKET else params.amount("price")
    source = params.text("source", SOURCES[account.kind])
    if (source == SOURCES[MARGIN]) is not (account.kind == MARGIN) or (
        account.kind == MARGIN and account.symbol != symbol.name
    ):
        text = f"source `{source}` and symbol `{symbol.name}` do not go with {account.kind} account"
        raise Problem(code="account-type-error", text=f"{text} `{account.number}`")
    terms = Terms(
        account=account,
        symbol=symbol,
        type=kind,
        amount=params.amount("amount"),
        price=price,
        source=source,
    )
    for check in (_precision, _size, _price, _value):
        check(terms)
    return terms


def _precision(terms: Terms) -> None:
    allowed = QUOTE_PRECISION if terms.by_cash else terms.symbol.amount_precision
    if places(terms.amount.normalize()) > allowed:
        text = f"order amount precision error, scale: `{allowed}`"
        raise Problem(code="order-orderamount-precision-error", text=text)
    if terms.price is not None and places(terms.price.normalize()) > terms.symbol.price_precision:
        text = f"order price precision error, scale: `{terms.symbol.price_precision}`"
        raise Problem(code="order-orderprice-precision-error", text=text)


def _size(terms: Terms) -> None:
    rules = terms.symbol.instrument
    kind = "limit" if terms.price is not None else "market"
    low, high = rules.min_qty, rules.max_qty
    if terms.by_cash:
        low, high = rules.min_notional, rules.max_qty * MAX_PRICE
    for bad, word, limit in ((terms.amount < low, "min", low), (terms.amount > high, "max", high)):
        if bad:
            text = f"{kind} order amount error, {word}: `{limit:f}`"
            raise Problem(code=f"order-{kind}order-amount-{word}-error", text=text)


def _price(terms: Terms) -> None:
    if terms.price is not None and terms.price > MAX_PRICE:
        text = f"limit order price error, max: `{MAX_PRICE:f}`"
        raise Problem(code="order-limitorder-price-max-error", text=text)


def _value(terms: Terms) -> None:
    least = terms.symbol.instrument.min_notional
    if terms.price is not None and terms.price * terms.amount < least:
        raise Problem(code="order-value-min-error", text=f"Order total cannot be lower than: `{least:f}`")


def not_enough(left: Decimal) -> Problem:
    """Return the problem of an order that its account cannot pay."""
    return Problem(code=NOT_ENOUGH, text=f"trade account balance is not enough, left: `{left:f}`")
