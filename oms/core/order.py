"""The order: its phases, the transition table, the fold, and the OrdStatus derived from all that holds at once.

Invariants
1. `phase` moves by `TRANSITIONS` only; a missing cell is illegal and changes nothing.
2. Fills are folded as increments; a venue's own totals only raise `reported_cum`, and the difference is the gap.
3. OrdStatus is derived (FIX 4.2, Appendix D, precedence of OrdStatus) and says what the venue has confirmed: a
   request that it has not acknowledged shows in `pending` and nowhere else.
4. Every event costs the same, however many fills or requests came before it.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct, field

from oms.core import events as ev
from oms.core.errors import IllegalTransition
from oms.core.values import (
    AVG_PX_STEP,
    ENDED,
    GOOD_TILL,
    ROUNDING,
    ZERO,
    OrdStatus,
    Phase,
    RequestKind,
)


class Request(Struct, kw_only=True):
    """A request that the venue has not answered for good.

    `waiting`: it has not left. `seen`: the venue acknowledged it as pending. `seq`: the MsgSeqNum it left under.
    """

    number: int
    kind: RequestKind
    cl_ord_id: str
    since_ns: int
    price: Decimal | None = None
    order_qty: Decimal | None = None
    waiting: bool = False
    seen: bool = False
    in_doubt: bool = False
    doubt_reason: str | None = None
    seq: int | None = None
    tries: int = 0


class Execution(Struct):
    """One ExecID. Corrections of a fill form a chain: `root` is its first, whose `latest` is what counts now."""

    shares: Decimal
    price: Decimal | None
    root: "Execution | None" = None
    latest: "Execution | None" = None
    busted: bool = False
    counted: bool = True


class Order(Struct, kw_only=True):
    """One order as the desk sees it: a whole chain of replacements is one order."""

    number: int
    session: str
    symbol: str
    side: str
    cl_ord_id: str | None
    created_ns: int
    placed: ev.Placed | None = None
    phase: Phase = Phase.PENDING_NEW
    account: str | None = None
    exchange: str | None = None
    client_order_id: str | None = None
    orig_cl_ord_id: str | None = None
    first_cl_ord_id: str | None = None
    order_id: str | None = None
    ord_type: str = "2"
    time_in_force: str = "0"
    order_qty: Decimal | None = None
    cash_order_qty: Decimal | None = None
    price: Decimal | None = None
    cum_qty: Decimal = ZERO
    notional: Decimal = ZERO
    reported_cum: Decimal = ZERO
    unpriced: int = 0
    complete: bool = False
    replaced: bool = False
    external: bool = False
    duplicates: int = 0
    questions: int = 0
    unknown_at_ns: int | None = None
    reason: str | None = None
    denial: str | None = None
    actor: str | None = None
    origin: str | None = None
    unconfirmed: int = 0
    phase_time: str | None = None
    last_time: str | None = None
    executions: dict[str, Execution] = field(default_factory=dict)
    reports: set[str] = field(default_factory=set)
    pending: list[Request] = field(default_factory=list)

    @property
    def in_doubt(self) -> bool:
        """Whether the outcome of any request is unknown."""
        return any(request.in_doubt for request in self.pending)

    @property
    def gap(self) -> Decimal:
        """How much the venue has executed beyond the fills that arrived."""
        return self.reported_cum - self.cum_qty

    @property
    def is_filled(self) -> bool:
        """Whether nothing is left to execute."""
        return self.complete or (self.order_qty is not None and ZERO < self.order_qty <= self.cum_qty)

    @property
    def is_open(self) -> bool:
        """Whether more executions or answers are to be expected."""
        if self.pending:
            return True
        if self.phase in ENDED or self.phase is Phase.CALCULATED or self.is_filled:
            return False
        return not self.is_done_for_good

    @property
    def is_done_for_good(self) -> bool:
        """Whether Done for Day is the end: it is for a day order, not for a good-till one (Appendix D, D2, D27)."""
        return self.phase is Phase.DONE_FOR_DAY and self.time_in_force not in GOOD_TILL

    @property
    def leaves_qty(self) -> Decimal | None:
        """LeavesQty (151): 0 once the order is no longer active; None where OrderQty is unknown."""
        if self.phase in ENDED or self.phase is Phase.CALCULATED or self.complete or self.is_done_for_good:
            return ZERO
        if self.order_qty is None:
            return None
        return max(self.order_qty - self.cum_qty, ZERO)

    @property
    def avg_px(self) -> Decimal | None:
        """AvgPx (6), half-even to 12 decimals; 0 before the first fill, None where a fill named no price."""
        if self.unpriced:
            return None
        if not self.cum_qty:
            return ZERO
        return ROUNDING.quantize(ROUNDING.divide(self.notional, self.cum_qty), AVG_PX_STEP)

    @property
    def ord_status(self) -> OrdStatus:
        """OrdStatus (39): the highest in precedence of all that hold."""
        seen = [request.kind for request in self.pending if request.seen]
        if RequestKind.CANCEL in seen:
            return OrdStatus.PENDING_CANCEL
        if RequestKind.REPLACE in seen:
            return OrdStatus.PENDING_REPLACE
        if self.phase in _ABOVE_FILLED:
            return _ABOVE_FILLED[self.phase]
        if self.is_filled:
            return OrdStatus.FILLED
        if self.phase in _BELOW_FILLED:
            return _BELOW_FILLED[self.phase]
        if self.cum_qty:
            return OrdStatus.PARTIALLY_FILLED
        if self.phase in _LOWEST:
            return _LOWEST[self.phase]
        return OrdStatus.REPLACED if self.replaced else OrdStatus.NEW

    def request(self, number: int) -> Request | None:
        """Find an unanswered request by our number for it."""
        return next((request for request in self.pending if request.number == number), None)

    def requested(self, kind: RequestKind) -> list[Request]:
        """List the unanswered requests of one kind, oldest first."""
        return [request for request in self.pending if request.kind is kind]


_ABOVE_FILLED: Final = {Phase.DONE_FOR_DAY: OrdStatus.DONE_FOR_DAY, Phase.CALCULATED: OrdStatus.CALCULATED}
_BELOW_FILLED: Final = {
    Phase.STOPPED: OrdStatus.STOPPED,
    Phase.SUSPENDED: OrdStatus.SUSPENDED,
    Phase.CANCELED: OrdStatus.CANCELED,
    Phase.EXPIRED: OrdStatus.EXPIRED,
}
_LOWEST: Final = {
    Phase.REJECTED: OrdStatus.REJECTED,
    Phase.DENIED: OrdStatus.REJECTED,
    Phase.PENDING_NEW: OrdStatus.PENDING_NEW,
}

# --- the transition table -------------------------------------------------------------------------------------------

_MOVES: Final[dict[type[ev.Event], Phase]] = {  # what a live order can go to, whatever it is doing now
    ev.Accepted: Phase.WORKING,
    ev.Canceled: Phase.CANCELED,
    ev.Expired: Phase.EXPIRED,
    ev.DoneForDay: Phase.DONE_FOR_DAY,
    ev.Rejected: Phase.REJECTED,
    ev.Stopped: Phase.STOPPED,
    ev.Suspended: Phase.SUSPENDED,
    ev.Calculated: Phase.CALCULATED,
}
_ALWAYS: Final[tuple[type[ev.Event], ...]] = (  # true whatever the phase, and never moving it
    ev.Filled,  # a late fill counts and revives nothing
    ev.FillBusted,
    ev.FillCorrected,
    ev.GapOpened,
    ev.CancelRequested,  # a cancel is never denied for the order's state
    ev.ReplaceRequested,
    ev.CancelRejected,
    ev.ReplaceRejected,
    ev.RequestReleased,
    ev.RequestSent,
    ev.RequestDropped,
    ev.InDoubt,
    ev.StatusRequested,
    ev.StatusAnswered,
    ev.UnknownAtVenue,
    ev.DuplicateSent,
    ev.DuplicateRefused,
)
_WHILE_LIVE: Final[tuple[type[ev.Event], ...]] = (ev.CancelPending, ev.ReplacePending)


def _row(phase: Phase, **changes: Phase | None) -> dict[type[ev.Event], Phase]:
    """Build a row: every live move, what always holds, then this phase's own cells; None takes a cell out."""
    row = {**_MOVES, **dict.fromkeys(_ALWAYS, phase), **dict.fromkeys(_WHILE_LIVE, phase)}
    for name, target in changes.items():
        kind: type[ev.Event] = getattr(ev, name)
        if target is None:
            row.pop(kind, None)
        else:
            row[kind] = target
    return row


TRANSITIONS: Final[dict[Phase, dict[type[ev.Event], Phase]]] = {
    Phase.PENDING_NEW: _row(
        Phase.PENDING_NEW,
        PendingNewSeen=Phase.PENDING_NEW,
        Denied=Phase.DENIED,
        Filled=Phase.WORKING,  # an execution implies the acceptance that got lost or comes later
        Replaced=Phase.WORKING,
        Restated=Phase.WORKING,
    ),
    Phase.WORKING: _row(Phase.WORKING, Replaced=Phase.WORKING, Restated=Phase.WORKING),
    Phase.SUSPENDED: _row(Phase.SUSPENDED, Replaced=Phase.SUSPENDED, Restated=Phase.WORKING, Resumed=Phase.WORKING),
    Phase.STOPPED: _row(Phase.STOPPED, Replaced=Phase.STOPPED, Restated=Phase.WORKING),
    Phase.DONE_FOR_DAY: _row(
        Phase.DONE_FOR_DAY, Replaced=Phase.WORKING, Restated=Phase.WORKING, Resumed=Phase.WORKING
    ),
    Phase.CALCULATED: _row(Phase.CALCULATED, Replaced=Phase.WORKING, Restated=Phase.WORKING),
    **{phase: dict.fromkeys(_ALWAYS, phase) for phase in (Phase.CANCELED, Phase.EXPIRED, Phase.REJECTED, Phase.DENIED)},
}


def is_legal(order: Order, kind: type[ev.Event]) -> bool:
    """Say whether the order can undergo such an event."""
    return kind in TRANSITIONS[order.phase]


# --- the fold -------------------------------------------------------------------------------------------------------


def fold(order: Order, event: ev.Event) -> None:
    """Apply one event to its order.

    Raises:
        IllegalTransition: the table has no such cell; the order is unchanged.

    """
    kind = type(event)
    phase = TRANSITIONS[order.phase].get(kind)
    if phase is None:
        message = f"order {order.cl_ord_id or order.number} is {order.phase}; {kind.__name__} is not possible there"
        raise IllegalTransition(message)
    if isinstance(event, ev.Told):
        _note(order, event, moved=phase is not order.phase)
    order.phase = phase
    _FOLDS[kind](order, event)


def _note(order: Order, event: ev.Told, *, moved: bool) -> None:
    """Remember what every report brings: ids, times, and a total that our fills do not explain."""
    if event.order_id is not None:
        order.order_id = event.order_id
    if event.cum_qty is not None and event.cum_qty > order.reported_cum:
        order.reported_cum = event.cum_qty
    time = event.transact_time
    if time is not None:
        if order.last_time is None or time > order.last_time:
            order.last_time = time
        if moved:
            order.phase_time = time
    if event.exec_id is not None and not isinstance(event, _EXECUTIONS):
        order.reports.add(event.exec_id)


_EXECUTIONS: Final = (ev.Filled, ev.FillBusted, ev.FillCorrected)


def _nothing(_order: Order, _event: Any) -> None:  # noqa: ANN401 - one signature for every fold
    """The phase was all."""


def _add(order: Order, shares: Decimal, price: Decimal | None, sign: int = 1) -> None:
    """Move the totals by one execution, or back by it."""
    if sign < 0:
        shares = -shares
    order.cum_qty += shares
    if price is not None:
        order.notional += shares * price
    elif shares:
        order.unpriced += sign
    order.reported_cum = max(order.reported_cum, order.cum_qty)


def _filled(order: Order, event: ev.Filled) -> None:
    key = event.exec_id or f"\x02{len(order.executions)}"
    known = order.executions.get(key)
    if known is not None:  # its bust came first: it is on record, and adds nothing
        known.shares, known.price, known.counted = event.last_shares, event.last_px, True
    else:
        order.executions[key] = Execution(event.last_shares, event.last_px)
        _add(order, event.last_shares, event.last_px)
    order.complete = order.complete or event.complete
    order.unconfirmed += event.unconfirmed
    _answered(order, RequestKind.NEW)


def _fill_busted(order: Order, event: ev.FillBusted) -> None:
    root = _root_of(order, event.exec_ref_id)
    if event.exec_id:
        order.executions[event.exec_id] = Execution(ZERO, None, root=root)
    if root.counted and not root.busted:
        now = root.latest or root
        _take_back(order, now)
        order.complete = False
    root.busted = True


def _take_back(order: Order, execution: Execution) -> None:
    """Reduce the totals, and what the venue reported with them: it speaks of the same execution."""
    gap = order.gap
    _add(order, execution.shares, execution.price, -1)
    order.reported_cum = order.cum_qty + gap


def _fill_corrected(order: Order, event: ev.FillCorrected) -> None:
    root = _root_of(order, event.exec_ref_id)
    gap = order.gap
    if root.counted:
        before = root.latest or root
        _add(order, before.shares, before.price, -1)
    else:
        gap = max(gap - event.last_shares, ZERO)
    _add(order, event.last_shares, event.last_px)
    order.reported_cum = order.cum_qty + gap
    if event.cum_qty is not None and event.cum_qty > order.reported_cum:
        order.reported_cum = event.cum_qty
    correction = Execution(event.last_shares, event.last_px, root=root)
    root.latest, root.counted = correction, True
    if event.exec_id:
        order.executions[event.exec_id] = correction


def _root_of(order: Order, exec_ref_id: str) -> Execution:
    """Find the fill that an ExecRefID names by any id of its chain; one never seen gets a place of its own."""
    found = order.executions.get(exec_ref_id)
    if found is None:
        found = order.executions[exec_ref_id] = Execution(ZERO, None, counted=False)
    return found.root or found


def _answered(order: Order, kind: RequestKind) -> None:
    """Drop the oldest request of a kind, and forget that the venue did not know the order."""
    order.unknown_at_ns = None
    pending = order.pending
    for index, request in enumerate(pending):
        if request.kind is kind:
            del pending[index]
            return


def _accepted(order: Order, _event: ev.Accepted) -> None:
    _answered(order, RequestKind.NEW)


def _told_of_life(order: Order, _event: ev.Told) -> None:
    """Suspended, stopped and the like: the venue has the order, so the new order is answered."""
    _answered(order, RequestKind.NEW)


def _ended(order: Order, event: "ev.Canceled | ev.Expired | ev.Rejected") -> None:
    """Nothing is open any more, so no request can change anything."""
    order.reason = event.reason or order.reason
    order.pending.clear()
    order.unknown_at_ns = None


def _canceled(order: Order, event: ev.Canceled) -> None:
    _advance(order, event.cl_ord_id)
    _ended(order, event)


def _advance(order: Order, cl_ord_id: str | None) -> None:
    """Make a request's ClOrdID the current one of the chain (Appendix D, D35 t7: reports go on under Y)."""
    if cl_ord_id is not None and cl_ord_id != order.cl_ord_id:
        order.orig_cl_ord_id, order.cl_ord_id = order.cl_ord_id, cl_ord_id


def _denied(order: Order, event: ev.Denied) -> None:
    order.denial, order.reason = event.code, event.reason
    order.pending.clear()


def _pending_seen(kind: RequestKind) -> "Callable[[Order, Any], None]":
    def note(order: Order, event: "ev.CancelPending | ev.ReplacePending") -> None:
        for request in order.pending:
            if request.kind is kind and event.cl_ord_id in (None, request.cl_ord_id):
                request.seen, request.in_doubt, request.doubt_reason = True, False, None
                return

    return note


def _pending_new_seen(order: Order, _event: ev.PendingNewSeen) -> None:
    order.unknown_at_ns = None
    for request in order.requested(RequestKind.NEW):
        request.in_doubt, request.doubt_reason = False, None


def _replaced(order: Order, event: ev.Replaced) -> None:
    _answered(order, RequestKind.NEW)
    wanted = {event.cl_ord_id, event.orig_cl_ord_id}
    order.pending = [r for r in order.pending if r.kind is not RequestKind.REPLACE or r.cl_ord_id not in wanted]
    _advance(order, event.cl_ord_id)
    order.replaced, order.complete = True, False
    _new_terms(order, event.order_qty, event.price)


def _restated(order: Order, event: ev.Restated) -> None:
    _answered(order, RequestKind.NEW)
    if event.base_qty is not None:  # a split: the totals start again from what the venue states
        gap = order.gap
        order.cum_qty, order.reported_cum = event.base_qty, event.base_qty + gap
        if event.base_px is not None:
            order.notional, order.unpriced = event.base_qty * event.base_px, 0
    _new_terms(order, event.order_qty, event.price)


def _new_terms(order: Order, order_qty: Decimal | None, price: Decimal | None) -> None:
    """Take over quantity and price; OrderQty never falls below CumQty (Appendix D, D11, D12)."""
    if order_qty is not None:
        order.order_qty = max(order_qty, order.cum_qty)
    if price is not None:
        order.price = price


def _requested(kind: RequestKind) -> "Callable[[Order, Any], None]":
    def add(order: Order, event: "ev.CancelRequested | ev.ReplaceRequested") -> None:
        replace = event if isinstance(event, ev.ReplaceRequested) else None
        order.pending.append(
            Request(
                number=event.request,
                kind=kind,
                cl_ord_id=event.cl_ord_id,
                since_ns=event.time_ns,
                price=replace.price if replace else None,
                order_qty=replace.order_qty if replace else None,
                waiting=event.waiting,
            )
        )

    return add


def _without(order: Order, event: "ev.CancelRejected | ev.ReplaceRejected | ev.RequestDropped") -> None:
    order.pending = [request for request in order.pending if request.number != event.request]


def _released(order: Order, event: ev.RequestReleased) -> None:
    request = order.request(event.request)
    if request is not None:
        request.waiting, request.since_ns, request.seq = False, event.time_ns, None
        request.tries += 1
        request.in_doubt, request.doubt_reason = False, None


def _sent(order: Order, event: ev.RequestSent) -> None:
    request = order.request(event.request)
    if request is not None:
        request.seq = event.seq


def _in_doubt(order: Order, event: ev.InDoubt) -> None:
    request = order.request(event.request)
    if request is not None:
        request.in_doubt, request.doubt_reason = True, event.reason


def _gap_opened(order: Order, event: ev.GapOpened) -> None:
    order.reported_cum = max(order.reported_cum, event.cum_qty)


def _questions(change: int) -> "Callable[[Order, Any], None]":
    def count(order: Order, _event: object) -> None:
        order.questions = max(order.questions + change, 0)

    return count


def _duplicates(change: int) -> "Callable[[Order, Any], None]":
    def count(order: Order, _event: object) -> None:
        order.duplicates = max(order.duplicates + change, 0)

    return count


def _unknown(order: Order, event: ev.UnknownAtVenue) -> None:
    order.unknown_at_ns = event.time_ns


_FOLDS: Final[dict[type[ev.Event], Callable[[Order, Any], None]]] = {
    ev.Accepted: _accepted,
    ev.PendingNewSeen: _pending_new_seen,
    ev.Filled: _filled,
    ev.FillBusted: _fill_busted,
    ev.FillCorrected: _fill_corrected,
    ev.Canceled: _canceled,
    ev.Expired: _ended,
    ev.Rejected: _ended,
    ev.Denied: _denied,
    ev.DoneForDay: _told_of_life,
    ev.Stopped: _told_of_life,
    ev.Suspended: _told_of_life,
    ev.Calculated: _told_of_life,
    ev.Resumed: _nothing,
    ev.CancelPending: _pending_seen(RequestKind.CANCEL),
    ev.ReplacePending: _pending_seen(RequestKind.REPLACE),
    ev.Replaced: _replaced,
    ev.Restated: _restated,
    ev.CancelRequested: _requested(RequestKind.CANCEL),
    ev.ReplaceRequested: _requested(RequestKind.REPLACE),
    ev.CancelRejected: _without,
    ev.ReplaceRejected: _without,
    ev.RequestDropped: _without,
    ev.RequestReleased: _released,
    ev.RequestSent: _sent,
    ev.InDoubt: _in_doubt,
    ev.GapOpened: _gap_opened,
    ev.StatusRequested: _questions(+1),
    ev.StatusAnswered: _questions(-1),
    ev.UnknownAtVenue: _unknown,
    ev.DuplicateSent: _duplicates(+1),
    ev.DuplicateRefused: _duplicates(-1),
}
