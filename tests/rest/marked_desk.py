"""An engine with one venue that knows no client order ids; the test's thread drives it as the daemon's loop does."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self

from oms.app.published import Published
from oms.core.doubt import Timing
from oms.core.errors import VenueUnavailable
from oms.core.inputs import (
    Alert,
    Answer,
    Cancel,
    CancelAll,
    CancelOpen,
    Effect,
    Input,
    Look,
    PlaceOrder,
    Received,
    ReserveNonces,
    Send,
    SessionUp,
    Start,
    StayedHere,
    TakeMark,
    Tick,
)
from oms.core.messages import NewOrder
from oms.core.order import Order
from oms.core.records import Record
from oms.engine import Engine, Route
from oms.rest.contact import Habit, Outlet
from oms.rest.marked import MarkedRestVenue
from oms.rest.polling import Pace

WITHIN_S = 30
SESSION = "main"
HABIT = Habit(pace=Pace(quick_s=0.05, slow_s=0.2, idle_s=0.5, young_s=2.0), probe_s=0.5)
TIMING = Timing(
    ack_timeout_ns=2_000_000_000,
    ask_again_ns=200_000_000,
    ask_again_most_ns=500_000_000,
    infer_ns=1_000_000_000,
    round_timeout_ns=3_000_000_000,
)


class Desk:
    """`make` builds the venue from the desk, whose `outlet` and `nonces` it takes."""

    def __init__(
        self,
        route: Route,
        make: Callable[["Desk"], MarkedRestVenue],
        records: Iterable[Record] = (),
        timing: Timing = TIMING,
    ) -> None:
        self.queue: SimpleQueue[Any] = SimpleQueue()
        self.engine = Engine([route], timing)
        self.records = list(records)
        self.alerts: list[Alert] = []
        self.inputs: list[Input] = []
        self.sent: list[Send] = []
        for record in self.records:
            self.engine.recover(record)
        self.published = Published()
        for order in self.engine.blotter.orders.values():
            self.published.publish(order)
        self.outlet = Outlet(sink=self.queue.put, open_orders=self._open)
        self.venue = make(self)
        self.queue.put(Start())
        self.venue.start()
        self.until(lambda: any(isinstance(each, SessionUp) for each in self.inputs), "the session comes up")

    def _open(self) -> list[Order]:
        return [order for order in self.published.in_memory() if order.is_open]

    def reserve(self, key: str, up_to: int) -> None:
        """Have nonces put on record, as the daemon does; waits for the commit."""
        done: SimpleQueue[None] = SimpleQueue()
        self.queue.put((ReserveNonces(session=SESSION, key=key, up_to=up_to), done))
        done.get(timeout=WITHIN_S)

    @property
    def nonces(self) -> dict[str, int]:
        return dict(self.engine.blotter.book(SESSION).nonces)

    def close(self) -> None:
        """End as an orderly daemon does: the loop goes on until the venue has ended."""
        ended: list[bool] = []
        thread = threading.Thread(target=lambda: ended.append(self.venue.stop(WITHIN_S)))
        thread.start()
        while thread.is_alive():
            self.turn()
        assert ended == [True]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the loop

    def until(self, holds: Callable[[], Any], what: str, within_s: float = WITHIN_S) -> None:
        """Take in what comes until something holds."""
        deadline = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > deadline:
                orders = [
                    f"{o.client_order_id} {o.phase} {o.ord_status} {o.order_id} cum {o.cum_qty} gap {o.gap} "
                    f"{[(r.kind, r.in_doubt, r.waiting) for r in o.pending]} {o.last_anomaly}"
                    for o in self.engine.blotter.orders.values()
                ]
                raise AssertionError("\n".join([f"not within {within_s} s: {what}", *orders[-40:]]))
            self.turn()

    def turn(self) -> None:
        try:
            item = self.queue.get(timeout=0.02)
        except Empty:
            item = Tick()
        if isinstance(item, Alert):
            self.alerts.append(item)
        elif isinstance(item, tuple):
            self.step(item[0])
            item[1].put(None)
        else:
            self.inputs.append(item)
            self.step(item)
        due = self.engine.next_due_ns()
        if due is not None and due <= time.time_ns():
            self.step(Tick())

    def step(self, message: Input) -> Answer:
        now = time.time_ns()
        step = self.engine.step(message, now, len(self.records) + 1)
        if step.events:
            self.records.append(Record(kind="test", time_ns=now, events=step.events))  # type: ignore[arg-type]
        for effect in step.effects:
            self._perform(effect)
        for number in self.engine.take_touched():
            self.published.publish(self.engine.blotter.orders[number])
        return step.answer or Answer()

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send():
                self.sent.append(effect)
                try:
                    self.venue.send(effect.message, order=effect.order, request=effect.request)
                except VenueUnavailable as error:
                    told = StayedHere(
                        session=SESSION, order=effect.order, request=effect.request, reason=str(error)
                    )
                    self.queue.put(told)
            case TakeMark():
                self.venue.take_mark(effect)
            case Look():
                self.venue.look(effect)
            case CancelOpen():
                self.sent.extend(effect.cancels)
                self.venue.cancel_open(effect)
            case Alert():
                self.alerts.append(effect)

    # --- what a desk does

    def place(self, name: str, symbol: str, side: str, qty: str, price: str | None, **more: Any) -> Order:
        terms: dict[str, Any] = {
            "order_qty": Decimal(qty),
            "price": None if price is None else Decimal(price),
            **more,
        }
        answer = self.step(PlaceOrder(client_order_id=name, symbol=symbol, side=side, **terms))
        assert answer.order is not None, answer
        return self.engine.blotter.orders[answer.order]

    def cancel(self, order: Order) -> None:
        assert order.client_order_id is not None
        self.step(Cancel(id=order.client_order_id))

    def cancel_all(self, symbol: str | None = None) -> None:
        self.step(CancelAll(symbol=symbol))

    def settled(self, *orders: Order) -> None:
        """Wait until nothing is open about these orders but that they may rest."""
        self.until(
            lambda: all(not order.pending and not order.has_gap for order in orders), "orders are settled"
        )

    def submits(self) -> list[NewOrder]:
        return [sent.message for sent in self.sent if isinstance(sent.message, NewOrder)]

    def shown(self, order: Order) -> list[Received]:
        return [
            each for each in self.inputs if isinstance(each, Received) and _cl_ord_id(each) == order.cl_ord_id
        ]


def _cl_ord_id(received: Received) -> str | None:
    report: Any = received.report
    return getattr(getattr(report, "report", report), "cl_ord_id", None)


def written(record: Path, event: str) -> list[dict[str, Any]]:
    """Read the venue's own record."""
    if not record.exists():
        return []
    lines = record.read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["event"] == event]
