"""The sections of the configuration about the venue itself: how often it is asked, and where money may go."""

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Annotated, Final

from msgspec import Meta, Struct

from oms.core.instruments import Key
from oms.core.movements import Lane, MovementKind

Positive = Annotated[float, Meta(gt=0)]
Text = Annotated[str, Meta(min_length=1)]
_KINDS: Final = tuple(MovementKind)


class ReferenceSection(Struct, kw_only=True):
    """`[reference]`: what is asked of venues besides orders, in seconds; `prices`: EXCHANGE:SYMBOL, or SYMBOL."""

    instruments_s: Positive = 300.0
    balances_s: Positive = 30.0
    fees_s: Positive = 15.0
    clock_s: Positive = 60.0
    clock_difference_s: Positive = 1.0
    prices_s: Positive = 1.0
    stale_price_s: Positive = 5.0
    prices: list[str] = []


class LaneSection(Struct, kw_only=True):
    """`[[money.lane]]`: one way that money may go."""

    label: Text
    kind: Text
    session: Text
    exchange: Text
    currency: Text
    max_amount: Decimal | None = None
    max_daily: Decimal | None = None
    address: Text | None = None
    memo: str = ""
    target: Text | None = None


class MoneySection(Struct, kw_only=True):
    """`[money]`: off, unless it is allowed and there are lanes."""

    allowed: bool = False
    lane: list[LaneSection] = []


def lanes(section: MoneySection, session: str) -> tuple[Lane, ...]:
    """Give the ways that money may go by a session; none while it is not allowed."""
    if not section.allowed:
        return ()
    return tuple(
        Lane(
            label=each.label,
            kind=each.kind,
            exchange=each.exchange,
            currency=each.currency,
            max_amount=each.max_amount,
            max_daily=each.max_daily,
            address=each.address,
            memo=each.memo,
            target=each.target,
        )
        for each in section.lane
        if each.session == session and each.max_amount is not None
    )


def pairs(section: ReferenceSection) -> tuple[Key, ...]:
    """Read which prices are wanted: the exchange, or None, and the symbol."""
    split = (text.rpartition(":") for text in section.prices)
    return tuple((exchange or None, symbol) for exchange, _, symbol in split)


def money_problems(section: MoneySection, sessions: Collection[str]) -> Iterator[tuple[str, str]]:
    """Say what is wrong with the lanes: key and reason."""
    labels = [each.label for each in section.lane]
    for index, each in enumerate(section.lane, 1):
        where = f"money.lane[{index}]"
        if labels.count(each.label) > 1:
            yield f"{where}.label", f"{each.label!r} is the label of another lane too"
        if each.session not in sessions:
            yield f"{where}.session", f"{each.session!r} is not configured; configured: {', '.join(sessions)}"
        if each.max_amount is None or each.max_amount <= 0:
            yield (
                f"{where}.max_amount",
                'is missing: the most that may go at once, as text above 0, like "0.5"',
            )
        yield from ((f"{where}.{key}", reason) for key, reason in _ends(each))


def _ends(lane: LaneSection) -> Iterator[tuple[str, str]]:
    """A withdrawal goes to an address, a transfer to another exchange; never both."""
    if lane.kind not in _KINDS:
        yield "kind", f"{lane.kind!r} is not known; known are {', '.join(_KINDS)}"
    elif lane.kind == MovementKind.WITHDRAWAL:
        if lane.address is None:
            yield "address", "is missing: where the withdrawal goes"
        if lane.target is not None:
            yield "target", "belongs to a transfer; a withdrawal goes to its address"
    else:
        if lane.target is None or lane.target == lane.exchange:
            yield "target", "name the exchange that the transfer goes to, another than it comes from"
        if lane.address is not None:
            yield "address", "belongs to a withdrawal; a transfer goes to its target"
