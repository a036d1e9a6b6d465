"""An exchange of the Cloud API as a venue of the engine, connected as the daemon does it, and somebody else there."""

from collections.abc import Callable
from decimal import Decimal

from oms.core.risk import Limits
from oms.core.secret import Secret
from oms.engine import Route
from oms.rest.cloud.account import Account
from oms.rest.cloud.caller import Caller
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.models import PlaceRequest
from oms.rest.cloud.orders import OrderClient
from oms.rest.cloud.signing import Credential, Operator
from oms.rest.cloud.venue import CloudAdapter, Key
from oms.rest.limiter import Pacer
from oms.rest.line import Line
from oms.rest.marked import MarkedRestVenue
from oms.rest.submits import Submits
from tests.rest.marked_desk import HABIT, SESSION, Desk

SYMBOL = "btcusdt"
KEYS = {"KEY": "made-up", "OTHER": "likewise"}
CREDENTIALS = ("--credential", "KEY:made-up@desk", "--credential", "OTHER:likewise@desk")
ROUTE = Route(
    session=SESSION,
    account="desk1",
    id_prefix="1",
    has_replace=False,
    marks=True,
    limits=Limits(symbol_form="btcusdt", has_exchange=False),
)
FENCE_S = 2.5  # a request of http-timeout-late comes to the venue a second after its time-out


def key_of(line: Line, url: str, key: str) -> Key:
    credential = Credential(access_key=key, secret=Secret(KEYS[key]))
    caller = Caller(line, Operator(host=url.removeprefix("http://")), credential)
    return Key(orders=OrderClient(caller), market=MarketClient(caller))


def connected(
    url: str, keys: int = 1, timeout_s: float = 2.0, pacer: Pacer | None = None
) -> Callable[[Desk], MarkedRestVenue]:
    """Make the venue as the daemon does."""

    def make(desk: Desk) -> MarkedRestVenue:
        submits = Submits()
        account = Account(submits, desk.outlet.open_orders)
        adapters = []
        for key in list(KEYS)[:keys]:
            line = Line(url, read_timeout_s=timeout_s, pacer=pacer)
            adapters.append(CloudAdapter(key_of(line, url, key), line, account, fence_s=FENCE_S))
        return MarkedRestVenue(SESSION, adapters, desk.outlet, HABIT, submits=submits)

    return make


class Other:
    """Somebody else who trades for the same account."""

    def __init__(self, url: str) -> None:
        self._orders = key_of(Line(url), url, "OTHER").orders
        self._account = next(row.id for row in self._orders.accounts() if row.type == "spot")

    def buy(self, amount: str, price: str) -> int:
        request = PlaceRequest(
            account_id=self._account,
            symbol=SYMBOL,
            type="buy-limit",
            amount=Decimal(amount),
            price=Decimal(price),
        )
        return self._orders.place(request)

    def cancel(self, order_id: str) -> None:
        self._orders.submit_cancel(int(order_id))
