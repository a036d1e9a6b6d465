"""The simulated exchange by itself: stories with the fixed book, then what always holds."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.sim.exchange import Exchange
from oms.sim.market import INSTRUMENTS, OPENING_BALANCES, VENUES
from oms.sim.rules import id_is_well_formed
from oms.sim.terms import (
    NO_FEES,
    Accepted,
    Canceled,
    CancelOrder,
    CancelReason,
    CancelRefused,
    Event,
    Fees,
    Filled,
    NewOrder,
    OrderView,
    Rejected,
    RejectReason,
    Side,
    Status,
    StatusReply,
    StatusRequest,
)

FIRST, SECOND = "STA-00000015", "STA-00000016"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Desk:
    """Orders with fresh ids, and the exchange that they go to."""

    def __init__(self, *, background: bool = False, seed: int = 1, fees: Fees = NO_FEES) -> None:
        self.fees = fees
        dice = random.Random(seed)
        self.exchange = Exchange((FIRST, SECOND), dice, background=background, fees=fees)
        self._numbers = count(1)

    def new(self, side: str, qty: str | None, price: str | None, **changes: object) -> NewOrder:
        account = str(changes.pop("account", FIRST))
        fields: dict[str, object] = {
            "account": account,
            "cl_ord_id": f"{account[-8:]}{1_700_000_000_000 + next(self._numbers)}001",
            "venue": "BINANCEUS",
            "symbol": "BTCUSDT",
            "side": Side.BUY if side == "buy" else Side.SELL,
            "ord_type": "2" if price else "1",
            "price": None if price is None else Decimal(price),
            "qty": None if qty is None else Decimal(qty),
        }
        return NewOrder(**(fields | changes))  # type: ignore[arg-type] # the fields of one order

    def submit(self, side: str, qty: str | None, price: str | None, **changes: object) -> list[Event]:
        return self.exchange.submit(self.new(side, qty, price, **changes), NOW)

    def cancel(self, order: OrderView, *, late_fill: bool = False) -> list[Event]:
        return self.exchange.cancel(_cancel_of(order), NOW, late_fill=late_fill)


def _cancel_of(order: OrderView) -> CancelOrder:
    return CancelOrder(
        account=order.account,
        cl_ord_id=order.cl_ord_id,
        orig_cl_ord_id=order.cl_ord_id,
        symbol=order.symbol,
        side=order.side,
    )


def told(events: list[Event]) -> list[str]:
    """Events in short, as the stories below write them."""
    words = []
    for event in events:
        match event:
            case Filled():
                words.append(f"{event.order.status.name} {event.last_qty:f}@{event.last_px:f}")
            case Rejected() | CancelRefused():
                words.append(event.text)
            case StatusReply():
                words.append(event.order.status.name if event.order else event.text)
            case _:
                words.append(event.order.status.name)
    return words


def order_of(events: list[Event]) -> OrderView:
    order = events[0].order
    assert order is not None
    return order


def test_an_order_below_the_asks_rests() -> None:
    assert told(Desk().submit("buy", "1", "29000")) == ["NEW"]


def test_an_order_fills_in_parts_over_the_price_levels() -> None:
    assert told(Desk().submit("buy", "2.5", "30020")) == [
        "NEW",
        "PARTIALLY_FILLED 1@30000",
        "PARTIALLY_FILLED 1@30010",
        "FILLED 0.5@30020",
    ]


def test_the_rest_of_an_order_waits_and_is_filled_by_another() -> None:
    desk = Desk()
    events = desk.submit("buy", "3", "30010")
    assert told(events) == ["NEW", "PARTIALLY_FILLED 1@30000", "PARTIALLY_FILLED 1@30010"]
    assert told(desk.submit("sell", "1", "30010", account=SECOND)) == [
        "NEW",
        "FILLED 1@30010",
        "FILLED 1@30010",
    ]


def test_what_an_ioc_order_cannot_take_is_canceled() -> None:
    desk = Desk()
    assert told(desk.submit("buy", "4", "30010", tif="3"))[-1] == "CANCELED"
    assert told(desk.submit("buy", "1", "29000", tif="3")) == ["NEW", "CANCELED"]


def test_the_fixed_depth_is_whole_again_after_each_order() -> None:
    desk = Desk()
    first = told(desk.submit("buy", "2.5", "30020"))
    assert told(desk.submit("buy", "2.5", "30020")) == first


def test_a_level_waits_while_it_would_trade_with_a_resting_order() -> None:
    desk = Desk()
    resting = order_of(desk.submit("buy", "3", "30010"))
    assert told(desk.submit("buy", "1", "30015", account=SECOND)) == ["NEW"]
    desk.cancel(resting)
    assert told(desk.submit("buy", "1", "30000")) == ["NEW"], "30015 still rests"


def test_a_post_only_order_rests_or_is_rejected() -> None:
    desk = Desk()
    assert told(desk.submit("buy", "1", "29995", tif="7")) == ["NEW"]
    assert told(desk.submit("buy", "1", "30000", tif="7")) == ["post-only order would take liquidity"]


def test_a_market_buy_spends_its_cash_in_whole_steps() -> None:
    desk = Desk()
    events = desk.submit("buy", None, None, cash_qty=Decimal(75000))
    assert told(events) == [
        "NEW",
        "PARTIALLY_FILLED 1@30000",
        "PARTIALLY_FILLED 1@30010",
        "FILLED 0.4993@30020",
    ]
    assert desk.exchange.balance(FIRST, "BINANCEUS", "USDT").frozen == 0


def test_a_market_sell_that_empties_the_book_is_canceled() -> None:
    assert told(Desk().submit("sell", "12", None))[-2:] == ["PARTIALLY_FILLED 6@29950", "CANCELED"]


def test_an_order_may_take_its_own_account_s_order() -> None:
    desk = Desk()
    desk.submit("buy", "1", "29995")
    assert told(desk.submit("sell", "1", "29995")) == ["NEW", "FILLED 1@29995", "FILLED 1@29995"]


def test_time_breaks_the_tie_between_equal_prices() -> None:
    desk = Desk()
    early = order_of(desk.submit("buy", "1", "29995"))
    desk.submit("buy", "1", "29995", account=SECOND)
    better = order_of(desk.submit("buy", "1", "29996", account=SECOND))
    filled = [event.order for event in desk.submit("sell", "2", "29990") if isinstance(event, Filled)]
    makers = [order.order_id for order in filled if order.side is Side.BUY]
    assert makers == [better.order_id, early.order_id]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"venue": ""}, "unknown SecurityExchange"),
        ({"venue": "NYSE"}, "NYSE"),
        ({"symbol": "DOGEUSDT"}, "Util_Unknown_Symbol"),
        ({"ord_type": "3"}, "OrdType(40) 3 is not supported"),
        ({"ord_type": "1", "price": None, "venue": "VENUE1"}, "not supported on VENUE1"),
        ({"tif": "2"}, "GTD is temporarily not supported"),
        ({"tif": "4"}, "unknown TimeInForce(59) 4"),
        ({"ord_type": "1", "price": None, "tif": "7"}, "cannot be post-only"),
        ({"price": None}, "needs a Price(44)"),
        ({"price": Decimal(0)}, "price must be from"),
        ({"price": Decimal("9" * 20)}, "price must be from"),
        ({"price": Decimal("29000.005")}, "tick size 0.01"),
        ({"qty": None}, "needs an OrderQty(38)"),
        ({"qty": Decimal(-1)}, "below the minimum 0.0001"),
        ({"qty": Decimal("0.00001")}, "below the minimum 0.0001"),
        ({"qty": Decimal("0.00015")}, "step size 0.0001"),
        ({"qty": Decimal(10001)}, "above the maximum 10000"),
        ({"price": Decimal("0.01")}, "notional must be at least 1 USDT"),
        ({"cash_qty": Decimal(5)}, "for market buy orders only"),
        ({"ord_type": "1", "price": None}, "needs a CashOrderQty(152)"),
        ({"ord_type": "1", "price": None, "cash_qty": Decimal("0.5")}, "notional must be"),
        ({"qty": Decimal(5000)}, "Not enough asset available"),
        ({"side": Side.SELL, "qty": Decimal(1001)}, "Not enough asset available"),
        ({"cl_ord_id": "abc"}, "order id rule error"),
    ],
)
def test_an_order_against_the_rules_is_rejected(changes: dict[str, object], text: str) -> None:
    desk = Desk()
    order = replace(desk.new("buy", "1", "29000"), **changes)  # type: ignore[arg-type] # as above
    (rejected,) = desk.exchange.submit(order, NOW)
    assert isinstance(rejected, Rejected)
    assert text in rejected.text
    assert rejected.order.status is Status.REJECTED
    assert all(desk.exchange.balance(FIRST, "BINANCEUS", each).frozen == 0 for each in ("BTC", "USDT"))


@pytest.mark.parametrize(
    ("account", "cl_ord_id", "good"),
    [
        (FIRST, "00000015" + "1700000000000" + "001", True),
        (FIRST, "00000015" + "1" * 56, True),
        (FIRST, "00000015" + "1" * 57, False),
        (FIRST, "00000015" + "170000000000" + "001", False),
        (FIRST, "00000016" + "1700000000000" + "001", False),
        (FIRST, "00000015" + "1700000000000" + "00x", False),
        (FIRST, "00000015" + "170000000000٣" + "001", False),
        (FIRST, "", False),
        ("STA-VENUE1_00000015", "00000015" + "1700000000000" + "001", True),
        ("STA-VENUE1_00000015", "100000015" + "1700000000000" + "001", True),
    ],
)
def test_the_rule_for_order_ids(account: str, cl_ord_id: str, good: bool) -> None:
    assert id_is_well_formed(account, cl_ord_id) is good


def test_a_repeated_id_is_rejected_and_the_first_order_goes_on() -> None:
    desk = Desk()
    order = desk.new("buy", "1", "29000")
    first = order_of(desk.exchange.submit(order, NOW))
    (again,) = desk.exchange.submit(order, NOW)
    assert isinstance(again, Rejected)
    assert (again.text, again.reason) == ("order id repeat", RejectReason.DUPLICATE_ORDER)
    assert again.first == first
    assert told(desk.cancel(first)) == ["CANCELED"]


def test_a_cancel_frees_the_money_and_comes_once() -> None:
    desk = Desk()
    order = order_of(desk.submit("buy", "1", "29000"))
    assert desk.exchange.balance(FIRST, "BINANCEUS", "USDT").frozen == 29000
    assert told(desk.cancel(order)) == ["CANCELED"]
    assert desk.exchange.balance(FIRST, "BINANCEUS", "USDT").frozen == 0
    (refused,) = desk.cancel(order)
    assert isinstance(refused, CancelRefused)
    assert refused.reason is CancelReason.TOO_LATE


def test_an_account_cannot_reach_another_s_order() -> None:
    desk = Desk()
    order = order_of(desk.submit("buy", "1", "29000"))
    request = CancelOrder(
        account=SECOND,
        cl_ord_id=order.cl_ord_id,
        orig_cl_ord_id=order.cl_ord_id,
        symbol=order.symbol,
        side=order.side,
    )
    (refused,) = desk.exchange.cancel(request, NOW)
    assert isinstance(refused, CancelRefused)
    assert refused.reason is CancelReason.UNKNOWN_ORDER


def test_a_late_fill_leaves_the_order_canceled() -> None:
    desk = Desk()
    order = order_of(desk.submit("buy", "1", "29000"))
    canceled, fill = desk.cancel(order, late_fill=True)
    assert isinstance(canceled, Canceled)
    assert canceled.order.cum_qty == 0
    assert isinstance(fill, Filled)
    assert (fill.order.status, fill.order.cum_qty) == (Status.CANCELED, Decimal("0.5"))
    assert desk.exchange.balance(FIRST, "BINANCEUS", "BTC").total == Decimal("1000.5")


def test_a_status_request_changes_nothing() -> None:
    desk = Desk()
    order = order_of(desk.submit("buy", "3", "30010"))
    request = StatusRequest(account=FIRST, cl_ord_id=order.cl_ord_id, symbol="BTCUSDT", side=Side.BUY)
    assert told(desk.exchange.status(request, NOW)) == ["PARTIALLY_FILLED"]
    unknown = StatusRequest(account=SECOND, cl_ord_id=order.cl_ord_id, symbol="BTCUSDT", side=Side.BUY)
    assert told(desk.exchange.status(unknown, NOW)) == ["Order doesn't exist, please change order ID."]


def test_other_participants_fill_resting_orders_and_are_seeded() -> None:
    def fills(seed: int) -> list[tuple[str, str, datetime]]:
        desk = Desk(background=True, seed=seed)
        for venue in VENUES:
            desk.submit("buy", "1", "29985", venue=venue)
        seen = []
        for step in range(2000):
            for event in desk.exchange.step(NOW + timedelta(milliseconds=50 * step)):
                assert isinstance(event, Filled)
                seen.append((event.exec_id, f"{event.last_qty}@{event.last_px}", event.at))
        return seen

    assert fills(1)
    assert fills(1) == fills(1)
    assert fills(1) != fills(2)


STEP = Decimal("0.0001")
_orders = st.tuples(
    st.just("order"),
    st.sampled_from([FIRST, SECOND]),
    st.sampled_from(["buy", "sell"]),
    st.integers(1, 40_000).map(lambda steps: str(steps * STEP)),
    st.integers(29_985, 30_015).map(str) | st.just("cash"),
    st.sampled_from(["1", "1", "3", "7"]),
)
_cancels = st.tuples(st.just("cancel"), st.integers(0, 60), st.booleans())
_fees = st.sampled_from([NO_FEES, Fees(Decimal("0.0005"), Decimal("0.0005")), Fees(Decimal("0.003"))])
_actions = st.lists(_orders | _cancels | st.tuples(st.just("step")), max_size=60)


class Audit:
    """What an observer of the events alone can check."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.orders: dict[str, OrderView] = {}
        self.arrival: dict[str, int] = {}
        self.exec_ids: set[str] = set()
        self.fees: dict[str, Decimal] = {FIRST: Decimal(0), SECOND: Decimal(0)}

    def hear(self, events: list[Event]) -> None:
        for event in events:
            assert not isinstance(event, StatusReply | CancelRefused)
            assert event.exec_id not in self.exec_ids
            self.exec_ids.add(event.exec_id)
            if isinstance(event, Filled):
                self._check_fill(event, self.orders[event.order.order_id])
            if isinstance(event, Accepted):
                self.arrival[event.order.order_id] = len(self.arrival)
            self.orders[event.order.order_id] = event.order

    def _check_fill(self, fill: Filled, before: OrderView) -> None:
        assert fill.order.cum_qty == before.cum_qty + fill.last_qty
        assert fill.order.notional == before.notional + fill.last_qty * fill.last_px
        rate = self.desk.fees.taker if fill.taker else self.desk.fees.maker
        due = fill.last_qty * fill.last_px * rate
        assert due - Decimal("1e-8") < fill.fee <= due
        self.fees[fill.order.account] += fill.fee
        if fill.order.price is not None:
            better = fill.last_px - fill.order.price
            assert better <= 0 if fill.order.side is Side.BUY else better >= 0

    def check_quantities(self) -> None:
        for order in self.orders.values():
            assert order.cum_qty >= 0
            if order.status.open and order.qty is not None:
                assert order.leaves_qty is not None
                assert order.cum_qty + order.leaves_qty == order.qty
                assert order.leaves_qty > 0
            if order.status is Status.FILLED and order.qty is not None:
                assert order.cum_qty == order.qty
            if not order.status.open:
                assert order.leaves_qty == 0

    def check_balances(self) -> None:
        """Each account's balances are the opening ones moved by its fills and fees; nothing else moved."""
        instrument = INSTRUMENTS[0]
        with_fee = 1 + max(self.desk.fees.taker, self.desk.fees.maker)
        for account in (FIRST, SECOND):
            mine = [order for order in self.orders.values() if order.account == account]
            base = sum((_signed(order.side, order.cum_qty) for order in mine), Decimal(0))
            quote = sum((_signed(order.side, order.notional) for order in mine), Decimal(0))
            bids = sum(
                (_open(order) * (order.price or 0) for order in mine if order.side is Side.BUY), Decimal(0)
            )
            asks = sum((_open(order) for order in mine if order.side is Side.SELL), Decimal(0))
            spent = quote + self.fees[account]
            for currency, moved, held in (
                (instrument.base, base, asks),
                (instrument.quote, -spent, bids * with_fee),
            ):
                balance = self.desk.exchange.balance(account, "BINANCEUS", currency)
                assert balance.total == OPENING_BALANCES[currency] + moved
                assert balance.frozen == held
                assert balance.available >= 0

    def check_conservation(self) -> None:
        """What the accounts gained, the house lost."""
        for currency in (INSTRUMENTS[0].base, INSTRUMENTS[0].quote):
            balances = (self.desk.exchange.balance(one, "BINANCEUS", currency) for one in (FIRST, SECOND, ""))
            assert sum(balance.total for balance in balances) == 2 * OPENING_BALANCES[currency]


def _open(order: OrderView) -> Decimal:
    return order.leaves_qty or Decimal(0)


def _signed(side: Side, amount: Decimal) -> Decimal:
    return amount if side is Side.BUY else -amount


def _perform(audit: Audit, action: tuple[object, ...]) -> list[Event]:
    desk = audit.desk
    match action:
        case ("order", str(account), str(side), str(qty), "cash", _):
            cash = {"cash_qty": Decimal(qty) * 30000} if side == "buy" else {}
            return desk.submit(side, None if cash else qty, None, account=account, **cash)
        case ("order", str(account), str(side), str(qty), str(price), str(tif)):
            return desk.submit(side, qty, price, account=account, tif=tif)
        case ("cancel", int(number), bool(late)):
            orders = [order for order in audit.orders.values() if order.status.open]
            return desk.cancel(orders[number % len(orders)], late_fill=late) if orders else []
        case _:
            # About one step for each book.
            return [event for _ in range(21) for event in desk.exchange.step(NOW)]


@settings(max_examples=150, deadline=None)
@given(actions=_actions, background=st.booleans(), fees=_fees)
def test_quantities_and_balances_always_add_up(
    actions: list[tuple[object, ...]], background: bool, fees: Fees
) -> None:
    audit = Audit(Desk(background=background, fees=fees))
    for action in actions:
        audit.hear(_perform(audit, action))
        audit.check_quantities()
        audit.check_balances()
        audit.check_conservation()


def _makers_turn(audit: Audit, fill: Filled) -> None:
    """No other order of the maker's side comes before it by price, then by time."""
    maker = fill.order
    assert maker.price is not None
    for other in audit.orders.values():
        if other.order_id == maker.order_id or not other.status.open or other.side is not maker.side:
            continue
        assert other.price is not None
        gap = (other.price - maker.price) * (1 if maker.side is Side.BUY else -1)
        assert gap <= 0, "a better price waits"
        if gap == 0:
            assert audit.arrival[maker.order_id] < audit.arrival[other.order_id], "an older order waits"


@settings(max_examples=150, deadline=None)
@given(actions=st.lists(_orders | _cancels, max_size=60))
def test_orders_trade_by_price_then_time(actions: list[tuple[object, ...]]) -> None:
    audit = Audit(Desk())
    for action in actions:
        before = set(audit.orders)
        for event in _perform(audit, action):
            # A fill that comes after its cancel took no turn.
            if (
                isinstance(event, Filled)
                and event.order.order_id in before
                and event.order.status is not Status.CANCELED
            ):
                _makers_turn(audit, event)
            audit.hear([event])


@settings(max_examples=50, deadline=None)
@given(actions=_actions, background=st.booleans(), seed=st.integers(0, 3))
def test_the_same_requests_give_the_same_events(
    actions: list[tuple[object, ...]], background: bool, seed: int
) -> None:
    audits = [Audit(Desk(background=background, seed=seed)) for _ in range(2)]
    for audit in audits:
        for action in actions:
            audit.hear(_perform(audit, action))
    assert audits[0].orders == audits[1].orders
    assert audits[0].exec_ids == audits[1].exec_ids
