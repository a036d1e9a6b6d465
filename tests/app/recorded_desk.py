"""A desk that writes a journal: the real engine, the daemon's own records, and a venue told as FIX words."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from oms.app.recording import record_of
from oms.core.doubt import Timing
from oms.core.inputs import (
    Cancel,
    Input,
    PlaceOrder,
    Received,
    Send,
    SessionDown,
    SessionUp,
    Start,
    Tick,
    WentOut,
)
from oms.core.messages import StatusRequest
from oms.core.order import Order
from oms.core.views import full_view
from oms.engine import Engine, Route
from oms.fix.codec import decode
from oms.fix.dialects import APIFINY, Dialect
from oms.journal.sqlite import SqliteJournal

S = 1_000_000_000
START_NS = 1_772_355_600 * S
SOH = "\x01"
TIMING = Timing(ack_timeout_ns=5 * S)


class RecordedDesk:
    """Every step is a record of the journal, committed before the next; `close` it to read it undisturbed."""

    def __init__(self, path: Path, dialect: Dialect = APIFINY, sessions: tuple[str, ...] = ("main",)) -> None:
        self.path, self.dialect, self.sessions = path, dialect, sessions
        self.now = START_NS
        self.seq = 0
        self.states: list[tuple[int, dict[int, dict[str, Any]]]] = []
        self._open()

    def _open(self) -> None:
        routes = [
            Route(
                session=name,
                account=f"ACC-0000001{index}",
                id_prefix=f"0000001{index}",
                cancel_repeats_id=True,
            )
            for index, name in enumerate(self.sessions)
        ]
        self.engine = Engine(routes, TIMING)
        self.journal = SqliteJournal(self.path)
        for _, record in self.journal.read():
            self.engine.recover(record)
        self.step(Start())

    def restart(self) -> None:
        """Die and start again on the journal."""
        self.journal.close()
        self._open()

    def close(self) -> None:
        self.journal.close()

    def up(self, *names: str) -> None:
        self.seq = 0
        for name in names or self.sessions:
            self.step(SessionUp(session=name))

    def down(self, reason: str = "the line is cut", name: str = "main") -> None:
        self.step(SessionDown(session=name, reason=reason))

    def step(self, message: Input, after_s: float = 1) -> None:
        self.now += round(after_s * S)
        step = self.engine.step(message, self.now, self.journal.head[0] + 1)
        record = record_of(message, step, self.now)
        if record is not None:
            self.journal.append([record])
        self.states.append((self.now, self.views()))
        for effect in step.effects:
            if isinstance(effect, Send):
                self.seq += 1
                kind = type(effect.message).__name__
                letter = {"NewOrder": "D", "CancelOrder": "F", "StatusRequest": "H"}[kind]
                went = WentOut(
                    session=effect.session,
                    order=effect.order,
                    request=effect.request,
                    seq=self.seq,
                    raw=wire(f"35={letter} 34={self.seq} 11={effect.message.cl_ord_id}"),
                )
                self.step(went, 0)
                if isinstance(effect.message, StatusRequest):
                    self.asked = effect.message

    def views(self) -> dict[int, dict[str, Any]]:
        """Every order as the API would show it now."""
        return {number: full_view(order, self.now) for number, order in self.engine.blotter.orders.items()}

    def place(self, client_order_id: str = "a", **terms: Any) -> Order:
        terms = {"order_qty": Decimal(10), "price": Decimal(100), "symbol": "BTCUSDT", **terms}
        terms = {"exchange": "VENUE1", "actor": "trader", "origin": "http", **terms}
        self.step(PlaceOrder(client_order_id=client_order_id, side="1", **terms))
        return self.engine.blotter.orders[self.engine.blotter.last_order]

    def cancel(self, any_id: str = "a") -> None:
        self.step(Cancel(id=any_id, actor="trader"))

    def tell(self, text: str, after_s: float = 1, session: str = "main") -> None:
        """Receive a message: an ExecutionReport of BTCUSDT, buy, where it is not said otherwise."""
        fields = {"35": "8"} | dict(word.split("=", 1) for word in text.split())
        if fields["35"] == "8":
            fields = {"55": "BTCUSDT", "54": "1"} | fields
        report: Any = decode(fields, self.dialect)
        raw = wire(" ".join(f"{tag}={value}" for tag, value in fields.items()))
        self.step(Received(session=session, raw=raw, report=report), after_s)

    def working(self, client_order_id: str = "a", order_id: str = "V1") -> Order:
        """Give an order that the venue has acknowledged."""
        order = self.place(client_order_id)
        self.tell(f"11={order.cl_ord_id} 37={order_id} 17=A-{order_id} 20=0 150=0 39=0 60=20260301-09:00:05")
        return order

    def pass_time(self, seconds: float) -> None:
        self.step(Tick(), seconds)


def wire(text: str) -> str:
    """Write words as a message."""
    kind, _, rest = text.partition(" 35=")
    ordered = text if not rest else f"35={rest} {kind}"
    return f"8=FIX.4.2{SOH}9=1{SOH}" + ordered.replace(" ", SOH) + f"{SOH}10=000{SOH}"
