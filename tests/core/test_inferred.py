"""What is counted on the strength of the venue's total alone, and how it gives way to the fills themselves."""

# mypy: disable-error-code="comparison-overlap"
# Decimals are compared with plain numbers inside tuples.

from decimal import Decimal

import pytest

from oms.core.inferred import infer_gap
from oms.core.order import Order
from oms.core.values import format_decimal
from oms.fix.dialects import APIFINY
from tests.core.desk import Desk, code, names
from tests.core.test_snapshots import row, shown

FIX = "11=X 37=O 150=1 39=1"


def inferred(desk: Desk, order: Order, avg_px: str | None = None) -> Order:
    """Infer what is missing."""
    events = infer_gap(order, Decimal(avg_px) if avg_px else None)
    assert len(events) == 1
    desk.blotter.apply_all(events)
    return order


def state(order: Order) -> tuple[str, str | None, str, str]:
    """Give CumQty, AvgPx, the gap, and what of CumQty is inferred."""
    guess = order.inferred.shares if order.inferred else Decimal(0)
    price = None if order.avg_px is None else format_decimal(order.avg_px)
    return format_decimal(order.cum_qty), price, format_decimal(order.gap), format_decimal(guess)


def gapped(desk: Desk, text: str = "11=X 38=10 44=100") -> Order:
    """Give an order with 4 at 100 on record of 7 that the venue states."""
    order = desk.working(text)
    desk.tell(f"{FIX} 17=F1 32=4 31=100 14=7 151=3 38=10")
    assert order.gap == 3
    return order


def test_nothing_is_inferred_where_no_total_exceeds_the_fills() -> None:
    desk = Desk()
    order = desk.working()
    assert infer_gap(order, None) == ()
    desk.tell("11=X 37=O 17=0 20=3 150=0 39=1 38=10")
    assert order.unsized_gap
    assert infer_gap(order, Decimal(1)) == ()


def test_nothing_is_inferred_beyond_the_order() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell(f"{FIX} 17=F1 32=4 31=100 14=12 151=0 38=12")
    assert infer_gap(order, Decimal(1)) == ()


@pytest.mark.parametrize(
    ("avg_px", "average"),
    [("103", "103"), ("100.1234567", "100.1234567"), (None, None), ("0", None), ("50", None)],
)
def test_the_amount_is_what_the_venues_average_leaves(avg_px: str | None, average: str | None) -> None:
    """50 for all would make the missing ones cost less than nothing."""
    desk = Desk()
    order = inferred(desk, gapped(desk), avg_px)
    assert state(order) == ("7", average, "0", "3")
    position = desk.blotter.positions.by_key[None, "BTCUSDT"]
    assert (position.qty, position.avg_cost is None) == (7, average is None)


def test_the_fills_themselves_take_its_place() -> None:
    desk = Desk()
    order = inferred(desk, gapped(desk), "103")
    told = desk.tell(f"{FIX} 17=F0 32=1 31=110 14=1 151=9 38=10")
    assert (names(told), code(told), state(order)) == (["Filled"], None, ("7", "103", "0", "2"))
    told = desk.tell(f"{FIX} 17=F2 32=2 31=105 14=3 151=7 38=10")
    assert (code(told), state(order)) == (None, ("7", "102.857142857143", "0", "0"))
    told = desk.tell(f"{FIX} 17=F3 32=2 31=100 14=9 151=1 38=10")
    assert (code(told), state(order)[0], state(order)[2:]) == (None, "9", ("0", "0"))


def test_where_the_fills_contradict_the_average_the_rest_has_none() -> None:
    desk = Desk()
    order = inferred(desk, gapped(desk), "103")
    desk.tell(f"{FIX} 17=F0 32=2 31=170 14=2 151=8 38=10")
    assert state(order) == ("7", None, "0", "1")
    desk.tell(f"{FIX} 17=F2 32=1 31=170 14=3 151=7 38=10")
    assert (state(order)[0], order.notional) == ("7", 910)


def test_a_fill_beyond_the_total_is_none_of_what_was_inferred() -> None:
    desk = Desk()
    order = inferred(desk, gapped(desk))
    told = desk.tell(f"{FIX} 17=F3 32=2 31=100 14=9 151=1 38=10")
    assert (code(told), state(order)) == (None, ("9", None, "0", "3"))
    desk.tell(f"{FIX} 17=F2 32=3 31=100 14=7 151=3 38=10")
    assert state(order) == ("9", "100", "0", "0")


def test_without_a_total_a_fill_is_one_of_those_inferred_and_the_venue_says_what_is_missing() -> None:
    desk = Desk(APIFINY)
    order = inferred(desk, gapped(desk))
    desk.tell("37=O 17=F3 150=1 39=1 32=5 44=100")
    assert state(order) == ("9", "100", "0", "0"), "three of its five had been inferred"


def test_fills_of_a_list_take_its_place_too() -> None:
    desk = Desk()
    order = inferred(desk, gapped(desk))
    told = shown(desk, "7", row("4@100"), row("3@101"))
    assert (names(told), code(told), order.inferred, order.notional) == (
        ["FillsListed", "Filled"],
        None,
        None,
        703,
    )


def test_fills_of_a_list_that_complete_the_order_are_not_too_much() -> None:
    desk = Desk()
    order = desk.working("11=X 38=7 44=100")
    desk.tell(f"{FIX} 17=F1 32=4 31=100 14=7 151=0 38=7")
    inferred(desk, order)
    told = shown(desk, "7", row("4@100"), row("1@101"), row("2@102"), status="2")
    assert (code(told), state(order)[0], order.inferred, order.notional) == (None, "7", None, 705)


def test_busts_and_corrections_of_a_fill_that_came_later() -> None:
    desk = Desk()
    order = inferred(desk, gapped(desk), "103")
    desk.tell(f"{FIX} 17=F2 32=3 31=107 14=7 151=3 38=10")
    told = desk.tell(f"{FIX} 20=2 17=K 19=F2 32=2 31=105 14=6 151=4 38=10")
    assert (code(told), order.cum_qty, order.notional) == (None, 6, 610)
    told = desk.tell(f"{FIX} 20=1 17=B 19=F2 32=0 14=4 151=6 38=10")
    assert (code(told), state(order)) == (None, ("4", "100", "0", "0"))


def test_a_bust_of_a_fill_that_never_came_takes_it_out() -> None:
    desk = Desk()
    order = inferred(desk, gapped(desk), "103")
    told = desk.tell(f"{FIX} 20=1 17=B 19=F2 32=0 14=4 151=6 38=10 60=20260301-09:00:05")
    assert (code(told), state(order)) == ("UNKNOWN_EXECUTION", ("4", "100", "0", "0"))
    desk.tell(f"{FIX} 17=F2 32=3 31=107 14=7 60=20260301-09:00:01")
    assert state(order) == ("4", "100", "0", "0")


def test_a_correction_of_a_fill_that_never_came_takes_its_place() -> None:
    desk = Desk()
    order = inferred(desk, gapped(desk), "103")
    desk.tell(f"{FIX} 20=2 17=K 19=F2 32=2 31=105 14=6 151=4 38=10 60=20260301-09:00:05")
    assert (state(order), order.notional) == (("6", "101.666666666667", "0", "0"), 610)
    desk.tell(f"{FIX} 17=F2 32=3 31=107 14=7 60=20260301-09:00:01")
    assert state(order)[0] == "6"


def test_a_bust_moves_the_total_that_it_rests_on() -> None:
    desk = Desk()
    order = inferred(desk, gapped(desk), "103")
    desk.tell(f"{FIX} 20=1 17=B 19=F1 32=0 14=3 151=7 38=10 60=20260301-09:00:05")
    assert state(order)[0::3] == ("3", "3")
    desk.tell(f"{FIX} 17=F3 32=2 31=100 14=5 151=5 38=10 60=20260301-09:00:06")
    assert state(order)[0::3] == ("5", "3"), "on top of the total after the bust"


def test_a_lower_total_of_the_venue_takes_back_what_was_inferred() -> None:
    desk = Desk()
    order = inferred(desk, gapped(desk))
    desk.send("35=H 11=X")
    told = desk.tell("11=X 37=O 17=0 20=3 150=0 39=1 14=5 151=5 38=10")
    assert (names(told), code(told), state(order)) == (
        ["StatusAnswered", "FillInferred"],
        None,
        ("5", None, "0", "1"),
    )
    told = desk.tell("11=X 37=O 17=0 20=3 150=0 39=1 14=3 151=7 38=10")
    assert (state(order)[0], order.inferred) == ("4", None)
    assert code(desk.tell("11=X 37=O 17=0 20=3 150=0 39=1 14=3 151=7 38=10")) == "STATUS_MISMATCH"


def test_a_second_gap_adds_to_the_first() -> None:
    desk = Desk()
    order = inferred(desk, gapped(desk), "103")
    desk.tell("11=X 37=O 17=0 20=3 150=0 39=1 14=9 151=1 38=10")
    inferred(desk, order, "102")
    assert state(order) == ("9", "102", "0", "5")


def test_inferring_can_fill_the_order_and_ends_it() -> None:
    desk = Desk()
    order = desk.working()
    desk.tell(f"{FIX} 17=F1 32=4 31=100")
    desk.tell("11=X 37=O 17=0 20=3 150=0 39=2 14=10 151=0 38=10")
    inferred(desk, order, "101")
    assert (str(order.ord_status), order.is_open, order.number in desk.blotter.book(order.session).open) == (
        "2",
        False,
        False,
    )
    desk.tell(f"{FIX} 17=F2 32=6 31=101.5")
    assert (state(order), order.notional) == (("10", "100.9", "0", "0"), 1009)


def test_a_split_ends_what_was_inferred() -> None:
    desk = Desk()
    order = inferred(desk, gapped(desk, "11=X 38=10 44=100 59=1"), "103")
    desk.tell("11=X 37=O 17=S 20=0 150=D 39=1 378=0 38=20 14=14 151=6 6=51.5")
    assert state(order) == ("14", "51.5", "0", "0")
