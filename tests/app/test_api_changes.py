"""Changes of orders over HTTP: replaced by name or denied by name, canceled together, resolved by a person."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from oms.app.api_wait import replace_has_outcome
from oms.core.inputs import CancelAll, Replace, Resolve
from tests.app.fake_desk import ORDER, FakeDesk, calling, serving


@pytest.fixture
def desk() -> FakeDesk:
    desk = FakeDesk()
    desk.auto_ack = True
    return desk


@pytest.fixture
def api(desk: FakeDesk) -> Iterator[httpx.Client]:
    with serving(desk) as url, calling(url) as client:
        yield client


@pytest.fixture
def working(api: httpx.Client) -> httpx.Client:
    assert api.post("/v1/orders", json=ORDER).status_code == 201
    return api


def error_of(response: httpx.Response) -> dict[str, Any]:
    error: dict[str, Any] = response.json()["error"]
    return error


# --- replaces


def test_a_replace_is_on_its_way(desk: FakeDesk, working: httpx.Client) -> None:
    response = working.patch("/v1/orders/a", json={"order_qty": "2.50", "price": "101"})
    assert response.status_code == 202
    (pending,) = response.json()["pending"]
    assert (pending["kind"], pending["order_qty"], pending["price"]) == ("replace", "2.5", "101")
    assert response.json()["order_qty"] == "1.5"
    command = desk.commands[-1]
    assert isinstance(command, Replace)
    assert command.actor == "both"
    assert str(command.origin).startswith("127.0.0.1:")


@pytest.mark.parametrize(("terms", "kept"), [({"price": "101"}, "1.5"), ({"order_qty": "3"}, "100")])
def test_what_is_left_out_stays(working: httpx.Client, terms: dict[str, str], kept: str) -> None:
    (pending,) = working.patch("/v1/orders/V1", json=terms).json()["pending"]
    assert kept in (pending["order_qty"], pending["price"])
    assert terms.items() <= pending.items()


def test_a_replace_that_is_waited_for(desk: FakeDesk, working: httpx.Client) -> None:
    late = working.patch("/v1/orders/a?wait=ack&timeout_s=0.1", json={"price": "101"})
    assert late.status_code == 202
    desk.replace()
    order = working.get("/v1/orders/a").json()
    assert (order["pending"], order["price"]) == ([], "101")
    desk.after_command(desk.replace, 0.2)
    done = working.patch("/v1/orders/a?wait=ack", json={"price": "102"})
    assert (done.status_code, done.json()["price"], done.json()["refusal"]) == (200, "102", None)


def test_waiting_ends_with_doubt(desk: FakeDesk, working: httpx.Client) -> None:
    desk.after_command(lambda: desk.let_time_pass(6), 0.2)
    response = working.patch("/v1/orders/a?wait=ack", json={"price": "101"})
    assert response.status_code == 202
    assert [doubt["kind"] for doubt in response.json()["doubts"]] == ["replace"]
    assert replace_has_outcome(desk.find())


def test_a_replace_without_an_answer_is_waited_for(desk: FakeDesk, working: httpx.Client) -> None:
    working.patch("/v1/orders/a", json={"price": "101"})
    assert not replace_has_outcome(desk.find())
    desk.replace()
    assert replace_has_outcome(desk.find())


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"order_qty": "1.5"}, "NOTHING_TO_REPLACE"),
        ({"order_qty": "0"}, "NOT_POSITIVE"),
        ({"price": "0.000000001"}, "TOO_MANY_DECIMALS"),
    ],
)
def test_a_denial_is_422_with_its_code(working: httpx.Client, terms: dict[str, str], code: str) -> None:
    response = working.patch("/v1/orders/a?wait=ack", json=terms)
    assert (response.status_code, error_of(response)["code"]) == (422, code)
    assert error_of(response)["text"]
    order = working.get("/v1/orders/a").json()
    assert (order["pending"], order["refusal"]["reason"].split(":")[0]) == ([], code)


def test_what_the_orders_state_forbids_is_409(desk: FakeDesk, working: httpx.Client) -> None:
    def denied(code: str) -> bool:
        response = working.patch("/v1/orders/a", json={"price": "101.5"})
        return (response.status_code, error_of(response)["code"]) == (409, code)

    for price in ("101", "102", "103", "104", "105"):
        assert working.patch("/v1/orders/a", json={"price": price}).status_code == 202
    assert denied("REPLACE_PENDING")
    desk.let_time_pass(6)
    assert denied("REPLACE_IN_DOUBT")
    working.delete("/v1/orders/a")
    assert denied("CANCEL_PENDING")
    desk.report(desk.find(), "4")
    assert denied("NOT_OPEN")


def test_what_the_session_forbids_is_503(desk: FakeDesk, working: httpx.Client) -> None:
    desk.drop()
    response = working.patch("/v1/orders/a", json={"price": "101"})
    assert (response.status_code, error_of(response)["code"]) == (503, "NOT_LOGGED_ON")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "order_qty"),
        ({"order_qty": None}, "order_qty"),
        ({"qty": "1"}, "qty"),
        ({"price": "1e3"}, "price"),
        ({"price": True}, "price"),
    ],
)
def test_wrong_terms_are_refused(
    desk: FakeDesk, working: httpx.Client, body: dict[str, Any], field: str
) -> None:
    count = len(desk.commands)
    response = working.patch("/v1/orders/a", json=body)
    assert (response.status_code, error_of(response)["field"]) == (422, field)
    assert len(desk.commands) == count


def test_an_order_that_is_not_there(working: httpx.Client) -> None:
    assert working.patch("/v1/orders/zz", json={"price": "1"}).status_code == 404
    assert working.post("/v1/orders/zz/resolve", json={"as": "filled", "evidence": "x"}).status_code == 404


# --- all at once


def test_every_open_order_is_canceled(desk: FakeDesk, working: httpx.Client) -> None:
    for own_id, symbol, exchange in (("b", "BTCUSDT", "OKEX"), ("c", "ETHUSDT", "VENUE1")):
        terms = {**ORDER, "client_order_id": own_id, "symbol": symbol, "exchange": exchange}
        working.post("/v1/orders", json=terms)
    assert working.delete("/v1/orders?symbol=XRPUSDT").json() == {"canceling": 0}
    assert working.delete("/v1/orders?symbol=ETHUSDT&exchange=VENUE1").json() == {"canceling": 1}
    assert working.delete("/v1/orders?exchange=OKEX&session=main").json() == {"canceling": 1}
    pending = [len(desk.find(own_id).pending) for own_id in "abc"]
    assert pending == [0, 1, 1]
    response = working.delete("/v1/orders")
    assert (response.status_code, response.json()) == (200, {"canceling": 3})
    command = desk.commands[-1]
    assert isinstance(command, CancelAll)
    assert (command.actor, command.session, command.exchange, command.symbol) == ("both", None, None, None)


@pytest.mark.parametrize("query", ["session=mian", "sesion=main", "symbol=", "venue=OKEX"])
def test_a_filter_that_is_misspelt_cancels_nothing(desk: FakeDesk, working: httpx.Client, query: str) -> None:
    response = working.delete(f"/v1/orders?{query}")
    assert (response.status_code, error_of(response)["field"]) == (422, query.partition("=")[0])
    assert not desk.find().pending


def test_orders_are_listed_by_exchange(working: httpx.Client) -> None:
    working.post("/v1/orders", json={**ORDER, "client_order_id": "b", "exchange": "OKEX"})
    found = working.get("/v1/orders?exchange=OKEX&status=open").json()["orders"]
    assert [order["client_order_id"] for order in found] == ["b"]


# --- people decide


def test_a_person_resolves_an_order_in_doubt(desk: FakeDesk, api: httpx.Client) -> None:
    desk.auto_ack = False
    api.post("/v1/orders", json=ORDER)
    desk.let_time_pass(6)
    body = {"as": "canceled", "evidence": "their screen, 14:02 UTC", "cum_qty": "0.5", "avg_px": "99"}
    response = api.post("/v1/orders/a/resolve", json=body)
    assert response.status_code == 200
    order = response.json()
    assert (order["phase"], order["in_doubt"], order["cum_qty"], order["avg_px"]) == (
        "CANCELED",
        False,
        "0.5",
        "99",
    )
    assert "their screen" in order["reason"]
    command = desk.commands[-1]
    assert isinstance(command, Resolve)
    assert (command.actor, str(command.origin).split(":")[0]) == ("both", "127.0.0.1")
    again = api.post("/v1/orders/a/resolve", json=body)
    assert (again.status_code, error_of(again)["code"]) == (409, "NOT_RESOLVABLE")


def test_a_person_names_the_order_by_the_number_of_the_venue(desk: FakeDesk, api: httpx.Client) -> None:
    desk.auto_ack = False
    api.post("/v1/orders", json=ORDER)
    desk.let_time_pass(6)
    body = {"as": "working", "evidence": "their screen", "order_id": "V77"}
    order = api.post("/v1/orders/a/resolve", json=body).json()
    assert (order["order_id"], order["in_doubt"], order["held"]) == ("V77", False, None)
    assert api.get("/v1/orders/V77").json()["client_order_id"] == "a"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"order_id": 7}, "order_id"),
        ({"as": None}, "as"),
        ({"as": "gone"}, "as"),
        ({"evidence": "  "}, "evidence"),
        ({"evidence": None}, "evidence"),
        ({"cum_qty": "-1"}, "cum_qty"),
        ({"avg_px": "0"}, "avg_px"),
        ({"outcome": "filled"}, "outcome"),
    ],
)
def test_a_decision_that_says_too_little_is_refused(
    desk: FakeDesk, working: httpx.Client, change: dict[str, Any], field: str
) -> None:
    count = len(desk.commands)
    body = {"as": "filled", "evidence": "x", **change}
    response = working.post("/v1/orders/a/resolve", json=body)
    assert (response.status_code, error_of(response)["field"]) == (422, field)
    assert len(desk.commands) == count


# --- who may


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/v1/orders/a"),
        ("DELETE", "/v1/orders"),
        ("POST", "/v1/orders/a/resolve"),
        ("POST", "/v1/reconcile"),
        ("POST", "/v1/sessions/main/resume"),
    ],
)
def test_commands_need_the_scope_to_trade(desk: FakeDesk, method: str, path: str) -> None:
    with serving(desk) as url:
        for who, status in (("reader", 403), (None, 401)):
            with calling(url, who) as client:
                assert client.request(method, path).status_code == status
    assert desk.commands == []
