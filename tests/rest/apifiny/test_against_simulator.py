"""Every method against the simulated venue in its own process, and what goes wrong on the way."""

import queue
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.errors import OutcomeUnknown, VenueRefused
from oms.core.secret import Secret
from oms.rest.apifiny.answers import ApifinyRefused, ApifinyStopped, ApifinyUnknown
from oms.rest.apifiny.calls import Manner
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.models import Order, StreamEntry
from oms.rest.apifiny.orders import IOC, POST_ONLY, Completed, Terms
from oms.rest.apifiny.signing import Credentials
from oms.rest.apifiny.stream import BookUpdate, MarketStream, OrderStream, Push, Route, Subscription, Watch
from oms.rest.feed import Patience
from oms.rest.transport import Transport
from tests.rest.apifiny.simulated import ACCOUNT, CREDENTIALS, SECRET, WITHIN_S, Simulator

pytestmark = pytest.mark.system
VENUE = "BINANCEUS"
ADDRESS = "3Nxwena-somewhere-else-fp8v"
D = Decimal


@pytest.fixture(scope="module")
def venue() -> Iterator[Simulator]:
    with Simulator("--fee", "0.001", "--withdraw-address", ADDRESS) as simulator:
        yield simulator


@pytest.fixture
def client(venue: Simulator) -> Iterator[ApifinyClient]:
    with venue.client() as client:
        client.measure_clock()
        yield client


def limit(side: str, price: str, quantity: str, tif: int = 1) -> Terms:
    return Terms(
        symbol="BTCUSDT", order_side=side, limit_price=D(price), quantity=D(quantity), time_in_force=tif
    )


LIMIT = limit("BUY", "29000", "1")


def settled(client: ApifinyClient, order_id: str) -> Order:
    """Ask until the venue has decided what becomes of an order."""
    until = time.monotonic() + WITHIN_S
    while (order := client.orders.query(VENUE, order_id)).order_status == "PENDING_SUBMIT":
        assert time.monotonic() < until
    return order


def test_an_order_that_rests_and_is_canceled(venue: Simulator, client: ApifinyClient) -> None:
    order_id = venue.order_id()
    placed = client.orders.insert(VENUE, order_id, limit("BUY", "29000", "1.5"))
    assert (placed.order_id, placed.quantity, placed.limit_price) == (order_id, D("1.5"), D(29000))
    assert not settled(client, order_id).is_final
    assert order_id in {order.order_id for order in client.orders.open_orders()}
    assert client.orders.cancel(VENUE, order_id).order_id == order_id
    ended = settled(client, order_id)
    assert (ended.order_status, ended.is_final, ended.filled_cumulative_quantity) == ("CANCELLED", True, D(0))
    assert ended.cancelled_updated_at
    with pytest.raises(VenueRefused):
        client.orders.cancel(VENUE, order_id)


def test_an_order_that_fills_in_parts(venue: Simulator, client: ApifinyClient) -> None:
    start_ms = client.reference.time_ms()
    order_id = venue.order_id()
    client.orders.insert(VENUE, order_id, limit("BUY", "30020", "2.5"))
    done = settled(client, order_id)
    assert (done.order_status, done.filled_cumulative_quantity) == ("FILLED", D("2.5"))
    parts = [(D(1), D(30000)), (D(1), D(30010)), (D("0.5"), D(30020))]
    for rows in (client.orders.order_fills(VENUE, order_id), client.orders.fills(VENUE, start_ms).rows):
        mine = [row for row in rows if row.order_id == order_id]
        assert sorted((row.last_filled_quantity, row.last_filled_price) for row in mine) == sorted(parts)
        assert (
            sum(row.last_commission or 0 for row in mine) == sum(shares * px for shares, px in parts) / 1000
        )
        assert {row.last_commission_currency for row in mine} == {"USDT"}
    assert client.orders.query_many([order_id, venue.order_id()])[0].order_id == order_id
    end_ms = client.reference.time_ms() + 1
    which = Completed(
        venue=VENUE, base_asset="BTC", quote_asset="USDT", order_side="BUY", order_status="FILLED"
    )
    assert order_id in {row.order_id for row in client.orders.completed_orders((start_ms - 1, end_ms), which)}
    logged = [row for row in client.orders.changes_since(start_ms - 1) if row.payload.order_id == order_id]
    assert sum(row.payload.last_filled_quantity or 0 for row in logged) == D("2.5")


def test_a_market_buy_is_sized_by_its_total(venue: Simulator, client: ApifinyClient) -> None:
    order_id = venue.order_id()
    terms = Terms(symbol="BTCUSDT", order_side="BUY", order_type="MARKET", time_in_force=None, total=D(75000))
    client.orders.insert(VENUE, order_id, terms)
    assert settled(client, order_id).filled_cumulative_quantity == D("2.4993")


@pytest.mark.parametrize(("tif", "status"), [(IOC, "PART_FILLED"), (POST_ONLY, "REJECTED")])
def test_time_in_force(venue: Simulator, client: ApifinyClient, tif: int, status: str) -> None:
    order_id = venue.order_id()
    try:
        client.orders.insert(VENUE, order_id, limit("BUY", "30010", "4", tif))
    except ApifinyRefused:
        assert status == "REJECTED"
    else:
        order = settled(client, order_id)
        assert (order.order_status, order.is_final) == (status, True)


def test_what_the_venue_refuses(venue: Simulator, client: ApifinyClient) -> None:
    with pytest.raises(ApifinyRefused, match="ASSET_NOT_ENOUGH"):
        client.orders.insert(VENUE, venue.order_id(), limit("BUY", "29000", "5000"))
    with pytest.raises(ApifinyRefused, match="SYMBOL_UNKNOWN"):
        client.orders.insert(VENUE, venue.order_id(), msgspec.structs.replace(LIMIT, symbol="NONE"))
    with pytest.raises(ApifinyRefused) as caught:
        client.orders.query(VENUE, venue.order_id())
    assert caught.value.meaning.is_not_there


def test_an_id_that_is_used_again_is_in_doubt(venue: Simulator, client: ApifinyClient) -> None:
    order_id = venue.order_id()
    client.orders.insert(VENUE, order_id, limit("BUY", "29000", "1"))
    with pytest.raises(ApifinyUnknown, match="ORDER_ID_REPEATED"):
        client.orders.insert(VENUE, order_id, limit("BUY", "29000", "1"))


def test_account_and_assets(client: ApifinyClient) -> None:
    info = client.accounts.account_info(VENUE)
    assert (info.account_id, info.account_status) == (ACCOUNT, "OPENED")
    assert [sub.venue for sub in info.sub_account_info] == [VENUE]
    balances = {row.currency: row for row in client.accounts.balances("VENUE2")}
    assert balances["BTC"].amount == D(1000)
    assert client.accounts.deposit_address("VENUE2", "BTC").address
    rate = client.orders.commission_rate(VENUE, "BTCUSDT")
    assert (rate.take_fee, rate.make_fee) == (D("0.001"), D("0.001"))


def test_money_moves_once(client: ApifinyClient) -> None:
    start_ms = client.reference.time_ms() - 1
    before = {row.currency: row.available for row in client.accounts.balances("VENUE1")}["BTC"]
    ticket = client.accounts.create_withdraw_ticket("VENUE1").ticket
    sent = client.accounts.withdraw("VENUE1", coin="BTC", amount=D("1.0021"), address=ADDRESS, ticket=ticket)
    assert (sent.amount, sent.status) == (D("1.0021"), "SUBMITTED")
    with pytest.raises((VenueRefused, OutcomeUnknown), match="TICKET"):
        client.accounts.withdraw("VENUE1", coin="BTC", amount=D(1), address=ADDRESS, ticket=ticket)
    moved = [
        client.accounts.transfer("VENUE1", "KUCOIN", currency="BTC", amount=D(amount))
        for amount in range(1, 6)
    ]
    assert {row.target_venue for row in moved} == {"KUCOIN"}
    after = {row.currency: row.available for row in client.accounts.balances("VENUE1")}["BTC"]
    assert before - after >= D("16.0021")
    found = client.accounts.activities((start_ms, client.reference.time_ms() + 1), limit=2)
    assert {sent.log_id, *(row.log_id for row in moved)} <= {row.log_id for row in found}
    assert len(found) >= 6


def test_reference(client: ApifinyClient) -> None:
    assert {row.exchange for row in client.reference.venues()} >= {"VENUE1", "OKEX"}
    assert "BTC" in {row.currency for row in client.reference.currencies(VENUE)}
    (btc,) = (row for row in client.reference.symbols(VENUE) if row.symbol == "BTCUSDT")
    assert (btc.tick_size, btc.step_size, btc.min_notional) == (D("0.01"), D("0.0001"), D(1))
    assert abs(client.measure_clock().ahead_ns) < 10**9


@pytest.fixture
def market(venue: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApifinyClient]:
    monkeypatch.setattr("oms.rest.apifiny.market.PAUSE_S", 0.0)  # the simulator is told to take any number
    with venue.client() as client:
        yield client


def test_market_data(market: ApifinyClient) -> None:
    book = market.market.order_book("BTCUSDT", "VENUE2")
    assert (min(book.asks)[0], max(book.bids)[0]) == (D(30000), D(29990))
    assert market.market.ticker("BTCUSDT", VENUE).symbol == "BTCUSDT"
    assert {row.symbol for row in market.market.trades("BTCUSDT", VENUE)} <= {"BTCUSDT"}
    rows = market.market.klines(VENUE, ("BTC", "USDT"), "1m")
    assert {row.period for row in rows} <= {"1m"}
    market.market.klines(VENUE, ("BTC", "USDT"), "5m", (1616923800000, 1616937900000))


class Streams:
    def __init__(self) -> None:
        self.data: queue.Queue[Any] = queue.Queue()
        self.gaps: queue.Queue[str] = queue.Queue()
        self.watch = Watch(on_gap=self.gaps.put, alert=lambda text: self.gaps.put(f"alert: {text}"))

    def route(self, venue: Simulator) -> Route:
        return Route(host=f"ws://127.0.0.1:{venue.port}", patience=Patience(first_pause_s=0.01))


def wait_for(entries: "queue.Queue[Any]", order_id: str, status: str) -> StreamEntry:
    while True:
        entry: StreamEntry = entries.get(timeout=WITHIN_S)
        if (entry.payload.order_id, entry.payload.order_status) == (order_id, status):
            return entry


def test_the_order_stream(venue: Simulator, client: ApifinyClient) -> None:
    heard = Streams()
    stream = OrderStream(CREDENTIALS, heard.data.put, heard.watch, heard.route(venue))
    stream.start()
    heard.gaps.get(timeout=WITHIN_S)
    order_id = venue.order_id()
    client.orders.insert(VENUE, order_id, limit("SELL", "29990", "1"))
    entry = wait_for(heard.data, order_id, "FILLED")
    assert (entry.payload.last_filled_quantity, entry.payload.last_filled_price) == (D(1), D(29990))
    assert stream.stop(WITHIN_S)


@pytest.mark.parametrize("channel", ["orderbook", "trade", "ticker", "kline_1m"])
def test_the_market_stream(venue: Simulator, client: ApifinyClient, channel: str) -> None:
    heard = Streams()
    pushes: queue.Queue[Push] = heard.data
    stream = MarketStream(CREDENTIALS, pushes.put, heard.watch, heard.route(venue))
    stream.subscribe(Subscription(channel, "BTC/USDT" if "kline" in channel else "BTCUSDT", (VENUE,)))
    stream.start()
    assert "connected" in heard.gaps.get(timeout=WITHIN_S)
    for _ in range(5):
        client.orders.insert(VENUE, venue.order_id(), limit("BUY", "30000", "0.5", IOC))
        try:
            push = pushes.get(timeout=2)
        except queue.Empty:
            continue
        assert isinstance(push, BookUpdate) == (channel == "orderbook")
        break
    else:
        pytest.fail(f"nothing on {channel}")
    assert stream.stop(WITHIN_S)


@pytest.mark.parametrize(
    ("credentials", "kind"),
    [
        (Credentials(account_id=ACCOUNT, key_id="K-1", secret=Secret("another" * 6)), ApifinyStopped),
        (Credentials(account_id=ACCOUNT, key_id="K-9", secret=Secret(SECRET)), ApifinyStopped),
        (Credentials(account_id="STA-99999999", key_id="K-1", secret=Secret(SECRET)), VenueRefused),
    ],
    ids=["secret", "key", "account"],
)
def test_wrong_credentials(venue: Simulator, credentials: Credentials, kind: type[Exception]) -> None:
    with ApifinyClient(credentials, Transport(venue.url)) as client, pytest.raises(kind):
        client.orders.open_orders()


def test_a_clock_that_is_an_hour_wrong_is_no_trouble(venue: Simulator) -> None:
    with venue.client(now_ns=lambda: time.time_ns() - 3600 * 10**9) as client:
        client.orders.open_orders()
        assert client.clock.difference.ahead_ns == pytest.approx(3600 * 10**9, abs=10**9), "it found out"
        assert client.measure_clock().ahead_ns == pytest.approx(3600 * 10**9, abs=10**9)
        client.orders.open_orders()


@pytest.mark.parametrize(
    ("fault", "kind", "there"),
    [
        ("http-timeout-before", OutcomeUnknown, False),
        ("http-timeout-after", OutcomeUnknown, True),
        ("http-truncated", OutcomeUnknown, True),
        ("http-502", OutcomeUnknown, None),
        ("rest-order-timeout", OutcomeUnknown, None),
        ("rest-busy", OutcomeUnknown, None),
        ("rest-maintenance", VenueRefused, False),
        ("http-403", VenueRefused, False),
    ],
)
def test_a_fault_of_an_insert_is_known_for_what_it_is(
    fault: str, kind: type[Exception], there: bool | None
) -> None:
    with Simulator("--fault", f"{fault}@order.insertOrderLite=1") as venue, venue.client() as client:
        order_id = venue.order_id()
        with pytest.raises(kind):
            client.orders.insert(VENUE, order_id, limit("BUY", "29000", "1"))
        client.transport.ban.lift()  # as a person does
        assert there in {None, is_there(client, order_id)}


def is_there(client: ApifinyClient, order_id: str) -> bool:
    try:
        client.orders.query(VENUE, order_id)
    except ApifinyRefused as error:
        if error.meaning.is_not_there:
            return False
        raise
    return True


def test_reads_are_asked_again_through_faults() -> None:
    with (
        Simulator("--fault", "http-502@order.listOpenOrderLite=0.5", "--seed", "3") as venue,
        ApifinyClient(CREDENTIALS, Transport(venue.url), Manner(attempts=20, pause_s=0)) as client,
    ):
        for _ in range(10):
            assert client.orders.open_orders() == ()


def test_a_stream_that_is_cut_says_so_and_comes_back() -> None:
    with Simulator("--fault", "ws-drop=0.3", "--seed", "2") as venue, venue.client() as client:
        heard = Streams()
        stream = OrderStream(CREDENTIALS, heard.data.put, heard.watch, heard.route(venue))
        stream.start()
        heard.gaps.get(timeout=WITHIN_S)
        until = time.monotonic() + WITHIN_S
        while heard.gaps.empty():
            assert time.monotonic() < until
            client.orders.insert(VENUE, venue.order_id(), limit("BUY", "29000", "0.01"))
        assert "connected" in heard.gaps.get(timeout=WITHIN_S)
        assert stream.stop(WITHIN_S)
