"""The Trade API's client against the document's own answers, and against what the document does not promise."""

import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import pytest

from oms.core.errors import OutcomeUnknown, VenueRefused, VenueUnavailable
from oms.core.secret import Secret
from oms.rest.transport import Transport
from oms.rest.weex.client import HistoryRequest, TradeClient, TradeRequest
from oms.rest.weex.nonce import Nonces
from oms.rest.weex.public import PublicClient
from oms.rest.weex.refusals import Reason, WeexInDoubt, WeexRefused
from oms.rest.worker import VenueBanned
from tests.rest.weex import samples
from tests.rest.weex.scripted import Answer, Asked, Script, ScriptedVenue

KEY = "46G9R9D6-WJ77XOIP-XH9HH5VQ-A3XN3YOZ-8T1R8I8T"
SECRET = "a-secret-that-nobody-may-see"
COUPON = "WEXUSD69AA4BBX1UAZ32BPLKBR0QZTX5AENVNFWNZHNQDZ"
SELL = TradeRequest(pair="btc_usd", type="sell", rate=Decimal("7566.351"), amount=Decimal("1.4"))


def client_of(url: str, *, first: int = 123456, timeout_s: float = 5) -> TradeClient:
    nonces = Nonces(KEY, lambda _key, _up_to: None, reserved=first - 1)
    transport = Transport(url, secrets=[SECRET], read_timeout_s=timeout_s)
    return TradeClient(transport, key=KEY, secret=Secret(SECRET), nonces=nonces)


# Each method: what is called, what the document sends, what it answers, and what that says.
METHODS: list[tuple[str, Callable[[TradeClient], Any], str, str, Callable[[Any], object], object]] = [
    (
        "getInfo",
        lambda client: client.get_info(),
        "method=getInfo&nonce=123456",
        samples.GET_INFO,
        lambda answer: (answer.funds, answer.rights.info, answer.rights.trade, answer.open_orders),
        ({"usd": Decimal(325), "btc": Decimal("23.998"), "ltc": Decimal(0)}, 1, 0, 1),
    ),
    (
        "Trade",
        lambda client: client.trade(SELL),
        "method=Trade&nonce=123456&pair=btc_usd&type=sell&rate=7566.351&amount=1.4",
        samples.TRADE,
        lambda answer: (answer.received, answer.remains, answer.order_id, answer.funds["btc"]),
        (Decimal("0.5"), Decimal(0), 0, Decimal("2.498")),
    ),
    (
        "ActiveOrders",
        lambda client: client.active_orders("btc_usd"),
        "method=ActiveOrders&nonce=123456&pair=btc_usd",
        samples.ACTIVE_ORDERS,
        lambda answer: [(number, row.amount, row.rate, row.type) for number, row in answer.items()],
        [(343152, Decimal("12.345"), Decimal(485), "sell")],
    ),
    (
        "OrderInfo",
        lambda client: client.order_info(343152),
        "method=OrderInfo&nonce=123456&order_id=343152",
        samples.ORDER_INFO,
        lambda answer: (answer.start_amount, answer.amount, answer.status, answer.timestamp_created),
        (Decimal("13.345"), Decimal("12.345"), 0, 1342448420),
    ),
    (
        "CancelOrder",
        lambda client: client.cancel_order(343154),
        "method=CancelOrder&nonce=123456&order_id=343154",
        samples.CANCEL_ORDER,
        lambda answer: (answer.order_id, answer.funds["btc"]),
        (343154, Decimal("24.998")),
    ),
    (
        "CancelOrders",
        lambda client: client.cancel_orders([1300, 1301]),
        "method=CancelOrders&nonce=123456&order_id=1300,1301",
        samples.CANCEL_ORDERS,
        lambda answer: [(number, row.done, row.error) for number, row in answer.cancel_result.items()],
        [(1300, True, ""), (1301, False, "invalid status")],
    ),
    (
        "TradeHistory",
        lambda client: client.trade_history(HistoryRequest(pair="btc_usd")),
        "method=TradeHistory&nonce=123456&pair=btc_usd",
        samples.TRADE_HISTORY,
        lambda answer: [(number, row.amount, row.rate, row.order_id) for number, row in answer.items()],
        [(166830, Decimal(1), Decimal(450), 343148)],
    ),
    (
        "TransHistory",
        lambda client: client.trans_history(),
        "method=TransHistory&nonce=123456",
        samples.TRANS_HISTORY,
        lambda answer: [(number, row.amount, row.currency, row.status) for number, row in answer.items()],
        [(1081672, Decimal(1), "BTC", 2)],
    ),
    (
        "CoinDepositAddress",
        lambda client: client.coin_deposit_address("BTC"),
        "method=CoinDepositAddress&nonce=123456&coinName=BTC",
        samples.COIN_DEPOSIT_ADDRESS,
        lambda answer: answer.address,
        "1BARCQAEjxqp1sKneiFtBVTZzhTHBTYcN5",
    ),
    (
        "WithdrawCoin",
        lambda client: client.withdraw_coin(coin_name="BTC", amount=Decimal("0.31"), address="1BARCQAEjx"),
        "method=WithdrawCoin&nonce=123456&coinName=BTC&amount=0.31&address=1BARCQAEjx",
        samples.WITHDRAW_COIN,
        lambda answer: (answer.tx_id, answer.amount_sent),
        (37832629, Decimal("0.009")),
    ),
    (
        "CreateCoupon",
        lambda client: client.create_coupon(coin_name="BTC", amount=Decimal("0.11"), receiver="admin"),
        "method=CreateCoupon&nonce=123456&coinName=BTC&amount=0.11&receiver=admin",
        samples.CREATE_COUPON,
        lambda answer: (answer.coupon, answer.trans_id),
        (COUPON, 37832629),
    ),
    (
        "RedeemCoupon",
        lambda client: client.redeem_coupon(COUPON),
        f"method=RedeemCoupon&nonce=123456&coupon={COUPON}",
        samples.REDEEM_COUPON,
        lambda answer: (answer.amount, answer.currency, answer.trans_id),
        (Decimal(1), "USD", 37832629),
    ),
]


@pytest.mark.parametrize(
    ("name", "call", "body", "answer", "read", "expected"), METHODS, ids=[method[0] for method in METHODS]
)
def test_each_method_sends_and_reads_what_the_document_prints(
    name: str,
    call: Callable[[TradeClient], Any],
    body: str,
    answer: str,
    read: Callable[[Any], object],
    expected: object,
) -> None:
    with ScriptedVenue([answer]) as venue:
        client = client_of(venue.url)
        assert read(call(client)) == expected
        assert client.accepted == 123456
    (asked,) = venue.asked
    assert (asked.method, asked.path, asked.body.decode()) == ("POST", "/tapi", body)
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.headers["Key"] == KEY
    assert asked.headers["Sign"] == hmac.new(SECRET.encode(), asked.body, hashlib.sha512).hexdigest()


def test_all_parameters_of_a_history_are_sent_under_the_documents_names() -> None:
    wanted = HistoryRequest(
        from_=1, count=2, from_id=3, end_id=4, order="ASC", since=5, end=6, pair="ltc_btc"
    )
    with ScriptedVenue(lambda _: '{"success":1,"return":{}}') as venue:
        client = client_of(venue.url, first=1)
        assert client.trade_history(wanted) == {}
        assert client.trans_history(wanted) == {}
    sent = [dict(parse_qsl(asked.body.decode())) for asked in venue.asked]
    common = {
        "from": "1",
        "count": "2",
        "from_id": "3",
        "end_id": "4",
        "order": "ASC",
        "since": "5",
        "end": "6",
    }
    assert sent == [
        {"method": "TradeHistory", "nonce": "1", **common, "pair": "ltc_btc"},
        {"method": "TransHistory", "nonce": "2", **common},
    ]


def test_amounts_are_exact_whether_text_or_number() -> None:
    tiny = "0.000000000000000001"
    answer = f'{{"success":"1","return":{{"received":"{tiny}","remains":1e-8,"order_id":"77","funds":{{}}}}}}'
    with ScriptedVenue([answer]) as venue:
        request = TradeRequest(
            pair="btc_usd", type="buy", rate=Decimal("1E+2"), amount=Decimal("1E-18"), mode="limit"
        )
        placed = client_of(venue.url).trade(request)
    assert (placed.received, placed.remains, placed.order_id) == (Decimal(tiny), Decimal("0.00000001"), 77)
    assert parse_qs(venue.asked[0].body.decode())["amount"] == [tiny]
    assert parse_qs(venue.asked[0].body.decode())["rate"] == ["100"]


# --- refusals and doubts --------------------------------------------------------------------------------------------


def refusal(text: str) -> str:
    return '{"success":0,"error":"' + text + '"}'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("invalid sign", Reason.KEY),
        ("invalid api key", Reason.KEY),
        ("api key dont have trade permission", Reason.PERMISSION),
        ("invalid pair", Reason.PAIR),
        ("Invalid pair name: btc_xyz", Reason.PAIR),
        ("It is not enough USD for purchase", Reason.FUNDS),
        ("Value BTC must be greater than 0.001 BTC.", Reason.AMOUNT),
        ("Price per BTC must be lower than 400 USD.", Reason.PRICE),
        ("invalid status", Reason.ORDER_STATE),
        ("You incorrectly entered one of fields.", Reason.PARAMETER),
    ],
)
def test_a_text_that_says_so_is_a_refusal(text: str, reason: Reason) -> None:
    with ScriptedVenue([refusal(text)]) as venue, pytest.raises(WeexRefused, match=text[:8]) as caught:
        client_of(venue.url).trade(SELL)
    assert isinstance(caught.value, VenueRefused)
    assert caught.value.reason is reason
    assert len(venue.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        refusal("internal database error"),
        refusal(""),
        '{"success":0}',
        '{"success":1}',
        '{"success":1,"return":{"received":1,"order_id":5}}',
        '{"success":1,"return":{"received":"NaN","remains":0,"order_id":5}}',
        '{"success":1,"return":[]}',
        '{"success":1,"return":{"received":1,"rem',
        "Requests too often",
        "<html>502</html>",
        "",
        b"\xff\xfe",
        (502, "<html>bad gateway</html>"),
        (403, "banned"),
        (429, '{"success":0,"error":"invalid pair"}'),
        (302, ""),
    ],
)
def test_whatever_else_leaves_an_order_in_doubt_and_is_not_sent_again(answer: Answer) -> None:
    with ScriptedVenue(lambda _: answer) as venue:
        client = client_of(venue.url)
        with pytest.raises(WeexInDoubt, match=r"WEEX Trade \(nonce 123456\)") as caught:
            client.trade(SELL)
    assert isinstance(caught.value, OutcomeUnknown)
    assert caught.value.nonce == 123456
    assert len(venue.asked) == 1


def test_silence_is_doubt_with_the_nonce_and_a_later_answer_ends_the_fence() -> None:
    hold = threading.Event()

    def script(asked: Asked) -> Answer:
        if b"method=Trade&" in asked.body:
            hold.wait(5)
        return refusal("no orders")

    with ScriptedVenue(script) as venue:
        client = client_of(venue.url, first=7, timeout_s=0.2)
        with pytest.raises(WeexInDoubt) as caught:
            client.trade(SELL)
        assert (caught.value.nonce, client.accepted) == (7, 0)
        assert client.active_orders() == {}
        assert client.accepted == 8
        hold.set()


def test_a_refusal_that_does_not_show_the_nonce_was_taken_ends_no_fence() -> None:
    with ScriptedVenue([refusal("invalid sign"), refusal("api key dont have info permission")]) as venue:
        client = client_of(venue.url)
        for _ in range(2):
            with pytest.raises(WeexRefused):
                client.get_info()
        assert client.accepted == 0


def test_nobody_there_means_nothing_left() -> None:
    with ScriptedVenue([]) as venue:
        url = venue.url
    with pytest.raises(VenueUnavailable):
        client_of(url).trade(SELL)


def test_a_question_that_is_refused_in_unknown_words_is_just_refused() -> None:
    with (
        ScriptedVenue([refusal("external service unavailable")]) as venue,
        pytest.raises(WeexRefused) as caught,
    ):
        client_of(venue.url).get_info()
    assert caught.value.reason is Reason.OTHER


def test_a_403_to_a_question_is_a_ban_and_to_an_order_proves_nothing() -> None:
    with ScriptedVenue(lambda _: (403, "<html>blocked</html>")) as venue:
        client = client_of(venue.url)
        with pytest.raises(VenueBanned, match="getInfo: HTTP 403"):
            client.get_info()
        with pytest.raises(VenueBanned):
            PublicClient(Transport(venue.url)).info()
        with pytest.raises(WeexInDoubt):
            client.cancel_order(5)


def test_an_empty_list_comes_as_an_error() -> None:
    with ScriptedVenue([refusal("no orders"), refusal("no trades"), refusal("no transactions")]) as venue:
        client = client_of(venue.url)
        assert client.active_orders() == {}
        assert client.trade_history() == {}
        assert client.trans_history() == {}


def test_no_order_of_that_number_is_a_refusal() -> None:
    with ScriptedVenue([refusal("invalid order")]) as venue, pytest.raises(WeexRefused) as caught:
        client_of(venue.url).order_info(5)
    assert caught.value.reason is Reason.UNKNOWN_ORDER


def test_an_answer_about_another_order_proves_nothing() -> None:
    with ScriptedVenue([samples.ORDER_INFO, samples.CANCEL_ORDER]) as venue:
        client = client_of(venue.url)
        with pytest.raises(OutcomeUnknown, match="asked for order 5"):
            client.order_info(5)
        with pytest.raises(OutcomeUnknown, match="asked for order 5"):
            client.cancel_order(5)


# --- nonces ---------------------------------------------------------------------------------------------------------


def strict(first_on_key: int, *, short: bool = False) -> Script:
    """Take growing nonces only, in the venue's words, and place every order."""
    on_key = first_on_key

    def script(asked: Asked) -> Answer:
        nonlocal on_key
        sent = int(parse_qs(asked.body.decode())["nonce"][0])
        if sent > on_key:
            on_key = sent
            return samples.TRADE
        text = f"invalid nonce parameter; on key:{on_key}, you sent:'{sent}'"
        return refusal(text if short else f"{text}, you should send:{on_key + 1}")

    return script


@pytest.mark.parametrize("short", [False, True])
def test_a_refused_nonce_goes_once_more_above_the_venues(short: bool) -> None:
    with ScriptedVenue(strict(5000, short=short)) as venue:
        client = client_of(venue.url, first=3)
        assert client.trade(SELL).order_id == 0
        client.trade(SELL)
    sent = [parse_qs(asked.body.decode())["nonce"][0] for asked in venue.asked]
    assert sent == ["3", "5001", "5002"]


def test_a_nonce_refused_twice_is_a_refusal() -> None:
    def script(asked: Asked) -> Answer:
        sent = int(parse_qs(asked.body.decode())["nonce"][0])
        return refusal(f"invalid nonce parameter; on key:{sent + 10}, you sent:'{sent}'")

    with ScriptedVenue(script) as venue, pytest.raises(WeexRefused) as caught:
        client_of(venue.url, first=1).trade(SELL)
    assert caught.value.reason is Reason.NONCE
    assert len(venue.asked) == 2


@pytest.mark.parametrize(
    "text",
    [
        "invalid nonce parameter; on key:3, you sent:'3', you should send:4",
        "invalid nonce parameter; on key:9, you sent:'8', you should send:10",
        "invalid nonce parameter",
    ],
)
def test_an_order_whose_own_nonce_is_on_the_key_is_not_sent_again(text: str) -> None:
    with ScriptedVenue(lambda _: refusal(text)) as venue, pytest.raises(WeexInDoubt):
        client_of(venue.url, first=3).trade(SELL)
    assert len(venue.asked) == 1


def test_a_question_whose_own_nonce_is_on_the_key_goes_again() -> None:
    answers: list[Answer] = [refusal("invalid nonce parameter; on key:3, you sent:'3'"), samples.GET_INFO]
    with ScriptedVenue(answers) as venue:
        client_of(venue.url, first=3).get_info()
    assert [b"nonce=3" in venue.asked[0].body, b"nonce=4" in venue.asked[1].body] == [True, True]


def test_one_request_of_a_key_is_on_its_way_at_a_time_and_numbers_arrive_in_order() -> None:
    inside, most, numbers = 0, 0, []
    counting = threading.Lock()

    def script(asked: Asked) -> Answer:
        nonlocal inside, most
        with counting:
            inside += 1
            most = max(most, inside)
            numbers.append(int(parse_qs(asked.body.decode())["nonce"][0]))
        time.sleep(0.002)  # long enough for another to arrive if one could
        with counting:
            inside -= 1
        return samples.GET_INFO

    with ScriptedVenue(script) as venue:
        nonces = Nonces(KEY, lambda _key, _up_to: None)
        clients = [
            TradeClient(Transport(venue.url), key=KEY, secret=Secret(SECRET), nonces=nonces) for _ in range(4)
        ]

        def ask(client: TradeClient) -> None:
            for _ in range(5):
                client.get_info()

        threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == 1
    assert numbers == list(range(1, 21))


# --- secrets --------------------------------------------------------------------------------------------------------


def test_no_error_shows_a_coupon_nor_the_secret() -> None:
    answers: list[Answer] = [
        refusal(f"invalid coupon {COUPON}"),
        refusal(f"something about {COUPON} {SECRET}"),
        samples.CREATE_COUPON[:80],
    ]
    with ScriptedVenue(answers) as venue:
        client = client_of(venue.url)
        with pytest.raises(WeexRefused) as refused:
            client.redeem_coupon(COUPON)
        with pytest.raises(WeexInDoubt) as doubted:
            client.redeem_coupon(COUPON)
        with pytest.raises(WeexInDoubt) as torn:
            client.create_coupon(coin_name="BTC", amount=Decimal(1))
    shown = f"{refused.value!r} {refused.value.text} {doubted.value!r} {torn.value!r}"
    assert COUPON not in shown
    assert "WEXUSD" not in shown


def test_a_coupon_is_not_shown_by_its_row() -> None:
    with ScriptedVenue([samples.CREATE_COUPON]) as venue:
        made = client_of(venue.url).create_coupon(coin_name="BTC", amount=Decimal("0.11"), receiver="admin")
    assert made.coupon == COUPON
    assert COUPON not in repr(made)
