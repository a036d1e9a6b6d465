"""What somebody else places for the same account is there as soon as a person asks what differs."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.desk import desk_of
from tests.contract.kinds import Kind
from tests.contract.kinds_marked import MARKED
from tests.system.harness import TOKEN, oms

pytestmark = pytest.mark.system


@pytest.mark.parametrize("kind", MARKED, ids=lambda kind: kind.name)
def test_a_comparison_shows_it(kind: Kind, tmp_path: Path) -> None:
    same = [word.replace("@other", "@desk") for word in kind.arguments]
    seldom = replace(
        kind,
        arguments=same,
        session=lambda sim: kind.session(sim).replace("poll_s = 0.4", "poll_s = 600"),
    )
    with desk_of(seldom, tmp_path) as desk:
        desk.reconciled()  # the one of the start is over as well
        kind.trade(desk.sim, "BUY", "1", "28000")
        assert desk.daemon.orders() == []
        environment = {"OMS_TOKEN": TOKEN}
        told = oms("reconcile", "--api", desk.daemon.url, environment=environment)
        (order,) = desk.daemon.orders()
        assert (order["external"], order["price"]) == (True, "28000")
        assert order["order_id"] in told.stdout, told.stderr
