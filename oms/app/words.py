"""Events and messages in words: what a person reads who asks what happened to an order."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from oms.core import events as ev
from oms.core.messages import ExecutionReport, Report
from oms.core.order import Order
from oms.core.values import ExecTransType, ExecType, OrdStatus, Side, format_decimal
from oms.core.views import order_view

_UNSAID: Final = frozenset(
    {
        *(
            "order",
            "request",
            "time_ns",
            "report",
            "ref",
            "session",
            "waiting",
            "complete",
            "actor",
            "origin",
        ),
        *("by_cancel", "replace"),
    }
)
_LABELS: Final = {
    "cl_ord_id": "ClOrdID",
    "orig_cl_ord_id": "OrigClOrdID",
    "client_order_id": "the desk's id",
    "order_id": "OrderID",
    "order_ids": "OrderIDs",
    "exec_id": "ExecID",
    "exec_ref_id": "ExecRefID",
    "order_qty": "OrderQty",
    "cash_order_qty": "CashOrderQty",
    "last_shares": "LastShares",
    "last_px": "LastPx",
    "transact_time": "TransactTime",
    "time_in_force": "TimeInForce",
    "ord_type": "OrdType",
    "seq": "MsgSeqNum",
    "base_qty": "executed before",
    "proven": "proven CumQty",
    "excess": "beyond what was wanted",
}
_SENTENCES: Final = {
    ev.LegOpened: "The new order of a replace as cancel-then-new leaves",
    ev.Resolved: "A person decided what became of an order in doubt",
}
_BY_CANCEL: Final = " It is carried out as cancel, then new order."
_SIDES: Final = {str(side): side.name.replace("_", " ").lower() for side in Side}
_LEG: Final = re.compile(r"/leg\d+$")  # see `core.legs`
KEYS: Final = frozenset({"exec_id", "exec_ref_id"})
_TYPES: Final = {
    "8": "ExecutionReport",
    "9": "OrderCancelReject",
    "3": "session Reject",
    "j": "BusinessMessageReject",
    "D": "NewOrderSingle",
    "F": "OrderCancelRequest",
    "G": "OrderCancelReplaceRequest",
    "H": "OrderStatusRequest",
}


def event_object(event: ev.Fact, requests: Mapping[int, str]) -> dict[str, Any]:
    """Describe an event: its type, its fields where they are set, and the sentence that says it.

    Args:
        event: the event.
        requests: the order's requests by our number, as people know them: "cancel C2".

    """
    fields = {
        name: _plain(name, getattr(event, name))
        for name in event.__struct_fields__
        if name != "report" and getattr(event, name) is not None
    }
    return {"type": type(event).__name__, **fields, "text": event_text(event, requests)}


def event_text(event: ev.Fact, requests: Mapping[int, str]) -> str:
    """Say an event as a sentence: what its type means, then what it carries."""
    named = requests.get(getattr(event, "request", 0))
    about = f" ({named})" if named and not isinstance(event, ev.Placed) else ""
    parts = [
        f"{_LABELS.get(name, name.replace('_', ' '))} {_plain(name, value)}"
        for name in event.__struct_fields__
        if name not in _UNSAID and (value := getattr(event, name)) not in (None, False, ())
    ]
    waits = " It waits to be sent." if getattr(event, "waiting", False) else ""
    waits += _BY_CANCEL if getattr(event, "by_cancel", False) else ""
    return f"{_meaning(event)}{about}.{waits}" + (f" {', '.join(parts)}" if parts else "")


def _meaning(event: ev.Fact) -> str:
    """Take the first sentence of the event's own description: one text for the code and for people."""
    if type(event) in _SENTENCES:
        return _SENTENCES[type(event)]
    first = (type(event).__doc__ or type(event).__name__).strip().splitlines()[0]
    return first.split(". ")[0].rstrip(".").split("; `")[0]


def _plain(name: str, value: object) -> Any:  # noqa: ANN401 - text, a number or a truth
    if isinstance(value, Decimal):
        return format_decimal(value)
    if name in KEYS:
        return venue_exec_id(str(value))
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if name == "side":
        return _SIDES.get(str(value), str(value))
    return value if isinstance(value, bool | int) else str(value)


def venue_exec_id(key: str) -> str:
    """Give the ExecID as its venue wrote it: our key (see `core.executions.key_of`) says more."""
    return _LEG.sub("", key.partition("\x01")[0])


def message_text(msg_type: str, report: Report | None) -> str:
    """Name a message, and of a report the fields that decide what it means."""
    name = _TYPES.get(msg_type, f"a message of type {msg_type}")
    if not isinstance(report, ExecutionReport):
        return name
    said = [
        ("ExecTransType", _name(ExecTransType, report.exec_trans_type)),
        ("ExecType", _name(ExecType, report.exec_type)),
        ("OrdStatus", _name(OrdStatus, report.ord_status)),
        ("ExecID", report.exec_id),
        ("LastShares", _number(report.last_shares)),
        ("LastPx", _number(report.last_px)),
        ("CumQty", _number(report.cum_qty)),
    ]
    return f"{name}: " + ", ".join(f"{label} {value}" for label, value in said if value is not None)


def _name(kind: "type[ExecTransType | ExecType | OrdStatus]", value: str | None) -> str | None:
    if value is None:
        return None
    return kind(value).name.replace("_", " ").title().replace(" ", "") if value in set(kind) else repr(value)


def _number(value: Decimal | None) -> str | None:
    return None if value is None else format_decimal(value)


def state_object(order: Order) -> dict[str, Any]:
    """Describe the order as `order_view` does, with what is missing and what is in doubt, and why."""
    return {
        **order_view(order),
        "gap": format_decimal(order.gap),
        "doubts": [
            {"kind": str(request.kind), "cl_ord_id": request.cl_ord_id, "reason": request.doubt_reason}
            for request in order.pending
            if request.in_doubt
        ],
    }
