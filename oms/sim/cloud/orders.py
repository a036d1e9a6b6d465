"""Users, their accounts and their orders, and the states of an order in the document's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from oms.sim.book import ZERO
from oms.sim.terms import OrdType, Side, Status, Tif

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from oms.sim.book import Order
    from oms.sim.cloud.market import Symbol

TYPES = {
    "buy-market": (Side.BUY, OrdType.MARKET, Tif.GTC),
    "sell-market": (Side.SELL, OrdType.MARKET, Tif.GTC),
    "buy-limit": (Side.BUY, OrdType.LIMIT, Tif.GTC),
    "sell-limit": (Side.SELL, OrdType.LIMIT, Tif.GTC),
    "buy-ioc": (Side.BUY, OrdType.LIMIT, Tif.IOC),
    "sell-ioc": (Side.SELL, OrdType.LIMIT, Tif.IOC),
    "buy-limit-maker": (Side.BUY, OrdType.LIMIT, Tif.POST_ONLY),
    "sell-limit-maker": (Side.SELL, OrdType.LIMIT, Tif.POST_ONLY),
}
SIDES = {"buy": Side.BUY, "sell": Side.SELL}

SPOT, MARGIN = "spot", "margin"
SOURCES = {SPOT: "api", MARGIN: "margin-api"}

STATES = (
    "pre-submitted",
    "submitting",
    "submitted",
    "partial-filled",
    "cancelling",
    "partial-canceled",
    "filled",
    "canceled",
)
SEARCHABLE = frozenset(STATES) - {"submitting", "cancelling"}
"""What a search may ask for: the document lists no other."""
OPEN_STATES = frozenset({"submitted", "partial-filled", "cancelling"})
"""What openOrders shows: neither what is still on its way into the book, nor what is over."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a user; a margin account belongs to one symbol."""

    number: int
    user: int
    kind: str
    symbol: str = ""

    @property
    def owner(self) -> str:
        """Its name in the ledger."""
        return str(self.number)


class Stage(Enum):
    """How far an order is on its way into the book, or out of it."""

    PRE_SUBMITTED = auto()
    SUBMITTING = auto()
    LIVE = auto()
    CANCELLING = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class Match:
    """One execution of one order, with its fee in the currency that was received."""

    number: int
    match_number: int
    price: Decimal
    amount: Decimal
    fee: Decimal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """An order as it was asked for; `amount` is in the quote currency for a buy-market order."""

    account: Account
    symbol: Symbol
    type: str
    amount: Decimal
    price: Decimal | None
    source: str

    @property
    def side(self) -> Side:
        """Which side it trades on."""
        return TYPES[self.type][0]

    @property
    def by_cash(self) -> bool:
        """Whether its amount is in the quote currency."""
        return self.type == "buy-market"


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """An order with everything the venue tells of it; `order` is the floor's."""

    number: int
    terms: Terms
    order: Order
    created_at: datetime
    stage: Stage = Stage.PRE_SUBMITTED
    fees: Decimal = ZERO
    matches: list[Match] = field(default_factory=list)
    finished_at: datetime | None = None
    canceled_at: datetime | None = None

    @property
    def state(self) -> str:
        """Its state, one of `STATES`."""
        match self.stage:
            case Stage.PRE_SUBMITTED:
                return "pre-submitted"
            case Stage.SUBMITTING:
                return "submitting"
            case Stage.CANCELLING:
                return "cancelling"
            case _:
                return self._settled()

    def _settled(self) -> str:
        traded = self.order.cum_qty > 0
        match self.order.status:
            case Status.FILLED:
                return "filled"
            case Status.CANCELED:
                return "partial-canceled" if traded else "canceled"
            case _:
                return "partial-filled" if traded else "submitted"
