"""The venue's clock, and what it means for tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.rest.apifiny.answers import ApifinyRefused
from oms.rest.apifiny.calls import CLOCK
from oms.rest.apifiny.clock import ClockDifference, VenueTime, best, measured
from tests.rest.apifiny.venue import Answer, Request, Venue, error, result

MS = 1_000_000
S = 1_000_000_000
moments = st.integers(min_value=0, max_value=2**62)
spans = st.integers(min_value=0, max_value=10 * S)


@given(sent=moments, there=spans, back=spans, ahead=st.integers(-(10**15), 10**15))
def test_the_difference_lies_within_its_uncertainty(sent: int, there: int, back: int, ahead: int) -> None:
    venue_ns = sent + there + ahead
    found = measured(sent, sent + there + back, venue_ns // MS)
    assert abs(found.ahead_ns - ahead) <= found.uncertain_ns + 1


def test_half_the_round_trip() -> None:
    found = measured(1000 * MS, 1200 * MS, 5000)
    assert found == ClockDifference(3900 * MS + MS // 2, 100 * MS + MS // 2)


def test_an_answer_before_its_question() -> None:
    with pytest.raises(ValueError, match="step back"):
        measured(2, 1, 0)


def test_the_shortest_round_trip_is_best() -> None:
    assert best([ClockDifference(1, 9), ClockDifference(2, 3), ClockDifference(3, 5)]).ahead_ns == 2


@given(now=moments, ahead=st.integers(-(10**15), 10**15), uncertain=spans, off=st.integers(-1000, 1000))
def test_the_fence_is_not_before_the_token_has_expired(
    now: int, ahead: int, uncertain: int, off: int
) -> None:
    difference = ClockDifference(ahead, uncertain)
    exp_s = difference.expiry_s(now, 30)
    really_ahead = ahead + uncertain * off // 1000
    assert difference.fence_ns(exp_s) + really_ahead >= exp_s * S


@pytest.mark.parametrize("ahead_s", [-7200, 0, 7200])
def test_tokens_are_made_for_the_venue_s_clock(ahead_s: int) -> None:
    now_ns = 1_584_614_290 * S

    def answer(request: Request) -> tuple[int, bytes]:
        venue_s = now_ns // S + ahead_s
        assert request.claims["exp"] > venue_s, "the question itself must be heard"
        return result(str(venue_s * 1000) if request.name == CLOCK else "[]")

    with Venue(answer) as venue, venue.client(now_ns=lambda: now_ns) as client:
        difference = client.measure_clock()
        client.orders.open_orders()
    assert abs(difference.ahead_ns - ahead_s * S) <= MS
    looks = 1 if ahead_s == 0 else 2  # what is far from what was known needs another that says the same
    assert [request.name for request in venue.requests] == [CLOCK] * 3 * looks + ["order.listOpenOrderLite"]
    assert venue.requests[-1].claims["exp"] == now_ns // S + ahead_s + 30


def test_what_is_far_from_what_was_known_needs_another_that_says_the_same() -> None:
    clock, near, far, wide = VenueTime(), *(ClockDifference(ahead * S, MS) for ahead in (1, -120, 3600))
    assert clock.take(near, 0.0)
    assert not clock.take(far, 1.0)
    assert clock.difference == near
    assert not clock.take(wide, 2.0)
    assert not clock.take(far, 3.0)
    assert clock.take(ClockDifference(-120 * S - 300 * MS, MS), 4.0)
    assert clock.difference.ahead_ns == -120 * S - 300 * MS
    assert not clock.take(near, 5.0)
    assert clock.take(near, 6.0)


def test_it_is_measured_now_and_then_and_when_a_token_was_refused() -> None:
    clock = VenueTime()
    assert clock.is_due(0.0, 600)
    clock.take(ClockDifference(), 0.0)
    assert not clock.is_due(599.0, 600)
    assert clock.is_due(601.0, 600)
    assert not clock.may_help(10.0), "nobody doubts it"
    clock.doubt()
    assert not clock.may_help(1.0), "it was measured just now"
    assert clock.may_help(10.0)
    assert clock.is_due(10.0, 600)
    clock.take(ClockDifference(), 10.0)
    assert not clock.is_due(20.0, 600)


class Steps:
    """A venue that takes tokens for 30 s by a clock that a test sets."""

    def __init__(self) -> None:
        self.ahead_s = 0
        self.now_s = 1_584_614_290
        self.asked: list[str] = []

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request.name)
        if request.name == CLOCK:
            return result(str((self.now_s + self.ahead_s) * 1000))
        if request.claims["exp"] <= self.now_s + self.ahead_s:
            return error("0x03001A", "token error")
        return result("[]")


def test_a_clock_that_steps_is_measured_again_when_a_token_is_refused() -> None:
    steps, seconds = Steps(), iter(range(0, 1000, 10))
    manner = {"now_ns": lambda: steps.now_s * S, "monotonic_s": lambda: float(next(seconds))}
    with Venue(steps) as venue, venue.client(**manner) as client:
        client.measure_clock()
        steps.ahead_s = 3600
        assert client.orders.open_orders() == ()
        assert client.clock.difference.ahead_ns == pytest.approx(3600 * S, abs=MS)
    orders = "order.listOpenOrderLite"
    assert steps.asked == [CLOCK] * 3 + [orders] + [CLOCK] * 6 + [orders]


def test_a_key_that_is_refused_for_good_is_not_asked_for_again_and_again() -> None:
    def answer(request: Request) -> Answer:
        return result("1584614290000") if request.name == CLOCK else error("0x03001A", "token error")

    with Venue(answer) as venue, venue.client(now_ns=lambda: 1_584_614_290 * S) as client:
        client.measure_clock()
        for _ in range(5):
            with pytest.raises(ApifinyRefused, match="TOKEN_ERROR"):
                client.orders.open_orders()
    assert len(venue.requests) == 3 + 5, "it was measured just now"
