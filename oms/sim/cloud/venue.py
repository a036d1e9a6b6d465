"""The whole venue without a network: requests in, answers out; it takes the time as a value.

1. Business errors are answered with HTTP 200 and a `status` of "error"; only what is no request of this venue is 404.
2. The signature is checked before anything else of a signed request is looked at.
3. What is due by now (slow orders, withdrawals, interest) is done before a request is answered.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oms.sim.book import ZERO
from oms.sim.cloud.accounts import Directory
from oms.sim.cloud.exchange import Exchange
from oms.sim.cloud.faults import Mishaps
from oms.sim.cloud.margin import Margin
from oms.sim.cloud.market_data import MarketData
from oms.sim.cloud.request import Problem
from oms.sim.cloud.routes import Route, fund_routes, market_routes, trading_routes
from oms.sim.cloud.rows import Row, millis
from oms.sim.cloud.signature import check
from oms.sim.cloud.trading import Call, Trading
from oms.sim.cloud.wallet import Wallet
from oms.sim.market import OPENING_BALANCES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from decimal import Decimal

    from oms.sim.cloud.accounts import Credential
    from oms.sim.cloud.request import Request
    from oms.sim.web.faults import Conduct as Rates

PREFIX = "/api"
OK, NOT_FOUND = 200, 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """How the venue behaves; `fee` is a rate, as in 0.002."""

    prefix: str = PREFIX
    background: bool = True
    fee: Decimal = ZERO
    extra_keys: bool = False
    rates: Rates


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: Row


class Venue:
    """One operator of the Cloud API."""

    def __init__(self, credentials: Iterable[Credential], conduct: Conduct, now: datetime) -> None:
        """Open, and give every user the opening balances."""
        self._conduct = conduct
        # A venue never gives a number twice, not even after it was restarted.
        first_number = int(now.timestamp()) * 10_000
        self._directory = Directory(credentials)
        self.exchange = Exchange(
            now,
            random.Random(f"{conduct.rates.seed} background"),  # noqa: S311 - not for secrets
            background=conduct.background,
            fee=conduct.fee,
            first_number=first_number,
        )
        floor = self.exchange.floor
        self._wallet = Wallet(self._directory, floor.ledger, first_number=first_number)
        self._margin = Margin(self._directory, floor, first_number=first_number)
        self._routes = (
            *market_routes(MarketData(self.exchange, extra_keys=conduct.extra_keys)),
            *trading_routes(Trading(self._directory, self.exchange, Mishaps(conduct.rates))),
            *fund_routes(self._wallet, self._margin),
        )
        for user in self._directory.users.values():
            for currency, amount in OPENING_BALANCES.items():
                self._wallet.deposit(user, currency.lower(), amount, now)

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer one request."""
        found = self._found(request.method, request.path)
        if found is None:
            text = f"no such request: {request.method} {request.path}"
            return Answer(NOT_FOUND, _error(Problem(code="bad-request", text=text)))
        route, number = found
        market = route.paths[0].startswith("/market/")
        moment = {"ts": millis(now)} if market else {}
        try:
            told = self._told(route, number, request, now)
        except Problem as problem:
            return Answer(OK, moment | _error(problem))
        beside = told if market and isinstance(told, dict) else {"data": told}
        return Answer(OK, {"status": "ok"} | moment | beside)

    def operation(self, method: str, path: str) -> str:
        """Return the name of what a request asks, for faults that are aimed; "" if it is nothing here."""
        found = self._found(method, path)
        return found[0].name if found else ""

    def step(self, now: datetime) -> None:
        """Let time pass and the other participants act once."""
        self._advance(now)
        self.exchange.step(now)

    def _told(self, route: Route, number: str, request: Request, now: datetime) -> object:
        user = 0
        if route.signed:
            key = check(request, self._directory.secrets, self._conduct.prefix, now)
            user = self._directory.user(key)
        self._advance(now)
        return route.answer(Call(request.params(), user, number, now))

    def _advance(self, now: datetime) -> None:
        self.exchange.advance(now)
        self._wallet.advance(now)
        self._margin.advance(now)

    def _found(self, method: str, path: str) -> tuple[Route, str] | None:
        if not path.startswith(f"{self._conduct.prefix}/"):
            return None
        bare = path.removeprefix(self._conduct.prefix)
        for route in self._routes:
            if (number := route.number(method, bare)) is not None:
                return route, number
        return None


def _error(problem: Problem) -> Row:
    return {"status": "error", "err-code": problem.code, "err-msg": problem.text}
