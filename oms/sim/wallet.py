"""Money that moves without an order: withdrawals by ticket, transfers between venues, addresses. Pure.

1. What leaves is frozen at once, with its fee, and gone when it completes, `SETTLES_AFTER` later; where the venue
   cancels it instead, amount and fee are available again.
2. A ticket is good for one withdrawal of the account and venue that it was made for, and for `TICKET_LASTS`.
3. A withdrawal goes to a known address: one of those given at the start, or any account's deposit address,
   where it arrives.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from oms.sim.market import VENUES

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from oms.sim.ledger import Ledger

SETTLES_AFTER = timedelta(seconds=2)
TICKET_LASTS = timedelta(minutes=10)
SUBMITTED, COMPLETED, CANCELLED = "SUBMITTED", "COMPLETED", "CANCELLED"
OUTGOING, INCOMING = "OUTGOING", "INCOMING"


@dataclass(frozen=True, slots=True)
class Coin:
    """A currency on one chain, with what a withdrawal may be and costs."""

    coin: str
    currency: str
    precision: int
    smallest: Decimal
    largest: Decimal
    fee: Decimal


COINS = {
    one.coin: one
    for one in (
        Coin("BTC", "BTC", 8, Decimal("0.004"), Decimal(1_000_000), Decimal("0.0005")),
        Coin("ETH", "ETH", 8, Decimal("0.02"), Decimal(1_000_000), Decimal("0.001")),
        Coin("USDT", "USDT", 8, Decimal(10), Decimal(100_000_000), Decimal(1)),
        Coin("USDTTRC20", "USDT", 8, Decimal(10), Decimal(100_000_000), Decimal("0.5")),
    )
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account keeps money."""

    account: str
    venue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One movement of money, as the account that it belongs to sees it."""

    place: Place
    coin: Coin
    amount: Decimal
    fee: Decimal
    kind: str
    action: str
    log_id: str
    tx_id: str
    created_at: datetime
    updated_at: datetime
    address: str = ""
    source: Place | None = None
    target: Place | None = None
    status: str = SUBMITTED
    ends: str = COMPLETED
    """The status that it comes to."""


class NoMoney(Exception):  # noqa: N818 - named after what is the matter
    """Not enough is available for the amount and the fee."""


class NoTicket(Exception):  # noqa: N818 - likewise
    """The ticket is unknown, used, too old, or another account's or venue's."""


class NoAddress(Exception):  # noqa: N818 - likewise
    """The address is not one of the known ones."""


class Wallet:
    """Tickets, movements and addresses of all accounts."""

    def __init__(
        self,
        accounts: Iterable[str],
        ledger: Ledger,
        rng: random.Random,
        addresses: Iterable[str],
        cancels: Callable[[], bool] = lambda: False,
    ) -> None:
        """Know the addresses outside; nothing has moved. `cancels` tells of each movement whether it is canceled."""
        self._ledger = ledger
        self._rng = rng
        self._cancels = cancels
        self._tickets: dict[str, tuple[Place, datetime]] = {}
        self._activities: list[Activity] = []
        self._known: dict[str, Place | None] = dict.fromkeys(addresses)
        for place in (Place(account, venue) for account in accounts for venue in VENUES):
            self._known |= {address(place, coin): place for coin in COINS}

    def ticket(self, place: Place, now: datetime) -> tuple[str, datetime]:
        """Return a new ticket, and when it expires."""
        ticket, expires_at = self._hex(), now + TICKET_LASTS
        self._tickets[ticket] = (place, expires_at)
        return ticket, expires_at

    def withdraw(
        self, place: Place, coin: Coin, amount: Decimal, *, to: str, paper: tuple[str, datetime]
    ) -> Activity:
        """Send money to an address; `paper` is the ticket and the time.

        A ticket is used up by a withdrawal that is taken, not by one that is refused.

        Raises:
            NoTicket, NoAddress, NoMoney: checked in this order.

        """
        ticket, now = paper
        owner, expires_at = self._tickets.get(ticket, (None, now))
        if owner != place or expires_at <= now:
            raise NoTicket
        if to not in self._known:
            raise NoAddress
        self._freeze(place, coin, amount)
        del self._tickets[ticket]
        activity = self._activity(place, coin, amount, OUTGOING, now)
        return self._noted(
            replace(activity, action="ACCOUNT_CLIENT_WITHDRAW", address=to, target=self._known[to])
        )

    def transfer(self, place: Place, coin: Coin, amount: Decimal, *, venue: str, now: datetime) -> Activity:
        """Send money to the same account on another venue. Raises NoMoney."""
        self._freeze(place, coin, amount)
        activity = self._activity(place, coin, amount, OUTGOING, now)
        target = Place(place.account, venue)
        action = "ACCOUNT_CLIENT_TRANSFER_OUTGOING"
        return self._noted(replace(activity, action=action, source=place, target=target))

    def settle(self, now: datetime) -> None:
        """Complete or cancel what is due; call before balances or activities are read."""
        for index, activity in enumerate(self._activities):
            if activity.status == SUBMITTED and activity.created_at + SETTLES_AFTER <= now:
                self._activities[index] = replace(
                    activity, status=activity.ends, updated_at=activity.created_at + SETTLES_AFTER
                )
                self._release(activity)
                if activity.ends == COMPLETED:
                    self._complete(activity)

    def activities(self, account: str) -> list[Activity]:
        """Return an account's movements, oldest first."""
        return [activity for activity in self._activities if activity.place.account == account]

    def _complete(self, activity: Activity) -> None:
        place, currency = activity.place, activity.coin.currency
        self._ledger.charge((place.account, place.venue), currency, activity.fee)
        self._move(place, currency, -activity.amount)
        if (target := activity.target) is not None:
            self._move(target, currency, activity.amount)
            arrived = self._activity(
                target, activity.coin, activity.amount, INCOMING, activity.created_at + SETTLES_AFTER
            )
            action = activity.action.replace(OUTGOING, INCOMING).replace("WITHDRAW", "DEPOSIT")
            self._noted(
                replace(
                    arrived,
                    action=action,
                    fee=Decimal(0),
                    tx_id=activity.tx_id,
                    address=activity.address,
                    source=activity.source,
                    target=target if activity.source else None,
                    status=COMPLETED,
                )
            )

    def _freeze(self, place: Place, coin: Coin, amount: Decimal) -> None:
        if self._ledger.balance(place.account, place.venue, coin.currency).available < amount + coin.fee:
            raise NoMoney
        self._ledger.freeze((place.account, place.venue), coin.currency, amount + coin.fee)

    def _release(self, activity: Activity) -> None:
        place = activity.place
        frozen = activity.amount + activity.fee
        self._ledger.freeze((place.account, place.venue), activity.coin.currency, -frozen)

    def _move(self, place: Place, currency: str, amount: Decimal) -> None:
        self._ledger.deposit(place.account, place.venue, currency=currency, amount=amount)

    def _activity(self, place: Place, coin: Coin, amount: Decimal, kind: str, now: datetime) -> Activity:
        return Activity(
            place=place,
            coin=coin,
            amount=amount,
            fee=coin.fee,
            kind=kind,
            action="",
            log_id=self._hex(),
            tx_id=self._hex() + self._hex(),
            created_at=now,
            updated_at=now,
            ends=CANCELLED if kind == OUTGOING and self._cancels() else COMPLETED,
        )

    def _noted(self, activity: Activity) -> Activity:
        self._activities.append(activity)
        return activity

    def _hex(self) -> str:
        return f"{self._rng.getrandbits(128):032x}"


def address(place: Place, coin: str) -> str:
    """Return the deposit address of an account on a venue: always the same."""
    return "3" + hashlib.sha256(f"{place.account} {place.venue} {coin}".encode()).hexdigest()[:33]
