"""What Apifiny is asked, by its samples: prices and quantities of orders as text, amounts as JSON numbers."""

from decimal import Decimal

import msgspec
from msgspec import Raw, Struct

from oms.core.values import format_decimal


class Params(Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """The body of a request; what is None is left out."""


class Account(Params, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """An account, perhaps at one venue: most queries, and asset.createWithdrawTicketLite."""

    account_id: str
    venue: str | None = None


class Address(Account, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """asset.queryAddressLite."""

    coin: str


class Withdraw(Address, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """asset.withdrawLite."""

    amount: Raw
    address: str
    ticket: str
    memo: str
    currency: str | None = None


class Transfer(Account, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """asset.transferToVenue."""

    currency: str
    amount: Raw
    target_venue: str


class Activities(Account, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """asset.queryAssetActivityListLite; the document writes all of them as text."""

    start_time_date: str
    end_time_date: str
    limit: str
    page: str


class OrderInfo(Params, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """The terms of order.insertOrderLite; `total` in quote asset, for a MARKET BUY alone."""

    symbol: str
    order_type: str
    time_in_force: int | None = None
    order_side: str
    limit_price: str | None = None
    quantity: str | None = None
    total: str | None = None


class InsertOrder(Account, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """order.insertOrderLite."""

    order_id: str
    order_info: OrderInfo


class OneOrder(Account, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """order.cancelOrderLite, order.queryOrderInfoLite, order.readerOrderDetail."""

    order_id: str


class ManyOrders(Account, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """order.listOrderInfoLite."""

    order_id_list: tuple[str, ...]


class CompletedOrders(Account, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """order.listCompletedOrderLite."""

    start_time: int
    end_time: int
    limit: int
    forward: bool | None = None
    base_asset: str | None = None
    quote_asset: str | None = None
    order_side: str | None = None
    order_status: str | None = None


class Since(Account, frozen=True, rename="camel", kw_only=True):
    """order.listDetailLite, order.streamDetail; the document's sample of the latter writes a null."""

    start_date_time: int | None


class SymbolAt(Account, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """order.getCommissionRate."""

    symbol: str


def amount(value: Decimal) -> Raw:
    """Write an amount as a JSON number, in full."""
    return Raw(format_decimal(value).encode())


def optional_text(value: Decimal | None) -> str | None:
    """Write a decimal as text, in full."""
    return None if value is None else format_decimal(value)


def encode(params: Params) -> bytes:
    """Write a body."""
    return msgspec.json.encode(params)
