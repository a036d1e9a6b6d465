"""Fills at a simulated venue to reports at the desk: a real daemon, which polls, and a real venue, each a process.

The fills are orders of another account, entered through the venue's own API, signed by hand. The desk asks the daemon's
API again and again; what it takes counts, and so does the fill's own request: its time begins before it leaves.
"""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from figures import fresh_folder

KEY, SECRET = "46G9R9D6-WJ77XOIP", "0123456789abcdef0123456789abcdef"
OTHER, OTHER_SECRET = "J2UF00BF-OZ8X02EW", "another-secret-0123456789abcdef-x"
TOKEN = "bench-0123456789abcdefghijklmnopqrstuvw"
FILLS, APART_S, AHEAD, TOGETHER = 100, 0.25, 3, 20
LOOK_S, SETTLE_S, WITHIN_S = 0.005, 1.0, 60.0
CONFIG = """
[api]
port = 0
[log]
file = "daemon.log"
[[session]]
kind = "{kind}"
name = "main"
account = "desk-7"
key_id = "{key}"
secret_env = "OMS_BENCH_SECRET"
url = "http://127.0.0.1:{port}"
"""
SYMBOLS = {"weex": "btc_usd", "cloud": "btcusdt"}
Sell = Callable[[int], None]


class Http:
    """A connection that is kept open."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def __call__(self, method: str, path: str, body: str = "", **headers: str) -> Any:
        """Ask once; gives the answer's object."""
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status in (200, 201), (answer.status, text)
        return json.loads(text)


def weex_sell(port: int) -> Sell:
    """Make what sells at 29995 on WEEX (Trade API v1, Authentication and Trade)."""
    ask, nonces = Http(port), iter(range(1, 10**9))

    def sell(count: int) -> None:
        fields = {"method": "Trade", "nonce": next(nonces), "pair": "btc_usd", "type": "sell"}
        body = urlencode({**fields, "rate": "29995", "amount": str(count)})
        sign = hmac.new(OTHER_SECRET.encode(), body.encode(), hashlib.sha512).hexdigest()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Key": OTHER, "Sign": sign}
        answer = ask("POST", "/tapi", body, **headers)
        assert answer["success"] == 1, answer
        assert answer["return"]["order_id"] == 0, answer

    return sell


def cloud_sell(port: int) -> Sell:
    """Make what sells at 29995 on an exchange of the Cloud API (Signing; orders/place)."""
    ask = Http(port)
    terms = {
        "account-id": 100019,
        "symbol": "btcusdt",
        "type": "sell-limit",
        "price": "29995",
    }

    def sell(count: int) -> None:
        path, now = "/v1/order/orders/place", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        fields = {
            "AccessKeyId": OTHER,
            "SignatureMethod": "HmacSHA256",
            "SignatureVersion": "2",
            "Timestamp": now,
        }
        query = urlencode(fields)
        text = f"POST\n127.0.0.1:{port}\n{path}\n{query}"
        digest = hmac.new(OTHER_SECRET.encode(), text.encode(), hashlib.sha256).digest()
        signature = quote(base64.b64encode(digest), safe="")
        target = f"/api{path}?{query}&Signature={signature}"
        answer = ask(
            "POST",
            target,
            json.dumps({**terms, "amount": str(count)}),
            **{"Content-Type": "application/json"},
        )
        assert answer["status"] == "ok", answer

    return sell


SELLERS: dict[str, Callable[[int], Sell]] = {"weex": weex_sell, "cloud": cloud_sell}


class Desk:
    """What a desk does over the daemon's API."""

    def __init__(self, port: int, symbol: str) -> None:
        self.ask = Http(port)
        self.symbol = symbol
        self.headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}

    def until_up(self) -> None:
        """Wait until the session is up."""
        deadline = time.monotonic() + WITHIN_S
        while not self.session()["logged_on"]:
            assert time.monotonic() < deadline, self.session()
            time.sleep(0.05)

    def session(self) -> Any:
        """Show the session, with the interval that is in force."""
        return self.ask("GET", "/v1/sessions", **self.headers)["sessions"][0]

    def place(self, name: str) -> None:
        """Enter an order that rests until somebody sells."""
        terms = {"symbol": self.symbol, "side": "BUY", "order_qty": "1", "price": "29995"}
        body = json.dumps({"client_order_id": name, **terms})
        order = self.ask("POST", "/v1/orders?wait=ack", body, **self.headers)
        assert order["phase"] == "WORKING", order

    def filled(self, name: str) -> bool:
        """Say whether the report of an order's fill is here."""
        return bool(self.ask("GET", f"/v1/orders/{name}", **self.headers)["cum_qty"] == "1")


@contextlib.contextmanager
def process(*arguments: str) -> Iterator[int]:
    """Run a part of `oms` until the end of the block; gives its port."""
    command = [sys.executable, "-m", "oms", *arguments]
    environment = {**os.environ, "OMS_BENCH_SECRET": SECRET}
    started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert started.stdout is not None
        found = re.search(r":?(\d+)$", started.stdout.readline().strip())
        assert found is not None
        yield int(found[1])
    finally:
        started.terminate()
        started.communicate(timeout=WITHIN_S)


@contextlib.contextmanager
def trading(kind: str, folder: Path) -> Iterator["Watch"]:
    """Run a venue and a daemon, for the time of the block."""
    credentials = ("--credential", f"{KEY}:{SECRET}@desk", "--credential", f"{OTHER}:{OTHER_SECRET}@other")
    with process("sim", kind, "--port", "0", "--background", "off", *credentials) as port:
        (folder / "oms.toml").write_text(CONFIG.format(kind=kind, key=KEY, port=port), encoding="utf-8")
        digest = hashlib.sha256(TOKEN.encode()).hexdigest()
        tokens = f'[[token]]\nname = "b"\nsha256 = "{digest}"\nscopes = ["read", "trade"]\n'
        (folder / "tokens.toml").write_text(tokens, encoding="utf-8")
        with process("run", "--config", str(folder / "oms.toml")) as api:
            desk = Desk(api, SYMBOLS[kind])
            desk.until_up()
            yield Watch(desk, SELLERS[kind](port))


class Fill(NamedTuple):
    """How long it took until the desk had the report, the polling interval then, and the venue's own time, seconds."""

    wait_s: float
    interval_s: float
    venue_s: float

    @property
    def intervals(self) -> float:
        """The wait in polling intervals."""
        return self.wait_s / self.interval_s


class Watch:
    """Fills orders, the oldest first, and looks for their reports."""

    def __init__(self, desk: Desk, sell: Sell) -> None:
        self.desk = desk
        self.sell = sell
        self.resting: deque[str] = deque()
        self.waiting: dict[str, tuple[float, float, float]] = {}
        self.fills: list[Fill] = []
        self.names = (f"o{number}" for number in range(10**6))

    def place(self) -> None:
        """Enter one more order."""
        self.resting.append(next(self.names))
        self.desk.place(self.resting[-1])

    def fill(self, count: int = 1) -> None:
        """Fill so many orders by one of somebody else's."""
        interval_s = self.desk.session()["rest"]["poll_s"]
        began = time.perf_counter()
        self.sell(count)
        venue_s = time.perf_counter() - began
        for _ in range(count):
            self.waiting[self.resting.popleft()] = began, interval_s, venue_s

    def look(self) -> None:
        """Note the reports that are here; a report that does not come ends the measurement."""
        for name in [name for name in self.waiting if self.desk.filled(name)]:
            began, interval_s, venue_s = self.waiting.pop(name)
            self.fills.append(Fill(time.perf_counter() - began, interval_s, venue_s))
        assert all(time.perf_counter() - began < WITHIN_S for began, *_ in self.waiting.values())
        time.sleep(LOOK_S)


def one_by_one(kind: str, base: Path) -> list[Fill]:
    """Fill order after order at random moments; a few rest at a time, so that the pace is that of young orders."""
    chance = random.Random(7)  # noqa: S311 - the same moments in every run
    with trading(kind, fresh_folder(base, kind)) as watch:
        due = time.perf_counter() + SETTLE_S
        while len(watch.fills) < FILLS:
            while len(watch.resting) < AHEAD:
                watch.place()
            if time.perf_counter() >= due and len(watch.fills) + len(watch.waiting) < FILLS:
                watch.fill()
                due = time.perf_counter() + chance.expovariate(1 / APART_S)
            watch.look()
    return watch.fills


def at_once(kind: str, base: Path) -> list[Fill]:
    """Fill many orders by one."""
    with trading(kind, fresh_folder(base, kind)) as watch:
        for _ in range(TOGETHER):
            watch.place()
        settled = time.perf_counter() + SETTLE_S
        while time.perf_counter() < settled:
            watch.look()
        watch.fill(TOGETHER)
        while watch.waiting:
            watch.look()
    return watch.fills
