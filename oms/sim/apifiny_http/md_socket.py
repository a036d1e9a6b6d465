"""The market data WebSocket: channels that a client subscribes to, and the pings that it must answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from oms.sim.apifiny_http import codes
from oms.sim.apifiny_http.codes import Problem
from oms.sim.apifiny_http.fields import ms
from oms.sim.apifiny_http.market_data import MarketData, trade_row
from oms.sim.venue import now
from oms.sim.web.text import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oms.sim.web.sockets import Pushes

LOOK_EVERY_S = 0.1
SECOND_S = 1.0  # "push updates to the current klines/candlestick every second"
PING_EVERY_S = 2.0
MOST_UNANSWERED = 2

CHANNELS = frozenset({"orderbook", "trade", "ticker"})
"""Besides kline_<period>."""

Key = tuple[str, str, str]
"""Channel, symbol, venue."""


class MdSocket:
    """One client's subscriptions."""

    def __init__(self, data: MarketData, pushes: Pushes) -> None:
        """Nothing is subscribed."""
        self._data = data
        self._pushes = pushes
        self._told: dict[Key, Any] = {}
        self._unanswered = 0

    def hear(self, text: str) -> None:
        """Take one message of the client's."""
        if "pong" in text:
            self._unanswered = 0
        elif "ping" in text:
            self._pushes.answer(text.replace("ping", "pong"))
        else:
            try:
                self._subscribe(text)
            except Problem as problem:
                self._refuse(problem)

    def _refuse(self, problem: Problem) -> None:
        self._pushes.answer(encode({"result": None, "error": problem.error}).decode())

    async def push(self) -> None:
        """Tell what changes, until cancelled or until the client has left too many pings unanswered."""
        loop = asyncio.get_running_loop()
        next_second = next_ping = loop.time()
        next_ping += PING_EVERY_S
        while self._unanswered <= MOST_UNANSWERED:
            await asyncio.sleep(LOOK_EVERY_S)
            each_second = loop.time() >= next_second
            if each_second:
                next_second += SECOND_S
            for key in list(self._told):
                self._look(key, each_second=each_second)
            if loop.time() >= next_ping:
                next_ping += PING_EVERY_S
                self._unanswered += 1
                self._pushes.answer(encode({"ping": ms(now())}).decode())

    def _subscribe(self, text: str) -> None:
        for key, action in list(_keys(text)):
            if action == "unsub":
                self._told.pop(key, None)
                continue
            try:
                self._check(key)
            except Problem as problem:  # "Others will result in an error message": the others, and not all
                self._refuse(problem)
                continue
            if key not in self._told:
                self._told[key] = None
                self._look(key, each_second=True)

    def _check(self, key: Key) -> None:
        """Raise Problem for what cannot be subscribed to."""
        channel, symbol, venue = key
        if channel == "orderbook":
            self._data.orderbook(symbol, venue)
        elif channel.startswith("kline_"):
            self._data.candles(symbol, venue, channel.removeprefix("kline_"))
        else:
            self._data.trades(symbol, venue)

    def _look(self, key: Key, *, each_second: bool) -> None:
        channel, symbol, venue = key
        match channel:
            case "orderbook":
                self._look_at_book(key)
            case "trade":
                trades = self._data.trades(symbol, venue, after=self._told[key] or 0)
                if trades:
                    self._told[key] = trades[-1].number
                    self._say([trade_row(trade, symbol, venue) for trade in trades], channel)
            case "ticker":
                if each_second:
                    self._say_if_changed(key, self._data.ticker(symbol, venue), "updateAt")
            case _:
                candles = self._data.candles(symbol, venue, channel.removeprefix("kline_"))
                if each_second and candles:
                    self._say(candles[-1:], channel)

    def _look_at_book(self, key: Key) -> None:
        _, symbol, venue = key
        book = self._data.orderbook(symbol, venue)
        facts = (book["asks"], book["bids"])
        if self._told[key] != facts:
            self._told[key] = facts
            self._say({"venues": [venue], "channel": "orderbook", "orderbook": book}, "orderbook")

    def _say_if_changed(self, key: Key, row: dict[str, Any], stamp: str) -> None:
        facts = {name: value for name, value in row.items() if name != stamp}
        if self._told[key] != facts:
            self._told[key] = facts
            self._say(row, key[0])

    def _say(self, value: object, channel: str) -> None:
        self._pushes.push(encode(value).decode(), f"md.{channel}")


def _keys(text: str) -> Iterator[tuple[Key, str]]:
    """Read a subscription: {"channel", "symbol", "venues", "action"}; what else is in it does not matter."""
    try:
        request = decode(text)
    except ValueError:
        raise Problem(codes.BAD_REQUEST, "the message is not JSON") from None
    if not isinstance(request, dict):
        raise Problem(codes.BAD_REQUEST, "the message is not an object")
    channel, symbol, action = (request.get(name) for name in ("channel", "symbol", "action"))
    venues = request.get("venues")
    if not (isinstance(symbol, str) and isinstance(venues, list) and action in ("sub", "unsub")):
        raise Problem(codes.BAD_REQUEST, "channel, symbol, venues and action (sub or unsub) are needed")
    if not isinstance(channel, str) or not (channel in CHANNELS or channel.startswith("kline_")):
        raise Problem(codes.BAD_REQUEST, "the channels are orderbook, trade, kline_<period>, ticker")
    for venue in venues:
        # The sample of kline_1m writes BTC/USD, all others BTCUSD.
        yield (channel, symbol.replace("/", ""), str(venue)), action
