"""One history: engine, journal, the whole of oms.rest on a scheduler in virtual time, a network, and the venue.

A crash ends the engine, its queue and every strand that waits for an answer; what has left goes on to the venue.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from copy import copy
from typing import TYPE_CHECKING, Any
from unittest import mock

import msgspec

import oms.app.clock
from oms.app.clock import Clock
from oms.core.errors import VenueUnavailable
from oms.core.inputs import (
    Alert,
    CancelOpen,
    Look,
    PlaceOrder,
    Replace,
    ReserveNonces,
    Send,
    Start,
    StayedHere,
    TakeMark,
)
from oms.core.risk import Limits
from oms.core.values import RequestKind
from oms.engine import Route
from oms.rest.contact import Outlet
from tests.simulation.plan import MS, S
from tests.simulation.process import Given, Process
from tests.simulation.stage import Stage
from tests.simulation.unnamed.keys import open_session
from tests.simulation.unnamed.network import Network
from tests.simulation.unnamed.rim import simulated
from tests.simulation.unnamed.strand import Strand
from tests.simulation.unnamed.venues import DESK, GRIDS, RIVAL, Cloud, venue_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from oms.core.inputs import Effect, Looked
    from oms.core.order import Order
    from oms.ports import Journal
    from oms.rest.marked import MarkedRestVenue
    from tests.simulation.unnamed.plan import Plan
    from tests.simulation.unnamed.venues import Asked

LONGEST_SETTLING = 2400 * S
SCRIPT_FROM = 3 * S


def routes_of(plan: Plan) -> tuple[Route, ...]:
    """Give the sessions of a history: all of one venue account."""
    return tuple(
        Route(
            session=f"s{number}",
            account=DESK,
            id_prefix=f"{number}",
            has_replace=False,
            marks=True,
            limits=Limits(
                symbol_form="btc_usd" if plan.manner.venue == "weex" else "btcusdt", has_exchange=False
            ),
        )
        for number in range(plan.manner.sessions)
    )


class Life(Process):
    """The daemon's loop between one start and one crash; see `oms.app.loop`."""

    def __init__(self, world: World, journal: Journal, clock: Callable[[], int]) -> None:
        super().__init__(journal, clock, lambda _: None, routes=world.routes)  # type: ignore[arg-type, return-value]
        self.venues: dict[str, MarkedRestVenue] = {}

    def _perform(self, effect: Effect) -> None:
        if isinstance(effect, Alert):
            self.alerts.append(effect)
            return
        venue = self.venues[effect.session]
        if isinstance(effect, TakeMark):
            venue.take_mark(effect)
        elif isinstance(effect, Look):
            venue.look(effect)
        elif isinstance(effect, CancelOpen):
            venue.cancel_open(effect)
        else:
            self._say(venue, effect)
        self._pass("after an effect")

    def _say(self, venue: MarkedRestVenue, effect: Send) -> None:
        try:
            venue.send(effect.message, order=effect.order, request=effect.request)
        except VenueUnavailable as error:
            stayed = StayedHere(
                session=effect.session, order=effect.order, request=effect.request, reason=str(error)
            )
            self._ahead.append(stayed)


class World(Stage[Life]):
    """One history."""

    def __init__(self, plan: Plan, journal: Journal) -> None:
        super().__init__(journal, f"{plan.seed} world")
        self.plan = plan
        self.routes = routes_of(plan)
        self.venue = venue_of(plan)
        self.network = Network(self)
        self.twins: set[str] = set()
        self.past_fence: Counter[str] = Counter()
        self.several: dict[str, set[str]] = defaultdict(set)
        self.undecided: set[str] = set()
        self.requests = 0
        self.wrong: list[str] = []
        self._strands: dict[Strand, None] = {}
        self._settling = False

    def soon(self, act: Callable[[], None]) -> None:
        """Plan something for a moment later."""
        self.live_at(self.now + self._dice.randrange(20_000, 400_000), act)

    def spawn(self, work: Callable[[], None], ended: Callable[[], None]) -> None:
        """Run work on a strand of the present life."""

        def over() -> None:
            self._strands.pop(strand, None)
            ended()

        strand = Strand(work, over)
        self._strands[strand] = None
        strand.resume()

    # --- the history

    def run(self) -> None:
        """Live through the script, then settle."""
        with mock.patch.object(oms.app.clock, "time", self), simulated(self):
            try:
                if self.plan.manner.moving:
                    self.at(S, self._market_moves)
                self._live_through(self.plan.actions, SCRIPT_FROM)
                self.note("settling")
                self.network.faulty, self._settling = False, True
                self._settle(LONGEST_SETTLING)
                if isinstance(self.venue, Cloud):
                    self.venue.settle(self.now)
            finally:
                self._kill_strands()

    def _is_quiet(self) -> bool:
        process = self.process
        if process is None or process.has_work:
            return False
        books = [process.engine.blotter.book(route.session) for route in self.routes]
        waiting = [
            order for book in books for order in book.unanswered.values() if not self.is_ambiguous(order)
        ]
        return all(book.logged_on for book in books) and not waiting

    def is_ambiguous(self, order: Order) -> bool:
        """Whether a person has to say which order at the venue it is: several fit, or executions without a number."""
        if not order.requested(RequestKind.NEW) or not order.in_doubt:
            return False
        named = (order.last_anomaly or "").startswith("AMBIGUOUS_SUBMIT")
        return named or (self.plan.manner.as_maker and order.cl_ord_id in self.undecided)

    def _market_moves(self) -> None:
        if not self._settling:
            self.venue.step(self.now)
            self.at(self.now + S, self._market_moves)

    # --- our process

    def _start(self) -> None:
        self._life += 1
        self.starts += 1
        self.note("START")
        clock = Clock()
        self.process = process = Life(self, self.journal, clock)
        self._put(Start())
        for number, route in enumerate(self.routes):
            process.venues[route.session] = open_session(self, number, self._outlet(route.session), clock)
        for venue in process.venues.values():
            venue.start()

    def _outlet(self, session: str) -> Outlet:
        life = self._life

        def sink(item: Any) -> None:
            if life == self._life:
                self.note(f"<- {item}")
                if isinstance(item, Alert) and item.code == "VENUE_BANNED":
                    self.live_at(self.now + 10 * S, self.engine_venues_resume)
                self._put(item)

        return Outlet(sink=sink, open_orders=lambda: self._copies(session))

    def engine_venues_resume(self) -> None:
        """A person lets the venue be spoken to again."""
        if self.process is not None:
            for venue in self.process.venues.values():
                venue.resume()

    def open_orders(self) -> list[Order]:
        """Give copies of the open orders of the account, whatever their session."""
        return [order for route in self.routes for order in self._copies(route.session)]

    def _copies(self, session: str) -> list[Order]:
        """Give copies, as the daemon does."""
        shown = []
        for order in self.engine.blotter.book(session).open.values():
            one = copy(order)
            one.pending = [copy(request) for request in order.pending]
            shown.append(one)
        return shown

    def reserve(self, session: str, key: str, up_to: int) -> None:
        """Have nonces put on record; called on a strand, returns after the commit."""
        strand = Strand.present()
        instruction = ReserveNonces(session=session, key=key, up_to=up_to)
        self._put(Given(instruction, lambda _: self.soon(strand.resume)))
        strand.pause()

    def _crashed(self, down_ms: int) -> None:
        self._kill_strands()
        self.at(self.now + max(down_ms, 100) * MS, self._start)

    def _kill_strands(self) -> None:
        for strand in list(self._strands):
            strand.kill()
        self._strands.clear()

    # --- what reaches the venue

    def submit_leaves(self, asked: Asked) -> None:
        """A submit leaves: no other of its pair may be without an outcome."""
        if self.process is None:
            return
        orders = [
            o for route in self.routes for o in self.engine.blotter.book(route.session).unanswered.values()
        ]
        mine = next((o for o in orders if any(r.cl_ord_id == asked.order for r in o.pending)), None)
        symbol = mine.symbol if mine is not None else None
        for order in orders:
            away = [r for r in order.pending if r.kind is RequestKind.NEW and not r.waiting]
            if order is not mine and order.symbol == symbol and away:
                self.wrong.append(f"{asked.order}: submitted while {order.cl_ord_id} had no outcome")

    def looked(self, effect: Look, looked: Looked) -> None:
        """Note what a look found, before the engine judges it."""
        name, sent = effect.message.cl_ord_id, effect.message
        self.undecided.discard(name)
        self.past_fence[name] += looked.past_fence
        terms = sent.symbol, sent.side, sent.order_qty, sent.price
        like = {v.order_id for v in self.venue.orders().values() if v.terms == terms}
        found = (
            like & {candidate.order_id for candidate in looked.candidates} & (self.twins | self._own(name))
        )
        if len(found) > 1:
            self.several[name] |= found

    def _own(self, cl_ord_id: str) -> set[str]:
        return {number for number, by in self.venue.truth.by.items() if by == cl_ord_id}

    def reach(self, asked: Asked) -> tuple[int, bytes]:
        """Hand a request to the venue."""
        self.requests += 1
        told = self.venue.answer(asked, self.now)
        self.note(
            f"== {asked.method} {asked.path} {asked.query[:0]}{asked.body.decode()} -> {told[1].decode()[:300]}"
        )
        return told

    # --- what the script says

    def _terms(self, symbol: int, side: str, size: int, level: int) -> tuple[str, str, Decimal, Decimal]:
        name = self.venue.symbols[symbol]
        low, step, unit = GRIDS[name]
        price = low + step * level if side == "1" else low + step * (10 - level)
        return name, side, unit * size, price

    def _act_place(self, number: int, session: int, *terms: Any) -> None:
        symbol, side, tif, size, level = terms
        name, side, qty, price = self._terms(symbol, side, size, level)
        self._instruct(
            PlaceOrder(
                client_order_id=f"c{number}",
                symbol=name,
                side=side,
                time_in_force=tif,
                order_qty=qty,
                price=price,
                session=self.routes[session].session,
            )
        )

    def _pick(self, which: int) -> str:
        names = list(self.wanted)
        return names[-1 - which % min(len(names), 5)] if names else "c0"

    def _act_replace(self, which: int, percent: int, steps: int) -> None:
        name = self._pick(which)
        if name not in self.wanted:
            return
        first = self.wanted[name][0]
        assert first.order_qty is not None
        assert first.price is not None
        qty, price = first.order_qty * percent / 100, first.price + GRIDS[first.symbol][1] * steps
        self.wanted[name].append(msgspec.structs.replace(first, order_qty=qty, price=price))
        self._instruct(Replace(id=name, order_qty=qty, price=price))

    def _act_hit(self, which: int, percent: int) -> None:
        """Somebody trades against an open order of the account, a part of it or all."""
        views = [view for view in self.venue.orders().values() if view.status.open and view.price is not None]
        if views:
            view = views[which % len(views)]
            left = (view.qty - view.cum_qty) * percent / 100
            side = "2" if view.side == "1" else "1"
            assert view.price is not None
            self.venue.place(RIVAL, (view.symbol, side, left, view.price), self.now)

    def _act_stranger(self, symbol: int, side: str, _tif: str, size: int, level: int) -> None:
        """Somebody places an order by hand, on the desk's own account; of a size that the desk never has."""
        name, side, qty, price = self._terms(symbol, side, size, level)
        self.venue.place(DESK, (name, side, qty + GRIDS[name][2] / 4, price), self.now)

    def _act_twin(self, early: bool) -> None:
        """Somebody places an order by hand that is like the desk's last, or like its next one, before it."""
        like = self._next_place() if early else self._last_place()
        if like is None:
            return
        number = self.venue.place(DESK, like, self.now)
        waiting = [o for r in self.routes for o in self.engine_orders(r.session) if o.symbol == like[0]]
        if waiting or not early:
            self.twins.add(number)

    def engine_orders(self, session: str) -> list[Order]:
        """Give the orders of a session that wait for an answer; none while the process is down."""
        if self.process is None:
            return []
        return list(self.engine.blotter.book(session).unanswered.values())

    def _last_place(self) -> tuple[str, str, Decimal, Decimal] | None:
        if not self.wanted:
            return None
        last = list(self.wanted.values())[-1][-1]
        assert last.order_qty is not None
        assert last.price is not None
        return last.symbol, last.side, last.order_qty, last.price

    def _next_place(self) -> tuple[str, str, Decimal, Decimal] | None:
        for action in self.plan.actions:
            if action.name == "place" and SCRIPT_FROM + action.at > self.now:
                _, _, symbol, side, _, size, level = action.args
                return self._terms(symbol, side, size, level)
        return None

    def _act_outage(self, for_ms: int) -> None:
        self.network.down_until = self.now + for_ms * MS
