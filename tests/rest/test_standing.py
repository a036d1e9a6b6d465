"""Whether a venue can be reached: each change is told once."""

import pytest

from oms.rest.standing import Standing


def test_the_first_failure_is_told_and_the_next_ones_are_not() -> None:
    standing = Standing(3)
    assert [standing.failed(f"no {n}") for n in range(5)] == [True, False, False, False, False]
    assert (standing.up, standing.reason, standing.age_s) == (False, "no 4", None)


def test_it_goes_down_after_so_many_failures_in_a_row() -> None:
    standing = Standing(3)
    assert [standing.came_up(), standing.came_up()] == [True, False]
    assert [standing.failed("no"), standing.failed("no")] == [False, False]
    standing.heard()
    assert (standing.up, standing.reason) == (True, None)
    assert [standing.failed("no") for _ in range(4)] == [False, False, True, False]
    assert not standing.up
    standing.heard()
    assert not standing.up, "an answer alone does not prove that the key works"
    assert standing.came_up()


def test_one_ban_is_enough() -> None:
    standing = Standing(3)
    standing.came_up()
    assert standing.failed("go away", for_good=True)
    assert not standing.up


def test_failures_of_a_moment_do_not_take_it_down(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("oms.rest.standing.time.monotonic", lambda: now[0])
    standing = Standing(3, quiet_s=1.0)
    standing.heard()
    standing.came_up()
    assert not any(standing.failed("no") for _ in range(10))
    now[0] += 1.0
    assert standing.failed("no")
    assert not standing.up
