"""Running histories, and shortening one that fails."""

from __future__ import annotations

import re
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from oms.journal.memory import MemoryJournal
from oms.journal.sqlite import SqliteJournal
from tests.simulation.checks import check
from tests.simulation.plan import Plan, draw
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

SQLITE_EVERY = 50


class Reducible(Protocol):
    """The plan of a history, whatever its venue."""

    @property
    def actions(self) -> tuple[Any, ...]: ...
    @property
    def rates(self) -> dict[str, float]: ...
    def reduced(self, keep: Collection[int] | None, without: Collection[str]) -> Self: ...


AnyPlan = TypeVar("AnyPlan", bound=Reducible)


@dataclass
class Result:
    """What became of a history. `failure` is None where all promises held."""

    plan: Plan
    failure: str | None = None
    steps: int = 0
    orders: int = 0
    gaps: int = 0
    journal: str = ""
    trace: list[str] | None = None


def run(plan: Plan, *, trace: bool = False) -> Result:
    """Run one history; some use the real journal."""
    result = Result(plan)
    if plan.seed.isdigit() and int(plan.seed) % SQLITE_EVERY == 7:
        with tempfile.TemporaryDirectory() as directory:
            journal = SqliteJournal(Path(directory) / "journal")
            try:
                _live(World(plan, journal), result, trace=trace)
            finally:
                journal.close()
    else:
        _live(World(plan, MemoryJournal()), result, trace=trace)
    return result


def _live(world: World, result: Result, *, trace: bool) -> None:
    if trace:
        world.trace = result.trace = []
    try:
        world.run()
        check(world)
    except AssertionError as error:
        result.failure = str(error) or "an assertion failed"
    except Exception:  # noqa: BLE001 - whatever it is, the history failed
        result.failure = traceback.format_exc(limit=-6)
    if world.process is not None:
        orders = world.process.engine.blotter.orders.values()
        result.journal = world.journal.head[1]
        result.steps = world.steps + world.process.steps
        result.orders, result.gaps = len(orders), sum(order.has_gap for order in orders)


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
