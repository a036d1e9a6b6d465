"""An exchange of the Cloud API as a venue of the engine, against the simulated one as a process, with faults on."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oms.core.messages import CancelOrder
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
from oms.rest.line import Line
from oms.rest.marked import MarkedRestVenue
from oms.rest.submits import Submits
from tests.rest.marked_desk import HABIT, SESSION, Desk, written
from tests.rest.weex.simulated import Simulator

if TYPE_CHECKING:
    from oms.core.records import Record

pytestmark = pytest.mark.system

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


def orders_of(line: Line, url: str, key: str) -> Key:
    credential = Credential(access_key=key, secret=Secret(KEYS[key]))
    caller = Caller(line, Operator(host=url.removeprefix("http://")), credential)
    return Key(orders=OrderClient(caller), market=MarketClient(caller))


def connected(url: str, keys: int = 1, timeout_s: float = 2.0) -> Callable[[Desk], MarkedRestVenue]:
    """Make the venue as the daemon does."""

    def make(desk: Desk) -> MarkedRestVenue:
        submits = Submits()
        account = Account(submits, desk.outlet.open_orders)
        adapters = []
        for key in list(KEYS)[:keys]:
            line = Line(url, read_timeout_s=timeout_s)
            adapters.append(CloudAdapter(orders_of(line, url, key), line, account, fence_s=FENCE_S))
        return MarkedRestVenue(SESSION, adapters, desk.outlet, HABIT, submits=submits)

    return make


class Other:
    """Somebody else who trades for the same account."""

    def __init__(self, url: str) -> None:
        self.orders = orders_of(Line(url), url, "OTHER").orders
        self._account = next(row.id for row in self.orders.accounts() if row.type == "spot")

    def buy(self, amount: str, price: str) -> int:
        request = PlaceRequest(
            account_id=self._account,
            symbol=SYMBOL,
            type="buy-limit",
            amount=Decimal(amount),
            price=Decimal(price),
        )
        return self.orders.place(request)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "venue.jsonl"


@pytest.fixture
def simulator(record: Path) -> Iterator[Simulator]:
    with Simulator("cloud", *CREDENTIALS, "--record", str(record)) as running:
        yield running


@pytest.fixture
def desk(simulator: Simulator) -> Iterator[Desk]:
    with Desk(ROUTE, connected(simulator.url)) as running:
        yield running


def test_an_order_is_filled_in_part_and_canceled(desk: Desk) -> None:
    order = desk.place("a", SYMBOL, "1", "3", "30010")
    desk.settled(order)
    assert (order.ord_status, order.cum_qty, order.notional) == ("1", Decimal(2), Decimal(60010))
    desk.cancel(order)
    desk.until(lambda: order.phase == "CANCELED", "the cancel")
    desk.settled(order)
    assert (order.cum_qty, len(order.executions)) == (Decimal(2), 2)


@pytest.mark.parametrize(
    ("terms", "status", "executed"),
    [
        ({"qty": "2.5", "price": "30020"}, "2", "2.5"),
        ({"qty": "4", "price": "30010", "time_in_force": "3"}, "4", "2"),
        ({"qty": "1", "price": "30000", "time_in_force": "7"}, "4", "0"),
        (
            {"qty": "0", "price": None, "ord_type": "1", "cash_order_qty": Decimal(75000), "order_qty": None},
            "2",
            "2.4993",
        ),
    ],
    ids=["limit", "ioc", "maker", "market"],
)
def test_an_order_that_is_over_at_once(desk: Desk, terms: dict[str, str], status: str, executed: str) -> None:
    order = desk.place("a", SYMBOL, "1", **terms)
    desk.settled(order)
    assert (order.ord_status, order.cum_qty) == (status, Decimal(executed))


def test_a_fill_between_two_polls_and_one_together_with_a_cancel(desk: Desk, simulator: Simulator) -> None:
    other = Other(simulator.url)
    gone, part = desk.place("gone", SYMBOL, "2", "1", "29995"), desk.place("part", SYMBOL, "2", "2", "29996")
    desk.settled(gone, part)
    other.buy("1.5", "29996")
    other.orders.submit_cancel(int(part.order_id or 0))
    desk.until(lambda: gone.ord_status == "2" and part.phase == "CANCELED", "both ends")
    desk.settled(gone, part)
    assert (gone.cum_qty, part.cum_qty) == (Decimal(1), Decimal("0.5"))


def test_what_rests_unchanged_is_put_in_once(desk: Desk) -> None:
    order = desk.place("a", SYMBOL, "1", "1", "29000")
    desk.settled(order)
    before = len(desk.shown(order))
    polled = time.monotonic() + 1.0
    desk.until(lambda: time.monotonic() > polled, "a second of polls", 5)
    assert len(desk.shown(order)) == before


def test_all_orders_are_canceled_in_batches(desk: Desk, record: Path) -> None:
    orders = [desk.place(f"o{number}", SYMBOL, "1", "0.01", str(28000 + number)) for number in range(60)]
    desk.settled(*orders)
    desk.cancel_all()
    desk.until(lambda: all(order.phase == "CANCELED" for order in orders), "all cancels")
    desk.settled(*orders)
    assert len(written(record, "canceled")) == 60


def test_a_cancel_that_loses_against_a_fill_ends_as_filled(desk: Desk, simulator: Simulator) -> None:
    order = desk.place("a", SYMBOL, "2", "1", "29995")
    desk.settled(order)
    Other(simulator.url).buy("1", "29995")
    desk.cancel(order)
    desk.until(lambda: order.ord_status == "2", "the fill")
    desk.settled(order)


@pytest.mark.parametrize("fault", ["slow-cancel=1", "late-fill=1", "lost-race=1", "slow-submit=1"])
def test_a_cancel_under_way(fault: str) -> None:
    with (
        Simulator("cloud", *CREDENTIALS, "--fault", fault) as running,
        Desk(ROUTE, connected(running.url)) as desk,
    ):
        order = desk.place("a", SYMBOL, "1", "1", "29000")
        desk.until(lambda: order.order_id is not None, "the venue has it")
        desk.cancel(order)
        desk.until(lambda: order.phase == "CANCELED" or order.ord_status == "2", "its end")
        desk.settled(order)
        expected = {"late-fill=1": "0.5", "lost-race=1": "1"}
        assert order.cum_qty == Decimal(expected.get(fault, "0"))


def test_a_cancel_that_is_refused_leaves_the_order_as_it_was() -> None:
    with (
        Simulator("cloud", *CREDENTIALS, "--fault", "cancel-reject=1") as running,
        Desk(ROUTE, connected(running.url)) as desk,
    ):
        order = desk.place("a", SYMBOL, "1", "1", "29000")
        desk.settled(order)
        desk.cancel(order)
        desk.until(lambda: order.refusal is not None, "the refusal")
        desk.settled(order)
        assert (order.phase, order.ord_status) == ("WORKING", "0")


def test_cancels_of_a_batch_have_an_outcome_each(simulator: Simulator) -> None:
    line = Line(simulator.url)
    adapter = CloudAdapter(orders_of(line, simulator.url, "KEY"), line, Account(Submits(), list))
    adapter.greet()
    other = Other(simulator.url)
    open_one, gone = other.buy("1", "29000"), other.buy("1", "30000")

    def cancel(order_id: str | None) -> CancelOrder:
        return CancelOrder(
            cl_ord_id="x", orig_cl_ord_id=f"c{order_id}", symbol=SYMBOL, side="1", order_id=order_id
        )

    outcomes = adapter.cancel([cancel(str(open_one)), cancel(None), cancel(str(gone))])
    assert [type(outcome).__name__ for outcome in outcomes] == ["Told", "VenueUnavailable", "VenueRefused"]


def test_what_the_exchange_cannot_take_never_leaves(desk: Desk, record: Path) -> None:
    for name, (qty, price, words) in {
        "step": ("0.00001", "29000", "at most 4 decimals"),
        "tick": ("1", "29000.001", "at most 2 decimals"),
    }.items():
        order = desk.place(name, SYMBOL, "1", qty, price)
        desk.until(lambda order=order: order.phase == "DENIED", "the denial")  # type: ignore[misc]
        assert words in (order.reason or "")
    assert written(record, "accepted") == []


def test_a_refusal_rejects(desk: Desk) -> None:
    order = desk.place("a", SYMBOL, "1", "5000", "30000")
    desk.until(lambda: order.phase == "REJECTED", "the rejection")
    assert "insufficient" in (order.reason or "")


# --- in doubt -------------------------------------------------------------------------------------------------------

FAULTS = ["http-timeout-before", "http-timeout-after", "http-timeout-late", "http-502", "http-truncated"]
FAULTS += ["http-403", "system-error"]


RESTS, FILLS = ("1", "1", "29000"), ("1", "2.5", "30020")


@pytest.mark.parametrize(
    ("fault", "terms"), [*((fault, RESTS) for fault in FAULTS), ("http-timeout-after", FILLS)]
)
def test_a_submit_without_an_answer_is_found_or_was_not_placed(
    fault: str, terms: tuple[str, str, str], record: Path
) -> None:
    aimed = f"{fault}@place=1" if fault.startswith("http") else f"{fault}=1"
    with (
        Simulator("cloud", *CREDENTIALS, "--fault", aimed, "--record", str(record)) as running,
        Desk(ROUTE, connected(running.url)) as desk,
    ):
        order = desk.place("a", SYMBOL, *terms)
        desk.until(lambda: order.in_doubt, "the doubt")
        assert desk.place("b", SYMBOL, *terms).denial == "SUBMIT_IN_DOUBT"
        began = time.monotonic()
        desk.until(lambda: not order.pending, "its end")
        desk.settled(order)
        taken = written(record, "accepted")
        assert len(taken) == (order.phase != "REJECTED")
        if taken:
            assert order.order_id == taken[0]["order_id"]
            assert order.cum_qty == sum(Decimal(fill["last_qty"]) for fill in written(record, "fill"))
        else:
            assert time.monotonic() - began > FENCE_S - 1
        assert len(desk.submits()) == 1


@pytest.mark.parametrize("keys", [1, 2])
def test_a_storm_leaves_no_order_twice_and_none_lost(keys: int, record: Path) -> None:
    extra = [word for fault in FAULTS for word in ("--fault", f"{fault}=0.05") if fault != "http-403"]
    command = (*CREDENTIALS, *extra, "--fault", "slow-submit=0.1", "--seed", "7", "--record", str(record))
    with Simulator("cloud", *command) as running, Desk(ROUTE, connected(running.url, keys, 0.5)) as desk:
        orders = []
        for number in range(16):
            symbol, price = [(SYMBOL, 29000), (SYMBOL, 30010), ("ethusdt", 1990), ("ethbtc", "0.06675")][
                number % 4
            ]
            orders.append(desk.place(f"o{number}", symbol, "1", "3", str(price)))
            desk.until(lambda: not any(o.pending and not o.in_doubt for o in orders), "answers")
            if number % 5 == 4:
                desk.cancel(orders[number - 2])
        desk.until(lambda: not any(order.pending or order.has_gap for order in orders), "all ends", 50)
        hold_to_the_record(desk, record)


def hold_to_the_record(desk: Desk, record: Path) -> None:
    """No order twice, none lost, every fill once."""
    taken = {row["order_id"] for row in written(record, "accepted")}
    ours = [
        order for order in desk.engine.blotter.orders.values() if order.phase not in {"DENIED", "REJECTED"}
    ]
    assert sorted(order.order_id or "" for order in ours) == sorted(taken)
    fills: dict[str, Decimal] = dict.fromkeys(taken, Decimal(0))
    for fill in written(record, "fill"):
        fills[fill["order_id"]] += Decimal(fill["last_qty"])
    assert {order.order_id: order.cum_qty for order in ours} == fills
    assert len(desk.submits()) == len({message.cl_ord_id for message in desk.submits()})


def test_a_crash_between_submit_and_answer_is_settled_after_the_restart(record: Path) -> None:
    extra = ("--fault", "http-timeout-after@place=1", "--http-timeout-s", "5", "--record", str(record))
    with Simulator("cloud", *CREDENTIALS, *extra) as running:
        with Desk(ROUTE, connected(running.url)) as first:
            order = first.place("a", SYMBOL, "1", "3", "30010")
            first.until(lambda: written(record, "accepted"), "the venue has it")
            kept: list[Record] = list(first.records)
            assert order.pending
        with Desk(ROUTE, connected(running.url), kept) as second:
            again = second.engine.blotter.orders[order.number]
            second.settled(again)
            assert again.order_id == written(record, "accepted")[0]["order_id"]
            assert (again.cum_qty, again.ord_status, second.submits()) == (Decimal(2), "1", [])
            assert len(second.engine.blotter.orders) == 1


def test_an_account_that_cannot_be_told_is_named(simulator: Simulator) -> None:
    line = Line(simulator.url)
    key = orders_of(line, simulator.url, "KEY")
    with pytest.raises(Exception, match="must have one spot account"):
        CloudAdapter(key, line, Account(Submits(), list, account_id=1)).greet()
    with pytest.raises(Exception, match="must have one margin account"):
        CloudAdapter(key, line, Account(Submits(), list, source="margin-api")).greet()
