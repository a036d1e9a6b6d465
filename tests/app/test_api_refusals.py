"""Everything the API refuses: who may not, what is malformed, too large, of the wrong type, or contradictory."""

import json
import logging
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from oms.app.api_body import FIELDS, MAX_BODY_BYTES
from tests.app.fake_desk import ORDER, TOKENS, FakeDesk, calling, serving

COMMANDS = (("POST", "/v1/orders"), ("DELETE", "/v1/orders/a"), ("POST", "/v1/orders/a/status"))
QUESTIONS = (("GET", "/v1/orders"), ("GET", "/v1/orders/a"), ("GET", "/v1/sessions"), ("GET", "/metrics"))


@pytest.fixture(scope="module")
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture(scope="module")
def url(desk: FakeDesk) -> Iterator[str]:
    with serving(desk) as url:
        yield url


@pytest.fixture(scope="module")
def api(url: str) -> Iterator[httpx.Client]:
    with calling(url) as client:
        yield client


def error_of(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/json"
    assert set(response.json()["error"]) == {"code", "text", "field"}
    error: dict[str, Any] = response.json()["error"]
    assert error["text"]
    assert "Traceback" not in error["text"]
    return error


# --- who may do what


@pytest.mark.parametrize(("method", "path"), [*COMMANDS, *QUESTIONS])
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Basic dG9rZW4tYm90aA==",
        "token-both",
        "Bearer token-both x",
    ],
)
def test_without_a_known_token_nothing_is_told(url: str, method: str, path: str, header: str | None) -> None:
    with calling(url, None) as client:
        headers = {"Authorization": header} if header is not None else {}
        response = client.request(method, path, headers=headers, json=ORDER if method == "POST" else None)
    assert response.status_code == 401
    assert error_of(response)["code"] == "UNAUTHORIZED"
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("method", "path", "who"),
    [
        *((method, path, "reader") for method, path in COMMANDS),
        *((method, path, "trader") for method, path in QUESTIONS),
    ],
)
def test_each_thing_needs_its_scope(url: str, method: str, path: str, who: str) -> None:
    with calling(url, who) as client:
        response = client.request(method, path, json=ORDER if method == "POST" else None)
    assert response.status_code == 403
    assert error_of(response)["code"] == "FORBIDDEN"


def test_a_scope_is_enough_for_its_own(url: str) -> None:
    with ExitStack() as stack:
        reader, trader = (stack.enter_context(calling(url, who)) for who in ("reader", "trader"))
        assert trader.post("/v1/orders", json={**ORDER, "client_order_id": "scoped"}).status_code == 201
        assert reader.get("/v1/orders/scoped").status_code == 200
        assert (
            reader.get(
                "/v1/orders/scoped", headers={"Authorization": f"bearer {TOKENS['reader']}"}
            ).status_code
            == 200
        )


def test_tokens_stand_in_no_log_and_no_answer(
    url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        structlog.testing.capture_logs() as logs,
        calling(url, "reader") as client,
        caplog.at_level(logging.DEBUG),
    ):
        responses = [client.post("/v1/orders", json=ORDER), client.get("/v1/nix")]
        headers = {"Authorization": "Bearer very-secret-guess"}
        responses.append(client.get("/v1/orders", headers=headers))
    assert [entry["status"] for entry in logs] == [403, 401]
    ours = " ".join(record.getMessage() for record in caplog.records if not record.name.startswith("http"))
    said = "".join(response.text + str(response.headers) for response in responses) + str(logs) + ours
    said += "".join(capfd.readouterr())
    assert TOKENS["reader"] not in said
    assert "very-secret-guess" not in said


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/openapi.json"])
def test_what_needs_no_token(url: str, path: str) -> None:
    with calling(url, None) as client:
        assert client.get(path).status_code == 200


# --- the body


def posted(api: httpx.Client, content: bytes | str) -> dict[str, Any]:
    response = api.post("/v1/orders", content=content)
    return {"status": response.status_code, **error_of(response)}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "line 1, column 1"),
        (b'{"price": 1', "line 1, column 12"),
        (b'{"a":\n nope}', "line 2, column 2"),
        (b"{'a': 1}", "line 1, column 2"),
        (b'{"a": 1} x', "line 1, column 10"),
        (b'{"price": NaN}', "NaN"),
        (b'{"price": -Infinity}', "-Infinity"),
        (b"\xff{}", "byte 0"),
        (b'{"price": "1", "price": "2"}', "'price' stands there twice"),
        (b"[" * 60_000, "nested too deeply"),
        (b'{"a":' * 10_000, "nested too deeply"),
        (b'{"a": "\x00"}', "line 1, column 8"),
    ],
)
def test_malformed_json_is_told_with_its_place(api: httpx.Client, content: bytes, place: str) -> None:
    error = posted(api, content)
    assert (error["status"], error["code"]) == (400, "MALFORMED")
    assert place in error["text"]


@pytest.mark.parametrize("content", ["null", "1", "1.5", '"x"', "true", "[]", "[{}]"])
def test_json_that_is_no_object(api: httpx.Client, content: str) -> None:
    error = posted(api, content)
    assert (error["status"], error["code"]) == (422, "INVALID")


NO_TEXTS: list[Any] = [1, [], {}, True, ""]
NO_AMOUNTS: list[Any] = [True, [], {}, *"x,²٣", "", "1e5", "NaN", "Infinity", "1,5", " 1", "0x1", "1" * 41]
NO_TRUTHS: list[Any] = ["true", "", 1, 0, [], {}]
AMOUNTS = ("order_qty", "price")
TEXTS = [name for name in FIELDS if name not in {*AMOUNTS, "cash_order_qty", "rounding"}]
WRONG: list[tuple[str, Any]] = [
    *((name, value) for name in TEXTS for value in NO_TEXTS),
    *(("rounding", value) for value in NO_TRUTHS),
    *((name, value) for name in AMOUNTS for value in NO_AMOUNTS),
    ("client_order_id", "."),
    ("client_order_id", ".."),
    ("client_order_id", "x" * 101),
    ("client_order_id", "a\nb"),
    ("client_order_id", "a\x01b"),
    ("client_order_id", "\ud800"),
    ("client_order_id", "\u202e"),
    ("symbol", "BTC\x0150=2"),
    ("side", "3"),
    ("side", "hold"),
    ("ord_type", "STOP"),
    ("time_in_force", "GTD"),
    ("cash_order_qty", "5"),
    ("cl_ord_id", "another"),
    ("nonsense", "1"),
    ("\ud800", "1"),
    ("x" * 1000, "1"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_field_is_named_with_the_reason(
    desk: FakeDesk, api: httpx.Client, name: str, value: Any
) -> None:
    count = len(desk.commands)
    error = posted(api, json.dumps({**ORDER, name: value}))
    assert (error["status"], error["code"]) == (422, "INVALID")
    assert error["field"] == name.encode("utf-8", "backslashreplace").decode()
    assert len(desk.commands) == count


@pytest.mark.parametrize("spelled", ["GTD", "gtd", "6"])
def test_gtd_is_refused_by_its_name(api: httpx.Client, spelled: str) -> None:
    error = posted(api, json.dumps({**ORDER, "time_in_force": spelled}))
    assert (error["field"], "GTD needs an ExpireTime" in error["text"]) == ("time_in_force", True)


def test_an_exponent_is_refused_as_a_number_too(api: httpx.Client) -> None:
    error = posted(api, json.dumps(ORDER).replace('"100"', "1e5"))
    assert (error["status"], error["field"]) == (422, "price")


MISSING: list[tuple[dict[str, Any], str]] = [
    ({"client_order_id": None}, "client_order_id"),
    ({"symbol": None}, "symbol"),
    ({"side": None}, "side"),
    ({"price": None}, "price"),
    ({"order_qty": None}, "order_qty"),
    ({"ord_type": "MARKET"}, "price"),
    ({"ord_type": "MARKET", "price": None, "cash_order_qty": "5"}, "order_qty"),
    ({"ord_type": "MARKET", "price": None, "side": "SELL", "order_qty": None}, "order_qty"),
    ({"ord_type": "MARKET", "price": None, "side": "SELL", "cash_order_qty": "1"}, "cash_order_qty"),
]


@pytest.mark.parametrize(("change", "field"), MISSING)
def test_what_is_missing_or_contradictory(api: httpx.Client, change: dict[str, Any], field: str) -> None:
    error = posted(api, json.dumps({**ORDER, **change}))
    assert (error["status"], error["field"]) == (422, field)
    left_out = {name: value for name, value in {**ORDER, **change}.items() if value is not None}
    assert posted(api, json.dumps(left_out)) == error


def test_a_large_body_is_refused_by_what_it_declares(api: httpx.Client) -> None:
    error = posted(api, b" " * (MAX_BODY_BYTES + 1))
    assert (error["status"], error["code"]) == (413, "TOO_LARGE")
    response = api.post(
        "/v1/orders",
        content=b" " * (MAX_BODY_BYTES - 200) + json.dumps({**ORDER, "client_order_id": "L"}).encode(),
    )
    assert response.status_code == 201


def test_a_large_body_is_refused_when_it_declares_nothing(api: httpx.Client) -> None:
    response = api.post("/v1/orders", content=(b" " * 10_000 for _ in range(20)))
    assert response.status_code == 413
    assert error_of(response)["code"] == "TOO_LARGE"


def test_a_body_that_never_ends_is_not_waited_for(
    api: httpx.Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oms.app.api_body.BODY_TIMEOUT_S", 0.2)
    host, port = url.removeprefix("http://").split(":")
    lines = [
        "POST /v1/orders HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {TOKENS['both']}",
        "Content-Length: 50",
    ]
    head = "\r\n".join([*lines, "", "{"])
    with socket.create_connection((host, int(port)), 5) as line:
        line.sendall(head.encode())
        answer = line.recv(4096).decode()
    assert answer.startswith("HTTP/1.1 408")
    assert "TIMEOUT" in answer


# --- everything else


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1", 404),
        ("GET", "/v2/orders", 404),
        ("GET", "/redoc", 404),
        ("PUT", "/v1/orders", 405),
        ("PATCH", "/v1/orders", 405),
        ("DELETE", "/v1/sessions", 405),
        ("POST", "/healthz", 405),
    ],
)
def test_paths_and_methods_that_do_not_exist(api: httpx.Client, method: str, path: str, status: int) -> None:
    response = api.request(method, path)
    assert response.status_code == status
    error_of(response)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("before=0", "before"),
        ("before=x", "before"),
        ("status=nix", "status"),
        ("staus=open", "staus"),
    ],
)
def test_bad_queries(api: httpx.Client, query: str, field: str) -> None:
    response = api.get(f"/v1/orders?{query}")
    assert response.status_code == 422
    assert error_of(response)["field"] == field


@pytest.mark.parametrize("path", ["/v1/orders/a?wiat=ack", "/v1/sessions?x=1"])
def test_a_misspelt_parameter_is_not_ignored(api: httpx.Client, path: str) -> None:
    assert api.get(path).status_code == 422


# --- whatever comes: never our fault

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
VALUES = (
    JSON
    | st.from_regex(r"-?[0-9]{0,25}(\.[0-9]{0,15})?(e[0-9])?", fullmatch=True)
    | st.sampled_from(["BUY", "2", "LIMIT", "MARKET", "IOC", "1.5", "VENUE1", "BTCUSDT"])
)
BODIES = st.dictionaries(st.sampled_from(FIELDS), VALUES).map(lambda change: {**ORDER, **change})


@given(body=BODIES)
def test_any_fields(api: httpx.Client, body: dict[str, Any]) -> None:
    response = api.post("/v1/orders", content=json.dumps(body))
    assert response.status_code in {200, 201, 400, 409, 422}
    if response.status_code >= 400:
        error_of(response)
    else:
        assert re.fullmatch(r"-?\d+(\.\d+)?", response.json()["order_qty"] or "0")


@given(content=st.binary() | JSON.map(json.dumps).map(str.encode))
def test_any_body(api: httpx.Client, content: bytes) -> None:
    response = api.post("/v1/orders", content=content)
    assert response.status_code in {400, 422}
    error_of(response)


@given(
    any_id=st.text(min_size=1).filter(lambda text: not re.search("[\ud800-\udfff]", text)),
    method=st.sampled_from(["GET", "DELETE", "POST"]),
    query=st.dictionaries(
        st.sampled_from(["wait", "timeout_s", "limit", "x"]), st.text(alphabet="ack0.19-", max_size=4)
    ),
)
def test_any_id_and_query(api: httpx.Client, any_id: str, method: str, query: dict[str, str]) -> None:
    path = "/v1/orders/" + "".join(f"%{byte:02X}" for byte in any_id.encode())
    response = api.request(method, path, params=query or None)
    assert response.status_code in {200, 202, 404, 405, 409, 422}
