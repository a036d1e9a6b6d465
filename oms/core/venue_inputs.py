"""Inputs about the venue itself and not about an order: what it lists, its prices, and money that moves."""

from decimal import Decimal

from msgspec import Struct

from oms.core.instruments import Instrument
from oms.core.prices import Quote


class InstrumentsSeen(Struct, frozen=True, kw_only=True):
    """A venue's complete list of the symbols at these exchanges (None: there are none behind it)."""

    session: str
    exchanges: tuple[str | None, ...]
    instruments: tuple[Instrument, ...]
    raw: str | None = None


class PricesSeen(Struct, frozen=True, kw_only=True):
    """The market's best prices. They are not journaled; a denial says by which prices it was made."""

    session: str
    quotes: tuple[Quote, ...]
    raw: str | None = None


class MoveMoney(Struct, frozen=True, kw_only=True):
    """Somebody wants money moved by the lane with this label. `id` is the desk's own; it moves money once.

    `subject` is that of `Movement`. It goes on record: never a secret.
    """

    id: str
    kind: str
    label: str
    amount: Decimal
    subject: str | None = None
    actor: str | None = None
    origin: str | None = None


class TakeBack(Struct, frozen=True, kw_only=True):
    """Somebody wants a withdrawal taken back that has not left the venue; `withdrawal` is its id, `id` this one's."""

    id: str
    withdrawal: str
    actor: str | None = None
    origin: str | None = None


class MoneyAnswered(Struct, frozen=True, kw_only=True):
    """What became of a movement: `status` is SUBMITTED, DONE, REFUSED or IN_DOUBT. `raw`: the venue's words.

    `moved`, `fee` and `asset` are those of `Movement`, where the venue says so.
    """

    session: str
    id: str
    status: str
    reason: str | None = None
    log_id: str | None = None
    moved: Decimal | None = None
    fee: Decimal | None = None
    asset: str | None = None
    raw: str | None = None


class ResolveMoney(Struct, frozen=True, kw_only=True):
    """A person decides what became of an open movement: `outcome` is `done` or `not-done`."""

    id: str
    outcome: str
    evidence: str
    actor: str | None = None
    origin: str | None = None
