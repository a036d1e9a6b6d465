"""Rounds of questions over HTTP, what they leave unagreed, and trading that a person resumes."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from oms.app.api_models_changes import Reconciliation
from oms.core import events as ev
from oms.core.inputs import Reconcile, Resume, StayedHere
from tests.app.fake_desk import ORDER, FakeDesk, calling, serving


@pytest.fixture
def desk() -> FakeDesk:
    desk = FakeDesk(("STA-00000015", "STA-00000016"))
    desk.auto_ack = True
    return desk


@pytest.fixture
def api(desk: FakeDesk) -> Iterator[httpx.Client]:
    with serving(desk) as url, calling(url) as client:
        yield client


def report_of(api: httpx.Client) -> dict[str, dict[str, Any]]:
    content = api.get("/v1/reconcile").json()
    Reconciliation.model_validate(content, strict=True)
    return {row["session"]: row for row in content["sessions"]}


def place(api: httpx.Client, own_id: str = "a", **terms: str) -> None:
    terms = {**ORDER, "client_order_id": own_id, "session": "main", **terms}
    assert api.post("/v1/orders", json=terms).status_code == 201


def test_a_round_is_begun_and_its_end_is_told(desk: FakeDesk, api: httpx.Client) -> None:
    place(api)
    response = api.post("/v1/reconcile", json={"session": "main"})
    assert (response.status_code, response.json()) == (202, {"asking": 1})
    command = desk.commands[-1]
    assert isinstance(command, Reconcile)
    assert (command.session, command.actor) == ("main", "both")
    assert report_of(api)["main"]["under_way"] is True
    assert report_of(api)["s1"]["under_way"] is False
    desk.let_time_pass(1)
    order = desk.find()
    desk.report(order, "0", last_shares=0)
    desk.let_time_pass(31)
    row = report_of(api)["main"]
    assert (row["under_way"], row["asked"]) == (False, 1)
    assert row["reconciled_at"].startswith("2026-03-01T09:00:32")
    assert row["unanswered"] == [1]
    (difference,) = row["differences"]
    assert (difference["order"]["client_order_id"], difference["what"]) == ("a", "UNANSWERED")


def lose_each_question(desk: FakeDesk) -> None:
    """Let a round pass in which no question reaches the venue, and none is open at its end."""
    for _ in range(40):
        if desk.find().questions:
            desk.step(StayedHere(session="main", order=1, request=0, reason="no connection"))
        desk.let_time_pass(1)
        if not desk.engine.doubts.in_round("main"):
            break
    assert desk.find().questions == 0


def test_an_order_that_could_not_be_asked_for_is_no_agreement(desk: FakeDesk, api: httpx.Client) -> None:
    place(api)
    api.post("/v1/reconcile", json={"session": "main"})
    lose_each_question(desk)
    row = report_of(api)["main"]
    assert row["unanswered"] == [1]
    (difference,) = row["differences"]
    assert (difference["order"]["client_order_id"], difference["what"]) == ("a", "UNANSWERED")


def test_one_without_an_answer_is_named_when_it_has_left_memory(desk: FakeDesk, api: httpx.Client) -> None:
    place(api)
    api.post("/v1/reconcile", json={"session": "main"})
    lose_each_question(desk)
    desk.published.forget(desk.find())
    (difference,) = report_of(api)["main"]["differences"]
    assert (difference["order"], difference["what"]) == (None, "UNANSWERED")
    assert difference["text"].startswith("order 1: ")


def test_an_answer_after_the_round_is_an_answer(desk: FakeDesk, api: httpx.Client) -> None:
    place(api)
    api.post("/v1/reconcile", json={"session": "main"})
    lose_each_question(desk)
    while not desk.find().questions:
        desk.let_time_pass(1)
    desk.report(desk.find(), "0", exec_id="0", exec_trans_type="3")
    row = report_of(api)["main"]
    assert (row["asked"], row["unanswered"], row["differences"]) == (1, [], [])


def test_without_a_session_all_are_asked_and_without_orders_the_round_is_over(api: httpx.Client) -> None:
    assert api.post("/v1/reconcile").json() == {"asking": 0}
    for row in report_of(api).values():
        assert (row["asked"], row["under_way"], row["differences"], row["notes"]) == (0, False, [], [])
        assert row["reconciled_at"] is not None


@pytest.mark.parametrize("body", [{"session": "nix"}, {"sesion": "main"}])
def test_a_session_that_is_not_there(api: httpx.Client, body: dict[str, str]) -> None:
    response = api.post("/v1/reconcile", json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "INVALID")


def test_differences_are_told_at_their_session(desk: FakeDesk, api: httpx.Client) -> None:
    place(api)
    place(api, "b", session="s1")
    desk.drop("s1")
    rows = report_of(api)
    assert rows["main"]["differences"] == []
    assert (rows["s1"]["logged_on"], rows["s1"]["reason"]) == (False, "the line is cut")
    desk.auto_ack = False
    place(api, "c")
    desk.let_time_pass(6)
    (difference,) = report_of(api)["main"]["differences"]
    assert difference["what"] == "IN_DOUBT"
    assert difference["order"]["cl_ord_id"] == desk.find("c").cl_ord_id


def test_open_orders_of_a_session_that_is_gone_are_told_too(desk: FakeDesk, api: httpx.Client) -> None:
    place(api, "b", session="s1")
    del desk.accounts["s1"]
    assert report_of(api)["s1"]["logged_on"] is False


def test_trading_that_was_stopped_is_resumed(desk: FakeDesk, api: httpx.Client) -> None:
    desk.engine.blotter.apply(ev.TradingStopped(session="main", time_ns=1, reason="an order of others"))
    assert api.get("/v1/sessions").json()["sessions"][0]["halted"] == "an order of others"
    assert api.post("/v1/orders", json={**ORDER, "session": "main"}).json()["denial"] == "HALTED"
    response = api.post("/v1/sessions/main/resume")
    assert (response.status_code, response.json()["halted"]) == (200, None)
    command = desk.commands[-1]
    assert isinstance(command, Resume)
    assert (command.actor, str(command.origin).split(":")[0]) == ("both", "127.0.0.1")
    place(api, "b")
    assert api.post("/v1/sessions/main/resume").status_code == 200  # it was running: nothing changes
    assert api.post("/v1/sessions/nix/resume").status_code == 404
