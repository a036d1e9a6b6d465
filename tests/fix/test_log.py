"""The log files: QuickFIX's line format, nobody else's to read, whole after rotation, quiet on errors."""

import re
import stat
from pathlib import Path

import pytest

from oms.fix.log import LogFile
from oms.fix.logs import LogReader

LINE = re.compile(r"\d{8}-\d\d:\d\d:\d\d\.\d{9} : (.*)")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def log(tmp_path: Path, told: list[str]) -> LogFile:
    return LogFile(tmp_path / "main.messages.log", told.append)


def lines(path: Path) -> list[str]:
    found = [LINE.fullmatch(line) for line in path.read_text().splitlines()]
    return [line[1] for line in found if line is not None]


def test_a_line_has_the_time_to_the_nanosecond(
    log: LogFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_795_000_000_000_000_007)
    log.line("8=FIX")
    log.flush()
    log.close()
    written = (tmp_path / "main.messages.log").read_text()
    assert written == "20261118-11:06:40.000000007 : 8=FIX\n"


def test_it_is_for_its_owner_alone_and_appended_to(log: LogFile, tmp_path: Path) -> None:
    path = tmp_path / "main.messages.log"
    for text in ("one", "two"):
        log.line(text)
        log.flush()
        log.close()
    assert lines(path) == ["one", "two"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_written_before_it_is_flushed(log: LogFile, tmp_path: Path) -> None:
    log.flush()
    log.line("one")
    assert not (tmp_path / "main.messages.log").exists()


@pytest.mark.parametrize("gone", [True, False])
def test_a_file_that_was_rotated_is_opened_anew(
    log: LogFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    path, old = tmp_path / "main.messages.log", tmp_path / "old"
    log.line("before")
    log.flush()
    path.rename(old)
    if not gone:
        path.touch()
    monkeypatch.setattr("oms.fix.log._LOOK_EVERY_S", -1.0)
    log.line("after")
    log.flush()
    log.close()
    assert (lines(old), lines(path)) == (["before"], ["after"])


def test_no_secret_gets_into_it(log: LogFile, tmp_path: Path) -> None:
    log.line("8=FIX.4.2\x019=30\x0135=A\x0195=6\x0196=hidden\x0110=000\x01")
    log.line("58=eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln")
    log.flush()
    log.close()
    written = (tmp_path / "main.messages.log").read_text()
    assert "\x0196=******\x01" in written
    assert "eyJ" not in written


def test_it_holds_the_bytes_that_came(log: LogFile, tmp_path: Path) -> None:
    body = b"35=8\x0158=caf\xe9\x01"
    whole = b"8=FIX.4.2\x019=%d\x01" % len(body) + body
    whole += b"10=%03d\x01" % (sum(whole) % 256)
    log.line(whole.decode("utf-8", "surrogateescape"))
    log.flush()
    log.line("\ud800 stands for no byte")
    log.flush()
    log.close()
    path = tmp_path / "main.messages.log"
    assert whole in path.read_bytes()
    (line,) = LogReader(path)
    assert (line.damage, "58=caf\\xe9" in line.text) == (None, True)


def test_an_error_is_told_once_until_it_is_well_again(tmp_path: Path, told: list[str]) -> None:
    folder = tmp_path / "fix"
    log = LogFile(folder / "main.messages.log", told.append)
    for _ in range(3):
        log.line("lost")
        log.flush()
    assert told == [
        f"cannot write {folder}/main.messages.log: No such file or directory; the journal still has every message"
    ]
    folder.mkdir()
    log.line("kept")
    log.flush()
    log.close()
    (folder / "main.messages.log").unlink()
    folder.rmdir()
    log.line("lost")
    log.flush()
    assert (len(told), folder.exists()) == (2, False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here to stand for a full disk")
def test_a_full_disk_does_not_escape(told: list[str]) -> None:
    log = LogFile(Path("/dev/full"), told.append)
    log.line("lost")
    log.flush()
    log.close()
    assert told == ["cannot write /dev/full: No space left on device; the journal still has every message"]
