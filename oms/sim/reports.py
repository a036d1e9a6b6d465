"""What the venue says: the exchange's events as FIX 4.2 fields, in the documented or the full form.

Documented: the fields that the venue's document lists and no others, with Text(58) on refusals.
ClOrdID only on acknowledgements, on the reject of a new order and in answers to a status request,
where nothing else ties the report to the order; Price(44) is the fill's on a fill, else the order's.
Full: what FIX 4.2 asks of an ExecutionReport, with Price(44) always the order's.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from oms.sim.exchange import NO_ORDER_ID
from oms.sim.terms import (
    ROUGH,
    Accepted,
    Canceled,
    CancelRefused,
    Event,
    Filled,
    OrderView,
    Rejected,
    RejectReason,
    Status,
    StatusReply,
)
from oms.sim.wire import CANCEL, SOH, VALUE_IS_INCORRECT, Garbled, printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Pairs = list[tuple[int, str]]

ZERO = Decimal(0)
AVG_PX_STEP = Decimal("0.000000000001")


class Form(StrEnum):
    """Which fields an ExecutionReport carries."""

    DOCUMENTED = "documented"
    FULL = "full"


class Refusing(StrEnum):
    """How a cancel is refused: the document does not say, so each way can be chosen."""

    CANCEL_REJECT = "9"
    SESSION_REJECT = "3"
    BUSINESS_REJECT = "j"
    EXECUTION_REPORT = "8"


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to an account."""

    msg_type: str
    fields: Pairs

    @property
    def is_report(self) -> bool:
        """Whether it is an ExecutionReport."""
        return self.msg_type == "8"

    def text(self) -> str:
        """Return the message as text; whoever sends it fills in header, length and checksum."""
        body = "".join(f"{tag}={printable(value)}{SOH}" for tag, value in self.fields)
        return f"8=FIX.4.2{SOH}9=0{SOH}35={self.msg_type}{SOH}{body}10=000{SOH}"

    def framed(self) -> bytes:
        """Return the message as bytes, for a sender that fills in nothing."""
        _, _, rest = self.text().encode("ascii").split(SOH.encode(), 2)
        rest = rest[: rest.rindex(b"10=")]
        whole = b"8=FIX.4.2\x019=%d\x01%b" % (len(rest), rest)
        return b"%b10=%03d\x01" % (whole, sum(whole) % 256)


def stamp(at: datetime) -> str:
    """UTCTimestamp with milliseconds."""
    return f"{at:%Y%m%d-%H:%M:%S}.{at.microsecond // 1000:03d}"


def session_reject(garbled: Garbled, request: Mapping[int, str]) -> Reply:
    """Return a session Reject (35=3)."""
    fields = [(45, request.get(34, "0")), (371, str(garbled.tag)), (372, request.get(35, ""))]
    return Reply("3", [*fields, (373, garbled.reason), (58, garbled.text)])


def business_reject(request: Mapping[int, str], *, reason: str, text: str) -> Reply:
    """Return a Business Message Reject (35=j)."""
    fields = [(45, request.get(34, "0")), (372, request.get(35, ""))]
    if cl_ord_id := request.get(11):
        fields.append((379, cl_ord_id))
    return Reply("j", [*fields, (380, reason), (58, text)])


def cancel_refused(event: CancelRefused, way: Refusing, request: Mapping[int, str]) -> Reply:
    """Return the refusal of a cancel by anything but an ExecutionReport."""
    if way is Refusing.SESSION_REJECT:
        return session_reject(
            Garbled(tag=41, reason=VALUE_IS_INCORRECT, text=event.text), {**request, 35: CANCEL}
        )
    if way is Refusing.BUSINESS_REJECT:
        return business_reject(request, reason="0", text=event.text)
    order_id = event.order.order_id if event.order else NO_ORDER_ID
    status = event.order.status if event.order else Status.REJECTED
    fields = [(37, order_id), (11, event.request.cl_ord_id), (41, event.request.orig_cl_ord_id)]
    fields += [(39, status), (1, event.request.account), (60, stamp(event.at))]
    return Reply("9", [*fields, (434, "1"), (102, event.reason), (58, event.text)])


def report(event: Event, form: Form) -> Reply:
    """Return the ExecutionReport of an event."""
    facts = _facts(event)
    return Reply("8", _full(facts) if form is Form.FULL else _documented(facts))


@dataclass(slots=True, kw_only=True)
class _Facts:
    """What one report says, whatever its form."""

    order: OrderView
    exec_id: str
    at: datetime
    exec_type: str
    status: str
    cl_ord_id: str
    orig_cl_ord_id: str = ""
    ack: bool = False
    last_qty: Decimal = ZERO
    last_px: Decimal = ZERO
    text: str = ""
    reason: str = ""
    asked: bool = False
    first: OrderView | None = None


def _facts(event: Event) -> _Facts:
    match event:
        case StatusReply():
            return _status_facts(event)
        case CancelRefused():
            return _refused_facts(event)
        case Accepted() | Filled() | Canceled() | Rejected():
            return _order_facts(event)


def _order_facts(event: Accepted | Filled | Canceled | Rejected) -> _Facts:
    order = event.order
    facts = _Facts(
        order=order,
        exec_id=event.exec_id,
        at=event.at,
        exec_type=order.status,
        status=order.status,
        cl_ord_id=order.cl_ord_id,
    )
    match event:
        case Accepted():
            facts.ack = True
        case Filled():
            # A fill that comes after the cancel leaves the order canceled.
            facts.exec_type = "2" if order.status is Status.FILLED else "1"
            facts.last_qty, facts.last_px = event.last_qty, event.last_px
        case Canceled():
            facts.text = event.text
            if event.request is not None:
                facts.cl_ord_id = event.request.cl_ord_id
                facts.orig_cl_ord_id = event.request.orig_cl_ord_id
        case Rejected():
            facts.ack, facts.text, facts.reason = True, event.text, event.reason
            facts.first = event.first
    return facts


def _status_facts(event: StatusReply) -> _Facts:
    status = event.order.status if event.order else Status.REJECTED
    return _Facts(
        order=event.order or _no_order(event.request.cl_ord_id, event),
        exec_id="0",
        at=event.at,
        exec_type=status,
        status=status,
        cl_ord_id=event.request.cl_ord_id,
        ack=True,
        text=event.text,
        reason="" if event.order else RejectReason.UNKNOWN_ORDER,
        asked=True,
    )


def _refused_facts(event: CancelRefused) -> _Facts:
    return _Facts(
        order=event.order or _no_order(event.request.orig_cl_ord_id, event),
        exec_id=event.exec_id,
        at=event.at,
        exec_type=Status.REJECTED,
        status=Status.REJECTED,
        cl_ord_id=event.request.cl_ord_id,
        orig_cl_ord_id=event.request.orig_cl_ord_id,
        ack=event.order is None,
        text=event.text,
        reason=RejectReason.OTHER,
    )


def _no_order(cl_ord_id: str, event: StatusReply | CancelRefused) -> OrderView:
    return OrderView(
        account=event.request.account,
        cl_ord_id=cl_ord_id,
        order_id=NO_ORDER_ID,
        venue="",
        symbol=event.request.symbol,
        side=event.request.side,
        ord_type="",
        tif="",
        price=None,
        qty=ZERO,
        cash_qty=None,
        cum_qty=ZERO,
        notional=ZERO,
        status=Status.REJECTED,
    )


def _documented(facts: _Facts) -> Pairs:
    order = facts.order
    return _present(
        (11, facts.cl_ord_id if facts.ack else ""),
        (37, order.order_id),
        (17, facts.exec_id),
        (55, order.symbol),
        (54, order.side),
        (32, f"{facts.last_qty:f}"),
        (44, _number(facts.last_px if facts.last_qty else order.price)),
        (38, _number(order.qty)),
        (60, stamp(facts.at)),
        (150, facts.exec_type),
        (39, facts.status),
        (58, facts.text if facts.exec_type == Status.REJECTED else ""),
    )


def _full(facts: _Facts) -> Pairs:
    order = facts.order
    # FIX 4.2: a repeated ClOrdID is told with the status and quantities of the first order.
    told = facts.first or order
    return _present(
        (37, told.order_id),
        (11, facts.cl_ord_id),
        (41, facts.orig_cl_ord_id),
        (17, facts.exec_id),
        (20, "3" if facts.asked else "0"),
        (150, facts.exec_type),
        (39, told.status if facts.first else facts.status),
        (103, facts.reason),
        (1, order.account),
        (55, order.symbol),
        (54, order.side),
        (38, _number(told.qty)),
        (152, _number(order.cash_qty)),
        (40, order.ord_type),
        (44, _number(order.price)),
        (59, order.tif),
        (32, f"{facts.last_qty:f}"),
        (31, f"{facts.last_px:f}"),
        (30, order.venue if facts.last_qty else ""),
        (151, _number(told.leaves_qty)),
        (14, f"{told.cum_qty:f}"),
        (6, _average(told)),
        (60, stamp(facts.at)),
        (207, order.venue),
        (58, facts.text),
    )


def _present(*pairs: tuple[int, str]) -> Pairs:
    return [pair for pair in pairs if pair[1]]


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


def _average(order: OrderView) -> str:
    if not order.cum_qty:
        return "0"
    return f"{ROUGH.quantize(ROUGH.divide(order.notional, order.cum_qty), AVG_PX_STEP).normalize():f}"
