"""A venue without a network, at a time that stands still until it is moved, and clients of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from oms.core.values import use_exact_decimals
from oms.sim.cloud.accounts import Credential
from oms.sim.cloud.request import Request
from oms.sim.cloud.venue import Conduct, Venue
from oms.sim.web.faults import Conduct as Rates
from oms.sim.web.text import encode
from tests.sim.cloud.document_client import Client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oms.sim.cloud.orders import Entry, Match

use_exact_decimals()  # as the process does: what is rounded unawares raises

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CREDENTIALS = (
    Credential("key-1", "secret-1", "desk"),
    Credential("key-2", "secret-2", "desk"),
    Credential("key-3", "secret-3", "other"),
)


class Stage:
    def __init__(
        self,
        rates: Mapping[str, float] | None = None,
        *,
        fee: str = "0",
        background: bool = False,
        seed: int = 1,
        prefix: str = "/api",
        extra_keys: bool = False,
    ) -> None:
        self.now = START
        conduct = Conduct(
            prefix=prefix,
            background=background,
            fee=Decimal(fee),
            extra_keys=extra_keys,
            rates=Rates(rates or {}, seed=seed),
        )
        self.venue = Venue(CREDENTIALS, conduct, START)
        self.noted: list[tuple[str, str]] = []
        self.venue.exchange.noted = self._note
        self.client, self.same_desk, self.other = (
            Client(self.send, key=one.key, secret=one.secret, prefix=prefix, clock=lambda: self.now)
            for one in CREDENTIALS
        )

    def send(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        path, _, query = target.partition("?")
        request = Request(
            method=method,
            path=path,
            host=headers["Host"],
            query=query,
            body=body,
        )
        told = self.venue.answer(request, self.now)
        return told.status, encode(told.body)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _note(self, event: str, entry: Entry, _at: datetime, match: Match | None) -> None:
        self.noted.append((event, f"{match.amount:f}@{match.price:f}" if match else str(entry.number)))
