"""What the public may know: order books, trades, candles, tickers; as the document's samples print them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from oms.sim.apifiny_http import codes
from oms.sim.apifiny_http.codes import Problem
from oms.sim.apifiny_http.fields import ms
from oms.sim.market import INSTRUMENTS, MARKET_ORDER_VENUES, VENUES
from oms.sim.rules import BY_SYMBOL
from oms.sim.tape import PERIODS, Candle
from oms.sim.terms import Side
from oms.sim.venue import now

if TYPE_CHECKING:
    from datetime import datetime

    from oms.sim.apifiny_http.rows import Row
    from oms.sim.market import Instrument
    from oms.sim.tape import Trade
    from oms.sim.venue import Venue

MOST_LEVELS = 50
MOST_CANDLES = 500
DAY = timedelta(days=1)
BY_PAIR = {(one.base, one.quote): one.symbol for one in INSTRUMENTS}

# "Support 5 venues currently: BINANCEUS, COINBASEPRO, HUOBI, KUCOIN, OKEX": the same five as for market orders.
TRADED_ON = MARKET_ORDER_VENUES


class Pace:
    """The limit of the public endpoints: "by Access Key 1 request per second"."""

    def __init__(self, interval_s: float) -> None:
        """Nobody has asked yet."""
        self._interval_s = interval_s
        self._last: dict[str, float] = {}

    def check(self, key_id: str, at_s: float) -> None:
        """Raise Problem for a key that asks too soon; a refused request does not count."""
        last = self._last.get(key_id)
        if last is not None and at_s - last < self._interval_s:
            raise Problem(codes.TOO_OFTEN)
        self._last[key_id] = at_s


class MarketData:
    """Reads books and trades. Takes the venue's lock."""

    def __init__(self, venue: Venue) -> None:
        """Look at the venue's exchange."""
        self._venue = venue
        self._exchange = venue.exchange

    def orderbook(self, symbol: str, venue: str) -> Row:
        """Return a book; the asks stand with the highest price first, as printed."""
        _known(symbol, venue)
        with self._venue.lock:
            book = self._exchange.book(venue, symbol)
            asks, bids = book.levels(Side.SELL)[:MOST_LEVELS], book.levels(Side.BUY)[:MOST_LEVELS]
        return {"symbol": symbol, "updatedAt": ms(now()), "asks": asks[::-1], "bids": bids}

    def trades(self, symbol: str, venue: str, *, after: int = 0) -> list[Trade]:
        """Return the last trades, oldest first."""
        _supported(symbol, venue)
        with self._venue.lock:
            return self._exchange.tape.trades((venue, symbol), after=after)

    def candles(
        self, symbol: str, venue: str, period: str, span: tuple[datetime, datetime] | None = None
    ) -> list[Row]:
        """Return the candles of a span, or the most recent ones, oldest first."""
        instrument = _supported(symbol, venue)
        if period not in PERIODS:
            raise Problem(codes.BAD_REQUEST, f"the period must be one of {', '.join(PERIODS)}")
        with self._venue.lock:
            candles = self._exchange.tape.candles((venue, symbol), period)
        if span is not None:
            candles = [each for each in candles if span[0] <= each.start <= span[1]]
        pair = f"{instrument.base}/{instrument.quote}"
        return [_candle(each, pair, period, venue) for each in candles[-MOST_CANDLES:]]

    def ticker(self, symbol: str, venue: str) -> Row:
        """Return the last 24 hours in short; without a trade all prices are the middle of the book."""
        instrument, at = _supported(symbol, venue), now()
        with self._venue.lock:
            day = self._exchange.tape.since((venue, symbol), at - DAY)
        mid, zero = instrument.mid, Decimal(0)
        day = day or Candle(at, mid, mid, mid, mid, zero, zero, 0)
        return {
            "symbol": symbol,
            "high": day.high,
            "vol": day.volume,
            "amount": day.amount,
            "low": day.low,
            "provider": venue,
            "count": day.count,
            "updateAt": ms(at),
            "close": day.close,
            "open": day.open,
        }


def trade_row(trade: Trade, symbol: str, venue: str) -> Row:
    """Return one trade: the side is the maker's."""
    return {
        "symbol": symbol,
        "provider": venue,
        "price": trade.price,
        "qty": trade.qty,
        "side": "BUY" if trade.side is Side.BUY else "SELL",
        "tradeTime": ms(trade.at),
        "exchangeID": str(trade.number),
        "updateTime": ms(trade.at),
    }


def _candle(candle: Candle, pair: str, period: str, venue: str) -> Row:
    return {
        "currencyPair": pair,
        "period": period,
        "open": candle.open,
        "high": candle.high,
        "low": candle.low,
        "close": candle.close,
        "vol": candle.volume,
        "count": candle.count,
        # "in seconds", says the table; the samples print milliseconds.
        "timestamp": ms(candle.start),
        "exchange": venue,
    }


def _known(symbol: str, venue: str) -> Instrument:
    if venue not in VENUES:
        raise Problem(codes.NO_MARKET, venue)
    if symbol not in BY_SYMBOL:
        raise Problem(codes.UNKNOWN_SYMBOL, symbol)
    return BY_SYMBOL[symbol]


def _supported(symbol: str, venue: str) -> Instrument:
    instrument = _known(symbol, venue)
    if venue not in TRADED_ON:
        raise Problem(codes.MAINTENANCE, venue)
    return instrument
