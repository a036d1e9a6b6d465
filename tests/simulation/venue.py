"""The venue of a history: the pure exchange, with everything that goes wrong at a venue."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

from oms.sim.exchange import Exchange
from oms.sim.reports import Form, Refusing, Reply, business_reject, cancel_refused, report, session_reject
from oms.sim.terms import (
    CancelOrder,
    CancelRefused,
    Event,
    Filled,
    NewOrder,
    OrderView,
    Side,
    Status,
    StatusReply,
    StatusRequest,
    Tif,
)
from oms.sim.wire import Fields, Garbled, Request, read
from tests.simulation.plan import SLOWER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.plan import Plan

ACCOUNT, OTHER = "STA-00000015", "STA-00000099"
EXCHANGE = "VENUE1"
SYMBOL = "BTCUSDT"
START_S = 1_772_355_600
ZERO = Decimal(0)
SLOWEST_S = 90.0  # well within the 600 s after which "unknown order" counts
SLOWER_S = 900.0  # and beyond them


class Venue:
    """Takes requests, says replies.

    `say` carries a reply away; `cut` drops the connection, now or behind the replies; `again` asks for a request to be
    resent.
    """

    def __init__(
        self,
        plan: Plan,
        clock: Callable[[], int],
        *,
        say: Callable[[Reply], None],
        cut: Callable[[bool], None],
        again: Callable[[Fields], None],
        later: Callable[[float, Callable[[], None]], None],
    ) -> None:
        self._plan = plan
        self._clock = clock
        self._say = say
        self._cut = cut
        self._again = again
        self._later = later
        self._dice = Random(f"{plan.seed} venue")
        self._others = 0
        self.exchange = Exchange((ACCOUNT, OTHER), Random(plan.seed), background=False)
        self.faulty = True
        self.busy_until = 0
        self.seen: list[str] = []
        self.news: Counter[str] = Counter()
        self.questions: Counter[str] = Counter()
        self.cancels: Counter[str] = Counter()
        self.fills: dict[str, dict[str, tuple[Decimal, Decimal]]] = {}
        self.late_fills: set[str] = set()
        self.moments: list[
            dict[str, tuple[Decimal, Decimal]]
        ] = []  # (CumQty, LeavesQty) as each order came in

    # --- requests

    def handle(self, fields: Fields) -> None:
        """Take one message."""
        request = read(fields, ACCOUNT)
        hit = self._hits(request)
        if "asked-again" in hit:
            self._again(fields)
            return
        self._count(request)
        if hit & {"slow", SLOWER}:
            slow_s = self._dice.uniform(1, SLOWER_S if SLOWER in hit else SLOWEST_S)
            self.busy_until = max(self.busy_until, self._clock() + round(slow_s * 1e9))
            self._later(slow_s, lambda: self._obey(request, fields, set()))
        elif "drop" in hit:
            self._drop(request, fields, hit)
        else:
            self._obey(request, fields, hit)

    def _count(self, request: Request) -> None:
        if isinstance(request, NewOrder):
            self.news[request.cl_ord_id] += 1
            self.seen.append(request.cl_ord_id)
        elif isinstance(request, CancelOrder):
            self.cancels[request.orig_cl_ord_id] += 1
        else:
            self.questions[request.cl_ord_id] += 1

    def _hits(self, request: Request) -> set[str]:
        if not self.faulty:
            return set()
        hit = {name for name, rate in self._plan.rates.items() if self._dice.random() < rate}
        if not isinstance(request, NewOrder):
            hit -= {"slow", SLOWER}
        if self._plan.form is Form.DOCUMENTED:
            hit.discard("mute")  # nothing could ever show what is missing
        if isinstance(request, StatusRequest):
            hit &= {"drop", "silent", "rejected-by-session", "rejected-by-business"}
        return hit

    def _drop(self, request: Request, fields: Fields, hit: set[str]) -> None:
        moment = self._dice.randrange(3)
        if moment == 2:
            self._obey(request, fields, hit)
            self._cut(True)
            return
        self._cut(False)
        if moment == 1:
            self._obey(request, fields, hit)

    def _obey(self, request: Request, fields: Fields, hit: set[str]) -> None:
        if "ignored" in hit:
            return
        if "rejected-by-session" in hit:
            self._say(session_reject(Garbled(tag=60, reason="5", text="not now"), fields))
        elif "rejected-by-business" in hit:
            self._say(business_reject(fields, reason="0", text="not now"))
        else:
            events = self._ask(request, hit)
            self._publish([event for event in events if not _hushed(event, request, hit)], fields)

    def _ask(self, request: Request, hit: set[str]) -> list[Event]:
        now = self._now()
        match request:
            case NewOrder():
                if "rejected" in hit:
                    return self._noted(self.exchange.reject(request, now, text="not now"))
                events = self._noted(self.exchange.submit(request, now))
                held = {name: (view.cum_qty, view.leaves_qty or ZERO) for name, view in self.orders().items()}
                self.moments.append(held)
                late = "ack-after-fill" in hit and len(events) > 1
                return [events[1], events[0], *events[2:]] if late else events
            case CancelOrder():
                if "cancel-refused" in hit:
                    return self._noted(self.exchange.refuse_cancel(request, now))
                return self._noted(
                    self.exchange.cancel(request, now, late_fill=self.faulty and "late-fill" in hit)
                )
            case StatusRequest():
                return self.exchange.status(request, now)

    def _noted(self, events: list[Event]) -> list[Event]:
        for event in events:
            if isinstance(event, Filled) and event.order.account == ACCOUNT:
                if event.order.status is Status.CANCELED:
                    self.late_fills.add(event.exec_id)
                fills = self.fills.setdefault(event.order.cl_ord_id, {})
                fills[event.exec_id] = (event.last_qty, event.last_px)
        return events

    def _publish(self, events: list[Event], fields: Fields) -> None:
        way = self._plan.refusing
        for event in events:
            if isinstance(event, CancelRefused) and way is not Refusing.EXECUTION_REPORT:
                self._say(cancel_refused(event, way, fields))
            else:
                self._say(report(event, self._plan.form))

    # --- the others

    def hit(self, which: int, percent: int) -> None:
        """Let somebody else trade with one of our resting orders."""
        resting = [view for view in self.orders().values() if view.status.open]
        if not resting:
            return
        order = resting[which % len(resting)]
        left, price = order.leaves_qty, order.price
        if left is None or price is None:
            return
        step = Decimal("0.0001")
        qty = max(left * percent / 100 // step * step, step)
        self._others += 1
        request = NewOrder(
            account=OTHER,
            cl_ord_id=f"00000099{self._others:016d}",
            venue=EXCHANGE,
            symbol=order.symbol,
            side=Side(order.side).opposite,
            ord_type="2",
            tif=Tif.IOC,
            price=price,
            qty=qty,
        )
        events = self._noted(self.exchange.submit(request, self._now()))
        ours = [e for e in events if isinstance(e, Filled) and e.order.account == ACCOUNT]
        self._publish(list(ours), {})

    # --- to be read

    def orders(self) -> dict[str, OrderView]:
        """Say how every order stands that the venue has, by ClOrdID."""
        found = {}
        for cl_ord_id in dict.fromkeys(self.seen):
            for side in Side:
                request = StatusRequest(account=ACCOUNT, cl_ord_id=cl_ord_id, symbol=SYMBOL, side=side)
                (reply,) = self.exchange.status(request, self._now())
                if isinstance(reply, StatusReply) and reply.order is not None:
                    found[cl_ord_id] = reply.order
        return found

    def _now(self) -> datetime:
        return datetime.fromtimestamp(START_S + (self._clock() + self._plan.skew_ns) / 1e9, UTC)


def _hushed(event: Event, request: Request, hit: set[str]) -> bool:
    """Whether the venue keeps this to itself; what happens to other orders it tells."""
    about = request.orig_cl_ord_id if isinstance(request, CancelOrder) else request.cl_ord_id
    if not isinstance(event, StatusReply | CancelRefused) and event.order.cl_ord_id != about:
        return False
    if "mute" in hit:
        return True
    return "silent" in hit and not isinstance(event, Filled)
