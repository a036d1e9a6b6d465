"""When to ask: deadlines for answers, questions about what is in doubt, the round of questions after a logon.

Nothing here is state of an order: it is all derived from the orders, and lost without harm. Intervals grow, so that
a venue that stays silent is not hammered; what is in doubt stays so until there is evidence.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct, field

from oms.core.order import Order

_S = 1_000_000_000


class Timing(Struct, frozen=True, kw_only=True):
    """Intervals, in nanoseconds.

    Attributes:
        ack_timeout_ns: a request without an answer for so long is in doubt.
        fence_ns: after so long, "unknown order" proves that a new order was not placed.
        ask_again_ns: the first pause before the venue is asked again; it doubles up to `ask_again_most_ns`.
        question_pause_ns: the pause between two questions of the round after a logon.
        round_timeout_ns: the round ends after so long without the answers.
        wait_after_logon: new orders wait until the round after a logon has ended.
        reconcile_ns: every open order is asked for so often; 0 is never, but after each logon.
        replace_within_ns: a replace as cancel-then-new is given up when its new order could not leave for so long.
        late_ns: a fill may have been lost with the connection for orders that ended so shortly before.
        infer_ns: missing fills are inferred so long after the venue confirmed a total that nothing explains.
        cancel_tries: so often a cancel is sent while status answers show the order working.

    """

    ack_timeout_ns: int = 5 * _S
    fence_ns: int = 600 * _S
    ask_again_ns: int = 5 * _S
    ask_again_most_ns: int = 60 * _S
    question_pause_ns: int = _S // 20
    round_timeout_ns: int = 30 * _S
    wait_after_logon: bool = True
    reconcile_ns: int = 300 * _S
    replace_within_ns: int = 60 * _S
    late_ns: int = 30 * _S
    infer_ns: int = 30 * _S
    cancel_tries: int = 3


class Round(Struct):
    """The questions after a logon."""

    waiting: deque[int]
    next_ns: int
    end_ns: int
    asked: list[int] = field(default_factory=list)
    holds_orders: bool = True
    size: int = 0


class Doubts:
    """Plans questions; the engine asks them."""

    def __init__(self, timing: Timing) -> None:
        """Start with nothing planned."""
        self._timing = timing
        self._deadlines: list[tuple[int, int, int]] = []
        self._again: list[tuple[int, int]] = []
        self._planned: dict[int, int] = {}
        self._answers: list[tuple[int, int]] = []
        self._asked: dict[int, int] = {}
        self._lost: set[int] = set()
        self._pauses: dict[int, int] = {}
        self._rounds: dict[str, Round] = {}
        self._next_round: dict[str, int] = {}
        self._late: dict[str, list[int]] = {}
        self._inferences: list[tuple[int, int]] = []
        self._held: dict[int, int] = {}
        self._tries: list[tuple[int, int]] = []

    def watch(self, order: Order, request_number: int, from_ns: int = 0) -> None:
        """Expect an answer to a request in time; look no earlier than `from_ns`, nanoseconds since the epoch."""
        request = order.request(request_number)
        if request is None or (request.waiting and not request.by_cancel):
            return
        within_ns = self._timing.replace_within_ns if request.by_cancel else self._timing.ack_timeout_ns
        due_ns = max(request.since_ns + within_ns, from_ns)
        heapq.heappush(self._deadlines, (due_ns, order.number, request_number))

    def ask_later(self, order: Order, now_ns: int) -> None:
        """Plan the next question about an order, at a growing interval; one that is planned already stays."""
        if order.number in self._planned:
            return
        pause = self._pauses.get(order.number, self._timing.ask_again_ns)
        self._pauses[order.number] = min(pause * 2, self._timing.ask_again_most_ns)
        self._planned[order.number] = now_ns + pause
        heapq.heappush(self._again, (now_ns + pause, order.number))

    def is_planned(self, number: int) -> bool:
        """Whether an order has a question planned."""
        return number in self._planned

    def forget(self, number: int) -> None:
        """An order needs no more questions: the next time starts with the shortest pause again."""
        self._pauses.pop(number, None)
        self.answered(number)

    def overdue(self, now_ns: int) -> Iterable[tuple[int, int]]:
        """Take out the requests whose answer should have come; (order, request) each."""
        while self._deadlines and self._deadlines[0][0] <= now_ns:
            _, order, request = heapq.heappop(self._deadlines)
            yield order, request

    def to_ask_again(self, now_ns: int) -> list[int]:
        """Take out the orders whose question is due."""
        due = []
        while self._again and self._again[0][0] <= now_ns:
            number = heapq.heappop(self._again)[1]
            del self._planned[number]
            due.append(number)
        return sorted(due)

    # --- questions and their answers

    def asked(self, number: int, now_ns: int) -> None:
        """Expect an answer to a question in time."""
        due = now_ns + self._timing.ack_timeout_ns
        self._lost.discard(number)
        self._asked[number] = due
        heapq.heappush(self._answers, (due, number))

    def is_asked(self, number: int) -> bool:
        """Whether the venue was asked and still has time to answer."""
        return number in self._asked

    def answered(self, number: int) -> None:
        """Note that the venue answered."""
        self._asked.pop(number, None)
        self._lost.discard(number)

    def lost(self, order: Order, now_ns: int) -> None:
        """Note that a question will have no answer, and plan the next where one still matters."""
        if self.needs_answer(order):
            self._lost.add(order.number)
            self.ask_later(order, now_ns)

    def is_lost(self, number: int) -> bool:
        """Whether the last question had no answer, and the next is planned."""
        return number in self._lost

    def needs_answer(self, order: Order) -> bool:
        """Whether a question about an order was not answered until now, and the answer still matters.

        What is over is asked for again while a round waits for it: new orders may wait for the round.
        """
        return order.number in self._asked and (order.is_open or self._is_awaited(order))

    def _is_awaited(self, order: Order) -> bool:
        questions = self._rounds.get(order.session)
        return questions is not None and order.number in questions.asked

    def unanswered(self, now_ns: int) -> list[int]:
        """Take out the orders whose last question should have been answered by now."""
        due = []
        while self._answers and self._answers[0][0] <= now_ns:
            when, number = heapq.heappop(self._answers)
            if self._asked.get(number) == when:
                due.append(number)
        return due

    def next_due_ns(self) -> int | None:
        """Say when something is planned next."""
        heaps: tuple[list[Any], ...] = (
            self._deadlines,
            self._again,
            self._answers,
            self._inferences,
            self._tries,
        )
        times = [heap[0][0] for heap in heaps if heap]
        times += self._next_round.values()
        times += [asked.next_ns if asked.waiting else asked.end_ns for asked in self._rounds.values()]
        return min(times, default=None)

    # --- what stayed here

    def try_later(self, number: int, times: int, now_ns: int) -> None:
        """Hold back the cancel of an order that could not leave; the more often it stayed, the longer."""
        pause = min(self._timing.ask_again_ns * 2 ** min(times, 20) // 2, self._timing.ask_again_most_ns)
        self._held[number] = now_ns + pause
        heapq.heappush(self._tries, (now_ns + pause, number))

    def is_held(self, number: int) -> bool:
        """Whether the cancel of an order is held back."""
        return number in self._held

    def let_go(self, number: int) -> None:
        """Hold a cancel back no longer: it may be able to leave now."""
        self._held.pop(number, None)

    def to_try_again(self, now_ns: int) -> list[int]:
        """Take out the orders whose cancel was held back for long enough."""
        due = []
        while self._tries and self._tries[0][0] <= now_ns:
            when, number = heapq.heappop(self._tries)
            if self._held.get(number) == when:
                del self._held[number]
                due.append(number)
        return due

    # --- missing fills

    def infer_later(self, number: int, now_ns: int) -> None:
        """Plan to infer what is missing, unless it comes until then."""
        heapq.heappush(self._inferences, (now_ns + self._timing.infer_ns, number))

    def to_infer(self, now_ns: int) -> list[int]:
        """Take out the orders whose missing fills had time enough to come."""
        due = []
        while self._inferences and self._inferences[0][0] <= now_ns:
            due.append(heapq.heappop(self._inferences)[1])
        return due

    # --- rounds of questions: after a logon, and by interval

    def begin_round(self, session: str, orders: list[int], now_ns: int, *, wait: bool) -> None:
        """Plan a question for each of these orders."""
        self._rounds.pop(session, None)
        if self._timing.reconcile_ns:
            self._next_round[session] = now_ns + self._timing.reconcile_ns
        if orders:
            asking = len(orders) * self._timing.question_pause_ns
            self._rounds[session] = Round(
                waiting=deque(orders),
                next_ns=now_ns,
                end_ns=now_ns + asking + self._timing.round_timeout_ns,
                holds_orders=wait,
                size=len(orders),
            )

    def rounds_due(self, now_ns: int) -> list[str]:
        """Name the sessions whose interval is over, and plan their next round."""
        due = [session for session, when in self._next_round.items() if when <= now_ns]
        for session in due:
            self._next_round[session] = now_ns + self._timing.reconcile_ns
        return due

    def in_round(self, session: str) -> bool:
        """Whether a round of questions is under way."""
        return session in self._rounds

    def logged_out(self, session: str) -> list[int]:
        """Forget the round: its answers will not come; gives the orders that have none."""
        questions = self._rounds.pop(session, None)
        self._next_round.pop(session, None)
        return [] if questions is None else [*questions.asked, *questions.waiting]

    def may_lack(self, session: str, numbers: list[int]) -> None:
        """Note the orders that ended shortly before a session dropped: a fill of them may have been on its way."""
        self._late[session] = numbers

    def holding(self) -> set[int]:
        """Name the orders that are over and may be asked about all the same: they have to be at hand."""
        held = {number for numbers in self._late.values() for number in numbers}
        for questions in self._rounds.values():
            held.update(questions.waiting, questions.asked)
        return held

    def ended_lately(self, session: str) -> list[int]:
        """Take out the orders that ended shortly before the session dropped."""
        return self._late.pop(session, [])

    def is_asking(self, session: str) -> bool:
        """Whether new orders of the session have to wait for the answers."""
        questions = self._rounds.get(session)
        return questions is not None and questions.holds_orders

    def next_questions(self, session: str, now_ns: int) -> list[int]:
        """Take out the orders to be asked for now."""
        questions = self._rounds.get(session)
        due: list[int] = []
        while questions is not None and questions.waiting and questions.next_ns <= now_ns:
            due.append(questions.waiting.popleft())
            questions.next_ns += self._timing.question_pause_ns
        if questions is not None:
            questions.asked.extend(due)
        return due

    def finish(self, session: str, now_ns: int, is_answered: Callable[[int], bool]) -> Round | None:
        """End the round if every answer has come, or its time is up; give it, with what is unanswered, if it did."""
        questions = self._rounds.get(session)
        if questions is None:
            return None
        questions.asked = [number for number in questions.asked if not is_answered(number)]
        if (questions.waiting or questions.asked) and now_ns < questions.end_ns:
            return None
        return self._rounds.pop(session)
