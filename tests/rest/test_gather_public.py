"""What the simulated WEEX and Cloud API say to everybody, each in its own process."""

import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from oms.core.movements import Movement, MovementStatus
from oms.rest.cloud.caller import Caller
from oms.rest.cloud.gather import CloudGatherer
from oms.rest.cloud.gather import instrument_of as cloud_instrument
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.market_models import Symbol
from oms.rest.cloud.signing import Operator
from oms.rest.gathering import Gatherer
from oms.rest.transport import Transport
from oms.rest.weex.gather import WeexGatherer
from oms.rest.weex.gather import instrument_of as weex_instrument
from oms.rest.weex.models import Pair
from oms.rest.weex.public import PublicClient
from tests.rest.weex.simulated import Simulator

D = Decimal
S = 1_000_000_000


@pytest.fixture(scope="module", params=["weex", "cloud"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[Gatherer, str]]:
    with Simulator(request.param, "--credential", "KEY:made-up") as simulator:
        transport = Transport(simulator.url)
        if request.param == "weex":
            yield WeexGatherer(PublicClient(transport)), "btc_usd"
        else:
            operator = Operator(host=simulator.url.removeprefix("http://"))
            yield CloudGatherer(MarketClient(Caller(transport, operator))), "btcusdt"


@pytest.mark.system
def test_symbols_prices_and_clock(served: tuple[Gatherer, str]) -> None:
    gatherer, symbol = served
    assert gatherer.exchanges() == (None,)
    found = {each.symbol: each for each in gatherer.instruments(None)}
    assert found[symbol].tick_size
    assert found[symbol].trading
    assert found[symbol].base == "btc"
    before = time.time_ns()
    quote = gatherer.quote((None, symbol))
    assert quote.key == (None, symbol)
    assert quote.bid is not None
    assert quote.ask is not None
    assert 0 < quote.bid < quote.ask
    assert before <= quote.time_ns <= time.time_ns()
    clock = gatherer.measure_clock()
    assert abs(clock.ahead_ns) <= clock.uncertain_ns + S // 10


@pytest.mark.system
def test_money_stays_where_it_is(served: tuple[Gatherer, str]) -> None:
    gatherer, _ = served
    movement = Movement(
        id="m",
        session="S",
        account="A",
        kind="withdrawal",
        label="l",
        exchange="E",
        currency="BTC",
        amount=D(1),
        time_ns=1,
    )
    assert gatherer.carry_out(movement).status is MovementStatus.REFUSED
    assert gatherer.look_for(movement, ()) is None
    assert gatherer.has_balances is False


def test_the_sample_of_weex() -> None:
    # The venue's published sample of /api/3/info.
    pair = Pair(
        decimal_places=3,
        min_price=D("0.1"),
        max_price=D(400),
        min_amount=D("0.01"),
        hidden=0,
        fee=D("0.2"),
    )
    found = weex_instrument("btc_usd", pair)
    assert (found.tick_size, found.min_price, found.max_price) == (D("0.001"), D("0.1"), D(400))
    assert (found.min_qty, found.step_size, found.quote) == (D("0.01"), None, "usd")


def test_a_precision_that_is_not_printed_is_no_limit() -> None:
    found = cloud_instrument(Symbol(base_currency="btc", quote_currency="usdt", price_precision=2))
    assert (found.symbol, found.tick_size, found.step_size) == ("btcusdt", D("0.01"), None)
