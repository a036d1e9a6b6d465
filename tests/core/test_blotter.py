"""All orders by any id, and the sets that say which of them somebody still waits for."""

from decimal import Decimal

import pytest

from oms.core import events as ev
from oms.core.errors import IllegalTransition
from tests.core.desk import SESSION, Desk


def test_every_id_of_a_chain_finds_the_order() -> None:
    desk = Desk()
    order = desk.working()
    desk.send("35=G 11=Y 41=X 38=12 44=100")
    desk.tell("11=Y 41=X 37=O 17=R 150=5 39=5")
    desk.send("35=F 11=Z 41=Y")
    for any_id in ("X", "Y", "Z", "O"):
        assert desk.blotter.search(any_id) == [order]
    assert desk.blotter.search("Q") == []
    assert desk.blotter.find(SESSION, "Q", "O") is order
    assert desk.blotter.find("another", "X") is None


def test_open_unanswered_and_awaiting_follow_the_order() -> None:
    desk = Desk()
    order = desk.place()
    book = desk.blotter.book(SESSION)
    key = ("BTCUSDT", "1")
    assert (list(book.open), list(book.unanswered), list(book.awaiting)) == ([1], [1], [key])
    desk.tell("11=X 37=O 17=A 150=0 39=0")
    assert (list(book.open), list(book.unanswered), list(book.awaiting)) == ([1], [], [])
    desk.send("35=F 11=Y 41=X")
    assert list(book.unanswered) == [1]
    desk.tell("11=X 17=F 150=2 39=2 32=10 31=100")
    assert list(book.open) == [1], "the cancel is not answered"
    desk.tell("35=9 11=Y 41=X 39=2 102=0")
    assert (list(book.open), list(book.unanswered), order.is_open) == ([], [], False)
    desk.tell("11=X 17=B 19=F 20=1 150=0 39=0 32=0")
    assert list(book.open) == [1], "a bust reopens what it filled"


@pytest.mark.parametrize(
    "event",
    [
        ev.Accepted(order=9),
        ev.Filled(order=9, last_shares=Decimal(1)),
        ev.InDoubt(order=9, request=1, reason="", time_ns=0),
    ],
)
def test_an_event_of_an_order_that_does_not_exist_is_illegal(event: ev.Event) -> None:
    with pytest.raises(IllegalTransition):
        Desk().blotter.apply(event)


def test_an_order_is_taken_on_once() -> None:
    desk = Desk()
    order = desk.place()
    assert order.placed is not None
    with pytest.raises(IllegalTransition):
        desk.blotter.apply(order.placed)


def test_the_fold_of_the_events_is_the_state() -> None:
    desk = Desk()
    events: list[ev.Fact] = []
    apply = desk.blotter.apply
    desk.blotter.apply = lambda event, about=None: (events.append(event), apply(event, about))[1]  # type: ignore[method-assign,func-returns-value]
    desk.working()
    desk.send("35=G 11=Y 41=X 38=12 44=100")
    desk.tell("11=X 17=F1 150=1 39=1 32=4 31=100 14=5")
    desk.tell("11=Y 41=X 37=O 17=R 150=5 39=1")
    desk.tell("11=Y 17=B 19=F1 20=1 150=0 39=0 32=0")
    again = Desk().blotter
    again.apply_all(events)
    assert again.orders == desk.blotter.orders
    assert again.books == desk.blotter.books
    assert again.positions.by_key == desk.blotter.positions.by_key
