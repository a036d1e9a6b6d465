"""Rows of Apifiny that cannot be read: told once, with no session down, and with no other order taken along."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from oms.core import inputs
from oms.core.messages import OrderSnapshot
from oms.core.order import Order
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.unread import UnreadRows
from oms.rest.apifiny.venue import ApifinyAdapter, Whose
from oms.rest.contact import Habit, Outlet
from oms.rest.line import Line
from oms.rest.venue import RestVenue
from tests.rest.apifiny.samples import ANSWERS, ORDER
from tests.rest.apifiny.venue import CREDENTIALS, ORDER_ID, SECRET, Answer, Request, Venue, result, sample
from tests.rest.test_venue import PACE, WITHIN_S, Desk
from tests.rest.test_venue_apifiny import STATUS, row

GOOD, BAD = (f"0000000115846030119422{n}" for n in (31, 32))
UNREADABLE: dict[str, dict[str, Any]] = {
    "no time": {"createdAt": None},
    "a word for a number": {"filledCumulativeQuantity": "much"},
    "no time of this calendar": {"updatedAt": 10**18},
    "no number to reckon with": {"quantity": "1e999"},
}
LISTS = ("order.listOpenOrderLite", "order.listOrderInfoLite")


class Script:
    """Answers lists of orders with a good and a bad row, and a question about the bad one by itself."""

    def __init__(self, rows: str, one: str) -> None:
        self.rows = rows
        self.one = one
        self.polls = 0

    def __call__(self, request: Request) -> Answer:
        if request.name == "utils.currentTimeMillis":
            return result(str(request.claims["exp"] * 1000 - 86_400_000))
        if request.name == "order.listCompletedOrderLite":
            return result("[]")
        if request.name in LISTS:
            self.polls += request.name == "order.listOrderInfoLite"
            return result(self.rows)
        if request.name == "order.queryOrderInfoLite":
            return result(self.one)
        return sample(request)


def listed(changes: dict[str, Any]) -> str:
    good, bad = row(orderId=GOOD, orderStatus="SUBMITTED"), {**row(orderId=BAD), **changes}
    return json.dumps([bad, {**good, "note": SECRET}])


@contextmanager
def trading(script: Script, desk: Desk) -> Iterator[RestVenue]:
    orders = [
        Order(number=n, session="rest", symbol="BTCUSD", side="1", cl_ord_id=name, created_ns=0)
        for n, name in enumerate((GOOD, BAD), 1)
    ]
    desk.orders = orders
    find = {order.cl_ord_id: order for order in orders}.get
    with Venue(script) as venue:
        line = Line(venue.url, read_timeout_s=5, secrets=[SECRET])
        client = ApifinyClient(CREDENTIALS, line)
        client.on_unread(UnreadRows(lambda text: desk.sink(inputs.Alert(code="UNREADABLE", text=text))))
        adapter = ApifinyAdapter(client, line, Whose(session="rest", find=find))
        outlet = Outlet(sink=desk.sink, open_orders=lambda: desk.orders)
        trader = RestVenue("rest", [adapter], outlet, Habit(pace=PACE, probe_s=0.05, quiet_s=0.0))
        trader.start()
        try:
            yield trader
        finally:
            assert trader.stop(WITHIN_S)


@pytest.mark.parametrize("changes", UNREADABLE.values(), ids=UNREADABLE)
def test_a_row_takes_neither_the_session_nor_the_other_rows_with_it(changes: dict[str, Any]) -> None:
    desk, script = Desk(), Script(listed(changes), json.dumps({**row(orderId=ORDER_ID), **changes}))
    with trading(script, desk) as trader:
        shown = desk.await_(inputs.Received)
        for number in range(1, 9):
            trader.send(STATUS, order=1, request=number)
        unanswered = desk.await_(inputs.Unanswered, 8)
        trader.refresh()
        assert trader.seen.up
    assert {told.report.report.cl_ord_id for told in shown if isinstance(told.report, OrderSnapshot)} == {
        GOOD
    }
    assert all("order.queryOrderInfoLite" in told.reason for told in unanswered)
    downs = desk.of(inputs.SessionDown)
    assert [down.reason for down in downs] == ["we stopped"]
    alerts = [alert.text for alert in desk.of(inputs.Alert)]
    assert len([text for text in alerts if "order.queryOrderInfoLite" in text and ORDER_ID in text]) == 1
    assert len([text for text in alerts if "order.listOpenOrderLite" in text and BAD in text]) == 1
    assert not any(SECRET in text for text in alerts)


@pytest.mark.parametrize("rows", ["null", "{}", '"none"'])
def test_a_list_that_cannot_be_read_leaves_the_session_as_it_is(rows: str) -> None:
    desk, script = Desk(), Script(rows, ORDER)
    with trading(script, desk) as trader:
        desk.await_(inputs.SessionUp)
        for number in range(1, 7):
            trader.send(STATUS, order=1, request=number)
        desk.await_(inputs.Received, 6)
        desk.await_(inputs.Alert, 2)
        assert trader.seen.up
        assert trader.seen.comparing, "the lists are still to be compared"
    assert len(desk.of(inputs.SessionDown)) == 1
    assert sorted(alert.code for alert in desk.of(inputs.Alert)) == ["NOT_COMPARED", "UNREADABLE"]


def test_fills_that_cannot_be_read_leave_the_order_s_state_to_be_told() -> None:
    state = row(orderId=GOOD, orderStatus="SUBMITTED", filledCumulativeQuantity=0.01)

    def answer(request: Request) -> Answer:
        if request.name == "order.listOrderInfoLite":
            return result(json.dumps([state, row(orderId=BAD)]))
        if request.name == "order.readerOrderDetail":
            return result("null")
        return sample(request)

    with Venue(answer) as venue:
        client = ApifinyClient(CREDENTIALS, line := Line(venue.url, secrets=[SECRET]))
        adapter = ApifinyAdapter(client, line, Whose(session="rest", find=lambda _id: None))
        orders = [
            Order(number=1, session="rest", symbol="BTCUSD", side="1", cl_ord_id=name, created_ns=0)
            for name in (GOOD, BAD)
        ]
        told = list(adapter.poll(orders))
    assert [one.state.cl_ord_id for one in told] == [GOOD, BAD]
    assert isinstance(told[0].report, OrderSnapshot)
    assert not told[0].report.all_fills


def test_a_full_answer_with_a_row_that_cannot_be_read_is_still_full() -> None:
    now_ms = 1_700_000_000_000
    orders = {f"{number:024d}": now_ms - 40_000 + number * 20 for number in range(1000)}

    def answer(request: Request) -> Answer:
        start, end, limit = (request.body[key] for key in ("startTime", "endTime", "limit"))
        rows = [json.dumps(row(orderId=each)) for each, at in orders.items() if start <= at < end]
        rows[:1] = [ANSWERS["order.insertOrderLite"].replace("orderStatus", "x")] if rows else []
        return result("[" + ",".join(rows[:limit]) + "]")

    unread: list[str] = []
    with Venue(answer) as venue, venue.client(now_ns=lambda: now_ms * 1_000_000) as client:
        client.on_unread(UnreadRows(unread.append))
        found = client.orders.completed_orders((now_ms - 40_000, now_ms))
    assert len({order.order_id for order in found}) > 990, "none is missing but those that cannot be read"
    assert len(unread) == 1
