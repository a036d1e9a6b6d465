"""The venue's own record: what really happened, whatever the accounts were told. JSON lines.

Each line is one object with `event`, `time` and `account`; decimals are text. `received` is a
request as it came in; `accepted`, `rejected`, `fill`, `canceled`, `cancel_refused` and
`status` are the exchange's doing; `fault` names what was done to a request.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, TextIO

from oms.sim.terms import (
    Accepted,
    Canceled,
    CancelOrder,
    CancelRefused,
    Event,
    Filled,
    NewOrder,
    Rejected,
    StatusReply,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from oms.sim.terms import OrderView

_NAMES = {
    Accepted: "accepted",
    Filled: "fill",
    Canceled: "canceled",
    Rejected: "rejected",
    CancelRefused: "cancel_refused",
    StatusReply: "status",
}
_RECEIVED = {
    "msg_type": 35,
    "cl_ord_id": 11,
    "orig_cl_ord_id": 41,
    "venue": 207,
    "symbol": 55,
    "side": 54,
    "qty": 38,
    "cash_qty": 152,
    "price": 44,
    "poss_dup": 43,
}


class Record:
    """Appends to a file, flushed line by line; without a file it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        """Open the file; an OSError is the caller's to tell."""
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None

    def received(self, account: str, request: Mapping[int, str], at: datetime) -> None:
        """Note a D, F or H as it came in."""
        told = {name: request[tag] for name, tag in _RECEIVED.items() if tag in request}
        self._write("received", account, at, **told)

    def asked(self, request: NewOrder | CancelOrder, at: datetime) -> None:
        """Note an order or a cancel that came over REST."""
        terms = {name: getattr(request, name, None) for name in _RECEIVED}
        terms |= {"msg_type": "D" if isinstance(request, NewOrder) else "F", "over": "rest"}
        told = {name: value for name, value in terms.items() if value is not None}
        self._write("received", request.account, at, **told)

    def fault(self, account: str, names: list[str], request: Mapping[int, str], at: datetime) -> None:
        """Note what goes wrong on purpose with a request."""
        self._write("fault", account, at, faults=names, cl_ord_id=request.get(11, ""))

    def happened(self, event: Event) -> None:
        """Note what the exchange did."""
        if self._file is None:
            return
        match event:
            case StatusReply() | CancelRefused():
                account, cl_ord_id = event.request.account, event.request.cl_ord_id
            case _:
                account, cl_ord_id = event.order.account, event.order.cl_ord_id
        facts: dict[str, object] = {"cl_ord_id": cl_ord_id}
        if event.order is not None:
            facts |= _terms(event.order) | {"cl_ord_id": event.order.cl_ord_id}
        for name in ("exec_id", "last_qty", "last_px", "fee", "text"):
            if value := getattr(event, name, ""):
                facts[name] = value
        self._write(_NAMES[type(event)], account, event.at, **facts)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, event: str, account: str, at: datetime, **facts: object) -> None:
        if self._file is None:
            return
        line = {"event": event, "time": at.isoformat(timespec="milliseconds"), "account": account}
        # ASCII only: what a client sent may not be text at all.
        self._file.write(json.dumps(line | facts, default=_text) + "\n")
        self._file.flush()


def _terms(order: OrderView) -> dict[str, object]:
    terms = {
        "order_id": order.order_id,
        "venue": order.venue,
        "symbol": order.symbol,
        "side": order.side,
        "ord_type": order.ord_type,
        "tif": order.tif,
        "qty": order.qty,
        "cash_qty": order.cash_qty,
        "price": order.price,
        "cum_qty": order.cum_qty,
        "leaves_qty": order.leaves_qty,
        "status": order.status,
    }
    return {name: value for name, value in terms.items() if value is not None}


def _text(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
