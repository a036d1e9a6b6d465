"""The FIX log of a live run gives the same orders as its journal; and nothing secret is in any file."""

import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.system.harness import SECRET, TOKEN, Daemon, Venue, configure, oms, running, until
from tests.system.test_kill import TERMS

pytestmark = pytest.mark.system

FAULTS = (
    "repeat=0.1",
    "reorder=0.1",
    "ack-after-fill=0.3",
    "late-fill=0.3",
    "cancel-reject-9=0.2",
    "reject=0.1",
)


def traded(folder: Path, form: str, *options: str) -> list[dict[str, Any]]:
    """Trade for a while and stop in good order; gives the orders as the API has them at the end."""
    chance = random.Random(7)
    venue = Venue(folder, "--reports", form, *options)
    configure(folder, venue.port)
    with running(venue), running(daemon := Daemon(folder)):
        daemon.logged_on()
        for number in range(60):
            daemon.submit(f"t-{number}", **chance.choice(TERMS))
            if chance.random() < 0.5:
                daemon.cancel(f"t-{chance.randint(0, number)}")
        until(lambda: not any(order["pending"] for order in daemon.orders()), "everything is answered")
        at_venue = {entry["cl_ord_id"]: entry for entry in venue.entries() if "cum_qty" in entry}

        def counted() -> bool:
            return all(
                Decimal(order["cum_qty"])
                == Decimal(at_venue.get(order["cl_ord_id"], {"cum_qty": "0"})["cum_qty"])
                for order in daemon.orders()
            )

        until(counted, "every fill has arrived")
        return daemon.orders()


@pytest.mark.parametrize("form", ["documented", "full"])
@pytest.mark.parametrize("faults", [(), FAULTS], ids=["quiet", "faulty"])
def test_the_log_of_a_live_run_gives_the_same_orders(
    form: str, faults: tuple[str, ...], tmp_path: Path
) -> None:
    options = [word for fault in faults for word in ("--fault", fault)]
    orders = {order["cl_ord_id"]: order for order in traded(tmp_path, form, "--latency-ms", "0-20", *options)}
    log = tmp_path / "fix" / "main.messages.log"
    result = oms("replay", "--dialect", "apifiny", "--format", "jsonl", str(log))
    assert result.returncode == 0, [
        line for line in result.stdout.splitlines() if '"anomaly":null' not in line
    ][:3]
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    again = {row["order"]["cl_ord_id"]: row["order"] for row in rows if row["order"]}
    assert again.keys() == {known for known, order in orders.items() if order["phase"] != "DENIED"}
    for known, order in again.items():
        assert {key: orders[known][key] for key in order} == order
    assert oms("journal", "verify", str(tmp_path / "journal.db")).returncode == 0


# --- secrets --------------------------------------------------------------------------------------------------------


def test_no_secret_is_in_any_file_or_output(tmp_path: Path) -> None:
    """A whole life: refused logons, orders, errors, wrong tokens, a kill, a stop; then every byte is looked at."""
    folder = tmp_path / "desk"
    folder.mkdir()
    said = []
    venue = Venue(tmp_path, secret="a-different-secret-0123456789abcdef")
    configure(folder, venue.port, more='level = "debug"')
    with running(venue), running(daemon := Daemon(folder)):
        until(lambda: daemon.session()["reason"], "the logon is refused")
        daemon.place("refused")
    said.append(daemon.errors())
    venue = Venue(tmp_path, "--fault", "reject=0.3", port=venue.port)
    with running(venue), running(daemon := Daemon(folder)):
        daemon.logged_on()
        for number in range(10):
            daemon.place(f"o-{number}")
            daemon.cancel(f"o-{number}")
        daemon.place("o-1", price="1")
        daemon.place("odd", order_qty="many")
        daemon.place("x" * 5000)
        for headers in ({"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
            daemon.http.get(f"{daemon.url}/v1/orders", headers=headers)
        daemon.http.get(f"{daemon.url}/metrics")
        daemon.kill()
        said.append(daemon.errors())
        environment = {"OMS_TEST_SECRET": SECRET, "OMS_API": "http://127.0.0.1:1", "OMS_TOKEN": TOKEN}
        config, journal = str(folder / "oms.toml"), str(folder / "journal.db")
        commands = (("check-config", config), ("orders",), ("journal", "show", "--json", journal))
        results = [oms(*command, environment=environment) for command in commands]
        results.append(oms("run", "--config", config, environment={"OMS_TEST_SECRET": ""}))
        said += [result.stdout + result.stderr for result in results]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"journal.db", "daemon.log", "main.messages.log", "oms.toml", "tokens.toml"} <= {
        path.name for path in files
    }
    material = {str(path): path.read_bytes() for path in files} | {
        f"output {n}": text.encode() for n, text in enumerate(said)
    }
    for where, content in material.items():
        for what in (SECRET.encode(), TOKEN.encode(), b"eyJ", b"a-different-secret"):
            assert what not in content, (where, what)
    logons = [
        line
        for line in material[str(folder / "fix" / "main.messages.log")].split(b"\n")
        if b"\x0135=A\x01" in line
    ]
    assert len(logons) >= 3
    assert any(b"\x0196=**" in line for line in logons)
    for path in files:
        assert path.stat().st_mode & 0o077 == 0 or path.name == "oms.toml", f"{path} can be read by others"
    assert (folder / "fix").stat().st_mode & 0o077 == 0
