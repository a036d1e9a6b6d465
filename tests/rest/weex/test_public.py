"""The public API v3: what is asked, and what its answers say."""

from decimal import Decimal

import pytest

from oms.core.errors import OutcomeUnknown
from oms.rest.transport import Transport
from oms.rest.weex.public import PublicClient
from oms.rest.weex.refusals import Reason, WeexRefused
from tests.rest.weex import samples
from tests.rest.weex.scripted import Answer, ScriptedVenue


def test_every_question() -> None:
    answers: list[Answer] = [samples.PUBLIC_INFO, samples.TICKER, samples.DEPTH, samples.TRADES]
    with ScriptedVenue(answers) as venue:
        client = PublicClient(Transport(venue.url))
        pair = client.info().pairs["btc_usd"]
        ticker = client.ticker(["btc_usd", "ltc_usd"], ignore_invalid=True)["btc_usd"]
        depth = client.depth(["btc_usd"], limit=2)["btc_usd"]
        (trade,) = client.trades(["btc_usd"], limit=9999)["btc_usd"]
    assert (pair.decimal_places, pair.min_price, pair.max_price, pair.min_amount, pair.hidden, pair.fee) == (
        3,
        Decimal("0.1"),
        Decimal(400),
        Decimal("0.01"),
        0,
        Decimal("0.2"),
    )
    assert (ticker.buy, ticker.sell, ticker.vol_cur) == (
        Decimal("101.9"),
        Decimal("101.773"),
        Decimal("16541.51969"),
    )
    assert depth.asks == [(Decimal("103.426"), Decimal("0.01")), (Decimal("103.5"), Decimal(15))]
    assert depth.bids[0] == (Decimal("103.2"), Decimal("2.48502251"))
    assert (trade.type, trade.price, trade.tid) == ("ask", Decimal("103.6"), 4861261)
    assert [(asked.method, asked.path) for asked in venue.asked] == [
        ("GET", "/api/3/info"),
        ("GET", "/api/3/ticker/btc_usd-ltc_usd?ignore_invalid=1"),
        ("GET", "/api/3/depth/btc_usd?limit=2"),
        ("GET", "/api/3/trades/btc_usd?limit=5000"),
    ]


def test_an_unknown_pair_is_a_refusal() -> None:
    with ScriptedVenue(lambda _: '{"success":0,"error":"Invalid pair name: xyz"}') as venue:
        client = PublicClient(Transport(venue.url))
        for ask in (client.ticker, client.depth, client.trades):
            with pytest.raises(WeexRefused, match="Invalid pair name: xyz") as caught:
                ask(["xyz"])
            assert caught.value.reason is Reason.PAIR


@pytest.mark.parametrize("answer", ["not available", (502, "bad gateway"), '{"btc_usd":{"high":1}}'])
def test_an_answer_that_is_none_says_so(answer: Answer) -> None:
    with ScriptedVenue([answer]) as venue, pytest.raises(OutcomeUnknown, match="ticker/btc_usd"):
        PublicClient(Transport(venue.url)).ticker(["btc_usd"])
