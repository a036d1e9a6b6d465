"""One loan of a margin account: what is owed, and the interest that runs by the begun hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from oms.sim.book import ZERO
from oms.sim.cloud.rows import ALL_PLACES, Row, millis, money
from oms.sim.terms import ROUGH

if TYPE_CHECKING:
    from datetime import datetime

    from oms.sim.cloud.orders import Account

DAILY_RATE = Decimal("0.00098")
CREATED, ACCRUAL, CLEARED = "created", "accrual", "cleared"
STATES = (CREATED, ACCRUAL, CLEARED, "invalid")
HOUR = timedelta(hours=1)
FINEST = Decimal("1e-8")


@dataclass(slots=True, kw_only=True)
class Loan:
    """One loan: `balance` and `interest_balance` are what is still owed."""

    number: int
    account: Account
    currency: str
    amount: Decimal
    balance: Decimal
    created_at: datetime
    updated_at: datetime
    accrued_at: datetime | None = None
    interest: Decimal = ZERO
    interest_balance: Decimal = ZERO

    @property
    def owed(self) -> Decimal:
        """All that is owed."""
        return self.balance + self.interest_balance

    @property
    def state(self) -> str:
        """Its state, in the document's words."""
        if not self.owed:
            return CLEARED
        return ACCRUAL if self.interest else CREATED

    def accrue(self, now: datetime) -> None:
        """Charge each hour that has begun."""
        while self.balance and self._next_hour() <= now:
            daily = ROUGH.multiply(self.balance, DAILY_RATE)
            hourly = ROUGH.divide(daily, 24).quantize(FINEST, ROUND_DOWN, ROUGH)
            self.interest += hourly
            self.interest_balance += hourly
            self.accrued_at = self._next_hour()

    def _next_hour(self) -> datetime:
        return self.created_at if self.accrued_at is None else self.accrued_at + HOUR

    def repay(self, amount: Decimal, now: datetime) -> None:
        """Pay the interest first."""
        interest = min(amount, self.interest_balance)
        self.interest_balance -= interest
        self.balance -= amount - interest
        self.updated_at = now

    def row(self) -> Row:
        """It, as the list shows it."""
        return {
            "currency": self.currency,
            "symbol": self.account.symbol,
            "accrued-at": millis(self.accrued_at),
            "loan-amount": money(self.amount, ALL_PLACES),
            "loan-balance": money(self.balance, ALL_PLACES),
            "interest-balance": money(self.interest_balance, ALL_PLACES),
            "created-at": millis(self.created_at),
            "interest-amount": money(self.interest, ALL_PLACES),
            "interest-rate": money(DAILY_RATE, ALL_PLACES),
            "account-id": self.account.number,
            "user-id": self.account.user,
            "updated-at": millis(self.updated_at),
            "id": self.number,
            "state": self.state,
        }
