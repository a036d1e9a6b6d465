"""The same day on every kind of venue, with faults on: in the end all agree with their venue, and with each other."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.day import Day
from tests.contract.desk import desk_of
from tests.contract.kinds import BUY_FOR_CASH, FIX_AND_REST, OTHER, REST, Kind
from tests.contract.kinds_marked import CLOUD, WEEX
from tests.contract.person import Words
from tests.system.harness import ACCOUNT, SECRET, oms

if TYPE_CHECKING:
    import subprocess

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(400)]

APIFINY = Words(
    symbol="BTCUSDT",
    accounts=(ACCOUNT, OTHER),
    exchange="VENUE1",
    market_exchange="HUOBI",
    market_buy=BUY_FOR_CASH,
    market_sell={"order_qty": "2"},
)
WORDS: Mapping[str, Words] = {
    "apifiny-fix": APIFINY,
    "apifiny-rest": APIFINY,
    "weex": Words(
        symbol="btc_usd",
        accounts=("desk", "other"),
        instead=("TIME_IN_FORCE", {"order_qty": "2"}),
        market_buy={"order_qty": "2.4993", "price": "30020"},
        market_sell={"order_qty": "2", "price": "29980"},
    ),
    "cloud": Words(
        symbol="btcusdt",
        accounts=("100009", "100019"),  # as the simulated exchange numbers the accounts
        market_buy=BUY_FOR_CASH,
        market_sell={"order_qty": "2"},
    ),
}
HTTP = {  # a request in ten fails: an order of WEEX needs four that do not
    "http-timeout-before": "0.02",
    "http-timeout-after": "0.02",
    "http-timeout-late": "0.01",
    "http-502": "0.02",
    "http-truncated": "0.02",
    "http-slow": "0.02",
}
APIFINY_HTTP = {
    **HTTP,
    "http-403@order.insertOrderLite": "0.02",
    "rest-busy": "0.02",
    "rest-maintenance": "0.02",
    "rest-order-timeout": "0.05",
    "rest-cancel-timeout": "0.05",
    "rest-pending": "0.1",
    "ws-drop": "0.05",
    "ws-repeat": "0.1",
    "ws-reorder": "0.1",
    "reject": "0.05",
    "late-fill": "0.1",
    "cancel-reject-9": "0.05",
}
FAULTS: Mapping[str, Mapping[str, str]] = {
    "apifiny-fix": {
        **APIFINY_HTTP,
        "drop": "0.05",
        "silent": "0.05",
        "silent-lost": "0.05",
        "ack-after-fill": "0.1",
        "cancel-reject-3": "0.03",
        "cancel-reject-j": "0.03",
        "cancel-reject-8": "0.03",
        "delay": "0.05",
        "repeat": "0.1",
        "reorder": "0.1",
    },
    "apifiny-rest": APIFINY_HTTP,
    "weex": {
        **HTTP,
        "http-403@Trade": "0.02",
        "http-text": "0.01",
        "http-text-after": "0.01",
        "http-reject": "0.01",
    },
    "cloud": {
        **HTTP,
        "http-403@place": "0.02",
        "slow-submit": "0.1",
        "reject": "0.05",
        "system-error": "0.05",
        "slow-cancel": "0.1",
        "cancel-reject": "0.05",
        "late-fill": "0.1",
        "lost-race": "0.05",
    },
}
MOST_DROPS = 5  # each with a chance of one in twenty
ROUNDED = Decimal("1e-9")  # averages have 12 decimals, and parts of an order are realised one by one


def with_faults(kind: Kind, seed: int) -> Kind:
    told = [word for name, rate in FAULTS[kind.name].items() for word in ("--fault", f"{name}={rate}")]
    return replace(kind, faults={"all": [*told, "--seed", str(seed)]})


def day_of(kind: Kind, folder: Path, seed: int) -> dict[str, Decimal]:
    """Trade for a day, and hold the end to the venue's record; give the position."""
    folder.mkdir()
    with desk_of(with_faults(kind, seed), folder, "all") as desk:
        day = Day(desk, WORDS[kind.name])
        day.trade()
        agreed(day)
        found = position(day)
        assert alike(found, day.venue.position()), (found, day.venue.position())
        assert_on_record(day)
    assert oms("journal", "verify", str(folder / "journal.db")).returncode == 0
    assert SECRET not in (folder / "daemon.log").read_text(encoding="utf-8")
    return found


def asked(day: Day) -> "subprocess.CompletedProcess[str]":
    """Run `oms reconcile` once the desk can trade."""
    day.able()
    return day.said("reconcile", "--json")


def agreed(day: Day) -> None:
    """Have `oms reconcile` say that nothing differs; where the connection drops meanwhile, once it is back."""
    said = asked(day)
    for _ in range(MOST_DROPS):
        if all(session["logged_on"] for session in json.loads(said.stdout)["sessions"]):
            break
        said = asked(day)
    assert said.returncode == 0, said.stdout + said.stderr
    assert json.loads(said.stdout)["agreed"] is True


def position(day: Day) -> dict[str, Decimal]:
    """Read `oms positions`."""
    said = day.said("positions", "--json")
    (row,) = json.loads(said.stdout)["positions"]
    assert (row["symbol"], row["unpriced"]) == (day.words.symbol, 0)
    return {name: Decimal(row[name]) for name in ("qty", "bought", "sold", "avg_cost", "realised_pnl")}


def alike(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> bool:
    return all(abs(one[name] - value) < ROUNDED for name, value in other.items())


def assert_on_record(day: Day) -> None:
    """No order twice, none lost, none made up, every fill once."""
    orders: list[dict[str, Any]] = day.desk.daemon.orders()
    assert [order["client_order_id"] for order in orders if order["external"]] == []
    assert [order["client_order_id"] for order in orders if order["in_doubt"] or order["pending"]] == []
    theirs = day.venue.orders()
    legs = Decimal(0)
    for order in orders:
        name, cum_qty = order[day.desk.kind.named_by], Decimal(order["cum_qty"])
        if order["client_order_id"] in day.changed:
            legs += cum_qty
        elif name in theirs:
            assert theirs.pop(name).cum_qty == cum_qty, order
        else:
            assert (order["ord_status_name"], order["cum_qty"]) == ("Rejected", "0"), order
    left = sum((order.cum_qty for order in theirs.values()), Decimal(0))
    assert left == legs, f"the rest are the legs of what was replaced: {theirs}"


def test_the_same_day_ends_agreed_and_with_the_same_position_everywhere(tmp_path: Path) -> None:
    kinds = (FIX_AND_REST, REST, WEEX, CLOUD)
    with ThreadPoolExecutor(len(kinds)) as at_once:
        days = {kind.name: at_once.submit(day_of, kind, tmp_path / kind.name, 1) for kind in kinds}
    positions = {name: day.result() for name, day in days.items()}
    first = positions["weex"]
    assert first["qty"] == Decimal("9.9993")
    assert all(alike(found, first) for found in positions.values()), positions
