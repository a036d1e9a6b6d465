"""What the histories found, each as short as it could be made: written out, so that no change of the dice loses it."""

from decimal import Decimal

import pytest

from oms.core.order import Order
from oms.journal.memory import MemoryJournal
from oms.sim.reports import Form, Refusing
from tests.simulation.checks import check
from tests.simulation.plan import MS, Action, Plan
from tests.simulation.world import World


def lived(
    form: Form, faults: tuple[str, ...], *script: tuple[int, str, tuple[object, ...]], seed: str = "found"
) -> World:
    """Live through a script of (ms, name, arguments), and hold the end against all promises."""
    actions = tuple(Action(at * MS, name, args) for at, name, args in script)
    plan = Plan(
        seed=seed,
        form=form,
        refusing=Refusing.CANCEL_REJECT,
        rates=dict.fromkeys(faults, 1.0),
        actions=actions,
    )
    world = World(plan, MemoryJournal())
    world.run()
    check(world)
    return world


def rests(number: int = 0, side: str = "1", qty: str = "2") -> tuple[object, ...]:
    return (number, side, "1", Decimal(qty), Decimal(29994))


def only(world: World) -> Order:
    (order,) = world.engine.blotter.orders.values()
    return order


@pytest.mark.parametrize("form", Form)
def test_an_order_in_doubt_before_a_restart_is_asked_for_until_it_is_decided(form: Form) -> None:
    world = lived(
        form,
        (),
        (0, "crash", ("after commit", 1, 100)),
        (10, "place", rests()),
        (20_000, "crash", ("at once", 1, 100)),
    )
    assert str(only(world).phase) == "REJECTED"


def test_a_partial_fill_lost_with_a_connection_is_visible_although_no_report_has_a_total() -> None:
    script = (
        (0, "place", rests(side="2")),
        (1000, "hit", (0, 25)),
        (5000, "drop", (0,)),
        (6000, "hit", (0, 25)),
    )
    order = only(lived(Form.DOCUMENTED, (), *script))
    assert (str(order.ord_status), order.cum_qty, order.unsized_gap) == ("1", Decimal("0.5"), True)
    order = only(lived(Form.FULL, (), *script))
    assert order.inferred is not None, "the status answer's total proves it"
    assert (order.cum_qty - order.inferred.shares, order.inferred.shares) == (
        Decimal("0.5"),
        Decimal("0.375"),
    )
    assert (order.gap, order.unsized_gap) == (Decimal(0), False)


def test_a_fill_after_the_loss_does_not_hide_it() -> None:
    world = lived(
        Form.DOCUMENTED,
        (),
        (0, "place", rests()),
        (5000, "drop", (0,)),
        (6000, "hit", (0, 25)),
        (20_000, "hit", (0, 25)),
    )
    assert only(world).unsized_gap


@pytest.mark.parametrize("after_ms", range(1, 9))
def test_an_order_that_ended_while_nobody_listened_may_have_been_executed(after_ms: int) -> None:
    terms = (0, "1", "3", Decimal("1.5"), Decimal(30000))
    world = lived(Form.DOCUMENTED, (), (5000, "place", terms), (5000 + after_ms, "drop", (0,)))
    order = only(world)
    assert order.cum_qty == 1 or order.unsized_gap or str(order.phase) in ("REJECTED", "DENIED")


def test_what_is_left_of_the_loss_is_gone_once_the_whole_quantity_is_executed() -> None:
    world = lived(
        Form.DOCUMENTED,
        (),
        (0, "place", rests()),
        (1000, "hit", (0, 25)),
        (5000, "drop", (0,)),
        (20_000, "hit", (0, 100)),
    )
    assert (str(only(world).ord_status), only(world).has_gap) == ("2", False)


@pytest.mark.parametrize("seed", ["1", "2", "3"])
@pytest.mark.parametrize("form", Form)
def test_unknown_order_told_twice_does_not_reject_an_order_on_its_way(form: Form, seed: str) -> None:
    world = lived(form, ("slow", "repeat"), (0, "place", rests()), (9000, "ask", (0,)), seed=seed)
    assert str(only(world).phase) == "WORKING"


def test_an_order_that_cannot_rest_is_asked_for_when_its_end_does_not_come() -> None:
    terms = (0, "1", "3", Decimal("1.5"), Decimal(30000))
    world = lived(Form.FULL, ("silent",), (0, "place", terms))
    assert (str(only(world).phase), only(world).cum_qty) == ("CANCELED", Decimal(1))


def test_a_cancel_leaves_although_a_question_was_never_answered() -> None:
    world = lived(
        Form.DOCUMENTED,
        ("silent",),
        (0, "place", rests()),
        (30_000, "cancel", (0,)),
        (40_000, "ask", (0,)),
    )
    assert str(only(world).phase) == "CANCELED"
