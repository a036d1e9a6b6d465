"""The order stream over a WebSocket."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.sim.apifiny_http.document_client import SECRET, WITHIN_S, Venue, claims_for, jwt, read

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

    from tests.sim.apifiny_http.document_client import Rest

pytestmark = pytest.mark.system


def hear(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    return [read(socket.recv(WITHIN_S)) for _ in range(count)]


def steps(messages: list[dict[str, Any]]) -> list[tuple[str, object]]:
    return [
        (message["payload"]["orderStatus"], message["payload"]["lastFilledQuantity"]) for message in messages
    ]


def test_every_step_of_an_order_is_pushed_to_its_account_only(rest: Rest, other: Rest) -> None:
    with rest.stream() as mine, rest.stream() as also_mine, other.stream() as theirs:
        order_id = rest.insert(limitPrice="30010", quantity="3")
        rest.cancel(order_id)
        told = hear(mine, 5)
        assert {message["payload"]["orderId"] for message in told} == {order_id}
        assert steps(told) == [
            ("PENDING_SUBMIT", None),
            ("SUBMITTED", None),
            ("SUBMITTED", 1),
            ("SUBMITTED", 1),
            ("PART_FILLED", None),
        ]
        assert hear(also_mine, 5) == told
        stamps = [message["logTimestamp"] for message in told]
        assert stamps == sorted(stamps)
        fill = told[3]["payload"]
        assert (fill["lastFilledPrice"], fill["lastFilledCreatedAt"]) == (30010, told[3]["logTimestamp"])
        assert (fill["lastCommission"], fill["lastCommissionCurrency"], fill["isTaker"]) == (0, "USDT", True)
        theirs.send("ping")
        assert theirs.recv(WITHIN_S) == "pong"


def test_what_happened_before_comes_first_where_it_is_asked_for(rest: Rest) -> None:
    start = rest.ask("utils.currentTimeMillis", {})["result"]
    order_id = rest.insert()
    with rest.stream(startDateTime=start) as socket:
        rest.cancel(order_id)
        told = [message for message in hear(socket, 3) if message["payload"]["orderId"] == order_id]
        assert steps(told) == [("PENDING_SUBMIT", None), ("SUBMITTED", None), ("CANCELLED", None)]
    assert rest.get("order.streamDetail", startDateTime=start) == told


@pytest.mark.parametrize(
    ("raw", "changes", "code"),
    [
        (b'{"accountId": "STA-00000015"}', {"method": "order.listOpenOrderLite"}, 65562),
        (b'{"accountId": "STA-00000015"}', {"digest": "0" * 64}, 2097162),
        (b'{"accountId": "STA-00000015"}', {"exp": int(time.time()) - 1}, 196634),
        (b'{"accountId": "STA-00000016"}', {}, 2097163),
        (b'{"accountId": "STA-00000015", "startDateTime": "x"}', {}, 65562),
        (b"{}", {}, 65562),
    ],
)
def test_a_wrong_stream_is_told_why_and_closed(
    rest: Rest, raw: bytes, changes: dict[str, object], code: int
) -> None:
    token = jwt(claims_for(raw, "order.streamDetail") | changes, SECRET)
    uri = f"ws://127.0.0.1:{rest.port}/gx/openApi/v1?signature={token}&body={quote_plus(raw)}&p=webSocket"
    with connect(uri, proxy=None) as socket:
        answer = json.loads(socket.recv(WITHIN_S))
        assert (answer["result"], answer["error"]["code"]) == (None, code)
        with pytest.raises(ConnectionClosed):
            socket.recv(WITHIN_S)


def test_a_body_with_plus_signs_for_spaces_is_the_same_body(rest: Rest) -> None:
    raw = json.dumps({"accountId": rest.account, "startDateTime": None}).encode()
    token = rest.token(raw, "order.streamDetail")
    uri = f"ws://127.0.0.1:{rest.port}/gx/openApi/v1?signature={token}&body={quote_plus(raw)}&p=webSocket"
    with connect(uri, proxy=None) as socket:
        order_id = rest.insert()
        assert hear(socket, 1)[0]["payload"]["orderId"] == order_id


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("ws-repeat", ["PENDING_SUBMIT", "PENDING_SUBMIT", "SUBMITTED", "SUBMITTED"]),
        ("ws-reorder", ["SUBMITTED", "PENDING_SUBMIT"]),
    ],
)
def test_messages_meet_faults(fault: str, expected: list[str]) -> None:
    with Venue("--fault", f"{fault}@order.streamDetail=1") as venue:
        rest = venue.client()
        with rest.stream() as socket:
            rest.insert()
            assert [status for status, _ in steps(hear(socket, len(expected)))] == expected


def test_a_stream_can_be_cut_and_the_rest_asked_for() -> None:
    with Venue("--fault", "ws-drop=1") as venue:
        rest = venue.client()
        with rest.stream() as socket:
            order_id = rest.insert()
            with pytest.raises(ConnectionClosed):
                socket.recv(WITHIN_S)
        told = rest.get("order.streamDetail", startDateTime=None)
        assert [message["payload"]["orderId"] for message in told] == [order_id] * 2


def test_the_venue_ends_with_streams_open() -> None:
    with Venue() as venue, venue.client().stream() as socket, venue.client().md_socket() as other:
        assert venue.stop() == (0, "", "")
        for each in (socket, other):
            with pytest.raises(ConnectionClosed):
                each.recv(WITHIN_S)
