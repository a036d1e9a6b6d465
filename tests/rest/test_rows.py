"""Numbers of answers: exact, finite, of a sane size, wherever they stand in a row."""

from decimal import Decimal

import pytest

from oms.rest.rows import Row, Unreadable, read, shown


class Sample(Row, frozen=True, kw_only=True):
    amount: Decimal = Decimal(0)
    levels: list[tuple[Decimal, Decimal]] = []  # noqa: RUF012 - msgspec copies it
    funds: dict[str, Decimal] = {}  # noqa: RUF012


@pytest.mark.parametrize(
    "number", ["1e39", "-1E-40", "0.1234567890123456789012345678901234567890", "9" * 40, "-0", "0e-7", ".5"]
)
def test_sane_numbers_are_read_exactly(number: str) -> None:
    row = read(f'{{"amount": "{number}", "levels": [["{number}", 1]]}}'.encode(), Sample)
    assert (row.amount, row.levels) == (Decimal(number), [(Decimal(number), Decimal(1))])


@pytest.mark.parametrize("number", ["1e40", "1e-41", "1e999999999", "NaN", "Infinity", "-inf", "1" * 41])
@pytest.mark.parametrize("place", ['"amount": "{}"', '"levels": [[1, "{}"]]', '"funds": {{"btc": "{}"}}'])
def test_what_is_no_amount_is_refused_wherever_it_stands(place: str, number: str) -> None:
    with pytest.raises(Unreadable):
        read(f"{{{place.format(number)}}}".encode(), Sample)


def test_json_numbers_keep_every_digit() -> None:
    assert read(b'{"amount": 0.123456789012345678901234}', Sample).amount == Decimal(
        "0.123456789012345678901234"
    )
    assert read(b'{"amount": 123456789012345678901234.5}', Sample).amount == Decimal(
        "123456789012345678901234.5"
    )


def test_the_start_of_an_answer_is_shown_in_one_line() -> None:
    assert shown(b"<html>\r\n\x1b[31mred\xff") == "<html>   [31mred�"
    assert shown(b"a" * 300) == "a" * 200 + "…"
