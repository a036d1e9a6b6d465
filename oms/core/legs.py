"""One order to the desk, several to the venue: what reports say of a leg, in terms of the whole order.

A replace at a venue without one cancels a leg and sends the next. Each leg's CumQty starts at zero there; here it is
added to what the earlier legs executed. Once the next leg has left, an earlier one can only execute late.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec

from oms.core import events as ev
from oms.core.chain import Chain
from oms.core.messages import Anomaly, ExecutionReport
from oms.core.order import Order
from oms.core.requests import Request
from oms.core.values import ZERO, AnomalyCode, ExecTransType, ExecType, OrdStatus, RequestKind, format_decimal
from oms.core.verdict import NOTHING, Verdict

Interpreter = Callable[[Order, ExecutionReport, int], Verdict]

_FILLS: Final = (ExecType.PARTIAL_FILL, ExecType.FILL)
_REVISIONS: Final = (ExecTransType.CANCEL, ExecTransType.CORRECT)
_NO_ANSWER: Final = (ev.PendingNewSeen, ev.Canceled, ev.Expired, ev.Rejected, ev.CancelPending, ev.LegFilled)


def interpret_leg(
    order: Order, chain: Chain, report: ExecutionReport, now_ns: int, interpret: Interpreter
) -> Verdict:
    """Interpret a report of one leg with `interpret`, which knows of whole orders only."""
    leg = _leg_of(chain, report)
    if leg < chain.number:
        return _late(order, report, leg, now_ns, interpret)
    return _concluded(order, chain, interpret(order, _in_whole(report, chain, opened(order)), now_ns))


def _leg_of(chain: Chain, report: ExecutionReport) -> int:
    for name in (report.cl_ord_id, report.orig_cl_ord_id, report.order_id):
        if name in chain.earlier:
            return chain.earlier[name]
    return chain.number


def _in_whole(report: ExecutionReport, chain: Chain, leg: Request | None) -> ExecutionReport:
    """Add what the earlier legs executed; the average is of this leg alone, so it is left out.

    The quantity that was asked for is news to nobody, although the order takes it over only now.
    """
    if not chain.number:
        return report
    order_qty = _plus(report.order_qty, chain.base_qty)
    is_new = report.ord_status == OrdStatus.NEW
    return msgspec.structs.replace(
        report,
        exec_id=_of_leg(report.exec_id, chain.number),
        exec_ref_id=_of_leg(report.exec_ref_id, chain.number),
        cum_qty=_plus(report.cum_qty, chain.base_qty),
        ord_status=OrdStatus.PARTIALLY_FILLED if is_new and chain.base_qty else report.ord_status,
        order_qty=None if report.order_qty == _sent_for(chain, leg) else order_qty,
        avg_px=None,
    )


def _sent_for(chain: Chain, leg: Request | None) -> Decimal | None:
    """Say for how much the unacknowledged leg left: what the earlier ones executed late came on top."""
    if leg is None or leg.order_qty is None:
        return None
    return leg.order_qty - (chain.base_qty - chain.excess)


def _plus(value: Decimal | None, base: Decimal) -> Decimal | None:
    return None if value is None else value + base


def _of_leg(exec_id: str | None, leg: int) -> str | None:
    """Name an execution within its leg: to the venue they are orders of their own, which may number alike."""
    return exec_id if exec_id in (None, "0") or not leg else f"{exec_id}/leg{leg}"


def is_of_earlier(chain: Chain, report: ExecutionReport) -> bool:
    """Whether a report is of a leg that was replaced."""
    return _leg_of(chain, report) < chain.number


# --- the present leg ------------------------------------------------------------------------------------------------


def _concluded(order: Order, chain: Chain, verdict: Verdict) -> Verdict:
    """A cancel may be the first half of a replace, an acknowledgement its second, a rejection the end of the order."""
    if not verdict.events:
        return verdict
    events: list[ev.Event] = []
    leg = opened(order)
    for event in verdict.events:
        if isinstance(event, ev.Canceled) and order.replacing is not None:
            events.append(_leg_canceled(order, event))
        elif isinstance(event, ev.Rejected) and chain.number:
            events.append(ev.Canceled(**_told(event), reason=f"the replacement was rejected: {event.reason}"))
        elif leg is not None and isinstance(event, ev.Told) and not isinstance(event, _NO_ANSWER):
            accepted = isinstance(event, ev.Accepted)
            events.append(_carried_out(order, leg, event if isinstance(event, ev.Accepted) else None))
            leg = None
            if not accepted:
                events.append(event)
        else:
            events.append(event)
    return Verdict(tuple(events), verdict.anomaly)


def opened(order: Order) -> Request | None:
    """Give the replace whose new leg has left and is not acknowledged."""
    for request in order.pending:
        if request.by_cancel and not request.waiting:
            return request
    return None


def _leg_canceled(order: Order, event: ev.Canceled) -> ev.LegCanceled:
    stated = event.cum_qty if event.cum_qty is not None else event.stated_qty
    proven = None if stated is None else max(stated, order.cum_qty, order.reported_cum)
    return ev.LegCanceled(**_told(event), proven=proven)


def _carried_out(order: Order, request: Request, event: ev.Accepted | None) -> ev.Replaced:
    taken: dict[str, Any] = {"order": order.number} if event is None else _told(event)
    return ev.Replaced(**taken, cl_ord_id=request.cl_ord_id, order_qty=request.order_qty, price=request.price)


def _told(event: ev.Told) -> dict[str, Any]:
    return {
        name: getattr(event, name) for name in ("order", "exec_id", "order_id", "transact_time", "cum_qty")
    }


def refusal(order: Order, reason: str, *, decided: str | None = None) -> ev.Rejected | ev.Canceled:
    """The venue does not take the order; where it is the new leg of a replace, the order ends as it was canceled."""
    if order.chain is not None and order.chain.number:
        return ev.Canceled(order=order.number, reason=reason, decided=decided)
    return ev.Rejected(order=order.number, reason=reason, decided=decided)


# --- an earlier leg -------------------------------------------------------------------------------------------------


def _late(order: Order, report: ExecutionReport, leg: int, now_ns: int, interpret: Interpreter) -> Verdict:
    """Count what an earlier leg executed; anything else that is said of it is long settled."""
    revision = report.exec_trans_type in _REVISIONS
    fill = report.exec_trans_type in (None, ExecTransType.NEW) and report.exec_type in _FILLS
    if not revision and not (fill and report.last_shares):
        return NOTHING
    bare = msgspec.structs.replace(
        report,
        exec_id=_of_leg(report.exec_id, leg),
        exec_ref_id=_of_leg(report.exec_ref_id, leg),
        exec_type=report.exec_type if revision else ExecType.PARTIAL_FILL,
        cl_ord_id=None,
        order_id=None,
        ord_status=None,
        order_qty=None,
        cum_qty=None,
        leaves_qty=None,
        avg_px=None,
    )
    verdict = interpret(order, bare, now_ns)
    stated = report.cum_qty if order.chain is not None and leg == order.chain.number - 1 else None
    events = tuple(_of_earlier(order, event, stated) for event in verdict.events)
    return Verdict(events, verdict.anomaly or _excess(events))


def _of_earlier(order: Order, event: ev.Event, stated: Decimal | None) -> ev.Event:
    """Tell an execution of an earlier leg from one of the present; `stated`: that leg's CumQty by the report."""
    fields = {name: getattr(event, name) for name in event.__struct_fields__}
    if isinstance(event, ev.Filled):
        excess = event.last_shares - max(order.gap, ZERO)
        if stated is not None and order.chain is not None:
            excess = order.chain.previous_base + stated - order.chain.base_qty
        return ev.LegFilled(**fields, excess=min(max(excess, ZERO), event.last_shares))
    if isinstance(event, ev.FillBusted):
        return ev.LegBusted(**fields)
    if isinstance(event, ev.FillCorrected):
        return ev.LegCorrected(**fields)
    return event


def _excess(events: tuple[ev.Event, ...]) -> Anomaly | None:
    for event in events:
        if isinstance(event, ev.LegFilled) and event.excess:
            told = (
                f"{format_decimal(event.excess)} executed on a leg that the venue had canceled with a lower CumQty;"
                " it counts, and what is now too much is canceled"
            )
            return Anomaly(AnomalyCode.FILL_AFTER_REPLACE, told)
    return None


def acceptance(order: Order, order_id: str | None) -> ev.Accepted | ev.Replaced:
    """The venue has taken on the order, or its present leg, under this OrderID."""
    event = ev.Accepted(order=order.number, order_id=order_id)
    leg = opened(order)
    return event if leg is None else _carried_out(order, leg, event)


def is_new_leg(order: Order, request: Request) -> bool:
    """Whether a new-order request is that of a later leg."""
    return request.kind is RequestKind.NEW and order.chain is not None and order.chain.number > 0
