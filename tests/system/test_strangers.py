"""What somebody else places for the same account: a person who asks sees it, and a cancel of all finds it."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.contract.desk import Desk, desk_of
from tests.contract.kinds import Kind
from tests.contract.kinds_marked import MARKED
from tests.system.harness import TOKEN, oms, until

pytestmark = pytest.mark.system


def seldom(kind: Kind, more: str = "") -> Kind:
    """Have the other key trade for the desk's account, and the desk hardly ever look by itself."""
    return replace(
        kind,
        arguments=[word.replace("@other", "@desk") for word in kind.arguments],
        session=lambda sim: kind.session(sim).replace("poll_s = 0.4", "poll_s = 600") + more,
    )


@pytest.mark.parametrize("kind", MARKED, ids=lambda kind: kind.name)
def test_a_comparison_shows_it(kind: Kind, tmp_path: Path) -> None:
    with desk_of(seldom(kind), tmp_path) as desk:
        desk.reconciled()  # the one of the start is over as well
        kind.trade(desk.sim, "BUY", "1", "28000")
        assert desk.daemon.orders() == []
        environment = {"OMS_TOKEN": TOKEN}
        told = oms("reconcile", "--api", desk.daemon.url, environment=environment)
        (order,) = desk.daemon.orders()
        assert (order["external"], order["price"]) == (True, "28000")
        assert order["order_id"] in told.stdout, told.stderr


def cancel_all(desk: Desk) -> str:
    """Run `oms order cancel --all` to its end, and give what it says."""
    arguments = ("order", "cancel", "--all", "--timeout-s", "25", "--api", desk.daemon.url)
    done = oms(*arguments, environment={"OMS_TOKEN": TOKEN})
    assert done.returncode == 0, done.stderr
    return done.stderr


def start_again(desk: Desk) -> None:
    """Kill the daemon, and start it again at the same address."""
    desk.daemon.kill()
    file = desk.folder / "oms.toml"
    port = desk.daemon.url.rpartition(":")[2]
    before, api, after = file.read_text(encoding="utf-8").partition("[api]")
    file.write_text(
        before + api + re.sub("port = [0-9]+", f"port = {port}", after, count=1), encoding="utf-8"
    )
    desk.restart()


@pytest.mark.parametrize("kind", MARKED, ids=lambda kind: kind.name)
def test_a_cancel_of_all_finds_it_though_the_daemon_begins_anew_meanwhile(kind: Kind, tmp_path: Path) -> None:
    with desk_of(seldom(kind), tmp_path) as desk:
        mine = desk.place("resting")["client_order_id"]
        for number in range(3):
            kind.trade(desk.sim, "BUY", "1", str(28000 + number))

        def ours() -> dict[str, Any]:
            return desk.daemon.order(mine)

        with ThreadPoolExecutor() as others:
            said = others.submit(cancel_all, desk)
            until(
                lambda: ours()["phase"] == "CANCELED",
                "the end of ours, long after what was asked was answered",
            )
            start_again(desk)
            assert "nothing is open any more" in said.result()
        orders = desk.daemon.orders()
        assert sorted((order["external"], order["phase"]) for order in orders) == [
            (False, "CANCELED"),
            *[(True, "CANCELED")] * 3,
        ]


@pytest.mark.parametrize("kind", MARKED, ids=lambda kind: kind.name)
def test_where_it_is_to_be_ignored_a_cancel_of_all_says_that_it_stays(kind: Kind, tmp_path: Path) -> None:
    with desk_of(seldom(kind, 'external_orders = "ignore"\n'), tmp_path) as desk:
        desk.place("resting")
        kind.trade(desk.sim, "BUY", "1", "28000")
        said = cancel_all(desk)
        assert "1 order asked to go, and nothing of ours is open any more" in said
        assert "orders of others stay at main" in said
        assert sum(entry["event"] == "canceled" for entry in desk.sim.entries()) == 1
