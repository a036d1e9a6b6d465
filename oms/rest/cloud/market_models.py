"""What the market data of the Cloud API looks like, field for field; without a signature. Times in milliseconds."""

from decimal import Decimal
from typing import Literal

from oms.rest.rows import Row

Level = tuple[Decimal, Decimal]
Period = Literal["1min", "5min", "15min", "30min", "60min", "1day", "1mon", "1week", "1year"]
DepthType = Literal["step0", "step1", "step2", "step3", "step4", "step5"]


class Candle(Row, frozen=True):
    """A row of /market/history/kline. `id` is its beginning, seconds; `amount` in base, `vol` in quote currency."""

    id: int
    amount: Decimal
    count: int
    open: Decimal
    close: Decimal
    low: Decimal
    high: Decimal
    vol: Decimal


class Merged(Row, frozen=True):
    """/market/detail/merged: the last 24 hours, and the best levels as (price, amount)."""

    id: int
    amount: Decimal
    count: int
    open: Decimal
    close: Decimal
    low: Decimal
    high: Decimal
    vol: Decimal
    bid: Level | None = None
    ask: Level | None = None


class TickerRow(Row, frozen=True):
    """A row of /market/tickers: a symbol's day."""

    symbol: str
    open: Decimal
    close: Decimal
    low: Decimal
    high: Decimal
    amount: Decimal
    vol: Decimal
    count: int


class Depth(Row, frozen=True):
    """/market/depth: (price, amount), the best first."""

    ts: int
    bids: list[Level]
    asks: list[Level]
    id: int | None = None


class MarketTrade(Row, frozen=True):
    """One execution in the market; `direction` is the taker's."""

    id: int
    price: Decimal
    amount: Decimal
    direction: Literal["buy", "sell"]
    ts: int


class TradeBatch(Row, frozen=True):
    """What happened at one moment: /market/trade has one, /market/history/trade a list."""

    id: int
    ts: int
    data: list[MarketTrade]


class Symbol(Row, frozen=True, rename="kebab"):
    """A row of /v1/common/symbols. The precisions are decimals; None where the venue prints none."""

    base_currency: str
    quote_currency: str
    symbol: str = ""
    price_precision: int | None = None
    amount_precision: int | None = None
    symbol_partition: str | None = None

    @property
    def name(self) -> str:
        """The symbol: base currency and quote currency (API Reference, composition rules)."""
        return self.symbol or self.base_currency + self.quote_currency
