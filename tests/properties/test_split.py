"""A message is split as its definition says, whatever its text holds: field by field, at the first "=" of each."""

from hypothesis import given
from hypothesis import strategies as st

from oms.fix.codec import split

SOH = "\x01"


def split_by_definition(raw: str) -> dict[str, str] | None:
    """Walk through the fields one by one; None where one has no "="."""
    found: dict[str, str] = {}
    for part in raw.removesuffix(SOH).split(SOH) if raw else ():
        tag, equals, value = part.partition("=")
        if not equals:
            return None
        found.setdefault(tag, value)
    return found


def split_or_none(raw: str) -> dict[str, str] | None:
    try:
        return split(raw)
    except ValueError:
        return None


@given(st.text(alphabet="=\x0112é\ud800", max_size=24))
def test_any_text_is_split_by_definition(raw: str) -> None:
    assert split_or_none(raw) == split_by_definition(raw)


@given(st.lists(st.tuples(st.from_regex(r"\d{1,3}", fullmatch=True), st.text(max_size=9)), max_size=9))
def test_fields_come_back_as_they_were_joined(pairs: list[tuple[str, str]]) -> None:
    kept = [(tag, value.replace(SOH, " ")) for tag, value in pairs]
    raw = "".join(f"{tag}={value}{SOH}" for tag, value in kept)
    assert split(raw) == dict(reversed(kept))
