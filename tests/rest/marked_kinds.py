"""What a test needs to know of each kind of venue without client order ids, to tell it the same stories."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from oms.engine import Route
from oms.rest.cloud.venue import CloudAdapter
from oms.rest.marked import MarkedRestVenue
from oms.rest.weex.venue import WeexAdapter
from tests.rest.cloud import marked as cloud
from tests.rest.marked_desk import Desk
from tests.rest.weex import marked as weex
from tests.rest.weex.simulated import Simulator

Terms = tuple[str, str, str]  # side, quantity, price


class Other(Protocol):
    """Somebody else who trades for the same account."""

    def buy(self, amount: str, price: str) -> int: ...
    def cancel(self, order_id: str) -> None: ...


@dataclass(frozen=True)
class Kind:
    """A kind of venue: how it is simulated, how the desk is connected to it, and what it says.

    Attributes:
        options: the simulator's, where no fault is on.
        faults: what can befall a submit, one at a time; the second takes the order on and does not answer.
        storm: the options of a simulator with all of them on.
        at_once: how many orders are canceled together.
        poor: its word for too little money.
        adapter: what speaks to it with a key.
        cannot: quantities and prices that it does not take, and the words that say why.
        listed: what it calls its symbols.
        currencies: of its symbol, base and quote.
        computes_fees: the venue does not tell what an execution cost.
        fence_s: no sooner a submit may be found not placed.

    """

    name: str
    credentials: tuple[str, ...]
    options: tuple[str, ...]
    symbol: str
    route: Route
    connected: Callable[..., Callable[[Desk], MarkedRestVenue]]
    other: Callable[[str], Other]
    faults: tuple[str, ...]
    storm: tuple[str, ...]
    markets: tuple[tuple[str, str], ...]
    at_once: int
    poor: str
    adapter: Any
    cannot: tuple[tuple[str, str, str], ...]
    listed: str
    currencies: tuple[str, str]
    computes_fees: bool
    fence_s: float = 0.0

    def simulator(self, *arguments: str) -> Simulator:
        return Simulator(self.name, *self.credentials, *arguments)

    def desk(self, simulator: Simulator, keys: int = 1, timeout_s: float = 2.0) -> Desk:
        return Desk(self.route, self.connected(simulator.url, keys, timeout_s))


EVERYWHERE = ("http-timeout-before", "http-timeout-after", "http-timeout-late", "http-502", "http-truncated")
OF_WEEX = (*EVERYWHERE, "http-text", "http-text-after", "http-reject")


def aimed(names: tuple[str, ...], submit: str) -> tuple[str, ...]:
    return tuple(f"{name}@{submit}" for name in names)


def storm(rate: str, *names: str) -> tuple[str, ...]:
    return tuple(word for name in names for word in ("--fault", f"{name}={rate}"))


WEEX = Kind(
    name="weex",
    credentials=weex.CREDENTIALS,
    options=("--cache", "off"),
    symbol=weex.PAIR,
    route=weex.ROUTE,
    connected=weex.connected,
    other=weex.Other,
    faults=aimed(OF_WEEX, "Trade"),
    storm=storm("0.06", *OF_WEEX),
    markets=((weex.PAIR, "29000"), (weex.PAIR, "30010"), ("ltc_usd", "79"), ("eth_usd", "2001")),
    at_once=12,
    poor="not enough USD",
    adapter=WeexAdapter,
    cannot=(
        ("1", "29000.1234", "3 decimals"),
        ("0.0001", "29000", "at least 0.001"),
        ("1", "500000", "at most 400000"),
    ),
    listed="a pair of this venue",
    currencies=("btc", "usd"),
    computes_fees=True,
)
CLOUD = Kind(
    name="cloud",
    credentials=cloud.CREDENTIALS,
    options=(),
    symbol=cloud.SYMBOL,
    route=cloud.ROUTE,
    connected=cloud.connected,
    other=cloud.Other,
    faults=(*aimed((*EVERYWHERE, "http-403"), "place"), "system-error"),
    storm=(*storm("0.05", *EVERYWHERE, "system-error"), "--fault", "slow-submit=0.1"),
    markets=((cloud.SYMBOL, "29000"), (cloud.SYMBOL, "30010"), ("ethusdt", "1990"), ("ethbtc", "0.06675")),
    at_once=60,
    poor="insufficient",
    adapter=CloudAdapter,
    cannot=(("0.00001", "29000", "at most 4 decimals"), ("1", "29000.001", "at most 2 decimals")),
    listed="a symbol of this venue",
    currencies=("btc", "usdt"),
    computes_fees=False,
    fence_s=cloud.FENCE_S,
)
KINDS = (WEEX, CLOUD)
