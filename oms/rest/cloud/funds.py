"""What an account at an exchange of the Cloud API has, and money and credit that move: withdrawals, margin, loans.

What moves something is sent once. A list decides about what was not answered only where exactly one row of it fits;
of transfers and repayments the exchange has no list that could.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from oms.core.balances import Balance
from oms.core.movements import Movement, MovementKind, MovementStatus
from oms.core.times import NS_PER_MS
from oms.core.values import ZERO
from oms.rest.cloud.account import Account
from oms.rest.cloud.gather import CloudGatherer
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.models import BalanceRow, LoanRow, TransferRow, WithdrawRequest
from oms.rest.cloud.money import LoanSearch, MoneyClient
from oms.rest.cloud.orders import OrderClient
from oms.rest.cloud.paging import all_loan_orders, all_transfers
from oms.rest.gathering import Moved, not_here, outcome_of

_SLACK_MS: Final = 60_000  # by how much the venue's stamp of a movement may lie before our record of it
_OWED: Final = frozenset({"loan", "interest"})
# The document prints no states of a withdrawal: these are the family's. A word that is not among them decides nothing.
_TAKEN_BACK: Final = frozenset({"canceled", "repealed"})
_STATES: Final[Mapping[str, MovementStatus]] = {
    **dict.fromkeys(
        ("submitted", "reexamine", "pass", "pre-transfer", "wallet-transfer", "confirmed"),
        MovementStatus.DONE,
    ),
    **dict.fromkeys((*_TAKEN_BACK, "reject", "wallet-reject"), MovementStatus.REFUSED),
}
_GONE: Final = frozenset({"wallet-transfer", "confirmed"})


class Clients(msgspec.Struct, frozen=True, kw_only=True):
    """What asks for an account: market data, orders and money, all by one key."""

    market: MarketClient
    orders: OrderClient
    money: MoneyClient


class CloudAccountGatherer(CloudGatherer):
    """Implements `oms.rest.gathering.Gatherer` with one key."""

    has_balances = True
    tells_fees = True

    def __init__(self, clients: Clients, account: Account, now_ns: Callable[[], int] = time.time_ns) -> None:
        """Ask by `clients`, which belong to this gatherer's thread, for `account`."""
        super().__init__(clients.market, now_ns)
        self._clients = clients
        self._account = account

    def balances(self) -> tuple[Balance, ...]:
        """accounts/balance; of a margin account margin/accounts/balance, which tells what it owes."""
        number = self._account.number(self._clients.orders)
        if self._account.source == "margin-api":
            for row in self._clients.money.margin_balance():
                if row.id == number:
                    return balances_of(row.rows)
        return balances_of(self._clients.orders.balance(number).rows)

    # --- money

    def carry_out(self, movement: Movement) -> Moved:
        """One request, by the movement's kind."""
        move = _MOVES.get(MovementKind(movement.kind))
        if move is None:
            return not_here(movement)
        return outcome_of(lambda: _taken_on(move(self._clients.money, movement)))

    def look_for(self, movement: Movement, claimed: Collection[str]) -> Moved | None:
        """Exactly one row that can be it decides; absence never does."""
        start_ms = movement.time_ns // NS_PER_MS - _SLACK_MS
        match movement.kind:
            case MovementKind.WITHDRAWAL:
                return self._withdrawal(movement, start_ms, claimed)
            case MovementKind.WITHDRAWAL_CANCEL:
                return self._taken_back(movement)
            case MovementKind.LOAN:
                return self._loan(movement, start_ms, claimed)
        return None

    def _withdrawal(self, movement: Movement, start_ms: int, claimed: Collection[str]) -> Moved | None:
        rows = all_transfers(self._clients.money, "withdraw", currency=movement.currency)
        fits = [row for row in rows if str(row.id) not in claimed and _is_withdrawal(row, movement, start_ms)]
        if len(fits) != 1 or fits[0].state not in _STATES:
            return None
        return _listed(_STATES[fits[0].state], fits[0].id, fits[0].state)

    def _taken_back(self, movement: Movement) -> Moved | None:
        rows = all_transfers(self._clients.money, "withdraw", currency=movement.currency)
        for row in rows:
            if str(row.id) == movement.target and row.state in _TAKEN_BACK | _GONE:
                status = MovementStatus.DONE if row.state in _TAKEN_BACK else MovementStatus.REFUSED
                return _listed(status, row.id, row.state)
        return None

    def _loan(self, movement: Movement, start_ms: int, claimed: Collection[str]) -> Moved | None:
        rows = all_loan_orders(self._clients.money, LoanSearch(symbol=movement.target or ""))
        fits = [row for row in rows if str(row.id) not in claimed and _is_loan(row, movement, start_ms)]
        if len(fits) != 1:
            return None
        status = MovementStatus.REFUSED if fits[0].state == "invalid" else MovementStatus.DONE
        return _listed(status, fits[0].id, fits[0].state)


def balances_of(rows: Iterable[BalanceRow]) -> tuple[Balance, ...]:
    """Read the parts of a balance; what is owed of a currency is less of it, and what might be had counts nothing."""
    parts: dict[str, dict[str, Decimal]] = {}
    for row in rows:
        of_currency = parts.setdefault(row.currency, {})
        of_currency[row.type] = of_currency.get(row.type, ZERO) + row.balance
    return tuple(_balance(currency, found) for currency, found in sorted(parts.items()))


def _balance(currency: str, parts: Mapping[str, Decimal]) -> Balance:
    available, frozen = parts.get("trade", ZERO), parts.get("frozen", ZERO)
    owed = sum((amount for name, amount in parts.items() if name in _OWED), ZERO)  # printed below 0
    return Balance(currency=currency, amount=available + frozen + owed, available=available, frozen=frozen)


def _withdraw(client: MoneyClient, movement: Movement) -> int:
    request = WithdrawRequest(
        address=movement.address or "",
        currency=movement.currency,
        amount=movement.amount,
        addr_tag=movement.memo or None,
    )
    return client.withdraw(request)


def _take_back(client: MoneyClient, movement: Movement) -> int:
    number = int(movement.target or "")
    client.cancel_withdraw(number)
    return number


def _repay(client: MoneyClient, movement: Movement) -> int:
    number = int(movement.subject or "")
    client.repay(number, movement.amount)
    return number


def _margin(name: str) -> Callable[[MoneyClient, Movement], int]:
    def move(client: MoneyClient, movement: Movement) -> int:
        found: int = getattr(client, name)(
            symbol=movement.target or "", currency=movement.currency, amount=movement.amount
        )
        return found

    return move


_MOVES: Final[Mapping[MovementKind, Callable[[MoneyClient, Movement], int]]] = {
    MovementKind.WITHDRAWAL: _withdraw,
    MovementKind.WITHDRAWAL_CANCEL: _take_back,
    MovementKind.MARGIN_IN: _margin("transfer_in"),
    MovementKind.MARGIN_OUT: _margin("transfer_out"),
    MovementKind.LOAN: _margin("apply_for_loan"),
    MovementKind.REPAYMENT: _repay,
}


def _is_withdrawal(row: TransferRow, movement: Movement, start_ms: int) -> bool:
    same = (row.currency, row.amount, row.address) == (movement.currency, movement.amount, movement.address)
    return same and row.created_at >= start_ms


def _is_loan(row: LoanRow, movement: Movement, start_ms: int) -> bool:
    same = (row.currency, row.loan_amount) == (movement.currency, movement.amount)
    return same and row.created_at >= start_ms


def _taken_on(number: int) -> Moved:
    told = f"the venue took it on: {number}"
    return Moved(status=MovementStatus.DONE, reason=told, log_id=str(number), raw=told)


def _listed(status: MovementStatus, number: int, state: str) -> Moved:
    return Moved(status=status, reason=f"the venue's list has it: {number}, {state}", log_id=str(number))
