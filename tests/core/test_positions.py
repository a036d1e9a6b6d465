"""Positions, average cost and realised P&L."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

from decimal import Decimal

import pytest

from oms.core.positions import Position
from tests.core.desk import Desk


def after(*moves: tuple[str, str]) -> tuple[str, str, str]:
    """Trade signed quantities at prices; gives quantity, average cost and realised P&L."""
    position = Position()
    for qty, price in moves:
        position.move(Decimal(qty), Decimal(qty) * Decimal(price))
    assert position.avg_cost is not None
    return str(position.qty), str(position.avg_cost.normalize()), str(position.realised.normalize())


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([("2", "100")], ("2", "1E+2", "0")),
        ([("2", "100"), ("2", "110")], ("4", "105", "0")),
        ([("2", "100"), ("-1", "110")], ("1", "1E+2", "1E+1")),
        ([("2", "100"), ("-2", "110")], ("0", "0", "2E+1")),
        ([("2", "100"), ("-3", "110")], ("-1", "1.1E+2", "2E+1")),
        ([("-2", "100"), ("2", "90")], ("0", "0", "2E+1")),
        ([("-2", "100"), ("3", "90")], ("1", "9E+1", "2E+1")),
        ([("3", "10"), ("-1", "10"), ("-1", "10"), ("-1", "10")], ("0", "0", "0")),
    ],
)
def test_average_cost(moves: list[tuple[str, str]], expected: tuple[str, str, str]) -> None:
    assert after(*moves) == expected


def test_fills_busts_and_corrections_move_the_position_of_their_account_and_symbol() -> None:
    desk = Desk()
    desk.working("11=X 38=10 44=100 1=ACC")
    position = desk.blotter.positions.by_key
    desk.tell("11=X 17=F1 150=1 39=1 32=4 31=100")
    desk.tell("11=X 17=F1 150=1 39=1 32=4 31=100")
    assert str(position["ACC", "BTCUSDT"].qty) == "4"
    desk.tell("11=X 17=K 19=F1 20=2 150=1 39=1 32=4 31=90")
    assert (str(position["ACC", "BTCUSDT"].qty), str(position["ACC", "BTCUSDT"].cost)) == ("4", "360")
    desk.tell("11=X 17=B 19=K 20=1 150=0 39=0 32=0")
    assert (str(position["ACC", "BTCUSDT"].qty), str(position["ACC", "BTCUSDT"].cost)) == ("0", "0")


def test_a_sale_is_negative() -> None:
    desk = Desk()
    desk.place("11=X 38=10 44=100 54=2")
    desk.tell("11=X 54=2 17=F1 150=1 39=1 32=4 31=100")
    assert str(desk.blotter.positions.by_key[None, "BTCUSDT"].qty) == "-4"


def test_a_price_that_is_unknown_makes_the_cost_unknown_and_not_wrong() -> None:
    desk = Desk()
    desk.working("11=X 38=10 44=100 1=ACC")
    desk.tell("11=X 17=F1 150=1 39=1 32=4 31=100")
    position = desk.blotter.positions.by_key["ACC", "BTCUSDT"]
    desk.tell("11=X 17=F2 150=1 39=1 32=2 31=abc")
    assert (position.qty, position.avg_cost, position.realised_pnl) == (6, None, None)
    desk.tell("11=X 17=K 19=F2 20=2 150=1 39=1 32=2 31=103")
    assert (position.qty, position.avg_cost, position.realised_pnl) == (6, 101, 0)


def test_after_a_sale_at_an_unknown_cost_it_is_unknown_until_flat() -> None:
    position = Position()
    position.move(Decimal(4), Decimal(0), 1)
    position.move(Decimal(-3), Decimal(-330))
    position.move(Decimal(0), Decimal(400), -1)  # the price is known now: 100
    assert (position.avg_cost, position.realised_pnl) == (None, None)
    position.move(Decimal(-1), Decimal(-120))
    assert (position.qty, position.avg_cost, position.realised_pnl) == (0, 0, 50)


def test_a_bust_of_an_execution_without_a_price() -> None:
    position = Position()
    position.move(Decimal(2), Decimal(200))
    position.move(Decimal(4), Decimal(0), 1)
    position.move(Decimal(-4), Decimal(0), -1)
    assert (position.qty, position.avg_cost) == (2, None), "what it took with it cannot be told"
    position.move(Decimal(-2), Decimal(-240))
    assert (position.avg_cost, position.realised_pnl) == (0, 40)


def test_the_price_of_a_closed_position_is_corrected_in_what_it_realised() -> None:
    position = Position()
    position.move(Decimal(2), Decimal(200))
    position.move(Decimal(-2), Decimal(-240))
    position.move(Decimal(0), Decimal(-20))
    assert (position.cost, position.realised_pnl) == (0, 60)
    position.move(Decimal(1), Decimal(90))
    assert (position.avg_cost, position.realised_pnl) == (90, 60)
