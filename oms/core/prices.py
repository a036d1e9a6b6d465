"""The market's best prices, how old they are, and how far an order may be from them. Pure: time is a value.

Old prices are old: nothing here forgets the age of a quote, and no check passes on one that is too old.
"""

from decimal import Decimal
from typing import Final

from msgspec import Struct

from oms.core.instruments import Key
from oms.core.times import NS_PER_S
from oms.core.values import BUYS, ROUNDING, format_decimal, format_optional

_HUNDRED: Final = Decimal(100)
_SHOWN: Final = Decimal("0.01")


class Quote(Struct, frozen=True, kw_only=True, gc=False):
    """Best bid and ask of a symbol; None where that side of the book is empty.

    Attributes:
        symbol: as the venue writes it.
        exchange: the exchange behind the venue, where there is one.
        bid: best price that somebody buys at.
        ask: best price that somebody sells at.
        time_ns: when it was here, by our clock, nanoseconds since the epoch.
        venue_ms: when the venue says that it was so, by its clock, milliseconds since the epoch.

    """

    symbol: str
    exchange: str | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    time_ns: int = 0
    venue_ms: int | None = None

    @property
    def key(self) -> Key:
        """What it is found by."""
        return self.exchange, self.symbol

    def age_s(self, now_ns: int) -> float:
        """How old it is, seconds."""
        return round(max(now_ns - self.time_ns, 0) / NS_PER_S, 3)


class PriceRule(Struct, frozen=True, kw_only=True):
    """How far a limit price may be from the best price of the other side.

    Attributes:
        max_deviation: per cent, in both directions; None: prices are not looked at.
        max_age_ns: an older quote is stale.
        demanded: without a fresh price nothing leaves; else it leaves unchecked, and that is told.

    """

    max_deviation: Decimal | None = None
    max_age_ns: int = 5 * NS_PER_S
    demanded: bool = True


class Judged(Struct, frozen=True):
    """What the prices say of an order: a denial's code and text; without a code only something to tell."""

    code: str | None
    text: str


def is_stale(quote: Quote, now_ns: int, max_age_ns: int) -> bool:
    """Whether a quote is too old to rely on."""
    return now_ns - quote.time_ns > max_age_ns


def judge(
    price: Decimal | None, side: str, quote: Quote | None, rule: PriceRule, now_ns: int
) -> Judged | None:
    """Hold an order against the market; None where nothing is to be said.

    Args:
        price: its limit price; None for a market order, of which only the presence of fresh prices can be asked.
        side: Side (54).
        quote: the best prices, as last seen; None where there are none.
        rule: what is allowed.
        now_ns: the present.

    """
    if rule.max_deviation is None:
        return None
    lacking = _lacking(quote, side, rule, now_ns)
    if lacking is not None:
        if rule.demanded:
            return Judged("PRICE_UNKNOWN", f"{lacking}; nothing was sent")
        return Judged(None, f"the price was not checked: {lacking}")
    if price is None or quote is None:
        return None
    return _away(price, side, quote, rule, now_ns)


def _lacking(quote: Quote | None, side: str, rule: PriceRule, now_ns: int) -> str | None:
    if quote is None:
        return "no price of this symbol is known"
    if is_stale(quote, now_ns, rule.max_age_ns):
        most_s = rule.max_age_ns / NS_PER_S
        return f"the last prices ({told(quote, now_ns)}) are stale: at most {most_s:g} s old are relied on"
    if _opposite(quote, side) is None:
        return f"nobody is on the other side of the book ({told(quote, now_ns)})"
    return None


def _away(price: Decimal, side: str, quote: Quote, rule: PriceRule, now_ns: int) -> Judged | None:
    best = _opposite(quote, side)
    if best is None or rule.max_deviation is None:
        return None
    if abs(price - best) * _HUNDRED <= rule.max_deviation * best:
        return None
    per_cent = ROUNDING.quantize(ROUNDING.divide(abs(price - best) * _HUNDRED, best), _SHOWN)
    where, name = "above" if price > best else "below", "ask" if side in BUYS else "bid"
    text = (
        f"price {format_decimal(price)} is {format_decimal(per_cent)} % {where} the best {name}"
        f" ({told(quote, now_ns)}); the limit is {format_decimal(rule.max_deviation)} %"
    )
    return Judged("PRICE_AWAY", text)


def _opposite(quote: Quote, side: str) -> Decimal | None:
    best = quote.ask if side in BUYS else quote.bid
    return best if best is not None and best > 0 else None


def told(quote: Quote, now_ns: int) -> str:
    """Say a quote with its age."""
    bid, ask = format_optional(quote.bid) or "none", format_optional(quote.ask) or "none"
    return f"bid {bid}, ask {ask}, {quote.age_s(now_ns):g} s old"
