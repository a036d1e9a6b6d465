"""Asks venues for what they say of themselves and of the account, by interval, and keeps the last answers for readers.

1. Readers get values that nobody changes any more. What a venue says is its word and not state: only instruments and
   money go into the journal, through the engine.
2. Each kind of question has its own interval, and its own failure, which is shown; one does not stop the others. What
   failed is asked again soon, then ever later, up to the interval.
3. Movements of money go first, each once; nothing is repeated.
4. A venue that banned us is asked nothing more, until a person resumes.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oms.app.reference_balances import Balances
from oms.app.reference_inquiries import Inquiries
from oms.app.reference_money import LOOK_S, Moves
from oms.app.reference_plan import Known, Pause, Plan
from oms.app.reference_prices import Prices
from oms.app.reference_rows import Unread, kept
from oms.core.errors import VenueError
from oms.core.inputs import Alert
from oms.core.movements import Movement
from oms.core.secret import Secret
from oms.core.venue_inputs import InstrumentsSeen, PricesSeen
from oms.rest.gathering import Gatherer, Inquiry, LeftOut, Paced, Rows, VenueClock, left_out
from oms.rest.polling import Poller
from oms.rest.worker import VenueBanned

if TYPE_CHECKING:
    from concurrent.futures import Future

    from oms.app.reference_waits import Waits
    from oms.core.balances import Balance, Compared
    from oms.core.instruments import Instrument, Key
    from oms.core.prices import Quote
    from oms.rest.ban import HostBan


class Facts:
    """The last answers of one venue account. The watch replaces them; others read."""

    def __init__(self, session: str, account: str) -> None:
        """Start knowing nothing."""
        self.session = session
        self.account = account
        self.clock: VenueClock | None = None
        self.balances: tuple[Balance, ...] = ()
        self.unread: tuple[LeftOut, ...] = ()  # of the balances
        self.quotes: dict[Key, Quote] = {}
        self.compared: Compared | None = None
        self.waits: Waits | None = None
        self.asked_ns: dict[str, int] = {}
        self.problems: dict[str, str] = {}
        self.failures = 0
        self.banned: str | None = None


class Watch:
    """Asks one venue account, on a thread of its own; every other method may be called from any thread."""

    def __init__(  # noqa: PLR0913 - each is another part of the daemon
        self,
        facts: Facts,
        gatherer: Gatherer,
        plan: Plan,
        known: Known,
        *,
        sink: Callable[[Any], None],
        now_ns: Callable[[], int],
        keep: Callable[[str, Secret], None] = lambda _id, _code: None,
    ) -> None:
        """Prepare; `start` starts it.

        Args:
            facts: where answers are kept.
            gatherer: asks the venue; it belongs to this watch's thread.
            plan: how often.
            known: what the daemon knows.
            sink: takes inputs of the engine, and alerts.
            now_ns: the engine's clock.
            keep: takes the code of a coupon that was made, with the movement's id.

        """
        self.facts = facts
        self._gatherer = gatherer
        self._plan = plan
        self._known = known
        self._sink = sink
        self._now_ns = now_ns
        movements = lambda: known.movements(facts.session)  # noqa: E731
        self._moves = Moves(gatherer, movements, sink, keep)
        self._inquiries = Inquiries(gatherer)
        balances_s = max(plan.balances_s, gatherer.cached_s)
        self._unread = Unread(facts, self._alert, "instruments", "what was known stays")
        balances = self._balances = Balances(
            *(facts, gatherer, known), alert=self._alert, now_ns=now_ns, interval_s=balances_s
        )
        self._tasks: dict[str, tuple[float, Callable[[], float | None]]] = {
            "clock": (plan.clock_s, self._clock),
            "instruments": (plan.instruments_s, self._instruments),
            "prices": (plan.prices_s, self._ask_for_prices),
            "balances": (balances_s, balances.look),
            "movements": (LOOK_S, self._moves.look),
        }
        if not gatherer.has_balances:
            del self._tasks["balances"]
        self._due = dict.fromkeys(self._tasks, 0.0)
        self._pauses = {name: Pause(interval_s) for name, (interval_s, _) in self._tasks.items()}
        self._resumed = threading.Event()
        self._ban: HostBan | None = None
        self._differs = False
        self._poller = Poller(f"reference-{facts.session}", self._turn)
        self._teller = Poller(f"prices-{facts.session}", self._tell_prices)
        self.prices = Prices(plan.pairs, interval_s=plan.prices_s, now_ns=now_ns, first=self._teller.kick)

    def start(self) -> None:
        """Begin."""
        self._poller.start()
        self._teller.start()

    def stop(self, within_s: float) -> bool:
        """Ask nothing more. Money that waits is not sent: it is told so at the next start, as in doubt."""
        until = time.monotonic() + within_s
        told = self._teller.stop(within_s)
        return self._poller.stop(max(until - time.monotonic(), 0.0)) and told

    def obey(self, ban: "HostBan") -> None:
        """Stop and go on with all other ways to the host; before the start."""
        self._ban = ban
        ban.join(self.leave_alone, self.resume)

    def leave_alone(self, reason: str) -> None:
        """Ask nothing more until `resume`: some way to the venue was told that it is banned, and people know of it."""
        self.facts.banned = reason

    def resume(self) -> None:
        """Ask a venue again that banned us, for everything; a person's decision."""
        self._resumed.set()
        self._poller.kick()

    def carry_out(self, movement: Movement, code: Secret | None = None) -> None:
        """Have a movement carried out that is on record; `code` is that of a coupon that is to be redeemed."""
        self._moves.put(movement, code)
        self._poller.kick()

    def waits(self) -> "Waits | None":
        """Say why the account's balances are not compared at present; None: they are, or never will be."""
        return self._balances.waits() if self._gatherer.has_balances else None

    def inquire(self, inquiry: Inquiry) -> "Future[Rows] | None":
        """Have the venue asked for a person; None: it cannot be asked such things."""
        future = self._inquiries.put(inquiry)
        self._poller.kick()
        return future

    # --- on the thread ----------------------------------------------------------------------------------------------

    def _turn(self) -> float:
        """Do what is due, and say how long to wait, seconds."""
        for name, (interval_s, task) in self._tasks.items():
            self._serve_people()
            if time.monotonic() >= self._due[name]:
                sooner_s = self._guarded(name, task)
                self._due[name] = time.monotonic() + (interval_s if sooner_s is None else sooner_s)
        self._serve_people()
        return 0.0 if self._inquiries.waiting else max(min(self._due.values()) - time.monotonic(), 0.0)

    def _serve_people(self) -> None:
        """Move all the money that is to be moved, and ask one question of a person's."""
        self._move_money()
        if (ban := self._inquiries.answer_one(self.facts.banned)) is not None:
            self._banned(ban)

    def _move_money(self) -> None:
        self._heed_resumption()  # a person may have resumed since this turn began, and then moved money
        look_s = self._moves.carry_out_all(self.facts.banned)
        if look_s is not None:
            self._due["movements"] = time.monotonic() + look_s

    def _heed_resumption(self) -> None:
        if self._resumed.is_set():
            self._resumed.clear()
            if self.facts.banned is not None:
                self.facts.banned, self.facts.problems = None, {}
                self._due = dict.fromkeys(self._tasks, 0.0)

    def _guarded(self, name: str, task: Callable[[], float | None]) -> float | None:
        """Run a task; a failure is told once, until the task succeeds again. Says when to run it sooner than usual."""
        if self.facts.banned is not None:
            return None
        try:
            sooner_s = task()
        except VenueError as error:
            self.facts.failures += 1
            if self._is_left_alone():
                return None  # meanwhile another way to the venue was told, and people know
            if isinstance(error, VenueBanned):
                self._banned(error)
            elif name not in self.facts.problems:
                self._alert("REFERENCE", f"{name} cannot be had: {error}")
            self.facts.problems = {**self.facts.problems, name: str(error)}
            return self._pauses[name].next_s() if name in self._pauses else None
        if name in self._pauses:
            self._pauses[name].end()
        self.facts.asked_ns[name] = self._now_ns()
        self.facts.problems = {key: text for key, text in self.facts.problems.items() if key != name}
        return sooner_s

    def _is_left_alone(self) -> bool:
        return self.facts.banned is not None or (self._ban is not None and self._ban.reason is not None)

    def _banned(self, error: VenueBanned) -> None:
        self.facts.banned = str(error)
        self._alert("VENUE_BANNED", f"nothing more is asked until a person resumes: {error}")

    def _alert(self, code: str, text: str) -> None:
        self._sink(Alert(code=code, text=text, session=self.facts.session))

    def _clock(self) -> None:
        clock = self.facts.clock = self._gatherer.measure_clock()
        beyond_s = (abs(clock.ahead_ns) - clock.uncertain_ns) / 1e9
        differs = beyond_s > self._plan.clock_difference_s
        if differs and not self._differs:
            where = "ahead of" if clock.ahead_ns > 0 else "behind"
            told = (
                f"the venue's clock is {abs(clock.ahead_ns) / 1e9:.3f} s {where} ours, give or take"
                f" {clock.uncertain_ns / 1e9:.3f} s; the limit is {self._plan.clock_difference_s:g} s. Signatures are"
                " corrected by it; look at this machine's clock"
            )
            self._alert("CLOCK_DIFFERENCE", told)
        self._differs = differs

    def _instruments(self) -> None:
        session, exchanges = self.facts.session, self._gatherer.exchanges()
        known = self._known.instruments(session)
        left: list[LeftOut] = []
        found: tuple[Instrument, ...] = ()
        for exchange in exchanges:
            listed = self._gatherer.instruments(exchange)
            unread = left_out(self._gatherer)
            found += (*listed, *kept(known, listed, unread, exchange))
            left += unread
        self._unread.heard(left)
        self._sink(InstrumentsSeen(session=session, exchanges=exchanges, instruments=found))

    def _ask_for_prices(self) -> float | None:
        """Ask for one pair; where others are due, they follow when everything else that is due is done."""
        if isinstance(self._gatherer, Paced) and (wait_s := self._gatherer.quote_wait_s()) > 0:
            return wait_s
        pair = self.prices.due()
        if pair is None:
            return None
        name = f"prices of {pair[1]}" if pair[0] is None else f"prices of {pair[0]}:{pair[1]}"
        self._guarded(name, lambda: self.prices.ask(pair, self._gatherer.quote))
        return None if self.prices.due() is None else 0.0

    def _tell_prices(self) -> float:
        """Pass on all prices that are known, whatever the venue's other answers take."""
        quotes = self.prices.current()
        if quotes:
            self._sink(PricesSeen(session=self.facts.session, quotes=quotes))
            self.facts.quotes = {
                each.key: each for each in quotes
            }  # nobody is shown what the engine does not have
        return self._plan.prices_s
