"""FIX times, ISO times, nanoseconds."""

import pytest

from oms.core.times import fix_to_ns, ns_to_fix, ns_to_iso

NS = 1_772_355_607_000_000_000


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("20260301-09:00:07", NS),
        ("20260301-09:00:07.1", NS + 100_000_000),
        ("20260301-09:00:07.123", NS + 123_000_000),
        ("20260301-09:00:07.123456789", NS + 123_456_789),
    ],
)
def test_a_fix_time_has_any_number_of_decimals(text: str, ns: int) -> None:
    assert fix_to_ns(text) == ns


@pytest.mark.parametrize(
    "text", ["", "now", "20260301", "20261301-09:00:07", "20260301-09:00:07,1", "20260301-09:00:07.x"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is strptime's
        fix_to_ns(text)


def test_times_are_written_with_milliseconds() -> None:
    assert ns_to_fix(NS + 1_999_999) == "20260301-09:00:07.001"
    assert ns_to_iso(NS) == "2026-03-01T09:00:07.000Z"
