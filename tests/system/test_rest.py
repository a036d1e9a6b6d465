"""Apifiny over REST, and FIX helped by REST, with what goes wrong on the way: held to the venue's own record."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.desk import Desk, desk_of
from tests.contract.kinds import FIX_AND_REST, OTHER, OTHER_KEY, OTHER_SECRET, REST, Kind, Sim
from tests.sim.apifiny_http.document_client import Rest
from tests.system.harness import ACCOUNT, KEY_ID, SECRET, WAIT_S, oms, until

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
    return replace(kind, faults={"these": told})


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


def cancel_everything(desk: Desk, rounds: int = 3) -> None:
    """Cancel as a person does: once more what the daemon left to a person because so many cancels had no effect."""
    desk.daemon.http.delete(f"{desk.daemon.url}/v1/orders", timeout=WAIT_S).raise_for_status()
    for _ in range(rounds):
        until(lambda: all(map(is_left_to_a_person, open_orders(desk))), "what is open needs a person", 60)
        ended = {entry["cl_ord_id"] for entry in desk.sim.entries() if entry["event"] == "canceled"}
        for order in open_orders(desk):
            assert order["cl_ord_id"] not in ended, "the cancels had an effect"
            desk.daemon.cancel(order["client_order_id"]).raise_for_status()
    until(lambda: not open_orders(desk), "all is over", 60)


def open_orders(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.daemon.get("/v1/orders", status="open")["orders"]
    return found


def is_left_to_a_person(order: dict[str, Any]) -> bool:
    refusal = order["refusal"]
    is_given_up = refusal is not None and str(refusal["reason"]).startswith("3 cancels had no effect")
    return is_given_up and not order["pending"]


FIX_FAULTS = {
    "drop": "0.05",
    "silent": "0.05",
    "silent-lost": "0.05",
    "repeat": "0.1",
    "reorder": "0.1",
    "http-502@order.queryOrderInfoLite": "0.2",
    "http-timeout-after@order.queryOrderInfoLite": "0.1",
    "http-truncated@order.readerOrderDetail": "0.2",
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("kind", "faults"), [(REST, HTTP_FAULTS), (FIX_AND_REST, FIX_FAULTS)], ids=["rest", "fix"]
)
def test_with_every_fault_the_end_is_what_the_venue_has_on_record(
    kind: Kind, faults: dict[str, str], tmp_path: Path
) -> None:
    with desk_of(with_faults(kind, faults), tmp_path, "these") as desk:
        for story in ("resting", "taking", "partly", "halved", "best", "resting") * 4:
            answer = desk.daemon.submit(desk.new_id(), **desk.kind.terms[story])
            assert answer.status_code in (201, 202), answer.text
        until(lambda: settled(desk), "nothing is in doubt", 60)
        cancel_everything(desk)
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


def rest_of(desk: Desk) -> dict[str, Any]:
    found: dict[str, Any] = desk.daemon.session()["rest"]
    return found


def test_a_ban_is_obeyed_until_a_person_resumes_the_session(tmp_path: Path) -> None:
    kind = with_faults(REST, {"http-403@order.insertOrderLite": "1"})
    with desk_of(kind, tmp_path, "these") as desk:
        order = desk.place("resting")
        desk.logged(on=False)
        assert desk.reaches(order, "Rejected")["reason"]
        assert "HTTP 403" in rest_of(desk)["banned"]
        assert desk.place("resting")["denial"] == "NOT_LOGGED_ON"
        ready = desk.daemon.http.get(f"{desk.daemon.url}/readyz", timeout=WAIT_S)
        assert ready.status_code == 503
        asked = len([entry for entry in desk.sim.entries() if entry["event"] == "received"])
        answer = desk.daemon.http.post(f"{desk.daemon.url}/v1/sessions/main/resume", timeout=WAIT_S)
        assert answer.status_code == 200
        desk.logged(on=True)
        assert rest_of(desk)["banned"] is None
        assert len([entry for entry in desk.sim.entries() if entry["event"] == "received"]) == asked


def test_orders_given_elsewhere_are_adopted_and_can_be_canceled(tmp_path: Path) -> None:
    with desk_of(REST, tmp_path) as desk:
        elsewhere = Rest(desk.sim.ports["http"], ACCOUNT, KEY_ID, SECRET)
        resting = elsewhere.insert(venue="VENUE1")
        part = elsewhere.insert(venue="VENUE1", limitPrice="30010", quantity="3")
        found: dict[str, dict[str, Any]] = {}

        def adopted() -> bool:
            found.update({order["cl_ord_id"]: order for order in desk.daemon.orders()})
            return {resting, part} <= found.keys() and found[part]["cum_qty"] == "2"

        until(adopted, "both are adopted")
        assert all(order["external"] for order in found.values())
        assert desk.daemon.cancel(resting).status_code in (200, 202)
        until(lambda: desk.daemon.order(resting)["ord_status_name"] == "Canceled", "it is canceled")
        assert elsewhere.query(resting, "VENUE1")["orderStatus"] == "CANCELLED"


def test_what_ended_while_nobody_looked_is_found_among_the_completed_orders(tmp_path: Path) -> None:
    with desk_of(REST, tmp_path) as desk:
        order = desk.place("best")
        desk.daemon.kill()
        elsewhere = Rest(desk.sim.ports["http"], ACCOUNT, KEY_ID, SECRET)
        done = elsewhere.insert(venue="VENUE1", limitPrice="30000", quantity="1")
        assert elsewhere.query(done, "VENUE1")["orderStatus"] == "FILLED"
        elsewhere.cancel(order["cl_ord_id"], "VENUE1")
        desk.restart()
        desk.logged(on=True)
        desk.reaches(order, "Canceled", cum_qty="0")
        until(lambda: {one["cl_ord_id"] for one in desk.daemon.orders()} >= {done}, "it is adopted")
        assert desk.daemon.order(done)["cum_qty"] == "1"


def polled_seldom(sim: Sim) -> str:
    text = re.sub(r"_poll_s = [0-9.]+", "_poll_s = 600", REST.session(sim))
    assert text.count("= 600") == 3
    return text


def test_the_stream_tells_of_a_fill_without_waiting_for_a_poll(tmp_path: Path) -> None:
    with desk_of(replace(REST, session=polled_seldom), tmp_path) as desk:
        order = desk.place("best")
        desk.kind.trade(desk.sim, "SELL", "1", order["price"])
        desk.reaches(order, "Filled", cum_qty="1", gap="0")
        told = oms("explain", order["cl_ord_id"], "--journal", str(tmp_path / "journal.db"))
    assert told.returncode == 0
    assert "to the venue (main)" in told.stdout
    assert "REST     POST /gx/openApi/v1 order.insertOrderLite" in told.stdout
    assert oms("journal", "verify", str(tmp_path / "journal.db")).returncode == 0


def test_a_cancel_leaves_over_rest_while_fix_is_down(tmp_path: Path) -> None:
    with desk_of(FIX_AND_REST, tmp_path) as desk:
        order = desk.place("resting")
        until(lambda: rest_of(desk)["up"], "REST is up")
        desk.sim.relays["fix"].cut()
        desk.logged(on=False)
        desk.daemon.cancel(order["client_order_id"])
        desk.reaches(order, "Canceled", cum_qty="0", pending=[])
        assert not desk.daemon.session()["logged_on"]
        assert desk.place("resting")["denial"] == "NOT_LOGGED_ON"


def test_questions_go_over_fix_while_rest_is_down(tmp_path: Path) -> None:
    with desk_of(FIX_AND_REST, tmp_path) as desk:
        order = desk.place("resting")
        desk.sim.relays["http"].cut()
        until(lambda: not rest_of(desk)["up"], "REST is down")
        assert desk.daemon.session()["logged_on"]
        assert desk.reconciled()["unanswered"] == []
        desk.daemon.cancel(order["client_order_id"])
        desk.reaches(order, "Canceled")


def test_the_daemon_starts_without_the_venue_and_ends_with_a_request_on_its_way(tmp_path: Path) -> None:
    kind = with_faults(REST, {"http-timeout-after@order.insertOrderLite": "1"})
    kind = replace(
        kind,
        arguments=["60" if word == "0.2" else word for word in kind.arguments],
        session=lambda sim: f"{polled_seldom(sim)}stream = false\n",
    )
    with desk_of(kind, tmp_path, "these") as desk:
        desk.daemon.submit("hangs", **desk.kind.terms["resting"])
        until(lambda: any(e["event"] == "received" for e in desk.sim.entries()), "it is at the venue")
        assert desk.daemon.stop() == 0
        desk.sim.cut()
        desk.restart()
        assert not desk.daemon.session()["logged_on"]
        order = desk.daemon.order("hangs")
        assert order["in_doubt"] or order["ord_status_name"] == "New", "unless its answer was overtaken"
        desk.sim.heal()
        desk.logged(on=True)
        desk.reaches({"client_order_id": "hangs"}, "New", in_doubt=False)


def test_another_account_sees_nothing_of_ours(tmp_path: Path) -> None:
    """The venue's other account trades with us in these stories; its orders are not taken for ours."""
    with desk_of(REST, tmp_path) as desk:
        Rest(desk.sim.ports["http"], OTHER, OTHER_KEY, OTHER_SECRET).insert(venue="VENUE1")
        order = desk.place("resting")
        assert desk.reconciled()["differences"] == []
        assert [one["cl_ord_id"] for one in desk.daemon.orders()] == [order["cl_ord_id"]]
