"""Money that comes in and goes out: deposits, withdrawals, coupons, and the transactions that tell of them.

1. A coupon is redeemed once, and only by whom it is for; one that names nobody, or nobody with an account here, is for
   anybody: the venue's users have names, and these are not known here.
2. A withdrawal to an address of another account of this venue is a deposit there.
"""

from __future__ import annotations

import hashlib
import string
from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from oms.sim.book import ZERO
from oms.sim.weex.market import AMOUNT_STEP, FIAT, OPENING_BALANCES
from oms.sim.weex.refusals import (
    INVALID_AMOUNT,
    INVALID_COIN,
    INVALID_COUPON,
    NO_ADDRESS,
    Refused,
    not_enough_for,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable
    from datetime import datetime
    from decimal import Decimal

    from oms.sim.weex.funds import Funds

DEPOSIT, WITHDRAWAL, CREDIT, DEBIT = 1, 2, 4, 5

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ADDRESS_DIGITS = 33
COUPON_LETTERS = string.ascii_uppercase + string.digits
COUPON_DIGITS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One row of TransHistory; `kind` is its type: 1/2 deposit/withdrawal, 4/5 credit/debit."""

    number: int
    kind: int
    amount: Decimal
    currency: str
    desc: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A coupon that nobody has redeemed yet."""

    code: str
    currency: str
    amount: Decimal
    receiver: str


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount of a currency, the currency in lower case."""

    currency: str
    amount: Decimal


class Treasury:
    """The transactions of all accounts."""

    def __init__(self, funds: Funds, rng: random.Random, *, first_id: int) -> None:
        """Start without transactions; they are numbered from `first_id`, coupons are drawn from `rng`."""
        self._funds = funds
        self._rng = rng
        self._ids = count(first_id)
        self._coupons: dict[str, Coupon] = {}
        self._owners: dict[str, str] = {}
        self._accounts: set[str] = set()
        self.transactions: defaultdict[str, list[Transaction]] = defaultdict(list)

    def open(self, accounts: Iterable[str], now: datetime) -> None:
        """Give every account its opening balances, as deposits."""
        for account in accounts:
            self._accounts.add(account)
            for currency, amount in OPENING_BALANCES.items():
                if amount:
                    self._deposit(account, Sum(currency, amount), now)

    def address(self, account: str, coin: str) -> str:
        """Return where an account deposits a coin.

        Raises:
            Refused: not a coin, or nothing was ever deposited: there is no address then.

        """
        address = _address(account, _coin(coin))
        if address not in self._owners:
            raise Refused(NO_ADDRESS)
        return address

    def withdraw(self, account: str, asked: Sum, address: str, now: datetime) -> Transaction:
        """Send a coin away.

        Raises:
            Refused: not a coin, or the account does not have so much.

        """
        sum_ = Sum(_coin(asked.currency), _checked(asked.amount))
        self._pay(account, sum_, "withdrawal")
        sent = self._note(account, WITHDRAWAL, sum_, f"{sum_.currency.upper()} Withdrawal to {address}", now)
        owner = self._owners.get(address)
        if owner is not None and address == _address(owner, sum_.currency):
            self._deposit(owner, sum_, now)
        return sent

    def create_coupon(
        self, account: str, asked: Sum, receiver: str, now: datetime
    ) -> tuple[Coupon, Transaction]:
        """Turn money into a coupon.

        Raises:
            Refused: an unknown currency, or the account does not have so much.

        """
        sum_ = Sum(_currency(asked.currency), _checked(asked.amount))
        self._pay(account, sum_, "coupon")
        tail = "".join(self._rng.choices(COUPON_LETTERS, k=COUPON_DIGITS))
        code = f"WEX{sum_.currency.upper()}{tail}"
        coupon = Coupon(code=code, currency=sum_.currency, amount=sum_.amount, receiver=receiver)
        self._coupons[code] = coupon
        return coupon, self._note(account, DEBIT, sum_, f"Coupon {code[:10]} created", now)

    def redeem_coupon(self, account: str, code: str, now: datetime) -> tuple[Coupon, Transaction]:
        """Turn a coupon into money.

        Raises:
            Refused: there is no such coupon, it was redeemed, or it is for somebody else.

        """
        coupon = self._coupons.get(code)
        if coupon is None or (coupon.receiver != account and coupon.receiver in self._accounts):
            raise Refused(INVALID_COUPON)
        del self._coupons[code]
        sum_ = Sum(coupon.currency, coupon.amount)
        self._funds.move(account, sum_.currency, sum_.amount)
        return coupon, self._note(account, CREDIT, sum_, f"Coupon {code[:10]} redeemed", now)

    def _deposit(self, account: str, sum_: Sum, now: datetime) -> None:
        self._funds.move(account, sum_.currency, sum_.amount)
        self._owners[_address(account, sum_.currency)] = account
        self._note(account, DEPOSIT, sum_, f"{sum_.currency.upper()} Payment", now)

    def _pay(self, account: str, sum_: Sum, purpose: str) -> None:
        if sum_.amount > self._funds.balance(account, sum_.currency).available:
            raise not_enough_for(sum_.currency, purpose)
        self._funds.move(account, sum_.currency, -sum_.amount)

    def _note(self, account: str, kind: int, sum_: Sum, desc: str, at: datetime) -> Transaction:
        row = Transaction(
            number=next(self._ids),
            kind=kind,
            amount=sum_.amount,
            currency=sum_.currency.upper(),
            desc=desc,
            at=at,
        )
        self.transactions[account].append(row)
        return row


def _currency(name: str) -> str:
    if name.lower() not in OPENING_BALANCES:
        raise Refused(INVALID_COIN)
    return name.lower()


def _coin(name: str) -> str:
    coin = _currency(name)
    if coin in FIAT:
        raise Refused(INVALID_COIN)
    return coin


def _checked(amount: Decimal) -> Decimal:
    if amount <= ZERO or amount % AMOUNT_STEP:
        raise Refused(INVALID_AMOUNT)
    return amount


def _address(account: str, currency: str) -> str:
    digest = int.from_bytes(hashlib.sha512(f"{account} {currency}".encode()).digest())
    digits = []
    for _ in range(ADDRESS_DIGITS):
        digest, digit = divmod(digest, len(BASE58))
        digits.append(BASE58[digit])
    return "1" + "".join(digits)
