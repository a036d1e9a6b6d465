"""The engine: one input in, events and effects out. Pure: no clock, no I/O; the time is an argument.

Invariants
1. Whatever `step` changes, it returns as events: `recover` folds them again into the same state.
2. What leaves is an effect of a step, so the caller can commit the events before it performs them.
3. Nothing is sent twice blindly. A request without an answer is in doubt; the venue is asked, and evidence decides.
4. A cancel is never refused for the order's state: it waits until it can leave, or ends with a reason.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.doubt import Doubts, Timing, is_overdue
from oms.core.ids import ClOrdIds
from oms.core.inputs import (
    Alert,
    Answer,
    AskStatus,
    Cancel,
    Effect,
    Input,
    PlaceOrder,
    Received,
    ResendRefused,
    Send,
    SessionDown,
    SessionUp,
    Start,
    StayedHere,
    Step,
    Tick,
    WentOut,
)
from oms.core.intake import receive
from oms.core.messages import Anomaly, Command, Reject
from oms.core.order import Order, Request
from oms.core.outgoing import cancel_order, new_order, repeated, status_request
from oms.core.records import Record
from oms.core.risk import Denial, Exposure, Limits, check
from oms.core.values import AnomalyCode, Phase, RequestKind


class Route(Struct, frozen=True, kw_only=True):
    """A session as the engine sees it.

    Attributes:
        session: its name in the configuration.
        account: the venue account it trades for.
        id_prefix: what every ClOrdID begins with.
        cancel_repeats_id: a cancel carries the order's own ClOrdID.
        cancel_before_ack: a cancel may leave while nobody knows whether the venue has the order. Not where its refusal
            could be read as that of the order, which may still be on its way.
        limits: the pre-trade limits.

    """

    session: str
    account: str
    id_prefix: str
    cancel_repeats_id: bool = False
    cancel_before_ack: bool = False
    limits: Limits = Limits()


class Engine:
    """All state of the desk. One thread calls it."""

    def __init__(self, routes: Iterable[Route], timing: Timing | None = None) -> None:
        """Start without orders."""
        self.routes: Mapping[str, Route] = {route.session: route for route in routes}
        self.timing = timing or Timing()
        self.blotter = Blotter()
        self.ids = ClOrdIds()
        self.exposure = Exposure()
        self.doubts = Doubts(self.timing)
        self.touched: set[int] = set()
        self._events: list[ev.Fact] = []
        self._effects: list[Effect] = []
        self._now = 0
        self._counts_exposure = any(route.limits.needs_exposure for route in self.routes.values())
        self._prefixes = {route.session: route.id_prefix for route in self.routes.values()}

    # --- from outside

    def recover(self, record: Record) -> None:
        """Fold a record of the journal; no effect comes of it."""
        for event in record.events:
            self._note_ids(event, self.blotter.apply(event))

    def step(self, message: Input, now_ns: int, ref: int = 0) -> Step:
        """Take in one input and apply what it becomes.

        Args:
            message: the input.
            now_ns: nanoseconds since the epoch, UTC.
            ref: the number of the journal record that this step will be.

        """
        self._now, self._events, self._effects = now_ns, [], []
        order, answer, anomaly = self._dispatch(message, ref)
        if anomaly is not None:
            self._note_anomaly(order, anomaly)
        for number in self._settled_orders():
            self._move_on(self.blotter.orders[number])
        return Step(
            events=tuple(self._events),
            effects=tuple(self._effects),
            answer=answer,
            anomaly=anomaly,
            order=order.number if order else None,
        )

    def _note_anomaly(self, order: Order | None, anomaly: Anomaly) -> None:
        """Show an anomaly on its order, and ask the venue how it stands: something it said is not counted."""
        self._alert(str(anomaly.code), anomaly.text, order=order)
        if order is None:
            return
        self._emit(ev.AnomalyNoted(order=order.number, code=str(anomaly.code), text=anomaly.text))
        if anomaly.code is not AnomalyCode.STATUS_MISMATCH and not order.questions:
            self._ask(order)

    def take_touched(self) -> set[int]:
        """Give the numbers of the orders that changed since the last call."""
        touched, self.touched = self.touched, set()
        return touched

    def next_due_ns(self) -> int | None:
        """Say when the next `Tick` has something to do; None when nothing is planned."""
        return self.doubts.next_due_ns()

    # --- dispatch

    def _dispatch(self, message: Input, ref: int) -> tuple[Order | None, Answer | None, Anomaly | None]:
        match message:
            case Received():
                return self._received(message, ref)
            case WentOut():
                self._emit(ev.RequestSent(order=message.order, request=message.request, seq=message.seq))
            case PlaceOrder():
                return self._place(message)
            case Cancel():
                return self._cancel(message)
            case AskStatus():
                return self._ask_for(message)
            case Tick():
                self._tick()
            case StayedHere():
                self._stayed_here(message)
            case ResendRefused():
                self._resend_refused(message)
            case SessionUp():
                self._session_up(message.session)
            case SessionDown():
                self._session_down(message)
            case Start():
                self._start()
        return None, None, None

    def _emit(self, *events: ev.Fact) -> None:
        for event in events:
            self._fold(event)
            self._events.append(event)

    def _fold(self, event: ev.Fact) -> None:
        self._noticed(event, self.blotter.apply(event))

    def _noticed(self, event: ev.Fact, order: Order | None) -> None:
        """Keep what is derived from events: ids given out, what is to be published, deadlines."""
        if order is None:
            return
        self.touched.add(order.number)
        self._note_ids(event, order)
        if isinstance(event, ev.Placed | ev.CancelRequested | ev.ReplaceRequested | ev.RequestReleased):
            self.doubts.watch(order, event.request)

    def _note_ids(self, event: ev.Fact, order: Order | None) -> None:
        if order is not None and isinstance(event, ev.Placed | ev.CancelRequested | ev.ReplaceRequested):
            self.ids.note(event.cl_ord_id, self._prefixes.get(order.session, ""))

    def _alert(self, code: str, text: str, *, order: Order | None = None, session: str | None = None) -> None:
        named = order.session if order else session
        self._effects.append(
            Alert(code=code, text=text, session=named, order=order.number if order else None)
        )

    def _send(self, order: Order, message: Command, request: int) -> None:
        self._effects.append(
            Send(session=order.session, message=message, order=order.number, request=request)
        )

    # --- new orders

    def _place(self, command: PlaceOrder) -> tuple[Order | None, Answer, None]:
        route = self._route_of(command)
        if route is None:
            known = ", ".join(sorted(self.routes)) or "none"
            told = f"session {command.session!r} is not configured; configured: {known}"
            return None, Answer(refusal="INVALID", field="session", text=told), None
        first = self.blotter.by_client_id.get((route.account, command.client_order_id))
        if first is not None:
            return first, repeated(first, command, route.session), None
        denial = self._deny(command, route)
        waiting = denial is None and self.doubts.is_asking(route.session)
        order = self._placed(command, route, waiting=waiting)
        if denial is not None:
            self._emit(ev.Denied(order=order.number, code=denial.code, reason=denial.text))
        elif not waiting:
            self._send(order, new_order(order), order.pending[0].number)
        return order, Answer(order=order.number, created=True), None

    def _route_of(self, command: PlaceOrder) -> Route | None:
        if command.session is not None:
            return self.routes.get(command.session)
        for route in self.routes.values():  # the one made for that exchange, else the first
            if command.exchange is not None and command.exchange in route.limits.exchanges:
                return route
        return next(iter(self.routes.values()), None)

    def _deny(self, command: PlaceOrder, route: Route) -> Denial | None:
        denial = check(command, route.limits, self.exposure, route.account)
        if denial is None and not self.blotter.book(route.session).logged_on:
            reason = self.blotter.book(route.session).reason
            why = f": {reason}" if reason else ""
            return Denial("NOT_LOGGED_ON", f"session {route.session} is not logged on{why}; nothing was sent")
        return denial

    def _placed(self, command: PlaceOrder, route: Route, *, waiting: bool) -> Order:
        number = self.blotter.last_order + 1
        self._emit(
            ev.Placed(
                order=number,
                request=self.blotter.last_request + 1,
                cl_ord_id=self.ids.next(route.id_prefix, self._now),
                session=route.session,
                symbol=command.symbol,
                side=command.side,
                ord_type=command.ord_type,
                time_in_force=command.time_in_force,
                time_ns=self._now,
                account=route.account,
                exchange=command.exchange,
                client_order_id=command.client_order_id,
                order_qty=command.order_qty,
                cash_order_qty=command.cash_order_qty,
                price=command.price,
                waiting=waiting,
                actor=command.actor,
                origin=command.origin,
            )
        )
        return self.blotter.orders[number]

    # --- cancels and questions

    def _named(self, any_id: str) -> tuple[Order | None, Answer | None]:
        found = self.blotter.search(any_id)
        if not found:
            return None, Answer(refusal="NOT_FOUND", field="id", text=f"no order has the id {any_id!r}")
        if len(found) > 1:
            told = f"{len(found)} orders have the id {any_id!r}; name one by its ClOrdID"
            return None, Answer(refusal="AMBIGUOUS", field="id", text=told)
        return found[0], None

    def _cancel(self, command: Cancel) -> tuple[Order | None, Answer | None, None]:
        order, refusal = self._named(command.id)
        if order is None:
            return None, refusal, None
        if order.cl_ord_id is None:
            told = "the order was not sent from here and has no ClOrdID to cancel it by; cancel it where it was given"
            return order, Answer(order=order.number, refusal="UNAVAILABLE", text=told), None
        earlier = order.requested(RequestKind.CANCEL)
        if earlier and earlier[0].in_doubt and self.blotter.book(order.session).logged_on:
            self._release(order, earlier[0])  # a person asks again for what had no answer
        elif order.is_open and not earlier:
            route = self.routes.get(order.session)
            repeats = route is None or route.cancel_repeats_id
            cl_ord_id = order.cl_ord_id if repeats else None
            self._emit(
                ev.CancelRequested(
                    order=order.number,
                    request=self.blotter.last_request + 1,
                    cl_ord_id=cl_ord_id or self.ids.next(route.id_prefix if route else "", self._now),
                    time_ns=self._now,
                    waiting=True,
                    actor=command.actor,
                    origin=command.origin,
                )
            )
            self._drop_unsent(order)
        return order, Answer(order=order.number), None

    def _drop_unsent(self, order: Order) -> None:
        """A new order that still waits here is canceled here: nothing of it ever leaves."""
        if any(request.kind is RequestKind.NEW and request.waiting for request in order.pending):
            self._emit(ev.Canceled(order=order.number, reason="canceled before it was sent"))

    def _ask_for(self, command: AskStatus) -> tuple[Order | None, Answer | None, None]:
        order, refusal = self._named(command.id)
        if order is None:
            return None, refusal, None
        if not self.blotter.book(order.session).logged_on:
            told = f"session {order.session} is not logged on; the state shown is the last that the venue confirmed"
            return order, Answer(order=order.number, refusal="UNAVAILABLE", text=told), None
        self._ask(order)
        return order, Answer(order=order.number), None

    def _ask(self, order: Order) -> None:
        """Ask the venue for an order's state, if it can be reached and the order has an id to ask by."""
        if self.blotter.book(order.session).logged_on and order.cl_ord_id is not None:
            self._emit(ev.StatusRequested(order=order.number, time_ns=self._now))
            self._send(order, status_request(order), 0)
            self.doubts.asked(order.number, self._now)

    # --- what venues say

    def _received(self, message: Received, ref: int) -> tuple[Order | None, None, Anomaly | None]:
        outcomes = receive(self.blotter, message.session, message.report, now_ns=self._now, ref=ref)
        anomaly = None
        for outcome in outcomes:
            order = outcome.order
            self._events.extend(outcome.events)
            if order is not None:
                self.touched.add(order.number)
                self._weigh(order, outcome.events, refused=isinstance(message.report, Reject))
            anomaly = anomaly or outcome.anomaly
        return outcomes[0].order, None, anomaly

    def _weigh(self, order: Order, events: tuple[ev.Fact, ...], *, refused: bool) -> None:
        """Draw the conclusions that a report allows about requests in doubt, and ask where it leaves doubt."""
        doubtful = False
        for event in events:
            kind = type(event)
            if kind is ev.UnknownAtVenue:
                self._not_placed(order)
            elif kind is ev.StatusAnswered:
                if not refused:  # a refused question says nothing of the order
                    self.doubts.answered(order.number)
                    self._cancel_again(order)
                self._ask_next(order.session)
            elif kind in (ev.InDoubt, ev.GapOpened, ev.CancelRejected):
                doubtful = True  # of two cancels the second is refused where the first has worked
            elif isinstance(event, ev.Told) and event.cum_qty is not None:
                doubtful = True  # the venue's total is more than the fills explain
        if doubtful and (order.is_open or order.has_gap):
            self._ask(order)

    def _not_placed(self, order: Order) -> None:
        """Unknown at the venue is evidence only once the request can no longer be on its way."""
        request = next(iter(order.requested(RequestKind.NEW)), None)
        if request is None or self._now - request.since_ns < self.timing.fence_ns:
            return
        told = "not placed: the venue does not know the order, and the request can no longer be on its way"
        self._emit(ev.Rejected(order=order.number, reason=told))

    def _cancel_again(self, order: Order) -> None:
        """A status answer shows the order working while a cancel is in doubt: it did not happen, so ask again."""
        for request in order.requested(RequestKind.CANCEL):
            if not request.in_doubt or request.seen or not order.is_open or order.phase is Phase.PENDING_NEW:
                continue
            if request.tries < self.timing.cancel_tries:
                self._release(order, request)
            else:
                told = f"{request.tries} cancels had no effect and the order works; a person has to look"
                self._emit(ev.RequestDropped(order=order.number, request=request.number, reason=told))
                self._alert("CANCEL_WITHOUT_EFFECT", told, order=order)

    # --- sessions

    def _session_up(self, session: str) -> None:
        self._emit(ev.LoggedOn(session=session, time_ns=self._now))
        book = self.blotter.book(session)
        self.doubts.logged_on(session, list(book.open), self._now, wait=self.timing.wait_after_logon)
        self._ask_next(session)

    def _session_down(self, message: SessionDown) -> None:
        book = self.blotter.book(message.session)
        was_on = book.logged_on
        self._emit(ev.LoggedOut(session=message.session, time_ns=self._now, reason=message.reason))
        self.doubts.logged_out(message.session)
        if was_on:
            self._doubt_all(message.session, "the session dropped before the answer")
        if not message.expected:
            told = message.reason or "the connection was lost"
            self._alert("LOGGED_OUT" if was_on else "LOGON_REFUSED", told, session=message.session)

    def _start(self) -> None:
        for session, book in self.blotter.books.items():
            for order in book.open.values():
                self.exposure.update(order)
                if order.in_doubt:  # since before the restart: what was planned then is forgotten
                    self.doubts.ask_later(order, self._now)
            if book.logged_on:
                self._emit(
                    ev.LoggedOut(session=session, time_ns=self._now, reason="the daemon was restarted")
                )
            self._doubt_all(session, "the daemon was restarted before the answer")
            if session not in self.routes and book.open:
                told = f"{len(book.open)} open orders belong to session {session}, which is not configured any more"
                self._alert("SESSION_NOT_CONFIGURED", told, session=session)

    def _doubt_all(self, session: str, reason: str) -> None:
        """Whatever left and has no answer is in doubt; a new order that never left is denied."""
        for order in list(self.blotter.book(session).unanswered.values()):
            for request in list(order.pending):
                if not request.waiting:
                    self._doubt(order, request, reason)
                elif request.kind is RequestKind.NEW:
                    self._emit(
                        ev.Denied(order=order.number, code="NOT_LOGGED_ON", reason=f"never sent: {reason}")
                    )

    def _doubt(self, order: Order, request: Request, reason: str) -> None:
        if not request.in_doubt:
            self._emit(
                ev.InDoubt(order=order.number, request=request.number, reason=reason, time_ns=self._now)
            )
            self._alert("IN_DOUBT", f"{request.kind} {request.cl_ord_id}: {reason}", order=order)
            self.doubts.ask_later(order, self._now)

    def _stayed_here(self, message: StayedHere) -> None:
        order = self.blotter.orders.get(message.order)
        request = order.request(message.request) if order else None
        if order is None or request is None:
            return
        if request.kind is RequestKind.NEW and order.phase is Phase.PENDING_NEW:
            self._emit(ev.Denied(order=order.number, code="NOT_SENT", reason=message.reason))
        else:
            self._doubt(order, request, message.reason)

    def _resend_refused(self, message: ResendRefused) -> None:
        order = self.blotter.find(message.session, message.cl_ord_id)
        if order is None:
            return
        for request in list(order.pending):
            if not request.waiting:
                self._doubt(order, request, "the venue asked for it again, and it is never sent twice")
        self._ask(order)

    # --- time

    def _tick(self) -> None:
        for number, request_number in self.doubts.overdue(self._now):
            order = self.blotter.orders.get(number)
            request = order.request(request_number) if order else None
            if order is not None and request is None and is_overdue(order):
                self._ask(order)
            if order is None or request is None or request.waiting or request.in_doubt:
                continue
            if self._now - request.since_ns >= self.timing.ack_timeout_ns:
                self._doubt(order, request, f"no answer within {self.timing.ack_timeout_ns / 1e9:g} s")
                self._ask(order)
        for number in self.doubts.to_ask_again(self._now):
            order = self.blotter.orders.get(number)
            if order is not None and (order.in_doubt or self.doubts.needs_answer(order)):
                self._ask(order)
                self.doubts.ask_later(order, self._now)
            else:
                self.doubts.forget(number)
        for number in self.doubts.unanswered(self._now):
            order = self.blotter.orders.get(number)
            if order is not None and self.doubts.needs_answer(order):
                self.doubts.ask_later(order, self._now)
                self._move_on(order)  # a cancel does not wait for ever for an answer to come first
        for session in list(self.routes):
            self._ask_next(session)

    def _ask_next(self, session: str) -> None:
        """After a logon: ask for every open order, paced; then let the orders go that waited for it."""
        if not self.blotter.book(session).logged_on:
            return
        for number in self.doubts.next_questions(session, self._now):
            order = self.blotter.orders.get(number)
            if order is not None and order.is_open:
                self._ask(order)
        if self.doubts.finish(session, self._now, self._is_answered):
            for order in list(self.blotter.book(session).unanswered.values()):
                self._move_on(order)

    def _is_answered(self, number: int) -> bool:
        order = self.blotter.orders.get(number)
        return order is None or not order.questions

    # --- what waits

    def _settled_orders(self) -> list[int]:
        """List the orders of this step that have something waiting, or need their exposure counted anew."""
        if not self._events:
            return []
        return sorted({event.order for event in self._events if isinstance(event, ev.Event)})

    def _move_on(self, order: Order) -> None:
        """Let waiting requests leave as soon as they can, end those that have become pointless."""
        if self._counts_exposure:
            self.exposure.update(order)
        for request in list(order.pending) if order.pending else ():
            if not request.waiting:
                continue
            if request.kind is RequestKind.CANCEL and self._is_pointless(order):
                self._emit(
                    ev.RequestDropped(
                        order=order.number, request=request.number, reason=f"the order is {order.phase}"
                    )
                )
            elif self._may_leave(order, request):
                self._release(order, request)

    def _is_pointless(self, order: Order) -> bool:
        return order.is_spent

    def _may_leave(self, order: Order, request: Request) -> bool:
        if not self.blotter.book(order.session).logged_on:
            return False
        if request.kind is RequestKind.NEW:
            return not self.doubts.is_asking(order.session)
        unacknowledged = next(iter(order.requested(RequestKind.NEW)), None)
        if unacknowledged is None:
            return order.phase is not Phase.PENDING_NEW
        route = self.routes.get(order.session)
        if not unacknowledged.in_doubt or route is None or not route.cancel_before_ack:
            return False
        if not order.questions:
            self._ask(order)  # the question goes first, so that the answer tells what the cancel met
        return True

    def _release(self, order: Order, request: Request) -> None:
        self._emit(ev.RequestReleased(order=order.number, request=request.number, time_ns=self._now))
        message = new_order(order) if request.kind is RequestKind.NEW else cancel_order(order, request)
        self._send(order, message, request.number)
