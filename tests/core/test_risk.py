"""Pre-trade checks: one fixed order, one code each."""

from decimal import Decimal

import msgspec
import pytest

from oms.core.inputs import PlaceOrder
from oms.core.risk import Exposure, Limits, check
from tests.core.desk import Desk

LIMITS = Limits(
    max_order_qty=Decimal(100),
    max_order_notional=Decimal(5000),
    max_open_orders=2,
    max_open_notional=Decimal(6000),
    exchanges=frozenset({"EX", "OTHER"}),
    symbols=frozenset({"BTCUSDT"}),
    market_exchanges=frozenset({"OTHER"}),
    times_in_force=frozenset({"1", "3"}),
)


def placed(**changes: object) -> PlaceOrder:
    fields: dict[str, object] = {"client_order_id": "c", "symbol": "BTCUSDT", "side": "1", "exchange": "EX"}
    fields |= {"order_qty": Decimal(10), "price": Decimal(100)}
    return PlaceOrder(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"symbol": "btc"}, "SYMBOL_FORMAT"),
        ({"symbol": "ETHUSDT"}, "UNKNOWN_SYMBOL"),
        ({"exchange": None}, "UNKNOWN_VENUE"),
        ({"exchange": "NOWHERE"}, "UNKNOWN_VENUE"),
        ({"time_in_force": "6"}, "TIME_IN_FORCE"),
        ({"ord_type": "1"}, "MARKET_ORDER"),
        ({"order_qty": Decimal(0)}, "NOT_POSITIVE"),
        ({"price": Decimal(-1)}, "NOT_POSITIVE"),
        ({"order_qty": Decimal("0.000000001")}, "TOO_MANY_DECIMALS"),
        ({"order_qty": Decimal("1.000000000")}, None),
        ({"ord_type": "1", "exchange": "OTHER", "price": None}, "CASH_ORDER_QTY"),
        ({"order_qty": Decimal(101)}, "MAX_ORDER_QTY"),
        ({"order_qty": Decimal(51)}, "MAX_ORDER_NOTIONAL"),
        ({"symbol": "btc", "order_qty": Decimal(-1)}, "SYMBOL_FORMAT"),
    ],
)
def test_the_first_reason_counts(changes: dict[str, object], code: str | None) -> None:
    denial = check(placed(**changes), LIMITS, Exposure(), "A")
    assert (denial.code if denial else None) == code


def test_a_time_in_force_that_the_venue_lacks_is_denied_with_the_reason_where_that_is_known() -> None:
    limits = msgspec.structs.replace(LIMITS, times_lacking={"4": "no order is filled whole or not at all"})
    told = [check(placed(time_in_force=each), limits, Exposure(), "A") for each in ("4", "6", "3")]
    words = "is not supported by this venue"
    assert [denial and denial.text for denial in told] == [
        f"time_in_force 4 {words}: no order is filled whole or not at all",
        f"time_in_force 6 {words}",
        None,
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"side": "2"}, None),
        ({"price": None}, "PRICE"),
        ({"order_qty": None, "cash_order_qty": Decimal(5)}, "ORDER_QTY"),
        ({"cash_order_qty": Decimal(5)}, "ORDER_QTY"),
    ],
)
def test_where_market_orders_are_limit_orders_they_have_a_price(
    changes: dict[str, object], code: str | None
) -> None:
    denial = check(placed(ord_type="1", **changes), Limits(market_price=True), Exposure(), "A")
    assert (denial.code if denial else None) == code


def test_elsewhere_a_market_order_has_none() -> None:
    denial = check(placed(ord_type="1", side="2"), Limits(), Exposure(), "A")
    assert denial is not None
    assert denial.code == "PRICE"


def test_open_orders_count_until_they_are_over() -> None:
    desk, exposure = Desk(), Exposure()
    order = desk.place("11=X 38=50 44=100 1=A")
    exposure.update(order)
    assert exposure.by_account["A"] == 5000
    denial = check(placed(order_qty=Decimal(11)), LIMITS, exposure, "A")
    assert denial is not None
    assert denial.code == "MAX_OPEN_NOTIONAL"
    desk.tell("11=X 37=O 17=F 150=1 39=1 32=20 31=100")
    exposure.update(order)
    assert exposure.by_account["A"] == 3000
    exposure.update(desk.place("11=Y 38=1 44=1 1=A"))
    denial = check(placed(order_qty=Decimal(1)), LIMITS, exposure, "A")
    assert denial is not None
    assert denial.code == "MAX_OPEN_ORDERS"
    assert check(placed(), LIMITS, exposure, "B") is None
    desk.tell("11=X 17=C 150=4 39=4")
    exposure.update(order)
    assert exposure.by_account["A"] == exposure.open_orders["A"] == 1


def test_a_market_buy_counts_with_its_quote_amount() -> None:
    desk, exposure = Desk(), Exposure()
    order = desk.place("11=X 152=1000 40=1 1=A")
    desk.tell("11=X 17=F 150=1 39=1 32=2 31=100")
    exposure.update(order)
    assert exposure.by_account["A"] == 800
