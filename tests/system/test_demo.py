"""`oms demo`: the main job from end to end."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.system.harness import oms

pytestmark = pytest.mark.system

STORIES = {
    "demo-1": "New",
    "demo-2": "Filled",
    "demo-3": "Canceled",
    "demo-4": "Rejected",
    "demo-5": "Rejected",
    "demo-6": "Canceled",
}


def test_once_shows_every_story_and_the_messages_of_one_order(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    result = oms("demo", "--once", "--keep", str(kept), environment={"COLUMNS": "200"})
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    for name in STORIES:
        assert name in result.stdout
    messages = [line for line in result.stdout.splitlines() if "|35=" in line]
    assert {field for line in messages for field in re.findall(r"\|(35=.)\|", line)} == {"35=D", "35=8"}
    assert sum("|150=1|" in line or "|150=2|" in line for line in messages) == 3
    assert {path.name for path in kept.rglob("*")} >= {
        "journal.db",
        "main.messages.log",
        "daemon.log",
        "oms.toml",
        "tokens.toml",
    }
    assert "eyJ" not in (kept / "fix" / "main.messages.log").read_text(encoding="utf-8")
    verified = oms("journal", "verify", str(kept / "journal.db"))
    assert verified.returncode == 0, verified.stdout
    replayed = oms("replay", "--dialect", "apifiny", str(kept / "fix" / "main.messages.log"))
    assert replayed.returncode == 0, replayed.stdout


def test_once_again_in_the_same_folder(tmp_path: Path) -> None:
    first, second = (oms("demo", "--once", "--keep", str(tmp_path)) for _ in range(2))
    assert first.returncode == 0, first.stdout + first.stderr
    assert second.returncode == 0, second.stdout + second.stderr
    assert "The FIX messages of demo2-2" in second.stdout


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("", encoding="utf-8")
    result = oms("demo", "--once", "--keep", str(taken))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"oms: --keep {taken}: the folder cannot be made: File exists; name another\n"


BROKEN = """
import oms.app.cli_demo as demo
from oms.app.cli import main

start = demo._process


def broken(command, environment):
    more = {more} if command[0] == "sim" else []
    return start([*({change} for word in command), *more], environment)


demo._process = broken
main()
"""


NEVER_READY = """
import sys
import oms.app.cli_demo as demo
from oms.app.cli import main

sys.executable = {sleeper!r}
demo.START_TIMEOUT_S = 1.0
main()
"""


def broken(change: str, more: list[str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the demo against a venue that does not do its part."""
    program = BROKEN.format(change=change, more=more)
    return subprocess.run(
        [sys.executable, "-c", program, "demo", "--once", *arguments],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_the_orders_that_did_not_get_there_are_told() -> None:
    result = broken("word", ["--fault", "silent=1"], "--timeout-s", "2")
    assert result.returncode == 1, result.stdout + result.stderr
    told = [line for line in result.stdout.splitlines() if line.startswith("not reached: ")]
    assert "not reached: demo-2 (fills in parts) is PendingNew with 0 filled, not Filled with 2.5" in told
    assert not any("demo-5" in line for line in told)  # denied by our own checks, venue or not
    assert "Traceback" not in result.stderr


def test_a_logon_that_does_not_come_about_is_told() -> None:
    result = broken("word.replace(':KEY1:', ':KEY2:')", [], "--timeout-s", "2")
    assert result.returncode == 1, result.stdout + result.stderr
    assert re.search("^not reached: the session did not log on: .*API-key", result.stdout, re.MULTILINE)
    assert "Traceback" not in result.stderr


def test_a_venue_that_does_not_start_ends_it_with_1() -> None:
    result = broken("'--fix-prot' if word == '--fix-port' else word", [])
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.endswith(
        "oms: the simulated venue did not start (exit code 2); its message stands above\n"
    )


@pytest.mark.parametrize("says", ["", "echo what; "], ids=["silent", "other words"])
def test_a_venue_that_is_never_ready_is_given_up(says: str, tmp_path: Path) -> None:
    sleeper = tmp_path / "sleeper"
    sleeper.write_text(f"#!/bin/sh\n{says}exec sleep 60\n", encoding="utf-8")
    sleeper.chmod(0o755)
    program = NEVER_READY.format(sleeper=str(sleeper))
    result = subprocess.run(
        [sys.executable, "-c", program, "demo", "--once"],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert "the simulated venue did not start" in result.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_live_blotter_ends_with_a_signal_and_leaves_nobody_behind(how: signal.Signals) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "oms", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert demo.stdout is not None
        line = ""
        while "Ctrl-C" not in line:
            line = demo.stdout.readline()
            assert line, "it ended before it was live"
        children = subprocess.run(
            ["ps", "--ppid", str(demo.pid), "-o", "pid="], capture_output=True, text=True, check=True
        ).stdout.split()
        assert len(children) == 2
        demo.send_signal(how)
        rest, errors = demo.communicate(timeout=50)
    finally:
        if demo.poll() is None:
            demo.kill()
            demo.communicate()
    assert demo.returncode == 0, errors
    assert errors == ""
    assert "demo-2" in rest
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline, "its children outlived it"
