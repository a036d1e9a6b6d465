"""Running histories of venues without client order ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulation.runner import Outcome, journal_of, lived
from tests.simulation.unnamed.checks import ambiguous, check
from tests.simulation.unnamed.plan import draw
from tests.simulation.unnamed.world import World

if TYPE_CHECKING:
    from tests.simulation.unnamed.plan import Plan


@dataclass
class Result(Outcome):
    """What became of such a history."""

    plan: Plan
    submits: int = 0
    submit_faults: int = 0
    faults: int = 0
    ambiguous: int = 0
    requests: int = 0


def run(plan: Plan, *, trace: bool = False) -> Result:
    """Run one history; some use the real journal."""
    result = Result(plan, trace=[] if trace else None)
    with journal_of(plan.seed) as journal:
        world = World(plan, journal)
        lived(world, result, check)
        network = world.network
        result.submits, result.submit_faults = network.submits, network.submit_faults
        result.faults, result.requests = network.faults, world.requests
        if world.process is not None:
            result.ambiguous = ambiguous(world)
    return result


def history(venue: str, seed: int | str) -> Result:
    """Draw and run the history of a seed."""
    return run(draw(venue, str(seed)))
