"""When to ask: deadlines, growing pauses, the round of questions after a logon."""

from oms.core.doubt import Doubts, Timing
from tests.core.desk import Desk

S = 1_000_000_000
TIMING = Timing(
    ack_timeout_ns=5 * S,
    ask_again_ns=5 * S,
    ask_again_most_ns=15 * S,
    question_pause_ns=S,
    round_timeout_ns=10 * S,
)


def test_a_request_is_overdue_once_and_only_after_its_time() -> None:
    order, doubts = Desk().place(), Doubts(TIMING)
    doubts.watch(order, order.pending[0].number)
    due = order.pending[0].since_ns + 5 * S
    assert doubts.next_due_ns() == due
    assert list(doubts.overdue(due - 1)) == []
    assert list(doubts.overdue(due)) == [(1, 1)]
    assert (list(doubts.overdue(due)), doubts.next_due_ns()) == ([], None)


def test_nothing_is_expected_of_what_has_not_left_or_is_answered() -> None:
    order, doubts = Desk().place(), Doubts(TIMING)
    order.pending[0].waiting = True
    doubts.watch(order, order.pending[0].number)
    doubts.watch(order, 99)
    assert doubts.next_due_ns() is None


def test_pauses_between_questions_grow_and_start_again() -> None:
    order, doubts = Desk().place(), Doubts(TIMING)
    now, pauses = 0, []
    for _ in range(4):
        doubts.ask_later(order, now)
        due = doubts.next_due_ns()
        assert due is not None
        pauses.append((due - now) // S)
        assert doubts.to_ask_again(due) == [1]
        now = due
    assert pauses == [5, 10, 15, 15]
    doubts.forget(1)
    doubts.ask_later(order, now)
    assert doubts.next_due_ns() == now + 5 * S


def test_the_round_after_a_logon_is_paced_and_ends_with_the_answers() -> None:
    doubts = Doubts(TIMING)
    doubts.begin_round("S", [1, 2, 3], 0, wait=True)
    assert doubts.is_asking("S")
    assert doubts.next_questions("S", 0) == [1]
    assert doubts.next_questions("S", 2 * S) == [2, 3]
    assert not doubts.finish("S", 2 * S, lambda number: number != 3)
    assert doubts.finish("S", 3 * S, lambda _number: True)
    assert not doubts.is_asking("S")


def test_the_round_ends_without_answers_when_its_time_is_up_or_the_session_is() -> None:
    doubts = Doubts(TIMING)
    doubts.begin_round("S", [1], 0, wait=True)
    doubts.next_questions("S", 0)
    assert not doubts.finish("S", 10 * S, lambda _number: False)
    assert doubts.finish("S", 11 * S, lambda _number: False)
    doubts.begin_round("S", [1], 0, wait=False)
    assert not doubts.is_asking("S"), "new orders need not wait"
    doubts.logged_out("S")
    assert not doubts.finish("S", 99 * S, lambda _number: True)
    doubts.begin_round("S", [], 0, wait=True)
    assert not doubts.is_asking("S"), "there is nothing to ask"
