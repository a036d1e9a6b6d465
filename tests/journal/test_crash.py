"""`kill -9` at any moment: what was acknowledged is there, and the chain verifies."""

import random
import select
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from oms.journal.sqlite import SqliteJournal
from oms.journal.verify import verify
from tests.journal import independent

ROUNDS = 25


def kill_after(path: Path, seconds: float) -> tuple[int, str]:
    """Let a writer work for a while, kill it, and give the last head that it printed completely."""
    command = [sys.executable, "-m", "tests.journal.writer", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert select.select([writer.stdout], [], [], 30)[0], "the writer did not start"
        said = read_for(writer.stdout, seconds, writer)
    lines = said[: said.rfind(b"\n") + 1].decode().splitlines()
    number, _, digest = lines[-1].partition(":")
    return int(number), digest


def read_for(stdout: IO[bytes], seconds: float, writer: "subprocess.Popen[bytes]") -> bytes:
    """Read until the moment has come (a wait with a purpose: the moment of the kill), then read what is left."""
    try:
        writer.wait(seconds)
    except subprocess.TimeoutExpired:
        writer.kill()
    return stdout.read()


@pytest.mark.system
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    chance = random.Random(9)
    acknowledged = (0, "0" * 64)
    for _ in range(ROUNDS):
        acknowledged_now = kill_after(path, chance.uniform(0, 0.15))
        assert acknowledged_now[0] > acknowledged[0]
        for head in (acknowledged, acknowledged_now):
            verdict = verify(path, head)
            assert verdict.damaged == 0, verdict
        acknowledged = acknowledged_now
    journal = SqliteJournal(path)
    assert journal.head[0] >= acknowledged[0]
    assert sum(1 for _ in journal.read()) == journal.head[0]
    journal.close()
    assert independent.head(str(path)) == journal.head
