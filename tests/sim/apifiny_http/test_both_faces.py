"""One exchange with two faces: FIX and REST see the same orders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.sim.apifiny_http.document_client import WITHIN_S, Venue, read
from tests.sim.wire_client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sim.apifiny_http.document_client import Rest

pytestmark = pytest.mark.system


@pytest.fixture
def fix(venue: Venue) -> Iterator[Client]:
    with Client(venue.fix_port) as client:
        assert client.logon()[35] == "A"
        yield client


def test_an_order_over_fix_is_seen_over_rest(fix: Client, rest: Rest) -> None:
    with rest.stream() as stream:
        order_id = fix.order(price="30010", qty="3")
        assert [fix.receive()[150] for _ in range(3)] == ["0", "1", "1"]
        row = rest.query(order_id)
        assert (row["orderStatus"], row["filledCumulativeQuantity"]) == ("SUBMITTED", 2)
        told = [read(stream.recv(WITHIN_S))["payload"] for _ in range(3)]
        assert [each["orderId"] for each in told] == [order_id] * 3
    rest.cancel(order_id)
    assert fix.receive()[150] == "4"
    assert rest.refused("order.insertOrderLite", **rest.order(orderId=order_id)) == 327802


def test_fix_does_not_report_an_order_of_rest_but_answers_about_it(fix: Client, rest: Rest) -> None:
    filled = rest.insert(limitPrice="30000")
    open_one = rest.insert()
    assert fix.nothing_more()
    fix.about("H", filled)
    answer = fix.receive()
    assert (answer[11], answer[150], answer[17]) == (filled, "2", "0")
    fix.about("F", open_one)
    assert fix.receive()[150] == "4"
    assert rest.query(open_one)["orderStatus"] == "CANCELLED"
    fix.order(t11=filled)
    assert fix.receive()[150] == "8"
    assert rest.query(filled)["orderStatus"] == "FILLED"


def test_an_order_of_rest_fills_one_of_fix(fix: Client, other: Rest, rest: Rest) -> None:
    order_id = fix.order(price="29995", qty="0.5", t207="HUOBI")
    assert fix.receive()[150] == "0"
    other.insert(limitPrice="29995", quantity="0.5", orderSide="SELL", venue="HUOBI")
    assert fix.receive()[150] == "2"
    assert rest.query(order_id, "HUOBI")["orderStatus"] == "FILLED"


def test_a_rejected_order_of_fix_is_rejected_over_rest(fix: Client, rest: Rest) -> None:
    order_id = fix.order(qty="0.00001")
    assert fix.receive()[150] == "8"
    assert rest.query(order_id)["orderStatus"] == "REJECTED"


def test_the_record_has_both(tmp_path: Path) -> None:
    record = tmp_path / "record"
    with Venue("--fault", "http-403@order.cancelOrderLite=1", record=record, fix=True) as venue:
        rest = venue.client()
        order_id = rest.insert(limitPrice="30000")
        raw = json.dumps({"accountId": rest.account, "venue": "BINANCEUS", "orderId": order_id}).encode()
        assert rest.post(raw, rest.token(raw, "order.cancelOrderLite"))[0] == 403
        with Client(venue.fix_port) as client:
            client.logon()
            client.order()
            client.receive()
        assert venue.stop() == (0, "", "")
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    told = [(line["event"], line.get("over")) for line in lines]
    assert told == [
        ("received", "rest"),
        ("accepted", None),
        ("fill", None),
        ("fault", None),
        ("received", None),
        ("accepted", None),
    ]
    assert {line["cl_ord_id"] for line in lines[:4]} == {order_id}
    assert (lines[0]["msg_type"], lines[0]["price"]) == ("D", "30000")
    assert lines[3]["faults"] == ["http-403"]


@pytest.mark.parametrize(("status", "query"), [("SUSPENDED", 131162), ("RESTRICTED", None), ("OPENED", None)])
def test_an_account_may_be_kept_from_trading(status: str, query: int | None) -> None:
    with Venue("--account-status", f"STA-00000015={status}", fix=True) as venue:
        rest, other = venue.client(), venue.other()
        assert rest.get("account.queryAccountInfoLite")["accountStatus"] == status
        answer = rest.ask("order.listOpenOrderLite")
        assert (answer["error"] and answer["error"]["code"]) == query
        assert rest.ask("utils.listVenueInfoLite")["error"] is None
        other.insert()
        with Client(venue.fix_port) as client:
            client.logon()
            client.order()
            if status == "OPENED":
                rest.insert()
                assert client.receive()[150] == "0"
                return
            assert rest.refused("order.insertOrderLite", **rest.order()) == 131162
            assert rest.refused("order.cancelOrderLite", venue="BINANCEUS", orderId="x") == 131162
            refusal = client.receive()
            assert (refusal[35], refusal.get(150)) == (("j", None) if query else ("8", "8"))
            assert refusal[58] == "Account status doesn't satisfy request, please verify account status."


def test_a_venue_may_be_in_maintenance() -> None:
    with Venue("--venue-status", "HUOBI=MAINTENANCE", fix=True) as venue:
        rest = venue.client()
        assert {"exchange": "HUOBI", "status": "disabled"} in rest.get("utils.listVenueInfoLite")
        assert rest.get("utils.listSymbolInfoLite", venue="HUOBI")[0]["status"] == "disabled"
        assert rest.refused("order.insertOrderLite", **rest.order(venue="HUOBI")) == 327741
        rest.insert()
        with Client(venue.fix_port) as client:
            client.logon()
            client.order(t207="HUOBI")
            refusal = client.receive()
            assert (refusal[150], refusal[58][:21]) == ("8", "This exchange is curr")
            client.order(t207="KUCOIN")
            assert client.receive()[150] == "0"
