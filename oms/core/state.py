"""All state of the desk as one value, and back: what a snapshot holds.

Orders stand once and are named by number elsewhere. What is derived from the present alone (exposure, deadlines) is not
state: `Start` builds it anew, as after any restart.
"""

from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import fields

from oms.core.blotter import Blotter
from oms.core.book import Book
from oms.core.ids import ClOrdIds
from oms.core.naming import Ids
from oms.core.order import Order
from oms.core.positions import Position


class BookState(Struct, kw_only=True):
    """What is known of one session; see `oms.core.book.Book`. `facts`: every field of it that names no order."""

    facts: dict[str, Any]
    by_cl_ord_id: dict[str, int]
    by_order_id: dict[str, int]
    awaiting: list[tuple[str, str, list[int]]]
    unanswered: list[int]
    open: list[int]
    asked: list[int]


OF_ORDERS: Final = frozenset(BookState.__struct_fields__) - {"facts"}
_FACTS: Final = {each.name: each.type for each in fields(Book) if each.name not in OF_ORDERS}


class State(Struct, kw_only=True):
    """All state. Orders at rest may be missing: they are kept elsewhere."""

    orders: list[Order]
    books: dict[str, BookState]
    by_client_id: list[tuple[str | None, str, int]]
    accounts: list[str | None]
    positions: list[tuple[str | None, str, Position]]
    last_order: int
    last_request: int
    last_id: int


def capture(blotter: Blotter, ids: ClOrdIds) -> State:
    """Describe the state; orders and positions are shared, so encode it before the next step."""
    return State(
        orders=list(blotter.orders.values()),
        books={session: _book_state(book) for session, book in blotter.books.items()},
        by_client_id=[
            (account, any_id, order.number) for (account, any_id), order in blotter.by_client_id.items()
        ],
        accounts=list(blotter.accounts),
        positions=[
            (account, symbol, position) for (account, symbol), position in blotter.positions.by_key.items()
        ],
        last_order=blotter.last_order,
        last_request=blotter.last_request,
        last_id=ids.last,
    )


def _book_state(book: Book) -> BookState:
    return BookState(
        facts={name: getattr(book, name) for name in _FACTS},
        by_cl_ord_id=_numbers(book.by_cl_ord_id),
        by_order_id=_numbers(book.by_order_id),
        awaiting=[(symbol, side, list(orders)) for (symbol, side), orders in book.awaiting.items()],
        unanswered=list(book.unanswered),
        open=list(book.open),
        asked=list(book.asked),
    )


def _numbers(ids: dict[str, Order]) -> dict[str, int]:
    return {any_id: order.number for any_id, order in ids.items()}


def load(state: State, blotter: Blotter, ids: ClOrdIds) -> None:
    """Put a state into an empty blotter."""
    orders = {order.number: order for order in state.orders}
    blotter.orders.update(orders)
    for session, of_book in state.books.items():
        _load_book(of_book, blotter.book(session), orders)
    for account, any_id, number in state.by_client_id:
        blotter.by_client_id[account, any_id] = orders[number]
    blotter.accounts.update(state.accounts)
    for account, symbol, position in state.positions:
        blotter.positions.by_key[account, symbol] = position
    blotter.last_order, blotter.last_request = state.last_order, state.last_request
    ids.last = state.last_id


def _load_book(state: BookState, book: Book, orders: dict[int, Order]) -> None:
    for name, value in state.facts.items():
        setattr(book, name, msgspec.convert(value, _FACTS[name]))
    _fill(book.by_cl_ord_id, state.by_cl_ord_id, orders)
    _fill(book.by_order_id, state.by_order_id, orders)
    for symbol, side, numbers in state.awaiting:
        book.awaiting[symbol, side] = {number: orders[number] for number in numbers}
    book.unanswered.update((number, orders[number]) for number in state.unanswered)
    book.open.update((number, orders[number]) for number in state.open)
    book.asked.update((number, orders[number]) for number in state.asked)


def _fill(ids: Ids, numbers: dict[str, int], orders: dict[int, Order]) -> None:
    for any_id, number in numbers.items():
        ids[any_id] = orders[number]
