"""How far back and how many: the limits of the queries, with time in the test's hands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from oms.sim.apifiny_http import queries as queries_module
from oms.sim.apifiny_http.codes import Problem
from oms.sim.apifiny_http.market_data import Pace
from oms.sim.apifiny_http.queries import Queries
from oms.sim.record import Record
from oms.sim.terms import CancelOrder, NewOrder, Side
from oms.sim.timeline import Timeline
from oms.sim.venue import Conduct, Venue

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = "STA-00000015"
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class World:
    """A venue whose orders come at given times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        conduct = Conduct(rates={}, background=False)
        self.venue = Venue([ACCOUNT], conduct, timeline=Timeline(), record=Record(None))
        self.queries = Queries(self.venue)
        self.now = START
        self._number = 0
        monkeypatch.setattr(queries_module, "now", lambda: self.now)

    def order(self, price: str = "30000", qty: str = "0.1") -> str:
        self._number += 1
        order_id = f"00000015{1_700_000_000_000 + self._number}001"
        request = NewOrder(
            account=ACCOUNT,
            cl_ord_id=order_id,
            venue="BINANCEUS",
            symbol="BTCUSDT",
            side=Side.BUY,
            ord_type="2",
            price=Decimal(price),
            qty=Decimal(qty),
        )
        self.venue.noted(self.venue.exchange.submit(request, self.now))
        return order_id

    def cancel(self, order_id: str) -> None:
        request = CancelOrder(
            account=ACCOUNT, cl_ord_id=order_id, orig_cl_ord_id=order_id, symbol="BTCUSDT", side=Side.BUY
        )
        self.venue.noted(self.venue.exchange.cancel(request, self.now))

    def ids(self, ask: Callable[[str, dict[str, Any]], list[dict[str, Any]]], **body: object) -> list[str]:
        return [row["orderId"] for row in ask(ACCOUNT, {"accountId": ACCOUNT, "venue": "BINANCEUS"} | body)]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def test_completed_orders_reach_back_48_hours(world: World) -> None:
    old = world.order()
    world.now += timedelta(minutes=1)
    new = world.order()
    world.now = START + timedelta(hours=48)
    assert world.ids(world.queries.completed) == [old, new]
    world.now += timedelta(milliseconds=1)
    assert world.ids(world.queries.completed, startTime=0) == [new]
    assert world.ids(world.queries.several, orderIdList=[old, new]) == [old, new]


def test_an_old_order_that_ended_lately_is_completed_lately(world: World) -> None:
    order_id = world.order(price="29000")
    world.now += timedelta(days=3)
    assert world.ids(world.queries.open) == [order_id]
    assert world.ids(world.queries.completed) == []
    world.cancel(order_id)
    assert world.ids(world.queries.completed, startTime=ms(world.now)) == [order_id]


def test_at_most_500_completed_orders(world: World) -> None:
    ids = []
    for _ in range(501):
        world.now += timedelta(seconds=1)
        ids.append(world.order())
    assert world.ids(world.queries.completed) == ids[:500]
    assert world.ids(world.queries.completed, forward=False) == ids[:0:-1]
    assert world.ids(world.queries.completed, limit=2, startTime=ms(START + timedelta(seconds=3))) == ids[2:4]


def test_fills_reach_back_2_minutes(world: World) -> None:
    old = world.order()
    world.now += timedelta(seconds=1)
    new = world.order()
    world.now = START + timedelta(minutes=2)
    assert world.ids(world.queries.recent_fills, startDateTime=0) == [old, new]
    world.now += timedelta(milliseconds=1)
    assert world.ids(world.queries.recent_fills, startDateTime=0) == [new]
    assert world.ids(world.queries.fills, orderId=old) == [old]


def test_at_most_1000_fills(world: World) -> None:
    ids = [world.order(price="30020", qty="2.5") for _ in range(334)]
    rows = world.queries.recent_fills(ACCOUNT, {"venue": "BINANCEUS", "startDateTime": ms(START)})
    assert len(rows) == 1000
    assert [row["orderId"] for row in rows] == [each for each in ids for _ in range(3)][-1000:]


def test_a_refused_question_does_not_use_up_the_next_second() -> None:
    pace = Pace(1.0)
    for at_s in (0.0, 1.0, 2.0):
        pace.check("K", at_s)
        for later in (0.5, 0.999):
            with pytest.raises(Problem, match="Request too often"):
                pace.check("K", at_s + later)
        pace.check(f"another {at_s}", at_s + 0.5)
