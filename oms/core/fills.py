"""The executions of an order and their totals. An event costs the same however many there are.

Corrections of a fill form a chain: its first execution is the root, whose `latest` is the one that counts now. Ids
and not objects tie the chain together, so that nothing here refers to itself.
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from oms.core import alike, inferred, requests
from oms.core.values import ZERO, RequestKind

if TYPE_CHECKING:
    from oms.core import events as ev
    from oms.core.order import Order


UNKNOWN_CURRENCY: Final = "?"
DAY_CHARS: Final = 8  # YYYYMMDD, as TransactTime begins


class Execution(Struct, gc=False, omit_defaults=True):
    """One ExecID: a fill, a correction or a bust.

    `root` and `latest` are keys. `counted` is false while only a bust of it has come. `day` is there where it is not
    the order's first. A fill told under a second ExecID has an execution for each, the later one with the first as
    its root.
    """

    shares: Decimal
    price: Decimal | None
    root: str | None = None
    latest: str | None = None
    busted: bool = False
    counted: bool = True
    day: str | None = None
    fee: Decimal | None = None
    fee_currency: str | None = None


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


def filled(order: "Order", event: "ev.Filled", *, answers: bool = True) -> None:
    """Count a fill; one whose bust came first is on record already, and adds nothing.

    `answers`: it is of what was sent last, so that the venue has that.
    """
    executions, shares, price = order.executions, event.last_shares, event.last_px
    key = event.exec_id or f"\x02{len(executions)}"
    known = executions.get(key)
    if known is None:
        if order.inferred is not None and not event.beyond:
            inferred.give_way(order, shares, price)
        known = executions[key] = Execution(shares, price)
        order.cum_qty += shares  # `_count` without its call: this is where most reports end
        if price is None:
            order.unpriced += 1
        else:
            order.notional += shares * price
        if order.alike is not None or event.fee is not None:
            _detail(order, key, known, event)
    else:
        known.shares, known.price, known.counted = shares, price, True
    total = order.cum_qty if event.cum_qty is None else event.cum_qty
    if order.reported_cum < total:  # noqa: PLR1730 - `max` costs four times as much
        order.reported_cum = total
    time = event.transact_time
    if time is not None and not time.startswith(order.day or time):
        known.day = time[:DAY_CHARS]
    if event.complete:
        order.complete = True
    if event.unconfirmed:
        order.unconfirmed_fills.append(key)
    if (order.pending or order.unknown_at_ns is not None) and answers:
        requests.answered(order, RequestKind.NEW)
        requests.pointless_cancels(order)
    if order.unsized_gap:
        _narrow_gap(order, event)


def _narrow_gap(order: "Order", event: "ev.Filled") -> None:
    if event.complete or (order.order_qty is not None and not order.unprovable):
        order.unsized_gap = False
    close_unsized(order)


def _detail(order: "Order", key: str, known: Execution, event: "ev.Filled") -> None:
    """Note what most fills do not come with: that lists are compared, and a fee."""
    if order.alike is not None:
        alike.added(order.alike, key, _terms(key, known), source=event.source, fee=event.fee)
    if event.fee is not None:
        _charge(order, known, event.fee, event.fee_currency)


def close_unsized(order: "Order") -> None:
    """Where the whole quantity is known to be executed, the size of the gap is known too."""
    if order.order_qty is not None and order.reported_cum >= order.order_qty > ZERO:
        order.unsized_gap = order.unprovable = False


def busted(order: "Order", event: "ev.FillBusted") -> None:
    """Take an execution back; one never seen is noted, so that it does not count when it comes."""
    root, gap, key = _root(order, event.exec_ref_id), order.gap, _root_key(order, event.exec_ref_id)
    if event.exec_id is not None:
        order.executions[event.exec_id] = Execution(ZERO, None, root=key)
    if root.counted and not root.busted:
        now = standing(order.executions, root)
        _take_back(order, now)
        if order.alike is not None:
            alike.removed(order.alike, key, _terms(key, now))
        _refund(order, root)
        inferred.revised(order, -now.shares)
        order.complete = False
    if event.cum_qty is not None:
        inferred.withdraw(order, event.cum_qty)
    root.busted = True
    _confirm(order, key)
    _revised(order, event, gap)


def corrected(order: "Order", event: "ev.FillCorrected") -> None:
    """Put other shares or another price in the place of an execution, whether it was seen or not."""
    root, gap, root_key = _root(order, event.exec_ref_id), order.gap, _root_key(order, event.exec_ref_id)
    key = event.exec_id or f"\x02{len(order.executions)}"
    now = Execution(event.last_shares, event.last_px, root=root_key)
    if root.counted:
        before = standing(order.executions, root)
        _take_back(order, before)
        inferred.revised(order, now.shares - before.shares)
        if order.alike is not None:
            alike.moved(order.alike, root_key, _terms(root_key, before), _terms(root_key, now))
    else:
        unexplained = now.shares - inferred.give_way(order, now.shares, now.price)
        gap = max(gap - unexplained, ZERO)
        if order.alike is not None:
            alike.added(order.alike, root_key, _terms(root_key, now), source=None, fee=root.fee)
    _count(order, now.shares, now.price)
    if event.cum_qty is not None:
        inferred.withdraw(order, event.cum_qty)
    order.executions[key] = now
    root.latest, root.counted = key, True
    _revised(order, event, gap)


def identified(order: "Order", event: "ev.FillIdentified") -> None:
    """Tie a second ExecID to a fill on record; the totals stay."""
    root, root_key = _root(order, event.replaces), _root_key(order, event.replaces)
    if event.exec_id is not None and event.exec_id not in order.executions:
        order.executions[event.exec_id] = Execution(
            root.shares, root.price, root=root_key, day=_day_of(order, event.transact_time)
        )
    if order.alike is not None:
        name = _terms(root_key, standing(order.executions, root))
        alike.told(order.alike, root_key, name, source=event.source)
    if event.cum_qty is not None:
        order.reported_cum = max(order.reported_cum, event.cum_qty)


def listed(order: "Order", _event: "ev.FillsListed") -> None:
    """Begin to count the fills by shares and price."""
    if order.alike is None:
        order.alike = alike.begin(order)


def confirmed(order: "Order", event: "ev.FillConfirmed") -> None:
    """Forget that a fill could also have been a status answer."""
    _confirm(order, event.exec_id)


def _confirm(order: "Order", key: str) -> None:
    if order.unconfirmed_fills and key in order.unconfirmed_fills:
        order.unconfirmed_fills.remove(key)


def fee_noted(order: "Order", event: "ev.FeeNoted") -> None:
    """Put a fee in the place of the one known before."""
    root, key = _root(order, event.exec_id), _root_key(order, event.exec_id)
    _refund(order, root)
    if order.alike is not None:
        alike.charged(order.alike, key, _terms(key, standing(order.executions, root)))
    _charge(order, root, event.fee, event.fee_currency)


def rebased(order: "Order", event: "ev.Restated") -> None:
    """After a split the totals start again from what the venue states."""
    if event.base_qty is None:
        return
    gap = order.gap
    order.cum_qty, order.reported_cum = event.base_qty, event.base_qty + gap
    order.inferred = None
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
    # After a split, shares of before it count otherwise.
    order.cum_qty = max(order.cum_qty - execution.shares, ZERO)
    if execution.price is not None:
        order.notional -= execution.shares * execution.price
    else:
        order.unpriced -= 1


def _charge(order: "Order", root: Execution, fee: Decimal, currency: str | None) -> None:
    """Add a fee; that of a fill that does not stand costs nothing."""
    root.fee, root.fee_currency = fee, currency
    if root.counted and not root.busted:
        _add_fee(order, currency, fee)


def _refund(order: "Order", root: Execution) -> None:
    if root.fee is not None and root.counted and not root.busted:
        _add_fee(order, root.fee_currency, -root.fee)


def _add_fee(order: "Order", currency: str | None, fee: Decimal) -> None:
    """Keep the sums by currency; another dict each time, so that who looks can see at once that it changed."""
    name = currency or UNKNOWN_CURRENCY
    order.fees = {**order.fees, name: order.fees.get(name, ZERO) + fee}


def _terms(key: str, execution: Execution) -> str:
    return alike.terms(execution.shares, execution.price, alike.leg_of(key))


def _day_of(order: "Order", time: str | None) -> str | None:
    """Give the day of a TransactTime, where it is not the order's first."""
    if time is None or order.day is None or time.startswith(order.day):
        return None
    return time[:DAY_CHARS]


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
