"""Replay: FIX logs through the same interpretation and state machine as the live engine."""

import heapq
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.intake import Outcome, receive
from oms.core.messages import Anomaly, CancelOrder, Command, NewOrder, ReplaceOrder, Report, StatusRequest
from oms.core.observe import doubt_unanswered, observe
from oms.core.order import Order
from oms.core.times import fix_to_ns, ns_to_iso
from oms.core.values import AnomalyCode, format_decimal
from oms.core.views import order_view
from oms.fix import text as message_text
from oms.fix.codec import SOH, Fields, decode
from oms.fix.dialects import Dialect
from oms.fix.faults import unreadable
from oms.fix.logs import Line, LogReader

ADMIN: Final = frozenset({"0", "1", "2", "4", "5", "A"})
_OURS: Final = frozenset({"D", "F", "G", "H"})
_COMMANDS: Final = (NewOrder, CancelOrder, ReplaceOrder, StatusRequest)


class Row(Struct):
    """What one application message became."""

    n: int
    time_ns: int | None
    direction: str
    fields: Fields
    events: list[ev.Fact] = field(default_factory=list)
    anomaly: Anomaly | None = None
    order: dict[str, Any] | None = None


class Noted(Struct, frozen=True):
    """An anomaly, with the number of the message that it is about and the order where there is one."""

    n: int
    cl_ord_id: str | None
    anomaly: Anomaly


class Tally(Struct):
    """What a replay has met."""

    messages: int = 0
    anomalies: int = 0
    repeated: int = 0
    other_sessions: int = 0


class Replay:
    """Feeds lines to the core. `emit` gets each row in order, once nothing that follows can change it."""

    def __init__(
        self, dialect: Dialect, senders: Iterable[str] = (), emit: Callable[[Row], None] | None = None
    ) -> None:
        """Start with an empty blotter; `senders` are our CompIDs, by default who sends the first order."""
        self.blotter = Blotter()
        self.tally = Tally()
        self.anomalies: list[Noted] = []
        self._dialect = dialect
        self._senders = set(senders)
        self._emit = emit
        self._rows: deque[Row] = deque()
        self._unsettled: dict[int, Row | None] = {}  # rows that later ones may still prove anomalous
        self._gaps: dict[int, int] = {}  # order number -> the row that opened its gap
        self._seen: set[int] = set()

    def feed(self, line: Line) -> Order | None:
        """Take in one line of a log; gives the order that it is about."""
        mark = hash((line.stamp, line.text))
        if mark in self._seen:
            self.tally.repeated += 1
            return None
        self._seen.add(mark)
        if line.damage is not None:
            self._garbled(line, line.damage)
            return None
        try:
            fields = message_text.fields_of(line.text)
        except ValueError:
            self._garbled(line, "a field is not of the form tag=value")
            return None
        return self._message(line, fields)

    def finish(self) -> None:
        """Close the stream: what is still open now stays open."""
        for number, n in self._gaps.items():
            order = self.blotter.orders[number]
            if (
                order.gap or not order.unprovable or not order.cum_qty
            ):  # else every answer agreed with our fills
                self._late_anomaly(n, Anomaly(AnomalyCode.GAP_OPEN, _gap_text(order)), order)
        for book in self.blotter.books.values():
            for held in book.held.values():
                told = f"OrderID {held.report.order_id} was never acknowledged for an order of ours"
                self._late_anomaly(held.ref, Anomaly(AnomalyCode.UNKNOWN_ORDER, told), None)
        self._unsettled.clear()
        self._flush()

    # --- one message

    def _message(self, line: Line, fields: Fields) -> Order | None:
        msg_type = fields.get("35", "")
        if not self._senders and msg_type == "D" and "49" in fields:
            self._senders.add(fields["49"])
        sent = self._is_sent(fields, msg_type)
        if sent is None:
            self.tally.other_sessions += 1
            return None
        session = _session(fields.get("49"), fields.get("56"), sent)
        time_ns = _time_ns(line, fields)
        if msg_type in ADMIN:
            if msg_type == "A":
                doubt_unanswered(self.blotter, session, time_ns or 0)
            return None
        self.tally.messages += 1
        row = None
        if self._emit is not None:
            row = Row(self.tally.messages, time_ns, "out" if sent else "in", fields)
            self._rows.append(row)
        message = decode(fields, self._dialect)
        if isinstance(message, _COMMANDS):
            order = self._sent(message, session, fields, time_ns or 0, row) if sent else None
        else:
            order = None if sent else self._received(message, session, time_ns or 0, row)
        if row is not None:
            row.order = order_view(order) if order is not None else None
            self._flush()
        return order

    def _is_sent(self, fields: Fields, msg_type: str) -> bool | None:
        """Tell what we sent from what we received; None for a message between others."""
        sender, target = fields.get("49"), fields.get("56")
        if sender in self._senders:
            return True
        if target in self._senders:
            return False
        if self._senders and sender is not None and target is not None:
            return None
        return msg_type in _OURS  # nothing says whose it is, but only the side that gives orders sends these

    def _sent(
        self, message: Command, session: str, fields: Fields, time_ns: int, row: Row | None
    ) -> Order | None:
        if fields.get("43") == "Y":  # PossDupFlag: the session sends again what it sent before
            return self.blotter.find(session, message.cl_ord_id)
        seq = fields.get("34", "")
        number = int(seq) if seq.isascii() and seq.isdigit() else 0
        order, events = observe(self.blotter, session, message, seq=number, time_ns=time_ns)
        fault = unreadable(fields)
        if fault is not None:
            self._note(self.tally.messages, fault, order)
        if row is not None:
            row.events.extend(events)
            row.anomaly = fault
        return order

    def _received(self, message: Report, session: str, time_ns: int, row: Row | None) -> Order | None:
        n = self.tally.messages
        outcomes = receive(self.blotter, session, message, now_ns=time_ns, ref=n)
        first = outcomes[0]
        if row is not None:
            row.anomaly = first.anomaly
            for outcome in outcomes:
                row.events.extend(outcome.events)
        if first.anomaly is not None:
            self._note(n, first.anomaly, first.order)
        if first.events and type(first.events[0]) is ev.ReportHeld:
            self._unsettled[n] = row
        for outcome in outcomes[1:]:
            self._freed(outcome)
        self._watch_gap(first.order, n, row)
        return first.order

    def _freed(self, outcome: Outcome) -> None:
        """A held report was applied by the message that set it free; its anomaly stays its own."""
        if outcome.anomaly is not None:
            self._late_anomaly(outcome.ref, outcome.anomaly, outcome.order)
        row = self._unsettled.pop(outcome.ref, None)
        self._watch_gap(outcome.order, outcome.ref, row)

    def _watch_gap(self, order: Order | None, n: int, row: Row | None) -> None:
        """Remember the message that opened a gap, until the gap is closed."""
        if order is None:
            return
        if order.has_gap:
            if order.number not in self._gaps:
                self._gaps[order.number] = n
                self._unsettled[n] = row
        elif order.number in self._gaps:
            self._unsettled.pop(self._gaps.pop(order.number), None)

    # --- what is shown

    def _garbled(self, line: Line, why: str) -> None:
        # A message of the session is of no order: it has no row, and is named by the last one that has.
        is_admin = message_text.field(line.text, "35") in ADMIN
        self.tally.messages += not is_admin
        n, what = self.tally.messages, "message of the session, after this one" if is_admin else "message"
        anomaly = Anomaly(AnomalyCode.GARBLED, f"a garbled {what}: {why}")
        self._note(n, anomaly, None)
        if is_admin or self._emit is None:
            return
        fields = dict(part.split("=", 1) for part in line.text.split(SOH) if "=" in part)
        direction = "out" if fields.get("49") in self._senders else "in"
        row = Row(n, _time_ns(line, fields), direction, fields)
        row.anomaly = anomaly
        self._rows.append(row)
        self._flush()

    def _note(self, n: int, anomaly: Anomaly, order: Order | None) -> None:
        self.tally.anomalies += 1
        self.anomalies.append(Noted(n, order.cl_ord_id if order else None, anomaly))

    def _late_anomaly(self, n: int, anomaly: Anomaly, order: Order | None) -> None:
        self._note(n, anomaly, order)
        row = self._unsettled.get(n)
        if row is not None and row.anomaly is None:
            row.anomaly = anomaly

    def _flush(self) -> None:
        """Let go of the rows that nothing can change any more, in order."""
        while self._rows and self._rows[0].n not in self._unsettled and self._emit is not None:
            self._emit(self._rows.popleft())


@lru_cache(maxsize=256)  # one text for a session is found faster in every index than a new one each time
def _session(sender: str | None, target: str | None, sent: bool) -> str:  # noqa: FBT001 - names are not cached as fast
    """Name the session of a message: both sides, ours first; logs that leave one out have a single session."""
    if sender is None or target is None:
        return "log"
    return f"{sender}-{target}" if sent else f"{target}-{sender}"


def _gap_text(order: Order) -> str:
    if order.unsized_gap:
        return "the venue says that more was executed than the fills that arrived, and not how much"
    reported, ours = format_decimal(order.reported_cum), format_decimal(order.cum_qty)
    return f"the venue reported CumQty {reported}, the fills that arrived give {ours}"


def _time_ns(line: Line, fields: Fields) -> int | None:
    """Take the log's own stamp, else SendingTime (52); None where neither can be read."""
    try:
        return fix_to_ns(line.stamp or fields.get("52", ""))
    except ValueError:
        pass
    try:
        return fix_to_ns(fields.get("52", ""))
    except ValueError:
        return None


def row_object(row: Row) -> dict[str, Any]:
    """Build the JSON object of a row."""
    shown = [
        type(event).__name__ for event in row.events if isinstance(event, ev.Event) and not event.BOOKKEEPING
    ]
    anomaly = row.anomaly
    return {
        "n": row.n,
        "time": ns_to_iso(row.time_ns) if row.time_ns is not None else None,
        "direction": row.direction,
        "msg_type": row.fields.get("35"),
        "cl_ord_id": row.fields.get("11"),
        "exec_id": row.fields.get("17"),
        "events": shown,
        "anomaly": {"code": str(anomaly.code), "text": anomaly.text} if anomaly else None,
        "order": row.order,
    }


def write_row(row: Row) -> None:
    """Print a row as a line of JSON."""
    sys.stdout.buffer.write(msgspec.json.encode(row_object(row)) + b"\n")


def read_in_time_order(readers: list[LogReader]) -> Iterator[Line]:
    """Merge several logs by time; within a file the order is the file's."""
    if len(readers) == 1:
        yield from readers[0]
        return
    merged = heapq.merge(*(_timed(reader) for reader in readers), key=lambda item: item[:2])
    yield from (line for *_, line in merged)


def _timed(reader: LogReader) -> Iterator[tuple[int, bool, Line]]:
    """Give the key of each line: its time, and at one time an order comes before what the venue says of it."""
    latest = 0
    for line in reader:
        latest = max(latest, _line_time(line) or 0)
        msg_type = line.text.partition("\x0135=")[2].partition("\x01")[0]
        yield latest, msg_type not in _OURS, line


def until(lines: Iterable[Line], end_ns: int) -> Iterator[Line]:
    """Hand on lines up to and including a moment; the first one after it ends the stream."""
    for line in lines:
        if (_line_time(line) or 0) > end_ns:
            return
        yield line


def _line_time(line: Line) -> int | None:
    if line.stamp is not None:
        return _time_ns(line, {})
    _, tag, rest = line.text.partition("\x0152=")
    return _time_ns(line, {"52": rest.split("\x01", 1)[0]}) if tag else None
