"""What an exchange can do of FIX's orders, its symbols' precisions, and what its rows say of an order."""

from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest

from oms.core.messages import FillRow, NewOrder
from oms.core.values import OrdStatus
from oms.rest.cloud import rules, snapshots, terms
from oms.rest.cloud.market_models import Symbol
from oms.rest.cloud.models import Envelope, Kind, MatchRow, OrderRow, PlaceRequest, State
from oms.rest.refusal import Refusal
from oms.rest.rows import read
from tests.rest.cloud import samples

ORDER = NewOrder(
    cl_ord_id="1",
    symbol="ethusdt",
    side="1",
    ord_type="2",
    order_qty=Decimal("10.1"),
    price=Decimal("100.1"),
    time_in_force="1",
)
MARKET: dict[str, Any] = {"ord_type": "1", "price": None}
BY_CASH: dict[str, Any] = {"order_qty": None, "cash_order_qty": Decimal(500)}


def data_of(sample: str) -> msgspec.Raw:
    return read(sample.encode(), Envelope).data


ROW = read(data_of(samples.ORDER), OrderRow)
MATCHES = [
    *read(data_of(samples.ORDER_MATCH_RESULTS), list[MatchRow]),
    *read(data_of(samples.MATCH_RESULTS), list[MatchRow]),
]


def order(**changes: Any) -> NewOrder:
    return msgspec.structs.replace(ORDER, **changes)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "buy-limit"),
        ({"side": "2"}, "sell-limit"),
        ({"time_in_force": "3"}, "buy-ioc"),
        ({"side": "2", "time_in_force": "3"}, "sell-ioc"),
        ({"time_in_force": "7"}, "buy-limit-maker"),
        ({"side": "2", "time_in_force": "7"}, "sell-limit-maker"),
    ],
)
def test_limit_orders_of_every_kind(changes: dict[str, Any], kind: Kind) -> None:
    assert terms.request_for(order(**changes), 100009) == PlaceRequest(
        account_id=100009, symbol="ethusdt", type=kind, amount=Decimal("10.1"), price=Decimal("100.1")
    )


@pytest.mark.parametrize("time_in_force", ["1", "3"])
def test_market_orders_are_sized_in_quote_to_buy_and_in_base_to_sell(time_in_force: str) -> None:
    buy = order(**MARKET, **BY_CASH, time_in_force=time_in_force)
    assert terms.request_for(buy, 7, "margin-api") == PlaceRequest(
        account_id=7, symbol="ethusdt", type="buy-market", amount=Decimal(500), source="margin-api"
    )
    sell = order(**MARKET, side="2", time_in_force=time_in_force)
    assert terms.request_for(sell, 7) == PlaceRequest(
        account_id=7, symbol="ethusdt", type="sell-market", amount=Decimal("10.1")
    )


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        ({"side": "5"}, "SIDE", "side is 5"),
        ({"ord_type": "3"}, "ORD_TYPE", "ord_type is 3"),
        ({"time_in_force": "0"}, "TIME_IN_FORCE", "no order ends with the day"),
        ({"time_in_force": "4"}, "TIME_IN_FORCE", "whole or not at all"),
        ({"time_in_force": "6"}, "TIME_IN_FORCE", "no order ends at a time"),
        ({**MARKET, **BY_CASH, "time_in_force": "7"}, "TIME_IN_FORCE", "always trades at once"),
        ({"price": None}, "PRICE", "price is missing"),
        ({"ord_type": "1"}, "PRICE", "a market order has no price"),
        (MARKET, "CASH_ORDER_QTY", "sizes a market buy"),
        ({**MARKET, "cash_order_qty": Decimal(5)}, "CASH_ORDER_QTY", "no order_qty"),
        ({**MARKET, **BY_CASH, "side": "2"}, "ORDER_QTY", "in base currency"),
        ({"order_qty": None}, "ORDER_QTY", "order_qty is missing"),
        ({"cash_order_qty": Decimal(5)}, "ORDER_QTY", "no cash_order_qty"),
    ],
)
def test_what_the_exchange_cannot_do_is_named(changes: dict[str, Any], code: str, told: str) -> None:
    refusal = terms.request_for(order(**changes), 100009)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert told in refusal.text


def test_every_type_of_order_and_every_state_has_its_place() -> None:
    assert set(terms.KINDS.values()) == set(get_args(Kind))
    assert set(terms.STATES) == set(get_args(State))


SYMBOLS = rules.by_name(
    [Symbol(base_currency="eth", quote_currency="usdt", price_precision=2, amount_precision=4)]
)


def request(**changes: Any) -> PlaceRequest:
    made = PlaceRequest(
        account_id=1, symbol="ethusdt", type="buy-limit", amount=Decimal("0.0001"), price=Decimal("100.10")
    )
    return msgspec.structs.replace(made, **changes)


def test_a_request_within_the_precisions_passes() -> None:
    assert rules.check(request(), SYMBOLS) is None
    assert rules.check(request(amount=Decimal("1.00010000000")), SYMBOLS) is None
    assert rules.check(request(type="buy-market", price=None, amount=Decimal("0.123456")), SYMBOLS) is None
    unknown = rules.by_name([Symbol(base_currency="eth", quote_currency="usdt")])
    assert rules.check(request(amount=Decimal("1E-18"), price=Decimal("1E-18")), unknown) is None


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"symbol": "xyz"}, "UNKNOWN_SYMBOL", "symbol is xyz; it has to be a symbol of this venue"),
        (
            {"price": Decimal("100.101")},
            "PRICE_DECIMALS",
            "price is 100.101; it has to be of at most 2 decimals",
        ),
        (
            {"amount": Decimal("0.00011")},
            "QTY_DECIMALS",
            "order_qty is 0.00011; it has to be of at most 4 decimals",
        ),
        ({"price": Decimal(0)}, "PRICE_NOT_POSITIVE", "price is 0; it has to be above 0"),
        ({"amount": Decimal(-1)}, "QTY_NOT_POSITIVE", "order_qty is -1; it has to be above 0"),
        (
            {"type": "buy-market", "price": None, "amount": Decimal(0)},
            "CASH_QTY_NOT_POSITIVE",
            "cash_order_qty is 0; it has to be above 0",
        ),
    ],
)
def test_a_rule_that_is_broken_is_named_with_value_and_limit(
    changes: dict[str, Any], code: str, text: str
) -> None:
    refusal = rules.check(request(**changes), SYMBOLS)
    assert refusal is not None
    assert (refusal.code, refusal.text) == (code, text)


# --- snapshots ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "executed", "expected"),
    [
        ("pre-submitted", "0", (OrdStatus.PENDING_NEW, "10.1")),
        ("submitting", "0", (OrdStatus.PENDING_NEW, "10.1")),
        ("submitted", "0", (OrdStatus.NEW, "10.1")),
        ("submitted", "0.1", (OrdStatus.PARTIALLY_FILLED, "10")),
        ("partial-filled", "4", (OrdStatus.PARTIALLY_FILLED, "6.1")),
        ("cancelling", "4", (OrdStatus.PENDING_CANCEL, "6.1")),
        ("partial-canceled", "4", (OrdStatus.CANCELED, "0")),
        ("filled", "10.1", (OrdStatus.FILLED, "0")),
        ("canceled", "0", (OrdStatus.CANCELED, "0")),
    ],
)
def test_each_state_of_an_order(state: State, executed: str, expected: tuple[str, str]) -> None:
    row = msgspec.structs.replace(ROW, state=state, field_amount=Decimal(executed))
    report = snapshots.report_of(row)
    status, leaves = expected
    assert (report.ord_status, report.leaves_qty) == (status, Decimal(leaves))
    assert (report.cum_qty, report.order_qty, report.exec_trans_type) == (
        Decimal(executed),
        Decimal("10.1"),
        "3",
    )


def test_the_documents_order_with_its_executions() -> None:
    taken = snapshots.snapshot(ROW, [*reversed(MATCHES), msgspec.structs.replace(MATCHES[0], order_id=1)])
    report = taken.report
    assert (report.order_id, report.symbol, report.side, report.price) == (
        "59378",
        "ethusdt",
        "1",
        Decimal("100.1"),
    )
    assert (report.ord_status, report.cum_qty, report.avg_px) == ("2", Decimal("10.1"), Decimal("100.1"))
    assert report.transact_time == "20170516-02:23:20.468"
    assert taken.fills == (
        FillRow(
            shares=Decimal("9.1155"),
            price=Decimal("100.1"),
            exec_id="29553",
            fee=Decimal("0.018231"),
            transact_time="20170516-02:23:20.435",
        ),
        FillRow(
            shares=Decimal("0.9845"),
            price=Decimal("100.1"),
            exec_id="29555",
            fee=Decimal("0.001969"),
            transact_time="20170516-02:23:20.487",
        ),
    )
    assert taken.all_fills
    assert not snapshots.snapshot(ROW, MATCHES[:1]).all_fills


@pytest.mark.parametrize(
    ("kind", "currency"), [("buy-limit", "eth"), ("sell-limit", "usdt"), ("sell-market", "usdt")]
)
def test_a_fee_is_in_what_the_execution_brings_in(kind: Kind, currency: str) -> None:
    taken = snapshots.snapshot(msgspec.structs.replace(ROW, type=kind), MATCHES)
    known = snapshots.with_currencies(taken, SYMBOLS)
    assert [(fill.fee, fill.fee_currency) for fill in known.fills] == [
        (Decimal("0.018231"), currency),
        (Decimal("0.001969"), currency),
    ]
    assert not any(fill.fee_computed for fill in known.fills)
    assert snapshots.with_currencies(taken, {}) == taken


def test_the_documents_open_order() -> None:
    (row,) = read(data_of(samples.OPEN_ORDERS), list[OrderRow])
    report = snapshots.report_of(row)
    assert (report.order_id, report.side, report.ord_status) == ("5454937", "2", "0")
    assert (report.order_qty, report.cum_qty, report.leaves_qty) == (Decimal(1), Decimal(0), Decimal(1))
    assert (report.avg_px, report.transact_time) == (None, None)


def test_an_order_that_quote_currency_sizes_has_no_quantity() -> None:
    open_row = msgspec.structs.replace(
        ROW, type="buy-market", state="partial-filled", amount=Decimal(1100), price=Decimal(0)
    )
    report = snapshots.report_of(open_row)
    assert (report.order_qty, report.leaves_qty, report.price) == (None, None, None)
    ended = snapshots.report_of(msgspec.structs.replace(open_row, state="filled"))
    assert (ended.order_qty, ended.leaves_qty, ended.cum_qty) == (None, Decimal(0), Decimal("10.1"))


def test_the_average_is_of_what_was_paid_rounded_half_even() -> None:
    row = msgspec.structs.replace(ROW, field_amount=Decimal(3), field_cash_amount=Decimal(10))
    assert snapshots.report_of(row).avg_px == Decimal("3.333333333333")
    nothing = msgspec.structs.replace(ROW, field_amount=Decimal(0), field_cash_amount=Decimal(0))
    assert snapshots.report_of(nothing).avg_px is None
