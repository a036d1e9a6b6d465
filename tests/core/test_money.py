"""Money moves only where the configuration lets it, at most once, and is in doubt until somebody knows."""

from decimal import Decimal

import pytest

from oms.core import events as ev
from oms.core.inputs import Alert, Start
from oms.core.money import DAY_NS
from oms.core.movements import Lane
from oms.core.venue_inputs import MoneyAnswered, MoveMoney, ResolveMoney
from tests.core.test_instruments import Desk

D = Decimal
COLD = Lane(
    label="cold",
    kind="withdrawal",
    exchange="EX",
    currency="BTC",
    address="1A",
    max_amount=D(2),
    max_daily=D(3),
)
ACROSS = Lane(
    label="across", kind="transfer", exchange="EX", currency="USDT", target="OTHER", max_amount=D(100)
)


def desk() -> Desk:
    return Desk(lanes=(COLD, ACROSS))


def withdrawal(any_id: str = "w1", amount: str = "1", label: str = "cold") -> MoveMoney:
    return MoveMoney(id=any_id, kind="withdrawal", label=label, amount=D(amount), actor="joe")


def status(desk: Desk, any_id: str = "w1") -> str:
    found = {desk.engine.blotter.book("S").movements[any_id].status}
    found.add(desk.recovered().blotter.book("S").movements[any_id].status)  # the journal says the same
    (one,) = found
    return str(one)


def told(desk: Desk, status: str, any_id: str = "w1") -> object:
    return desk.step(MoneyAnswered(session="S", id=any_id, status=status, reason="why", log_id="L"))


def test_without_configuration_nothing_moves() -> None:
    off = Desk()
    step = off.step(withdrawal())
    assert (step.answer.refusal, step.events) == ("MONEY_OFF", ())  # type: ignore[attr-defined]
    assert [effect.code for effect in step.effects] == ["MONEY_DENIED"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (withdrawal(label="warm"), "UNKNOWN_LABEL"),
        (withdrawal(label="across"), "UNKNOWN_LABEL"),  # a transfer, and not a withdrawal
        (withdrawal(amount="2.01"), "MAX_AMOUNT"),
        (withdrawal(amount="0"), "NOT_POSITIVE"),
        (withdrawal(amount="-1"), "NOT_POSITIVE"),
    ],
)
def test_what_is_denied_leaves_no_movement(command: MoveMoney, code: str) -> None:
    step = desk().step(command)
    assert (step.answer.refusal, step.events) == (code, ())  # type: ignore[attr-defined]


def test_a_movement_is_on_record_with_where_it_goes() -> None:
    mine = desk()
    step = mine.step(withdrawal())
    assert step.answer.created  # type: ignore[attr-defined]
    (event,) = step.events  # type: ignore[attr-defined]
    assert isinstance(event, ev.MoneyRequested)
    assert (event.address, event.amount, event.account, event.actor) == ("1A", D(1), "A", "joe")
    assert status(mine) == "REQUESTED"


def test_the_same_id_moves_money_once() -> None:
    mine = desk()
    mine.step(withdrawal())
    again = mine.step(withdrawal())
    assert (again.answer.created, again.answer.refusal, again.events) == (False, None, ())  # type: ignore[attr-defined]
    other = mine.step(withdrawal(amount="2"))
    assert other.answer.refusal == "CONFLICT"  # type: ignore[attr-defined]
    told(mine, "REFUSED")
    assert mine.step(withdrawal()).answer.created is False  # type: ignore[attr-defined]


@pytest.mark.parametrize("outcome", ["DONE", "REFUSED"])
def test_what_is_decided_stays_decided(outcome: str) -> None:
    mine = desk()
    mine.step(withdrawal())
    told(mine, outcome)
    for later in ("DONE", "REFUSED", "IN_DOUBT"):
        assert told(mine, later).events == ()  # type: ignore[attr-defined]
    assert status(mine) == outcome


def test_in_doubt_until_the_venue_or_a_person_says() -> None:
    mine = desk()
    mine.step(withdrawal())
    step = told(mine, "IN_DOUBT")
    assert [effect.code for effect in step.effects if isinstance(effect, Alert)] == ["MONEY_IN_DOUBT"]  # type: ignore[attr-defined]
    assert told(mine, "IN_DOUBT").events == ()  # type: ignore[attr-defined]
    assert status(mine) == "IN_DOUBT"
    assert mine.step(withdrawal("w2")).answer.refusal == "MONEY_OPEN"  # type: ignore[attr-defined]
    told(mine, "DONE")
    assert mine.engine.blotter.book("S").movements["w1"].log_id == "L"
    assert mine.step(withdrawal("w2")).answer.created  # type: ignore[attr-defined]


def test_a_person_resolves_with_evidence() -> None:
    mine = desk()
    mine.step(withdrawal())
    early = ResolveMoney(id="w1", outcome="done", evidence="seen", actor="ann")
    assert mine.step(early).answer.refusal == "NOT_IN_DOUBT"  # type: ignore[attr-defined]
    told(mine, "IN_DOUBT")
    for wrong, code in ((ResolveMoney(id="w1", outcome="maybe", evidence=""), "INVALID"),):
        assert mine.step(wrong).answer.refusal == code  # type: ignore[attr-defined]
    assert mine.step(ResolveMoney(id="x", outcome="done", evidence="")).answer.refusal == "NOT_FOUND"  # type: ignore[attr-defined]
    mine.step(ResolveMoney(id="w1", outcome="not-done", evidence="the chain has nothing", actor="ann"))
    assert status(mine) == "REFUSED"
    assert "the chain has nothing" in str(mine.engine.blotter.book("S").movements["w1"].reason)


def test_what_was_on_its_way_when_the_daemon_ended_is_in_doubt() -> None:
    mine = desk()
    mine.step(withdrawal())
    mine.engine = mine.recovered()
    mine.step(Start())
    assert status(mine) == "IN_DOUBT"


def test_the_daily_limit_counts_what_may_have_gone() -> None:
    mine = desk()
    mine.step(withdrawal(amount="2"))
    told(mine, "DONE")
    assert mine.step(withdrawal("w2", "1.5")).answer.refusal == "MAX_DAILY"  # type: ignore[attr-defined]
    assert mine.step(withdrawal("w3", "1")).answer.created  # type: ignore[attr-defined]
    told(mine, "REFUSED", "w3")
    assert mine.step(withdrawal("w4", "1")).answer.created  # type: ignore[attr-defined]
    told(mine, "IN_DOUBT", "w4")
    told(mine, "DONE", "w4")
    mine.now += DAY_NS
    assert mine.step(withdrawal("w5", "2")).answer.created  # type: ignore[attr-defined]


def test_what_the_venue_has_taken_on_is_followed_until_it_is_done() -> None:
    mine = desk()
    mine.step(withdrawal())
    mine.step(MoneyAnswered(session="S", id="w1", status="SUBMITTED", log_id="L", fee=D("0.01"), asset="XBT"))
    movement = mine.engine.blotter.book("S").movements["w1"]
    assert (status(mine), movement.change, movement.ended_ns) == ("SUBMITTED", D(0), None)
    assert told(mine, "SUBMITTED").events == ()  # type: ignore[attr-defined]
    assert told(mine, "IN_DOUBT").events == ()  # type: ignore[attr-defined]
    assert mine.step(withdrawal("w2")).answer.created, "its number tells it from the next one"  # type: ignore[attr-defined]
    mine.engine = mine.recovered()
    mine.step(Start())
    assert status(mine) == "SUBMITTED", "a restart forgets nothing of it"
    assert told(mine, "DONE").effects == ()  # type: ignore[attr-defined]
    movement = mine.engine.blotter.book("S").movements["w1"]
    assert (movement.change, movement.changes_currency, movement.log_id) == (D("-1.01"), "XBT", "L")


def test_what_the_venue_took_on_and_canceled_has_not_moved_and_people_are_told() -> None:
    mine = desk()
    mine.step(withdrawal(amount="2"))
    told(mine, "SUBMITTED")
    step = told(mine, "REFUSED")
    assert [effect.code for effect in step.effects] == ["MONEY_CANCELED"]  # type: ignore[attr-defined]
    assert (status(mine), mine.engine.blotter.book("S").movements["w1"].change) == ("REFUSED", D(0))
    assert mine.step(withdrawal("w2", "2")).answer.created, "it counts in no limit"  # type: ignore[attr-defined]


def test_a_person_may_end_what_the_venue_does_not() -> None:
    mine = desk()
    mine.step(withdrawal())
    told(mine, "SUBMITTED")
    mine.step(ResolveMoney(id="w1", outcome="not-done", evidence="the venue's people say so", actor="ann"))
    assert status(mine) == "REFUSED"


def test_doubt_has_its_time() -> None:
    mine = desk()
    mine.step(withdrawal())
    mine.now += 7
    told(mine, "IN_DOUBT")
    movement = mine.recovered().blotter.book("S").movements["w1"]
    assert movement.doubted_ns is not None
    assert movement.doubted_ns > movement.time_ns + 7
