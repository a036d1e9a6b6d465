"""What the venue's own rules and the market say of an order before it leaves. Pure.

The checks stand in one fixed order, after the desk's own limits: the symbol trades, price, quantity, notional, and how
far the price is from the market. Nothing is rounded unless the order asks for it.
"""

from decimal import Decimal

from msgspec.structs import replace

from oms.core import prices
from oms.core.inputs import PlaceOrder
from oms.core.instruments import Instrument, fits_step, rounded_price, rounded_qty
from oms.core.risk import Denial
from oms.core.values import format_decimal
from oms.core.work import Route, Work


def admit(work: Work, order: PlaceOrder, route: Route) -> Denial | None:
    """Give the first reason of venue or market why an order may not leave, or None."""
    instrument = work.blotter.book(route.session).instruments.get((order.exchange, order.symbol))
    denial = None if instrument is None else check(order, instrument)
    return denial or _deny_by_price(work, order, route)


def rounded(work: Work, order: PlaceOrder, session: str) -> tuple[PlaceOrder, Denial | None]:
    """Round price and quantity to the venue's steps, where the order asks for it and they are known."""
    if not order.rounding:
        return order, None
    instrument = work.blotter.book(session).instruments.get((order.exchange, order.symbol))
    if instrument is None:
        where = f" on {order.exchange}" if order.exchange else ""
        told = f"rounding was asked for, and the steps of {order.symbol}{where} are not known on this session"
        return order, Denial("INSTRUMENT_UNKNOWN", told)
    price, qty = order.price, order.order_qty
    fitted = replace(
        order,
        price=price if price is None else rounded_price(price, order.side, instrument),
        order_qty=qty if qty is None else rounded_qty(qty, instrument),
    )
    return fitted, None


def check(order: PlaceOrder, instrument: Instrument) -> Denial | None:
    """Hold an order against what the venue says of its symbol; the text has the offending value and the limit."""
    if not instrument.trading:
        where = f" on {instrument.exchange}" if instrument.exchange else ""
        said = instrument.status or "no reason"
        return Denial(
            "NOT_TRADING", f"{instrument.symbol}{where} is not traded at present; the venue says: {said}"
        )
    return (
        _check_price(order.price, instrument)
        or _check_qty(order.order_qty, instrument)
        or _check_notional(order, instrument)
    )


def _check_price(price: Decimal | None, instrument: Instrument) -> Denial | None:
    if price is None:
        return None
    bounds = instrument.min_price, instrument.max_price
    return _outside("PRICE", "price", price, bounds) or _off_step(
        "TICK_SIZE", "price", price, instrument.tick_size
    )


def _check_qty(qty: Decimal | None, instrument: Instrument) -> Denial | None:
    if qty is None:
        return None
    bounds = instrument.min_qty, instrument.max_qty
    return _outside("QTY", "order_qty", qty, bounds) or _off_step(
        "STEP_SIZE", "order_qty", qty, instrument.step_size
    )


def _check_notional(order: PlaceOrder, instrument: Instrument) -> Denial | None:
    """A market order by quantity has no notional that anybody knows."""
    bounds = instrument.min_notional, instrument.max_notional
    if order.cash_order_qty is not None:
        return _outside("NOTIONAL", "cash_order_qty", order.cash_order_qty, bounds)
    if order.price is None or order.order_qty is None:
        return None
    return _outside("NOTIONAL", "price x order_qty", order.price * order.order_qty, bounds)


def _outside(
    what: str, name: str, value: Decimal, bounds: tuple[Decimal | None, Decimal | None]
) -> Denial | None:
    least, most = bounds
    if least is not None and value < least:
        told = f"{name} {format_decimal(value)} is below the venue's minimum {format_decimal(least)}"
        return Denial(f"MIN_{what}", told)
    if most is not None and value > most:
        told = f"{name} {format_decimal(value)} is above the venue's maximum {format_decimal(most)}"
        return Denial(f"MAX_{what}", told)
    return None


def _off_step(code: str, name: str, value: Decimal, step: Decimal | None) -> Denial | None:
    if step is None or fits_step(value, step):
        return None
    what = "tick size" if code == "TICK_SIZE" else "step size"
    told = f"{name} {format_decimal(value)} is not a multiple of the venue's {what} {format_decimal(step)}"
    return Denial(code, told)


def _deny_by_price(work: Work, order: PlaceOrder, route: Route) -> Denial | None:
    rule = route.limits.prices
    quote = work.quotes.get(route.session, {}).get((order.exchange, order.symbol))
    judged = prices.judge(order.price, order.side, quote, rule, work.now)
    if judged is None:
        return None
    if judged.code is not None:
        return Denial(judged.code, judged.text)
    work.alert("PRICE_UNCHECKED", f"{order.symbol}: {judged.text}", session=route.session)
    return None
