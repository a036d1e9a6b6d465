"""The prices of watched pairs, pushed and asked for: how old they are, and which pair is asked for next."""

from decimal import Decimal

import pytest

from oms.app.reference_prices import ALIVE_S, CHECK_S, Prices
from oms.core.errors import OutcomeUnknown
from oms.core.instruments import Key
from oms.core.prices import Quote

S = 1_000_000_000
PAIRS: tuple[Key, ...] = tuple(("EX", name) for name in "ABC")
A, B, C = PAIRS
NO_ANSWER = OutcomeUnknown("no answer")


class Board:
    """Prices, and a clock that the test moves."""

    def __init__(self) -> None:
        self.now_ns = 1000 * S
        self.first = 0
        self.prices = Prices(PAIRS, interval_s=1.0, now_ns=lambda: self.now_ns, first=self._count)

    def _count(self) -> None:
        self.first += 1

    def after(self, seconds: float) -> None:
        self.now_ns += round(seconds * S)

    def quote(self, key: Key, bid: int = 1) -> Quote:
        return Quote(exchange=key[0], symbol=key[1], bid=Decimal(bid), time_ns=self.now_ns)

    def push(self, key: Key, bid: int = 1) -> None:
        self.prices.pushed(self.quote(key, bid))

    def ask(self) -> Key | None:
        key = self.prices.due()
        if key is not None:
            self.prices.ask(key, self.quote)
        return key

    def ages(self) -> dict[str, float]:
        return {each.symbol: each.age_s(self.now_ns) for each in self.prices.current()}


@pytest.fixture
def board() -> Board:
    return Board()


def test_the_pair_that_was_looked_at_longest_ago_is_next(board: Board) -> None:
    assert board.ages() == {}
    asked = [board.ask() for _ in range(4)]
    assert asked == [A, B, C, None]
    assert board.ages() == {"A": 0, "B": 0, "C": 0}
    board.after(0.5)
    board.prices.ask(A, board.quote)
    board.after(0.6)
    assert [board.ask() for _ in range(3)] == [B, C, None]


def test_what_cannot_be_had_keeps_no_other_pair_waiting(board: Board) -> None:
    def fails(_key: Key) -> Quote:
        raise NO_ANSWER

    with pytest.raises(OutcomeUnknown):
        board.prices.ask(A, fails)
    assert [board.ask() for _ in range(3)] == [B, C, None]
    board.after(2)
    assert board.ask() == A


def test_pushed_prices_hold_while_their_connection_lives(board: Board) -> None:
    for key in PAIRS:
        board.push(key)
    for _ in range(20):
        board.after(1)
        board.prices.alive()
        assert board.ages() == {"A": 0, "B": 0, "C": 0}
        assert board.ask() is None
    board.after(2)
    assert board.ages() == {"A": 2, "B": 2, "C": 2}, "nothing was heard since"


def test_a_silent_connection_proves_nothing(board: Board) -> None:
    board.push(A)
    board.ask()
    board.ask()
    board.after(ALIVE_S + 0.1)
    assert board.prices.due() is not None
    board.prices.alive()
    board.push(B)
    board.push(C)
    assert board.prices.due() is None


def test_what_was_pushed_over_an_earlier_connection_grows_old(board: Board) -> None:
    board.push(A)
    board.prices.lost("connected")
    board.after(2)
    board.prices.alive()
    assert board.ages() == {"A": 2}
    board.push(A)
    board.after(1)
    board.prices.alive()
    assert board.ages() == {"A": 0}


def test_a_pushed_pair_is_checked_now_and_then(board: Board) -> None:
    for key in PAIRS:
        board.push(key)
    board.after(CHECK_S)
    board.prices.alive()
    board.push(B)
    assert [board.ask() for _ in range(3)] == [A, C, None]


def test_an_answer_does_not_replace_what_was_pushed_meanwhile(board: Board) -> None:
    def slowly(key: Key) -> Quote:
        old = board.quote(key, bid=1)
        board.after(0.2)
        board.push(key, bid=2)
        board.after(0.2)
        return old

    board.prices.ask(A, slowly)
    assert [each.bid for each in board.prices.current()] == [2]


def test_the_first_prices_of_a_pair_are_told_at_once(board: Board) -> None:
    for _ in range(3):
        board.push(A)
        board.prices.ask(B, board.quote)
    assert board.first == 2
