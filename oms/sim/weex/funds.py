"""What accounts own, and how much of it their open orders freeze.

1. A currency's total over all accounts and the house changes only by deposits and withdrawals.
2. No account's total is below what is frozen.
3. The fee is taken from what an execution brings in, as the venue does; the house pays none and collects it.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from oms.sim.book import HOUSE, ZERO
from oms.sim.ledger import Balance
from oms.sim.terms import ROUGH, OrdType, Side
from oms.sim.weex.market import AMOUNT_STEP, OPENING_BALANCES

if TYPE_CHECKING:
    from oms.sim.book import Order
    from oms.sim.market import Instrument


def needed(order: Order) -> Decimal:
    """Return what an order must freeze for what it can still trade; a market buy pays as it goes."""
    if not order.status.open:
        return ZERO
    if order.side is Side.SELL:
        return order.leaves
    return ZERO if order.ord_type == OrdType.MARKET else order.leaves * order.limit()


def paying(order: Order, instrument: Instrument) -> str:
    """Return the currency that an order pays in."""
    return instrument.quote if order.side is Side.BUY else instrument.base


class Funds:
    """All balances of all accounts. The house has no limits, and may owe."""

    def __init__(self, fee: Decimal) -> None:
        """Start with nothing; `fee` is a share of what an execution brings in: 0.002 for 0.2 %."""
        self.fee = fee
        self._balances: defaultdict[tuple[str, str], Balance] = defaultdict(Balance)
        self._held: dict[str, Decimal] = {}

    def balance(self, account: str, currency: str) -> Balance:
        """One balance, to read."""
        return self._balances[account, currency]

    def available(self, account: str) -> dict[str, Decimal]:
        """Return `funds` as the venue shows them: without what open orders hold."""
        return {currency: self.balance(account, currency).available for currency in OPENING_BALANCES}

    def move(self, account: str, currency: str, amount: Decimal) -> None:
        """Bring in money from outside, or take it out."""
        self._balances[account, currency].total += amount

    def hold(self, order: Order, instrument: Instrument) -> None:
        """Freeze exactly what the order needs now; call after every change of an order."""
        if order.account == HOUSE:
            return
        due = needed(order)
        balance = self._balances[order.account, paying(order, instrument)]
        balance.frozen += due - self._held.pop(order.order_id, ZERO)
        if due:
            self._held[order.order_id] = due

    def settle(self, order: Order, instrument: Instrument, *, qty: Decimal, price: Decimal) -> None:
        """Move the two currencies of one execution, for one side of it."""
        moves = {instrument.base: qty, instrument.quote: -qty * price}
        for currency, amount in moves.items():
            signed = amount if order.side is Side.BUY else -amount
            fee = self._fee(order, signed)
            self._balances[order.account, currency].total += signed - fee
            self._balances[HOUSE, currency].total += fee

    def _fee(self, order: Order, amount: Decimal) -> Decimal:
        if order.account == HOUSE or amount <= ZERO:
            return ZERO
        steps = ROUGH.divide(ROUGH.multiply(amount, self.fee), AMOUNT_STEP).to_integral_value(ROUND_DOWN)
        return steps * AMOUNT_STEP
