"""What may go wrong, and what is then known: refused, stopped, or unknown. No secret in any of it."""

import json
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.core.errors import OutcomeUnknown, VenueError, VenueRefused, VenueUnavailable
from oms.rest.apifiny.answers import ApifinyRefused, ApifinyStopped, ApifinyUnknown, Asked, interpret
from oms.rest.apifiny.calls import Manner
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.codes import CODES, Verdict
from oms.rest.apifiny.models import Order
from oms.rest.transport import Reply, Transport
from oms.rest.worker import VenueBanned
from tests.rest.apifiny.samples import ORDER
from tests.rest.apifiny.test_client import NOW_NS, TERMS
from tests.rest.apifiny.venue import CREDENTIALS, ORDER_ID, SECRET, Answer, Request, Venue, error, result
from tests.rest.raw_server import RawServer, always

CHANGES: dict[str, Callable[[ApifinyClient], Any]] = {
    "order.insertOrderLite": lambda client: client.orders.insert("VENUE1", ORDER_ID, TERMS),
    "order.cancelOrderLite": lambda client: client.orders.cancel("VENUE1", ORDER_ID),
    "asset.withdrawLite": lambda client: client.accounts.withdraw(
        "VENUE1", coin="BTC", amount=Decimal(1), address="x", ticket="t"
    ),
    "asset.transferToVenue": lambda client: client.accounts.transfer(
        "VENUE1", "VENUE2", currency="BTC", amount=Decimal(1)
    ),
    "asset.createWithdrawTicketLite": lambda client: client.accounts.create_withdraw_ticket("VENUE1"),
}
READ = "order.queryOrderInfoLite"


def insert(client: ApifinyClient) -> Any:
    return client.orders.insert("VENUE1", ORDER_ID, TERMS)


def query(client: ApifinyClient) -> Any:
    return client.orders.query("VENUE1", ORDER_ID)


def failing(
    answer: Answer | Callable[[Request], Answer], call: Callable[[ApifinyClient], Any]
) -> tuple[Any, Venue]:
    give = answer if callable(answer) else lambda _request: answer
    with (
        Venue(give) as venue,
        venue.client(now_ns=lambda: NOW_NS) as client,
        pytest.raises(VenueError) as caught,
    ):
        call(client)
    hide_and_seek(caught.value, venue)
    return caught.value, venue


def hide_and_seek(error: BaseException, venue: Venue) -> None:
    everything = "".join(traceback.format_exception(error))
    chain: BaseException | None = error
    while chain is not None:
        everything += repr(chain) + str(chain)
        chain = chain.__cause__ or chain.__context__
    for hidden in [SECRET, *(request.signature for request in venue.requests)]:
        assert hidden not in everything


# An answer to an insert, and what is known after it.
UNREADABLE: dict[str, Answer] = {
    "not JSON": (200, b"<html>gateway</html>"),
    "nothing": (200, b""),
    "truncated": (200, result(ORDER)[1][:-20]),
    "a truncated error": (200, error(65562, "x")[1][:-3]),
    "no object": result("[]"),
    "a number": result("7"),
    "null": result("null"),
    "both null": (200, b'{"result": null, "error": null}'),
    "neither": (200, b"{}"),
    "result beside an error": (200, b'{"result": %s, "error": {"code": 65562}}' % ORDER.encode()),
    "not UTF-8": (200, b'{"result": "\xff\xfe", "error": null}'),
    "deep": (200, b"[" * 100_000),
    "no id": result(ORDER.replace("orderId", "id")),
    "no total": result(ORDER.replace("filledCumulativeQuantity", "x")),
    "not a number": result(ORDER.replace("1.12", '"NaN"')),
    "infinite": result(ORDER.replace("1.12", '"Infinity"')),
    "astronomic": result(ORDER.replace("1.12", "1e999999")),
    "endless": result(ORDER.replace("1.12", "1." + "1" * 100)),
    "true for a number": result(ORDER.replace("1.12", "true")),
    "another order": result(ORDER.replace(ORDER_ID, "000000011584603011942222")),
    "500": (500, b""),
    "502": (502, b"Bad Gateway"),
    "503 with a refusal": error(65562, status=503),
    "504": (504, b""),
    "404": (404, b"{}"),
    "302": (302, b""),
    "201": (201, result(ORDER)[1]),
    "204": (204, b""),
    "429": (429, b"slow down"),
    "unknown code": error(4242, "never heard of"),
    "no code": error(None, "sorry"),
    "empty error": (200, b'{"result": null, "error": {}}'),
    "an error in words": (200, b'{"result": null, "error": "sorry"}'),
    "B: server": error(65579, "general server side error, retry or contact customer service."),
    "B: busy": error("0x01003B"),
    "B: new order failure": error(327723),
    "B: repeated id": error("0x05007B"),
    "timeout": error(393482),
    "timeout, by a number that also means others": error(327786),
    "duplicate": error(327722),
    "hexadecimal number": (200, b'{"result": null, "error": {"code": 0x01002B, "message": "x"}}'),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_insert_is_in_doubt_until_its_token_has_expired(name: str) -> None:
    failure, venue = failing(UNREADABLE[name], insert)
    assert isinstance(failure, OutcomeUnknown)
    assert str(failure).startswith("order.insertOrderLite: ")
    assert isinstance(failure, ApifinyUnknown)
    assert failure.fence_ns == (NOW_NS // 10**9 + 30) * 10**9
    assert len(venue.requests) == 1


REFUSED: dict[str, tuple[Answer, str]] = {
    "decimal": (error(393258, "Not enough asset available."), "ASSET_NOT_ENOUGH (393258)"),
    "text": (error("393258"), "ASSET_NOT_ENOUGH (393258)"),
    "hexadecimal": (error("0x06002A"), "ASSET_NOT_ENOUGH (0x06002A)"),
    "hexadecimal number": (
        (200, b'{"result": null, "error": {"code": 0x06002A, "message": "x"}}'),
        "ASSET_NOT_ENOUGH (0x06002A)",
    ),
    "one of three by its text": (
        error(327786, "too many open orders, cannot create new order, need to delete some orders and retry."),
        "TOO_MANY_OPEN_ORDERS (327786)",
    ),
    "with a status": (error(327978, status=400), "ORDER_ID_RULE (327978)"),
    "without an empty result": ((200, b'{"error": {"code": 131114}}'), "REQUEST_TOO_OFTEN (131114)"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("method", CHANGES)
def test_only_what_is_documented_as_not_done_is_refused(name: str, method: str) -> None:
    answer, told = REFUSED[name]
    failure, venue = failing(answer, CHANGES[method])
    assert isinstance(failure, ApifinyRefused)
    assert isinstance(failure, VenueRefused)
    assert not isinstance(failure, VenueBanned)
    assert f"{method}: {told}" in str(failure)
    assert len(venue.requests) == 1


STOPS = {
    "403": (403, b"blocked"),
    "whitelist": error(65658),
    "key": error(2097163),
    "signature": error(2097162),
}


@pytest.mark.parametrize("answer", STOPS.values(), ids=STOPS)
@pytest.mark.parametrize("call", [insert, query])
def test_who_is_turned_away_stops(answer: Answer, call: Callable[[ApifinyClient], Any]) -> None:
    failure, venue = failing(answer, call)
    assert isinstance(failure, ApifinyStopped)
    assert isinstance(failure, VenueBanned)
    assert len(venue.requests) == 1


@pytest.mark.parametrize("method", CHANGES)
@pytest.mark.parametrize(
    "answer", [(502, b""), error(65579), error("0x01003B")], ids=["502", "server", "busy"]
)
def test_what_changes_something_leaves_once(method: str, answer: Answer) -> None:
    failure, venue = failing(answer, CHANGES[method])
    assert isinstance(failure, ApifinyUnknown)
    assert len(venue.requests) == 1
    assert not venue.pauses


@pytest.mark.parametrize(
    "answer", [(502, b""), error(65579), error(327770)], ids=["502", "server", "timeout"]
)
def test_a_read_is_asked_again_a_few_times(answer: Answer) -> None:
    failure, venue = failing(answer, query)
    assert isinstance(failure, ApifinyUnknown)
    assert len(venue.requests) == 3
    assert venue.pauses == [0.05, 0.05]


def test_a_read_that_succeeds_at_last_is_an_answer() -> None:
    answers = iter([(502, b""), error("0x01003B"), result(ORDER)])
    with Venue(lambda _request: next(answers)) as venue, venue.client() as client:
        assert query(client).order_id == ORDER_ID


@pytest.mark.parametrize("code", [327738, "0x05003A", 5243242, "0x050016A"])
def test_an_order_that_the_venue_does_not_have(code: object) -> None:
    failure, venue = failing(error(code, "Order doesn't exist, please change order ID."), query)
    assert isinstance(failure, ApifinyRefused)
    assert failure.meaning.is_not_there
    assert len(venue.requests) == 1


def test_a_row_of_another_order_is_not_taken() -> None:
    failure, _ = failing(result(f"[{ORDER}]"), lambda client: client.orders.query_many(["1", "2"]))
    assert isinstance(failure, OutcomeUnknown)
    assert "asked about 2 orders" in str(failure)


def test_a_missing_field_is_named() -> None:
    failure, _ = failing(
        result(f"[{ORDER.replace('orderStatus', 'x')}]"), lambda client: client.orders.open_orders()
    )
    assert "order.listOpenOrderLite" in str(failure)
    assert "`orderStatus`" in str(failure)


def test_a_venue_that_repeats_our_secrets_does_not_get_them_into_a_text() -> None:
    failure, venue = failing(lambda request: error(65562, f"bad: {request.signature} {SECRET}"), insert)
    assert "bad: *** ***" in str(failure)
    assert venue.requests


def test_text_for_people_is_short_and_printable() -> None:
    failure, _ = failing(error(65562, "\x1b[31m\n" + "x" * 10_000), insert)
    assert str(failure).isprintable()
    assert len(str(failure)) < 300


def test_nothing_left() -> None:
    with Venue() as venue:
        url = venue.url
    client = ApifinyClient(CREDENTIALS, Transport(url), Manner(pause=lambda _seconds: None))
    with client, pytest.raises(VenueUnavailable, match=r"order\.insertOrderLite") as caught:
        insert(client)
    hide_and_seek(caught.value, venue)


def test_a_huge_answer_to_an_insert() -> None:
    with RawServer(always(b" " * 10_000_001)) as server:
        client = ApifinyClient(CREDENTIALS, Transport(server.url))
        with client, pytest.raises(ApifinyUnknown, match="larger") as caught:
            insert(client)
    assert caught.value.fence_ns is not None
    assert len(server.requests) == 1


def test_an_answer_cut_off_on_the_way() -> None:
    with RawServer(
        lambda client, _request: client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
    ) as server:
        client = ApifinyClient(CREDENTIALS, Transport(server.url, read_timeout_s=0.3))
        with client, pytest.raises(ApifinyUnknown) as caught:
            insert(client)
        signature = server.requests[0].split(b"signature=")[1].split(b" ")[0].decode()
        assert signature not in "".join(traceback.format_exception(caught.value))
        assert len(server.requests) == 1


ASKED = Asked("m", changes=True, mask=str)
WHOLE = result(ORDER)[1]
words = [b'"error"', b'"result"', b'"code"', b":", b",", b"{", b"}", b"[", b"]", b"null", b"0x06002A", WHOLE]
pieces = st.lists(
    st.sampled_from(words)
    | st.integers().map(lambda number: str(number).encode())
    | st.text().map(lambda text: json.dumps(text).encode()),
    max_size=12,
).map(b"".join)
codes = st.sampled_from(CODES).map(lambda code: error(code.decimal, code.text)[1])
cut = st.integers(0, len(WHOLE)).map(lambda at: WHOLE[:at])


statuses = st.sampled_from([200, 201, 302, 400, 403, 404, 500, 502]) | st.integers(100, 999)


def outcome(status: int, body: bytes) -> Order | Exception:
    try:
        return interpret(ASKED, Reply(status, body, 0.0), Order)
    except (ApifinyRefused, ApifinyStopped, ApifinyUnknown) as failure:
        return failure


@given(statuses, st.binary() | pieces | cut | codes)
def test_whatever_comes_is_an_order_or_one_of_three_failures(status: int, body: bytes) -> None:
    found = outcome(status, body)
    if isinstance(found, Order):
        assert (status, found.order_id) == (200, ORDER_ID)
        return
    assert str(found).isprintable()
    assert found.__cause__ is None
    if isinstance(found, ApifinyRefused):
        assert status < 500
        assert found.meaning.verdict is Verdict.REFUSED


def test_the_client_shows_no_secret() -> None:
    with Venue() as venue, venue.client() as client:
        shown = repr(CREDENTIALS) + repr(vars(client)) + str(client._caller.credentials)
    assert SECRET not in shown
