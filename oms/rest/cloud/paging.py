"""All pages of a list, so that nothing falls between them.

The venue gives at most 100 rows, by id, the latest first; `from` names an id and `direct` the way. Whether the row of
that id comes again is not documented: here both are right, for rows are known by their id. A page that is short proves
nothing either (the venue may give fewer than were asked for): only one without a new row is the end.
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol, TypeVar

import msgspec

from oms.core.errors import OutcomeUnknown
from oms.rest.cloud.models import LoanRow, MatchRow, OrderRow, State, TransferRow
from oms.rest.cloud.money import LoanSearch, MoneyClient
from oms.rest.cloud.orders import MOST_OPEN_ORDERS, PAGE, SEARCHABLE, OrderClient, Search
from oms.rest.cloud.patient import Questions


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


R = TypeVar("R", bound=_Numbered)

OPEN_STATES: Final[tuple[State, ...]] = ("pre-submitted", "submitted", "partial-filled")
MOST_PAGES: Final = 10_000


def all_rows(page: Callable[[int | None], Sequence[R]], *, above: int = 0) -> list[R]:
    """Ask for page after page, from the latest row back.

    Args:
        page: gives the rows from an id on towards older ones, or the latest for None.
        above: rows of this id and below are not wanted.

    Returns:
        the rows, the latest first.

    Raises:
        OutcomeUnknown: a page holds rows that are younger than it was asked for, so that others may be missing.

    """
    found: dict[int, R] = {}
    start: int | None = None
    for _ in range(MOST_PAGES):
        rows = page(start)
        if start is not None and any(row.id > start for row in rows):
            break
        fresh = {row.id: row for row in rows if row.id not in found}
        found |= fresh
        start = min(found, default=0)
        if not fresh or start <= above:
            return _latest_first(found, above)
    message = f"Cloud API: the page from id {start} on does not lead further back, so rows may be missing"
    raise OutcomeUnknown(message)


def _latest_first(found: dict[int, R], above: int) -> list[R]:
    return [found[number] for number in sorted(found, reverse=True) if number > above]


def all_orders(client: Questions, search: Search, *, above: int = 0) -> list[OrderRow]:
    """Search orders, all pages. Ask for all states that an order may change between while the pages are read."""
    return all_rows(lambda start: client.orders(_from(search, start)), above=above)


def all_match_results(client: OrderClient, search: Search, *, above: int = 0) -> list[MatchRow]:
    """Search executions, all pages."""
    return all_rows(lambda start: client.match_results(_from(search, start)), above=above)


def all_loan_orders(client: MoneyClient, search: LoanSearch, *, above: int = 0) -> list[LoanRow]:
    """Search loans, all pages."""

    def page(start: int | None) -> list[LoanRow]:
        wanted = msgspec.structs.replace(search, from_=start, direct="next", size=PAGE)
        return client.loan_orders(wanted)

    return all_rows(page, above=above)


def all_transfers(
    client: MoneyClient, kind: Literal["deposit", "withdraw"], *, currency: str | None = None, above: int = 0
) -> list[TransferRow]:
    """Ask for deposits or withdrawals, all pages."""

    def page(start: int | None) -> list[TransferRow]:
        return client.deposit_withdraw(kind, currency=currency, from_=start, direct="next", size=PAGE)

    return all_rows(page, above=above)


def all_open_orders(client: Questions, account_id: int, symbol: str) -> list[OrderRow]:
    """Ask for all open orders of an account and symbol, also where there are more than the 500 of one answer.

    The others are searched for; those that no search shows are taken from the answer.
    """
    rows = client.open_orders(account_id, symbol)
    if len(rows) < MOST_OPEN_ORDERS:
        return rows
    searched = all_orders(client, Search(symbol=symbol, states=OPEN_STATES))
    found = {row.id: row for row in rows if row.state not in SEARCHABLE}
    found |= {row.id: row for row in searched}
    return [row for row in _latest_first(found, 0) if row.account_id == account_id]


def _from(search: Search, start: int | None) -> Search:
    return msgspec.structs.replace(search, from_=start, direct="next", size=PAGE)
