"""An order's life, told from the journal: every record that concerns it, what it meant, and the state after it.

1. One pass; memory grows with the order and with the reports that are held at a time, not with the journal. Only this
   order's events are folded, and those of sessions: that is enough to find it by any of its ids.
2. What is on record is told as it was recorded. Only why a report became nothing is derived anew, from the state
   before it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from msgspec import Struct, field

from oms.app.past import exact_iso
from oms.app.words import event_object, message_text, state_object
from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.explain import FOLLOW_UPS, remark, why_ignored
from oms.core.messages import Anomaly, CancelReject, ExecutionReport, Reject, Report
from oms.core.order import Order
from oms.core.records import Record
from oms.core.values import ANOMALY_TEXTS
from oms.fix.codec import decode, split
from oms.fix.dialects import Dialect
from oms.fix.text import field as fix_field
from oms.fix.text import shown

DialectOf = Callable[[str | None], Dialect]
_DIRECTIONS: Final = {"received": "in", "sent": "out"}
_IDS: Final = ("cl_ord_id", "orig_cl_ord_id", "order_id", "client_order_id")


class Step(Struct):
    """One record as far as it concerns the order. `ignored`: why it became nothing; `remarks`: what is unusual."""

    n: int
    time_ns: int
    kind: str
    direction: str | None = None
    session: str | None = None
    command: dict[str, Any] | None = None
    raw: str | None = None
    said: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    ignored: str | None = None
    anomaly: Anomaly | None = None
    remarks: list[str] = field(default_factory=list)
    state: dict[str, Any] | None = None


def step_object(step: Step) -> dict[str, Any]:
    """Build the JSON object of a step."""
    command, anomaly = step.command or {}, step.anomaly
    return {
        "n": step.n,
        "time": exact_iso(step.time_ns),
        "kind": step.kind,
        "direction": step.direction,
        "session": step.session,
        "actor": command.get("actor"),
        "origin": command.get("origin"),
        "command": step.command,
        "raw": step.raw,
        "said": step.said,
        "events": step.events,
        "ignored": step.ignored,
        "anomaly": {
            "code": str(anomaly.code),
            "text": anomaly.text,
            "meaning": ANOMALY_TEXTS.get(anomaly.code),
        }
        if anomaly
        else None,
        "remarks": step.remarks,
        "state": step.state,
    }


def orders_called(any_id: str, records: Iterable[Record]) -> list[int]:
    """Find our numbers of the orders that ever had this id. Without one it may be our own number; `#7` always is."""
    own = any_id.removeprefix("#")
    number = int(own) if own.isascii() and own.isdigit() else None
    found: set[int] = set()
    exists = False
    for record in records:
        for event in record.events:
            if not isinstance(event, ev.Event):
                continue
            exists = exists or event.order == number
            if any(getattr(event, name, None) == any_id for name in _IDS):
                found.add(event.order)
    if not found and exists and number is not None:
        return [number]
    return sorted(found)


class Life:
    """Folds a journal, and keeps the steps of one order."""

    def __init__(self, number: int, dialect_of: DialectOf) -> None:
        """Start before the order was born. `dialect_of` gives the dialect that a session's reports are read in."""
        self.number = number
        self.steps: list[Step] = []
        self._dialect_of = dialect_of
        self._blotter = Blotter()
        self._held: dict[tuple[str, int], Step] = {}
        self._requests: dict[int, str] = {}

    @property
    def order(self) -> Order | None:
        """The order as it stands after what was taken in; None before it was born."""
        return self._blotter.orders.get(self.number)

    def take(self, n: int, record: Record) -> None:
        """Take in the next record of the journal. Most concern other orders: for those nothing is put in words."""
        step = Step(n, record.time_ns, record.kind, _DIRECTIONS.get(record.kind), record.session)
        doubts = self._doubts()
        first, *freed = _parts(record.events)
        named = self._named(record, first[1])
        concerned = named is not None
        if named is not None and record.anomaly is None and self.order is not None:
            step.ignored = why_ignored(self.order, named)
        concerned |= self._fold(step, first[1])
        for unheld, events in freed:
            concerned |= self._take_freed(step, unheld, events)
        if record.anomaly is not None and (named is not None or record.order == self.number):
            step.anomaly, concerned = record.anomaly, True
        concerned |= record.kind == "sent" and record.order == self.number
        for event in first[1]:
            if isinstance(event, ev.ReportHeld):
                self._held[event.session, event.ref] = self._described(step, record)
        if concerned:
            step.remarks += [
                f"this ends the doubt about {ended}" for ended in sorted(doubts - self._doubts())
            ]
            self.steps.append(self._described(step, record))

    def _described(self, step: Step, record: Record) -> Step:
        """Put in words what was said, and the state after it."""
        step.command = record.command
        step.state = state_object(self.order) if self.order else None
        if record.raw is not None:
            step.raw = shown(record.raw)
            msg_type = fix_field(record.raw, "35")
            step.said = message_text(msg_type, self._read(record)) if msg_type is not None else None
        return step

    def finish(self) -> list[Step]:
        """Give the steps in the order of the journal."""
        return sorted(self.steps, key=lambda step: step.n)

    # --- one record

    def _take_freed(self, step: Step, unheld: ev.ReportUnheld | None, events: list[ev.Fact]) -> bool:
        """Take in a held report that found its order now; its own step is told too, where it came."""
        if unheld is None:
            return False
        waiting = self._blotter.book(unheld.session).held.get(unheld.ref)
        held = self._held.pop((unheld.session, unheld.ref), None)
        self._blotter.apply(unheld)
        if waiting is None or held is None:
            return self._fold(step, events)
        report = waiting.report
        order = self._blotter.of_report(unheld.session, report)
        mine = order is not None and order.number == self.number
        if not mine and not any(_is_of(event, self.number) for event in events):
            return False
        if mine and order is not None and not _became(events):
            held.ignored = why_ignored(order, report)
            step.remarks.append(f"the report of record {held.n}, held until now, is ignored: {held.ignored}")
        else:
            step.remarks.append(f"the report of record {held.n}, held until now, is applied")
        held.remarks.append(
            "held: no order had this OrderID, and one of its symbol and side was not acknowledged yet;"
            f" decided with record {step.n}"
        )
        self.steps.append(held)
        self._fold(step, events)
        return True

    def _fold(self, step: Step, events: list[ev.Fact]) -> bool:
        """Fold what concerns the order; True if anything does."""
        concerned = False
        for event in events:
            if isinstance(event, ev.Event):
                if event.order != self.number:
                    continue
                self._name(event)
                noticed = remark(self.order, event)
                if noticed is not None:
                    step.remarks.append(noticed)
                concerned = True
            elif self._matters(event):
                concerned = True
            elif not isinstance(event, ev.ReportHeld):
                self._blotter.apply(event)
                continue
            self._blotter.apply(event)
            step.events.append(event_object(event, self._requests))
        return concerned

    def _matters(self, event: ev.Fact) -> bool:
        """Whether what happened to a session concerns the order.

        Its coming or going does while the order is open, and not each failed attempt; a round of questions does that
        ended without an answer about it; that trading stops does where the order is why.
        """
        order = self.order
        if isinstance(event, ev.Reconciled):
            return self.number in event.unanswered
        if isinstance(event, ev.TradingStopped) and order is not None:
            return order.external and order.created_ns == event.time_ns
        if (
            order is None
            or not isinstance(event, ev.LoggedOn | ev.LoggedOut)
            or event.session != order.session
        ):
            return False
        was_on = self._blotter.book(order.session).logged_on
        return order.is_open and (was_on or isinstance(event, ev.LoggedOn))

    def _named(self, record: Record, events: list[ev.Fact]) -> Report | None:
        """Give a received report that is about the order and became nothing; None for everything else."""
        session = record.session
        if session is None or _became(events) or (report := self._read(record)) is None:
            return None
        order: Order | None = None
        if isinstance(report, Reject):
            hit = self._blotter.sent_as(session, report.ref_seq_num)
            order = hit[0] if hit else self._blotter.find(session, report.ref_id)
        elif isinstance(report, ExecutionReport | CancelReject):
            order = self._blotter.of_report(session, report)
        return None if order is None or (isinstance(report, Reject) and events) else report

    def _read(self, record: Record) -> Report | None:
        """Read a received message as it was read then; None where it is none, or cannot be read."""
        if record.kind != "received" or not record.raw:
            return None
        try:
            message = decode(split(record.raw), self._dialect_of(record.session))
        except ValueError:
            return None
        return message if isinstance(message, Report) else None

    # --- what is known of the order

    def _name(self, event: ev.Event) -> None:
        if isinstance(event, ev.Placed | ev.LegOpened):
            self._requests[event.request] = f"new {event.cl_ord_id}"
        elif isinstance(event, ev.CancelRequested | ev.ReplaceRequested):
            kind = "cancel" if isinstance(event, ev.CancelRequested) else "replace"
            self._requests[event.request] = f"{kind} {event.cl_ord_id}"

    def _doubts(self) -> set[str]:
        pending = self.order.pending if self.order else []
        return {f"{request.kind} {request.cl_ord_id}" for request in pending if request.in_doubt}


def _parts(events: Iterable[ev.Fact]) -> Iterator[tuple[ev.ReportUnheld | None, list[ev.Fact]]]:
    """Split a record's events: what the input became, then what each held report became that it set free."""
    unheld: ev.ReportUnheld | None = None
    part: list[ev.Fact] = []
    for event in events:
        if isinstance(event, ev.ReportUnheld):
            yield unheld, part
            unheld, part = event, []
        else:
            part.append(event)
    yield unheld, part


def _became(events: Iterable[ev.Fact]) -> bool:
    """Whether a report became anything: an answered question alone, or our own next message, is nothing."""
    return any(not isinstance(event, (*FOLLOW_UPS, ev.StatusAnswered)) for event in events)


def _is_of(event: ev.Fact, number: int) -> bool:
    return isinstance(event, ev.Event) and event.order == number


def life_of(number: int, numbered: Iterable[tuple[int, Record]], dialect_of: DialectOf) -> Life:
    """Read an order's life from a journal."""
    life = Life(number, dialect_of)
    for n, record in numbered:
        life.take(n, record)
    return life
