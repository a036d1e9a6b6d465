"""What a step works on: all state of the desk, and what the step under way has become so far."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from oms.core import events as ev
from oms.core.blotter import Blotter, Book
from oms.core.departures import Departures
from oms.core.doubt import Doubts, Timing
from oms.core.ids import ClOrdIds
from oms.core.inputs import Alert, Answer, Effect, Send
from oms.core.messages import Command
from oms.core.movements import Lane
from oms.core.order import Order, Request
from oms.core.outgoing import cancel_order, new_order, replace_order
from oms.core.records import Record
from oms.core.risk import Exposure, Limits
from oms.core.values import External, RequestKind

if TYPE_CHECKING:
    from oms.core.instruments import Key
    from oms.core.prices import Quote
    from oms.core.sweeping import Sweep


class Route(Struct, frozen=True, kw_only=True):
    """A session as the engine sees it.

    Attributes:
        session: its name in the configuration.
        account: the venue account it trades for.
        id_prefix: what every ClOrdID begins with.
        cancel_repeats_id: a cancel carries the order's own ClOrdID.
        cancel_before_ack: a cancel may leave while nobody knows whether the venue has the order. Not where its refusal
            could be read as that of the order, which may still be on its way.
        has_replace: the venue knows OrderCancelReplaceRequest.
        cancel_by_rest: a cancel may leave while the session is down, by another way.
        marks: the venue knows no client order ids: a submit needs a mark, and matching where its outcome is unknown.
        sweeps: everything can be canceled there, the orders of others too; its venue knows `CancelOpen`.
        proves_cum_qty: what was executed of a canceled order can be proven, by its report or by asking.
        external: what becomes of orders at the venue that nobody here knows.
        limits: the pre-trade limits.
        takes_back: the venue can be asked to take a withdrawal back.
        lanes: the ways that money may go; none: it does not move.

    """

    session: str
    account: str
    id_prefix: str
    cancel_repeats_id: bool = False
    cancel_before_ack: bool = False
    has_replace: bool = True
    cancel_by_rest: bool = False
    marks: bool = False
    sweeps: bool = False
    proves_cum_qty: bool = True
    external: External = External.ADOPT
    limits: Limits = Limits()
    takes_back: bool = False
    lanes: tuple[Lane, ...] = ()


class Work:
    """The state, and the events and effects of the step under way. Whatever changes the state is an event."""

    def __init__(self, routes: Iterable[Route], timing: Timing) -> None:
        """Start without orders."""
        self.routes: Mapping[str, Route] = {route.session: route for route in routes}
        self.timing = timing
        self.blotter = Blotter()
        self.ids = ClOrdIds()
        self.exposure = Exposure()
        self.doubts = Doubts(timing)
        self.departures = Departures()
        self.touched: set[int] = set()
        self.events: list[ev.Fact] = []
        self.effects: list[Effect] = []
        self.marking: set[int] = set()
        self.sweeps: dict[str, Sweep] = {}
        self.swept: dict[str, int] = {}  # when all was canceled, and a look found no more; of this run alone
        self.turning: list[str] = []  # the sessions whose cancels of this step leave together
        self.quotes: dict[str, dict[Key, Quote]] = {}  # the last ones, by session
        self.now = 0
        self.counts_exposure = any(route.limits.needs_exposure for route in self.routes.values())
        self._prefixes = {route.session: route.id_prefix for route in self.routes.values()}

    def begin(self, now_ns: int) -> None:
        """Begin a step."""
        self.now, self.events, self.effects = now_ns, [], []

    def recover(self, record: Record) -> None:
        """Fold a record of the journal; no effect comes of it."""
        for event in record.events:
            self._note_ids(event, self.blotter.apply(event))
        self.note_ends(record.events, record.time_ns)

    def note_ends(self, events: Iterable[ev.Fact], time_ns: int) -> None:
        """Remember the orders that a step ended: a fill of them may still be on its way when the session drops."""
        for event in events:
            if type(event) in _ENDING:
                order = self.blotter.orders[event.order]  # type: ignore[attr-defined] # the kind says so
                self.blotter.book(order.session).note_end(time_ns, order.number)

    def emit(self, *events: ev.Fact) -> None:
        """Fold events, and give them out with the step."""
        for event in events:
            self._noticed(event, self.blotter.apply(event))
            self.events.append(event)

    def _noticed(self, event: ev.Fact, order: Order | None) -> None:
        """Keep what is derived from events: ids given out, what is to be published, deadlines."""
        if order is None:
            return
        self.touched.add(order.number)
        self._note_ids(event, order)
        if isinstance(event, _EXPECTING):
            self.doubts.watch(order, event.request)

    def _note_ids(self, event: ev.Fact, order: Order | None) -> None:
        if order is not None and isinstance(event, _NAMING):
            self.ids.note(event.cl_ord_id, self._prefixes.get(order.session, ""))

    def alert(self, code: str, text: str, *, order: Order | None = None, session: str | None = None) -> None:
        """Tell people, with the order or the session that it is about."""
        named = order.session if order else session
        self.effects.append(Alert(code=code, text=text, session=named, order=order.number if order else None))

    def send(self, order: Order, message: Command, request: int) -> None:
        """Say something to the order's venue after the commit; `request` 0 is a status question."""
        self.effects.append(Send(session=order.session, message=message, order=order.number, request=request))

    def release(self, order: Order, request: Request) -> None:
        """Let a request leave, or leave once more."""
        self.emit(ev.RequestReleased(order=order.number, request=request.number, time_ns=self.now))
        message: Command
        if request.kind is RequestKind.NEW:
            message = new_order(order)
        elif request.kind is RequestKind.CANCEL:
            self.departures.overtook(order)
            message = cancel_order(order, request)
        else:
            message = replace_order(order, request)
        self.send(order, message, request.number)

    # --- looking up

    def book(self, order: Order) -> Book:
        """Give the book of the order's session."""
        return self.blotter.book(order.session)

    def route(self, order: Order) -> Route | None:
        """Give the route of an order; None where its session is not configured any more."""
        return self.routes.get(order.session)

    def named(self, any_id: str) -> tuple[Order | None, Answer | None]:
        """Find the one order that an instruction names, or say why there is not one."""
        found = self.blotter.search(any_id)
        if not found:
            return None, Answer(refusal="NOT_FOUND", field="id", text=f"no order has the id {any_id!r}")
        if len(found) > 1:
            told = f"{len(found)} orders have the id {any_id!r}; name one by its ClOrdID"
            return None, Answer(refusal="AMBIGUOUS", field="id", text=told)
        return found[0], None

    def new_id(self, order: Order) -> str:
        """Allocate a ClOrdID for another request of an order."""
        route = self.route(order)
        return self.ids.next(route.id_prefix if route else "", self.now)

    def next_request(self) -> int:
        """Give the number of the next request."""
        return self.blotter.last_request + 1


_ENDING = frozenset({ev.Canceled, ev.Expired})
_NAMING = ev.Placed | ev.CancelRequested | ev.ReplaceRequested
_EXPECTING = ev.Placed | ev.CancelRequested | ev.ReplaceRequested | ev.RequestReleased | ev.LegOpened
