"""The sections of the configuration about the venue itself: how often it is asked, and where money may go."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from oms.core.instruments import Key
from oms.core.movements import Lane, MovementKind

Positive = Annotated[float, Meta(gt=0)]
Text = Annotated[str, Meta(min_length=1)]


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
    """`[[money.lane]]`: one way that money or credit may go."""

    label: Text
    kind: Text
    session: Text
    exchange: Text | None = None
    currency: Text
    max_amount: Decimal | None = None
    max_daily: Decimal | None = None
    address: Text | None = None
    memo: str = ""
    target: Text | None = None
    receiver: Text | None = None
    symbol: Text | None = None


class MoneySection(Struct, kw_only=True):
    """`[money]`: off, unless it is allowed and there are lanes."""

    allowed: bool = False
    lane: list[LaneSection] = []


def lanes(section: MoneySection, session: Any) -> tuple[Lane, ...]:  # noqa: ANN401 - any kind of session
    """Give the ways that money may go by a session; none while it is not allowed."""
    if not section.allowed:
        return ()
    margin = bool(getattr(session, "margin", False))
    return tuple(
        Lane(
            label=each.label,
            kind=each.kind,
            exchange=each.exchange or session.name,
            currency=each.currency,
            max_amount=each.max_amount,
            max_daily=each.max_daily,
            address=each.address,
            memo=each.memo,
            target=each.target or each.receiver or each.symbol,
            inward=each.kind in (_INTO_MARGIN if margin else _INTO_SPOT),
        )
        for each in section.lane
        if each.session == session.name and each.max_amount is not None
    )


def pairs(section: ReferenceSection) -> tuple[Key, ...]:
    """Read which prices are wanted: the exchange, or None, and the symbol."""
    split = (text.rpartition(":") for text in section.prices)
    return tuple((exchange or None, symbol) for exchange, _, symbol in split)


def money_problems(section: MoneySection, sessions: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Say what is wrong with the lanes, by key and reason; `sessions`: their kinds, by name."""
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
        found = _lane_problems(each, sessions.get(each.session, ""))
        yield from ((f"{where}.{key}", reason) for key, reason in found)


def _lane_problems(lane: LaneSection, session_kind: str) -> Iterator[tuple[str, str]]:
    """Check what a lane of its kind needs, and what its venue has."""
    known = LANE_KINDS.get(session_kind, _EXCHANGES_KINDS)
    if lane.kind not in known:
        yield "kind", f"{lane.kind!r} is not known at this venue; known are {', '.join(known)}"
        return
    if session_kind in LANE_KINDS:
        if lane.exchange is not None:
            yield "exchange", "leave it out: there is none behind this venue"
        if lane.currency != lane.currency.lower():
            yield "currency", f"write it as the venue's symbols do: {lane.currency.lower()}"
        if lane.kind == MovementKind.WITHDRAWAL and lane.memo and session_kind == "weex":
            yield "memo", "this venue sends none: an address that needs one cannot be withdrawn to"
    elif lane.exchange is None:
        yield "exchange", "is missing: where the money is"
    yield from _ends(lane)


def _ends(lane: LaneSection) -> Iterator[tuple[str, str]]:
    """Each kind goes to one thing, and to no other."""
    name, what = _END[lane.kind]
    if name is not None and getattr(lane, name) is None:
        yield name, f"is missing: {what}"
    for other in _ENDS:
        if other != name and getattr(lane, other) is not None:
            yield other, f"does not belong to a {lane.kind}"
    if lane.kind == MovementKind.TRANSFER and lane.target == lane.exchange:
        yield "target", "name another exchange than it comes from"


_EXCHANGES_KINDS: Final = (MovementKind.WITHDRAWAL, MovementKind.TRANSFER)
LANE_KINDS: Final = {
    "weex": (MovementKind.WITHDRAWAL, MovementKind.COUPON, MovementKind.REDEMPTION),
    "cloud": (
        MovementKind.WITHDRAWAL,
        MovementKind.MARGIN_IN,
        MovementKind.MARGIN_OUT,
        MovementKind.LOAN,
        MovementKind.REPAYMENT,
    ),
}
_ENDS: Final = ("address", "target", "receiver", "symbol")
_SYMBOL: Final = ("symbol", "the symbol whose margin account it is, like btcusdt")
_END: Final[Mapping[str, tuple[str | None, str]]] = {
    MovementKind.WITHDRAWAL: ("address", "where the withdrawal goes"),
    MovementKind.TRANSFER: ("target", "the exchange that the transfer goes to, another than it comes from"),
    MovementKind.COUPON: (
        "receiver",
        "who may redeem the coupon; without one whoever reads its code has the money",
    ),
    MovementKind.REDEMPTION: (None, ""),
    MovementKind.MARGIN_IN: _SYMBOL,
    MovementKind.MARGIN_OUT: _SYMBOL,
    MovementKind.LOAN: _SYMBOL,
    MovementKind.REPAYMENT: _SYMBOL,
}
_INTO_SPOT: Final = frozenset({MovementKind.REDEMPTION, MovementKind.MARGIN_OUT})
_INTO_MARGIN: Final = frozenset({MovementKind.REDEMPTION, MovementKind.MARGIN_IN})
