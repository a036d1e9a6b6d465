"""Trades and candles by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from oms.sim.tape import PERIODS, TRADES_KEPT, Tape
from oms.sim.terms import Side

if TYPE_CHECKING:
    from oms.sim.tape import Candle

KEY = ("HUOBI", "BTCUSDT")
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)  # a Friday


def taped(*trades: tuple[datetime, str, str]) -> Tape:
    tape = Tape()
    for at, price, qty in trades:
        tape.traded(KEY, price=Decimal(price), qty=Decimal(qty), side=Side.BUY, at=at)
    return tape


def prices(candle: Candle) -> tuple[Any, ...]:
    return candle.open, candle.high, candle.low, candle.close


def sums(candle: Candle) -> tuple[Any, ...]:
    return candle.volume, candle.amount, candle.count


def test_a_candle_has_the_first_the_last_and_the_extremes() -> None:
    tape = taped((AT, "10", "1"), (AT, "12", "2"), (AT, "9", "3"), (AT + timedelta(seconds=54), "11", "4"))
    (candle,) = tape.candles(KEY, "1m")
    assert candle.start == AT.replace(second=0)
    assert prices(candle) == (10, 12, 9, 11)
    assert sums(candle) == (10, 10 + 24 + 27 + 44, 4)


def test_spans_without_a_trade_have_no_candle() -> None:
    tape = taped((AT, "10", "1"), (AT + timedelta(minutes=7), "20", "1"))
    assert [candle.start.minute for candle in tape.candles(KEY, "1m")] == [4, 11]
    assert [candle.start.minute for candle in tape.candles(KEY, "5m")] == [0, 10]
    (candle,) = tape.candles(KEY, "15m")
    assert (prices(candle), sums(candle)) == ((10, 20, 10, 20), (2, 30, 2))
    assert tape.candles(("HUOBI", "ETHBTC"), "1m") == []


@pytest.mark.parametrize(
    ("period", "start"),
    [
        ("1m", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        ("5m", datetime(2026, 1, 2, 3, 0, tzinfo=UTC)),
        ("15m", datetime(2026, 1, 2, 3, 0, tzinfo=UTC)),
        ("30m", datetime(2026, 1, 2, 3, 0, tzinfo=UTC)),
        ("1h", datetime(2026, 1, 2, 3, 0, tzinfo=UTC)),
        ("4h", datetime(2026, 1, 2, 0, 0, tzinfo=UTC)),
        ("1d", datetime(2026, 1, 2, tzinfo=UTC)),
        ("1w", datetime(2025, 12, 29, tzinfo=UTC)),
        ("1M", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_every_period_has_its_beginning(period: str, start: datetime) -> None:
    assert [candle.start for candle in taped((AT, "1", "1")).candles(KEY, period)] == [start]


def test_the_periods_are_the_document_s() -> None:
    assert list(PERIODS) == ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1M"]


def test_the_last_trades_are_kept() -> None:
    tape = taped(*((AT, "1", "1") for _ in range(TRADES_KEPT + 1)))
    numbers = [trade.number for trade in tape.trades(KEY)]
    assert (len(numbers), numbers[0], numbers[-1]) == (TRADES_KEPT, 2, TRADES_KEPT + 1)
    assert [trade.number for trade in tape.trades(KEY, after=TRADES_KEPT)] == [TRADES_KEPT + 1]


def test_the_last_day_is_one_candle() -> None:
    tape = taped((AT, "10", "1"), (AT + timedelta(hours=1), "20", "1"), (AT + timedelta(hours=2), "15", "1"))
    day = tape.since(KEY, AT + timedelta(minutes=30))
    assert day is not None
    assert (prices(day), sums(day)) == ((20, 20, 15, 15), (2, 35, 2))
    assert tape.since(KEY, AT + timedelta(hours=3)) is None
