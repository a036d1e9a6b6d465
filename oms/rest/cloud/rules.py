"""The precisions of a symbol (/v1/common/symbols), checked before an order leaves."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from oms.core.values import decimal_places
from oms.rest.cloud.market_models import Symbol
from oms.rest.cloud.models import PlaceRequest
from oms.rest.refusal import Refusal


def by_name(symbols: Iterable[Symbol]) -> dict[str, Symbol]:
    """Arrange symbols for `check`."""
    return {symbol.name: symbol for symbol in symbols}


def check(request: PlaceRequest, symbols: Mapping[str, Symbol]) -> Refusal | None:
    """Give the first reason why the venue would refuse an order, or None.

    The amount of `buy-market` is in quote currency, for which no precision is documented: it is only held to be above
    zero. A precision that the venue does not print is not checked.

    Args:
        request: what is to be sent.
        symbols: as the venue gives them, by name.

    """
    refusal = check_symbol(request.symbol, symbols)
    if refusal is not None:
        return refusal
    symbol = symbols[request.symbol]
    price = _check("price", request.price, symbol.price_precision)
    if request.type == "buy-market":
        return price or _check("cash_order_qty", request.amount, None)
    return price or _check("order_qty", request.amount, symbol.amount_precision)


def check_symbol(name: str, symbols: Mapping[str, Symbol]) -> Refusal | None:
    """Say why the venue would take no order at all of a symbol, or nothing; what to pass is as for `check`."""
    return None if name in symbols else Refusal("UNKNOWN_SYMBOL", "symbol", name, "a symbol of this venue")


def _check(field: str, value: Decimal | None, precision: int | None) -> Refusal | None:
    name = field.upper().replace("ORDER_", "")
    if value is None:
        return None
    if value <= 0:
        return Refusal(f"{name}_NOT_POSITIVE", field, value, "above 0")
    if precision is not None and decimal_places(value) > precision:
        return Refusal(f"{name}_DECIMALS", field, value, f"of at most {precision} decimals")
    return None
