"""What Apifiny's answers become: held to the document's own samples, changed where a story needs it."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from oms.core.errors import OutcomeUnknown, VenueUnavailable
from oms.core.messages import CancelOrder, ExecutionReport, NewOrder, OrderSnapshot, StatusRequest
from oms.core.order import Order
from oms.rest.adapter import Told
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.venue import ApifinyAdapter, Whose
from oms.rest.line import Line
from tests.rest.apifiny.samples import ANSWERS, DETAIL, ORDER
from tests.rest.apifiny.venue import (
    CREDENTIALS,
    ORDER_ID,
    SECRET,
    Answer,
    Request,
    Venue,
    error,
    result,
    sample,
)

NEW = NewOrder(
    cl_ord_id=ORDER_ID,
    symbol="BTCUSD",
    side="1",
    ord_type="2",
    order_qty=Decimal("1.12"),
    price=Decimal(100),
    time_in_force="1",
    exchange="VENUE1",
)
CANCEL = CancelOrder(
    cl_ord_id=ORDER_ID, orig_cl_ord_id=ORDER_ID, symbol="BTCUSD", side="1", exchange="VENUE1"
)
STATUS = StatusRequest(cl_ord_id=ORDER_ID, symbol="BTCUSD", side="1", exchange="VENUE1")


def row(text: str = ORDER, **changes: Any) -> dict[str, Any]:
    return {**json.loads(text), **changes}


def answering(**answers: Any) -> Callable[[Request], Answer]:
    """Answer methods (by their last word) with rows, or with a list of them one after the other; else the samples."""

    def answer(request: Request) -> Answer:
        name = request.name.rpartition(".")[2]
        if name not in answers:
            return sample(request)
        given = answers[name]
        if isinstance(given, list) and given and isinstance(given[0], tuple):
            given = given.pop(0)[0] if len(given) > 1 else given[0][0]
        return given if isinstance(given, tuple) else result(json.dumps(given))

    return answer


class Desk:
    """An adapter that asks a venue, and the orders that are ours."""

    def __init__(self, venue: Venue, *, names_orders: bool = True) -> None:
        self.orders: dict[str, Order] = {}
        line = Line(venue.url, read_timeout_s=5, secrets=[SECRET])
        self.left: list[str] = []
        line.begin("", self.left.append)
        whose = Whose(session="rest", find=self.orders.get, names_orders=names_orders)
        self.adapter = ApifinyAdapter(ApifinyClient(CREDENTIALS, line), line, whose)

    def know(self, cl_ord_id: str = ORDER_ID, session: str = "rest", **fields: Any) -> Order:
        order = Order(
            number=1, session=session, symbol="BTCUSD", side="1", cl_ord_id=cl_ord_id, created_ns=0, **fields
        )
        self.orders[cl_ord_id] = order
        return order


def state_of(told: Told) -> ExecutionReport:
    assert isinstance(told.report, OrderSnapshot)
    return told.report.report


def test_an_order_leaves_as_the_document_has_it_and_is_only_pending_then() -> None:
    with Venue() as venue:
        desk = Desk(venue)
        told = desk.adapter.place(NEW)
    state = state_of(told)
    assert (state.cl_ord_id, state.order_id, state.ord_status, state.cum_qty) == (ORDER_ID, ORDER_ID, "A", 0)
    assert [request.name for request in venue.requests] == ["order.insertOrderLite"]
    (left,) = desk.left
    assert left.startswith("POST /gx/openApi/v1 order.insertOrderLite {")
    assert json.loads(left.partition("insertOrderLite ")[2]) == venue.requests[0].body


def test_what_the_venue_cannot_do_does_not_leave() -> None:
    market_buy = NewOrder(cl_ord_id=ORDER_ID, symbol="BTCUSD", side="1", ord_type="1", exchange="VENUE1")
    with Venue() as venue:
        desk = Desk(venue)
        with pytest.raises(VenueUnavailable, match="nothing was sent"):
            desk.adapter.place(market_buy)
        with pytest.raises(VenueUnavailable, match="exchange"):
            desk.adapter.query(StatusRequest(cl_ord_id=ORDER_ID, symbol="BTCUSD", side="1"))
    assert venue.requests == []
    assert desk.left == []


def test_an_order_that_was_executed_at_once_is_told_with_its_fills() -> None:
    done = row(orderStatus="FILLED", filledCumulativeQuantity=0.01, openQuantity=0, quantity=0.01)
    with Venue(answering(insertOrderLite=done)) as venue:
        told = Desk(venue).adapter.place(NEW)
    assert isinstance(told.report, OrderSnapshot)
    (fill,) = told.report.fills
    assert (fill.shares, fill.price, fill.fee, fill.fee_currency) == (
        Decimal("0.01"),
        9000,
        Decimal("0.045"),
        "USD",
    )
    assert (state_of(told).ord_status, state_of(told).cum_qty, told.report.all_fills) == (
        "2",
        Decimal("0.01"),
        True,
    )


def test_an_order_that_was_taken_is_told_although_its_fills_cannot_be_had() -> None:
    done = row(orderStatus="SUBMITTED", filledCumulativeQuantity=0.01)
    with Venue(answering(insertOrderLite=done, readerOrderDetail=(200, b"nonsense"))) as venue:
        told = Desk(venue).adapter.place(NEW)
    assert (state_of(told).ord_status, state_of(told).cum_qty) == ("1", Decimal("0.01"))


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"orderStatus": "SUBMITTED"}, "0"),
        ({"orderStatus": "SUBMITTED", "cancelledUpdatedAt": 1584603012165}, "6"),
        ({"orderStatus": "CANCELLED", "cancelledUpdatedAt": 1584603012165, "openQuantity": 0}, "4"),
        ({"orderStatus": "PART_FILLED", "openQuantity": 0}, "4"),
        ({"orderStatus": "REJECTED"}, "8"),
    ],
)
def test_what_a_cancel_is_answered(changes: dict[str, Any], status: str) -> None:
    with Venue(answering(cancelOrderLite=row(**changes))) as venue:
        (told,) = Desk(venue).adapter.cancel([CANCEL])
    assert isinstance(told, Told)
    assert state_of(told).ord_status == status
    assert state_of(told).ord_rej_reason == ("0" if status == "8" else None), (
        "8 is of the order, not of its id"
    )


def test_an_order_that_the_venue_does_not_have_is_unknown_and_not_refused() -> None:
    with Venue(
        answering(queryOrderInfoLite=error(327738, "Order doesn't exist, please change order ID."))
    ) as venue:
        told = Desk(venue).adapter.query(STATUS)
    report = told.report
    assert isinstance(report, ExecutionReport)
    assert (report.exec_type, report.ord_status, report.exec_trans_type) == ("8", "8", "3")
    assert (report.ord_rej_reason, report.cl_ord_id) == ("5", ORDER_ID)
    assert "327738" in told.raw


def test_the_total_is_never_older_than_the_fills() -> None:
    """A fill between the two questions makes them differ: then the state is asked for once more."""
    first = row(orderStatus="SUBMITTED", filledCumulativeQuantity=0.005, openQuantity=0.005, quantity=0.01)
    then = row(orderStatus="FILLED", filledCumulativeQuantity=0.01, openQuantity=0, quantity=0.01)
    with Venue(answering(queryOrderInfoLite=[(first,), (then,)])) as venue:
        told = Desk(venue).adapter.query(STATUS)
    assert isinstance(told.report, OrderSnapshot)
    assert (state_of(told).cum_qty, told.report.all_fills) == (Decimal("0.01"), True)
    assert [request.name.rpartition(".")[2] for request in venue.requests] == [
        "queryOrderInfoLite",
        "readerOrderDetail",
        "queryOrderInfoLite",
    ]


def test_beside_fix_the_order_keeps_the_id_that_fix_gave_it() -> None:
    with Venue() as venue:
        desk = Desk(venue, names_orders=False)
        assert state_of(desk.adapter.query(STATUS)).order_id == ORDER_ID, "nobody knows it: it can be adopted"
        desk.know()
        assert state_of(desk.adapter.query(STATUS)).order_id is None


def test_a_poll_asks_for_all_at_once_and_for_fills_where_something_changed() -> None:
    part = row(orderStatus="SUBMITTED", filledCumulativeQuantity=0.01)
    with Venue(answering(listOrderInfoLite=[part])) as venue:
        desk = Desk(venue)
        order = desk.know()
        tolds = [list(desk.adapter.poll([order])) for _ in range(3)]
    assert tolds[0] == tolds[1] == tolds[2]
    names = [request.name.rpartition(".")[2] for request in venue.requests]
    assert names.count("listOrderInfoLite") == 3
    assert names.count("readerOrderDetail") == 1


def test_nothing_is_asked_about_no_orders() -> None:
    with Venue() as venue:
        assert list(Desk(venue).adapter.poll([])) == []
    assert venue.requests == []


def test_catching_up_tells_what_is_not_known_or_stands_otherwise() -> None:
    names = [f"0000000115846030119422{n:02}" for n in range(1, 6)]
    unknown, ours, others, agreed, ended = names
    done: dict[str, Any] = {
        "orderStatus": "FILLED",
        "filledCumulativeQuantity": 0.01,
        "openQuantity": 0,
        "quantity": 0.01,
    }
    rows = [row(orderId=name, orderStatus="SUBMITTED") for name in (unknown, ours, others)]
    completed = [row(orderId=name, **done) for name in (agreed, ended)]

    def details(request: Request) -> Answer:
        if request.name.endswith("readerOrderDetail"):
            return result(json.dumps([row(DETAIL, orderId=request.body["orderId"])]))
        return answering(listOpenOrderLite=rows, listCompletedOrderLite=completed)(request)

    with Venue(details) as venue:
        desk = Desk(venue)
        desk.know(ours)
        desk.know(others, session="another")
        full: dict[str, Any] = {
            "order_qty": Decimal("0.01"),
            "reported_cum": Decimal("0.01"),
            "cum_qty": Decimal("0.01"),
        }
        desk.know(agreed, **full)
        desk.know(ended, order_qty=Decimal("0.01"))
        told = {state_of(one).cl_ord_id for one in desk.adapter.catch_up()}
    assert told == {unknown, ours, ended}


def test_beside_fix_an_order_that_fix_has_not_numbered_is_left_to_fix() -> None:
    with Venue(answering(listOpenOrderLite=[row()], listCompletedOrderLite=[])) as venue:
        desk = Desk(venue, names_orders=False)
        desk.know()
        assert list(desk.adapter.catch_up()) == []
        desk.know(order_id="O1")
        assert len(list(desk.adapter.catch_up())) == 1


def test_after_the_first_time_only_what_ended_since_is_asked_for() -> None:
    with Venue(answering(listOpenOrderLite=[], listCompletedOrderLite=[])) as venue:
        desk = Desk(venue)
        for _ in range(2):
            assert list(desk.adapter.catch_up()) == []
    first, second = (r.body for r in venue.requests if r.name == "order.listCompletedOrderLite")
    assert first["endTime"] - first["startTime"] > 47 * 3_600_000
    assert second["endTime"] - second["startTime"] < 10 * 60_000


def test_an_answer_that_cannot_be_read_leaves_the_order_in_doubt() -> None:
    other = ANSWERS["order.insertOrderLite"].replace(ORDER_ID, "1")
    with Venue(answering(insertOrderLite=json.loads(other))) as venue, pytest.raises(OutcomeUnknown):
        Desk(venue).adapter.place(NEW)
