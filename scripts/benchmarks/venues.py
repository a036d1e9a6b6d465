"""`venues`: WEEX and an exchange of the Cloud API, which push nothing and whose requests are signed one by one.

A poll of 500 orders and their fills; building and signing an order request, against the bare hash over the same text;
and from a fill at a simulated venue to its report at the desk, in the polling intervals of that moment.
"""

import hashlib
import hmac
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from figures import figure, medians, say
from rest import rate
from venues_live import TOGETHER, at_once, one_by_one
from venues_poll import ORDERS, Polled, polled

from oms.app.logging import set_up
from oms.core.messages import NewOrder
from oms.core.secret import Secret
from oms.core.values import parse_decimal
from oms.rest.cloud.caller import Caller
from oms.rest.cloud.models import PlaceRequest
from oms.rest.cloud.orders import OrderClient
from oms.rest.cloud.signing import Credential, Operator
from oms.rest.cloud.terms import request_for as cloud_request
from oms.rest.transport import Reply, Transport
from oms.rest.weex.client import TradeClient, TradeRequest
from oms.rest.weex.nonce import Nonces
from oms.rest.weex.terms import request_for as weex_request

COUNT = 10_000
SECRET = Secret("0123456789abcdef0123456789abcdef")
Act = Callable[[int], object]


class _Here(Exception):  # noqa: N818 - says how far a request came
    """The request is built and signed."""


class Nowhere(Transport):
    """Lets no request leave."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1")
        self.query = ""
        self.body = b""

    def call(self, *_args: Any, query: str = "", body: bytes = b"", **_kwargs: Any) -> Reply:
        self.query, self.body = query, body
        raise _Here


def order(symbol: str) -> NewOrder:
    """Say what is ordered."""
    return NewOrder(
        cl_ord_id="71772355600000000",
        symbol=symbol,
        side="1",
        ord_type="2",
        time_in_force="1",
        order_qty=parse_decimal("0.25"),
        price=parse_decimal("29000.5"),
    )


def built(place: Callable[[], object]) -> Act:
    """Make what builds and signs a request."""

    def build(_number: int) -> None:
        try:
            place()
        except _Here:
            return

    return build


def weex() -> tuple[Act, Act]:
    """Give what builds and signs a Trade, and the bare hash over its body."""
    message, nowhere = order("btc_usd"), Nowhere()
    nonces = Nonces("K", lambda _key, _up_to: None)
    client = TradeClient(nowhere, key="K", secret=SECRET, nonces=nonces)

    def place() -> object:
        request = weex_request(message)
        assert isinstance(request, TradeRequest), request
        return client.trade(request)

    ours = built(place)
    ours(0)
    text, key = nowhere.body, SECRET.reveal().encode()
    return ours, lambda _n: hmac.new(key, text, hashlib.sha512).hexdigest()


def cloud() -> tuple[Act, Act]:
    """Give what builds and signs orders/place, and the bare hash over its four lines."""
    message, nowhere = order("btcusdt"), Nowhere()
    caller = Caller(nowhere, Operator(host="www.example.com"), Credential(access_key="K", secret=SECRET))
    client = OrderClient(caller)

    def place() -> object:
        request = cloud_request(message, 100009)
        assert isinstance(request, PlaceRequest), request
        return client.place(request)

    ours = built(place)
    ours(0)
    query, key = nowhere.query.split("&Signature=")[0], SECRET.reveal().encode()
    text = f"POST\nwww.example.com\n/v1/order/orders/place\n{query}".encode()
    return ours, lambda _n: hmac.new(key, text, hashlib.sha256).hexdigest()


def signing(runs: int, venue: str, made: tuple[Act, Act]) -> None:
    """Compare building and signing with the bare hash."""
    ours, bare = made
    say(f"venues: {venue}: building and signing an order request; a second: ours, the bare hash")
    per_s, bare_per_s = medians(runs, lambda: rate(COUNT, ours), lambda: rate(COUNT, bare))
    figure(
        "venues",
        venue=venue,
        case="sign",
        requests_per_s=round(per_s),
        hashes_per_s=round(bare_per_s),
        ratio=round(per_s / bare_per_s, 3),
        reach=0.1,
    )


def polling(runs: int, venue: str, base: Path) -> None:
    """Poll 500 orders, without news and with a fill of each."""
    say(f"venues: {venue}: polls of {ORDERS} orders; a second: orders, their fills")
    taken = []
    for number in range(runs):
        taken.append(polled(venue, base))
        say(f"  run {number + 1} of {runs}: {taken[-1].orders_per_s:,.0f}, {taken[-1].fills_per_s:,.0f}")
    middle = Polled(*(statistics.median(values) for values in zip(*taken, strict=True)))
    for case, per_s, json_per_s, requests in (
        ("orders polled", middle.orders_per_s, middle.orders_json_per_s, middle.requests_a_poll),
        ("fills polled", middle.fills_per_s, middle.fills_json_per_s, middle.requests_for_fills),
    ):
        figure(
            "venues",
            venue=venue,
            case=case,
            per_s=round(per_s),
            json_per_s=round(json_per_s),
            ratio=round(per_s / json_per_s, 3),
            requests=round(requests),
        )


def reporting(runs: int, venue: str, base: Path) -> None:
    """Fill orders, and wait for the reports."""
    for case, fill, reach in (
        ("fill to report", one_by_one, {"reach": 1.5}),
        (f"{TOGETHER} fills at once to report", at_once, {}),
    ):
        say(f"venues: {venue}: {case}, in polling intervals: p50, p99")
        quantiles, fills = [], []
        for number in range(runs):
            fills = fill(venue, base)
            cuts = statistics.quantiles((each.intervals for each in fills), n=100, method="inclusive")
            quantiles.append((cuts[49], cuts[98]))
            say(f"  run {number + 1} of {runs}: {cuts[49]:.2f}, {cuts[98]:.2f}")
        figure(
            "venues",
            venue=venue,
            case=case,
            interval_s=statistics.median(each.interval_s for each in fills),
            venue_ms=round(statistics.median(each.venue_s for each in fills) * 1e3, 1),
            p50_intervals=round(statistics.median(p50 for p50, _ in quantiles), 2),
            p99_intervals=round(statistics.median(p99 for _, p99 in quantiles), 2),
            **reach,
        )


def run(runs: int, base: Path) -> None:
    """Print the figures."""
    set_up("info", base / "bench.log")
    for venue, made in (("weex", weex()), ("cloud", cloud())):
        signing(runs, venue, made)
        polling(runs, venue, base)
        reporting(runs, venue, base)
