"""From a journal to the state: from a snapshot and the records after it, or from the first record on.

A snapshot is a shortcut and never an authority. One that is damaged, from another program, or not of this journal is
told in the log and thrown away with the archive; both are made again from the journal.
"""

from collections.abc import Callable
from typing import Final

import structlog
from msgspec import Struct

from oms.app.keeper import Keeping, take_snapshot, write_snapshot
from oms.app.residents import Residents
from oms.app.uncollected import uncollected
from oms.core.errors import JournalError
from oms.core.residence import resting
from oms.core.state import load
from oms.engine import Engine
from oms.journal.archive import Archive
from oms.journal.shelf import parcel
from oms.journal.sieve import Sieve
from oms.journal.snapshot import Snapshot, Torn, decode_layers, decode_state, fingerprint
from oms.journal.sqlite import SqliteJournal

SWEEP: Final = 20_000  # records between two looks at which orders are at rest
BATCH: Final = 1000
log = structlog.get_logger("oms")


class Recovered(Struct, frozen=True, kw_only=True):
    """What was recovered; `records` were folded, from after record `snapshot` on."""

    engine: Engine
    residents: Residents
    records: int
    snapshot: int = 0


def recover(
    make: Callable[[], Engine], journal: SqliteJournal, archive: Archive, keeping: Keeping
) -> Recovered:
    """Bring an engine to the state after the journal's last record.

    Args:
        make: gives an engine without orders.
        journal: what happened.
        archive: what was derived from it before; made anew where it is of no use.
        keeping: how many finished orders stay in memory.

    Raises:
        JournalError: the journal cannot be read, or nothing can be written beside it.

    """
    if archive.set_aside is not None:
        log.warning("the archive was made anew", because=archive.set_aside)
    try:
        return _from_snapshot(make(), journal, archive, keeping)
    except (_Unusable, Torn) as error:
        if archive.rows or not isinstance(error, _Unusable) or error.is_news:
            log.warning("everything is read from the journal", because=str(error))
    archive.start_anew()
    engine = make()
    residents = Residents(engine.blotter, archive.shelf(), keep=keeping.finished_orders)
    records = _fold(engine, journal, archive, residents, 1)
    return Recovered(engine=engine, residents=residents, records=records)


READ_ALL_THE_SAME = 10_000
"""Up to so many records before a snapshot are read all the same."""


class TruncatedError(JournalError):
    """The journal ends before what was known of it: going on would hand out its numbers again."""


class _Unusable(Exception):  # noqa: N818 - says what is the case
    """There is no snapshot to go on from. `is_news`: there should be one."""

    def __init__(self, reason: str, *, is_news: bool = True) -> None:
        super().__init__(reason)
        self.is_news = is_news


def _from_snapshot(engine: Engine, journal: SqliteJournal, archive: Archive, keeping: Keeping) -> Recovered:
    try:
        snapshot = _usable(archive.read_snapshot(), journal)
        archive.go_back(snapshot.rows)
        state, layers = decode_state(snapshot), decode_layers(snapshot)
    except TruncatedError:
        raise
    except (JournalError, ValueError) as error:
        raise _Unusable(str(error)) from error
    if snapshot.n <= READ_ALL_THE_SAME:
        for (
            n,
            _,
        ) in journal.read():  # that takes no time, and a damaged record is noticed before anything leaves
            if n >= snapshot.n:
                break
    load(state, engine.blotter, engine.ids)
    residents = Residents(engine.blotter, archive.shelf(), keep=keeping.finished_orders, sieve=Sieve(layers))
    records = _fold(engine, journal, archive, residents, snapshot.n + 1)
    return Recovered(engine=engine, residents=residents, records=records, snapshot=snapshot.n)


def _usable(snapshot: Snapshot | None, journal: SqliteJournal) -> Snapshot:
    """Hold a snapshot against the journal and this program."""
    if snapshot is None:
        reason = "there is no snapshot yet"
        raise _Unusable(reason, is_news=False)
    if snapshot.fold != fingerprint():
        reason = f"the snapshot of record {snapshot.n} was folded by another version of this program"
        raise _Unusable(reason)
    if snapshot.n > journal.head[0]:
        told = (
            f"the journal {journal.path} ends at record {journal.head[0]}, and a snapshot of it was made at record"
            f" {snapshot.n}: records at the end are missing. Put the whole file back from a copy; or, if this is the"
            f" journal to go on with, move {journal.path.name}.archive away first"
        )
        raise TruncatedError(told)
    if snapshot.head != journal.hash_of(snapshot.n):
        reason = f"the snapshot of record {snapshot.n} is not of this journal: its hash is another"
        raise _Unusable(reason)
    return snapshot


def _fold(engine: Engine, journal: SqliteJournal, archive: Archive, residents: Residents, start: int) -> int:
    """Fold the records from `start` on, with finished orders leaving on the way; then write a snapshot."""
    with uncollected():
        return _folded(engine, journal, archive, residents, start)


def _folded(
    engine: Engine, journal: SqliteJournal, archive: Archive, residents: Residents, start: int
) -> int:
    number, touched = start - 1, set[int]()
    orders = engine.blotter.orders
    for number, record in journal.read(start):
        for event in record.events:
            named = getattr(event, "order", 0)
            if named not in orders:
                residents.before_event(event)
            touched.add(named)
        engine.recover(record)
        if not number % SWEEP:
            _sweep(engine, archive, residents, touched, number)
    _sweep(engine, archive, residents, touched, number)
    engine.take_touched()
    if number >= start:
        write_snapshot(archive, take_snapshot(engine, residents, journal.head))
    return number - start + 1


def _sweep(engine: Engine, archive: Archive, residents: Residents, touched: set[int], number: int) -> None:
    """Let finished orders leave that are more than stay in memory."""
    touched.discard(0)
    residents.note(sorted(touched))
    touched.clear()
    while residents.excess() >= BATCH:
        leaving = list(residents.leaving(BATCH, engine.holding()))
        if not leaving:
            return
        archive.store(number, [parcel(resting(engine.blotter, order)) for order in leaving])
        residents.let_go([order.number for order in leaving])
