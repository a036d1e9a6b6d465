"""What a replay ends with, for people: one line for each order."""

from collections.abc import Iterable, Iterator
from typing import Final

from oms.core.order import Order
from oms.core.values import Side, format_decimal
from oms.core.views import order_view

_COLUMNS: Final = (
    "ClOrdID", "OrderID", "Symbol", "Side", "OrdStatus", "Phase",
    "OrderQty", "CumQty", "LeavesQty", "AvgPx", "Price", "Open",
)  # fmt: skip


_SIDE_NAMES: Final[dict[str, str]] = {side: side.name.title().replace("_", "") for side in Side}


def order_table(orders: Iterable[Order]) -> Iterator[str]:
    """Lay out one line for each order, under a line of titles."""
    cells = [_COLUMNS, *(_cells(order) for order in orders)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _cells(order: Order) -> tuple[str, ...]:
    view = order_view(order)
    side = _SIDE_NAMES.get(order.side, order.side)
    keys = ("order_qty", "cum_qty", "leaves_qty", "avg_px", "price")
    return (
        order.cl_ord_id or "-",
        order.order_id or "-",
        order.symbol or "-",
        side or "-",
        view["ord_status_name"],
        view["phase"],
        *(view[key] or "-" for key in keys),
        _what_is_open(order),
    )


def _what_is_open(order: Order) -> str:
    """Name what the venue has not answered, and what it reported beyond the fills that arrived."""
    asked = [f"{request.kind} {request.cl_ord_id}{'?' * request.in_doubt}" for request in order.pending]
    return ", ".join([*asked, *([f"gap {format_decimal(order.gap)}"] if order.gap else [])])
