"""What became of a record whose hash does not fit: whether it is another record's, torn, or changed."""

import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from oms.journal.codec import link

SUSPECTS: Final = 32
"""How many of them are kept to be compared with each other: the first damage is explained, not a whole ruin."""


class Suspect(Struct, frozen=True):
    """A record that does not follow from the one before. `previous`: the hash stored before it, if there is one."""

    number: int
    body: bytes
    digest: bytes
    previous: bytes | None


def explain(
    suspect: Suspect, others: Sequence[Suspect], missing: Sequence[int], connection: sqlite3.Connection
) -> tuple[str, str]:
    """Give the kind of damage and the reason, as closely as the rest of the journal shows it."""
    original = _copied_from(suspect, connection)
    if original is not None:
        return "duplicated", f"it is a copy of record {original}"
    place = _belongs_to(suspect, others, missing)
    if place is not None:
        return "reordered", f"it holds record {place}: records changed places"
    try:
        msgspec.json.decode(suspect.body)
    except (ValueError, RecursionError) as error:
        return "torn", f"its body is not complete ({len(suspect.body)} bytes): {error}"
    return "changed", "it does not fit its hash: its body, its hash or the hash before it was changed"


def _copied_from(suspect: Suspect, connection: sqlite3.Connection) -> int | None:
    try:
        found = connection.execute(
            "SELECT n FROM records WHERE hash = ? AND n <> ? LIMIT 1", (suspect.digest, suspect.number)
        ).fetchone()
    except sqlite3.Error:
        return None  # other pages are damaged too: the closer reason stays unknown
    return None if found is None else int(found[0])


def _belongs_to(suspect: Suspect, others: Sequence[Suspect], missing: Sequence[int]) -> int | None:
    digests = {other.digest for other in others}
    before = digests | {other.previous for other in others if other.previous is not None}
    places = {other.number for other in others} | set(missing)
    for place in sorted(places - {suspect.number}):
        if any(link(previous, place, suspect.body) in digests for previous in before):
            return place
    return None
