"""Positions, average cost and realised P&L."""

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
