"""Orders leave memory and come back, and state goes through snapshots, without anybody noticing.

Two desks live through the same history. One keeps every order in memory and reads its whole journal at each start; the
other lets orders go at any moment, and starts from snapshots where it can. Every step has to become the same events,
and in the end all state has to be the same, to the byte.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from oms.app.keeper import Keeping, take_snapshot, write_snapshot
from oms.app.recovery import recover
from oms.core.blotter import Blotter
from oms.core.book import Book
from oms.core.doubt import Timing
from oms.core.inputs import (
    AskStatus,
    Cancel,
    Input,
    PlaceOrder,
    Received,
    Replace,
    Send,
    SessionDown,
    SessionUp,
    Start,
    Step,
    Tick,
    WentOut,
)
from oms.core.naming import Ids
from oms.core.order import Order
from oms.core.records import Record
from oms.core.residence import Wanted, resting
from oms.core.risk import Limits
from oms.core.state import OF_ORDERS, State, capture
from oms.core.views import full_view
from oms.engine import Engine, Route
from oms.fix.codec import decode
from oms.journal.archive import Archive
from oms.journal.shelf import parcel
from oms.journal.sqlite import SqliteJournal
from tests.core.desk import BRIEF

S = 1_000_000_000
T0 = 1_772_355_600 * S
QTY = 4
LIMITS = Limits(max_open_notional=Decimal(10**9), max_open_orders=10**6)
ROUTES = [
    Route(session="main", account="ACC", id_prefix="15", limits=LIMITS),
    Route(session="other", account="ACC2", id_prefix="16", limits=LIMITS, cancel_repeats_id=True),
]
KEEPING = Keeping(finished_orders=0)
SEEDS = int(os.environ.get("RESIDENCE_SEEDS", "20"))
STEPS = 300
_ACTS = {
    "place": 12,
    "report": 60,
    "answer": 40,
    "again": 15,
    "rejected": 2,
    "cancel": 4,
    "replace": 2,
    "ask": 4,
    "wait": 4,
    "drop": 1,
    "let_go": 12,
    "snapshot": 2,
    "restart": 2,
}


def make() -> Engine:
    return Engine(ROUTES, Timing(ack_timeout_ns=5 * S, ask_again_ns=5 * S, late_ns=7 * S))


class Plain:
    """A desk that keeps everything in memory."""

    def __init__(self) -> None:
        self.engine = make()
        self.records: list[Record] = []

    def before(self, message: Input) -> None: ...

    def commit(self, step: Step, now: int) -> None:
        self.records.append(Record(kind="test", time_ns=now, events=step.events))  # type: ignore[arg-type]

    def restart(self) -> None:
        self.engine = make()
        for record in self.records:
            self.engine.recover(record)


class Lean:
    """A desk whose finished orders leave memory whenever they are told to."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.db"
        self.journal = SqliteJournal(self.path)
        self.archive = Archive(self.path)
        self.came_back = 0
        self._recover()

    def _recover(self) -> None:
        found = recover(make, self.journal, self.archive, KEEPING)
        self.engine, self.residents = found.engine, found.residents
        self.snapshot = found.snapshot

    def before(self, message: Input) -> None:
        before = len(self.engine.blotter.orders)
        self.residents.before(message)
        self.came_back += len(self.engine.blotter.orders) - before

    def commit(self, step: Step, now: int) -> None:
        self.journal.append([Record(kind="test", time_ns=now, events=step.events)])  # type: ignore[arg-type]
        self.residents.note(self.engine.take_touched())

    def let_go(self, most: int) -> None:
        leaving = list(self.residents.leaving(most, self.engine.holding()))
        if leaving:
            parcels = [parcel(resting(self.engine.blotter, order)) for order in leaving]
            self.archive.store(self.journal.head[0], parcels)
            self.residents.let_go([order.number for order in leaving])

    def write_snapshot(self) -> None:
        write_snapshot(self.archive, take_snapshot(self.engine, self.residents, self.journal.head))

    def restart(self) -> None:
        self.archive.close()
        self.journal.close()
        self.journal = SqliteJournal(self.path)
        self.archive = Archive(self.path)
        self._recover()

    def bring_all_back(self) -> None:
        for number in range(1, self.engine.blotter.last_order + 1):
            self.residents._fetch(Wanted(number=number))

    def close(self) -> None:
        self.archive.close()
        self.journal.close()


class Pair:
    """The two desks, and the history that both live through."""

    def __init__(self, folder: Path, dice: Random) -> None:
        self.plain, self.lean = Plain(), Lean(folder)
        self.dice = dice
        self.now, self.seq = T0, 0
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.left = self.from_snapshots = 0
        self.step(Start())
        if self.dice.random() < 0.5:
            for route in ROUTES:
                self.step(SessionUp(session=route.session))

    def step(self, message: Input) -> None:
        steps = []
        desks: tuple[Plain | Lean, ...] = (self.plain, self.lean)
        for desk in desks:
            desk.before(message)
            step = desk.engine.step(message, self.now, len(self.plain.records) + 1)
            steps.append(step)
        for desk, step in zip(desks, steps, strict=True):
            desk.commit(step, self.now)
        assert steps[0] == steps[1], message
        for effect in steps[0].effects:
            if isinstance(effect, Send):
                self.seq += 1
                numbers = {"order": effect.order, "request": effect.request}
                self.step(WentOut(session=effect.session, seq=self.seq, raw="", **numbers))

    def act(self) -> None:
        """Let something happen: mostly the life of an order goes on, or something comes again."""
        acts, weights = zip(*_ACTS.items(), strict=True)
        (name,) = self.dice.choices(acts, weights)
        getattr(self, f"do_{name}")()

    # --- the actions

    def do_place(self) -> None:
        order = PlaceOrder(
            client_order_id=f"a{self.dice.randint(1, 40)}",
            session=self.dice.choice(ROUTES).session,
            symbol="BTCUSDT",
            side=self.dice.choice("12"),
            exchange="VENUE1",
            order_qty=Decimal(QTY),
            price=Decimal(100),
        )
        self.step(order)

    def do_report(self) -> None:
        """The life of an order goes on; OrderIDs and ExecIDs are used again and again, and not every ClOrdID comes."""
        order = self.any_order()
        if order is None:
            return
        named = {"35": "8", "11": order.cl_ord_id or "", "37": f"V{order.number % 7}", "55": order.symbol}
        named |= {"54": order.side, "60": f"20260301-09:00:{self.dice.randint(10, 59)}"}
        if order.order_id is None or self.dice.random() < 0.2:
            self.say(order.session, named | {"17": f"A{order.number}", "150": "0", "39": "0"})
            return
        if self.dice.random() < 0.3:
            del named["11"]
        if self.dice.random() < 0.1:
            named["37"] = f"V{self.dice.randint(0, 6)}"
        shares = self.dice.choice((1, 2, 4))
        fill = {"150": "1", "39": "1", "32": str(shares), "31": "101", "17": f"F{self.dice.randint(1, 30)}"}
        ends = {"150": self.dice.choice("4C8"), "39": "4", "17": f"X{self.dice.randint(1, 30)}"}
        bust = {"150": "0", "39": "0", "20": self.dice.choice("12"), "32": "1", "31": "99", "19": fill["17"]}
        (more,) = self.dice.choices((fill, ends, bust | {"17": f"B{fill['17']}"}), (5, 2, 1))
        self.say(order.session, named | more)

    def do_answer(self) -> None:
        """The venue answers a question: as we know the order, so that it comes to rest."""
        asked = [order for order in self.plain.engine.blotter.orders.values() if order.questions]
        if not asked:
            return
        order = self.dice.choice(asked)
        status = {"150": str(order.ord_status), "39": str(order.ord_status), "20": "3", "17": "0", "32": "0"}
        known = {"35": "8", "11": order.cl_ord_id or "", "55": order.symbol, "54": order.side}
        totals = {"14": f"{order.reported_cum:f}", "60": "20260301-09:00:59"}
        self.say(order.session, known | status | totals)

    def do_again(self) -> None:
        """Something that was said comes again, however late."""
        if self.heard:
            self.say(*self.dice.choice(self.heard))

    def do_rejected(self) -> None:
        """A session reject of a message that left some time ago."""
        session = self.dice.choice(ROUTES).session
        self.say(session, {"35": "3", "45": str(self.seq - self.dice.randint(0, 9)), "58": "no"})

    def say(self, session: str, fields: dict[str, str]) -> None:
        self.heard.append((session, fields))
        report = decode(fields, BRIEF)
        self.step(Received(session=session, raw="", report=report))  # type: ignore[arg-type]

    def any_order(self) -> Order | None:
        orders = self.plain.engine.blotter.orders
        return orders[self.dice.randint(1, len(orders))] if orders else None

    def any_id(self) -> str:
        order = self.any_order()
        if order is None:
            return "none"
        return self.dice.choice((order.cl_ord_id, order.order_id, order.client_order_id)) or "none"

    def do_cancel(self) -> None:
        self.step(Cancel(id=self.any_id()))

    def do_replace(self) -> None:
        self.step(Replace(id=self.any_id(), order_qty=Decimal(self.dice.randint(1, 9)), price=Decimal(102)))

    def do_ask(self) -> None:
        self.step(AskStatus(id=self.any_id()))

    def do_wait(self) -> None:
        self.now += self.dice.choice((1, 6, 40)) * S
        self.step(Tick())

    def do_drop(self) -> None:
        session = self.dice.choice(ROUTES).session
        self.step(SessionDown(session=session, reason="cut"))
        self.now += S
        self.seq = 0
        self.step(SessionUp(session=session))

    def do_let_go(self) -> None:
        before = len(self.lean.engine.blotter.orders)
        self.lean.let_go(self.dice.randint(1, 9))
        self.left += before - len(self.lean.engine.blotter.orders)

    def do_snapshot(self) -> None:
        self.lean.write_snapshot()

    def do_restart(self) -> None:
        self.plain.restart()
        self.lean.restart()
        self.from_snapshots += self.lean.snapshot > 0
        self.step(Start())
        if self.dice.random() < 0.5:
            for route in ROUTES:
                self.step(SessionUp(session=route.session))

    # --- in the end

    def check(self) -> None:
        self.lean.bring_all_back()
        assert views(self.lean.engine, self.now) == views(self.plain.engine, self.now)
        assert state(self.lean.engine) == state(self.plain.engine)
        assert exposure(self.lean.engine) == exposure(self.plain.engine)


def views(engine: Engine, now: int) -> list[bytes]:
    orders = sorted(engine.blotter.orders.items())
    return [msgspec.json.encode(full_view(order, now)) for _, order in orders]


def state(engine: Engine) -> bytes:
    """All state as bytes, without the order in which orders came into memory."""
    return repr(plain(capture(engine.blotter, engine.ids))).encode()


def plain(value: Any) -> Any:
    """Turn anything into nested lists that look the same wherever it is the same; lists of orders by number."""
    if isinstance(value, msgspec.Struct):
        return [type(value).__name__, *(plain(getattr(value, name)) for name in value.__struct_fields__)]
    if isinstance(value, dict):
        return sorted((repr(key), plain(each)) for key, each in value.items())
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))
    if isinstance(value, list | tuple):
        found = [plain(each) for each in value]
        return sorted(found, key=repr) if isinstance(value, list) else found
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def exposure(engine: Engine) -> dict[str, str]:
    total = engine._work.exposure
    amounts = {f"{name} open": str(count) for name, count in total.open_orders.items() if count}
    return amounts | {str(name): f"{amount:f}" for name, amount in total.by_account.items() if amount}


@contextmanager
def a_pair(seed: int) -> Iterator[Pair]:
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it; syncing to a disk would take hours
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        pair = Pair(Path(folder), Random(seed))
        try:
            yield pair
        finally:
            pair.lean.close()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nobody_notices_where_an_order_is_kept(seed: int) -> None:
    with a_pair(seed) as pair:
        for _ in range(STEPS):
            pair.act()
        pair.check()
        assert pair.left > 1
        assert pair.lean.came_back > 1, "hardly an order came back: the test shows nothing"


def test_a_snapshot_forgets_nothing() -> None:
    """Whatever state is added to a session or to the blotter has its place in the snapshot."""
    assert set(vars(Blotter())) == set(State.__struct_fields__) - {"last_id"}
    named = {
        each.name
        for each in msgspec.structs.fields(Book)
        if each.type is Ids or "order.Order" in str(each.type)
    }
    assert named == OF_ORDERS
