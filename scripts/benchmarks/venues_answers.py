"""WEEX and an exchange of the Cloud API as bytes: their answers written by hand, with rows as the documents print them.

Both hold one account whose orders are for 2 at 29000; `fill_all` executes 1 of each.
"""

import json
import time
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from oms.rest.line import Line

Fields = dict[str, str]
BEGAN = 1_772_355_600


class Answers:
    """What both have: orders by number, trades by number, rows that are written once, and what was answered."""

    symbol = ""

    def __init__(self) -> None:
        self.orders: dict[int, str] = {}
        self.trades: dict[int, int] = {}
        self.given: list[bytes] = []
        self.lists = 0
        self._open = b""

    def answer(self, method: str, path: str, query: str, body: bytes) -> bytes:
        """Answer one request."""
        form = query if method == "GET" else body.decode()
        fields = {name: found[0] for name, found in parse_qs(form).items()}
        given = self.reply(method, path.removeprefix("/api"), fields)
        self.given.append(given)
        return given

    def enter(self) -> int:
        """Take an order on."""
        number = 100_001 + len(self.orders)
        self.orders[number] = "0"
        self._open = b""
        return number

    def fill_all(self) -> None:
        """Execute 1 of each order."""
        for number in self.orders:
            self.orders[number] = "1"
            self.trades[900_001 + len(self.trades)] = number
        self._open = self.list_open()

    def open_rows(self, *, is_poll: bool = True) -> bytes:
        """List the open orders, and count the polls that ask for them."""
        self.lists += is_poll
        self._open = self._open or self.list_open()
        return self._open

    def list_open(self) -> bytes:
        """Write the list of open orders."""
        raise NotImplementedError

    def reply(self, method: str, path: str, fields: Fields) -> bytes:
        """Answer one request; `fields` are those of the query, or of a form."""
        raise NotImplementedError


class Weex(Answers):
    """Trade API v1, and `info` of the public API v3."""

    symbol = "btc_usd"

    def reply(self, method: str, path: str, fields: Fields) -> bytes:
        if method == "GET":
            assert path == "/3/info", path
            return PAIRS
        return b'{"success":1,"return":%b}' % self.returned(fields)

    def returned(self, asked: Fields) -> bytes:
        """Give what a method returns."""
        match asked["method"]:
            case "ActiveOrders":
                return self.open_rows()
            case "Trade":
                return (
                    b'{"received":0,"remains":2,"order_id":%d,"funds":{"usd":325,"btc":2.498}}' % self.enter()
                )
            case "TradeHistory":
                first = int(asked["from_id"]) if "from_id" in asked else 0
                rows = [self.trade_row(number) for number in self.trades if number >= first]
                return b"{%b}" % b",".join(rows)
            case "OrderInfo":
                number = int(asked["order_id"])
                return b"{%b}" % self.row(number, b'"start_amount":2,')
        return RIGHTS

    def list_open(self) -> bytes:
        return b"{%b}" % b",".join(self.row(number) for number in self.orders)

    def row(self, number: int, more: bytes = b"") -> bytes:
        """Write a row of ActiveOrders, or with `more` of OrderInfo."""
        remains = 2 - int(self.orders[number])
        return (
            b'"%d":{"pair":"btc_usd","type":"buy",%b"amount":%d,"rate":29000,"timestamp_created":%d,"status":0}'
            % (number, more, remains, BEGAN)
        )

    def trade_row(self, number: int) -> bytes:
        """Write a row of TradeHistory."""
        return (
            b'"%d":{"pair":"btc_usd","type":"buy","amount":1,"rate":29000,"order_id":%d,"is_your_order":1,'
            b'"timestamp":%d}' % (number, self.trades[number], BEGAN)
        )


PAIRS = b"""{"server_time":1772355600,"pairs":{"btc_usd":{"decimal_places":3,"min_price":0.1,"max_price":400000,
"min_amount":0.001,"hidden":0,"fee":0.2}}}"""
RIGHTS = b"""{"funds":{"usd":325,"btc":23.998},"rights":{"info":1,"trade":1,"withdraw":0},"transaction_count":80,
"open_orders":1,"server_time":1772355600}"""


class Cloud(Answers):
    """The requests of a trading day."""

    symbol = "btcusdt"

    def reply(self, method: str, path: str, fields: Fields) -> bytes:
        if method == "POST":
            return ok(b'"%d"' % self.enter())
        path = path.removeprefix("/v1")
        if path in FIXED:
            return ok(FIXED[path])
        if path == "/order/openOrders":
            return ok(self.open_rows(is_poll="symbol" not in fields))
        if path == "/order/orders":
            rows = self.page(list(self.orders), fields)
            return ok(b"[%b]" % b",".join(self.row(number) for number in rows))
        if path == "/order/matchresults":
            rows = self.page(list(self.trades), fields)
            return ok(b"[%b]" % b",".join(self.match_row(number) for number in rows))
        number = int(path.split("/")[3])
        if path.endswith("matchresults"):
            of = number - 100_001 + 900_001
            return ok(b"[%b]" % (self.match_row(of) if of in self.trades else b""))
        return ok(self.row(number))

    def page(self, numbers: list[int], fields: Fields) -> list[int]:
        """Give the rows of a page: from an id on, the latest first."""
        start = int(fields.get("from", 10**12))
        return [number for number in reversed(numbers) if number <= start][: int(fields["size"])]

    def list_open(self) -> bytes:
        return b"[%b]" % b",".join(self.row(number, b"filled") for number in reversed(self.orders))

    def row(self, number: int, prefix: bytes = b"field") -> bytes:
        """Write an order, in either spelling."""
        filled = self.orders[number].encode()
        return (
            b'{"id":%d,"symbol":"btcusdt","account-id":100009,"amount":"2.000000000000000000",'
            b'"price":"29000.000000000000000000","created-at":%d,"type":"buy-limit","%b-amount":"%b.0",'
            b'"%b-cash-amount":"%b","%b-fees":"0.0","source":"api","state":"%b"}'
            % (
                *(number, BEGAN * 1000, prefix, filled, prefix, b"29000.0" if filled == b"1" else b"0.0"),
                *(prefix, b"partial-filled" if filled == b"1" else b"submitted"),
            )
        )

    def match_row(self, number: int) -> bytes:
        """Write an execution."""
        return (
            b'{"id":%d,"order-id":%d,"match-id":%d,"symbol":"btcusdt","type":"buy-limit","source":"api",'
            b'"price":"29000.0000000000","filled-amount":"1.0000000000","filled-fees":"0.0020000000","created-at":%d}'
            % (number, self.trades[number], number, BEGAN * 1000)
        )


FIXED = {
    "/common/timestamp": b"1772355600000",
    "/common/symbols": b"""[{"base-currency":"btc","quote-currency":"usdt","price-precision":2,"amount-precision":4,
"symbol-partition":"main"}]""",
    "/account/accounts": b'[{"id":100009,"type":"spot","state":"working","user-id":1000}]',
    "/account/accounts/100009/balance": b"""{"id":100009,"type":"spot","state":"working","list":[{"currency":"usdt",
"type":"trade","balance":"500009195917.4362872650"}],"user-id":1000}""",
}


def ok(data: bytes) -> bytes:
    """Wrap what was asked for."""
    return b'{"status":"ok","data":%b}' % data


class Canned(Line):
    """A connection whose other end is here: everything of ours but the socket."""

    def __init__(self, answers: Answers) -> None:
        super().__init__("http://127.0.0.1:1")
        self.answers = answers

    def _exchange(self, method: str, path: str, query: str, body: bytes, *_: Any) -> tuple[int, bytes]:
        return 200, self.answers.answer(method, path, query, body)


def seconds_alone(given: list[bytes]) -> float:
    """Tell how long json alone takes to read the same answers, with exact numbers, seconds."""
    started = time.perf_counter()
    for text in given:
        json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return time.perf_counter() - started
