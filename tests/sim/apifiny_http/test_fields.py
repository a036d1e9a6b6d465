"""Numbers of a request, in every way in which JSON and its writers put them down."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from oms.sim.apifiny_http import fields
from oms.sim.apifiny_http.codes import Problem
from oms.sim.web.text import decode


def body(written: str) -> dict[str, Any]:
    found: dict[str, Any] = decode(f'{{"field": {written}}}')
    return found


@pytest.mark.parametrize(
    "written",
    [
        "0.001",
        "1e-3",
        "1E-3",
        "10e-4",
        '"0.001"',
        '"1e-3"',
        '"1E-3"',
        '".001"',
        '"0001e-3"',
        '"+0.001"',
        '"0.00100000000000000000000"',
        r'"\u0030.\u0030\u00301"',
    ],
)
def test_an_amount(written: str) -> None:
    assert fields.number(body(written), "field") == Decimal("0.001")


@pytest.mark.parametrize("written", ["29000", "29000.0", "2.9e4", "2.9E+4", '"29000"', '"2.9E4"', '"29000."'])
def test_a_price(written: str) -> None:
    assert fields.number(body(written), "field") == 29000


@pytest.mark.parametrize(
    "written",
    [
        "1584614290628",
        "1584614290628.0",
        "1.584614290628E12",
        '"1584614290628"',
        '"1584614290628.0"',
        '"1.584614290628E12"',
    ],
)
def test_a_time(written: str) -> None:
    assert fields.whole(body(written), "field", 7) == 1584614290628


@pytest.mark.parametrize("written", ["1", "1.0", '"1"', "10e-1"])
def test_a_choice_by_number(written: str) -> None:
    assert fields.choice(body(written), "field", {"1": "GTC", "3": "IOC"}) == "GTC"


@pytest.mark.parametrize(
    "written",
    [
        "-1",
        '"-1"',
        '"1e99"',
        '"1e-99"',
        '"e5"',
        '"."',
        '"1_0"',
        '"0x1"',
        '" 1"',
        '"٣"',
        '"NaN"',
        '"Infinity"',
        "true",
        "[]",
        "{}",
        f'"{"9" * 70}"',
        '"1e"',
        '"--1"',
    ],
)
def test_what_is_no_number(written: str) -> None:
    for read in (
        lambda: fields.number(body(written), "field"),
        lambda: fields.whole(body(written), "field", 7),
    ):
        with pytest.raises(Problem):
            read()


@pytest.mark.parametrize("written", ["1.5", '"1.5"', '"1e18"', "1e18", '"0.1e0"'])
def test_what_is_not_whole(written: str) -> None:
    with pytest.raises(Problem):
        fields.whole(body(written), "field", 7)
