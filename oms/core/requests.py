"""The requests of an order that the venue has not answered for good, and what events do to them.

Replaces and cancels overtake each other (Appendix D, D13 to D17), and some venues' cancels repeat the order's own
ClOrdID: our number is the key, and a report that names a ClOrdID is matched within its kind. A request that leaves
before the one before it is answered names that one (D16: Y,X and then Z,Y).
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from oms.core.messages import Mark
from oms.core.values import RequestKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from oms.core import events as ev
    from oms.core.order import Order


class Request(Struct, kw_only=True, omit_defaults=True):
    """A request that the venue has not answered for good.

    `by_cancel`: a replace as cancel, then new order. `waiting`: it has not left. `seen`: the venue acknowledged it as
    pending. `seq`: the MsgSeqNum it left under. `held`: why it stayed here when it was to leave; `stays`: how often it
    did. `candidates`: the venue's numbers of the orders that could each be this submit. `orig_cl_ord_id`: what it named
    when it left. `passed_over`: a cancel that named it was refused, so the next one names what was before it.
    """

    number: int
    kind: RequestKind
    cl_ord_id: str
    since_ns: int
    price: Decimal | None = None
    order_qty: Decimal | None = None
    waiting: bool = False
    by_cancel: bool = False
    mark: Mark | None = None
    seen: bool = False
    in_doubt: bool = False
    doubt_reason: str | None = None
    seq: int | None = None
    tries: int = 0
    held: str | None = None
    stays: int = 0
    candidates: tuple[str, ...] = ()
    orig_cl_ord_id: str | None = None
    passed_over: bool = False


class Doubt(Struct, frozen=True, kw_only=True):
    """Why nobody knows whether the venue still has an order, and since when, nanoseconds since the epoch."""

    reason: str
    since_ns: int


class Refusal(Struct, frozen=True, kw_only=True):
    """Why a cancel or a replace came to nothing: refused by us or the venue, or overtaken.

    `orig_cl_ord_id`: the ClOrdID that it named, if it left.
    """

    kind: RequestKind
    cl_ord_id: str
    reason: str | None
    orig_cl_ord_id: str | None = None


def named_by(order: "Order", request: Request) -> str | None:
    """Give the ClOrdID that a request is about when it leaves now: the last one that left before it and is not refused.

    A cancel that repeats the order's own ClOrdID means that.
    """
    name = order.cl_ord_id
    if request.cl_ord_id == name:
        return name
    for each in order.pending:
        if each.number == request.number:
            break
        passed_over = each.passed_over and request.kind is RequestKind.CANCEL
        if each.kind is RequestKind.REPLACE and not (each.by_cancel or each.waiting or passed_over):
            name = each.cl_ord_id
    return name


def _is_past(order: "Order", replace: Request | Refusal, cl_ord_id: str | None) -> bool:
    """Whether a replace is older than the one that was carried out under `cl_ord_id`."""
    return replace.kind is RequestKind.REPLACE and is_later(order, cl_ord_id, than=replace.cl_ord_id)


def sent_replaces(order: "Order") -> list[Request]:
    """Give the replaces that have left for a venue that has them; any of them may have been carried out."""
    return [each for each in order.requested(RequestKind.REPLACE) if not (each.by_cancel or each.waiting)]


def is_later(order: "Order", cl_ord_id: str | None, *, than: str) -> bool:
    """Whether one replace of the order was asked for after another; only the youngest are looked at."""
    for name in reversed(order.replaces):
        if name in (cl_ord_id, than):
            return name != than
    return False


def answered(order: "Order", kind: RequestKind) -> None:
    """Drop the oldest request of a kind, and forget that the venue did not know the order."""
    order.unknown_at_ns = None
    pending = order.pending
    for index, request in enumerate(pending):
        if request.kind is kind:
            del pending[index]
            return


def pointless_cancels(order: "Order") -> None:
    """A cancel in doubt is settled once the order is over: whatever the venue made of it, nothing was left."""
    if order.is_spent:
        order.pending = [r for r in order.pending if r.kind is not RequestKind.CANCEL or not r.in_doubt]


def replaced(order: "Order", event: "ev.Replaced") -> None:
    """Drop the replace that was carried out, and the one that it overtook; what was refused before is past."""
    answered(order, RequestKind.NEW)
    refused = order.refusal
    if refused is not None and _is_past(order, refused, event.cl_ord_id):
        order.refusal = None
    named = {event.cl_ord_id, event.orig_cl_ord_id}
    order.pending = [
        r for r in order.pending if r.kind is not RequestKind.REPLACE or r.cl_ord_id not in named
    ]


def all_answered(order: "Order") -> None:
    """Nothing is open any more, so no request can change anything."""
    order.pending.clear()
    order.unknown_at_ns = order.doubt = None


def pending_seen(kind: RequestKind) -> "Callable[[Order, Any], None]":
    """Build the fold of Pending Cancel and Pending Replace."""

    def note(order: "Order", event: "ev.CancelPending | ev.ReplacePending") -> None:
        for request in order.pending:
            if request.kind is kind and event.cl_ord_id in (None, request.cl_ord_id):
                request.seen, request.in_doubt, request.doubt_reason = True, False, None
                return

    return note


def pending_new_seen(order: "Order", _event: "ev.PendingNewSeen") -> None:
    """The venue has the new order: its outcome is open, and no longer in doubt."""
    order.unknown_at_ns = None
    for request in order.requested(RequestKind.NEW):
        request.in_doubt, request.doubt_reason = False, None


def requested(kind: RequestKind) -> "Callable[[Order, Any], None]":
    """Build the fold of a request for a cancel or a replace."""

    def add(order: "Order", event: "ev.CancelRequested | ev.ReplaceRequested") -> None:
        order.refusal = None
        if kind is RequestKind.REPLACE:
            order.replaces.append(event.cl_ord_id)
        end = order.ended_here if kind is RequestKind.CANCEL else None  # it leaves if the venue has the order
        wanted = order.pending if end is None else end.open
        wanted.append(
            Request(
                number=event.request,
                kind=kind,
                cl_ord_id=event.cl_ord_id,
                since_ns=event.time_ns,
                price=getattr(event, "price", None),
                order_qty=getattr(event, "order_qty", None),
                waiting=event.waiting,
                by_cancel=getattr(event, "by_cancel", False),
            )
        )

    return add


def dropped(order: "Order", event: "ev.CancelRejected | ev.ReplaceRejected | ev.RequestDropped") -> None:
    """The request is refused, or ends before it left; that matters no more where a later replace was carried out."""
    request = order.request(event.request)
    order.pending = [request for request in order.pending if request.number != event.request]
    if request is None or request.kind is RequestKind.NEW:
        return
    if not _is_past(order, request, order.cl_ord_id):
        order.refusal = Refusal(
            kind=request.kind,
            cl_ord_id=request.cl_ord_id,
            reason=event.reason,
            orig_cl_ord_id=request.orig_cl_ord_id,
        )
    for each in order.pending if request.kind is RequestKind.CANCEL else ():
        each.passed_over = each.passed_over or each.cl_ord_id == request.orig_cl_ord_id


def released(order: "Order", event: "ev.RequestReleased") -> None:
    """The request leaves, or leaves once more."""
    request = order.request(event.request)
    if request is not None:
        request.waiting, request.since_ns, request.seq = False, event.time_ns, None
        request.orig_cl_ord_id = named_by(order, request)
        request.tries += 1
        request.in_doubt, request.doubt_reason, request.held = False, None, None


def held(order: "Order", event: "ev.RequestHeld") -> None:
    """The request did not leave, so that it was no try; it may leave later."""
    request = order.request(event.request)
    if request is not None:
        request.waiting, request.held, request.seq = True, event.reason, None
        request.tries, request.stays = max(request.tries - 1, 0), request.stays + 1


def candidates_found(order: "Order", event: "ev.CandidatesFound") -> None:
    """Each of these could be the submit."""
    request = order.request(event.request)
    if request is not None:
        request.candidates = event.order_ids


def marked(order: "Order", event: "ev.Marked") -> None:
    """The request may leave now."""
    request = order.request(event.request)
    if request is not None:
        request.mark = event.mark


def sent(order: "Order", event: "ev.RequestSent") -> None:
    """The request went onto the wire under this number."""
    request = order.request(event.request)
    if request is not None:
        request.seq = event.seq


def in_doubt(order: "Order", event: "ev.InDoubt") -> None:
    """The outcome of the request is unknown, or the state of the order itself."""
    if event.exec_id is not None:
        order.reports.add(event.exec_id)
    if not event.request:
        order.doubt = Doubt(reason=event.reason, since_ns=event.time_ns)
        return
    request = order.request(event.request)
    if request is not None:
        request.in_doubt, request.doubt_reason = True, event.reason
        pointless_cancels(order)


# --- questions about the order's state


def asked(order: "Order", _event: "ev.StatusRequested") -> None:
    """The venue was asked."""
    order.questions += 1


def unheard(order: "Order", event: "ev.QuestionLost") -> None:
    """No answer will come."""
    order.questions = max(order.questions - 1, 0)
    if event.exec_id is not None:
        order.reports.add(event.exec_id)


def told_again(order: "Order", event: "ev.AnswerRepeated") -> None:
    """The question is as good as lost; the next answer counts, whatever its time."""
    order.questions = max(order.questions - 1, 0)
    order.stated_time = event.transact_time


def told(order: "Order", event: "ev.StatusAnswered") -> None:
    """The venue answered."""
    order.questions = max(order.questions - 1, 0)
    order.unheard, order.disputed, order.doubt = False, None, None
    order.stated_px, order.stated_time = event.avg_px, event.transact_time
    pointless_cancels(order)
    if event.exec_id is not None:
        order.reports.add(event.exec_id)
