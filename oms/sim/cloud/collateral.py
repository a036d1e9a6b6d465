"""What a margin account is worth, what it may borrow, and what may leave it, at the last prices."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from oms.sim.book import ZERO
from oms.sim.cloud.market import PLACE, SYMBOLS
from oms.sim.cloud.rows import ALL_PLACES, Row, money
from oms.sim.terms import ROUGH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oms.sim.cloud.loan import Loan
    from oms.sim.cloud.market import Symbol
    from oms.sim.cloud.orders import Account
    from oms.sim.cloud.tape import TapedFloor
    from oms.sim.ledger import Balance

LEVERAGE = 2  # debts to what is owned beyond them
KEPT = 2  # assets to debts, after money was taken out
LIQUIDATED_AT = Decimal("1.1")  # assets to debts
SAFEST = Decimal(1000)  # per cent: what an account without debts shows
FINEST = Decimal("1e-8")


class Collateral:
    """The margin accounts, valued in their quote currency."""

    def __init__(self, floor: TapedFloor) -> None:
        """Take balances and prices from this floor."""
        self._floor = floor

    def balance(self, account: Account, currency: str) -> Balance:
        """One balance of any account."""
        return self._floor.ledger.balance(account.owner, PLACE, currency.upper())

    def loanable(self, account: Account, currency: str, loans: Iterable[Loan]) -> Decimal:
        """Return how much more of a currency it may borrow."""
        assets, debts = self._value(account, loans)
        return self._in(account, currency, LEVERAGE * (assets - debts) - debts)

    def free(self, account: Account, currency: str, loans: Iterable[Loan]) -> Decimal:
        """Return how much of a currency may leave the account."""
        available = self.balance(account, currency).available
        assets, debts = self._value(account, loans)
        if not debts:
            return available
        return min(available, self._in(account, currency, assets - KEPT * debts))

    def row(self, account: Account, loans: list[Loan]) -> Row:
        """Return the account as GET /v1/margin/accounts/balance shows it."""
        assets, debts = self._value(account, loans)
        rate = min(SAFEST, ROUGH.divide(assets * 100, debts)) if debts else SAFEST
        symbol = SYMBOLS[account.symbol]
        pair = (symbol.base, symbol.quote)
        balances = [each for currency in pair for each in self._balances(account, currency, loans)]
        for kind, amount in (("transfer-out-available", self.free), ("loan-available", self.loanable)):
            balances += [_balance(currency, kind, amount(account, currency, loans)) for currency in pair]
        return {
            "id": account.number,
            "type": account.kind,
            "state": "working",
            "symbol": account.symbol,
            "fl-price": f"{self._liquidated_at(account, loans):f}",
            "fl-type": "safe",
            "risk-rate": money(rate.quantize(FINEST, context=ROUGH), ALL_PLACES),
            "list": balances,
        }

    def _balances(self, account: Account, currency: str, loans: Iterable[Loan]) -> list[Row]:
        balance = self.balance(account, currency)
        mine = [loan for loan in loans if loan.currency == currency]
        return [
            _balance(currency, "trade", balance.available),
            _balance(currency, "frozen", balance.frozen),
            _balance(currency, "loan", -sum((loan.balance for loan in mine), ZERO)),
            _balance(currency, "interest", -sum((loan.interest_balance for loan in mine), ZERO)),
        ]

    def _value(self, account: Account, loans: Iterable[Loan]) -> tuple[Decimal, Decimal]:
        """Return its assets and its debts."""
        symbol = SYMBOLS[account.symbol]
        price = self._price(symbol)
        base, quote = (self.balance(account, each).total for each in (symbol.base, symbol.quote))
        # Amounts have up to 18 decimals: their worth is a matter of rounding.
        assets = ROUGH.add(ROUGH.multiply(base, price), quote)
        debts = (
            ROUGH.multiply(loan.owed, price if loan.currency == symbol.base else Decimal(1)) for loan in loans
        )
        return assets, sum(debts, ZERO)

    def _in(self, account: Account, currency: str, worth: Decimal) -> Decimal:
        symbol = SYMBOLS[account.symbol]
        price = self._price(symbol) if currency == symbol.base else Decimal(1)
        return max(ROUGH.divide(worth, price).quantize(FINEST, ROUND_DOWN, ROUGH), ZERO)

    def _price(self, symbol: Symbol) -> Decimal:
        return self._floor.tape(symbol).trades[-1].price

    def _liquidated_at(self, account: Account, loans: Iterable[Loan]) -> Decimal:
        """Return the price at which the assets are worth 110 % of the debts; 0 if there is none."""
        symbol = SYMBOLS[account.symbol]
        base, quote = (self.balance(account, each).total for each in (symbol.base, symbol.quote))
        for loan in loans:
            if loan.currency == symbol.base:
                base -= LIQUIDATED_AT * loan.owed
            else:
                quote -= LIQUIDATED_AT * loan.owed
        price = ROUGH.divide(-quote, base) if base else ZERO
        return max(price, ZERO).quantize(FINEST, context=ROUGH)


def _balance(currency: str, kind: str, amount: Decimal) -> Row:
    return {"currency": currency, "type": kind, "balance": money(amount, ALL_PLACES)}
