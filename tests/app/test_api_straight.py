"""New orders go straight to their handler: to whoever asks, there is no difference to FastAPI's own way."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Match, Route

from oms.app.api import create_app
from oms.core.errors import JournalError
from tests.app.fake_desk import ORDER, TOKENS, FakeDesk, tokens

GOOD = {"authorization": f"Bearer {TOKENS['both']}"}


def request(app: FastAPI, method: str, path: str, **sent: Any) -> httpx.Response:
    """Send a request without a server."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://oms") as client:
            return await client.request(method, path, **sent)

    return asyncio.run(send())


class Ways:
    """The same request by both ways, to a desk each."""

    def __init__(self, *, auto_ack: bool = True) -> None:
        self.desks = [FakeDesk(), FakeDesk()]
        self.apps = []
        for desk in self.desks:
            desk.auto_ack = auto_ack
            self.apps.append(create_app(desk, tokens(), lambda: 1_772_355_600_000_000_000))
        (only,) = self.apps[1].user_middleware
        assert str(only).startswith("Middleware(Straight")
        self.apps[1].user_middleware.clear()

    def ask(self, query: str = "", headers: dict[str, str] | None = None, **sent: Any) -> tuple[Any, Any]:
        """Send it, and give what both answered: status, headers, body."""
        answers = [
            request(app, "POST", f"/v1/orders{query}", headers=GOOD if headers is None else headers, **sent)
            for app in self.apps
        ]
        straight, roundabout = ((each.status_code, dict(each.headers), each.content) for each in answers)
        return straight, roundabout


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 201),
        ("?", 201),
        ("?wait=ack", 201),
        ("?wait=ack&timeout_s=5", 201),
        ("?timeout_s=.5", 201),
        ("?timeout_s=%205", 201),
        ("?wait=", 422),
        ("?wait", 422),
        ("?wait=fill", 422),
        ("?wait=ack&wait=ack", 201),
        ("?wait=ack&wait=fill", 422),
        ("?wait=fill&wait=ack", 201),
        ("?timeout_s=1&timeout_s=0", 422),
        ("?timeout_s=0", 422),
        ("?timeout_s=31", 422),
        ("?timeout_s=nan", 422),
        ("?timeout_s=inf", 422),
        ("?timeout_s=%C3%A9", 422),
        ("?Wait=ack", 422),
        ("?wait=ack&x", 422),
        ("?wait=ack;timeout_s=1", 422),
        ("?x=1&x=2", 422),
    ],
)
def test_parameters_are_read_alike(query: str, status: int) -> None:
    straight, roundabout = Ways().ask(query, json=ORDER)
    assert straight == roundabout
    assert straight[0] == status


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"a":1,"a":2}', b"\xff", b"x" * 70_000, b'{"client_order_id":"a"}', b"null"],
)
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_bodies_are_read_alike(body: bytes, kind: str) -> None:
    straight, roundabout = Ways().ask(content=body, headers={**GOOD, "content-type": kind})
    assert straight == roundabout
    assert straight[0] in {400, 413, 422}


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer x", "bearer {both}", "BEARER  {both} ", "Bearer {reader}", "{both}"],
)
@pytest.mark.parametrize("query", ["", "?wrong=1"])
def test_tokens_are_judged_alike(header: str | None, query: str) -> None:
    headers = {} if header is None else {"authorization": header.format(**TOKENS)}
    straight, roundabout = Ways().ask(query, headers, json=ORDER)
    assert straight == roundabout


def test_repeats_conflicts_and_denials_are_answered_alike() -> None:
    ways = Ways()
    for order, status in (
        (ORDER, 201),
        (ORDER, 200),
        ({**ORDER, "price": "2"}, 409),
        ({**ORDER, "client_order_id": "b", "order_qty": "0"}, 201),
        ({**ORDER, "client_order_id": "c", "session": "none"}, 422),
    ):
        straight, roundabout = ways.ask("?wait=ack", json=order)
        assert straight == roundabout
        assert straight[0] == status


def test_a_venue_that_does_not_answer_in_time_is_told_alike() -> None:
    straight, roundabout = Ways(auto_ack=False).ask("?wait=ack&timeout_s=0.01", json=ORDER)
    assert straight == roundabout
    assert straight[0] == 202


@pytest.mark.parametrize("failure", [JournalError("the disk is full"), RuntimeError("a bug")])
def test_failures_are_told_alike(failure: Exception) -> None:
    ways = Ways()
    for desk in ways.desks:
        desk.failure = failure
    straight, roundabout = ways.ask("?wait=ack", json=ORDER)
    assert straight == roundabout
    assert straight[0] == 503


def test_a_bug_is_told_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = Ways()
    monkeypatch.setattr("oms.app.api.place_order", lambda *_, **__: 1 // 0)
    straight, roundabout = ways.ask(json=ORDER)
    assert straight == roundabout
    assert straight[0] == 500


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/v1/orders"), ("POST", "/v1/orders/"), ("POST", "/v1")]
)
def test_what_is_no_new_order_is_fastapis(method: str, path: str) -> None:
    answers = [request(app, method, path, headers=GOOD, json=ORDER) for app in Ways().apps]
    assert answers[0].content == answers[1].content
    assert answers[0].status_code == answers[1].status_code >= 400


def test_the_description_is_the_same() -> None:
    straight, roundabout = (request(app, "GET", "/openapi.json").content for app in Ways().apps)
    assert straight == roundabout


@pytest.mark.parametrize(("query", "passes"), [("?wait=ack", True), ("?wait=no", False)])
def test_a_good_order_never_meets_the_routes(
    query: str, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[str] = []

    def matches(_self: Route, scope: Any) -> tuple[Match, dict[str, Any]]:
        met.append(scope["path"])
        return Match.NONE, {}

    monkeypatch.setattr(Route, "matches", matches)
    answer = request(Ways().apps[0], "POST", f"/v1/orders{query}", headers=GOOD, json=ORDER)
    assert answer.status_code == (201 if passes else 404)
    assert (not met) is passes
