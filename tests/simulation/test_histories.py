"""Histories drawn from seeds settle with all promises kept. `scripts/simulate` runs as many as one likes."""

from pathlib import Path

import pytest

from tests.simulation.files import FOUND, read, write
from tests.simulation.plan import draw
from tests.simulation.runner import history, run

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


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.txt")), ids=lambda path: path.stem)
def test_what_failed_once_holds_ever_after(path: Path) -> None:
    assert run(read(path)).failure is None


def test_a_history_reads_as_it_was_written(tmp_path: Path) -> None:
    plan = draw("7")
    write(plan, tmp_path / "seven.txt", "why")
    assert read(tmp_path / "seven.txt") == plan


def test_the_same_seed_gives_the_same_history() -> None:
    first, second = history(41), history(41)
    assert (first.plan, first.steps, first.orders, first.gaps, first.journal) == (
        second.plan,
        second.steps,
        second.orders,
        second.gaps,
        second.journal,
    )
