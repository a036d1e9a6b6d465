"""Every command of the README is run, in its order, as a reader would; only the two ports are changed to free ones."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.harness import free_port, until

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCRIPTS = {"scripts/demo", "scripts/test", "scripts/setup", "scripts/check"}


def commands() -> list[str]:
    """Give every command of the code blocks, and those that stand in the text in backquotes."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]
    return lines + re.findall(r"`(\.venv/bin/oms [^`]+)`", README)


def test_the_scripts_it_names_are_there() -> None:
    named = set(re.findall(r"scripts/[a-z-]+", README))
    assert named <= SCRIPTS
    assert all(os.access(ROOT / name, os.X_OK) for name in named)


@pytest.mark.system
@pytest.mark.timeout(120)
def test_its_commands_work_one_after_the_other(tmp_path: Path) -> None:
    fix_port, api_port = free_port(), free_port()
    shutil.copytree(ROOT / "config", tmp_path / "config")
    config = tmp_path / "config" / "apifiny.toml"
    text = config.read_text(encoding="utf-8")
    assert text.count("9878") == 2
    assert text.count("port = 8765") == 1
    config.write_text(text.replace("port = 9878", f"port = {fix_port}").replace("8765", str(api_port)))
    environment = {**os.environ, "OMS_API": f"http://127.0.0.1:{api_port}"}
    running: list[subprocess.Popen[str]] = []
    try:
        for command in commands():
            if command in SCRIPTS:
                continue
            words = shlex.split(command.replace("9878", str(fix_port)))
            if words[0] == "export":
                name, _, value = words[1].partition("=")
                environment[name] = value
                continue
            assert words[0] == ".venv/bin/oms", command
            run(words[1:], tmp_path, environment, running)
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(30)
            assert process.stdout is not None
            process.stdout.close()


def run(
    words: list[str], folder: Path, environment: dict[str, str], running: "list[subprocess.Popen[str]]"
) -> None:
    """Run one command to its end, or to its ready line where it goes on."""
    program = [sys.executable, "-m", "oms", *words]
    if words[0] in ("sim", "run"):
        process = subprocess.Popen(program, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready "), words
        if words[0] == "run":
            until(
                lambda: "logged on" in oms(["sessions"], folder, environment).stdout,
                "the session is logged on",
            )
        return
    done = oms(words, folder, environment)
    assert done.returncode == 0, (words, done.stdout, done.stderr)


def oms(words: list[str], folder: Path, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    token = {"OMS_TOKEN_FILE": "trader.token", **environment}
    return subprocess.run(
        [sys.executable, "-m", "oms", *words],
        cwd=folder,
        env=token,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.system
@pytest.mark.timeout(90)
def test_the_demo_ends_by_itself_and_leaves_what_it_says(tmp_path: Path) -> None:
    done = oms(["demo", "--once", "--keep", str(tmp_path / "kept")], tmp_path, dict(os.environ))
    assert done.returncode == 0, (done.stdout, done.stderr)
    for words in ("Filled", "Canceled", "Rejected", "Denied", "35=D|", "35=8|"):
        assert words in done.stdout
    for name in ("journal.db", "fix/main.messages.log", "daemon.log", "oms.toml"):
        assert (tmp_path / "kept" / name).stat().st_size > 0
