"""The journal of a daemon: durable, append-only, one writer, many readers."""

import gc
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from oms.core.errors import JournalError
from oms.core.records import Record
from oms.journal.codec import encode
from oms.journal.memory import MemoryJournal
from oms.journal.sqlite import SqliteJournal
from oms.journal.verify import verify
from oms.ports import Journal
from tests.journal import independent
from tests.journal.builders import filled

ZEROS = "0" * 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture(params=[SqliteJournal, MemoryJournal])
def journal(request: pytest.FixtureRequest, path: Path) -> Iterator[Journal]:
    made: Journal = SqliteJournal(path) if request.param is SqliteJournal else MemoryJournal()
    yield made
    made.close()


def test_an_empty_journal(journal: Journal) -> None:
    assert journal.head == (0, ZEROS)
    assert list(journal.read()) == []
    assert journal.append([]) == 0


def test_append_numbers_from_one_without_holes(journal: Journal) -> None:
    assert journal.append([filled(n) for n in range(3)]) == 3
    assert journal.append([filled(9)]) == 4
    assert [(n, record.time_ns) for n, record in journal.read()] == [(1, 0), (2, 1), (3, 2), (4, 9)]
    assert [n for n, _ in journal.read(3)] == [3, 4]
    assert list(journal.read(5)) == []


@pytest.mark.parametrize("start", [0, -1, 3])
def test_reading_from_a_number_that_cannot_be(journal: Journal, start: int) -> None:
    journal.append([filled()])
    with pytest.raises(JournalError, match=r"there is no record"):
        list(journal.read(start))


def test_both_journals_give_the_same_hashes(path: Path) -> None:
    memory = MemoryJournal()
    with closing(SqliteJournal(path)) as sqlite:
        for count in (1, 5, 2):
            batch = [filled(n) for n in range(count)]
            assert sqlite.append(batch) == memory.append(batch)
            assert sqlite.head == memory.head


def test_independent_code_verifies_the_chain(path: Path) -> None:
    with closing(SqliteJournal(path)) as journal:
        journal.append([filled(n) for n in range(2500)])
        head = journal.head
        assert independent.head(str(path)) == head  # also while it is open
    assert independent.head(str(path)) == head
    run = [sys.executable, "-I", str(Path(independent.__file__)), str(path)]
    assert subprocess.run(run, capture_output=True, check=True, text=True).stdout == "{}:{}\n".format(*head)


def test_it_goes_on_where_it_ended(path: Path) -> None:
    head = (0, ZEROS)
    for count in range(1, 5):
        with closing(SqliteJournal(path)) as journal:
            assert journal.head == head
            assert journal.append([filled()]) == count
            head = journal.head
        assert verify(path, head).damaged == 0
    with closing(SqliteJournal(path, create=False)) as journal:
        assert journal.head == head
        assert len(list(journal.read())) == 4


def test_every_prefix_is_a_journal(path: Path, tmp_path: Path) -> None:
    """What is on disk after each commit, copied as a crash would leave it."""
    with closing(SqliteJournal(path)) as journal:
        heads = []
        for count in range(1, 30):
            journal.append([filled(n) for n in range(count)])
            heads.append(journal.head)
            copy = tmp_path / f"copy{count}"
            copy.mkdir()
            for name in (path.name, f"{path.name}-wal"):
                shutil.copy(path.with_name(name), copy)
            assert verify(copy / path.name, journal.head).damaged == 0
            for head in heads:
                assert verify(copy / path.name, head).damaged == 0
            with closing(SqliteJournal(copy / path.name)) as resumed:
                assert resumed.head == journal.head
                resumed.append([filled()])
            assert verify(copy / path.name, journal.head).damaged == 0


def test_the_files_belong_to_their_owner_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(SqliteJournal(path)) as journal:
            journal.append([filled()])
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert len(modes) == 4
    assert set(modes.values()) == {0o600}


def test_commits_are_synced_and_the_new_name_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bool] = []

    def note(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))

    monkeypatch.setattr(os, "fsync", note)
    with closing(SqliteJournal(path)) as journal:
        pragma = journal._opened.connection.execute
        assert pragma("PRAGMA synchronous").fetchone() == (2,)
        assert pragma("PRAGMA journal_mode").fetchone() == ("wal",)
    assert synced == [True]


# --- append-only


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records SET body = x'00' WHERE n = 1",
        "UPDATE records SET n = 9",
        "DELETE FROM records",
        "DELETE FROM records WHERE n = 2",
        "UPDATE meta SET value = '2' WHERE key = 'format'",
        "UPDATE meta SET key = 'x' WHERE key = 'closed'",
        "DELETE FROM meta",
    ],
)
def test_the_tables_refuse_changes(path: Path, statement: str) -> None:
    with closing(SqliteJournal(path)) as journal:
        journal.append([filled(), filled()])
    with closing(sqlite3.connect(path)) as other, pytest.raises(sqlite3.IntegrityError, match=r"append-only"):
        other.execute(statement)
    assert verify(path).damaged == 0


def test_a_stranger_who_appends_is_noticed(path: Path) -> None:
    with closing(SqliteJournal(path)) as journal:
        journal.append([filled()])
        with closing(sqlite3.connect(path)) as other, other:
            other.execute("INSERT INTO records VALUES (2, x'00', x'00')")
        with pytest.raises(JournalError, match=r"after record 1: UNIQUE constraint"):
            journal.append([filled()])


# --- one writer


def test_a_second_writer_is_refused_by_name(path: Path) -> None:
    with closing(SqliteJournal(path)) as first:
        with pytest.raises(JournalError, match=f"{path} is in use: .*process {os.getpid()} on .* since 2"):
            SqliteJournal(path)
        first.append([filled()])
    with closing(SqliteJournal(path)) as second:
        assert second.head[0] == 1


def test_a_link_meets_the_same_lock(path: Path) -> None:
    link = path.with_name("link.db")
    with closing(SqliteJournal(path)):
        link.symlink_to(path)
        with pytest.raises(JournalError, match=r"in use"):
            SqliteJournal(link)


def test_the_lock_dies_with_its_process(path: Path) -> None:
    command = [sys.executable, "-m", "tests.journal.writer", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(JournalError, match=f"in use: .*process {writer.pid} on"):
            SqliteJournal(path)
        writer.kill()
        writer.wait()
    with closing(SqliteJournal(path)) as journal:
        assert journal.head[0] >= 1


def test_readers_need_no_lock_and_see_what_was_acknowledged(path: Path) -> None:
    seen: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.append(verify(path).records)

    with closing(SqliteJournal(path)) as journal:
        watcher = threading.Thread(target=watch)
        watcher.start()
        for _ in range(300):
            number = journal.append([filled(n) for n in range(10)])
            assert sum(1 for _ in journal.read(number)) == 1
        done.set()
        watcher.join()
        assert verify(path).records == 3000
    assert seen == sorted(seen)


def test_an_unclosed_journal_is_closed_at_the_end(path: Path) -> None:
    SqliteJournal(path).append([filled()])
    gc.collect()
    assert sorted(file.name for file in path.parent.iterdir()) == ["journal.db", "journal.db.lock"]
    assert verify(path).damaged == 0
    run = "import sys; from oms.journal.sqlite import SqliteJournal; j = SqliteJournal(sys.argv[1])"
    subprocess.run([sys.executable, "-c", run, str(path)], check=True)
    assert verify(path).damaged == 0


def test_a_forked_child_closes_nothing(path: Path) -> None:
    run = (
        "import os, sys; from oms.journal.sqlite import SqliteJournal; from tests.journal.builders import filled\n"
        "j = SqliteJournal(sys.argv[1]); j.append([filled()])\n"
        "child = os.fork()\n"
        "if not child: sys.exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0; j.append([filled()]); os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", run, str(path)], check=False)
    assert verify(path).records == 2
    assert verify(path).damaged == 0


# --- failures


def test_after_a_failure_nothing_is_taken(path: Path) -> None:
    with closing(SqliteJournal(path)) as journal:
        journal.append([filled()])
        head = journal.head
        with pytest.raises(
            JournalError, match=r"could not be written after record 1: .* Nothing of this batch"
        ):
            journal.append([filled(), Record(kind="command", time_ns=1, command={"x": object()})])
        with pytest.raises(JournalError, match=r"takes no more records: a record of kind 'command'"):
            journal.append([filled()])
        with pytest.raises(JournalError, match=r"takes no more"):
            journal.append([])
        assert journal.head == head
        assert [n for n, _ in journal.read()] == [1]
    assert verify(path, head).records == 1
    with closing(SqliteJournal(path)) as journal:
        assert journal.append([filled()]) == 2


def test_an_interrupt_leaves_nothing_half_taken(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(SqliteJournal(path)) as journal:

        def interrupt(*_: object) -> bytes:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("oms.journal.sqlite.link", interrupt)
            with pytest.raises(KeyboardInterrupt):
                journal.append([filled()])
        with pytest.raises(JournalError, match=r"takes no more records: KeyboardInterrupt"):
            journal.append([filled()])


def test_a_closed_journal_takes_nothing(path: Path) -> None:
    journal = SqliteJournal(path)
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match=r"it is closed"):
        journal.append([filled()])


@pytest.mark.parametrize("victim", ["journal.db", "journal.db-wal"])
def test_files_that_vanish_under_the_writer_stop_it(path: Path, victim: str) -> None:
    with closing(SqliteJournal(path)) as journal:
        journal.append([filled()])
        path.with_name(victim).rename(path.with_name("elsewhere"))
        with pytest.raises(JournalError, match=r"No such file|were moved or removed"):
            journal.append([filled()])


def test_no_journal_where_none_is_to_be_made(path: Path) -> None:
    with pytest.raises(JournalError, match=r"there is no journal .*check the path"):
        SqliteJournal(path, create=False)
    with pytest.raises(JournalError, match=r"there is no directory .*create it"):
        SqliteJournal(path.parent / "none" / "journal.db")
    assert list(path.parent.iterdir()) == []


def test_what_is_no_journal_is_left_alone(path: Path) -> None:
    for content in (b"hello", b"x" * 10_000):
        path.write_bytes(content)
        with pytest.raises(JournalError, match=r"not a database"):
            SqliteJournal(path)
        assert path.read_bytes() == content
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE mine(x)")
    content = path.read_bytes()
    with pytest.raises(JournalError, match=r"is not a journal of oms"):
        SqliteJournal(path)
    assert path.read_bytes() == content


def test_a_newer_format_is_left_alone(path: Path) -> None:
    SqliteJournal(path).close()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("DROP TRIGGER meta_no_update")
        other.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
    for attempt in (SqliteJournal, verify):
        with pytest.raises(JournalError, match=r"format 2 .*reads up to 1"):
            attempt(path)


@pytest.mark.parametrize("left", ["nothing", "empty", "no tables"])
def test_a_crash_while_it_is_made_leaves_something_to_start_from(path: Path, left: str) -> None:
    if left != "nothing":
        path.touch()
    if left == "no tables":
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA journal_mode = WAL")
    with closing(SqliteJournal(path)) as journal:
        assert journal.append([filled()]) == 1
    assert verify(path).records == 1


def test_a_damaged_end_is_not_written_after(path: Path) -> None:
    with closing(SqliteJournal(path)) as journal:
        journal.append([filled(n) for n in range(3)])
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("DROP TRIGGER records_no_update")
        other.execute("UPDATE records SET body = ? WHERE n = 3", (encode(filled(77)),))
    with pytest.raises(JournalError, match=r"last record of the journal .*, 3, is damaged"):
        SqliteJournal(path)


def test_a_backup_by_sqlite_itself_is_a_journal(path: Path, tmp_path: Path) -> None:
    """As `spec/journal.md` says: it was never closed, so a head must prove it, and writing on takes an empty log."""
    copy = tmp_path / "copy.db"
    with closing(SqliteJournal(path)) as journal:
        journal.append([filled(n) for n in range(10)])
        head = journal.head
        source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    assert [damage.kind for damage in verify(copy).damage] == ["log"]
    assert verify(copy, head).damaged == 0
    Path(f"{copy}-wal").touch()
    with closing(SqliteJournal(copy)) as resumed:
        assert resumed.append([filled()]) == 11
    assert verify(copy, head).damaged == 0
