"""What is known of one session: its orders by id and by what they wait for, and what left under which number."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from oms.core import events as ev
from oms.core.errors import IllegalTransition
from oms.core.instruments import Instrument, Key, merged
from oms.core.movements import OPEN, Movement, MovementStatus
from oms.core.naming import Ids
from oms.core.order import Order

Awaiting = tuple[str, str]
KEPT_ENDS: Final = 100
KEPT_SEQS: Final = 16_384
"""How many MsgSeqNums of a logon are remembered: a reject follows its message closely."""


class Book(Struct, kw_only=True):
    """What is known of one session.

    `awaiting`: orders without an acknowledgement, by symbol and side. `held`: reports whose OrderID no acknowledgement
    has tied to an order yet, by `ref`. `ended`: (time, order) of those that ended last; `ended_here`: of those that did
    so without the venue's word, the orders. `asked`: orders with a question that has no answer. `sent`: (MsgSeqNum,
    order, request) of the last messages of this logon, in a ring of `KEPT_SEQS` places. `instruments` and `movements`
    are replaced and never changed, so that others may read them.
    """

    logged_on: bool = False
    halted: str | None = None
    since_ns: int = 0
    reason: str | None = None
    by_cl_ord_id: Ids = field(default_factory=Ids)
    by_order_id: Ids = field(default_factory=Ids)
    awaiting: dict[Awaiting, dict[int, Order]] = field(default_factory=dict)
    unanswered: dict[int, Order] = field(default_factory=dict)
    open: dict[int, Order] = field(default_factory=dict)
    asked: dict[int, Order] = field(default_factory=dict)
    held: dict[int, ev.ReportHeld] = field(default_factory=dict)
    sent: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    instruments: Mapping[Key, Instrument] = field(default_factory=dict)
    movements: Mapping[str, Movement] = field(default_factory=dict)
    nonces: dict[str, int] = field(default_factory=dict)
    ended: list[tuple[int, int]] = field(default_factory=list)
    ended_here: list[int] = field(default_factory=list)

    def note_end(self, time_ns: int, order: int) -> None:
        """Remember which orders ended last, and when."""
        self.ended.append((time_ns, order))
        del self.ended[:-KEPT_ENDS]

    def note_end_here(self, order: int) -> None:
        """Remember which orders were ended here last."""
        self.ended_here.append(order)
        del self.ended_here[:-KEPT_ENDS]

    def note_sent(self, seq: int, order: int, request: int) -> None:
        """Remember what left under a MsgSeqNum."""
        self.sent[seq % KEPT_SEQS] = seq, order, request

    def sent_under(self, seq: int | None) -> tuple[int, int] | None:
        """Say which (order, request) left under a MsgSeqNum; request 0 is a status question."""
        entry = self.sent.get(seq % KEPT_SEQS) if seq is not None else None
        return entry[1:] if entry is not None and entry[0] == seq else None

    def is_too_old(self, seq: int | None) -> bool:
        """Whether a MsgSeqNum is not remembered any more, because so many messages followed."""
        entry = self.sent.get(seq % KEPT_SEQS) if seq is not None else None
        return entry is not None and seq is not None and entry[0] > seq


def apply_to_session(book: Book, event: ev.SessionFact) -> None:
    """Fold an event of a session into its book."""
    _SESSION_EVENTS[type(event)](book, event)


def _hold(book: Book, event: ev.ReportHeld) -> None:
    book.held[event.ref] = event


def _unhold(book: Book, event: ev.ReportUnheld) -> None:
    book.held.pop(event.ref, None)


def _logged_on(book: Book, event: ev.LoggedOn) -> None:
    book.logged_on, book.since_ns, book.reason = True, event.time_ns, None
    book.ended.clear()  # they are asked for now
    book.sent.clear()  # every logon starts at sequence number 1
    for order in book.asked.values():
        order.questions = 0  # answers to questions of an earlier logon do not come any more
    book.asked.clear()
    for order in book.open.values():
        order.unheard = True  # nor do reports that were sent meanwhile


def _logged_out(book: Book, event: ev.LoggedOut) -> None:
    book.logged_on, book.since_ns, book.reason = False, event.time_ns, event.reason


def _stopped(book: Book, event: ev.TradingStopped) -> None:
    book.halted = event.reason


def _resumed(book: Book, _event: ev.TradingResumed) -> None:
    book.halted = None


def _nothing(_book: Book, _event: ev.Reconciled) -> None:
    """It tells people, and changes nothing."""


def _reserved(book: Book, event: ev.NonceReserved) -> None:
    book.nonces[event.key] = max(event.up_to, book.nonces.get(event.key, 0))


def _know_instruments(book: Book, event: ev.InstrumentsKnown) -> None:
    book.instruments = merged(book.instruments, event.instruments)


def _money_requested(book: Book, event: ev.MoneyRequested) -> None:
    names = [name for name in Movement.__struct_fields__ if name in event.__struct_fields__]
    movement = Movement(**{name: getattr(event, name) for name in names})
    book.movements = {**book.movements, event.id: movement}


def _money_decided(book: Book, event: ev.MoneyDecided) -> None:
    movement = book.movements.get(event.id)
    if movement is None:
        message = f"{event!r} names no movement of money that was requested"
        raise IllegalTransition(message)
    status = _MONEY[type(event)]
    told: dict[str, Any] = {"status": status, "reason": event.reason}
    told |= {name: said for name in _SAID if (said := getattr(event, name)) is not None}
    told["ended_ns"] = None if status in OPEN else event.time_ns
    if status is MovementStatus.IN_DOUBT:
        told["doubted_ns"] = event.time_ns
    book.movements = {**book.movements, event.id: replace(movement, **told)}


_SAID: Final = ("log_id", "moved", "fee", "asset")  # what was said before stays said
_MONEY: Final[dict[type, MovementStatus]] = {
    ev.MoneySubmitted: MovementStatus.SUBMITTED,
    ev.MoneyDone: MovementStatus.DONE,
    ev.MoneyRefused: MovementStatus.REFUSED,
    ev.MoneyInDoubt: MovementStatus.IN_DOUBT,
}
_SESSION_EVENTS: Final[dict[type, Callable[[Book, Any], None]]] = {
    ev.InstrumentsKnown: _know_instruments,
    ev.MoneyRequested: _money_requested,
    **dict.fromkeys(_MONEY, _money_decided),
    ev.ReportHeld: _hold,
    ev.ReportUnheld: _unhold,
    ev.LoggedOn: _logged_on,
    ev.LoggedOut: _logged_out,
    ev.TradingStopped: _stopped,
    ev.TradingResumed: _resumed,
    ev.Reconciled: _nothing,
    ev.NonceReserved: _reserved,
}
