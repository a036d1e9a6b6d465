"""What is said: orders and requests towards a venue, reports from it. Field names are FIX 4.2's.

A field that the wire did not carry is None. Numbers that could not be read are None too, and `fault` says so: the
judgement what that means for the order belongs to `reconcile`, not to whoever split the text.
"""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from oms.core.values import AnomalyCode


class Anomaly(Struct, frozen=True, gc=False):
    """A report that contradicts the record: a value, never an exception."""

    code: AnomalyCode
    text: str


def lacking(names: Iterable[str]) -> Anomaly:
    """Name the fields that a message lacks, with their tags."""
    told = f"{' and '.join(names)} missing; what the message says counts all the same"
    return Anomaly(AnomalyCode.MISSING_FIELD, told)


class NewOrder(Struct, frozen=True, kw_only=True):
    """NewOrderSingle (35=D)."""

    cl_ord_id: str
    symbol: str
    side: str
    ord_type: str
    order_qty: Decimal | None = None
    cash_order_qty: Decimal | None = None
    price: Decimal | None = None
    time_in_force: str = "0"
    account: str | None = None
    exchange: str | None = None
    text: str | None = None
    poss_resend: bool = False


class CancelOrder(Struct, frozen=True, kw_only=True):
    """OrderCancelRequest (35=F)."""

    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    side: str
    order_qty: Decimal | None = None
    account: str | None = None
    exchange: str | None = None
    order_id: str | None = None
    text: str | None = None


class ReplaceOrder(Struct, frozen=True, kw_only=True):
    """OrderCancelReplaceRequest (35=G). `order_qty` is the total wanted, what is filled already included."""

    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    side: str
    ord_type: str
    order_qty: Decimal | None = None
    price: Decimal | None = None
    time_in_force: str = "0"
    account: str | None = None
    exchange: str | None = None
    order_id: str | None = None


class StatusRequest(Struct, frozen=True, kw_only=True):
    """OrderStatusRequest (35=H)."""

    cl_ord_id: str
    symbol: str
    side: str
    account: str | None = None
    exchange: str | None = None
    order_id: str | None = None


class ExecutionReport(Struct, frozen=True, gc=False):
    """ExecutionReport (35=8), in the full form of FIX 4.2 or in a venue's shorter one. Build it by name.

    `exec_trans_type` None means that the venue sent none. `fault` is a field that could not be read; `readable` says
    whether what is left still tells what happened. `ambiguous_reject`: in this venue's dialect ExecType 8 may also
    be the answer to a cancel or a status request.
    """

    cl_ord_id: str | None = None
    orig_cl_ord_id: str | None = None
    order_id: str | None = None
    exec_id: str | None = None
    exec_ref_id: str | None = None
    exec_trans_type: str | None = None
    exec_type: str | None = None
    ord_status: str | None = None
    symbol: str | None = None
    side: str | None = None
    exchange: str | None = None
    order_qty: Decimal | None = None
    price: Decimal | None = None
    last_shares: Decimal | None = None
    last_px: Decimal | None = None
    cum_qty: Decimal | None = None
    leaves_qty: Decimal | None = None
    avg_px: Decimal | None = None
    transact_time: str | None = None
    ord_rej_reason: str | None = None
    restatement_reason: str | None = None
    text: str | None = None
    ambiguous_reject: bool = False
    fault: Anomaly | None = None
    readable: bool = True


class FillRow(Struct, frozen=True, kw_only=True, gc=False):
    """One execution as a venue's list of fills shows it. `exec_id` None: the list names none.

    `fee` is positive where it costs; `fee_currency` None means that the venue did not say. `fee_computed`: it follows
    from the venue's rate, and the venue did not tell it.
    """

    shares: Decimal
    price: Decimal | None = None
    exec_id: str | None = None
    fee: Decimal | None = None
    fee_currency: str | None = None
    fee_computed: bool = False
    transact_time: str | None = None


class OrderSnapshot(Struct, frozen=True, kw_only=True):
    """An order as a query shows it: `report` is its state (ExecTransType Status), `fills` its executions.

    `all_fills`: the list holds every execution of the order; else only those of some span of time.
    """

    report: ExecutionReport
    fills: tuple[FillRow, ...] = ()
    all_fills: bool = True


class Mark(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a venue's numbering stood immediately before a submit: its highest ids, of whatever order and trade.

    `time_ns`: the venue's clock then, nanoseconds since the epoch; None where it does not tell. `keys`: the names of
    the keys by one of which the submit leaves, where that matters.
    """

    order_id: str | None = None
    trade_id: str | None = None
    time_ns: int | None = None
    keys: tuple[str, ...] = ()


class Candidate(Struct, frozen=True, kw_only=True):
    """An order at a venue without client order ids that may be the one we ask about: its own information says so.

    `order_qty` and `price` are those it was submitted with; `created_ns` is by the venue's clock.
    """

    order_id: str
    symbol: str
    side: str
    order_qty: Decimal | None
    price: Decimal | None
    created_ns: int | None
    snapshot: OrderSnapshot


class CancelReject(Struct, frozen=True, kw_only=True):
    """OrderCancelReject (35=9)."""

    cl_ord_id: str | None = None
    orig_cl_ord_id: str | None = None
    order_id: str | None = None
    ord_status: str | None = None
    response_to: str | None = None
    cxl_rej_reason: str | None = None
    text: str | None = None
    fault: Anomaly | None = None


class Reject(Struct, frozen=True, kw_only=True):
    """Session Reject (35=3) or BusinessMessageReject (35=j): it names only the MsgSeqNum of what it refuses."""

    msg_type: str
    ref_seq_num: int | None = None
    ref_msg_type: str | None = None
    ref_id: str | None = None
    reason: str | None = None
    text: str | None = None


class Other(Struct, frozen=True, kw_only=True):
    """Any other message: recorded, without meaning for an order."""

    msg_type: str


Command = NewOrder | CancelOrder | ReplaceOrder | StatusRequest
Report = ExecutionReport | OrderSnapshot | CancelReject | Reject | Other
