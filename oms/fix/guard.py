"""What stands between QuickFIX and an exception: one that escapes a callback hangs the session's thread."""

import contextlib
import time
from collections.abc import Callable

from oms.fix.inputs import Alarm, Input
from oms.fix.text import masked, plain


class Guard:
    """Turns whatever happens inside a callback into an alarm; holds no state, so that one serves all threads."""

    __slots__ = ("_sink",)

    def __init__(self, sink: Callable[[Input], None]) -> None:
        """Put alarms into `sink`."""
        self._sink = sink

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Let nothing escape."""
        if error is not None:
            self.failed(error)
        return True

    def failed(self, error: BaseException) -> None:
        """Tell of a failure; where the sink is what failed, nobody is left to tell."""
        with contextlib.suppress(BaseException):
            told = f"a FIX callback failed: {type(error).__name__}: {masked(plain(str(error)))}"
            self._sink(Alarm(None, time.time_ns(), "CALLBACK_FAILED", told))
