"""The watch on a venue that the test plays: intervals, failures, differences, and money that goes once."""

import threading
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from oms.app.reference import Facts, Watch
from oms.app.reference_plan import Known, Plan
from oms.core.balances import Balance
from oms.core.errors import OutcomeUnknown, VenueRefused, VenueUnavailable
from oms.core.inputs import Alert
from oms.core.instruments import Instrument, Key
from oms.core.movements import Movement, MovementStatus
from oms.core.prices import Quote
from oms.core.venue_inputs import InstrumentsSeen, MoneyAnswered, PricesSeen
from oms.rest.ban import HostBan
from oms.rest.gathering import LeftOut, Moved, VenueClock
from oms.rest.worker import VenueBanned

if TYPE_CHECKING:
    from oms.app.reference_waits import Waits
    from oms.core.order import Order
    from oms.core.positions import Position

D = Decimal
WITHIN_S = 20
PAIR = ("EX", "BTCUSDT")
NO_ANSWER = OutcomeUnknown("no answer")
BTC = Instrument(symbol="BTCUSDT", exchange="EX", base="BTC", quote="USDT")
MOVEMENT = Movement(
    id="w1",
    session="S",
    account="A",
    kind="withdrawal",
    label="cold",
    exchange="EX",
    currency="BTC",
    amount=D(1),
    time_ns=1,
)


class FakeVenue:
    """Implements `Gatherer`, with what the test puts into it."""

    has_balances = True
    cached_s = 0.0
    tells_fees = True

    def __init__(self) -> None:
        self.ahead_ns = 0
        self.usdt = D(1000)
        self.failing: dict[str, Exception] = {}
        self.calls: list[str] = []
        self.moved: Moved | Exception = Moved(status=MovementStatus.DONE, reason="done", log_id="L1")
        self.found: Moved | None = None
        self.claimed: Collection[str] = ()
        self.listed: tuple[Instrument, ...] = (BTC,)
        self.rows: dict[str, Decimal | None] = {}
        self.unread: dict[str, tuple[LeftOut, ...]] = {}
        self._left_out: tuple[LeftOut, ...] = ()

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.failing:
            raise self.failing[name]

    def measure_clock(self) -> VenueClock:
        self._call("clock")
        return VenueClock(self.ahead_ns, 1_000_000)

    def exchanges(self) -> tuple[str | None, ...]:
        self._call("exchanges")
        return ("EX",)

    def instruments(self, exchange: str | None) -> tuple[Instrument, ...]:
        self._call("instruments")
        self._left_out = self.unread.get("instruments", ())
        return self.listed

    def balances(self) -> tuple[Balance, ...]:
        self._call("balances")
        self._left_out = self.unread.get("balances", ())
        amounts = {"USDT": self.usdt, **self.rows}
        return tuple(
            Balance(exchange="EX", currency=currency, amount=amount, available=amount, frozen=D(0))
            for currency, amount in amounts.items()
            if amount is not None
        )

    def left_out(self) -> tuple[LeftOut, ...]:
        return self._left_out

    def quote(self, key: Key) -> Quote:
        self._call("quote")
        return Quote(exchange=key[0], symbol=key[1], bid=D(1), ask=D(2), time_ns=5)

    def carry_out(self, movement: Movement) -> Moved:
        self._call(f"carry out {movement.id}")
        if isinstance(self.moved, Exception):
            raise self.moved
        return self.moved

    def look_for(self, movement: Movement, claimed: Collection[str]) -> Moved | None:
        self._call(f"look for {movement.id}")
        self.claimed = claimed
        return self.found


class Stage:
    """A watch that runs, and what it put in."""

    def __init__(self, venue: FakeVenue, **plan: Any) -> None:
        self.venue = venue
        self.given: list[Any] = []
        self.movements: dict[str, Movement] = {}
        self.positions: dict[str, Position] = {}
        self.orders: list[Order] = []
        self.waits: Waits | None = None
        self.known = {BTC.key: BTC}
        self._changed = threading.Condition()
        self.facts = Facts("S", "A")
        often = {
            "clock_s": 0.02,
            "instruments_s": 0.02,
            "balances_s": 0.02,
            "prices_s": 0.02,
            "pairs": (PAIR,),
        }
        self.watch = Watch(
            self.facts,
            venue,
            Plan(**{**often, **plan}),
            Known(
                positions=lambda _: dict(self.positions),
                instruments=lambda _: self.known,
                movements=lambda _: self.movements,
                orders=lambda _: list(self.orders),
                waits=lambda _: self.waits,
            ),
            sink=self._sink,
            now_ns=lambda: 10,
        )

    def _sink(self, item: Any) -> None:
        with self._changed:
            self.given.append(item)
            self._changed.notify_all()

    def await_(self, holds: Callable[[list[Any]], Any], what: str) -> Any:
        with self._changed:
            assert self._changed.wait_for(lambda: holds(self.given), WITHIN_S), what
            return holds(self.given)

    def alerts(self, code: str) -> list[str]:
        return [item.text for item in self.given if isinstance(item, Alert) and item.code == code]

    def seen(self, kind: type[Any], count: int = 1) -> list[Any]:
        def found(given: list[Any]) -> list[Any]:
            return [item for item in given if isinstance(item, kind)]

        self.await_(lambda given: len(found(given)) >= count, f"{count} {kind.__name__}")
        return found(self.given)


@pytest.fixture
def venue() -> FakeVenue:
    return FakeVenue()


@pytest.fixture
def stage(venue: FakeVenue, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("oms.app.reference_balances.SETTLE_S", 0.01)
    monkeypatch.setattr("oms.app.reference_money.LOOK_S", 0.02)
    monkeypatch.setattr("oms.app.reference_plan.SOON_S", 0.02)
    stages: list[Stage] = []

    def start(**plan: Any) -> Stage:
        stages.append(Stage(venue, **plan))
        stages[-1].watch.start()
        return stages[-1]

    yield start
    for each in stages:
        assert each.watch.stop(WITHIN_S)


def test_everything_is_asked_again_and_again(stage: Any) -> None:
    running = stage()
    for each in running.seen(InstrumentsSeen, 2):
        assert (each.session, each.exchanges, each.instruments) == ("S", ("EX",), (BTC,))
    assert running.seen(PricesSeen, 2)[0].quotes[0].key == PAIR
    assert running.facts.balances[0].amount == D(1000)
    assert running.facts.clock == VenueClock(0, 1_000_000)


def test_one_failure_is_told_once_and_stops_nothing_else(venue: FakeVenue, stage: Any) -> None:
    venue.failing["instruments"] = OutcomeUnknown("no answer")
    running = stage()
    running.seen(PricesSeen, 5)
    assert len(running.alerts("REFERENCE")) == 1
    assert running.facts.problems == {"instruments": "no answer"}
    assert running.facts.failures > 1
    venue.failing.clear()
    running.seen(InstrumentsSeen)
    running.seen(PricesSeen, len(running.seen(PricesSeen)) + 2)
    assert running.facts.problems == {}


def test_what_was_known_of_a_symbol_stays_while_its_row_cannot_be_read(venue: FakeVenue) -> None:
    eth, gone = replace(BTC, symbol="ETHUSDT"), replace(BTC, symbol="OLDUSDT")
    running = Stage(venue, instruments_s=3600.0)
    running.known = {each.key: each for each in (BTC, eth, gone, replace(eth, exchange="OTHER"))}
    unread = (LeftOut(why="list: tickSize is none", text="{}", exchange="EX", name="ETHUSDT"),)
    venue.unread["instruments"] = unread
    running.watch.start()
    try:
        (seen,) = running.seen(InstrumentsSeen)
        assert seen.instruments == (BTC, eth)
        (alert,) = running.alerts("UNREADABLE")
        assert alert == "list: tickSize is none; ETHUSDT at EX is left out, and what was known stays: {}"
        assert running.facts.problems == {"instruments, rows": "cannot be read: ETHUSDT at EX"}
    finally:
        assert running.watch.stop(WITHIN_S)


def test_all_that_was_known_stays_while_a_row_does_not_say_its_symbol(venue: FakeVenue) -> None:
    running = Stage(venue, instruments_s=3600.0)
    eth = replace(BTC, symbol="ETHUSDT")
    running.known = {each.key: each for each in (replace(BTC, tick_size=D(7)), eth)}
    venue.unread["instruments"] = (LeftOut(why="why", text="5", exchange="EX"),)
    running.watch.start()
    try:
        (seen,) = running.seen(InstrumentsSeen)
        assert seen.instruments == (BTC, eth)
        assert running.alerts("UNREADABLE")[0] == "why; a row is left out, and what was known stays: 5"
    finally:
        assert running.watch.stop(WITHIN_S)


def test_many_rows_that_cannot_be_read_are_one_alert(venue: FakeVenue, stage: Any) -> None:
    venue.unread["instruments"] = tuple(
        LeftOut(why=f"why {n}", text="{}", exchange="EX", name=f"S{n}") for n in range(12)
    )
    running = stage()
    running.seen(InstrumentsSeen, 3)
    (alert,) = running.alerts("UNREADABLE")
    assert "S0 at EX, S1 at EX" in alert
    assert "and 7 more are left out" in alert
    venue.unread.clear()
    running.seen(InstrumentsSeen, len(running.seen(InstrumentsSeen)) + 2)
    venue.unread["instruments"] = (LeftOut(why="why", text="{}", exchange="EX", name="S3"),)
    running.await_(lambda _: len(running.alerts("UNREADABLE")) == 2, "it is told again")


def test_a_ban_ends_all_questions_and_money_does_not_leave(venue: FakeVenue, stage: Any) -> None:
    venue.failing["clock"] = VenueBanned("403")
    running = stage()
    running.await_(lambda given: running.alerts("VENUE_BANNED"), "the ban is told")
    running.watch.carry_out(MOVEMENT)
    (answer,) = running.seen(MoneyAnswered)
    assert (answer.status, "403" in answer.reason) == ("REFUSED", True)
    assert venue.calls == ["clock"]


def test_a_person_has_a_venue_that_banned_us_asked_for_everything_again(venue: FakeVenue, stage: Any) -> None:
    venue.failing["clock"] = VenueBanned("403")
    running = stage(clock_s=3600.0, instruments_s=3600.0)
    running.await_(lambda _: running.alerts("VENUE_BANNED"), "the ban is told")
    venue.failing.clear()
    running.watch.resume()
    running.seen(InstrumentsSeen)
    running.watch.carry_out(MOVEMENT)
    assert running.seen(MoneyAnswered)[0].status == "DONE"
    assert (running.facts.banned, running.facts.problems) == (None, {})
    assert running.facts.clock is not None


def test_a_ban_that_others_were_told_of_is_told_by_them(venue: FakeVenue) -> None:
    """What is asked between the ban and the word of it is refused here, and is no news."""
    ban = HostBan("a host")
    running = Stage(venue)
    running.watch.obey(ban)
    ban._ways.clear()  # the word is on its way
    ban.impose("403")
    venue.failing["clock"] = VenueUnavailable("left alone")
    running.watch.start()
    running.seen(InstrumentsSeen, 3)
    assert running.watch.stop(WITHIN_S)
    assert running.alerts("REFERENCE") == []


def test_prices_are_passed_on_while_an_answer_takes_its_time(venue: FakeVenue, stage: Any) -> None:
    answered, asked = threading.Event(), threading.Event()

    def balances() -> tuple[Balance, ...]:
        asked.set()
        assert answered.wait(WITHIN_S)
        return ()

    venue.balances = balances  # type: ignore[method-assign]
    running = stage()
    assert asked.wait(WITHIN_S)
    count = len(running.seen(PricesSeen))
    running.watch.prices.pushed(Quote(exchange="EX", symbol="X", bid=D(3)))
    running.seen(PricesSeen, count + 2)
    assert {each.symbol for each in running.seen(PricesSeen)[-1].quotes} == {"BTCUSDT", "X"}
    answered.set()


def test_a_pair_that_cannot_be_had_is_named_and_the_others_are_had(venue: FakeVenue, stage: Any) -> None:
    good = venue.quote

    def quote(key: Key) -> Quote:
        if key == PAIR:
            raise NO_ANSWER
        return good(key)

    venue.quote = quote  # type: ignore[method-assign]
    running = stage(pairs=(PAIR, ("EX", "X")))
    assert running.seen(PricesSeen)[0].quotes[0].symbol == "X"
    running.await_(lambda _: running.facts.problems, "it is told")
    assert running.facts.problems == {"prices of EX:BTCUSDT": "no answer"}


def test_the_clock_is_told_once_beyond_the_limit(venue: FakeVenue, stage: Any) -> None:
    venue.ahead_ns = -1_500_000_000
    running = stage(clock_difference_s=1.0)
    running.seen(PricesSeen, 5)
    (told,) = running.alerts("CLOCK_DIFFERENCE")
    assert "1.500 s behind ours" in told
    assert running.facts.clock == VenueClock(-1_500_000_000, 1_000_000)


def test_a_balance_that_nothing_explains_is_told_and_not_smoothed(venue: FakeVenue, stage: Any) -> None:
    running = stage()
    running.await_(lambda _: running.facts.compared, "the comparison began")
    venue.usdt = D(990)
    running.await_(lambda _: running.alerts("BALANCE_DIFFERENCE"), "the difference is told")
    asked = len(venue.calls)
    running.await_(lambda _: len(venue.calls) > asked + 20, "it goes on")
    assert len(running.alerts("BALANCE_DIFFERENCE")) == 1
    (one,) = running.facts.compared.differences
    assert (one.currency, one.amount, one.standing) == ("USDT", D(-10), True)


def test_money_is_carried_out_once_and_its_outcome_told(venue: FakeVenue, stage: Any) -> None:
    running = stage()
    running.watch.carry_out(MOVEMENT)
    (answer,) = running.seen(MoneyAnswered)
    assert (answer.id, answer.session, answer.status, answer.log_id) == ("w1", "S", "DONE", "L1")
    running.seen(PricesSeen, 5)
    assert venue.calls.count("carry out w1") == 1


@pytest.mark.parametrize(
    "error", [RuntimeError("a bug"), VenueRefused("should have been told in the answer")]
)
def test_our_own_failure_leaves_it_in_doubt(venue: FakeVenue, stage: Any, error: Exception) -> None:
    venue.moved = error
    running = stage()
    running.watch.carry_out(MOVEMENT)
    (answer,) = running.seen(MoneyAnswered)
    assert (answer.status, str(error) in answer.reason) == ("IN_DOUBT", True)


def test_what_is_in_doubt_is_looked_for_and_never_sent(venue: FakeVenue, stage: Any) -> None:
    running = stage()
    running.movements = {
        "w1": replace(MOVEMENT, status=MovementStatus.IN_DOUBT),
        "w0": replace(MOVEMENT, id="w0", status=MovementStatus.DONE, log_id="L0"),
    }
    running.await_(lambda _: venue.calls.count("look for w1") > 1, "it is looked for")
    assert not [item for item in running.given if isinstance(item, MoneyAnswered)]
    assert set(venue.claimed) == {"L0"}
    venue.found = Moved(status=MovementStatus.DONE, reason="in the list", log_id="L1")
    assert running.seen(MoneyAnswered)[0].log_id == "L1"
    assert not [call for call in venue.calls if call.startswith(("carry", "look for w0"))]


class KeenVenue(FakeVenue):
    """It remembers what was other movements' at each look."""

    def __init__(self) -> None:
        super().__init__()
        self.looks: list[tuple[str, frozenset[str]]] = []

    def look_for(self, movement: Movement, claimed: Collection[str]) -> Moved | None:
        self.looks.append((movement.id, frozenset(claimed)))
        return super().look_for(movement, claimed)


def test_what_the_venue_has_taken_on_is_looked_for(venue: FakeVenue, stage: Any) -> None:
    running = stage()
    venue.found = Moved(status=MovementStatus.DONE, reason="completed", log_id="L1", fee=D(3), asset="XBT")
    running.movements = {"w1": replace(MOVEMENT, status=MovementStatus.SUBMITTED, log_id="L1")}
    answer = running.seen(MoneyAnswered)[0]
    assert (answer.id, answer.status, answer.fee, answer.asset) == ("w1", "DONE", D(3), "XBT")


def test_no_row_is_two_movements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oms.app.reference_money.LOOK_S", 0.02)
    venue = KeenVenue()
    venue.found = Moved(status=MovementStatus.DONE, reason="in the list", log_id="L1")
    running = Stage(venue)
    in_doubt = replace(MOVEMENT, status=MovementStatus.IN_DOUBT)
    running.movements = {"w1": in_doubt, "w2": replace(in_doubt, id="w2")}
    running.watch.start()
    running.await_(lambda _: len(venue.looks) > 1, "both are looked for")
    assert venue.looks[:2] == [("w1", frozenset()), ("w2", frozenset({"L1"}))]
    assert running.watch.stop(WITHIN_S)
