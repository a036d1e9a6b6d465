"""Histories drawn from seeds settle with all promises kept. `scripts/simulate` runs as many as one likes."""

import pytest

from tests.simulation.runner import history

FAST, SLOW, AT_ONCE = 300, 6000, 300


def settle(first: int, count: int) -> None:
    for seed in range(first, first + count):
        result = history(seed)
        assert result.failure is None, f"repeat: scripts/simulate --seed {seed}\n{result.failure}"


def test_histories_settle_as_the_venue_has_them() -> None:
    settle(0, FAST)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FAST, SLOW, AT_ONCE))
def test_many_histories_settle_as_the_venue_has_them(first: int) -> None:
    settle(first, AT_ONCE)


def test_the_same_seed_gives_the_same_history() -> None:
    first, second = history(41), history(41)
    assert (first.plan, first.steps, first.orders, first.gaps, first.journal) == (
        second.plan,
        second.steps,
        second.orders,
        second.gaps,
        second.journal,
    )
