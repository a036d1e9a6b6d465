"""Reports of fills. Each counts once, whatever order they come in; busts and corrections of them: `revisions`.

An execution is known by (order, exchange behind the venue, ExecID): venues and their exchanges number theirs
independently. The same key with other shares or another price is an anomaly, never a silent duplicate. On another day
of a good-till order the same ExecID is another execution, where the venue's total says so.
"""

from decimal import Decimal
from typing import Final

from oms.core import events as ev
from oms.core.alike import leg_of, terms
from oms.core.fills import DAY_CHARS, Execution, standing
from oms.core.lifecycle import stopped
from oms.core.messages import Anomaly, ExecutionReport
from oms.core.order import Order
from oms.core.values import (
    GOOD_TILL,
    ZERO,
    AnomalyCode,
    ExecType,
    OrdStatus,
    Phase,
    format_decimal,
)
from oms.core.verdict import (
    Verdict,
    anomalous,
    is_newer,
    only_totals,
    precedes_a_fill,
    precedes_revision,
    report_key,
    total_anomaly,
    unpriced,
)

_FILL: Final = str(ExecType.FILL)  # reading an enumeration's member costs more than the comparison
_STOPPED: Final = str(OrdStatus.STOPPED)
_REFUSED: Final = (Phase.REJECTED, Phase.DENIED)
_CASH_TOLERANCE: Final = Decimal(
    "1.001"
)  # what is sized in quote currency is rounded to lots and ticks of the base
_DONE_FOR_DAY: Final = Phase.DONE_FOR_DAY


def key_of(order: Order, report: ExecutionReport, exec_id: str) -> str:
    """Name an execution within its order."""
    exchange = report.exchange
    return exec_id if exchange is None or exchange == order.exchange else f"{exec_id}\x01{exchange}"


def fill(order: Order, report: ExecutionReport) -> Verdict:
    """Interpret ExecType Partial Fill and Fill."""
    shares, exec_id = report.last_shares, report.exec_id
    if exec_id is None or shares is None:
        lacking = "ExecID (17)" if exec_id is None else "LastShares (32)"
        return anomalous(AnomalyCode.MISSING_FIELD, f"a fill without {lacking} cannot be counted")
    key = key_of(order, report, exec_id)
    known = order.executions.get(key)
    if known is not None and (known.counted or not known.busted):
        if is_of_another_day(order, report, known):
            return _fill_of_another_day(order, report, key, known)
        return _known_fill(order, report, known)
    if report.ord_status == _STOPPED and _is_guarantee(order, report):
        return stopped(order, report)
    if shares <= ZERO:
        if not shares and exec_id == "0":  # a status answer that nobody asked for
            return only_totals(order, report)
        code = AnomalyCode.NEGATIVE_QUANTITY if shares else AnomalyCode.QUANTITY_MISMATCH
        return anomalous(code, f"a fill of {format_decimal(shares)} shares")
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


def is_of_another_day(order: Order, report: ExecutionReport, known: Execution) -> bool:
    """Whether a good-till order's report is of another day than the execution known by its ExecID."""
    time, day = report.transact_time, known.day or order.day
    return (
        time is not None and day is not None and not time.startswith(day) and order.time_in_force in GOOD_TILL
    )


def on_day(key: str, report: ExecutionReport) -> str:
    """Name an execution whose ExecID was used on an earlier day of the order."""
    return f"{key}\x01\x01{(report.transact_time or '')[:DAY_CHARS]}"


def _fill_of_another_day(order: Order, report: ExecutionReport, key: str, known: Execution) -> Verdict:
    """Tell an ExecID used again from an execution told again: CumQty above ours by its shares is that of a new one."""
    later, shares = on_day(key, report), report.last_shares
    seen = order.executions.get(later)
    if seen is not None:
        return _known_fill(order, report, seen)
    if report.cum_qty is None:
        text = f"ExecID {report.exec_id} comes again on another day, and no CumQty tells whether it is another fill"
        return anomalous(AnomalyCode.EXECUTION_MISMATCH, f"{text}; the first stays counted")
    if shares is not None and shares > ZERO and is_beyond(report, order.cum_qty):
        return _new_fill(order, report, later, shares)
    return _known_fill(order, report, known)


def is_beyond(report: ExecutionReport, total: Decimal) -> bool:
    """Whether the report's own CumQty proves that its shares come on top of a total."""
    return report.cum_qty is not None and report.cum_qty - (report.last_shares or ZERO) >= total


def _is_guarantee(order: Order, report: ExecutionReport) -> bool:
    """Tell a guarantee of execution from a fill: its shares are in no total (Appendix D, D37 t3), nor in its own.

    One that comes again stays one, whatever was executed since.
    """
    if report_key(report) in order.reports:
        return True
    cum_qty, shares = report.cum_qty, report.last_shares or ZERO
    if cum_qty is None or cum_qty < shares or cum_qty == order.cum_qty == order.reported_cum:
        return cum_qty is not None
    lacks_none = not order.has_gap and order.inferred is None
    return lacks_none and cum_qty < order.cum_qty and precedes_a_fill(order, report)


def _new_fill(order: Order, report: ExecutionReport, key: str, counts: Decimal) -> Verdict:
    """Count a fill; `counts` is 0 where its bust came first."""
    beyond, taken_back = False, not counts
    if counts and (order.alike is not None or order.inferred is not None):
        shown = _shown_before(order, report)
        if shown is not None:
            return _identified(order, report, key, shown)
        if order.inferred is not None:
            beyond = is_beyond(report, order.inferred.upto) and not precedes_revision(order, report)
            counts -= ZERO if beyond else min(counts, order.inferred.shares)
    cum_after = order.cum_qty + counts
    event = ev.Filled(
        order=order.number,
        exec_id=key,
        order_id=report.order_id if order.order_id is None else None,
        transact_time=report.transact_time,
        cum_qty=_news_of_total(order, report, cum_after, missing=taken_back),
        last_shares=report.last_shares or ZERO,
        last_px=report.last_px,
        exchange=report.exchange,
        complete=order.order_qty is None and report.exec_type == _FILL,
        unconfirmed=order.questions > 0 and report.exec_trans_type is None and report.cum_qty is None,
        beyond=beyond,
    )
    anomaly = _fill_anomaly(order, report, cum_after)
    if order.phase is _DONE_FOR_DAY and _trades_again(order, report):
        return Verdict((ev.Resumed(order=order.number, transact_time=report.transact_time), event), anomaly)
    return Verdict((event,), anomaly)


def _shown_before(order: Order, report: ExecutionReport) -> str | None:
    """Find a fill that only lists have shown and that this report can be about; the key it is counted under."""
    if order.alike is None or report.last_shares is None:
        return None
    if is_beyond(report, order.cum_qty) and not precedes_revision(order, report):
        return None
    leg = leg_of(report.exec_id or "")
    for price in (report.last_px, None):
        same = order.alike.get(terms(report.last_shares, price, leg))
        if same is not None and same.unreported:
            return next(reversed(same.unreported))
    return None


def _identified(order: Order, report: ExecutionReport, key: str, shown: str) -> Verdict:
    """Count a fill once that a list has shown before; a price that the list left out is known now."""
    event = ev.FillIdentified(
        order=order.number,
        exec_id=key,
        order_id=report.order_id if order.order_id is None else None,
        transact_time=report.transact_time,
        cum_qty=_news_of_total(order, report, order.cum_qty, missing=False),
        replaces=shown,
    )
    root = order.executions[shown]
    anomaly = total_anomaly(order, report, order.cum_qty)
    if report.last_px is None or standing(order.executions, root).price is not None:
        return Verdict((event,), anomaly)
    priced = ev.FillCorrected(
        order=order.number, exec_ref_id=shown, last_shares=root.shares, last_px=report.last_px
    )
    return Verdict((event, priced), anomaly)


def _trades_again(order: Order, report: ExecutionReport) -> bool:
    """Whether a good-till order trades on its next day; the morning's restatement is optional (D27)."""
    again = report.ord_status in (OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED)
    return again and order.time_in_force in GOOD_TILL and is_newer(order, report)


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
    shares, last_px = report.last_shares, report.last_px
    limit = order.order_qty
    if limit is not None and cum_after > limit:
        limit = _most_wanted(order, report, limit)
    spent = spent_by(order) + shares * last_px if limit is None and shares and last_px is not None else ZERO
    excess = excess_of(order, cum_after, spent, limit)
    if excess is not None:
        return excess
    if last_px is None:
        return unpriced(report)
    claimed = report.cum_qty
    if claimed is None:
        return None
    if claimed < cum_after:
        return total_anomaly(order, report, cum_after)
    return average_anomaly(order, report, cum_after) if claimed == cum_after and report.avg_px else None


def excess_of(order: Order, cum_qty: Decimal, spent: Decimal, limit: Decimal | None = None) -> Anomaly | None:
    """Complain of an execution that makes too much of an order, or of one that was refused.

    Args:
        order: the order before it.
        cum_qty: its CumQty after it.
        spent: its notional after it, in quote currency; compared where only a quote amount was ordered.
        limit: how much may be executed, where it is not OrderQty.

    """
    if order.phase in _REFUSED:
        text = f"an execution of an order that is {order.phase}; it is counted"
        return Anomaly(AnomalyCode.FILL_AFTER_REJECT, text)
    limit = order.order_qty if limit is None else limit
    if limit is not None and cum_qty > limit:
        text = f"{format_decimal(cum_qty)} executed of {format_decimal(limit)} ordered; counted in full"
        return Anomaly(AnomalyCode.OVERFILL, text)
    cash = order.cash_order_qty
    if limit is None and cash is not None and spent > cash * _CASH_TOLERANCE:
        told = f"{format_decimal(spent)} spent of {format_decimal(cash)} ordered in quote currency"
        return Anomaly(AnomalyCode.OVERFILL, f"{told}; counted in full")
    return None


def spent_by(order: Order) -> Decimal:
    """Give what the fills on record cost, in quote currency, without what is only inferred."""
    guess = order.inferred.amount if order.inferred is not None else None
    return order.notional - guess if guess is not None else order.notional


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
    if order.inferred is not None:  # its amount rests on an AvgPx itself
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
