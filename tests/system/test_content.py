"""Whatever a venue says reaches the journal, and the daemon goes on. The venue is a bare socket, driven by the test."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fix.peer import Connection, Message, Peer, now
from tests.system.harness import Daemon, configure, oms, running, until

pytestmark = pytest.mark.system

TIMING = "[timing]\nack_timeout_s = 30\nask_again_s = 30\n"


class Wire:
    """A venue on a bare socket with the daemon logged on to it."""

    def __init__(self, folder: Path, peer: Peer) -> None:
        """Start the daemon and take its logon."""
        self.folder = folder
        configure(folder, peer.port, more=TIMING)
        self.daemon = Daemon(folder)
        self.venue = self.logged_on(peer)

    def logged_on(self, peer: Peer) -> Connection:
        """Take the daemon's logon; QuickFIX may hang up at once when the connection before was cut, and try again."""
        while True:
            venue = peer.accept()
            try:
                venue.log_on()
            except ConnectionError:
                venue.drop()
            else:
                self.daemon.logged_on()
                return venue

    def order(self, client_order_id: str, **terms: str) -> Message:
        """Place an order; gives the NewOrderSingle as the venue gets it."""
        assert self.daemon.submit(client_order_id, **terms).status_code == 201
        return self.venue.receive("D")

    def accepted(self, client_order_id: str) -> Message:
        """Place an order and acknowledge it with OrderID O-<its name>."""
        new = self.order(client_order_id)
        self.report(11, new[11], 37, f"O-{client_order_id}", 17, "A", 20, "0", 150, "0", 39, "0")
        self.daemon.reaches(client_order_id, "New")
        return new

    def report(self, *pairs: int | str) -> str:
        """Send an ExecutionReport: tag, value, tag, value; gives the text of its fields."""
        fields = [(int(tag), str(value)) for tag, value in zip(pairs[::2], pairs[1::2], strict=True)]
        if not {55, 54} & {tag for tag, _ in fields}:
            fields += [(55, "BTCUSDT"), (54, "1")]
        self.venue.send("8", *fields)
        return "\x01".join(f"{tag}={value}" for tag, value in fields[:2])

    def recorded(self, text: str) -> dict[str, Any]:
        """Wait for a journal record whose raw message holds this text."""
        self.venue.settled()

        def found() -> dict[str, Any] | None:
            shown = oms("journal", "show", "--json", str(self.folder / "journal.db"))
            assert shown.returncode == 0, shown.stderr
            records = [json.loads(line) for line in shown.stdout.splitlines()]
            return next((record for record in records if text in (record.get("raw") or "")), None)

        record: dict[str, Any] = until(found, f"{text!r} is in the journal")
        return record

    def log(self) -> list[dict[str, Any]]:
        """Read the daemon's log."""
        return [
            json.loads(line) for line in (self.folder / "daemon.log").read_text(encoding="utf-8").splitlines()
        ]


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    with Peer() as peer:
        wire = Wire(tmp_path, peer)
        with running(wire.daemon):
            yield wire
            assert wire.daemon.get("/healthz")["alive"] is True
            assert wire.order("afterwards")[38] == "1"  # whatever was said, it goes on
            wire.venue.drop()
            wire.daemon.kill()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ((150, "F", 39, "1", 17, "E", 32, "0.1", 31, "29000"), "UNKNOWN_VALUE"),
        ((150, "1", 39, "1", 17, "E", 32, "abc", 31, "29000"), "MALFORMED_FIELD"),
        ((150, "1", 39, "1", 17, "E", 32, "1e-8", 31, "29000"), "MALFORMED_FIELD"),
        ((150, "0", 39, "0", 17, "E", 38, ""), None),
        ((150, "0", 39, "0", 17, "E", 9999, "what"), None),
        ((150, "0", 39, "0", 17, "E", 60, "yesterday"), "MALFORMED_FIELD"),
        ((150, "0", 39, "0", 17, "E", 58, "x" * 60_000), None),
        ((150, "0", 39, "0", 17, "E", 58, "caf\udce9"), None),
        ((17, "E"), "MISSING_FIELD"),
    ],
)
def test_odd_content_is_recorded_and_judged(
    fields: tuple[int | str, ...], code: str | None, wire: Wire
) -> None:
    wire.accepted("a")
    wire.report(37, "O-a", 20, "0", *fields)
    odd = f"{fields[0]}={fields[1]}" if len(fields) == 2 else f"{fields[-2]}={fields[-1]}"
    record = wire.recorded(odd.replace("\udce9", "\\xe9"))
    assert record.get("anomaly", {}).get("code") == code, record
    assert wire.daemon.order("a")["ord_status_name"] == "New"


def test_a_fill_that_quickfix_keeps_back_counts_all_the_same(wire: Wire) -> None:
    wire.accepted("a")
    wire.report(37, "O-a", 17, "E", 17, "E", 20, "0", 150, "1", 39, "1", 32, "0.1", 31, "29000", 14, "0.1")
    wire.daemon.reaches("a", "PartiallyFilled", cum_qty="0.1")
    assert any(line.get("code") == "MESSAGE_LOST" for line in wire.log())
    wire.recorded("17=E\x0117=E")


def test_numbers_with_many_digits_are_kept(wire: Wire) -> None:
    wire.accepted("a")
    wire.report(
        37, "O-a", 17, "E", 20, "0", 150, "1", 39, "1", 32, "0.000000000000000001", 31, "29000.123456789"
    )
    order = wire.daemon.reaches("a", "PartiallyFilled", cum_qty="0.000000000000000001")
    assert order["leaves_qty"] == "0.999999999999999999"


def test_the_documented_short_report_and_a_fill_before_its_acknowledgement(wire: Wire) -> None:
    new = wire.order("a")
    wire.report(37, "O", 17, "E", 32, "0.4", 44, "28999", 38, "1", 60, now(), 150, "1", 39, "1")
    (held,) = until(lambda: wire.daemon.session()["held"], "the fill is held")
    assert (held["order_id"], held["exec_id"]) == ("O", "E")
    assert 0 <= held["age_s"] < 20
    assert wire.daemon.order("a")["cum_qty"] == "0"
    wire.report(11, new[11], 37, "O", 17, "A", 32, "0", 44, "29000", 38, "1", 60, now(), 150, "0", 39, "0")
    order = wire.daemon.reaches("a", "PartiallyFilled", cum_qty="0.4", leaves_qty="0.6", avg_px="28999")
    assert order["order_id"] == "O"
    until(lambda: wire.daemon.session()["held"] == [], "nothing is held any more")


def test_a_held_report_survives_a_kill(tmp_path: Path) -> None:
    with Peer() as peer:
        wire = Wire(tmp_path, peer)
        with running(wire.daemon):
            new = wire.order("a")
            fields = (37, "O", 17, "E", 32, "0.4", 44, "28999", 38, "1", 150, "1", 39, "1")
            wire.report(*fields)
            until(lambda: wire.daemon.session()["held"], "the fill is held")
            wire.daemon.kill()
        wire.daemon = Daemon(tmp_path)
        with running(wire.daemon):
            wire.venue.drop()
            wire.venue = wire.logged_on(peer)
            assert [held["exec_id"] for held in wire.daemon.session()["held"]] == ["E"]
            assert wire.venue.receive("H")[11] == new[11]
            wire.report(11, new[11], 37, "O", 17, "0", 32, "0", 38, "1", 150, "1", 39, "1")
            wire.daemon.reaches("a", "PartiallyFilled", cum_qty="0.4")
            wire.venue.drop()
            wire.daemon.kill()


def test_a_report_of_an_order_that_nobody_sent_is_an_anomaly(wire: Wire) -> None:
    wire.report(11, "777", 37, "O-7", 17, "E", 20, "0", 150, "1", 39, "1", 32, "1", 31, "29000")
    assert wire.recorded("11=777")["anomaly"]["code"] == "UNKNOWN_ORDER"
    assert any("UNKNOWN_ORDER" in json.dumps(line) for line in wire.log())


def test_a_reject_with_a_reason_of_a_later_fix_reaches_its_order(wire: Wire) -> None:
    new = wire.order("a")
    wire.venue.send("3", (45, new[34]), (371, "x"), (372, "D"), (373, "99"), (58, "none of FIX 4.2's"))
    assert wire.daemon.reaches("a", "Rejected")["reason"] == "none of FIX 4.2's"
    wire.venue.send("3", (58, "of nothing"))
    assert wire.recorded("58=of nothing")["anomaly"]["code"] == "UNKNOWN_REQUEST"


@pytest.mark.parametrize("msg_type", ["3", "j"])
def test_a_reject_reaches_what_it_is_about_by_its_number(msg_type: str, wire: Wire) -> None:
    new = wire.order("a")
    wire.venue.send(msg_type, (45, new[34]), (372, "D"), (58, "no such thing"))
    assert wire.daemon.reaches("a", "Rejected")["reason"] == "no such thing"
    wire.accepted("b")
    wire.daemon.cancel("b")
    cancel = wire.venue.receive("F")
    wire.venue.send(msg_type, (45, cancel[34]), (372, "F"), (58, "not now"))
    until(lambda: not wire.daemon.order("b")["pending"], "the cancel is refused")
    assert wire.daemon.order("b")["ord_status_name"] == "New"
    wire.venue.send(msg_type, (45, "9999"), (372, "D"), (58, "of nothing"))
    assert wire.recorded("45=9999")["anomaly"]["code"] == "UNKNOWN_REQUEST"


def test_an_order_is_not_sent_again_when_the_venue_asks_for_it(wire: Wire) -> None:
    new = wire.order("a")
    wire.venue.send("2", (7, new[34]), (16, "0"))
    message = wire.venue.receive("D", "4", "H")
    while message[35] == "4":  # a gap fill in its place
        message = wire.venue.receive("D", "4", "H")
    assert (message[35], message[11]) == ("H", new[11])
    (doubt,) = until(
        lambda: wire.daemon.order("a")["doubts"], "the order is in doubt"
    )  # the question leaves first
    assert "never sent twice" in doubt["reason"]
    wire.report(11, new[11], 37, "O", 17, "0", 20, "3", 150, "0", 39, "0")
    assert wire.daemon.reaches("a", "New")["in_doubt"] is False


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"8=FIX.4.2\x019=5\x0135=8\x0110=000\x01",
        b"\x00\xff\x01" * 1000,
        b"8=FIX.4.2\x019=99999999\x0135=8\x01",
        b"8=FIX.4.2\x019=-5\x0135=8\x0110=000\x01",
    ],
)
def test_garbage_between_messages_does_not_stop_the_daemon(garbage: bytes, tmp_path: Path) -> None:
    with Peer() as peer:
        wire = Wire(tmp_path, peer)
        with running(wire.daemon):
            wire.accepted("a")
            wire.venue.socket.sendall(garbage)
            wire.venue.send("0")
            began = time.monotonic()
            while time.monotonic() - began < 2:  # it may go on, hang up, or ask for what is missing
                assert wire.daemon.get("/healthz")["alive"] is True
                if not wire.daemon.session()["logged_on"]:
                    break
            wire.venue.drop()
            until(lambda: not wire.daemon.session()["logged_on"], "the end of the connection is noticed")
            with wire.logged_on(peer) as venue:
                assert venue.receive("H")[37] == "O-a"
            wire.daemon.kill()
