"""Reading a past that comes in bounded pieces, so that nothing falls between the pieces.

Windows overlap by their edges and are cut in half until each answer is smaller than the largest the venue gives: an
answer of exactly the largest size proves nothing about what was left out.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from msgspec import Struct

from oms.rest.apifiny.models import Detail

HOUR_MS: Final = 3_600_000
COMPLETED_REACH_MS: Final = 48 * HOUR_MS
COMPLETED_ROWS: Final = 500
FILLS_REACH_MS: Final = 120_000
FILLS_ROWS: Final = 1000
_BRIEFEST_MS: Final = 2
_OVERLAP_MS: Final = 1000

Span = tuple[int, int]
T = TypeVar("T")


class TooDenseError(Exception):
    """More rows at one moment than the venue gives in one answer."""


def in_windows(
    span: Span, most: int, ask: Callable[[Span], tuple[T, ...]], key: Callable[[T], object]
) -> tuple[T, ...]:
    """Read all rows of a span of time, each once, in the order they came.

    The halves overlap, so that it does not matter to which of them the venue counts the edge.

    Args:
        span: from and to, milliseconds.
        most: so many rows the venue gives at most.
        ask: reads one span.
        key: what makes two rows the same.

    Raises:
        TooDenseError: a span that cannot be cut any more is full.

    """
    rows: dict[object, T] = {}
    open_spans = [span]
    while open_spans:
        start, end = open_spans.pop()
        found = ask((start, end))
        if len(found) < most:
            rows.update((key(row), row) for row in found)
        elif end - start <= _BRIEFEST_MS:
            raise TooDenseError
        else:
            middle = (start + end) // 2
            open_spans += [(middle, end), (start, middle + 1)]
    return tuple(rows.values())


class Fills(Struct, frozen=True):
    """Rows of fills; where `whole` is false, an answer was full, and order.readerOrderDetail must be asked as well."""

    rows: tuple[Detail, ...]
    whole: bool


def fills_since(start_ms: int, now_ms: int, ask: Callable[[int], tuple[Detail, ...]]) -> Fills:
    """Read fills from a moment on, by steps of what one answer covers.

    Rows have no execution id: of equal executions, as many are taken as the answer with most of them has, since
    answers overlap. What a row says of its order may change in between, and is left out of the comparison.
    A full answer is gone on from its latest row; when many rows are of one moment, that takes many questions.

    Args:
        start_ms: from here on.
        now_ms: to here; what happens meanwhile may be among them.
        ask: reads the fills from a moment on.

    """
    counted: Counter[object] = Counter()
    shown: dict[object, Detail] = {}
    whole = True
    at_ms = start_ms
    while True:
        rows = ask(at_ms)
        counted |= Counter(_execution(row) for row in rows)
        shown.update((_execution(row), row) for row in rows)
        if len(rows) < FILLS_ROWS:
            after_ms = at_ms + FILLS_REACH_MS - _OVERLAP_MS
        else:
            whole = False
            after_ms = max(at_ms + 1, min(_latest(rows), at_ms + FILLS_REACH_MS - _OVERLAP_MS))
        if after_ms > now_ms:
            return Fills(tuple(shown[each] for each in counted.elements()), whole)
        at_ms = after_ms


def _latest(rows: Iterable[Detail]) -> int:
    return max(_filled_at(row) for row in rows)


def _execution(row: Detail) -> object:
    return (
        row.order_id,
        row.last_filled_quantity,
        row.last_filled_price,
        _filled_at(row),
        row.last_commission,
        row.is_taker,
    )


def _filled_at(row: Detail) -> int:
    times = (row.last_filled_created_at, row.filled_updated_at)
    return next((time for time in times if time is not None), row.updated_at)
