"""The daemon's watches on its venues: made from the configuration, joined with the loop, run together."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import structlog
from msgspec import Struct
from msgspec.structs import replace

from oms.app.config import Config, Session, SessionSection
from oms.app.coupon_codes import Codes
from oms.app.hosts import Hosts
from oms.app.reference import Facts, Watch
from oms.app.reference_config import lanes
from oms.app.reference_fees import Fees
from oms.app.reference_gatherers import Gathered, Told, gatherers
from oms.app.reference_plan import Known, Plan
from oms.app.reference_waits import Waits, of_session
from oms.core.inputs import Alert, Instruction, Resume
from oms.core.instruments import Instrument, Key
from oms.core.messages import StatusRequest
from oms.core.movements import Movement
from oms.core.order import Order
from oms.core.positions import Position
from oms.core.prices import PriceRule
from oms.core.venue_inputs import InstrumentsSeen, MoveMoney, PricesSeen, TakeBack
from oms.core.work import Route

if TYPE_CHECKING:
    from concurrent.futures import Future

    from oms.core.inputs import Answer
    from oms.rest.feed import Feed
    from oms.rest.gathering import Gatherer, Inquiry, Rows

_NOTHING: Final[Mapping[str, Any]] = {}
_log = structlog.get_logger("oms")


class Around(Struct, frozen=True, kw_only=True):
    """What the watches are connected to.

    Attributes:
        sink: takes inputs of the engine, and alerts.
        positions: gives the positions as of the last commit, by account and symbol.
        sessions: gives what readers see of the sessions, as of the last commit.
        orders: gives the orders in memory.
        under_way: tells whether the orders of a session are being asked for.
        look_at: has an order of a session asked for over REST; tells whether it can be.
        now_ns: the engine's clock.

    """

    sink: Callable[[Any], None]
    positions: Callable[[], Mapping[tuple[str | None, str], Position]]
    sessions: Callable[[], Mapping[str, Mapping[str, Any]]]
    orders: Callable[[], Iterable[Order]]
    under_way: Callable[[str], bool]
    look_at: Callable[[str, StatusRequest], bool]
    now_ns: Callable[[], int]


class ReferenceSide:
    """What is known of venues besides orders. Every method may be called from any thread."""

    def __init__(
        self, config: Config, around: Around, hosts: Hosts, made: Mapping[str, "Gatherer"] = _NOTHING
    ) -> None:
        """Prepare a watch for every venue account that has REST keys; nothing leaves yet.

        Args:
            config: the configuration.
            around: what the watches are connected to.
            hosts: what all who speak to one host have in common.
            made: what asks for an account already, by session.

        Raises:
            ConfigError: a secret is not there.

        """
        self.max_price_age_ns = round(config.reference.stale_price_s * 1e9)
        self.facts: dict[str, Facts] = {}
        self._around = around
        self._watches: dict[str, Watch] = {}
        self._feeds: dict[str, Feed] = {}
        self.codes = Codes()
        for gathered in gatherers(config, hosts, made):
            account = gathered.session.account
            if account not in self._watches:  # the account's other sessions are served by the same watch
                self._watches[account] = self._watch(config, gathered)
        asked = {
            each.name for each in config.session if isinstance(each, SessionSection) and each.rest is not None
        }
        self._fees = Fees(
            lambda: (order for order in around.orders() if order.session in asked),
            around.look_at,
            interval_s=config.reference.fees_s,
        )
        self._accounts = {session.name: session.account for session in config.session}

    def _watch(self, config: Config, gathered: Gathered) -> Watch:
        session, account = gathered.session, gathered.session.account
        facts = self.facts[session.name] = Facts(session.name, account)
        of_account = [each.name for each in config.session if each.account == account]
        watch = Watch(
            facts,
            gathered.gatherer,
            _plan(config, gathered.pairs),
            Known(
                positions=self.positions_of,
                instruments=self.instruments_of,
                movements=lambda _: _joined(self.movements_of(name) for name in of_account),
                orders=self.orders_of,
                waits=lambda _: self._waits_of(of_account),
            ),
            sink=lambda item: self._put_in(item, of_account),
            keep=self.codes.keep,
            now_ns=self._around.now_ns,
        )
        if gathered.ban is not None:
            watch.obey(gathered.ban)
        if gathered.feed is not None:
            alert = lambda text: self._around.sink(Alert(code="PRICES", text=text, session=session.name))  # noqa: E731
            self._feeds[account] = gathered.feed(Told(watch.prices, self._around.now_ns, alert))
        return watch

    def _put_in(self, item: Any, sessions: list[str]) -> None:  # noqa: ANN401 - an input, or an alert
        """Put in what a watch says; symbols and prices are those of all sessions of the account."""
        if isinstance(item, InstrumentsSeen | PricesSeen):
            for session in sessions:
                self._around.sink(replace(item, session=session))
        else:
            self._around.sink(item)

    # --- running

    def start(self) -> None:
        """Ask all venues."""
        for watch in self._watches.values():
            watch.start()
        for feed in self._feeds.values():
            feed.start()
        self._fees.start()

    def stop(self, within_s: float) -> None:
        """Ask nothing more; all together no longer than that."""
        until = time.monotonic() + within_s
        parts: dict[str, Feed | Watch | Fees] = {"fees": self._fees, **self._watches}
        parts |= {f"{feed.name} of {account}": feed for account, feed in self._feeds.items()}
        late = [name for name, part in parts.items() if not part.stop(max(until - time.monotonic(), 0.0))]
        if late:
            _log.warning("still under way at the end", parts=late)

    def inquire(self, session: str, inquiry: "Inquiry") -> "Future[Rows] | None":
        """Have the venue of a session asked for a person; None: it cannot be asked such things."""
        watch = self._watches.get(self._accounts.get(session, ""))
        return None if watch is None else watch.inquire(inquiry)

    def resume(self, session: str) -> None:
        """Ask again a venue that banned us, and let it push prices; a person's decision."""
        account = self._accounts.get(session, "")
        if account in self._watches:
            self._watches[account].resume()
        if account in self._feeds:
            self._feeds[account].resume()

    def heed(self, instruction: Instruction, future: "Future[Answer]") -> None:
        """Do the part of an instruction that is not the engine's; `future` is the engine's answer."""
        match instruction:
            case MoveMoney() | TakeBack():
                self.carry_out(instruction, future)
            case Resume():
                self.resume(instruction.session)

    def carry_out(self, command: MoveMoney | TakeBack, future: "Future[Answer]") -> None:
        """Have a movement carried out once it is committed, if it is a new one."""

        def committed(done: "Future[Answer]") -> None:
            code = self.codes.take_given(command.subject) if isinstance(command, MoveMoney) else None
            if done.exception() is not None or not done.result().created:
                return
            movement = self.movements()[command.id]
            self._watches[self._accounts[movement.session]].carry_out(movement, code)

        future.add_done_callback(committed)

    # --- what readers see, as of the last commit

    def positions(self) -> Mapping[tuple[str | None, str], Position]:
        """Give all positions."""
        return self._around.positions()

    def positions_of(self, account: str) -> dict[str, Position]:
        """Give the positions of an account, by symbol."""
        return {symbol: each for (owner, symbol), each in self.positions().items() if owner == account}

    def orders_of(self, account: str) -> list[Order]:
        """Give the orders of an account that are in memory."""
        return [each for each in self._around.orders() if each.account == account]

    def instruments_of(self, session: str) -> Mapping[Key, Instrument]:
        """Give what is known of a session's symbols."""
        found: Mapping[Key, Instrument] = self._seen(session, "instruments")
        return found

    def instruments(self) -> Iterator[tuple[str, Instrument]]:
        """Go through all symbols, with the session that they belong to."""
        for session in self._accounts:
            for instrument in self.instruments_of(session).values():
                yield session, instrument

    def movements_of(self, session: str) -> Mapping[str, Movement]:
        """Give the movements of money of a session, by id."""
        found: Mapping[str, Movement] = self._seen(session, "movements")
        return found

    def movements(self) -> dict[str, Movement]:
        """Give all movements of money, by id."""
        return _joined(self.movements_of(session) for session in list(self._around.sessions()))

    def waits(self, account: str) -> Waits | None:
        """Say why the balances of an account are not compared at present."""
        return self._watches[account].waits()

    def clock_ahead_s(self, account: str) -> float:
        """Say how far the clock of an account's venue is ahead of ours, seconds; 0 while that is not known."""
        clocks = [each.clock for each in self.facts.values() if each.account == account]
        return next((clock.ahead_ns / 1e9 for clock in clocks if clock is not None), 0.0)

    def now_ns(self) -> int:
        """Tell the time by the engine's clock."""
        return self._around.now_ns()

    def _waits_of(self, sessions: list[str]) -> Waits | None:
        """Say why the account of these sessions cannot be compared; the first reason is enough."""
        seen, is_asked = self._around.sessions(), self._around.under_way
        waits = (of_session(each, seen.get(each, _NOTHING), under_way=is_asked(each)) for each in sessions)
        return next((each for each in waits if each is not None), None)

    def _seen(self, session: str, what: str) -> Mapping[Any, Any]:
        found: Mapping[Any, Any] = self._around.sessions().get(session, _NOTHING).get(what, _NOTHING)
        return found


def completed(config: Config, session: Session, route: Route) -> Route:
    """Add to a route what it has from here: how far prices may be from the market, and where money may go."""
    section = session.limits or config.limits
    rule = PriceRule(
        max_deviation=section.max_price_deviation,
        max_age_ns=round(config.reference.stale_price_s * 1e9),
        demanded=section.price_demanded,
    )
    return replace(route, limits=replace(route.limits, prices=rule), lanes=lanes(config.money, session))


def _joined(all_movements: Iterator[Mapping[str, Movement]]) -> dict[str, Movement]:
    return {any_id: each for movements in all_movements for any_id, each in movements.items()}


def _plan(config: Config, wanted: tuple[Key, ...]) -> Plan:
    section = config.reference
    return Plan(
        instruments_s=section.instruments_s,
        balances_s=section.balances_s,
        clock_s=section.clock_s,
        clock_difference_s=section.clock_difference_s,
        prices_s=section.prices_s,
        pairs=wanted,
    )
