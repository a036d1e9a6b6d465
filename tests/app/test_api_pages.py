"""The pages around the orders: alive, ready, figures, and the API's own description."""

from collections.abc import Iterator

import httpx
import pytest

from oms.app.api_body import FIELDS, place_order
from oms.app.api_models import NewOrder, OrderObject
from oms.core.views import full_view
from tests.app.fake_desk import ORDER, FakeDesk, calling, serving


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def api(desk: FakeDesk) -> Iterator[httpx.Client]:
    with serving(desk) as url, calling(url) as client:
        yield client


def test_ready_and_not_ready(desk: FakeDesk, api: httpx.Client) -> None:
    assert api.get("/readyz").json() == {"ready": True, "reasons": []}
    desk.reasons = ["session main is not logged on", "the engine stopped"]
    response = api.get("/readyz")
    assert response.status_code == 503
    assert response.json()["reasons"] == desk.reasons
    assert response.json()["error"]["code"] == "NOT_READY"
    assert api.get("/healthz").json()["alive"] is True


def test_figures(api: httpx.Client) -> None:
    response = api.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "# TYPE oms_orders_open gauge\noms_orders_open 2.0\n" in response.text
    assert "# TYPE oms_commits_total counter\noms_commits_total 3.0\n" in response.text
    assert "process_resident_memory_bytes" in response.text


def test_the_description_names_every_path_and_needs_nobody_else(api: httpx.Client) -> None:
    document = api.get("/openapi.json").json()
    assert {(path, method) for path, methods in document["paths"].items() for method in methods} == {
        ("/v1/orders", "get"),
        ("/v1/orders", "post"),
        ("/v1/orders/{id}", "get"),
        ("/v1/orders/{id}", "delete"),
        ("/v1/orders/{id}/status", "post"),
        ("/v1/sessions", "get"),
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
    }
    page = api.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for outside in ("http://", "https://", "src=", "<script"):
        assert outside not in page.text
    for field in (*OrderObject.model_fields, "/v1/orders/{id}/status", "timeout_s"):
        assert field in page.text


def test_the_description_is_what_is_given_and_taken(desk: FakeDesk) -> None:
    desk.step(place_order(ORDER, actor="t", origin=None, sessions=list))
    assert set(full_view(desk.find(), desk.now)) == set(OrderObject.model_fields)
    OrderObject.model_validate(full_view(desk.find(), desk.now), strict=True)
    assert {*NewOrder.model_fields, "cl_ord_id"} == set(FIELDS)


def test_the_description_begins_with_what_a_denied_order_is_answered(api: httpx.Client) -> None:
    document = api.get("/openapi.json").json()
    first = document["info"]["description"].splitlines()[0]
    for text in (first, document["paths"]["/v1/orders"]["post"]["description"]):
        for word in ("201", "`phase` DENIED", "`ord_status` 8", "`denial`", "look at `phase`"):
            assert word in text
    assert "<code>phase</code> DENIED" in api.get("/docs").text.split("<h2>")[0]
