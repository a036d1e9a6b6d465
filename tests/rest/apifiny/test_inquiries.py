"""What people ask Apifiny about, by the document's samples and against the simulated venue."""

import time
from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from oms.core.errors import VenueRefused, VenueUnavailable
from oms.rest.apifiny.gather import ApifinyGatherer
from oms.rest.apifiny.inquiries import row_of
from oms.rest.apifiny.models import CommissionRate, DepositAddress, Kline
from oms.rest.apifiny.orders import IOC, Terms
from oms.rest.gathering import Asked, Inquirer, Inquiry, Rows
from tests.rest.apifiny.simulated import ACCOUNT, Simulator

VENUE = "OKEX"
ADDRESS = b"""{"venue":"VENUE1", "currency": "EOS", "address": "acc******bnw", "memo": "10230001",
 "expiredAt": 1584606409507}"""
KLINE = b"""{"currencyPair":"BTC/USDT", "period":"1m", "open":58053.69, "high":58053.69, "low":58053.69,
 "close":58053.69, "vol":0.027921, "count":1, "timestamp":%d, "exchange":"ConnectVenue"}"""
RATE = b"""{"accountId": "STA-VENUE1_00000001", "tradingVolume": 121.1001, "takeFee": 0.003, "makeFee": 0,
 "specialRate": 0}"""


@pytest.fixture(scope="module")
def venue() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def asks(venue: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApifinyGatherer]:
    monkeypatch.setattr("oms.rest.apifiny.market.PAUSE_S", 0.0)  # the simulator takes any number
    with venue.client() as client:
        yield ApifinyGatherer(client)


def rows(asks: ApifinyGatherer, asked: Asked, exchange: str | None = VENUE, **more: object) -> Rows:
    return asks.inquire(Inquiry(asked=asked, exchange=exchange, **more))  # type: ignore[arg-type]


def test_the_samples_are_shown_with_decimals_and_times_as_text() -> None:
    address = row_of(msgspec.json.decode(ADDRESS, type=DepositAddress, strict=False))
    assert (address["memo"], address["expired_at"]) == ("10230001", "2020-03-19T08:26:49.507Z")
    rate = row_of(msgspec.json.decode(RATE, type=CommissionRate, strict=False))
    assert (rate["take_fee"], rate["make_fee"]) == ("0.003", "0")
    for stamp in (1616140260000, 1616140260):  # as printed, and as its table says
        kline = row_of(msgspec.json.decode(KLINE % stamp, type=Kline, strict=False))
        assert (kline["timestamp"], kline["vol"]) == ("2021-03-19T07:51:00.000Z", "0.027921")


@pytest.mark.system
def test_the_account_and_what_it_is_at_each_exchange(asks: ApifinyGatherer) -> None:
    assert isinstance(asks, Inquirer)
    whole, *parts = rows(asks, Asked.ACCOUNT, None)
    assert (whole["account_id"], whole["account_status"]) == (ACCOUNT, "OPENED")
    assert {"BINANCEUS", "OKEX"} <= {str(part["venue"]) for part in parts}
    assert [part["venue"] for part in rows(asks, Asked.ACCOUNT)[1:]] == [VENUE]


@pytest.mark.system
def test_currencies_addresses_and_commissions(asks: ApifinyGatherer) -> None:
    coins = {str(row["coin"]): row for row in rows(asks, Asked.CURRENCIES)}
    assert (coins["USDTTRC20"]["currency"], coins["USDTTRC20"]["status"]) == ("USDT", "DEPOSIT_WITHDRAW")
    (address,) = rows(asks, Asked.ADDRESS, coin="USDTTRC20")
    assert (address["coin"], bool(address["address"])) == ("USDTTRC20", True)
    (rate,) = rows(asks, Asked.COMMISSION, symbol="BTCUSDT")
    assert Decimal(str(rate["take_fee"])) >= 0


@pytest.mark.system
def test_what_moved_newest_first(asks: ApifinyGatherer, venue: Simulator) -> None:
    assert rows(asks, Asked.ACTIVITY, None) == ()
    with venue.client() as client:
        for amount in (11, 12):
            client.accounts.transfer(VENUE, "KUCOIN", currency="USDT", amount=Decimal(amount))
    found = [row for row in rows(asks, Asked.ACTIVITY, None) if row["type"] == "OUTGOING"]
    assert [row["amount"] for row in found] == ["12", "11"]
    now_ms = time.time_ns() // 1_000_000
    assert rows(asks, Asked.ACTIVITY, None, span=(now_ms - 7_200_000, now_ms - 3_600_000)) == ()


@pytest.mark.system
def test_market_data(asks: ApifinyGatherer, venue: Simulator) -> None:
    terms = Terms(
        symbol="BTCUSDT",
        order_side="BUY",
        limit_price=Decimal(30_000),
        quantity=Decimal(1),
        time_in_force=IOC,
    )
    with venue.client() as client:
        client.orders.insert(VENUE, venue.order_id(), terms)
    (trade,) = rows(asks, Asked.TRADES, symbol="BTCUSDT")
    assert (trade["price"], trade["qty"], trade["side"]) == ("30000", "1", "SELL")
    (kline,) = rows(asks, Asked.KLINES, symbol="BTC/USDT", period="1m")
    assert (kline["currency_pair"], kline["close"]) == ("BTC/USDT", "30000")
    (ticker,) = rows(asks, Asked.TICKER, symbol="BTCUSDT")
    assert ticker["close"] == "30000"


@pytest.mark.system
def test_what_the_venue_refuses_and_what_is_not_asked(asks: ApifinyGatherer) -> None:
    with pytest.raises(VenueRefused, match="not supported yet|MAINTENANCE"):
        rows(asks, Asked.TRADES, "VENUE1", symbol="BTCUSDT")
    with pytest.raises(VenueUnavailable, match="name it"):
        rows(asks, Asked.TICKER, None, symbol="BTCUSDT")
    for wrong in ({"symbol": "BTCUSDT", "period": "1m"}, {"symbol": "BTC/USDT", "period": "3m"}):
        with pytest.raises(VenueUnavailable, match="BASE/QUOTE"):
            rows(asks, Asked.KLINES, **wrong)
