"""Every method of the client against the simulated venue, over HTTP."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from oms.core.errors import OutcomeUnknown
from oms.core.messages import NewOrder
from oms.core.secret import Secret
from oms.rest.transport import Transport
from oms.rest.weex import rules, snapshots, terms
from oms.rest.weex.client import HistoryRequest, TradeClient, TradeRequest
from oms.rest.weex.nonce import Nonces
from oms.rest.weex.paging import all_trades, all_transactions
from oms.rest.weex.public import PublicClient
from oms.rest.weex.refusals import Reason, WeexInDoubt, WeexRefused
from tests.rest.weex.simulated import Simulator

pytestmark = pytest.mark.system

KEY, SECRET = "46G9R9D6-WJ77XOIP-XH9HH5VQ-A3XN3YOZ-8T1R8I8T", "made-up"
OTHER, OTHER_SECRET = "J2UF00BF-OZ8X02EW-F7W37LYM-VCLWIBIU-XQG2HO1W", "likewise"
CREDENTIALS = ("--credential", f"{KEY}:{SECRET}", "--credential", f"{OTHER}:{OTHER_SECRET}", "--cache", "off")

ORDER = NewOrder(
    cl_ord_id="1",
    symbol="btc_usd",
    side="1",
    ord_type="2",
    order_qty=Decimal(3),
    price=Decimal(30010),
    time_in_force="1",
)


def client_of(
    simulator: Simulator, key: str = KEY, secret: str = SECRET, *, first: int = 1, timeout_s: float = 10
) -> TradeClient:
    nonces = Nonces(key, lambda _key, _up_to: None, reserved=first - 1)
    transport = Transport(simulator.url, read_timeout_s=timeout_s)
    return TradeClient(transport, key=key, secret=Secret(secret), nonces=nonces)


def limit(side: str, amount: str, rate: str) -> TradeRequest:
    order = msgspec.structs.replace(ORDER, side=side, order_qty=Decimal(amount), price=Decimal(rate))
    request = terms.request_for(order)
    assert isinstance(request, TradeRequest)
    return request


@pytest.fixture(scope="module", params=["", "--sloppy"])
def simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    extra = (request.param, "--empty", "error", "--nonce-text", "short") if request.param else ()
    with Simulator("weex", *CREDENTIALS, *extra) as running:
        yield running


def test_the_public_api(simulator: Simulator) -> None:
    public = PublicClient(Transport(simulator.url))
    pairs = public.info().pairs
    assert (pairs["btc_usd"].decimal_places, pairs["nmc_usd"].hidden) == (3, 1)
    ticker = public.ticker(["btc_usd", "nothing"], ignore_invalid=True)
    assert list(ticker) == ["btc_usd"]
    assert ticker["btc_usd"].buy >= ticker["btc_usd"].sell
    book = public.depth(["btc_usd", "ltc_btc"], limit=2)
    assert [len(side) for each in book.values() for side in (each.asks, each.bids)] == [2, 2, 2, 2]
    assert book["btc_usd"].asks[0][0] == Decimal(30000)
    assert set(public.trades(["btc_usd"])) == {"btc_usd"}
    with pytest.raises(WeexRefused) as refused:
        public.ticker(["nothing"])
    assert refused.value.reason is Reason.PAIR


def test_an_order_from_its_placing_to_its_end(simulator: Simulator) -> None:
    client = client_of(simulator, first=100_000)
    pairs = PublicClient(Transport(simulator.url)).info().pairs
    request = terms.request_for(ORDER)
    assert isinstance(request, TradeRequest)
    assert rules.check(request, pairs) is None
    placed = client.trade(request)
    assert (placed.remains, placed.order_id > 0) == (Decimal(1), True)
    report = snapshots.report_of_placed(ORDER, placed)
    assert (report.ord_status, report.cum_qty, report.leaves_qty) == ("1", Decimal(2), Decimal(1))

    active = client.active_orders("btc_usd")[placed.order_id]
    assert snapshots.report_of_active(placed.order_id, active, Decimal(3)).cum_qty == Decimal(2)
    taken = snapshots.snapshot(placed.order_id, client.order_info(placed.order_id), client.trade_history())
    assert (taken.report.ord_status, taken.report.cum_qty, taken.all_fills) == ("1", Decimal(2), True)
    assert [(fill.shares, fill.price) for fill in taken.fills] == [
        (Decimal(1), Decimal(30000)),
        (Decimal(1), Decimal(30010)),
    ]
    assert taken.report.avg_px == Decimal(30005)

    assert client.cancel_order(placed.order_id).order_id == placed.order_id
    ended = snapshots.report_of(placed.order_id, client.order_info(placed.order_id))
    assert (ended.ord_status, ended.cum_qty, ended.leaves_qty) == ("4", Decimal(2), Decimal(0))
    with pytest.raises(WeexRefused) as refused:
        client.cancel_order(placed.order_id)
    assert refused.value.reason is Reason.ORDER_STATE
    with pytest.raises(WeexRefused) as unknown:
        client.order_info(99_999_999)
    assert unknown.value.reason is Reason.UNKNOWN_ORDER


def test_an_order_that_fills_at_once_has_no_number(simulator: Simulator) -> None:
    client = client_of(simulator, first=200_000)
    mark = max(client.trade_history(HistoryRequest(count=1)), default=0)
    placed = client.trade(limit("2", "1.5", "0.1"))
    assert (placed.order_id, placed.remains) == (0, Decimal(0))
    rows = client.trade_history(HistoryRequest(from_id=mark + 1, order="ASC", pair="btc_usd"))
    assert sum(row.amount for row in rows.values()) == Decimal("1.5")
    assert list(rows) == sorted(rows)
    assert all_trades(client, above=mark, pair="btc_usd") == rows
    assert all_trades(client, above=max(rows)) == {}


def test_several_cancels_with_an_outcome_each(simulator: Simulator) -> None:
    client = client_of(simulator, first=300_000)
    first, second = (client.trade(limit("1", "1", rate)).order_id for rate in ("29000", "28000"))
    client.cancel_order(second)
    answer = client.cancel_orders([first, second])
    assert {number: result.done for number, result in answer.cancel_result.items()} == {
        first: True,
        second: False,
    }
    assert answer.cancel_result[second].error == "invalid status"
    assert client.active_orders() == {}


def test_refusals_by_reason(simulator: Simulator) -> None:
    client = client_of(simulator, first=400_000)
    cases = [
        (limit("1", "0.0001", "30000"), Reason.AMOUNT),
        (limit("1", "1", "0.01"), Reason.PRICE),
        (limit("1", "5000", "30000"), Reason.FUNDS),
        (msgspec.structs.replace(limit("1", "1", "1"), pair="xyz_usd"), Reason.PARAMETER),
    ]
    for request, reason in cases:
        with pytest.raises(WeexRefused) as refused:
            client.trade(request)
        assert refused.value.reason is reason
    with pytest.raises(WeexRefused) as forged:
        client_of(simulator, secret="wrong", first=500_000).get_info()
    assert forged.value.reason is Reason.KEY


def test_money(simulator: Simulator) -> None:
    client, other = client_of(simulator, first=600_000), client_of(simulator, OTHER, OTHER_SECRET, first=1)
    before = client.get_info()
    assert (before.rights.trade, before.open_orders) == (1, 0)
    assert client.coin_deposit_address("BTC").address
    sent = client.withdraw_coin(coin_name="BTC", amount=Decimal("0.31"), address="1BARCQAEjxqp1sKneiFtBVTZz")
    assert sent.amount_sent == Decimal("0.31")
    made = client.create_coupon(coin_name="USD", amount=Decimal("12.5"))
    redeemed = other.redeem_coupon(made.coupon)
    assert (redeemed.amount, redeemed.currency.upper()) == (Decimal("12.5"), "USD")
    with pytest.raises(WeexRefused) as twice:
        other.redeem_coupon(made.coupon)
    assert twice.value.reason is Reason.COUPON
    after = client.get_info().funds
    assert before.funds["btc"] - after["btc"] == Decimal("0.31")
    assert before.funds["usd"] - after["usd"] == Decimal("12.5")
    assert sent.tx_id in all_transactions(client, above=0)
    assert sent.tx_id not in all_transactions(client, above=sent.tx_id)


def test_a_nonce_that_the_venue_has_passed_is_left_behind_once(simulator: Simulator) -> None:
    client = client_of(simulator, first=900_000)
    client.get_info()
    late = client_of(simulator, first=5)
    assert late.trade(limit("2", "1", "0.1")).order_id == 0
    assert late.accepted == 900_001
    history = late.trade_history(HistoryRequest(count=1))
    assert len(history) == 1


@pytest.mark.parametrize(
    "fault", ["http-timeout-before", "http-timeout-after", "http-502", "http-truncated", "http-text-after"]
)
def test_what_goes_wrong_on_the_way_is_in_doubt_with_its_nonce(fault: str) -> None:
    with Simulator("weex", *CREDENTIALS, "--fault", f"{fault}@Trade=1") as running:
        client = client_of(running, first=10)
        with pytest.raises(WeexInDoubt) as doubted:
            client.trade(limit("1", "1", "29000"))
        assert (doubted.value.nonce, client.accepted) == (10, 0)
        client.active_orders()
        assert client.accepted == 11


@pytest.mark.parametrize("fault", ["http-text", "http-403", "http-reject"])
def test_what_the_document_does_not_call_a_refusal_is_none(fault: str) -> None:
    with (
        Simulator("weex", *CREDENTIALS, "--fault", f"{fault}@Trade=1") as running,
        pytest.raises(OutcomeUnknown),
    ):
        client_of(running).trade(limit("1", "1", "29000"))
