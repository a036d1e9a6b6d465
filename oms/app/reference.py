"""Asks venues for what they say of themselves and of the account, by interval, and keeps the last answers for readers.

1. Readers get values that nobody changes any more. What a venue says is its word and not state: only instruments and
   money go into the journal, through the engine.
2. Each kind of question has its own interval, and its own failure, which is shown; one does not stop the others.
3. Movements of money go first, each once; nothing is repeated.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from msgspec import Struct
from msgspec.structs import replace

from oms.core.balances import Balance, Compared, Moment, compare, totals
from oms.core.errors import VenueError
from oms.core.inputs import Alert
from oms.core.instruments import Instrument, Key
from oms.core.movements import Movement, MovementStatus
from oms.core.positions import Position
from oms.core.prices import Quote
from oms.core.secret import Secret
from oms.core.values import format_decimal
from oms.core.venue_inputs import InstrumentsSeen, MoneyAnswered, PricesSeen
from oms.rest.gathering import Gatherer, Moved, VenueClock
from oms.rest.polling import Poller
from oms.rest.worker import VenueBanned

if TYPE_CHECKING:
    from decimal import Decimal

    from oms.rest.gathering import Redeemer

SETTLE_S: Final = 1.0  # between the two looks with which a comparison begins
LOOK_S: Final = 30.0  # at most between two looks for a movement in doubt, or not completed
_LOOKED_FOR: Final = frozenset({MovementStatus.IN_DOUBT, MovementStatus.SUBMITTED})


class Plan(Struct, frozen=True, kw_only=True):
    """How often each is asked, seconds; `clock_difference_s`: more is told; `pairs`: whose prices are wanted."""

    instruments_s: float = 300.0
    balances_s: float = 30.0
    clock_s: float = 60.0
    clock_difference_s: float = 1.0
    prices_s: float = 1.0
    pairs: tuple[Key, ...] = ()


class Known(Struct, frozen=True, kw_only=True):
    """What the daemon knows, as of its last commit; each is called from the watch's thread.

    Attributes:
        positions: of an account, by symbol.
        instruments: of a session.
        movements: of a session, by id.

    """

    positions: Callable[[str], Mapping[str, Position]]
    instruments: Callable[[str], Mapping[Key, Instrument]]
    movements: Callable[[str], Mapping[str, Movement]]


class Facts:
    """The last answers of one venue account. The watch replaces them; others read."""

    def __init__(self, session: str, account: str) -> None:
        """Start knowing nothing."""
        self.session = session
        self.account = account
        self.clock: VenueClock | None = None
        self.balances: tuple[Balance, ...] = ()
        self.quotes: dict[Key, Quote] = {}
        self.compared: Compared | None = None
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
        self._keep = keep
        self._money: deque[tuple[Movement, Secret | None]] = deque()
        self._tasks: dict[str, tuple[float, Callable[[], float | None]]] = {
            "clock": (plan.clock_s, self._clock),
            "instruments": (plan.instruments_s, self._instruments),
            "prices": (plan.prices_s, self._prices),
            "balances": (max(plan.balances_s, gatherer.cached_s), self._balances),
            "movements": (LOOK_S, self._look_for_money),
        }
        if not gatherer.has_balances:
            del self._tasks["balances"]
        self._due = dict.fromkeys(self._tasks, 0.0)
        self._look_s = SETTLE_S
        self._start: Moment | None = None
        self._last: Moment | None = None
        self._shown: set[tuple[str, Decimal | None]] = set()
        self._differs = False
        self._poller = Poller(f"reference-{facts.session}", self._turn)

    def start(self) -> None:
        """Begin."""
        self._poller.start()

    def stop(self, within_s: float) -> bool:
        """Ask nothing more. Money that waits is not sent: it is told so at the next start, as in doubt."""
        return self._poller.stop(within_s)

    def carry_out(self, movement: Movement, code: Secret | None = None) -> None:
        """Have a movement carried out that is on record; `code` is that of a coupon that is to be redeemed."""
        self._money.append((movement, code))
        self._poller.kick()

    def quoted(self, quote: Quote) -> None:
        """Take in prices that were pushed; readers copy what they go through."""
        self.facts.quotes[quote.key] = quote

    # --- on the thread ----------------------------------------------------------------------------------------------

    def _turn(self) -> float:
        """Do what is due, and say how long to wait, seconds."""
        for name, (interval_s, task) in self._tasks.items():
            self._carry_out_all()
            if time.monotonic() >= self._due[name]:
                sooner_s = self._guarded(name, task)
                self._due[name] = time.monotonic() + (interval_s if sooner_s is None else sooner_s)
        self._carry_out_all()
        return max(min(self._due.values()) - time.monotonic(), 0.0)

    def _guarded(self, name: str, task: Callable[[], float | None]) -> float | None:
        """Run a task; a failure is told once, until the task succeeds again."""
        if self.facts.banned is not None:
            return None
        try:
            sooner_s = task()
        except VenueError as error:
            self.facts.failures += 1
            if isinstance(error, VenueBanned):
                self.facts.banned = str(error)
                self._alert("VENUE_BANNED", f"nothing more is asked until a restart: {error}")
            elif name not in self.facts.problems:
                self._alert("REFERENCE", f"{name} cannot be had: {error}")
            self.facts.problems = {**self.facts.problems, name: str(error)}
            return None
        self.facts.asked_ns[name] = self._now_ns()
        self.facts.problems = {key: text for key, text in self.facts.problems.items() if key != name}
        return sooner_s

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
        exchanges = self._gatherer.exchanges()
        found = tuple(each for exchange in exchanges for each in self._gatherer.instruments(exchange))
        session = self.facts.session
        self._sink(InstrumentsSeen(session=session, exchanges=exchanges, instruments=found))

    def _prices(self) -> None:
        """Ask for prices that were not pushed lately, and pass all of them on."""
        facts = self.facts
        for pair in self._plan.pairs:
            quote, now = facts.quotes.get(pair), self._now_ns()
            if quote is None or quote.age_s(now) >= self._plan.prices_s:
                self.quoted(
                    replace(self._gatherer.quote(pair), time_ns=now)
                )  # old as the question, by one clock
        if facts.quotes:
            self._sink(PricesSeen(session=facts.session, quotes=tuple(facts.quotes.copy().values())))

    # --- balances

    def _balances(self) -> float | None:
        facts = self.facts
        facts.balances = self._gatherer.balances()
        now = Moment(
            self._now_ns(),
            totals(facts.balances),
            self._known.positions(facts.account),
            tuple(self._known.movements(facts.session).values()),
        )
        last, self._last = self._last, now
        if self._start is None:
            if last is None or not now.is_quiet_since(last):
                return max(SETTLE_S, self._gatherer.cached_s)
            self._start = now
        instruments = {each.symbol: each for each in self._known.instruments(facts.session).values()}
        facts.compared = compare(self._start, now, instruments, facts.compared)
        self._tell_differences(facts.compared)
        return None

    def _tell_differences(self, compared: Compared) -> None:
        exact = self._gatherer.tells_fees  # else each fee changes the difference: it is told once
        now = {(each.currency, each.amount if exact else None): each for each in compared.differences}
        standing = {key for key, each in now.items() if each.standing}
        for key in sorted(standing - self._shown):
            each = now[key]
            told = (
                f"{each.currency}: the venue's balance changed by {format_decimal(each.actual)}, executions and"
                f" withdrawals on record explain {format_decimal(each.expected)}; the difference is"
                f" {format_decimal(each.amount)}"
            )
            self._alert("BALANCE_DIFFERENCE", told)
        self._shown = standing if exact else standing | (self._shown & now.keys())

    # --- money

    def _carry_out_all(self) -> None:
        while self._money:
            movement, code = self._money.popleft()
            banned = self.facts.banned
            if banned is None:
                self._tell_moved(movement, self._carried_out(movement, code))
            else:
                told = f"the venue is left alone, nothing was sent: {banned}"
                self._tell_moved(movement, Moved(status=MovementStatus.REFUSED, reason=told))

    def _carried_out(self, movement: Movement, code: Secret | None) -> Moved:
        """Have it carried out; our own failure on the way leaves it in doubt, since it may have left."""
        try:
            if code is not None:
                return cast("Redeemer", self._gatherer).redeem(movement, code)
            return self._gatherer.carry_out(movement)
        except Exception as error:  # noqa: BLE001 - a boundary: whatever it is, the movement is told about
            told = type(error).__name__ if code is not None else f"{type(error).__name__}: {error}"
            return Moved(status=MovementStatus.IN_DOUBT, reason=told)

    def _look_for_money(self) -> float:
        """Look, soon after a movement and then ever less often."""
        self._look_s = min(2 * self._look_s, LOOK_S)
        movements = self._known.movements(self.facts.session)
        claimed = {each.log_id for each in movements.values() if each.log_id is not None}
        for movement in movements.values():
            if movement.status in _LOOKED_FOR:
                moved = self._gatherer.look_for(movement, claimed)
                if moved is not None:
                    claimed |= set() if moved.log_id is None else {moved.log_id}
                    self._tell_moved(movement, moved)
        return self._look_s

    def _tell_moved(self, movement: Movement, moved: Moved) -> None:
        if moved.status in _LOOKED_FOR:
            self._look_s = SETTLE_S
            self._due["movements"] = time.monotonic() + SETTLE_S
        if moved.code is not None:
            self._keep(movement.id, moved.code)
        answer = MoneyAnswered(
            session=movement.session,
            id=movement.id,
            status=str(moved.status),
            reason=moved.reason,
            log_id=moved.log_id,
            moved=moved.moved,
            fee=moved.fee,
            asset=moved.asset,
            raw=moved.raw,
        )
        self._sink(answer)
