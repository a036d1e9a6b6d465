"""The venue's clock, and what it means for tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.rest.apifiny.calls import CLOCK
from oms.rest.apifiny.clock import ClockDifference, best, measured
from tests.rest.apifiny.venue import Request, Venue, result

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
    assert [request.name for request in venue.requests] == [CLOCK] * 3 + ["order.listOpenOrderLite"]
    assert venue.requests[-1].claims["exp"] == now_ns // S + ahead_s + 30
