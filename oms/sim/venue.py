"""What all faces of one simulated venue share: the exchange, its memory, and the lock around them.

Requests come on several threads, and the other participants' steps on the timeline's: whoever asks the
exchange holds `lock`, and hands every event to `noted` before letting go. The lock is never held while a
message is sent.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from oms.sim.apifiny_http.faults import WITHDRAWAL_CANCELED
from oms.sim.exchange import Exchange
from oms.sim.history import Change, History
from oms.sim.reports import Form
from oms.sim.standing import Standing
from oms.sim.terms import NO_FEES, Event, Fees
from oms.sim.wallet import Wallet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from oms.sim.record import Record
    from oms.sim.timeline import Timeline

STEP_EVERY_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How the venue behaves."""

    form: Form = Form.DOCUMENTED
    seed: int = 1
    latency_ms: tuple[int, int] = (0, 0)
    background: bool = True
    rates: Mapping[str, float]
    fees: Fees = NO_FEES
    standing: Standing = field(default_factory=Standing)
    addresses: tuple[str, ...] = ()
    """Where withdrawals may go, outside."""
    http_timeout_s: float = 0.2
    md_interval_s: float = 1.0
    """How long a key must leave between two requests for market data."""


class Venue:
    """One simulated venue, without the protocols that it speaks."""

    def __init__(
        self, accounts: Iterable[str], conduct: Conduct, *, timeline: Timeline, record: Record
    ) -> None:
        """Open the exchange; nothing moves before `start`."""
        self.accounts = tuple(accounts)
        self.conduct = conduct
        self.standing = conduct.standing
        self.timeline = timeline
        self.record = record
        self.lock = threading.Lock()
        self.history = History()
        self.opened_at = now()
        self.exchange = Exchange(
            self.accounts,
            self.dice("background"),
            background=conduct.background,
            # A venue never gives a number twice, not even after it was restarted.
            id_prefix=f"{self.opened_at:%Y%m%d%H%M%S}",
            fees=conduct.fees,
        )
        dice, rate = self.dice("withdrawals"), conduct.rates.get(WITHDRAWAL_CANCELED, 0.0)
        self.wallet = Wallet(
            self.accounts,
            self.exchange.ledger,
            self.dice("wallet"),
            conduct.addresses,
            cancels=lambda: dice.random() < rate,
        )
        self.over_rest: set[tuple[str, str]] = set()
        """The orders that were entered over REST: FIX sessions report only what was entered there."""
        self._events: list[Callable[[list[Event]], None]] = []
        self._changes: list[Callable[[Change], None]] = []

    def start(self) -> None:
        """Let the other participants act."""
        if self.conduct.background:
            self.timeline.put(self.timeline.now() + STEP_EVERY_S, self._step)

    def hear(self, events: Callable[[list[Event]], None]) -> None:
        """Have a face called with what happens to orders that it did not ask for, under the lock."""
        self._events.append(events)

    def watch(self, changes: Callable[[Change], None]) -> None:
        """Have a face called with every change of every order, under the lock."""
        self._changes.append(changes)

    def noted(self, events: list[Event]) -> list[Event]:
        """Remember events, and give them back; hold the lock."""
        for event in events:
            self.record.happened(event)
            if change := self.history.happened(event):
                self.changed(change)
        return events

    def changed(self, change: Change) -> None:
        """Tell those who watch; hold the lock."""
        for watcher in self._changes:
            watcher(change)

    def tell(self, events: list[Event]) -> None:
        """Tell the other faces; hold the lock."""
        for listener in self._events:
            listener(events)

    def dice(self, purpose: str) -> random.Random:
        """Independent dice for each purpose, all from the one seed."""
        return random.Random(f"{self.conduct.seed} {purpose}")  # noqa: S311 - not for secrets

    def _step(self) -> None:
        with self.lock:
            self.tell(self.noted(self.exchange.step(now())))
        self.timeline.put(self.timeline.now() + STEP_EVERY_S, self._step)


def now() -> datetime:
    """Return the venue's clock."""
    return datetime.now(UTC)
