"""What readers see of a session: how it stood at the last commit, and how its last round of questions ended."""

from collections.abc import Mapping
from typing import Any

from oms.core.blotter import Blotter, Book
from oms.core.doubt import Doubts
from oms.core.events import Reconciled, SessionFact, StatusAnswered


def at_start(books: Mapping[str, Book]) -> dict[str, dict[str, Any]]:
    """Describe the sessions that the journal knows: whatever it says, none is logged on yet."""
    return {name: {**_described(book), "logged_on": False} for name, book in books.items()}


def note(facts: dict[str, dict[str, Any]], event: SessionFact | StatusAnswered, blotter: Blotter) -> None:
    """Bring a session's facts up to date after an event of it, or an answer about one of its orders."""
    if isinstance(event, StatusAnswered):
        _note_answer(facts, event.order)
        return
    name = event.session
    last = facts.get(name, {}).get("round")
    if isinstance(event, Reconciled):
        last = {"ended_ns": event.time_ns, "asked": event.asked, "unanswered": event.unanswered}
    facts[name] = {**_described(blotter.book(name)), "round": last}


def _note_answer(facts: dict[str, dict[str, Any]], number: int) -> None:
    """An order that its round left without an answer has one now; readers keep what they have in hand."""
    for name, seen in facts.items():
        last = seen["round"]
        if last is not None and number in last["unanswered"]:
            left = tuple(each for each in last["unanswered"] if each != number)
            facts[name] = {**seen, "round": {**last, "unanswered": left}}


def under_way(doubts: Doubts, sessions: Mapping[str, Any]) -> frozenset[str]:
    """Name the sessions whose orders are being asked for."""
    return frozenset(filter(doubts.in_round, sessions))


def _described(book: Book) -> dict[str, Any]:
    return {
        "logged_on": book.logged_on,
        "since_ns": book.since_ns,
        "reason": book.reason,
        "halted": book.halted,
        "held": [
            {"order_id": held.report.order_id, "exec_id": held.report.exec_id, "since_ns": held.time_ns}
            for held in book.held.values()
        ],
        "round": None,
        "instruments": book.instruments,
        "movements": book.movements,
    }
