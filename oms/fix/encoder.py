"""`core.messages` to FIX fields: what the session sends. The other half is `codec`."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from oms.core.messages import CancelOrder, Command, NewOrder, ReplaceOrder, StatusRequest
from oms.core.values import format_decimal


def encode(message: Command, transact_time: str, *, cash_order_qty_tag: int = 152) -> list[tuple[int, str]]:
    """Write a command as (tag, text) pairs, MsgType (35) first; header and trailer are the session's business.

    Args:
        message: what to say.
        transact_time: TransactTime (60), UTC, as FIX writes it.
        cash_order_qty_tag: the tag that carries the quote amount of a market buy; venues differ.

    """
    pairs = [
        (tag, value) for tag, value in _WRITERS[type(message)](message, transact_time) if value is not None
    ]
    return [(cash_order_qty_tag if tag == 152 else tag, value) for tag, value in pairs]  # noqa: PLR2004 - FIX 4.2


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format_decimal(value)


def _write_new(message: NewOrder, transact_time: str) -> list[tuple[int, str | None]]:
    return [
        (35, "D"),
        (11, message.cl_ord_id),
        (1, message.account),
        (21, "1"),  # HandlInst: automated, no intervention
        (207, message.exchange),
        (55, message.symbol),
        (54, message.side),
        (60, transact_time),
        (38, _text(message.order_qty)),
        (152, _text(message.cash_order_qty)),
        (40, message.ord_type),
        (44, _text(message.price)),
        (59, message.time_in_force),
        (58, message.text),
    ]


def _write_cancel(message: CancelOrder, transact_time: str) -> list[tuple[int, str | None]]:
    return [
        (35, "F"),
        (41, message.orig_cl_ord_id),
        (37, message.order_id),
        (11, message.cl_ord_id),
        (1, message.account),
        (207, message.exchange),
        (55, message.symbol),
        (54, message.side),
        (60, transact_time),
        (38, _text(message.order_qty)),
        (58, message.text),
    ]


def _write_replace(message: ReplaceOrder, transact_time: str) -> list[tuple[int, str | None]]:
    return [
        (35, "G"),
        (37, message.order_id),
        (1, message.account),
        (41, message.orig_cl_ord_id),
        (11, message.cl_ord_id),
        (21, "1"),
        (207, message.exchange),
        (55, message.symbol),
        (54, message.side),
        (60, transact_time),
        (38, _text(message.order_qty)),
        (40, message.ord_type),
        (44, _text(message.price)),
        (59, message.time_in_force),
    ]


def _write_status(message: StatusRequest, _transact_time: str) -> list[tuple[int, str | None]]:
    return [
        (35, "H"),
        (37, message.order_id),
        (11, message.cl_ord_id),
        (1, message.account),
        (207, message.exchange),
        (55, message.symbol),
        (54, message.side),
    ]


_WRITERS: Final[dict[type, Callable[..., list[tuple[int, str | None]]]]] = {
    NewOrder: _write_new,
    CancelOrder: _write_cancel,
    ReplaceOrder: _write_replace,
    StatusRequest: _write_status,
}
