"""Prices: how far an order may be from the market, and that old data is never used as if it were fresh."""

from decimal import Decimal

import pytest

from oms.core.prices import PriceRule, Quote, is_stale, judge
from oms.core.risk import Limits
from oms.core.times import NS_PER_S
from oms.core.venue_inputs import PricesSeen
from tests.core.test_instruments import Desk, order

D = Decimal
QUOTE = Quote(symbol="BTCUSDT", exchange="EX", bid=D(29_990), ask=D(30_000), time_ns=NS_PER_S)
RULE = PriceRule(max_deviation=D(5), max_age_ns=5 * NS_PER_S)


@pytest.mark.parametrize(
    ("price", "side", "code"),
    [
        (31_500, "1", None),
        ("31500.01", "1", "PRICE_AWAY"),
        (28_500, "1", None),
        ("28499.99", "1", "PRICE_AWAY"),
        ("31489.5", "2", None),
        ("31489.51", "2", "PRICE_AWAY"),
        ("28490.5", "2", None),
        ("28490.49", "2", "PRICE_AWAY"),
    ],
)
def test_the_best_price_of_the_other_side_counts(price: object, side: str, code: str | None) -> None:
    judged = judge(D(str(price)), side, QUOTE, RULE, NS_PER_S)
    assert (judged.code if judged else None) == code
    if judged is not None:
        assert "bid 29990, ask 30000" in judged.text
        assert str(price) in judged.text


def test_stale_is_never_silent() -> None:
    late = NS_PER_S + RULE.max_age_ns + 1
    assert not is_stale(QUOTE, late - 1, RULE.max_age_ns)
    assert is_stale(QUOTE, late, RULE.max_age_ns)
    judged = judge(D(30_000), "1", QUOTE, RULE, late)
    assert judged is not None
    assert (judged.code, "stale" in judged.text, "5 s old" in judged.text) == ("PRICE_UNKNOWN", True, True)
    lenient = PriceRule(max_deviation=D(5), max_age_ns=RULE.max_age_ns, demanded=False)
    told = judge(D(90_000), "1", QUOTE, lenient, late)
    assert told is not None
    assert (told.code, told.text.startswith("the price was not checked")) == (None, True)


@pytest.mark.parametrize("quote", [None, Quote(symbol="BTCUSDT", bid=D(1), time_ns=NS_PER_S)])
def test_without_the_other_side_nothing_is_known(quote: Quote | None) -> None:
    judged = judge(D(1), "1", quote, RULE, NS_PER_S)
    assert judged is not None
    assert judged.code == "PRICE_UNKNOWN"
    assert judge(None, "1", quote, RULE, NS_PER_S) == judged  # a market order least of all
    assert judge(None, "1", QUOTE, RULE, NS_PER_S) is None
    assert judge(D(1), "1", quote, PriceRule(), NS_PER_S) is None


def test_the_engine_denies_by_prices_that_are_not_journaled() -> None:
    desk = Desk(limits=Limits(prices=RULE))
    assert desk.denial(order()) == "PRICE_UNKNOWN"
    seen = desk.step(PricesSeen(session="S", quotes=(QUOTE,)))
    assert seen.events == ()  # type: ignore[attr-defined]
    assert desk.denial(order(client_order_id="d", price=D(32_000))) == "PRICE_AWAY"
    order_seen = desk.engine.blotter.orders[2]
    assert "bid 29990, ask 30000" in (order_seen.reason or "")
    assert desk.denial(order(client_order_id="e")) is None
    again = desk.recovered().blotter
    assert [again.orders[number].denial for number in (1, 2, 3)] == ["PRICE_UNKNOWN", "PRICE_AWAY", None]


def test_what_leaves_unchecked_is_told() -> None:
    lenient = PriceRule(max_deviation=D(5), demanded=False)
    desk = Desk(limits=Limits(prices=lenient))
    step = desk.step(order())
    assert [effect.code for effect in step.effects if hasattr(effect, "code")] == ["PRICE_UNCHECKED"]  # type: ignore[attr-defined]
