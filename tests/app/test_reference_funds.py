"""The watch on venues that cache balances, tell no fees, and have coupons; and the codes on their way."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from oms.app.coupon_codes import Codes
from oms.core.inputs import Alert
from oms.core.movements import Movement, MovementStatus
from oms.core.secret import Secret, fingerprint
from oms.core.venue_inputs import MoneyAnswered
from oms.rest.gathering import Moved
from tests.app.test_reference import MOVEMENT, D, FakeVenue, Stage

CODE = "WEXUSD69AA4BBX1UAZ32BPLKBR0QZTX5AENVNFWNZHNQDZ"


class CouponVenue(FakeVenue):
    """It has coupons."""

    def redeem(self, movement: Movement, code: Secret) -> Moved:
        self._call(f"redeem {movement.id} {code.reveal()}")
        assert isinstance(self.moved, Moved)
        return self.moved


@pytest.fixture
def run() -> Iterator[Callable[..., Stage]]:
    started: list[Stage] = []

    def start(venue: FakeVenue, **plan: Any) -> Stage:
        started.append(Stage(venue, **plan))
        started[0].watch.start()
        return started[0]

    yield start
    for stage in started:
        assert stage.watch.stop(20)


def test_a_difference_is_told_once_where_every_fee_changes_it(run: Callable[..., Stage]) -> None:
    venue = FakeVenue()
    venue.tells_fees = False
    stage = run(venue)
    stage.await_(lambda _: stage.facts.compared is not None, "the comparison begins")
    venue.usdt -= D(5)
    stage.await_(lambda _: stage.alerts("BALANCE_DIFFERENCE"), "it is told")
    venue.usdt -= D(1)
    calls = venue.calls.count("balances") + 10
    stage.await_(lambda _: venue.calls.count("balances") > calls, "it is compared again and again")
    assert len(stage.alerts("BALANCE_DIFFERENCE")) == 1


def test_cached_balances_are_asked_for_no_sooner_than_they_change(run: Callable[..., Stage]) -> None:
    venue = FakeVenue()
    venue.cached_s = 3600.0
    stage = run(venue)
    calls = venue.calls.count("clock") + 10
    stage.await_(lambda _: venue.calls.count("clock") > calls, "other things are asked for")
    assert venue.calls.count("balances") == 1


def test_a_code_goes_to_the_venue_and_into_no_record(run: Callable[..., Stage]) -> None:
    venue = CouponVenue()
    stage = run(venue)
    coupon = replace(MOVEMENT, kind="redemption")
    stage.watch.carry_out(coupon, Secret(CODE))
    (told,) = stage.seen(MoneyAnswered)
    assert f"redeem w1 {CODE}" in venue.calls
    assert (told.status, CODE in repr(told)) == ("DONE", False)


def test_our_own_failure_with_a_code_does_not_show_it(run: Callable[..., Stage]) -> None:
    venue = CouponVenue()
    stage = run(venue)
    venue.failing[f"redeem w1 {CODE}"] = RuntimeError(f"about {CODE}")
    stage.watch.carry_out(replace(MOVEMENT, kind="redemption"), Secret(CODE))
    (told,) = stage.seen(MoneyAnswered)
    assert (told.status, CODE in repr(told)) == ("IN_DOUBT", False)
    assert not [each for each in stage.given if isinstance(each, Alert) and CODE in each.text]


def test_a_code_that_was_made_is_kept_before_anything_is_told() -> None:
    kept: list[str] = []
    stage = Stage(FakeVenue())
    stage.watch._moves._keep = lambda any_id, code: kept.append(f"{any_id} {code.reveal()}")
    stage.venue.moved = Moved(status=MovementStatus.DONE, reason="made", code=Secret(CODE))
    stage.watch.start()
    stage.watch.carry_out(MOVEMENT)
    (told,) = stage.seen(MoneyAnswered)
    assert kept == [f"w1 {CODE}"]
    assert CODE not in repr(told)
    assert stage.watch.stop(20)


def test_a_code_is_handed_out_once() -> None:
    codes = Codes()
    codes.keep("c1", Secret(CODE))
    first = codes.take_made("c1")
    assert first is not None
    assert first.reveal() == CODE
    assert codes.take_made("c1") is None
    name = codes.give(Secret(CODE))
    assert name == fingerprint(Secret(CODE))
    assert CODE[:8] not in name
    given = codes.take_given(name)
    assert given is not None
    assert given.reveal() == CODE
    assert codes.take_given(name) is None
    assert codes.take_given(None) is None
