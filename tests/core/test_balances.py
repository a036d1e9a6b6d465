"""A balance that changed otherwise than executions say is shown as it is."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from oms.core.balances import (
    Balance,
    Compared,
    Moment,
    compare,
    executed,
    flows,
    is_settled,
    totals,
)
from oms.core.instruments import Instrument
from oms.core.movements import Movement
from oms.core.order import Order, Request
from oms.core.positions import Position
from oms.core.times import fix_to_ns
from oms.core.values import Phase, RequestKind

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
    assert flows({"XYZ": Position()}, BTC, ()).symbols == {"XYZ"}


def test_no_currency_is_compared_while_a_symbol_that_was_traded_is_not_known() -> None:
    start, now = moment(1, "10", "100000"), moment(2, "11", "70000", bought("1", "30000"))
    result = compare(start, now, {}, None)
    assert (result.differences, result.unknown) == ((), ("BTCUSDT",))
    since = compare(now, replace(now, totals={**now.totals, "USDT": D(69_999)}), {}, None)
    assert [each.currency for each in since.differences] == ["USDT"]  # what did not move need not be known


def order(**terms: Any) -> Order:
    given: dict[str, Any] = {"number": 1, "session": "S", "symbol": "BTCUSDT", "side": "1", "cl_ord_id": "c"}
    return Order(**{**given, "created_ns": 1, "phase": Phase.WORKING, "order_qty": D(5), **terms})


def test_an_account_is_settled_when_nothing_more_is_to_be_told_of_the_past() -> None:
    request = Request(number=2, kind=RequestKind.CANCEL, cl_ord_id="d", since_ns=1)
    for terms, settled in (
        ({}, True),
        ({"pending": [request]}, False),
        ({"reported_cum": D(1)}, False),
        ({"unsized_gap": True}, False),
        ({"unheard": True}, False),
        ({"unheard": True, "phase": Phase.CANCELED}, True),
        ({"questions": 1}, False),
        ({"time_in_force": "3"}, False),
    ):
        assert is_settled([order(), order(**terms)]) is settled, terms


def test_a_moment_lacked_what_was_executed_by_then_and_told_later() -> None:
    then = fix_to_ns("20260301-09:00:10.000")
    filled = {"cum_qty": D(2), "notional": D(60_000)}
    start = replace(moment(then, "10", "100"), executed={1: executed(order())})
    for terms, ahead_ns, lacked in (
        ({}, 0, False),
        ({"last_time": "20260301-09:00:01.000"}, 0, False),
        ({"last_time": "20260301-09:00:09.900", **filled}, 0, True),
        ({"last_time": "20260301-09:00:10.100", **filled}, 0, False),
        ({"last_time": "20260301-09:00:10.100", **filled}, 200_000_000, True),
        ({"last_time": "20260301-09:00:09.900", **filled, "number": 2}, 0, True),
        ({"last_time": "20260301-09:00:09.900", "number": 2}, 0, False),
        ({"last_time": "20260301-09:00:09.900", "fees": {"USDT": D(3)}}, 0, True),
    ):
        assert start.lacked([order(**terms)], ahead_ns) is lacked, terms


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
