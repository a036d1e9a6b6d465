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

from oms.core import chain as legs
from oms.core import endings, fills, inferred, requests
from oms.core import events as ev
from oms.core.alike import Alike
from oms.core.chain import Chain
from oms.core.endings import EndedHere
from oms.core.errors import IllegalTransition
from oms.core.fills import Execution
from oms.core.inferred import Inferred
from oms.core.requests import Doubt, Refusal, Request
from oms.core.values import (
    AVG_PX_STEP,
    ENDED,
    GOOD_TILL,
    WIDE,
    ZERO,
    OrdStatus,
    Phase,
    RequestKind,
    shared,
)

__all__ = ["TRANSITIONS", "Execution", "Order", "Request", "fold", "is_legal"]


class Order(Struct, kw_only=True, omit_defaults=True):
    """One order as the desk sees it: a whole chain of replacements is one order.

    `unheard`: reports may have been lost with a connection, and the venue has not stated the order since.
    `chain`: there when it is, or was, replaced as cancel-then-new. `absent`: it was canceled before the venue had
    acknowledged it, or its present leg: most likely it has no such order. `stated_px`, `stated_time`: AvgPx and
    TransactTime of the last status answer.
    `unprovable`: fills may be missing that no later report can show, so only the full quantity closes the gap.
    `day`: of the first report; `replaces`: the ClOrdIDs of all its replaces; `fees`: by currency, positive where they
    cost; `inferred` is within CumQty; `alike`: its fills by shares and price, from the first list of fills on.
    `disputed`: the last anomaly, until the venue states the order again. `refusal`: what became of the last cancel or
    replace, where it was nothing. `ended_here`: it is over without the venue's word. What a fill reads comes first, so
    that it lies together in memory.
    """

    number: int
    session: str
    symbol: str
    side: str
    account: str | None = None
    phase: Phase = Phase.PENDING_NEW
    exchange: str | None = None
    order_id: str | None = None
    order_qty: Decimal | None = None
    chain: Chain | None = None
    inferred: Inferred | None = None
    alike: dict[str, Alike] | None = None
    executions: dict[str, Execution] = field(default_factory=dict)
    cum_qty: Decimal = ZERO
    notional: Decimal = ZERO
    reported_cum: Decimal = ZERO
    unpriced: int = 0
    day: str | None = None
    last_time: str | None = None
    pending: list[Request] = field(default_factory=list)
    unknown_at_ns: int | None = None
    unsized_gap: bool = False
    complete: bool = False
    fees: dict[str, Decimal] = field(default_factory=dict)
    time_in_force: str = "0"
    questions: int = 0
    cl_ord_id: str | None
    created_ns: int
    placed: ev.Placed | None = None
    client_order_id: str | None = None
    orig_cl_ord_id: str | None = None
    first_cl_ord_id: str | None = None
    ord_type: str = "2"
    cash_order_qty: Decimal | None = None
    price: Decimal | None = None
    unprovable: bool = False
    unheard: bool = False
    replaced: bool = False
    external: bool = False
    duplicates: int = 0
    reason: str | None = None
    denial: str | None = None
    anomalies: int = 0
    last_anomaly: str | None = None
    actor: str | None = None
    origin: str | None = None
    unconfirmed_fills: list[str] = field(default_factory=list)
    phase_time: str | None = None
    revised_time: str | None = None
    reports: set[str] = field(default_factory=set)
    absent: bool = False
    stated_px: Decimal | None = None
    stated_time: str | None = None
    resolved: int = 0
    looks: int = 0
    replaces: list[str] = field(default_factory=list)
    disputed: str | None = None
    refusal: Refusal | None = None
    doubt: Doubt | None = None
    ended_here: EndedHere | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether the outcome of any request is unknown, or whether the venue still has the order."""
        return any(request.in_doubt for request in self.pending) or (self.doubt is not None and self.is_open)

    @property
    def unconfirmed(self) -> int:
        """How many fills could also have been status answers."""
        return len(self.unconfirmed_fills)

    @property
    def gap(self) -> Decimal:
        """How much the venue has executed beyond the fills that arrived."""
        return self.reported_cum - self.cum_qty

    @property
    def has_gap(self) -> bool:
        """Whether fills are missing, even where nobody says how many."""
        return self.unsized_gap or self.reported_cum != self.cum_qty

    @property
    def total_qty(self) -> Decimal | None:
        """What may be executed in all: OrderQty, or more where the leg in the market is larger than wanted."""
        return self.order_qty if self.chain is None else legs.total_qty(self, self.chain)

    @property
    def is_filled(self) -> bool:
        """Whether nothing is left to execute."""
        total = self.order_qty if self.chain is None else self.total_qty
        return self.complete or (total is not None and total <= self.cum_qty and total > ZERO)

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left to cancel by what the venue has told, even where the fills did not arrive."""
        if self.phase in ENDED or self.is_filled:
            return True
        total = self.total_qty
        return total is not None and ZERO < total <= self.reported_cum

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
        total = self.order_qty if self.chain is None else legs.shown_qty(self, self.chain)
        return None if total is None else max(total - self.cum_qty, ZERO)

    @property
    def avg_px(self) -> Decimal | None:
        """AvgPx (6), half-even to 12 decimals; 0 before the first fill, None where a fill named no price."""
        if self.unpriced:
            return None
        if not self.cum_qty:
            return ZERO
        return WIDE.quantize(WIDE.divide(self.notional, self.cum_qty), AVG_PX_STEP)

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

    @property
    def replacing(self) -> Request | None:
        """The replace as cancel-then-new whose new order has not left."""
        return next((request for request in self.pending if request.by_cancel and request.waiting), None)

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
    ev.LegOpened: Phase.PENDING_NEW,
}
_ALWAYS: Final[tuple[type[ev.Event], ...]] = (  # true whatever the phase, and never moving it
    ev.Filled,  # a late fill counts and revives nothing
    ev.FillBusted,
    ev.FillCorrected,
    ev.LegFilled,
    ev.LegBusted,
    ev.LegCorrected,
    ev.FillIdentified,
    ev.FillsListed,
    ev.FillConfirmed,
    ev.FeeNoted,
    ev.FillInferred,
    ev.Completed,
    ev.GapOpened,
    ev.AnomalyNoted,
    ev.CancelRequested,  # a cancel is never denied for the order's state
    ev.ReplaceRequested,
    ev.CancelRejected,
    ev.ReplaceRejected,
    ev.RequestReleased,
    ev.RequestHeld,
    ev.Marked,
    ev.CandidatesFound,
    ev.LookedInVain,
    ev.RequestSent,
    ev.RequestDropped,
    ev.InDoubt,
    ev.StatusRequested,
    ev.StatusAnswered,
    ev.AnswerRepeated,
    ev.QuestionLost,
    ev.UnknownAtVenue,
    ev.DuplicateSent,
    ev.DuplicateRefused,
    ev.Resolved,
)
_WHILE_LIVE: Final[tuple[type[ev.Event], ...]] = (
    ev.CancelPending,
    ev.ReplacePending,
    ev.LegCanceled,
    ev.FilledWhole,
)


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


_RENEWED: Final = {"Replaced": Phase.WORKING, "Restated": Phase.WORKING}
TRANSITIONS: Final[dict[Phase, dict[type[ev.Event], Phase]]] = {
    Phase.PENDING_NEW: _row(
        Phase.PENDING_NEW,
        PendingNewSeen=Phase.PENDING_NEW,
        Denied=Phase.DENIED,
        Filled=Phase.WORKING,  # an execution implies the acceptance that got lost or comes later
        FillBusted=Phase.WORKING,
        FillCorrected=Phase.WORKING,
        LegCanceled=Phase.WORKING,
        FillInferred=Phase.WORKING,
        Completed=Phase.WORKING,
        FilledWhole=Phase.WORKING,
        Replaced=Phase.WORKING,
        Restated=Phase.WORKING,
    ),
    Phase.WORKING: _row(Phase.WORKING, **_RENEWED),
    Phase.SUSPENDED: _row(
        Phase.SUSPENDED, Replaced=Phase.SUSPENDED, Restated=Phase.WORKING, Resumed=Phase.WORKING
    ),
    Phase.STOPPED: _row(Phase.STOPPED, Replaced=Phase.STOPPED, Restated=Phase.WORKING),
    Phase.DONE_FOR_DAY: _row(  # Calculated holds beside it then, and stands below it in precedence
        Phase.DONE_FOR_DAY, **_RENEWED, Resumed=Phase.WORKING, Calculated=Phase.DONE_FOR_DAY
    ),
    Phase.CALCULATED: _row(Phase.CALCULATED, **_RENEWED),
    **{
        phase: {**dict.fromkeys(_ALWAYS, phase), ev.Reopened: Phase.PENDING_NEW}
        for phase in (Phase.CANCELED, Phase.EXPIRED, Phase.REJECTED, Phase.DENIED)
    },
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
    kind, before = type(event), order.phase
    phase = TRANSITIONS[before].get(kind)
    if phase is None:
        message = (
            f"order {order.cl_ord_id or order.number} is {before}; {kind.__name__} is not possible there"
        )
        raise IllegalTransition(message)
    note, apply = _FOLDS[kind]
    if note is not None:
        note(order, event)
    if phase is not before:
        order.phase = phase
        if note is not None:
            _note_move(order, event)
    apply(order, event)


def _note(order: Order, event: ev.Told) -> None:
    """Remember what every report brings: ids, times, and a total that our fills do not explain."""
    _note_execution(order, event)
    if event.cum_qty is not None and event.cum_qty > order.reported_cum:
        order.reported_cum = event.cum_qty
    if event.exec_id is not None:
        order.reports.add(event.exec_id)


def _note_move(order: Order, event: Any) -> None:  # noqa: ANN401 - any Told event
    """Remember when the phase changed, where the report says it."""
    if event.transact_time is not None:
        order.phase_time = event.transact_time


def _note_execution(order: Order, event: ev.Told) -> None:
    """Remember ids and times; its fold counts the rest."""
    if event.order_id is not None:
        order.order_id = event.order_id
    time = event.transact_time
    if time is not None:
        if order.last_time is None:
            order.day = shared(time[:8])
            order.last_time = time
        elif time > order.last_time:
            order.last_time = time


def _busted(order: Order, event: ev.FillBusted) -> None:
    fills.busted(order, event)
    order.complete = order.complete and order.order_qty is None  # from now on its executions alone count
    requests.answered(order, RequestKind.NEW)


def _corrected(order: Order, event: ev.FillCorrected) -> None:
    fills.corrected(order, event)
    order.complete = order.complete and order.order_qty is None
    requests.answered(order, RequestKind.NEW)


def _identified(order: Order, event: ev.FillIdentified) -> None:
    fills.identified(order, event)
    requests.answered(order, RequestKind.NEW)


def _inferred(order: Order, event: ev.FillInferred) -> None:
    inferred.inferred(order, event)
    requests.answered(order, RequestKind.NEW)
    requests.pointless_cancels(order)


def _completed(order: Order, _event: ev.Completed) -> None:
    order.complete, order.unsized_gap = True, False
    requests.answered(order, RequestKind.NEW)
    requests.pointless_cancels(order)


def _filled_whole(order: Order, _event: ev.FilledWhole) -> None:
    order.complete = True
    requests.pointless_cancels(order)


def _alive(order: Order, _event: ev.Told) -> None:
    """Accepted, suspended, stopped and the like: the venue has the order, so the new order is answered."""
    requests.answered(order, RequestKind.NEW)


def _canceled(order: Order, event: ev.Canceled) -> None:
    _advance(order, event.cl_ord_id)
    order.absent = legs.is_absent(order, event)
    endings.ended(order, event)


def _advance(order: Order, cl_ord_id: str | None) -> None:
    """Make a request's ClOrdID the current one of the chain (Appendix D, D35 t7: reports go on under Y)."""
    if cl_ord_id is not None and cl_ord_id != order.cl_ord_id:
        order.orig_cl_ord_id, order.cl_ord_id = order.cl_ord_id, cl_ord_id


def _replaced(order: Order, event: ev.Replaced) -> None:
    requests.replaced(order, event)
    _advance(order, event.cl_ord_id)
    order.replaced, order.complete = True, False
    _new_terms(order, event.order_qty, event.price)


def _restated(order: Order, event: ev.Restated) -> None:
    _note_move(order, event)  # it ends a halt whose report may come after it
    requests.answered(order, RequestKind.NEW)
    fills.rebased(order, event)
    _new_terms(order, event.order_qty, event.price)


def _new_terms(order: Order, order_qty: Decimal | None, price: Decimal | None) -> None:
    """Take over quantity and price; OrderQty never falls below CumQty (Appendix D, D11, D12), but for an excess."""
    if order_qty is not None:
        excess = ZERO if order.chain is None else order.chain.excess
        order.order_qty = max(order_qty, order.cum_qty - excess)
    if price is not None:
        order.price = price


_add_replace: Final = requests.requested(RequestKind.REPLACE)


def _replace_requested(order: Order, event: ev.ReplaceRequested) -> None:
    _add_replace(order, event)
    if event.by_cancel:
        legs.requested(order, event)


def _gap_opened(order: Order, event: ev.GapOpened) -> None:
    if event.cum_qty is None:
        order.unsized_gap = True
        order.unprovable = order.unprovable or order.unheard or order.phase in ENDED
    else:
        order.reported_cum = max(order.reported_cum, event.cum_qty)
        order.unsized_gap = order.unprovable = False
        requests.pointless_cancels(order)


def _looked_in_vain(order: Order, _event: ev.LookedInVain) -> None:
    order.looks += 1


def _unknown(order: Order, event: ev.UnknownAtVenue) -> None:
    order.unknown_at_ns = event.time_ns


def _duplicate_sent(order: Order, _event: ev.DuplicateSent) -> None:
    order.duplicates += 1


def _duplicate_refused(order: Order, event: ev.DuplicateRefused) -> None:
    order.duplicates = max(order.duplicates - 1, 0)
    if event.exec_id is not None:
        order.reports.add(event.exec_id)


def _resolved(order: Order, event: ev.Resolved) -> None:
    order.resolved, order.doubt = order.resolved + 1, None
    order.order_id = order.order_id or event.order_id


def _nothing(_order: Order, _event: ev.Event) -> None:
    """The phase was all."""


_EXECUTIONS: Final = frozenset(
    {
        ev.Filled,
        ev.FillBusted,
        ev.FillCorrected,
        ev.FillIdentified,
        ev.LegFilled,
        ev.LegBusted,
        ev.LegCorrected,
    }
)


def _anomaly_noted(order: Order, event: ev.AnomalyNoted) -> None:
    order.anomalies += 1
    order.last_anomaly = order.disputed = f"{event.code}: {event.text}"


_APPLY: Final[dict[type[ev.Event], Callable[[Order, Any], None]]] = {
    ev.Accepted: _alive,
    ev.PendingNewSeen: requests.pending_new_seen,
    ev.Filled: fills.filled,
    ev.LegFilled: legs.leg_filled,
    ev.LegBusted: legs.leg_busted,
    ev.LegCorrected: legs.leg_corrected,
    ev.LegCanceled: legs.leg_canceled,
    ev.LegOpened: legs.leg_opened,
    ev.Resolved: _resolved,
    ev.FillBusted: _busted,
    ev.FillCorrected: _corrected,
    ev.FillIdentified: _identified,
    ev.FillsListed: fills.listed,
    ev.FillConfirmed: fills.confirmed,
    ev.FeeNoted: fills.fee_noted,
    ev.FillInferred: _inferred,
    ev.Completed: _completed,
    ev.FilledWhole: _filled_whole,
    ev.Canceled: _canceled,
    ev.Expired: endings.ended,
    ev.Rejected: endings.ended,
    ev.Denied: endings.denied,
    ev.Reopened: endings.reopened,
    ev.DoneForDay: _alive,
    ev.Stopped: _alive,
    ev.Suspended: _alive,
    ev.Calculated: _alive,
    ev.Resumed: _nothing,
    ev.CancelPending: requests.pending_seen(RequestKind.CANCEL),
    ev.ReplacePending: requests.pending_seen(RequestKind.REPLACE),
    ev.Replaced: _replaced,
    ev.Restated: _restated,
    ev.CancelRequested: requests.requested(RequestKind.CANCEL),
    ev.ReplaceRequested: _replace_requested,
    ev.CancelRejected: requests.dropped,
    ev.ReplaceRejected: requests.dropped,
    ev.RequestDropped: requests.dropped,
    ev.RequestReleased: requests.released,
    ev.RequestHeld: requests.held,
    ev.Marked: requests.marked,
    ev.CandidatesFound: requests.candidates_found,
    ev.LookedInVain: _looked_in_vain,
    ev.RequestSent: requests.sent,
    ev.InDoubt: requests.in_doubt,
    ev.AnomalyNoted: _anomaly_noted,
    ev.GapOpened: _gap_opened,
    ev.StatusRequested: requests.asked,
    ev.StatusAnswered: requests.told,
    ev.AnswerRepeated: requests.told_again,
    ev.QuestionLost: requests.unheard,
    ev.UnknownAtVenue: _unknown,
    ev.DuplicateSent: _duplicate_sent,
    ev.DuplicateRefused: _duplicate_refused,
}


def _note_of(kind: type[ev.Event]) -> Callable[[Order, Any], None] | None:
    if not issubclass(kind, ev.Told):
        return None
    return _note_execution if kind in _EXECUTIONS else _note


_FOLDS: Final = {kind: (_note_of(kind), apply) for kind, apply in _APPLY.items()}
