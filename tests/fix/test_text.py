"""A message as text: fields, and no secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.fix.text import field, masked, plain, shown

LOGON = "8=FIX.4.2\x0135=A\x0195=9\x0196=sEcReT-12\x0198=0\x01"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl"


def test_raw_data_is_masked_at_its_length() -> None:
    assert masked(LOGON) == LOGON.replace("sEcReT-12", "*********")


@pytest.mark.parametrize("around", ["{}", "bad token {}!", "58={}\x0110=000\x01"])
def test_whatever_looks_like_a_token_is_masked(around: str) -> None:
    assert masked(around.format(TOKEN)) == around.format("*" * len(TOKEN))


@given(st.text())
def test_masking_keeps_every_length(text: str) -> None:
    assert len(masked(text)) == len(text)


@given(st.text(st.characters(exclude_characters="\x01", exclude_categories=["Cs"]), min_size=1))
def test_no_raw_data_survives(secret: str) -> None:
    assert masked(f"35=A\x0196={secret}\x0110=1\x01") == f"35=A\x0196={'*' * len(secret)}\x0110=1\x01"


@pytest.mark.parametrize(
    ("tag", "value"), [("35", "A"), ("96", "sEcReT-12"), ("98", "0"), ("8", None), ("6", None), ("5", None)]
)
def test_a_field_is_found_by_its_whole_tag(tag: str, value: str | None) -> None:
    assert field(LOGON, tag) == value


def test_a_torn_field_ends_with_the_text() -> None:
    assert field("8=FIX\x0158=half a te", "58") == "half a te"


@given(st.binary())
def test_plain_text_can_always_be_written(data: bytes) -> None:
    plain(data.decode("utf-8", "surrogateescape")).encode()


def test_people_see_bars_and_no_secrets() -> None:
    assert shown(LOGON) == "8=FIX.4.2|35=A|95=9|96=*********|98=0|"
