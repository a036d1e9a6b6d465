"""Withdrawals, margin transfers, loans and their repayment: balances move, and nothing appears or is lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from oms.sim.cloud.market import PLACE
from tests.sim.cloud.document_client import Problem
from tests.sim.cloud.stage import Stage

WITHDRAW = "/v1/dw/withdraw/api/create"
IN, OUT = "/v1/dw/transfer-in/margin", "/v1/dw/transfer-out/margin"
LOAN = "/v1/margin/orders"


def withdrawn(client: Any, **changes: str) -> int:
    asked = {"currency": "btc", "amount": "1.5", "fee": "0.001", "address": "1abc"} | changes
    number = client.post(WITHDRAW, **asked)
    assert isinstance(number, int)
    return number


def records(client: Any, **asked: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(
        "/v1/query/deposit-withdraw", **({"currency": "btc", "type": "withdraw"} | asked)
    )
    return rows


def test_a_withdrawal_is_frozen_at_once_and_gone_in_the_end() -> None:
    stage = Stage()
    client = stage.client
    withdrawn(client)
    states = []
    for _ in range(5):
        (row,) = records(client)
        total = client.balance("btc") + client.balance("btc", "frozen")
        states.append((row["state"], client.balance("btc"), total))
        stage.wait(1)
    left = 1000 - Decimal("1.501")
    assert states == [
        ("submitted", left, 1000),
        ("pass", left, 1000),
        ("wallet-transfer", left, 1000),
        ("confirmed", left, left),
        ("confirmed", left, left),
    ]
    (row,) = records(client)
    assert (row["amount"], row["fee"], len(row["tx-hash"])) == (Decimal("1.5"), Decimal("0.001"), 64)


@pytest.mark.parametrize(("after_s", "good"), [(0, True), (1, True), (2, False), (9, False)])
def test_a_withdrawal_can_be_canceled_until_the_wallet_has_begun(after_s: int, good: bool) -> None:
    stage = Stage()
    number = withdrawn(stage.client)
    stage.wait(after_s)
    path = f"/v1/dw/withdraw-virtual/{number}/cancel"
    if not good:
        with pytest.raises(Problem):
            stage.client.post(path)
        return
    with pytest.raises(Problem):
        stage.other.post(path)
    assert stage.client.post(path) == number
    stage.wait(9)
    assert [row["state"] for row in records(stage.client)] == ["canceled"]
    assert stage.client.balance("btc") == 1000
    with pytest.raises(Problem):
        stage.client.post(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "1000.5"},
        {"amount": "1000", "fee": "0.1"},
        {"amount": "0"},
        {"currency": "doge"},
        {"address": ""},
        {"address": "a" * 129},
        {"amount": "0.0000000000000000001"},
    ],
)
def test_a_wrong_withdrawal_moves_nothing(changes: dict[str, str]) -> None:
    client = Stage().client
    with pytest.raises(Problem):
        withdrawn(client, **changes)
    assert client.balance("btc") == 1000
    assert records(client) == []


def test_an_amount_may_have_18_decimals() -> None:
    client = Stage().client
    withdrawn(client, amount="0.000000000000000001", fee="0")
    assert client.balance("btc") == Decimal("999.999999999999999999")


def test_deposits_and_withdrawals_are_paged_both_ways() -> None:
    client = Stage().client
    numbers = [withdrawn(client, amount="1") for _ in range(5)]
    assert [row["id"] for row in records(client, from_=0, size=3)] == numbers[:3]
    assert [row["id"] for row in records(client, from_=numbers[2])] == numbers[2:]
    assert [row["id"] for row in records(client, from_=numbers[2], direct="next")] == numbers[2::-1]
    (deposit,) = records(client, type="deposit")
    assert (deposit["amount"], deposit["state"]) == (1000, "safe")


def margin(client: Any, symbol: str = "ethusdt") -> dict[str, Any]:
    (row,) = client.get("/v1/margin/accounts/balance", symbol=symbol)
    balances = {(each["type"], each["currency"]): Decimal(each["balance"]) for each in row["list"]}
    return {**row, "list": balances}


def test_transfers_move_between_the_accounts_and_back() -> None:
    client = Stage().client
    asked = {"symbol": "ethusdt", "currency": "usdt"}
    client.post(IN, **asked, amount="1000")
    assert client.balance("usdt") == 99_999_000
    assert margin(client)["list"]["trade", "usdt"] == 1000
    client.post(OUT, **asked, amount="400")
    assert client.balance("usdt") == 99_999_400
    assert margin(client)["list"]["trade", "usdt"] == 600
    for path, amount in ((OUT, "600.1"), (IN, "100000000")):
        with pytest.raises(Problem) as refused:
            client.post(path, **asked, amount=amount)
        assert refused.value.code == "account-transfer-balance-insufficient-error"
    with pytest.raises(Problem):
        client.post(IN, symbol="ethbtc", currency="eth", amount="1")
    with pytest.raises(Problem):
        client.post(IN, symbol="ethusdt", currency="btc", amount="1")


def test_a_loan_is_limited_by_what_is_owned_and_keeps_it_in() -> None:
    client = Stage().client
    client.post(IN, symbol="ethusdt", currency="usdt", amount="1000")
    assert margin(client)["list"]["loan-available", "eth"] == 1, "2000 usdt at 2000"
    with pytest.raises(Problem):
        client.post(LOAN, symbol="ethusdt", currency="eth", amount="1.01")
    number = client.post(LOAN, symbol="ethusdt", currency="eth", amount="0.5")
    row = margin(client)
    assert (row["list"]["trade", "eth"], row["list"]["loan", "eth"]) == (Decimal("0.5"), Decimal("-0.5"))
    first_hour = Decimal("0.00002041")  # 0.5 * 0.00098 / 24
    # Twice the 1000 usdt that are owned, less the 1000 that are owed.
    assert row["list"]["loan-available", "eth"] == Decimal("0.5") - 3 * first_hour
    assert row["list"]["transfer-out-available", "usdt"] == 0
    with pytest.raises(Problem):
        client.post(OUT, symbol="ethusdt", currency="usdt", amount="1")
    assert isinstance(number, int)


def test_amounts_that_do_not_divide_are_valued_all_the_same() -> None:
    client = Stage(fee="0.002").client
    client.post(IN, symbol="ethusdt", currency="eth", amount="1.123456789012345678")
    client.post(IN, symbol="ethusdt", currency="usdt", amount="1000.000000000000000001")
    client.post(LOAN, symbol="ethusdt", currency="usdt", amount="7.000000000000000003")
    client.place("buy-limit", "1.111", "1999.77", "ethusdt")
    row = margin(client)
    assert row["list"]["loan", "usdt"] == Decimal("-7.000000000000000003")
    assert row["list"]["trade", "eth"] == Decimal("1.123456789012345678")


def test_interest_runs_by_the_hour_and_is_paid_first() -> None:
    stage = Stage()
    client = stage.client
    client.post(IN, symbol="ethusdt", currency="usdt", amount="10000")
    client.post(IN, symbol="ethusdt", currency="eth", amount="1")
    number = client.post(LOAN, symbol="ethusdt", currency="eth", amount="2.4")
    stage.wait(2 * 3600 + 1)
    (loan,) = client.get("/v1/margin/loan-orders", symbol="ethusdt", states="accrual")
    hourly = Decimal("0.000098")  # 2.4 * 0.00098 / 24
    assert Decimal(loan["interest-balance"]) == 3 * hourly
    client.post(f"{LOAN}/{number}/repay", amount="1")
    (loan,) = client.get("/v1/margin/loan-orders", symbol="ethusdt")
    assert margin(client)["list"]["trade", "eth"] == Decimal("2.4")
    assert Decimal(loan["interest-balance"]) == 0
    assert Decimal(loan["interest-amount"]) == 3 * hourly
    assert Decimal(loan["loan-balance"]) == Decimal("2.4") - (1 - 3 * hourly)
    with pytest.raises(Problem):
        client.post(f"{LOAN}/{number}/repay", amount="1.5")
    with pytest.raises(Problem):
        stage.other.post(f"{LOAN}/{number}/repay", amount="1")
    client.post(f"{LOAN}/{number}/repay", amount=loan["loan-balance"])
    (loan,) = client.get("/v1/margin/loan-orders", symbol="ethusdt")
    assert (loan["state"], Decimal(loan["loan-amount"])) == ("cleared", Decimal("2.4"))
    assert client.get("/v1/margin/loan-orders", symbol="ethusdt", states="accrual") == []
    assert margin(client)["list"]["loan", "eth"] == 0


def test_margin_accounts_trade_their_own_symbol_with_their_own_money() -> None:
    client = Stage().client
    accounts = {each["type"]: each["id"] for each in client.get("/v1/account/accounts")}
    ethusdt = str(accounts["margin"])
    with pytest.raises(Problem) as refused:
        client.place("buy-limit", "1", "2000", "ethusdt", account_id=ethusdt, source="margin-api")
    assert refused.value.code == "account-frozen-balance-insufficient-error"
    client.post(IN, symbol="ethusdt", currency="usdt", amount="2000")
    for source, symbol in (("api", "ethusdt"), ("margin-api", "btcusdt")):
        with pytest.raises(Problem) as refused:
            client.place("buy-limit", "1", "2000", symbol, account_id=ethusdt, source=source)
        assert refused.value.code == "account-type-error"
    number = client.place("buy-limit", "1", "2000", "ethusdt", account_id=ethusdt, source="margin-api")
    row = client.order(number)
    assert (row["state"], row["source"], str(row["account-id"])) == ("filled", "margin-api", ethusdt)
    assert margin(client)["list"]["trade", "eth"] == 1
    assert client.balance("eth") == 20000


def test_all_money_is_somewhere() -> None:
    """Whatever the accounts do among themselves and with the house, only a withdrawal takes money out."""
    stage = Stage({"late-fill": 1}, fee="0.002")
    client = stage.client
    ledger = stage.venue.exchange.floor.ledger
    accounts = [str(one["id"]) for each in (client, stage.other) for one in each.get("/v1/account/accounts")]

    def everything(currency: str) -> Decimal:
        return sum((ledger.balance(one, PLACE, currency).total for one in (*accounts, "")), Decimal(0))

    before = {currency: everything(currency) for currency in ("BTC", "ETH", "USDT")}
    client.cancel(client.place("buy-limit", "3", "30010"))
    stage.other.place("sell-market", "2")
    client.post(IN, symbol="ethusdt", currency="usdt", amount="1000")
    loan = client.post(LOAN, symbol="ethusdt", currency="eth", amount="0.5")
    client.post(f"{LOAN}/{loan}/repay", amount="0.1")
    assert {currency: everything(currency) for currency in before} == before
    withdrawn(client)
    stage.wait(9)
    stage.venue.step(stage.now)
    assert everything("BTC") == before["BTC"] - Decimal("1.5")
