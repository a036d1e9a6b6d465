"""Every method against the document's own answers, and what the document does not promise."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from oms.core.errors import OutcomeUnknown, VenueRefused, VenueUnavailable
from oms.core.secret import Secret
from oms.rest.cloud.caller import Caller
from oms.rest.cloud.cancels import cancel_all
from oms.rest.cloud.market import MarketClient
from oms.rest.cloud.models import PlaceRequest, WithdrawRequest
from oms.rest.cloud.money import LoanSearch, MoneyClient
from oms.rest.cloud.orders import OrderClient, Search
from oms.rest.cloud.refusals import CloudRefused, Reason, reason_of
from oms.rest.cloud.signing import Credential, Operator
from oms.rest.keys import KeyRefused
from oms.rest.transport import Transport
from oms.rest.worker import VenueBanned
from tests.rest.cloud import samples
from tests.rest.weex.scripted import Answer, Asked, ScriptedVenue

SECRET = "a-secret-that-nobody-may-see"
OPERATOR = Operator(host="www.xxxx.com")
SIGNED = "?AccessKeyId=KEY&SignatureMethod=HmacSHA256&SignatureVersion=2&Timestamp=2017-05-11T15%3A19%3A30"
BUY = PlaceRequest(
    account_id=100009, symbol="ethusdt", type="buy-limit", amount=Decimal("10.1"), price=Decimal("100.1")
)


class Client(MarketClient, OrderClient, MoneyClient):
    """All methods, so that a table can name any."""


def client_of(url: str) -> Client:
    credential = Credential(access_key="KEY", secret=Secret(SECRET))
    transport = Transport(url, secrets=[SECRET])
    return Client(Caller(transport, OPERATOR, credential, clock=lambda: 1494515970.0))


# What is called, the request line without signature, the body, the answer, and what it says.
Method = tuple[Callable[[Client], Any], str, Any, str, Callable[[Any], object], object]
METHODS: dict[str, Method] = {
    "kline": (
        lambda client: client.kline("btcusdt", "1day", size=200),
        "GET /api/market/history/kline?symbol=btcusdt&period=1day&size=200",
        None,
        samples.KLINE,
        lambda rows: [(row.id, row.open, row.vol) for row in rows],
        [(1499184000, Decimal("1935.2000"), Decimal("71031537.97866500"))],
    ),
    "merged": (
        lambda client: client.merged("ethusdt"),
        "GET /api/market/detail/merged?symbol=ethusdt",
        None,
        samples.MERGED,
        lambda row: (row.close, row.ask, row.bid),
        (Decimal(1885), (Decimal(1885), Decimal("21.8804")), (Decimal(1884), Decimal("1.6702"))),
    ),
    "tickers": (
        lambda client: client.tickers(),
        "GET /api/market/tickers",
        None,
        samples.TICKERS,
        lambda rows: [(row.symbol, row.vol) for row in rows],
        [("ethbtc", Decimal("563.0388715740")), ("ltcbtc", Decimal("771.7975953754"))],
    ),
    "depth": (
        lambda client: client.depth("ethusdt", "step1"),
        "GET /api/market/depth?symbol=ethusdt&type=step1",
        None,
        samples.DEPTH,
        lambda book: (book.bids[0], book.asks[1]),
        ((Decimal(7964), Decimal("0.0678")), (Decimal(7980), Decimal("1.0292"))),
    ),
    "trade": (
        lambda client: client.trade("ethusdt"),
        "GET /api/market/trade?symbol=ethusdt",
        None,
        samples.TRADE,
        lambda batch: (batch.data[0].price, batch.data[0].direction),
        (Decimal("7962.62"), "buy"),
    ),
    "history trade": (
        lambda client: client.history_trade("ethusdt", size=2000),
        "GET /api/market/history/trade?symbol=ethusdt&size=2000",
        None,
        samples.HISTORY_TRADE,
        lambda batches: batches[0].data[0].id,
        17592256642623,
    ),
    "symbols": (
        lambda client: client.symbols(),
        "GET /api/v1/common/symbols",
        None,
        samples.SYMBOLS,
        lambda rows: [(row.name, row.price_precision) for row in rows],
        [("ethusdt", None), ("etcusdt", None)],
    ),
    "currencys": (
        lambda client: client.currencys(),
        "GET /api/v1/common/currencys",
        None,
        samples.CURRENCYS,
        lambda rows: rows,
        ["usdt", "eth", "etc"],
    ),
    "timestamp": (
        lambda client: client.timestamp(),
        "GET /api/v1/common/timestamp",
        None,
        samples.TIMESTAMP,
        lambda now: now,
        1494900087029,
    ),
    "accounts": (
        lambda client: client.accounts(),
        "GET /api/v1/account/accounts",
        None,
        samples.ACCOUNTS,
        lambda rows: [(row.id, row.type, row.state, row.user_id) for row in rows],
        [(100009, "spot", "working", 1000)],
    ),
    "balance": (
        lambda client: client.balance(100009),
        "GET /api/v1/account/accounts/100009/balance",
        None,
        samples.BALANCE,
        lambda balance: [(row.currency, row.type, row.balance) for row in balance.rows],
        [
            ("usdt", "trade", Decimal("500009195917.4362872650")),
            ("usdt", "frozen", Decimal("328048.1199920000")),
        ],
    ),
    "place": (
        lambda client: client.place(BUY),
        "POST /api/v1/order/orders/place",
        {
            "account-id": "100009",
            "amount": "10.1",
            "price": "100.1",
            "source": "api",
            "symbol": "ethusdt",
            "type": "buy-limit",
        },
        samples.PLACE,
        lambda order_id: order_id,
        59378,
    ),
    "openOrders": (
        lambda client: client.open_orders(30925, "ethusdt", side="sell"),
        "GET /api/v1/order/openOrders?account-id=30925&side=sell&size=500&symbol=ethusdt",
        None,
        samples.OPEN_ORDERS,
        lambda rows: [(row.id, row.amount, row.executed, row.state) for row in rows],
        [(5454937, Decimal(1), Decimal(0), "submitted")],
    ),
    "submitcancel": (
        lambda client: client.submit_cancel(59378),
        "POST /api/v1/order/orders/59378/submitcancel",
        {},
        samples.PLACE,
        lambda nothing: nothing,
        None,
    ),
    "batchcancel": (
        lambda client: client.batch_cancel([1, 2, 3]),
        "POST /api/v1/order/orders/batchcancel",
        {"order-ids": ["1", "2", "3"]},
        samples.BATCH_CANCEL,
        lambda answer: (answer.success, [(row.order_id, row.err_code) for row in answer.failed]),
        ([1, 3], [("2", "base-record-invalid")]),
    ),
    "batchCancelOpenOrders": (
        lambda client: client.batch_cancel_open_orders(100009, symbol="ethusdt", side="buy", size=500),
        "POST /api/v1/order/orders/batchCancelOpenOrders",
        {"account-id": "100009", "symbol": "ethusdt", "side": "buy", "size": "100"},
        samples.CANCEL_OPEN_ORDERS,
        lambda answer: (answer.success_count, answer.failed_count, answer.next_id),
        (2, 0, 5454600),
    ),
    "order": (
        lambda client: client.order(59378),
        "GET /api/v1/order/orders/59378",
        None,
        samples.ORDER,
        lambda row: (row.executed, row.field_cash_amount, row.field_fees, row.state),
        (Decimal("10.1"), Decimal("1011.01"), Decimal("0.0202"), "filled"),
    ),
    "order matchresults": (
        lambda client: client.order_match_results(59378),
        "GET /api/v1/order/orders/59378/matchresults",
        None,
        samples.ORDER_MATCH_RESULTS,
        lambda rows: [(row.id, row.filled_amount, row.filled_fees) for row in rows],
        [(29553, Decimal("9.1155"), Decimal("0.018231"))],
    ),
    "orders": (
        lambda client: client.orders(
            Search(symbol="ethusdt", states=("filled", "canceled"), types=("buy-limit",), from_=7, size=5)
        ),
        "GET /api/v1/order/orders?from=7&size=5&states=filled%2Ccanceled&symbol=ethusdt&types=buy-limit",
        None,
        samples.ORDERS,
        lambda rows: [row.id for row in rows],
        [59378],
    ),
    "matchresults": (
        lambda client: client.match_results(
            Search(symbol="ethusdt", start_date="2017-05-01", end_date="2017-05-16", direct="prev")
        ),
        "GET /api/v1/order/matchresults?direct=prev&end-date=2017-05-16&start-date=2017-05-01&symbol=ethusdt",
        None,
        samples.MATCH_RESULTS,
        lambda rows: [(row.id, row.match_id, row.price) for row in rows],
        [(29555, 59335, Decimal("100.1"))],
    ),
    "withdraw": (
        lambda client: client.withdraw(
            WithdrawRequest(
                address="0xde709f2102306220921060314715629080e2fb77", currency="eth", amount=Decimal("1E-18")
            )
        ),
        "POST /api/v1/dw/withdraw/api/create",
        {
            "address": "0xde709f2102306220921060314715629080e2fb77",
            "amount": "0.000000000000000001",
            "currency": "eth",
        },
        samples.WITHDRAW,
        lambda withdraw_id: withdraw_id,
        700,
    ),
    "cancel withdraw": (
        lambda client: client.cancel_withdraw(700),
        "POST /api/v1/dw/withdraw-virtual/700/cancel",
        {},
        samples.WITHDRAW,
        lambda nothing: nothing,
        None,
    ),
    "deposit-withdraw": (
        lambda client: client.deposit_withdraw("deposit", currency="xrp", from_=5, size=12),
        "GET /api/v1/query/deposit-withdraw?currency=xrp&from=5&size=12&type=deposit",
        None,
        samples.DEPOSIT_WITHDRAW,
        lambda rows: [(row.id, row.amount, row.state) for row in rows],
        [(1171, Decimal("7.457467"), "safe")],
    ),
    "transfer in": (
        lambda client: client.transfer_in(symbol="ethusdt", currency="eth", amount=Decimal("1.0")),
        "POST /api/v1/dw/transfer-in/margin",
        {"symbol": "ethusdt", "currency": "eth", "amount": "1.0"},
        samples.TRANSFER,
        lambda transfer_id: transfer_id,
        1000,
    ),
    "transfer out": (
        lambda client: client.transfer_out(symbol="ethusdt", currency="eth", amount=Decimal("1.0")),
        "POST /api/v1/dw/transfer-out/margin",
        {"symbol": "ethusdt", "currency": "eth", "amount": "1.0"},
        samples.TRANSFER,
        lambda transfer_id: transfer_id,
        1000,
    ),
    "loan": (
        lambda client: client.apply_for_loan(symbol="ethusdt", currency="eth", amount=Decimal("10.1")),
        "POST /api/v1/margin/orders",
        {"amount": "10.1", "symbol": "ethusdt", "currency": "eth"},
        samples.LOAN,
        lambda loan_id: loan_id,
        59378,
    ),
    "repay": (
        lambda client: client.repay(59378, Decimal("10.1")),
        "POST /api/v1/margin/orders/59378/repay",
        {"amount": "10.1"},
        samples.LOAN,
        lambda nothing: nothing,
        None,
    ),
    "loan orders": (
        lambda client: client.loan_orders(LoanSearch(symbol="btcusdt", states=("accrual", "created"))),
        "GET /api/v1/margin/loan-orders?states=accrual%2Ccreated&symbol=btcusdt",
        None,
        samples.LOAN_ORDERS,
        lambda rows: [(row.id, row.loan_balance, row.state, row.updated_at) for row in rows],
        [(232, Decimal("0.333"), "accrual", 1511762673654)],
    ),
    "margin balance": (
        lambda client: client.margin_balance("btcusdt"),
        "GET /api/v1/margin/accounts/balance?symbol=btcusdt",
        None,
        samples.MARGIN_BALANCE,
        lambda rows: (rows[0].risk_rate, rows[0].rows[1].balance),
        (Decimal("475.952571086994250554"), Decimal("-140.234099999999999920")),
    ),
}
PUBLIC = (
    "kline",
    "merged",
    "tickers",
    "depth",
    "trade",
    "history trade",
    "symbols",
    "currencys",
    "timestamp",
)


def line_of(asked: Asked) -> str:
    """Write a request without what the signature adds."""
    path, _, query = asked.path.partition("?")
    signing = ("AccessKeyId=", "Signature", "Timestamp=")
    own = "&".join(part for part in query.split("&") if not part.startswith(signing))
    return f"{asked.method} {path}?{own}" if own else f"{asked.method} {path}"


@pytest.mark.parametrize("name", METHODS)
def test_each_method_sends_and_reads_what_the_document_prints(name: str) -> None:
    call, line, body, answer, read, expected = METHODS[name]
    with ScriptedVenue([answer]) as venue:
        assert read(call(client_of(venue.url))) == expected
    (asked,) = venue.asked
    assert line_of(asked) == line
    assert ("Signature=" in asked.path) is (name not in PUBLIC)
    if body is None:
        assert asked.body == b""
    else:
        assert json.loads(asked.body) == body
        assert asked.headers["Content-Type"] == "application/json"
        assert asked.path.partition("?")[2].startswith(SIGNED[1:])


def test_a_prefix_is_called_and_signed_as_configured() -> None:
    credential = Credential(access_key="KEY", secret=Secret(SECRET))
    signatures = []
    for signed_prefix in ("", "/x"):
        operator = Operator(host="h", prefix="/x", signed_prefix=signed_prefix)
        with ScriptedVenue([samples.ACCOUNTS]) as venue:
            caller = Caller(Transport(venue.url), operator, credential, clock=lambda: 0.0)
            OrderClient(caller).accounts()
        assert venue.asked[0].path.startswith("/x/v1/account/accounts?")
        signatures.append(venue.asked[0].path.partition("&Signature=")[2])
    assert signatures[0] != signatures[1]


def test_market_data_needs_no_key_and_everything_else_does() -> None:
    with ScriptedVenue([samples.TIMESTAMP]) as venue:
        caller = Caller(Transport(venue.url), OPERATOR)
        assert MarketClient(caller).timestamp() == 1494900087029
        with pytest.raises(ValueError, match="needs a key"):
            OrderClient(caller).accounts()


# --- refusals and doubts --------------------------------------------------------------------------------------------


def refusal(code: str, text: str = "why") -> str:
    return json.dumps({"status": "error", "err-code": code, "err-msg": text, "data": None})


MOVES = [name for name, method in METHODS.items() if method[1].startswith("POST")]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("invalid-parameter", Reason.PARAMETER),
        ("bad-request", Reason.PARAMETER),
        ("base-record-invalid", Reason.UNKNOWN_ORDER),
        ("base-symbol-error", Reason.PARAMETER),
        ("api-signature-not-valid", Reason.KEY),
        ("login-required", Reason.KEY),
        ("account-frozen-balance-insufficient-error", Reason.FUNDS),
        ("order-accountbalance-error", Reason.FUNDS),
        ("order-limitorder-amount-min-error", Reason.AMOUNT),
        ("order-orderamount-precision-error", Reason.AMOUNT),
        ("order-marketorder-amount-error", Reason.AMOUNT),
        ("order-limitorder-price-error", Reason.PRICE),
        ("order-orderprice-precision-error", Reason.PRICE),
        ("order-orderstate-error", Reason.ORDER_STATE),
        ("order-queryorder-invalid", Reason.UNKNOWN_ORDER),
        ("gateway-internal-error", Reason.OTHER),
        ("order-update-error", Reason.OTHER),
        ("base-system-error", Reason.OTHER),
        ("timeout", Reason.OTHER),
        ("", Reason.OTHER),
        ("not-invalid-parameter-at-all", Reason.OTHER),
    ],
)
def test_a_code_is_a_refusal_only_where_it_says_so(code: str, reason: Reason) -> None:
    assert reason_of(code) is reason
    kind = OutcomeUnknown if reason is Reason.OTHER else CloudRefused
    with ScriptedVenue([refusal(code)]) as venue, pytest.raises(kind):
        client_of(venue.url).place(BUY)
    assert len(venue.asked) == 1


def test_the_documents_own_errors() -> None:
    with ScriptedVenue([samples.INVALID_PERIOD, samples.INVALID_SIZE]) as venue:
        client = client_of(venue.url)
        with pytest.raises(VenueRefused, match="kline: invalid-parameter: invalid period"):
            client.kline("btcusdt", "1day")
        with pytest.raises(VenueRefused, match=r"bad-request: invalid size, valid range: \[1,2000\]"):
            client.kline("btcusdt", "1day", size=9999)


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize(
    "answer",
    [
        '{"status":"ok"}',
        '{"status":"ok","data":7.5}',
        '{"status":"maybe","err-code":"invalid-parameter"}',
        '{"status":"ok","data":"593',
        "",
        "busy",
        (502, "<html>bad gateway</html>"),
        (429, refusal("invalid-parameter")),
        refusal("gateway-internal-error"),
    ],
)
def test_whatever_else_leaves_a_move_in_doubt_and_is_not_sent_again(name: str, answer: Answer) -> None:
    with ScriptedVenue(lambda _: answer) as venue:
        with pytest.raises(OutcomeUnknown) as caught:
            METHODS[name][0](client_of(venue.url))
        assert len(venue.asked) == 1
    assert SECRET not in repr(caught.value)
    assert "Signature" not in str(caught.value)


@pytest.mark.parametrize("name", METHODS)
def test_a_403_to_a_question_is_a_ban_and_to_a_move_proves_nothing(name: str) -> None:
    kind = OutcomeUnknown if name in MOVES else VenueBanned
    with ScriptedVenue([(403, "<html>blocked</html>")]) as venue, pytest.raises(kind, match="HTTP 403"):
        METHODS[name][0](client_of(venue.url))


@pytest.mark.parametrize("name", METHODS)
def test_nobody_there_means_nothing_left(name: str) -> None:
    with ScriptedVenue([]) as venue:
        url = venue.url
    with pytest.raises(VenueUnavailable):
        METHODS[name][0](client_of(url))


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda client: client.submit_cancel(1), samples.PLACE),
        (lambda client: client.order(1), samples.ORDER),
        (lambda client: client.order_match_results(1), samples.ORDER_MATCH_RESULTS),
        (lambda client: client.cancel_withdraw(1), samples.WITHDRAW),
        (lambda client: client.repay(1, Decimal(1)), samples.LOAN),
    ],
)
def test_an_answer_about_another_proves_nothing(call: Callable[[Client], object], answer: str) -> None:
    with ScriptedVenue([answer]) as venue, pytest.raises(OutcomeUnknown, match="is about"):
        call(client_of(venue.url))


def test_a_missing_field_is_named_and_a_new_one_ignored() -> None:
    extra = samples.ORDER.replace('"batch": ""', '"batch": "", "stop-price": "1"')
    lacking = samples.ORDER.replace('"field-amount": "10.1000000000",', "")
    nameless = samples.ORDER.replace('"symbol": "ethusdt",', "")
    with ScriptedVenue([extra, lacking, nameless]) as venue:
        client = client_of(venue.url)
        assert client.order(59378).id == 59378
        with pytest.raises(OutcomeUnknown, match="field-amount"):
            client.order(59378)
        with pytest.raises(OutcomeUnknown, match="missing required field `symbol`"):
            client.order(59378)


# --- cancels of many ------------------------------------------------------------------------------------------------


def test_many_cancels_go_in_batches_of_fifty_and_each_order_has_its_outcome() -> None:
    batches: list[list[int]] = []

    def script(asked: Asked) -> Answer:
        ids = [int(text) for text in json.loads(asked.body)["order-ids"]]
        batches.append(ids)
        if len(batches) == 2:
            return "busy"
        failed = [
            {"order-id": str(ids[0]), "err-code": "base-record-invalid", "err-msg": "x"},
            {"order-id": str(ids[1]), "err-code": "order-update-error", "err-msg": "y"},
        ]
        data = {"success": [str(number) for number in ids[2:-1]], "failed": failed}
        return json.dumps({"status": "ok", "data": data})

    with ScriptedVenue(script) as venue:
        done = cancel_all(client_of(venue.url), [*range(1, 121), 5])
    assert [len(batch) for batch in batches] == [50, 50, 20]
    assert done.asked == (*range(3, 50), *range(103, 120))
    assert dict(done.refused) == {1: "base-record-invalid: x", 101: "base-record-invalid: x"}
    assert sorted(done.in_doubt) == [2, *range(50, 101), 102, 120]
    assert not done.unsent


def test_an_order_that_is_both_canceled_and_not_is_in_doubt() -> None:
    failed = [{"order-id": "1", "err-code": "base-record-invalid", "err-msg": "x"}]
    answer = json.dumps({"status": "ok", "data": {"success": ["1", "2"], "failed": failed}})
    with ScriptedVenue([answer]) as venue:
        done = cancel_all(client_of(venue.url), [1, 2])
    assert (done.asked, list(done.in_doubt), dict(done.refused)) == ((2,), [1], {})


def test_cancels_that_could_not_leave_are_told_apart() -> None:
    with ScriptedVenue([]) as venue:
        url = venue.url
    done = cancel_all(client_of(url), [1, 2])
    assert sorted(done.unsent) == [1, 2]
    with ScriptedVenue([refusal("bad-request")]) as venue:
        assert sorted(cancel_all(client_of(venue.url), [1, 2]).refused) == [1, 2]
    with ScriptedVenue([refusal("login-required")]) as venue, pytest.raises(KeyRefused):
        cancel_all(client_of(venue.url), [1, 2])


def test_what_one_batch_did_is_told_where_the_next_is_refused_for_the_key() -> None:
    data = {"success": list(range(50)), "failed": []}
    done = json.dumps({"status": "ok", "data": data})
    with ScriptedVenue([done, refusal("login-required")]) as venue:
        ends = cancel_all(client_of(venue.url), range(60))
    assert (len(ends.asked), sorted(ends.refused)) == (50, list(range(50, 60)))


def test_one_batch_holds_no_more_than_fifty() -> None:
    with ScriptedVenue([]) as venue, pytest.raises(ValueError, match="51 orders"):
        client_of(venue.url).batch_cancel(range(51))
    assert not venue.asked
