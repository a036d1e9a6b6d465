"""A FIX 4.2 client on a bare socket, and the venue's process: shares no code with the project."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import oms

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(oms.__file__).parents[1]

SOH = "\x01"
ACCOUNT, KEY, SECRET = "STA-00000015", "K-1", "a secret that is long enough for HS256"
OTHER, OTHER_KEY, OTHER_SECRET = "STA-00000016", "K-2", "another secret, long enough for HS256"
WITHIN_S = 10.0

Message = dict[int, str]


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(secret: str = SECRET, **changes: object) -> str:
    """Return a JWT as the venue's document describes it; a claim changed to None is left out."""
    claims: dict[str, object] = {
        "accountId": ACCOUNT,
        "secretKeyId": KEY,
        "digest": hashlib.sha256(ACCOUNT.encode()).hexdigest(),
        "method": "new_gbbo_order",
        "exp": int(time.time()) + 30,
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    head = _part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    signed = f"{head}.{_part(json.dumps(claims).encode())}"
    return f"{signed}.{_part(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


class Venue:
    """The simulator in a process of its own."""

    def __init__(self, *arguments: str, record: Path | None = None) -> None:
        """Start it and wait for its ready line."""
        credentials = (f"{ACCOUNT}:{KEY}:{SECRET}", f"{OTHER}:{OTHER_KEY}:{OTHER_SECRET}")
        command = [sys.executable, "-m", "oms.app.cli_sim", "apifiny", "--fix-port", "0"]
        command += [word for each in credentials for word in ("--credential", each)]
        command += ["--background", "off", *arguments]
        command += ["--record", str(record)] if record else []
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self.process.stdout
        readable, _, _ = select.select([self.process.stdout], [], [], WITHIN_S)
        line = self.process.stdout.readline() if readable else ""
        ready = re.fullmatch(r"ready fix=(\d+)\n", line)
        assert ready, (line, self.process.poll())
        self.port = int(ready[1])

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """End it; its exit code and what else it said come back."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            out, err = self.process.communicate(timeout=WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, out, err

    def __enter__(self) -> Self:
        """Run for the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Never leave it behind."""
        self.stop()


class Client:
    """One connection of one account."""

    def __init__(self, port: int, account: str = ACCOUNT) -> None:
        """Connect; nobody is logged on yet."""
        self.account = account
        self.sent = 0
        self._orders = 0
        self._buffer = b""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=WITHIN_S)

    def __enter__(self) -> Self:
        """Stay connected for the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect."""
        self.close()

    def close(self) -> None:
        """Disconnect without a Logout."""
        self._socket.close()

    def send(self, msg_type: str, *fields: tuple[int, str], **header: str) -> int:
        """Send one message; its sequence number comes back."""
        self.sent += 1
        now = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())
        head = [
            (35, msg_type),
            (49, self.account),
            (56, "APIFINY"),
            (34, str(self.sent)),
            (52, now),
        ]
        head += [(int(tag.lstrip("t")), value) for tag, value in header.items()]
        body = "".join(f"{tag}={value}{SOH}" for tag, value in [*head, *fields]).encode(
            "utf-8", "surrogateescape"
        )
        whole = f"8=FIX.4.2{SOH}9={len(body)}{SOH}".encode() + body
        self._socket.sendall(whole + f"10={sum(whole) % 256:03d}{SOH}".encode())
        return self.sent

    def logon(self, raw_data: str | None = None, *, heartbeat: int = 30) -> Message:
        """Log on; the venue's first answer comes back."""
        jwt = token() if raw_data is None else raw_data
        raw = [(95, str(len(jwt))), (96, jwt)] if jwt else []
        self.send("A", (98, "0"), (108, str(heartbeat)), (141, "Y"), *raw)
        return self.receive()

    def receive(self, within_s: float = WITHIN_S) -> Message:
        """Return the next message; a ConnectionError when there is none because the venue hung up."""
        until = time.monotonic() + within_s
        while not (end := re.search(rb"\x0110=\d{3}\x01", self._buffer)):
            self._socket.settimeout(max(until - time.monotonic(), 0.001))
            chunk = self._socket.recv(65536)
            if not chunk:
                raise ConnectionError
            self._buffer += chunk
        text, self._buffer = self._buffer[: end.end()].decode(), self._buffer[end.end() :]
        pairs = (field.split("=", 1) for field in text.split(SOH) if field)
        message = {int(tag): value for tag, value in pairs}
        assert sum(text[: text.rindex("10=")].encode()) % 256 == int(message[10])
        return message

    def receive_all(self, count: int) -> list[Message]:
        """Return the next messages."""
        return [self.receive() for _ in range(count)]

    def nothing_more(self) -> bool:
        """Whether the venue has nothing else to say: it answers a TestRequest next."""
        self.send("1", (112, "anything else?"))
        return self.receive()[35] == "0"

    def new_id(self) -> str:
        """Return a ClOrdID by the venue's rule."""
        self._orders += 1
        return f"{self.account[-8:]}{int(time.time() * 1000)}{self._orders:03d}"

    def order(self, qty: str = "1", price: str = "29000", **changes: str) -> str:
        """Send a limit buy of BTCUSDT, with t<TAG>=value changes ('' leaves out); its ClOrdID."""
        fields = {"t11": self.new_id(), "t21": "1", "t1": self.account, "t207": "BINANCEUS"}
        fields |= {"t55": "BTCUSDT", "t54": "1", "t40": "2", "t38": qty, "t44": price}
        fields |= {"t60": time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())}
        fields |= changes
        self.send("D", *((int(tag[1:]), value) for tag, value in fields.items() if value))
        return fields["t11"]

    def about(self, msg_type: str, cl_ord_id: str, **changes: str) -> int:
        """Send a cancel (F) or a status request (H) for an order."""
        fields = {"t11": cl_ord_id, "t55": "BTCUSDT", "t54": "1", "t1": self.account}
        fields |= {"t207": "BINANCEUS"} | ({"t41": cl_ord_id} if msg_type == "F" else {}) | changes
        return self.send(msg_type, *((int(tag[1:]), text) for tag, text in fields.items() if text))


def wait_for(condition: Callable[[], object], within_s: float = WITHIN_S) -> None:
    """Wait until something outside this process is so."""
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.005)
