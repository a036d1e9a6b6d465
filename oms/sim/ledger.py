"""What accounts own on each venue, and how much of it their open orders freeze.

Invariants: a currency's total over all accounts and the house changes only by deposits and
withdrawals; no account's total is below what is frozen. The house has no limits, and may owe.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oms.sim.book import HOUSE, ZERO
from oms.sim.terms import Side

if TYPE_CHECKING:
    from decimal import Decimal

    from oms.sim.book import Order
    from oms.sim.market import Instrument
    from oms.sim.terms import Fees


@dataclass(slots=True)
class Balance:
    """One currency of one account on one venue."""

    total: Decimal = ZERO
    frozen: Decimal = ZERO

    @property
    def available(self) -> Decimal:
        """What a new order may use."""
        return self.total - self.frozen


def needed(order: Order) -> Decimal:
    """Return what an order must freeze for what it can still trade, without fees."""
    if not order.status.open:
        return ZERO
    if order.side is Side.SELL:
        return order.leaves
    if order.cash_qty is not None:
        return order.cash_qty - order.notional
    return order.leaves * order.limit()


class Ledger:
    """All balances of all accounts."""

    def __init__(self, fees: Fees) -> None:
        """Start with nothing."""
        self._with_fee = 1 + max(fees.taker, fees.maker)
        self._balances: defaultdict[tuple[str, str, str], Balance] = defaultdict(Balance)
        self._held: dict[str, Decimal] = {}

    def balance(self, account: str, venue: str, currency: str) -> Balance:
        """One balance, to read."""
        return self._balances[account, venue, currency]

    def deposit(self, account: str, venue: str, *, currency: str, amount: Decimal) -> None:
        """Bring in money from outside, or take it out by a negative amount."""
        self._balances[account, venue, currency].total += amount

    def affords(self, order: Order, instrument: Instrument) -> bool:
        """Whether the account can freeze what the order needs."""
        return self._paying(order, instrument).available >= self._due(order)

    def hold(self, order: Order, instrument: Instrument) -> None:
        """Freeze exactly what the order needs now; call after every change of an order."""
        if order.account == HOUSE:
            return
        due = self._due(order)
        self._paying(order, instrument).frozen += due - self._held.get(order.order_id, ZERO)
        if due:
            self._held[order.order_id] = due
        else:
            self._held.pop(order.order_id, None)

    def settle(self, order: Order, instrument: Instrument, *, qty: Decimal, price: Decimal) -> None:
        """Move the two currencies of one execution, for one side of it; fees are not in it."""
        base = self._balances[order.account, order.venue, instrument.base]
        quote = self._balances[order.account, order.venue, instrument.quote]
        sign = 1 if order.side is Side.BUY else -1
        base.total += sign * qty
        quote.total -= sign * qty * price

    def charge(self, owner: tuple[str, str], currency: str, fee: Decimal) -> None:
        """Move a fee of an (account, venue) to the house."""
        self._balances[*owner, currency].total -= fee
        self._balances[HOUSE, owner[1], currency].total += fee

    def freeze(self, owner: tuple[str, str], currency: str, amount: Decimal) -> None:
        """Freeze money of an (account, venue), or free it again by a negative amount."""
        self._balances[*owner, currency].frozen += amount

    def _due(self, order: Order) -> Decimal:
        # A seller pays the fee from what it receives.
        due = needed(order)
        return due * self._with_fee if order.side is Side.BUY else due

    def _paying(self, order: Order, instrument: Instrument) -> Balance:
        currency = instrument.quote if order.side is Side.BUY else instrument.base
        return self._balances[order.account, order.venue, currency]
