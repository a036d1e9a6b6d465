"""A desk without a daemon: the real engine, stepped in the caller's thread, and a venue that the test plays."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from hashlib import sha256
from typing import Any

import httpx
import uvicorn

from oms.app import session_facts
from oms.app.api import create_app
from oms.app.published import Published
from oms.app.tokens import Token, Tokens
from oms.core.events import SessionFact, StatusAnswered
from oms.core.inputs import (
    Answer,
    Input,
    Instruction,
    PlaceOrder,
    Received,
    Send,
    SessionDown,
    SessionUp,
    Start,
    Tick,
    WentOut,
)
from oms.core.messages import ExecutionReport
from oms.core.order import Order
from oms.core.times import ns_to_iso
from oms.engine import Engine, Route

S = 1_000_000_000
START_NS = 1_772_355_600 * S
TOKENS = {"both": "token-both", "reader": "token-read", "trader": "token-trade"}
SCOPES = {"both": {"read", "trade"}, "reader": {"read"}, "trader": {"trade"}}
ORDER = {
    "client_order_id": "a",
    "symbol": "BTCUSDT",
    "side": "BUY",
    "order_qty": "1.5",
    "price": "100",
    "exchange": "VENUE1",
}


class FakeDesk:
    """Implements `oms.app.desk.Desk`."""

    def __init__(self, accounts: tuple[str, ...] = ("STA-00000015",)) -> None:
        self.published = Published()
        self.accounts = {f"s{index}" if index else "main": account for index, account in enumerate(accounts)}
        self.now = START_NS
        self.commands: list[Any] = []
        self.failure: BaseException | None = None
        self.reasons: list[str] = []
        self.auto_ack = False
        self.facts: dict[str, dict[str, Any]] = {}
        self.more: dict[str, dict[str, Any]] = {}  # of a session, beside what every session shows
        self.gate = threading.Event()  # commits wait for it
        self.gate.set()
        self._lock = threading.RLock()
        routes = [
            Route(session=name, account=account, id_prefix=account[-8:], cancel_repeats_id=True)
            for name, account in self.accounts.items()
        ]
        self.engine = Engine(routes)
        self.step(Start())
        for name in self.accounts:
            self.step(SessionUp(session=name))

    # --- the daemon's side

    def after_command(self, act: Callable[[], object], delay_s: float = 0.05) -> None:
        """Do something a moment after the next command has come."""
        before = len(self.commands)

        def wait() -> None:
            end = time.monotonic() + 30
            while len(self.commands) == before and time.monotonic() < end:
                time.sleep(0.005)
            time.sleep(delay_s)
            act()

        threading.Thread(target=wait, daemon=True).start()

    def submit(self, instruction: Instruction) -> "Future[Answer]":
        future: Future[Answer] = Future()
        if self.failure is not None:
            future.set_exception(self.failure)
        elif self.gate.is_set():
            self._commit(instruction, future)
        else:
            threading.Thread(target=self._commit_later, args=(instruction, future)).start()
        return future

    def _commit_later(self, instruction: Instruction, future: "Future[Answer]") -> None:
        self.gate.wait(10)
        self._commit(instruction, future)

    def _commit(self, instruction: Instruction, future: "Future[Answer]") -> None:
        self.commands.append(instruction)
        with self._lock:
            answer = self.step(instruction)
            assert answer is not None
            if self.auto_ack and isinstance(instruction, PlaceOrder) and answer.created:
                order = self.engine.blotter.orders[answer.order or 0]
                if order.denial is None:  # the venue has seen it
                    self.accept(order)
        future.set_result(answer)

    def step(self, message: Input, after_s: float = 0) -> Answer | None:
        with self._lock:
            self.now += round(after_s * S)
            step = self.engine.step(message, self.now, 1)
            answer = step.answer
            for effect in step.effects:
                if isinstance(effect, Send):
                    left = WentOut(
                        session=effect.session, order=effect.order, request=effect.request, seq=0, raw=""
                    )
                    self.engine.step(left, self.now, 1)
            for event in step.events:
                if isinstance(event, SessionFact | StatusAnswered):
                    session_facts.note(self.facts, event, self.engine.blotter)
            for number in sorted(self.engine.take_touched()):
                self.published.publish(self.engine.blotter.orders[number])
        return answer

    def sessions(self) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "account": account,
                "host": "127.0.0.1",
                "port": 9878,
                "logged_on": self.engine.blotter.book(name).logged_on,
                "since": None,
                "reason": self.engine.blotter.book(name).reason,
                "halted": self.engine.blotter.book(name).halted,
                "under_way": self.engine.doubts.in_round(name),
                "round": self.round_of(name),
                "held": [],
                **self.more.get(name, {}),
            }
            for name, account in self.accounts.items()
        ]

    def round_of(self, session: str) -> dict[str, Any] | None:
        last = self.facts.get(session, {}).get("round")
        if last is None:
            return None
        return {
            "ended": ns_to_iso(last["ended_ns"]),
            "asked": last["asked"],
            "unanswered": list(last["unanswered"]),
        }

    def readiness(self) -> list[str]:
        return self.reasons

    def figures(self) -> dict[str, float]:
        return {"oms_orders_open": 2, "oms_commits_total": 3}

    # --- the venue's side

    def find(self, client_order_id: str = "a") -> Order:
        found = [
            order for order in self.engine.blotter.orders.values() if order.client_order_id == client_order_id
        ]
        return found[0]

    def report(self, order: Order, exec_type: str, **fields: Any) -> None:
        said = {
            "symbol": order.symbol,
            "side": order.side,
            "cl_ord_id": order.cl_ord_id,
            "order_id": f"V{order.number}",
            "exec_id": f"{order.number}-{exec_type}-{len(order.executions)}",
            "exec_trans_type": "0",
            "exec_type": exec_type,
            "ord_status": exec_type,
            **fields,
        }
        report = ExecutionReport(**said)
        self.step(Received(session=order.session, raw="", report=report))

    def accept(self, order: Order) -> None:
        self.report(order, "0")

    def replace(self, client_order_id: str = "a") -> None:
        """Carry out the replace that is open."""
        order = self.find(client_order_id)
        self.report(
            order,
            "5",
            cl_ord_id=order.pending[0].cl_ord_id,
            orig_cl_ord_id=order.cl_ord_id,
            exec_id=order.pending[0].cl_ord_id,
        )

    def drop(self, session: str = "main") -> None:
        self.step(SessionDown(session=session, reason="the line is cut"))

    def let_time_pass(self, seconds: float) -> None:
        self.step(Tick(), after_s=seconds)


def tokens() -> Tokens:
    return Tokens(
        Token(name, sha256(secret.encode()).digest(), frozenset(SCOPES[name]))
        for name, secret in TOKENS.items()
    )


@contextlib.contextmanager
def serving(desk: FakeDesk) -> Iterator[str]:
    """Serve the API as the daemon does: uvicorn on a thread, on loopback."""
    app = create_app(desk, tokens(), lambda: desk.now)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@contextlib.contextmanager
def calling(url: str, who: str | None = "both") -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {TOKENS[who]}"} if who else {}
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=20) as client:
        yield client
