"""Orders over REST, field by field as the venue's document prints them, and every refusal by its code."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.sim.apifiny_http.document_client import Venue, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sim.apifiny_http.document_client import Rest

pytestmark = pytest.mark.system

# Typed in from the samples and tables of the document.
NEW_ORDER_RESPONSE = {
    *("accountId", "venue", "orderId", "symbol", "orderType", "orderSide", "limitPrice", "quantity"),
    *("filledAveragePrice", "filledCumulativeQuantity", "timeInForce", "openQuantity", "orderStatus"),
    *("createdAt", "updatedAt", "cancelledUpdatedAt", "filledUpdatedAt"),
}
FILL_RESPONSE = NEW_ORDER_RESPONSE | {
    *("lastCommission", "lastCommissionCurrency", "lastFilledQuantity", "lastFilledPrice", "isTaker"),
}
STREAM_PAYLOAD = FILL_RESPONSE | {"lastFilledCreatedAt"}


def facts(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("orderStatus", "filledCumulativeQuantity", "openQuantity", "filledAveragePrice")
    return tuple(row[name] for name in names)


def test_a_new_order_is_pending_then_submitted(rest: Rest) -> None:
    request = rest.order(limitPrice="100", quantity="1.12", venue="VENUE1")
    row = rest.ask("order.insertOrderLite", request)["result"]
    assert set(row) == NEW_ORDER_RESPONSE
    created = row["createdAt"]
    assert row == {
        "accountId": "STA-VENUE1_00000015",
        "venue": "VENUE1",
        "orderId": request["orderId"],
        "symbol": "BTCUSDT",
        "orderType": "LIMIT",
        "orderSide": "BUY",
        "limitPrice": 100,
        "quantity": Decimal("1.12"),
        "filledAveragePrice": 0,
        "filledCumulativeQuantity": 0,
        "timeInForce": 1,
        "openQuantity": Decimal("1.12"),
        "orderStatus": "PENDING_SUBMIT",
        "createdAt": created,
        "updatedAt": created,
        "cancelledUpdatedAt": None,
        "filledUpdatedAt": None,
    }
    assert rest.query(request["orderId"], "VENUE1") == row | {"orderStatus": "SUBMITTED"}
    assert request["orderId"] in {each["orderId"] for each in rest.get("order.listOpenOrderLite")}


def test_fills_are_rows_of_their_own(rest: Rest) -> None:
    order_id = rest.insert(limitPrice="30020", quantity="2.5")
    row = rest.query(order_id)
    assert facts(row) == ("FILLED", Decimal("2.5"), 0, 30008)
    assert row["filledUpdatedAt"] == row["updatedAt"]
    fills = rest.get("order.readerOrderDetail", venue="BINANCEUS", orderId=order_id)
    assert {frozenset(fill) for fill in fills} == {frozenset(FILL_RESPONSE)}
    assert [(fill["lastFilledQuantity"], fill["lastFilledPrice"]) for fill in fills] == [
        (1, 30000),
        (1, 30010),
        (Decimal("0.5"), 30020),
    ]
    assert {(fill["filledCumulativeQuantity"], fill["filledAveragePrice"]) for fill in fills} == {(0, 0)}
    assert {(fill["lastCommission"], fill["lastCommissionCurrency"]) for fill in fills} == {(0, "USDT")}
    recent = rest.get("order.listDetailLite", venue="BINANCEUS", startDateTime=row["createdAt"])
    assert [fill for fill in recent if fill["orderId"] == order_id] == fills


def test_a_working_part_fill_stays_submitted_and_a_canceled_one_is_part_filled(rest: Rest) -> None:
    order_id = rest.insert(limitPrice="30010", quantity="3")
    assert facts(rest.query(order_id)) == ("SUBMITTED", 2, 1, 30005)
    row = rest.cancel(order_id)
    assert facts(row) == ("PART_FILLED", 2, 0, 30005)
    assert row["cancelledUpdatedAt"] == row["updatedAt"]
    assert rest.refused("order.cancelOrderLite", venue="BINANCEUS", orderId=order_id) == 327802


def test_a_canceled_order_is_completed(rest: Rest) -> None:
    order_id = rest.insert()
    assert rest.cancel(order_id)["orderStatus"] == "CANCELLED"
    assert order_id not in {row["orderId"] for row in rest.get("order.listOpenOrderLite")}
    done = rest.get("order.listCompletedOrderLite", orderStatus="CANCELLED", forward=False, limit="1")
    assert [row["orderId"] for row in done] == [order_id]


def test_an_ioc_order_never_rests(rest: Rest) -> None:
    assert facts(rest.query(rest.insert(limitPrice="30010", quantity="4", timeInForce=3)))[0] == "PART_FILLED"
    assert facts(rest.query(rest.insert(timeInForce=3)))[:2] == ("CANCELLED", 0)


def test_a_post_only_order_that_would_take_is_rejected_later(rest: Rest) -> None:
    order_id = rest.insert(limitPrice="30000", timeInForce=7)
    assert rest.query(order_id)["orderStatus"] == "REJECTED"
    assert rest.insert(timeInForce="PostOnly")


def test_a_market_buy_is_sized_by_its_total(rest: Rest) -> None:
    order_id = rest.insert(orderType="MARKET", limitPrice=None, quantity=None, total="75000")
    row = rest.query(order_id)
    assert set(row) == NEW_ORDER_RESPONSE - {"limitPrice"}
    assert (row["quantity"], *facts(row)[:3]) == (None, "FILLED", Decimal("2.4993"), 0)


def test_a_market_sell_is_sized_by_its_quantity(rest: Rest) -> None:
    order_id = rest.insert(orderType="MARKET", orderSide="SELL", limitPrice=None, quantity=2)
    assert facts(rest.query(order_id)) == ("FILLED", 2, 0, 29985)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"orderId": "foo"}, 327978),
        ({"orderId": "00000016" + "1" * 16}, 327978),
        ({"orderId": ""}, 65562),
        ({"venue": "VENUE24"}, 2097178),
        ({"symbol": "DOGEUSD"}, 262202),
        ({"symbol": None}, 65562),
        ({"orderSide": "HOLD"}, 327786),
        ({"orderSide": None}, 327786),
        ({"orderSide": ["BUY"]}, 327786),
        ({"orderType": "STOP"}, 65562),
        ({"timeInForce": 2}, 65562),
        ({"timeInForce": 9}, 65562),
        ({"timeInForce": True}, 65562),
        ({"limitPrice": None}, 65562),
        ({"limitPrice": "-1"}, 65562),
        ({"limitPrice": "1e4x"}, 65562),
        ({"limitPrice": True}, 65562),
        ({"limitPrice": "29000.001"}, 65562),
        ({"quantity": None}, 65562),
        ({"quantity": "0.00001"}, 65562),
        ({"quantity": [1]}, 65562),
        ({"quantity": "5000", "limitPrice": "30000"}, 393258),
        ({"orderType": "MARKET"}, 65562),
        ({"orderType": "MARKET", "total": "1000", "venue": "VENUE1"}, 65562),
    ],
)
def test_a_wrong_order_is_refused(rest: Rest, changes: dict[str, object], code: int) -> None:
    assert rest.refused("order.insertOrderLite", **rest.order(**changes)) == code


def test_a_repeated_id_is_refused_and_changes_nothing(rest: Rest) -> None:
    order_id = rest.insert()
    before = rest.query(order_id)
    assert rest.refused("order.insertOrderLite", **rest.order(orderId=order_id, quantity="2")) == 327802
    assert rest.query(order_id) == before


def test_what_does_not_exist_says_so(rest: Rest, other: Rest) -> None:
    order_id = rest.insert()
    for client, asked, venue in (
        (rest, rest.new_id(), "BINANCEUS"),
        (rest, order_id, "HUOBI"),
        (other, order_id, "BINANCEUS"),
    ):
        for method in ("order.queryOrderInfoLite", "order.cancelOrderLite", "order.readerOrderDetail"):
            assert client.refused(method, orderId=asked, venue=venue) == 327738
    assert rest.query(order_id)["orderStatus"] == "SUBMITTED"


def test_orders_are_asked_for_by_ids(rest: Rest) -> None:
    ids = [rest.insert() for _ in range(3)]
    for method in ("order.listOrderInfoLite", "order.queryListOrderLite"):
        rows = rest.get(method, orderIdList=[*ids[::-1], rest.new_id()])
        assert [row["orderId"] for row in rows] == ids[::-1]
    assert len(rest.get("order.listOrderInfoLite", orderIdList=["x"] * 500)) == 0
    assert rest.refused("order.listOrderInfoLite", orderIdList=["x"] * 501) == 65562
    assert rest.refused("order.listOrderInfoLite", orderIdList="x") == 65562
    assert rest.refused("order.listOrderInfoLite") == 65562


def test_completed_orders_are_found_by_what_they_are(rest: Rest) -> None:
    start = rest.ask("utils.currentTimeMillis", {})["result"]
    buy = rest.insert(limitPrice="30000", venue="KUCOIN")
    sell = rest.insert(symbol="ETHBTC", orderSide="SELL", limitPrice="0.06665", quantity="1", venue="KUCOIN")
    gone = rest.insert(venue="KUCOIN")
    rest.cancel(gone, "KUCOIN")
    rejected = rest.insert(limitPrice="30000", timeInForce=7, venue="KUCOIN")
    end = rest.query(rejected, "KUCOIN")["updatedAt"]

    def found(**wanted: object) -> list[str]:
        asked = {"venue": "KUCOIN", "startTime": start, "endTime": end} | wanted
        rows = rest.get("order.listCompletedOrderLite", **asked)
        assert {frozenset(row) for row in rows} <= {frozenset(NEW_ORDER_RESPONSE)}
        return [row["orderId"] for row in rows]

    assert found() == [buy, sell, gone, rejected]
    assert found(venue=None) == [buy, sell, gone, rejected]
    assert found(forward=False) == [rejected, gone, sell, buy]
    assert found(forward="False", limit=2) == [rejected, gone]
    assert found(forward=True, limit="3", baseAsset=None) == [buy, sell, gone]
    assert found(baseAsset="ETH") == found(quoteAsset="BTC") == found(orderSide="SELL") == [sell]
    assert found(orderStatus="FILLED") == [buy, sell]
    assert found(orderStatus="REJECTED") == [rejected]
    assert found(startTime=str(end + 1)) == []
    assert rest.get("order.listCompleteOrderLite", venue="KUCOIN") == rest.get(
        "order.listCompletedOrderLite", venue="KUCOIN"
    )
    for limit in (0, 501, "x", -1):
        assert rest.refused("order.listCompletedOrderLite", limit=limit) == 65562


def test_accounts_trade_with_each_other(rest: Rest, other: Rest) -> None:
    maker = rest.insert(limitPrice="29995", quantity="2", venue="HUOBI")
    taker = other.insert(limitPrice="29995", quantity="0.5", orderSide="SELL", venue="HUOBI")
    assert facts(rest.query(maker, "HUOBI")) == ("SUBMITTED", Decimal("0.5"), Decimal("1.5"), 29995)
    assert facts(other.query(taker, "HUOBI")) == ("FILLED", Decimal("0.5"), 0, 29995)
    for client, order_id, is_taker in ((rest, maker, False), (other, taker, True)):
        fills = client.get("order.readerOrderDetail", venue="HUOBI", orderId=order_id)
        assert [fill["isTaker"] for fill in fills] == [is_taker]
    rest.cancel(maker, "HUOBI")


def test_the_stream_over_http_has_every_step(rest: Rest) -> None:
    order_id = rest.insert(limitPrice="30000", quantity="1")
    changes = rest.get("order.streamDetail", startDateTime=None)
    mine = [each for each in changes if each["payload"]["orderId"] == order_id]
    assert {frozenset(each) for each in mine} == {frozenset({"logTimestamp", "payload"})}
    assert {frozenset(each["payload"]) for each in mine} == {frozenset(STREAM_PAYLOAD)}
    steps = [(each["payload"]["orderStatus"], each["payload"]["lastFilledQuantity"]) for each in mine]
    assert steps == [("PENDING_SUBMIT", None), ("SUBMITTED", None), ("FILLED", 1)]
    later = mine[-1]["logTimestamp"] + 1
    assert rest.get("order.streamDetail", startDateTime=later) == []


def test_fees_show_in_fills_and_balances(tmp_path: Path) -> None:
    with Venue("--fee", "0.0005,0.0001") as venue:
        maker, taker = venue.client(), venue.other()
        resting = maker.insert(limitPrice="29995", quantity="0.01")
        order_id = taker.insert(limitPrice="29995", quantity="0.01", orderSide="SELL")
        frozen = maker.insert(limitPrice="10000", quantity="1")
        fee = {"lastCommissionCurrency": "USDT"}
        (paid,) = taker.get("order.readerOrderDetail", venue="BINANCEUS", orderId=order_id)
        assert {**paid, **fee, "lastCommission": Decimal("0.149975")} == paid
        (paid,) = maker.get("order.readerOrderDetail", venue="BINANCEUS", orderId=resting)
        assert {**paid, **fee, "lastCommission": Decimal("0.029995")} == paid
        assert taker.balance("USDT")[0] == 100_000_000 + Decimal("299.95") - Decimal("0.149975")
        total = 100_000_000 - Decimal("299.95") - Decimal("0.029995")
        assert maker.balance("USDT") == (total, total - 10005, 10005)
        maker.cancel(frozen)
        assert maker.balance("USDT") == (total, total, 0)
        rates = taker.get("order.getCommissionRate", venue="BINANCEUS", symbol="BTCUSDT")
        assert rates == {
            "accountId": "STA-BINANCEUS_00000016",
            "tradingVolume": Decimal("299.95"),
            "takeFee": Decimal("0.0005"),
            "makeFee": Decimal("0.0001"),
            "specialRate": 0,
        }


def test_a_pending_order_cannot_be_canceled_and_is_submitted_in_the_end(tmp_path: Path) -> None:
    with Venue("--fault", "rest-pending=1", record=tmp_path / "record") as venue:
        rest = venue.client()
        order_id = rest.insert()
        assert rest.query(order_id)["orderStatus"] == "PENDING_SUBMIT"
        assert rest.get("order.listOpenOrderLite") == []
        assert rest.refused("order.cancelOrderLite", venue="BINANCEUS", orderId=order_id) == 328026
        until(lambda: rest.query(order_id)["orderStatus"] == "SUBMITTED")
        assert rest.cancel(order_id)["orderStatus"] == "CANCELLED"
