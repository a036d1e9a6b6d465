"""Withdrawals and deposits. The document lists the three requests and shows none: fields and states are the family's.

A withdrawal freezes its amount and fee at once; both leave the account when it is confirmed, or are free again when it
is canceled. Every opening balance is a deposit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import count, islice
from typing import TYPE_CHECKING

from oms.sim.book import HOUSE, ZERO
from oms.sim.cloud.market import CURRENCIES, PLACE
from oms.sim.cloud.request import Problem, invalid
from oms.sim.cloud.rows import Row, millis

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from oms.sim.cloud.accounts import Directory
    from oms.sim.cloud.trading import Call
    from oms.sim.ledger import Balance, Ledger

DEPOSIT, WITHDRAW = "deposit", "withdraw"
STEPS = ("submitted", "pass", "wallet-transfer", "confirmed")
STEP = timedelta(seconds=1)
CANCELABLE = frozenset({"submitted", "pass"})
MOST_LISTED = 100
LONGEST_ADDRESS = 128


@dataclass(slots=True, kw_only=True)
class Movement:
    """Money that came from outside or goes there; a withdrawal takes one step each second."""

    number: int
    user: int
    kind: str
    currency: str
    amount: Decimal
    created_at: datetime
    updated_at: datetime
    state: str
    fee: Decimal = ZERO
    address: str = ""
    tag: str = ""

    @property
    def under_way(self) -> bool:
        """Whether it still has steps to take."""
        return self.state in STEPS[:-1]

    def row(self) -> Row:
        """It, as the list shows it."""
        settled = self.state in {"confirmed", "safe"}
        return {
            "id": self.number,
            "type": self.kind,
            "currency": self.currency,
            "tx-hash": f"{self.number:064x}" if settled else "",
            "amount": self.amount,
            "address": self.address,
            "address-tag": self.tag,
            "fee": self.fee,
            "state": self.state,
            "created-at": millis(self.created_at),
            "updated-at": millis(self.updated_at),
        }


class Wallet:
    """The spot accounts' way to the outside."""

    def __init__(self, directory: Directory, ledger: Ledger, *, first_number: int = 1) -> None:
        """Nothing has moved yet."""
        self._directory = directory
        self._ledger = ledger
        self._numbers = count(first_number)
        self._movements: dict[int, Movement] = {}

    def deposit(self, user: int, currency: str, amount: Decimal, now: datetime) -> None:
        """Bring money in from outside."""
        owner = self._directory.spot(user).owner
        self._ledger.deposit(owner, PLACE, currency=currency.upper(), amount=amount)
        self._keep(user, DEPOSIT, currency, amount, now).state = "safe"

    def create(self, call: Call) -> int:
        """POST /v1/dw/withdraw/api/create."""
        currency = call.params.choice("currency", CURRENCIES)
        amount, fee = call.params.amount("amount"), call.params.amount("fee", "0")
        address = call.params.text("address")
        if not address.isprintable() or len(address) > LONGEST_ADDRESS:
            raise invalid(name="address")
        balance = self._balance(call.user, currency)
        if balance.available < amount + fee:
            text = f"balance is not enough, left: `{balance.available:f}`"
            raise Problem(code="dw-insufficient-balance", text=text)
        balance.frozen += amount + fee
        movement = self._keep(call.user, WITHDRAW, currency, amount, call.now)
        movement.fee, movement.address, movement.tag = fee, address, call.params.text("addr-tag", "")
        return movement.number

    def cancel(self, call: Call) -> int:
        """POST /v1/dw/withdraw-virtual/{withdraw-id}/cancel: until the wallet has begun."""
        text = call.number
        movement = self._movements.get(int(text)) if text.isascii() and text.isdigit() else None
        if movement is None or (movement.user, movement.kind) != (call.user, WITHDRAW):
            raise Problem(code="base-record-invalid", text="record invalid")
        if movement.state not in CANCELABLE:
            raise Problem(code="dw-withdraw-state-error", text=f"the withdrawal is {movement.state}")
        self._balance(call.user, movement.currency).frozen -= movement.amount + movement.fee
        movement.state, movement.updated_at = "canceled", call.now
        return movement.number

    def records(self, call: Call) -> list[Row]:
        """GET /v1/query/deposit-withdraw: the oldest first, unless `direct` is next."""
        currency = call.params.choice("currency", CURRENCIES, "")
        kind = call.params.choice("type", (DEPOSIT, WITHDRAW))
        size = call.params.whole("size", MOST_LISTED, low=1, high=MOST_LISTED)
        start = call.params.whole("from", 0)
        older = call.params.choice("direct", ("prev", "next"), "prev") == "next"
        movements = list(self._movements.values())
        found = (
            each
            for each in (reversed(movements) if older else movements)
            if (each.user, each.kind) == (call.user, kind)
            and currency in ("", each.currency)
            and (not start or (each.number <= start if older else each.number >= start))
        )
        return [movement.row() for movement in islice(found, size)]

    def advance(self, now: datetime) -> None:
        """Let withdrawals take the steps that are due."""
        for movement in self._movements.values():
            if movement.kind == WITHDRAW and movement.under_way:
                self._advance(movement, now)

    def _advance(self, movement: Movement, now: datetime) -> None:
        taken = min((now - movement.created_at) // STEP, len(STEPS) - 1)
        if STEPS[taken] == movement.state:
            return
        movement.state, movement.updated_at = STEPS[taken], movement.created_at + taken * STEP
        if not movement.under_way:
            balance = self._balance(movement.user, movement.currency)
            balance.frozen -= movement.amount + movement.fee
            balance.total -= movement.amount + movement.fee
            self._ledger.deposit(HOUSE, PLACE, currency=movement.currency.upper(), amount=movement.fee)

    def _balance(self, user: int, currency: str) -> Balance:
        return self._ledger.balance(self._directory.spot(user).owner, PLACE, currency.upper())

    def _keep(self, user: int, kind: str, currency: str, amount: Decimal, now: datetime) -> Movement:
        movement = Movement(
            number=next(self._numbers),
            user=user,
            kind=kind,
            currency=currency,
            amount=amount,
            created_at=now,
            updated_at=now,
            state=STEPS[0],
        )
        self._movements[movement.number] = movement
        return movement
