"""Histories: whatever a venue's pages look like, nothing falls between them."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.core.errors import OutcomeUnknown
from oms.rest.weex.paging import all_rows


@given(
    ids=st.sets(st.integers(1, 300), max_size=60),
    size=st.integers(2, 9),
    inclusive=st.booleans(),
    above=st.integers(0, 300),
    newcomers=st.lists(st.integers(301, 400), max_size=5, unique=True),
)
def test_every_row_above_an_id_is_found_once(
    ids: set[int], size: int, inclusive: bool, above: int, newcomers: list[int]
) -> None:
    at_venue, coming = set(ids), sorted(newcomers, reverse=True)

    def page(start: int) -> Mapping[int, int]:
        rows = sorted(number for number in at_venue if number > start or (inclusive and number == start))
        if coming:
            at_venue.add(coming.pop())
        return {number: -number for number in rows[:size]}

    found = all_rows(page, above=above)
    assert list(found) == sorted(found)
    wanted = {number for number in ids if number > above}
    assert wanted <= set(found) <= wanted | set(newcomers)
    assert all(row == -number for number, row in found.items())


@pytest.mark.parametrize("rows", [[9, 8, 7], [3, 4, 6]])
def test_pages_that_do_not_ascend_from_their_id_are_an_error(rows: list[int]) -> None:
    with pytest.raises(OutcomeUnknown, match="the page from id 5 on"):
        all_rows(lambda _: dict.fromkeys(rows, 0), above=5)
