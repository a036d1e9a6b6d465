"""The pages around the orders: alive, ready, figures, and the API's own description."""

from collections.abc import Iterator
from decimal import Decimal
from typing import get_args

import httpx
import pytest

from oms.app.api_body import FIELDS, place_order
from oms.app.api_body_changes import DECISION, ROUND, TERMS
from oms.app.api_models import NewOrder, OrderObject, SessionObject
from oms.app.api_models_changes import Decision, RoundOf, Terms
from oms.core.deciding import OUTCOMES
from oms.core.inputs import Reconcile, Replace
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
        ("/v1/orders", "delete"),
        ("/v1/orders/{id}", "patch"),
        ("/v1/orders/{id}/resolve", "post"),
        ("/v1/reconcile", "get"),
        ("/v1/reconcile", "post"),
        ("/v1/sessions/{name}/resume", "post"),
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
    assert set(Terms.model_fields) == set(TERMS)
    assert {field.alias or name for name, field in Decision.model_fields.items()} == set(DECISION)
    assert set(RoundOf.model_fields) == set(ROUND)
    assert set(get_args(Decision.model_fields["as_"].annotation)) == set(OUTCOMES)


def test_a_doubt_and_a_refusal_are_as_described(desk: FakeDesk) -> None:
    desk.step(place_order(ORDER, actor="t", origin=None, sessions=list))
    desk.let_time_pass(6)
    assert desk.find().in_doubt
    described = OrderObject.model_validate(full_view(desk.find(), desk.now), strict=True)
    assert [(doubt.kind, doubt.age_s, doubt.questions) for doubt in described.doubts] == [("new", 6.0, 1)]
    desk.accept(desk.find())
    desk.step(Replace(id="a", order_qty=Decimal(0)))
    described = OrderObject.model_validate(full_view(desk.find(), desk.now), strict=True)
    assert described.refusal is not None
    assert (described.refusal.kind, (described.refusal.reason or "").split(":")[0]) == (
        "replace",
        "NOT_POSITIVE",
    )


def test_sessions_are_as_described(desk: FakeDesk) -> None:
    (session,) = desk.sessions()
    assert SessionObject.model_validate(session, strict=True).round is None
    desk.step(Reconcile())
    (session,) = desk.sessions()
    assert SessionObject.model_validate(session, strict=True).round is not None


def test_the_description_begins_with_what_a_denied_order_is_answered(api: httpx.Client) -> None:
    document = api.get("/openapi.json").json()
    first = document["info"]["description"].splitlines()[0]
    for text in (first, document["paths"]["/v1/orders"]["post"]["description"]):
        for word in ("201", "`phase` DENIED", "`ord_status` 8", "`denial`", "look at `phase`"):
            assert word in text
    assert "<code>phase</code> DENIED" in api.get("/docs").text.split("<h2>")[0]
