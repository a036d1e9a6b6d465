"""`rest`: signing and building an order request, parsing 500 orders, and an order's round trip over HTTP.

The round trip goes through the client to the simulated venue in its own process, against a bare `requests` call with
the same bytes; with two durable commits on either side, as an order has them.
"""

import hashlib
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import jwt
import requests
from figures import figure, medians, say
from roundtrip import two_commits

from oms.core.errors import OutcomeUnknown
from oms.core.secret import Secret
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.orders import Terms
from oms.rest.apifiny.signing import Credentials
from oms.rest.transport import Reply, Transport

KEY = Credentials(account_id="STA-00000015", key_id="KEY1", secret=Secret("0123456789abcdef0123456789abcdef"))
TERMS = Terms(symbol="BTCUSDT", order_side="BUY", limit_price=Decimal(29000), quantity=Decimal("0.01"))
COUNT, ORDERS, TRIPS = 5_000, 500, 300


class Nowhere(Transport):
    """Takes every request and answers the same."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("http://127.0.0.1:1")
        self.answer = answer
        self.body = b""

    def call(self, *_args: Any, body: bytes = b"", **_kwargs: Any) -> Reply:
        self.body = body
        if not self.answer:
            told = "nothing answers"
            raise OutcomeUnknown(told)
        return Reply(200, self.answer, 0.0)


def rate(count: int, act: Callable[[int], object]) -> float:
    """Tell how often a second something can be done."""
    started = time.perf_counter()
    for number in range(count):
        act(number)
    return count / (time.perf_counter() - started)


def order_id(number: int) -> str:
    """Make an id as the venue demands."""
    return f"00000015{1_772_355_600_000_000 + number:016d}"


def signing(runs: int) -> None:
    """Compare building and signing with the bare libraries over the same body."""
    transport = Nowhere(b"")
    client = ApifinyClient(KEY, transport)

    def ours(number: int) -> None:
        try:
            client.orders.insert("VENUE1", order_id(number), TERMS)
        except OutcomeUnknown:
            return

    ours(0)
    body = json.loads(transport.body)

    def bare(_number: int) -> None:
        text = json.dumps(body).encode()
        claims = {"accountId": "STA-00000015", "secretKeyId": "KEY1", "method": "order.insertOrderLite"}
        claims |= {"digest": hashlib.sha256(text).hexdigest(), "exp": str(int(time.time()) + 30)}
        jwt.encode(claims, KEY.secret.reveal(), algorithm="HS256")

    say("rest: building and signing an order request; a second: ours, bare PyJWT and json")
    per_s, bare_per_s = medians(runs, lambda: rate(COUNT, ours), lambda: rate(COUNT, bare))
    figure(
        "rest",
        case="sign",
        requests_per_s=round(per_s),
        bare_per_s=round(bare_per_s),
        ratio=round(per_s / bare_per_s, 2),
        reach=0.5,
    )


def parsing(runs: int, port: int) -> None:
    """Read a list of 500 orders, against json alone."""
    live = ApifinyClient(KEY, Transport(f"http://127.0.0.1:{port}"))
    row = live.orders.insert("VENUE1", order_id(1), TERMS)
    text = requests_text(port)
    one = json.loads(text)["result"]
    many = json.dumps(
        {"result": [{**one, "orderId": order_id(n)} for n in range(ORDERS)], "error": None}
    ).encode()
    client = ApifinyClient(KEY, Nowhere(many))
    ids = [order_id(n) for n in range(ORDERS)]
    say("rest: reading 500 orders; orders a second: ours, json alone")
    per_s, bare_per_s = medians(
        runs,
        lambda: ORDERS * rate(20, lambda _n: client.orders.query_many(ids)),
        lambda: ORDERS * rate(20, lambda _n: json.loads(many)),
    )
    assert row.order_id == order_id(1)
    figure(
        "rest",
        case="parse",
        orders_per_s=round(per_s),
        json_per_s=round(bare_per_s),
        ratio=round(per_s / bare_per_s, 2),
    )


def signed(method: str, body: bytes) -> str:
    """Sign by hand."""
    claims = {"accountId": "STA-00000015", "secretKeyId": "KEY1", "method": method}
    claims |= {"digest": hashlib.sha256(body).hexdigest(), "exp": int(time.time()) + 30}  # type: ignore[dict-item]
    return jwt.encode(claims, KEY.secret.reveal(), algorithm="HS256")


def requests_text(port: int) -> str:
    """Ask the venue for the first order, by hand."""
    body = json.dumps({"accountId": "STA-00000015", "venue": "VENUE1", "orderId": order_id(1)}).encode()
    query = f"signature={signed('order.queryOrderInfoLite', body)}"
    return requests.post(f"http://127.0.0.1:{port}/gx/openApi/v1?{query}", data=body, timeout=10).text


def round_trip(runs: int, port: int, base: Path) -> None:
    """Enter orders one after the other."""
    client = ApifinyClient(KEY, Transport(f"http://127.0.0.1:{port}"))
    session, used = requests.Session(), iter(range(1000, 10**9))
    capture = Nowhere(b"")
    plain = ApifinyClient(KEY, capture)

    def prepared() -> list[tuple[str, bytes]]:
        made = []
        for _ in range(TRIPS):
            try:
                plain.orders.insert("VENUE1", order_id(next(used)), TERMS)
            except OutcomeUnknown:
                made.append((signed("order.insertOrderLite", capture.body), capture.body))
        return made

    def ours() -> float:
        return 1e6 / rate(TRIPS, lambda _n: client.orders.insert("VENUE1", order_id(next(used)), TERMS))

    def bare() -> float:
        ready = prepared()
        url = f"http://127.0.0.1:{port}/gx/openApi/v1?signature="
        return 1e6 / rate(TRIPS, lambda n: session.post(url + ready[n][0], data=ready[n][1], timeout=10))

    say("rest: an order over HTTP; microseconds: ours, a bare requests call")
    taken, alone = medians(runs, ours, bare)
    commits = statistics.median(two_commits(base)) * 1e6
    figure(
        "rest",
        case="client round trip",
        ours_us=round(taken),
        bare_us=round(alone),
        two_commits_us=round(commits),
        ratio_to_bare=round(taken / alone, 2),
        ratio_with_commits=round((taken + commits) / (alone + commits), 2),
        reach=1.5,
    )


def run(runs: int, base: Path) -> None:
    """Print the figures."""
    signing(runs)
    command = [sys.executable, "-m", "oms", "sim", "apifiny", "--http-port", "0", "--background", "off"]
    credential = f"STA-00000015:KEY1:{KEY.secret.reveal()}"
    venue = subprocess.Popen([*command, "--credential", credential], stdout=subprocess.PIPE, text=True)
    try:
        assert venue.stdout is not None
        found = re.search(r"http=(\d+)", venue.stdout.readline())
        assert found is not None
        parsing(runs, int(found[1]))
        round_trip(runs, int(found[1]), base)
    finally:
        venue.terminate()
        venue.wait(10)
