"""What the tests against simulated venues share."""

from pathlib import Path

import pytest


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Name the file that the simulated venue keeps its own record in."""
    return tmp_path / "venue.jsonl"
