"""A key of several that the venue refuses is shown to people, by the place and the beginning that they know it by."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.desk import desk_of
from tests.contract.kinds import Kind
from tests.contract.kinds_marked import MARKED
from tests.system.harness import SECRET, TOKEN, oms

pytestmark = pytest.mark.system
WRONG = """
[[session.key]]
key_id = "WRONG-KEY"
secret_env = "OMS_TEST_SECRET"
"""


@pytest.mark.parametrize("kind", MARKED, ids=lambda kind: kind.name)
def test_it_is_shown(kind: Kind, tmp_path: Path) -> None:
    with desk_of(replace(kind, session=lambda sim: kind.session(sim) + WRONG), tmp_path) as desk:
        for _ in range(4):
            desk.place("resting")
        assert all(order["ord_status_name"] == "New" for order in desk.daemon.orders())
        for command in ("sessions", "venues"):
            told = oms(command, "--api", desk.daemon.url, environment={"OMS_TOKEN": TOKEN, "COLUMNS": "400"})
            assert "key 2 (WRON...)" in told.stdout, told.stdout + told.stderr
            assert SECRET not in told.stdout
            assert "WRONG-KEY" not in told.stdout
        log = (tmp_path / "daemon.log").read_text(encoding="utf-8")
        alerts = [line for line in log.splitlines() if "KEY_LEFT_OUT" in line]
        assert len(alerts) == 1
