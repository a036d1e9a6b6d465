"""Times as values: nanoseconds since the epoch (UTC) inside, FIX and ISO text outside."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000
_SECONDS_CHARS: Final = len("YYYYMMDD-HH:MM:SS")


@lru_cache(maxsize=4096)  # many messages share a second
def _epoch_s(text: str) -> int:
    return int(datetime.strptime(text, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC).timestamp())


def fix_to_ns(text: str) -> int:
    """Read a FIX UTCTimestamp with any number of decimals.

    Raises:
        ValueError: it is not one.

    """
    fraction = text[_SECONDS_CHARS:]
    seconds = _epoch_s(text[:_SECONDS_CHARS])
    if not fraction:
        return seconds * NS_PER_S
    if fraction[0] != "." or not fraction[1:].isdigit():
        message = f"{text!r} is not a UTC time stamp of the form 20260301-09:00:07.123"
        raise ValueError(message)
    return seconds * NS_PER_S + int(fraction[1:10].ljust(9, "0"))


def ns_to_fix(time_ns: int) -> str:
    """Write a FIX UTCTimestamp with milliseconds."""
    seconds, rest = divmod(time_ns, NS_PER_S)
    return f"{_fix_seconds(seconds)}.{rest // NS_PER_MS:03d}"


@lru_cache(maxsize=1024)
def _fix_seconds(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%d-%H:%M:%S")


def ns_to_iso(time_ns: int) -> str:
    """Write an ISO 8601 time with milliseconds and Z."""
    seconds, rest = divmod(time_ns, NS_PER_S)
    return f"{_iso_seconds(seconds)}.{rest // NS_PER_MS:03d}Z"


@lru_cache(maxsize=1024)
def _iso_seconds(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
