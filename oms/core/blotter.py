"""All orders, found by any id; state is what `apply` has folded.

Ids are looked up within their session, because ClOrdIDs and OrderIDs are unique only there: every ClOrdID that any
request of a chain ever had, the venue's OrderID, and the desk's own id within its account.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from oms.core import events as ev
from oms.core.book import Book, apply_to_session
from oms.core.errors import IllegalTransition
from oms.core.order import Order, Request, fold
from oms.core.positions import Positions
from oms.core.values import Phase, RequestKind, shared

if TYPE_CHECKING:
    from oms.core.messages import CancelReject, ExecutionReport

__all__ = ["Blotter", "Book"]


class Blotter:
    """The orders of every session. Only `apply` changes them."""

    def __init__(self) -> None:
        """Start without orders."""
        self.orders: dict[int, Order] = {}
        self.books: dict[str, Book] = {}
        self.by_client_id: dict[tuple[str | None, str], Order] = {}
        self.accounts: set[str | None] = set()
        self.positions = Positions()
        self.last_order = 0
        self.last_request = 0

    def book(self, session: str) -> Book:
        """Give the book of a session; an unknown one starts empty."""
        book = self.books.get(session)
        if book is None:
            book = self.books[session] = Book()
        return book

    # --- looking up

    def find(self, session: str, cl_ord_id: str | None, order_id: str | None = None) -> Order | None:
        """Find an order by ClOrdID, else by OrderID, within a session."""
        book = self.books.get(session)
        if book is None:
            return None
        found = book.by_cl_ord_id.get(cl_ord_id) if cl_ord_id is not None else None
        if found is None and order_id is not None:
            found = book.by_order_id.get(order_id)
        return found

    def search(self, any_id: str) -> list[Order]:
        """Find orders by any id in any session: the desk's own, a ClOrdID of the chain, or OrderID."""
        found = {order.number: order for key, order in self._by_client_id(any_id)}
        for book in self.books.values():
            for index in (book.by_cl_ord_id, book.by_order_id):
                order = index.get(any_id)
                if order is not None:
                    found[order.number] = order
        return list(found.values())

    def _by_client_id(self, client_order_id: str) -> Iterator[tuple[str, Order]]:
        for account in self.accounts:
            order = self.by_client_id.get((account, client_order_id))
            if order is not None:
                yield client_order_id, order

    def of_report(self, session: str, report: "ExecutionReport | CancelReject") -> Order | None:
        """Find the order that a report is about: ClOrdID, then OrigClOrdID, then OrderID."""
        book = self.books.get(session)
        if book is None:
            return None
        found = book.by_cl_ord_id.get(report.cl_ord_id) if report.cl_ord_id is not None else None
        if found is None and report.orig_cl_ord_id is not None:
            found = book.by_cl_ord_id.get(report.orig_cl_ord_id)
        if found is None and report.order_id is not None:
            found = book.by_order_id.get(report.order_id)
        return found

    def sent_as(self, session: str, seq: int | None) -> tuple[Order, Request | None] | None:
        """Find what left under a MsgSeqNum of the present logon; the request is None for a status question."""
        entry = self.book(session).sent_under(seq)
        if entry is None:
            return None
        order = self.orders.get(entry[0])
        return None if order is None else (order, order.request(entry[1]))

    # --- changing

    def apply(self, event: ev.Fact, about: Order | None = None) -> Order | None:
        """Fold one event; `about` spares the look for its order, where it is at hand.

        Returns:
            The order it changed, or None for an event of a session.

        Raises:
            IllegalTransition: the event names no order, or one that cannot undergo it.

        """
        if not isinstance(event, ev.Event):
            self._apply_to_session(event)
            return None
        number = event.order
        order = about if about is not None and about.number == number else self.orders.get(number)
        if order is None:
            return self._take_on(event)
        cum_qty, notional, fees = order.cum_qty, order.notional, order.fees
        unpriced = order.unpriced
        fold(order, event)
        if order.cum_qty is not cum_qty or order.notional is not notional:
            self.positions.move(
                order, order.cum_qty - cum_qty, order.notional - notional, order.unpriced - unpriced
            )
        if order.fees is not fees:
            self.positions.charge(order, fees)
        index = _INDEXED.get(type(event))
        if index is not None:
            index(self, self.books[order.session], order, event)
        return order

    def _apply_to_session(self, event: ev.Fact) -> None:
        if not isinstance(event, ev.SessionFact):
            message = f"{event!r} is no event that this program knows"
            raise IllegalTransition(message)
        apply_to_session(self.book(event.session), event)

    def apply_all(self, events: Iterable[ev.Fact]) -> None:
        """Fold events in order."""
        for event in events:
            self.apply(event)

    def _take_on(self, event: ev.Event) -> Order:
        if not isinstance(event, ev.Placed | ev.Adopted):
            message = f"{event!r} names no order that exists"
            raise IllegalTransition(message)
        book = self.book(event.session)
        order = _placed(event) if isinstance(event, ev.Placed) else _adopted(event)
        self.orders[order.number] = order
        self.last_order = max(self.last_order, order.number)
        book.open[order.number] = order
        if order.cl_ord_id is not None:
            book.by_cl_ord_id[order.cl_ord_id] = order
        if order.client_order_id is not None:
            self.by_client_id[order.account, order.client_order_id] = order
            self.accounts.add(order.account)
        if order.order_id is not None:
            book.by_order_id[order.order_id] = order
        if isinstance(event, ev.Placed):
            self.last_request = max(self.last_request, event.request)
            book.awaiting.setdefault((order.symbol, order.side), {})[order.number] = order
            book.unanswered[order.number] = order
        return order


def _placed(event: ev.Placed) -> Order:
    order = Order(
        number=event.order,
        session=event.session,
        symbol=shared(event.symbol),
        side=event.side,
        cl_ord_id=event.cl_ord_id,
        first_cl_ord_id=event.cl_ord_id,
        created_ns=event.time_ns,
        placed=event,
        account=shared(event.account),
        exchange=shared(event.exchange),
        client_order_id=event.client_order_id,
        ord_type=event.ord_type,
        time_in_force=event.time_in_force,
        order_qty=event.order_qty,
        cash_order_qty=event.cash_order_qty,
        price=event.price,
        actor=event.actor,
        origin=event.origin,
    )
    order.pending.append(
        Request(
            number=event.request,
            kind=RequestKind.NEW,
            cl_ord_id=event.cl_ord_id,
            since_ns=event.time_ns,
            price=event.price,
            order_qty=event.order_qty,
            waiting=event.waiting,
        )
    )
    return order


def _adopted(event: ev.Adopted) -> Order:
    return Order(
        number=event.order,
        session=event.session,
        symbol=event.symbol,
        side=event.side,
        cl_ord_id=event.cl_ord_id,
        first_cl_ord_id=event.cl_ord_id,
        created_ns=event.time_ns,
        account=event.account,
        exchange=event.exchange,
        order_id=event.order_id,
        order_qty=event.order_qty,
        price=event.price,
        external=True,
    )


# --- keeping the indexes --------------------------------------------------------------------------------------------


def _tell(blotter: Blotter, book: Book, order: Order, event: Any) -> None:  # noqa: ANN401 - any Told event
    """After a report: its OrderID finds the order, and what it answered is no longer awaited."""
    if event.order_id is not None:
        book.by_order_id[event.order_id] = order
    _settle(blotter, book, order, event)


def _fill(blotter: Blotter, book: Book, order: Order, event: ev.Filled) -> None:
    """After a fill nothing else changes for an acknowledged order that has no request open and is not done."""
    if event.order_id is not None or order.number in book.unanswered or order.is_filled:
        _tell(blotter, book, order, event)


def _end(blotter: Blotter, book: Book, order: Order, event: "ev.Canceled | ev.Expired | ev.Rejected") -> None:
    if event.decided is not None:
        book.note_end_here(order.number)
    _tell(blotter, book, order, event)


def _replace(blotter: Blotter, book: Book, order: Order, event: ev.Replaced) -> None:
    if event.cl_ord_id is not None:  # known already, unless nobody here sent the replace
        book.by_cl_ord_id.setdefault(event.cl_ord_id, order)
    _tell(blotter, book, order, event)


def _settle(_blotter: Blotter, book: Book, order: Order, _event: object) -> None:
    """Bring the sets of open, unanswered and awaiting orders in line with the order."""
    number = order.number
    if order.pending:
        book.unanswered[number] = order
    else:
        book.unanswered.pop(number, None)
    if order.is_open:
        book.open[number] = order
    else:
        book.open.pop(number, None)
    if order.order_id is not None or order.phase is not Phase.PENDING_NEW:
        key = (order.symbol, order.side)
        awaiting = book.awaiting.get(key)
        if awaiting is not None and awaiting.pop(number, None) is not None and not awaiting:
            del book.awaiting[key]


def _ask(
    blotter: Blotter,
    book: Book,
    order: Order,
    event: "ev.CancelRequested | ev.ReplaceRequested | ev.LegOpened",
) -> None:
    blotter.last_request = max(blotter.last_request, event.request)
    book.by_cl_ord_id.setdefault(event.cl_ord_id, order)
    _settle(blotter, book, order, event)


def _reopen(blotter: Blotter, book: Book, order: Order, event: ev.Reopened) -> None:
    """It is open again, and awaits its acknowledgement where it has no OrderID."""
    if order.order_id is None:
        book.awaiting.setdefault((order.symbol, order.side), {})[order.number] = order
    _settle(blotter, book, order, event)


def _open_leg(blotter: Blotter, book: Book, order: Order, event: ev.LegOpened) -> None:
    """The new leg awaits its acknowledgement, as a new order does."""
    _ask(blotter, book, order, event)
    book.awaiting.setdefault((order.symbol, order.side), {})[order.number] = order


def _name(_blotter: Blotter, book: Book, order: Order, event: ev.Resolved) -> None:
    """A person has said which order at the venue it is."""
    if event.order_id is not None and event.order_id == order.order_id:
        book.by_order_id[event.order_id] = order
    _settle(_blotter, book, order, event)


def _note_seq(_blotter: Blotter, book: Book, order: Order, event: ev.RequestSent) -> None:
    book.note_sent(event.seq, order.number, event.request)


def _note_question(_blotter: Blotter, book: Book, order: Order, _event: object) -> None:
    if order.questions:
        book.asked[order.number] = order
    else:
        book.asked.pop(order.number, None)


_INDEXED: Final[dict[type, Callable[[Blotter, Book, Order, Any], None]]] = {
    **dict.fromkeys(
        (
            ev.Accepted,
            ev.PendingNewSeen,
            ev.FillBusted,
            ev.FillCorrected,
            ev.FillIdentified,
            ev.DoneForDay,
            ev.CancelPending,
            ev.ReplacePending,
            ev.CancelRejected,
            ev.ReplaceRejected,
            ev.Stopped,
            ev.Suspended,
            ev.Calculated,
            ev.Restated,
            ev.Resumed,
        ),
        _tell,
    ),
    **dict.fromkeys((ev.Canceled, ev.Expired, ev.Rejected), _end),
    ev.Filled: _fill,
    ev.LegFilled: _fill,
    ev.LegBusted: _tell,
    ev.LegCorrected: _tell,
    ev.LegCanceled: _tell,
    ev.LegOpened: _open_leg,
    ev.Replaced: _replace,
    ev.Denied: _settle,
    ev.Reopened: _reopen,
    ev.FillInferred: _settle,
    ev.Completed: _settle,
    ev.FilledWhole: _settle,
    ev.RequestDropped: _settle,
    ev.CancelRequested: _ask,
    ev.ReplaceRequested: _ask,
    ev.RequestSent: _note_seq,
    ev.Resolved: _name,
    ev.StatusRequested: _note_question,
    ev.StatusAnswered: _note_question,
    ev.AnswerRepeated: _note_question,
    ev.QuestionLost: _note_question,
}
