"""From the configuration to what asks each venue account besides orders. Each has a connection of its own."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from oms.app.config import ApifinyRestSection, Config, RestSection, Session, SessionSection, secret_of
from oms.app.config_marked import CloudSection, WeexSection
from oms.app.hosts import Hosts
from oms.app.reference_config import pairs
from oms.app.reference_prices import Prices
from oms.app.wiring_rest import transport, web_socket_route
from oms.core.instruments import Key
from oms.core.secret import Secret
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.gather import ApifinyGatherer, quote_of
from oms.rest.apifiny.signing import Credentials
from oms.rest.apifiny.stream import BookUpdate, MarketStream, Push, Route, Subscription
from oms.rest.apifiny.stream import Watch as Listener
from oms.rest.ban import HostBan
from oms.rest.cloud.caller import Caller
from oms.rest.cloud.gather import CloudGatherer
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.signing import Operator
from oms.rest.weex.gather import WeexGatherer
from oms.rest.weex.public import PublicClient

if TYPE_CHECKING:
    from oms.rest.feed import Feed
    from oms.rest.gathering import Gatherer

ORDER_BOOK: Final = "orderbook"


class Gathered(Struct, frozen=True):
    """What asks for a session.

    Attributes:
        session: of the configuration.
        gatherer: asks.
        pairs: whose prices are wanted of it.
        feed: makes what pushes prices; None: nothing does.
        ban: of the host, where all ways to it share one.

    """

    session: Session
    gatherer: Any
    pairs: tuple[Key, ...]
    feed: Callable[["Told"], "Feed"] | None = None
    ban: HostBan | None = None


class Told(Struct, frozen=True):
    """Who is told by what pushes prices, and by which clock."""

    prices: Prices
    now_ns: Callable[[], int]
    alert: Callable[[str], None]


def gatherers(
    config: Config, hosts: Hosts, made: Mapping[str, "Gatherer"] = MappingProxyType({})
) -> Iterator[Gathered]:
    """Make what asks each session that can be asked.

    Args:
        config: the configuration.
        hosts: what all who speak to one host have in common.
        made: what asks for an account already, by session; without one only what everybody may know is asked for.

    Raises:
        ConfigError: a secret is not there.

    """
    wanted = pairs(config.reference)
    for session in config.session:
        match session:
            case ApifinyRestSection():
                yield _apifiny(config, session, session, hosts)
            case SessionSection(rest=RestSection() as keys):
                yield _apifiny(config, session, keys, hosts)
            case WeexSection():
                public = PublicClient(transport(config, session, session.url, []))
                asking = made.get(session.name) or WeexGatherer(public)
                mine = tuple(key for key in wanted if key[0] is None and "_" in key[1])
                yield Gathered(session, asking, mine)
            case CloudSection():
                host = session.signed_host or urlsplit(session.url).netloc
                operator = Operator(host=host, prefix=session.prefix, signed_prefix=session.signed_prefix)
                caller = Caller(transport(config, session, session.url, []), operator)
                mine = tuple(key for key in wanted if key[0] is None and "_" not in key[1])
                asking = made.get(session.name) or CloudGatherer(MarketClient(caller))
                yield Gathered(session, asking, mine)


def _apifiny(
    config: Config, session: Session, keys: ApifinyRestSection | RestSection, hosts: Hosts
) -> Gathered:
    name = session.name if session is keys else f"{session.name}.rest"
    secret = Secret(secret_of(config, keys, name))
    credentials = Credentials(account_id=session.account, key_id=keys.key_id, secret=secret)
    connection = transport(config, keys, keys.url, [secret.reveal()])
    ban = connection.ban = hosts.ban(keys.url, keys)
    client = ApifinyClient(credentials, connection, clock=hosts.clock(keys.url, keys.key_id))
    wanted = tuple(key for key in pairs(config.reference) if key[0] is not None)
    route = web_socket_route(config, keys, hosts)

    def feed(told: Told) -> "Feed":
        return market_feed(credentials, wanted, route, told)

    return Gathered(session, ApifinyGatherer(client), wanted, feed if wanted else None, ban)


def market_feed(credentials: Credentials, wanted: tuple[Key, ...], route: Route, told: Told) -> MarketStream:
    """Make what pushes order books, and take the best prices of each."""
    prices = told.prices

    def heard(push: Push) -> None:
        if isinstance(push, BookUpdate) and len(push.venues) == 1:
            prices.pushed(quote_of(push.venues[0], push.orderbook, told.now_ns()))

    listener = Listener(on_gap=prices.lost, alert=told.alert, alive=prices.alive)
    stream = MarketStream(credentials, heard, listener, route)
    for exchange, symbol in wanted:
        if exchange is not None:
            stream.subscribe(Subscription(ORDER_BOOK, symbol, (exchange,)))
    return stream
