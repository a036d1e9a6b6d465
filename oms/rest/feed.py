"""A WebSocket that is kept open by a thread: reconnects with growing pauses, and says when something may be missing.

1. `on_gap` is called after each connection is made and its subscriptions are sent, the first included: what happened
   before is not known from here, and the owner asks for it. Also after a message that could not be handled.
2. No log line and no exception holds the URL or the headers: they carry signatures.
3. A venue that answers 403 is left alone, by all who share the ban, until a person resumes. One that refuses us in
   words is tried much later, or when a person resumes.
"""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog
from msgspec import Struct
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from oms.rest.ban import HostBan
from oms.rest.transport import MOST_BYTES

_FORBIDDEN: Final = 403
_PORTS: Final = {"ws": 80, "wss": 443}
_log = structlog.get_logger()
# The library logs whole handshakes.
_silent = logging.getLogger("oms.rest.feed.websockets")
_silent.setLevel(logging.CRITICAL)


class Opening(Struct, frozen=True):
    """How to connect, this once: a URL and headers, signed afresh."""

    url: str
    headers: Mapping[str, str]


class Conversation(Struct, frozen=True):
    """What is said on a feed. All are called on its thread.

    Attributes:
        opening: makes the URL and headers of one connection.
        greeting: what is sent first on each connection.
        heard: takes a message, and gives what to answer, if anything.
        on_gap: told why something may be missing; asks for it elsewhere.
        alert: told what a person should know.
        alive: told that the connection showed a sign of life; where nobody wants to know, none is asked for.

    """

    opening: Callable[[], Opening]
    greeting: Callable[[], Sequence[str]]
    heard: Callable[[str], str | None]
    on_gap: Callable[[str], None]
    alert: Callable[[str], None]
    alive: Callable[[], None] | None = None


class Patience(Struct, frozen=True, kw_only=True):
    """Seconds: to connect; first and longest pause; how long a connection lasts that was a good one; keepalive.

    `quiet_s`: after a silence of so long, a connection is asked for a sign of life, where one is wanted.
    `refused_pause_s`: the pause after the venue refused us.
    """

    connect_s: float = 10.0
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0
    good_after_s: float = 10.0
    keepalive_s: float = 20.0
    quiet_s: float = 1.0
    refused_pause_s: float = 600.0


class Feed:
    """One WebSocket at a time. `start`, `send`, `resume` and `stop` may be called from any thread."""

    def __init__(
        self,
        name: str,
        conversation: Conversation,
        *,
        patience: Patience | None = None,
        ca_file: Path | None = None,
        ban: HostBan | None = None,
    ) -> None:
        """Prepare; `start` starts it.

        `ca_file`: trust the authorities in it, instead of the machine's. `ban`: of the host; None: nobody shares it.
        """
        self.name = name
        self._talk = conversation
        self._patience = patience or Patience()
        self._ca_file = ca_file
        self._lock = threading.Lock()
        self._connection: ClientConnection | None = None
        self._ended = False
        self._refused = False
        self._wake = threading.Event()
        self._allowed = threading.Event()
        self._allowed.set()
        self._ban = ban or HostBan(name, self._alert)
        self._ban.join(self.leave_alone, self._allowed.set)
        self._thread = threading.Thread(target=self._run, name=f"feed-{name}", daemon=True)

    @property
    def forbidden(self) -> bool:
        """Tell whether the venue turned us away, and nobody resumed the feed since."""
        return not self._allowed.is_set()

    def start(self) -> None:
        """Connect, and stay connected."""
        self._thread.start()

    def send(self, text: str) -> bool:
        """Send a message on the connection that is open now; tell whether there was one."""
        with self._lock:
            connection = self._connection
        if connection is None:
            return False
        try:
            connection.send(text)
        except (ConnectionClosed, OSError):
            return False
        return True

    def leave_alone(self, _reason: str) -> None:
        """Disconnect, and stay so until `resume`."""
        self._allowed.clear()
        with self._lock:
            connection = self._connection
        if connection is not None:  # closing it may take a second, which nobody else is to wait for
            threading.Thread(target=connection.close, name=f"close-{self.name}", daemon=True).start()

    def resume(self) -> None:
        """Try again now after a 403, or where the venue refused us; a person's decision."""
        self._ban.lift()
        self._allowed.set()
        self._wake.set()

    def stop(self, within_s: float) -> bool:
        """Disconnect, and tell whether it ended in time."""
        with self._lock:
            self._ended = True
            connection = self._connection
        self._wake.set()
        self._allowed.set()
        if connection is not None:
            connection.close()
        if self._thread.ident is None or self._thread is threading.current_thread():
            return True
        self._thread.join(within_s)
        return not self._thread.is_alive()

    # --- on the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        failures = 0
        while not self._ended:
            self._allowed.wait()
            if self._ended:
                return
            began = time.monotonic()
            try:
                self._converse()
                why = "the connection was closed"
            except Exception as error:  # noqa: BLE001 - whatever it was, the feed goes on
                why = self._reason(error)
            if self._ended:
                return
            good = time.monotonic() - began >= self._patience.good_after_s
            failures = 1 if good else failures + 1
            self._rest(failures, why)

    def _rest(self, failures: int, why: str) -> None:
        if self.forbidden:
            return
        doubled = self._patience.first_pause_s * 2 ** min(failures - 1, 20)
        pause_s = min(doubled, self._patience.longest_pause_s)
        if self._refused:
            pause_s = self._patience.refused_pause_s
        _log.warning("not connected", feed=self.name, why=why, next_try_in_s=pause_s)
        self._wake.wait(pause_s)
        if not self._ended:
            self._wake.clear()

    def _converse(self) -> None:
        self._refused = False
        connection = self._connected()
        try:
            with self._lock:
                if self._ended or self.forbidden:
                    return
                self._connection = connection
            for text in self._talk.greeting():
                connection.send(text)
            self._talk.on_gap("connected: what happened before is not known from here")
            for message in self._messages(connection):
                self._handle(connection, message)
        finally:
            with self._lock:
                self._connection = None
            connection.close()

    def _messages(self, connection: ClientConnection) -> Iterator[str | bytes]:
        """Give what comes, and ask for a sign of life in a silence."""
        alive = self._talk.alive
        if alive is None:
            yield from connection
            return
        while True:
            try:
                message = connection.recv(timeout=self._patience.quiet_s)
            except TimeoutError:
                if not connection.ping().wait(self._patience.keepalive_s):
                    raise
                alive()
            else:
                alive()
                yield message

    def _handle(self, connection: ClientConnection, message: str | bytes) -> None:
        try:
            text = message if isinstance(message, str) else message.decode()
            answer = self._talk.heard(text)
        except Exception as error:  # noqa: BLE001 - one message's trouble is not the next one's
            self._alert(f"{self.name}: a message could not be handled: {type(error).__name__}")
            self._talk.on_gap("a message could not be handled")
            return
        if answer is not None:
            connection.send(answer)

    def _connected(self) -> ClientConnection:
        opening = self._talk.opening()
        parts = urlsplit(opening.url)
        # A socket of our own: no proxy is asked, and no redirect followed, which would carry the headers elsewhere.
        address = (parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0))
        sock = socket.create_connection(address, timeout=self._patience.connect_s)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connect(
                opening.url,
                sock=sock,
                ssl=ssl.create_default_context(cafile=self._ca_file) if parts.scheme == "wss" else None,
                additional_headers=opening.headers,
                proxy=None,
                open_timeout=self._patience.connect_s,
                ping_interval=self._patience.keepalive_s,
                ping_timeout=self._patience.keepalive_s,
                close_timeout=1,
                max_size=MOST_BYTES,
                logger=_silent,
                legacy=True,
            )
        except BaseException:
            sock.close()
            raise

    def _reason(self, error: Exception) -> str:
        """Say what happened in words of ours: the library's may hold the URL."""
        if isinstance(error, InvalidStatus):
            status = error.response.status_code
            if status == _FORBIDDEN:
                self._ban.impose(f"{self.name}: HTTP 403 at the handshake: the venue blocks this address")
            return f"the venue answered HTTP {status}"
        if isinstance(error, ConnectionClosed):
            return "the connection was lost"
        if isinstance(error, ssl.SSLError):
            return "TLS failed: is the venue's certificate one that is trusted here?"
        return f"cannot connect [{type(error).__name__}]"

    def _turned_away(self) -> None:
        """Make the next pause a long one: the venue refuses us; to be called by what handles its messages."""
        self._refused = True

    def _alert(self, text: str) -> None:
        _log.warning(text)
        try:
            self._talk.alert(text)
        except Exception as error:  # noqa: BLE001 - somebody else's failure
            _log.error("a callback failed", feed=self.name, error=type(error).__name__)
