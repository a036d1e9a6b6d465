"""The ways to the venue of a history: the adapters of oms.rest, each with its key, on lines of its network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oms.core.errors import OutcomeUnknown
from oms.core.secret import Secret
from oms.rest.cloud.account import Account as CloudAccount
from oms.rest.cloud.caller import Caller
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.orders import OrderClient
from oms.rest.cloud.signing import Credential, Operator
from oms.rest.cloud.venue import CloudAdapter
from oms.rest.cloud.venue import Key as CloudKey
from oms.rest.marked import MarkedRestVenue
from oms.rest.submits import Submits
from oms.rest.weex.account import Account as WeexAccount
from oms.rest.weex.account import key_name
from oms.rest.weex.client import TradeClient
from oms.rest.weex.nonce import Nonces
from oms.rest.weex.public import PublicClient
from oms.rest.weex.venue import Key as WeexKey
from oms.rest.weex.venue import WeexAdapter
from tests.simulation.plan import S
from tests.simulation.unnamed.rim import SimulatedLine
from tests.simulation.unnamed.venues import HOST, keys_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from oms.core.inputs import Look, Looked
    from oms.core.messages import NewOrder
    from oms.rest.adapter import Told
    from oms.rest.contact import Outlet
    from tests.simulation.unnamed.world import World


def open_session(world: World, number: int, outlet: Outlet, clock: Callable[[], int]) -> MarkedRestVenue:
    """Build a session with its keys."""
    each = world.plan.manner.keys
    keys = keys_of(world.plan)[number * each : (number + 1) * each]
    session = world.routes[number].session
    submits = Submits()
    adapters = _weex if world.plan.manner.venue == "weex" else _cloud
    built = adapters(world, session, keys, submits, clock)
    return MarkedRestVenue(session, [_watched(world, adapter) for adapter in built], outlet, submits=submits)


def _weex(
    world: World,
    session: str,
    keys: list[tuple[str, str]],
    submits: Submits,
    _clock: Callable[[], int],
) -> list[Any]:
    account = WeexAccount(submits, world.open_orders, keys=[key_name(key) for key, _ in keys])
    reserved = world.engine.blotter.book(session).nonces
    built = []
    for number, (key, secret) in enumerate(keys):
        line = SimulatedLine(world.network, (secret,))
        nonces = Nonces(
            key_name(key),
            lambda name, up_to: world.reserve(session, name, up_to),
            reserved=reserved.get(key_name(key), 0),
        )
        client = TradeClient(line, key=key, secret=Secret(secret), nonces=nonces)
        parts = WeexKey(number=number, client=client, public=PublicClient(line), nonces=nonces)
        built.append(WeexAdapter(parts, line, account))
    return built


def _cloud(
    world: World,
    _session: str,
    keys: list[tuple[str, str]],
    submits: Submits,
    clock: Callable[[], int],
) -> list[Any]:
    account = CloudAccount(submits, world.open_orders)
    operator = Operator(host=HOST)
    built = []
    for key, secret in keys:
        line = SimulatedLine(world.network, (secret,))
        credential = Credential(access_key=key, secret=Secret(secret))
        caller = Caller(line, operator, credential, clock=lambda: world.time_ns() / S)
        parts = CloudKey(orders=OrderClient(caller), market=MarketClient(caller))
        built.append(CloudAdapter(parts, line, account))
    return built


def _watched(world: World, adapter: Any) -> Any:
    """Have the line know which order it submits, and the world which looks cannot tell orders apart."""
    place, look = adapter.place, adapter.look

    def named(message: NewOrder) -> Told:
        adapter.line.placing = message.cl_ord_id
        try:
            told: Told = place(message)
        finally:
            adapter.line.placing = ""
        return told

    def watched(effect: Look) -> Looked:
        name = effect.message.cl_ord_id
        try:
            looked: Looked = look(effect)
        except OutcomeUnknown as error:
            if "name no order of ours" in str(error):
                world.undecided.add(name)
            raise
        world.looked(effect, looked)
        return looked

    adapter.place, adapter.look = named, watched
    return adapter
