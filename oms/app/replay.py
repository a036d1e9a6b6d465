"""Replay: FIX logs through the same interpretation and state machine as the live engine."""

import heapq
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.intake import Outcome, receive
from oms.core.messages import Anomaly, CancelOrder, NewOrder, ReplaceOrder, StatusRequest
from oms.core.observe import doubt_unanswered, observe
from oms.core.order import Order
from oms.core.times import fix_to_ns, ns_to_iso
from oms.core.values import AnomalyCode, Side, format_decimal
from oms.core.views import order_view
from oms.fix.codec import Fields, decode, split
from oms.fix.dialects import Dialect
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

    def feed(self, line: Line) -> None:
        """Take in one line of a log."""
        mark = hash((line.stamp, line.text))
        if mark in self._seen:
            self.tally.repeated += 1
            return
        self._seen.add(mark)
        if line.damage is not None:
            self._garbled(line, line.damage)
            return
        try:
            fields = split(line.text)
        except ValueError:
            self._garbled(line, "a field is not of the form tag=value")
            return
        self._message(line, fields)

    def finish(self) -> None:
        """Close the stream: what is still open now stays open."""
        for number, n in self._gaps.items():
            order = self.blotter.orders[number]
            told = (
                f"the venue reported CumQty {format_decimal(order.reported_cum)}, the fills that arrived give"
                f" {format_decimal(order.cum_qty)}"
            )
            self._late_anomaly(n, Anomaly(AnomalyCode.GAP_OPEN, told), order)
        for book in self.blotter.books.values():
            for held in book.held.values():
                told = f"OrderID {held.report.order_id} was never acknowledged for an order of ours"
                self._late_anomaly(held.ref, Anomaly(AnomalyCode.UNKNOWN_ORDER, told), None)
        self._unsettled.clear()
        self._flush()

    # --- one message

    def _message(self, line: Line, fields: Fields) -> None:
        msg_type = fields.get("35", "")
        if not self._senders and msg_type == "D" and "49" in fields:
            self._senders.add(fields["49"])
        direction, session = self._direction(fields, msg_type)
        if session is None:
            self.tally.other_sessions += 1
            return
        time_ns = _time_ns(line, fields)
        if msg_type in ADMIN:
            if msg_type == "A":
                doubt_unanswered(self.blotter, session, time_ns or 0)
            return
        self.tally.messages += 1
        row = Row(self.tally.messages, time_ns, direction, fields)
        order = self._sent(row, session) if direction == "out" else self._received(row, session)
        self._show(row, order)

    def _direction(self, fields: Fields, msg_type: str) -> tuple[str, str | None]:
        """Say which way a message went, and name its session; None for one between others."""
        sender, target = fields.get("49"), fields.get("56")
        if sender in self._senders:
            return "out", f"{sender}-{target}"
        if target in self._senders:
            return "in", f"{target}-{sender}"
        if sender is None or target is None or not self._senders:
            return ("out" if msg_type in _OURS else "in"), f"{target}-{sender}" if self._senders else "log"
        return "in", None

    def _sent(self, row: Row, session: str) -> Order | None:
        message = decode(row.fields, self._dialect)
        if not isinstance(message, _COMMANDS) or row.fields.get("43") == "Y":
            return None
        seq = row.fields.get("34", "")
        order, events = observe(
            self.blotter, session, message, seq=int(seq) if seq.isdigit() else 0, time_ns=row.time_ns or 0
        )
        row.events.extend(events)
        return order

    def _received(self, row: Row, session: str) -> Order | None:
        message = decode(row.fields, self._dialect)
        if isinstance(message, _COMMANDS):
            return None
        first, *freed = receive(self.blotter, session, message, now_ns=row.time_ns or 0, ref=row.n)
        row.events.extend(first.events)
        row.anomaly = first.anomaly
        for outcome in freed:
            self._freed(row, outcome)
        self._watch(row, first)
        return first.order

    def _freed(self, row: Row, outcome: Outcome) -> None:
        """Show what a held report became beside the message that set it free; its anomaly stays its own."""
        row.events.extend(outcome.events)
        if outcome.anomaly is not None:
            self._late_anomaly(outcome.ref, outcome.anomaly, outcome.order)
        self._unsettled.pop(outcome.ref, None)
        self._watch_gap(outcome.order, outcome.ref)

    def _watch(self, row: Row, outcome: Outcome) -> None:
        if row.anomaly is not None:
            self._note(row.n, row.anomaly, outcome.order)
        if outcome.events and type(outcome.events[0]) is ev.ReportHeld:
            self._unsettled[row.n] = None
        self._watch_gap(outcome.order, row.n)

    def _watch_gap(self, order: Order | None, n: int) -> None:
        if order is None:
            return
        if order.reported_cum != order.cum_qty:
            if order.number not in self._gaps:
                self._gaps[order.number] = n
                self._unsettled[n] = None
        elif order.number in self._gaps:
            self._unsettled.pop(self._gaps.pop(order.number), None)

    # --- what is shown

    def _garbled(self, line: Line, why: str) -> None:
        self.tally.messages += 1
        fields = dict(part.split("=", 1) for part in line.text.split("\x01") if "=" in part)
        sender = fields.get("49")
        direction = "out" if sender is not None and sender in self._senders else "in"
        row = Row(self.tally.messages, _time_ns(line, fields), direction, fields)
        row.anomaly = Anomaly(AnomalyCode.GARBLED, f"a garbled message: {why}")
        self._note(row.n, row.anomaly, None)
        self._show(row, None)

    def _note(self, n: int, anomaly: Anomaly, order: Order | None) -> None:
        self.tally.anomalies += 1
        self.anomalies.append(Noted(n, order.cl_ord_id if order else None, anomaly))

    def _late_anomaly(self, n: int, anomaly: Anomaly, order: Order | None) -> None:
        self._note(n, anomaly, order)
        for row in self._rows:
            if row.n == n and row.anomaly is None:
                row.anomaly = anomaly

    def _show(self, row: Row, order: Order | None) -> None:
        if self._emit is None:
            return
        row.order = order_view(order) if order is not None else None
        self._rows.append(row)
        self._flush()

    def _flush(self) -> None:
        """Let go of the rows that nothing can change any more, in order."""
        while self._rows and self._rows[0].n not in self._unsettled and self._emit is not None:
            self._emit(self._rows.popleft())


def _time_ns(line: Line, fields: Fields) -> int | None:
    """Take the log's own stamp, else SendingTime (52); None where neither can be read."""
    for text in (line.stamp, fields.get("52")):
        if text is not None:
            try:
                return fix_to_ns(text)
            except ValueError:
                continue
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


_COLUMNS: Final = (
    "ClOrdID", "OrderID", "Symbol", "Side", "OrdStatus", "Phase",
    "OrderQty", "CumQty", "LeavesQty", "AvgPx", "Price", "Open",
)  # fmt: skip


def order_table(orders: Iterable[Order]) -> Iterator[str]:
    """Lay out one line for each order, under a line of titles."""
    cells = [_COLUMNS, *(_cells(order) for order in orders)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cells(order: Order) -> tuple[str, ...]:
    view = order_view(order)
    side = Side(order.side).name.title().replace("_", "") if order.side in set(Side) else order.side
    keys = ("order_qty", "cum_qty", "leaves_qty", "avg_px", "price")
    return (
        order.cl_ord_id or "-",
        order.order_id or "-",
        order.symbol or "-",
        side or "-",
        view["ord_status_name"],
        view["phase"],
        *(view[key] or "-" for key in keys),
        _what_is_open(order),
    )


def _what_is_open(order: Order) -> str:
    """Name what the venue has not answered, and what it reported beyond the fills that arrived."""
    asked = [f"{request.kind} {request.cl_ord_id}{'?' * request.in_doubt}" for request in order.pending]
    return ", ".join([*asked, *([f"gap {format_decimal(order.gap)}"] if order.gap else [])])


def read_in_time_order(readers: list[LogReader]) -> Iterator[Line]:
    """Merge several logs by time; within a file the order is the file's."""
    if len(readers) == 1:
        yield from readers[0]
        return
    merged = heapq.merge(*(_timed(reader) for reader in readers), key=lambda item: item[0])
    yield from (line for _, line in merged)


def _timed(reader: LogReader) -> Iterator[tuple[int, Line]]:
    latest = 0
    for line in reader:
        latest = max(latest, _line_time(line) or 0)
        yield latest, line


def _line_time(line: Line) -> int | None:
    if line.stamp is not None:
        return _time_ns(line, {})
    before, tag, rest = line.text.partition("\x0152=")
    del before
    return _time_ns(line, {"52": rest.split("\x01", 1)[0]}) if tag else None
