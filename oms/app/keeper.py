"""Keeps memory small and the next start short: stores finished orders, then lets them go, and writes snapshots.

1. What is stored was committed to the journal before. An order leaves memory when its storing is done, not before.
2. Storing and writing happen on a thread of their own; the engine's thread only encodes, some hundred orders at a time.
3. The archive is a convenience: where it cannot be written, everything stays in memory and trading goes on, with an
   alert. Where it cannot be read, the daemon stops: it would take a known order for an unknown one.
"""

import threading
import time
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import Any, Final, NamedTuple

import structlog
from msgspec import Struct

from oms.app.residents import Residents
from oms.core.errors import JournalError
from oms.core.inputs import Alert, Input
from oms.core.order import Order
from oms.core.residence import resting
from oms.core.state import capture
from oms.engine import Engine
from oms.journal.archive import Archive, discard
from oms.journal.shelf import Parcel, parcel
from oms.journal.snapshot import Snapshot, Torn, encode_layer, encode_state, fingerprint

BATCH: Final = 256
Head = tuple[int, str]
log = structlog.get_logger("oms")


class Keeping(Struct, frozen=True, kw_only=True):
    """How much stays in memory, and how often a snapshot is written: after so many records, or so many seconds."""

    finished_orders: int = 5000
    snapshot_records: int = 100_000
    snapshot_s: float = 600.0


class Stored(NamedTuple):
    """These orders are in the archive; or, with `failure`, are not."""

    numbers: tuple[int, ...]
    failure: str | None = None


class Keeper:
    """Works on the engine's thread, but for `_run`."""

    def __init__(self, engine: Engine, residents: Residents, archive: Archive, keeping: Keeping) -> None:
        """Prepare to keep what was recovered."""
        self.engine = engine
        self.residents = residents
        self.archive = archive
        self._keeping = keeping
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._under_way = False
        self._failed = False
        self._last: Head | None = None
        self._due_s = 0.0
        self._put: Callable[[Any], None] = lambda _: None
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self, head: Head, put: Callable[[Any], None]) -> None:
        """Begin; `put` hands something to the engine's loop."""
        self._last, self._due_s = head, time.monotonic() + self._keeping.snapshot_s
        self._put = put
        self._thread.start()

    # --- the engine's thread

    def before(self, message: Input) -> None:
        """Bring back every order that a step may need.

        Raises:
            JournalError: the archive cannot be read: stop. A damaged one is gone then, and made anew at the next start.

        """
        try:
            self.residents.before(message)
        except Torn:
            discard(self.archive.path)
            raise

    def after(self, touched: Iterable[int], head: Head, *, idle: bool) -> None:
        """Look after a commit: send finished orders on their way, write a snapshot if one is due."""
        self.residents.note(touched)
        if self._failed:
            return
        if not self._under_way and self.residents.excess() >= BATCH:
            self._store(head[0])
        if self._is_due(head[0], idle=idle):
            self._snapshot(head)

    def _store(self, n: int) -> None:
        leaving = self.residents.leaving(BATCH, self.engine.holding())
        parcels = [parcel(resting(self.engine.blotter, order)) for order in leaving]
        if parcels:
            self._under_way = True
            self._tasks.put(lambda: self._write(n, parcels))

    def let_go(self, stored: Stored) -> list[Order]:
        """Let the orders go that are stored now; returns those that left memory."""
        self._under_way = False
        if stored.failure is None:
            return self.residents.let_go(stored.numbers)
        self.residents.stay(stored.numbers)
        return []

    def _is_due(self, n: int, *, idle: bool) -> bool:
        """After so many records or seconds; while work waits, only when it is long overdue."""
        since = n - (self._last[0] if self._last else 0)
        most = self._keeping.snapshot_records
        if since >= most * 2 or (idle and since >= most):
            return True
        return idle and since > 0 and time.monotonic() >= self._due_s

    def _snapshot(self, head: Head) -> None:
        self._last, self._due_s = head, time.monotonic() + self._keeping.snapshot_s
        taken = take_snapshot(self.engine, self.residents, head)
        self._tasks.put(lambda: self._write_snapshot(taken))

    def close(self, head: Head | None) -> None:
        """End: write what waits, and a last snapshot. None: the state is not to be relied on, and none is written."""
        if head is not None and not self._failed and head != self._last:
            self._snapshot(head)
        self._tasks.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self.residents.close()
        self.archive.close()

    # --- the keeper's thread

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task()
            except JournalError as error:
                self._fail(error)

    def _write(self, n: int, parcels: list[Parcel]) -> None:
        numbers = tuple(each.number for each in parcels)
        try:
            self.archive.store(n, parcels)
        except JournalError as error:
            self._put(Stored(numbers, str(error)))
            raise
        self._put(Stored(numbers))

    def _write_snapshot(self, taken: Snapshot) -> None:
        if not self._failed:
            write_snapshot(self.archive, taken)
            log.info("snapshot written", record=taken.n, bytes=len(taken.state))

    def _fail(self, error: JournalError) -> None:
        self._failed = True
        told = f"finished orders stay in memory, and the next start takes longer: {error}"
        self._put(Alert(code="ARCHIVE", text=told))


def take_snapshot(engine: Engine, residents: Residents, head: Head) -> Snapshot:
    """Encode all state in memory; `rows` is filled in when it is written."""
    return Snapshot(
        n=head[0],
        head=head[1],
        fold=fingerprint(),
        rows=0,
        state=encode_state(capture(engine.blotter, engine.ids)),
        layers=tuple(encode_layer(layer) for layer in residents.sieve.layers),
    )


def write_snapshot(archive: Archive, taken: Snapshot) -> None:
    """Write a snapshot that stands behind everything stored before it."""
    archive.write_snapshot(
        Snapshot(
            n=taken.n,
            head=taken.head,
            fold=taken.fold,
            rows=archive.rows,
            state=taken.state,
            layers=taken.layers,
        )
    )
