"""What the venue can do of FIX's orders, its pairs' rules, and what its rows say of an order."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.messages import FillRow, NewOrder
from oms.core.values import OrdStatus
from oms.rest.refusal import Refusal
from oms.rest.rows import read
from oms.rest.weex import rules, snapshots, terms
from oms.rest.weex.client import TradeRequest
from oms.rest.weex.models import (
    ActiveOrder,
    Envelope,
    OrderRow,
    Pair,
    Placed,
    PublicInfo,
    TradeRow,
    TradeSide,
)
from tests.rest.weex import samples

PAIRS = read(samples.PUBLIC_INFO.encode(), PublicInfo).pairs
ORDER = NewOrder(
    cl_ord_id="1",
    symbol="btc_usd",
    side="1",
    ord_type="2",
    order_qty=Decimal("1.4"),
    price=Decimal(380),
    time_in_force="1",
)
ROW = OrderRow(
    pair="btc_usd",
    type="sell",
    start_amount=Decimal(10),
    amount=Decimal(10),
    rate=Decimal(485),
    timestamp_created=1342448420,
    status=0,
)


def order(**changes: Any) -> NewOrder:
    return msgspec.structs.replace(ORDER, **changes)


def request(**changes: Any) -> TradeRequest:
    made = TradeRequest(pair="btc_usd", type="buy", rate=Decimal("100.123"), amount=Decimal("0.01"))
    return msgspec.structs.replace(made, **changes)


def test_a_limit_order_and_a_market_order_with_its_limit_are_the_same_request() -> None:
    wanted = TradeRequest(pair="btc_usd", type="buy", rate=Decimal(380), amount=Decimal("1.4"))
    assert terms.request_for(ORDER) == wanted
    assert terms.request_for(order(ord_type="1")) == wanted
    assert terms.request_for(order(side="2")) == msgspec.structs.replace(wanted, type="sell")


@pytest.mark.parametrize(
    ("changes", "code", "told"),
    [
        ({"side": "5"}, "SIDE", "side is 5"),
        ({"ord_type": "3"}, "ORD_TYPE", "ord_type is 3"),
        ({"time_in_force": "0"}, "TIME_IN_FORCE", "no order ends with the day"),
        ({"time_in_force": "3"}, "TIME_IN_FORCE", "it would rest"),
        ({"time_in_force": "4"}, "TIME_IN_FORCE", "whole or not at all"),
        ({"time_in_force": "6"}, "TIME_IN_FORCE", "no order ends at a time"),
        ({"time_in_force": "7"}, "TIME_IN_FORCE", "trade at once"),
        ({"time_in_force": "Q"}, "TIME_IN_FORCE", "no such kind"),
        ({"ord_type": "1", "price": None}, "PRICE", "only as limit orders"),
        ({"price": None}, "PRICE", "price is missing"),
        ({"order_qty": None}, "ORDER_QTY", "order_qty is missing"),
        ({"cash_order_qty": Decimal(5)}, "ORDER_QTY", "no cash_order_qty"),
    ],
)
def test_what_the_venue_cannot_do_is_named(changes: dict[str, Any], code: str, told: str) -> None:
    refusal = terms.request_for(order(**changes))
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert told in refusal.text


def test_a_request_within_the_rules_passes() -> None:
    assert rules.check(request(), PAIRS) is None
    assert rules.check(request(rate=Decimal("0.1")), PAIRS) is None
    assert rules.check(request(rate=Decimal("400.000000")), PAIRS) is None


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"pair": "xyz_usd"}, "UNKNOWN_SYMBOL", "symbol is xyz_usd; it has to be a pair of this venue"),
        ({"rate": Decimal("0.099")}, "MIN_PRICE", "price is 0.099; it has to be at least 0.1"),
        ({"rate": Decimal("400.001")}, "MAX_PRICE", "price is 400.001; it has to be at most 400"),
        (
            {"rate": Decimal("100.1234")},
            "PRICE_DECIMALS",
            "price is 100.1234; it has to be of at most 3 decimals",
        ),
        ({"rate": None}, "PRICE", "price is missing; it has to be a price"),
        ({"amount": Decimal("0.0099")}, "MIN_QTY", "order_qty is 0.0099; it has to be at least 0.01"),
        ({"amount": Decimal(0)}, "MIN_QTY", "order_qty is 0; it has to be at least 0.01"),
        ({"amount": None}, "ORDER_QTY", "order_qty is missing; it has to be a quantity"),
    ],
)
def test_a_rule_that_is_broken_is_named_with_value_and_limit(
    changes: dict[str, Any], code: str, text: str
) -> None:
    refusal = rules.check(request(**changes), PAIRS)
    assert refusal is not None
    assert (refusal.code, refusal.text) == (code, text)


def test_a_highest_price_of_0_is_none() -> None:
    free: Pair = msgspec.structs.replace(PAIRS["btc_usd"], max_price=Decimal(0))
    assert rules.check(request(rate=Decimal(1_000_000)), {"btc_usd": free}) is None


def test_a_hidden_pair_is_closed_and_the_fee_is_per_cent() -> None:
    hidden: Pair = msgspec.structs.replace(PAIRS["btc_usd"], hidden=1)
    refusal = rules.check(request(), {"btc_usd": hidden})
    assert refusal is not None
    assert refusal.code == "HIDDEN_SYMBOL"
    assert rules.fee_rate(hidden) == Decimal("0.002")


@pytest.mark.parametrize(
    ("status", "remains", "expected"),
    [
        (0, 10, (OrdStatus.NEW, 0, 10)),
        (0, 4, (OrdStatus.PARTIALLY_FILLED, 6, 4)),
        (1, 0, (OrdStatus.FILLED, 10, 0)),
        (2, 10, (OrdStatus.CANCELED, 0, 0)),
        (3, 4, (OrdStatus.CANCELED, 6, 0)),
    ],
)
def test_each_status_of_an_order(status: int, remains: int, expected: tuple[str, int, int]) -> None:
    row = msgspec.structs.replace(ROW, status=status, amount=Decimal(remains))
    report = snapshots.report_of(343152, row)
    seen: tuple[object, ...] = (report.ord_status, report.cum_qty, report.leaves_qty)
    assert seen == expected
    assert (report.exec_trans_type, report.order_id, report.symbol, report.side) == (
        "3",
        "343152",
        "btc_usd",
        "2",
    )
    terms_of_it: tuple[object, ...] = (report.order_qty, report.price, report.exec_id, report.avg_px)
    assert terms_of_it == (10, 485, None, None)


def trade(amount: str, rate: str, order_id: int = 343152, own: int = 1) -> TradeRow:
    return TradeRow(
        pair="btc_usd",
        type="sell",
        amount=Decimal(amount),
        rate=Decimal(rate),
        order_id=order_id,
        is_your_order=own,
        timestamp=1342445793,
    )


def test_a_snapshot_joins_the_order_with_its_own_executions() -> None:
    row = msgspec.structs.replace(ROW, amount=Decimal(4))
    trades = {
        12: trade("2", "487"),
        11: trade("4", "485"),
        13: trade("1", "500", order_id=9),
        14: trade("1", "500", own=0),
    }
    taken = snapshots.snapshot(343152, row, trades)
    assert taken.fills == (
        FillRow(shares=Decimal(4), price=Decimal(485), exec_id="11", transact_time="20120716-13:36:33.000"),
        FillRow(shares=Decimal(2), price=Decimal(487), exec_id="12", transact_time="20120716-13:36:33.000"),
    )
    assert taken.all_fills
    assert taken.report.avg_px == Decimal("485.666666666667")


@pytest.mark.parametrize(
    ("side", "fees"),
    [
        ("buy", [(Decimal("0.008"), "btc"), (Decimal("0.004"), "btc")]),  # 0.2 % of 4, of 2
        ("sell", [(Decimal("3.88"), "usd"), (Decimal("1.948"), "usd")]),  # of 4 at 485, of 2 at 487
    ],
)
def test_a_fee_is_the_pairs_share_of_what_an_execution_brings_in(
    side: TradeSide, fees: list[tuple[Decimal, str]]
) -> None:
    row = msgspec.structs.replace(ROW, type=side, amount=Decimal(4))
    taken = snapshots.snapshot(343152, row, {11: trade("4", "485"), 12: trade("2", "487")})
    known = snapshots.with_fees(taken, PAIRS)
    assert [(fill.fee, fill.fee_currency) for fill in known.fills] == fees
    assert all(fill.fee_computed for fill in known.fills)
    assert snapshots.with_fees(taken, {}) == taken


def test_a_snapshot_says_when_executions_are_missing() -> None:
    row = msgspec.structs.replace(ROW, amount=Decimal(4))
    taken = snapshots.snapshot(343152, row, {11: trade("4", "485")})
    assert not taken.all_fills
    assert taken.report.avg_px is None


def test_a_row_of_the_open_orders_needs_what_the_order_began_with() -> None:
    content = read(samples.ACTIVE_ORDERS.encode(), Envelope).return_
    row = read(content, dict[int, ActiveOrder])[343152]
    report = snapshots.report_of_active(343152, row, Decimal(13))
    assert (report.ord_status, report.cum_qty, report.leaves_qty) == (
        "1",
        Decimal("0.655"),
        Decimal("12.345"),
    )


@pytest.mark.parametrize(
    ("remains", "order_id", "expected"),
    [
        ("0", 0, (OrdStatus.FILLED, None, "1.4", "0")),
        ("1.4", 77, (OrdStatus.NEW, "77", "0", "1.4")),
        ("1", 77, (OrdStatus.PARTIALLY_FILLED, "77", "0.4", "1")),
    ],
)
def test_the_answer_to_an_order(
    remains: str, order_id: int, expected: tuple[str, str | None, str, str]
) -> None:
    placed = Placed(received=Decimal(0), remains=Decimal(remains), order_id=order_id)
    report = snapshots.report_of_placed(ORDER, placed)
    status, number, executed, leaves = expected
    assert (report.ord_status, report.order_id, report.cum_qty, report.leaves_qty) == (
        status,
        number,
        Decimal(executed),
        Decimal(leaves),
    )
    assert (report.cl_ord_id, report.exec_trans_type) == ("1", "3")
