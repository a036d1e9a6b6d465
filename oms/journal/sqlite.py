"""`SqliteJournal`: the journal of a daemon, one SQLite file. The file itself is described in `spec/journal.md`.

1. What `append` returned for is on disk: one transaction for the whole batch, synced before it returns.
2. After a failure nothing more is taken: whoever continued would have shown or sent what is not on record.
3. One writer at a time, by a lock of the kernel; readers need none.
4. A journal that lost records, as far as the files show it, is not opened for writing.
"""

import os
import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from msgspec import Struct

from oms.core.errors import JournalError
from oms.core.records import Record
from oms.journal import lock, store
from oms.journal.chain import read_journal, rows
from oms.journal.codec import GENESIS, encode, link


class _Opened(Struct):
    """What has to be put away at the end. Apart from the journal itself, so that a finalizer can hold it."""

    path: Path
    connection: sqlite3.Connection
    lock: int
    number: int
    hash: bytes
    process: int
    failed: str | None = None


class SqliteJournal:
    """`oms.ports.Journal` on a SQLite file. Not for two threads at once, except `read`."""

    def __init__(self, path: str | os.PathLike[str], *, create: bool = True) -> None:
        """Open a journal for writing, or make it.

        Raises:
            JournalError: it is in use, damaged, of a newer format, or cannot be written.

        """
        self.path = _find(Path(path), create=create)
        descriptor = lock.acquire(self.path)
        try:
            connection = store.open_writer(self.path)
            try:
                number, digest = _last(connection, self.path)
            except BaseException:
                store.close_writer(connection, self.path, None)
                raise
        except BaseException:
            os.close(descriptor)
            raise
        self._opened = _Opened(self.path, connection, descriptor, number, digest, os.getpid())
        self._names = (
            str(self.path),
            str(store.wal_of(self.path)),
        )  # a Path takes longer than the look at its file
        self._files = _identify(*self._names)
        self._close = weakref.finalize(self, _put_away, self._opened)

    def append(self, records: Sequence[Record]) -> int:
        """Write records in one commit and return the number of the last; on disk when this returns.

        Raises:
            JournalError: the batch is not to be relied on, and no other is taken after it.

        """
        opened = self._opened
        if opened.failed is not None:
            message = f"the journal {self.path} takes no more records: {opened.failed}"
            raise JournalError(message)
        if not records:
            return opened.number
        try:
            number, digest = self._commit(records)
        except BaseException as error:
            opened.failed = str(error) or type(error).__name__
            if isinstance(error, sqlite3.Error | OSError | JournalError):
                raise JournalError(self._refusal(error)) from error
            raise
        opened.number, opened.hash = number, digest
        return number

    def _commit(self, records: Sequence[Record]) -> tuple[int, bytes]:
        number, digest = self._opened.number, self._opened.hash
        lines: list[tuple[int, bytes, bytes]] = []
        for record in records:
            number += 1
            body = encode(record)
            digest = link(digest, number, body)
            lines.append((number, body, digest))
        if _identify(*self._names) != self._files:
            message = "its files were moved or removed while it was open"
            raise JournalError(message)
        connection = self._opened.connection
        if len(lines) <= store.MOST_ROWS:  # a statement alone is a transaction, the shortest way to the disk
            connection.execute(store.insert(len(lines)), list(chain.from_iterable(lines)))
            return number, digest
        connection.execute("BEGIN IMMEDIATE")
        for start in range(0, len(lines), store.MOST_ROWS):
            part = lines[start : start + store.MOST_ROWS]
            connection.execute(store.insert(len(part)), list(chain.from_iterable(part)))
        connection.execute("COMMIT")
        return number, digest

    def _refusal(self, error: Exception) -> str:
        return (
            f"the journal {self.path} could not be written after record {self._opened.number}: {error}. "
            "Nothing of this batch may be shown or sent: stop, make room or repair, and start again"
        )

    def read(self, start: int = 1) -> Iterator[tuple[int, Record]]:
        """Read records in order from number `start` on, each checked against the one before.

        Raises:
            JournalError: a record is damaged or missing.

        """
        last = self._opened.number
        number = start - 1
        for number, record in read_journal(self.path, start):
            yield number, record
        if number < last:
            message = (
                f"record {number + 1} of the journal {self.path} is missing: it had {last} when reading began"
            )
            raise JournalError(message)

    def hash_of(self, number: int) -> str:
        """Give the stored hash (hex) of a record, or of the beginning for 0; an empty text where there is none.

        Raises:
            JournalError: it cannot be read.

        """
        if number == 0:
            return GENESIS.hex()
        try:
            found = rows(self._opened.connection, number, 1)
        except sqlite3.Error as error:
            message = f"the journal {self.path} cannot be read: {error}. See `oms journal verify`"
            raise JournalError(message) from error
        return bytes(found[0][2]).hex() if found and found[0][0] == number else ""

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash (hex) of the last record that `append` returned for; (0, 64 zeros) at first."""
        return self._opened.number, self._opened.hash.hex()

    def close(self) -> None:
        """Release the journal and its lock. Closing twice is fine."""
        self._close()


def _find(path: Path, *, create: bool) -> Path:
    """Resolve links first: two names of one journal must meet the same lock."""
    path = path.resolve()
    if not path.parent.is_dir():
        message = (
            f"there is no directory {path.parent} for the journal: create it, or mount what belongs there"
        )
        raise JournalError(message)
    if not create and not path.exists():
        message = f"there is no journal {path}: check the path"
        raise JournalError(message)
    return path


def _last(connection: sqlite3.Connection, path: Path) -> tuple[int, bytes]:
    """Read the head and check that it follows from the record before: appending to a broken end would hide it."""
    try:
        found = connection.execute(store.LAST).fetchone()
        if found is None:
            return 0, GENESIS
        tail = rows(connection, max(1, found[0] - 1), 2)
    except sqlite3.Error as error:
        message = f"the journal {path} cannot be read: {error}. See what is left with `oms journal verify`"
        raise JournalError(message) from error
    number, body, digest = tail[-1]
    previous = tail[0][2] if number > 1 else GENESIS
    fits = type(body) is bytes and type(previous) is bytes and link(previous, number, body) == digest
    if not fits or len(tail) != min(number, 2):
        message = f"the last record of the journal {path}, {number}, is damaged: see `oms journal verify`"
        raise JournalError(message)
    return number, digest


def _identify(path: str, wal: str) -> tuple[int, int, int]:
    """Name the files that are written: a file that was removed still takes bytes, which nobody will ever read."""
    file, log = os.stat(path), os.stat(wal)  # noqa: PTH116 - see `_names`
    return file.st_dev, file.st_ino, log.st_ino


def _put_away(opened: _Opened) -> None:
    """Close everything, also when the program ends without `close`: a closed journal says so in its file."""
    if os.getpid() != opened.process:
        return  # a forked child has copies only: what it closed would be closed under its parent
    head = None if opened.failed else f"{opened.number}:{opened.hash.hex()}"
    opened.failed = opened.failed or "it is closed"
    try:
        store.close_writer(opened.connection, opened.path, head)
    finally:
        os.close(opened.lock)
