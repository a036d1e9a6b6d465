"""Waiting: never an answer before the commit, the venue's answer when it was asked for, and a bound on both."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from oms.app.api_wait import Errand, cancel_has_outcome, new_is_answered
from oms.core.inputs import Answer, Cancel
from tests.app.fake_desk import ORDER, FakeDesk, calling, serving


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def api(desk: FakeDesk) -> Iterator[httpx.Client]:
    with serving(desk) as url, calling(url) as client:
        yield client


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def until(holds: Any) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def watched(desk: FakeDesk, number: int = 1) -> bool:
    return number in desk.published._watchers


def test_no_answer_before_the_commit(desk: FakeDesk, api: httpx.Client, aside: ThreadPoolExecutor) -> None:
    desk.gate.clear()
    posts = [
        aside.submit(api.post, f"/v1/orders{query}", json=ORDER) for query in ("", "?wait=ack&timeout_s=0.05")
    ]
    time.sleep(0.3)
    assert not any(post.done() for post in posts)  # not even after the time that the waiting may take
    desk.gate.set()
    codes = {post.result(10).status_code for post in posts}
    assert codes <= {200, 201, 202}


def test_wait_ack_answers_with_the_acknowledged_order(
    desk: FakeDesk, api: httpx.Client, aside: ThreadPoolExecutor
) -> None:
    post = aside.submit(api.post, "/v1/orders?wait=ack", json=ORDER)
    until(lambda: watched(desk))
    assert not post.done()
    desk.accept(desk.find())
    response = post.result(5)
    assert response.status_code == 201
    assert (response.json()["ord_status"], response.json()["order_id"]) == ("0", "V1")
    assert not watched(desk)


def test_wait_ack_sees_an_answer_that_came_with_the_commit(desk: FakeDesk, api: httpx.Client) -> None:
    desk.auto_ack = True
    response = api.post("/v1/orders?wait=ack&timeout_s=30", json=ORDER)
    assert response.status_code == 201
    assert response.json()["pending"] == []
    assert not watched(desk)


def test_wait_ack_does_not_wait_for_what_was_denied(api: httpx.Client) -> None:
    response = api.post("/v1/orders?wait=ack&timeout_s=30", json={**ORDER, "order_qty": "0"})
    assert response.status_code == 201
    assert response.json()["phase"] == "DENIED"


def test_wait_ack_ends_with_a_rejection_and_with_doubt(
    desk: FakeDesk, api: httpx.Client, aside: ThreadPoolExecutor
) -> None:
    post = aside.submit(api.post, "/v1/orders?wait=ack", json=ORDER)
    until(lambda: watched(desk))
    desk.report(desk.find(), "8", text="no such market")
    assert post.result(5).json()["phase"] == "REJECTED"
    post = aside.submit(api.post, "/v1/orders?wait=ack", json={**ORDER, "client_order_id": "b"})
    until(lambda: watched(desk, 2))
    desk.drop()
    assert post.result(5).status_code == 201
    assert post.result().json()["in_doubt"] is True


def test_wait_ack_gives_up_in_time(desk: FakeDesk, api: httpx.Client) -> None:
    started = time.monotonic()
    response = api.post("/v1/orders?wait=ack&timeout_s=0.2", json=ORDER)
    assert response.status_code == 202
    assert response.json()["ord_status"] == "A"
    assert 0.2 <= time.monotonic() - started < 5
    assert not watched(desk)
    assert (
        api.post("/v1/orders?wait=ack&timeout_s=0.1", json=ORDER).status_code == 202
    )  # the first order, still open


def test_wait_ack_of_a_cancel(desk: FakeDesk, api: httpx.Client, aside: ThreadPoolExecutor) -> None:
    api.post("/v1/orders", json=ORDER)
    assert api.delete("/v1/orders/a?wait=ack&timeout_s=0.1").status_code == 202
    desk.accept(desk.find())
    delete = aside.submit(api.delete, "/v1/orders/a?wait=ack")
    until(lambda: watched(desk))
    desk.report(desk.find(), "4")
    assert delete.result(5).status_code == 200
    assert delete.result().json()["phase"] == "CANCELED"
    assert api.delete("/v1/orders/a?wait=ack&timeout_s=30").status_code == 200  # it has ended: no waiting


def test_many_wait_at_once(desk: FakeDesk, api: httpx.Client) -> None:
    count = 40

    def post(number: int) -> int:
        with calling(str(api.base_url)) as client:
            body = {**ORDER, "client_order_id": f"o{number}", "symbol": f"SYM{number}"}
            return client.post("/v1/orders?wait=ack", json=body).status_code

    with ThreadPoolExecutor(count) as pool:
        posts = [pool.submit(post, number) for number in range(count)]
        until(lambda: len(desk.published._watchers) == count)
        for number in range(count):
            desk.accept(desk.find(f"o{number}"))
        assert {post.result(10) for post in posts} == {201}
    assert not desk.published._watchers


@pytest.mark.parametrize(
    "query", ["wait=nak", "wait=", "timeout_s=0", "timeout_s=-1", "timeout_s=31", "timeout_s=nan"]
)
def test_bad_waiting_is_refused_before_anything_is_done(
    desk: FakeDesk, api: httpx.Client, query: str
) -> None:
    for method in ("POST", "DELETE"):
        path = "/v1/orders" if method == "POST" else "/v1/orders/a"
        response = api.request(method, f"{path}?{query}", json=ORDER)
        assert response.status_code == 422
        assert response.json()["error"]["field"] == query.partition("=")[0]
    assert desk.commands == []


# --- the errand itself


def test_an_answer_between_commit_and_watch_is_not_missed() -> None:
    """The order is acknowledged after the engine took it and before the watch begins: nothing will call again."""
    desk = FakeDesk()

    async def run() -> Answer:
        watch = desk.published.watch

        def late(number: int, watcher: Any) -> Any:
            desk.accept(desk.engine.blotter.orders[number])
            return watch(number, watcher)

        desk.published.watch = late  # type: ignore[method-assign]
        return await asyncio.wait_for(Errand(desk, new_is_answered).run(_command(), 30), 5)

    assert asyncio.run(run()).created


def test_the_engine_survives_a_caller_that_left() -> None:
    """A disconnected caller cancels only its own waiting: the engine's future stays whole, and so does the engine."""
    desk = FakeDesk()
    future: Future[Answer] = Future()
    desk.submit = lambda instruction: future  # type: ignore[method-assign]

    async def leave() -> None:
        task = asyncio.create_task(Errand(desk, new_is_answered).run(_command(), 30))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert not future.cancelled()
    future.set_result(Answer(order=1, created=True))  # the loop is closed by now
    assert not desk.published._watchers


def test_a_watch_that_fires_after_the_web_server_has_gone_raises_nothing() -> None:
    desk = FakeDesk()

    async def give_up() -> None:
        errand = Errand(desk, cancel_has_outcome)
        desk.published.watch(1, errand._changed)

    asyncio.run(give_up())
    desk.step(_command())
    assert desk.find().number == 1


def test_a_slow_commit_and_a_late_answer_do_not_cross() -> None:
    """Run the race of time-out against commit many times: it always ends, with the answer."""
    for delay_ms in range(0, 20, 2):
        desk = FakeDesk()
        desk.gate.clear()
        threading.Timer(delay_ms / 1000, desk.gate.set).start()
        answer = asyncio.run(asyncio.wait_for(_errand(desk), 5))
        assert answer.created


async def _errand(desk: FakeDesk) -> Answer:
    return await Errand(desk, new_is_answered).run(_command(), 0.01)


def _command() -> Any:
    from oms.app.api_body import place_order  # noqa: PLC0415

    return place_order(ORDER, actor="t", origin=None, sessions=list)


def test_predicates(desk: FakeDesk) -> None:
    desk.step(_command())
    order = desk.find()
    assert not new_is_answered(order)
    assert cancel_has_outcome(order)
    desk.step(Cancel(id="a"))
    assert not cancel_has_outcome(order)
    desk.accept(order)
    assert new_is_answered(order)
