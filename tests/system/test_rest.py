"""Apifiny over REST, and FIX helped by REST, with everything that goes wrong on the way: against the venue's own record."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.desk import Desk, desk_of
from tests.contract.kinds import FIX_AND_REST, OTHER, OTHER_KEY, OTHER_SECRET, REST, Kind
from tests.sim.apifiny_http.document_client import Rest
from tests.system.harness import ACCOUNT, KEY_ID, SECRET, WAIT_S, until

pytestmark = pytest.mark.system

HTTP_FAULTS = {
    "http-timeout-before": "0.06",
    "http-timeout-after": "0.06",
    "http-502": "0.06",
    "http-truncated": "0.06",
    "rest-order-timeout": "0.1",
    "rest-cancel-timeout": "0.1",
    "rest-pending": "0.2",
    "rest-busy": "0.05",
    "ws-drop": "0.1",
    "ws-repeat": "0.2",
    "ws-reorder": "0.2",
}


def with_faults(kind: Kind, faults: dict[str, str]) -> Kind:
    told = [word for name, rate in faults.items() for word in ("--fault", f"{name}={rate}")]
    fields = {name: getattr(kind, name) for name in kind.__dataclass_fields__}
    return Kind(**{**fields, "faults": {"these": told}})


def venue_orders(desk: Desk) -> dict[str, dict[str, Any]]:
    """Give our orders as the venue's record has them: what was executed of each, and whether it ended."""
    orders: dict[str, dict[str, Any]] = {}
    for entry in desk.sim.entries():
        if entry.get("account") != ACCOUNT:
            continue
        if entry["event"] == "accepted":
            assert entry["cl_ord_id"] not in orders, "no order twice"
            orders[entry["cl_ord_id"]] = {"cum_qty": Decimal(0), "notional": Decimal(0)}
        elif entry["event"] == "fill":
            shares, price = Decimal(entry["last_qty"]), Decimal(entry["last_px"])
            orders[entry["cl_ord_id"]]["cum_qty"] += shares
            orders[entry["cl_ord_id"]]["notional"] += shares * price
    return orders


def settled(desk: Desk) -> bool:
    return all(not order["in_doubt"] and not order["pending"] for order in desk.daemon.orders())


def test_with_every_fault_the_end_is_what_the_venue_has_on_record(tmp_path: Path) -> None:
    with desk_of(with_faults(REST, HTTP_FAULTS), tmp_path, "these") as desk:
        for story in ("resting", "taking", "partly", "halved", "best", "resting") * 4:
            answer = desk.daemon.submit(desk.new_id(), **desk.kind.terms[story])
            assert answer.status_code in (201, 202), answer.text
        until(lambda: settled(desk), "nothing is in doubt", 60)
        desk.daemon.http.delete(f"{desk.daemon.url}/v1/orders", timeout=WAIT_S)
        until(lambda: not desk.daemon.get("/v1/orders", status="open")["orders"], "all is over", 60)
        theirs, ours = venue_orders(desk), desk.daemon.orders()
        mine = {order["cl_ord_id"]: order for order in ours if order["phase"] not in ("REJECTED", "DENIED")}
        assert mine.keys() == theirs.keys()
        until(
            lambda: not any(Decimal(order["gap"]) for order in desk.daemon.orders()), "no fill is missing", 60
        )
        for order in desk.daemon.orders():
            if order["cl_ord_id"] in theirs:
                assert Decimal(order["cum_qty"]) == theirs[order["cl_ord_id"]]["cum_qty"], order
    text = (tmp_path / "daemon.log").read_text(encoding="utf-8") + "".join(
        path.read_bytes().decode("utf-8", "replace") for path in tmp_path.glob("journal.db*")
    )
    assert SECRET not in text
    assert "eyJ" not in text, "no token"
