"""Histories of venues without client order ids settle with all promises kept, a fault on every third submit."""

from typing import NamedTuple

import pytest

from tests.simulation.unnamed.plan import CLOUD, WEEX
from tests.simulation.unnamed.runner import history

FAST = {WEEX: 16, CLOUD: 8}
SLOW = {WEEX: 480, CLOUD: 120}  # scripts/simulate --venue runs as many as one likes
AT_ONCE = 40


class Count(NamedTuple):
    submits: int = 0
    faults: int = 0


def settle(venue: str, first: int, count: int) -> Count:
    total = Count()
    for seed in range(first, first + count):
        result = history(venue, seed)
        assert result.failure is None, (
            f"repeat: scripts/simulate --venue {venue} --seed {seed}\n{result.failure}"
        )
        total = Count(total.submits + result.submits, total.faults + result.submit_faults)
    return total


@pytest.mark.parametrize("venue", [WEEX, CLOUD])
def test_histories_settle_as_the_venue_has_them(venue: str) -> None:
    total = settle(venue, 0, FAST[venue])
    assert total.submits > 30
    assert total.faults >= total.submits // 4


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("venue", "first"), [(venue, first) for venue, last in SLOW.items() for first in range(0, last, AT_ONCE)]
)
def test_many_histories_settle_as_the_venue_has_them(venue: str, first: int) -> None:
    settle(venue, first, AT_ONCE)


@pytest.mark.parametrize("venue", [WEEX, CLOUD])
def test_the_same_seed_gives_the_same_history(venue: str) -> None:
    first, second = history(venue, 8), history(venue, 8)
    assert first.steps > 20
    assert first == second
