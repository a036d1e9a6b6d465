"""What the module of a REST venue does for the engine, and what it gives."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct

from oms.core.errors import OutcomeUnknown, VenueError
from oms.core.messages import (
    CancelOrder,
    CancelReject,
    ExecutionReport,
    NewOrder,
    OrderSnapshot,
    StatusRequest,
)
from oms.core.order import Order
from oms.core.values import ExecTransType, ExecType, OrdStatus
from oms.rest.line import Line


class Told(Struct, frozen=True):
    """What a venue said of one order. `report` names it by ClOrdID; `raw` is the text of the answer, or its row."""

    report: ExecutionReport | OrderSnapshot | CancelReject
    raw: str

    @property
    def state(self) -> ExecutionReport | CancelReject:
        """The state that it tells, without fills."""
        return self.report.report if isinstance(self.report, OrderSnapshot) else self.report


Outcome = Told | VenueError


class Unreadable(OutcomeUnknown):
    """The venue was reached and answered, in JSON that is not what was asked for: no reason to think it is gone."""


class Adapter(Protocol):
    """Speaks to a venue with one key, on the thread of its worker. All methods raise VenueError.

    Attributes:
        line: its connection, by which every request leaves.
        most_cancels: so many cancels it takes at a time.

    """

    line: Line
    most_cancels: int

    @property
    def more_polls(self) -> int:
        """So many polls more, at once, show all that the last one found changed or new: it asked about a few only."""
        ...

    def greet(self) -> None:
        """Ask something that only a key that works gets an answer to; compare clocks."""
        ...

    def place(self, message: NewOrder) -> Told:
        """Enter an order, once."""
        ...

    def cancel(self, messages: Sequence[CancelOrder]) -> Sequence[Outcome]:
        """Cancel orders, each once; an outcome for each, in their order."""
        ...

    def query(self, message: StatusRequest) -> Told:
        """Ask for an order and its fills; give `unknown_order` where the venue does not have it."""
        ...

    def poll(self, orders: Sequence[Order]) -> Iterable[Told]:
        """Ask for these orders of ours, as cheaply as can be; what the venue does not tell is left out.

        Where the venue lists all that is open, what nobody here knows is told too, also where there is none of ours.
        """
        ...

    def catch_up(self) -> Iterable[Told]:
        """Ask for the orders there that we do not know, or that stand otherwise there than here."""
        ...


def unknown_order(cl_ord_id: str, text: str, order_id: str | None = None) -> ExecutionReport:
    """Say that the venue does not have an order: OrdRejReason 5, in an answer to a status question.

    `cl_ord_id` is empty for an order of others, which goes by `order_id`.
    """
    return ExecutionReport(
        cl_ord_id=cl_ord_id or None,
        order_id=None if cl_ord_id else order_id,
        exec_trans_type=str(ExecTransType.STATUS),
        exec_type=str(ExecType.REJECTED),
        ord_status=str(OrdStatus.REJECTED),
        ord_rej_reason="5",
        text=text,
    )
