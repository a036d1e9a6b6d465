"""Reports of executions: fills, busts and corrections. Each counts once, whatever order they come in.

An execution is known by (order, exchange behind the venue, ExecID): venues and their exchanges number theirs
independently. The same key with other shares or another price is an anomaly, never a silent duplicate.
"""

from decimal import Decimal
from typing import Any, Final

from oms.core import events as ev
from oms.core.fills import Execution, root_of, standing, standing_shares
from oms.core.messages import Anomaly, ExecutionReport
from oms.core.order import Order
from oms.core.values import (
    GOOD_TILL,
    ZERO,
    AnomalyCode,
    ExecTransType,
    ExecType,
    OrdStatus,
    Phase,
    format_decimal,
)
from oms.core.verdict import (
    NOTHING,
    Verdict,
    anomalous,
    is_older,
    only_totals,
    precedes_revision,
    report_key,
    told,
    total_anomaly,
)

_FILL: Final = str(ExecType.FILL)  # reading an enumeration's member costs more than the comparison
_STOPPED: Final = str(OrdStatus.STOPPED)
_REFUSED: Final = (Phase.REJECTED, Phase.DENIED)
_DONE_FOR_DAY: Final = Phase.DONE_FOR_DAY


def _key(order: Order, report: ExecutionReport, exec_id: str) -> str:
    """Name an execution within its order."""
    exchange = report.exchange
    return exec_id if exchange is None or exchange == order.exchange else f"{exec_id}\x01{exchange}"


def fill(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret ExecType Partial Fill and Fill."""
    shares, exec_id = report.last_shares, report.exec_id
    if exec_id is None or shares is None:
        lacking = "ExecID (17)" if exec_id is None else "LastShares (32)"
        return anomalous(AnomalyCode.MISSING_FIELD, f"a fill without {lacking} cannot be counted")
    key = _key(order, report, exec_id)
    known = order.executions.get(key)
    if known is not None and (known.counted or not known.busted):
        return _known_fill(order, report, known)
    if report.ord_status == _STOPPED and _is_guarantee(order, report):
        return _guarantee(order, report)
    if shares <= ZERO:
        if not shares and exec_id == "0":  # a status answer that nobody asked for
            return only_totals(order, report)
        return anomalous(AnomalyCode.QUANTITY_MISMATCH, f"a fill of {format_decimal(shares)} shares")
    return _new_fill(order, report, key, ZERO if known is not None else shares)


def _known_fill(order: Order, report: ExecutionReport, known: Execution) -> Verdict:
    """Hold a repeated ExecID against what it said the first time."""
    same_price = known.price is None or report.last_px is None or known.price == report.last_px
    corrected_before_it_came = known.latest is not None and not known.shares
    if corrected_before_it_came or (known.shares == report.last_shares and same_price):
        return only_totals(order, report)
    text = (
        f"ExecID {report.exec_id} came before with {known.shares} @ {known.price}, "
        f"now with {report.last_shares} @ {report.last_px}; the first stays counted"
    )
    return anomalous(AnomalyCode.EXECUTION_MISMATCH, text)


def _is_guarantee(order: Order, report: ExecutionReport) -> bool:
    """Tell a guarantee of execution from a fill: its shares are in no total (Appendix D, D37 t3)."""
    return report.cum_qty is not None and report.cum_qty == order.cum_qty == order.reported_cum


def _guarantee(order: Order, report: ExecutionReport) -> Verdict:
    key = report_key(report)
    return NOTHING if key in order.reports else Verdict((ev.Stopped(**told(order, report, key)),))


def _new_fill(order: Order, report: ExecutionReport, key: str, counts: Decimal) -> Verdict:
    """Count a fill; `counts` is 0 where its bust came first."""
    cum_after = order.cum_qty + counts
    event = ev.Filled(
        order=order.number,
        exec_id=key,
        order_id=report.order_id if order.order_id is None else None,
        transact_time=report.transact_time,
        cum_qty=_news_of_total(order, report, cum_after, missing=not counts),
        last_shares=report.last_shares or ZERO,
        last_px=report.last_px,
        exchange=report.exchange,
        complete=order.order_qty is None and report.exec_type == _FILL,
        unconfirmed=order.questions > 0 and report.exec_trans_type is None and report.cum_qty is None,
    )
    anomaly = _fill_anomaly(order, report, cum_after)
    if order.phase is _DONE_FOR_DAY and _trades_again(order, report):
        return Verdict((ev.Resumed(order=order.number, transact_time=report.transact_time), event), anomaly)
    return Verdict((event,), anomaly)


def _trades_again(order: Order, report: ExecutionReport) -> bool:
    """Whether a good-till order trades on its next day; the morning's restatement is optional (D27)."""
    return order.time_in_force in GOOD_TILL and report.ord_status in (
        OrdStatus.PARTIALLY_FILLED,
        OrdStatus.FILLED,
    )


def _news_of_total(
    order: Order, report: ExecutionReport, cum_after: Decimal, *, missing: bool
) -> Decimal | None:
    """Read a total beyond all that is known: CumQty, or what ExecType Fill says without one: everything.

    `missing`: the fill was taken back before it came, so that its report's total still holds its shares.
    """
    claimed = report.cum_qty
    if claimed is None:
        claimed = order.order_qty if report.exec_type == _FILL else None
    if claimed is None or claimed <= cum_after or claimed <= order.reported_cum:
        return None
    return None if missing or precedes_revision(order, report) else claimed


def _fill_anomaly(order: Order, report: ExecutionReport, cum_after: Decimal) -> Anomaly | None:
    if order.phase in _REFUSED:
        text = f"an execution of an order that is {order.phase}; it is counted"
        return Anomaly(AnomalyCode.FILL_AFTER_REJECT, text)
    limit = order.order_qty
    if limit is not None and cum_after > limit and cum_after > (limit := _most_wanted(order, report, limit)):
        text = f"{format_decimal(cum_after)} executed of {format_decimal(limit)} ordered; counted in full"
        return Anomaly(AnomalyCode.OVERFILL, text)
    if report.last_px is None:
        text = "a fill without a price: the shares count, the average is unknown"
        return report.fault or Anomaly(AnomalyCode.MISSING_FIELD, text)
    claimed = report.cum_qty
    if claimed is None:
        return None
    if claimed < cum_after:
        return total_anomaly(order, report, cum_after)
    return average_anomaly(order, report, cum_after) if claimed == cum_after and report.avg_px else None


def _most_wanted(order: Order, report: ExecutionReport, limit: Decimal) -> Decimal:
    """Say how much may be executed: a replacement may be executed before its confirmation arrives."""
    for request in order.pending:
        if request.cl_ord_id == report.cl_ord_id and request.order_qty is not None:
            limit = max(limit, request.order_qty)
    return limit


def average_anomaly(order: Order, report: ExecutionReport, cum_after: Decimal) -> Anomaly | None:
    """Compare AvgPx with our fills, to the decimals that the venue sends; some venues send 0 for "not computed"."""
    theirs, shares, price = report.avg_px, report.last_shares, report.last_px
    if theirs is None or shares is None or price is None or order.unpriced or cum_after == order.cum_qty:
        return None
    said, paid = theirs * cum_after, order.notional + shares * price
    if said == paid or abs(said - paid) < cum_after.scaleb(_last_digit(theirs)):  # rounded or cut off
        return None
    text = f"the venue reports AvgPx {format_decimal(theirs)}, the fills on record disagree"
    return Anomaly(AnomalyCode.QUANTITY_MISMATCH, text)


def _last_digit(value: Decimal) -> int:
    """Give the exponent of a number's last digit: -2 for 1.25."""
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


# --- busts and corrections ------------------------------------------------------------------------------------------


def bust(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret ExecTransType Cancel: the execution that ExecRefID names by any id of its chain did not happen."""
    if (settled := _no_revision(order, report)) is not None:
        return settled
    ref = _key(order, report, report.exec_ref_id or "")
    root = root_of(order.executions, ref)
    if root is not None and root.busted:
        return _busted_already(report)
    event = ev.FillBusted(**_revised(order, report), exec_ref_id=ref)
    if root is None:
        text = f"a bust of execution {report.exec_ref_id}, which was never seen"
        return anomalous(AnomalyCode.UNKNOWN_EXECUTION, text, event)
    cum_after = order.cum_qty - standing_shares(order.executions, root)
    return Verdict((event,), total_anomaly(order, report, cum_after))


def correct(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret ExecTransType Correct: the execution had other shares or another price."""
    if (settled := _no_revision(order, report)) is not None:
        return settled
    shares = report.last_shares
    if shares is None or shares <= ZERO:
        return anomalous(AnomalyCode.MISSING_FIELD, "a correction without LastShares (32) cannot be counted")
    ref = _key(order, report, report.exec_ref_id or "")
    root = root_of(order.executions, ref)
    if root is not None and root.busted:
        return _busted_already(report)
    event = ev.FillCorrected(
        **_revised(order, report), exec_ref_id=ref, last_shares=shares, last_px=report.last_px
    )
    if root is None:
        text = f"a correction of execution {report.exec_ref_id}, which was never seen; counted as corrected"
        return anomalous(AnomalyCode.UNKNOWN_EXECUTION, text, event)
    now = standing(order.executions, root)
    if event.exec_id is None and root.counted and (now.shares, now.price) == (shares, report.last_px):
        return NOTHING  # a correction that nothing names, and that changes nothing
    cum_after = order.cum_qty - standing_shares(order.executions, root) + shares
    limit = order.order_qty
    if limit is not None and cum_after > limit and cum_after > order.cum_qty:
        text = f"{format_decimal(cum_after)} executed of {format_decimal(limit)} ordered; counted in full"
        return anomalous(AnomalyCode.OVERFILL, text, event)
    return Verdict((event,), total_anomaly(order, report, cum_after))


def _no_revision(order: Order, report: ExecutionReport) -> Verdict | None:
    """Sort out busts and corrections that are repeated or name nothing; None where one is to be applied."""
    if report.exec_ref_id is None:
        return anomalous(AnomalyCode.MISSING_FIELD, "a bust or correction without ExecRefID (19)")
    own = _own_key(order, report)
    return only_totals(order, report) if own is not None and own in order.executions else None


def _own_key(order: Order, report: ExecutionReport) -> str | None:
    """Name the bust or correction itself; some venues repeat the ExecID that it takes back, which names nothing."""
    exec_id = report.exec_id
    return None if exec_id is None or exec_id == report.exec_ref_id else _key(order, report, exec_id)


def _busted_already(report: ExecutionReport) -> Verdict:
    if report.exec_trans_type == ExecTransType.CANCEL and report.exec_id == report.exec_ref_id:
        return NOTHING  # the same bust again
    return anomalous(AnomalyCode.UNKNOWN_EXECUTION, f"execution {report.exec_ref_id} is busted already")


def _revised(order: Order, report: ExecutionReport) -> dict[str, Any]:
    """Collect what a bust or correction takes over. Its total replaces the venue's earlier ones, unless it is old."""
    taken = told(order, report, _own_key(order, report))
    taken["cum_qty"] = None if is_older(order, report) else report.cum_qty
    return taken
