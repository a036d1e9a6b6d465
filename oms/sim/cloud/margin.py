"""The document's "MARGIN API": transfers between spot and margin accounts, loans and their repayment.

A margin account may owe at most twice what it owns beyond its debts, at the last prices; and what keeps its assets
at twice its debts cannot be taken out. Interest runs by the begun hour. Nobody is ever liquidated here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count, islice
from typing import TYPE_CHECKING

from oms.sim.book import HOUSE
from oms.sim.cloud.collateral import Collateral
from oms.sim.cloud.loan import STATES, Loan
from oms.sim.cloud.market import MARGIN_SYMBOLS, PLACE
from oms.sim.cloud.request import Problem
from oms.sim.cloud.rules import symbol_of

if TYPE_CHECKING:
    from decimal import Decimal

    from oms.sim.cloud.accounts import Directory
    from oms.sim.cloud.orders import Account
    from oms.sim.cloud.rows import Row
    from oms.sim.cloud.tape import TapedFloor
    from oms.sim.cloud.trading import Call

MOST_LISTED = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Margin:
    """All margin accounts, their transfers and loans."""

    def __init__(self, directory: Directory, floor: TapedFloor, *, first_number: int = 1) -> None:
        """Nobody owes anything."""
        self._directory = directory
        self._ledger = floor.ledger
        self._collateral = Collateral(floor)
        self._numbers = count(first_number)
        self._loans: dict[int, Loan] = {}

    def transfer_in(self, call: Call) -> int:
        """POST /v1/dw/transfer-in/margin: from the spot account."""
        account, currency, amount = self._asked(call)
        spot = self._directory.spot(call.user)
        return self._transfer(
            spot, account, currency, amount, self._collateral.balance(spot, currency).available
        )

    def transfer_out(self, call: Call) -> int:
        """POST /v1/dw/transfer-out/margin: to the spot account."""
        account, currency, amount = self._asked(call)
        spot = self._directory.spot(call.user)
        return self._transfer(
            account, spot, currency, amount, self._collateral.free(account, currency, self._open(account))
        )

    def borrow(self, call: Call) -> int:
        """POST /v1/margin/orders."""
        account, currency, amount = self._asked(call)
        if amount > (left := self._collateral.loanable(account, currency, self._open(account))):
            text = f"loan amount error, max: `{left:f}`"
            raise Problem(code="loan-amount-max-error", text=text)
        loan = Loan(
            number=next(self._numbers),
            account=account,
            currency=currency,
            amount=amount,
            balance=amount,
            created_at=call.now,
            updated_at=call.now,
        )
        self._loans[loan.number] = loan
        self._move(HOUSE, account.owner, currency, amount)
        return loan.number

    def repay(self, call: Call) -> int:
        """POST /v1/margin/orders/{order-id}/repay."""
        text = call.number
        loan = self._loans.get(int(text)) if text.isascii() and text.isdigit() else None
        if loan is None or loan.account.user != call.user:
            raise Problem(code="base-record-invalid", text="record invalid")
        amount = call.params.amount("amount")
        if amount > loan.owed:
            raise Problem(code="loan-repay-amount-error", text=f"repay amount error, max: `{loan.owed:f}`")
        if amount > (left := self._collateral.balance(loan.account, loan.currency).available):
            raise _not_enough(left)
        self._move(loan.account.owner, HOUSE, loan.currency, amount)
        loan.repay(amount, call.now)
        return loan.number

    def loans(self, call: Call) -> list[Row]:
        """GET /v1/margin/loan-orders: the newest first; `from` and `direct` as for orders."""
        symbol = symbol_of(call.params).name
        states = call.params.choices("states", STATES, "")
        start, end = call.params.days(EPOCH, call.now)
        size = call.params.whole("size", MOST_LISTED, low=1, high=MOST_LISTED)
        first = call.params.whole("from", 0)
        newer = call.params.choice("direct", ("prev", "next"), "next") == "prev" and first > 0
        loans = list(self._loans.values())
        found = (
            loan
            for loan in (loans if newer else reversed(loans))
            if (loan.account.user, loan.account.symbol) == (call.user, symbol)
            and loan.state in states
            and start <= loan.created_at < end
            and (not first or (loan.number >= first if newer else loan.number <= first))
        )
        page = list(islice(found, size))
        return [loan.row() for loan in (reversed(page) if newer else page)]

    def balances(self, call: Call) -> list[Row]:
        """GET /v1/margin/accounts/balance."""
        symbols = [symbol_of(call.params).name] if call.params.text("symbol", "") else MARGIN_SYMBOLS
        accounts = [self._directory.margin(call.user, symbol) for symbol in symbols]
        return [self._collateral.row(account, self._open(account)) for account in accounts]

    def advance(self, now: datetime) -> None:
        """Let interest run."""
        for loan in self._loans.values():
            loan.accrue(now)

    def _asked(self, call: Call) -> tuple[Account, str, Decimal]:
        symbol = symbol_of(call.params)
        account = self._directory.margin(call.user, symbol.name)
        currency = call.params.choice("currency", (symbol.base, symbol.quote))
        return account, currency, call.params.amount("amount")

    def _transfer(
        self, source: Account, target: Account, currency: str, amount: Decimal, left: Decimal
    ) -> int:
        if amount > left:
            raise _not_enough(left)
        self._move(source.owner, target.owner, currency, amount)
        return next(self._numbers)

    def _move(self, source: str, target: str, currency: str, amount: Decimal) -> None:
        self._ledger.deposit(source, PLACE, currency=currency.upper(), amount=-amount)
        self._ledger.deposit(target, PLACE, currency=currency.upper(), amount=amount)

    def _open(self, account: Account) -> list[Loan]:
        return [loan for loan in self._loans.values() if loan.account == account and loan.owed]


def _not_enough(left: Decimal) -> Problem:
    text = f"balance is not enough, left: `{left:f}`"
    return Problem(code="account-transfer-balance-insufficient-error", text=text)
