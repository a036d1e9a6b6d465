"""The simulated venue behind a QuickFIX acceptor: one FIX 4.2 session for each account.

QuickFIX keeps sequence numbers, heartbeats and the Logon's handshake. Everything else is the
desk's. Every callback is total: an exception that escapes one would kill its session's thread.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Protocol

import quickfix as fix

from oms.sim.desk import Desk
from oms.sim.door import LOOPBACK, Door
from oms.sim.logon import Gate, Refused
from oms.sim.reports import Reply
from oms.sim.serving import tell
from oms.sim.wire import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oms.sim.venue import Venue

VENUE_COMP_ID = "APIFINY"
LOGOUT_WITHIN_S = 1.0


class _Text(Protocol):
    def getValue(self) -> str: ...  # noqa: N802


class _SessionId(Protocol):
    def getTargetCompID(self) -> _Text: ...  # noqa: N802


class _Message(Protocol):
    def toString(self) -> str: ...  # noqa: N802


class _Acceptor(fix.Application):  # type: ignore[misc, unused-ignore] # QuickFIX has no type stubs
    """QuickFIX's callbacks, handed on to the gate and the desk."""

    def __init__(self, gate: Gate, desk: Desk) -> None:
        super().__init__()
        self._gate = gate
        self._desk = desk
        self._online: set[str] = set()
        self._all_out = threading.Condition()

    # The names and the arguments are QuickFIX's.
    def onCreate(self, session_id: _SessionId) -> None:  # noqa: N802
        """Nothing to do."""

    def onLogon(self, session_id: _SessionId) -> None:  # noqa: N802
        """Open the account's line."""
        account = _account(session_id)
        with self._all_out:
            self._online.add(account)
        self._desk.logged_on(account)

    def onLogout(self, session_id: _SessionId) -> None:  # noqa: N802
        """Close the account's line. Called under the session's lock: must not wait."""
        account = _account(session_id)
        self._desk.logged_out(account)
        with self._all_out:
            self._online.discard(account)
            self._all_out.notify_all()

    def toAdmin(self, message: _Message, session_id: _SessionId) -> None:  # noqa: N802
        """Nothing to add."""

    def toApp(self, message: _Message, session_id: _SessionId) -> None:  # noqa: N802
        """Nothing to add."""

    def fromAdmin(self, message: _Message, session_id: _SessionId) -> None:  # noqa: N802
        """Check a Logon before QuickFIX answers it."""
        try:
            fields = parse(message.toString())
            if fields.get(35) == "A":
                self._gate.check(_account(session_id), fields.get(96))
        except Refused as refused:
            tell(f"logon refused for {_account(session_id)}: {refused}")
            raise fix.RejectLogon(str(refused)) from None
        except Exception as error:  # noqa: BLE001 - the boundary to QuickFIX
            tell(f"{type(error).__name__} in a session message")
            text = "Signature Error: unreadable logon"
            raise fix.RejectLogon(text) from None

    def fromApp(self, message: _Message, session_id: _SessionId) -> None:  # noqa: N802
        """Hand an order, cancel or question to the desk."""
        try:
            self._desk.handle(_account(session_id), parse(message.toString()))
        except Exception as error:  # noqa: BLE001 - the boundary to QuickFIX
            tell(f"{type(error).__name__} in an application message: {error}")

    def wait_until_all_are_out(self, timeout_s: float) -> None:
        """Wait for the logouts that were asked for."""
        with self._all_out:
            self._all_out.wait_for(lambda: not self._online, timeout_s)


class _Sessions:
    """Sends through QuickFIX's sessions, and cuts them at the door."""

    def __init__(self, accounts: Iterable[str], door: Door) -> None:
        self._door = door
        self.ids = {account: fix.SessionID("FIX.4.2", VENUE_COMP_ID, account) for account in accounts}

    def send(self, account: str, text: str) -> None:
        """Send text as a message; QuickFIX fills in the header."""
        try:
            fix.Session.sendToTarget(fix.Message(text, False), self.ids[account])  # noqa: FBT003
        except fix.FIXException as error:
            tell(f"could not send to {account}: {type(error).__name__}")

    def disconnect(self, account: str) -> None:
        """Close the connection without a Logout."""
        self._door.drop(account)

    def log_out(self) -> None:
        """Say goodbye to everyone, at once: QuickFIX's own goodbye waits for its next second."""
        goodbye = Reply("5", [(58, "the venue is closing")]).text()
        for account, session_id in self.ids.items():
            session = fix.Session.lookupSession(session_id)
            if session is not None and session.isLoggedOn():
                self.send(account, goodbye)


class FixFace:
    """The venue's FIX side, from the taken port to the last goodbye."""

    def __init__(self, venue: Venue, gate: Gate, port: int) -> None:
        """Take the port, 0 for a free one; an OSError says that it cannot be had."""
        self._accounts = gate.accounts
        self._door = Door(port, venue=VENUE_COMP_ID, accounts=gate.accounts, tell=tell)
        self._sessions = _Sessions(gate.accounts, self._door)
        self._application = _Acceptor(gate, Desk(venue, self._sessions))
        self._inner_port = _free_port()
        self._acceptor = _listening(self._application, gate.accounts, self._inner_port)
        self.port = self._door.port

    def start(self) -> None:
        """Let clients in."""
        self._door.open(self._inner_port)

    def say_goodbye(self) -> None:
        """Let nobody in any more, and log everyone out."""
        self._door.close()
        self._sessions.log_out()
        self._application.wait_until_all_are_out(LOGOUT_WITHIN_S)
        for account in self._accounts:
            self._door.drop(account)
        self._application.wait_until_all_are_out(LOGOUT_WITHIN_S)

    def stop(self) -> None:
        """End QuickFIX's threads."""
        self._acceptor.stop(True)  # noqa: FBT003 - QuickFIX takes no keywords: without waiting any longer


def _listening(application: _Acceptor, accounts: Iterable[str], port: int) -> fix.Acceptor:
    settings = fix.SessionSettings()
    settings.set(_dictionary(SocketAcceptPort=str(port), **_DEFAULTS))
    for account in accounts:
        session_id = fix.SessionID("FIX.4.2", VENUE_COMP_ID, account)
        settings.set(session_id, _dictionary(SocketAcceptPort=str(port), **_DEFAULTS))
    acceptor = fix.ThreadedSocketAcceptor(application, fix.MemoryStoreFactory(), settings)
    try:
        acceptor.start()
    except (RuntimeError, fix.FIXException):
        msg = f"QuickFIX cannot listen on port {port}"
        raise OSError(msg) from None
    return acceptor


_DEFAULTS = {
    "ConnectionType": "acceptor",
    "SocketReuseAddress": "Y",
    "SocketNodelay": "Y",
    # Only the door connects here; QuickFIX listens on every interface, but can refuse strangers.
    "AllowedRemoteAddresses": LOOPBACK,
    "StartTime": "00:00:00",
    "EndTime": "00:00:00",
    "ResetOnLogon": "Y",
    "ResetOnLogout": "Y",
    "ResetOnDisconnect": "Y",
    # The venue's own TimeInForce 7 is not in FIX 4.2; the desk reads the messages itself.
    "UseDataDictionary": "N",
    "CheckLatency": "N",
}


def _dictionary(**settings: str) -> fix.Dictionary:
    dictionary = fix.Dictionary()
    for key, value in settings.items():
        dictionary.setString(key, value)
    return dictionary


def _account(session_id: _SessionId) -> str:
    return session_id.getTargetCompID().getValue()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
