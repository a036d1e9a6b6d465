"""By which session an order leaves that names none: the only one it can be meant for; an account is never guessed."""

from decimal import Decimal

import pytest

from oms.core.inputs import Answer, PlaceOrder, SessionUp
from oms.core.instruments import Instrument
from oms.core.risk import Limits
from oms.core.venue_inputs import InstrumentsSeen
from oms.engine import Engine, Route

NOW = 1_772_355_600_000_000_000
CLOUD = Limits(symbol_form="btcusdt", has_exchange=False)


def route(name: str, account: str, limits: Limits = CLOUD) -> Route:
    return Route(session=name, account=account, id_prefix="1", limits=limits)


def engine_of(*routes: Route) -> Engine:
    engine = Engine(routes)
    for each in routes:
        engine.step(SessionUp(session=each.session), NOW)
    return engine


def place(
    engine: Engine,
    symbol: str = "btcusdt",
    exchange: str | None = None,
    session: str | None = None,
    own: str = "a",
) -> Answer:
    command = PlaceOrder(
        client_order_id=own,
        symbol=symbol,
        side="1",
        order_qty=Decimal(1),
        price=Decimal(1),
        exchange=exchange,
        session=session,
    )
    answer = engine.step(command, NOW).answer
    assert answer is not None
    return answer


def session_of(engine: Engine, answer: Answer) -> str:
    assert answer.refusal is None, answer.text
    return engine.blotter.orders[answer.order or 0].session


def test_where_several_accounts_fit_the_choices_are_named() -> None:
    engine = engine_of(route("opA", "A"), route("opB", "B"))
    answer = place(engine)
    assert (answer.refusal, answer.field) == ("INVALID", "session")
    assert "opA (account A), opB (account B)" in (answer.text or "")
    assert not engine.blotter.orders
    assert session_of(engine, place(engine, session="opB")) == "opB"


def test_the_same_id_again_is_the_first_order() -> None:
    engine = engine_of(route("opA", "A"), route("opB", "B"))
    first = place(engine, session="opB")
    again = place(engine)
    assert (again.order, again.created, again.refusal) == (first.order, False, None)
    place(engine, session="opA")
    assert place(engine).refusal == "INVALID"


def test_sessions_of_one_account_are_no_choice() -> None:
    engine = engine_of(route("s1", "A"), route("s2", "A"))
    assert session_of(engine, place(engine)) == "s1"


def test_equal_names_of_accounts_at_different_kinds_of_venues_are_different_accounts() -> None:
    anywhere = Limits(symbol_form="btcusdt", has_exchange=False, symbols=frozenset({"btcusdt"}))
    engine = engine_of(
        route("opA", "A"), route("weex", "A", Limits(symbol_form="btc_usd", has_exchange=False))
    )
    assert session_of(engine, place(engine, symbol="btc_usd")) == "weex"
    assert session_of(engine, place(engine, own="b")) == "opA"
    assert place(engine_of(route("x", "A", anywhere), route("y", "B", anywhere))).refusal == "INVALID"


@pytest.mark.parametrize(
    ("symbol", "exchange", "session"),
    [
        ("btcusdt", None, "cloud"),
        ("btc_usd", None, "weex"),
        ("BTCUSDT", "VENUE1", "one"),
        ("BTCUSDT", "OKEX", "rest"),
    ],
)
def test_the_symbol_and_the_exchange_tell(symbol: str, exchange: str | None, session: str) -> None:
    engine = engine_of(
        route("rest", "R", Limits()),
        route("one", "O", Limits(exchanges=frozenset({"VENUE1"}))),
        route("weex", "W", Limits(symbol_form="btc_usd", has_exchange=False)),
        route("cloud", "C"),
    )
    assert session_of(engine, place(engine, symbol=symbol, exchange=exchange)) == session


def test_a_session_that_does_not_have_the_symbol_is_not_meant() -> None:
    engine = engine_of(route("opA", "A"), route("opB", "B"))
    listed = Instrument(exchange=None, symbol="ethusdt", base="eth", quote="usdt")
    engine.step(InstrumentsSeen(session="opA", exchanges=(None,), instruments=(listed,)), NOW)
    assert session_of(engine, place(engine)) == "opB"
    assert place(engine, symbol="ethusdt", own="b").refusal == "INVALID"


def test_what_nobody_trades_is_denied_by_the_first() -> None:
    engine = engine_of(route("opA", "A"), route("opB", "B"))
    answer = place(engine, symbol="BTC-USDT")
    assert engine.blotter.orders[answer.order or 0].denial == "SYMBOL_FORMAT"
