"""One history: engine, journal, a link that loses things, and the venue, on one event queue in virtual time.

The link models a FIX session with every Reset* flag: in order within a logon; what is under way when the connection
ends is lost, in both directions, and nothing is resent. Our side may notice the end later than the venue.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any
from unittest import mock

import msgspec

import oms.app.clock
from oms.app.clock import Clock
from oms.core.errors import VenueUnavailable
from oms.core.inputs import (
    PlaceOrder,
    Received,
    Reconcile,
    Replace,
    ResendRefused,
    Resolve,
    SessionDown,
    SessionUp,
    Start,
)
from oms.core.times import ns_to_fix
from oms.fix.codec import SOH, decode, split
from oms.fix.dialects import APIFINY
from oms.fix.encoder import encode
from oms.ports import Sent
from oms.sim.reports import Form
from oms.sim.wire import parse
from tests.simulation.plan import MS, SLOWER, Plan, S
from tests.simulation.process import ROUTE, SESSION, Given, Process
from tests.simulation.stage import Stage
from tests.simulation.venue import EXCHANGE, SYMBOL, Venue

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from oms.core.messages import Command
    from oms.ports import Journal
    from oms.sim.reports import Reply
    from oms.sim.wire import Fields

RECONNECT = 5 * S
LONGEST_SETTLING = 1800 * S  # the fence of unknown orders is 600 s, and clocks were put back


class World(Stage[Process]):
    """One history."""

    def __init__(self, plan: Plan, journal: Journal) -> None:
        super().__init__(journal, f"{plan.seed} link")
        self.plan = plan
        self.terms: dict[str, PlaceOrder] = {}
        self.asked: Counter[str] = Counter()
        self.totals: dict[str, set[Decimal]] = defaultdict(set)
        self.logons = 0
        self.faulty = True
        self.venue = Venue(
            plan,
            lambda: self.now,
            say=self._said,
            cut=self._cut_by_venue,
            again=self._asked_again,
            later=self._later,
        )
        self._connection: int | None = None
        self._logged_on = False
        self._seq = 0
        self._due = {"in": 0, "out": 0}
        self._held: Reply | None = None
        self._refusals = 0
        self._venue_down_until = 0
        self._venue_stalls_until = 0

    # --- the history

    def run(self) -> None:
        """Live through the script, then settle."""
        with mock.patch.object(oms.app.clock, "time", self):
            self._live_through(self.plan.actions, S)
            self.note("settling")
            self.faulty = self.venue.faulty = False
            self._refusals = 0
            self._settle(LONGEST_SETTLING)
            if self._was_taken_for_over():
                self._run_until(max(self.now, self.venue.busy_until))
                self._settle(LONGEST_SETTLING)
                for _ in range(
                    2
                ):  # somebody asks for all, what was ended here too; once more if we crash by it
                    self._put(Given(Reconcile(), lambda _: None))
                    self._run_until(self.now + S)
                    self._settle(LONGEST_SETTLING)

    def _was_taken_for_over(self) -> bool:
        """Whether a person, or the fence, may have said wrongly that an order is over."""
        return SLOWER in self.plan.rates or any(action.name == "word" for action in self.plan.actions)

    def _is_quiet(self) -> bool:
        process = self.process
        if process is None or not self._logged_on or process.has_work:
            return False
        return not process.engine.blotter.book(SESSION).unanswered and not any(
            order.questions for order in process.engine.blotter.orders.values()
        )

    # --- our process

    def _start(self) -> None:
        self._life += 1
        self.starts += 1
        route = msgspec.structs.replace(ROUTE, proves_cum_qty=self.plan.form is Form.FULL)
        self.process = Process(self.journal, Clock(), self._send, routes=(route,))
        self._put(Start())
        self._connect_at(self.now + 100 * MS)

    def _crashed(self, down_ms: int) -> None:
        # What the kernel had already taken may still reach the venue.
        if self._dice.random() < 0.5:
            self._end_connection()
        else:
            last = self._connection
            self.at(self.now + S // 2, lambda: self._end_connection() if last == self._connection else None)
        self._logged_on = False
        self.at(self.now + max(down_ms, 600) * MS, self._start)

    # --- the link

    def _connect_at(self, time_ns: int) -> None:
        self.live_at(time_ns, self._connect)

    def _connect(self) -> None:
        if self._logged_on or self.process is None:
            return
        if self.now < self._venue_down_until:
            self._connect_at(self.now + RECONNECT)
        elif self._refusals > 0:
            self._refusals -= 1
            self._put(SessionDown(session=SESSION, reason="Signature Error: expired"))
            self._connect_at(self.now + RECONNECT)
        else:
            self.note("logon")
            self.logons += 1
            self._connection = self.logons
            self._logged_on, self._seq = True, 0
            self._due = {"in": self.now, "out": self.now}
            self._put(SessionUp(session=SESSION))

    def _end_connection(self) -> None:
        self._connection, self._held = None, None

    def _drop(self, notice_ms: int, reason: str | None = None) -> None:
        """End the connection; our side notices a little later, and what it sends until then is lost."""
        if self._connection is None:
            return
        self.note(f"drop, noticed after {notice_ms} ms")
        self._end_connection()
        life, logon = self._life, self.logons

        def notice() -> None:
            if life == self._life and logon == self.logons and self._logged_on:
                self._logged_on = False
                self._put(SessionDown(session=SESSION, reason=reason))
                self._connect_at(self.now + RECONNECT)

        self.at(self.now + notice_ms * MS, notice)

    def _travel(self, direction: str, delay_ns: int, arrive: Callable[[], None]) -> None:
        connection = self._connection
        if connection is None:
            return
        due = max(self._due[direction], self.now + self._dice.randrange(1, 40) * MS // 10 + delay_ns)
        self._due[direction] = due
        self.at(due, lambda: arrive() if connection == self._connection else None)

    def _send(self, message: Command) -> Sent:
        if not self._logged_on:
            told = "session main: it is not logged on; nothing was sent"
            raise VenueUnavailable(told)
        self._seq += 1
        pairs = [*encode(message, ns_to_fix(self.time_ns())), (34, str(self._seq))]
        raw = "8=FIX.4.2\x01" + "".join(f"{tag}={value}\x01" for tag, value in pairs)
        self.note(f"-> {raw}")
        self._travel("out", 0, lambda: self._reach_venue(parse(raw)))
        return Sent(self._seq, raw)

    def _reach_venue(self, fields: Fields) -> None:
        if self.now < self._venue_stalls_until:
            connection = self._connection
            late = self._venue_stalls_until
            self.at(late, lambda: self._reach_venue(fields) if connection == self._connection else None)
            return
        self.venue.handle(fields)

    def _asked_again(self, fields: Fields) -> None:
        """The venue misses a message and asks for it: QuickFIX would resend it, and is not let."""
        raw = SOH.join(f"{tag}={value}" for tag, value in fields.items()) + SOH
        self.note(f"asked to resend {fields.get(35)} {fields.get(11)}")
        again = ResendRefused(session=SESSION, raw=raw, cl_ord_id=fields.get(11, ""))
        self._travel("in", 0, lambda: self._put(again))

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        self.at(self.now + round(seconds * S), act)

    def _cut_by_venue(self, behind: bool) -> None:
        notice = self._dice.choice((0, 20, 2000))
        if behind:
            self._travel("in", 0, lambda: self._drop(notice))
        else:
            self._drop(notice)

    def _said(self, reply: Reply) -> None:
        """Carry a reply to our side, with the faults of reports; see `oms.sim.line`."""
        rates = self.plan.rates if self.faulty and reply.is_report else {}
        hit = {name for name, rate in rates.items() if self._dice.random() < rate}
        delay = self._dice.randrange(200, 2000) * MS if "delay" in hit else 0
        held, self._held = self._held, None
        if "reorder" in hit and held is None:
            self._hold(reply)
            return
        for each in (reply, reply, held) if "repeat" in hit else (reply, held):
            if each is not None:
                self._carry(each, delay)
        if "echo" in hit:
            later = self.now + self._dice.randrange(1, 30) * S
            self.at(later, lambda: self._carry(reply, 0))

    def _hold(self, reply: Reply) -> None:
        def release() -> None:
            if self._held is reply:
                self._held = None
                self._carry(reply, 0)

        self._held = reply
        self.at(self.now + 500 * MS, release)

    def _carry(self, reply: Reply, delay_ns: int) -> None:
        raw = reply.text()
        if self._connection is None:
            self.note(f"lost {raw}")
        self._travel("in", delay_ns, lambda: self._arrive(raw))

    def _arrive(self, raw: str) -> None:
        self.note(f"<- {raw}")
        report = decode(split(raw), APIFINY)
        self._put(Received(session=SESSION, raw=raw, report=report))  # type: ignore[arg-type]

    # --- what the script says

    def _instruct(self, instruction: Any) -> None:
        if not isinstance(instruction, PlaceOrder):
            self.asked[instruction.id] += 1
        super()._instruct(instruction)

    def _act_place(self, number: int, side: str, tif: str, qty: Decimal, price: Decimal) -> None:
        terms = PlaceOrder(
            client_order_id=f"c{number}",
            symbol=SYMBOL,
            side=side,
            time_in_force=tif,
            order_qty=qty,
            price=price,
            exchange=EXCHANGE,
        )
        self.terms.setdefault(terms.client_order_id, terms)
        self._instruct(terms)

    def _pick(self, which: int) -> str:
        names = list(self.terms)
        return names[which % len(names)] if names else "c0"

    def _act_again(self, which: int, other_terms: bool) -> None:
        first = self.terms.get(self._pick(which))
        if first is not None and first.price is not None:
            price = first.price + 1 if other_terms else first.price
            fields = {name: getattr(first, name) for name in first.__struct_fields__}
            self._instruct(PlaceOrder(**{**fields, "price": price}))

    def _act_replace(self, which: int, percent: int, ticks: int) -> None:
        first = self.terms.get(self._pick(which))
        if first is None or first.order_qty is None or first.price is None:
            return
        name, qty = first.client_order_id, first.order_qty * percent / 100
        price = None if ticks == 0 else first.price + ticks
        self.totals[name].add(qty)
        self.wanted[name].append(msgspec.structs.replace(first, order_qty=qty, price=price or first.price))
        self._instruct(Replace(id=name, order_qty=qty, price=price))

    def _act_hit(self, which: int, percent: int) -> None:
        self.venue.hit(which, percent)

    def _act_word(self, which: int, outcome: str) -> None:
        """A person decides about an order in doubt, and may be wrong."""
        if self.process is None:
            return
        orders = self.engine.blotter.orders.values()
        names = [order.client_order_id for order in orders if order.in_doubt and order.client_order_id]
        if names:
            said = Resolve(id=names[which % len(names)], outcome=outcome, evidence="their screen")
            self._instruct(said)

    def _act_drop(self, notice_ms: int) -> None:
        self._drop(notice_ms)

    def _act_logout(self, notice_ms: int) -> None:
        self._drop(min(notice_ms, 20), "the venue is closing")

    def _act_venue_restart(self, down_ms: int) -> None:
        self._venue_down_until = self.now + down_ms * MS
        self._drop(20)

    def _act_refuse_logons(self, count: int) -> None:
        self._refusals = count

    def _act_venue_stall(self, stall_ms: int) -> None:
        self._venue_stalls_until = self.now + stall_ms * MS
