"""A journal that forgets: for tests and rehearsals of what writes one. Same numbers, same hashes, nothing durable."""

from collections.abc import Iterator, Sequence

from oms.core.errors import JournalError
from oms.core.records import Record
from oms.journal.codec import GENESIS, decode, encode, link


class MemoryJournal:
    """`oms.ports.Journal` in a list. Records pass through the codec, so what cannot be written fails here too."""

    def __init__(self) -> None:
        """Start empty."""
        self._bodies: list[bytes] = []
        self._hash = GENESIS

    def append(self, records: Sequence[Record]) -> int:
        """Keep records and return the number of the last."""
        for body in [encode(record) for record in records]:
            self._bodies.append(body)
            self._hash = link(self._hash, len(self._bodies), body)
        return len(self._bodies)

    def read(self, start: int = 1) -> Iterator[tuple[int, Record]]:
        """Read records in order from number `start` on."""
        if not 1 <= start <= len(self._bodies) + 1:
            message = f"there is no record {start}: the journal ends at {len(self._bodies)}"
            raise JournalError(message)
        for number, body in enumerate(self._bodies[start - 1 :], start):
            yield number, decode(body)

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the last record."""
        return len(self._bodies), self._hash.hex()

    def close(self) -> None:
        """Do nothing: there is nothing to release."""
