"""A venue's end of a FIX session on a bare socket, driven step by step by a test; shares no code with the project."""

import contextlib
import re
import socket
import ssl
from datetime import UTC, datetime
from typing import Self

SOH = "\x01"
WITHIN_S = 10.0
VENUE, ACCOUNT = "APIFINY", "STA-00000015"

Message = dict[int, str]
Pairs = tuple[tuple[int, str], ...]


def now() -> str:
    """Write the present as FIX does."""
    return datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


class Connection:
    """One connection that our side made."""

    def __init__(self, connection: socket.socket) -> None:
        """Speak on `connection`."""
        self.socket = connection
        self.sent = 0
        self.raw = b""  # the last message received, as it came
        self._buffer = b""

    def __enter__(self) -> Self:
        """Stay connected for the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self.drop()

    def drop(self) -> None:
        """Hang up without a word."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def receive(self, *wanted: str) -> Message:
        """Wait for the next message, or the next of these types; a ConnectionError at the end of the connection."""
        while True:
            message = self._next()
            if not wanted or message[35] in wanted:
                return message

    def _next(self) -> Message:
        while not (end := re.search(rb"\x0110=\d{3}\x01", self._buffer)):
            self.socket.settimeout(WITHIN_S)
            chunk = self.socket.recv(65536)
            if not chunk:
                raise ConnectionError
            self._buffer += chunk
        self.raw, self._buffer = self._buffer[: end.end()], self._buffer[end.end() :]
        assert sum(self.raw[:-7]) % 256 == int(self.raw[-4:-1]), "CheckSum"
        text = self.raw.decode()
        start = text.index("35=")
        assert len(text[start:].encode()) - 7 == int(text[text.index("9=") + 2 : start - 1]), "BodyLength"
        return {
            int(tag): value for tag, _, value in (field.partition("=") for field in text.split(SOH) if field)
        }

    def send(self, msg_type: str, *fields: tuple[int, str], seq: int | None = None, **header: str) -> int:
        """Send a message; its MsgSeqNum comes back. Values go out as they are, as surrogates where no UTF-8."""
        self.sent = self.sent + 1 if seq is None else seq
        head = [(35, msg_type), (34, str(self.sent)), (49, VENUE), (52, now()), (56, ACCOUNT)]
        head += [(int(tag.lstrip("t")), value) for tag, value in header.items()]
        body = "".join(f"{tag}={value}{SOH}" for tag, value in (*head, *fields)).encode(
            "utf-8", "surrogateescape"
        )
        whole = f"8=FIX.4.2{SOH}9={len(body)}{SOH}".encode() + body
        self.socket.sendall(whole + f"10={sum(whole) % 256:03d}{SOH}".encode())
        return self.sent

    def log_on(self) -> Message:
        """Take the Logon and answer it; the Logon comes back."""
        logon = self.receive()
        assert logon[35] == "A"
        self.send("A", (98, "0"), (108, logon[108]), (141, "Y"))
        return logon

    def refuse(self, text: str) -> Message:
        """Take the Logon and refuse it; the Logon comes back."""
        logon = self.receive()
        assert logon[35] == "A"
        self.send("5", (58, text))
        return logon

    def settled(self) -> None:
        """Wait until our side has taken in everything sent up to now: it answers a TestRequest."""
        self.send("1", (112, f"T{self.sent}"))
        while self.receive("0").get(112) is None:
            pass


class Peer:
    """Listens on the loopback for our side's connections."""

    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        """Listen on `port`, or on a free one."""
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(WITHIN_S)
        self._tls = tls
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        """Listen for the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        self._listener.close()

    def accept(self) -> Connection:
        """Wait for the next connection."""
        connection, _ = self._listener.accept()
        connection.settimeout(WITHIN_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        return Connection(connection)
