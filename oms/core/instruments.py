"""What a venue says of the symbols that it trades: steps, smallest and largest, and whether they trade at present."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from oms.core.values import BUYS

Key = tuple[str | None, str]
"""The exchange behind the venue (None where there is none), and the symbol."""

GONE: Final = "not listed any more"


class Instrument(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One symbol at one exchange; None is no limit, or one that the venue does not tell.

    Attributes:
        symbol: as the venue writes it in orders.
        exchange: the exchange behind the venue, where there is one.
        base: the asset that quantities are in.
        quote: the asset that prices and notionals are in.
        tick_size: a price is a multiple of it.
        step_size: a quantity is a multiple of it.
        min_price: lowest price.
        max_price: highest price.
        min_qty: smallest quantity.
        max_qty: largest quantity.
        min_notional: smallest price times quantity, or amount of a market buy.
        max_notional: largest likewise.
        status: the venue's own word.
        trading: whether orders are taken at present.

    """

    symbol: str
    exchange: str | None = None
    base: str | None = None
    quote: str | None = None
    tick_size: Decimal | None = None
    step_size: Decimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    min_qty: Decimal | None = None
    max_qty: Decimal | None = None
    min_notional: Decimal | None = None
    max_notional: Decimal | None = None
    status: str | None = None
    trading: bool = True

    @property
    def key(self) -> Key:
        """What it is found by."""
        return self.exchange, self.symbol


def news(
    known: Mapping[Key, Instrument], listed: Iterable[Instrument], exchanges: Iterable[str | None]
) -> tuple[Instrument, ...]:
    """Say what a complete list changes; nothing, where it is as before.

    Args:
        known: by key, what was known.
        listed: every symbol of these exchanges.
        exchanges: those that were asked; a symbol known there and not listed is not traded any more.

    """
    now = {each.key: each for each in listed}
    asked = set(exchanges)
    changed = [each for key, each in now.items() if known.get(key) != each]
    gone = [
        replace(each, trading=False, status=GONE)
        for key, each in known.items()
        if each.exchange in asked and key not in now and each.status != GONE
    ]
    return (*changed, *gone)


def merged(known: Mapping[Key, Instrument], changed: Iterable[Instrument]) -> dict[Key, Instrument]:
    """Give what is known after a change; the mapping itself is left as it is, since readers may have it."""
    return {**known, **{each.key: each for each in changed}}


def rounded_price(price: Decimal, side: str, instrument: Instrument) -> Decimal:
    """Round a price to the tick, away from the market: a buy down, a sell up."""
    return _stepped(price, instrument.tick_size, ROUND_FLOOR if side in BUYS else ROUND_CEILING)


def rounded_qty(qty: Decimal, instrument: Instrument) -> Decimal:
    """Round a quantity down to the step."""
    return _stepped(qty, instrument.step_size, ROUND_FLOOR)


def fits_step(value: Decimal, step: Decimal | None) -> bool:
    """Whether a value is a multiple of a step; without a step everything is."""
    return not step or not value % step


def _stepped(value: Decimal, step: Decimal | None, rounding: str) -> Decimal:
    if not step or fits_step(value, step):
        return value
    down = (value // step) * step  # towards zero, and exact
    above = rounding == ROUND_CEILING and value > 0
    below = rounding == ROUND_FLOOR and value < 0
    return down + step if above else down - step if below else down
