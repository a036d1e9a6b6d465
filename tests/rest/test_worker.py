"""The worker: what goes first, what never runs, and what a ban does. Events are waited for, not time."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from oms.core.errors import VenueUnavailable
from oms.rest.limiter import Limit, Pacer
from oms.rest.worker import Bounds, Priority, VenueBanned, Worker

WITHIN_S = 10
CANCEL, ORDER, QUERY = Priority


class Desk:
    """A worker whose thread can be held."""

    def __init__(self, **options: Any) -> None:
        self.alerts: list[str] = []
        self.ran: list[str] = []
        self.dropped: list[str] = []
        self.worker = Worker("apifiny", alert=self.alerts.append, **options)
        self._go = threading.Event()

    def hold(self) -> None:
        held = threading.Event()

        def wait() -> None:
            held.set()
            assert self._go.wait(WITHIN_S)

        self.worker.put(CANCEL, wait)
        assert held.wait(WITHIN_S)

    def put(self, priority: Priority, name: str, kind: str = "") -> None:
        self.worker.put(
            priority,
            lambda: self.ran.append(name),
            kind=kind,
            dropped=lambda error: self.dropped.append(f"{name}: {error}"),
        )

    def release(self) -> None:
        """Let the thread go, and wait until it has done everything."""
        done = threading.Event()
        self._go.set()
        self.worker.put(QUERY, done.set)
        assert done.wait(WITHIN_S)


@pytest.fixture
def make() -> Iterator[Callable[..., Desk]]:
    desks: list[Desk] = []

    def build(**options: Any) -> Desk:
        desks.append(desk := Desk(**options))
        desk.worker.start()
        return desk

    yield build
    for desk in desks:
        desk._go.set()
        assert desk.worker.stop(WITHIN_S)


def test_cancels_go_before_orders_before_queries_and_else_the_first_first(make: Callable[..., Desk]) -> None:
    desk = make()
    desk.hold()
    for name, priority in [
        ("q1", QUERY),
        ("o1", ORDER),
        ("c1", CANCEL),
        ("q2", QUERY),
        ("o2", ORDER),
        ("c2", CANCEL),
    ]:
        desk.put(priority, name)
    desk.release()
    assert desk.ran == ["c1", "c2", "o1", "o2", "q1", "q2"]


def test_what_is_paced_lets_others_pass(make: Callable[..., Desk]) -> None:
    pacer = Pacer({"slow": Limit(1, 0.2)})
    desk = make(pacer=pacer)
    desk.hold()
    desk.worker.put(
        CANCEL, lambda: desk.ran.append("s1" if pacer.take("slow", time.monotonic_ns()) == 0 else "?")
    )
    desk.put(CANCEL, "s2", "slow")
    desk.put(QUERY, "q")
    desk.release()
    assert desk.ran == ["s1", "q"]
    done = threading.Event()
    desk.worker.put(QUERY, done.set, kind="slow")
    assert done.wait(WITHIN_S)
    assert desk.ran == ["s1", "q", "s2"]


def test_what_is_more_urgent_is_done_while_a_job_waits(make: Callable[..., Desk]) -> None:
    desk = make()
    paused, ended = threading.Event(), threading.Event()

    def poll() -> None:
        desk.ran.append("poll")
        paused.set()
        desk.worker.pause(WITHIN_S)

    def order() -> None:
        desk.ran.append("order")
        desk.put(QUERY, "question")
        desk.put(ORDER, "next order")
        desk.put(CANCEL, "cancel")
        desk.worker.pause(0.05)
        desk.ran.append("order goes on")

    desk.worker.put(QUERY, poll)
    assert paused.wait(WITHIN_S)
    desk.worker.put(ORDER, order)
    desk.worker.put(ORDER, ended.set)
    assert ended.wait(WITHIN_S)
    assert desk.ran == ["poll", "order", "cancel", "order goes on", "next order"]


def test_a_job_that_waits_ends_with_the_worker_and_with_a_ban(make: Callable[..., Desk]) -> None:
    for ending in ("ban", "stop"):
        desk = make()
        paused, raised = threading.Event(), threading.Event()

        def poll(
            desk: Desk = desk, paused: threading.Event = paused, raised: threading.Event = raised
        ) -> None:
            paused.set()
            with pytest.raises(VenueUnavailable):
                desk.worker.pause(WITHIN_S)
            raised.set()

        def banned() -> None:
            message = "HTTP 403"
            raise VenueBanned(message)

        desk.worker.put(QUERY, poll)
        assert paused.wait(WITHIN_S)
        if ending == "ban":
            desk.worker.put(CANCEL, banned)
        else:
            assert desk.worker.stop(WITHIN_S)
        assert raised.wait(WITHIN_S)


def test_what_is_put_off_comes_later_and_is_dropped_at_the_end(make: Callable[..., Desk]) -> None:
    desk = make()
    done = threading.Event()
    desk.worker.put(ORDER, done.set, after_s=0.05)
    desk.put(QUERY, "first")
    assert done.wait(WITHIN_S)
    assert desk.ran == ["first"]
    desk.worker.put(ORDER, done.set, after_s=600, dropped=lambda error: desk.dropped.append(str(error)))
    assert desk.worker.stop(WITHIN_S)
    assert len(desk.dropped) == 1


def test_a_job_that_raises_is_not_the_end(make: Callable[..., Desk]) -> None:
    desk = make()

    def fail() -> None:
        raise RuntimeError

    desk.worker.put(ORDER, fail)
    desk.put(ORDER, "next")
    desk.release()
    assert desk.ran == ["next"]


def test_a_full_queue_says_so_and_cannot_keep_a_cancel_out(make: Callable[..., Desk]) -> None:
    desk = make(bounds=Bounds(waiting=2))
    desk.hold()
    desk.put(QUERY, "q1")
    desk.put(QUERY, "q2", "other")
    with pytest.raises(VenueUnavailable, match="2 requests of priority QUERY"):
        desk.put(QUERY, "q3")
    desk.put(CANCEL, "c")
    desk._go.set()
    done = threading.Event()
    desk.worker.put(ORDER, done.set)
    assert done.wait(WITHIN_S)
    assert desk.ran[0] == "c"


def test_a_ban_drops_what_waits_and_a_person_resumes(make: Callable[..., Desk]) -> None:
    desk = make()
    alerted = threading.Event()

    def alert(text: str) -> None:
        desk.alerts.append(text)
        alerted.set()

    desk.worker._alert = alert
    desk.hold()

    def banned() -> None:
        told = "HTTP 403: blocked"
        raise VenueBanned(told)

    desk.worker.put(CANCEL, banned)
    desk.put(ORDER, "o")
    desk._go.set()
    assert alerted.wait(WITHIN_S)
    assert desk.worker.stopped is not None
    assert "403" in desk.worker.stopped.reason
    assert "until a person resumes it" in desk.alerts[0]
    assert desk.ran == []
    assert "nothing was sent" in desk.dropped[0]
    with pytest.raises(VenueUnavailable, match="403"):
        desk.put(CANCEL, "c")
    desk.worker.resume()
    desk.put(ORDER, "after")
    desk.release()
    assert desk.ran == ["after"]


def test_a_ban_may_end_by_itself(make: Callable[..., Desk]) -> None:
    desk = make(bounds=Bounds(resume_after_s=0.05))
    over = threading.Event()
    desk.worker._alert = lambda text: over.set() if "asking the venue again" in text else None

    def banned() -> None:
        raise VenueBanned

    desk.worker.put(QUERY, banned)
    assert over.wait(WITHIN_S)
    desk.put(ORDER, "after")
    desk.release()
    assert desk.ran == ["after"]


def test_the_end_drops_what_waits_and_takes_nothing_more(make: Callable[..., Desk]) -> None:
    desk = make()
    desk.hold()
    desk.put(ORDER, "o")
    assert not desk.worker.stop(0.01), "the running job is still held"
    assert "shutting down" in desk.dropped[0]
    with pytest.raises(VenueUnavailable, match="shutting down"):
        desk.put(CANCEL, "c")
    desk._go.set()
    assert desk.worker.stop(WITHIN_S)
    assert desk.ran == []


def test_a_callback_that_raises_harms_nobody(make: Callable[..., Desk]) -> None:
    desk = make()
    desk.hold()

    def fail(error: VenueUnavailable) -> None:
        raise error

    desk.worker.put(ORDER, lambda: None, dropped=fail)
    desk.put(ORDER, "o")
    desk.worker.stop(0)
    assert len(desk.dropped) == 1


def test_it_may_end_before_it_began() -> None:
    assert Desk().worker.stop(0)
