"""From the configuration to the venues without client order ids: WEEX, and exchanges of the Cloud API."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from msgspec.structs import replace

from oms.app.config import Config, secret_of
from oms.app.config_marked import CloudSection, MarkedSection, WeexSection
from oms.app.limits import limits
from oms.app.wiring_rest import Around, Made, habits, key_label, line, open_orders, outlet, pacer
from oms.core.ids import account_digits
from oms.core.inputs import Alert, ReserveNonces
from oms.core.order import Order
from oms.core.secret import Secret
from oms.core.values import External
from oms.core.work import Route
from oms.fix.dialects import APIFINY
from oms.rest.cloud import terms as cloud_terms
from oms.rest.cloud.account import Account as CloudAccount
from oms.rest.cloud.caller import Caller
from oms.rest.cloud.funds import Clients, CloudAccountGatherer
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.money import MoneyClient
from oms.rest.cloud.orders import OrderClient
from oms.rest.cloud.signing import Credential, Operator
from oms.rest.cloud.venue import CloudAdapter
from oms.rest.cloud.venue import Key as CloudKey
from oms.rest.contact import Habit
from oms.rest.limiter import Pacer
from oms.rest.marked import MarkedRestVenue
from oms.rest.submits import Submits
from oms.rest.weex import terms as weex_terms
from oms.rest.weex.account import Account as WeexAccount
from oms.rest.weex.account import key_name
from oms.rest.weex.client import TradeClient
from oms.rest.weex.funds import WeexAccountGatherer
from oms.rest.weex.nonce import SPENT_FROM, NonceKeys
from oms.rest.weex.public import PublicClient
from oms.rest.weex.venue import Key as WeexKey
from oms.rest.weex.venue import WeexAdapter

RESERVE_TIMEOUT_S: Final = 10.0


# --- WEEX -----------------------------------------------------------------------------------------------------------


def weex_route(config: Config, session: WeexSection) -> Route:
    """Say how the engine sees WEEX."""
    route = _route(config, session, weex_terms.TIMES_IN_FORCE, weex_terms.SYMBOL_FORM)
    able = replace(route.limits, market_price=True, times_lacking=weex_terms.CANNOT)
    return replace(route, limits=able)


def weex(around: Around, session: WeexSection) -> Made:
    """Make the venue of a WEEX account."""
    submits, way_out = Submits(), outlet(around, session.name)
    keys, counted = list(session.all_keys()), pacer(session)
    account = WeexAccount(submits, _of_account(around, session), keys=[key_name(key.key_id) for key in keys])
    numbers = NonceKeys(
        _reserver(around, session.name),
        around.nonces(session.name),
        warn=_warner(around, session.name),
        is_shared=_shared_warner(around, session.name),
    )
    adapters = []
    for place, key in enumerate(keys):
        secret = Secret(secret_of(around.config, key, session.name))
        connection = line(around.config, session, session.url, [secret.reveal()], counted)
        connection.key = key_label(place, key.key_id)
        nonces = numbers.of(key_name(key.key_id), connection.key)
        client = TradeClient(connection, key=key.key_id, secret=secret, nonces=nonces)
        at_work = WeexKey(number=place, client=client, public=PublicClient(connection), nonces=nonces)
        adapters.append(WeexAdapter(at_work, connection, account))
    habit = Habit(**habits(session))
    venue = MarkedRestVenue(session.name, adapters, way_out, habit, submits=submits)
    return Made(venue, gatherer=_weex_funds(around, session, numbers, counted))


def _weex_funds(
    around: Around, session: WeexSection, numbers: NonceKeys, counted: Pacer
) -> WeexAccountGatherer:
    """Make what asks for balances and moves money, by the first key: its numbers are those of its orders."""
    key = next(session.all_keys())
    secret = Secret(secret_of(around.config, key, session.name))
    connection = line(around.config, session, session.url, [secret.reveal()], counted)
    nonces = numbers.of(key_name(key.key_id), key_label(0, key.key_id))
    client = TradeClient(connection, key=key.key_id, secret=secret, nonces=nonces)
    return WeexAccountGatherer(PublicClient(connection), client)


def _of_account(around: Around, session: MarkedSection) -> Callable[[], list[Order]]:
    """Give what lists the open orders of a venue account, by whatever session they left: none is a stranger's."""
    same = {
        each.name
        for each in around.config.session
        if isinstance(each, type(session)) and each.account == session.account
    }
    return open_orders(around, same)


def _reserver(around: Around, session: str) -> Callable[[str, int], None]:
    """Make what puts nonces on record: it returns after the commit."""

    def reserve(key: str, up_to: int) -> None:
        command = ReserveNonces(session=session, key=key, up_to=up_to)
        around.submit(command).result(RESERVE_TIMEOUT_S)

    return reserve


def _warner(around: Around, session: str) -> Callable[[str, int], None]:
    def warn(key: str, number: int) -> None:
        told = f"nine tenths of the numbers of {key} are used up ({number}): make a new API key soon"
        if number >= SPENT_FROM:
            told = f"no order leaves by {key} any more, its last numbers are kept for cancels: make a new API key now"
        around.sink(Alert(code="NONCES_RUN_OUT", text=told, session=session))

    return warn


def _shared_warner(around: Around, session: str) -> Callable[[str, int], None]:
    def warn(key: str, number: int) -> None:
        told = (
            f"somebody else uses {key}: the venue has number {number} on it, which was not given out here; requests"
            ' are refused for "invalid nonce" as long as two programs share a key: stop the other one, or make it a'
            " new API key"
        )
        around.sink(Alert(code="KEY_SHARED", text=told, session=session))

    return warn


# --- Cloud API ------------------------------------------------------------------------------------------------------


def cloud_route(config: Config, session: CloudSection) -> Route:
    """Say how the engine sees an exchange of the Cloud API."""
    route = _route(config, session, cloud_terms.TIMES_IN_FORCE, cloud_terms.SYMBOL_FORM)
    return replace(route, limits=replace(route.limits, times_lacking=cloud_terms.CANNOT))


def cloud(around: Around, session: CloudSection) -> Made:
    """Make the venue of an account at an exchange of the Cloud API."""
    submits, way_out = Submits(), outlet(around, session.name)
    account = CloudAccount(
        submits,
        _of_account(around, session),
        account_id=session.account_id,
        source="margin-api" if session.margin else "api",
    )
    operator = Operator(
        host=session.signed_host or urlsplit(session.url).netloc,
        prefix=session.prefix,
        signed_prefix=session.signed_prefix,
    )
    adapters = []
    keys, counted = list(session.all_keys()), pacer(session)
    for place, key in ((0, keys[0]), *enumerate(keys)):  # one more connection, for orders and cancels alone
        secret = Secret(secret_of(around.config, key, session.name))
        connection = line(around.config, session, session.url, [secret.reveal()], counted)
        connection.key = key_label(place, key.key_id)
        caller = Caller(connection, operator, Credential(access_key=key.key_id, secret=secret))
        at_work = CloudKey(orders=OrderClient(caller), market=MarketClient(caller))
        adapters.append(CloudAdapter(at_work, connection, account, fence_s=session.fence_s))
    habit = Habit(apart=True, **habits(session))
    venue = MarkedRestVenue(session.name, adapters, way_out, habit, submits=submits)
    return Made(venue, gatherer=_cloud_funds(around, session, operator, account, counted))


def _cloud_funds(
    around: Around, session: CloudSection, operator: Operator, account: CloudAccount, counted: Pacer
) -> CloudAccountGatherer:
    """Make what asks for balances and moves money, by the first key."""
    key = next(session.all_keys())
    secret = Secret(secret_of(around.config, key, session.name))
    connection = line(around.config, session, session.url, [secret.reveal()], counted)
    caller = Caller(connection, operator, Credential(access_key=key.key_id, secret=secret))
    clients = Clients(market=MarketClient(caller), orders=OrderClient(caller), money=MoneyClient(caller))
    return CloudAccountGatherer(clients, account)


# --- both -----------------------------------------------------------------------------------------------------------


def _route(config: Config, session: MarkedSection, times: frozenset[str], symbol_form: str) -> Route:
    """Say how the engine sees a venue without client order ids: every total can be asked for."""
    able = replace(
        limits(session.limits or config.limits, APIFINY),
        times_in_force=times,
        market_exchanges=None,
        symbol_form=symbol_form,
        has_exchange=False,
    )
    return Route(
        session=session.name,
        account=session.account,
        id_prefix=account_digits(session.account),
        has_replace=False,
        marks=True,
        sweeps=True,
        takes_back=isinstance(session, CloudSection),
        proves_cum_qty=True,
        external=External(session.external_orders),
        limits=able,
    )
