"""The venue's order desk for FIX: requests of all accounts in, their answers on their lines out.

Knows no QuickFIX. The venue's one lock keeps the exchange, the lines and the record in one order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    Refusing,
    business_reject,
    cancel_refused,
    report,
    session_reject,
)
from oms.sim.standing import ACCOUNT_STATUS, SUSPENDED
from oms.sim.terms import (
    Accepted,
    Canceled,
    CancelOrder,
    CancelRefused,
    Event,
    Filled,
    NewOrder,
    OrderView,
    Rejected,
    StatusReply,
    StatusRequest,
)
from oms.sim.venue import now
from oms.sim.wire import CANCEL, NEW_ORDER, STATUS, Fields, Garbled, Request, read

if TYPE_CHECKING:
    from datetime import datetime

    from oms.sim.venue import Venue

UNSUPPORTED_MESSAGE_TYPE = "3"  # BusinessRejectReason(380)
REJECT_TEXT = "New order failure, retry or contact customer service."
BEFORE, BETWEEN, AFTER = range(3)


class Desk:
    """The venue as its FIX sessions see it."""

    def __init__(self, venue: Venue, transport: Transport) -> None:
        """Open a line for each account; nobody is logged on."""
        self._venue = venue
        self._record = venue.record
        self._exchange = venue.exchange
        self._lock = venue.lock
        self._form = venue.conduct.form
        rates = venue.conduct.rates
        self._faults = Faults(rates, venue.dice("requests"))
        self._latency = venue.dice("latency")
        self._lines = {
            account: Line(
                account,
                transport=transport,
                timeline=venue.timeline,
                faults=Faults(rates, venue.dice(f"reports {account}")),
                latency_s=self._latency_s,
            )
            for account in venue.accounts
        }
        venue.hear(self._hear)

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
            self._record.received(account, fields, now())
            if self._venue.standing.account(account) == SUSPENDED:
                line.say(business_reject(fields, reason="0", text=ACCOUNT_STATUS))
                return
            try:
                request = read(fields, account)
            except Garbled as garbled:
                line.say(session_reject(garbled, fields))
                return
            self._obey(request, fields, line)

    def _obey(self, request: Request, fields: Fields, line: Line) -> None:
        hit = self._hits(request)
        if hit:
            self._record.fault(request.account, sorted(hit), fields, now())
        moment = self._faults.drop_moment() if DROP in hit else None
        if moment in (BEFORE, BETWEEN):
            line.lose()
        if moment == BEFORE or SILENT_LOST in hit:
            return
        events = self._venue.noted(self._ask(request, hit, now()))
        if ACK_AFTER_FILL in hit:
            events = _acknowledged_late(events)
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

    def _ask(self, request: Request, hit: frozenset[str], at: datetime) -> list[Event]:
        match request:
            case NewOrder():
                return self._submit(request, hit, at)
            case CancelOrder():
                return self._cancel(request, hit, at)
            case StatusRequest():
                return self._exchange.status(request, at)

    def _submit(self, request: NewOrder, hit: frozenset[str], at: datetime) -> list[Event]:
        if closed := self._venue.standing.refusal(request.account, request.venue):
            return self._exchange.reject(request, at, text=closed)
        if REJECT in hit:
            return self._exchange.reject(request, at, text=REJECT_TEXT)
        return self._exchange.submit(request, at)

    def _cancel(self, request: CancelOrder, hit: frozenset[str], at: datetime) -> list[Event]:
        entry = self._venue.history.entry(request.account, request.orig_cl_ord_id)
        venue = entry.order.venue if entry else ""
        if closed := self._venue.standing.refusal(request.account, venue):
            return self._exchange.refuse_cancel(request, at, text=closed)
        if hit & CANCEL_REJECTS.keys():
            return self._exchange.refuse_cancel(request, at)
        return self._exchange.cancel(request, at, late_fill=LATE_FILL in hit)

    def _publish(self, events: list[Event], hit: frozenset[str], fields: Fields) -> None:
        """Say what an account's own request led to, and to the others what it did to them."""
        ways = [way for name, way in CANCEL_REJECTS.items() if name in hit]
        way = ways[0] if ways else Refusing.CANCEL_REJECT
        for event in events:
            line = self._lines[_account(event)]
            if isinstance(event, CancelRefused) and way is not Refusing.EXECUTION_REPORT:
                line.say(cancel_refused(event, way, fields))
            elif self._is_reported(event):
                line.say(report(event, self._form))

    def _hear(self, events: list[Event]) -> None:
        """Say what happened by itself, or by requests that came over REST."""
        for event in events:
            if not isinstance(event, StatusReply | CancelRefused) and not self._is_from_rest(event.order):
                self._lines[_account(event)].say(report(event, self._form))

    def _is_reported(self, event: Event) -> bool:
        # What was asked over FIX is answered there, whoever entered the order.
        if isinstance(event, StatusReply | CancelRefused):
            return True
        if isinstance(event, Rejected) and event.first:
            return True
        return (isinstance(event, Canceled) and event.request is not None) or not self._is_from_rest(
            event.order
        )

    def _is_from_rest(self, order: OrderView) -> bool:
        return (order.account, order.cl_ord_id) in self._venue.over_rest

    def _latency_s(self) -> float:
        shortest, longest = self._venue.conduct.latency_ms
        return self._latency.uniform(shortest, longest) / 1000 if longest else 0.0


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
