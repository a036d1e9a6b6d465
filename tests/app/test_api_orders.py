"""Orders over HTTP: placed once, found by any id, canceled in any state, listed page by page."""

import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from oms.app.api_body import ORD_TYPES, SIDES, TIMES_IN_FORCE
from oms.core.errors import JournalError, VenueUnavailable
from oms.core.inputs import AskStatus, Cancel
from oms.core.views import full_view
from tests.app.fake_desk import ORDER, FakeDesk, calling, serving


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def api(desk: FakeDesk) -> Iterator[httpx.Client]:
    with serving(desk) as url, calling(url) as client:
        yield client


def error_of(response: httpx.Response) -> dict[str, Any]:
    assert set(response.json()) == {"error"}
    error: dict[str, Any] = response.json()["error"]
    assert set(error) == {"code", "text", "field"}
    return error


def test_a_new_order_is_the_engines_order(desk: FakeDesk, api: httpx.Client) -> None:
    response = api.post("/v1/orders", json=ORDER)
    assert response.status_code == 201
    assert response.json() == full_view(desk.find(), desk.now)
    assert response.json()["actor"] == "both"
    host, port = response.json()["origin"].rsplit(":", 1)
    assert host == "127.0.0.1"
    assert int(port) > 0
    assert response.headers["cache-control"] == "no-store"


def test_the_same_id_and_terms_give_the_first_order(desk: FakeDesk, api: httpx.Client) -> None:
    first = api.post("/v1/orders", json=ORDER).json()
    again = api.post("/v1/orders", json={**ORDER, "order_qty": "1.50", "side": "1", "ord_type": "limit"})
    assert again.status_code == 200
    assert again.json()["cl_ord_id"] == first["cl_ord_id"]
    assert len(desk.engine.blotter.orders) == 1


def test_the_same_id_with_other_terms_is_a_conflict(api: httpx.Client) -> None:
    api.post("/v1/orders", json=ORDER)
    response = api.post("/v1/orders", json={**ORDER, "price": "101"})
    assert response.status_code == 409
    assert error_of(response)["code"] == "CONFLICT"
    assert error_of(response)["field"] == "price"


@pytest.mark.parametrize(
    ("change", "denial"),
    [
        ({"order_qty": "0"}, "NOT_POSITIVE"),
        ({"order_qty": "-1"}, "NOT_POSITIVE"),
        ({"price": "0.000000001"}, "TOO_MANY_DECIMALS"),
        ({"symbol": "btc usd"}, "SYMBOL_FORMAT"),
        ({"exchange": None}, "UNKNOWN_VENUE"),
        ({"ord_type": "MARKET", "order_qty": None, "price": None}, "CASH_ORDER_QTY"),
    ],
)
def test_what_our_checks_refuse_is_an_order_on_record(
    api: httpx.Client, change: dict[str, str | None], denial: str
) -> None:
    response = api.post("/v1/orders", json={**ORDER, **change})
    assert response.status_code == 201
    order = response.json()
    assert (order["phase"], order["ord_status"], order["denial"]) == ("DENIED", "8", denial)
    assert order["reason"]


@pytest.mark.parametrize(
    ("field", "spelling", "code"),
    [
        *(("side", spelling, code) for spelling, code in SIDES.items()),
        *(("ord_type", spelling, code) for spelling, code in ORD_TYPES.items() if code == "2"),
        *(("time_in_force", spelling, code) for spelling, code in TIMES_IN_FORCE.items()),
        ("side", "sElL", "2"),
        ("time_in_force", "post-only", "7"),
        ("time_in_force", "post_only", "7"),
    ],
)
def test_enumerations_by_name_and_by_code(api: httpx.Client, field: str, spelling: str, code: str) -> None:
    response = api.post("/v1/orders", json={**ORDER, field: spelling})
    assert response.status_code == 201
    assert response.json()[field] == code


def test_market_orders(api: httpx.Client) -> None:
    market = {"symbol": "BTCUSDT", "exchange": "OKEX", "ord_type": "market"}
    buy = api.post(
        "/v1/orders", json={**market, "client_order_id": "b", "side": "buy", "cash_order_qty": "250"}
    )
    sell = api.post("/v1/orders", json={**market, "client_order_id": "s", "side": "sell", "order_qty": "2"})
    assert buy.status_code == sell.status_code == 201
    assert (buy.json()["order_qty"], buy.json()["cash_order_qty"]) == (None, "250")
    assert (sell.json()["order_qty"], sell.json()["price"]) == ("2", None)


def test_a_number_keeps_every_digit(api: httpx.Client) -> None:
    body = (
        '{"client_order_id": "a", "symbol": "BTCUSDT", "side": "BUY", "exchange": "VENUE1",'
        ' "order_qty": 0.10000001, "price": 12345678901234567890.1}'
    )
    response = api.post("/v1/orders", content=body)
    assert response.status_code == 201
    assert response.json()["order_qty"] == "0.10000001"
    assert response.json()["price"] == "12345678901234567890.1"


def test_cl_ord_id_is_another_name_of_the_desks_own_id(api: httpx.Client) -> None:
    terms = {name: value for name, value in ORDER.items() if name != "client_order_id"}
    response = api.post("/v1/orders", json={**terms, "cl_ord_id": "mine"})
    assert response.status_code == 201
    assert response.json()["client_order_id"] == "mine"
    assert api.post("/v1/orders", json={**terms, "cl_ord_id": "x", "client_order_id": "x"}).status_code == 201


@pytest.mark.parametrize(
    "own_id", ["a/b", "a b", "50%", "?x=1", "#1", "a/status", "äß€", "//", "...", "a\\b", "'\"", "+"]
)
def test_an_order_is_found_by_an_odd_id(desk: FakeDesk, api: httpx.Client, own_id: str) -> None:
    assert api.post("/v1/orders", json={**ORDER, "client_order_id": own_id}).status_code == 201
    path = f"/v1/orders/{quote(own_id, safe='')}"
    assert api.get(path).json()["client_order_id"] == own_id
    assert api.post(f"{path}/status").status_code == 202
    assert api.delete(path).status_code == 202
    assert [getattr(command, "id", None) for command in desk.commands[1:]] == [own_id, own_id]


def test_an_order_is_found_by_every_id(desk: FakeDesk, api: httpx.Client) -> None:
    order = api.post("/v1/orders", json=ORDER).json()
    desk.accept(desk.find())
    for any_id in ("a", order["cl_ord_id"], "V1", "1"):
        found = api.get(f"/v1/orders/{any_id}")
        assert found.status_code == 200, any_id
        assert found.json()["order_id"] == "V1"


def test_our_number_names_an_order_unless_the_desk_counts_too(desk: FakeDesk, api: httpx.Client) -> None:
    api.post("/v1/orders", json=ORDER)
    assert api.delete("/v1/orders/1").status_code == 202
    assert desk.find().pending[-1].kind == "cancel"
    api.post("/v1/orders", json={**ORDER, "client_order_id": "7"})
    assert api.get("/v1/orders/7").json()["id"] == 2
    assert (
        api.delete("/v1/orders/2").status_code == 404
    )  # the desk's own 2 was never placed: cancel nothing else


@pytest.mark.parametrize("any_id", ["nix", "", "0", "9" * 30, "²", "%00", "%ff", ".."])
def test_an_unknown_id_is_not_found(api: httpx.Client, any_id: str) -> None:
    for method, suffix in (("GET", ""), ("DELETE", ""), ("POST", "/status")):
        response = api.request(method, f"/v1/orders/{any_id}{suffix}")
        assert response.status_code in {404, 405}
        assert error_of(response)["code"] in {"NOT_FOUND", "METHOD_NOT_ALLOWED"}
    assert api.get("/v1/orders/nix").json()["error"]["field"] == "id"


def test_an_id_that_two_accounts_share_is_ambiguous() -> None:
    desk = FakeDesk(accounts=("STA-00000015", "STA-00000016"))
    with serving(desk) as url, calling(url) as api:
        for session in ("main", "s1"):
            assert api.post("/v1/orders", json={**ORDER, "session": session}).status_code == 201
        for response in (
            api.get("/v1/orders/a"),
            api.delete("/v1/orders/a"),
            api.post("/v1/orders/a/status"),
        ):
            assert response.status_code == 409
            assert error_of(response)["code"] == "AMBIGUOUS"
        assert api.get(f"/v1/orders/{desk.find().cl_ord_id}").json()["session"] == "main"


def test_an_account_means_its_session() -> None:
    desk = FakeDesk(accounts=("STA-00000015", "STA-00000016", "STA-00000016"))
    with serving(desk) as url, calling(url) as api:
        place = api.post("/v1/orders", json={**ORDER, "account": "STA-00000015"})
        assert place.json()["session"] == "main"
        cases = {
            ("STA-00000016", None): "session",  # it has two
            ("STA-00000017", None): "account",
            ("STA-00000015", "s1"): "account",
        }
        for (account, session), field in cases.items():
            response = api.post("/v1/orders", json={**ORDER, "account": account, "session": session})
            assert response.status_code == 422
            assert error_of(response)["field"] == field
        both = api.post("/v1/orders", json={**ORDER, "account": "STA-00000016", "session": "s2"})
        assert both.json()["session"] == "s2"


def test_an_unknown_session_is_refused(api: httpx.Client) -> None:
    response = api.post("/v1/orders", json={**ORDER, "session": "nix"})
    assert response.status_code == 422
    assert error_of(response)["field"] == "session"
    assert "main" in error_of(response)["text"]


# --- cancels and questions


def test_a_cancel_waits_while_the_order_is_unacknowledged(desk: FakeDesk, api: httpx.Client) -> None:
    api.post("/v1/orders", json=ORDER)
    response = api.delete("/v1/orders/a")
    assert response.status_code == 202
    assert response.json()["waiting"] == ["cancel"]
    assert response.json()["ord_status"] == "A"
    assert desk.commands[-1] == Cancel(id="a", actor="both", origin=desk.commands[-1].origin)


def test_a_cancel_is_taken_while_the_session_is_down(desk: FakeDesk, api: httpx.Client) -> None:
    api.post("/v1/orders", json=ORDER)
    desk.drop()
    assert api.delete("/v1/orders/a").status_code == 202
    assert api.delete("/v1/orders/a").status_code == 202  # once more changes nothing
    assert len(desk.find().pending) == 2


def test_a_cancel_of_an_ended_order_tells_how_it_ended(desk: FakeDesk, api: httpx.Client) -> None:
    api.post("/v1/orders", json={**ORDER, "order_qty": "0"})
    response = api.delete("/v1/orders/a")
    assert response.status_code == 200
    assert response.json()["phase"] == "DENIED"
    assert response.json()["pending"] == []


def test_a_status_question_goes_to_the_venue(desk: FakeDesk, api: httpx.Client) -> None:
    api.post("/v1/orders", json=ORDER)
    assert api.post("/v1/orders/a/status").status_code == 202
    assert isinstance(desk.commands[-1], AskStatus)
    assert desk.find().questions == 1


def test_no_status_question_while_the_session_is_down(desk: FakeDesk, api: httpx.Client) -> None:
    api.post("/v1/orders", json=ORDER)
    desk.drop()
    response = api.post("/v1/orders/a/status")
    assert response.status_code == 503
    assert error_of(response)["code"] == "UNAVAILABLE"
    assert "not logged on" in error_of(response)["text"]


@pytest.mark.parametrize(
    "failure",
    [
        JournalError("disk full"),
        VenueUnavailable("the daemon is stopping"),
        ZeroDivisionError("a bug"),
    ],
)
def test_nothing_is_taken_on_when_the_desk_cannot(
    desk: FakeDesk, api: httpx.Client, failure: BaseException
) -> None:
    api.post("/v1/orders", json=ORDER)
    desk.failure = failure
    for method, path in (
        ("POST", "/v1/orders?wait=ack"),
        ("DELETE", "/v1/orders/a"),
        ("POST", "/v1/orders/a/status"),
    ):
        response = api.request(method, path, json=ORDER if method == "POST" else None)
        assert response.status_code == 503
        assert error_of(response)["code"] == "UNAVAILABLE"
    assert api.get("/v1/orders/a").status_code == 200  # reading goes on


# --- lists


def test_orders_come_newest_first_and_page_by_page(api: httpx.Client) -> None:
    for number in range(7):
        api.post("/v1/orders", json={**ORDER, "client_order_id": f"o{number}"})
    seen, before = [], None
    while True:
        page = api.get("/v1/orders", params={"limit": 3, **({"before": before} if before else {})}).json()
        seen += [order["client_order_id"] for order in page["orders"]]
        before = page["next"]
        if before is None:
            break
    assert seen == [f"o{number}" for number in reversed(range(7))]
    assert api.get("/v1/orders", params={"limit": 7}).json()["next"] is None


def test_filters(desk: FakeDesk, api: httpx.Client) -> None:
    names = ("new", "working", "denied", "filled", "doubt")
    for name in names:
        change = (
            {"order_qty": "0"} if name == "denied" else {"symbol": "ETHUSDT"} if name == "working" else {}
        )
        api.post("/v1/orders", json={**ORDER, **change, "client_order_id": name})
        desk.engine.blotter.book("main").awaiting.clear()
    desk.accept(desk.find("working"))
    desk.report(
        desk.find("filled"), "2", last_shares=desk.find("filled").order_qty, last_px=desk.find("filled").price
    )
    expected = {
        "status=open": {"new", "working", "doubt"},
        "status=done": {"denied", "filled"},
        "status=all": set(names),
        "status=A": {"new", "doubt"},
        "status=2": {"filled"},
        "status=filled": {"filled"},
        "status=Rejected": {"denied"},
        "symbol=ETHUSDT": {"working"},
        "symbol=ETHUSDT&status=done": set(),
        "session=main": set(names),
        "session=nix": set(),
        "status=in_doubt": set(),
    }
    for query, found in expected.items():
        assert {
            order["client_order_id"] for order in api.get(f"/v1/orders?{query}").json()["orders"]
        } == found, query
    desk.drop()
    doubted = api.get("/v1/orders?status=in_doubt").json()["orders"]
    assert {order["client_order_id"] for order in doubted} == {"new", "doubt"}
    assert all(order["doubts"][0]["reason"] for order in doubted)


def test_a_long_history_lets_others_have_their_turn(desk: FakeDesk, api: httpx.Client) -> None:
    api.post("/v1/orders", json=ORDER)
    first = desk.find()
    for number in range(2, 2500):
        first.number, first.client_order_id = number, f"o{number}"
        desk.published.publish(first)
    page = api.get("/v1/orders", params={"limit": 1000, "symbol": "BTCUSDT"}).json()
    assert len(page["orders"]) == 1000
    assert page["next"] == 1500


def test_sessions(api: httpx.Client) -> None:
    (session,) = api.get("/v1/sessions").json()["sessions"]
    assert (session["name"], session["logged_on"]) == ("main", True)


def test_concurrent_posts_of_one_id_make_one_order(desk: FakeDesk, api: httpx.Client) -> None:
    codes: list[int] = []

    def post() -> None:
        with calling(str(api.base_url)) as client:
            codes.extend(client.post("/v1/orders", json=ORDER).status_code for _ in range(5))

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] * 39 + [201]
    assert len(desk.engine.blotter.orders) == 1
