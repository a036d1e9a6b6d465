"""A journal that a snapshot stood for is verified beside trading."""

import threading
from pathlib import Path

import pytest

from oms.app.second_look import SecondLook
from oms.core.events import LoggedOn
from oms.core.records import Record
from oms.journal.sqlite import SqliteJournal
from tests.system.test_daemon import tamper


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    opened = SqliteJournal(path)
    opened.append(
        [Record(kind="session", time_ns=n, events=(LoggedOn(session="s", time_ns=n),)) for n in range(5)]
    )
    opened.close()
    return path


def look(path: Path) -> list[str]:
    told: list[str] = []
    ended = threading.Event()

    class Told(SecondLook):
        def _wait(self, process: object) -> None:
            super()._wait(process)  # type: ignore[arg-type]
            ended.set()

    beside = Told(path, told.append)
    beside.start()
    assert ended.wait(30)
    beside.stop()
    return told


def test_an_intact_journal_is_no_news(journal: Path) -> None:
    assert look(journal) == []


def test_a_damaged_record_is_told(journal: Path) -> None:
    tamper(journal, 3)
    (told,) = look(journal)
    assert "record 3" in told


def test_it_ends_with_the_daemon(journal: Path) -> None:
    beside = SecondLook(journal, lambda told: None)
    beside.start()
    beside.stop()
    beside.stop()
