"""How the options of the simulated venues are read: the last value that is taken, and the first that is not."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from oms.app import cli_sim_options as cli


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (cli.timeout, "0", 0.0),
        (cli.timeout, "3600", 3600.0),
        (cli.fee, "0.1", Decimal("0.1")),
        (cli.latency, "60000", (60_000, 60_000)),
        (cli.latency, "5-5", (5, 5)),
        (lambda text: cli.port(text, "--port"), "65535", 65535),
        (lambda text: cli.whole(text, "--seed"), "9223372036854775807", 2**63 - 1),
    ],
)
def test_the_last_value_is_taken(read: Callable[[str], Any], text: str, expected: object) -> None:
    assert read(text) == expected


@pytest.mark.parametrize("text", ["3600.1", "-1", "nan", "1e3", "", " 1", "1\n", "\u0663"])
def test_seconds_out_of_bounds_are_refused_with_the_bounds(text: str) -> None:
    with pytest.raises(ValueError, match="--http-timeout-s needs a number from 0 to 3600"):
        cli.timeout(text)


@pytest.mark.parametrize("text", ["0.100000001", "1", "-0.1", "0.0000000001"])
def test_a_fee_out_of_bounds_is_refused_with_the_bounds(text: str) -> None:
    with pytest.raises(ValueError, match=r"--fee needs a number from 0 to 0\.1"):
        cli.fee(text)


@pytest.mark.parametrize("text", ["9223372036854775808", "-1", "1.0", "", "\u0663"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="--seed needs a whole number from 0 to 9223372036854775807"):
        cli.whole(text, "--seed")
