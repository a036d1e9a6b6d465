"""The faults: how they are asked for, and that a seed decides them."""

from __future__ import annotations

import random
import threading

import pytest

from oms.sim.faults import MEANINGS, Faults, parse_rates
from oms.sim.line import Line
from oms.sim.reports import Reply
from oms.sim.timeline import Timeline


@pytest.mark.parametrize("text", ["drop", "drop=", "drop=2", "drop=-0.1", "drop=nan", "drop=x"])
def test_a_rate_is_from_0_to_1(text: str) -> None:
    with pytest.raises(ValueError, match="needs a rate from 0 to 1"):
        parse_rates([text])


def test_an_unknown_fault_is_told_all_names() -> None:
    with pytest.raises(ValueError, match="unknown fault 'explode'") as error:
        parse_rates(["explode=1"])
    assert all(name in str(error.value) for name in MEANINGS)


def test_the_same_seed_meets_the_same_faults() -> None:
    def draws(seed: int) -> list[frozenset[str]]:
        faults = Faults(dict.fromkeys(MEANINGS, 0.3), random.Random(seed))
        return [draw() for _ in range(50) for draw in (faults.of_request, faults.of_report)]

    assert draws(1) == draws(1)
    assert draws(1) != draws(2)


class Wire:
    """A transport that remembers."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.changed = threading.Semaphore(0)

    def send(self, account: str, text: str) -> None:
        del account
        self.sent.append(text.split("\x01")[3])
        self.changed.release()

    def disconnect(self, account: str) -> None:
        del account
        self.sent.append("cut")
        self.changed.release()

    def wait(self, count: int) -> list[str]:
        for _ in range(count):
            assert self.changed.acquire(timeout=5)
        return self.sent


def _said(*, rates: dict[str, float], latencies: list[float], replies: str, expected: int) -> list[str]:
    wire, timeline = Wire(), Timeline()
    remaining = iter(latencies)
    line = Line(
        "A",
        transport=wire,
        timeline=timeline,
        faults=Faults(rates, random.Random(1)),
        latency_s=lambda: next(remaining, 0.0),
    )
    line.opened()
    for name in replies:
        line.say(Reply("8", [(11, name)]))
    timeline.start()
    try:
        return [text.removeprefix("11=") for text in wire.wait(expected)]
    finally:
        timeline.stop()


def test_a_slow_answer_holds_back_those_behind_it() -> None:
    assert _said(rates={}, latencies=[0.05, 0, 0.01], replies="abc", expected=3) == ["a", "b", "c"]


def test_a_reordered_report_comes_after_the_next() -> None:
    assert _said(rates={"reorder": 1}, latencies=[], replies="abcd", expected=4) == ["b", "a", "d", "c"]


def test_a_reordered_report_without_a_next_comes_anyway() -> None:
    assert _said(rates={"reorder": 1}, latencies=[], replies="a", expected=1) == ["a"]


def test_a_repeated_report_comes_twice() -> None:
    assert _said(rates={"repeat": 1}, latencies=[], replies="ab", expected=4) == ["a", "a", "b", "b"]


def test_what_was_under_way_is_lost_with_its_connection() -> None:
    wire, timeline = Wire(), Timeline()
    line = Line("A", transport=wire, timeline=timeline, faults=Faults({}, random.Random(1)), latency_s=float)
    line.say(Reply("8", [(11, "before any logon")]))
    line.opened()
    line.say(Reply("8", [(11, "first")]))
    line.closed()
    line.opened()
    line.say(Reply("8", [(11, "second")]))
    line.cut()
    timeline.start()
    try:
        assert wire.wait(2) == ["11=second", "cut"]
    finally:
        timeline.stop()


def test_an_action_that_fails_does_not_end_the_timeline(capsys: pytest.CaptureFixture[str]) -> None:
    def failing() -> None:
        raise IndexError

    timeline, done = Timeline(), threading.Event()
    timeline.put(0.0, failing)
    timeline.put(0.0, done.set)
    timeline.start()
    try:
        assert done.wait(5)
    finally:
        timeline.stop()
    assert "IndexError" in capsys.readouterr().err
