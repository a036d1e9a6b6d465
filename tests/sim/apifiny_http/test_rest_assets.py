"""Account, balances, withdrawals, transfers, and the base information, as the venue's document prints them."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.sim.apifiny_http.document_client import Venue, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sim.apifiny_http.document_client import Rest

pytestmark = pytest.mark.system

OUTSIDE = "3NxwenaOutside"

# Typed in from the samples and tables of the document.
ACTIVITY = {
    *(
        "accountId",
        "currency",
        "status",
        "type",
        "amount",
        "fee",
        "fromAddress",
        "targetAddress",
        "txId",
        "coin",
    ),
    *("logId", "logCreatedAt", "logUpdatedAt", "actionType", "actionNote", "fromAccountId", "toAccountId"),
}


@pytest.fixture
def fresh() -> Iterator[Venue]:
    """Give a venue where nobody has spent anything."""
    with Venue("--withdraw-address", OUTSIDE) as venue:
        yield venue
        assert venue.stop() == (0, "", "")


def ticket(rest: Rest, venue: str = "BINANCEUS") -> str:
    row = rest.get("asset.createWithdrawTicketLite", venue=venue)
    assert set(row) == {"ticket", "expiredAt"}
    assert row["expiredAt"] > time.time() * 1000
    paper: str = row["ticket"]
    return paper


def withdrawal(rest: Rest, **changes: object) -> dict[str, Any]:
    request: dict[str, Any] = {
        "accountId": rest.account,
        "venue": "BINANCEUS",
        "coin": "BTC",
        "amount": Decimal("10.0021"),
        "memo": "",
        "address": OUTSIDE,
    }
    request |= changes
    if "ticket" not in request:
        request["ticket"] = ticket(rest)
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in request.items()}


def test_the_account_with_its_sub_accounts(rest: Rest) -> None:
    row = rest.get("account.queryAccountInfoLite", venue="VENUE1")
    created = row["createdAt"]
    common = {"accountStatus": "OPENED", "createdAt": created, "updatedAt": created}
    sub = {"accountId": "STA-VENUE1_00000015", "venue": "VENUE1", **common}
    assert row == {"accountId": "STA-00000015", **common, "subAccountInfo": [sub]}
    assert len(rest.get("account.queryAccountInfoLite")["subAccountInfo"]) == 7
    assert rest.refused("account.queryAccountInfoLite", venue="VENUE24") == 2097178


def test_open_orders_freeze_and_fills_move(rest: Rest) -> None:
    before = rest.balance("USDT", "OKEX")
    order_id = rest.insert(limitPrice="29000", quantity="2", venue="OKEX")
    assert rest.balance("USDT", "OKEX") == (before[0], before[1] - 58000, before[2] + 58000)
    rest.cancel(order_id, "OKEX")
    assert rest.balance("USDT", "OKEX") == before
    coins = rest.balance("BTC", "OKEX")
    rest.insert(limitPrice="30000", quantity="1", venue="OKEX")
    assert rest.balance("USDT", "OKEX")[0] == before[0] - 30000
    assert rest.balance("BTC", "OKEX")[0] == coins[0] + 1


def test_balances_of_all_venues(rest: Rest) -> None:
    rows = rest.get("asset.listBalanceByLite")
    assert len(rows) == 7 * 3
    row = next(row for row in rows if (row["venue"], row["currency"]) == ("VENUE2", "BTC"))
    assert row.pop("updatedAt") <= time.time() * 1000
    assert row == {
        "accountId": "STA-VENUE2_00000015",
        "venue": "VENUE2",
        "currency": "BTC",
        "amount": 1000,
        "available": 1000,
        "frozen": 0,
    }


def test_a_withdrawal_freezes_then_leaves(fresh: Venue) -> None:
    rest = fresh.client()
    row = rest.get("asset.withdrawLite", **withdrawal(rest))
    told = {name: row.pop(name) for name in ("logId", "txId", "logCreatedAt", "logUpdatedAt")}
    assert row == {
        "accountId": "STA-BINANCEUS_00000015",
        "venue": "BINANCEUS",
        "currency": "BTC",
        "coin": "BTC",
        "amount": Decimal("10.0021"),
        "fee": Decimal("0.0005"),
        "fromAddress": None,
        "targetAddress": OUTSIDE,
        "type": "OUTGOING",
        "actionType": "ACCOUNT_CLIENT_WITHDRAW",
        "actionNote": "ACCOUNT_CLIENT_WITHDRAW",
        "status": "SUBMITTED",
    }
    assert told["logId"].startswith("STA-BINANCEUS_00000015.")
    gone = Decimal("10.0026")
    assert rest.balance("BTC") == (1000, 1000 - gone, gone)
    until(lambda: rest.balance("BTC") == (1000 - gone, 1000 - gone, 0))
    (record,) = rest.get("asset.queryAssetActivityListLite")["records"]
    assert set(record) == ACTIVITY
    assert (record["status"], record["logId"]) == ("COMPLETED", told["logId"])
    assert record["logCreatedAt"] == str(told["logCreatedAt"])


def test_a_withdrawal_to_an_account_s_own_address_arrives(fresh: Venue) -> None:
    rest, other = fresh.client(), fresh.other()
    row = other.get("asset.queryAddressLite", venue="HUOBI", coin="USDTTRC20")
    assert {**row, "venue": "HUOBI", "currency": "USDT", "coin": "USDTTRC20", "memo": None} == row
    assert set(row) == {"venue", "currency", "coin", "address", "memo", "expiredAt"}
    request = withdrawal(rest, coin="USDTTRC20", amount="100", address=row["address"])
    rest.get("asset.withdrawLite", **request)
    until(lambda: other.balance("USDT", "HUOBI")[0] == 100_000_100)
    (record,) = other.get("asset.queryAssetActivityListLite")["records"]
    assert (record["type"], record["status"], record["fee"]) == ("IMCOMING", "COMPLETED", 0)


def test_a_transfer_goes_to_the_other_venue(fresh: Venue) -> None:
    rest = fresh.client()
    row = rest.get("asset.transferToVenue", venue="VENUE1", currency="BTC", amount=10.0, targetVenue="VENUE2")
    told = {name: row.pop(name) for name in ("logId", "logCreatedAt", "logUpdatedAt")}
    assert row == {
        "accountId": "STA-00000015",
        "venue": "VENUE1",
        "currency": "BTC",
        "amount": 10,
        "fee": Decimal("0.0005"),
        "targetVenue": "VENUE2",
        "status": "SUBMITTED",
    }
    left = Decimal("989.9995")
    assert rest.balance("BTC", "VENUE1") == (1000, left, Decimal("10.0005"))
    until(lambda: rest.balance("BTC", "VENUE2") == (1010, 1010, 0))
    assert rest.balance("BTC", "VENUE1") == (left, left, 0)
    arrived, sent = rest.get("asset.queryAssetActivityListLite")["records"]
    assert sent["logId"] == told["logId"]
    assert [each["actionType"] for each in (sent, arrived)] == [
        "ACCOUNT_CLIENT_TRANSFER_OUTGOING",
        "ACCOUNT_CLIENT_TRANSFER_INCOMING",
    ]
    for each in (sent, arrived):
        ends = (each["fromAccountId"], each["toAccountId"])
        assert ends == ("STA-VENUE1_00000015", "STA-VENUE2_00000015")


def test_a_ticket_is_good_once_and_for_its_venue(fresh: Venue) -> None:
    rest, other = fresh.client(), fresh.other()
    paper = ticket(rest)
    for client, changes in (
        (rest, {"ticket": "b2152827079793d4bbe436f"}),
        (rest, {"ticket": paper, "venue": "HUOBI"}),
        (other, {"ticket": paper}),
    ):
        assert client.refused("asset.withdrawLite", **withdrawal(client, **changes)) == 393242
    rest.get("asset.withdrawLite", **withdrawal(rest, ticket=paper))
    assert rest.refused("asset.withdrawLite", **withdrawal(rest, ticket=paper)) == 393242


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"address": "3NxwenaElsewhere"}, 262170),
        ({"amount": "100000"}, 393258),
        ({"amount": "0.0001"}, 65562),
        ({"amount": "1.123456789"}, 65562),
        ({"amount": "-1"}, 65562),
        ({"coin": "DOGE"}, 262266),
        ({"currency": "ETH"}, 262218),
        ({"venue": "VENUE24"}, 2097178),
        ({"ticket": ""}, 65562),
    ],
)
def test_a_wrong_withdrawal_moves_nothing(rest: Rest, changes: dict[str, object], code: int) -> None:
    before = rest.balance("BTC")
    assert rest.refused("asset.withdrawLite", **withdrawal(rest, **changes)) == code
    assert rest.balance("BTC") == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"targetVenue": "BINANCEUS"}, 2097178),
        ({"targetVenue": "VENUE24"}, 2097178),
        ({"targetVenue": "\ud800"}, 2097178),
        ({"targetVenue": None}, 65562),
        ({"currency": "DOGE"}, 262218),
        ({"amount": "100000"}, 393258),
    ],
)
def test_a_wrong_transfer_is_refused(rest: Rest, changes: dict[str, object], code: int) -> None:
    request = {"venue": "BINANCEUS", "currency": "BTC", "amount": "1", "targetVenue": "HUOBI"} | changes
    assert rest.refused("asset.transferToVenue", **request) == code


def test_activities_come_in_pages(fresh: Venue) -> None:
    rest = fresh.client()
    start = rest.ask("utils.currentTimeMillis", {})["result"]
    ids = [
        rest.get("asset.transferToVenue", venue="VENUE1", currency="ETH", amount=1, targetVenue=venue)[
            "logId"
        ]
        for venue in ("VENUE2", "HUOBI", "OKEX", "KUCOIN", "BINANCEUS")
    ]
    end = rest.ask("utils.currentTimeMillis", {})["result"]

    def page(number: int) -> dict[str, Any]:
        found: dict[str, Any] = rest.get(
            "asset.queryAssetActivityListLite",
            startTimeDate=str(start),
            endTimeDate=str(end),
            limit="2",
            page=str(number),
        )
        return found

    first = page(1)
    assert {name: first[name] for name in first if name != "records"} == {
        "total": 5,
        "size": 2,
        "current": 1,
        "orders": [],
        "hitCount": False,
        "searchCount": True,
        "pages": 3,
    }
    found = [row["logId"] for number in (1, 2, 3) for row in page(number)["records"]]
    assert sorted(found) == sorted(ids)
    assert page(4)["records"] == []
    assert rest.refused("asset.queryAssetActivityListLite", page=0) == 65562


def test_currencies_and_symbols(rest: Rest) -> None:
    rows = rest.get("utils.listCurrencyLite", venue="VENUE1")
    assert rows[0] == {
        "currency": "BTC",
        "currencyPrecision": 8,
        "status": "DEPOSIT_WITHDRAW",
        "withdrawMaxAmount": 1_000_000,
        "withdrawMinAmount": Decimal("0.004"),
        "withdrawMinFee": Decimal("0.0005"),
        "nextStatus": None,
        "nextStatusAt": None,
        "coin": "BTC",
    }
    rows = rest.get("utils.listSymbolInfoLite", venue="VENUE1")
    assert rows[0] == {
        "symbol": "BTCUSDT",
        "baseAsset": "BTC",
        "baseAssetPrecision": 8,
        "quoteAsset": "USDT",
        "quotePrecision": 8,
        "minPrice": Decimal("0.01"),
        "maxPrice": 1_000_000,
        "minQuantity": Decimal("0.0001"),
        "maxQuantity": 10000,
        "tickSize": Decimal("0.01"),
        "stepSize": Decimal("0.0001"),
        "minNotional": 1,
        "maxNotional": 10_000_000_000,
        "status": "enabled",
    }
    assert rest.refused("utils.listSymbolInfoLite") == 65562
