"""The body of a request: written as the standard library writes forms, commas as CancelOrders prints them."""

from decimal import Decimal
from urllib.parse import urlencode

import pytest

from oms.rest.weex.signing import form


@pytest.mark.parametrize("text", [*map(chr, range(300)), "", "1,2,3", "a b+c/d=e&f", "東京 Ω%"])
def test_a_form_is_that_of_the_standard_library(text: str) -> None:
    pairs = [("method", "Trade"), ("nonce", "7"), (text, "1"), ("coupon", text)]
    assert form("Trade", 7, {text: 1, "coupon": text}).decode("ascii") == urlencode(pairs, safe=",")


def test_what_is_none_is_left_out_and_decimals_are_written_in_full() -> None:
    parameters = {"pair": None, "rate": Decimal("1E-8"), "amount": Decimal("12E3")}
    assert (
        form("Trade", 4294967294, parameters) == b"method=Trade&nonce=4294967294&rate=0.00000001&amount=12000"
    )
