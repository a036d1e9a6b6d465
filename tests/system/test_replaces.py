"""Replaces on their way together, by FIX: the command line, the daemon, and a venue's end on a bare socket."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fix.peer import Connection, Message, Peer, now
from tests.system.harness import TOKEN, WAIT_S, Daemon, configure, oms

pytestmark = pytest.mark.system

NEW, CANCELED, REPLACED, PENDING = "0", "4", "5", "E"


class Venue:
    """Answers by the full form; `request` is the message that it answers."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.count = 0

    def takes(self, kind: str) -> Message:
        return self.connection.receive(kind)

    def reports(self, kind: str, request: Message, *, qty: str, price: str, **more: str) -> None:
        """Report with ExecType and OrdStatus alike; `more` by tag, as t39."""
        self.count += 1
        leaves = "0" if kind == CANCELED else qty
        fields = {11: request[11], 37: "V1", 17: f"E{self.count}-{now()}", 20: "0", 150: kind, 39: kind}
        fields |= {55: "BTCUSDT", 54: "1", 38: qty, 44: price, 32: "0", 31: "0"}
        fields |= {14: "0", 151: leaves, 6: "0", 60: now()}
        fields |= {41: request[41]} if 41 in request else {}
        fields |= {int(tag.lstrip("t")): value for tag, value in more.items()}
        self.connection.send("8", *fields.items())

    def rejects(self, request: Message, orig: str) -> None:
        ids = ((11, request[11]), (41, orig), (37, "V1"))
        self.connection.send("9", *ids, (39, "E"), (434, "2"), (102, "3"), (58, "one at a time"), (60, now()))


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as listening:
        yield listening


def replace(daemon: Daemon, **terms: str) -> Any:
    response = daemon.http.patch(f"{daemon.url}/v1/orders/a", json=terms, timeout=WAIT_S)
    assert response.status_code == 202, response.text
    return response.json()


def terms(order: dict[str, Any]) -> tuple[object, ...]:
    return order["order_qty"], order["price"], [request["order_qty"] for request in order["pending"]]


@contextlib.contextmanager
def running(folder: Path, peer: Peer) -> Iterator[tuple[Daemon, Venue]]:
    """Run a daemon that is logged on at the venue; it ends by a kill, whatever it was doing."""
    daemon = Daemon(folder)
    try:
        with peer.accept() as connection:
            connection.log_on()
            daemon.logged_on()
            yield daemon, Venue(connection)
            daemon.kill()
    finally:
        daemon.kill()


def test_two_replaces_on_their_way_at_a_venue_that_has_them_and_the_same_over_a_kill(
    tmp_path: Path, peer: Peer
) -> None:
    configure(tmp_path, peer.port, session_more='dialect = "fix42"')
    with running(tmp_path, peer) as (daemon, venue):
        daemon.submit("a", order_qty="10", price="100")
        order = venue.takes("D")
        venue.reports(NEW, order, qty="10", price="100")
        daemon.reaches("a", "New")

        replace(daemon, order_qty="8")
        shown = replace(daemon, price="101")
        assert terms(shown) == ("10", "100", ["8", "8"])
        first, second = venue.takes("G"), venue.takes("G")
        assert (first[41], first[38], first[44]) == (order[11], "8", "100")
        assert (second[41], second[38], second[44]) == (first[11], "8", "101")
        venue.reports(PENDING, first, qty="10", price="100")
        venue.rejects(second, order[11])
        venue.reports(REPLACED, first, qty="8", price="100")
        told = daemon.reaches("a", "Replaced")
        assert (terms(told), told["refusal"]["reason"]) == (("8", "100", []), "one at a time")

        replace(daemon, order_qty="7")
        replace(daemon, order_qty="6", price="99")
        third, fourth = venue.takes("G"), venue.takes("G")
        assert (third[41], fourth[41]) == (first[11], third[11])

    with running(tmp_path, peer) as (daemon, venue):
        question = venue.takes("H")
        assert question[11] == first[11]
        assert daemon.order("a")["in_doubt"]
        venue.reports(REPLACED, fourth, qty="6", price="99", t20="3", t17="0")
        told = daemon.reaches("a", "Replaced", order_qty="6")
        assert (terms(told), told["in_doubt"], told["cl_ord_id"]) == (("6", "99", []), False, fourth[11])
        assert told["anomalies"] == 0

        environment = {"OMS_API": daemon.url, "OMS_TOKEN": TOKEN, "COLUMNS": "200"}
        typed = oms("order", "replace", "a", "--price", "98", "--json", environment=environment)
        assert (typed.returncode, json.loads(typed.stdout)["pending"][0]["price"]) == (0, "98")
        fifth = venue.takes("G")
        daemon.cancel("a")
        cancel = venue.takes("F")
        assert (fifth[41], cancel[41]) == (fourth[11], fifth[11])
        venue.reports(CANCELED, cancel, qty="6", price="99")
        assert daemon.reaches("a", "Canceled")["pending"] == []

    with running(tmp_path, peer) as (daemon, _):
        chain = (order, first, second, third, fourth, fifth, cancel)
        assert {daemon.order(request[11])["client_order_id"] for request in chain} == {"a"}
