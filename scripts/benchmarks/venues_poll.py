"""A poll of 500 orders at a venue that pushes nothing, from the bytes of its answers to committed and applied events.

The venue is made from a configuration as the daemon makes it, with loop, engine and journal; only the socket is
missing, and the pauses between two polls and between two requests.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from figures import fresh_folder
from venues_answers import Answers, Canned, Cloud, Weex, seconds_alone

from oms.app import wiring_marked
from oms.app.clock import Clock
from oms.app.config import load
from oms.app.hosts import Hosts
from oms.app.loop import Loop
from oms.app.wiring import route
from oms.app.wiring_kinds import MAKERS
from oms.app.wiring_rest import Around
from oms.core.inputs import Alert, Answer, Input, Instruction, PlaceOrder
from oms.core.order import Order
from oms.core.values import parse_decimal
from oms.engine import Engine
from oms.journal.sqlite import SqliteJournal

ORDERS, POLLS, WITHIN_S = 500, 20, 120.0
KINDS: dict[str, type[Answers]] = {"weex": Weex, "cloud": Cloud}
SECRET = "0123456789abcdef0123456789abcdef"
CONFIG = """
[[session]]
kind = "{kind}"
name = "main"
account = "desk-7"
key_id = "K"
secret_env = "OMS_BENCH_SECRET"
url = "http://127.0.0.1:1"
quick_poll_s = 0.001
slow_poll_s = 0.001
"""


class Polled(NamedTuple):
    """What one run gave."""

    orders_per_s: float
    orders_json_per_s: float
    fills_per_s: float
    fills_json_per_s: float
    requests_a_poll: float
    requests_for_fills: float


class Desk:
    """A daemon's loop with one venue."""

    def __init__(self, kind: str, folder: Path) -> None:
        os.environ["OMS_BENCH_SECRET"] = SECRET
        (folder / "oms.toml").write_text(CONFIG.format(kind=kind), encoding="utf-8")
        config = load(folder / "oms.toml")
        session = config.session[0]
        self.answers = KINDS[kind]()
        self.journal = SqliteJournal(folder / "journal.db")
        around = Around(
            config=config,
            sink=self.put,
            orders=lambda: self.loop.published,
            submit=self.submit,
            nonces=lambda _session: {},
            hosts=Hosts(self.put),
        )
        with mock.patch.object(wiring_marked, "line", side_effect=lambda *_: Canned(self.answers)):
            self.venue = MAKERS[type(session)](around, session).venue
        engine = Engine([route(config, session)])
        self.loop = Loop(engine, self.journal, {"main": self.venue}, Clock(), lambda item: item)
        self.loop.start(lambda: None)
        self.venue.start()

    def put(self, item: Input | Alert) -> None:
        """Hand on what the venue brings."""
        self.loop.put(item)

    def submit(self, instruction: Instruction) -> Future[Answer]:
        """Hand in an instruction."""
        return self.loop.submit(instruction)

    def orders(self) -> list[Order]:
        """Give all orders as readers see them."""
        return list(self.loop.published.in_memory())

    def place(self) -> None:
        """Enter the orders, and wait until they rest."""
        self.until(lambda: self.venue.seen.up)
        symbol, price, qty = self.answers.symbol, parse_decimal("29000"), parse_decimal("2")
        for number in range(ORDERS):
            order = PlaceOrder(
                client_order_id=f"o{number}", symbol=symbol, side="1", price=price, order_qty=qty
            )
            self.loop.submit(order).result(WITHIN_S)
        self.until(lambda: len(self.answers.orders) == ORDERS)
        self.until(lambda: all(order.order_id and not order.pending for order in self.orders()))

    def until(self, holds: Callable[[], bool]) -> float:
        """Wait until something holds; tell when."""
        deadline = time.perf_counter() + WITHIN_S
        while not holds():
            assert time.perf_counter() < deadline, [order.last_anomaly for order in self.orders()][:3]
            assert self.loop.failure is None, self.loop.failure
            time.sleep(0.001)
        return time.perf_counter()

    def polls(self) -> tuple[float, int]:
        """Poll on and on while nothing changes; tell the time that one takes, seconds, and from which answer on."""
        answers, first = (
            self.answers,
            self.answers.lists + POLLS,
        )  # what the orders left behind is over by then
        began = self.until(lambda: answers.lists >= first)
        answer = len(answers.given)
        ended = self.until(lambda: answers.lists >= first + POLLS)
        return (ended - began) / POLLS, answer

    def fills(self) -> tuple[float, int]:
        """Have each order filled in part; tell how long it takes until all is committed, and from which answer on."""
        answer, records = len(self.answers.given), self.loop.counts["records"]
        began = time.perf_counter()
        self.answers.fill_all()
        self.until(lambda: self.loop.counts["records"] >= records + ORDERS)
        ended = self.until(lambda: all(order.cum_qty == 1 for order in self.orders()))
        return ended - began, answer

    def close(self) -> None:
        """End everything."""
        self.venue.stop(20)
        self.loop.stop(20)
        self.journal.close()


def polled(kind: str, base: Path) -> Polled:
    """Measure once."""
    desk = Desk(kind, fresh_folder(base, kind))
    try:
        desk.place()
        given = desk.answers.given
        poll_s, first = desk.polls()
        quiet = given[first : len(given)]
        fills_s, first = desk.fills()
        full = given[first : len(given)]
    finally:
        desk.close()
    return Polled(
        orders_per_s=ORDERS / poll_s,
        orders_json_per_s=ORDERS * POLLS / seconds_alone(quiet),
        fills_per_s=ORDERS / fills_s,
        fills_json_per_s=ORDERS / seconds_alone(full),
        requests_a_poll=len(quiet) / POLLS,
        requests_for_fills=len(full),
    )
