"""What Apifiny answers, by the document's tables and samples. Times are milliseconds since the epoch.

Fields that matter are required; what the document does not promise for every answer has a default. Additional fields
are passed over. Numbers come as JSON numbers or as text, and are decimals either way.
"""

from decimal import Decimal

from msgspec import Struct, field


class SubAccount(Struct, frozen=True, rename="camel", kw_only=True):
    """An account at one venue."""

    account_id: str
    venue: str
    account_status: str
    created_at: int | None = None
    updated_at: int | None = None


class AccountInfo(Struct, frozen=True, rename="camel", kw_only=True):
    """account.queryAccountInfoLite: status OPENED, RESTRICTED (queries only) or SUSPENDED (nothing)."""

    account_id: str
    account_status: str
    created_at: int | None = None
    updated_at: int | None = None
    sub_account_info: tuple[SubAccount, ...] = ()


class Balance(Struct, frozen=True, rename="camel", kw_only=True):
    """asset.listBalanceByLite: an asset of an account."""

    account_id: str
    venue: str
    currency: str
    amount: Decimal
    available: Decimal
    frozen: Decimal
    updated_at: int | None = None


class DepositAddress(Struct, frozen=True, rename="camel", kw_only=True):
    """asset.queryAddressLite: where to deposit; some currencies need the memo."""

    venue: str
    currency: str
    address: str
    coin: str | None = None
    memo: str | None = None
    expired_at: int | None = None


class WithdrawTicket(Struct, frozen=True, rename="camel", kw_only=True):
    """asset.createWithdrawTicketLite: what a withdrawal needs, once."""

    ticket: str
    expired_at: int


class Withdrawal(Struct, frozen=True, rename="camel", kw_only=True):
    """asset.withdrawLite: a withdrawal as taken on; status SUBMITTED, COMPLETED or CANCELLED."""

    account_id: str
    venue: str
    currency: str
    amount: Decimal
    log_id: str
    status: str
    coin: str | None = None
    fee: Decimal | None = None
    from_address: str | None = None
    target_address: str | None = None
    type: str | None = None
    action_type: str | None = None
    action_note: str | None = None
    tx_id: str | None = None
    log_created_at: int | None = None
    log_updated_at: int | None = None


class VenueTransfer(Struct, frozen=True, rename="camel", kw_only=True):
    """asset.transferToVenue: a transfer as taken on; status as of a withdrawal."""

    account_id: str
    venue: str
    currency: str
    amount: Decimal
    target_venue: str
    log_id: str
    status: str
    fee: Decimal | None = None
    log_created_at: int | None = None
    log_updated_at: int | None = None


class Activity(Struct, frozen=True, rename="camel", kw_only=True):
    """A deposit (IMCOMING, as the document spells it), withdrawal or transfer (OUTGOING); its rows print no memo."""

    account_id: str
    currency: str
    status: str
    type: str
    amount: Decimal
    log_id: str
    fee: Decimal | None = None
    from_address: str | None = None
    target_address: str | None = None
    tx_id: str | None = None
    coin: str | None = None
    log_created_at: int | None = None
    log_updated_at: int | None = None
    action_type: str | None = None
    action_note: str | None = None
    from_account_id: str | None = None
    to_account_id: str | None = None
    memo: str | None = None


class ActivityPage(Struct, frozen=True, rename="camel", kw_only=True):
    """asset.queryAssetActivityListLite: one page of `pages`, `total` records in all."""

    records: tuple[Activity, ...]
    total: int
    pages: int
    size: int | None = None
    current: int | None = None


class Order(Struct, frozen=True, rename="camel", kw_only=True):
    """The answer of every method of chapter "Trading API" that tells of an order; no limit price where it is MARKET."""

    order_id: str
    venue: str
    symbol: str
    order_type: str
    order_side: str
    order_status: str
    filled_cumulative_quantity: Decimal
    created_at: int
    updated_at: int
    account_id: str | None = None
    limit_price: Decimal | None = None
    quantity: Decimal | None = None
    total: Decimal | None = None
    time_in_force: int | str | None = None
    open_quantity: Decimal | None = None
    filled_average_price: Decimal | None = None
    cancelled_updated_at: int | None = None
    filled_updated_at: int | None = None

    @property
    def is_final(self) -> bool:
        """Tell whether nothing can happen to it any more; PART_FILLED is final only when nothing is open."""
        if self.order_status == "PART_FILLED":
            return self.open_quantity == 0
        return self.order_status in {"FILLED", "CANCELLED", "REJECTED"}


class Detail(Order, frozen=True, rename="camel", kw_only=True):
    """An order with one of its fills, or with none (order.listDetailLite, readerOrderDetail, streamDetail).

    No row carries an execution id, and its totals may be 0 whatever was filled.
    """

    last_filled_quantity: Decimal | None = None
    last_filled_price: Decimal | None = None
    last_filled_created_at: int | None = None
    last_commission: Decimal | None = None
    last_commission_currency: str | None = None
    is_taker: bool | None = None

    @property
    def is_fill(self) -> bool:
        """Tell whether the row is about a fill at all."""
        return bool(self.last_filled_quantity)


class StreamEntry(Struct, frozen=True, rename="camel", kw_only=True):
    """order.streamDetail: a change of an order, as logged by the venue."""

    log_timestamp: int
    payload: Detail


class CommissionRate(Struct, frozen=True, rename="camel", kw_only=True):
    """order.getCommissionRate: rates of taker and maker, and the volume of 30 days."""

    account_id: str
    take_fee: Decimal
    make_fee: Decimal
    trading_volume: Decimal | None = None
    special_rate: Decimal | None = None


class VenueInfo(Struct, frozen=True, rename="camel", kw_only=True):
    """utils.listVenueInfoLite: an exchange, enabled or disabled."""

    exchange: str
    status: str


class Currency(Struct, frozen=True, rename="camel", kw_only=True):
    """utils.listCurrencyLite: what may be deposited and withdrawn."""

    currency: str
    status: str
    currency_precision: int | None = None
    withdraw_max_amount: Decimal | None = None
    withdraw_min_amount: Decimal | None = None
    withdraw_min_fee: Decimal | None = None
    next_status: str | None = None
    next_status_at: int | None = None
    coin: str | None = None


class SymbolInfo(Struct, frozen=True, rename="camel", kw_only=True):
    """utils.listSymbolInfoLite: a pair and its limits; notional is price times quantity."""

    symbol: str
    base_asset: str
    quote_asset: str
    status: str
    base_asset_precision: int | None = None
    quote_precision: int | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    tick_size: Decimal | None = None
    step_size: Decimal | None = None
    min_notional: Decimal | None = None
    max_notional: Decimal | None = None


class OrderBook(Struct, frozen=True, rename="camel", kw_only=True):
    """Levels of (price, size). The document prints asks from the worst to the best in one sample: rely on no order."""

    symbol: str
    updated_at: int
    asks: tuple[tuple[Decimal, Decimal], ...]
    bids: tuple[tuple[Decimal, Decimal], ...]


class Trade(Struct, frozen=True, rename="camel", kw_only=True):
    """A public trade; `side` is the maker's."""

    symbol: str
    price: Decimal
    qty: Decimal
    side: str
    trade_time: int
    provider: str | None = None
    exchange_id: str | int | None = field(name="exchangeID", default=None)
    update_time: int | None = None


class Kline(Struct, frozen=True, rename="camel", kw_only=True):
    """A candle; `vol` in base asset. The document says seconds of `timestamp`, and prints milliseconds."""

    currency_pair: str
    period: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    vol: Decimal
    timestamp: int
    count: int | None = None
    exchange: str | None = None


class Ticker(Struct, frozen=True, rename="camel", kw_only=True):
    """Statistics of 24 hours; `vol` in base asset, `amount` in quote asset."""

    symbol: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    vol: Decimal
    amount: Decimal | None = None
    provider: str | None = None
    count: int | None = None
    update_at: int | None = None
