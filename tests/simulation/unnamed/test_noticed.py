"""The histories notice when matching is broken: each of its rules is taken away in turn."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from oms.core import matching
from oms.core.inputs import Look, Looked
from oms.core.messages import Mark
from tests.simulation.unnamed.plan import CLOUD, WEEX, draw
from tests.simulation.unnamed.runner import run

MOST = 400
Patch = Callable[[str, Any], None]


def without_a_mark(patch: Patch) -> None:
    patch("Look", lambda **fields: Look(**{**fields, "mark": Mark()}))
    patch("is_above", lambda _number, _mark: True)
    patch("_is_others", lambda _work, _order, _number: False)  # polls show whose the older ones are


def taking_the_first_of_several(patch: Patch) -> None:
    judge = matching.judge

    def careless(work: Any, order: Any, request: Any, message: Looked) -> Any:
        found = list(matching._fitting(work, order, request, message.candidates))
        return (found[-1], None) if found else judge(work, order, request, message)

    patch("judge", careless)


def after_one_look(patch: Patch) -> None:
    patch("LOOKS_IN_VAIN", 1)


def before_the_fence(patch: Patch) -> None:
    judge = matching.judge

    def hasty(work: Any, order: Any, request: Any, message: Looked) -> Any:
        return judge(work, order, request, msgspec.structs.replace(message, past_fence=True))

    patch("judge", hasty)


def two_at_once(patch: Patch) -> None:
    patch("_is_free", lambda _work, _order, _route: True)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("venue", "broken", "words"),
    [
        (WEEX, without_a_mark, "somebody else's, and taken for"),
        (WEEX, taking_the_first_of_several, "fit"),
        (WEEX, after_one_look, "not placed, after 1 looks"),
        (CLOUD, before_the_fence, "which nobody here knows"),
        (WEEX, two_at_once, "had no outcome"),
    ],
)
def test_a_broken_rule_is_noticed(
    venue: str, broken: Callable[[Patch], None], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(lambda name, value: monkeypatch.setattr(matching, name, value))
    twins = broken in (without_a_mark, taking_the_first_of_several)
    for seed in range(MOST):
        plan = draw(venue, str(seed))
        if plan.manner.twins is not twins:
            continue
        if words in (run(plan).failure or ""):
            return
    pytest.fail(f"{MOST} histories did not notice {broken.__name__}")
