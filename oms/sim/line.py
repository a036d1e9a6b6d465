"""The way back to one account: in order, after the latency, and with the faults of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from oms.sim.faults import DELAY, REORDER, REPEAT, SWAP_WITHIN_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from oms.sim.faults import Faults
    from oms.sim.reports import Reply
    from oms.sim.timeline import Timeline


class Transport(Protocol):
    """What carries messages to accounts."""

    def send(self, account: str, text: str) -> None:
        """Send one message; nothing happens if the account is not logged on."""

    def disconnect(self, account: str) -> None:
        """Cut the account's connection without a goodbye."""


class Line:
    """Everything on its way to one account.

    A message belongs to the connection it was made in: the venue resets its sequence numbers
    with every logon and never resends, so what was under way when a connection ended is lost.
    Not safe for threads: the owner's lock guards every method but `opened` and `closed`.
    """

    def __init__(
        self,
        account: str,
        *,
        transport: Transport,
        timeline: Timeline,
        faults: Faults,
        latency_s: Callable[[], float],
    ) -> None:
        """Start without a connection."""
        self._account = account
        self._transport = transport
        self._timeline = timeline
        self._faults = faults
        self._latency_s = latency_s
        self._connections = 0
        self._connection: int | None = None
        self._last_due = 0.0
        self._held: Reply | None = None

    def opened(self) -> None:
        """Note a logon."""
        self._connections += 1
        self._connection = self._connections

    def closed(self) -> None:
        """Note a logout: what is under way is lost."""
        self._connection = None

    def say(self, reply: Reply) -> None:
        """Send a message after the latency, unless a fault wants otherwise."""
        hit = self._faults.of_report() if reply.is_report else frozenset()
        delay_s = self._faults.delay_s() if DELAY in hit else 0.0
        held, self._held = self._held, None
        if REORDER in hit and held is None:
            self._hold(reply)
            return
        for each in (reply, reply, held) if REPEAT in hit else (reply, held):
            if each is not None:
                self._carry(each, delay_s)

    def cut(self) -> None:
        """Drop the connection once everything before this moment was sent."""
        connection = self._connection

        def drop() -> None:
            if connection is not None and connection == self._connection:
                self._transport.disconnect(self._account)

        self._at_turn(drop, 0.0)

    def lose(self) -> None:
        """Drop the connection now, with everything that is under way."""
        if self._connection is not None:
            self._connection = None
            self._timeline.put(0.0, lambda: self._transport.disconnect(self._account))

    def release(self, reply: Reply) -> None:
        """Send a report that waited for another to overtake it, if it still waits."""
        if self._held is reply:
            self._held = None
            self._carry(reply, 0.0)

    def _hold(self, reply: Reply) -> None:
        self._held = reply
        due = self._timeline.now() + SWAP_WITHIN_MS / 1000
        self._timeline.put(due, lambda: self.release(reply))

    def _carry(self, reply: Reply, delay_s: float) -> None:
        connection = self._connection
        if connection is None:
            return

        def deliver() -> None:
            if connection == self._connection:
                self._transport.send(self._account, reply.text())

        self._at_turn(deliver, delay_s)

    def _at_turn(self, action: Callable[[], None], delay_s: float) -> None:
        # One connection delivers in order: what is delayed delays what follows.
        due = self._timeline.now() + self._latency_s() + delay_s
        self._last_due = max(self._last_due, due)
        self._timeline.put(self._last_due, action)
