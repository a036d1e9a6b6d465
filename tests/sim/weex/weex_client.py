"""A client of the venue written from its document alone, and the venue's process: shares no code with the project."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import re
import select
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import oms

ROOT = Path(oms.__file__).parents[1]
WITHIN_S = 20.0

KEY, SECRET = "46G9R9D6-WJ77XOIP-XH9HH5VQ-A3XN3YOZ-8T1R8I8T", "a secret"
OTHER, OTHER_SECRET = "J2UF00BF-OZ8X02EW-F7W37LYM-VCLWIBIU-XQG2HO1W", "another secret"


class Venue:
    """The simulator in a process of its own."""

    def __init__(self, *arguments: str, background: str = "off") -> None:
        """Start it and wait for its ready line."""
        credentials = (f"{KEY}:{SECRET}", f"{OTHER}:{OTHER_SECRET}")
        command = [sys.executable, "-m", "oms.app.cli_sim_weex", "--port", "0", "--background", background]
        command += [word for each in credentials for word in ("--credential", each)]
        self.process = subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self.process.stdout
        readable, _, _ = select.select([self.process.stdout], [], [], WITHIN_S)
        line = self.process.stdout.readline() if readable else ""
        ready = re.fullmatch(r"ready http=(\d+)\n", line)
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
            self.process.communicate()
            raise
        return self.process.returncode, out, err

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Client:
    """One key: signs as the document says, and counts its nonce."""

    def __init__(self, port: int, key: str = KEY, secret: str = SECRET, nonce: int = 0) -> None:
        self.port = port
        self.key = key
        self.secret = secret
        self.nonce = nonce

    def call(self, method: str, **parameters: object) -> Any:
        """Return the whole answer."""
        status, body = self.post(method, **parameters)
        assert status == 200
        return numbers(body)

    def result(self, method: str, **parameters: object) -> Any:
        """Return what a successful request gave."""
        told = self.call(method, **parameters)
        assert set(told) == {"success", "return"}, told
        assert told["success"] == 1
        return told["return"]

    def error(self, method: str, **parameters: object) -> str:
        """Return the text of a refusal."""
        told = self.call(method, **parameters)
        assert set(told) == {"success", "error"}, told
        assert told["success"] == 0
        text = told["error"]
        assert isinstance(text, str)
        return text

    def post(self, method: str, **parameters: object) -> tuple[int, bytes]:
        self.nonce += 1
        return self.send(urlencode({"method": method, "nonce": self.nonce, **parameters}).encode())

    def send(self, body: bytes, *, sign: str | None = None, path: str = "/tapi") -> tuple[int, bytes]:
        if sign is None:
            sign = hmac.new(self.secret.encode(), body, hashlib.sha512).hexdigest()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Key": self.key, "Sign": sign}
        return ask(self.port, path, body=body, headers=headers, verb="POST")


def ask(
    port: int, path: str, *, verb: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Send one request over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN_S)
    try:
        connection.request(verb, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def public(port: int, path: str, verb: str = "GET") -> Any:
    """Return an answer of public API v3."""
    status, body = ask(port, "/api/3/" + path, verb=verb)
    assert status == 200
    return numbers(body)


def numbers(body: bytes) -> Any:
    """Read JSON with exact numbers."""
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)
