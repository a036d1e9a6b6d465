"""`receive`: reports through QuickFIX to committed and applied state, against an initiator that does nothing."""

import sys
import threading
import time
from pathlib import Path
from typing import Any

import quickfix as fix
from figures import Peer, figure, fresh_folder, medians, peer, say

from oms.app.logging import set_up
from oms.app.loop import Loop
from oms.core.inputs import PlaceOrder, Received, SessionDown, SessionUp
from oms.core.values import parse_decimal
from oms.engine import Engine, Route
from oms.fix import inputs as fix_in
from oms.fix.codec import decode, split
from oms.fix.dialects import FIX42
from oms.fix.initiator import Initiator
from oms.fix.logon import Secret
from oms.fix.settings import SessionConfig, session_settings
from oms.journal.sqlite import SqliteJournal

REPORTS, ORDERS = 100_000, 5_000
TIMEOUT_S = 120.0


def config(port: int) -> SessionConfig:
    """Name the peer as a session."""
    return SessionConfig(
        name="main",
        host="127.0.0.1",
        port=port,
        sender_comp_id="STA-00000015",
        account="STA-00000015",
        key_id="K",
        secret=Secret("0123456789abcdef0123456789abcdef"),
        reconnect_s=1,
    )


class Nothing(fix.Application):
    """An application that does nothing but count the last message."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.left, self.first, self.last = count, 0.0, 0.0
        self.up, self.done = threading.Event(), threading.Event()

    def onCreate(self, _id: Any) -> None: ...
    def onLogon(self, _id: Any) -> None:
        self.up.set()

    def onLogout(self, _id: Any) -> None: ...
    def toAdmin(self, _message: Any, _id: Any) -> None: ...
    def fromAdmin(self, _message: Any, _id: Any) -> None: ...
    def toApp(self, _message: Any, _id: Any) -> None: ...
    def fromApp(self, _message: Any, _id: Any) -> None:
        if not self.first:
            self.first = time.perf_counter()
        self.left -= 1
        if not self.left:
            self.last = time.perf_counter()
            self.done.set()


def bare(*, on_our_thread: bool = False) -> float:
    """Reports a second that QuickFIX alone hands over: memory store, no log, an empty fromApp.

    `on_our_thread` runs it on a thread that Python knows, as the daemon does, instead of one that QuickFIX starts.
    """
    with peer("--reports", str(REPORTS)) as acceptor:
        application = Nothing(REPORTS)
        settings = session_settings([config(acceptor.port)])
        engine = fix.SocketInitiator(application, fix.MemoryStoreFactory(), settings)
        thread = threading.Thread(target=engine.block)
        if on_our_thread:
            thread.start()
        else:
            engine.start()
        assert application.up.wait(TIMEOUT_S)
        acceptor.expect("orders")
        acceptor.expect("built")
        acceptor.go()
        assert application.done.wait(TIMEOUT_S)
        engine.stop(True)
        if on_our_thread:
            thread.join(TIMEOUT_S)
        return REPORTS / (application.last - application.first)


class Desk:
    """Initiator, loop, engine and journal, as the daemon puts them together."""

    def __init__(self, acceptor: Peer, folder: Path) -> None:
        self.up = threading.Event()
        self.first = 0.0
        self.journal = SqliteJournal(folder / "journal.db")
        route = Route(session="main", account="STA-00000015", id_prefix="00000015")
        self.initiator = Initiator([config(acceptor.port)], sink=self.take, log_dir=folder / "fix")
        venues = {"main": self.initiator.venue("main")}
        self.loop = Loop(
            Engine([route]), self.journal, venues, time.time_ns, self.translate, self.initiator.flush
        )
        self.ended = threading.Event()
        self.loop.start(self.ended.set)
        self.initiator.start()
        assert self.up.wait(TIMEOUT_S)

    def take(self, item: Any) -> None:
        """Hand on what the session brings."""
        if not self.first and isinstance(item, fix_in.Received):
            self.first = time.perf_counter()
        self.loop.put(item)
        if isinstance(item, fix_in.LoggedOn):
            self.up.set()

    def translate(self, item: Any) -> Any:
        """Decode on the engine's thread, as the daemon does."""
        match item:
            case fix_in.Received():
                return Received(session="main", raw=item.raw, report=decode(split(item.raw), FIX42))
            case fix_in.LoggedOn():
                return SessionUp(session="main")
            case fix_in.LoggedOut():
                return SessionDown(session="main", reason=item.reason)
        return item

    def place(self, count: int, qty: int) -> None:
        """Send the orders that the reports will be about."""
        terms = {"symbol": "BTCUSDT", "side": "1", "exchange": "VENUE1"}
        price, order_qty = parse_decimal("30000.5"), parse_decimal(str(qty))
        futures = [
            self.loop.submit(PlaceOrder(client_order_id=f"o{n}", order_qty=order_qty, price=price, **terms))
            for n in range(count)
        ]
        for future in futures:
            future.result(TIMEOUT_S)

    def close(self) -> None:
        """End everything."""
        self.initiator.stop(20)
        self.loop.stop(20)
        self.journal.close()


def desk_rate(base: Path) -> float:
    """Reports a second from the first received to the last committed and applied."""
    folder = fresh_folder(base, "receive")
    with peer("--orders", str(ORDERS), "--reports", str(REPORTS)) as acceptor:
        desk = Desk(acceptor, folder)
        try:
            desk.place(ORDERS, REPORTS // ORDERS - 1)
            acceptor.expect("orders")
            acceptor.expect("built")
            before = until_quiet(desk)
            acceptor.go()
            last = wait_for(desk, before + REPORTS)
            filled = sum(order.is_filled for order in desk.loop.engine.blotter.orders.values())
            assert filled == ORDERS, f"{filled} of {ORDERS} orders are filled"
            return REPORTS / (last - desk.first)
        finally:
            desk.close()


def until_quiet(desk: Desk) -> int:
    """Wait until every order has left and is on record; give the number of records."""
    while desk.loop.counts["records"] < 2 * ORDERS:
        time.sleep(0.01)
    return desk.loop.counts["records"]


def wait_for(desk: Desk, records: int) -> float:
    """Wait for a number of committed records; looks a thousand times a second, as a fiftieth of a percent."""
    while desk.loop.counts["records"] < records:
        assert not desk.ended.is_set(), desk.loop.failure
        time.sleep(0.001)
    return time.perf_counter()


def run(runs: int, folder: Path) -> None:
    """Print the figure; its base is QuickFIX as it is ordinarily started, and the other base stands beside it."""
    sys.setswitchinterval(0.0005)
    set_up("info", folder / "bench.log")
    say(f"receive: {REPORTS:,} reports over {ORDERS:,} orders; a second: ours, bare, bare on a Python thread")
    ours, alone, block = medians(runs, lambda: desk_rate(folder), bare, lambda: bare(on_our_thread=True))
    figure(
        "receive",
        reports_per_s=round(ours),
        bare_per_s=round(alone),
        ratio=round(ours / alone, 3),
        reach=0.35,
        bare_on_python_thread_per_s=round(block),
        ratio_to_that=round(ours / block, 3),
    )
