"""Our sessions against a venue on a bare socket: logon, its refusal, loss, return, end."""

import base64
import hashlib
import hmac
import json
import queue
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from oms.core.errors import VenueUnavailable
from oms.fix.inputs import LoggedOn, LoggedOut, Received
from tests.fix.desk import KEY_ID, SECRET, Desk, config, new_order
from tests.fix.peer import ACCOUNT, Message, Peer


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as listening:
        yield listening


def claims(logon: Message) -> dict[str, object]:
    """Verify the token of a Logon by hand and give its claims."""
    head, body, signature = logon[96].split(".")
    right = hmac.digest(SECRET.encode(), f"{head}.{body}".encode(), "sha256")
    assert base64.urlsafe_b64encode(right).rstrip(b"=").decode() == signature
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"alg": "HS256", "typ": "JWT"}
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(body + "=="))
    return found


def test_a_logon_is_as_the_document_says(tmp_path: Path, peer: Peer) -> None:
    with Desk(tmp_path, config(peer.port, heartbeat_s=17)) as desk, peer.accept() as connection:
        logon = connection.log_on()
        assert desk.next(LoggedOn).session == desk.configs[0].name
        assert (logon[49], logon[56], logon[34], logon[98], logon[108], logon[141]) == (
            ACCOUNT,
            "APIFINY",
            "1",
            "0",
            "17",
            "Y",
        )
        assert int(logon[95]) == len(logon[96])
        expires = claims(logon).pop("exp")
        assert isinstance(expires, int)
        assert 25 <= expires - time.time() <= 30
        assert claims(logon) == {
            "accountId": ACCOUNT,
            "secretKeyId": KEY_ID,
            "digest": hashlib.sha256(ACCOUNT.encode()).hexdigest(),
            "method": "new_gbbo_order",
            "exp": expires,
        }
        assert desk.state.logged_on


def test_each_logon_has_a_fresh_token_and_begins_at_one(tmp_path: Path, peer: Peer) -> None:
    with Desk(tmp_path, config(peer.port)) as desk:
        first = peer.accept()
        before = claims(first.log_on())["exp"]
        desk.next(LoggedOn)
        desk.venue.send(new_order())
        first.drop()
        desk.next(LoggedOut)
        with peer.accept() as second:
            logon = second.log_on()
            desk.next(LoggedOn)
            after = claims(logon)["exp"]
            assert isinstance(before, int)
            assert isinstance(after, int)
            assert after > before
            assert logon[34] == "1"
            assert desk.venue.send(new_order()).seq == 2


def test_a_refused_logon_is_told_each_time_and_tried_again(tmp_path: Path, peer: Peer) -> None:
    with Desk(tmp_path, config(peer.port)) as desk:
        for text in ("196634 token error", "another reason"):
            with peer.accept() as connection:
                connection.refuse(text)
                assert desk.next(LoggedOut).reason == text
                assert (desk.state.logged_on, desk.state.last_error) == (False, text)
        with pytest.raises(
            VenueUnavailable, match=r"main\d+: it is not logged on \(another reason\); nothing was sent"
        ):
            desk.venue.send(new_order())
        with desk.established(peer):
            assert (desk.state.logged_on, desk.state.last_error) == (True, None)


def test_a_logon_may_also_be_refused_without_a_text_or_by_a_reject(tmp_path: Path, peer: Peer) -> None:
    with Desk(tmp_path, config(peer.port)) as desk:
        with peer.accept() as connection:
            connection.receive("A")
            connection.send("5")
            assert desk.next(LoggedOut).reason == "the venue logged us out without a text"
        with peer.accept() as connection:
            connection.receive("A")
            connection.send("3", (45, "1"), (58, "no such key"))
            assert "58=no such key" in desk.next(Received).raw
        assert desk.next(LoggedOut).reason == "no such key"


def test_a_token_that_the_venue_echoes_gets_nowhere(tmp_path: Path, peer: Peer) -> None:
    with Desk(tmp_path, config(peer.port)) as desk:
        with peer.accept() as connection:
            token = connection.refuse("")[96]
        assert desk.next(LoggedOut)
        with peer.accept() as connection:
            connection.receive("A")
            connection.send("5", (58, f"bad token {token}"))
            reason = desk.next(LoggedOut).reason
        assert reason == "bad token " + "*" * len(token)
        assert reason == desk.state.last_error
    found = b"".join(path.read_bytes() for path in desk.folder.iterdir())
    assert b"bad token *" in found
    assert b"eyJ" not in found
    assert token.rpartition(".")[2].encode() not in found
    assert SECRET.encode() not in found


def test_a_lost_session_is_told_once_and_comes_back(tmp_path: Path, peer: Peer) -> None:
    with Desk(tmp_path, config(peer.port)) as desk:
        desk.established(peer).drop()
        lost = desk.next(LoggedOut)
        assert (lost.session, lost.reason) == (desk.configs[0].name, None)
        assert desk.state.since_ns == lost.time_ns
        assert desk.state.last_error == "Socket Error: Connection reset by peer."
        with peer.accept() as silent:  # a connection that gets nowhere is not told
            silent.receive("A")
        with desk.established(peer):
            assert desk.inputs.empty()


def test_the_venue_s_last_words_are_told(tmp_path: Path, peer: Peer) -> None:
    with Desk(tmp_path, config(peer.port)) as desk, desk.established(peer) as connection:
        connection.send("5", (58, "end of day"))
        assert 58 not in connection.receive("5")
        assert desk.next(LoggedOut).reason == "end of day"


def test_our_own_reason_to_log_out_is_told(tmp_path: Path, peer: Peer) -> None:
    with Desk(tmp_path, config(peer.port)) as desk, desk.established(peer) as connection:
        connection.send("0", seq=1)
        connection.receive("5")
        reason = "logged out by our side: MsgSeqNum too low, expecting 2 but received 1"
        assert desk.next(LoggedOut).reason == reason


def told_within(desk: Desk, text: str) -> str | None:
    """Give the reason once it holds this text, or as it is when that took too long."""
    deadline = time.monotonic() + 20  # QuickFIX waits for 10
    while text not in (desk.state.last_error or "") and time.monotonic() < deadline:
        time.sleep(0.01)
    return desk.state.last_error


def test_a_venue_that_accepts_and_says_nothing_is_the_reason(tmp_path: Path, peer: Peer) -> None:
    with Desk(tmp_path, config(peer.port)) as desk, peer.accept() as silent:
        silent.receive("A")
        told = f"no answer to the Logon from 127.0.0.1:{peer.port}: timed out"
        assert told_within(desk, told) == told


def test_a_host_without_an_address_is_the_reason(tmp_path: Path) -> None:
    with Desk(tmp_path, config(1, host="two..dots")) as desk:  # no name: nobody is asked for it
        assert "no connection to two..dots:1: its name cannot be resolved" in (
            told_within(desk, "resolved") or ""
        )
        assert desk.inputs.empty()


def test_an_unreachable_venue_is_seen_in_the_state_alone(tmp_path: Path) -> None:
    with Peer() as nobody:
        port = nobody.port
    with Desk(tmp_path, config(port)) as desk:
        told = f"no connection to 127.0.0.1:{port}"
        assert told_within(desk, told) == told
        assert desk.inputs.empty()


def test_two_endpoints_may_have_equal_comp_ids(tmp_path: Path) -> None:
    with Peer() as one, Peer() as two:
        left, right = config(one.port), config(two.port, reconnect_s=2)
        with Desk(tmp_path, left, right) as desk, one.accept() as to_one, two.accept() as to_two:
            to_one.log_on()
            to_two.log_on()
            assert {desk.next(LoggedOn).session, desk.next(LoggedOn).session} == {left.name, right.name}
            desk.initiator.venue(right.name).send(new_order(cl_ord_id="right"))
            desk.initiator.venue(left.name).send(new_order(cl_ord_id="left"))
            assert (to_one.receive("D")[11], to_two.receive("D")[11]) == ("left", "right")
            to_two.send("8", (37, "V1"))
            assert desk.next(Received).session == right.name
            assert [state.port for state in desk.initiator.sessions()] == [one.port, two.port]


def test_stopping_logs_out_and_may_be_done_twice(tmp_path: Path, peer: Peer) -> None:
    desk = Desk(tmp_path, config(peer.port))
    with desk:
        connection = desk.established(peer)
        assert not desk.initiator.stop(0.0)  # no time at all: it goes on by itself
        connection.receive("5")
        connection.send("5")
        connection.drop()
    assert desk.next(LoggedOut).reason is None
    assert desk.initiator.stop(0.0)
    with pytest.raises(VenueUnavailable):
        desk.venue.send(new_order())


def test_stopping_does_not_wait_for_a_silent_venue(tmp_path: Path, peer: Peer) -> None:
    desk = Desk(tmp_path, config(peer.port))
    with desk:
        connection = desk.established(peer)
        started = time.monotonic()
        assert desk.initiator.stop(10.0)
        assert time.monotonic() - started < 8
    connection.drop()


def test_stopping_before_starting_does_nothing(tmp_path: Path, peer: Peer) -> None:
    desk = Desk(tmp_path, config(peer.port))
    assert desk.initiator.stop(1.0)
    with pytest.raises(queue.Empty):
        desk.inputs.get_nowait()
