"""The document's "Market Data API" and "Public API": what anybody may ask."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from oms.sim.cloud.market import CURRENCIES, PLACE, QUOTE_PRECISION, SYMBOLS, Symbol
from oms.sim.cloud.request import Problem
from oms.sim.cloud.rows import Row, millis
from oms.sim.cloud.tape import PERIODS, Candle, Trade
from oms.sim.terms import Side

if TYPE_CHECKING:
    from oms.sim.cloud.exchange import Exchange
    from oms.sim.cloud.request import Params
    from oms.sim.cloud.trading import Call

MOST = 2000
KLINES = 150
LEVELS = {"step0": 150, "step1": 20, "step2": 20, "step3": 20, "step4": 20, "step5": 20}


class MarketData:
    """Answers about the market: each method returns what stands beside `status` and `ts`."""

    def __init__(self, exchange: Exchange, *, extra_keys: bool = False) -> None:
        """Show this exchange; `extra_keys` are those that the document lacks and clients of the family read."""
        self._extra_keys = extra_keys
        self._floor = exchange.floor

    def kline(self, call: Call) -> Row:
        """GET /market/history/kline: the newest first."""
        symbol, size = _symbol(call.params), _size(call.params, KLINES)
        period = call.params.text("period", "")
        if period not in PERIODS:
            raise _invalid(name="period")
        candles = self._floor.tape(symbol).candles(period, size, call.now)
        rows = [{"id": int(each.start.timestamp()), **_figures(each)} for each in candles]
        return {"ch": f"market.{symbol.name}.kline.{period}", "data": rows}

    def merged(self, call: Call) -> Row:
        """GET /market/detail/merged."""
        symbol = _symbol(call.params)
        last = self._floor.tape(symbol).trades[-1]
        best = {
            name: levels[0]
            for name, side in (("ask", Side.SELL), ("bid", Side.BUY))
            if (levels := self._levels(symbol, side, "step0"))
        }
        tick = {"id": int(last.at.timestamp()), "ts": millis(last.at), **self._day(symbol, call), **best}
        return {"ch": f"market.{symbol.name}.detail.merged", "tick": tick}

    def day(self, call: Call) -> Row:
        """GET /market/detail: not in the document, asked by clients of the family."""
        symbol = _symbol(call.params)
        last = self._floor.tape(symbol).trades[-1]
        tick = {"id": int(last.at.timestamp()), "ts": millis(last.at), **self._day(symbol, call)}
        return {"ch": f"market.{symbol.name}.detail", "tick": tick}

    def tickers(self, call: Call) -> Row:
        """GET /market/tickers."""
        return {"data": [{**self._day(each, call), "symbol": each.name} for each in SYMBOLS.values()]}

    def depth(self, call: Call) -> Row:
        """GET /market/depth: each step after step0 puts ten times as many prices together."""
        symbol = _symbol(call.params)
        step = call.params.text("type", "step0")
        if step not in LEVELS:
            raise _invalid(name="type")
        moment = millis(call.now)
        sides = {
            name: self._levels(symbol, side, step) for name, side in (("bids", Side.BUY), ("asks", Side.SELL))
        }
        extra = {"version": moment} if self._extra_keys else {}
        tick = {"id": moment, "ts": moment, **extra, **sides}
        return {"ch": f"market.{symbol.name}.depth.{step}", "tick": tick}

    def trade(self, call: Call) -> Row:
        """GET /market/trade."""
        symbol = _symbol(call.params)
        group = _group(self._floor.tape(symbol).trades[-1])
        return {"ch": f"market.{symbol.name}.trade.detail", "tick": group}

    def history_trade(self, call: Call) -> Row:
        """GET /market/history/trade: the newest first."""
        symbol, size = _symbol(call.params), _size(call.params, 1)
        trades = list(self._floor.tape(symbol).trades)[::-1][:size]
        return {"ch": f"market.{symbol.name}.trade.detail", "data": [_group(trade) for trade in trades]}

    def symbols(self, _: Call) -> list[Row]:
        """GET /v1/common/symbols.

        The document's table calls the precisions strings, as it does the ids that its samples print as numbers, and
        prints none. Existing clients raise 10 to their power as they come (ccxt 1.18, `huobipro`), so they are numbers.
        """
        return [
            {
                "base-currency": symbol.base,
                "quote-currency": symbol.quote,
                "price-precision": symbol.price_precision,
                "amount-precision": symbol.amount_precision,
                "symbol-partition": "main",
                "symbol": symbol.name,
            }
            for symbol in SYMBOLS.values()
        ]

    def currencies(self, _: Call) -> list[str]:
        """GET /v1/common/currencys."""
        return list(CURRENCIES)

    def settings(self, _: Call) -> list[Row]:
        """GET /v1/settings/currencys: not in the document, asked first by clients of the family."""
        return [_settings(name) for name in CURRENCIES]

    def timestamp(self, call: Call) -> int:
        """GET /v1/common/timestamp."""
        return millis(call.now)

    def _day(self, symbol: Symbol, call: Call) -> Row:
        return _figures(self._floor.tape(symbol).last_day(call.now))

    def _levels(self, symbol: Symbol, side: Side, step: str) -> list[list[Decimal]]:
        book = self._floor.books[PLACE, symbol.instrument.symbol]
        width = symbol.instrument.tick.scaleb(int(step.removeprefix("step")))
        rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
        levels: dict[Decimal, Decimal] = {}
        for order in book.resting(side):
            price = (order.limit() / width).to_integral_value(rounding) * width
            levels[price] = levels.get(price, Decimal(0)) + order.leaves
        return [[price, amount] for price, amount in levels.items()][: LEVELS[step]]


def _symbol(params: Params) -> Symbol:
    name = params.text("symbol", "")
    if name not in SYMBOLS:
        raise _invalid(name="symbol")
    return SYMBOLS[name]


def _size(params: Params, default: int) -> int:
    try:
        return params.whole("size", default, low=1, high=MOST)
    except Problem:
        raise Problem(code="bad-request", text=f"invalid size, valid range: [1,{MOST}]") from None


def _invalid(*, name: str) -> Problem:
    return Problem(code="invalid-parameter", text=f"invalid {name}")


def _figures(candle: Candle) -> Row:
    return {
        "amount": candle.amount,
        "count": candle.count,
        "open": candle.open,
        "close": candle.close,
        "low": candle.low,
        "high": candle.high,
        "vol": candle.vol,
    }


def _settings(currency: str) -> Row:
    return {
        "name": currency,
        "display-name": currency.upper(),
        "withdraw-precision": QUOTE_PRECISION,
        "show-precision": str(QUOTE_PRECISION),
        "deposit-min-amount": "0",
        "withdraw-min-amount": "0",
        "visible": True,
        "deposit-enabled": True,
        "withdraw-enabled": True,
    }


def _group(trade: Trade) -> Row:
    moment = millis(trade.at)
    one = {
        "id": trade.number,
        "price": trade.price,
        "amount": trade.amount,
        "direction": trade.direction,
        "ts": moment,
    }
    return {"id": trade.number, "ts": moment, "data": [one]}
