"""Why a report changed nothing, and what is remarkable about an event: for people who look at an order's life.

The reasons retrace `reconcile` for a report that it made nothing of. They are told to people and decide nothing: where
no reason is found the report said nothing new, and that is what is said.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from oms.core import events as ev
from oms.core.executions import key_of
from oms.core.fills import Execution, root_of
from oms.core.lifecycle import DUPLICATE_ORDER
from oms.core.messages import CancelReject, ExecutionReport, OrderSnapshot, Reject, Report
from oms.core.order import Order
from oms.core.values import (
    ENDED,
    ORD_STATUS_NAMES,
    ExecTransType,
    ExecType,
    OrdStatus,
    Phase,
    RequestKind,
    format_decimal,
)
from oms.core.verdict import is_late, is_older, report_key

FOLLOW_UPS: Final = (
    ev.AnomalyNoted,
    ev.StatusRequested,
    ev.RequestReleased,
    ev.RequestDropped,
    ev.RequestSent,
)
"""Events of a step that are our own answer to a report, and not what the report became."""

_NOTHING_NEW: Final = "it says nothing that was not on record"
_NAMES: Final = {str(kind): kind.name.replace("_", " ").capitalize() for kind in ExecType}
_FILLS: Final = (ExecType.PARTIAL_FILL, ExecType.FILL)
_REVISIONS: Final = (ExecTransType.CANCEL, ExecTransType.CORRECT)
_ENDS: Final = {
    ExecType.CANCELED: Phase.CANCELED,
    ExecType.EXPIRED: Phase.EXPIRED,
    ExecType.REJECTED: Phase.REJECTED,
}
_ASKED: Final = {
    ExecType.PENDING_CANCEL: RequestKind.CANCEL,
    ExecType.PENDING_REPLACE: RequestKind.REPLACE,
}

Reason = Callable[[Order, ExecutionReport], str | None]


def why_ignored(order: Order, report: Report) -> str:
    """Say why a report that names this order became nothing.

    Args:
        order: the order as it was before the report; it is not changed.
        report: what the venue said.

    """
    if isinstance(report, CancelReject):
        return "nothing that it could refuse is open: it is repeated, or the order ended meanwhile"
    if isinstance(report, OrderSnapshot):
        return "the list of fills and the state agree with the record"
    if isinstance(report, Reject):
        return "what it refuses was answered before"
    if not isinstance(report, ExecutionReport):
        return "a message of this type has no meaning for an order"
    for reason in _REASONS:
        text = reason(order, report)
        if text is not None:
            return text
    return _NOTHING_NEW


# --- the reasons, in the order in which `reconcile` looks -----------------------------------------------------------


def _status_answer(order: Order, report: ExecutionReport) -> str | None:
    """A status answer adds no execution: it agrees, or it is older than what the venue reported since."""
    empty = report.exec_id in (None, "0") and not report.last_shares
    asked = report.exec_trans_type is None and order.questions and empty
    if report.exec_trans_type != ExecTransType.STATUS and not asked:
        return _not_asked_for(report) if empty else None
    said = report.ord_status or report.exec_type or ""
    told = f"a status answer ({_status_name(said)})"
    if said == order.ord_status:
        return f"a status answer that agrees with the record: {_status_name(said)}"
    if order.has_gap and report.cum_qty == order.reported_cum:
        return f"{told} whose CumQty is on record: of the fills that make it up some are missing"
    if is_older(order, report):
        when = f"from {report.transact_time}, older than the order's youngest report ({order.last_time})"
        return f"{told} {when}: true when it was written"
    return f"{told} that is no evidence against the record ({_status_name(order.ord_status)})"


def _not_asked_for(report: ExecutionReport) -> str | None:
    if report.exec_type not in _FILLS or report.exec_id != "0" or report.exec_trans_type in _REVISIONS:
        return None
    return "ExecID 0 and no shares: a status answer that nobody asked for, and its totals say nothing new"


def _status_name(status: str) -> str:
    return ORD_STATUS_NAMES[OrdStatus(status)] if status in set(OrdStatus) else f"OrdStatus {status!r}"


def _revision(order: Order, report: ExecutionReport) -> str | None:
    """A bust or correction that came before."""
    if report.exec_trans_type not in _REVISIONS:
        return None
    what = "bust" if report.exec_trans_type == ExecTransType.CANCEL else "correction"
    if _execution(order, report, report.exec_id) is not None and report.exec_id != report.exec_ref_id:
        return f"duplicate ExecID {report.exec_id}: this {what} was applied before"
    root = root_of(order.executions, _key(order, report, report.exec_ref_id))
    if root is not None and root.busted:
        return f"repeated: execution {report.exec_ref_id} is busted already"
    return f"the {what} of execution {report.exec_ref_id} changes nothing: those are its shares and price"


def _duplicate_fill(order: Order, report: ExecutionReport) -> str | None:
    if report.exec_type not in _FILLS:
        return None
    known = _execution(order, report, report.exec_id)
    if known is None:
        return None
    if known.latest is not None and not known.shares:
        return f"ExecID {report.exec_id} was corrected before it came: the correction counts in its place"
    since = ""
    if known.busted:
        since = "; it was taken back since"
    elif known.latest is not None:
        since = "; a correction of it counts in its place"
    return f"duplicate ExecID {report.exec_id}: {_told(known)} came before and counts once{since}"


def _told(known: Execution) -> str:
    price = "" if known.price is None else f" @ {format_decimal(known.price)}"
    return f"this execution ({format_decimal(known.shares)}{price})"


def _key(order: Order, report: ExecutionReport, exec_id: str | None) -> str:
    return key_of(order, report, exec_id or "")


def _execution(order: Order, report: ExecutionReport, exec_id: str | None) -> Execution | None:
    return None if exec_id is None else order.executions.get(_key(order, report, exec_id))


def _repeated(order: Order, report: ExecutionReport) -> str | None:
    if report_key(report) not in order.reports:
        return None
    return f"repeated: ExecID {report.exec_id} with ExecType {_exec_type(report)} came before"


def _exec_type(report: ExecutionReport) -> str:
    return _NAMES.get(report.exec_type or "", report.exec_type or "none")


def _ended_before(order: Order, report: ExecutionReport) -> str | None:
    if report.exec_type not in _ENDS or _ENDS[ExecType(report.exec_type)] is not order.phase:
        return None
    return f"repeated: the order is {_phase(order)} already"


def _phase(order: Order) -> str:
    return order.phase.lower().replace("_", " ")


def _late(order: Order, report: ExecutionReport) -> str | None:
    """The order moved on before this arrived."""
    kind = report.exec_type
    ended = order.phase in ENDED
    if kind == ExecType.PENDING_NEW and order.phase is not Phase.PENDING_NEW:
        return f"late: Pending new, and the order is {_phase(order)} already"
    if kind == ExecType.NEW and not ended:
        return "the order's acceptance is on record; this acknowledges it again"
    if report.ord_status == OrdStatus.STOPPED and not ended:
        return "late: it guarantees an execution, and more came since"
    if ended and kind not in {*_FILLS, *_ASKED} and (kind == ExecType.NEW or is_late(order, report)):
        return f"late: {_exec_type(report)} arrives after the order is {_phase(order)}"
    return None


def _rejected(order: Order, report: ExecutionReport) -> str | None:
    if report.exec_type != ExecType.REJECTED:
        return None
    if report.ord_rej_reason == DUPLICATE_ORDER:
        return "it refuses a second order with this ClOrdID, and none is open: the first goes on"
    if not report.ambiguous_reject or order.phase in ENDED:
        return None
    if order.pending:
        return "ExecType Rejected may refuse the order or a request; what is open is in doubt already"
    if order.questions:
        return (
            "ExecType Rejected may refuse the question as well as the order, and a question is what is open"
        )
    return None


def _not_asked(order: Order, report: ExecutionReport) -> str | None:
    """Pending Cancel and Pending Replace, without a request that they could be about."""
    if report.exec_type not in _ASKED:
        return None
    kind = _ASKED[ExecType(report.exec_type)]
    requests = order.requested(kind)
    if any(request.seen for request in requests):
        return f"repeated: the venue said before that it has the {kind}"
    if order.phase in ENDED:
        return f"late: {_exec_type(report)} arrives after the order is {_phase(order)}"
    return f"no {kind} is open that it could be about"


def _overtaken_replace(_order: Order, report: ExecutionReport) -> str | None:
    if report.exec_type != ExecType.REPLACE:
        return None
    return "late: a later replace of the chain was confirmed before"


_REASONS: Final[tuple[Reason, ...]] = (
    _status_answer,
    _revision,
    _duplicate_fill,
    _repeated,
    _rejected,
    _ended_before,
    _late,
    _not_asked,
    _overtaken_replace,
)


# --- what is remarkable about an event ------------------------------------------------------------------------------


def remark(order: Order | None, event: ev.Fact) -> str | None:
    """Say what is out of the ordinary about an event, given the order before it; None where nothing is."""
    if order is None:
        return None
    if isinstance(event, ev.Filled):
        return _about_fill(order, event)
    if isinstance(event, ev.FillIdentified):
        return f"it was counted before as {_shown_id(event.replaces)}, and counts once"
    if isinstance(event, ev.FillInferred):
        return f"the fills on record make {_real(order)}; those that explain the rest take its place when they come"
    if isinstance(event, ev.GapOpened):
        return _missing(order, event, order.cum_qty)
    if isinstance(event, ev.FillBusted | ev.FillCorrected) and event.exec_ref_id not in order.executions:
        shown = _shown_id(event.exec_ref_id)
        return f"execution {shown} has not arrived: it does not count again when it does"
    if isinstance(event, ev.Canceled) and order.reported_cum > order.cum_qty:
        return "the order ends while fills are missing; late ones still count"
    return _about_its_end(order, event)


def _about_its_end(order: Order, event: ev.Fact) -> str | None:
    """Say what becomes of an end that was decided here; see `core.reopening`."""
    if order.ended_here is None or not isinstance(event, ev.Reopened | ev.CancelRequested):
        return None
    told = f"that it is over was said here ({order.ended_here.outcome}), not by the venue: {order.reason}"
    if isinstance(event, ev.Reopened):
        return f"{told}; {'now the venue says so' if event.agrees else 'it goes on with what was open then'}"
    return f"{told}; the cancel leaves if the venue has the order"


def _about_fill(order: Order, event: ev.Filled) -> str | None:
    known = order.executions.get(event.exec_id or "")
    if known is not None and known.busted:
        return "it was taken back before it came, so it adds nothing"
    if order.phase in ENDED:
        return f"late: the order is {_phase(order)}; the fill counts and revives nothing"
    if event.source is not None:
        told = "a list of fills shows it; no report has brought it"
        return f"{told}; its fee is computed by the venue's rate" if event.fee_computed else told
    if order.inferred is not None and not event.beyond:
        return "it takes its shares out of what was inferred from the venue's total"
    if event.cum_qty is not None:
        return _missing(order, event, order.cum_qty + event.last_shares)
    if order.phase is Phase.PENDING_NEW:
        return "it comes before the acknowledgement, and proves that the venue has the order"
    if order.has_gap:
        return "it explains some or all of what the venue reported beyond the fills on record"
    return None


def _missing(order: Order, event: ev.Filled | ev.GapOpened, ours: Decimal) -> str:
    if event.cum_qty is None:
        return "fills may be missing: the venue does not say how much it executed in all"
    total, ours_text = format_decimal(max(event.cum_qty, order.reported_cum)), format_decimal(ours)
    missing = "fills are missing" if total != ours_text else "nothing is missing"
    return f"the venue's CumQty is {total}, the fills that arrived make {ours_text}: {missing}"


def _real(order: Order) -> str:
    return format_decimal(order.cum_qty - (order.inferred.shares if order.inferred is not None else 0))


def _shown_id(key: str) -> str:
    return key.partition("\x01")[0]
