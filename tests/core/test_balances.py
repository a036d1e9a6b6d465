"""A balance that changed otherwise than executions say is shown as it is."""

from decimal import Decimal

from msgspec.structs import replace

from oms.core.balances import Balance, Compared, Moment, compare, flows, totals
from oms.core.instruments import Instrument
from oms.core.movements import Movement
from oms.core.positions import Position

D = Decimal
BTC = {"BTCUSDT": Instrument(symbol="BTCUSDT", base="BTC", quote="USDT")}


def moment(time_ns: int, btc: str, usdt: str, position: Position | None = None) -> Moment:
    has = {"BTC": D(btc), "USDT": D(usdt)}
    return Moment(time_ns, has, {} if position is None else {"BTCUSDT": position})


def bought(qty: str, amount: str, fee: str = "0") -> Position:
    position = Position()
    position.move(D(qty), D(amount))
    position.fees["USDT"] = D(fee)
    return position


def compared(start: Moment, now: Moment, before: Compared | None = None) -> Compared:
    return compare(start, now, BTC, before)


def test_balances_are_added_over_exchanges() -> None:
    rows = [
        Balance(exchange=name, currency="BTC", amount=D("1.5"), available=D(1), frozen=D("0.5"))
        for name in "AB"
    ]
    assert totals(rows) == {"BTC": D(3)}


def test_what_executions_explain_is_no_difference() -> None:
    start = moment(1, "10", "100000")
    assert compared(start, moment(2, "11.5", "55000", bought("1.5", "45000"))).differences == ()
    round_trip = bought("2", "60000")
    round_trip.move(D(-1), D(-31_000))
    assert compared(start, moment(2, "11", "71000", round_trip)).differences == ()


def test_a_fee_that_nobody_reported_is_a_difference() -> None:
    start = moment(1, "10", "100000")
    now = moment(2, "11", "69970", bought("1", "30000"))
    (one,) = compared(start, now).differences
    assert (one.currency, one.expected, one.actual, one.amount) == ("USDT", D(-30_000), D(-30_030), D(-30))
    assert compared(start, moment(2, "11", "69970", bought("1", "30000", "30"))).differences == ()


def test_it_stands_when_it_is_the_very_same_twice() -> None:
    start, now = moment(1, "10", "100"), moment(2, "10", "90")
    first = compared(start, now)
    assert [each.standing for each in first.differences] == [False]
    assert [each.standing for each in compared(start, now, first).differences] == [True]
    other = compared(start, moment(3, "10", "91"), first)
    assert [each.standing for each in other.differences] == [False]


def test_what_is_not_known_is_not_compared() -> None:
    start = moment(1, "10", "100")
    unpriced = Position()
    unpriced.move(D(1), D(0), unpriced=1)
    result = compared(start, moment(2, "11", "70", unpriced))
    assert (result.differences, result.unknown) == ((), ("USDT",))
    assert flows({"XYZ": Position()}, BTC, ()).unknown == {"XYZ"}


def test_a_withdrawal_of_ours_is_expected_and_a_transfer_stays() -> None:
    common = {"id": "w", "session": "S", "account": "A", "label": "l", "exchange": "E", "time_ns": 1}
    gone = Movement(**common, kind="withdrawal", currency="BTC", amount=D(2), status="DONE")  # type: ignore[arg-type]
    moved = Movement(**common, kind="transfer", currency="BTC", amount=D(3), status="DONE")  # type: ignore[arg-type]
    refused = Movement(**common, kind="withdrawal", currency="BTC", amount=D(5), status="REFUSED")  # type: ignore[arg-type]
    assert flows({}, {}, (gone, moved, refused)).amounts == {"BTC": D(-2)}


def test_what_a_movement_cost_is_expected_of_the_currency_that_balances_name() -> None:
    common = {"id": "w", "session": "S", "account": "A", "label": "l", "exchange": "E", "time_ns": 1}
    paid = {**common, "fee": D("0.5"), "asset": "USDT", "status": "DONE"}
    gone = Movement(**paid, kind="withdrawal", currency="USDTTRC20", amount=D(20))  # type: ignore[arg-type]
    moved = Movement(**paid, kind="transfer", currency="USDT", amount=D(30))  # type: ignore[arg-type]
    assert flows({}, {}, (gone, moved)).amounts == {"USDT": D(-21)}


def test_a_currency_is_not_compared_while_some_of_it_is_under_way() -> None:
    way = Movement(
        id="w",
        session="S",
        account="A",
        label="l",
        exchange="E",
        time_ns=1,
        kind="withdrawal",
        currency="BTC",
        amount=D(2),
        status="SUBMITTED",
    )
    start = moment(1, "10", "100")
    for btc in ("10", "8"):  # some venues take it off the balance at once, and some when it has left
        now = replace(moment(2, btc, "99"), movements=(way,))
        result = compared(start, now)
        assert ([each.currency for each in result.differences], result.unknown) == (["USDT"], ("BTC",))
    done = replace(moment(3, "8", "100"), movements=(replace(way, status="DONE"),))
    assert (compared(start, done).differences, compared(start, done).unknown) == ((), ())
