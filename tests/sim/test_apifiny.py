"""The simulated venue in its own process, seen through a socket: sessions and the life of orders."""

from __future__ import annotations

import hashlib
import json
import signal
from typing import TYPE_CHECKING

import pytest

from tests.sim.wire_client import (
    ACCOUNT,
    KEY,
    OTHER,
    OTHER_KEY,
    OTHER_SECRET,
    SECRET,
    Client,
    Message,
    Venue,
    token,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.system

HEADER = {8, 9, 35, 34, 49, 52, 56, 10}


@pytest.fixture(scope="module")
def documented() -> Iterator[Venue]:
    with Venue() as venue:
        yield venue


@pytest.fixture(scope="module")
def full() -> Iterator[Venue]:
    with Venue("--reports", "full") as venue:
        yield venue


@pytest.fixture
def short(documented: Venue) -> Iterator[Client]:
    with Client(documented.port) as client:
        assert client.logon()[35] == "A"
        yield client


@pytest.fixture
def long(full: Venue) -> Iterator[Client]:
    with Client(full.port) as client:
        assert client.logon()[35] == "A"
        yield client


def pick(message: Message, *tags: int) -> tuple[str | None, ...]:
    return tuple(message.get(tag) for tag in tags)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_with_a_client_connected(number: signal.Signals) -> None:
    with Venue() as venue, Client(venue.port) as client:
        client.logon()
        client.order()
        assert client.receive()[150] == "0"
        venue.process.send_signal(number)
        assert client.receive()[35] == "5"
        client.send("5")
        assert venue.stop(number) == (0, "", "")


def test_a_logon_keeps_the_client_s_heartbeat_and_resets_the_numbers(documented: Venue) -> None:
    for _ in range(2):
        with Client(documented.port) as client:
            assert pick(client.logon(heartbeat=17), 35, 34, 108, 141) == ("A", "1", "17", "Y")
            client.send("5")
            assert client.receive()[35] == "5"


@pytest.mark.parametrize(
    ("claims", "text"),
    [
        (None, "RawData(96) with the JWT is missing"),
        ({"exp": 1_700_000_000}, "the JWT has expired"),
        ({"accountId": "STA-1"}, "Account doesn't exist"),
        ({"accountId": OTHER}, "accountId is not the SenderCompID"),
        ({"secretKeyId": "K-9"}, "secretKeyId is unknown"),
        ({"digest": "0"}, "digest is not the SHA-256"),
        ({"method": ""}, "method is missing"),
    ],
)
def test_a_bad_logon_is_told_why(documented: Venue, claims: dict[str, object] | None, text: str) -> None:
    with Client(documented.port) as client:
        refused = client.logon("" if claims is None else token(SECRET, **claims))
        assert refused[35] == "5"
        assert text in refused[58]


@pytest.mark.parametrize(
    ("raw_data", "text"), [("garbage", "is not a JWT"), (token("wrong" * 9), "signature is wrong")]
)
def test_a_bad_signature_is_told_so(documented: Venue, raw_data: str, text: str) -> None:
    with Client(documented.port) as client:
        assert text in client.logon(raw_data)[58]


def test_an_unknown_account_is_told_so(documented: Venue) -> None:
    with Client(documented.port, "STA-99") as client:
        refused = client.logon()
        assert pick(refused, 35, 49, 56, 34) == ("5", "APIFINY", "STA-99", "1")
        assert "Account doesn't exist" in refused[58]


def test_the_first_message_must_be_a_logon(documented: Venue) -> None:
    with Client(documented.port) as client:
        client.order()
        assert client.receive()[58] == "the first message must be a Logon"


def test_the_documented_life_of_an_order(short: Client) -> None:
    cl_ord_id = short.order("3", "30010")
    ack, *fills = short.receive_all(3)
    assert pick(ack, 11, 150, 39, 32, 44, 38) == (cl_ord_id, "0", "0", "0", "30010", "3")
    assert ack.keys() - HEADER == {11, 37, 17, 55, 54, 32, 44, 38, 60, 150, 39}
    assert [pick(fill, 150, 39, 32, 44, 38) for fill in fills] == [
        ("1", "1", "1", "30000", "3"),
        ("1", "1", "1", "30010", "3"),
    ]
    assert all(fill.keys() - HEADER == {37, 17, 55, 54, 32, 44, 38, 60, 150, 39} for fill in fills)
    short.about("H", cl_ord_id)
    answer = short.receive()
    assert pick(answer, 11, 37, 17, 150, 39, 32, 44) == (cl_ord_id, ack[37], "0", "1", "1", "0", "30010")
    short.about("F", cl_ord_id)
    canceled = short.receive()
    assert pick(canceled, 11, 37, 150, 39, 32, 44) == (None, ack[37], "4", "4", "0", "30010")
    assert len({message[17] for message in (ack, *fills, canceled)}) == 4


def test_the_full_life_of_an_order(long: Client) -> None:
    cl_ord_id = long.order("3", "30010")
    ack, first, second = long.receive_all(3)
    told = (11, 20, 150, 39, 14, 151, 6, 32, 31, 44)
    assert pick(ack, *told) == (cl_ord_id, "0", "0", "0", "0", "3", "0", "0", "0", "30010")
    assert pick(first, *told) == (cl_ord_id, "0", "1", "1", "1", "2", "30000", "1", "30000", "30010")
    assert pick(second, *told) == (cl_ord_id, "0", "1", "1", "2", "1", "30005", "1", "30010", "30010")
    assert pick(ack, 1, 40, 59, 207, 38) == (ACCOUNT, "2", "1", "BINANCEUS", "3")
    long.about("H", cl_ord_id)
    assert pick(long.receive(), 11, 20, 17, 150, 39, 14, 151, 32) == (
        cl_ord_id,
        "3",
        "0",
        "1",
        "1",
        "2",
        "1",
        "0",
    )
    long.about("F", cl_ord_id)
    assert pick(long.receive(), 11, 41, 150, 39, 14, 151) == (cl_ord_id, cl_ord_id, "4", "4", "2", "0")


def test_a_fill_completes_the_order(short: Client) -> None:
    short.order("2", "30010")
    assert [pick(each, 150, 39) for each in short.receive_all(3)] == [("0", "0"), ("1", "1"), ("2", "2")]


def test_an_ioc_order_fills_half_and_is_canceled(short: Client, long: Client) -> None:
    for client in (short, long):
        client.order("4", "30010", t59="3")
        assert [each[150] for each in client.receive_all(4)] == ["0", "1", "1", "4"]


def test_a_market_buy_is_sized_by_cash(short: Client, long: Client) -> None:
    last: Message = {}
    for client in (short, long):
        client.order("", "", t40="1", t152="45000")
        ack, first, last = client.receive_all(3)
        assert pick(ack, 150, 38) == ("0", None)
        assert (pick(first, 150, 32), pick(last, 150, 32)) == (("1", "1"), ("2", "0.4998"))
    assert pick(last, 152, 14, 151, 6) == ("45000", "1.4998", "0", "30003.33244432591")


def test_a_rejected_order_is_told_why(short: Client, long: Client) -> None:
    for client in (short, long):
        cl_ord_id = client.order("0.00001")
        rejected = client.receive()
        assert pick(rejected, 11, 150, 39) == (cl_ord_id, "8", "8")
        assert rejected[58] == "quantity is below the minimum 0.0001"


def test_a_repeated_id_in_both_forms(short: Client, long: Client) -> None:
    for client, status, reason in ((short, "8", None), (long, "0", "6")):
        cl_ord_id = client.order()
        ack = client.receive()
        client.order(t11=cl_ord_id)
        rejected = client.receive()
        assert pick(rejected, 11, 150, 39, 103) == (cl_ord_id, "8", status, reason)
        assert rejected[58] == "order id repeat"
        assert (rejected[37] == ack[37]) is (client is long)


def test_a_cancel_that_comes_too_late_or_for_nothing(short: Client) -> None:
    cl_ord_id = short.order("1", "30000")
    order_id = short.receive_all(2)[0][37]
    short.about("F", cl_ord_id)
    assert pick(short.receive(), 35, 37, 11, 41, 39, 434, 102) == (
        *("9", order_id, cl_ord_id, cl_ord_id),
        *("2", "1", "0"),
    )
    unknown = short.new_id()
    short.about("F", unknown)
    assert pick(short.receive(), 35, 37, 11, 39, 434, 102) == ("9", "NONE", unknown, "8", "1", "1")


def test_a_status_request_for_an_unknown_order(short: Client, long: Client) -> None:
    unknown = short.new_id()
    short.about("H", unknown)
    assert pick(short.receive(), 11, 17, 150, 39, 58) == (
        *(unknown, "0", "8", "8"),
        "Order doesn't exist, please change order ID.",
    )
    long.about("H", unknown)
    assert pick(long.receive(), 11, 20, 103, 150, 39, 14, 151) == (unknown, "3", "5", "8", "8", "0", "0")


def test_a_full_report_has_every_field_that_fix_4_2_requires(long: Client) -> None:
    cl_ord_id = long.order("3", "30010")
    reports = long.receive_all(3)
    for msg_type, named in (("H", cl_ord_id), ("F", cl_ord_id), ("H", cl_ord_id), ("H", long.new_id())):
        long.about(msg_type, named)
        reports.append(long.receive())
    long.order(t11=cl_ord_id)
    long.order("0.00001")
    reports += long.receive_all(2)
    assert [each[150] for each in reports] == ["0", "1", "1", "1", "4", "4", "8", "8", "8"]
    required = {37, 17, 20, 150, 39, 55, 54, 151, 14, 6}  # volume 1, Execution Report
    assert [required - each.keys() for each in reports] == [set()] * len(reports)
    long.about("F", long.new_id())
    refused = long.receive()
    assert {37, 11, 41, 39, 434} <= refused.keys(), "volume 1, Order Cancel Reject"


@pytest.mark.parametrize(
    ("changes", "tag", "reason"),
    [
        ({"t11": ""}, "11", "1"),
        ({"t55": ""}, "55", "1"),
        ({"t54": ""}, "54", "1"),
        ({"t40": ""}, "40", "1"),
        ({"t54": "3"}, "54", "5"),
        ({"t38": "1e3"}, "38", "6"),
        ({"t44": "cheap"}, "44", "6"),
        ({"t1": OTHER}, "1", "5"),
    ],
)
def test_what_cannot_be_read_is_a_session_reject(
    short: Client, changes: dict[str, str], tag: str, reason: str
) -> None:
    short.order(**changes)
    assert pick(short.receive(), 35, 45, 371, 372, 373) == ("3", str(short.sent), tag, "D", reason)


@pytest.mark.parametrize("msg_type", ["G", "AE", "B"])
def test_other_messages_are_not_supported(short: Client, msg_type: str) -> None:
    number = short.send(msg_type, (11, "1"), (148, "news"), (33, "0"))
    assert pick(short.receive(), 35, 45, 372, 380) == ("j", str(number), msg_type, "3")


def test_bytes_that_are_no_text_do_no_harm(short: Client) -> None:
    short.order(t55="\udcff\udcfe", t58="\udcff")
    rejected = short.receive()
    assert rejected[150] == "8"
    assert rejected[58] == "Util_Unknown_Symbol: ??"
    assert short.nothing_more()


def test_two_accounts_trade_with_each_other(documented: Venue, short: Client) -> None:
    theirs = token(
        OTHER_SECRET,
        accountId=OTHER,
        secretKeyId=OTHER_KEY,
        digest=hashlib.sha256(OTHER.encode()).hexdigest(),
    )
    with Client(documented.port, OTHER) as other:
        assert other.logon(theirs)[35] == "A"
        other.order("1", "29995")
        assert other.receive()[150] == "0"
        short.order("1", "29995", t54="2")
        assert [pick(each, 150, 44) for each in short.receive_all(2)] == [("0", "29995"), ("2", "29995")]
        assert pick(other.receive(), 150, 32, 44) == ("2", "1", "29995")


def test_answers_wait_for_the_latency() -> None:
    with Venue("--latency-ms", "300") as venue, Client(venue.port) as client:
        client.logon()
        client.order()
        with pytest.raises(TimeoutError):
            client.receive(0.1)
        assert client.receive()[150] == "0"


def test_the_other_participants_fill_a_resting_order() -> None:
    with Venue("--background", "on") as venue, Client(venue.port) as client:
        client.logon()
        for name in ("BINANCEUS", "HUOBI", "KUCOIN", "OKEX", "VENUE1", "VENUE2"):
            client.order("0.01", "29989.99", t207=name)
        assert {each[150] for each in client.receive_all(6)} == {"0"}
        assert client.receive()[150] in {"1", "2"}


def test_the_record_tells_everything_that_happened(tmp_path: Path) -> None:
    path = tmp_path / "record"
    with Venue(record=path) as venue, Client(venue.port) as client:
        client.logon()
        cl_ord_id = client.order("3", "30010")
        client.receive_all(3)
        client.order(t11=cl_ord_id)
        client.about("F", cl_ord_id)
        client.receive_all(2)
        lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["event"] for line in lines] == [
        *("received", "accepted", "fill", "fill"),
        *("received", "rejected", "received", "canceled"),
    ]
    assert {line["cl_ord_id"] for line in lines} == {cl_ord_id}
    assert {line["account"] for line in lines} == {ACCOUNT}
    fill = lines[2]
    assert (fill["last_qty"], fill["last_px"], fill["cum_qty"], fill["leaves_qty"]) == (
        "1",
        "30000",
        "1",
        "2",
    )
    assert fill.keys() >= {"order_id", "exec_id", "symbol", "side", "qty", "price", "time"}


def test_nothing_secret_is_said() -> None:
    with Venue() as venue:
        good = token()
        for raw_data in ("garbage", token("wrong" * 9), good):
            with Client(venue.port) as client:
                client.logon(raw_data)
        _, out, err = venue.stop()
    assert out == ""
    for secret in (SECRET, OTHER_SECRET, KEY, good):
        assert secret not in err
