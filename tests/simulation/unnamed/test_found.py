"""What the histories found, written out, so that no change of the dice loses it."""

import pytest

from tests.simulation.plan import MS, Action
from tests.simulation.unnamed.plan import CLOUD, WEEX, Manner, Plan
from tests.simulation.unnamed.runner import Result, run

SEEDS = range(9)


def lived(
    manner: Manner, faults: tuple[str, ...], seed: int, *script: tuple[int, str, tuple[object, ...]]
) -> Result:
    """Live through a script of (ms, name, arguments); of submits every third meets one of the faults."""
    actions = tuple(Action(at * MS, name, args) for at, name, args in script)
    result = run(Plan(seed=f"found {seed}", manner=manner, rates=dict.fromkeys(faults, 0.0), actions=actions))
    assert result.failure is None, result.failure
    return result


@pytest.mark.parametrize("seed", SEEDS)
def test_a_clock_put_forward_does_not_shorten_the_fence(seed: int) -> None:
    places = [(number, "place", (number, 0, number, "1", "1", 2, 4)) for number in range(3)]
    clock = [(at, "clock", (120,)) for at in (10_000, 20_000)]
    assert lived(Manner(venue=CLOUD), ("late",), seed, *places, *clock).submit_faults == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_executions_of_what_filled_at_once_are_found_after_a_crash(seed: int) -> None:
    places = [(number * 400, "place", (number, 0, number, "1", "1", 1, 10)) for number in range(3)]
    crash = (150 * (seed + 1), "crash", ("at once", 1, 3000))
    lived(Manner(venue=WEEX), ("text-after", "unheard"), seed, *places, crash)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_submit_under_way_by_one_key_is_not_given_up_by_another(seed: int) -> None:
    manner = Manner(venue=WEEX, keys=2, timeout_s=8)
    places = [(number, "place", (number, 0, number, "1", "1", 2, 4)) for number in range(3)]
    asks = [(at, "ask", (number,)) for at in (5_200, 6_000, 7_000) for number in range(3)]
    assert lived(manner, ("late",), seed, *places, *asks).submit_faults == 1


@pytest.mark.parametrize("venue", [WEEX, CLOUD])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_replacement_whose_answer_is_lost_is_the_new_leg(venue: str, seed: int) -> None:
    places = [(number, "place", (number, 0, number, "1", "1", 2, 4)) for number in range(3)]
    replaces = [(10_000 + number, "replace", (number, 50, 2)) for number in range(3)]
    hits = [(30_000, "hit", (number, 25)) for number in range(3)] if seed % 2 else []
    lived(Manner(venue=venue), ("unheard", "truncated"), seed, *places, *replaces, *hits)
