"""ClOrdIDs never repeat, whatever the clock does."""

import pytest

from oms.core.ids import ClOrdIds, account_digits

MS = 1_000_000


def test_an_id_is_the_accounts_digits_thirteen_of_milliseconds_and_three_more() -> None:
    assert ClOrdIds().next("00000015", 1_772_355_600_123 * MS) == "000000151772355600123000"
    assert account_digits("STA-00000015") == "00000015"


def test_ids_only_go_up_through_bursts_and_a_clock_that_steps_back() -> None:
    ids = ClOrdIds()
    clock = [5, 5, 5, 3, 9, 1, *[9] * 2000, 10]
    given = [ids.next("1", ms * MS) for ms in clock]
    assert len(set(given)) == len(given)
    assert given == sorted(given)


@pytest.mark.parametrize("seen", ["1" + "0" * 12 + "9999", "1" + "9" * 16])
def test_an_id_seen_in_the_journal_is_never_given_again(seen: str) -> None:
    ids = ClOrdIds()
    ids.note(seen, "1")
    assert int(ids.next("1", 0)) > int(seen)


@pytest.mark.parametrize(
    "seen", ["", "X", "2" + "0" * 16, "1" + "0" * 15, "1" + "0" * 15 + "x", "1" + "٣" * 16]
)
def test_an_id_of_another_form_says_nothing(seen: str) -> None:
    ids = ClOrdIds()
    ids.note(seen, "1")
    assert ids.last == 0
