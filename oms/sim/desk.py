"""The venue's order desk: requests of all accounts in, their answers on their lines out.

Knows no QuickFIX. Requests come on several threads, and the other participants' steps on the
timeline's: one lock keeps the exchange, the lines and the record in one order. It is never held
while a message is sent.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from oms.sim.exchange import Exchange
from oms.sim.faults import (
    ACK_AFTER_FILL,
    CANCEL_REJECTS,
    DROP,
    LATE_FILL,
    REJECT,
    SILENT,
    SILENT_LOST,
    Faults,
)
from oms.sim.line import Line, Transport
from oms.sim.reports import (
    Form,
    Refusing,
    business_reject,
    cancel_refused,
    report,
    session_reject,
)
from oms.sim.terms import (
    Accepted,
    CancelOrder,
    CancelRefused,
    Event,
    Filled,
    NewOrder,
    StatusReply,
    StatusRequest,
)
from oms.sim.wire import CANCEL, NEW_ORDER, STATUS, Fields, Garbled, Request, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oms.sim.record import Record
    from oms.sim.timeline import Timeline

STEP_EVERY_S = 0.05
UNSUPPORTED_MESSAGE_TYPE = "3"  # BusinessRejectReason(380)
REJECT_TEXT = "New order failure, retry or contact customer service."
BEFORE, BETWEEN, AFTER = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How the venue behaves."""

    form: Form = Form.DOCUMENTED
    seed: int = 1
    latency_ms: tuple[int, int] = (0, 0)
    background: bool = True
    rates: Mapping[str, float]


class Desk:
    """One simulated venue."""

    def __init__(
        self,
        accounts: Iterable[str],
        conduct: Conduct,
        *,
        transport: Transport,
        timeline: Timeline,
        record: Record,
    ) -> None:
        """Open the exchange; nothing moves before `start`."""
        accounts = tuple(accounts)
        self._conduct = conduct
        self._timeline = timeline
        self._record = record
        self._lock = threading.Lock()
        self._faults = Faults(conduct.rates, self._dice("requests"))
        self._latency = self._dice("latency")
        self._exchange = Exchange(
            accounts,
            self._dice("background"),
            background=conduct.background,
            # A venue never gives a number twice, not even after it was restarted.
            id_prefix=f"{_now():%Y%m%d%H%M%S}",
        )
        self._lines = {
            account: Line(
                account,
                transport=transport,
                timeline=timeline,
                faults=Faults(conduct.rates, self._dice(f"reports {account}")),
                latency_s=self._latency_s,
            )
            for account in accounts
        }

    def start(self) -> None:
        """Let the other participants act."""
        if self._conduct.background:
            self._timeline.put(self._timeline.now() + STEP_EVERY_S, self._step)

    def logged_on(self, account: str) -> None:
        """Note that an account can hear us."""
        self._lines[account].opened()

    def logged_out(self, account: str) -> None:
        """Note that it cannot any more."""
        self._lines[account].closed()

    def handle(self, account: str, fields: Fields) -> None:
        """Take one application message of an account's session."""
        with self._lock:
            line = self._lines[account]
            if fields.get(35) not in (NEW_ORDER, CANCEL, STATUS):
                text = "Unsupported Message Type"
                line.say(business_reject(fields, reason=UNSUPPORTED_MESSAGE_TYPE, text=text))
                return
            self._record.received(account, fields, _now())
            try:
                request = read(fields, account)
            except Garbled as garbled:
                line.say(session_reject(garbled, fields))
                return
            self._obey(request, fields, line)

    def _obey(self, request: Request, fields: Fields, line: Line) -> None:
        hit = self._hits(request)
        if hit:
            self._record.fault(request.account, sorted(hit), fields, _now())
        moment = self._faults.drop_moment() if DROP in hit else None
        if moment in (BEFORE, BETWEEN):
            line.lose()
        if moment == BEFORE or SILENT_LOST in hit:
            return
        events = self._ask(request, hit)
        self._publish([event for event in events if not _hushed(event, request, hit)], hit, fields)
        if moment == AFTER:
            line.cut()

    def _hits(self, request: Request) -> frozenset[str]:
        """Return the faults that can befall this kind of request, of those that were drawn."""
        hit = self._faults.of_request()
        match request:
            case NewOrder():
                return hit & {DROP, SILENT, SILENT_LOST, REJECT, ACK_AFTER_FILL}
            case CancelOrder():
                return hit & {DROP, SILENT, SILENT_LOST, LATE_FILL, *CANCEL_REJECTS}
            case StatusRequest():
                return hit & {DROP}

    def _ask(self, request: Request, hit: frozenset[str]) -> list[Event]:
        now = _now()
        match request:
            case NewOrder():
                if REJECT in hit:
                    return self._noted(self._exchange.reject(request, now, text=REJECT_TEXT))
                events = self._noted(self._exchange.submit(request, now))
                return _acknowledged_late(events) if ACK_AFTER_FILL in hit else events
            case CancelOrder():
                if hit & CANCEL_REJECTS.keys():
                    return self._noted(self._exchange.refuse_cancel(request, now))
                late = LATE_FILL in hit
                return self._noted(self._exchange.cancel(request, now, late_fill=late))
            case StatusRequest():
                return self._noted(self._exchange.status(request, now))

    def _noted(self, events: list[Event]) -> list[Event]:
        for event in events:
            self._record.happened(event)
        return events

    def _publish(self, events: list[Event], hit: frozenset[str], fields: Fields) -> None:
        ways = [way for name, way in CANCEL_REJECTS.items() if name in hit]
        way = ways[0] if ways else Refusing.CANCEL_REJECT
        for event in events:
            line = self._lines[_account(event)]
            if isinstance(event, CancelRefused) and way is not Refusing.EXECUTION_REPORT:
                line.say(cancel_refused(event, way, fields))
            else:
                line.say(report(event, self._conduct.form))

    def _step(self) -> None:
        with self._lock:
            self._publish(self._noted(self._exchange.step(_now())), frozenset(), {})
        self._timeline.put(self._timeline.now() + STEP_EVERY_S, self._step)

    def _latency_s(self) -> float:
        shortest, longest = self._conduct.latency_ms
        return self._latency.uniform(shortest, longest) / 1000 if longest else 0.0

    def _dice(self, purpose: str) -> random.Random:
        """Independent dice for each purpose, all from the one seed."""
        return random.Random(f"{self._conduct.seed} {purpose}")  # noqa: S311 - not for secrets


def _now() -> datetime:
    return datetime.now(UTC)


def _account(event: Event) -> str:
    if isinstance(event, StatusReply | CancelRefused):
        return event.request.account
    return event.order.account


def _hushed(event: Event, request: Request, hit: frozenset[str]) -> bool:
    """Whether a silent venue keeps this to itself: what the request led to for its own order."""
    if SILENT not in hit:
        return False
    if isinstance(event, StatusReply | CancelRefused):
        return True
    about = request.orig_cl_ord_id if isinstance(request, CancelOrder) else request.cl_ord_id
    return (event.order.account, event.order.cl_ord_id) == (request.account, about)


def _acknowledged_late(events: list[Event]) -> list[Event]:
    """Put the acknowledgement behind the order's first fill, where there is one."""
    if len(events) > 1 and isinstance(events[0], Accepted) and isinstance(events[1], Filled):
        return [events[1], events[0], *events[2:]]
    return events
