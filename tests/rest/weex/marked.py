"""WEEX as a venue of the engine, connected as the daemon does it, and somebody else who trades for the same account."""

from collections.abc import Callable
from decimal import Decimal

from oms.core.risk import Limits
from oms.core.secret import Secret
from oms.engine import Route
from oms.rest.limiter import Pacer
from oms.rest.line import Line
from oms.rest.marked import MarkedRestVenue
from oms.rest.submits import Submits
from oms.rest.weex.account import Account, key_name
from oms.rest.weex.client import TradeClient, TradeRequest
from oms.rest.weex.nonce import NonceKeys, Nonces
from oms.rest.weex.public import PublicClient
from oms.rest.weex.venue import Key, WeexAdapter
from tests.rest.marked_desk import HABIT, SESSION, Desk

KEYS = {"46G9R9D6-WJ77XOIP": "made-up", "J2UF00BF-OZ8X02EW": "likewise"}
CREDENTIALS = tuple(word for key, secret in KEYS.items() for word in ("--credential", f"{key}:{secret}@desk"))
PAIR = "btc_usd"
ROUTE = Route(
    session=SESSION,
    account="desk1",
    id_prefix="1",
    has_replace=False,
    marks=True,
    limits=Limits(symbol_form="btc_usd", has_exchange=False),
)


def connected(
    url: str, keys: int = 1, timeout_s: float = 2.0, pacer: Pacer | None = None
) -> Callable[[Desk], MarkedRestVenue]:
    """Make the venue as the daemon does."""

    def make(desk: Desk) -> MarkedRestVenue:
        submits = Submits()
        account = Account(submits, desk.outlet.open_orders, keys=[key_name(key) for key in list(KEYS)[:keys]])
        numbers = NonceKeys(desk.reserve, desk.nonces)
        adapters = []
        for place, (key, secret) in enumerate(list(KEYS.items())[:keys]):
            line = Line(url, read_timeout_s=timeout_s, pacer=pacer)
            nonces = numbers.of(key_name(key))
            client = TradeClient(line, key=key, secret=Secret(secret), nonces=nonces)
            at_work = Key(number=place, client=client, public=PublicClient(line), nonces=nonces)
            adapters.append(WeexAdapter(at_work, line, account))
        return MarkedRestVenue(SESSION, adapters, desk.outlet, HABIT, submits=submits)

    return make


class Other:
    """Somebody else, with a key of their own."""

    def __init__(self, url: str) -> None:
        key = "J2UF00BF-OZ8X02EW"
        nonces = Nonces(key, lambda _key, _up_to: None)
        self._client = TradeClient(Line(url), key=key, secret=Secret(KEYS[key]), nonces=nonces)

    def buy(self, amount: str, price: str) -> int:
        request = TradeRequest(pair=PAIR, type="buy", rate=Decimal(price), amount=Decimal(amount))
        return self._client.trade(request).order_id

    def cancel(self, order_id: str) -> None:
        self._client.cancel_order(int(order_id))
