"""Questions that are asked again where they fail, within the job that asks them.

A look is worth nothing unless each of its questions is answered: where one in three fails, hardly any look would be
complete if each failure ended it. Only questions are repeated, never what moves something.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from oms.core.errors import VenueError, VenueRefused
from oms.rest.keys import KeySpent
from oms.rest.line import Line
from oms.rest.refusal import NotTakenError
from oms.rest.worker import NotRun

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 1.0
REPEATS: Final = 3
_FINAL: Final = (NotRun, NotTakenError, KeySpent)

T = TypeVar("T")


class Patience:
    """Asks each question up to `REPEATS` times more."""

    def __init__(self, line: Line) -> None:
        """Rest on `line` before a question is repeated: what is more urgent is done meanwhile."""
        self._line = line

    def ask(self, question: Callable[[], T]) -> T:
        """Give the answer to a question, or raise what it raised at last."""
        pause_s = 0.0
        for _ in range(REPEATS):
            try:
                return question()
            except VenueError as error:
                if not may_pass(error):
                    raise
            pause_s = longer(pause_s)
            self._line.rest(pause_s)
        return question()


def may_pass(error: VenueError) -> bool:
    """Whether a question that failed so may have its answer the next time: not where the venue says why it has none."""
    if isinstance(error, VenueRefused):
        return getattr(error, "reason", None) == "OTHER"
    return not isinstance(error, _FINAL)


def longer(pause_s: float) -> float:
    """Give the pause that follows one, seconds."""
    return min(max(pause_s * 2, FIRST_PAUSE_S), LONGEST_PAUSE_S)
