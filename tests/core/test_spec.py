"""The documents that are written from the code say what the code says."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["order_states.md", "anomalies.md"])
def test_the_written_documents_are_those_of_the_code(name: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "scripts" / "derive-spec"), str(tmp_path)], check=True)
    assert (tmp_path / name).read_text() == (ROOT / "spec" / name).read_text(), "run scripts/derive-spec"
