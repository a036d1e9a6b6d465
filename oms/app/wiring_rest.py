"""From the configuration to the venues that are spoken to over REST: Apifiny's, and what every kind shares."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from oms.app.config import (
    ApifinyRestSection,
    Config,
    RestSection,
    SessionSection,
    secret_of,
)
from oms.app.config_parts import HttpSection
from oms.app.hosts import Hosts
from oms.app.limits import limits
from oms.core.ids import account_digits
from oms.core.inputs import Alert, Answer, Input, Instruction
from oms.core.order import Order
from oms.core.secret import Secret
from oms.core.values import External
from oms.core.work import Route
from oms.fix.dialects import APIFINY
from oms.rest.apifiny import stream
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.pushed import order_stream
from oms.rest.apifiny.signing import Credentials
from oms.rest.apifiny.unread import UnreadRows
from oms.rest.apifiny.venue import ApifinyAdapter, Whose
from oms.rest.contact import Habit, Outlet
from oms.rest.feed import Feed
from oms.rest.gathering import Gatherer
from oms.rest.limiter import QUERY, TRADE, Limit, Pacer
from oms.rest.line import Line
from oms.rest.polling import Pace
from oms.rest.transport import Transport
from oms.rest.venue import RestVenue
from oms.rest.worker import Bounds

if TYPE_CHECKING:
    from concurrent.futures import Future


class Orders(Protocol):
    """Where copies of orders are read: `oms.app.published.Published`."""

    def find(self, any_id: str) -> list[Order]:
        """Find orders by any id."""
        ...

    def in_memory(self) -> Iterable[Order]:
        """Go through the orders in memory: every one that is open is among them."""
        ...


class Around(Struct, frozen=True, kw_only=True):
    """What a venue is connected to.

    Attributes:
        config: the whole configuration.
        sink: takes inputs of the engine, and alerts.
        orders: gives the place where orders are read, which is there once the daemon is made.
        submit: hands in an instruction; the answer comes after the commit.
        nonces: gives the highest nonces that a session's keys ever reserved, by the key's name.
        hosts: what all who speak to one host have in common.

    """

    config: Config
    sink: Callable[[Input | Alert], None]
    orders: Callable[[], Orders]
    submit: Callable[[Instruction], "Future[Answer]"]
    nonces: Callable[[str], Mapping[str, int]]
    hosts: Hosts


class Made(Struct, frozen=True):
    """A venue, what pushes to it, and what asks for its account besides orders, where that shares something with it."""

    venue: RestVenue
    feed: Feed | None = None
    gatherer: Gatherer | None = None


# --- Apifiny --------------------------------------------------------------------------------------------------------


def apifiny_route(config: Config, session: ApifinyRestSection) -> Route:
    """Say how the engine sees Apifiny over REST: ids and rules are those of FIX, and every total can be asked for."""
    return Route(
        session=session.name,
        account=session.account,
        id_prefix=account_digits(session.account),
        cancel_repeats_id=True,
        has_replace=False,
        proves_cum_qty=True,
        external=External(session.external_orders),
        limits=limits(session.limits or config.limits, APIFINY),
    )


def apifiny(around: Around, session: ApifinyRestSection) -> Made:
    """Make the venue of an account that trades over REST alone."""
    credentials = _credentials(around.config, session.account, session, session.name)
    whose = Whose(session=session.name, find=_finder(around, session.name))
    venue = _venue(around, session, credentials, whose, Habit(apart=True, **habits(session)))
    if not session.stream:
        return Made(venue)
    route = web_socket_route(around.config, session, around.hosts)
    return Made(venue, order_stream(venue, credentials, whose, route, around.sink))


def apifiny_beside_fix(around: Around, session: SessionSection, rest: RestSection) -> RestVenue:
    """Make what asks over REST for an account that trades over FIX."""
    credentials = _credentials(around.config, session.account, rest, f"{session.name}.rest")
    whose = Whose(session=session.name, find=_finder(around, session.name), names_orders=False)
    habit = Habit(polls=False, is_session=False, apart=True, **habits(rest))
    return _venue(around, rest, credentials, whose, habit)


def _credentials(
    config: Config, account: str, keys: ApifinyRestSection | RestSection, name: str
) -> Credentials:
    secret = Secret(secret_of(config, keys, name))
    return Credentials(account_id=account, key_id=keys.key_id, secret=secret)


def _venue(
    around: Around,
    section: ApifinyRestSection | RestSection,
    credentials: Credentials,
    whose: Whose,
    habit: Habit,
) -> RestVenue:
    """Make a venue with two connections: the venue takes requests of one key side by side."""
    secrets, counted = [credentials.secret.reveal()], pacer(section)
    lines = [line(around.config, section, section.url, secrets, counted) for _ in range(2)]
    clock, ban = around.hosts.clock(section.url, section.key_id), around.hosts.ban(section.url, section)
    clients = [ApifinyClient(credentials, each, clock=clock) for each in lines]
    for each in lines:
        each.key, each.ban = key_label(0, section.key_id), ban
    unread = UnreadRows(lambda text: around.sink(Alert(code="UNREADABLE", text=text, session=whose.session)))
    for client in clients:
        client.on_unread(unread)
    adapters = [ApifinyAdapter(client, each, whose) for client, each in zip(clients, lines, strict=True)]
    venue = RestVenue(whose.session, adapters, outlet(around, whose.session), habit)
    ban.join(venue.leave_alone, venue.resume)
    return venue


def web_socket_route(config: Config, keys: ApifinyRestSection | RestSection, hosts: Hosts) -> stream.Route:
    """Say how Apifiny's WebSockets are reached."""
    parts = urlsplit(keys.url)
    usual = f"{'ws' if parts.scheme == 'http' else 'wss'}://{parts.netloc}"
    return stream.Route(
        host=(keys.ws_url if isinstance(keys, ApifinyRestSection) else None) or usual,
        ca_file=config.under(keys.ca_file) if keys.ca_file else None,
        clock=hosts.clock(keys.url, keys.key_id),
        ban=hosts.ban(keys.url, keys),
    )


# --- for every kind -------------------------------------------------------------------------------------------------


def pacer(section: HttpSection) -> Pacer:
    """Make what counts the requests of a session: all its keys and connections share one."""
    return Pacer({TRADE: Limit(section.trades_per_s, 1.0), QUERY: Limit(section.queries_per_s, 1.0)})


def key_label(place: int, key_id: str) -> str:
    """Name a key for people, who know it by its place in the configuration and by how it begins."""
    return f"key {place + 1} ({key_id[:4]}...)"


def line(config: Config, section: HttpSection, url: str, secrets: list[str], counted: Pacer) -> Line:
    """Make the connection of one key; `counted`: what counts the session's requests."""
    return Line(
        url,
        pacer=counted,
        connect_timeout_s=section.connect_timeout_s,
        read_timeout_s=section.read_timeout_s,
        secrets=secrets,
        ca_file=config.under(section.ca_file) if section.ca_file else None,
    )


def transport(config: Config, section: HttpSection, url: str, secrets: list[str]) -> Transport:
    """Make a connection of its own for what is asked besides orders."""
    return Transport(
        url,
        connect_timeout_s=section.connect_timeout_s,
        read_timeout_s=section.read_timeout_s,
        secrets=secrets,
        ca_file=config.under(section.ca_file) if section.ca_file else None,
    )


def outlet(around: Around, session: str) -> Outlet:
    """Join a venue with the loop, and with the orders of its session."""
    return Outlet(sink=around.sink, open_orders=open_orders(around, {session}))


def open_orders(around: Around, sessions: Collection[str]) -> Callable[[], list[Order]]:
    """Give what lists the open orders of these sessions."""

    def listed() -> list[Order]:
        return [order for order in around.orders().in_memory() if order.session in sessions and order.is_open]

    return listed


def habits(section: HttpSection) -> dict[str, Any]:
    """Say how a venue is treated."""
    pace = Pace(quick_s=section.quick_poll_s, slow_s=section.slow_poll_s, idle_s=section.idle_poll_s)
    return {
        "pace": pace,
        "bounds": Bounds(resume_after_s=section.resume_after_s),
        "wait_s": section.order_wait_s,
    }


def _finder(around: Around, session: str) -> Callable[[str], Order | None]:
    """Make what finds an order of the account by its ClOrdID, whichever of the account's sessions sent it."""
    accounts = {each.name: each.account for each in around.config.session}

    def find(cl_ord_id: str) -> Order | None:
        for order in around.orders().find(cl_ord_id):
            ids = {order.cl_ord_id, order.first_cl_ord_id, *(order.chain.earlier if order.chain else ())}
            if cl_ord_id in ids and accounts.get(order.session) == accounts[session]:
                return order
        return None

    return find
