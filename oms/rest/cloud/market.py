"""Market data, symbols, currencies and the clock: what everybody may see."""

from oms.rest.cloud.caller import Caller
from oms.rest.cloud.market_models import (
    Candle,
    Depth,
    DepthType,
    Merged,
    Period,
    Symbol,
    TickerRow,
    TradeBatch,
)


class MarketClient:
    """The methods that need no key."""

    def __init__(self, caller: Caller) -> None:
        """Ask through `caller`."""
        self._caller = caller

    def kline(self, symbol: str, period: Period, *, size: int | None = None) -> list[Candle]:
        """Ask for candles, the latest first; 150 where `size` is left out, at most 2000."""
        parameters = {"symbol": symbol, "period": period, "size": size}
        return self._caller.look("/market/history/kline", list[Candle], parameters)

    def merged(self, symbol: str) -> Merged:
        """Ask for the last 24 hours and the best levels of a symbol."""
        return self._caller.look("/market/detail/merged", Merged, {"symbol": symbol}, part="tick")

    def tickers(self) -> list[TickerRow]:
        """Ask for the day of all symbols."""
        return self._caller.look("/market/tickers", list[TickerRow], {})

    def depth(self, symbol: str, depth_type: DepthType = "step0") -> Depth:
        """Ask for the order book; `step0` merges no levels."""
        parameters = {"symbol": symbol, "type": depth_type}
        return self._caller.look("/market/depth", Depth, parameters, part="tick")

    def trade(self, symbol: str) -> TradeBatch:
        """Ask for the last execution."""
        return self._caller.look("/market/trade", TradeBatch, {"symbol": symbol}, part="tick")

    def history_trade(self, symbol: str, *, size: int | None = None) -> list[TradeBatch]:
        """Ask for executions, the latest first; 1 where `size` is left out, at most 2000."""
        parameters = {"symbol": symbol, "size": size}
        return self._caller.look("/market/history/trade", list[TradeBatch], parameters)

    def symbols(self) -> list[Symbol]:
        """Ask for all symbols and their precisions."""
        return self._caller.look("/v1/common/symbols", list[Symbol], {})

    def currencys(self) -> list[str]:
        """Ask for all currencies."""
        return self._caller.look("/v1/common/currencys", list[str], {})

    def timestamp(self) -> int:
        """Ask for the venue's time, milliseconds since the epoch."""
        return self._caller.look("/v1/common/timestamp", int, {})
