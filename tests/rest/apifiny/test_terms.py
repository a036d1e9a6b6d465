"""FIX's words and Apifiny's, both ways."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.messages import NewOrder
from oms.core.values import OrdType, Side, TimeInForce
from oms.rest.apifiny.answers import decoded
from oms.rest.apifiny.models import Detail, Order, StreamEntry
from oms.rest.apifiny.orders import Terms
from oms.rest.apifiny.snapshots import snapshot
from oms.rest.apifiny.terms import CAN, CANNOT, terms_for
from oms.rest.refusal import Refusal
from tests.rest.apifiny.samples import DETAIL, ORDER, STREAM_ENTRY

LIMIT = NewOrder(
    cl_ord_id="1",
    symbol="BTCUSD",
    side="1",
    ord_type="2",
    order_qty=Decimal("1.12"),
    price=Decimal(100),
    time_in_force="1",
    exchange="VENUE1",
)
MARKET_BUY = msgspec.structs.replace(
    LIMIT, ord_type="1", price=None, order_qty=None, cash_order_qty=Decimal(75), exchange="HUOBI"
)
MARKET_SELL = msgspec.structs.replace(MARKET_BUY, side="2", cash_order_qty=None, order_qty=Decimal(1))


@pytest.mark.parametrize(("tif", "number"), [("1", 1), ("3", 3), ("7", 7)])
def test_a_limit_order(tif: str, number: int) -> None:
    assert terms_for(msgspec.structs.replace(LIMIT, time_in_force=tif)) == Terms(
        symbol="BTCUSD",
        order_side="BUY",
        order_type="LIMIT",
        time_in_force=number,
        limit_price=Decimal(100),
        quantity=Decimal("1.12"),
    )


def test_market_orders() -> None:
    buy, sell = terms_for(MARKET_BUY), terms_for(MARKET_SELL)
    assert isinstance(buy, Terms)
    assert isinstance(sell, Terms)
    assert (buy.order_type, buy.total, buy.quantity, buy.limit_price) == ("MARKET", Decimal(75), None, None)
    assert (sell.order_side, sell.total, sell.quantity) == ("SELL", None, Decimal(1))


@pytest.mark.parametrize(
    ("order", "changes", "code"),
    [
        (LIMIT, {"exchange": None}, "EXCHANGE"),
        (LIMIT, {"side": Side.SELL_SHORT}, "SIDE"),
        (LIMIT, {"ord_type": "3"}, "ORD_TYPE"),
        (LIMIT, {"price": None}, "PRICE"),
        (LIMIT, {"order_qty": None}, "ORDER_QTY"),
        (LIMIT, {"cash_order_qty": Decimal(1)}, "ORDER_QTY"),
        (MARKET_BUY, {"exchange": "VENUE1"}, "EXCHANGE"),
        (MARKET_BUY, {"cash_order_qty": None}, "CASH_ORDER_QTY"),
        (MARKET_BUY, {"order_qty": Decimal(1)}, "CASH_ORDER_QTY"),
        (MARKET_BUY, {"price": Decimal(1)}, "PRICE"),
        (MARKET_SELL, {"order_qty": None}, "ORDER_QTY"),
        (MARKET_SELL, {"cash_order_qty": Decimal(1)}, "ORDER_QTY"),
        (MARKET_SELL, {"time_in_force": "7"}, "TIME_IN_FORCE"),
        (LIMIT, {"time_in_force": "x"}, "TIME_IN_FORCE"),
    ],
)
def test_what_the_venue_cannot_do_is_named(order: NewOrder, changes: dict[str, Any], code: str) -> None:
    refusal = terms_for(msgspec.structs.replace(order, **changes))
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert refusal.text


def test_every_time_in_force_is_either_done_or_explained() -> None:
    done = {tif for kind, tif in CAN if kind == OrdType.LIMIT}
    assert done.isdisjoint(set(CANNOT) - {TimeInForce.POST_ONLY})
    assert done | set(CANNOT) == set(TimeInForce)


def order(**changes: object) -> Order:
    return msgspec.convert({**msgspec.json.decode(ORDER), **changes}, Order, strict=False)


@pytest.mark.parametrize(
    ("status", "cum", "open_qty", "expected", "leaves"),
    [
        ("PENDING_SUBMIT", 0, "1.12", "A", "1.12"),
        ("SUBMITTED", 0, "1.12", "0", "1.12"),
        ("SUBMITTED", 1, "0.12", "1", "0.12"),
        ("PART_FILLED", 1, "0.12", "1", "0.12"),
        ("PART_FILLED", 1, 0, "4", "0"),
        ("FILLED", "1.12", 0, "2", "0"),
        ("CANCELLED", 0, "1.12", "4", "0"),
        ("REJECTED", 0, "1.12", "8", "0"),
        ("SOMETHING", 0, "1.12", "SOMETHING", "1.12"),
    ],
)
def test_states(status: str, cum: object, open_qty: object, expected: str, leaves: str) -> None:
    row = order(orderStatus=status, filledCumulativeQuantity=cum, openQuantity=open_qty, filledAveragePrice=0)
    report = snapshot(row).report
    assert (report.exec_trans_type, report.ord_status, report.leaves_qty) == ("3", expected, Decimal(leaves))
    assert (report.cl_ord_id, report.exchange, report.side) == (row.order_id, "VENUE1", "1")
    assert report.avg_px is None
    assert report.transact_time == "20200319-07:30:12.164"


def test_fills_are_joined_with_their_order() -> None:
    rows = [decoded("", DETAIL, Detail), decoded("", DETAIL.replace("0001158", "0009158"), Detail)]
    found = snapshot(order(filledCumulativeQuantity="0.01", filledAveragePrice=9000), rows)
    (fill,) = found.fills
    assert (fill.shares, fill.price, fill.exec_id) == (Decimal("0.01"), Decimal(9000), None)
    assert (fill.fee, fill.fee_currency) == (Decimal("0.0450"), "USD")
    assert found.all_fills
    assert found.report.avg_px == Decimal(9000)
    assert not snapshot(order(filledCumulativeQuantity="0.02"), rows).all_fills


def test_a_change_of_the_stream_is_an_order_with_its_fill() -> None:
    row = decoded("", STREAM_ENTRY, StreamEntry).payload
    found = snapshot(row, [row])
    assert (found.report.ord_status, found.report.cum_qty, found.all_fills) == ("2", Decimal("1.12"), True)
    assert found.fills[0].transact_time == "20180925-06:34:31.784"
