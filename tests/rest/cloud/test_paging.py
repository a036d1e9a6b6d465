"""Paging: whatever a venue's pages look like, nothing falls between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.core.errors import OutcomeUnknown
from oms.core.secret import Secret
from oms.rest.cloud import paging
from oms.rest.cloud.caller import Caller
from oms.rest.cloud.money import LoanSearch, MoneyClient
from oms.rest.cloud.orders import OrderClient, Search
from oms.rest.cloud.signing import Credential, Operator
from oms.rest.transport import Transport
from tests.rest.cloud import samples
from tests.rest.weex.scripted import Answer, Asked, ScriptedVenue


@dataclass(frozen=True)
class Numbered:
    id: int


def venue(
    ids: set[int], *, size: int, inclusive: bool, newcomers: Sequence[int] = ()
) -> Callable[[int | None], list[Numbered]]:
    """Give pages of at most `size`, the latest first; after each page a younger row may turn up."""
    coming = list(newcomers)

    def page(start: int | None) -> list[Numbered]:
        found = sorted(
            (number for number in ids if start is None or number < start or (inclusive and number == start)),
            reverse=True,
        )[:size]
        if coming:
            ids.add(coming.pop())
        return [Numbered(number) for number in found]

    return page


@given(
    ids=st.sets(st.integers(1, 400), max_size=60),
    size=st.integers(2, 9),
    inclusive=st.booleans(),
    above=st.integers(0, 400),
    newcomers=st.lists(st.integers(401, 500), max_size=5),
)
def test_every_row_is_found_once_the_latest_first(
    ids: set[int], size: int, inclusive: bool, above: int, newcomers: list[int]
) -> None:
    wanted = sorted((number for number in ids if number > above), reverse=True)
    page = venue(set(ids), size=size, inclusive=inclusive, newcomers=newcomers)
    assert [row.id for row in paging.all_rows(page, above=above)] == wanted


def test_a_short_page_is_not_taken_for_the_last() -> None:
    pages = iter([[9, 8], [7], [6, 5], []])
    rows = paging.all_rows(lambda _: [Numbered(number) for number in next(pages)])
    assert [row.id for row in rows] == [9, 8, 7, 6, 5]


@pytest.mark.parametrize("wrong", ["the same page again", "the wrong way"])
def test_pages_that_do_not_lead_back_are_an_error(wrong: str) -> None:
    def page(start: int | None) -> list[Numbered]:
        if wrong == "the same page again" or start is None:
            return [Numbered(9), Numbered(8), Numbered(7)]
        return [Numbered(start + 1)]

    with pytest.raises(OutcomeUnknown, match="from id 7 on does not lead further back"):
        paging.all_rows(page)


def clients_of(url: str) -> tuple[OrderClient, MoneyClient]:
    credential = Credential(access_key="KEY", secret=Secret("S"))
    caller = Caller(Transport(url), Operator(host="h"), credential, clock=lambda: 0.0)
    return OrderClient(caller), MoneyClient(caller)


def paged(sample: str, own_id: int, count: int) -> Callable[[Asked], Answer]:
    """Serve `count` copies of the document's row, numbered from 1, a hundred a page, as `from` and `direct` ask."""
    _, _, rest = sample.partition('"data": [')
    row = rest.rpartition("]")[0].strip()

    def script(asked: Asked) -> Answer:
        query = parse_qs(asked.path.partition("?")[2])
        assert (query["direct"], query["size"]) == (["next"], ["100"])
        first = int(query.get("from", [str(count)])[0])
        ids = range(first, max(first - 100, 0), -1)
        rows = ",".join(row.replace(f'"id": {own_id}', f'"id": {number}') for number in ids)
        return '{"status": "ok", "data": [' + rows + "]}"

    return script


LISTS: dict[str, tuple[str, int, Callable[[OrderClient, MoneyClient], Sequence[Any]]]] = {
    "orders": (
        samples.ORDERS,
        59378,
        lambda orders, _: paging.all_orders(orders, Search(symbol="ethusdt"), above=3),
    ),
    "matchresults": (
        samples.MATCH_RESULTS,
        29555,
        lambda orders, _: paging.all_match_results(orders, Search(symbol="ethusdt"), above=3),
    ),
    "loan orders": (
        samples.LOAN_ORDERS,
        232,
        lambda _, money: paging.all_loan_orders(money, LoanSearch(symbol="btcusdt"), above=3),
    ),
    "deposit-withdraw": (
        samples.DEPOSIT_WITHDRAW,
        1171,
        lambda _, money: paging.all_transfers(money, "deposit", above=3),
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_each_list_is_read_to_its_end(name: str) -> None:
    sample, own_id, ask = LISTS[name]
    with ScriptedVenue(paged(sample, own_id, 250)) as scripted:
        rows = ask(*clients_of(scripted.url))
    assert [row.id for row in rows] == list(range(250, 3, -1))
    assert len(scripted.asked) == 3


def test_more_open_orders_than_one_answer_holds_are_searched() -> None:
    _, _, rest = samples.OPEN_ORDERS.partition('"data": [')
    row = rest.rpartition("]")[0].strip()
    search = paged(samples.ORDERS.replace("100009", "30925"), 59378, 620)

    def script(asked: Asked) -> Answer:
        if "openOrders" not in asked.path:
            assert "states=pre-submitted%2Csubmitted%2Cpartial-filled&" in asked.path
            return search(asked)
        rows = ",".join(row.replace("5454937", str(number)) for number in range(620, 120, -1))
        return '{"status": "ok", "data": [' + rows + "]}"

    with ScriptedVenue(script) as scripted:
        orders, _ = clients_of(scripted.url)
        assert [row.id for row in paging.all_open_orders(orders, 30925, "ethusdt")] == list(range(620, 0, -1))
        assert paging.all_open_orders(orders, 1, "ethusdt") == []
    with ScriptedVenue([samples.OPEN_ORDERS]) as scripted:
        orders, _ = clients_of(scripted.url)
        assert [row.id for row in paging.all_open_orders(orders, 30925, "ethusdt")] == [5454937]


def test_an_order_that_is_being_canceled_is_open_though_no_search_shows_it() -> None:
    _, _, rest = samples.OPEN_ORDERS.partition('"data": [')
    row = rest.rpartition("]")[0].strip()
    search = paged(samples.ORDERS.replace("100009", "30925"), 59378, 500)

    def script(asked: Asked) -> Answer:
        if "openOrders" not in asked.path:
            return search(asked)
        rows = [row.replace("5454937", str(number)) for number in range(501, 1, -1)]
        rows[0] = rows[0].replace('"submitted"', '"cancelling"')
        return '{"status": "ok", "data": [' + ",".join(rows) + "]}"

    with ScriptedVenue(script) as scripted:
        orders, _ = clients_of(scripted.url)
        shown = paging.all_open_orders(orders, 30925, "ethusdt")
    assert [row.id for row in shown] == list(range(501, 0, -1))
    assert shown[0].state == "cancelling"
