"""All rows of a history above an id, so that nothing falls between its pages.

Pages are asked for by `from_id`, the oldest row first. Whether the row of that id comes again is not documented: here
both are right, for rows are known by their id. A page that is short proves nothing: only one without a new row is the
end.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from oms.core.errors import OutcomeUnknown
from oms.rest.weex.client import HistoryRequest, TradeClient
from oms.rest.weex.models import TradeRow, Transaction
from oms.rest.weex.patient import Questions

T = TypeVar("T")

PAGE: Final = 1000


def all_trades(client: Questions, *, above: int, pair: str | None = None) -> dict[int, TradeRow]:
    """Ask for every execution whose id is above `above`; of one pair or of all. The oldest first."""

    def page(start: int) -> Mapping[int, TradeRow]:
        return client.trade_history(HistoryRequest(from_id=start, order="ASC", count=PAGE, pair=pair))

    return all_rows(page, above=above)


def all_transactions(client: TradeClient, *, above: int) -> dict[int, Transaction]:
    """Ask for every transaction whose id is above `above`. The oldest first."""

    def page(start: int) -> Mapping[int, Transaction]:
        return client.trans_history(HistoryRequest(from_id=start, order="ASC", count=PAGE))

    return all_rows(page, above=above)


def all_rows(page: Callable[[int], Mapping[int, T]], *, above: int) -> dict[int, T]:
    """Ask for page after page.

    Args:
        page: gives rows by id, from an id on, the oldest first.
        above: only rows of a higher id are wanted.

    Raises:
        OutcomeUnknown: a page begins before its id or does not grow, so that rows may be missing.

    """
    found: dict[int, T] = {}
    start = above
    while True:
        rows = page(start)
        if list(rows) != sorted(rows) or any(number < start for number in rows):
            message = (
                f"WEEX: the page from id {start} on is not in ascending order from there; rows may be missing"
            )
            raise OutcomeUnknown(message)
        fresh = {number: row for number, row in rows.items() if number > start}
        if not fresh:
            return found
        found |= fresh
        start = max(found)
