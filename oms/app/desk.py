"""What the HTTP API may ask of the daemon."""

from typing import TYPE_CHECKING, Any, Protocol

from oms.app.published import Published
from oms.core.inputs import Answer, Instruction

if TYPE_CHECKING:
    from concurrent.futures import Future


class Desk(Protocol):
    """The daemon as its API sees it. Every method may be called from any thread and returns at once."""

    published: Published

    def submit(self, instruction: Instruction) -> "Future[Answer]":
        """Hand an instruction to the engine.

        The future is done after the commit of what it became. It fails with `JournalError` when the journal cannot
        take it, and with `VenueUnavailable` when the daemon is stopping; then nothing was taken on.
        """
        ...

    def sessions(self) -> list[dict[str, Any]]:
        """Describe the sessions: name, account, host, port, logged_on, since, reason, and what waits or is held.

        `halted`: why no new order leaves; `under_way`: its orders are being asked for now; `round`: how the last
        round of questions ended, with `ended`, `asked`, and the numbers of those `unanswered` then and since.
        """
        ...

    def readiness(self) -> list[str]:
        """List what keeps the desk from trading; empty when it can."""
        ...

    def figures(self) -> dict[str, float]:
        """Give the counters and gauges for the metrics page, by Prometheus name."""
        ...
