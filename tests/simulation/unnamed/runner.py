"""Running histories of venues without client order ids."""

from __future__ import annotations

import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from oms.journal.memory import MemoryJournal
from oms.journal.sqlite import SqliteJournal
from tests.simulation.checks import Broken
from tests.simulation.unnamed.checks import ambiguous, check
from tests.simulation.unnamed.plan import draw
from tests.simulation.unnamed.world import World

if TYPE_CHECKING:
    from tests.simulation.unnamed.plan import Plan

SQLITE_EVERY = 50


@dataclass
class Result:
    """What became of a history. `failure` is None where all promises held."""

    plan: Plan
    failure: str | None = None
    steps: int = 0
    orders: int = 0
    submits: int = 0
    submit_faults: int = 0
    faults: int = 0
    ambiguous: int = 0
    requests: int = 0
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
    except Broken as error:
        result.failure = str(error)
    except Exception:  # noqa: BLE001 - whatever it is, the history failed
        result.failure = traceback.format_exc(limit=-8)
    network = world.network
    result.submits, result.submit_faults = network.submits, network.submit_faults
    result.faults, result.requests = network.faults, world.requests
    if world.process is not None:
        result.orders = len(world.engine.blotter.orders)
        result.journal = world.journal.head[1]
        result.steps = world.steps + world.process.steps
        result.ambiguous = ambiguous(world)


def history(venue: str, seed: int | str) -> Result:
    """Draw and run the history of a seed."""
    return run(draw(venue, str(seed)))
