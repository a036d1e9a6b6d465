"""Starts: from a snapshot, from a damaged one, from one that is not of this journal, and after a crash at any write."""

import shutil
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from oms.app.keeper import Keeping, take_snapshot, write_snapshot
from oms.app.recovery import Recovered, recover
from oms.core.errors import JournalError
from oms.core.inputs import PlaceOrder, Received, SessionUp, Start
from oms.core.records import Record
from oms.engine import Engine, Route
from oms.fix.codec import decode
from oms.fix.dialects import FIX42
from oms.journal import archive as archive_module
from oms.journal import shelf
from oms.journal.archive import Archive, archive_of
from oms.journal.snapshot import Torn
from oms.journal.sqlite import SqliteJournal
from oms.journal.verify import verify
from tests.journal.test_residence import state

ROUTE = Route(session="main", account="ACC", id_prefix="15")
KEEPING = Keeping(finished_orders=0)
NOW = 1_772_355_600_000_000_000


def make() -> Engine:
    return Engine([ROUTE])


class Life:
    """A journal that grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.journal = SqliteJournal(path)
        self.archive = Archive(path)
        self.found = recover(make, self.journal, self.archive, KEEPING)
        self.step(Start())
        self.step(SessionUp(session="main"))

    def step(self, message: object) -> None:
        residents, engine = self.found.residents, self.found.engine
        residents.before(message)  # type: ignore[arg-type]
        step = engine.step(message, NOW, self.journal.head[0] + 1)  # type: ignore[arg-type]
        self.journal.append([Record(kind="test", time_ns=NOW, events=step.events)])  # type: ignore[arg-type]
        residents.note(engine.take_touched())

    def trade(self, count: int) -> None:
        """Fill some orders; each is done."""
        for _ in range(count):
            number = self.found.engine.blotter.last_order + 1
            order = PlaceOrder(
                client_order_id=f"a{number}",
                symbol="BTCUSDT",
                side="1",
                exchange="VENUE1",
                order_qty=Decimal(1),
            )
            self.step(order)
            self.fill(self.found.engine.blotter.orders[number].cl_ord_id or "", number)

    def fill(self, cl_ord_id: str, number: int) -> None:
        fields = {
            "35": "8",
            "11": cl_ord_id,
            "37": f"V{number}",
            "17": f"F{number}",
            "55": "BTCUSDT",
            "54": "1",
        }
        fields |= {"150": "2", "39": "2", "32": "1", "31": "100", "14": "1", "151": "0"}
        report = decode(fields, FIX42)
        self.step(Received(session="main", raw="", report=report))  # type: ignore[arg-type]

    def snapshot(self) -> None:
        write_snapshot(
            self.archive, take_snapshot(self.found.engine, self.found.residents, self.journal.head)
        )

    def close(self) -> None:
        self.found.residents.close()
        self.archive.close()
        self.journal.close()


def a_life(path: Path, *, orders: int = 1200) -> Life:
    """A journal whose start lets orders go and writes a snapshot, and a little history after it."""
    life = Life(path)
    life.trade(orders)
    life.close()
    life = Life(path)
    assert life.archive.rows
    life.trade(3)
    return life


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("life")
    a_life(folder / "journal.db").close()
    return folder


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return tmp_path / "journal.db"


def start(path: Path) -> Recovered:
    journal, archive = SqliteJournal(path), Archive(path)
    try:
        found = recover(make, journal, archive, KEEPING)
        for number in range(1, found.engine.blotter.last_order + 1):  # all of it, to be compared
            if number not in found.engine.blotter.orders:
                resting = found.residents._shelf.get(number)
                assert resting is not None
                found.residents._bring_back(resting)
        found.residents.close()
        return found
    finally:
        archive.close()
        journal.close()


def from_scratch(path: Path) -> bytes:
    engine = make()
    journal = SqliteJournal(path)
    for _, record in journal.read():
        engine.recover(record)
    journal.close()
    return state(engine)


def test_a_start_folds_only_what_came_after_the_snapshot(path: Path) -> None:
    found = start(path)
    assert (found.records, found.snapshot > 2400) == (8, True)
    assert state(found.engine) == from_scratch(path)
    assert start(path).records == 0  # the start itself wrote the next snapshot


def of_database(statement: str, *values: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        connection = sqlite3.connect(archive_of(path), isolation_level=None)
        assert connection.execute(statement, values).rowcount
        connection.close()

    return change


def flip(path: Path) -> None:
    """Flip a bit in every snapshot, whatever SQLite thinks of it."""
    connection = sqlite3.connect(archive_of(path), isolation_level=None)
    for n, body in connection.execute("SELECT n, state FROM snapshots").fetchall():
        changed = bytearray(body)
        changed[len(changed) // 2] ^= 4
        connection.execute("UPDATE snapshots SET state = ? WHERE n = ?", (bytes(changed), n))
    connection.close()


def fold_in(path: Path) -> Path:
    """Fold the archive's log into its file."""
    connection = sqlite3.connect(archive_of(path))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.close()
    return archive_of(path)


def cut_off(path: Path) -> None:
    """Lose the second half of the file."""
    file = fold_in(path)
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


def scribble(path: Path) -> None:
    fold_in(path).write_bytes(b"not a database at all" * 500)


def remove(path: Path) -> None:
    archive_of(path).unlink()


def another_format(path: Path) -> None:
    connection = sqlite3.connect(archive_of(path), isolation_level=None)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


DAMAGE = {
    "flipped": (flip, "does not fit its hash"),
    "torn": (of_database("UPDATE snapshots SET state = substr(state, 1, 100)"), "does not fit its hash"),
    "sieve": (of_database("UPDATE layers SET body = zeroblob(length(body))"), "does not fit its hash"),
    "head": (of_database("UPDATE snapshots SET head = replace(head, '0', '1')"), "does not fit its hash"),
    "orders gone": (of_database("DELETE FROM orders WHERE row > 100"), "are missing"),
    "cut off": (cut_off, ""),
    "scribbled": (scribble, "not a database"),
    "removed": (remove, None),
    "another format": (another_format, "no archive of this version"),
}


@pytest.mark.parametrize(
    "name", [name for name in DAMAGE if name not in ("newer format", "later order torn")]
)
def test_damage_is_noticed_and_everything_made_again(
    name: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage, told = DAMAGE[name]
    damage(path)
    found = start(path)
    assert (found.snapshot, found.records) == (0, verify(path).records)
    assert state(found.engine) == from_scratch(path)
    if told is not None:
        assert told in capsys.readouterr().out
    again = start(path)
    assert (again.snapshot, again.records) == (found.records, 0)
    assert state(again.engine) == from_scratch(path)


def test_another_programs_snapshot_is_not_believed(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("oms.app.recovery.fingerprint", lambda: "another")
    found = start(path)
    assert found.snapshot == 0
    assert "another version" in capsys.readouterr().out


def test_a_snapshot_newer_than_the_journal_is_no_start(path: Path, tmp_path: Path) -> None:
    """The journal lost its end, or was put back from a copy and the archive was not: a person has to say which."""
    (tmp_path / "other").mkdir()
    shorter = Life(tmp_path / "other" / "journal.db")
    shorter.trade(5)
    shorter.close()
    shutil.copy(fold_in(path), archive_of(shorter.path))
    with pytest.raises(JournalError, match="records at the end are missing"):
        start(shorter.path)
    archive_of(shorter.path).rename(tmp_path / "away")
    assert state(start(shorter.path).engine) == from_scratch(shorter.path)


def test_a_snapshot_of_another_journal(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    life = Life(other / "journal.db")
    for number in range(3000):
        life.fill(f"unknown {number}", number)  # thousands of records, of something else
    life.trade(1500)
    life.close()
    shutil.copy(fold_in(path), archive_of(life.path))
    found = start(life.path)
    assert found.snapshot == 0
    assert "not of this journal" in capsys.readouterr().out
    assert state(found.engine) == from_scratch(life.path)


def test_verify_has_nothing_to_do_with_it(path: Path) -> None:
    scribble(path)
    assert verify(path).damaged == 0


def test_a_damaged_order_stops_who_needs_it_and_the_next_start_makes_it_again(path: Path) -> None:
    of_database("UPDATE orders SET body = x'00' WHERE number = 7")(path)
    life = Life(path)
    number = life.journal.head[0]
    with pytest.raises(Torn):
        life.found.residents.before(PlaceOrder(client_order_id="a7", symbol="B", side="1"))
    assert life.journal.head[0] == number
    life.close()
    archive_module.discard(archive_of(path))  # what the keeper does with a damaged one
    found = start(path)
    assert state(found.engine) == from_scratch(path)


def test_a_repeated_fill_and_a_repeated_id_of_an_order_that_left(path: Path) -> None:
    life = Life(path)
    before = str(life.found.engine.blotter.positions.by_key["ACC", "BTCUSDT"].qty)
    assert 7 not in life.found.engine.blotter.orders
    resting = life.found.residents._shelf.get(7)
    assert resting is not None
    life.fill(resting.order.cl_ord_id or "", 7)
    life.fill("unknown", 8)  # found by its OrderID
    engine = life.found.engine
    assert {7, 8} <= engine.blotter.orders.keys()
    assert str(engine.blotter.positions.by_key["ACC", "BTCUSDT"].qty) == before
    last = engine.blotter.last_order
    life.step(
        PlaceOrder(client_order_id="a9", symbol="BTCUSDT", side="1", exchange="VENUE1", order_qty=Decimal(1))
    )
    assert engine.blotter.last_order == last
    life.close()


# --- crashes --------------------------------------------------------------------------------------------------------


class Dropped(Exception):  # noqa: N818 - what happened
    """The process ends here."""


def crash_at(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """End the process at the n-th statement that the archive would execute; what was not committed is lost."""
    count = 0
    original = shelf.connect

    class Watched(sqlite3.Connection):
        def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
            nonlocal count
            count += 1
            if count == at:
                raise Dropped
            return super().execute(statement, *values)  # type: ignore[arg-type]

    def connect(path: Path, mode: str) -> sqlite3.Connection:
        real = sqlite3.connect

        def watched(*arguments: object, **names: object) -> sqlite3.Connection:
            return real(*arguments, **names, factory=Watched)  # type: ignore[call-overload,no-any-return]

        monkeypatch.setattr(sqlite3, "connect", watched)
        try:
            return original(path, mode)
        finally:
            monkeypatch.setattr(sqlite3, "connect", real)

    monkeypatch.setattr(archive_module, "connect", connect)


@pytest.mark.parametrize("at", range(1, 40))
def test_a_crash_between_any_two_writes(
    at: int, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files as they are when the process ends in the midst of a start, or of letting orders go."""
    left = tmp_path / "left"
    with monkeypatch.context() as patched:
        crash_at(patched, at)
        journal = SqliteJournal(path)
        try:
            archive = Archive(path)
            found = recover(make, journal, archive, KEEPING)
            write_snapshot(archive, take_snapshot(found.engine, found.residents, journal.head))
        except Dropped:
            pass
        shutil.copytree(tmp_path, left, ignore=lambda *_: ["left"])  # what is there now, nothing closed
        journal.close()
    assert state(start(left / "journal.db").engine) == from_scratch(left / "journal.db")


def test_an_archive_that_cannot_be_made_is_told(path: Path) -> None:
    archive_of(path).unlink()
    archive_of(path).mkdir()
    with pytest.raises(JournalError, match="archive"):
        Archive(path)
