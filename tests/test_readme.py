"""Every command in the README's code blocks works as it stands there, in the order in which it stands there."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.harness import free_port

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCRIPTS = {"scripts/demo", "scripts/test"}
FIX_PORT, API_PORT = "9878", "8765"


def blocks() -> list[list[str]]:
    """Give the commands of each block; a block is a terminal."""
    found = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [re.sub(r"\\\n\s*", "", block).splitlines() for block in found]


def test_the_scripts_that_it_names_are_there() -> None:
    named = {word for block in blocks() for line in block for word in re.findall(r"^scripts/\w+", line)}
    assert named == SCRIPTS
    for name in {*named, *re.findall(r"`(scripts/\w+)", README)}:
        assert os.access(ROOT / name, os.X_OK), name
        assert subprocess.run(["bash", "-n", str(ROOT / name)], check=False).returncode == 0, name


def test_the_files_that_it_names_are_there() -> None:
    for name in re.findall(r"`((?:spec|config|oms)/[\w./-]+|\w+\.md)`", README):
        assert (ROOT / name).exists(), name


class Newcomer:
    """Follows the README in a folder of its own that looks like a checkout after scripts/setup."""

    def __init__(self, folder: Path) -> None:
        """Lay out what the commands need; ports are free ones, because the README's own may be taken."""
        self.folder = folder
        self.ports = {FIX_PORT: str(free_port()), API_PORT: str(free_port())}
        (folder / ".venv" / "bin").mkdir(parents=True)
        command = folder / ".venv" / "bin" / "oms"
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m oms "$@"\n', encoding="utf-8")
        command.chmod(0o755)
        shutil.copytree(
            ROOT / "config", folder / "config", ignore=lambda *_: ["tokens.toml", "journal.db", "fix"]
        )
        config = folder / "config" / "apifiny.toml"
        config.write_text(self.own_ports(config.read_text(encoding="utf-8")), encoding="utf-8")
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OMS_API": f"http://127.0.0.1:{self.ports[API_PORT]}",
        }
        self.running: dict[str, subprocess.Popen[str]] = {}

    def own_ports(self, text: str) -> str:
        """Put this test's ports in the place of the README's."""
        for port, own in self.ports.items():
            text = text.replace(port, own)
        return text

    def types(self, line: str) -> None:
        """Type one command."""
        if line.startswith("export "):
            name, _, value = line.removeprefix("export ").partition("=")
            self.environment[name] = value
        elif re.search(r"/oms (sim|run) ", line):
            self.starts(line)
        else:
            result = subprocess.run(
                ["bash", "-c", self.own_ports(line)],
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            assert result.returncode == 0, (line, result.stdout, result.stderr)

    def starts(self, line: str) -> None:
        """Start what keeps its terminal, and wait until it is ready."""
        process = subprocess.Popen(
            ["bash", "-c", "exec " + self.own_ports(line)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.running[line] = process
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready "), line

    def kills(self, line: str) -> None:
        """End what such a command started, as `kill -9` does."""
        process = self.running.pop(line)
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()

    def sees(self, words: str) -> None:
        """Look at the blotter until it shows this."""
        deadline = time.monotonic() + 20
        while True:
            shown = subprocess.run(
                [".venv/bin/oms", "orders", "--json"],
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if words in shown.stdout:
                return
            assert time.monotonic() < deadline, (words, shown.stdout, shown.stderr)


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    newcomer = Newcomer(tmp_path)
    yield newcomer
    for line in list(newcomer.running):
        newcomer.kills(line)


@pytest.mark.system
def test_a_newcomer_follows_it(newcomer: Newcomer) -> None:
    lines = [line for block in blocks() for line in block if line not in SCRIPTS]
    assert sum(" run --config " in line for line in lines) == 1
    for line in lines:
        if " order cancel " in line:
            newcomer.sees('"ord_status_name":"New"')
        newcomer.types(line)
    newcomer.sees('"ord_status_name":"Canceled"')
    for line in re.findall(r"`(\.venv/bin/oms .*?)`", README):
        newcomer.types(line)


@pytest.mark.system
def test_a_newcomer_kills_the_daemon_in_the_middle(newcomer: Newcomer) -> None:
    """The order is where the venue has it after the daemon was killed and started again."""
    cancel = next(line for block in blocks() for line in block if " order cancel " in line)
    run = ""
    for line in (line for block in blocks() for line in block if line not in SCRIPTS):
        if line == cancel:
            break
        run = line if " run --config " in line else run
        newcomer.types(line)
    newcomer.sees('"ord_status_name":"New"')
    newcomer.kills(run)
    newcomer.starts(run)
    newcomer.sees('"ord_status_name":"New"')
    newcomer.types(cancel)
    newcomer.sees('"ord_status_name":"Canceled"')
