"""What goes out and what comes in over an established session, against a venue on a bare socket."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from oms.core.errors import CommandError, VenueUnavailable
from oms.fix.inputs import Alarm, Input, Received, ResendRefused
from tests.fix.desk import Desk, commands, config, new_order
from tests.fix.peer import ACCOUNT, SOH, Connection, Peer, now

CLOCK_NS = 1_795_000_000_123_456_789  # 2026-11-18 11:06:40.123 UTC

REPORT = ((37, "V1"), (11, "1"), (17, "E1"), (20, "0"), (150, "0"), (39, "0"), (55, "BTCUSDT"), (54, "1"))
SHORT = (  # the fields of the venue's document, and no other
    (11, "000000151795000000000001"),
    (37, "V1"),
    (17, "E1"),
    (55, "BTCUSDT"),
    (54, "1"),
    (32, "0.1"),
    (44, "29000.1"),
    (38, "0.5"),
    (60, "20261118-11:06:40.123"),
    (150, "1"),
    (39, "1"),
)
ODD = {
    "the documented short report": SHORT,
    "nothing at all": (),
    "a FIX 4.4 trade": (*REPORT, (150, "F")),
    "an unknown status": (*REPORT, (39, "z")),
    "an unknown reason": (*REPORT, (103, "99")),
    "post-only": (*REPORT, (59, "7")),
    "shares that are no number": (*REPORT, (32, "abc")),
    "an exponent": (*REPORT, (31, "1e-8")),
    "eighteen decimals": (*REPORT, (6, "0.123456789012345678")),
    "a bad time": (*REPORT, (60, "yesterday")),
    "no time": (*REPORT, (60, "")),
    "an empty quantity": (*REPORT, (38, "")),
    "an unknown tag": (*REPORT, (20001, "x")),
    "an unknown tag of the standard's range": (*REPORT, (799, "1.5")),
    "a field of another message": (*REPORT, (304, "many")),
    "a group that is no group": (*REPORT, (382, "0")),
    "a text in Chinese": (*REPORT, (58, "余额不足")),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Connection]]:
    """One session for the tests that leave it as it was."""
    with Peer() as peer:
        desk = Desk(tmp_path_factory.mktemp("messages"), config(peer.port), clock=lambda: CLOCK_NS)
        with desk, desk.established(peer) as connection:
            yield desk, connection


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Desk, Connection]]:
    """A session for a test that disturbs it."""
    with Peer() as peer, Desk(tmp_path, config(peer.port)) as desk, desk.established(peer) as connection:
        yield desk, connection


def last_wins(fields: tuple[tuple[int, str], ...]) -> tuple[tuple[int, str], ...]:
    return tuple(dict(fields).items())


@pytest.mark.parametrize("name", ODD)
def test_whatever_a_report_says_it_reaches_us_as_text(shared: tuple[Desk, Connection], name: str) -> None:
    ours, venue = shared
    fields = last_wins(ODD[name])
    seq = venue.send("8", *fields)
    received = ours.next(Received)
    assert received.session == ours.configs[0].name
    parts = received.raw.split(SOH)
    assert {"35=8", f"34={seq}", *(f"{tag}={value}" for tag, value in fields)} <= set(parts)
    assert len(parts) == len(fields) + 9  # BeginString to TargetCompID, CheckSum, and the end
    venue.settled()  # and the session goes on
    assert ours.inputs.empty()


@pytest.mark.parametrize(
    ("msg_type", "fields"),
    [
        ("9", ((11, "1"), (41, "1"), (39, "8"), (102, "x"), (58, "too late"))),
        ("9", ()),
        ("j", ((45, ""), (372, "D"), (380, "many"), (58, "no"))),
        ("j", ((45, "two"),)),
        ("3", ((45, "2"), (371, "38"), (372, "D"), (373, "5"), (58, "Value is incorrect"))),
        ("B", ((148, "Maintenance at noon"), (33, "1"), (58, "really"))),
    ],
)
def test_every_kind_of_refusal_reaches_us(
    shared: tuple[Desk, Connection], msg_type: str, fields: tuple[tuple[int, str], ...]
) -> None:
    ours, venue = shared
    venue.send(msg_type, *fields)
    parts = ours.next(Received).raw.split(SOH)
    assert {f"35={msg_type}", *(f"{tag}={value}" for tag, value in fields)} <= set(parts)
    venue.settled()
    assert ours.inputs.empty()


def test_bytes_that_are_no_text_reach_us_and_the_log(shared: tuple[Desk, Connection]) -> None:
    ours, venue = shared
    venue.send("8", *REPORT, (58, b"caf\xe9".decode("utf-8", "surrogateescape")))
    assert f"{SOH}58=caf\\xe9{SOH}" in ours.next(Received).raw
    assert b"\x0158=caf\xe9\x01" in ours.log()


@pytest.mark.parametrize("msg_type", "DFGH")
def test_a_command_leaves_as_sent_says(shared: tuple[Desk, Connection], msg_type: str) -> None:
    ours, venue = shared
    sent = ours.venue.send(commands()[msg_type])
    message = venue.receive(msg_type)
    assert sent.raw == venue.raw.decode()
    assert (str(sent.seq), ACCOUNT, "BTCUSDT", "VENUE1") == (
        message[34],
        message[1],
        message[55],
        message[207],
    )
    assert message.get(60) == (None if msg_type == "H" else "20261118-11:06:40.123")
    assert venue.raw in ours.log()


def test_text_beyond_ascii_leaves_whole(shared: tuple[Desk, Connection]) -> None:
    ours, venue = shared
    ours.venue.send(new_order(text="größer 余额"))
    assert venue.receive("D")[58] == "größer 余额"  # the peer checks BodyLength and CheckSum


@pytest.mark.parametrize(
    "text", ["a\x0138=1000000", "two\nlines", "\x00", "tab\t", "\ud800", "\x7f", "\x85", ""]
)
def test_what_would_break_a_message_is_refused_before_it_leaves(
    shared: tuple[Desk, Connection], text: str
) -> None:
    ours, venue = shared
    with pytest.raises(CommandError, match="field 58 .*; nothing was sent"):
        ours.venue.send(new_order(text=text))
    sent = ours.venue.send(new_order())
    assert venue.receive("D")[34] == str(sent.seq)
    venue.settled()


def test_a_message_that_quickfix_rejects_is_told_whole(own: tuple[Desk, Connection]) -> None:
    ours, venue = own
    seq = venue.send("8", *REPORT, (32, "7"), (32, "8"), (95, "6"), (96, "secret"))
    reject = venue.receive("3")
    assert (reject[45], reject[371]) == (str(seq), "32")
    alarm = ours.next(Alarm)
    assert (alarm.code, alarm.session) == ("MESSAGE_LOST", ours.configs[0].name)
    assert f"|34={seq}|" in alarm.text
    assert "|32=7|32=8|" in alarm.text
    assert "|96=******|" in alarm.text
    assert alarm.raw is not None
    assert "secret" not in alarm.raw
    assert SOH not in alarm.text


def test_a_message_that_quickfix_cannot_read_is_told_and_asked_for(own: tuple[Desk, Connection]) -> None:
    ours, venue = own
    seq = venue.send("8", *REPORT, (96, "data without its length"))
    alarm = ours.next(Alarm)
    assert alarm.code == "MESSAGE_GARBLED"
    assert f"|34={seq}|" in alarm.text
    venue.send("8", *REPORT)
    assert venue.receive("2")[7] == str(seq)
    assert ours.next(Alarm).code == "GAP"
    venue.send("8", *REPORT, seq=seq, t43="Y", t122=now())
    assert f"{SOH}34={seq}{SOH}43=Y{SOH}" in ours.next(Received).raw
    assert f"{SOH}34={seq + 1}{SOH}" in ours.next(Received).raw  # which had waited its turn
    venue.sent = seq + 1
    venue.settled()
    assert ours.inputs.empty()


def test_a_message_of_an_unknown_type_is_told(own: tuple[Desk, Connection]) -> None:
    ours, venue = own
    venue.send("ZZ", (58, "news"))
    venue.receive("3", "j")
    assert "|35=ZZ|" in ours.next(Alarm).text


@pytest.mark.parametrize("msg_type", "DFG")
def test_a_request_is_never_sent_again(own: tuple[Desk, Connection], msg_type: str) -> None:
    ours, venue = own
    sent = ours.venue.send(commands()[msg_type])
    first = venue.receive(msg_type)
    venue.send("2", (7, first[34]), (16, first[34]))
    assert venue.receive("4", "D", "F", "G")[35] == "4"  # a gap fill takes its place
    refused = ours.next(ResendRefused)
    assert f"{SOH}34={sent.seq}{SOH}43=Y{SOH}" in refused.raw
    assert f"{SOH}11={first[11]}{SOH}" in refused.raw
    venue.settled()
    assert ours.inputs.empty()


def test_a_question_may_be_sent_again(own: tuple[Desk, Connection]) -> None:
    ours, venue = own
    sent = ours.venue.send(commands()["H"])
    venue.receive("H")
    venue.send("2", (7, str(sent.seq)), (16, str(sent.seq)))
    again = venue.receive("H", "4")
    assert (again[35], again.get(43), again[34]) == ("H", "Y", str(sent.seq))
    assert ours.inputs.empty()


def test_a_failing_sink_neither_stops_the_session_nor_goes_unnoticed(own: tuple[Desk, Connection]) -> None:
    ours, venue = own

    def fail_on_reports(item: Input) -> None:
        if isinstance(item, Received):
            raise MemoryError  # noqa: TRY004 - anything may go wrong

    def fail(_item: Input) -> None:
        raise MemoryError

    ours.disturb = fail_on_reports
    try:
        venue.send("8", *REPORT)
        assert ours.next(Alarm).code == "CALLBACK_FAILED"
        ours.disturb = fail
        venue.send("8", *REPORT)
        venue.settled()
    finally:
        ours.disturb = lambda _: None
    venue.send("8", *REPORT)
    ours.next(Received)


def test_what_cannot_be_put_on_record_does_not_leave(
    own: tuple[Desk, Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, venue = own
    before = ours.venue.send(new_order())
    venue.receive("D")
    with monkeypatch.context() as patched:
        patched.setattr(ours.initiator._application, "_lets_out", lambda *_: 1 / 0)
        with pytest.raises(VenueUnavailable, match="nothing was sent"):
            ours.venue.send(new_order(cl_ord_id="lost"))
    assert ours.next(Alarm).code == "CALLBACK_FAILED"
    after = ours.venue.send(new_order(cl_ord_id="next"))
    assert (after.seq, venue.receive("D")[11]) == (before.seq + 1, "next")


def test_every_line_of_the_log_is_a_message_with_its_time(own: tuple[Desk, Connection]) -> None:
    ours, venue = own
    ours.venue.send(new_order())
    venue.receive("D")
    venue.settled()
    lines = ours.log().split(b"\n")
    shape = re.compile(rb"\d{8}-\d\d:\d\d:\d\d\.\d{9} : 8=FIX\.4\.2\x019=\d+\x0135=.*\x0110=\d{3}\x01")
    assert lines.pop() == b""
    assert len(lines) > 4
    assert all(shape.fullmatch(line) for line in lines)
    secret = re.search(rb"\x0195=(\d+)\x0196=([^\x01]+)\x01", lines[0])
    assert secret is not None
    assert secret[2] == b"*" * int(secret[1])
