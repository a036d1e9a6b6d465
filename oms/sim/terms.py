"""The words of the simulated exchange: what an account asks, and what happened.

Plain values in, plain values out. The codes are FIX 4.2's own characters, so that a face needs
no second table; time is always an argument, money is always a Decimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


FEE_STEP = Decimal("0.00000001")
_DOWN = Context(prec=60, rounding=ROUND_DOWN, traps=[InvalidOperation])
ROUGH = Context(prec=28, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero])
"""For what cannot be exact, prices of the house and averages: whatever the process demands of its own decimals."""


class Side(StrEnum):
    """Side(54)."""

    BUY = "1"
    SELL = "2"

    @property
    def opposite(self) -> Side:
        """The side this one trades with."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrdType(StrEnum):
    """OrdType(40), as far as the venue knows it."""

    MARKET = "1"
    LIMIT = "2"


class Tif(StrEnum):
    """TimeInForce(59): the venue's own numbers; 7 is not a FIX 4.2 value."""

    GTC = "1"
    IOC = "3"
    POST_ONLY = "7"


class Status(StrEnum):
    """OrdStatus(39), as far as the venue uses it."""

    NEW = "0"
    PARTIALLY_FILLED = "1"
    FILLED = "2"
    CANCELED = "4"
    REJECTED = "8"

    @property
    def open(self) -> bool:
        """Whether an order of this status can still trade."""
        return self in (Status.NEW, Status.PARTIALLY_FILLED)


@dataclass(frozen=True, slots=True)
class Fees:
    """What an execution costs, as a part of its notional, in the quote currency."""

    taker: Decimal = Decimal(0)
    maker: Decimal = Decimal(0)

    def of(self, notional: Decimal, *, taker: bool) -> Decimal:
        """Return the fee of one fill: whole steps, never more than its part."""
        return _DOWN.quantize(_DOWN.multiply(notional, self.taker if taker else self.maker), FEE_STEP)


NO_FEES = Fees()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order as the account asked for it; `qty` is absent where `cash_qty` sizes it."""

    account: str
    cl_ord_id: str
    venue: str
    symbol: str
    side: Side
    ord_type: str
    tif: str = Tif.GTC
    price: Decimal | None = None
    qty: Decimal | None = None
    cash_qty: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """A request to cancel the order that `orig_cl_ord_id` names."""

    account: str
    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRequest:
    """A question about one order."""

    account: str
    cl_ord_id: str
    symbol: str
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """One order at one moment: the same terms, with how far it got."""

    account: str
    cl_ord_id: str
    order_id: str
    venue: str
    symbol: str
    side: Side
    ord_type: str
    tif: str
    price: Decimal | None
    qty: Decimal | None
    cash_qty: Decimal | None
    cum_qty: Decimal
    notional: Decimal
    status: Status

    @property
    def leaves_qty(self) -> Decimal | None:
        """What can still trade: none once it is over, unknown while cash sizes the order."""
        if not self.status.open:
            return Decimal(0)
        return None if self.qty is None else self.qty - self.cum_qty


class RejectReason(StrEnum):
    """OrdRejReason(103)."""

    OTHER = "0"
    UNKNOWN_SYMBOL = "1"
    UNKNOWN_ORDER = "5"
    DUPLICATE_ORDER = "6"


class CancelReason(StrEnum):
    """CxlRejReason(102)."""

    TOO_LATE = "0"
    UNKNOWN_ORDER = "1"
    BROKER_OPTION = "2"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The order is in the book, or about to take from it."""

    order: OrderView
    exec_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Filled:
    """One execution of one account's order."""

    order: OrderView
    exec_id: str
    at: datetime
    last_qty: Decimal
    last_px: Decimal
    fee: Decimal = Decimal(0)
    """In the quote currency."""
    taker: bool = False


@dataclass(frozen=True, slots=True)
class Canceled:
    """The order is out of the book; `request` is absent when nobody asked."""

    order: OrderView
    exec_id: str
    at: datetime
    request: CancelOrder | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The order was refused; `first` is the order that already bears a repeated ClOrdID."""

    order: OrderView
    exec_id: str
    at: datetime
    text: str
    reason: RejectReason
    first: OrderView | None = None


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """The cancel was refused; `order` is absent when there is no such order."""

    request: CancelOrder
    order: OrderView | None
    exec_id: str
    at: datetime
    text: str
    reason: CancelReason


@dataclass(frozen=True, slots=True)
class StatusReply:
    """The answer to a question; `order` is absent when there is no such order."""

    request: StatusRequest
    order: OrderView | None
    at: datetime
    text: str = ""


Event = Accepted | Filled | Canceled | Rejected | CancelRefused | StatusReply
