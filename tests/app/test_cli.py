"""The command line from outside: what stops it before it began, and a standard output that takes nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oms.core.inputs import SessionUp
from tests.app.recorded_desk import RecordedDesk

FULL = Path("/dev/full")
STOPPED_EARLY = """
import os, signal, sys
from oms.app import cli

class Stop:
    def find_spec(self, name, *_):
        if name == os.environ["WHEN"]:
            os.kill(os.getpid(), signal.Signals[os.environ["HOW"]])

sys.meta_path.insert(0, Stop())
cli.main()
"""


def run(*arguments: str, stdout: int = subprocess.PIPE) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "oms", *arguments]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=60)


def stopped_early(how: str, when: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", STOPPED_EARLY, *arguments]
    environment = {**os.environ, "HOW": how, "WHEN": when}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)


@pytest.mark.parametrize("when", ["oms.app.cli_commands", "oms.app.daemon", "_quickfix", "fastapi"])
@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT"])
def test_a_signal_while_the_daemon_still_loads_ends_with_0_and_says_that_nothing_was_started(
    how: str, when: str
) -> None:
    done = stopped_early(how, when, "run", "--config", "none.toml")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"oms: {how} came before the start: nothing was started\n"


def test_sigterm_ends_other_commands_as_it_ends_any_program() -> None:
    done = stopped_early("SIGTERM", "oms.app.cli_commands", "orders")
    assert done.returncode == -signal.SIGTERM


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    desk = RecordedDesk(tmp_path / "journal.db")
    desk.step(SessionUp(session="main"))
    desk.working()
    desk.close()
    return desk.path


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "command",
    [
        ("--version",),
        ("--help",),
        ("orders", "--journal", "JOURNAL"),
        ("orders", "--journal", "JOURNAL", "--json"),
        ("journal", "verify", "JOURNAL"),
        ("journal", "show", "JOURNAL"),
        ("journal", "show", "JOURNAL", "--json"),
        ("explain", "1", "--journal", "JOURNAL"),
        ("explain", "1", "--journal", "JOURNAL", "--json"),
        ("replay", "tests/golden/full.log"),
        ("replay", "tests/golden/full.log", "--format", "jsonl"),
    ],
)
def test_a_full_standard_output_is_one_line_and_exit_code_2(command: tuple[str, ...], journal: Path) -> None:
    with FULL.open("w") as full:
        done = run(*(str(journal) if word == "JOURNAL" else word for word in command), stdout=full.fileno())
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "cannot write" in done.stderr
    assert os.strerror(28) in done.stderr


@pytest.mark.parametrize("command", [("--version",), ("orders", "--journal", "JOURNAL", "--json")])
def test_who_reads_no_further_hears_no_complaint(command: tuple[str, ...], journal: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run(*(str(journal) if word == "JOURNAL" else word for word in command), stdout=writer)
    os.close(writer)
    assert (done.returncode in {0, 1}, done.stderr) == (True, "")


def test_an_error_that_is_not_of_the_output_is_not_called_one(tmp_path: Path) -> None:
    done = run("orders", "--journal", str(tmp_path / "none.db"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "cannot write" not in done.stderr


def test_a_standard_output_that_was_closed_takes_nothing_and_nothing_else_gets_its_number() -> None:
    golden = Path(__file__).resolve().parent.parent / "golden" / "full.log"
    for command in (["replay", str(golden), "--format", "jsonl"], ["replay", str(golden)], ["--version"]):
        closed = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "oms", *command]
        done = subprocess.run(closed, capture_output=True, text=True, check=False, timeout=60)
        assert "Traceback" not in done.stderr
    program = "import sys; from oms.app import cli; cli._open_what_is_closed();"
    program += "print(open('/dev/null').fileno() > 2, file=sys.stderr)"
    closed = ["sh", "-c", 'exec "$@" <&- >&-', "sh", sys.executable, "-c", program]
    assert subprocess.run(closed, capture_output=True, text=True, check=False, timeout=60).stderr == "True\n"
