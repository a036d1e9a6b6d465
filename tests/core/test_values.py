"""Decimals from the wire's text and back, and the context that loses nothing."""

import decimal
from decimal import Decimal

import pytest

from oms.core.values import (
    ANOMALY_TEXTS,
    ORD_STATUS_NAMES,
    AnomalyCode,
    OrdStatus,
    decimal_places,
    format_decimal,
    parse_decimal,
    parse_optional,
    use_exact_decimals,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1.50", "1.5"),
        ("100", "100"),
        ("0.000", "0"),
        ("-0", "0"),
        ("00023.230", "23.23"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-1.25", "-1.25"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("1" * 40, "1" * 40),
    ],
)
def test_numbers_are_read_as_fix_writes_them_and_written_without_exponent(text: str, shown: str) -> None:
    assert format_decimal(parse_decimal(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1e-8",
        "1E5",
        "NaN",
        "Infinity",
        "1,5",
        " 1",
        "1 ",
        "+1",
        "--1",
        ".",
        "-",
        "٣",
        "1_0",
        "1" * 41,
    ],
)
def test_what_is_not_a_fix_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        parse_decimal(text)


def test_nothing_is_read_as_nothing() -> None:
    assert parse_optional(None) is None
    assert parse_optional("2") == 2
    assert format_decimal(Decimal("1E+3")) == "1000"
    assert [decimal_places(Decimal(text)) for text in ("1.250", "100", "1E+3", "0.00")] == [2, 0, 0, 0]


def test_no_digit_is_lost_quietly() -> None:
    use_exact_decimals()
    with pytest.raises(decimal.Inexact):
        Decimal(1) / Decimal(3)
    with pytest.raises(decimal.FloatOperation):
        Decimal(0.1)  # noqa: RUF032 - the float is the point
    assert Decimal("9" * 40) * Decimal("9" * 40) == (10**40 - 1) ** 2


def test_every_anomaly_and_status_has_its_words() -> None:
    assert set(ANOMALY_TEXTS) == set(AnomalyCode)
    assert set(ORD_STATUS_NAMES) == set(OrdStatus)
    assert ORD_STATUS_NAMES[OrdStatus.PARTIALLY_FILLED] == "PartiallyFilled"
