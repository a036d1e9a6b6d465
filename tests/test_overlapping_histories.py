"""Replaces that overlap, at a made-up venue that takes its time, refuses, loses what is on its way, and is asked.

One seed is one history: persons replace and cancel at random, the session drops, our program is killed. Once nothing
goes wrong any more both sides agree on the terms, the ids and what was executed, and nothing is open. At any moment
exposure covers what the venue could still execute. The venue shares no logic with what it tests.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import pytest

from oms.core.inputs import Cancel, Received, Replace, SessionDown, Start, Tick
from oms.core.messages import (
    CancelOrder,
    CancelReject,
    ExecutionReport,
    NewOrder,
    ReplaceOrder,
    StatusRequest,
)
from oms.core.order import Order
from oms.core.risk import Limits
from oms.engine import Engine
from tests.test_engine import TIMING, World, view
from tests.test_replacing import NATIVE

SEEDS = 300
ROUTE = msgspec.structs.replace(NATIVE, limits=Limits(max_open_notional=Decimal(10**9)))


@dataclass
class Taken:
    """A replace that the venue has and has not decided."""

    name: str
    named: str
    qty: Decimal
    price: Decimal


@dataclass
class Made:
    """The venue, with its one order."""

    dice: Random
    echoes: bool  # OrigClOrdID is that of the request, and not the last accepted
    names: bool  # an answer names the present ClOrdID, and not the one that was asked by
    faulty: bool = True
    name: str | None = None
    qty: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    cum: Decimal = Decimal(0)
    over: bool = False
    count: int = 0
    ids: list[str] = field(default_factory=list)
    undecided: list[Taken] = field(default_factory=list)
    out: list[Any] = field(default_factory=list)

    @property
    def leaves(self) -> Decimal:
        return Decimal(0) if self.over else self.qty - self.cum

    def take(self, message: Any) -> None:
        match message:
            case NewOrder():
                self.name, self.qty, self.price = message.cl_ord_id, message.order_qty, message.price  # type: ignore[assignment]
                self.ids.append(message.cl_ord_id)
                self.report("0", message.cl_ord_id)
            case StatusRequest():
                self.state(message.cl_ord_id)
            case CancelOrder():
                self.cancel(message)
            case ReplaceOrder():
                self.replace(message)

    def knows(self, name: str) -> bool:
        return name == self.name or any(each.name == name for each in self.undecided)

    def cancel(self, message: CancelOrder) -> None:
        if self.over or not self.leaves or not self.knows(message.orig_cl_ord_id) or self.unlucky(0.1):
            self.refuse(message)
            return
        self.over = True
        self.undecided.clear()
        self.report("4", message.cl_ord_id, self.name)

    def replace(self, message: ReplaceOrder) -> None:
        if self.over or not self.knows(message.orig_cl_ord_id) or self.unlucky(0.2):
            self.refuse(message)
            return
        assert message.order_qty is not None
        assert message.price is not None
        taken = Taken(message.cl_ord_id, message.orig_cl_ord_id, message.order_qty, message.price)
        self.undecided.append(taken)
        if self.dice.random() < 0.5:
            self.report("E", taken.name, self.name)
        else:
            self.decide()

    def decide(self) -> None:
        """Decide what was taken first."""
        if not self.undecided:
            return
        taken = self.undecided.pop(0)
        if self.unlucky(0.2):
            self.refuse(taken)
            return
        before, self.name = self.name, taken.name
        self.ids.append(taken.name)
        self.qty, self.price = max(taken.qty, self.cum), taken.price
        self.report("5", taken.name, taken.named if self.echoes else before)

    def fill(self) -> None:
        if self.leaves:
            shares = min(Decimal(self.dice.choice((1, 2, 5))), self.leaves)
            self.cum += shares
            self.report("2" if not self.leaves else "1", self.name, last_shares=shares, last_px=Decimal(100))

    def unlucky(self, rate: float) -> bool:
        return self.faulty and self.dice.random() < rate

    def refuse(self, message: Any) -> None:
        kind = "1" if isinstance(message, CancelOrder) else "2"
        name = message.name if isinstance(message, Taken) else message.cl_ord_id
        told: dict[str, Any] = {"response_to": kind, "text": "no", "ord_status": self.status()}
        self.out.append(CancelReject(cl_ord_id=name, orig_cl_ord_id=self.name, order_id="V1", **told))

    def status(self) -> str:
        if self.over:
            return "4"
        if self.undecided:
            return "E"
        return "2" if not self.leaves else "1" if self.cum else "5" if len(self.ids) > 1 else "0"

    def state(self, asked: str) -> None:
        if self.name is None:
            self.report("8", asked, exec_trans_type="3", exec_id="0", ord_status="8", ord_rej_reason="5")
            return
        name = self.undecided[0].name if self.undecided and not self.over else self.name
        ids = (name, self.name) if self.names else (asked, None)
        status = self.status()
        self.report(status, *ids, exec_trans_type="3", exec_id="0", ord_status=status)

    def report(self, kind: str, name: str | None, orig: str | None = None, **more: Any) -> None:
        self.count += 1
        told: dict[str, Any] = {
            "exec_id": f"e{self.count}",
            "exec_trans_type": "0",
            "ord_status": self.status(),
        }
        told |= {"order_qty": self.qty, "cum_qty": self.cum, "leaves_qty": self.leaves, "price": self.price}
        told |= {"last_shares": Decimal(0)} | more
        orig = None if orig == name else orig
        self.out.append(
            ExecutionReport(
                symbol="BTCUSDT",
                side="1",
                order_id="V1",
                exec_type=kind,
                cl_ord_id=name,
                orig_cl_ord_id=orig,
                **told,
            )
        )


class History:
    """Our engine, the venue, and what lies between them."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.world = World(TIMING, ROUTE)
        echoes, names = self.dice.random() < 0.5, self.dice.random() < 0.7
        self.venue = Made(Random(f"{seed} venue"), echoes=echoes, names=names)
        self.left: list[Any] = []
        self.world.up()
        self.is_up = True

    @property
    def order(self) -> Order:
        return self.world.order("a")

    def carry(self) -> None:
        """Let one message arrive, in either direction."""
        self.left += self.world.sent
        self.world.sent.clear()
        if self.left and self.dice.random() < 0.5:
            self.venue.take(self.left.pop(0))
        elif self.venue.out:
            self.world.step(Received(session="main", raw="", report=self.venue.out.pop(0)))

    def lose(self) -> None:
        """Lose what is on its way; what arrived is decided or not, as it was."""
        self.world.sent.clear()
        self.left.clear()
        self.venue.out.clear()

    def drop(self) -> None:
        self.lose()
        if self.is_up:
            self.world.step(SessionDown(session="main"))
        self.is_up = False

    def kill(self) -> None:
        self.lose()
        engine = Engine([ROUTE], TIMING)
        for record in self.world.records:
            engine.recover(record)
        self.world.engine, self.is_up = engine, False
        self.world.step(Start())

    def act(self) -> None:
        happens = ("carry", "replace", "fill", "decide", "tick", "cancel", "drop", "kill", "up")
        match self.dice.choices(happens, (40, 12, 4, 8, 8, 1, 1, 1, 6))[0]:
            case "replace":
                qty = self.dice.choice((None, 5, 8, 10, 12, 20))
                price = self.dice.choice((None, 99, 100, 101))
                terms = (None if value is None else Decimal(value) for value in (qty, price))
                self.world.step(Replace(id="a", order_qty=next(terms), price=next(terms)))
            case "fill":
                self.venue.fill()
            case "decide":
                self.venue.decide()
            case "tick":
                self.world.step(Tick(), after_s=self.dice.choice((0.1, 1, 6)))
            case "cancel":
                self.world.step(Cancel(id="a"))
            case "drop":
                self.drop()
            case "kill":
                self.kill()
            case "up":
                self.up()
            case _:
                self.carry()
        self.covers()

    def up(self) -> None:
        if not self.is_up:
            self.is_up = True
            self.world.up()

    def covers(self) -> None:
        """Exposure is at least what the venue could still execute."""
        if self.venue.name is not None and self.venue.leaves:
            assert self.order.is_open
            counted = self.world.engine._work.exposure.by_account[self.order.account]
            assert counted >= self.venue.leaves * self.venue.price
        assert len(self.order.requested("replace")) <= 5  # type: ignore[arg-type]

    def settle(self) -> None:
        self.venue.faulty = False
        for _ in range(200):
            self.up()
            self.world.step(Tick(), after_s=10)
            while self.venue.undecided:
                self.venue.decide()
            while self.left or self.world.sent or self.venue.out:
                self.carry()
                self.covers()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_both_sides_agree_in_the_end(seed: int) -> None:
    history = History(seed)
    history.world.place("a", order_qty=Decimal(10))
    for _ in range(history.dice.choice((20, 60, 150))):
        history.act()
    history.settle()
    order, venue = history.order, history.venue
    if venue.name is None:
        assert (str(order.phase), order.pending) == ("REJECTED", [])
    else:
        assert (str(order.phase) == "CANCELED", order.pending) == (venue.over, [])
        if not venue.over:  # the terms of what is over matter no more
            assert (order.order_qty, order.price) == (venue.qty, venue.price)
            assert order.cl_ord_id == venue.name or not venue.names
        assert (order.cum_qty, order.gap, order.in_doubt) == (venue.cum, Decimal(0), False)
    assert view(history.world.recovered()) == view(history.world.engine)
