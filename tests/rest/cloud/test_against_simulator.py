"""Every method of the clients against the simulated exchange, over HTTP."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.errors import OutcomeUnknown
from oms.core.messages import NewOrder
from oms.core.secret import Secret
from oms.rest.cloud import paging, rules, snapshots, terms
from oms.rest.cloud.caller import Caller
from oms.rest.cloud.cancels import cancel_all
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.models import PlaceRequest, WithdrawRequest
from oms.rest.cloud.money import LoanSearch, MoneyClient
from oms.rest.cloud.orders import OrderClient, Search
from oms.rest.cloud.refusals import CloudRefused, Reason
from oms.rest.cloud.signing import Credential, Operator
from oms.rest.transport import Transport
from tests.rest.weex.simulated import Simulator

pytestmark = pytest.mark.system

MADE_UP = "made-up"
ARGUMENTS = ("--credential", f"KEY:{MADE_UP}")


class Client(MarketClient, OrderClient, MoneyClient):
    """All methods."""


def client_of(simulator: Simulator, *, prefix: str = "/api", secret: str = MADE_UP) -> Client:
    host = simulator.url.removeprefix("http://")
    credential = Credential(access_key="KEY", secret=Secret(secret))
    return Client(Caller(Transport(simulator.url), Operator(host=host, prefix=prefix), credential))


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Simulator("cloud", *ARGUMENTS) as simulator:
        yield client_of(simulator)


@pytest.fixture(scope="module")
def account(client: Client) -> int:
    (spot,) = (row for row in client.accounts() if row.type == "spot")
    return spot.id


ORDER = NewOrder(
    cl_ord_id="1",
    symbol="btcusdt",
    side="1",
    ord_type="2",
    order_qty=Decimal(1),
    price=Decimal(29000),
    time_in_force="1",
)


def request(account: int, **changes: Any) -> PlaceRequest:
    made = terms.request_for(msgspec.structs.replace(ORDER, **changes), account)
    assert isinstance(made, PlaceRequest)
    return made


def test_market_data(client: Client) -> None:
    symbols = rules.by_name(client.symbols())
    assert (symbols["btcusdt"].price_precision, symbols["btcusdt"].amount_precision) == (2, 4)
    assert set(client.currencys()) == {"btc", "eth", "usdt"}
    assert client.timestamp() > 1_700_000_000_000
    assert client.kline("btcusdt", "1min", size=3)
    assert client.merged("btcusdt").ask == (Decimal(30000), Decimal(1))
    assert {row.symbol for row in client.tickers()} == set(symbols)
    assert client.depth("btcusdt").bids[0] == (Decimal(29990), Decimal(1))
    assert client.trade("btcusdt").data
    assert client.history_trade("btcusdt", size=5)
    with pytest.raises(CloudRefused):
        client.merged("nothing")


# What is asked, and its FIX status, executed quantity and executions in the end.
KINDS: dict[str, tuple[dict[str, Any], str, str, int]] = {
    "buy-limit": ({"order_qty": Decimal("2.5"), "price": Decimal(30020)}, "2", "2.5", 3),
    "sell-limit": ({"side": "2", "price": Decimal(29990)}, "2", "1", 1),
    "buy-ioc": (
        {"order_qty": Decimal(4), "price": Decimal(30010), "time_in_force": "3"},
        "4",
        "2",
        2,
    ),
    "sell-ioc": ({"side": "2", "price": Decimal(29990), "time_in_force": "3"}, "2", "1", 1),
    "buy-market": (
        {"ord_type": "1", "price": None, "order_qty": None, "cash_order_qty": Decimal(75000)},
        "2",
        "2.4993",
        3,
    ),
    "sell-market": ({"side": "2", "ord_type": "1", "price": None, "order_qty": Decimal(12)}, "4", "10", 4),
    "buy-limit-maker": ({"price": Decimal(30000), "time_in_force": "7"}, "4", "0", 0),
    "sell-limit-maker": ({"side": "2", "price": Decimal(30000), "time_in_force": "7"}, "0", "0", 0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_of_order(client: Client, account: int, kind: str) -> None:
    changes, status, executed, executions = KINDS[kind]
    wanted = request(account, **changes)
    assert wanted.type == kind
    assert rules.check(wanted, rules.by_name(client.symbols())) is None
    order_id = client.place(wanted)
    row = client.order(order_id)
    taken = snapshots.snapshot(row, client.order_match_results(order_id))
    assert (row.type, taken.report.ord_status, taken.report.cum_qty) == (kind, status, Decimal(executed))
    assert (len(taken.fills), taken.all_fills) == (executions, True)
    if executions:
        paid = sum((fill.shares * (fill.price or 0) for fill in taken.fills), Decimal(0))
        assert taken.report.avg_px is not None
        assert abs(taken.report.avg_px * Decimal(executed) - paid) < Decimal("1e-9")
    if status == "0":
        client.submit_cancel(order_id)


def test_an_open_order_from_its_placing_to_its_cancel(client: Client, account: int) -> None:
    order_id = client.place(request(account))
    (row,) = (row for row in paging.all_open_orders(client, account, "btcusdt") if row.id == order_id)
    report = snapshots.report_of(row)
    assert (report.ord_status, report.order_qty, report.leaves_qty) == ("0", Decimal(1), Decimal(1))
    frozen = [
        each for each in client.balance(account).rows if (each.currency, each.type) == ("usdt", "frozen")
    ]
    assert frozen[0].balance == Decimal(29000)
    client.submit_cancel(order_id)
    assert snapshots.report_of(client.order(order_id)).ord_status == "4"
    with pytest.raises(CloudRefused) as refused:
        client.submit_cancel(order_id)
    assert refused.value.reason is Reason.ORDER_STATE


def test_more_than_one_page_and_one_batch(client: Client, account: int) -> None:
    mark = client.place(request(account, symbol="ethusdt", price=Decimal(1000)))
    ids = [client.place(request(account, symbol="ethusdt", price=Decimal(1000))) for _ in range(130)]
    found = paging.all_orders(client, Search(symbol="ethusdt"), above=mark)
    assert [row.id for row in found] == sorted(ids, reverse=True)
    assert {row.id for row in client.open_orders(account, "ethusdt", side="buy")} == {mark, *ids}
    left = client.batch_cancel_open_orders(account, symbol="ethusdt", side="sell")
    assert (left.success_count, left.failed_count) == (0, 0)
    done = cancel_all(client, [*ids, 99_999_999])
    assert sorted(done.asked) == sorted(ids)
    assert list(done.refused) == [99_999_999]
    assert client.batch_cancel_open_orders(account).success_count == 1
    assert client.open_orders(account, "ethusdt") == []


def test_executions_are_searched_to_their_end(client: Client, account: int) -> None:
    order_id = client.place(request(account, order_qty=Decimal("2.5"), price=Decimal(30020)))
    own = [row.id for row in client.order_match_results(order_id)]
    rows = paging.all_match_results(client, Search(symbol="btcusdt"), above=min(own) - 1)
    assert [row.id for row in rows] == sorted(own, reverse=True)
    assert [row.id for row in client.match_results(Search(symbol="btcusdt", size=1))] == [max(own)]


def test_refusals_by_reason(client: Client, account: int) -> None:
    cases = [
        (request(account, order_qty=Decimal(5000), price=Decimal(30000)), Reason.FUNDS),
        (request(account, order_qty=Decimal("0.00001")), Reason.AMOUNT),
        (request(account, price=Decimal("29000.001")), Reason.PRICE),
        (request(account, symbol="nothing"), Reason.PARAMETER),
        (request(1), Reason.PARAMETER),
    ]
    for wanted, reason in cases:
        with pytest.raises(CloudRefused) as refused:
            client.place(wanted)
        assert refused.value.reason is reason, refused.value


def test_withdrawals_and_deposits(client: Client) -> None:
    wanted = WithdrawRequest(address="0xde709f21", currency="eth", amount=Decimal("1.000000000000000001"))
    withdraw_id = client.withdraw(wanted)
    (row,) = (row for row in paging.all_transfers(client, "withdraw") if row.id == withdraw_id)
    assert (row.amount, row.currency) == (wanted.amount, "eth")
    client.cancel_withdraw(withdraw_id)
    with pytest.raises(CloudRefused) as refused:
        client.cancel_withdraw(withdraw_id)
    assert refused.value.reason is Reason.ORDER_STATE
    with pytest.raises(CloudRefused) as poor:
        client.withdraw(msgspec.structs.replace(wanted, amount=Decimal(10**9)))
    assert poor.value.reason is Reason.FUNDS
    client.deposit_withdraw("deposit", currency="btc", size=5)


def test_margin(client: Client) -> None:
    assert client.transfer_in(symbol="ethusdt", currency="usdt", amount=Decimal(10_000)) > 0
    (margin,) = client.margin_balance("ethusdt")
    assert {row.type for row in margin.rows} >= {"trade", "frozen", "loan", "interest"}
    loan_id = client.apply_for_loan(symbol="ethusdt", currency="usdt", amount=Decimal("100.5"))
    (loan,) = (
        row for row in paging.all_loan_orders(client, LoanSearch(symbol="ethusdt")) if row.id == loan_id
    )
    assert (loan.loan_amount, loan.state in {"created", "accrual"}) == (Decimal("100.5"), True)
    (indebted,) = client.margin_balance("ethusdt")
    debts = {row.currency: row.balance for row in indebted.rows if row.type == "loan"}
    assert debts["usdt"] == Decimal("-100.5")
    assert indebted.risk_rate > 0
    client.repay(loan_id, Decimal("100.5"))
    with pytest.raises(CloudRefused):
        client.repay(loan_id, Decimal(10**6))
    with pytest.raises(CloudRefused) as too_much:
        client.apply_for_loan(symbol="ethusdt", currency="usdt", amount=Decimal(10**9))
    assert too_much.value.reason is Reason.AMOUNT
    assert client.transfer_out(symbol="ethusdt", currency="usdt", amount=Decimal(1)) > 0


def test_another_prefix_and_a_wrong_secret() -> None:
    with Simulator("cloud", *ARGUMENTS, "--prefix", "/white/label") as simulator:
        assert client_of(simulator, prefix="/white/label").accounts()
        with pytest.raises(CloudRefused) as refused:
            client_of(simulator, prefix="/white/label", secret="wrong").accounts()
    assert refused.value.reason is Reason.KEY


@pytest.mark.parametrize(
    "fault",
    [
        "http-timeout-before@place",
        "http-timeout-after@place",
        "http-502@place",
        "http-403@place",
        "http-truncated@place",
        "system-error",
    ],
)
def test_what_goes_wrong_on_the_way_is_in_doubt(fault: str) -> None:
    with Simulator("cloud", *ARGUMENTS, "--fault", f"{fault}=1") as simulator:
        client = client_of(simulator)
        (account,) = (row.id for row in client.accounts() if row.type == "spot")
        with pytest.raises(OutcomeUnknown):
            client.place(request(account))


def test_states_on_the_way_are_seen() -> None:
    with Simulator("cloud", *ARGUMENTS, "--fault", "slow-submit=1", "--fault", "slow-cancel=1") as simulator:
        client = client_of(simulator)
        (account,) = (row.id for row in client.accounts() if row.type == "spot")
        order_id = client.place(request(account))
        assert snapshots.report_of(client.order(order_id)).ord_status == "A"
        with pytest.raises(CloudRefused) as refused:
            client.submit_cancel(order_id)
        assert refused.value.reason is Reason.ORDER_STATE
