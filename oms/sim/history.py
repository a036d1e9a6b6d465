"""What became of each order, as its account can ask for it later: pure, fed with the exchange's events."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, replace
from itertools import count, takewhile
from typing import TYPE_CHECKING

from oms.sim.book import ZERO
from oms.sim.exchange import NO_ORDER_ID
from oms.sim.terms import (
    Canceled,
    CancelRefused,
    Event,
    Filled,
    NewOrder,
    OrderView,
    Rejected,
    Status,
    StatusReply,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

CHANGES_KEPT = 50_000
"""Of each account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One order at one moment, with the times of what happened to it.

    `pending`: it was sent to the exchange, which has not answered.
    """

    order: OrderView
    created_at: datetime
    updated_at: datetime
    pending: bool = False
    canceled_at: datetime | None = None
    filled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One step in an order's life; `fill` where it was an execution."""

    number: int
    at: datetime
    entry: Entry
    fill: Filled | None


class History:
    """All orders of all accounts, and the last changes of each account."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self._entries: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
        self._open: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
        self._fills: defaultdict[tuple[str, str], list[Change]] = defaultdict(list)
        self._changes: defaultdict[str, deque[Change]] = defaultdict(lambda: deque(maxlen=CHANGES_KEPT))
        self._numbers = count(1)

    def sent(self, request: NewOrder, now: datetime) -> Change:
        """Note an order that is on its way to the exchange."""
        return self._changed(
            Entry(order=_sent(request), created_at=now, updated_at=now, pending=True), at=now, fill=None
        )

    def happened(self, event: Event) -> Change | None:
        """Note an event; the change comes back, None where no order changed."""
        if isinstance(event, StatusReply | CancelRefused):
            return None
        order, at = event.order, event.at
        if isinstance(event, Rejected) and (event.first or order.order_id == NO_ORDER_ID):
            return None  # a repeated or a malformed id: no order bears it
        before = self.entry(order.account, order.cl_ord_id) or Entry(
            order=order, created_at=at, updated_at=at
        )
        entry = replace(before, order=order, updated_at=at, pending=False)
        if isinstance(event, Filled):
            return self._changed(replace(entry, filled_at=at), at=at, fill=event)
        if isinstance(event, Canceled):
            entry = replace(entry, canceled_at=at)
        return self._changed(entry, at=at, fill=None)

    def entry(self, account: str, cl_ord_id: str) -> Entry | None:
        """Return one order; None where there is none."""
        return self._entries[account].get(cl_ord_id)

    def entries(self, account: str) -> Collection[Entry]:
        """Return all orders of an account, in the order in which they came."""
        return self._entries[account].values()

    def open_entries(self, account: str) -> Collection[Entry]:
        """Return the orders of an account that are not over, in the order in which they came."""
        return self._open[account].values()

    def fills(self, account: str, cl_ord_id: str) -> Sequence[Change]:
        """Return all fills of one order, oldest first."""
        return self._fills.get((account, cl_ord_id), ())

    def changes_since(self, account: str, start: datetime) -> list[Change]:
        """Return the last changes of an account from a moment on, oldest first."""
        recent = takewhile(lambda change: change.at >= start, reversed(self._changes[account]))
        return list(recent)[::-1]

    def _changed(self, entry: Entry, *, at: datetime, fill: Filled | None) -> Change:
        order = entry.order
        change = Change(next(self._numbers), at, entry, fill)
        self._entries[order.account][order.cl_ord_id] = entry
        self._changes[order.account].append(change)
        if entry.order.status.open:
            self._open[order.account][order.cl_ord_id] = entry
        else:
            self._open[order.account].pop(order.cl_ord_id, None)
        if fill is not None:
            self._fills[order.account, order.cl_ord_id].append(change)
        return change


def _sent(request: NewOrder) -> OrderView:
    return OrderView(
        account=request.account,
        cl_ord_id=request.cl_ord_id,
        order_id="",
        venue=request.venue,
        symbol=request.symbol,
        side=request.side,
        ord_type=request.ord_type,
        tif=request.tif,
        price=request.price,
        qty=request.qty,
        cash_qty=request.cash_qty,
        cum_qty=ZERO,
        notional=ZERO,
        status=Status.NEW,
    )
