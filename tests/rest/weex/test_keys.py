"""Keys of one account of which some are of no use: against the simulated venue."""

from collections.abc import Callable, Iterator

import pytest

from oms.core.secret import Secret
from oms.rest.line import Line
from oms.rest.marked import MarkedRestVenue
from oms.rest.submits import Submits
from oms.rest.weex.account import Account, key_name
from oms.rest.weex.client import TradeClient
from oms.rest.weex.nonce import HIGHEST, SPENT_FROM, Nonces
from oms.rest.weex.public import PublicClient
from oms.rest.weex.venue import Key, WeexAdapter
from tests.rest.marked_desk import HABIT, SESSION, Desk
from tests.rest.weex.marked import CREDENTIALS, KEYS, PAIR, ROUTE
from tests.rest.weex.simulated import Simulator

pytestmark = pytest.mark.system
GOOD, OTHER = KEYS.items()
WRONG = (OTHER[0], "not its secret")
UNKNOWN = ("AAAAAAAA-BBBBBBBB", "whatever")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator("weex", *CREDENTIALS, "--cache", "off") as running:
        yield running


def connected(url: str, keys: list[tuple[tuple[str, str], int]]) -> Callable[[Desk], MarkedRestVenue]:
    """Make the venue with these keys and secrets, and the numbers that each has used."""

    def make(desk: Desk) -> MarkedRestVenue:
        submits = Submits()
        account = Account(submits, desk.outlet.open_orders, keys=[key_name(key) for (key, _), _ in keys])
        adapters = []
        for place, ((key, secret), used) in enumerate(keys):
            line = Line(url)
            line.key = f"key {place + 1}"
            nonces = Nonces(key_name(key), lambda _key, _up_to: None, reserved=used, label=line.key)
            client = TradeClient(line, key=key, secret=Secret(secret), nonces=nonces)
            at_work = Key(number=place, client=client, public=PublicClient(line), nonces=nonces)
            adapters.append(WeexAdapter(at_work, line, account))
        return MarkedRestVenue(SESSION, adapters, desk.outlet, HABIT, submits=submits)

    return make


@pytest.mark.parametrize(
    ("bad", "used", "words"),
    [(WRONG, 0, "invalid sign"), (UNKNOWN, 0, "invalid api key"), (OTHER, HIGHEST, "used up")],
)
def test_the_others_carry_on(simulator: Simulator, bad: tuple[str, str], used: int, words: str) -> None:
    with Desk(ROUTE, connected(simulator.url, [(bad, used), (GOOD, 0)])) as desk:
        orders = [desk.place(f"o{at}", PAIR, "1", "0.1", str(28000 + at)) for at in range(6)]
        desk.settled(*orders)
        assert {order.phase for order in orders} == {"WORKING"}
        for order in orders:
            desk.cancel(order)
        desk.until(lambda: all(order.phase == "CANCELED" for order in orders), "every cancel")
        assert [alert.code for alert in desk.alerts if alert.code.startswith("KEY")] == ["KEY_LEFT_OUT"]
        assert list(desk.venue.seen.keys_out) == ["key 1"]
        assert words in desk.venue.seen.keys_out["key 1"].lower()
        assert not [alert for alert in desk.alerts if alert.code == "IN_DOUBT"]


def test_a_key_that_is_used_up_meanwhile_leaves_its_work_to_the_other(simulator: Simulator) -> None:
    with Desk(ROUTE, connected(simulator.url, [(OTHER, HIGHEST - 12), (GOOD, 0)])) as desk:
        orders = [desk.place(f"o{at}", PAIR, "1", "0.1", str(28000 + at)) for at in range(8)]
        desk.settled(*orders)
        assert {order.phase for order in orders} == {"WORKING"}
        desk.until(lambda: desk.venue.seen.keys_out, "it is used up")
        for order in orders:
            desk.cancel(order)
        desk.until(lambda: all(order.phase == "CANCELED" for order in orders), "every cancel")


def test_the_last_numbers_of_the_last_key_cancel_what_is_open(simulator: Simulator) -> None:
    with Desk(ROUTE, connected(simulator.url, [(GOOD, SPENT_FROM - 12)])) as desk:
        order = desk.place("a", PAIR, "1", "0.1", "28000")
        desk.settled(order)
        late = desk.place("late", PAIR, "1", "0.1", "28000")
        desk.until(lambda: late.phase in {"DENIED", "WORKING"}, "it leaves or not")
        while late.phase == "WORKING":
            late = desk.place(f"{late.client_order_id}r", PAIR, "1", "0.001", "28000")
            desk.until(lambda late=late: late.phase in {"DENIED", "WORKING"}, "it leaves or not")  # type: ignore[misc]
        assert "takes no orders any more" in (late.reason or "")
        desk.cancel(order)
        desk.until(lambda: order.phase == "CANCELED", "the cancel")
