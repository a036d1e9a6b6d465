"""Every method, against the document's own samples: what is asked, and what is read."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from oms.core.errors import CommandError, OutcomeUnknown
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.orders import Completed, Terms
from tests.rest.apifiny.samples import ANSWERS, ORDER
from tests.rest.apifiny.venue import ORDER_ID, Answer, Request, Venue, result

A = "STA-00000001"
SPAN = (1584355090628, 1584614290628)
NOW_NS = 1584614290628 * 1_000_000
TERMS = Terms(
    symbol="BTCUSD", order_side="BUY", time_in_force=1, limit_price=Decimal(100), quantity=Decimal("1.12")
)
AT_VENUE = {"accountId": A, "venue": "VENUE1"}
ONE = {**AT_VENUE, "orderId": ORDER_ID}

# name: the call, what the document asks, and something of what is read
CALLS: dict[str, tuple[Callable[[ApifinyClient], Any], Any, Callable[[Any], Any], Any]] = {
    "account.queryAccountInfoLite": (
        lambda client: client.accounts.account_info("VENUE1"),
        AT_VENUE,
        lambda info: (info.account_status, info.sub_account_info[0].venue, info.updated_at),
        ("OPENED", "VENUE1", 1551956476878),
    ),
    "asset.listBalanceByLite": (
        lambda client: client.accounts.balances("VENUE1"),
        AT_VENUE,
        lambda rows: [(row.currency, str(row.amount), str(row.available), str(row.frozen)) for row in rows],
        [("BTC", "51.95", "51.95", "0"), ("USDT", "101.95", "51.95", "50")],
    ),
    "asset.queryAddressLite": (
        lambda client: client.accounts.deposit_address("VENUE1", "BTC"),
        {**AT_VENUE, "coin": "BTC"},
        lambda found: (found.address, found.memo, found.expired_at),
        ("acc******bnw", "10230001", 1584606409507),
    ),
    "asset.createWithdrawTicketLite": (
        lambda client: client.accounts.create_withdraw_ticket("VENUE1"),
        AT_VENUE,
        lambda found: found.expired_at,
        1584633883235,
    ),
    "asset.withdrawLite": (
        lambda client: client.accounts.withdraw(
            "VENUE1", coin="BTC", amount=Decimal("10.0021"), address="3Nx", ticket="b21"
        ),
        {**AT_VENUE, "coin": "BTC", "amount": 10.0021, "memo": "", "address": "3Nx", "ticket": "b21"},
        lambda found: (str(found.amount), str(found.fee), found.status, found.from_address),
        ("10.0021", "0.0005", "SUBMITTED", None),
    ),
    "asset.transferToVenue": (
        lambda client: client.accounts.transfer("VENUE1", "VENUE2", currency="BTC", amount=Decimal("10.0")),
        {**AT_VENUE, "currency": "BTC", "amount": 10.0, "targetVenue": "VENUE2"},
        lambda found: (found.target_venue, str(found.amount), found.log_id[-4:]),
        ("TO_VENUE", "10.0", "7cba"),
    ),
    "asset.queryAssetActivityListLite": (
        lambda client: client.accounts.activity_page(SPAN, limit=10, page=1),
        {
            "accountId": A,
            "startTimeDate": "1584355090628",
            "endTimeDate": "1584614290628",
            "limit": "10",
            "page": "1",
        },
        lambda page: (page.total, page.pages, page.records[0].log_created_at, str(page.records[0].fee)),
        (5, 3, 1584355090628, "0.003"),
    ),
    "order.insertOrderLite": (
        lambda client: client.orders.insert("VENUE1", ORDER_ID, TERMS),
        {
            **ONE,
            "orderInfo": {
                "symbol": "BTCUSD",
                "orderType": "LIMIT",
                "timeInForce": 1,
                "orderSide": "BUY",
                "limitPrice": "100",
                "quantity": "1.12",
            },
        },
        lambda order: (order.order_status, str(order.open_quantity), order.is_final, order.time_in_force),
        ("PENDING_SUBMIT", "1.12", False, 1),
    ),
    "order.cancelOrderLite": (
        lambda client: client.orders.cancel("VENUE1", ORDER_ID),
        ONE,
        lambda order: order.cancelled_updated_at,
        None,
    ),
    "order.queryOrderInfoLite": (
        lambda client: client.orders.query("VENUE1", ORDER_ID),
        ONE,
        lambda order: (order.order_id, order.filled_cumulative_quantity, order.is_final),
        (ORDER_ID, 0, False),
    ),
    "order.listOrderInfoLite": (
        lambda client: client.orders.query_many([ORDER_ID]),
        {"accountId": A, "orderIdList": [ORDER_ID]},
        lambda orders: [order.symbol for order in orders],
        ["BTCUSD"],
    ),
    "order.listOpenOrderLite": (
        lambda client: client.orders.open_orders(),
        {"accountId": A},
        len,
        1,
    ),
    "order.listCompletedOrderLite": (
        lambda client: client.orders.completed_orders((SPAN[1] - 1000, SPAN[1]), Completed(venue="VENUE1")),
        {**AT_VENUE, "startTime": SPAN[1] - 1000, "endTime": SPAN[1], "limit": 500, "forward": True},
        len,
        1,
    ),
    "order.listDetailLite": (
        lambda client: client.orders.recent_fills("VENUE1", 1537857271784),
        {**AT_VENUE, "startDateTime": 1537857271784},
        lambda rows: [
            (str(row.last_filled_quantity), str(row.last_commission), row.is_taker) for row in rows
        ],
        [("0.01", "0.0450", True)],
    ),
    "order.readerOrderDetail": (
        lambda client: client.orders.order_fills("VENUE1", ORDER_ID),
        ONE,
        lambda rows: [(str(row.last_filled_price), row.is_fill, row.is_final) for row in rows],
        [("9000", True, True)],
    ),
    "order.getCommissionRate": (
        lambda client: client.orders.commission_rate("VENUE1", "BTCUSDT"),
        {**AT_VENUE, "symbol": "BTCUSDT"},
        lambda rate: (str(rate.take_fee), str(rate.make_fee), str(rate.trading_volume)),
        ("0.003", "0", "121.1001"),
    ),
    "order.streamDetail": (
        lambda client: client.orders.changes_since(),
        {"accountId": A, "startDateTime": None},
        lambda rows: [(row.log_timestamp, row.payload.last_filled_created_at) for row in rows],
        [(1552116459536, 1537857271784)],
    ),
    "utils.listVenueInfoLite": (
        lambda client: client.reference.venues(),
        {},
        lambda rows: [(row.exchange, row.status) for row in rows],
        [("VENUE1", "enabled"), ("VENUE24", "disabled")],
    ),
    "utils.listCurrencyLite": (
        lambda client: client.reference.currencies("VENUE1"),
        AT_VENUE,
        lambda rows: [(row.currency_precision, str(row.withdraw_min_fee), row.next_status) for row in rows],
        [(9, "0.0005", None)],
    ),
    "utils.listSymbolInfoLite": (
        lambda client: client.reference.symbols("VENUE1"),
        AT_VENUE,
        lambda rows: [(row.symbol, str(row.step_size), str(row.max_notional)) for row in rows],
        [("EOSETH", "0.0001", "1000")],
    ),
    "utils.currentTimeMillis": (
        lambda client: client.reference.time_ms(),
        {},
        lambda found: found,
        1552112542263,
    ),
    "/md/orderbook/v1/BTCUSD/VENUE1": (
        lambda client: client.market.order_book("BTCUSD", "VENUE1"),
        None,
        lambda book: (str(book.asks[0][0]), str(book.bids[1][1])),
        ("10000.0", "0.0048"),
    ),
    "/md/trade/v1/BTCUSD/VENUE1": (
        lambda client: client.market.trades("BTCUSD", "VENUE1"),
        None,
        lambda rows: [(str(row.qty), row.side, row.exchange_id) for row in rows],
        [("0.09999844", "BUY", "151651858")],
    ),
    "/md/kline/v1/COINBASEPRO/BTC/USD/5m": (
        lambda client: client.market.klines(
            "COINBASEPRO", ("BTC", "USD"), "5m", (1616923800000, 1616937900000)
        ),
        None,
        lambda rows: [(row.currency_pair, str(row.vol), row.timestamp) for row in rows],
        [("BTC/USDT", "0.027921", 1616140260000)],
    ),
    "/md/ticker/v1/BTCUSD/VENUE1/": (
        lambda client: client.market.ticker("BTCUSD", "VENUE1"),
        None,
        lambda found: (str(found.amount), found.update_at),
        ("51110415.03946448", 1616580009925),
    ),
}


def test_every_sample_has_its_call() -> None:
    assert CALLS.keys() == ANSWERS.keys()


@pytest.mark.parametrize("name", CALLS)
def test_a_method(name: str) -> None:
    call, asked, look, expected = CALLS[name]
    with Venue() as venue, venue.client(now_ns=lambda: NOW_NS) as client:
        assert look(call(client)) == expected
    (request,) = venue.requests
    assert request.name == name
    assert request.body == asked
    if name.startswith("/md/kline"):
        assert request.query == {"startTime": ["1616923800000"], "endTime": ["1616937900000"]}
    if not name.startswith("/md/"):
        assert request.claims["exp"] == NOW_NS // 10**9 + 30


@pytest.mark.parametrize("name", [name for name in CALLS if not name.startswith("/md/")])
def test_an_answer_without_its_envelope_is_read_as_well(name: str) -> None:
    call, _, look, expected = CALLS[name]
    answer = ANSWERS[name].encode()
    with Venue(lambda _request: (200, answer)) as venue, venue.client(now_ns=lambda: NOW_NS) as client:
        assert look(call(client)) == expected


def test_numbers_may_be_text_and_fields_may_be_more() -> None:
    answer = ORDER.replace("1.12", '"1.12"').replace('"filledAveragePrice": 0', '"filledAveragePrice": "0"')
    answer = answer.replace('"createdAt": 1584603012164', '"createdAt": "1584603012164"')
    answer = answer.replace('"timeInForce": 1', '"timeInForce": "1", "new": {"a": [1]}')
    with Venue(lambda _request: result(answer)) as venue, venue.client() as client:
        order = client.orders.query("VENUE1", ORDER_ID)
    assert order.quantity == Decimal("1.12")
    assert order.created_at == 1584603012164
    assert order.filled_average_price == Decimal(0)


def test_a_market_buy_is_sized_in_quote_currency() -> None:
    terms = Terms(
        symbol="BTCUSD", order_side="BUY", order_type="MARKET", time_in_force=None, total=Decimal("1E+2")
    )
    with Venue() as venue, venue.client() as client:
        client.orders.insert("HUOBI", ORDER_ID, terms)
    assert venue.requests[0].body["orderInfo"] == {
        "symbol": "BTCUSD",
        "orderType": "MARKET",
        "orderSide": "BUY",
        "total": "100",
    }


@pytest.mark.parametrize(
    ("status", "open_quantity", "final"),
    [
        ("PART_FILLED", "0.5", False),
        ("PART_FILLED", "0", True),
        ("SUBMITTED", "0", False),
        ("FILLED", "0", True),
    ],
)
def test_part_filled_is_final_only_when_nothing_is_open(status: str, open_quantity: str, final: bool) -> None:
    answer = ORDER.replace("PENDING_SUBMIT", status)
    answer = answer.replace('"openQuantity": 1.12', f'"openQuantity": {open_quantity}')
    with Venue(lambda _request: result(answer)) as venue, venue.client() as client:
        assert client.orders.query("VENUE1", ORDER_ID).is_final is final


def test_many_orders_are_asked_for_in_parts() -> None:
    ids = [f"{number:024d}" for number in range(1001)]

    def answer(request: Request) -> Answer:
        asked = request.body["orderIdList"]
        return result("[" + ",".join(ORDER.replace(ORDER_ID, each) for each in asked[1:]) + "]")

    with Venue(answer) as venue, venue.client() as client:
        found = client.orders.query_many(ids)
    assert [len(request.body["orderIdList"]) for request in venue.requests] == [500, 500, 1]
    assert len(found) == 998  # one that is missing proves nothing and harms nobody


def test_completed_orders_reach_back_48_hours() -> None:
    with Venue() as venue, venue.client(now_ns=lambda: NOW_NS) as client:
        with pytest.raises(CommandError, match="48 hours"):
            client.orders.completed_orders((SPAN[1] - 48 * 3_600_000 - 1, SPAN[1]))
        assert not venue.requests


def pages(*parts: list[int], total: int) -> Callable[[Request], Answer]:
    record = (
        '{"accountId":"A","currency":"BTC","status":"COMPLETED","type":"IMCOMING","amount":1,"logId":"%d"}'
    )

    def answer(request: Request) -> Answer:
        records = ",".join(record % number for number in parts[int(request.body["page"]) - 1])
        return result(f'{{"records":[{records}],"total":{total},"size":2,"pages":{len(parts)}}}')

    return answer


def test_all_pages_of_activities() -> None:
    with Venue(pages([1, 2], [2, 3], [4], total=4)) as venue, venue.client() as client:
        assert [each.log_id for each in client.accounts.activities(SPAN, limit=2)] == ["1", "2", "3", "4"]


def test_pages_that_do_not_add_up_are_not_believed() -> None:
    with (
        Venue(pages([1, 2], [2], total=3)) as venue,
        venue.client() as client,
        pytest.raises(OutcomeUnknown, match="3 records are announced"),
    ):
        client.accounts.activities(SPAN, limit=2)


def test_market_data_is_asked_for_once_a_second() -> None:
    with Venue() as venue, venue.client() as client:
        pauses: list[float] = []

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            raise TimeoutError

        client.market._pause = pause
        client.market.order_book("BTCUSD", "VENUE1")
        with pytest.raises(TimeoutError):
            client.market.order_book("BTCUSD", "VENUE1")
    assert len(venue.requests) == 1
    assert 0 < pauses[0] <= 1
