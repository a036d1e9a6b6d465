"""Every kind of damage is found, and the record named. The checks are beside `independent`, which shares no code."""

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from oms.core.errors import JournalError
from oms.journal import store
from oms.journal.chain import read_journal
from oms.journal.codec import encode, link
from oms.journal.sqlite import SqliteJournal
from oms.journal.verify import Verdict, verify
from tests.journal import independent
from tests.journal.builders import filled

COUNT = 500
Change = Callable[[sqlite3.Connection], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "journal.db"
    with closing(SqliteJournal(path)) as journal:
        for start in range(0, COUNT, 50):
            journal.append([filled(start + n) for n in range(50)])
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "journal.db"))


def tamper(path: Path, change: Change) -> None:
    """Change a journal as somebody would who knows SQLite: the guards are put back afterwards."""
    with closing(sqlite3.connect(path)) as db, db:
        triggers = dict(db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        for name in triggers:
            db.execute(f"DROP TRIGGER {name}")
        change(db)
        for sql in triggers.values():
            db.execute(sql)


def body_of(db: sqlite3.Connection, n: int) -> bytes:
    body: bytes = db.execute("SELECT body FROM records WHERE n = ?", (n,)).fetchone()[0]
    return body


def set_body(db: sqlite3.Connection, n: int, body: object) -> None:
    db.execute("UPDATE records SET body = ? WHERE n = ?", (body, n))


def swap(db: sqlite3.Connection, one: int, other: int) -> None:
    for source, target in ((one, -1), (other, one), (-1, other)):
        db.execute("UPDATE records SET n = ? WHERE n = ?", (target, source))


def copy(db: sqlite3.Connection, source: int, target: int) -> None:
    db.execute("REPLACE INTO records SELECT ?, body, hash FROM records WHERE n = ?", (target, source))


def rehash(db: sqlite3.Connection, n: int) -> None:
    """Change a record and make its own hash fit again: the record after it betrays it."""
    previous = db.execute("SELECT hash FROM records WHERE n = ?", (n - 1,)).fetchone()[0]
    body = encode(filled(9999))
    db.execute("UPDATE records SET body = ?, hash = ? WHERE n = ?", (body, link(previous, n, body), n))


def renumber(db: sqlite3.Connection) -> None:
    """Take record 200 out and close the gap."""
    db.execute("DELETE FROM records WHERE n = 200")
    db.execute("UPDATE records SET n = -n WHERE n > 200")
    db.execute("UPDATE records SET n = -n - 1 WHERE n < 0")


CHANGES: dict[str, tuple[Change, int, str, str, int]] = {
    "body": (lambda db: set_body(db, 123, encode(filled(9))), 123, "changed", "does not fit its hash", 1),
    "one letter": (
        lambda db: set_body(db, 7, body_of(db, 7).replace(b"E6", b"E7")), 7, "changed", "does not fit", 1,
    ),
    "hash": (
        lambda db: db.execute("UPDATE records SET hash = zeroblob(32) WHERE n = 60"), 60, "changed", "not fit", 1,
    ),
    "rehashed": (lambda db: rehash(db, 300), 301, "changed", "the hash before it", 1),
    "torn": (lambda db: set_body(db, 499, body_of(db, 499)[:40]), 499, "torn", r"not complete \(40 bytes\)", 1),
    "emptied": (lambda db: set_body(db, 1, b""), 1, "torn", "not complete", 1),
    "as text": (lambda db: set_body(db, 5, body_of(db, 5).decode()), 5, "changed", "not binary", 1),
    "deleted": (lambda db: db.execute("DELETE FROM records WHERE n = 250"), 250, "missing", "249 comes 251", 1),
    "many deleted": (
        lambda db: db.execute("DELETE FROM records WHERE n BETWEEN 10 AND 400"), 10, "missing", "9 comes 401", 391,
    ),
    "first deleted": (lambda db: db.execute("DELETE FROM records WHERE n = 1"), 1, "missing", "0 comes 2", 1),
    "neighbours swapped": (lambda db: swap(db, 40, 41), 40, "reordered", "holds record 41", 3),
    "far ones swapped": (lambda db: swap(db, 40, 440), 40, "reordered", "holds record 440", 4),
    "duplicated": (lambda db: copy(db, 77, 78), 78, "duplicated", "copy of record 77", 2),
    "gap closed": (renumber, 200, "changed", "does not fit", 300),
    "added": (
        lambda db: db.execute("INSERT INTO records VALUES (501, ?, zeroblob(32))", (encode(filled()),)),
        501, "changed", "does not fit", 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_damaged_record_is_named_with_its_reason(path: Path, name: str) -> None:
    change, number, kind, why, damaged = CHANGES[name]
    tamper(path, change)
    verdict = verify(path)
    first = verdict.damage[0]
    assert (first.number, first.kind) == (number, kind)
    assert verdict.damaged == damaged
    with pytest.raises(AssertionError):
        independent.head(str(path))
    with pytest.raises(JournalError, match=r"record"):
        list(read_journal(path))
    assert re.search(why, first.why), first.why


def test_damage_is_counted_in_full_and_listed_up_to_a_hundred(path: Path) -> None:
    tamper(path, lambda db: db.execute("UPDATE records SET body = body || x'20' WHERE n % 2 = 0"))
    verdict = verify(path)
    assert verdict.damaged == COUNT // 2
    assert [damage.number for damage in verdict.damage] == list(range(2, 202, 2))


# --- the end


def test_a_cut_off_end_is_found_by_the_note_of_the_clean_close(path: Path) -> None:
    tamper(path, lambda db: db.execute("DELETE FROM records WHERE n > 480"))
    damage = verify(path).damage
    assert [(one.number, one.kind) for one in damage] == [(0, "missing")]
    assert "closed with head 500:" in damage[0].why
    assert independent.head(str(path))[0] == 480  # a valid, shorter chain


def test_a_head_kept_elsewhere_proves_that_nothing_up_to_it_is_missing(path: Path) -> None:
    heads = [(0, "0" * 64)]
    with closing(sqlite3.connect(path)) as db:
        heads += [(n, digest.hex()) for n, digest in db.execute("SELECT n, hash FROM records")]
    for head in heads:
        assert verify(path, head).damaged == 0
    forget_close = "UPDATE meta SET value = '480:' || (SELECT lower(hex(hash)) FROM records WHERE n = 480)"
    tamper(path, lambda db: db.execute("DELETE FROM records WHERE n > 480"))
    tamper(path, lambda db: db.execute(f"{forget_close} WHERE key = 'closed'"))
    assert verify(path).damaged == 0
    assert verify(path, heads[480]).damaged == 0
    (damage,) = verify(path, heads[481]).damage
    assert (damage.number, damage.kind, damage.why) == (
        481,
        "missing",
        "it is not there: the journal ends at 480",
    )
    (damage,) = verify(path, (400, heads[399][1])).damage
    assert (damage.number, damage.kind) == (400, "changed")
    assert f"its hash is {heads[400][1]} and should be {heads[399][1]}" in damage.why
    assert verify(path, (0, "1" * 64)).damaged == 1


# --- the file


def contents(path: Path) -> list[tuple[int, bytes, bytes]]:
    with closing(store.open_reader(path)) as reader:
        return reader.execute("SELECT n, body, hash FROM records ORDER BY n").fetchall()


def positions(size: int) -> Iterator[int]:
    """Every part of the file: each byte of the header and of the first tree pages, then every 97th."""
    yield from range(0, 120, 3)
    yield from range(120, size, 487)


def test_no_flipped_byte_changes_a_record_unseen(whole: Path, path: Path) -> None:
    """Either the damage is found, or the byte was in no record and every record is what it was."""
    good, before = whole.read_bytes(), contents(whole)
    found = 0
    for position in positions(len(good)):
        bad = bytearray(good)
        bad[position] ^= 0x55
        path.write_bytes(bad)
        try:
            damaged = verify(path).damaged
        except JournalError:
            damaged = 1
        if damaged:
            found += 1
        else:
            assert contents(path) == before, position
    assert found > 250


@pytest.mark.parametrize("share", [0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file(path: Path, share: float) -> None:
    size = path.stat().st_size
    os.truncate(path, int(size * share))
    if not share:  # whether it was a journal cannot be said
        with pytest.raises(JournalError, match=r"is not a journal of oms"):
            verify(path)
        return
    verdict = verify(path)
    assert verdict.damaged
    assert any("cut off" in damage.why for damage in verdict.damage)
    with pytest.raises(JournalError):
        list(read_journal(path))


def page_of(path: Path, number: int) -> tuple[int, int]:
    """Where in the file a record is, found by its own bytes: the page's number and size."""
    needle = encode(filled(number - 1))
    content = path.read_bytes()
    page_bytes = int.from_bytes(content[16:18], "big")
    return content.index(needle) // page_bytes, page_bytes


@pytest.mark.parametrize("number", [100, COUNT])
def test_a_destroyed_page_costs_only_its_own_records(path: Path, number: int) -> None:
    page, page_bytes = page_of(path, number)
    with path.open("r+b") as file:
        file.seek(page * page_bytes)
        file.write(b"\xa5" * page_bytes)
    verdict = verify(path)
    first = verdict.damage[0]
    assert first.kind == "unreadable"
    assert first.number <= number
    assert verdict.records > COUNT // 2
    assert_rest_is_checked(verdict, number)


def assert_rest_is_checked(verdict: Verdict, number: int) -> None:
    if number == COUNT:  # where the last page is gone, nobody can say how many there were
        assert "nor what follows" in verdict.damage[0].why
        assert verdict.head[0] == verdict.damage[0].number - 1
    else:
        assert verdict.records + verdict.damaged == COUNT
        assert verdict.head[0] == COUNT


def test_missing_guards_and_tables_are_told(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TRIGGER records_no_delete")
    assert [damage.why for damage in verify(path).damage] == ["its records_no_delete is missing"]
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE records ADD COLUMN more")
    assert "its records was changed" in [damage.why for damage in verify(path).damage]
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE records")
    assert "its records is missing" in [damage.why for damage in verify(path).damage]


@pytest.mark.parametrize("content", [b"", b"x", b"hello\n" * 1000, b"SQLite format 3\0" + bytes(84)])
def test_what_is_no_journal_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(JournalError, match=r"is not a journal of oms"):
        verify(file)
    with pytest.raises(JournalError, match=r"there is no journal"):
        verify(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


# --- the write-ahead log


@pytest.fixture
def crashed(tmp_path: Path) -> Path:
    """A journal as a crash leaves it: twenty commits of one record, in the log only."""
    path = tmp_path / "live" / "journal.db"
    path.parent.mkdir()
    (tmp_path / "crashed").mkdir()
    with closing(SqliteJournal(path)) as journal:
        for n in range(20):
            journal.append([filled(n)])
        for name in ("journal.db", "journal.db-wal"):
            shutil.copy(path.with_name(name), tmp_path / "crashed")
    return tmp_path / "crashed" / "journal.db"


def test_a_crashed_journal_is_intact(crashed: Path) -> None:
    verdict = verify(crashed)
    assert (verdict.records, verdict.damaged, verdict.note) == (20, 0, None)


def test_a_missing_log_is_told_and_not_written_after(crashed: Path) -> None:
    store.wal_of(crashed).unlink()
    (damage,) = verify(crashed).damage
    assert (damage.number, damage.kind) == (0, "log")
    assert "journal.db-wal is missing although the journal was never closed" in damage.why
    with pytest.raises(
        JournalError, match=r"is damaged: .*records at the end may be lost.*Put that file back"
    ):
        SqliteJournal(crashed)
    proven = verify(crashed, (0, "0" * 64))
    assert proven.damaged == 0
    assert "Up to the head that was given nothing is missing" in str(proven.note)
    store.wal_of(crashed).touch()  # what the message says to do when nothing is missing
    with closing(SqliteJournal(crashed)) as journal:
        assert journal.append([filled()]) == 1
    assert verify(crashed).damaged == 0


def flip(file: Path, position: int) -> None:
    content = bytearray(file.read_bytes())
    content[position] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("part", ["page", "checksum", "salt", "header"])
def test_a_flipped_bit_in_the_log_is_not_taken_for_a_torn_write(crashed: Path, part: str) -> None:
    """SQLite would drop everything from there on, without a word."""
    frame_bytes = 24 + int.from_bytes(store.wal_of(crashed).read_bytes()[8:12], "big")
    middle = 32 + 10 * frame_bytes
    where = {"page": middle + 500, "checksum": middle + 16, "salt": middle + 8, "header": 18}
    flip(store.wal_of(crashed), where[part])
    damage = verify(crashed).damage
    assert [one.kind for one in damage] == ["log"]
    assert "lost" in damage[0].why
    with pytest.raises(JournalError, match=r"is damaged: the .*log"):
        SqliteJournal(crashed)


@pytest.mark.parametrize("cut", [1, 100, 10_000])
def test_a_torn_last_write_is_no_damage(crashed: Path, cut: int) -> None:
    log = store.wal_of(crashed)
    os.truncate(log, log.stat().st_size - cut)
    verdict = verify(crashed)
    assert verdict.damaged == 0
    assert verdict.records == 19
    with closing(SqliteJournal(crashed)) as journal:
        assert journal.append([filled()]) == 20


def test_a_log_without_its_journal_is_not_thrown_away(crashed: Path) -> None:
    log = store.wal_of(crashed)
    before = log.read_bytes()
    for leave in (lambda: crashed.write_bytes(b""), crashed.unlink):
        leave()
        with pytest.raises(JournalError, match=r"journal.db-wal is there: put the file back"):
            SqliteJournal(crashed)
        assert log.read_bytes() == before


def test_a_reader_leaves_no_trace(path: Path) -> None:
    before = {one.name: (one.stat().st_mtime_ns, one.read_bytes()) for one in path.parent.iterdir()}
    assert verify(path).damaged == 0
    assert len(list(read_journal(path))) == COUNT
    assert {one.name: (one.stat().st_mtime_ns, one.read_bytes()) for one in path.parent.iterdir()} == before
