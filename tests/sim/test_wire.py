"""What the simulated venue reads, and how it writes its reports."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.sim.reports import Form, report
from oms.sim.terms import Filled, NewOrder, OrderView, Side, Status
from oms.sim.wire import Garbled, parse, printable, read

ORDER = {35: "D", 11: "1", 55: "BTCUSDT", 54: "1", 40: "2", 38: "1.5", 44: "30000", 207: "VENUE1"}


@given(st.text())
def test_parsing_never_fails(text: str) -> None:
    parse(text)


@given(st.dictionaries(st.sampled_from(sorted(ORDER)), st.text(max_size=8)))
def test_reading_gives_a_request_or_says_what_is_garbled(changes: dict[int, str]) -> None:
    with contextlib.suppress(Garbled):
        assert isinstance(read({**ORDER, **changes, 35: "D"}, "A"), NewOrder)


@given(st.text())
def test_what_is_sent_back_is_ascii(text: str) -> None:
    assert printable(text).isascii()


@pytest.mark.parametrize("tag", [11, 55, 54, 40])
def test_a_missing_field_is_named(tag: int) -> None:
    fields = {name: value for name, value in ORDER.items() if name != tag}
    with pytest.raises(Garbled) as garbled:
        read(fields, "A")
    assert (garbled.value.tag, garbled.value.reason) == (tag, "1")


@pytest.mark.parametrize(
    "text", ["abc", "1e5", "NaN", "Infinity", "", "1,5", "+1", "--1", "\u0661", "1" * 50]
)
@pytest.mark.parametrize("tag", [38, 44, 152])
def test_a_number_without_fix_s_format_is_garbled(tag: int, text: str) -> None:
    with pytest.raises(Garbled) as garbled:
        read({**ORDER, tag: text}, "A")
    assert (garbled.value.tag, garbled.value.reason) == (tag, "6")


def test_numbers_are_exact() -> None:
    order = read({**ORDER, 38: "0.1", 44: ".10"}, "A")
    assert isinstance(order, NewOrder)
    assert (order.qty, order.price) == (Decimal("0.1"), Decimal("0.10"))


def test_another_account_s_number_is_garbled() -> None:
    with pytest.raises(Garbled, match="Account"):
        read({**ORDER, 1: "B"}, "A")


FILL = Filled(
    OrderView(
        account="A",
        cl_ord_id="1",
        order_id="O1",
        venue="VENUE1",
        symbol="BTCUSDT",
        side=Side.BUY,
        ord_type="2",
        tif="1",
        price=Decimal(30010),
        qty=Decimal(3),
        cash_qty=None,
        cum_qty=Decimal(3),
        notional=Decimal(90020),
        status=Status.FILLED,
    ),
    "E1",
    datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC),
    Decimal(1),
    Decimal(30000),
)


def test_the_documented_fill_has_the_documented_fields_only() -> None:
    assert dict(report(FILL, Form.DOCUMENTED).fields) == {
        37: "O1",
        17: "E1",
        55: "BTCUSDT",
        54: "1",
        32: "1",
        44: "30000",
        38: "3",
        60: "20260102-03:04:05.678",
        150: "2",
        39: "2",
    }


def test_the_full_fill_keeps_the_order_s_price_and_tells_the_totals() -> None:
    fields = dict(report(FILL, Form.FULL).fields)
    assert {tag: fields[tag] for tag in (11, 20, 44, 31, 32, 14, 151, 6, 207)} == {
        11: "1",
        20: "0",
        44: "30010",
        31: "30000",
        32: "1",
        14: "3",
        151: "0",
        6: "30006.666666666667",
        207: "VENUE1",
    }
