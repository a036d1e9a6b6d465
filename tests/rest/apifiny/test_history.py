"""Nothing falls between the pieces, whatever the venue thinks of edges."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.rest.apifiny.answers import ApifinyUnknown, decoded
from oms.rest.apifiny.history import FILLS_REACH_MS, FILLS_ROWS, Span, TooDenseError, fills_since, in_windows
from oms.rest.apifiny.models import Detail
from tests.rest.apifiny.samples import DETAIL, ORDER
from tests.rest.apifiny.venue import ORDER_ID, Request, Venue, result

Row = tuple[int, int]
EDGES: dict[str, Callable[[int, int, int], bool]] = {
    "both": lambda start, at, end: start <= at <= end,
    "start": lambda start, at, end: start <= at < end,
    "end": lambda start, at, end: start < at <= end,
    "neither": lambda start, at, end: start < at < end,
}


@pytest.mark.parametrize("edge", EDGES)
@given(times=st.lists(st.integers(min_value=0, max_value=300), max_size=120), most=st.integers(12, 40))
def test_every_row_of_a_span_once(edge: str, times: list[int], most: int) -> None:
    rows = [(time, number) for number, time in enumerate(times)]

    def ask(span: Span) -> tuple[Row, ...]:
        return tuple(row for row in rows if EDGES[edge](span[0], row[0], span[1]))[:most]

    whole = {row for row in rows if EDGES[edge](0, row[0], 300)}
    dense = any(sum(at - 2 <= time <= at + 2 for time in times) >= most for at in range(301))
    try:
        found = in_windows((0, 300), most, ask, lambda row: row)
    except TooDenseError:
        assert dense
    else:
        assert set(found) == whole
        assert len(found) == len(whole)


def fill(number: int, at_ms: int) -> Detail:
    text = DETAIL.replace(ORDER_ID, str(number)).replace(
        '"filledUpdatedAt": null', f'"filledUpdatedAt": {at_ms}'
    )
    return decoded("", text, Detail)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 400_000)), max_size=60),
    st.integers(min_value=390_000, max_value=400_000),
)
def test_all_fills_and_equal_ones_twice(made: list[tuple[int, int]], now: int) -> None:
    fills = [fill(number, at_ms) for number, at_ms in made]

    def ask(start: int) -> tuple[Detail, ...]:
        rows = [row for row in fills if start <= (row.filled_updated_at or 0) < start + FILLS_REACH_MS]
        return tuple(sorted(rows, key=lambda row: row.filled_updated_at or 0))[:FILLS_ROWS]

    found = fills_since(0, now, ask)
    assert found.whole
    assert not Counter(row for row in fills if (row.filled_updated_at or 0) <= now) - Counter(found.rows)
    assert not Counter(found.rows) - Counter(fills)


def test_a_full_answer_is_gone_on_from_and_told() -> None:
    fills = [fill(number, number * 50) for number in range(2500)]

    def ask(start: int) -> tuple[Detail, ...]:
        rows = [row for row in fills if start <= (row.filled_updated_at or 0) < start + FILLS_REACH_MS]
        return tuple(rows[:FILLS_ROWS])

    found = fills_since(0, 125_000, ask)
    assert not found.whole
    assert Counter(found.rows) == Counter(fills)


def test_completed_orders_by_the_client() -> None:
    now_ms = 1_700_000_000_000
    orders = {f"{number:024d}": now_ms - 40_000 + number * 20 for number in range(1800)}

    def answer(request: Request) -> tuple[int, bytes]:
        start, end, limit = (request.body[key] for key in ("startTime", "endTime", "limit"))
        rows = [ORDER.replace(ORDER_ID, each) for each, at in orders.items() if start <= at < end]
        return result("[" + ",".join(rows[:limit]) + "]")

    with Venue(answer) as venue, venue.client(now_ns=lambda: now_ms * 1_000_000) as client:
        found = client.orders.completed_orders((now_ms - 40_000, now_ms))
    assert sorted(order.order_id for order in found) == sorted(orders)
    assert len(venue.requests) > 3


def test_too_many_at_one_moment_is_said() -> None:
    now_ms = 1_700_000_000_000
    full = result("[" + ",".join([ORDER] * 500) + "]")
    with (
        Venue(lambda _request: full) as venue,
        venue.client(now_ns=lambda: now_ms * 1_000_000) as client,
        pytest.raises(ApifinyUnknown, match="at one moment"),
    ):
        client.orders.completed_orders((now_ms - 10, now_ms))
