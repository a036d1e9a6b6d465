"""The executions of an order and their totals. An event costs the same however many there are.

Corrections of a fill form a chain: its first execution is the root, whose `latest` is the one that counts now. Ids
and not objects tie the chain together, so that nothing here refers to itself.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from oms.core.values import ZERO

if TYPE_CHECKING:
    from oms.core import events as ev
    from oms.core.order import Order


class Execution(Struct, gc=False):
    """One ExecID: a fill, a correction or a bust.

    `root` and `latest` are keys. `counted` is false while only a bust of it has come.
    """

    shares: Decimal
    price: Decimal | None
    root: str | None = None
    latest: str | None = None
    busted: bool = False
    counted: bool = True


def root_of(executions: dict[str, Execution], key: str) -> Execution | None:
    """Find the fill that an ExecRefID names by any id of its chain."""
    found = executions.get(key)
    if found is None or found.root is None:
        return found
    return executions[found.root]


def standing(executions: dict[str, Execution], root: Execution) -> Execution:
    """Give the execution of a chain that counts now."""
    return root if root.latest is None else executions[root.latest]


def standing_shares(executions: dict[str, Execution], root: Execution) -> Decimal:
    """Say how many shares a fill stands for now."""
    return standing(executions, root).shares if root.counted and not root.busted else ZERO


# --- the fold -------------------------------------------------------------------------------------------------------


def filled(order: "Order", event: "ev.Filled") -> None:
    """Count a fill; one whose bust came first is on record already, and adds nothing."""
    executions, shares, price = order.executions, event.last_shares, event.last_px
    key = event.exec_id or f"\x02{len(executions)}"
    known = executions.get(key)
    if known is None:
        executions[key] = Execution(shares, price)
        order.cum_qty += shares  # `_count` without its call: this is where most reports end
        if price is None:
            order.unpriced += 1
        else:
            order.notional += shares * price
    else:
        known.shares, known.price, known.counted = shares, price, True
    total = order.cum_qty if event.cum_qty is None else event.cum_qty
    if order.reported_cum < total:  # noqa: PLR1730 - `max` costs four times as much
        order.reported_cum = total
    if event.complete:
        order.complete = True
    if event.unconfirmed:
        order.unconfirmed += 1
    if order.unsized_gap:
        if event.complete or (order.order_qty is not None and not order.unprovable):
            order.unsized_gap = False
        close_unsized(order)


def close_unsized(order: "Order") -> None:
    """Where the whole quantity is known to be executed, the size of the gap is known too."""
    if order.order_qty is not None and order.reported_cum >= order.order_qty > ZERO:
        order.unsized_gap = order.unprovable = False


def busted(order: "Order", event: "ev.FillBusted") -> None:
    """Take an execution back; one never seen is noted, so that it does not count when it comes."""
    root, gap = _root(order, event.exec_ref_id), order.gap
    if event.exec_id is not None:
        order.executions[event.exec_id] = Execution(ZERO, None, root=_root_key(order, event.exec_ref_id))
    if root.counted and not root.busted:
        _take_back(order, standing(order.executions, root))
        order.complete = False
    root.busted = True
    _revised(order, event, gap)


def corrected(order: "Order", event: "ev.FillCorrected") -> None:
    """Put other shares or another price in the place of an execution, whether it was seen or not."""
    root, gap = _root(order, event.exec_ref_id), order.gap
    if root.counted:
        _take_back(order, standing(order.executions, root))
    else:
        gap = max(gap - event.last_shares, ZERO)
    _count(order, event.last_shares, event.last_px)
    key = event.exec_id or f"\x02{len(order.executions)}"
    order.executions[key] = Execution(
        event.last_shares, event.last_px, root=_root_key(order, event.exec_ref_id)
    )
    root.latest, root.counted = key, True
    _revised(order, event, gap)


def rebased(order: "Order", event: "ev.Restated") -> None:
    """After a split the totals start again from what the venue states."""
    if event.base_qty is None:
        return
    gap = order.gap
    order.cum_qty, order.reported_cum = event.base_qty, event.base_qty + gap
    if event.base_px is not None:
        order.notional, order.unpriced = event.base_qty * event.base_px, 0
    _note_revision(order, event.transact_time)


def _count(order: "Order", shares: Decimal, price: Decimal | None) -> None:
    order.cum_qty += shares
    if price is not None:
        order.notional += shares * price
    else:
        order.unpriced += 1


def _take_back(order: "Order", execution: Execution) -> None:
    order.cum_qty -= execution.shares
    if execution.price is not None:
        order.notional -= execution.shares * execution.price
    else:
        order.unpriced -= 1


def _revised(order: "Order", event: "ev.FillBusted | ev.FillCorrected", gap: Decimal) -> None:
    """Bring the venue's total in line: it states a new one, or an old one moves with the executions it speaks of."""
    time = event.transact_time
    if event.cum_qty is not None:
        total = event.cum_qty
    elif gap and time is not None and order.last_time is not None and time < order.last_time:
        total = order.reported_cum  # a younger report stated it, and knew of this
    else:
        total = order.cum_qty + gap
    order.reported_cum = max(total, order.cum_qty)
    _note_revision(order, time)


def _note_revision(order: "Order", time: str | None) -> None:
    if time is not None and (order.revised_time is None or time > order.revised_time):
        order.revised_time = time


def _root_key(order: "Order", key: str) -> str:
    return order.executions[key].root or key


def _root(order: "Order", key: str) -> Execution:
    """Find the fill that an ExecRefID names; one never seen gets a place of its own."""
    found = root_of(order.executions, key)
    if found is None:
        found = order.executions[key] = Execution(ZERO, None, counted=False)
    return found
