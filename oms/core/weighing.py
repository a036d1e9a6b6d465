"""What a status answer proves of the replaces on their way at a venue that has them, one or several of a chain.

The terms that it shows are those of one of them, or the old ones. Requests of a session arrive in the order in which
they left, so what the venue carried out shows that it has had whatever left before. An answer of before the last
report, by its TransactTime or an earlier ClOrdID of the chain, shows terms that held then: only what it names counts.
"""

from decimal import Decimal
from typing import Final

from oms.core import events as ev
from oms.core.asking import WORKING, doubt
from oms.core.messages import ExecutionReport
from oms.core.order import Order, Request
from oms.core.requests import is_later, sent_replaces
from oms.core.values import ZERO, OrdStatus
from oms.core.verdict import is_older
from oms.core.work import Work

_HALTS: Final[dict[str, type[ev.Told]]] = {  # which last beyond a replace, where the answer says so
    OrdStatus.DONE_FOR_DAY: ev.DoneForDay,
    OrdStatus.CALCULATED: ev.Calculated,
}
OVERTAKEN: Final = "overtaken: the venue has carried out a later replace"
TOO_LATE: Final = "the venue shows the order without it, and the request can no longer be on its way"


def weigh_replaces(work: Work, order: Order, report: ExecutionReport) -> None:
    """Settle the replaces that an answer shows carried out, and those in doubt that it shows overtaken or too late.

    While the venue says Pending Replace it has not decided, whatever terms it shows.
    """
    if report.ord_status == OrdStatus.PENDING_REPLACE:
        return
    sent, is_of_now = sent_replaces(order), not is_older(order, report)
    by_terms = is_of_now and report.cl_ord_id in (None, order.cl_ord_id)
    shown = _shown(order, sent, report, by_terms=by_terms)
    if shown is not None:
        _carried_out(work, order, sent[: sent.index(shown)], shown, report)
    for request in sent_replaces(order):
        if request.in_doubt or request.seen:
            _not_shown(work, order, request, report, is_of_now=by_terms or (shown is not None and is_of_now))


def _carried_out(
    work: Work, order: Order, earlier: list[Request], shown: Request, report: ExecutionReport
) -> None:
    for request in earlier:
        work.emit(ev.RequestDropped(order=order.number, request=request.number, reason=OVERTAKEN))
    work.emit(
        ev.Replaced(
            order=order.number,
            cl_ord_id=shown.cl_ord_id,
            orig_cl_ord_id=order.cl_ord_id,
            order_qty=_taken(shown.order_qty, report.cum_qty)
            if report.order_qty is None
            else report.order_qty,
            price=shown.price if report.price is None else report.price,
        )
    )
    halt = _HALTS.get(report.ord_status or "")
    if halt is not None:
        work.emit(halt(order=order.number))


def _not_shown(
    work: Work, order: Order, request: Request, report: ExecutionReport, *, is_of_now: bool
) -> None:
    names_current = report.cl_ord_id is not None and report.cl_ord_id == order.cl_ord_id
    if names_current and is_later(order, order.cl_ord_id, than=request.cl_ord_id):
        work.emit(ev.RequestDropped(order=order.number, request=request.number, reason=OVERTAKEN))
    elif not is_of_now:
        return
    elif not request.in_doubt:
        if report.ord_status in WORKING and not work.departures.is_expected(request.number):
            doubt(work, order, request, "the venue had taken it on, and shows the order without it")
    elif work.now - request.since_ns >= work.timing.fence_ns and _is_without(order, request, report):
        work.emit(ev.ReplaceRejected(order=order.number, request=request.number, reason=TOO_LATE))


def _is_without(order: Order, request: Request, report: ExecutionReport) -> bool:
    """Whether an answer shows other terms than a replace wants or, where it states none that it changes, the old id."""
    terms = _terms(report, request, order)
    names_current = report.cl_ord_id is not None and report.cl_ord_id == order.cl_ord_id
    return _contradicts(terms) or (names_current and not any(_changed(terms)))


def _shown(order: Order, sent: list[Request], report: ExecutionReport, *, by_terms: bool) -> Request | None:
    """Find the replace that an answer shows carried out: by its ClOrdID, else the first that has the terms."""
    named = [request for request in sent if request.cl_ord_id == report.cl_ord_id]
    alike = (request for request in sent if by_terms and _has_terms(report, request, order))
    return named[0] if named else next(alike, None)


Terms = tuple[tuple[Decimal | None, Decimal | None, Decimal | None], ...]


def _terms(report: ExecutionReport, request: Request, order: Order) -> Terms:
    """Give of each term what an answer states, what the replace wants, and what holds on record."""
    return (
        (report.order_qty, _taken(request.order_qty, report.cum_qty), order.order_qty),
        (report.price, request.price, order.price),
    )


def _contradicts(terms: Terms) -> bool:
    return any(None not in (theirs, wanted) and theirs != wanted for theirs, wanted, _ in terms)


def _changed(terms: Terms) -> list[Decimal | None]:
    """Give what an answer states of the terms that the replace changes."""
    return [theirs for theirs, wanted, ours in terms if wanted is not None and wanted != ours]


def _has_terms(report: ExecutionReport, request: Request, order: Order) -> bool:
    """Whether an answer states all that a replace changes, and nothing that it would not have."""
    terms = _terms(report, request, order)
    changed = _changed(terms)
    return bool(changed) and None not in changed and not _contradicts(terms)


def _taken(order_qty: Decimal | None, cum_qty: Decimal | None) -> Decimal | None:
    """Say which OrderQty comes of one that is asked for: never below CumQty (Appendix D, D11, D12)."""
    return None if order_qty is None else max(order_qty, cum_qty or ZERO)
