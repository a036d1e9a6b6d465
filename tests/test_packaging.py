"""The lock pins everything by hash; the package says what it is and carries what it needs."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points, version
from importlib.resources import files
from pathlib import Path

import pytest

import oms

ROOT = Path(__file__).parents[1]
LOCK = (ROOT / "requirements.txt").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DIRECT = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["dependency-groups"]["build"],
    *PROJECT["dependency-groups"]["dev"],
    *PROJECT["build-system"]["requires"],
]
# One requirement: its first line, and the indented lines that follow.
REQUIREMENTS = re.split(r"\n(?=\S)", LOCK.strip())


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(requirement: str) -> str:
    return normal(requirement.partition("==")[0])


@pytest.mark.parametrize("dependency", DIRECT)
def test_every_direct_dependency_is_locked(dependency: str) -> None:
    match = re.match(r"[\w.-]+", dependency)
    assert match is not None
    assert normal(match[0]) in {locked(requirement) for requirement in REQUIREMENTS}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=locked)
def test_every_locked_version_is_exact_and_hashed(requirement: str) -> None:
    first = requirement.splitlines()[0]
    assert re.fullmatch(r"[\w.-]+==[\w.]+( ; [^\\]+)? \\", first)
    assert re.search(r"--hash=sha256:[0-9a-f]{64}", requirement)


def test_the_lock_names_no_place() -> None:
    assert "://" not in LOCK
    assert not re.search(r"^\s*-(?!-hash=)", LOCK, re.MULTILINE)


def test_quickfix_is_pinned_in_one_version() -> None:
    (wanted,) = [dependency for dependency in DIRECT if dependency.startswith("quickfix")]
    assert wanted == f"quickfix=={version('quickfix')}"


def test_version_and_marker_of_types() -> None:
    assert version("oms") == oms.__version__
    assert files("oms").joinpath("py.typed").is_file()


def test_the_command_is_declared() -> None:
    (command,) = entry_points(group="console_scripts", name="oms")
    assert command.value == "oms.app.cli:main"


def test_the_command_works_from_any_folder(tmp_path: Path) -> None:
    if not (ROOT / "oms/app/cli.py").exists():
        pytest.skip("no command line yet")
    command = Path(sys.executable).with_name("oms")
    done = subprocess.run([command, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_wheel_carries_all_that_the_package_has(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "oms", source / "oms", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, source)
    files_here = {path.relative_to(source).as_posix() for path in source.glob("oms/**/*") if path.is_file()}
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", tmp_path, source], check=True)
    (wheel,) = tmp_path.glob("oms-*.whl")
    with zipfile.ZipFile(wheel) as content:
        assert {name for name in content.namelist() if name.startswith("oms/")} == files_here
        assert any(name.endswith("licenses/LICENSE") for name in content.namelist())
