"""The daemon, ended by `kill -9` of itself at one exact place, the n-th time that it comes there.

    python -m tests.system.killed_at PLACE:N run --config FILE

`committed`: an order or cancel is in the journal, and not a byte of it has left. `left`: it has left, and that is not
on record. `commit`: just before a commit, everything of that batch is lost.
"""

import functools
import itertools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from oms.app.cli import main
from oms.core.messages import CancelOrder, NewOrder
from oms.fix.initiator import FixVenue
from oms.journal.sqlite import SqliteJournal


def killing(
    at: int, function: Callable[..., Any], *, first: bool, only: tuple[type, ...]
) -> Callable[..., Any]:
    """Make `function` end the process before (`first`) or after its n-th call with such an argument."""
    calls = itertools.count(1)

    @functools.wraps(function)
    def called(this: Any, argument: Any, **named: Any) -> Any:
        die = isinstance(argument, only) and next(calls) == at
        if die and first:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(this, argument, **named)
        if die:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return called


if __name__ == "__main__":
    place, _, times = sys.argv.pop(1).partition(":")
    if place == "commit":
        SqliteJournal.append = killing(int(times), SqliteJournal.append, first=True, only=(list,))  # type: ignore[method-assign]
    else:
        first = place == "committed"
        FixVenue.send = killing(int(times), FixVenue.send, first=first, only=(NewOrder, CancelOrder))  # type: ignore[method-assign]
    main()
