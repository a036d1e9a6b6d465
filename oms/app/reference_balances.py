"""An account's balances, asked for and held against its executions while both are known to be of one moment."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from oms.app.reference_plan import Known, Pause
from oms.core.balances import Compared, Moment, compare, executed, is_settled, totals
from oms.core.values import format_decimal

if TYPE_CHECKING:
    from decimal import Decimal

    from oms.app.reference import Facts
    from oms.rest.gathering import Gatherer

SETTLE_S: Final = 1.0  # between the two looks with which a comparison begins


class Balances:
    """Belongs to the watch's thread."""

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
        self._shown: set[tuple[str, Decimal | None]] = set()

    def look(self) -> float | None:
        """Ask once, and compare where nothing is open; says when to look again, seconds, if sooner than usual.

        Raises:
            VenueError: balances cannot be had.

        """
        was_settled = self._is_settled()
        self._facts.balances = self._gatherer.balances()
        now = self._moment()
        self._give_up_a_wrong_start()
        if not was_settled or not self._is_settled():
            self._last = None
            return max(self._pause.next_s(), self._gatherer.cached_s)
        self._pause.end()
        last, self._last = self._last, now
        if self._start is None:
            if last is None or not now.is_quiet_since(last):
                return max(SETTLE_S, self._gatherer.cached_s)
            self._start = now
        known = self._known.instruments(self._facts.session)
        instruments = {each.symbol: each for each in known.values()}
        compared = self._facts.compared = compare(self._start, now, instruments, self._facts.compared)
        self._tell_differences(compared)
        return None

    def _is_settled(self) -> bool:
        account = self._facts.account
        return self._known.is_up(account) and is_settled(self._known.orders(account))

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
