"""Orders at the simulated Cloud API venue, as its clients see them: the fixed book, then what always holds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.sim.cloud.market import SYMBOLS
from oms.sim.market import OPENING_BALANCES
from tests.sim.cloud.document_client import Problem
from tests.sim.cloud.stage import START, Stage


def facts(row: dict[str, Any]) -> tuple[str, Decimal, Decimal]:
    return row["state"], Decimal(row["field-amount"]), Decimal(row["field-cash-amount"])


@pytest.mark.parametrize(
    ("kind", "amount", "price", "state", "filled", "cash"),
    [
        ("buy-limit", "1", "29000", "submitted", "0", "0"),
        ("buy-limit", "2.5", "30020", "filled", "2.5", "75020"),
        ("buy-limit", "3", "30010", "partial-filled", "2", "60010"),
        ("sell-limit", "1", "29990", "filled", "1", "29990"),
        ("buy-ioc", "4", "30010", "partial-canceled", "2", "60010"),
        ("buy-ioc", "1", "29000", "canceled", "0", "0"),
        ("sell-ioc", "1", "29980", "filled", "1", "29990"),
        ("buy-limit-maker", "1", "29995", "submitted", "0", "0"),
        ("buy-limit-maker", "1", "30000", "canceled", "0", "0"),
        ("sell-limit-maker", "1", "29990", "canceled", "0", "0"),
        ("sell-limit-maker", "1", "29995", "submitted", "0", "0"),
        ("buy-market", "75000", None, "filled", "2.4993", "74998.986"),
        ("sell-market", "2", None, "filled", "2", "59970"),
        ("sell-market", "12", None, "partial-canceled", "10", "299610"),
    ],
)
def test_every_type_meets_the_fixed_book(
    kind: str, amount: str, price: str | None, state: str, filled: str, cash: str
) -> None:
    client = Stage().client
    row = client.order(client.place(kind, amount, price))
    assert facts(row) == (state, Decimal(filled), Decimal(cash))
    over = state not in {"submitted", "partial-filled"}
    assert (row["finished-at"] > 0) is over
    assert (row["canceled-at"] > 0) is (over and state != "filled")


def test_the_rest_of_an_order_waits_and_is_filled_by_another_account() -> None:
    stage = Stage()
    buy = stage.client.place("buy-limit", "3", "30010")
    sell = stage.other.place("sell-limit", "1", "30010")
    assert (stage.client.state(buy), stage.other.state(sell)) == ("filled", "filled")
    (mine, *_), (others,) = (
        client.get(f"/v1/order/orders/{number}/matchresults")
        for client, number in ((stage.client, buy), (stage.other, sell))
    )
    assert mine["match-id"] == others["match-id"]
    assert mine["id"] != others["id"]
    assert Decimal(mine["price"]) == Decimal(others["price"]) == 30010


def test_two_keys_share_a_desk_and_a_third_sees_nothing_of_it() -> None:
    stage = Stage()
    number = stage.client.place("buy-limit", "1", "29000")
    assert stage.same_desk.state(number) == "submitted"
    assert stage.same_desk.account() == stage.client.account() != stage.other.account()
    for ask in (stage.other.order, stage.other.cancel):
        with pytest.raises(Problem, match="record invalid") as refused:
            ask(number)
        assert refused.value.code == "base-record-invalid"
    with pytest.raises(Problem, match="does not exist"):
        stage.other.place("buy-limit", "1", "29000", account_id=stage.client.account())
    assert stage.other.get("/v1/order/openOrders") == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": "5000"}, "account-frozen-balance-insufficient-error"),
        ({"type": "sell-limit", "amount": "1000.0001"}, "account-frozen-balance-insufficient-error"),
        ({"amount": "0.00001"}, "order-orderamount-precision-error"),
        ({"price": "29000.001"}, "order-orderprice-precision-error"),
        ({"amount": "10000.1"}, "order-limitorder-amount-max-error"),
        ({"type": "sell-market", "amount": "10000.1"}, "order-marketorder-amount-max-error"),
        ({"type": "buy-market", "amount": "0.5"}, "order-marketorder-amount-min-error"),
        ({"type": "buy-market", "amount": "10.000000001"}, "order-orderamount-precision-error"),
        ({"price": "1000001"}, "order-limitorder-price-max-error"),
        ({"amount": "0.0001", "price": "1"}, "order-value-min-error"),
        ({"price": ""}, "validation-constraints-required"),
        ({"amount": "0"}, "invalid-amount"),
        ({"amount": "-1"}, "invalid-amount"),
        ({"amount": "NaN"}, "invalid-amount"),
        ({"amount": "1" * 30}, "invalid-amount"),
        ({"amount": "one"}, "invalid-amount"),
        ({"type": "buy-stop"}, "invalid-type"),
        ({"symbol": "dogeusdt"}, "base-symbol-error"),
        ({"source": "margin-api"}, "account-type-error"),
        ({"account_id": "7"}, "account-get-accounts-inexistent-error"),
        ({"account_id": "x"}, "invalid-account-id"),
    ],
)
def test_an_order_against_the_rules_is_an_error_and_leaves_nothing(
    changes: dict[str, str], code: str
) -> None:
    client = Stage().client
    order = {"kind": "buy-limit", "amount": "1", "price": "29000"}
    if "type" in changes:
        changes = {**changes, "kind": changes["type"]}
    with pytest.raises(Problem) as refused:
        client.place(**(order | changes))
    assert refused.value.code == code
    assert client.get("/v1/order/openOrders") == []
    assert client.balance("usdt", "frozen") == client.balance("btc", "frozen") == 0


def test_a_cancel_frees_the_money_and_comes_once() -> None:
    client = Stage().client
    number = client.place("buy-limit", "1", "29000")
    assert client.balance("usdt") == 99_971_000
    assert client.balance("usdt", "frozen") == 29_000
    assert client.cancel(number) == number
    assert client.state(number) == "canceled"
    assert client.balance("usdt", "frozen") == 0
    with pytest.raises(Problem, match="state is error"):
        client.cancel(number)


def test_a_fee_is_taken_from_what_comes_in() -> None:
    """As in the document's example: a buy of 10.1 eth at 100.1 has field-fees of 0.0202."""
    client = Stage(fee="0.002").client
    bought = client.order(client.place("buy-limit", "1", "30000"))
    sold = client.order(client.place("sell-limit", "1", "29990"))
    assert (Decimal(bought["field-fees"]), Decimal(sold["field-fees"])) == (
        Decimal("0.002"),
        Decimal("59.98"),
    )
    assert client.balance("btc") == 1000 - Decimal("0.002")
    assert client.balance("usdt") == 100_000_000 - 30_000 + 29_990 - Decimal("59.98")


def test_a_slow_order_is_seen_on_its_way_and_is_no_open_order_until_it_is_in_the_book() -> None:
    stage = Stage({"slow-submit": 1})
    number = stage.client.place("buy-limit", "3", "30010")
    seen = []
    for _ in range(3):
        open_orders = [str(row["id"]) for row in stage.client.get("/v1/order/openOrders")]
        seen.append((stage.client.state(number), number in open_orders))
        stage.wait(0.5)
    assert seen == [("pre-submitted", False), ("submitting", False), ("partial-filled", True)]


def test_a_slow_order_has_its_money_frozen_and_cannot_be_canceled_yet() -> None:
    stage = Stage({"slow-submit": 1})
    number = stage.client.place("buy-limit", "1", "29000")
    assert stage.client.balance("usdt", "frozen") == 29000
    with pytest.raises(Problem, match="state is error"):
        stage.client.cancel(number)
    stage.wait(1)
    assert stage.client.cancel(number) == number


def test_a_slow_cancel_is_cancelling_and_may_still_fill() -> None:
    stage = Stage({"slow-cancel": 1})
    first, second = (stage.client.place("buy-limit", "1", "29995") for _ in range(2))
    for number in (first, second):
        stage.client.cancel(number)
    assert {row["state"] for row in stage.client.get("/v1/order/openOrders")} == {"cancelling"}
    stage.other.place("sell-limit", "1", "29995")
    stage.wait(1)
    assert (stage.client.state(first), stage.client.state(second)) == ("filled", "canceled")


@pytest.mark.parametrize(
    ("fault", "state", "filled"), [("late-fill", "partial-canceled", "0.5"), ("lost-race", "filled", "1")]
)
@pytest.mark.parametrize("slow", [0, 1])
def test_a_cancel_may_come_too_late(fault: str, state: str, filled: str, slow: int) -> None:
    stage = Stage({fault: 1, "slow-cancel": slow})
    behind = stage.other.place("buy-limit", "1", "29996")  # not the first in its queue
    number = stage.client.place("buy-limit", "1", "29995")
    stage.client.cancel(number)
    stage.wait(1)
    row = stage.client.order(number)
    assert facts(row) == (state, Decimal(filled), Decimal(filled) * 29995)
    assert stage.client.balance("usdt", "frozen") == 0
    assert stage.other.state(behind) == "submitted"


def test_refused_on_purpose() -> None:
    stage = Stage({"reject": 1})
    with pytest.raises(Problem) as refused:
        stage.client.place("buy-limit", "1", "29000")
    assert refused.value.code == "account-frozen-balance-insufficient-error"
    stage = Stage({"cancel-reject": 1})
    number = stage.client.place("buy-limit", "1", "29000")
    with pytest.raises(Problem) as refused:
        stage.client.cancel(number)
    assert refused.value.code == "order-orderstate-error"
    assert stage.client.state(number) == "submitted"


def test_a_system_error_does_not_say_what_was_done() -> None:
    stage = Stage({"system-error": 1})
    for _ in range(20):
        with pytest.raises(Problem, match="System error"):
            stage.client.place("buy-limit", "1", "29000")
    assert 0 < len(stage.client.get("/v1/order/openOrders")) < 20


def test_batchcancel_tells_each_order_apart() -> None:
    stage = Stage()
    mine, done = stage.client.place("buy-limit", "1", "29000"), stage.client.place("buy-limit", "1", "30000")
    others = stage.other.place("buy-limit", "1", "29000")
    asked = [mine, done, others, "nonsense"]
    told = stage.client.post("/v1/order/orders/batchcancel", order_ids=asked)
    assert told["success"] == [mine]
    assert [(each["order-id"], each["err-code"]) for each in told["failed"]] == [
        (done, "order-orderstate-error"),
        (others, "base-record-invalid"),
        ("nonsense", "base-record-invalid"),
    ]
    assert stage.client.post("/v1/order/orders/batchcancel", order_ids=["1"] * 50)
    with pytest.raises(Problem, match="50 orders at most"):
        stage.client.post("/v1/order/orders/batchcancel", order_ids=["1"] * 51)


def test_batch_cancel_open_orders_takes_the_newest_and_names_the_next() -> None:
    client = Stage().client
    account = client.account()
    numbers = [client.place("buy-limit", "1", "29000") for _ in range(4)]
    other_symbol = client.place("sell-limit", "1", "3000", symbol="ethusdt")
    sell = client.place("sell-limit", "1", "31000")
    path = "/v1/order/orders/batchCancelOpenOrders"
    told = client.post(path, account_id=account, symbol="btcusdt", side="buy", size=3)
    assert told == {"success-count": 3, "failed-count": 0, "next-id": int(numbers[0])}
    left = [str(row["id"]) for row in client.get("/v1/order/openOrders")]
    assert left == [sell, other_symbol, numbers[0]]
    told = client.post(path, account_id=account)
    assert told == {"success-count": 3, "failed-count": 0, "next-id": -1}
    with pytest.raises(Problem):
        client.post(path, account_id=account, size=101)


def test_open_orders_are_filtered_and_limited() -> None:
    client = Stage().client
    account = client.account()
    numbers = [int(client.place("buy-limit", "1", "29000")) for _ in range(12)]
    client.place("sell-limit", "1", "3000", symbol="ethusdt")
    path = "/v1/order/openOrders"
    assert len(client.get(path)) == 13, "all of the user's, without account-id and symbol"
    rows = client.get(path, account_id=account, symbol="btcusdt")
    assert [row["id"] for row in rows] == numbers[::-1][:10], "10 by default, the newest first"
    assert len(client.get(path, account_id=account, symbol="btcusdt", side="buy", size=500)) == 12
    assert client.get(path, account_id=account, symbol="btcusdt", side="sell") == []
    with pytest.raises(Problem):
        client.get(path, size=501)


def test_paging_loses_nothing_in_either_direction() -> None:
    client = Stage().client
    numbers = [int(client.place("buy-limit", "0.5", "30000")) for _ in range(7)]
    for path, key in (("/v1/order/orders", "id"), ("/v1/order/matchresults", "order-id")):
        for direct in ("next", "prev"):
            asked: dict[str, object] = {"symbol": "btcusdt", "size": 3, "direct": direct}
            asked |= {"states": "filled"} if path.endswith("orders") else {}
            rows = client.get(path, **asked)
            if direct == "prev":
                rows = client.get(path, **asked, from_=1)
            seen = {row[key] for row in rows}
            for _ in range(9):
                ids = [row["id"] for row in rows]
                assert ids == sorted(ids, reverse=True)
                rows = client.get(path, **asked, from_=ids[-1] if direct == "next" else ids[0])
                seen |= {row[key] for row in rows}
            assert seen == set(numbers)


def test_orders_are_searched_by_state_type_symbol_and_day() -> None:
    stage = Stage()
    client = stage.client
    first = int(client.place("buy-limit", "1", "30000"))
    stage.now = START + timedelta(days=2)
    second = int(client.place("sell-market", "1"))
    third = int(client.place("buy-limit", "1", "29000"))

    def found(**asked: str) -> list[int]:
        states = asked.pop("states", "submitted,filled")
        rows = client.get("/v1/order/orders", symbol="btcusdt", states=states, **asked)
        return [row["id"] for row in rows]

    assert found() == [third, second, first]
    assert found(states="filled") == [second, first]
    assert found(types="sell-market,buy-ioc") == [second]
    assert found(start_date="2026-01-03") == [third, second]
    assert found(end_date="2026-01-02") == [first]
    assert client.get("/v1/order/orders", symbol="ethusdt", states="filled") == []
    matches = client.get("/v1/order/matchresults", symbol="btcusdt", types="sell-market")
    assert [row["order-id"] for row in matches] == [second]
    assert found(states="pre-submitted,submitted,partial-filled,partial-canceled,filled,canceled") == found()
    for state in ("submitting", "cancelling"):
        with pytest.raises(Problem, match="states"):
            found(states=f"submitted,{state}")
    for wrong in ({"states": "done"}, {"types": "buy"}, {"start_date": "2026-1-1"}, {"size": "101"}):
        with pytest.raises(Problem):
            found(**wrong)


def test_form_encoded_bodies_and_parameters_in_the_query_are_taken() -> None:
    stage = Stage()
    client = stage.client
    order = {
        "account-id": client.account(),
        "amount": "1",
        "price": "29000",
        "symbol": "btcusdt",
        "type": "buy-limit",
    }
    path = "/v1/order/orders/place"
    for query, body in (
        ({}, "&".join(f"{name}={value}" for name, value in order.items())),
        (order, ""),
        (order, '{"account-id": 100009}'),
    ):
        target = client.target("POST", path, query)
        answer = client.read(*stage.send("POST", target, client.headers(), body.encode()))
        assert client.state(answer["data"]) == "submitted"
    target = client.target("POST", path, {})
    for body in ("[1]", "{", '{"a": 1e999999999}', "\xff"):
        with pytest.raises(Problem):
            client.read(*stage.send("POST", target, client.headers(), body.encode("latin-1")))


def test_numbers_are_taken_as_text_and_as_numbers() -> None:
    client = Stage().client
    number = client.post(
        "/v1/order/orders/place",
        account_id=int(client.account()),
        amount=1,
        price=29000.5,
        symbol="btcusdt",
        type="buy-limit",
    )
    assert Decimal(client.order(number)["price"]) == Decimal("29000.5")


def test_the_same_seed_gives_the_same_venue() -> None:
    def story(seed: int) -> list[tuple[str, str]]:
        stage = Stage(background=True, seed=seed)
        for price in ("29990", "29980"):
            stage.client.place("buy-limit", "5", price)
        for _ in range(600):
            stage.wait(0.05)
            stage.venue.step(stage.now)
        return stage.noted

    assert any(event == "fill" for event, _ in story(1))
    assert story(1) == story(1)
    assert story(1) != story(2)


_orders = st.tuples(
    st.sampled_from(
        ["buy-limit", "sell-limit", "buy-ioc", "sell-ioc", "buy-limit-maker", "sell-limit-maker"]
    ),
    st.integers(1, 40_000).map(lambda steps: f"{steps * Decimal('0.0001'):f}"),
    st.integers(29_985, 30_015).map(str),
)
_market = st.tuples(
    st.sampled_from(["buy-market", "sell-market"]), st.integers(1, 100_000).map(str), st.none()
)
_actions = st.lists(
    st.tuples(st.booleans(), _orders | _market) | st.integers(0, 30) | st.just(None), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(
    _actions,
    st.sampled_from([{}, {"slow-submit": 0.5, "slow-cancel": 0.5, "late-fill": 0.3, "lost-race": 0.3}]),
    st.booleans(),
)
def test_what_always_holds(actions: list[Any], rates: dict[str, float], background: bool) -> None:
    """Money moves only by matches and their fees, open orders freeze what they may use, and sums agree."""
    stage = Stage(rates, fee="0.002", background=background)
    clients = (stage.client, stage.other)
    for action in actions:
        stage.wait(0.3)
        if action is None:
            stage.venue.step(stage.now)
        elif isinstance(action, int):
            _try_cancel(stage, action)
        else:
            second, order = action
            _try_place(stage, clients[second], order)
    stage.wait(5)
    stage.venue.step(stage.now)
    entries = list(stage.venue.exchange.orders.values())
    for client in clients:
        mine = [
            client.order(str(one.number))
            for one in entries
            if str(one.terms.account.number) == client.account()
        ]
        _check_balances(client, mine)
        for row in mine:
            _check_matches(client, row)


def _try_cancel(stage: Stage, index: int) -> None:
    entries = list(stage.venue.exchange.orders.values())
    if index < len(entries):
        try:
            stage.client.cancel(str(entries[index].number))
        except Problem as problem:
            assert problem.code in {"order-orderstate-error", "base-record-invalid"}  # noqa: PT017 - others are none


def _try_place(stage: Stage, client: Any, order: tuple[str, str, str | None]) -> None:
    try:
        client.place(*order)
    except Problem as problem:
        known = {"account-frozen-balance-insufficient-error", "order-value-min-error"}
        known |= {"order-marketorder-amount-max-error"}
        assert problem.code in known  # noqa: PT017 - others are none
    assert stage.now > START


def _check_balances(client: Any, rows: list[dict[str, Any]]) -> None:
    base, quote, frozen_base, frozen_quote = Decimal(0), Decimal(0), Decimal(0), Decimal(0)
    for row in rows:
        buying = row["type"].startswith("buy")
        filled, cash, fees = (Decimal(row[f"field-{each}"]) for each in ("amount", "cash-amount", "fees"))
        base += filled - fees if buying else -filled
        quote += -cash if buying else cash - fees
        if row["state"] in {"submitted", "partial-filled"}:
            rest = Decimal(row["amount"]) - filled
            frozen_quote += rest * Decimal(row["price"]) if buying else 0
            frozen_base += 0 if buying else rest
        else:
            assert row["state"] in {"filled", "canceled", "partial-canceled"}
    for currency, moved, frozen in (("btc", base, frozen_base), ("usdt", quote, frozen_quote)):
        assert client.balance(currency, "frozen") == frozen
        assert client.balance(currency) + frozen == OPENING_BALANCES[currency.upper()] + moved


def _check_matches(client: Any, row: dict[str, Any]) -> None:
    matches = client.get(f"/v1/order/orders/{row['id']}/matchresults")
    amounts = [Decimal(match["filled-amount"]) for match in matches]
    assert sum(amounts) == Decimal(row["field-amount"])
    cash = sum(Decimal(m["price"]) * Decimal(m["filled-amount"]) for m in matches)
    assert cash == Decimal(row["field-cash-amount"])
    assert sum(Decimal(match["filled-fees"]) for match in matches) == Decimal(row["field-fees"])
    assert SYMBOLS[row["symbol"]].name == row["symbol"]
