"""`memory`: bytes per live order, and what a day's million finished orders leave behind."""

import gc
import os
import time
from pathlib import Path

from figures import figure, say
from peer import SOH

from oms.app.keeper import BATCH, Keeping
from oms.app.published import Published
from oms.app.residents import Residents
from oms.core.inputs import Input, PlaceOrder, Received, SessionUp, Tick
from oms.core.residence import resting
from oms.core.values import parse_decimal
from oms.engine import Engine, Route
from oms.fix.codec import decode, split
from oms.fix.dialects import FIX42
from oms.journal.archive import Archive
from oms.journal.shelf import parcel

LIVE = 100_000
FINISHED = int(os.environ.get("OMS_BENCH_ORDERS", "1000000"))
LIMIT_MB = 200
ROUTE = Route(session="main", account="STA-00000015", id_prefix="15")
NOW = 1_772_355_600_000_000_000


def resident() -> int:
    """Give the resident memory of this process in bytes."""
    gc.collect()
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


class Desk:
    """An engine with readers and an archive, as in the daemon; what its keeper's thread does is done in between."""

    def __init__(self, folder: Path) -> None:
        """Start without orders."""
        self.engine = Engine([ROUTE])
        self.archive = Archive(folder / "journal.db")
        self.published = Published(self.archive.shelf())
        self.residents = Residents(self.engine.blotter, self.archive.shelf(), keep=Keeping().finished_orders)
        self.steps = 0
        self.storing_s = 0.0
        self.step(SessionUp(session="main"))

    def step(self, message: Input) -> None:
        """Take in one input."""
        self.steps += 1
        now = NOW + self.steps * 1_000_000
        self.residents.before(message)
        self.engine.step(message, now, self.steps)
        due = self.engine.next_due_ns()
        if due is not None and due <= now:
            self.engine.step(Tick(), now, self.steps)
        touched = self.engine.take_touched()
        for number in touched:
            self.published.publish(self.engine.blotter.orders[number])
        self.residents.note(touched)
        if self.residents.excess() >= BATCH:
            self._store()

    def _store(self) -> None:
        started = time.perf_counter()
        leaving = list(self.residents.leaving(BATCH, self.engine.doubts.holding()))
        self.archive.store(self.steps, [parcel(resting(self.engine.blotter, order)) for order in leaving])
        for gone in self.residents.let_go([order.number for order in leaving]):
            self.published.forget(gone)
        self.storing_s += time.perf_counter() - started

    def place(self) -> None:
        """Place an order and have it acknowledged."""
        number = self.engine.blotter.last_order + 1
        self.step(
            PlaceOrder(
                client_order_id=f"o{number}",
                symbol="BTCUSDT",
                side="1",
                exchange="VENUE1",
                order_qty=parse_decimal("2"),
                price=parse_decimal("30000.5"),
            )
        )
        self.report(number, 0)

    def report(self, number: int, step: int) -> None:
        """Report on an order: step 0 acknowledges, 1 and 2 fill."""
        cl_ord_id = self.engine.blotter.orders[number].cl_ord_id
        kind, shares = "012"[step], min(step, 1)
        text = (
            f"35=8{SOH}37=V{number}{SOH}11={cl_ord_id}{SOH}17=E{number * 3 + step}{SOH}20=0{SOH}55=BTCUSDT{SOH}"
            f"54=1{SOH}38=2{SOH}150={kind}{SOH}39={kind}{SOH}32={shares}{SOH}31=30000.5{SOH}14={step}{SOH}"
            f"151={2 - step}{SOH}60=20260301-09:00:00.000{SOH}"
        )
        self.step(Received(session="main", raw=text, report=decode(split(text), FIX42)))  # type: ignore[arg-type]


def run(_runs: int, folder: Path) -> None:
    """Print the figures; one run, because memory does not drift."""
    say(
        f"memory: {FINISHED:,} orders, each filled by two executions, one after the other; then {LIVE:,} live ones"
    )
    for name in ("live", "finished"):
        (folder / name).mkdir()
    desk = Desk(folder / "finished")
    before, started = resident(), time.perf_counter()
    for number in range(1, FINISHED + 1):
        desk.place()
        desk.report(number, 1)
        desk.report(number, 2)
    taken = time.perf_counter() - started
    grown = (resident() - before) / 1e6
    other = Desk(folder / "live")
    before = resident()
    for _ in range(LIVE):
        other.place()
    live = (resident() - before) / LIVE
    figure(
        "memory",
        bytes_per_live_order=round(live),
        bytes_per_finished_order=round(grown * 1e6 / FINISHED),
        finished_orders=FINISHED,
        grown_mb=round(grown, 1),
        reach_mb=LIMIT_MB,
        in_memory=len(desk.engine.blotter.orders),
        archive_mb=round(desk.archive.path.stat().st_size / 1e6),
        storing_share=round(desk.storing_s / taken, 3),
    )
    found = desk.published.find("o1")
    assert [order.number for order in found] == [1]
