"""What goes wrong on purpose over REST: whether it took effect is what the venue shows later."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

import pytest

from oms.sim.apifiny_http.faults import AIMS
from tests.sim.apifiny_http.document_client import Venue, until

if TYPE_CHECKING:
    from tests.sim.apifiny_http.document_client import Rest

pytestmark = pytest.mark.system


def exists(rest: Rest, order_id: str) -> bool:
    body = {"accountId": rest.account, "venue": "BINANCEUS", "orderId": order_id}
    return rest.ask("order.queryOrderInfoLite", body)["error"] is None


def send(rest: Rest, order_id: str) -> tuple[int, bytes]:
    raw = json.dumps(rest.order(orderId=order_id)).encode()
    return rest.post(raw, rest.token(raw, "order.insertOrderLite"))


@pytest.mark.parametrize(("fault", "effect"), [("http-timeout-before", False), ("http-timeout-after", True)])
def test_a_time_out_says_nothing(fault: str, effect: bool) -> None:
    with Venue("--fault", f"{fault}@order.insertOrderLite=1", "--http-timeout-s", "0.05") as venue:
        rest = venue.client()
        order_id = rest.new_id()
        with pytest.raises(http.client.RemoteDisconnected):
            send(rest, order_id)
        assert exists(rest, order_id) is effect


def test_a_late_request_comes_after_its_time_out() -> None:
    fault = "http-timeout-late@order.insertOrderLite=1"
    with Venue("--fault", fault, "--http-timeout-s", "0.05") as venue:
        rest = venue.client()
        order_id = rest.new_id()
        with pytest.raises(http.client.RemoteDisconnected):
            send(rest, order_id)
        assert not exists(rest, order_id)
        until(lambda: exists(rest, order_id))


def test_a_late_request_with_an_expired_signature_comes_to_nothing() -> None:
    fault = "http-timeout-late@order.insertOrderLite=1"
    with Venue("--fault", fault, "--http-timeout-s", "0.05") as venue:
        rest = venue.client()
        lost, marker = rest.new_id(), rest.new_id()
        raw = json.dumps(rest.order(orderId=lost)).encode()
        # It would still be good now; a second later it is not.
        good_until = rest.ask("utils.currentTimeMillis")["result"] // 1000 + 1
        with pytest.raises(http.client.RemoteDisconnected):
            rest.post(raw, rest.token(raw, "order.insertOrderLite", exp=good_until))
        with pytest.raises(http.client.RemoteDisconnected):
            send(rest, marker)
        until(lambda: exists(rest, marker))
        assert not exists(rest, lost)


@pytest.mark.parametrize(("fault", "code"), [("rest-order-timeout", 327786), ("rest-cancel-timeout", 327818)])
def test_the_venue_s_own_time_out_took_effect_half_of_the_time(fault: str, code: int) -> None:
    with Venue("--fault", f"{fault}=1") as venue:
        rest = venue.client()
        outcomes = set()
        for _ in range(12):
            request = rest.order()
            order_id = request["orderId"]
            if fault == "rest-order-timeout":
                assert rest.refused("order.insertOrderLite", **request) == code
                outcomes.add(exists(rest, order_id))
            else:
                rest.insert(orderId=order_id)
                assert rest.refused("order.cancelOrderLite", venue="BINANCEUS", orderId=order_id) == code
                outcomes.add(rest.query(order_id)["orderStatus"])
        assert len(outcomes) == 2


def test_busy_and_maintenance_have_no_effect() -> None:
    faults = ("rest-busy@order.listOpenOrderLite=1", "rest-maintenance@order.insertOrderLite=1")
    with Venue(*(word for fault in faults for word in ("--fault", fault))) as venue:
        rest = venue.client()
        assert rest.refused("order.listOpenOrderLite") == 65595
        request = rest.order()
        assert rest.refused("order.insertOrderLite", **request) == 327741
        assert not exists(rest, request["orderId"])


def test_the_exchange_may_reject_a_good_order() -> None:
    with Venue("--fault", "reject=1") as venue:
        rest = venue.client()
        assert rest.query(rest.insert())["orderStatus"] == "REJECTED"


def test_a_good_cancel_may_be_refused() -> None:
    with Venue("--fault", "cancel-reject-9=1") as venue:
        rest = venue.client()
        order_id = rest.insert()
        assert rest.refused("order.cancelOrderLite", venue="BINANCEUS", orderId=order_id) == 327755
        assert rest.query(order_id)["orderStatus"] == "SUBMITTED"


def test_half_of_a_canceled_order_may_have_traded() -> None:
    with Venue("--fault", "late-fill=1") as venue:
        rest = venue.client()
        order_id = rest.insert(quantity="2")
        row = rest.cancel(order_id)
        assert (row["orderStatus"], row["filledCumulativeQuantity"]) == ("PART_FILLED", 1)
        (fill,) = rest.get("order.readerOrderDetail", venue="BINANCEUS", orderId=order_id)
        assert fill["lastFilledQuantity"] == 1


def test_a_withdrawal_that_was_taken_on_may_be_canceled() -> None:
    with Venue("--fault", "withdraw-canceled=1", "--withdraw-address", "3Nxwena") as venue:
        rest = venue.client()
        before = rest.balance("BTC")
        ticket = rest.get("asset.createWithdrawTicketLite", venue="BINANCEUS")["ticket"]
        terms = {"venue": "BINANCEUS", "coin": "BTC", "amount": 10.0021, "memo": ""}
        row = rest.get("asset.withdrawLite", **terms, address="3Nxwena", ticket=ticket)
        assert row["status"] == "SUBMITTED"
        assert rest.balance("BTC") != before
        span = {"startTimeDate": "0", "endTimeDate": str(row["logCreatedAt"] + 60_000)}

        def ended() -> str | None:
            (found,) = rest.get("asset.queryAssetActivityListLite", **span, limit="10", page="1")["records"]
            assert found["logId"] == row["logId"]
            return None if found["status"] == "SUBMITTED" else str(found["status"])

        assert until(ended) == "CANCELLED"
        assert rest.balance("BTC") == before


def test_faults_can_be_aimed_at_every_method(rest: Rest) -> None:
    methods = [name for name in AIMS if not name.startswith("md.")]
    assert len(set(methods)) == len(methods) == 21
    for name in methods:
        answer = rest.ask(name, {})
        assert answer["error"] is None or "the method is unknown" not in answer["error"]["message"]
