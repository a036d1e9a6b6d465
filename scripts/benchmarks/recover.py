"""`recover`: a million events of a journal to state, as a restart does it: from all of it, and from a snapshot."""

import time
from pathlib import Path
from statistics import median

from figures import figure, say
from material import report_texts

from oms.app.keeper import Keeping
from oms.app.recovery import recover
from oms.core.inputs import PlaceOrder, Received, SessionUp
from oms.core.records import Record
from oms.core.values import parse_decimal
from oms.engine import Engine, Route
from oms.fix.codec import decode, split
from oms.fix.dialects import FIX42
from oms.journal.archive import Archive, archive_of, discard
from oms.journal.sqlite import SqliteJournal

EVENTS, ORDERS = 1_000_000, 50_000
ROUTE = Route(session="main", account="STA-00000015", id_prefix="15")


def build(path: Path) -> None:
    """Write a journal of orders and fills, as the daemon would."""
    engine, journal, now = Engine([ROUTE]), SqliteJournal(path), 1_772_355_600_000_000_000
    engine.step(SessionUp(session="main"), now)
    records: list[Record] = []
    ids = {}
    for index in range(ORDERS):
        order = PlaceOrder(
            client_order_id=f"o{index}",
            symbol="BTCUSDT",
            side="1",
            exchange="VENUE1",
            order_qty=parse_decimal(str(EVENTS // ORDERS - 2)),
            price=parse_decimal("30000.5"),
        )
        step = engine.step(order, now)
        ids[f"15{index:016d}"] = engine.blotter.orders[index + 1].cl_ord_id
        records.append(Record(kind="command", time_ns=now, events=step.events))  # type: ignore[arg-type]
    for text in report_texts(orders=ORDERS, count=EVENTS - ORDERS):
        fields = split(text)
        fields["11"] = ids[fields["11"]] or ""
        report = decode(fields, FIX42)
        step = engine.step(Received(session="main", raw=text, report=report), now)  # type: ignore[arg-type]
        records.append(Record(kind="received", time_ns=now, session="main", raw=text, events=step.events))  # type: ignore[arg-type]
        if len(records) >= 1000:
            journal.append(records)
            records = []
    journal.append(records)
    journal.close()


def start(path: Path, *, snapshot: bool) -> float:
    """Seconds from opening the files to the state, as the daemon starts."""
    if not snapshot:
        discard(archive_of(path))
    started = time.perf_counter()
    journal = SqliteJournal(path)
    archive = Archive(path)
    found = recover(lambda: Engine([ROUTE]), journal, archive, Keeping())
    taken = time.perf_counter() - started
    assert found.engine.blotter.last_order == ORDERS
    assert found.records == (0 if snapshot else journal.head[0])
    found.residents.close()
    archive.close()
    journal.close()
    return taken


def run(runs: int, folder: Path) -> None:
    """Print the figures, medians of their runs."""
    say(f"recover: {EVENTS:,} events over {ORDERS:,} orders; building the journal first")
    path = folder / "journal.db"
    build(path)
    for name, snapshot, reach in (("journal", False, 10.0), ("snapshot", True, 1.0)):
        taken = []
        for number in range(runs):
            taken.append(start(path, snapshot=snapshot))
            say(f"  from the {name}, run {number + 1} of {runs}: {taken[-1]:.3f} s")
        seconds = median(taken)
        figure(
            "recover",
            source=name,
            events=EVENTS,
            seconds=round(seconds, 3),
            reach_s=reach,
            events_per_s=round(EVENTS / seconds),
        )
