"""The engine: one input in, events and effects out. Pure: no clock, no I/O; the time is an argument.

Invariants
1. Whatever `step` changes, it returns as events: `recover` folds them again into the same state.
2. What leaves is an effect of a step, so the caller can commit the events before it performs them.
3. Nothing is sent twice blindly. A request without an answer is in doubt; the venue is asked, and evidence decides.
4. A cancel is never refused for the order's state: it waits until it can leave, or ends with a reason.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from oms.core import (
    asking,
    canceling,
    connecting,
    deciding,
    matching,
    money,
    placing,
    reference,
    replacing,
    sweeping,
    weighing,
)
from oms.core import events as ev
from oms.core.blotter import Blotter
from oms.core.disputes import Disputes
from oms.core.doubt import Doubts, Timing
from oms.core.endings import NOT_PLACED
from oms.core.identifying import lacks_number
from oms.core.inputs import (
    Answer,
    AskStatus,
    Cancel,
    CancelAll,
    Input,
    Instruction,
    Looked,
    MarkTaken,
    OpenShown,
    PlaceOrder,
    Received,
    Reconcile,
    Refused,
    Replace,
    ResendRefused,
    ReserveNonces,
    Resolve,
    Resume,
    SessionDown,
    SessionUp,
    Start,
    StayedHere,
    Step,
    Tick,
    Unanswered,
    WentOut,
)
from oms.core.intake import named, receive
from oms.core.legs import acceptance, refusal
from oms.core.messages import Anomaly, ExecutionReport, OrderSnapshot, Reject, Report
from oms.core.order import Order, Request
from oms.core.records import Record
from oms.core.refusals import refused
from oms.core.showing import news
from oms.core.values import External, Phase, RequestKind
from oms.core.venue_inputs import MoveMoney, ResolveMoney, TakeBack
from oms.core.work import Route, Work

__all__ = ["Engine", "Route"]

Outcome = tuple[Order | None, Answer | None, Anomaly | None]


class Engine:
    """All state of the desk. One thread calls it."""

    def __init__(self, routes: Iterable[Route], timing: Timing | None = None) -> None:
        """Start without orders."""
        self._work = Work(routes, timing or Timing())
        self._disputes = Disputes()
        self.routes, self.ids, self.swept = self._work.routes, self._work.ids, self._work.swept

    @property
    def blotter(self) -> Blotter:
        """All orders."""
        return self._work.blotter

    @property
    def sweeping(self) -> frozenset[str]:
        """The sessions where everything is being canceled."""
        return frozenset(self._work.sweeps)

    @property
    def doubts(self) -> Doubts:
        """What is planned to be asked."""
        return self._work.doubts

    # --- from outside

    def recover(self, record: Record) -> None:
        """Fold a record of the journal; no effect comes of it."""
        self._work.recover(record)

    def step(self, message: Input, now_ns: int, ref: int = 0) -> Step:
        """Take in one input and apply what it becomes.

        Args:
            message: the input.
            now_ns: nanoseconds since the epoch, UTC.
            ref: the number of the journal record that this step will be.

        """
        work = self._work
        work.begin(now_ns)
        order, answer, anomaly = self._dispatch(message, ref)
        if anomaly is not None:
            self._disputes.note(work, order, anomaly)
        elif self._disputes.asked:
            self._disputes.agreed(work.events)
        for number in self._settled_orders():
            self._move_on(work.blotter.orders[number])
        sweeping.bundle(work)
        work.note_ends(work.events, now_ns)
        return Step(
            events=tuple(work.events),
            effects=tuple(work.effects),
            answer=answer,
            anomaly=anomaly,
            order=order.number if order else None,
        )

    def take_touched(self) -> set[int]:
        """Give the numbers of the orders that changed since the last call."""
        touched, self._work.touched = self._work.touched, set()
        return touched

    def holding(self) -> set[int]:
        """Name the orders that are over and may be asked about all the same: they have to be at hand."""
        books = self._work.blotter.books.values()
        ended = {number for book in books for _, number in book.ended}
        return self._work.doubts.holding() | ended | {number for book in books for number in book.ended_here}

    def next_due_ns(self) -> int | None:
        """Say when the next `Tick` has something to do; None when nothing is planned."""
        return self._work.doubts.next_due_ns()

    # --- dispatch

    def _dispatch(self, message: Input, ref: int) -> Outcome:
        if isinstance(message, Received):
            return self._received(message, ref)
        if isinstance(message, Instruction):
            return *_INSTRUCTIONS[type(message)](self._work, message), None
        if isinstance(message, Refused | Unanswered | StayedHere | ResendRefused):
            self._not_done(message)
            return None, None, None
        match message:
            case WentOut():
                connecting.went_out(self._work, message)
            case MarkTaken() | OpenShown():
                return self._prepared(message), None, None
            case Looked():
                return self._looked(message, ref)
            case Tick():
                self._tick()
            case SessionUp():
                if connecting.session_up(self._work, message.session):
                    self._let_go(message.session)
            case SessionDown():
                connecting.session_down(self._work, message)
            case Start():
                connecting.start(self._work)
                money.start(self._work)
            case _:
                reference.take(self._work, message)
        return None, None, None

    def _prepared(self, message: MarkTaken | OpenShown) -> Order | None:
        """Take in what had to be known before something may leave."""
        if isinstance(message, MarkTaken):
            return matching.mark_taken(self._work, message)
        canceling.open_shown(self._work, message)
        return None

    def _not_done(self, message: Refused | Unanswered | StayedHere | ResendRefused) -> None:
        """Take in what became of a request that was not carried out, or perhaps was not."""
        work = self._work
        match message:
            case StayedHere():
                connecting.stayed_here(work, message)
            case ResendRefused():
                connecting.resend_refused(work, message)
            case Unanswered():
                connecting.unanswered(work, message)
            case Refused():
                order, events = refused(work.blotter, message)
                work.emit(*events)
                if order is not None:
                    self._weigh(order, events, None)

    # --- what venues say

    def _received(self, message: Received, ref: int) -> Outcome:
        work = self._work
        route = work.routes.get(message.session)
        outcomes = receive(
            work.blotter,
            message.session,
            message.report,
            now_ns=work.now,
            ref=ref,
            external=route.external if route else External.IGNORE,
            account=route.account if route else None,
            answers=message.request,
        )
        anomaly = None
        for outcome in outcomes:
            order = outcome.order
            work.events.extend(outcome.events)
            if order is not None:
                work.touched.add(order.number)
                self._weigh(order, outcome.events, message.report)
            elif outcome.events and isinstance(outcome.events[-1], ev.ReportHeld):
                asking.ask_for_suspects(work, outcome.events[-1])
            anomaly = anomaly or outcome.anomaly
        return outcomes[0].order, None, anomaly

    def _looked(self, message: Looked, ref: int) -> Outcome:
        """A venue was looked through for a submit in doubt."""
        work = self._work
        order = work.blotter.orders.get(message.order)
        request = order.request(message.request) if order else None
        if order is None or request is None or not request.in_doubt:
            return order, None, None
        work.emit(ev.StatusAnswered(order=order.number))
        work.doubts.answered(order.number)
        found, anomaly = matching.judge(work, order, request, message)
        if found is None:
            self._ask_next(order.session)
            return order, None, news(order, anomaly)
        work.emit(acceptance(order, found.order_id))
        shown = Received(session=message.session, raw="", report=named(found.snapshot, order))
        return self._received(shown, ref)

    def _weigh(self, order: Order, events: tuple[ev.Fact, ...], report: Report | None) -> None:
        """Draw the conclusions that a report allows about requests in doubt, and ask where it leaves doubt."""
        work, doubtful, again = self._work, False, False
        for event in events:
            kind = type(event)
            if kind is ev.Filled:
                doubtful = doubtful or event.cum_qty is not None  # type: ignore[attr-defined] # the kind says so
            elif kind is ev.UnknownAtVenue:
                self._not_placed(order)
            elif kind is ev.StatusAnswered:
                self._answered(order, report)
            elif kind in (ev.InDoubt, ev.GapOpened, ev.AnswerRepeated):
                doubtful = True
                again = again or (kind is ev.AnswerRepeated and event.transact_time is not None)  # type: ignore[attr-defined]
            elif kind is ev.QuestionLost:
                asking.refused(work, order)
                self._ask_next(order.session)
            elif kind is ev.Reopened:
                work.doubts.ask_later(order, work.now)
            elif isinstance(event, ev.CancelRejected):
                doubtful = True  # of two cancels the second is refused where the first has worked
                replacing.cancel_refused(work, order, event.reason)
            elif isinstance(event, ev.Adopted):
                self._external(order)
            elif isinstance(event, ev.Told):
                doubtful = doubtful or event.cum_qty is not None  # more than the fills explain
        if again or (doubtful and (order.is_open or order.has_gap)):
            asking.ask(work, order)

    def _answered(self, order: Order, report: Report | None) -> None:
        """The venue answered a question; a question that it refused says nothing of the order."""
        work = self._work
        is_older = work.departures.answered(order)
        if not isinstance(report, Reject | None):
            work.doubts.answered(order.number)
            canceling.cancel_again(work, order, is_older=is_older)
            if isinstance(report, ExecutionReport | OrderSnapshot):
                shown = report.report if isinstance(report, OrderSnapshot) else report
                asking.weigh_taken(work, order, shown, is_older=is_older)
                weighing.weigh_replaces(work, order, shown)
            if order.gap > 0:
                work.doubts.infer_later(order.number, work.now)
        self._ask_next(order.session)

    def _not_placed(self, order: Order) -> None:
        """Unknown at the venue is evidence only once the request can no longer be on its way."""
        request = next(iter(order.requested(RequestKind.NEW)), None)
        if request is None or self._work.now - request.since_ns < self._work.timing.fence_ns:
            return
        told = "not placed: the venue does not know the order, and the request can no longer be on its way"
        self._work.emit(refusal(order, told, decided=NOT_PLACED))
        asking.ask_for_held(self._work, order)

    def _external(self, order: Order) -> None:
        told = f"an order that nobody sent from here: {order.symbol}, OrderID {order.order_id}"
        told += asking.may_be_of(self._work, order)
        self._work.alert("EXTERNAL_ORDER", told, order=order)
        route = self._work.route(order)
        if route is not None and route.external is External.STOP:
            self._work.emit(ev.TradingStopped(session=order.session, time_ns=self._work.now, reason=told))

    # --- time

    def _tick(self) -> None:
        work = self._work
        for order in (*asking.ask_overdue(work), *asking.unanswered(work)):
            self._move_on(order)  # a cancel does not wait for ever for an answer to come first
        for number in work.doubts.to_try_again(work.now):
            if number in work.blotter.orders:
                self._move_on(work.blotter.orders[number])
        for number in work.doubts.to_infer(work.now):
            deciding.infer(work, number)
        asking.begin_due_rounds(work)
        for session in list(work.routes):
            self._ask_next(session)

    def _ask_next(self, session: str) -> None:
        """Go on with the questions after a logon; then let the orders go that waited for it."""
        if asking.ask_next(self._work, session):
            self._let_go(session)

    def _let_go(self, session: str) -> None:
        for order in list(self._work.blotter.book(session).unanswered.values()):
            self._move_on(order)

    # --- what waits

    def _settled_orders(self) -> list[int]:
        """List the orders of this step that have something waiting, or need their exposure counted anew."""
        if not self._work.events:
            return []
        return sorted({event.order for event in self._work.events if isinstance(event, ev.Event)})

    def _move_on(self, order: Order) -> None:
        """Let waiting requests leave as soon as they can, end those that have become pointless."""
        work = self._work
        if work.counts_exposure:
            work.exposure.update(order)
        route = work.route(order)
        if order.chain is not None:
            replacing.advance(work, order)
        if route is not None and route.marks:
            matching.settle_pair(work, order, route)
        if not order.pending:
            return
        for request in list(order.pending):
            if not request.waiting or request.by_cancel:
                continue
            if request.kind is RequestKind.NEW and route is not None and route.marks:
                if work.book(order).logged_on and not work.doubts.is_asking(order.session):
                    matching.submit(work, order, request, route)
            elif (
                request.kind is not RequestKind.NEW
                and order.is_spent
                and not replacing.reopens(order, request.order_qty)
            ):
                told = f"the order is {order.phase}"
                work.emit(ev.RequestDropped(order=order.number, request=request.number, reason=told))
            elif self._may_leave(order, request):
                work.release(order, request)

    def _may_leave(self, order: Order, request: Request) -> bool:
        work = self._work
        route = work.route(order)
        if not work.book(order).logged_on:
            by_rest = request.kind is RequestKind.CANCEL and route is not None and route.cancel_by_rest
            return by_rest and order.phase is not Phase.PENDING_NEW
        if request.kind is RequestKind.NEW:
            return not work.doubts.is_asking(order.session)
        if work.doubts.is_held(order.number) or lacks_number(work, order):
            return False
        unacknowledged = next(iter(order.requested(RequestKind.NEW)), None)
        if unacknowledged is None:
            return order.phase is not Phase.PENDING_NEW
        if request.kind is RequestKind.REPLACE or not unacknowledged.in_doubt:
            return False
        if route is None or not route.cancel_before_ack:
            return False
        if not order.questions:
            asking.ask(work, order)  # the question goes first, so that the answer tells what the cancel met
        return True


_INSTRUCTIONS: Final[dict[type, Callable[[Work, Any], tuple[Order | None, Answer | None]]]] = {
    PlaceOrder: placing.place,
    Cancel: canceling.cancel,
    CancelAll: canceling.cancel_all,
    Replace: replacing.replace,
    AskStatus: asking.ask_for,
    Resolve: deciding.resolve,
    Reconcile: asking.reconcile,
    ReserveNonces: connecting.reserve_nonces,
    Resume: deciding.resume,
    MoveMoney: reference.instructed,
    TakeBack: reference.instructed,
    ResolveMoney: reference.instructed,
}
