"""Orders of others are shown a few at a time, and never one that may be a submit of ours."""

import pytest

from oms.core.errors import OutcomeUnknown, VenueRefused
from oms.core.messages import ExecutionReport, Mark
from oms.rest.adapter import Told
from oms.rest.strangers import MOST_AT_ONCE, Strangers
from oms.rest.submits import Left, Submits
from oms.rest.turns import Turns


def told(number: str, symbol: str, status: str = "0") -> Told:
    return Told(ExecutionReport(order_id=number, symbol=symbol, ord_status=status), "")


def numbers(strangers: Strangers) -> list[str | None]:
    return [each.state.order_id for each in strangers.told(told)]


def test_they_come_a_few_at_a_time() -> None:
    strangers = Strangers(lambda: (frozenset({"3"}), frozenset()))
    strangers.listed({str(number): "a" for number in range(8)})
    assert numbers(strangers) == ["0", "1", "2", "4", "5"]
    assert len(numbers(strangers)) == 7 - MOST_AT_ONCE
    assert numbers(strangers) == []


def test_each_is_shown_once_for_as_long_as_it_is_open() -> None:
    strangers = Strangers(lambda: (frozenset(), frozenset()))
    strangers.listed({"1": "a", "2": "a"})
    assert numbers(strangers) == ["1", "2"]
    strangers.listed({"1": "a", "2": "a"})
    assert numbers(strangers) == []
    strangers.listed({"3": "a"})
    assert numbers(strangers) == ["3"]
    strangers.listed({"1": "a", "3": "a"})
    assert numbers(strangers) == ["1"], "it was gone, and is back"
    strangers.listed({"1": "a", "3": "a"}, afresh=True)
    assert numbers(strangers) == ["1", "3"]


def test_it_says_how_often_it_has_to_be_asked() -> None:
    strangers = Strangers(lambda: (frozenset(), frozenset()))
    strangers.listed({str(number): "a" for number in range(MOST_AT_ONCE + 1)})
    assert strangers.more == 2
    numbers(strangers)
    assert strangers.more == 1
    numbers(strangers)
    assert strangers.more == 0


def test_none_of_a_symbol_whose_submit_is_unanswered() -> None:
    awaited: set[str] = {"a"}
    strangers = Strangers(lambda: (frozenset(), frozenset(awaited)))
    strangers.listed({"1": "a", "2": "b", "3": "c"})
    awaited.add("c")  # since the list
    assert numbers(strangers) == ["2"]


def test_one_that_is_over_is_not_shown_and_a_refused_one_is_left_out() -> None:
    strangers = Strangers(lambda: (frozenset(), frozenset()))
    strangers.listed({"1": "a", "2": "a", "3": "a"})

    def ask(number: str, symbol: str) -> Told:
        if number == "1":
            message = "no such order"
            raise VenueRefused(message)
        return told(number, symbol, "4" if number == "2" else "1")

    assert [each.state.order_id for each in strangers.told(ask)] == ["3"]


def test_one_that_could_not_be_asked_for_is_asked_for_again() -> None:
    strangers = Strangers(lambda: (frozenset(), frozenset()))
    strangers.listed({"1": "a"})

    def fail(number: str, symbol: str) -> Told:
        message = "no answer"
        raise OutcomeUnknown(message)

    with pytest.raises(OutcomeUnknown):
        list(strangers.told(fail))
    assert numbers(strangers) == ["1"]


def test_turns_go_round() -> None:
    turns = Turns(2)
    assert [turns.next("abcde") for _ in range(3)] == [["a", "b"], ["c", "d"], ["e", "a"]]
    assert turns.next("b") == ["b"]
    assert turns.next("ab") == ["a", "b"]  # whoever was not named is forgotten


def test_what_is_remembered_of_submits() -> None:
    submits = Submits()
    assert (submits.mark_of("c"), submits.left("c")) == (None, None)
    submits.read(7, Mark(order_id="9"))
    assert submits.mark_of("c") is None
    submits.leaving(7, "c")
    submits.leaving(8, "d")  # without a mark
    assert (submits.mark_of("c"), submits.mark_of("d")) == (Mark(order_id="9"), None)
    submits.in_doubt("c", Left(key=1, number=5))
    assert submits.left("c") == Left(key=1, number=5)
