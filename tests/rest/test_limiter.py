"""The pacer: never more than allowed in any interval, and never later than needed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.rest.limiter import Limit, Pacer

S = 1_000_000_000


@given(
    count=st.integers(1, 5),
    interval_ms=st.integers(0, 3000),
    gaps_ms=st.lists(st.integers(0, 2000), min_size=1, max_size=60),
)
def test_no_interval_holds_more_than_its_count(count: int, interval_ms: int, gaps_ms: list[int]) -> None:
    pacer = Pacer({"a": Limit(count, interval_ms / 1000)})
    now, sent = 0, list[int]()
    for gap_ms in gaps_ms:
        now += gap_ms * 1_000_000
        wait = pacer.wait_ns("a", now)
        if wait:
            assert pacer.wait_ns("a", now + wait - 1) == 1, "not a nanosecond too late"
        now += wait
        assert pacer.take("a", now) == 0
        sent.append(now)
    for first, last in zip(sent, sent[count:], strict=False):
        assert last - first >= interval_ms * 1_000_000


def test_classes_do_not_hold_each_other_back() -> None:
    pacer = Pacer({"market": Limit(1, 1.0)})
    assert pacer.take("market", 0) == pacer.take("order", 0) == 0
    assert pacer.take("market", S // 4) == S * 3 // 4, "and it is not counted"
    assert pacer.wait_ns("market", S // 4) == S * 3 // 4
    assert pacer.wait_ns("order", 0) == 0


@pytest.mark.parametrize("limit", [Limit(0, 1), Limit(1, -1)])
def test_a_limit_that_lets_nothing_pass(limit: Limit) -> None:
    with pytest.raises(ValueError, match="'x'"):
        Pacer({"x": limit})
