"""What WEEX answers, field for field as its document prints it (Trade API v1; public API v3).

Amounts and rates are decimals, times are seconds since the epoch, keys of objects are read as the numbers they are.
What only accompanies an answer may be missing: an order is placed whether its `funds` come or not.
"""

from decimal import Decimal
from typing import Literal

import msgspec

from oms.rest.rows import Row

Funds = dict[str, Decimal]
TradeSide = Literal["buy", "sell"]


class Envelope(Row, frozen=True):
    """Around every answer of the Trade API; with `success` 0 the text of `error` says why."""

    success: int
    return_: msgspec.Raw = msgspec.field(name="return", default=msgspec.Raw(b"null"))
    error: str = ""


# --- Trade API v1 ---------------------------------------------------------------------------------------------------


class Rights(Row, frozen=True):
    """What the key may do: 1 or 0."""

    info: int
    trade: int
    withdraw: int = 0


class Info(Row, frozen=True):
    """getInfo; cached by the venue for 60 s. `funds` leave out what open orders hold."""

    funds: Funds
    rights: Rights
    open_orders: int
    server_time: int
    transaction_count: int = 0


class Placed(Row, frozen=True):
    """Trade. `order_id` is 0 when the order was matched in full at once."""

    received: Decimal
    remains: Decimal
    order_id: int
    funds: Funds = msgspec.field(default_factory=dict)


class ActiveOrder(Row, frozen=True):
    """A row of ActiveOrders. `amount` is what is still to be traded; what it began with is not printed."""

    pair: str
    type: TradeSide
    amount: Decimal
    rate: Decimal
    timestamp_created: int
    status: int = 0


class OrderRow(Row, frozen=True):
    """OrderInfo. `amount` remains of `start_amount`; status 0 active, 1 executed, 2 canceled, 3 canceled in part."""

    pair: str
    type: TradeSide
    start_amount: Decimal
    amount: Decimal
    rate: Decimal
    timestamp_created: int
    status: Literal[0, 1, 2, 3]


class Canceled(Row, frozen=True):
    """CancelOrder."""

    order_id: int
    funds: Funds = msgspec.field(default_factory=dict)


class CancelResult(Row, frozen=True):
    """One order's part of CancelOrders; the document prints `success` and, misspelt, `sucess`."""

    success: int | None = None
    sucess: int | None = None
    error: str = ""

    @property
    def done(self) -> bool | None:
        """Whether the order was canceled; None when the venue said neither."""
        said = self.success if self.success is not None else self.sucess
        return None if said is None else said == 1


class CanceledMany(Row, frozen=True):
    """CancelOrders, by order id."""

    cancel_result: dict[int, CancelResult]
    funds: Funds = msgspec.field(default_factory=dict)


class TradeRow(Row, frozen=True):
    """A row of TradeHistory. `order_id` is ours only where `is_your_order` is 1."""

    pair: str
    type: TradeSide
    amount: Decimal
    rate: Decimal
    order_id: int
    is_your_order: int
    timestamp: int


class Transaction(Row, frozen=True):
    """A row of TransHistory.

    Types 1 and 2 are deposit and withdrawal, 4 and 5 credit and debit; status 0 is canceled or failed, 1 waits for
    acceptance, 2 succeeded, 3 is not confirmed.
    """

    type: int
    amount: Decimal
    currency: str
    status: int
    timestamp: int
    desc: str = ""


class DepositAddress(Row, frozen=True):
    """CoinDepositAddress."""

    address: str


class Withdrawn(Row, frozen=True):
    """WithdrawCoin. The amount includes the commission."""

    tx_id: int = msgspec.field(name="tId")
    amount_sent: Decimal = msgspec.field(name="amountSent")
    funds: Funds = msgspec.field(default_factory=dict)


class CouponMade(Row, frozen=True):
    """CreateCoupon. The code is money for whoever reads it, so it is not shown."""

    coupon: str
    trans_id: int = msgspec.field(name="transID")
    funds: Funds = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """Show everything but the code."""
        return f"CouponMade(coupon='***', trans_id={self.trans_id})"


class CouponRedeemed(Row, frozen=True):
    """RedeemCoupon."""

    amount: Decimal = msgspec.field(name="couponAmount")
    currency: str = msgspec.field(name="couponCurrency")
    trans_id: int = msgspec.field(name="transID")
    funds: Funds = msgspec.field(default_factory=dict)


# --- public API v3 --------------------------------------------------------------------------------------------------


class Pair(Row, frozen=True):
    """The rules of a pair in `/api/3/info`; `fee` is per cent, `hidden` 1 keeps the pair out of trading's lists."""

    decimal_places: int
    min_price: Decimal
    max_price: Decimal
    min_amount: Decimal
    hidden: int
    fee: Decimal


class PublicInfo(Row, frozen=True):
    """`/api/3/info`."""

    server_time: int
    pairs: dict[str, Pair]


class Ticker(Row, frozen=True):
    """`/api/3/ticker`: the last 24 hours; `vol` in quote, `vol_cur` in base currency."""

    high: Decimal
    low: Decimal
    avg: Decimal
    vol: Decimal
    vol_cur: Decimal
    last: Decimal
    buy: Decimal
    sell: Decimal
    updated: int


class Depth(Row, frozen=True):
    """`/api/3/depth`: (price, amount), the best first."""

    asks: list[tuple[Decimal, Decimal]]
    bids: list[tuple[Decimal, Decimal]]


class PublicTrade(Row, frozen=True):
    """A row of `/api/3/trades`; `type` is `ask` for a sell and `bid` for a buy."""

    type: Literal["ask", "bid"]
    price: Decimal
    amount: Decimal
    tid: int
    timestamp: int
