"""A comparison begins, and tells, only while nothing is open; and what failed is asked again soon."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from oms.app.reference_plan import Pause
from oms.core.errors import OutcomeUnknown
from oms.core.order import Order
from oms.core.positions import Position
from oms.core.values import Phase
from oms.core.venue_inputs import InstrumentsSeen
from tests.app.test_reference import FakeVenue, Stage

D = Decimal
NEVER_S = 3600.0
LATE = "19700101-00:00:00.000"  # the stage's clock stands just after it


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stage]]:
    monkeypatch.setattr("oms.app.reference_balances.SETTLE_S", 0.01)
    monkeypatch.setattr("oms.app.reference_plan.SOON_S", 0.02)
    made: list[Stage] = []

    def start(venue: FakeVenue, *, is_up: bool = True, orders: tuple[Order, ...] = (), **plan: Any) -> Stage:
        made.append(Stage(venue, **plan))
        made[-1].is_up, made[-1].orders = is_up, list(orders)
        made[-1].watch.start()
        return made[-1]

    yield start
    for each in made:
        assert each.watch.stop(20)


def order(**terms: Any) -> Order:
    given: dict[str, Any] = {"number": 1, "session": "S", "symbol": "BTCUSDT", "side": "1", "cl_ord_id": "c"}
    return Order(**{**given, "created_ns": 1, "account": "A", "phase": Phase.WORKING, **terms})


def looked(stage: Stage, more: int = 5) -> None:
    asked = stage.venue.calls.count("balances") + more
    stage.await_(lambda _: stage.venue.calls.count("balances") > asked, "balances are asked for again")


def test_pauses_grow_up_to_the_interval_and_start_anew() -> None:
    pause = Pause(5)
    assert [pause.next_s() for _ in range(5)] == [1, 2, 4, 5, 5]
    pause.end()
    assert pause.next_s() == 1
    assert Pause(0.5).next_s() == 0.5


def test_what_failed_is_asked_again_long_before_its_interval_is_over(stage: Callable[..., Stage]) -> None:
    venue = FakeVenue()
    venue.failing["instruments"] = OutcomeUnknown("the answer was cut off")
    running = stage(venue, instruments_s=NEVER_S)
    running.await_(lambda _: venue.calls.count("instruments") > 1, "it is asked for again")
    venue.failing.clear()
    running.seen(InstrumentsSeen)
    assert running.facts.failures > 1


def test_no_comparison_begins_before_the_session_is_up_and_compared(stage: Callable[..., Stage]) -> None:
    running = stage(FakeVenue(), is_up=False)
    looked(running)
    assert (running.facts.compared, running.facts.balances[0].amount) == (None, D(1000))
    running.is_up = True
    running.await_(lambda _: running.facts.compared, "the comparison began")


def test_no_difference_is_told_while_an_order_has_a_gap(stage: Callable[..., Stage]) -> None:
    venue = FakeVenue()
    running = stage(venue)
    running.await_(lambda _: running.facts.compared, "the comparison began")
    running.orders = [order(reported_cum=D(1))]
    looked(running, 1)
    venue.usdt = D(990)
    looked(running)
    assert running.facts.compared is not None
    assert running.facts.compared.differences == ()
    running.orders = [order()]
    running.await_(lambda _: running.alerts("BALANCE_DIFFERENCE"), "now it is told")


def test_a_start_that_lacked_an_execution_is_given_up(stage: Callable[..., Stage]) -> None:
    running = stage(FakeVenue(), orders=(order(),))
    running.await_(lambda _: running.facts.compared, "the comparison began")
    running.orders = [order(cum_qty=D(1), reported_cum=D(1), notional=D(30_000), last_time=LATE)]
    running.positions = {"BTCUSDT": _bought("1", "30000")}
    looked(running)
    running.await_(lambda _: running.facts.compared, "it began anew")
    assert running.facts.compared is not None
    assert running.facts.compared.differences == ()
    assert running.alerts("BALANCE_DIFFERENCE") == []


def _bought(qty: str, amount: str) -> Position:
    position = Position()
    position.move(D(qty), D(amount))
    return position
