"""A message as text: fields, and no secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.fix.text import field, fields_of, masked, plain, shown

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


WITH_SOH = "8=FIX.4.2\x0135=A\x0195=8\x0196=ab\x01cd=ef\x0198=0\x01"
DATA_FIELDS = [("90", "91"), ("93", "89"), ("95", "96"), ("212", "213"), ("354", "355"), ("364", "365")]


def test_raw_data_is_masked_as_far_as_its_length_says_although_it_holds_soh() -> None:
    assert masked(WITH_SOH) == WITH_SOH.replace("ab\x01cd=ef", "********")
    both = f"{WITH_SOH}\n{LOGON}"
    assert masked(both) == f"{masked(WITH_SOH)}\n{masked(LOGON)}"
    inside = "35=A\x0195=8\x0196=a\x0196=bcd\x0198=0\x01"
    assert masked(inside) == "35=A\x0195=8\x0196=********\x0198=0\x01"


@pytest.mark.parametrize("length", ["0", "3", "7", "9", "99999", "x", "123456789"])
def test_a_length_that_cannot_be_right_hides_no_less(length: str) -> None:
    told = f"35=A\x0195={length}\x0196=sEcReT\x0198=0\x01"
    assert masked(told) == told.replace("sEcReT", "******")


@pytest.mark.parametrize(("length", "data"), DATA_FIELDS)
@pytest.mark.parametrize("value", ["ab\x01cd", "\x01", "a\x01\x01b=", "=\x01="])
def test_a_data_field_may_hold_soh(length: str, data: str, value: str) -> None:
    """FIX 4.2, volume 1, data: "raw data with no format or content restrictions"."""
    told = f"8=FIX.4.2\x0135=8\x01{length}={len(value)}\x01{data}={value}\x0158=x\x0114=2\x01"
    fields = fields_of(told)
    assert (fields["35"], fields["58"], fields["14"]) == ("8", "x", "2")
    is_split = fields[data] == value.partition("\x01")[0] and all("=" in part for part in value.split("\x01"))
    assert is_split or fields[data] == "*" * len(value)


@pytest.mark.parametrize(
    "text", ["35=8\x01ab\x0114=2\x01", "35=8\x0138=2\x0140=a\x01b\x01", "35=8\x0195=9\x0196=a\x01b\x01"]
)
def test_what_no_length_excuses_is_not_of_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        fields_of(text)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_masked_text_never_shows_raw_data_of_a_right_length(secret: str) -> None:
    told = masked(f"35=A\x0195={len(secret)}\x0196={secret}\x0110=1\x01")
    assert told == f"35=A\x0195={len(secret)}\x0196={'*' * len(secret)}\x0110=1\x01"
