"""What the Cloud API answers about accounts, orders and money, field for field.

Amounts are decimals of up to 18 places, times are milliseconds since the epoch, ids are numbers whether they come as
numbers or as text.
"""

from decimal import Decimal
from typing import Literal

import msgspec

from oms.rest.rows import Row

Kind = Literal[
    "buy-market",
    "sell-market",
    "buy-limit",
    "sell-limit",
    "buy-ioc",
    "sell-ioc",
    "buy-limit-maker",
    "sell-limit-maker",
]
Side = Literal["buy", "sell"]
State = Literal[
    "pre-submitted",
    "submitting",
    "submitted",
    "partial-filled",
    "cancelling",
    "partial-canceled",
    "filled",
    "canceled",
]


class Envelope(Row, frozen=True, rename="kebab"):
    """Around every answer; `status` is `ok`, or `error` with code and text."""

    status: str
    data: msgspec.Raw = msgspec.Raw(b"null")
    tick: msgspec.Raw = msgspec.Raw(b"null")
    err_code: str | None = None
    err_msg: str | None = None


# --- accounts -------------------------------------------------------------------------------------------------------


class Account(Row, frozen=True, rename="kebab"):
    """A row of /v1/account/accounts: `type` spot or margin, `state` working or lock."""

    id: int
    type: str
    state: str
    user_id: int | None = None


class BalanceRow(Row, frozen=True):
    """One currency's part of a balance: `trade`, `frozen`; for margin also `loan`, `interest` and what is available."""

    currency: str
    type: str
    balance: Decimal


class Balance(Row, frozen=True, rename="kebab"):
    """/v1/account/accounts/{account-id}/balance."""

    id: int
    type: str
    state: str
    rows: list[BalanceRow] = msgspec.field(name="list", default_factory=list)
    user_id: int | None = None


# --- orders ---------------------------------------------------------------------------------------------------------


class PlaceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """/v1/order/orders/place.

    Attributes:
        account_id: a spot account, or a margin account with the source `margin-api`.
        symbol: such as `btcusdt`.
        type: side and kind of the order.
        amount: in base currency; of `buy-market` in quote currency.
        price: not for `buy-market` and `sell-market`.
        source: `api` or `margin-api`.

    """

    account_id: int
    symbol: str
    type: Kind
    amount: Decimal
    price: Decimal | None = None
    source: Literal["api", "margin-api"] = "api"


class OrderRow(Row, frozen=True, rename="kebab"):
    """An order, in either spelling: `field-*` in details and lists, `filled-*` among the open orders."""

    id: int
    symbol: str
    account_id: int
    created_at: int
    type: Kind
    state: State
    price: Decimal | None = None
    amount: Decimal | None = None
    field_amount: Decimal | None = None
    field_cash_amount: Decimal | None = None
    field_fees: Decimal | None = None
    filled_amount: Decimal | None = None
    filled_cash_amount: Decimal | None = None
    filled_fees: Decimal | None = None
    source: str = ""
    finished_at: int | None = None
    canceled_at: int | None = None

    def __post_init__(self) -> None:
        """Insist on what was executed.

        Raises:
            ValueError: neither spelling is there, or a number is none.

        """
        super().__post_init__()
        if self.field_amount is None and self.filled_amount is None:
            message = "missing required field `field-amount` (or `filled-amount`)"
            raise ValueError(message)

    @property
    def executed(self) -> Decimal:
        """What was executed, in base currency."""
        found = self.field_amount if self.field_amount is not None else self.filled_amount
        return found if found is not None else Decimal(0)


class MatchRow(Row, frozen=True, rename="kebab"):
    """One execution of an order. `id` is the record's own number, `match_id` that of the match."""

    id: int
    order_id: int
    match_id: int
    symbol: str
    type: Kind
    price: Decimal
    filled_amount: Decimal
    filled_fees: Decimal
    created_at: int
    source: str = ""


class CancelFailure(Row, frozen=True, rename="kebab"):
    """An order that a batch did not cancel."""

    order_id: str
    err_code: str = ""
    err_msg: str = ""


class BatchCanceled(Row, frozen=True):
    """/v1/order/orders/batchcancel."""

    success: list[int] = msgspec.field(default_factory=list)
    failed: list[CancelFailure] = msgspec.field(default_factory=list)


class OpenOrdersCanceled(Row, frozen=True, rename="kebab"):
    """/v1/order/orders/batchCancelOpenOrders. `next_id` is the next order that would be canceled."""

    success_count: int
    failed_count: int
    next_id: int | None = None


# --- money and credit -----------------------------------------------------------------------------------------------


class WithdrawRequest(msgspec.Struct, frozen=True, kw_only=True):
    """/v1/dw/withdraw/api/create; what is None is left out. The document names the method and prints no parameters."""

    address: str
    currency: str
    amount: Decimal
    fee: Decimal | None = None
    addr_tag: str | None = None


class TransferRow(Row, frozen=True, rename="kebab"):
    """A row of /v1/query/deposit-withdraw; the document names the method and prints no fields."""

    id: int
    type: str
    currency: str
    amount: Decimal
    state: str
    created_at: int
    updated_at: int | None = None
    tx_hash: str = ""
    address: str = ""
    address_tag: str = ""
    fee: Decimal = Decimal(0)


class LoanRow(Row, frozen=True, rename="kebab"):
    """A row of /v1/margin/loan-orders: `state` created, accrual, cleared or invalid."""

    id: int
    user_id: int
    account_id: int
    symbol: str
    currency: str
    loan_amount: Decimal
    loan_balance: Decimal
    interest_rate: Decimal
    interest_amount: Decimal
    interest_balance: Decimal
    created_at: int
    accrued_at: int
    state: Literal["created", "accrual", "cleared", "invalid"]
    updated_at: int | None = None


class MarginAccount(Row, frozen=True, rename="kebab"):
    """A row of /v1/margin/accounts/balance: `state` working, fl-sys, fl-mgt or fl-end."""

    symbol: str
    state: str
    risk_rate: Decimal
    fl_price: Decimal
    id: int | None = None
    type: str = ""
    fl_type: str = ""
    rows: list[BalanceRow] = msgspec.field(name="list", default_factory=list)
