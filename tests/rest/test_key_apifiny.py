"""A session of Apifiny whose tokens are refused: it finds out about the venue's clock, or says why it is out."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from oms.core import inputs
from oms.rest.apifiny.calls import Manner
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.clock import VenueTime
from oms.rest.apifiny.venue import ApifinyAdapter, Whose
from oms.rest.contact import Habit, Outlet
from oms.rest.line import Line
from oms.rest.transport import Transport
from oms.rest.venue import RestVenue
from tests.rest.apifiny.venue import CREDENTIALS, SECRET, Answer, Request, Venue, error, result, sample
from tests.rest.test_venue import PACE, WITHIN_S, Desk
from tests.rest.test_venue_apifiny import NEW

CLOCK = "utils.currentTimeMillis"


class Keeper:
    """Takes tokens that have not expired by its clock, and tells the time: `told_s` off."""

    def __init__(self, told_s: float = 0, wrong: int = 0) -> None:
        self.told_s = told_s
        self.wrong = wrong  # so many answers about the time are wrong by that
        self.trouble: Answer | None = None
        self.refused = 0
        self.greeted = threading.Semaphore(0)

    def __call__(self, request: Request) -> Answer:
        if request.name == CLOCK:
            self.wrong -= 1
            return result(str(round((time.time() + (self.told_s if self.wrong >= 0 else 0)) * 1000)))
        if self.trouble is not None:
            self.greeted.release()
            return self.trouble
        if request.claims["exp"] <= time.time():
            self.refused += 1
            return error(196634, "token error")
        if request.name.startswith("order.list"):
            return result("[]")
        return sample(request)


@contextmanager
def trading(venue: Venue, desk: Desk, clock: VenueTime | None = None) -> Iterator[RestVenue]:
    clock, adapters = clock or VenueTime(), []
    for _ in range(2):
        line = Line(venue.url, read_timeout_s=5, secrets=[SECRET])
        line.key = "key 1"
        client = ApifinyClient(CREDENTIALS, line, clock=clock)
        adapters.append(ApifinyAdapter(client, line, Whose(session="rest", find=lambda _id: None)))
    outlet = Outlet(sink=desk.sink, open_orders=lambda: desk.orders)
    trader = RestVenue("rest", adapters, outlet, Habit(apart=True, pace=PACE, probe_s=0.05))
    trader.start()
    try:
        yield trader
    finally:
        assert trader.stop(WITHIN_S)


@pytest.mark.parametrize("wrong", [3, 6])
def test_a_venue_that_tells_a_wrong_time_at_first_is_traded_with_all_the_same(wrong: int) -> None:
    desk, keeper = Desk(), Keeper(-120, wrong)
    clock = VenueTime()
    clock._may_again = lambda now_s: now_s >= 0  # type: ignore[method-assign]
    with Venue(keeper) as venue, trading(venue, desk, clock) as trader:
        desk.await_(inputs.SessionUp)
        trader.send(NEW, order=1, request=1)
        assert desk.await_(inputs.Received)
    assert abs(clock.difference.ahead_ns) < 10**9
    assert keeper.refused <= 1


def test_one_difference_is_for_all_who_use_the_key() -> None:
    desk, keeper, clock = Desk(), Keeper(), VenueTime()
    with Venue(keeper) as venue, trading(venue, desk, clock):
        desk.await_(inputs.SessionUp)
        measured = sum(request.name == CLOCK for request in venue.requests)
        transport = Transport(venue.url, secrets=[SECRET])
        with ApifinyClient(CREDENTIALS, transport, Manner(), clock) as reference:
            assert not reference.clock.is_due(time.monotonic(), 600.0)
            keeper.told_s, keeper.wrong = 1.5, 3
            reference.measure_clock()
    assert measured == 3, "two connections, one measurement"
    assert clock.difference.ahead_ns == pytest.approx(1.5e9, abs=10**9)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (error(196634, "token error"), r"account\.queryAccountInfoLite: TOKEN_ERROR"),
        (error("0x02005A", "Account status"), r"account\.queryAccountInfoLite: ACCOUNT_STATUS"),
        (
            error("0x02002A", "Request too often, please try later"),
            r"account\.queryAccountInfoLite: REQUEST_TOO_OFTEN",
        ),
        (result("null"), r"account\.queryAccountInfoLite: the answer cannot be read"),
        ((502, b""), r"account\.queryAccountInfoLite: HTTP 502"),
    ],
    ids=["token", "account", "too often", "unreadable", "server"],
)
def test_a_session_that_is_out_says_why_in_the_venue_s_words(trouble: Answer, said: str) -> None:
    desk, keeper = Desk(), Keeper()
    keeper.trouble = trouble
    with Venue(keeper) as venue, trading(venue, desk) as trader:
        (down,) = desk.await_(inputs.SessionDown)
        assert not trader.seen.up
        assert desk.of(inputs.SessionUp) == []
        for _ in range(3):
            assert keeper.greeted.acquire(timeout=WITHIN_S)
        keeper.trouble = None
        desk.await_(inputs.SessionUp)
        assert trader.seen.reason is None
        assert re.search(said, down.reason), down.reason


def test_why_it_is_out_is_kept_up_to_date_without_another_alert() -> None:
    desk, keeper = Desk(), Keeper()
    keeper.trouble = (502, b"")
    with Venue(keeper) as venue, trading(venue, desk) as trader:
        desk.await_(inputs.SessionDown)
        keeper.trouble = error(196634, "token error")
        (first, second, *_) = desk.await_(inputs.SessionDown, 2)
        assert "TOKEN_ERROR" in (trader.seen.reason or "")
    assert not first.expected
    assert "TOKEN_ERROR" in second.reason
    assert second.expected, "people were told that it is out"


def test_a_greeting_that_came_too_often_does_not_take_the_session_down() -> None:
    desk, keeper = Desk(), Keeper()
    with Venue(keeper) as venue, trading(venue, desk) as trader:
        desk.await_(inputs.SessionUp)
        keeper.trouble = error("0x02002A", "Request too often, please try later")
        assert keeper.greeted.acquire(timeout=WITHIN_S)
        keeper.trouble = None
        trader.send(NEW, order=1, request=1)
        desk.await_(inputs.Received)
        assert trader.seen.up
        assert trader.seen.keys_out == {}
    assert [down.reason for down in desk.of(inputs.SessionDown)] == ["we stopped"]
