"""A comparison begins, and tells, only while nothing is open; and what failed is asked again soon."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from oms.app.reference_api import ReferenceApi
from oms.app.reference_plan import Pause
from oms.app.reference_rows import joined
from oms.app.reference_views import balances_view
from oms.app.reference_waits import Waits, of_orders, of_session
from oms.core.balances import Compared, Moment, compare
from oms.core.errors import OutcomeUnknown
from oms.core.order import Order
from oms.core.positions import Position
from oms.core.requests import Request
from oms.core.values import Phase, RequestKind
from oms.core.venue_inputs import InstrumentsSeen
from oms.rest.gathering import LeftOut
from tests.app.test_reference import FakeVenue, Stage

D = Decimal
NEVER_S = 3600.0
DOWN = Waits("session S is not logged on", 3)
LATE = "19700101-00:00:00.000"  # the stage's clock stands just after it


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stage]]:
    monkeypatch.setattr("oms.app.reference_balances.SETTLE_S", 0.01)
    monkeypatch.setattr("oms.app.reference_plan.SOON_S", 0.02)
    made: list[Stage] = []

    def start(
        venue: FakeVenue, *, waits: Waits | None = None, orders: tuple[Order, ...] = (), **plan: Any
    ) -> Stage:
        made.append(Stage(venue, **plan))
        made[-1].waits, made[-1].orders = waits, list(orders)
        made[-1].watch.start()
        return made[-1]

    yield start
    for each in made:
        assert each.watch.stop(20)


def order(**terms: Any) -> Order:
    given: dict[str, Any] = {"number": 1, "session": "S", "symbol": "BTCUSDT", "side": "1", "cl_ord_id": "c"}
    return Order(**{**given, "created_ns": 1, "account": "A", "phase": Phase.WORKING, **terms})


def request(**terms: Any) -> Request:
    return Request(number=1, kind=RequestKind.NEW, cl_ord_id="c", since_ns=1, **terms)


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
    running = stage(FakeVenue(), waits=DOWN)
    looked(running)
    assert (running.facts.compared, running.facts.balances[0].amount) == (None, D(1000))
    assert running.watch.waits() == DOWN
    running.waits = None
    running.await_(lambda _: running.facts.compared, "the comparison began")
    running.await_(lambda _: running.watch.waits() is None, "nothing waits any more")


def test_it_says_why_it_waits_also_where_it_compared_before(stage: Callable[..., Stage]) -> None:
    running = stage(FakeVenue())
    running.await_(lambda _: running.facts.compared, "the comparison began")
    running.orders = [order(client_order_id="a-1", reported_cum=D(1)), order(number=2, unheard=True)]
    waits = running.watch.waits()
    assert waits is not None
    assert waits.reason == "order a-1 lacks executions"
    running.waits = DOWN
    assert running.watch.waits() == DOWN
    running.waits = Waits("asking")
    looked(running)
    waits = running.watch.waits()
    assert waits == Waits("asking", 10)  # since the look that had to wait
    view = balances_view(running.facts, 10, waits)
    assert view["waits"] == {"reason": "asking", "since": "1970-01-01T00:00:00.000Z"}
    assert view["comparison"] is not None


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"pending": [request(in_doubt=True)]}, "order c is in doubt"),
        ({"pending": [request()]}, "order c awaits an answer"),
        ({"unsized_gap": True}, "order c lacks executions"),
        ({"unheard": True}, "reports of order c may be lost"),
        ({"questions": 1}, "the venue is asked about order c"),
        ({"time_in_force": "3"}, "order c ends at once, and has not ended"),
    ],
    ids=str,
)
def test_each_kind_of_what_is_not_settled_has_its_words(terms: dict[str, Any], told: str) -> None:
    assert of_orders([order(number=7), order(**terms)]) == Waits(told)
    assert of_orders([order()]) is None


def test_a_session_that_is_down_says_why_and_since_when() -> None:
    seen = {"logged_on": False, "since_ns": 5, "reason": "connection refused"}
    assert of_session("main", seen, under_way=True) == Waits(
        "session main is not logged on (connection refused)", 5
    )
    assert of_session("main", {}, under_way=False) == Waits("session main is not logged on")
    restarted = {"logged_on": False, "since_ns": 5, "reason": None}  # it logged on then
    assert of_session("main", restarted, under_way=False) == Waits("session main is not logged on")
    up = {"logged_on": True, "since_ns": 5, "reason": None}
    assert of_session("main", up, under_way=True) == Waits("the orders of session main are being asked for")
    assert of_session("main", up, under_way=False) is None


def test_a_currency_whose_row_cannot_be_read_is_unknown_and_not_compared(stage: Callable[..., Stage]) -> None:
    venue = FakeVenue()
    venue.rows = {"BTC": D(5)}
    running = stage(venue)
    running.await_(lambda _: running.facts.compared, "the comparison began")
    venue.rows, venue.unread = {"BTC": None}, {"balances": (left("BTC"),)}
    running.await_(lambda _: last(running).unknown, "one is unknown")
    looked(running)
    assert (last(running).unknown, last(running).differences) == (("BTC",), ())
    rows = {row["currency"]: row["amount"] for row in balances_view(running.facts, 10, None)["balances"]}
    assert rows == {"USDT": "1000", "BTC": None}
    (alert,) = running.alerts("UNREADABLE")
    assert alert == "list: amount is none; BTC at EX is left out, and how much there is is not known: {}"
    assert running.facts.problems == {"balances, rows": "cannot be read: BTC at EX"}
    venue.rows, venue.unread = {"BTC": D(4)}, {}
    running.await_(lambda _: running.alerts("BALANCE_DIFFERENCE"), "now it differs from the start")
    assert running.facts.problems == {}


def test_a_currency_that_the_start_lacked_is_compared_from_when_it_can_be_read(
    stage: Callable[..., Stage],
) -> None:
    venue = FakeVenue()
    venue.rows, venue.unread = {"BTC": None}, {"balances": (left("BTC"),)}
    running = stage(venue)
    running.await_(lambda _: running.facts.compared, "the comparison began all the same")
    running.positions = {"BTCUSDT": _bought("1", "0")}
    looked(running)
    venue.rows, venue.unread = {"BTC": D(6)}, {}
    running.await_(lambda _: not last(running).unknown, "it is compared")
    assert last(running).differences == ()
    venue.rows = {"BTC": D(7)}
    running.await_(lambda _: running.alerts("BALANCE_DIFFERENCE"), "it differs from then on")
    (difference,) = last(running).differences
    assert (difference.currency, difference.amount) == ("BTC", D(1))


def test_while_a_row_does_not_say_its_currency_none_is_compared(stage: Callable[..., Stage]) -> None:
    venue = FakeVenue()
    venue.unread = {"balances": (left(None),)}
    running = stage(venue)
    looked(running)
    assert running.facts.compared is None
    waits = running.watch.waits()
    assert waits is not None
    assert waits.reason == "a row of the balances cannot be read, and does not say of which currency it is"
    assert len(running.alerts("UNREADABLE")) == 1
    venue.unread = {}
    running.await_(lambda _: running.facts.compared, "the comparison began")


def test_what_joins_a_comparison_keeps_what_could_be_read_of_it_at_the_start() -> None:
    start = Moment(1, {"BTC": D(3), "USDT": D(9)}, {})  # of BTC one exchange of two
    now = Moment(2, {"BTC": D(10), "USDT": D(9), "ETH": D(4)}, {})
    begun = joined(start, compare(start, now, {}, None), {"BTC", "ETH", "NEO"})
    assert begun.totals == {"BTC": D(10), "USDT": D(9), "ETH": D(4), "NEO": D(0)}
    assert compare(begun, now, {}, None).differences == ()


def last(stage: Stage) -> Compared:
    assert stage.facts.compared is not None
    return stage.facts.compared


def left(name: str | None) -> LeftOut:
    return LeftOut(why="list: amount is none", text="{}", exchange="EX" if name else None, name=name)


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


def test_of_a_session_that_is_down_balances_say_what_sessions_say() -> None:
    shown = [
        {"name": "other", "account": "B", "logged_on": False, "reason": "B is down"},
        {"name": "S", "account": "A", "logged_on": False, "reason": "no connection", "under_way": False},
    ]
    noted: list[Waits | None] = [Waits("session S is not logged on", 5)]
    engine: Any = SimpleNamespace(desk=SimpleNamespace(sessions=lambda: shown))
    reference: Any = SimpleNamespace(waits=lambda _: noted[0])
    api = ReferenceApi(engine, reference)
    assert api._waits("A") == Waits("session S is not logged on (no connection)", 5)
    shown[1]["logged_on"] = True
    assert api._waits("A") == noted[0]
    noted[0] = None
    assert api._waits("A") is None
