"""What the engine did, as lines of the daemon's log, written when the engine has a moment.

Written at once, a line takes longer than the order's own step, and the venue's answer waits for it. So lines are noted,
and written several at a time, which makes each of them cheaper, or as soon as there is nothing else to do.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import structlog

from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.records import Record

NOTEWORTHY: Final = (
    ev.Placed,
    ev.Denied,
    ev.Rejected,
    ev.InDoubt,
    ev.CancelRejected,
    ev.RequestDropped,
    ev.Adopted,
)
log = structlog.get_logger("oms")


class Line(NamedTuple):
    """One line: what happened, and the fields that say to which order."""

    event: str
    fields: dict[str, Any]


class LogLines:
    """The lines that wait to be written. For the engine's thread alone."""

    def __init__(self) -> None:
        """Begin with none."""
        self._noted: list[Line] = []

    def __len__(self) -> int:
        """Count the lines that wait."""
        return len(self._noted)

    def note(self, records: Iterable[Record], blotter: Blotter) -> None:
        """Keep what is worth a line, as the orders are named now."""
        for record in records:
            for event in record.events:
                if isinstance(event, NOTEWORTHY):
                    self._noted.append(_line(event, blotter))

    def write(self) -> None:
        """Write what was noted."""
        noted, self._noted = self._noted, []
        for line in noted:
            log.info(line.event, **line.fields)


def _line(event: ev.Event, blotter: Blotter) -> Line:
    order = blotter.orders[event.order]
    fields = {
        "order": order.number,
        "cl_ord_id": order.cl_ord_id,
        "client_order_id": order.client_order_id,
        "order_id": order.order_id,
        "session": order.session,
        "reason": getattr(event, "reason", None),
    }
    return Line(type(event).__name__, fields)
