"""Which records concern an order, whatever id of it is known.

An order gets its ids one after the other: a replace brings a new ClOrdID, the acknowledgement the venue's OrderID. So
the journal is read twice: once for the numbers of the orders that ever had the id, once for their records.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from oms.core.events import AnyEvent, ReportHeld, ReportUnheld
from oms.core.messages import ExecutionReport
from oms.core.records import Record

_IDS: Final = ("cl_ord_id", "orig_cl_ord_id", "order_id", "client_order_id", "exec_id", "exec_ref_id")


def orders_called(any_id: str, records: Iterable[Record]) -> set[int]:
    """Find our numbers of the orders that ever had this id, or have it as their number."""
    found = {int(any_id)} if any_id.isascii() and any_id.isdigit() else set()
    for record in records:
        found.update(_number(event) for event in record.events if _bears(event, any_id))
    return found - {0}


def concerning(
    any_id: str, orders: set[int], numbered: Iterable[tuple[int, Record]]
) -> Iterator[tuple[int, Record]]:
    """Keep the records of these orders, and of reports with this id that wait for their order."""
    held: set[tuple[str, int]] = set()
    for number, record in numbered:
        if record.order in orders or any(_concerns(event, any_id, orders, held) for event in record.events):
            yield number, record


def _concerns(event: AnyEvent, any_id: str, orders: set[int], held: set[tuple[str, int]]) -> bool:
    if isinstance(event, ReportHeld):
        if _bears(event.report, any_id):
            held.add((event.session, event.ref))
            return True
        return False
    if isinstance(event, ReportUnheld):
        return (event.session, event.ref) in held
    return _number(event) in orders


def _bears(thing: AnyEvent | ExecutionReport, any_id: str) -> bool:
    return any(getattr(thing, name, None) == any_id for name in _IDS)


def _number(event: AnyEvent) -> int:
    return getattr(event, "order", 0)
