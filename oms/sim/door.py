"""The venue's door: the loopback port that clients see, in front of QuickFIX's own.

QuickFIX listens on every interface, hangs up without a word on a client whose account it does not
know, and cannot be made to drop a connection safely: a socket closed under its reading thread gives
its number to the next client, whose Logon that thread then swallows. So clients connect here,
unknown ones are told so, and the rest is passed on byte for byte until one side ends it.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from oms.sim.reports import Reply, stamp
from oms.sim.wire import Fields, parse, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LOOPBACK = "127.0.0.1"
FIRST_WORDS_WITHIN_S = 10.0
LONGEST_LOGON = 16384
CHUNK = 65536

_MESSAGE = re.compile(rb"8=FIX.*?\x0110=[0-9]{3}\x01", re.DOTALL)


class Door:
    """Accepts clients, looks at their first message, and carries bytes both ways."""

    def __init__(
        self, port: int, *, venue: str, accounts: Iterable[str], tell: Callable[[str], None]
    ) -> None:
        """Take the port, 0 for a free one; an OSError says that it cannot be had."""
        self._venue = venue
        self._tell = tell
        self._inner_port = 0
        self._lock = threading.Lock()
        self._clients: dict[str, set[socket.socket]] = {account: set() for account in accounts}
        self._listener = socket.create_server((LOOPBACK, port))
        self.port: int = self._listener.getsockname()[1]

    def open(self, inner_port: int) -> None:
        """Let clients in, to the port behind."""
        self._inner_port = inner_port
        threading.Thread(target=self._accept, name="sim-door", daemon=True).start()

    def drop(self, account: str) -> None:
        """Cut an account's connection without a goodbye, behind what was sent already.

        Nothing more is read of the client; QuickFIX sees its end and closes the other way.
        """
        with self._lock:
            for client in self._clients[account]:
                _shut(client, socket.SHUT_RD)

    def close(self) -> None:
        """Let nobody in any more."""
        _shut(self._listener, socket.SHUT_RDWR)

    def _accept(self) -> None:
        # Ends with the listener: `close` shuts it down.
        with self._listener, contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            received, first = _first_message(client)
            fields = parse(first.decode("utf-8", "replace"))
            if problem := self._problem(fields):
                self._refuse(client, fields, problem)
            else:
                self._pass_on(client, fields[49], received)

    def _problem(self, fields: Fields) -> str:
        if fields.get(35) != "A":
            return "the first message must be a Logon"
        if fields.get(8) != "FIX.4.2":
            return "BeginString(8) must be FIX.4.2"
        if fields.get(56) != self._venue:
            return f"TargetCompID(56) must be {self._venue}"
        if fields.get(49) not in self._clients:
            return "Account doesn't exist, please verify account ID: SenderCompID(49) is unknown"
        return ""

    def _refuse(self, client: socket.socket, fields: Fields, problem: str) -> None:
        self._tell(f"logon refused for {printable(fields.get(49, ''))!r}: {problem}")
        header = [(49, self._venue), (56, fields.get(49, "")), (34, "1")]
        logout = Reply("5", [*header, (52, stamp(datetime.now(UTC))), (58, problem)])
        client.sendall(logout.framed())

    def _pass_on(self, client: socket.socket, account: str, received: bytes) -> None:
        with socket.create_connection((LOOPBACK, self._inner_port)) as inner:
            inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            inner.sendall(received)
            with self._lock:
                self._clients[account].add(client)
            back = threading.Thread(target=_carry, args=(inner, client, socket.SHUT_RDWR), daemon=True)
            back.start()
            _carry(client, inner, socket.SHUT_WR)
            back.join()
            with self._lock:
                self._clients[account].remove(client)


def _first_message(client: socket.socket) -> tuple[bytes, bytes]:
    """Return all that was received, and the first message in it."""
    client.settimeout(FIRST_WORDS_WITHIN_S)
    received = b""
    while not (first := _MESSAGE.search(received)):
        chunk = client.recv(CHUNK)
        received += chunk
        if not chunk or len(received) > LONGEST_LOGON:
            raise ConnectionAbortedError
    client.settimeout(None)
    return received, first.group()


def _carry(source: socket.socket, target: socket.socket, how: int) -> None:
    """Copy until the source ends, then end the target: what is under way still arrives."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK):
            target.sendall(chunk)
    _shut(target, how)


def _shut(connection: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(how)
