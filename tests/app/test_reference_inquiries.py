"""Questions of people wait their turn, are asked once, and end with an answer or with what came instead."""

from collections.abc import Callable

import pytest

from oms.app.reference_inquiries import MOST_WAITING, Inquiries
from oms.core.errors import OutcomeUnknown, VenueUnavailable
from oms.rest.gathering import Asked, Inquiry, Rows
from oms.rest.worker import VenueBanned
from tests.app.test_reference import WITHIN_S, FakeVenue, Stage

TICKER = Inquiry(asked=Asked.TICKER, exchange="EX", symbol="X")
ROW: Rows = ({"close": "1"},)


class Talkative(FakeVenue):
    """It can be asked."""

    def __init__(self, answer: Callable[[], Rows] = lambda: ROW) -> None:
        super().__init__()
        self.answer = answer

    def inquire(self, inquiry: Inquiry) -> Rows:
        self._call(f"inquire {inquiry.asked}")
        return self.answer()


def test_a_venue_that_knows_no_such_questions_is_not_asked() -> None:
    assert Inquiries(FakeVenue()).put(TICKER) is None


def test_each_is_asked_once_in_its_turn() -> None:
    venue = Talkative()
    inquiries = Inquiries(venue)
    first, gone, last = (inquiries.put(TICKER) for _ in range(3))
    assert first is not None
    assert last is not None
    assert gone is not None
    gone.cancel()  # whoever asked has waited long enough
    for _ in range(4):
        assert inquiries.answer_one(None) is None
    assert (first.result(0), last.result(0)) == (ROW, ROW)
    assert venue.calls == ["inquire ticker"] * 2


@pytest.mark.parametrize("error", [OutcomeUnknown("no answer"), VenueBanned("403"), RuntimeError("a bug")])
def test_what_came_instead_is_told_to_whoever_asked(error: Exception) -> None:
    def fails() -> Rows:
        raise error

    inquiries = Inquiries(Talkative(fails))
    future = inquiries.put(TICKER)
    assert future is not None
    ban = inquiries.answer_one(None)
    assert future.exception(0) is error
    assert ban is (error if isinstance(error, VenueBanned) else None)


def test_a_venue_that_banned_us_is_asked_nothing_and_not_too_many_wait() -> None:
    venue = Talkative()
    inquiries = Inquiries(venue)
    futures = [inquiries.put(TICKER) for _ in range(MOST_WAITING + 1)]
    assert futures[-1] is not None
    assert isinstance(futures[-1].exception(0), VenueUnavailable)
    assert futures[0] is not None
    inquiries.answer_one("403")
    assert "left alone" in str(futures[0].exception(0))
    assert venue.calls == []


def test_the_watch_asks_between_its_own_questions_and_heeds_a_ban() -> None:
    venue = Talkative()
    stage = Stage(venue, prices_s=3600.0, clock_s=3600.0, balances_s=3600.0, instruments_s=3600.0)
    stage.watch.start()
    future = stage.watch.inquire(TICKER)
    assert future is not None
    assert future.result(WITHIN_S) == ROW

    def banned() -> Rows:
        raise BAN

    venue.answer = banned
    future = stage.watch.inquire(TICKER)
    assert future is not None
    assert future.exception(WITHIN_S) is BAN
    stage.await_(lambda _: stage.alerts("VENUE_BANNED"), "the ban is told")
    assert stage.facts.banned == "403"
    assert stage.watch.stop(WITHIN_S)


BAN = VenueBanned("403")
