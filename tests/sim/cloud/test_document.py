"""Answers have exactly the keys that the document's samples show, in its spelling, and values of its kinds."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from tests.sim.cloud.document_client import Problem
from tests.sim.cloud.stage import START, Stage

MILLIS = 1_767_323_045_000


def keys(row: Any) -> set[str]:
    assert isinstance(row, dict)
    return set(row)


ORDER = {
    "id",
    "symbol",
    "account-id",
    "amount",
    "price",
    "created-at",
    "type",
    "field-amount",
    "field-cash-amount",
    "field-fees",
    "finished-at",
    "user-id",
    "source",
    "state",
    "canceled-at",
    "exchange",
    "batch",
}
OPEN_ORDER = {
    "id",
    "symbol",
    "account-id",
    "amount",
    "price",
    "created-at",
    "type",
    "filled-amount",
    "filled-cash-amount",
    "filled-fees",
    "source",
    "state",
}
MATCH = {
    "id",
    "order-id",
    "match-id",
    "symbol",
    "type",
    "source",
    "price",
    "filled-amount",
    "filled-fees",
    "created-at",
}
LOAN = {
    "currency",
    "symbol",
    "accrued-at",
    "loan-amount",
    "loan-balance",
    "interest-balance",
    "created-at",
    "interest-amount",
    "interest-rate",
    "account-id",
    "user-id",
    "updated-at",
    "id",
    "state",
}
MARGIN = {"id", "type", "state", "symbol", "fl-price", "fl-type", "risk-rate", "list"}
CANDLE = {"id", "amount", "count", "open", "close", "low", "high", "vol"}
TICK = (CANDLE - {"id"}) | {"id", "ts", "ask", "bid"}


def test_orders() -> None:
    client = Stage(fee="0.002").client
    number = client.place("buy-limit", "3", "30010")
    rows = [client.order(number), *client.get("/v1/order/orders", symbol="btcusdt", states="partial-filled")]
    for row in rows:
        assert keys(row) == ORDER
        assert [
            row[each] for each in ("amount", "price", "field-amount", "field-cash-amount", "field-fees")
        ] == [
            "3.0000000000",
            "30010.0000000000",
            "2.0000000000",
            "60010.0000000000",
            "0.0040000000",
        ]
        assert (row["id"], row["created-at"], row["finished-at"], row["canceled-at"]) == (
            int(number),
            MILLIS,
            0,
            0,
        )
        assert (row["account-id"], row["user-id"], row["source"]) == (100009, 1000, "api")


def test_open_orders() -> None:
    (row,) = _with_order("/v1/order/openOrders", "1", "29000")
    assert keys(row) == OPEN_ORDER
    assert (row["amount"], row["price"]) == ("1.000000000000000000", "29000.000000000000000000")
    assert (row["filled-amount"], row["filled-cash-amount"], row["filled-fees"]) == ("0.0", "0.0", "0.0")


def test_match_results() -> None:
    row, older = _with_order("/v1/order/matchresults", "2", "30010", symbol="btcusdt")
    assert keys(row) == keys(older) == MATCH
    assert (row["price"], row["filled-amount"]) == ("30010.0000000000", "1.0000000000")
    for name in ("id", "order-id", "match-id", "created-at"):
        assert isinstance(row[name], int)


def _with_order(path: str, amount: str, price: str, **asked: object) -> Any:
    client = Stage().client
    client.place("buy-limit", amount, price)
    return client.get(path, **asked)


def test_accounts_and_balances() -> None:
    client = Stage().client
    spot, *margins = client.get("/v1/account/accounts")
    assert spot == {"id": 100009, "type": "spot", "state": "working", "user-id": 1000}
    assert [row["type"] for row in margins] == ["margin", "margin"]
    balance = client.get(f"/v1/account/accounts/{spot['id']}/balance")
    assert keys(balance) == {"id", "type", "state", "list", "user-id"}
    assert balance["list"][:2] == [
        {"currency": "usdt", "type": "trade", "balance": "100000000.0000000000"},
        {"currency": "usdt", "type": "frozen", "balance": "0.0000000000"},
    ]


def test_margin() -> None:
    client = Stage().client
    client.post("/v1/dw/transfer-in/margin", symbol="btcusdt", currency="usdt", amount="140.2")
    client.post("/v1/margin/orders", symbol="btcusdt", currency="usdt", amount="10")
    (loan,) = client.get("/v1/margin/loan-orders", symbol="btcusdt")
    assert keys(loan) == LOAN
    assert (loan["loan-amount"], loan["account-id"], loan["state"]) == (
        "10.000000000000000000",
        100010,
        "accrual",
    )
    first, second = client.get("/v1/margin/accounts/balance")
    assert keys(first) == keys(second) == MARGIN
    assert [(each["currency"], each["type"]) for each in first["list"]] == [
        *(
            (currency, kind)
            for currency in ("btc", "usdt")
            for kind in ("trade", "frozen", "loan", "interest")
        ),
        ("btc", "transfer-out-available"),
        ("usdt", "transfer-out-available"),
        ("btc", "loan-available"),
        ("usdt", "loan-available"),
    ]
    assert all(re.fullmatch(r"-?[0-9]+\.[0-9]{18}", each["balance"]) for each in first["list"])
    assert re.fullmatch(r"[0-9]+\.[0-9]{18}", first["risk-rate"])


def test_candles_and_tickers() -> None:
    client = Stage().client
    client.place("buy-limit", "1", "30000")
    for period in ("1min", "5min", "15min", "30min", "60min", "1day", "1mon", "1week", "1year"):
        answer = client.public("/market/history/kline", symbol="btcusdt", period=period)
        assert keys(answer) == {"status", "ch", "ts", "data"}
        assert answer["ch"] == f"market.btcusdt.kline.{period}"
        (candle,) = answer["data"]
        assert keys(candle) == CANDLE
        assert candle["amount"] == Decimal("1.0001")
    merged = client.public("/market/detail/merged", symbol="btcusdt")
    assert keys(merged) == {"status", "ch", "ts", "tick"}
    assert keys(merged["tick"]) == TICK
    assert (merged["tick"]["ask"], merged["tick"]["bid"]) == ([30000, 1], [29990, 1])
    tickers = client.public("/market/tickers")
    assert keys(tickers) == {"status", "ts", "data"}
    assert [row["symbol"] for row in tickers["data"]] == ["btcusdt", "ethusdt", "ethbtc"]
    assert keys(tickers["data"][0]) == (CANDLE - {"id"}) | {"symbol"}


def test_candles_go_on_without_trades() -> None:
    stage = Stage()
    stage.wait(125)
    stage.client.place("buy-limit", "1", "30000")
    rows = stage.client.public("/market/history/kline", symbol="btcusdt", period="1min", size=2)["data"]
    assert [(row["id"], row["count"], row["close"]) for row in rows] == [
        (int(START.timestamp()) - 5 + 120, 1, 30000),
        (int(START.timestamp()) - 5 + 60, 0, 30000),
    ]


def test_depth_is_put_together_by_steps() -> None:
    client = Stage().client
    client.place("buy-limit", "1", "29989.95")
    client.place("sell-limit", "1", "30000.05")
    step0 = client.public("/market/depth", symbol="btcusdt", type="step0")
    assert keys(step0) == {"status", "ch", "ts", "tick"}
    assert keys(step0["tick"]) == {"id", "ts", "bids", "asks"}
    assert step0["tick"]["bids"][:2] == [[29990, 1], [Decimal("29989.95"), 1]]
    step2 = client.public("/market/depth", symbol="btcusdt", type="step2")["tick"]
    assert (step2["bids"][0], step2["bids"][1]) == ([29990, 1], [29989, 1])
    assert step2["asks"][:2] == [[30000, 1], [30001, 1]]
    step5 = client.public("/market/depth", symbol="btcusdt", type="step5")["tick"]
    assert (step5["bids"], step5["asks"]) == ([[29000, 11]], [[30000, 1], [31000, 10]])


def test_trades() -> None:
    client = Stage().client
    client.place("sell-limit", "2", "29980")
    last = client.public("/market/trade", symbol="btcusdt")
    assert keys(last) == {"status", "ch", "ts", "tick"}
    assert keys(last["tick"]) == {"id", "ts", "data"}
    (trade,) = last["tick"]["data"]
    assert keys(trade) == {"id", "price", "amount", "direction", "ts"}
    assert (trade["price"], trade["amount"], trade["direction"]) == (29980, 1, "sell")
    groups = client.public("/market/history/trade", symbol="btcusdt", size=3)["data"]
    assert [group["data"][0]["price"] for group in groups] == [29980, 29990, 30000]
    assert len(client.public("/market/history/trade", symbol="btcusdt")["data"]) == 1


def test_reference_data() -> None:
    client = Stage().client
    first, *_ = client.public("/v1/common/symbols")["data"]
    assert first == {
        "base-currency": "btc",
        "quote-currency": "usdt",
        "price-precision": 2,
        "amount-precision": 4,
        "symbol-partition": "main",
        "symbol": "btcusdt",
    }
    assert client.public("/v1/common/currencys")["data"] == ["usdt", "btc", "eth"]
    for path in ("/v1/common/timestamp", "/v1/timestamp"):
        assert client.public(path) == {"status": "ok", "data": MILLIS}


@pytest.mark.parametrize(
    ("path", "asked", "code", "text"),
    [
        ("/market/history/kline", {"period": "not-exist"}, "invalid-parameter", "invalid period"),
        (
            "/market/history/kline",
            {"size": "not-exist"},
            "bad-request",
            "invalid size, valid range: [1,2000]",
        ),
        ("/market/history/kline", {"symbol": "not-exist"}, "invalid-parameter", "invalid symbol"),
        ("/market/history/trade", {"size": "2001"}, "bad-request", "invalid size, valid range: [1,2000]"),
        ("/market/detail/merged", {"symbol": "not-exist"}, "invalid-parameter", "invalid symbol"),
        ("/market/depth", {"type": "not-exist"}, "invalid-parameter", "invalid type"),
        ("/market/trade", {"symbol": "not-exist"}, "invalid-parameter", "invalid symbol"),
    ],
)
def test_the_errors_of_market_data(path: str, asked: dict[str, str], code: str, text: str) -> None:
    with pytest.raises(Problem) as refused:
        Stage().client.public(path, **({"symbol": "ethusdt", "period": "1day", "size": "200"} | asked))
    assert refused.value.answer == {"ts": MILLIS, "status": "error", "err-code": code, "err-msg": text}


def test_every_other_error_has_its_three_keys() -> None:
    stage = Stage()
    stage.client.secret = "wrong"
    with pytest.raises(Problem) as refused:
        stage.client.get("/v1/account/accounts")
    assert refused.value.answer == {
        "status": "error",
        "err-code": "api-signature-not-valid",
        "err-msg": "Signature not valid: Verification failure",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/common/timestamp"),
        ("POST", "/api/v1/account/accounts"),
        ("DELETE", "/api/market/trade"),
        ("GET", "/api/market/trade//"),
        ("DELETE", "/api/v1/order/orders/1"),
        ("GET", "/api"),
        ("GET", "/api/v1/order/orders/1/2/matchresults"),
    ],
)
def test_what_is_no_request_is_not_found(method: str, path: str) -> None:
    stage = Stage()
    status, _ = stage.send(method, path, stage.client.headers(), b"")
    assert status == 404


@pytest.mark.parametrize("path", ["/market/trade", "/market/trade/", "/v1/common/timestamp/"])
@pytest.mark.parametrize("where", ["query", "form", "json"])
def test_what_anybody_may_ask_is_answered_however_it_is_asked(path: str, where: str) -> None:
    stage = Stage()
    query = "?symbol=btcusdt" if where == "query" else ""
    body = {"query": b"", "form": b"symbol=btcusdt", "json": b'{"symbol":"btcusdt"}'}[where]
    for method in ("GET", "POST") if where == "query" else ("POST",):
        answer = stage.client.read(*stage.send(method, f"/api{path}{query}", stage.client.headers(), body))
        assert answer == stage.client.public(path.removesuffix("/"), symbol="btcusdt")


@pytest.mark.parametrize(
    "signed", ["/api/v1/account/accounts/", "/v1/account/accounts/", "/api/v1/account/accounts"]
)
def test_a_slash_at_the_end_is_taken_signed_or_not(signed: str) -> None:
    client = Stage().client
    target = client.target("GET", "/v1/account/accounts/", {}, signed_path=signed)
    assert client.read(*client.send("GET", target, client.headers(), b""))["data"]


def test_an_operator_s_prefix_is_its_own() -> None:
    for prefix in ("", "/open/api"):
        client = Stage(prefix=prefix).client
        assert client.state(client.place("buy-limit", "1", "29000")) == "submitted"


def test_what_other_clients_of_the_family_ask_is_answered_beside_the_document() -> None:
    client = Stage(extra_keys=True).client
    assert client.public("/market/depth", symbol="btcusdt", type="step0")["tick"]["version"] == MILLIS
    assert keys(client.public("/market/detail", symbol="btcusdt")["tick"]) == TICK - {"ask", "bid"}
    settings = client.public("/v1/settings/currencys")["data"]
    assert [row["name"] for row in settings] == client.public("/v1/common/currencys")["data"]
