"""The simulated WEEX exchange by itself: fees, market orders, and what always holds."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.sim.book import HOUSE
from oms.sim.terms import Accepted, Canceled, Event, Filled, OrdType, Side
from oms.sim.weex.exchange import Exchange, NewOrder
from oms.sim.weex.floor import Floor
from oms.sim.weex.market import OPENING_BALANCES, PAIRS
from oms.sim.weex.refusals import Refused
from oms.sim.weex.treasury import Sum, Treasury

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ACCOUNTS = ("one", "two")


class Bench:
    """An exchange with two funded accounts, and a clock of its own."""

    def __init__(self, *, fee: str = "0", background: bool = False, seed: int = 1) -> None:
        self.now = NOW
        self.floor = Floor(fee=Decimal(fee), first_id=1)
        self.exchange = Exchange(self.floor, random.Random(seed), background=background)
        self.treasury = Treasury(self.floor.funds, random.Random(seed), first_id=1)
        self.treasury.open(ACCOUNTS, NOW)
        self.events: list[Event] = []

    def order(
        self,
        side: Side,
        rate: str | None = None,
        amount: str | None = None,
        *,
        account: str = "one",
        pair: str = "btc_usd",
    ) -> tuple[Decimal, Decimal, str]:
        """Place an order, at the market without a rate; received, remains and number come back."""
        request = NewOrder(
            account=account,
            pair=pair,
            side=side,
            ord_type=OrdType.LIMIT if rate else OrdType.MARKET,
            rate=Decimal(rate) if rate else None,
            amount=Decimal(amount) if amount else None,
        )
        placed, events = self.exchange.submit(request, self.now)
        self.events += events
        return placed.cum_qty, placed.leaves, placed.order_id

    def has(self, currency: str, account: str = "one") -> Decimal:
        return self.floor.funds.balance(account, currency).total

    def totals(self) -> dict[str, Decimal]:
        """Everything there is of each currency, the house's included."""
        owners = (*ACCOUNTS, HOUSE)
        return {one: sum((self.has(one, owner) for owner in owners), Decimal(0)) for one in OPENING_BALANCES}


def test_the_fee_is_taken_from_what_comes_in() -> None:
    bench = Bench(fee="0.002")
    bench.order(Side.BUY, "30000", "1")
    assert bench.has("btc") == Decimal("1000.998")
    assert bench.has("usd") == 100_000_000 - 30000
    bench.order(Side.SELL, "29990", "1")
    assert bench.has("btc") == Decimal("999.998")
    assert bench.has("usd") == 100_000_000 - 30000 + 29990 - Decimal("59.98")


def test_the_maker_pays_a_fee_too() -> None:
    bench = Bench(fee="0.002")
    _, _, order_id = bench.order(Side.BUY, "29995", "1")
    bench.order(Side.SELL, "29995", "1", account="two")
    assert bench.exchange.order("one", order_id).state == 1
    assert bench.has("btc") == Decimal("1000.998")
    assert bench.has("usd", "two") == 100_000_000 + 29995 - Decimal("59.99")


def test_a_better_price_is_given_and_the_rest_is_free_again() -> None:
    bench = Bench()
    bench.order(Side.BUY, "31000", "1")
    assert bench.floor.funds.available("one")["usd"] == 100_000_000 - 30000


def test_a_market_sell_without_amount_sells_what_is_free() -> None:
    bench = Bench()
    _, _, resting = bench.order(Side.SELL, "31000", "995")
    received, remains, order_id = bench.order(Side.SELL)
    assert (received, remains) == (Decimal(5), Decimal(0))
    assert bench.exchange.order("one", order_id).state == 1
    assert bench.exchange.order("one", resting).state == 0


def test_a_market_buy_without_amount_buys_what_there_is() -> None:
    bench = Bench()
    received, remains, order_id = bench.order(Side.BUY)
    assert (received, remains) == (Decimal(10), Decimal(0))
    assert bench.exchange.order("one", order_id).state == 1


def test_a_market_buy_spends_no_more_than_there_is() -> None:
    bench = Bench()
    bench.treasury.create_coupon("one", Sum("usd", Decimal(99_999_900)), "two", NOW)
    received, remains, order_id = bench.order(Side.BUY, None, "10", pair="ltc_usd")
    assert (received, remains) == (Decimal("1.25"), Decimal("8.75"))
    assert bench.floor.funds.available("one")["usd"] == 0
    assert bench.exchange.order("one", order_id).state == 3
    with pytest.raises(Refused, match="It is not enough USD for purchase"):
        bench.order(Side.BUY, None, "10", pair="ltc_usd")


def test_an_account_that_trades_with_itself_has_two_rows() -> None:
    bench = Bench()
    bench.order(Side.BUY, "29995", "1")
    bench.order(Side.SELL, "29995", "1")
    rows = bench.floor.executions["one"]
    assert Counter(row.side for row in rows) == {Side.BUY: 1, Side.SELL: 1}
    assert len({row.number for row in rows}) == 2
    assert bench.has("btc") == 1000


def test_orders_of_one_price_trade_in_their_order() -> None:
    bench = Bench()
    _, _, first = bench.order(Side.BUY, "29995", "1")
    _, _, second = bench.order(Side.BUY, "29995", "1", account="two")
    bench.order(Side.SELL, "29995", "1", account="two")
    assert bench.exchange.order("one", first).state == 1
    assert bench.exchange.order("two", second).state == 0


def test_the_book_shows_what_rests_at_each_price() -> None:
    bench = Bench()
    bench.order(Side.BUY, "29990", "0.5")
    assert bench.exchange.levels("btc_usd", Side.BUY)[0] == (Decimal(29990), Decimal("1.5"))
    assert bench.exchange.best("btc_usd", Side.SELL) == 30000


def test_the_same_seed_moves_the_same_prices() -> None:
    def tape(seed: int) -> list[object]:
        bench = Bench(background=True, seed=seed)
        for _ in range(50):
            bench.exchange.step(NOW)
        return [trade for pair in PAIRS for trade in bench.floor.tape[pair.name]]

    assert tape(1) == tape(1) != tape(2)


ORDERS = st.tuples(
    st.sampled_from(ACCOUNTS),
    st.sampled_from(list(Side)),
    st.sampled_from(["29950", "29990", "29995", "30000.001", "30020", None]),
    st.sampled_from(["0.001", "0.12345678", "1", "7.5", "900"]),
)
ACTIONS = st.lists(st.one_of(ORDERS, st.integers(0, 20), st.just("step")), max_size=25)


@settings(max_examples=60, deadline=None)
@given(actions=ACTIONS, background=st.booleans(), fee=st.sampled_from(["0", "0.002"]))
def test_money_is_conserved_and_orders_add_up(
    actions: list[tuple[str, Side, str | None, str] | int | str], background: bool, fee: str
) -> None:
    bench = Bench(fee=fee, background=background)
    before = bench.totals()
    placed: list[tuple[str, str]] = []
    for action in actions:
        bench.now += timedelta(seconds=1)
        try:
            match action:
                case (account, side, rate, amount):
                    _, _, order_id = bench.order(side, rate, amount, account=account)
                    placed.append((account, order_id))
                case int() if placed:
                    account, order_id = placed[action % len(placed)]
                    bench.events += bench.exchange.cancel(account, order_id, bench.now)
                case "step":
                    bench.events += bench.exchange.step(bench.now)
        except Refused:
            pass
        assert bench.totals() == before
    check_orders(bench, placed)
    check_funds(bench)


def check_orders(bench: Bench, placed: list[tuple[str, str]]) -> None:
    """Each order's executions, events and status say the same."""
    for account, order_id in placed:
        order = bench.exchange.order(account, order_id)
        rows = [row for row in bench.floor.executions[account] if row.order_id == order_id]
        fills = [one for one in bench.events if isinstance(one, Filled) and one.order.order_id == order_id]
        assert sum(row.amount for row in rows) == sum(fill.last_qty for fill in fills) == order.cum_qty
        assert (order.state == 1) == (order.leaves == 0)
        assert (order in bench.exchange.active(account)) == (order.state == 0)
        kinds = Counter(type(one) for one in bench.events if one.order and one.order.order_id == order_id)
        assert kinds[Accepted] == 1
        assert kinds[Canceled] == int(order.state in (2, 3))


def check_funds(bench: Bench) -> None:
    """Nobody owes, and what is frozen is what open orders need."""
    for account in ACCOUNTS:
        needs = Counter[str]()
        for order in bench.exchange.active(account):
            selling = order.side is Side.SELL
            needs["btc" if selling else "usd"] += order.leaves * (1 if selling else order.limit())  # type: ignore[assignment]
        for currency in OPENING_BALANCES:
            balance = bench.floor.funds.balance(account, currency)
            assert balance.frozen == needs[currency]
            assert balance.available >= 0
