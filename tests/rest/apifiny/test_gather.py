"""What the simulated venue says of itself and of an account's money, in its own process, and what goes wrong."""

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from oms.core.movements import Movement, MovementStatus
from oms.rest.apifiny.gather import ApifinyGatherer, is_movement, quote_of, signs_of
from oms.rest.apifiny.models import Activity, OrderBook, VenueTransfer
from oms.rest.gathering import VenueClock
from tests.rest.apifiny.simulated import ACCOUNT, WITHIN_S, Simulator

D = Decimal
TAKEN = {MovementStatus.SUBMITTED, MovementStatus.DONE}
VENUE, OTHER = "BINANCEUS", "OKEX"
ADDRESS = "3Nxwena-somewhere-else-fp8v"
# The document's own sample of /md/orderbook: asks from the worst to the best.
BOOK = b"""{"symbol": "BTCUSD", "updatedAt": 1578456310498,
 "asks": [["7889.28", "0.01"], ["7888.11", "0.5"], ["7887.55", "0"]], "bids": [["7885.1", "1"], ["7886.2", "2"]]}"""


@pytest.fixture(scope="module")
def venue() -> Iterator[Simulator]:
    options = ("--venue-status", "HUOBI=MAINTENANCE", "--withdraw-address", ADDRESS)
    with Simulator(*options) as simulator:
        yield simulator


@pytest.fixture
def gatherer(venue: Simulator) -> Iterator[ApifinyGatherer]:
    with venue.client() as client:
        yield ApifinyGatherer(client)


def movement(kind: str = "withdrawal", **changes: Any) -> Movement:
    fields: dict[str, Any] = {
        "id": "m",
        "session": "S",
        "account": ACCOUNT,
        "kind": kind,
        "label": "l",
        "exchange": VENUE,
        "currency": "BTC",
        "amount": D("0.5"),
        "time_ns": time.time_ns(),
    }
    fields |= {"address": ADDRESS} if kind == "withdrawal" else {"target": OTHER}
    return Movement(**{**fields, **changes})


@pytest.mark.system
def test_the_clock(gatherer: ApifinyGatherer) -> None:
    clock = gatherer.measure_clock()
    assert abs(clock.ahead_ns) <= clock.uncertain_ns + 50_000_000


@pytest.mark.system
def test_instruments_and_their_status(gatherer: ApifinyGatherer) -> None:
    assert {VENUE, OTHER, "HUOBI"} <= set(gatherer.exchanges())
    found = {each.symbol: each for each in gatherer.instruments(VENUE)}
    btc = found["BTCUSDT"]
    assert (btc.base, btc.quote, btc.exchange, btc.trading) == ("BTC", "USDT", VENUE, True)
    assert (btc.tick_size, btc.step_size, btc.min_qty) == (D("0.01"), D("0.0001"), D("0.0001"))
    closed = gatherer.instruments("HUOBI")[0]
    assert (closed.trading, closed.status) == (False, "disabled")


@pytest.mark.system
def test_prices_are_the_best_of_the_fixed_book(gatherer: ApifinyGatherer) -> None:
    before = time.time_ns()
    quote = gatherer.quote((VENUE, "BTCUSDT"))
    assert (quote.bid, quote.ask) == (D(29_990), D(30_000))
    assert before <= quote.time_ns <= time.time_ns()


def test_the_best_prices_wherever_they_stand_in_the_list() -> None:
    quote = quote_of("EX", msgspec.json.decode(BOOK, type=OrderBook, strict=False), 7)
    assert (quote.bid, quote.ask, quote.venue_ms) == (D("7886.2"), D("7888.11"), 1578456310498)
    empty = quote_of(None, OrderBook(symbol="X", updated_at=1, asks=(), bids=()), 7)
    assert (empty.bid, empty.ask) == (None, None)


@pytest.mark.system
def test_a_withdrawal_with_a_ticket_of_its_own(gatherer: ApifinyGatherer) -> None:
    def has(currency: str) -> Decimal:
        rows = [row for row in gatherer.balances() if (row.exchange, row.currency) == (VENUE, currency)]
        return rows[0].available

    before = has("BTC")
    mine = movement()
    moved = gatherer.carry_out(mine)
    assert (moved.status, bool(moved.log_id)) == (MovementStatus.SUBMITTED, True)
    assert has("BTC") <= before - D("0.5")
    found = gatherer.look_for(mine, ())
    assert found is not None
    assert (found.status in TAKEN, found.log_id) == (True, moved.log_id)
    assert gatherer.look_for(mine, {moved.log_id or ""}) is None
    again = gatherer.carry_out(movement())  # another ticket: another movement
    assert again.status is MovementStatus.SUBMITTED
    assert gatherer.look_for(mine, ()) is None  # two rows could be it: a person decides


@pytest.mark.system
def test_a_transfer_between_exchanges(gatherer: ApifinyGatherer) -> None:
    mine = movement("transfer", currency="USDT", amount=D("12.5"))
    moved = gatherer.carry_out(mine)
    assert moved.status is MovementStatus.SUBMITTED
    found = gatherer.look_for(mine, ())
    assert found is not None
    assert found.log_id == moved.log_id


@pytest.mark.system
@pytest.mark.parametrize(
    "wrong",
    [
        movement(address="nobody-knows-it"),
        movement(amount=D(10_000_000)),
        movement(currency="NONE"),
        movement("transfer", target="NOWHERE"),
        movement(exchange="NOWHERE"),
    ],
)
def test_what_the_venue_refuses_moved_nothing(gatherer: ApifinyGatherer, wrong: Movement) -> None:
    before = gatherer.balances()
    moved = gatherer.carry_out(wrong)
    assert moved.status in {MovementStatus.REFUSED, MovementStatus.IN_DOUBT}
    assert moved.log_id is None
    assert gatherer.balances() == before


@pytest.mark.system
def test_without_an_answer_it_is_in_doubt_and_found_in_the_list() -> None:
    faults = ["--fault", "http-timeout-after@asset.transferToVenue=1"]
    faults += ["--fault", "http-timeout-after@asset.createWithdrawTicketLite=1"]
    with Simulator("--withdraw-address", ADDRESS, *faults) as deaf, deaf.client() as client:
        gatherer = ApifinyGatherer(client)
        mine = movement("transfer", currency="USDT", amount=D("12.5"))
        assert gatherer.carry_out(mine).status is MovementStatus.IN_DOUBT
        found = gatherer.look_for(mine, ())
        assert found is not None
        assert found.status in TAKEN
        refused = gatherer.carry_out(movement())
        assert (refused.status, "no ticket" in refused.reason) == (MovementStatus.REFUSED, True)
        assert len(client.accounts.activities((0, time.time_ns() // 1_000_000 + 60_000))) in {1, 2}


ASKED_NS = 1_600_000_000_000_000_000
CLOCK = VenueClock(ahead_ns=2_000_000_000, uncertain_ns=1_000_000)
SIGNED_MS = 1_600_000_001_999  # the venue's clock is 2 s ahead, give or take a millisecond
ACCOUNTS = {VENUE: "STA-BINANCEUS_00000015", OTHER: "STA-OKEX_00000015"}
ROW = Activity(
    account_id=ACCOUNTS[VENUE],
    currency="USDT",
    status="COMPLETED",
    type="OUTGOING",
    amount=D("0.50"),
    log_id="1",
    coin="USDTTRC20",
    target_address=ADDRESS,
    log_created_at=SIGNED_MS,
)
TRANSFER_ROW = msgspec.structs.replace(
    ROW,
    coin="USDT",
    target_address="",
    from_account_id=ACCOUNTS[VENUE],
    to_account_id=ACCOUNTS[OTHER],
)


def fits(row: Activity, mine: Movement) -> bool:
    return is_movement(row, mine, signs_of(mine, CLOCK), ACCOUNTS)


def differs(row: Activity, mine: Movement, changes: dict[str, Any]) -> None:
    assert fits(row, mine)
    for name, values in changes.items():
        for value in values:
            assert not fits(msgspec.structs.replace(row, **{name: value}), mine), (name, value)


def test_a_withdrawal_s_row_must_fit_in_everything() -> None:
    mine = movement(time_ns=ASKED_NS, currency="USDTTRC20", memo="7", doubted_ns=ASKED_NS + 5_000_000_000)
    last_ms = SIGNED_MS + 5_002 + 60_000
    assert fits(msgspec.structs.replace(ROW, memo="7", log_created_at=last_ms), mine)
    differs(
        ROW,
        mine,
        {
            "type": ("IMCOMING",),
            "amount": (D("0.51"),),
            "account_id": (ACCOUNTS[OTHER], ACCOUNT),
            "from_account_id": (ACCOUNTS[OTHER],),
            "target_address": ("other", None, ""),
            "memo": ("8", ""),
            "coin": ("USDT", None),  # the same currency on another chain
            "log_created_at": (SIGNED_MS - 1, last_ms + 1, None),
        },
    )


def test_a_transfer_s_row_must_fit_in_everything() -> None:
    mine = movement("transfer", currency="USDT", time_ns=ASKED_NS)
    differs(
        TRANSFER_ROW,
        mine,
        {
            "type": ("IMCOMING",),
            "account_id": ("STA-HUOBI_00000015",),
            "from_account_id": ("STA-HUOBI_00000015",),
            "to_account_id": ("STA-KUCOIN_00000015", ACCOUNTS[VENUE], None),
            "target_address": (ADDRESS,),
            "currency": ("BTC",),
            "log_created_at": (SIGNED_MS - 1, None),
        },
    )
    assert not is_movement(TRANSFER_ROW, mine, signs_of(mine, CLOCK), {}), "the venue names no such account"


@pytest.mark.system
def test_what_somebody_else_moved_is_not_what_we_asked_for(venue: Simulator) -> None:
    with venue.client() as client:
        gatherer = ApifinyGatherer(client)
        gatherer.measure_clock()
        stranger: dict[str, Any] = {"currency": "ETH", "amount": D("3.5")}
        before = client.accounts.transfer(VENUE, OTHER, **stranger)
        assert before.log_created_at is not None
        mine = movement(
            "transfer", **stranger, time_ns=(before.log_created_at + 5) * 1_000_000, exchange=VENUE
        )
        client.accounts.transfer("KUCOIN", "OKEX", **stranger)
        client.accounts.transfer(VENUE, "KUCOIN", **stranger)
        assert gatherer.look_for(mine, ()) is None


@pytest.mark.system
def test_a_movement_is_followed_until_the_venue_has_completed_it(gatherer: ApifinyGatherer) -> None:
    mine = movement("transfer", currency="USDT", amount=D("77"))
    taken = gatherer.carry_out(mine)
    assert (taken.status, taken.fee, taken.asset) == (MovementStatus.SUBMITTED, D(1), "USDT")
    known = msgspec.structs.replace(mine, status=MovementStatus.SUBMITTED, log_id=taken.log_id)
    until = time.monotonic() + WITHIN_S
    while (done := gatherer.look_for(known, {taken.log_id or ""})) is None:
        assert time.monotonic() < until
    assert (done.status, done.log_id, done.fee) == (MovementStatus.DONE, taken.log_id, D(1))


@pytest.mark.parametrize(
    "changes",
    [{"venue": OTHER}, {"amount": D(2)}, {"currency": "BTC"}, {"target_venue": "KUCOIN"}, {"status": "HELD"}],
)
def test_an_answer_about_something_else_is_not_believed(changes: dict[str, Any]) -> None:
    answer = VenueTransfer(
        account_id=ACCOUNT,
        venue=VENUE,
        currency="USDT",
        amount=D("0.5"),
        target_venue=OTHER,
        log_id="1",
        status="COMPLETED",
    )
    said: list[VenueTransfer] = [answer, msgspec.structs.replace(answer, **changes)]

    class Accounts:
        def transfer(self, *_where: object, **_what: object) -> VenueTransfer:
            return said.pop(0)

    class Client:
        accounts = Accounts()

    asks = ApifinyGatherer(Client())  # type: ignore[arg-type]
    mine = movement("transfer", currency="USDT")
    assert asks.carry_out(mine).status is MovementStatus.DONE
    assert asks.carry_out(mine).status is MovementStatus.IN_DOUBT


def test_what_the_venue_took_on_and_canceled_is_found_by_its_number_alone() -> None:
    listed = [msgspec.structs.replace(ROW, status="CANCELLED"), msgspec.structs.replace(ROW, log_id="2")]

    class Accounts:
        def activities(self, _span: object) -> list[Activity]:
            return listed

    class Client:
        accounts = Accounts()

        def measure_clock(self) -> VenueClock:
            return CLOCK

    asks = ApifinyGatherer(Client())  # type: ignore[arg-type]
    mine = movement(status=MovementStatus.SUBMITTED, log_id="1", time_ns=ASKED_NS)
    found = asks.look_for(mine, {"1"})
    assert found is not None
    assert (found.status, found.log_id) == (MovementStatus.REFUSED, "1")
    for status in ("SUBMITTED", "HELD"):  # nothing new, and a word that is not known
        listed[0] = msgspec.structs.replace(ROW, status=status)
        assert asks.look_for(mine, {"1"}) is None
