"""The venue of a history: the pure simulated exchange behind its own API, everybody else there, and what truly is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Protocol

from oms.sim.cloud import venue as cloud
from oms.sim.cloud.accounts import Credential as CloudCredential
from oms.sim.cloud.accounts import Directory
from oms.sim.cloud.market import SYMBOLS
from oms.sim.cloud.orders import TYPES, Terms
from oms.sim.cloud.request import Request
from oms.sim.terms import Accepted, OrdType, Side, Status
from oms.sim.web.faults import Conduct as Rates
from oms.sim.web.text import encode
from oms.sim.weex.access import Credential as WeexCredential
from oms.sim.weex.access import Gate
from oms.sim.weex.exchange import Exchange, NewOrder, Placed
from oms.sim.weex.floor import Floor
from oms.sim.weex.parameters import parsed
from oms.sim.weex.private import Manners, Private
from oms.sim.weex.private import Venue as WeexParts
from oms.sim.weex.public import Public
from oms.sim.weex.refusals import UNAVAILABLE, Refused
from oms.sim.weex.treasury import Treasury
from tests.simulation.plan import S
from tests.simulation.unnamed.plan import CLOUDS
from tests.simulation.venue import START_S

if TYPE_CHECKING:
    from oms.sim.cloud.orders import Entry, Match
    from oms.sim.terms import Event
    from tests.simulation.unnamed.plan import Plan

DESK, RIVAL = "desk", "rival"
HOST = "www.example.com"
OTHERS = ""
OK = 200
ZERO = Decimal(0)
GRIDS = {
    "btc_usd": (Decimal(29990), Decimal(1), Decimal("0.3")),
    "ltc_usd": (Decimal("79.9"), Decimal("0.01"), Decimal(30)),
    "eth_usd": (Decimal(1999), Decimal("0.1"), Decimal(3)),
    "btcusdt": (Decimal(29990), Decimal(1), Decimal("0.3")),
    "ethusdt": (Decimal(1999), Decimal("0.1"), Decimal(3)),
    "ethbtc": (Decimal("0.06663"), Decimal("0.00001"), Decimal(3)),
}
"""Of each symbol: a price to count from, what a level is apart from the next, and a size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it was sent; `order` is our ClOrdID where it submits one."""

    method: str
    path: str
    query: str
    body: bytes
    headers: dict[str, str]
    order: str = OTHERS


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An order of the desk's account as it truly is; `by` is our ClOrdID of it, or nothing: somebody else's."""

    order_id: str
    by: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal | None
    cum_qty: Decimal
    notional: Decimal
    status: Status
    fills: frozenset[str]

    @property
    def terms(self) -> tuple[object, ...]:
        """What a submit says of it."""
        return self.symbol, self.side, self.qty, self.price


@dataclass(slots=True)
class Truth:
    """What happened, whoever was told: orders by number, and by whom."""

    by: dict[str, str] = field(default_factory=dict)
    placing: str = OTHERS
    arrived: list[str] = field(default_factory=list)

    def accepted(self, order_id: str) -> None:
        """Note an order of the desk's account."""
        self.by[order_id] = self.placing


class Venue(Protocol):
    """What a history needs of its venue."""

    truth: Truth
    symbols: tuple[str, ...]

    def is_submit(self, asked: Asked) -> bool:
        """Whether a request places an order."""

    def answer(self, asked: Asked, now_ns: int) -> tuple[int, bytes]:
        """Take a request, as it came."""

    def error(self) -> bytes:
        """Give an error that says nothing of what was done."""

    def use_nonce(self, asked: Asked) -> None:
        """Somebody else has used a higher nonce of the request's key."""

    def place(self, account: str, terms: tuple[str, str, Decimal, Decimal], now_ns: int) -> str:
        """Place an order for somebody else; give its number, "" where it was refused."""

    def step(self, now_ns: int) -> None:
        """Let the other participants act."""

    def orders(self) -> dict[str, View]:
        """Give all orders of the desk's account."""


def moment(now_ns: int) -> datetime:
    """Tell the venue's time."""
    return datetime.fromtimestamp(START_S, UTC) + timedelta(microseconds=now_ns // 1000)


def keys_of(plan: Plan) -> list[tuple[str, str]]:
    """Name the keys of the desk's account, with their secrets."""
    count = plan.manner.sessions * plan.manner.keys
    return [(f"key-{number}", f"made-up-{number}") for number in range(count)]


class Weex:
    """The Trade API and the public API."""

    symbols = ("btc_usd", "ltc_usd", "eth_usd")

    def __init__(self, plan: Plan) -> None:
        """Open."""
        manner = plan.manner
        first_id = START_S * 1000
        self.truth = Truth()
        floor = Floor(fee=ZERO, first_id=first_id)
        self.exchange = Exchange(floor, Random(f"{plan.seed} market"), background=manner.moving)
        treasury = Treasury(floor.funds, Random(0), first_id=first_id)
        treasury.open((DESK, RIVAL), moment(0))
        credentials = [WeexCredential(key, secret, DESK) for key, secret in keys_of(plan)]
        self._gate = Gate(credentials, long_nonce_text=manner.long_nonce_text)
        manners = Manners(
            first_id=first_id,
            empty_is_error=manner.empty_is_error,
            taker_as_maker=manner.as_maker,
            cached=False,
        )
        parts = WeexParts(
            exchange=self.exchange,
            treasury=treasury,
            gate=self._gate,
            manners=manners,
            happened=self._happened,
        )
        self._private = Private(parts)
        self._public = Public(self.exchange, cached=False)
        self._placed: dict[str, Placed] = self.exchange._orders

    def is_submit(self, asked: Asked) -> bool:
        return parsed(asked.body).text("method", "") == "Trade"

    def answer(self, asked: Asked, now_ns: int) -> tuple[int, bytes]:
        now = moment(now_ns)
        if not asked.path.startswith("/tapi"):
            return OK, encode(self._public.answer(asked.path.removeprefix("/api/3/"), parsed(b""), now))
        self.truth.placing = asked.order
        told = self._private.answer(asked.headers, asked.body, now)
        self.truth.placing = OTHERS
        return OK, encode(told)

    def error(self) -> bytes:
        return encode({"success": 0, "error": UNAVAILABLE})

    def use_nonce(self, asked: Asked) -> None:
        key, sent = asked.headers.get("key", ""), parsed(asked.body).text("nonce", "0")
        if key in self._gate._nonces:
            self._gate._nonces[key] = max(self._gate._nonces[key], int(sent) + 3)

    def place(self, account: str, terms: tuple[str, str, Decimal, Decimal], now_ns: int) -> str:
        symbol, side, qty, price = terms
        order = NewOrder(
            account=account, pair=symbol, side=Side(side), ord_type=OrdType.LIMIT, rate=price, amount=qty
        )
        try:
            placed, events = self.exchange.submit(order, moment(now_ns))
        except Refused:
            return ""
        self._happened(events)
        return placed.order_id

    def step(self, now_ns: int) -> None:
        self.exchange.step(moment(now_ns))

    def orders(self) -> dict[str, View]:
        fills: dict[str, set[str]] = {}
        for row in self.exchange.floor.executions[DESK]:
            fills.setdefault(row.order_id, set()).add(str(row.number))
        return {
            number: View(
                order_id=number,
                by=self.truth.by.get(number, OTHERS),
                symbol=order.symbol,
                side=order.side,
                qty=order.qty or ZERO,
                price=order.price,
                cum_qty=order.cum_qty,
                notional=order.notional,
                status=order.status,
                fills=frozenset(fills.get(number, ())),
            )
            for number, order in self._placed.items()
            if order.account == DESK
        }

    def _happened(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Accepted) and event.order.account == DESK:
                self.truth.accepted(event.order.order_id)


class Cloud:
    """One operator of the Cloud API."""

    symbols = ("btcusdt", "ethusdt", "ethbtc")

    def __init__(self, plan: Plan) -> None:
        """Open."""
        self.truth = Truth()
        credentials = [CloudCredential(key, secret, DESK) for key, secret in keys_of(plan)]
        credentials.append(CloudCredential("rival-key", "made-up", RIVAL))
        rates = {name: rate for name, rate in plan.rates.items() if name in CLOUDS}
        seed = Random(f"{plan.seed} market").randrange(1 << 30)
        conduct = cloud.Conduct(background=plan.manner.moving, rates=Rates(rates, seed))
        self._venue = cloud.Venue(credentials, conduct, moment(0))
        self._directory = Directory(credentials)
        self._venue.exchange.noted = self._noted

    def is_submit(self, asked: Asked) -> bool:
        return asked.path.endswith("/orders/place")

    def answer(self, asked: Asked, now_ns: int) -> tuple[int, bytes]:
        request = Request(method=asked.method, path=asked.path, host=HOST, query=asked.query, body=asked.body)
        self.truth.placing = asked.order
        told = self._venue.answer(request, moment(now_ns))
        self.truth.placing = OTHERS
        return told.status, encode(told.body)

    def error(self) -> bytes:
        return encode({"status": "error", "err-code": "gateway-internal-error", "err-msg": "-", "data": None})

    def use_nonce(self, asked: Asked) -> None:
        """There are none."""

    def place(self, account: str, terms: tuple[str, str, Decimal, Decimal], now_ns: int) -> str:
        symbol, side, qty, price = terms
        kind = next(name for name, what in TYPES.items() if what == (Side(side), OrdType.LIMIT, "1"))
        order = Terms(
            account=self._directory.spot(self._directory.users[account]),
            symbol=SYMBOLS[symbol],
            type=kind,
            amount=qty,
            price=price,
            source="api",
        )
        self._venue.exchange.advance(moment(now_ns))
        if not self._venue.exchange.affords(order):
            return ""
        return str(self._venue.exchange.place(order, moment(now_ns)).number)

    def step(self, now_ns: int) -> None:
        self._venue.step(moment(now_ns))

    def orders(self) -> dict[str, View]:
        user = self._directory.users[DESK]
        return {
            str(number): View(
                order_id=str(number),
                by=self.truth.by.get(str(number), OTHERS),
                symbol=entry.terms.symbol.name,
                side=str(entry.terms.side),
                qty=entry.terms.amount,
                price=entry.terms.price,
                cum_qty=entry.order.cum_qty,
                notional=entry.order.notional,
                status=entry.order.status,
                fills=frozenset(str(match.number) for match in entry.matches),
            )
            for number, entry in self._venue.exchange.orders.items()
            if entry.terms.account.user == user
        }

    def settle(self, now_ns: int) -> None:
        """Do what is due by now."""
        self._venue.exchange.advance(moment(now_ns))

    def _noted(self, what: str, entry: Entry, _at: datetime, _match: Match | None) -> None:
        if what == "accepted" and entry.terms.account.user == self._directory.users[DESK]:
            self.truth.accepted(str(entry.number))


def venue_of(plan: Plan) -> Weex | Cloud:
    """Open the venue of a history."""
    return Weex(plan) if plan.manner.venue == "weex" else Cloud(plan)


def second(now_ns: int) -> float:
    """Tell the venue's time as seconds since the epoch."""
    return START_S + now_ns / S
