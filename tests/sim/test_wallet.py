"""Money that moves without an order, by itself: what is frozen, what leaves, what arrives."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from oms.sim.book import HOUSE
from oms.sim.ledger import Ledger
from oms.sim.market import VENUES
from oms.sim.terms import NO_FEES
from oms.sim.wallet import COINS, SETTLES_AFTER, TICKET_LASTS, NoMoney, NoTicket, Place, Wallet, address

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HERE, THERE = Place("STA-00000015", "VENUE1"), Place("STA-00000016", "HUOBI")
BTC = COINS["BTC"]


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger(NO_FEES)
    for place in (HERE, THERE):
        ledger.deposit(place.account, place.venue, currency="BTC", amount=Decimal(100))
    return ledger


@pytest.fixture
def wallet(ledger: Ledger) -> Wallet:
    return Wallet([HERE.account, THERE.account], ledger, random.Random(1), ["outside"])


def held(ledger: Ledger, place: Place) -> tuple[Any, Any]:
    balance = ledger.balance(place.account, place.venue, "BTC")
    return balance.total, balance.frozen


def test_a_withdrawal_completes_once(ledger: Ledger, wallet: Wallet) -> None:
    ticket, _ = wallet.ticket(HERE, NOW)
    wallet.withdraw(HERE, BTC, Decimal(10), to="outside", paper=(ticket, NOW))
    wallet.settle(NOW + SETTLES_AFTER - timedelta(milliseconds=1))
    assert held(ledger, HERE) == (100, Decimal("10.0005"))
    for _ in range(2):
        wallet.settle(NOW + SETTLES_AFTER)
        assert held(ledger, HERE) == (Decimal("89.9995"), 0)


def test_a_movement_that_the_venue_cancels_comes_back_whole(ledger: Ledger) -> None:
    wallet = Wallet([HERE.account], ledger, random.Random(1), ["outside"], cancels=lambda: True)
    ticket, _ = wallet.ticket(HERE, NOW)
    wallet.withdraw(HERE, BTC, Decimal(10), to="outside", paper=(ticket, NOW))
    wallet.transfer(HERE, BTC, Decimal(5), venue="VENUE2", now=NOW)
    assert held(ledger, HERE) == (100, Decimal("15.0010"))
    for _ in range(2):
        wallet.settle(NOW + SETTLES_AFTER)
        assert held(ledger, HERE) == (100, 0)
    assert held(ledger, Place(HERE.account, "VENUE2")) == (0, 0)
    rows = wallet.activities(HERE.account)
    assert {(row.status, row.updated_at) for row in rows} == {("CANCELLED", NOW + SETTLES_AFTER)}
    assert len(rows) == 2


def test_nothing_is_lost_between_accounts(ledger: Ledger, wallet: Wallet) -> None:
    ticket, _ = wallet.ticket(HERE, NOW)
    wallet.withdraw(HERE, BTC, Decimal(10), to=address(THERE, "BTC"), paper=(ticket, NOW))
    wallet.transfer(THERE, BTC, Decimal(5), venue="VENUE2", now=NOW)
    wallet.settle(NOW + SETTLES_AFTER)
    accounts = (HERE.account, THERE.account, HOUSE)
    totals = [ledger.balance(account, venue, "BTC").total for account in accounts for venue in VENUES]
    assert sum(totals) == 200
    assert held(ledger, THERE) == (Decimal("104.9995"), 0)


def test_a_ticket_gets_old(wallet: Wallet) -> None:
    ticket, expires_at = wallet.ticket(HERE, NOW)
    assert expires_at == NOW + TICKET_LASTS
    with pytest.raises(NoTicket):
        wallet.withdraw(HERE, BTC, Decimal(1), to="outside", paper=(ticket, expires_at))


def test_a_refused_withdrawal_leaves_the_ticket_good(ledger: Ledger, wallet: Wallet) -> None:
    ticket, _ = wallet.ticket(HERE, NOW)
    with pytest.raises(NoMoney):
        wallet.withdraw(HERE, BTC, Decimal(100), to="outside", paper=(ticket, NOW))
    assert held(ledger, HERE) == (100, 0)
    wallet.withdraw(HERE, BTC, Decimal("99.9995"), to="outside", paper=(ticket, NOW))
    assert held(ledger, HERE) == (100, 100)


def test_addresses_differ_and_stay() -> None:
    every = {address(Place(account, venue), coin) for account in "AB" for venue in VENUES for coin in COINS}
    assert len(every) == 2 * len(VENUES) * len(COINS)
    assert address(HERE, "BTC") == address(Place("STA-00000015", "VENUE1"), "BTC")
