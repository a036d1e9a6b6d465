"""Which rows of a history are shown, in which order: the optional parameters of TradeHistory and TransHistory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeVar

from oms.sim.weex.refusals import INVALID_SORTING, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from oms.sim.weex.parameters import Parameters

STANDARD_COUNT = 1000
HIGHEST_COUNT = 1_000_000_000
WEEK_S = 7 * 24 * 3600


class Row(Protocol):
    """What a history is made of."""

    @property
    def number(self) -> int:
        """Its id; later rows have higher ones."""

    @property
    def at(self) -> datetime:
        """When it happened; later rows not before."""


AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The rows that a request asks for; times are UNIX seconds, ends are included."""

    skip: int
    count: int
    from_id: int
    end_id: int | None
    since: int
    end: int | None
    ascending: bool

    def select(
        self, rows: Sequence[AnyRow], wanted: Callable[[AnyRow], bool] = lambda _: True
    ) -> list[AnyRow]:
        """Return the wanted rows of this window, in its order; `rows` are in the order of their ids."""
        first = max(bisect_left(rows, self.from_id, key=_number), bisect_left(rows, self.since, key=_second))
        last = len(rows)
        if self.end_id is not None:
            last = bisect_right(rows, self.end_id, key=_number)
        if self.end is not None:
            last = min(last, bisect_right(rows, self.end, key=_second))
        places = range(first, last) if self.ascending else range(last - 1, first - 1, -1)
        inside = (rows[place] for place in places)
        return list(islice(filter(wanted, inside), self.skip, self.skip + self.count))


def _number(row: Row) -> int:
    return row.number


def _second(row: Row) -> int:
    return int(row.at.timestamp())


def window(asked: Parameters, *, first_id: int, earliest: int = 0) -> Window:
    """Read a window; a time before `earliest` means `earliest`.

    The document calls `from` an id, and clients of the API family count rows with it. No id is below `first_id`: what
    is below counts rows.

    Raises:
        Refused: a parameter that cannot be understood.

    """
    start = asked.whole("from", 0)
    since, end = asked.optional_whole("since"), asked.optional_whole("end")
    return Window(
        skip=start if start < first_id else 0,
        count=min(asked.whole("count", STANDARD_COUNT), HIGHEST_COUNT),
        from_id=max(asked.whole("from_id", 0), start if start >= first_id else 0),
        end_id=asked.optional_whole("end_id"),
        since=0 if since is None else max(since, earliest),
        end=end,
        ascending=_ascending(asked, by_time=since is not None or end is not None),
    )


def _ascending(asked: Parameters, *, by_time: bool) -> bool:
    order = asked.text("order", "DESC").upper()
    if order not in {"ASC", "DESC"}:
        raise Refused(INVALID_SORTING)
    # "When using parameters since or end, the order parameter automatically assumes the value ASC."
    return by_time or order == "ASC"
