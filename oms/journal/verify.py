"""Whether a journal is intact, and if not, which record is damaged and how.

1. A record is intact if its hash follows from the hash stored before it, or from what that one should have been: then
   the one before is damaged and this one is not. A single flipped bit is one damage.
2. Nothing is skipped quietly: after a gap or an unreadable page the check goes on with the next readable number.
3. What is missing at the end leaves a valid, shorter chain. Three things tell: the note of a clean close, a
   write-ahead log that is gone or broken, and a head that was kept elsewhere, which alone is proof.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

from oms.core.errors import JournalError
from oms.journal import store
from oms.journal.chain import CHUNK, Row, rows
from oms.journal.codec import GENESIS, decode, link
from oms.journal.explain import SUSPECTS, Suspect, explain

Head = tuple[int, str]
Progress = Callable[[int, int], None]
"""Is told after each chunk: the number reached, and the last number (0 if unknown)."""

_LISTED: Final = 100
_UNREADABLE: Final = "its page cannot be read"


class Damage(Struct, frozen=True):
    """One thing that is wrong. `number` 0: the file as a whole, not one record."""

    number: int
    kind: str
    why: str


class Verdict(Struct, frozen=True):
    """What a check found.

    Attributes:
        records: how many records were read.
        head: number and hash of the last one, as they are stored.
        damage: what is wrong, records first, in order; at most a hundred of them.
        damaged: how many things are wrong altogether; each missing record counts.
        note: what could not be decided where nothing is wrong.

    """

    records: int
    head: Head
    damage: tuple[Damage, ...]
    damaged: int
    note: str | None = None


def verify(path: Path, head: Head | None = None, progress: Progress | None = None) -> Verdict:
    """Check a journal, beside its writer if there is one. `head`: a number and hash that it must contain.

    Raises:
        JournalError: it cannot be read: no such file, not a journal, a newer format.

    """
    path = path.resolve()
    live = store.wal_of(path).exists()
    verdict = _verify(path, head, progress)
    if verdict.damage and not live and store.wal_of(path).exists():
        return _verify(
            path, head, progress
        )  # a writer came meanwhile: the file without its log proves nothing
    return verdict


def _verify(path: Path, head: Head | None, progress: Progress | None) -> Verdict:
    connection = store.open_reader(path)
    try:
        return _Check(path, connection, head).run(progress)
    finally:
        connection.close()


def _is_ours(header: bytes) -> bool:
    return int.from_bytes(header[68:72], "big") == store.APPLICATION_ID


class _Check:
    """One pass over a journal."""

    def __init__(self, path: Path, connection: sqlite3.Connection, wanted: Head | None) -> None:
        self.path = path
        self.connection = connection
        self.wanted = wanted
        self.wanted_found: str | None = None
        self.expected = 1
        self.previous: tuple[bytes, ...] = (GENESIS,)  # stored, and computed where it differs; empty: unknown
        self.head: Head = (0, GENESIS.hex())
        self.records = 0
        self.of_records: list[Damage] = []
        self.of_file: list[Damage] = []
        self.damaged = 0
        self.suspects: list[Suspect] = []
        self.missing: list[int] = []

    def run(self, progress: Progress | None) -> Verdict:
        """Check the file, then each record, then the end."""
        meta, readable = self._check_file()
        lost = store.lost_log(self.path, meta) if readable else None
        last = self._last_number() if readable else 0
        while readable and self._check_chunk(last):
            if progress is not None:
                progress(self.expected - 1, last)
        self._check_end(last, meta.get("closed", "") if meta == self._meta() else "")
        note = None
        if lost and self.wanted and not self.damaged:
            note = f"{lost}. Up to the head that was given nothing is missing"
        elif lost:
            self._file_damage("log", lost)
        self._explain_first()
        return Verdict(self.records, self.head, (*self.of_records, *self.of_file), self.damaged, note)

    # --- the file

    def _check_file(self) -> tuple[dict[str, str], bool]:
        """Check what surrounds the records. False: the records cannot be reached.

        Raises:
            JournalError: the file is no journal, or one of a newer format.

        """
        header = self._header()
        try:
            meta = store.read_meta(self.connection)
            tables = dict(self.connection.execute("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL"))
        except sqlite3.Error as error:
            if not _is_ours(header):
                message = f"{self.path} is not a journal of oms: {error}. Check the path"
                raise JournalError(message) from error
            self._file_damage("file", f"its first pages are damaged or cut off: {error}")
            return {}, False
        if (meta is None and not _is_ours(header)) or (meta or {}).get("format", "").isdigit():
            store.check_format(self.path, meta)
        self._check_size(header)
        for name, sql in store.TABLES.items():
            if tables.get(name) != sql:
                self._file_damage("file", f"its {name} {'was changed' if name in tables else 'is missing'}")
        return meta or {}, tables.get("records") == store.TABLES["records"]

    def _header(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                return file.read(100)
        except OSError as error:
            message = f"the journal {self.path} cannot be read: {error.strerror}. Check its rights"
            raise JournalError(message) from error

    def _check_size(self, header: bytes) -> None:
        """Compare the size with the header's. Beside a log it means nothing: pages may still be in there."""
        page_bytes = int.from_bytes(header[16:18], "big")
        due = int.from_bytes(header[28:32], "big") * (65536 if page_bytes == 1 else page_bytes)
        size = self.path.stat().st_size
        if size < due and not store.wal_of(self.path).exists():
            self._file_damage("file", f"it is cut off: {size} of {due} bytes are there")

    def _meta(self) -> dict[str, str] | None:
        """Read the notes again: a writer that came meanwhile has changed them."""
        try:
            return store.read_meta(self.connection)
        except sqlite3.Error:
            return None

    def _last_number(self) -> int:
        try:
            found: int | None = self.connection.execute("SELECT max(n) FROM records").fetchone()[0]
        except sqlite3.Error:
            return 0
        return found or 0

    # --- the records

    def _check_chunk(self, last: int) -> bool:
        """Check the next records; False when there are no more."""
        start = self.expected
        try:
            chunk = rows(self.connection, start)
        except sqlite3.Error as error:
            return self._check_singly(last, error)
        for row in chunk:
            self._check_row(row)
        return self.expected > start  # a damaged tree may give the same rows for ever

    def _check_singly(self, last: int, error: sqlite3.Error) -> bool:
        """Read what can be read of a chunk with a damaged page."""
        start = self.expected
        end = min(start + CHUNK, last + 1) if last else start + CHUNK
        found = {n: row for n in range(start, end) if (row := self._single(n)) is not None}
        if not last:  # the end itself is unreadable: a number that is not found there says nothing
            end = max(found, default=start - 1) + 1
        if end == start:
            self._record_damage(start, "unreadable", f"{_UNREADABLE}, nor what follows: {error}")
            return False
        for n in range(start, end):
            if n in found:
                self._check_row(found[n])
            else:
                self._record_damage(n, "unreadable", f"{_UNREADABLE}: {error}")
                self.previous, self.expected = (), n + 1
        return True

    def _single(self, number: int) -> Row | None:
        try:
            found = rows(self.connection, number, 1)
        except sqlite3.Error:
            return None
        return found[0] if found and found[0][0] == number else None

    def _check_row(self, row: tuple[int, object, object]) -> None:
        number, body, digest = row
        if number < self.expected:
            self._record_damage(number, "reordered", "it stands behind a later number")
            return
        self._check_gap(number)
        self.records += 1
        self.expected = number + 1
        if not isinstance(body, bytes) or not isinstance(digest, bytes):
            self._record_damage(number, "changed", "its body or its hash is not binary any more")
            self.previous = ()
            return
        if self.wanted is not None and number == self.wanted[0]:
            self.wanted_found = digest.hex()
        self._check_link(number, body, digest)
        self.head = (number, digest.hex())

    def _check_gap(self, number: int) -> None:
        for absent in range(self.expected, min(number, self.expected + _LISTED)):
            self._record_damage(absent, "missing", f"after record {self.expected - 1} comes {number}")
            self.missing.append(absent)
        if number > self.expected:
            self.damaged += max(0, number - self.expected - _LISTED)
            self.previous = ()

    def _check_link(self, number: int, body: bytes, digest: bytes) -> None:
        computed = [link(previous, number, body) for previous in self.previous]
        if computed and digest not in computed:
            self._suspect(number, body, digest)
            self.previous = (digest, computed[0])
            return
        self.previous = (digest,)
        try:
            decode(body)
        except JournalError as error:
            self._record_damage(number, "torn", str(error))

    def _suspect(self, number: int, body: bytes, digest: bytes) -> None:
        if len(self.suspects) < SUSPECTS:
            self.suspects.append(Suspect(number, body, digest, self.previous[0]))
        self._record_damage(number, "changed", "it does not fit its hash and the record before")

    # --- the end

    def _check_end(self, last: int, closed: str) -> None:
        reached = self.head[0]
        if closed and not self.damaged and closed != f"{reached}:{self.head[1]}":
            self._file_damage("missing", f"it was closed with head {closed} and ends now at {reached}")
        if self.wanted is None or self.wanted == (0, GENESIS.hex()):
            return
        number, digest = self.wanted
        if self.wanted_found is None and number not in {damage.number for damage in self.of_records}:
            why = f"it is not there: the journal ends at {max(reached, last)}"
            self._record_damage(number, "missing", why)
        elif self.wanted_found is not None and self.wanted_found != digest:
            self._record_damage(number, "changed", f"its hash is {self.wanted_found} and should be {digest}")

    def _explain_first(self) -> None:
        """Find out more about the first damage if it is a record that does not fit its hash."""
        if not self.of_records or not self.suspects or self.of_records[0].number != self.suspects[0].number:
            return
        kind, why = explain(self.suspects[0], self.suspects, self.missing[:SUSPECTS], self.connection)
        self.of_records[0] = Damage(self.suspects[0].number, kind, why)

    def _record_damage(self, number: int, kind: str, why: str) -> None:
        self.damaged += 1
        if len(self.of_records) < _LISTED:
            self.of_records.append(Damage(number, kind, why))

    def _file_damage(self, kind: str, why: str) -> None:
        self.damaged += 1
        self.of_file.append(Damage(0, kind, why))
