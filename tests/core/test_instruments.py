"""What a venue says of its symbols: what of it is new, what an order may be, and rounding where it is asked for."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.core import events as ev
from oms.core.admission import check
from oms.core.inputs import PlaceOrder, Received, Replace, SessionUp, Start
from oms.core.instruments import GONE, Instrument, merged, news, rounded_price, rounded_qty
from oms.core.messages import ExecutionReport
from oms.core.movements import Lane
from oms.core.records import Record
from oms.core.state import State, capture, load
from oms.core.venue_inputs import InstrumentsSeen, MoveMoney
from oms.engine import Engine, Route

D = Decimal
# The numbers of the venue's own sample: minPrice 0.01, maxQuantity 99999, tickSize 0.01, stepSize 0.0001,
# minNotional 1, maxNotional 1000.
BTC = Instrument(
    symbol="BTCUSDT",
    exchange="EX",
    base="BTC",
    quote="USDT",
    tick_size=D("0.01"),
    step_size=D("0.0001"),
    min_price=D("0.01"),
    max_price=D(100_000),
    min_qty=D("0.0001"),
    max_qty=D(99_999),
    min_notional=D(1),
    max_notional=D(1000),
    status="enabled",
)


def order(**changes: object) -> PlaceOrder:
    fields: dict[str, object] = {"client_order_id": "c", "symbol": "BTCUSDT", "side": "1", "exchange": "EX"}
    fields |= {"order_qty": D("0.01"), "price": D(30_000)}
    return PlaceOrder(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({}, None, ()),
        ({"price": D("30000.010")}, None, ()),
        ({"price": D("30000.005")}, "TICK_SIZE", ("30000.005", "0.01")),
        ({"price": D("0.001")}, "MIN_PRICE", ("0.001", "0.01")),
        ({"price": D(100_001)}, "MAX_PRICE", ("100001", "100000")),
        ({"order_qty": D("0.01005")}, "STEP_SIZE", ("0.01005", "0.0001")),
        ({"order_qty": D("0.00005")}, "MIN_QTY", ("0.00005", "0.0001")),
        ({"order_qty": D(100_000), "price": D(1)}, "MAX_QTY", ("100000", "99999")),
        ({"order_qty": D("0.0001"), "price": D(9999)}, "MIN_NOTIONAL", ("0.9999", "1")),
        ({"order_qty": D("0.05")}, "MAX_NOTIONAL", ("1500", "1000")),
        ({"price": None, "order_qty": None, "cash_order_qty": D(1001)}, "MAX_NOTIONAL", ("1001", "1000")),
        ({"price": None, "order_qty": None, "cash_order_qty": D("0.5")}, "MIN_NOTIONAL", ("0.5", "1")),
        ({"price": None, "order_qty": D(5)}, None, ()),
    ],
)
def test_a_denial_names_the_value_and_the_limit(
    changes: dict[str, object], code: str | None, said: tuple[str, ...]
) -> None:
    denial = check(order(**changes), BTC)
    assert (denial.code if denial else None) == code
    if denial is not None:
        words = denial.text.split()
        assert [word for word in words if word in said] == list(said)


def test_what_is_not_known_is_no_limit() -> None:
    assert check(order(price=D("0.000001"), order_qty=D("1e9")), Instrument(symbol="BTCUSDT")) is None


def test_a_symbol_that_is_not_traded() -> None:
    denial = check(order(), Instrument(symbol="BTCUSDT", exchange="EX", trading=False, status="disabled"))
    assert denial is not None
    assert (denial.code, "disabled" in denial.text) == ("NOT_TRADING", True)


def test_only_what_is_new_is_news() -> None:
    eth = Instrument(symbol="ETHUSDT", exchange="EX")
    other = Instrument(symbol="BTCUSDT", exchange="OTHER")
    known = merged({}, [BTC, eth, other])
    assert news(known, [BTC, eth], ["EX"]) == ()
    (gone,) = news(known, [BTC], ["EX"])
    assert (gone.symbol, gone.trading, gone.status) == ("ETHUSDT", False, GONE)
    after = merged(known, [gone])
    assert news(after, [BTC], ["EX"]) == ()
    assert news(after, [BTC, eth], ["EX"]) == (eth,)
    assert known["EX", "ETHUSDT"].trading  # whoever read it before has what it was


_amounts = st.decimals("0.00000001", "1e9", places=8)
_steps = st.decimals("0.00000001", "100", places=8)


@given(_amounts, _steps)
def test_rounding_goes_away_from_the_market_by_less_than_a_step(value: Decimal, step: Decimal) -> None:
    instrument = Instrument(symbol="X", tick_size=step, step_size=step)
    buy, sell, qty = (
        rounded_price(value, "1", instrument),
        rounded_price(value, "2", instrument),
        rounded_qty(value, instrument),
    )
    assert value - step < buy == qty <= value <= sell < value + step
    assert not buy % step
    assert not sell % step


# --- through the engine ---------------------------------------------------------------------------------------------


class Desk:
    """An engine with one session, and its journal."""

    def __init__(self, **route: object) -> None:
        self.routes = [Route(session="S", account="A", id_prefix="1", **route)]  # type: ignore[arg-type]
        self.engine = Engine(self.routes)
        self.records: list[Record] = []
        self.now = 0
        self.step(Start())
        self.step(SessionUp(session="S"))

    def step(self, message: object) -> object:
        self.now += 1
        step = self.engine.step(message, self.now, 1)  # type: ignore[arg-type]
        self.records.append(Record(kind="x", time_ns=self.now, events=step.events))  # type: ignore[arg-type]
        return step

    def knows(self, *instruments: Instrument) -> tuple[ev.Fact, ...]:
        seen = InstrumentsSeen(session="S", exchanges=("EX",), instruments=instruments)
        events: tuple[ev.Fact, ...] = self.step(seen).events  # type: ignore[attr-defined]
        return events

    def denial(self, command: PlaceOrder) -> str | None:
        self.step(command)
        return self.engine.blotter.orders[self.engine.blotter.last_order].denial

    def recovered(self) -> Engine:
        engine = Engine(self.routes)
        for record in self.records:
            engine.recover(record)
        return engine


def test_an_unchanged_list_leaves_no_event() -> None:
    desk = Desk()
    assert len(desk.knows(BTC)) == 1
    assert desk.knows(BTC) == ()


def test_instruments_are_kept_over_a_restart() -> None:
    desk = Desk()
    assert desk.denial(order(price=D("30000.005"))) is None
    desk.knows(BTC)
    book = desk.recovered().blotter.book("S")
    assert book.instruments == {("EX", "BTCUSDT"): BTC}
    assert desk.denial(order(client_order_id="d", price=D("30000.005"))) == "TICK_SIZE"


def test_a_snapshot_keeps_instruments_and_movements() -> None:
    lane = Lane(label="l", kind="withdrawal", exchange="EX", currency="BTC", address="1A", max_amount=D(1))
    desk = Desk(lanes=(lane,))
    desk.knows(BTC, Instrument(symbol="X"))
    desk.step(MoveMoney(id="w", kind="withdrawal", label="l", amount=D("0.10")))
    state = capture(desk.engine.blotter, desk.engine.ids)
    again = Engine(desk.routes)
    packed = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=State)
    load(packed, again.blotter, again.ids)
    ours, theirs = desk.engine.blotter.book("S"), again.blotter.book("S")
    assert theirs.instruments == ours.instruments
    assert theirs.movements == ours.movements
    assert len(theirs.instruments) == 2
    again.step(Start(), 9, 1)
    assert again.blotter.book("S").movements["w"].status == "IN_DOUBT"


def test_another_exchange_s_rules_are_not_applied() -> None:
    desk = Desk()
    desk.knows(BTC)
    assert desk.denial(order(exchange="OTHER", price=D("30000.005"))) is None


def test_rounding_is_done_only_when_asked_for_and_said() -> None:
    desk = Desk()
    desk.knows(BTC)
    wanted = order(price=D("30000.019"), order_qty=D("0.01009"), rounding=True)
    assert desk.denial(wanted) is None
    placed = desk.engine.blotter.orders[1].placed
    assert placed is not None
    assert (placed.price, placed.order_qty) == (D("30000.01"), D("0.01"))
    assert (placed.asked_price, placed.asked_qty) == (D("30000.019"), D("0.01009"))
    again = desk.step(wanted).answer  # type: ignore[attr-defined]
    assert (again.order, again.created, again.refusal) == (1, False, None)
    changed = desk.step(order(price=D("30000.01"), order_qty=D("0.01"))).answer  # type: ignore[attr-defined]
    assert changed.refusal == "CONFLICT"
    assert desk.denial(order(client_order_id="e", exchange="OTHER", rounding=True)) == "INSTRUMENT_UNKNOWN"
    too_small = order(client_order_id="f", order_qty=D("0.00009"), rounding=True)
    assert desk.denial(too_small) in {"MIN_QTY", "NOT_POSITIVE"}


def test_a_replace_is_checked_alike() -> None:
    desk = Desk()
    desk.knows(BTC)
    assert desk.denial(order()) is None
    answer = desk.step(Replace(id="c", price=D("29999.999"))).answer  # type: ignore[attr-defined]
    assert answer.refusal is not None

    first = desk.engine.blotter.orders[1]
    accepted = ExecutionReport(
        cl_ord_id=first.cl_ord_id,
        order_id="V",
        exec_id="1",
        exec_trans_type="0",
        exec_type="0",
        ord_status="0",
    )
    desk.step(Received(session="S", raw="", report=accepted))
    answer = desk.step(Replace(id="c", price=D("29999.999"))).answer  # type: ignore[attr-defined]
    assert answer.refusal == "TICK_SIZE"
