"""A REST and WebSocket client written by hand from the venue's document: shares no code with the project."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import re
import select
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.sync.client import ClientConnection

ROOT = Path(__file__).parents[3]
WITHIN_S = 10.0

ACCOUNT, KEY, SECRET = "STA-00000015", "K-1", "a secret that is long enough for HS256"
OTHER, OTHER_KEY, OTHER_SECRET = "STA-00000016", "K-2", "another secret, long enough for HS256"


def part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(claims: dict[str, object], secret: str = SECRET, *, alg: str = "HS256") -> str:
    """Make a token; a claim of None is left out."""
    kept = {name: value for name, value in claims.items() if value is not None}
    signed = f"{part(json.dumps({'alg': alg, 'typ': 'JWT'}).encode())}.{part(json.dumps(kept).encode())}"
    digest = {"HS256": "sha256", "HS512": "sha512"}.get(alg)
    return f"{signed}.{part(hmac.digest(secret.encode(), signed.encode(), digest) if digest else b'')}"


def claims_for(raw: bytes, method: str, **changes: object) -> dict[str, object]:
    claims: dict[str, object] = {
        "accountId": ACCOUNT,
        "secretKeyId": KEY,
        "digest": hashlib.sha256(raw).hexdigest(),
        "method": method,
        "exp": int(time.time()) + 30,
    }
    return claims | changes


def read(text: str | bytes) -> Any:
    return json.loads(text, parse_float=Decimal)


class Rest:
    """One account's view of the venue."""

    def __init__(self, port: int, account: str = ACCOUNT, key: str = KEY, secret: str = SECRET) -> None:
        self.port, self.account, self.key, self.secret = port, account, key, secret
        self._orders = 500  # far from those of the FIX client

    def post(self, raw: bytes, token: str, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WITHIN_S)
        try:
            path = f"/gx/openApi/v1?signature={token}" if token else "/gx/openApi/v1"
            connection.request("POST", path, raw, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def token(self, raw: bytes, method: str, **changes: object) -> str:
        mine = {"accountId": self.account, "secretKeyId": self.key}
        return jwt(claims_for(raw, method, **(mine | changes)), self.secret)

    def ask(self, method: str, body: dict[str, Any] | None = None, **changes: object) -> dict[str, Any]:
        """Return the standard response."""
        fields = {"accountId": self.account} if body is None else body
        raw = json.dumps(fields | changes).encode()
        status, text = self.post(raw, self.token(raw, method))
        assert status == 200, text
        answer: dict[str, Any] = read(text)
        assert list(answer) == ["result", "error"]
        return answer

    def get(self, method: str, **fields: object) -> Any:
        """Return a result; there must be one."""
        answer = self.ask(method, {"accountId": self.account} | fields)
        assert answer["error"] is None, answer
        return answer["result"]

    def refused(self, method: str, **fields: object) -> int:
        """Return the code of a request that must be refused."""
        answer = self.ask(method, {"accountId": self.account} | fields)
        assert answer["result"] is None
        assert list(answer["error"]) == ["code", "message"]
        code: int = answer["error"]["code"]
        return code

    def new_id(self) -> str:
        self._orders += 1
        return f"{self.account[-8:]}{int(time.time() * 1000)}{self._orders:03d}"

    def order(self, **changes: Any) -> dict[str, Any]:
        """Return the request of a resting buy of 1 BTC, with changes to orderInfo; None leaves out."""
        top = {name: changes.pop(name) for name in ("orderId", "venue") if name in changes}
        info: dict[str, Any] = {
            "symbol": "BTCUSDT",
            "orderType": "LIMIT",
            "timeInForce": 1,
            "orderSide": "BUY",
            "limitPrice": "29000",
            "quantity": "1",
        }
        info = {name: value for name, value in (info | changes).items() if value is not None}
        request = {
            "accountId": self.account,
            "venue": "BINANCEUS",
            "orderId": self.new_id(),
            "orderInfo": info,
        }
        return request | top

    def insert(self, **changes: Any) -> str:
        """Send an order; its id comes back."""
        request = self.order(**changes)
        answer = self.ask("order.insertOrderLite", request)
        assert answer["error"] is None, answer
        order_id: str = request["orderId"]
        return order_id

    def query(self, order_id: str, venue: str = "BINANCEUS") -> dict[str, Any]:
        row: dict[str, Any] = self.get("order.queryOrderInfoLite", venue=venue, orderId=order_id)
        return row

    def cancel(self, order_id: str, venue: str = "BINANCEUS") -> dict[str, Any]:
        row: dict[str, Any] = self.get("order.cancelOrderLite", venue=venue, orderId=order_id)
        return row

    def balance(self, currency: str, venue: str = "BINANCEUS") -> tuple[Any, Any, Any]:
        rows = self.get("asset.listBalanceByLite", venue=venue)
        row = next(row for row in rows if row["currency"] == currency)
        return row["amount"], row["available"], row["frozen"]

    def md(self, path: str, token: str | None = None) -> Any:
        """Return market data."""
        signature = jwt({"accessKey": self.key}, self.secret) if token is None else token
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WITHIN_S)
        try:
            connection.request("GET", f"/md/{path}", headers={"signature": signature})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
            return read(text)
        finally:
            connection.close()

    def md_socket(self, path: str = "/md/orderbook/v1", token: str | None = None) -> ClientConnection:
        signature = jwt({"accessKey": self.key}, self.secret) if token is None else token
        uri = f"ws://127.0.0.1:{self.port}{path}"
        return connect(uri, additional_headers={"signature": signature}, proxy=None)

    def stream(self, method: str = "order.streamDetail", **fields: object) -> ClientConnection:
        raw = json.dumps({"accountId": self.account} | fields)
        token = self.token(raw.encode(), method)
        uri = f"ws://127.0.0.1:{self.port}/gx/openApi/v1?signature={token}&body={quote(raw)}&p=webSocket"
        return connect(uri, proxy=None)


class Venue:
    """The simulator in a process of its own."""

    def __init__(self, *arguments: str, record: Path | None = None, fix: bool = False) -> None:
        credentials = (f"{ACCOUNT}:{KEY}:{SECRET}", f"{OTHER}:{OTHER_KEY}:{OTHER_SECRET}")
        command = [sys.executable, "-m", "oms.app.cli_sim", "apifiny", "--http-port", "0"]
        command += [word for each in credentials for word in ("--credential", each)]
        command += ["--background", "off", *arguments]
        command += ["--fix-port", "0"] if fix else []
        command += ["--record", str(record)] if record else []
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self.process.stdout
        readable, _, _ = select.select([self.process.stdout], [], [], WITHIN_S)
        line = self.process.stdout.readline() if readable else ""
        ready = re.fullmatch(r"ready fix=(\d+) http=(\d+)\n" if fix else r"ready()? ?http=(\d+)\n", line)
        assert ready, (line, self.process.poll())
        self.fix_port, self.port = int(ready[1] or 0), int(ready[2])

    def stop(self) -> tuple[int, str, str]:
        """End it; its exit code and what else it said come back."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            out, err = self.process.communicate(timeout=WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, out, err

    def client(self) -> Rest:
        return Rest(self.port)

    def other(self) -> Rest:
        return Rest(self.port, OTHER, OTHER_KEY, OTHER_SECRET)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def until(condition: Callable[[], Any], within_s: float = WITHIN_S) -> Any:
    """Ask until the answer is something."""
    end = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return found
