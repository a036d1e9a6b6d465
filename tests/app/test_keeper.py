"""Finished orders leave the memory of a loop that runs, and stay within reach of everybody who asks."""

import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oms.app.keeper import BATCH, Keeper, Keeping, Stored
from oms.app.loop import Loop
from oms.app.recovery import recover
from oms.core.errors import JournalError
from oms.core.inputs import Alert, Answer, Cancel, Input, PlaceOrder, Received, SessionUp
from oms.core.messages import Command
from oms.engine import Engine, Route
from oms.fix.codec import decode
from oms.fix.dialects import FIX42
from oms.journal.archive import Archive
from oms.journal.sqlite import SqliteJournal
from oms.ports import Sent

NOW = 1_772_355_600_000_000_000
LONG_S = 10.0


class Deaf:
    """A venue that takes everything and says nothing."""

    def __init__(self) -> None:
        self.seq = 0

    def send(self, message: Command, *, order: int, request: int) -> Sent:
        del message, order, request
        self.seq += 1
        return Sent(self.seq, "")


class Desk:
    """A loop over a journal, with a keeper that keeps nothing that is finished."""

    def __init__(self, path: Path, keeping: Keeping) -> None:
        self.journal = SqliteJournal(path)
        archive = Archive(path)
        route = Route(session="main", account="ACC", id_prefix="15")
        found = recover(lambda: Engine([route]), self.journal, archive, keeping)
        self.records, self.snapshot = found.records, found.snapshot
        self.keeper = Keeper(found.engine, found.residents, archive, keeping)
        self.engine = found.engine
        self.stored = threading.Semaphore(0)
        self.alerts: list[Alert] = []
        self.loop = Loop(
            *(found.engine, self.journal, {"main": Deaf()}, lambda: NOW, self._seen), keeper=self.keeper
        )
        original = self.loop._perform

        def perform(effect: Any) -> None:
            if isinstance(effect, Alert):
                self.alerts.append(effect)
            original(effect)

        self.loop._perform = perform  # type: ignore[method-assign]
        keep = self.keeper.let_go

        def let_go(stored: Stored) -> Any:
            gone = keep(stored)
            self.stored.release()
            return gone

        self.keeper.let_go = let_go  # type: ignore[method-assign]
        self.loop.start(lambda: None)

    @staticmethod
    def _seen(item: Any) -> Input | Alert:
        message: Input = item
        return message

    def ask(self, instruction: PlaceOrder | Cancel) -> Answer:
        return self.loop.submit(instruction).result(LONG_S)

    def place(self, client_order_id: str) -> Answer:
        terms: dict[str, Any] = {"symbol": "BTCUSDT", "side": "1", "exchange": "VENUE1"}
        return self.ask(
            PlaceOrder(client_order_id=client_order_id, order_qty=Decimal(1), price=Decimal(100), **terms)
        )

    def fill(self, number: int, cl_ord_id: str) -> None:
        fields = {"35": "8", "11": cl_ord_id, "37": f"V{number}", "17": f"F{number}", "55": "BTCUSDT"}
        fields |= {"54": "1", "150": "2", "39": "2", "32": "1", "31": "100", "14": "1", "151": "0"}
        report: Any = decode(fields, FIX42)
        self.loop.put(Received(session="main", raw="raw", report=report))

    def trade(self, count: int) -> None:
        """Fill orders, and wait until the loop has seen it all."""
        for _ in range(count):
            number = self.place(f"a{self.engine.blotter.last_order + 1}").order or 0
            order = self.loop.published.get(number)
            assert order is not None
            self.fill(number, order.cl_ord_id or "")
        self.ask(Cancel(id="nothing"))

    def wait_until_stored(self, times: int) -> None:
        for _ in range(times):
            assert self.stored.acquire(timeout=LONG_S)
            self.ask(Cancel(id="nothing"))

    def stop(self) -> None:
        self.loop.stop(LONG_S)
        self.journal.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "journal.db", Keeping(finished_orders=10))
    desk.loop.put(SessionUp(session="main"))
    yield desk
    desk.stop()


def test_finished_orders_leave_memory_and_are_found_by_every_id(desk: Desk) -> None:
    desk.trade(3 * BATCH)
    desk.wait_until_stored(2)
    assert len(desk.engine.blotter.orders) < 2 * BATCH
    assert len(desk.loop.published._orders) == len(desk.engine.blotter.orders)
    first = desk.loop.published.get(1)
    assert first is not None
    assert 1 not in desk.engine.blotter.orders
    for any_id in ("a1", first.cl_ord_id, "V1"):
        (found,) = desk.loop.published.find(any_id or "")
        assert (found.number, str(found.cum_qty)) == (1, "1")
    pages = [order.number for order in desk.loop.published.newest()]
    assert pages == list(range(3 * BATCH, 0, -1))
    assert [order.number for order in desk.loop.published.newest(5)] == [4, 3, 2, 1]
    assert not list(desk.loop.published.newest(BATCH, symbol="ETHUSDT"))
    assert 1 not in [order.number for order in desk.loop.published.in_memory()]


def test_what_names_an_order_that_left_finds_it(desk: Desk) -> None:
    desk.trade(2 * BATCH)
    desk.wait_until_stored(1)
    before = str(desk.engine.blotter.positions.by_key["ACC", "BTCUSDT"].qty)
    assert desk.ask(Cancel(id="V1")).order == 1
    again = desk.place("a2")
    assert (again.order, again.created) == (2, False)
    third = desk.loop.published.get(3)
    assert third is not None
    desk.fill(3, third.cl_ord_id or "")
    desk.ask(Cancel(id="nothing"))
    assert {1, 2, 3} <= desk.engine.blotter.orders.keys()
    assert str(desk.engine.blotter.positions.by_key["ACC", "BTCUSDT"].qty) == before


def test_a_stop_leaves_a_snapshot_and_the_next_start_reads_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    keeping = Keeping(finished_orders=0)
    desk = Desk(path, keeping)
    desk.loop.put(SessionUp(session="main"))
    desk.trade(20)
    head = desk.journal.head[0]
    desk.stop()
    again = Desk(path, keeping)
    assert (again.records, again.snapshot) == (0, head)
    assert len(list(again.loop.published.newest())) == 20
    again.stop()


def test_snapshots_are_written_as_records_come(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    desk = Desk(path, Keeping(snapshot_records=10))
    desk.loop.put(SessionUp(session="main"))
    desk.trade(40)
    desk.keeper.close(None)  # as a crash would end it: no last snapshot
    desk.loop._keeper = None
    desk.stop()
    again = Desk(path, Keeping())
    assert again.snapshot > 20
    again.stop()


def test_where_nothing_can_be_stored_orders_stay_and_trading_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        message = "no room"
        raise JournalError(message)

    monkeypatch.setattr(desk.keeper.archive, "store", refuse)
    desk.trade(2 * BATCH)
    desk.wait_until_stored(1)
    desk.trade(10)
    assert len(desk.engine.blotter.orders) == 2 * BATCH + 10
    assert [alert.code for alert in desk.alerts if alert.code == "ARCHIVE"] == ["ARCHIVE"]
    assert desk.loop.failure is None


def test_an_order_that_changes_while_it_is_stored_stays(desk: Desk) -> None:
    desk.trade(20)
    order = next(iter(desk.keeper.residents.leaving(1)))
    desk.keeper.residents.note([order.number])
    assert desk.keeper.residents.let_go([order.number]) == []
    assert order.number in desk.engine.blotter.orders
