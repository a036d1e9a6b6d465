"""An account's balances, asked for and held against its executions while both are known to be of one moment."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from oms.app.reference_plan import Known, Pause
from oms.app.reference_rows import Unread, joined, without
from oms.app.reference_waits import Waits, of_orders
from oms.core.balances import Compared, Moment, compare, executed, totals
from oms.core.values import format_decimal
from oms.rest.gathering import left_out

if TYPE_CHECKING:
    from decimal import Decimal

    from oms.app.reference import Facts
    from oms.rest.gathering import Gatherer

SETTLE_S: Final = 1.0  # between the two looks with which a comparison begins
_SOON: Final = "what it waited for is over, and the next look at the balances is to come"
_NAMELESS: Final = "a row of the balances cannot be read, and does not say of which currency it is"
_QUIET: Final = "balances and executions have to be the same in two looks, one after the other"


class Balances:
    """Belongs to the watch's thread; `waits` may be called from any."""

    def __init__(  # noqa: PLR0913 - what is asked, what it is held against, and who is told
        self,
        facts: "Facts",
        gatherer: "Gatherer",
        known: Known,
        *,
        alert: Callable[[str, str], None],
        now_ns: Callable[[], int],
        interval_s: float,
    ) -> None:
        """Ask by `gatherer`, and keep what is found in `facts`; `alert` takes a code and a text.

        While something is open, the next look is after a pause that grows up to `interval_s`, seconds.
        """
        self._facts = facts
        self._gatherer = gatherer
        self._known = known
        self._alert = alert
        self._now_ns = now_ns
        self._pause = Pause(interval_s)
        self._start: Moment | None = None
        self._last: Moment | None = None
        self._lacks: set[str] = set()  # currencies that could not be read since the start
        self._unread = Unread(facts, alert, "balances", "how much there is is not known")
        self._shown: set[tuple[str, Decimal | None]] = set()

    def look(self) -> float | None:
        """Ask once, and compare where nothing is open; says when to look again, seconds, if sooner than usual.

        Raises:
            VenueError: balances cannot be had.

        """
        was_settled = self._unsettled() is None
        self._facts.balances = self._gatherer.balances()
        left = self._facts.unread = left_out(self._gatherer)
        self._unread.heard(left)
        now, unread = self._moment(), {each.name for each in left if each.name is not None}
        self._give_up_a_wrong_start()
        if (waits := self._waits_now(was_settled=was_settled)) is not None:
            self._last = None
            self._wait(waits)
            return max(self._pause.next_s(), self._gatherer.cached_s)
        self._pause.end()
        is_quiet = self._last is not None and now.is_quiet_since(self._last)
        self._last = now
        if self._start is None:
            if not is_quiet:
                self._wait(_QUIET)
                return max(SETTLE_S, self._gatherer.cached_s)
            self._start, self._lacks = now, unread
        self._compare(self._start, now, unread, is_quiet=is_quiet)
        self._facts.waits = None
        return max(SETTLE_S, self._gatherer.cached_s) if self._lacks - unread else None

    def waits(self) -> Waits | None:
        """Say why nothing is compared at present; None: it is."""
        now, noted = self._unsettled(), self._facts.waits
        if now is None or now.since_ns is not None or noted is None:
            return now or noted
        return Waits(now.reason, noted.since_ns)

    def _unsettled(self) -> Waits | None:
        account = self._facts.account
        return self._known.waits(account) or of_orders(self._known.orders(account))

    def _waits_now(self, *, was_settled: bool) -> str | None:
        if not was_settled or self._unsettled() is not None:
            return _SOON
        return _NAMELESS if any(each.name is None for each in self._facts.unread) else None

    def _wait(self, reason: str) -> None:
        noted = self._facts.waits
        self._facts.waits = Waits(reason, self._now_ns() if noted is None else noted.since_ns)

    def _compare(self, start: Moment, now: Moment, unread: set[str], *, is_quiet: bool) -> None:
        known = self._known.instruments(self._facts.session)
        instruments = {each.symbol: each for each in known.values()}
        compared = compare(start, now, instruments, self._facts.compared)
        lacks = self._lacks
        if is_quiet and now.positions.keys().isdisjoint(compared.unknown):
            joining = lacks - unread - set(compared.unknown)
            self._start, self._lacks = joined(start, compared, joining), lacks - joining
        self._facts.compared = without(compared, unread | lacks)
        self._tell_differences(self._facts.compared)

    def _moment(self) -> Moment:
        account = self._facts.account
        return Moment(
            self._now_ns(),
            totals(self._facts.balances),
            self._known.positions(account),
            tuple(self._known.movements(self._facts.session).values()),
            {each.number: executed(each) for each in self._known.orders(account)},
        )

    def _give_up_a_wrong_start(self) -> None:
        """Begin anew where the balances of the start had executions that became known only later."""
        clock, account = self._facts.clock, self._facts.account
        ahead_ns = 0 if clock is None else clock.ahead_ns
        if self._start is not None and self._start.lacked(self._known.orders(account), ahead_ns):
            self._start = self._last = self._facts.compared = None
            self._shown = set()

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
