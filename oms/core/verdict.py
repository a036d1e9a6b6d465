"""What the interpretation of every report has in common: its verdict, its key, its totals, its age."""

from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from oms.core import events as ev
from oms.core.messages import Anomaly, ExecutionReport
from oms.core.order import Order
from oms.core.values import (
    ORD_STATUS_NAMES,
    ZERO,
    AnomalyCode,
    ExecTransType,
    ExecType,
    OrdStatus,
    Phase,
    format_decimal,
)


class Verdict(Struct, frozen=True, gc=False):
    """What a report is worth: the events it becomes, and the anomaly where it contradicts the record."""

    events: tuple[ev.Event, ...] = ()
    anomaly: Anomaly | None = None


NOTHING = Verdict()


def anomalous(code: AnomalyCode, text: str, *events: ev.Event) -> Verdict:
    """Give an anomaly, with the events that hold all the same."""
    return Verdict(events, Anomaly(code, text))


def illegal(order: Order, report: ExecutionReport, what: str) -> Verdict:
    """Give the anomaly of a report that the order's phase does not allow."""
    told = f"{what} (ExecType {report.exec_type}, ExecID {report.exec_id}) for an order that is {order.phase}"
    return anomalous(AnomalyCode.ILLEGAL_TRANSITION, told)


def report_key(report: ExecutionReport) -> str | None:
    """Name a report that is not an execution; some venues number those 0, which names nothing."""
    if report.exec_id is None or report.exec_id == "0":
        return None
    return f"{report.exec_id}\x01{report.exec_type}"


def told(order: Order, report: ExecutionReport, key: str | None) -> dict[str, Any]:
    """Collect what every event takes over from its report."""
    cum_qty = report.cum_qty
    news = cum_qty is not None and cum_qty > order.reported_cum and not precedes_revision(order, report)
    return {
        "order": order.number,
        "exec_id": key,
        "order_id": report.order_id if order.order_id is None or order.phase is Phase.PENDING_NEW else None,
        "transact_time": report.transact_time,
        "cum_qty": cum_qty if news else None,
    }


# --- age ------------------------------------------------------------------------------------------------------------


def is_late(order: Order, report: ExecutionReport) -> bool:
    """Whether the report may be older than what moved the order last: one without a time may always be."""
    time = report.transact_time
    return time is None or order.phase_time is None or time <= order.phase_time


def is_newer(order: Order, report: ExecutionReport) -> bool:
    """Whether the report may be younger than what moved the order last: one without a time may always be."""
    time = report.transact_time
    return time is None or order.phase_time is None or time > order.phase_time


def is_older(order: Order, report: ExecutionReport) -> bool:
    """Whether the report is certainly older than the youngest one seen."""
    time = report.transact_time
    return time is not None and order.last_time is not None and time < order.last_time


def precedes_revision(order: Order, report: ExecutionReport) -> bool:
    """Whether a bust, correction or split came after this report: its totals say nothing of now."""
    time = report.transact_time
    return time is not None and order.revised_time is not None and time < order.revised_time


def is_youngest(order: Order, report: ExecutionReport) -> bool:
    """Whether the report is certainly younger than every one before it."""
    time = report.transact_time
    return time is not None and order.last_time is not None and time > order.last_time


def backwards(order: Order, report: ExecutionReport, what: str) -> Verdict:
    """Judge a report of an earlier stage: one that may have been on its way for long says nothing new."""
    if not is_youngest(order, report):
        return NOTHING
    text = f"{what} at {report.transact_time}, the order was {ORD_STATUS_NAMES[order.ord_status]} at {order.last_time}"
    return anomalous(AnomalyCode.STATUS_BACKWARDS, text)


def after_the_end(order: Order, report: ExecutionReport, what: str) -> Verdict:
    """Judge an acknowledgement of an order that is over.

    What was canceled or has expired was there before. What was rejected, as a rule, was never: it cannot be now.
    """
    if order.phase in _WAS_THERE:
        return NOTHING if report.ord_status == order.ord_status else backwards(order, report, what)
    is_overtaken = order.phase is not Phase.DENIED and is_late(order, report)
    return NOTHING if is_overtaken else illegal(order, report, what)


_WAS_THERE: Final = (Phase.CANCELED, Phase.EXPIRED)


def has_passed(order: Order, report: ExecutionReport, kind: type[ev.Event]) -> bool:
    """Whether the order has moved on since a halt; Done for Day still stands above a later Calculated."""
    time = report.transact_time
    moved_on = time is not None and order.phase_time is not None and time < order.phase_time
    return moved_on and not (kind is ev.DoneForDay and order.phase is Phase.CALCULATED)


def precedes_a_fill(order: Order, report: ExecutionReport) -> bool:
    """Whether the report is older than an execution, or a move, on record: by its time, else by its CumQty."""
    if is_older(order, report) and (order.executions or not is_newer(order, report)):
        return True
    is_less = report.cum_qty is not None and report.cum_qty < order.cum_qty
    return is_less and not is_youngest(order, report)


# --- totals ---------------------------------------------------------------------------------------------------------


def only_totals(order: Order, report: ExecutionReport) -> Verdict:
    """Take from a repeated report only what it says of the totals."""
    cum_qty = report.cum_qty
    if cum_qty is not None and cum_qty > order.reported_cum and not precedes_revision(order, report):
        return Verdict((ev.GapOpened(order=order.number, cum_qty=cum_qty),))
    return NOTHING


def checked(order: Order, report: ExecutionReport, event: ev.Event) -> Verdict:
    """Hold the venue's total against what is on record."""
    return Verdict((event,), total_anomaly(order, report, order.cum_qty))


def final(order: Order, report: ExecutionReport, event: ev.Event) -> Verdict:
    """An end without a total leaves open what was executed while nothing was heard."""
    verdict = checked(order, report, event)
    if report.cum_qty is None and order.unheard and not order.unsized_gap:
        return Verdict((*verdict.events, ev.GapOpened(order=order.number)), verdict.anomaly)
    return verdict


def total_anomaly(order: Order, report: ExecutionReport, cum_after: Decimal) -> Anomaly | None:
    """Complain of a CumQty below the fills on record, unless fills come late into a gap, inferred or not."""
    claimed = report.cum_qty
    if (
        claimed is None
        or claimed >= cum_after
        or order.reported_cum > order.cum_qty
        or order.inferred is not None
        or is_older(order, report)
    ):
        return None
    if claimed < ZERO:
        return Anomaly(AnomalyCode.NEGATIVE_QUANTITY, f"a CumQty of {format_decimal(claimed)}")
    ours = format_decimal(cum_after)
    text = f"the venue reports CumQty {format_decimal(claimed)}, the fills on record give {ours}"
    return Anomaly(AnomalyCode.QUANTITY_MISMATCH, text)


def unpriced(report: ExecutionReport) -> Anomaly | None:
    """Complain of an execution without LastPx, or of what is wrong with the price it has."""
    if report.last_px is not None:
        return None
    text = "a fill without a price: the shares count, the average is unknown"
    return but_lacking(report.fault) or Anomaly(AnomalyCode.MISSING_FIELD, text)


def but_lacking(fault: Anomaly | None) -> Anomaly | None:
    """Give a fault unless it is that something lacks: what cannot be right outweighs what is left out."""
    return None if fault is not None and fault.code is AnomalyCode.MISSING_FIELD else fault


_RANKS: Final = {
    status: rank
    for rank, group in enumerate(("08A", "5", "1", "4C", "9", "7", "2", "B", "3", "E", "6"))
    for status in group
}
"""OrdStatus by its precedence (FIX 4.2, Appendix D)."""
_LEAST: Final = {"1": "1", "2": "1", **{kind: kind for kind in "34679BCE"}}
"""By ExecType, the lowest OrdStatus that can hold after such a report."""
_NOT_REJECTED: Final = frozenset("0A512")
_FIRST_GOES_ON: Final = (
    "6",
    "7",
)  # OrdRejReason: OrdStatus is that of the order that is there already (D22, D23)


def contradiction(report: ExecutionReport) -> Anomaly | None:
    """Hold OrdStatus against ExecType: what a report tells holds after it, and the highest that holds is stated."""
    kind, status = report.exec_type, report.ord_status
    if report.exec_trans_type != ExecTransType.NEW or kind is None or status not in _RANKS:
        return None
    if kind == ExecType.REJECTED:
        contradicts = status in _NOT_REJECTED and report.ord_rej_reason not in _FIRST_GOES_ON
    else:
        contradicts = kind in _LEAST and _RANKS[status] < _RANKS[_LEAST[kind]]
    if not contradicts:
        return None
    said = ExecType(kind).name.title().replace("_", "")
    text = f"ExecType (150) is {said}, OrdStatus (39) {ORD_STATUS_NAMES[OrdStatus(status)]}"
    return Anomaly(AnomalyCode.EXEC_TYPE_MISMATCH, text)


def inconsistency(report: ExecutionReport) -> Anomaly | None:
    """Hold the report's own quantities against OrderQty = CumQty + LeavesQty (FIX 4.2, OrdStatus)."""
    order_qty, cum_qty, leaves_qty = report.order_qty, report.cum_qty, report.leaves_qty
    for quantity in (order_qty, cum_qty, leaves_qty):
        if quantity is not None and quantity < ZERO:
            return Anomaly(AnomalyCode.NEGATIVE_QUANTITY, f"a quantity of {format_decimal(quantity)}")
    if leaves_qty and report.ord_status == OrdStatus.FILLED:
        text = f"LeavesQty {format_decimal(leaves_qty)} of an order that is said to be filled"
        return Anomaly(AnomalyCode.LEAVES_MISMATCH, text)
    if leaves_qty is None or order_qty is None or cum_qty is None or leaves_qty + cum_qty == order_qty:
        return None
    active = report.ord_status in (OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED) and cum_qty < order_qty
    if not leaves_qty and not active:  # no longer active; D18 t2 and D20 t4 print 0 for an order that is
        return None
    text = (
        f"OrderQty {format_decimal(order_qty)} is not CumQty {format_decimal(cum_qty)}"
        f" + LeavesQty {format_decimal(leaves_qty)}"
    )
    return Anomaly(AnomalyCode.LEAVES_MISMATCH, text)
