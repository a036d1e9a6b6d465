"""A disk that is full or fails: nothing more is taken, and what was acknowledged stays."""

import contextlib
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from oms.core.errors import JournalError
from oms.journal.sqlite import SqliteJournal
from oms.journal.verify import verify
from tests.journal.builders import filled


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one megabyte."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system needs the right to mount one; the file size limit is tested instead")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


def append_for_ever(journal: SqliteJournal) -> None:
    while True:
        journal.append([filled(n) for n in range(20)])


def take_all_room(ballast: Path) -> Path:
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return ballast


def fill(journal: SqliteJournal) -> tuple[int, str]:
    """Append until it fails, and give the head that was acknowledged."""
    with pytest.raises(JournalError, match=r"could not be written after record \d+: .*make room") as failure:
        append_for_ever(journal)
    assert f"after record {journal.head[0]}:" in str(failure.value)
    return journal.head


def test_a_full_disk_stops_the_journal_and_keeps_what_was_acknowledged(small_disk: Path) -> None:
    path = small_disk / "journal.db"
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    with closing(SqliteJournal(path)) as journal:
        head = fill(journal)
        assert head[0] > 100
        ballast.unlink()  # room again: it must not go on as if nothing had been
        with pytest.raises(JournalError, match=r"takes no more records: .*full"):
            journal.append([filled()])
        assert sum(1 for _ in journal.read()) == head[0]
        assert verify(path, head).damaged == 0
    assert verify(path, head).damaged == 0
    with closing(SqliteJournal(path)) as journal:
        assert journal.head == head
        assert journal.append([filled()]) == head[0] + 1
    assert verify(path, head).damaged == 0


def test_a_disk_without_any_room_refuses_to_start(small_disk: Path) -> None:
    path = small_disk / "journal.db"
    with closing(SqliteJournal(path)) as journal:
        journal.append([filled()])
        head = journal.head
    ballast = take_all_room(small_disk / "ballast")
    with pytest.raises(JournalError, match=r"cannot be opened for writing: .*Check the disk"):
        SqliteJournal(path)
    assert verify(path, head).damaged == 0  # reading a closed journal needs no room
    ballast.unlink()
    with closing(SqliteJournal(path)) as journal:
        assert journal.head == head


def test_a_crashed_journal_on_a_full_disk_is_unreadable_and_not_damaged(small_disk: Path) -> None:
    path = small_disk / "journal.db"
    with closing(SqliteJournal(path)) as journal:
        journal.append([filled()])
        crashed = small_disk / "crashed.db"
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", f"{crashed}{suffix}")
    ballast = take_all_room(small_disk / "ballast")
    with pytest.raises(JournalError, match=r"cannot be opened: .*make room, or copy"):
        verify(crashed)
    ballast.unlink()
    assert verify(crashed).records == 1


_LIMITED = """
import sys
from tests.journal.test_full_disk import check_limited
check_limited(sys.argv[1])
"""


def check_limited(name: str) -> None:
    """Run in a process of its own: the limit would hold for the whole test run."""
    path = Path(name)
    with closing(SqliteJournal(path)) as journal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
        head = fill(journal)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        with pytest.raises(JournalError, match=r"takes no more records"):
            journal.append([filled()])
        assert verify(path, head).damaged == 0
    sys.stdout.write("{}:{}".format(*head))


def test_a_write_that_fails_midway_stops_the_journal(tmp_path: Path) -> None:
    """The kernel refuses to let the file grow: an I/O error in the middle of a commit."""
    path = tmp_path / "journal.db"
    run = [sys.executable, "-c", _LIMITED, str(path)]
    said = subprocess.run(run, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    number, _, digest = said.stdout.partition(":")
    assert int(number) > 100
    assert verify(path, (int(number), digest)).damaged == 0
    with closing(SqliteJournal(path)) as journal:
        assert journal.head == (int(number), digest)
        assert journal.append([filled()]) == int(number) + 1
