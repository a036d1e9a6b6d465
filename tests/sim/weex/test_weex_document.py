"""Every method of Trade API v1 and public API v3, over a socket, against the document's own samples."""

from __future__ import annotations

import json
import re
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.sim.weex.weex_client import KEY, OTHER, OTHER_SECRET, Client, Venue, public

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.system

# The keys of the document's samples, and what they hold: a number, a text, or more keys.
NUMBER, TEXT = Decimal, str
TRADED = {"received": NUMBER, "remains": NUMBER, "order_id": NUMBER, "funds": dict}
INFO = {
    "funds": dict,
    "rights": {"info": NUMBER, "trade": NUMBER, "withdraw": NUMBER},
    "transaction_count": NUMBER,
    "open_orders": NUMBER,
    "server_time": NUMBER,
}
ACTIVE = {
    "pair": TEXT,
    "type": TEXT,
    "amount": NUMBER,
    "rate": NUMBER,
    "timestamp_created": NUMBER,
    "status": NUMBER,
}
ORDER = ACTIVE | {"start_amount": NUMBER}
EXECUTION = {
    "pair": TEXT,
    "type": TEXT,
    "amount": NUMBER,
    "rate": NUMBER,
    "order_id": NUMBER,
    "is_your_order": NUMBER,
    "timestamp": NUMBER,
}
TRANSACTION = {
    "type": NUMBER,
    "amount": NUMBER,
    "currency": TEXT,
    "desc": TEXT,
    "status": NUMBER,
    "timestamp": NUMBER,
}
TICKER = dict.fromkeys(("high", "low", "avg", "vol", "vol_cur", "last", "buy", "sell", "updated"), NUMBER)
PAIR = dict.fromkeys(("decimal_places", "min_price", "max_price", "min_amount", "hidden", "fee"), NUMBER)
TRADE = {"type": TEXT, "price": NUMBER, "amount": NUMBER, "tid": NUMBER, "timestamp": NUMBER}


@pytest.fixture(scope="module")
def venue() -> Iterator[Venue]:
    with Venue("--cache", "off") as venue:
        yield venue


nonces: dict[str, int] = {}


@pytest.fixture
def client(venue: Venue) -> Iterator[Client]:
    client = Client(venue.port, nonce=nonces.get(KEY, 0))
    yield client
    nonces[KEY] = client.nonce


@pytest.fixture
def other(venue: Venue) -> Iterator[Client]:
    client = Client(venue.port, OTHER, OTHER_SECRET, nonces.get(OTHER, 0))
    yield client
    nonces[OTHER] = client.nonce


def fits(value: Any, form: Any) -> None:
    """Exactly the keys of the form, and no more: clients take them as keyword arguments."""
    if isinstance(form, dict):
        assert set(value) == set(form)
        for key, inner in form.items():
            fits(value[key], inner)
    else:
        assert isinstance(value, form), (value, form)


def buy(client: Client, rate: str, amount: str, **more: str) -> Any:
    return client.result("Trade", pair="btc_usd", type="buy", rate=rate, amount=amount, **more)


def test_get_info(client: Client) -> None:
    info = client.result("getInfo")
    fits(info, INFO)
    assert set(info["funds"]) == {"usd", "btc", "ltc", "eth", "nmc"}
    assert info["rights"] == {"info": 1, "trade": 1, "withdraw": 1}
    assert info["transaction_count"] == 0
    assert abs(info["server_time"] - int(time.time())) < 30


def test_an_order_that_rests_is_listed_told_and_canceled(client: Client) -> None:
    before = client.result("getInfo")["funds"]["usd"]
    placed = buy(client, "29000.5", "1.25")
    fits(placed, TRADED)
    assert (placed["received"], placed["remains"]) == (0, Decimal("1.25"))
    assert placed["funds"]["usd"] == before - Decimal("29000.5") * Decimal("1.25")
    order_id = str(placed["order_id"])

    row = client.result("ActiveOrders", pair="btc_usd")[order_id]
    fits(row, ACTIVE)
    assert (row["pair"], row["type"], row["status"]) == ("btc_usd", "buy", 0)
    assert (row["amount"], row["rate"]) == (Decimal("1.25"), Decimal("29000.5"))
    assert order_id not in client.result("ActiveOrders", pair="ltc_usd")

    told = client.result("OrderInfo", order_id=order_id)
    assert set(told) == {order_id}
    fits(told[order_id], ORDER)
    assert (told[order_id]["start_amount"], told[order_id]["status"]) == (Decimal("1.25"), 0)

    canceled = client.result("CancelOrder", order_id=order_id)
    fits(canceled, {"order_id": NUMBER, "funds": dict})
    assert str(canceled["order_id"]) == order_id
    assert canceled["funds"]["usd"] == before
    assert order_id not in client.result("ActiveOrders")
    assert client.result("OrderInfo", order_id=order_id)[order_id]["status"] == 2
    assert client.error("CancelOrder", order_id=order_id) == "invalid status"


def test_an_order_that_fills_at_once_has_order_id_0(client: Client) -> None:
    placed = buy(client, "30020", "2.5")
    assert (placed["received"], placed["remains"], placed["order_id"]) == (Decimal("2.5"), 0, 0)
    rows = client.result("TradeHistory", pair="btc_usd", count=3)
    for row in rows.values():
        fits(row, EXECUTION)
    assert [(row["amount"], row["rate"]) for row in rows.values()] == [
        (Decimal("0.5"), 30020),
        (1, 30010),
        (1, 30000),
    ]
    (order_id,) = {str(row["order_id"]) for row in rows.values()}
    assert client.result("OrderInfo", order_id=order_id)[order_id]["status"] == 1


def test_an_order_that_fills_in_part_tells_how_much(client: Client, other: Client) -> None:
    placed = buy(client, "30010", "3")
    assert (placed["received"], placed["remains"]) == (2, 1)
    order_id = str(placed["order_id"])
    sold = other.result("Trade", pair="btc_usd", type="sell", rate="30010", amount="0.4")
    assert sold["order_id"] == 0
    told = client.result("OrderInfo", order_id=order_id)[order_id]
    assert (told["start_amount"], told["amount"], told["status"]) == (3, Decimal("0.6"), 0)
    client.result("CancelOrder", order_id=order_id)
    assert client.result("OrderInfo", order_id=order_id)[order_id]["status"] == 3
    mine, theirs = (each.result("TradeHistory", count=1) for each in (client, other))
    assert list(mine) == list(theirs)  # one trade, one number, a row for each
    assert [row["type"] for row in (*mine.values(), *theirs.values())] == ["buy", "sell"]
    assert other.error("OrderInfo", order_id=order_id) == "invalid order"
    assert other.error("CancelOrder", order_id=order_id) == "invalid order"


def test_a_sell_at_a_low_rate_is_a_market_order(client: Client) -> None:
    sold = client.result("Trade", pair="btc_usd", type="sell", rate="0.1", amount="1")
    assert (sold["received"], sold["order_id"]) == (1, 0)
    (row,) = client.result("TradeHistory", count=1).values()
    assert row["rate"] == 29990


def test_a_market_order_takes_what_there_is(client: Client) -> None:
    sold = client.result("Trade", pair="ltc_usd", type="sell", mode="market", amount="1100")
    assert (sold["received"], sold["remains"]) == (1000, 100)
    order_id = str(sold["order_id"])
    assert client.result("OrderInfo", order_id=order_id)[order_id]["status"] == 3
    assert order_id not in client.result("ActiveOrders")
    bought = client.result("Trade", pair="ltc_usd", type="buy", mode="market", amount="150")
    assert (bought["received"], bought["remains"], bought["order_id"]) == (150, 0, 0)


def test_cancel_orders_tells_of_each(client: Client) -> None:
    first, second = (str(buy(client, "28000", "1")["order_id"]) for _ in range(2))
    client.result("CancelOrder", order_id=second)
    told = client.result("CancelOrders", order_id=f"{first},{second}")
    fits(told, {"cancel_result": dict, "funds": dict})
    assert told["cancel_result"] == {
        first: {"success": 1},
        second: {"success": 0, "error": "invalid status"},
    }


def test_an_order_that_is_named_twice_has_one_result(client: Client) -> None:
    order_id = str(buy(client, "28000", "1")["order_id"])
    told = client.result("CancelOrders", order_id=f"{order_id}, {order_id}")
    assert told["cancel_result"] == {order_id: {"success": 1}}


def test_trans_history(client: Client) -> None:
    rows = client.result("TransHistory", order="ASC", count=4)
    for row in rows.values():
        fits(row, TRANSACTION)
        assert (row["type"], row["status"]) == (1, 2)
    assert {row["currency"] for row in rows.values()} == {"USD", "BTC", "LTC", "ETH"}


def test_a_withdrawal_to_another_account_arrives_there(client: Client, other: Client) -> None:
    told = other.result("CoinDepositAddress", coinName="BTC")
    fits(told, {"address": TEXT})
    before = [each.result("getInfo")["funds"]["btc"] for each in (client, other)]
    sent = client.result("WithdrawCoin", coinName="BTC", amount="0.31", address=told["address"])
    fits(sent, {"tId": NUMBER, "amountSent": NUMBER, "funds": dict})
    assert sent["amountSent"] == Decimal("0.31")
    assert sent["funds"]["btc"] == before[0] - Decimal("0.31")
    assert other.result("getInfo")["funds"]["btc"] == before[1] + Decimal("0.31")
    assert client.result("TransHistory", count=1)[str(sent["tId"])]["type"] == 2
    (row,) = other.result("TransHistory", count=1).values()
    assert (row["type"], row["amount"]) == (1, Decimal("0.31"))


def test_a_coupon_is_redeemed_once_and_by_whom_it_is_for(client: Client, other: Client) -> None:
    before = [each.result("getInfo")["funds"]["usd"] for each in (client, other)]
    made = client.result("CreateCoupon", coinName="USD", amount="0.11", receiver=OTHER)
    fits(made, {"coupon": TEXT, "transID": NUMBER, "funds": dict})
    assert re.fullmatch(r"WEXUSD[A-Z0-9]{40}", made["coupon"])
    assert made["funds"]["usd"] == before[0] - Decimal("0.11")
    assert client.error("RedeemCoupon", coupon=made["coupon"]) == "invalid coupon"
    redeemed = other.result("RedeemCoupon", coupon=made["coupon"])
    fits(redeemed, {"couponAmount": TEXT, "couponCurrency": TEXT, "transID": NUMBER, "funds": dict})
    assert (redeemed["couponAmount"], redeemed["couponCurrency"]) == ("0.11", "USD")
    assert redeemed["funds"]["usd"] == before[1] + Decimal("0.11")
    assert other.error("RedeemCoupon", coupon=made["coupon"]) == "invalid coupon"
    kinds = [each.result("TransHistory", count=1) for each in (client, other)]
    assert [row["type"] for rows in kinds for row in rows.values()] == [5, 4]


def test_a_coupon_for_a_name_that_is_no_account_here_is_redeemed_by_any_key(client: Client) -> None:
    made = client.result(
        "CreateCoupon", coinName="USD", amount="0.11", receiver="admin"
    )  # the document's sample
    redeemed = client.result("RedeemCoupon", coupon=made["coupon"])
    assert (redeemed["couponAmount"], redeemed["couponCurrency"]) == ("0.11", "USD")
    assert client.error("RedeemCoupon", coupon=made["coupon"]) == "invalid coupon"


def test_a_coupon_is_made_as_some_clients_ask_for_it(client: Client) -> None:
    made = client.result("CreateCoupon", currency="USD", amount="0.11", receiver=OTHER)
    assert made["coupon"].startswith("WEXUSD")
    assert client.error("CreateCoupon", amount="0.11", receiver=OTHER) == "invalid parameter: coinName"
    assert (
        client.error("WithdrawCoin", currency="BTC", amount="1", address="1" * 30)
        == "invalid parameter: coinName"
    )


TRADE_ASKED = {"pair": "btc_usd", "type": "buy", "rate": "30000", "amount": "1"}


@pytest.mark.parametrize(
    ("method", "parameters", "text"),
    [
        ("Trade", TRADE_ASKED | {"pair": "usd_btc"}, "invalid parameter: pair"),
        ("Trade", TRADE_ASKED | {"pair": "nmc_usd"}, "invalid parameter: pair"),
        ("Trade", TRADE_ASKED | {"type": "hold"}, "invalid parameter: type"),
        ("Trade", TRADE_ASKED | {"mode": "stop"}, "invalid parameter: mode"),
        ("Trade", TRADE_ASKED | {"amount": ""}, "invalid parameter: amount"),
        ("Trade", TRADE_ASKED | {"rate": ""}, "invalid parameter: rate"),
        ("Trade", TRADE_ASKED | {"rate": "NaN"}, "invalid parameter: rate"),
        ("Trade", TRADE_ASKED | {"rate": "30000.0001"}, "invalid parameter: rate"),
        ("Trade", TRADE_ASKED | {"amount": "-1"}, "invalid parameter: amount"),
        ("Trade", TRADE_ASKED | {"amount": "1.123456789"}, "invalid parameter: amount"),
        ("Trade", TRADE_ASKED | {"amount": "0.0009"}, "Value BTC must be greater than 0.001 BTC."),
        ("Trade", TRADE_ASKED | {"rate": "0.09"}, "Price per BTC must be greater than 0.1 USD."),
        ("Trade", TRADE_ASKED | {"rate": "400001"}, "Price per BTC must be lower than 400000 USD."),
        ("Trade", TRADE_ASKED | {"amount": "5000"}, "It is not enough USD for purchase"),
        ("Trade", TRADE_ASKED | {"type": "sell", "amount": "5000"}, "It is not enough BTC for sell"),
        ("OrderInfo", {"order_id": "1"}, "invalid order"),
        ("OrderInfo", {}, "invalid parameter: order_id"),
        ("CancelOrder", {"order_id": "x"}, "invalid parameter: order_id"),
        ("ActiveOrders", {"pair": "usd_btc"}, "invalid parameter: pair"),
        ("TradeHistory", {"order": "UP"}, "invalid parameter: order"),
        ("TradeHistory", {"since": "yesterday"}, "invalid parameter: since"),
        ("CoinDepositAddress", {"coinName": "NMC"}, "address has not been generated yet"),
        ("CoinDepositAddress", {"coinName": "USD"}, "invalid parameter: coinName"),
        ("WithdrawCoin", {"coinName": "BTC", "amount": "1"}, "invalid parameter: address"),
        (
            "WithdrawCoin",
            {"coinName": "BTC", "amount": "0", "address": "1" * 30},
            "invalid parameter: amount",
        ),
        (
            "WithdrawCoin",
            {"coinName": "BTC", "amount": "100000", "address": "1" * 30},
            "It is not enough BTC for withdrawal",
        ),
        ("CreateCoupon", {"coinName": "XXX", "amount": "1"}, "invalid parameter: coinName"),
        ("RedeemCoupon", {"coupon": "WEXUSD0"}, "invalid coupon"),
        ("gettrades", {}, "invalid method"),
        ("getinfo", {}, "invalid method"),
    ],
)
def test_what_is_refused_changes_nothing(
    client: Client, method: str, parameters: dict[str, str], text: str
) -> None:
    before = client.result("getInfo")["funds"]
    assert client.error(method, **parameters) == text
    assert client.result("getInfo")["funds"] == before


def test_numbers_have_no_exponent_and_no_quotes(client: Client) -> None:
    nonce = client.nonce + 1
    _, body = client.post("Trade", pair="ltc_usd", type="buy", rate="0.0001", amount="0.01000001")
    assert client.nonce == nonce
    assert b'"remains":0.01000001' in body
    order_id = json.loads(body)["return"]["order_id"]
    _, body = client.post("OrderInfo", order_id=order_id)
    assert b'"rate":0.0001' in body
    client.result("CancelOrder", order_id=order_id)


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("end", ["", "/"])
def test_the_public_api(venue: Venue, client: Client, verb: str, end: str) -> None:
    buy(client, "30000", "0.5")
    info = public(venue.port, "info" + end, verb)
    assert set(info) == {"server_time", "pairs"}
    for pair in info["pairs"].values():
        fits(pair, PAIR)
    assert info["pairs"]["btc_usd"]["min_amount"] == Decimal("0.001")

    tickers = public(venue.port, f"ticker/btc_usd-ltc_usd{end}", verb)
    assert set(tickers) == {"btc_usd", "ltc_usd"}
    for ticker in tickers.values():
        fits(ticker, TICKER)
        assert ticker["high"] >= ticker["avg"] >= ticker["low"]
    # What buying costs is not below what selling brings.
    assert (tickers["btc_usd"]["buy"], tickers["btc_usd"]["sell"]) == (30000, 29990)

    (depth,) = public(venue.port, f"depth/btc_usd{end}?limit=2", verb).values()
    assert depth == {"asks": [[30000, 1], [30010, 1]], "bids": [[29990, 1], [29980, 1]]}

    (trades,) = public(venue.port, f"trades/btc_usd{end}?limit=1", verb).values()
    (trade,) = trades
    fits(trade, TRADE)
    assert (trade["type"], trade["price"], trade["amount"]) == ("bid", 30000, Decimal("0.5"))


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("ticker", "Empty pair list"),
        ("ticker?ignore_invalid=1", "Empty pair list"),
        ("ticker/btc_usd-non_ext", "Invalid pair name: non_ext"),
        ("ticker/btc_usd-non_ext?ignore_invalid=0", "Invalid pair name: non_ext"),
        ("ticker/non_ext-non_ext", "Invalid pair name: non_ext"),
        ("depth/btc_usd-btc_usd", "Duplicated pair name: btc_usd"),
        ("depth/btc_usd-btc_usd?ignore_invalid=1", "Duplicated pair name: btc_usd"),
        ("fee/btc_usd", "Invalid method"),
    ],
)
def test_what_the_public_api_refuses(venue: Venue, path: str, error: str) -> None:
    assert public(venue.port, path) == {"success": 0, "error": error}


def test_the_public_api_ignores_what_it_is_told_to(venue: Venue) -> None:
    assert set(public(venue.port, "ticker/btc_usd-non_ext?ignore_invalid=1")) == {"btc_usd"}
    assert set(public(venue.port, "ticker/btc_usd-")) == {"btc_usd"}
