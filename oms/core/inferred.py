"""Shares that the venue's total proves and no fill explains: counted as inferred, until the fills themselves arrive.

Invariants
1. Nothing is inferred but by `infer_gap`, and only what the venue's own total states beyond the fills on record.
2. A fill that arrives later takes its shares out of what was inferred: no share counts twice, whatever the order.
3. An amount that cannot be known is None, and then the average price is unknown too.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from oms.core import events as ev
from oms.core.values import ZERO

if TYPE_CHECKING:
    from oms.core.order import Order


class Inferred(Struct, frozen=True, gc=False):
    """What is counted without its fills; `upto` is the venue's total that it lies within."""

    shares: Decimal
    amount: Decimal | None
    upto: Decimal


def infer_gap(order: "Order", avg_px: Decimal | None) -> tuple[ev.Event, ...]:
    """Count what the venue's total states beyond the fills on record, when nothing names those fills.

    Args:
        order: the order; it is not changed.
        avg_px: the AvgPx (6) that the venue states for the same total, in quote per base currency; None or 0 where it
            states none: then the amount, and with it the order's average, is unknown.

    Returns:
        One event, or none where no total exceeds the fills, or it exceeds the order itself.

    """
    gap, total = order.gap, order.reported_cum
    if gap <= ZERO or (order.order_qty is not None and total > order.order_qty):
        return ()
    before = order.inferred
    shares = gap if before is None else gap + before.shares
    amount = _amount(order, avg_px, total) if avg_px else None
    return (ev.FillInferred(order=order.number, last_shares=shares, cum_qty=total, amount=amount),)


def _amount(order: "Order", avg_px: Decimal, total: Decimal) -> Decimal | None:
    """Give what the venue's average leaves for the missing shares, exactly; None where the fills contradict it."""
    before = order.inferred
    known, unpriced = order.notional, order.unpriced
    if before is not None:
        known, unpriced = known - (before.amount or ZERO), unpriced - (before.amount is None)
    amount = avg_px * total - known
    return amount if amount > ZERO and not unpriced else None


# --- the fold -------------------------------------------------------------------------------------------------------


def inferred(order: "Order", event: ev.FillInferred) -> None:
    """Put the inferred shares in the place of those inferred before."""
    _put(order, Inferred(event.last_shares, event.amount, event.cum_qty))
    order.reported_cum = max(event.cum_qty, order.cum_qty)


def give_way(order: "Order", shares: Decimal, price: Decimal | None) -> Decimal:
    """Take out what a fill that arrives explains; gives the shares taken out."""
    guess = order.inferred
    if guess is None:
        return ZERO
    taken = min(shares, guess.shares)
    amount = None
    if guess.amount is not None and price is not None:
        rest = guess.amount - taken * price
        amount = rest if rest > ZERO else None
    _put(order, Inferred(guess.shares - taken, amount, guess.upto))
    return taken


def revised(order: "Order", change: Decimal) -> None:
    """A bust or correction moves the venue's total by so much, and with it the total that was inferred from."""
    guess = order.inferred
    if guess is not None:
        order.inferred = Inferred(guess.shares, guess.amount, guess.upto + change)


def withdraw(order: "Order", total: Decimal) -> None:
    """The venue's total is lower now: what was inferred beyond it did not happen, or was taken back."""
    guess, excess = order.inferred, order.cum_qty - total
    if guess is not None and excess > ZERO:
        _put(order, Inferred(max(guess.shares - excess, ZERO), None, total))


def _put(order: "Order", guess: Inferred) -> None:
    before = order.inferred
    if before is not None:
        order.cum_qty -= before.shares
        if before.amount is None:
            order.unpriced -= 1
        else:
            order.notional -= before.amount
    order.inferred = guess if guess.shares else None
    if guess.shares:
        order.cum_qty += guess.shares
        if guess.amount is None:
            order.unpriced += 1
        else:
            order.notional += guess.amount
