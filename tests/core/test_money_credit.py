"""Coupons, margin, loans, and withdrawals that are taken back: on record like every movement, each with its effect."""

from decimal import Decimal
from typing import Any

import pytest

from oms.core import events as ev
from oms.core.balances import flows
from oms.core.inputs import Answer, Start, Step
from oms.core.movements import Lane, Movement
from oms.core.venue_inputs import MoneyAnswered, MoveMoney, ResolveMoney, TakeBack
from tests.core.test_instruments import Desk

D = Decimal
MOST: Any = {"exchange": "S", "max_amount": D(10), "max_daily": D(3)}
LANES = (
    Lane(label="cold", kind="withdrawal", currency="btc", address="1A", **MOST),
    Lane(label="redeem", kind="redemption", currency="usd", inward=True, **MOST),
    Lane(label="repay", kind="repayment", currency="eth", target="ethusdt", **MOST),
)


def desk(*, takes_back: bool = True) -> Desk:
    return Desk(lanes=LANES, takes_back=takes_back)


def step(mine: Desk, message: object) -> Step:
    made: Any = mine.step(message)
    assert isinstance(made, Step)
    return made


def answer(mine: Desk, message: object) -> Answer:
    found = step(mine, message).answer
    assert found is not None
    return found


def withdrawn(mine: Desk, any_id: str = "w1", log_id: str | None = "700") -> None:
    assert answer(mine, MoveMoney(id=any_id, kind="withdrawal", label="cold", amount=D(1))).created
    step(mine, MoneyAnswered(session="S", id=any_id, status="DONE", log_id=log_id))


def movement(mine: Desk, any_id: str) -> Movement:
    found = mine.engine.blotter.book("S").movements[any_id]
    assert found == mine.recovered().blotter.book("S").movements[any_id]  # the journal says the same
    return found


def test_a_withdrawal_is_taken_back_by_the_venues_number_and_has_not_moved_then() -> None:
    mine = desk()
    withdrawn(mine)
    (requested,) = step(mine, TakeBack(id="b1", withdrawal="w1", actor="joe")).events
    assert isinstance(requested, ev.MoneyRequested)
    assert (requested.kind, requested.target, requested.subject) == ("withdrawal-cancel", "700", "w1")
    assert movement(mine, "w1").change == D(-1)
    step(mine, MoneyAnswered(session="S", id="b1", status="DONE", log_id="700"))
    assert (movement(mine, "b1").status, movement(mine, "b1").change) == ("DONE", D(0))
    assert (movement(mine, "w1").status, movement(mine, "w1").change) == ("REFUSED", D(0))
    assert "b1" in str(movement(mine, "w1").reason)


@pytest.mark.parametrize("outcome", ["REFUSED", "IN_DOUBT"])
def test_one_that_was_not_taken_back_for_sure_stays(outcome: str) -> None:
    mine = desk()
    withdrawn(mine)
    step(mine, TakeBack(id="b1", withdrawal="w1"))
    step(mine, MoneyAnswered(session="S", id="b1", status=outcome))
    assert movement(mine, "w1").status == "DONE"


def test_a_person_may_say_that_it_was_taken_back() -> None:
    mine = desk()
    withdrawn(mine)
    step(mine, TakeBack(id="b1", withdrawal="w1"))
    mine.engine = mine.recovered()
    step(mine, Start())  # it was on its way when the daemon ended
    assert movement(mine, "b1").status == "IN_DOUBT"
    step(mine, ResolveMoney(id="b1", outcome="done", evidence="the venue's page", actor="ann"))
    assert movement(mine, "w1").status == "REFUSED"


def test_what_cannot_be_taken_back_leaves_no_trace() -> None:
    mine = desk()
    assert answer(mine, TakeBack(id="b1", withdrawal="w1")).refusal == "NOT_FOUND"
    withdrawn(mine)
    withdrawn(mine, "w2", log_id=None)
    assert answer(mine, TakeBack(id="b1", withdrawal="w2")).refusal == "NOT_WITHDRAWN"
    assert answer(mine, TakeBack(id="w2", withdrawal="w1")).refusal == "CONFLICT"
    assert answer(mine, TakeBack(id="b1", withdrawal="w1")).created
    assert answer(mine, TakeBack(id="b2", withdrawal="w1")).refusal == "MONEY_OPEN"
    again = step(mine, TakeBack(id="b1", withdrawal="w1"))
    assert (again.answer, again.events) == (Answer(), ())
    other = desk(takes_back=False)
    withdrawn(other)
    assert answer(other, TakeBack(id="b1", withdrawal="w1")).refusal == "NOT_POSSIBLE"


def test_taking_back_does_not_count_against_the_daily_limit() -> None:
    mine = desk()
    withdrawn(mine)
    step(mine, TakeBack(id="b1", withdrawal="w1"))
    step(mine, MoneyAnswered(session="S", id="b1", status="DONE"))
    assert answer(mine, MoveMoney(id="w2", kind="withdrawal", label="cold", amount=D(3))).created


def test_another_coupon_or_loan_under_the_same_id_is_a_conflict() -> None:
    mine = desk()
    first = MoveMoney(id="r1", kind="redemption", label="redeem", amount=D(1), subject="sha256:1")
    assert answer(mine, first).created
    assert answer(mine, first) == Answer()
    other = MoveMoney(id="r1", kind="redemption", label="redeem", amount=D(1), subject="sha256:2")
    assert answer(mine, other).refusal == "CONFLICT"
    assert movement(mine, "r1").subject == "sha256:1"


def test_what_the_venue_says_that_it_moved_counts() -> None:
    mine = desk()
    step(mine, MoveMoney(id="r1", kind="redemption", label="redeem", amount=D(1)))
    assert movement(mine, "r1").change == D(0)
    step(mine, MoneyAnswered(session="S", id="r1", status="DONE", moved=D("0.9")))
    assert movement(mine, "r1").change == D("0.9")  # inward


@pytest.mark.parametrize(
    ("kind", "inward", "change"),
    [
        ("withdrawal", False, "-2"),
        ("coupon", False, "-2"),
        ("redemption", True, "2"),
        ("margin-in", False, "-2"),
        ("margin-in", True, "2"),
        ("margin-out", True, "2"),
        ("transfer", False, None),
        ("loan", False, None),
        ("repayment", False, None),
        ("withdrawal-cancel", False, None),
    ],
)
def test_what_a_movement_changes_of_the_balances(kind: str, inward: bool, change: str | None) -> None:
    each = Movement(
        id="m",
        session="S",
        account="A",
        kind=kind,
        label="x",
        exchange="S",
        currency="btc",
        amount=D(2),
        time_ns=1,
        inward=inward,
        status="DONE",
    )
    expected = {} if change is None else {"btc": D(change)}
    assert flows({}, {}, [each]).amounts == expected
