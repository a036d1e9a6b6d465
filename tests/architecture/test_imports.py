"""Who may import what: the layers, by import-linter; the rim of the core and of QuickFIX, here."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OMS = ROOT / "oms"

# The core takes values and gives values: no I/O, clock, randomness, logging or threads. What it may use is listed.
PURE = sorted(
    [*OMS.glob("core/**/*.py"), *OMS.glob("engine/**/*.py"), *OMS.glob("engine.py"), OMS / "ports.py"]
)
PURE_MODULES = {
    "__future__",
    "abc",
    "bisect",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "json",
    "math",
    "msgspec",
    "operator",
    "oms",
    "re",
    "types",
    "typing",
    "warnings",
}
IMPURE_CALLS = {"open", "input", "print", "exec", "eval", "now", "utcnow", "today"}

QUICKFIX = {"oms/fix/acceptor.py", "oms/fix/initiator.py", "oms/fix/log.py", "oms/fix/settings.py"}
QUICKFIX_IN_SIMULATORS = 2


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "oms"


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr


def test_layers() -> None:
    lint = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as go; go()",
        "--no-cache",
    ]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_is_pure(path: Path) -> None:
    assert {name.partition(".")[0] for name in imports(path)} <= PURE_MODULES
    assert not set(calls(path)) & IMPURE_CALLS


def test_quickfix_is_imported_in_few_places() -> None:
    importers = {
        str(path.relative_to(ROOT))
        for path in OMS.rglob("*.py")
        if any(name.partition(".")[0].startswith("quickfix") for name in imports(path))
    }
    simulators = {name for name in importers if name.startswith("oms/sim/")}
    assert importers - simulators <= QUICKFIX
    assert len(simulators) <= QUICKFIX_IN_SIMULATORS
