"""Which orders are in memory: how one that is at rest leaves, and how it comes back as if it had never left.

1. State is what events say, wherever an order is kept: leaving and coming back are no events. What a step decides is
   the same as if every order were in memory, if every order that `wanted` asks for is brought back before the step.
2. An order leaves whole: with every execution and report that it knows, so that a repeated fill still counts once;
   and with every id that leads to it.
3. An id that another order got meanwhile stays with that one: only ids that still belong to an order come back.
"""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from oms.core.blotter import Blotter
from oms.core.inputs import Input, PlaceOrder, Received
from oms.core.messages import CancelReject, ExecutionReport
from oms.core.order import Order

CL_ORD_ID: Final = "c"
ORDER_ID: Final = "o"
CLIENT_ORDER_ID: Final = "d"


class Key(Struct, frozen=True, array_like=True, gc=False):
    """One way to find an order: an id of a kind within its session or, for the desk's own id, its account."""

    kind: str
    scope: str | None
    id: str


class Resting(Struct, frozen=True, array_like=True):
    """An order outside of memory, with the ids that belonged to it when it left."""

    order: Order
    keys: tuple[Key, ...]


class Wanted(Struct, frozen=True):
    """What a step may need and memory does not have: an order by any id, or by our number.

    `is_new`: the id was most probably never given out before, so a cheap "no" is worth having.
    """

    id: str | None = None
    number: int | None = None
    is_new: bool = False


def is_at_rest(order: Order) -> bool:
    """Whether nothing more is expected of an order: it is over, complete, and no question about it is open."""
    return not (order.pending or order.questions or order.is_open or order.has_gap)


def resting(blotter: Blotter, order: Order) -> Resting:
    """Describe an order as it leaves; the order is shared, not copied."""
    book, session = blotter.book(order.session), order.session
    keys = [Key(CL_ORD_ID, session, any_id) for any_id in book.by_cl_ord_id.of(order)]
    keys += [Key(ORDER_ID, session, any_id) for any_id in book.by_order_id.of(order)]
    own = order.client_order_id
    if own is not None and blotter.by_client_id.get((order.account, own)) is order:
        keys.append(Key(CLIENT_ORDER_ID, order.account, own))
    return Resting(order, tuple(keys))


def evict(blotter: Blotter, order: Order) -> None:
    """Take an order that is at rest out of memory. Whoever calls keeps what `resting` gave of it."""
    book = blotter.book(order.session)
    book.by_cl_ord_id.release(order)
    book.by_order_id.release(order)
    key = order.account, order.client_order_id or ""
    if blotter.by_client_id.get(key) is order:
        del blotter.by_client_id[key]
    del blotter.orders[order.number]


def restore(blotter: Blotter, order: Order, keys: "Iterator[Key] | tuple[Key, ...]") -> None:
    """Bring an order back, with those of its ids that no other order has got meanwhile."""
    blotter.orders[order.number] = order
    book = blotter.book(order.session)
    for key in keys:
        if key.kind == CL_ORD_ID:
            book.by_cl_ord_id.setdefault(key.id, order)
        elif key.kind == ORDER_ID:
            book.by_order_id.setdefault(key.id, order)
        else:
            blotter.by_client_id.setdefault((key.scope, key.id), order)


# --- what a step may need -------------------------------------------------------------------------------------------


def wanted(blotter: Blotter, message: Input) -> Iterator[Wanted]:
    """Name what a step may look up and memory does not have, one after the other.

    Bring each back before taking the next: what is to be looked up depends on what was found.
    """
    if isinstance(message, Received):
        yield from _of_report(blotter, message.session, message.report)
    elif isinstance(message, PlaceOrder):
        yield Wanted(id=message.client_order_id, is_new=True)
    else:
        yield from _of_instruction(blotter, message)


def _of_report(blotter: Blotter, session: str, report: Any) -> Iterator[Wanted]:  # noqa: ANN401 - any report
    if type(report) is ExecutionReport or type(report) is CancelReject:
        yield from _as_named(blotter, session, report)
        return
    inner = getattr(report, "report", None)  # a query's answer: a report, and the executions behind it
    if inner is not None:
        yield from _of_report(blotter, session, inner)
    sent = blotter.book(session).sent_under(getattr(report, "ref_seq_num", None))
    if sent is not None and sent[0] not in blotter.orders:
        yield Wanted(number=sent[0])
    for name in ("ref_id", *_IDS):
        any_id = getattr(report, name, None)
        if any_id is not None and not _has(blotter, session, any_id):
            yield Wanted(id=any_id)


def _as_named(blotter: Blotter, session: str, report: "ExecutionReport | CancelReject") -> Iterator[Wanted]:
    """Follow `Blotter.of_report`: the first id that is known decides, and an OrderID may contradict it."""
    book = blotter.book(session)
    for cl_ord_id in (report.cl_ord_id, report.orig_cl_ord_id):
        if cl_ord_id is None:
            continue
        if cl_ord_id not in book.by_cl_ord_id:
            yield Wanted(id=cl_ord_id)
        order = book.by_cl_ord_id.get(cl_ord_id)
        if order is not None:
            untied = order.order_id is None and order.ended_here is None
            if untied or order.order_id == report.order_id:
                return
            break
    if report.order_id is not None and report.order_id not in book.by_order_id:
        yield Wanted(id=report.order_id)


_IDS: Final = ("cl_ord_id", "orig_cl_ord_id", "order_id", "client_order_id", "id")


def _of_instruction(blotter: Blotter, message: object) -> Iterator[Wanted]:
    number = getattr(message, "order", None)
    if isinstance(number, int) and number not in blotter.orders:
        yield Wanted(number=number)
    for name in _IDS:
        any_id = getattr(message, name, None)
        if isinstance(any_id, str):
            yield Wanted(id=any_id)  # also where one order in memory has it: several may
    for candidate in getattr(message, "candidates", ()):  # which of them are ours already?
        yield Wanted(id=candidate.order_id)


def _has(blotter: Blotter, session: str, any_id: str) -> bool:
    book = blotter.book(session)
    return any_id in book.by_cl_ord_id or any_id in book.by_order_id
