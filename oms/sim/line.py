"""The way back to one account: in order, after the latency, and with the faults of reports."""

from __future__ import annotations

import threading
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
    Safe for threads; its lock is never held while a message is sent.
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
        self._lock = threading.Lock()

    def opened(self) -> None:
        """Note a logon."""
        with self._lock:
            self._connections += 1
            self._connection = self._connections

    def closed(self) -> None:
        """Note a logout: what is under way is lost."""
        with self._lock:
            self._end()

    def say(self, reply: Reply) -> None:
        """Send a message after the latency, unless a fault wants otherwise."""
        with self._lock:
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
        with self._lock:
            self._at_turn(lambda: self._transport.disconnect(self._account), 0.0)

    def lose(self) -> None:
        """Drop the connection now, with everything that is under way."""
        with self._lock:
            self._end()
            self._timeline.put(0.0, lambda: self._transport.disconnect(self._account))

    def _end(self) -> None:
        self._connection = self._held = None

    def _hold(self, reply: Reply) -> None:
        def release() -> None:
            with self._lock:
                if self._held is reply:
                    self._held = None
                    self._carry(reply, 0.0)

        self._held = reply
        self._timeline.put(self._timeline.now() + SWAP_WITHIN_MS / 1000, release)

    def _carry(self, reply: Reply, delay_s: float) -> None:
        self._at_turn(lambda: self._transport.send(self._account, reply.text()), delay_s)

    def _at_turn(self, action: Callable[[], None], delay_s: float) -> None:
        connection = self._connection
        if connection is None:
            return

        def act() -> None:
            if connection == self._connection:
                action()

        # One connection delivers in order: what is delayed delays what follows.
        due = self._timeline.now() + self._latency_s() + delay_s
        self._last_due = max(self._last_due, due)
        self._timeline.put(self._last_due, act)
