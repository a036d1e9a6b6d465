"""Public API v3: info, ticker, depth and trades of one or several pairs, cached for 2 s."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from oms.sim.book import ZERO
from oms.sim.terms import ROUGH, Side
from oms.sim.weex.market import BY_NAME, PAIRS, Pair
from oms.sim.weex.refusals import Refused
from oms.sim.weex.rows import second

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from oms.sim.weex.exchange import Exchange
    from oms.sim.weex.parameters import Parameters

CACHED_S = 2
STANDARD_LIMIT, HIGHEST_LIMIT = 150, 5000
DAY = timedelta(hours=24)

INVALID_METHOD = "Invalid method"
EMPTY_LIST = "Empty pair list"


class Public:
    """Answers `/api/3/METHOD` and `/api/3/METHOD/PAIR-PAIR...`."""

    def __init__(self, exchange: Exchange, *, cached: bool = True) -> None:
        """Show this exchange."""
        self._exchange = exchange
        self._cached = cached
        self._answers: dict[tuple[str, str], tuple[float, object]] = {}

    def answer(self, path: str, asked: Parameters, now: datetime) -> object:
        """Return the whole answer to what stands behind `/api/3/`; a slash at its end changes nothing."""
        method, _, pairs = path.strip("/").partition("/")
        try:
            if method == "info":
                return self._kept((method, ""), lambda: self._info(now), now)
            shown = self._shown(method, _limit(asked), now)
            ignore = asked.text("ignore_invalid", "0") == "1"
            return {pair.name: shown(pair) for pair in _pairs(pairs, ignore=ignore)}
        except Refused as refused:
            return {"success": 0, "error": str(refused)}

    def _shown(self, method: str, limit: int, now: datetime) -> Callable[[Pair], object]:
        def shown(pair: Pair) -> object:
            return self._kept((f"{method} {limit}", pair.name), lambda: make(pair), now)

        match method:
            case "ticker":
                make = partial(self._ticker, now)
            case "depth":
                make = partial(self._depth, limit)
            case "trades":
                make = partial(self._trades, limit)
            case _:
                raise Refused(INVALID_METHOD)
        return shown

    def _kept(self, key: tuple[str, str], make: Callable[[], object], now: datetime) -> object:
        made_at, answer = self._answers.get(key, (0.0, None))
        moment = now.timestamp()
        if not self._cached or not 0 <= moment - made_at < CACHED_S:
            answer = make()
            self._answers[key] = moment, answer
        return answer

    def _info(self, now: datetime) -> object:
        fee = self._exchange.floor.funds.fee * 100
        return {
            "server_time": second(now),
            "pairs": {
                pair.name: {
                    "decimal_places": pair.decimal_places,
                    "min_price": pair.min_price,
                    "max_price": pair.max_price,
                    "min_amount": pair.min_amount,
                    "hidden": int(pair.hidden),
                    "fee": fee,
                }
                for pair in PAIRS
            },
        }

    def _ticker(self, now: datetime, pair: Pair) -> object:
        trades = [trade for trade in self._exchange.floor.tape[pair.name] if now - trade.at < DAY]
        prices = [trade.price for trade in trades] or [pair.instrument.mid]
        high, low = max(prices), min(prices)
        last = prices[-1]
        ask = self._exchange.best(pair.name, Side.SELL)
        bid = self._exchange.best(pair.name, Side.BUY)
        return {
            "high": high,
            "low": low,
            "avg": ROUGH.divide(high + low, 2),
            "vol": sum((trade.amount * trade.price for trade in trades), ZERO),
            "vol_cur": sum((trade.amount for trade in trades), ZERO),
            "last": last,
            # The venue's words: what buying costs, what selling brings; so `buy` is not below `sell`.
            "buy": max(last, bid or last) if ask is None else ask,
            "sell": min(last, ask or last) if bid is None else bid,
            "updated": second(now),
        }

    def _depth(self, limit: int, pair: Pair) -> object:
        asks, bids = (self._exchange.levels(pair.name, side)[:limit] for side in (Side.SELL, Side.BUY))
        return {"asks": asks, "bids": bids}

    def _trades(self, limit: int, pair: Pair) -> object:
        newest_first = reversed(self._exchange.floor.tape[pair.name])
        return [
            {
                "type": "bid" if trade.side is Side.BUY else "ask",
                "price": trade.price,
                "amount": trade.amount,
                "tid": trade.tid,
                "timestamp": second(trade.at),
            }
            for trade, _ in zip(newest_first, range(limit), strict=False)
        ]


def _limit(asked: Parameters) -> int:
    text = asked.text("limit", "")
    limit = int(text) if text.isascii() and text.isdecimal() and len(text) <= len("5000") * 2 else 0
    return min(limit or STANDARD_LIMIT, HIGHEST_LIMIT)


def _pairs(text: str, *, ignore: bool) -> Iterator[Pair]:
    """Read pairs joined by `-`; every name is looked at before the first pair comes back."""
    names = [name for name in text.split("-") if name]
    if not names:
        raise Refused(EMPTY_LIST)
    for name in names:
        if name not in BY_NAME and not ignore:
            text = f"Invalid pair name: {name}"
            raise Refused(text)
    known = [name for name in names if name in BY_NAME]
    for name in known:
        if known.count(name) > 1:
            text = f"Duplicated pair name: {name}"
            raise Refused(text)
    if not known:
        raise Refused(EMPTY_LIST)
    return (BY_NAME[name] for name in known)
