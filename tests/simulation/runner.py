"""Running histories, and shortening one that fails."""

from __future__ import annotations

import re
import tempfile
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from oms.journal.memory import MemoryJournal
from oms.journal.sqlite import SqliteJournal
from tests.simulation.checks import check
from tests.simulation.plan import Plan, draw
from tests.simulation.stage import Stage
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from oms.ports import Journal

SQLITE_EVERY = 50


class Reducible(Protocol):
    """The plan of a history, whatever its venue."""

    @property
    def actions(self) -> tuple[Any, ...]: ...
    @property
    def rates(self) -> dict[str, float]: ...
    def reduced(self, keep: Collection[int] | None, without: Collection[str]) -> Self: ...


AnyPlan = TypeVar("AnyPlan", bound=Reducible)


AnyWorld = TypeVar("AnyWorld", bound=Stage[Any])


@dataclass(kw_only=True)
class Outcome:
    """What became of a history. `failure` is None where all promises held."""

    failure: str | None = None
    steps: int = 0
    orders: int = 0
    journal: str = ""
    trace: list[str] | None = None


@dataclass
class Result(Outcome):
    """What became of a history of FIX."""

    plan: Plan
    gaps: int = 0


def run(plan: Plan, *, trace: bool = False) -> Result:
    """Run one history; some use the real journal."""
    result = Result(plan, trace=[] if trace else None)
    with journal_of(plan.seed) as journal:
        world = World(plan, journal)
        lived(world, result, check)
        if world.process is not None:
            result.gaps = sum(order.has_gap for order in world.engine.blotter.orders.values())
    return result


@contextmanager
def journal_of(seed: str) -> Iterator[Journal]:
    """Give some histories the real journal."""
    if not seed.isdigit() or int(seed) % SQLITE_EVERY != 7:
        yield MemoryJournal()
        return
    with tempfile.TemporaryDirectory() as directory:
        journal = SqliteJournal(Path(directory) / "journal")
        try:
            yield journal
        finally:
            journal.close()


def lived(world: AnyWorld, result: Outcome, check: Callable[[AnyWorld], None]) -> None:
    """Live through a history, hold its end against all promises, and note what became of it."""
    world.trace = result.trace
    try:
        world.run()
        check(world)
    except AssertionError as error:
        result.failure = str(error) or traceback.format_exc(limit=-8)
    except Exception:  # noqa: BLE001 - whatever it is, the history failed
        result.failure = traceback.format_exc(limit=-8)
    if world.process is not None:
        result.journal = world.journal.head[1]
        result.steps = world.steps + world.process.steps
        result.orders = len(world.engine.blotter.orders)


def shrink(
    plan: AnyPlan, most_runs: int = 400, live: Callable[[Any], Any] = run
) -> tuple[AnyPlan, list[int], list[str]]:
    """Leave out actions and faults as long as the history, which `live` runs, still fails.

    Returns:
        The short plan, the numbers of the actions that are left, and the faults that are not needed.

    """
    keep = list(range(len(plan.actions)))
    without: list[str] = []
    runs, wanted = 0, kinds(live(plan).failure)[:1]

    def fails(kept: Collection[int], left_out: Collection[str]) -> bool:
        nonlocal runs
        runs += 1
        return runs <= most_runs and wanted[0] in kinds(live(plan.reduced(kept, left_out)).failure)

    for fault in plan.rates:
        if fails(keep, [*without, fault]):
            without.append(fault)
    size = max(len(keep) // 2, 1)
    while size:
        start = 0
        while start < len(keep):
            fewer = keep[:start] + keep[start + size :]
            if fails(fewer, without):
                keep = fewer
            else:
                start += size
        size //= 2
    return plan.reduced(keep, without), keep, without


def kinds(failure: str | None) -> list[str]:
    """Name what failed without ids and numbers, so that shortening does not wander off to another failure."""
    lines = (failure or "").splitlines()
    return list(dict.fromkeys(re.sub(r"[0-9][0-9.]*|c\d+", "", line.rsplit("): ", 1)[-1]) for line in lines))


def history(seed: int | str) -> Result:
    """Draw and run the history of a seed."""
    return run(draw(str(seed)))
