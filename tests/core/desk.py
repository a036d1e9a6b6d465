"""A desk in miniature: messages written as `tag=value` words go through the codec into a blotter of their own."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.intake import Outcome, receive
from oms.core.messages import Mark
from oms.core.observe import observe
from oms.core.order import Order
from oms.fix.codec import decode
from oms.fix.dialects import FIX42, Dialect

if TYPE_CHECKING:
    from oms.core.messages import Command, Report

SESSION = "WE-THEY"
BRIEF = replace(FIX42, full_reports=False)  # each test tells what it is about, and nothing else is missed


def words(text: str) -> dict[str, str]:
    """Read `11=X 150=0` as fields; `_` stands for a space."""
    return {tag: value.replace("_", " ") for tag, value in (word.split("=", 1) for word in text.split())}


class Desk:
    """Orders of one session, told in FIX."""

    def __init__(self, dialect: Dialect = BRIEF) -> None:
        self.blotter = Blotter()
        self.dialect = dialect
        self.now = 0
        self.seq = 0
        self.outcomes: list[Outcome] = []

    def send(self, text: str) -> Order | None:
        """Send a message: 35=D and so on; MsgSeqNum counts up."""
        self.now += 1
        self.seq += 1
        message = decode({"55": "BTCUSDT", "54": "1", "40": "2"} | words(text), self.dialect)
        order, _ = observe(self.blotter, SESSION, cast("Command", message), seq=self.seq, time_ns=self.now)
        return order

    def place(self, text: str = "11=X 38=10 44=100") -> Order:
        """Send a new order."""
        order = self.send(f"35=D {text}")
        assert order is not None
        return order

    def tell(self, text: str) -> Outcome:
        """Receive a message; an ExecutionReport where 35 is not given."""
        self.now += 1
        fields = {"35": "8"} | words(text)
        if fields["35"] == "8":
            fields = {"55": "BTCUSDT", "54": "1"} | fields
        message = decode({tag: value for tag, value in fields.items() if value != "-"}, self.dialect)
        self.outcomes = receive(self.blotter, SESSION, cast("Report", message), now_ns=self.now, ref=self.now)
        return self.outcomes[0]

    def working(self, text: str = "11=X 38=10 44=100") -> Order:
        """Give an order that the venue has acknowledged, with OrderID O."""
        order = self.place(text)
        assert self.tell(f"11={order.cl_ord_id} 37=O 17=A 20=0 150=0 39=0").anomaly is None
        return order


def names(outcome: Outcome) -> list[str]:
    """Name the events of an outcome."""
    return [type(event).__name__ for event in outcome.events]


def code(outcome: Outcome) -> str | None:
    """Give the anomaly's code."""
    return str(outcome.anomaly.code) if outcome.anomaly else None


def totals(order: Order) -> tuple[str, str, str | None]:
    """Give OrdStatus, CumQty and LeavesQty."""
    return (
        str(order.ord_status),
        str(order.cum_qty),
        None if order.leaves_qty is None else str(order.leaves_qty),
    )


def example(kind: type[ev.Event]) -> ev.Event:
    """Make an event of a kind, with something in every required field."""
    values: dict[str, Any] = {
        "order": 1,
        "request": 1,
        "seq": 1,
        "time_ns": 1,
        "cl_ord_id": "Y",
        "code": "C",
        "reason": "because",
        "text": "because",
        "exec_ref_id": "E1",
        "outcome": "working",
        "said": "New",
        "evidence": "seen on their screen",
        "mark": Mark(),
        "order_ids": ("101", "102"),
        "replace": 2,
        "base_qty": Decimal(0),
        "last_shares": Decimal(1),
        "cum_qty": Decimal(1),
        "replaces": "E1",
        "fee": Decimal(1),
    }
    told = issubclass(kind, ev.Told)
    if kind in {ev.FillConfirmed, ev.FeeNoted}:
        values["exec_id"] = "E1"
    wanted = {
        name: values[name]
        for name in kind.__struct_fields__
        if name in values and not (told and name in {"cum_qty", "cl_ord_id", "reason"})
    }
    return kind(**wanted)
