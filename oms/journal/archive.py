"""The archive beside a journal: orders that left memory, found by any id, and snapshots of the rest.

1. It is derived: `<journal>.archive` may be lost, and is made again from the journal. So it need not reach the disk
   at each commit; SQLite keeps a beginning of what was committed, and a snapshot stands behind all that it needs.
2. Nothing stored is changed: an order that comes back and leaves again is stored once more, and the last one counts.
   What was stored after a snapshot is dropped when the state goes on from that snapshot.
3. One connection writes, on one thread at a time; `Shelf` reads beside it, with a connection of its own.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from oms.core.errors import JournalError
from oms.journal.shelf import Parcel, Shelf, connect, hash_of, told
from oms.journal.snapshot import FORMAT, Snapshot, Torn, decode_order

APPLICATION_ID: Final = 0x6F6D7361
"""`omsa`, in bytes 68 to 71 of the file."""

_TABLES: Final = (
    (
        "CREATE TABLE orders(row INTEGER PRIMARY KEY, number INTEGER NOT NULL, n INTEGER NOT NULL,"
        " symbol TEXT NOT NULL, session TEXT NOT NULL, body BLOB NOT NULL)"
    ),
    "CREATE INDEX by_number ON orders(number, n)",
    (
        "CREATE TABLE ids(h INTEGER NOT NULL, n INTEGER NOT NULL, number INTEGER NOT NULL,"
        " PRIMARY KEY(h, n, number)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE snapshots(n INTEGER PRIMARY KEY, head TEXT NOT NULL, fold TEXT NOT NULL,"
        " rows INTEGER NOT NULL, state BLOB NOT NULL, layers INTEGER NOT NULL, hash BLOB NOT NULL)"
    ),
    "CREATE TABLE layers(k INTEGER PRIMARY KEY, body BLOB NOT NULL)",
)
_MOST_ROWS: Final = 1000


def archive_of(journal: Path) -> Path:
    """Name the archive of a journal."""
    return Path(f"{journal}.archive")


class Archive:
    """The writing side. Not for two threads at once."""

    def __init__(self, journal: Path) -> None:
        """Open the archive of a journal, or make it; one that cannot be used is set aside and made anew.

        Raises:
            JournalError: none can be made.

        """
        self.path = archive_of(journal)
        self.set_aside: str | None = None
        try:
            self._open()
        except JournalError as error:
            self.set_aside = str(error)
            discard(self.path)
            self._open()

    def _open(self) -> None:
        with told(self.path):
            fresh = not self.path.exists() or not self.path.stat().st_size
            self._connection = connect(self.path, "rwc")
            if not fresh and self._pragma("application_id") == 0:
                fresh = not self._connection.execute("SELECT 1 FROM sqlite_master").fetchone()
            if fresh:
                self._create()
            elif (self._pragma("application_id"), self._pragma("user_version")) != (APPLICATION_ID, FORMAT):
                self._connection.close()
                message = f"{self.path} is no archive of this version"
                raise Torn(message)
            self._rows: int = self._connection.execute("SELECT coalesce(max(row), 0) FROM orders").fetchone()[
                0
            ]

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    def _create(self) -> None:
        self.path.chmod(0o600)
        connection = self._connection
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        for statement in _TABLES:
            connection.execute(statement)
        connection.execute("COMMIT")

    def shelf(self) -> Shelf:
        """Open a reader."""
        return Shelf(self.path)

    # --- orders

    def store(self, n: int, parcels: Sequence[Parcel]) -> None:
        """Store orders as they stand after record `n` of the journal.

        Raises:
            JournalError: nothing of it was stored.

        """
        with self._transaction():
            self._insert(
                "orders(number, n, symbol, session, body)",
                [(each.number, n, each.symbol, each.session, each.body) for each in parcels],
            )
            self._insert(
                "ids(h, n, number)",
                [(digest, n, each.number) for each in parcels for digest in each.hashes],
                "INSERT OR IGNORE",
            )
        self._rows += len(parcels)

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]], verb: str = "INSERT") -> None:
        """Insert with few statements: Python's lock is given up and fought for again at each."""
        for start in range(0, len(rows), _MOST_ROWS):
            part = rows[start : start + _MOST_ROWS]
            marks = ",".join([f"({','.join('?' * len(part[0]))})"] * len(part))
            self._connection.execute(
                f"{verb} INTO {table} VALUES {marks}", [value for row in part for value in row]
            )

    # --- snapshots

    def write_snapshot(self, snapshot: Snapshot) -> None:
        """Put a snapshot in the place of earlier ones, in one transaction.

        Raises:
            JournalError: the earlier one still stands.

        """
        with self._transaction():
            self._connection.execute("DELETE FROM snapshots")
            self._connection.execute(
                "INSERT INTO snapshots VALUES (?,?,?,?,?,?,?)",
                (
                    *(snapshot.n, snapshot.head, snapshot.fold, snapshot.rows, snapshot.state),
                    *(len(snapshot.layers), snapshot.digest()),
                ),
            )
            for k, body in enumerate(snapshot.layers):
                self._connection.execute("INSERT OR REPLACE INTO layers VALUES (?,?)", (k, body))

    def read_snapshot(self) -> Snapshot | None:
        """Read the snapshot; None where there is none.

        Raises:
            JournalError: it cannot be read; `Torn`: it is damaged.

        """
        with told(self.path):
            found = self._connection.execute(
                "SELECT n, head, fold, rows, state, layers, hash FROM snapshots ORDER BY n DESC LIMIT 1"
            ).fetchone()
            if found is None:
                return None
            layers = self._connection.execute("SELECT body FROM layers ORDER BY k LIMIT ?", (found[5],))
            bodies = tuple(body for (body,) in layers)
        snapshot = Snapshot(
            n=found[0], head=found[1], fold=found[2], rows=found[3], state=found[4], layers=bodies
        )
        if not all(type(part) is bytes for part in (found[4], *bodies)) or snapshot.digest() != found[6]:
            message = f"the snapshot in {self.path} does not fit its hash"
            raise Torn(message)
        if self._rows < snapshot.rows:
            message = f"orders are missing in {self.path}: {self._rows} of {snapshot.rows} are there"
            raise Torn(message)
        return snapshot

    @property
    def rows(self) -> int:
        """How many orders were stored."""
        return self._rows

    def go_back(self, rows: int) -> None:
        """Drop what was stored after the first `rows` orders: it is stored again as the journal is read.

        Raises:
            JournalError: it cannot be read or written; `Torn`: it is damaged.

        """
        with self._transaction():
            later = self._connection.execute("SELECT number, n, body FROM orders WHERE row > ?", (rows,))
            for number, n, body in later.fetchall():
                for key in decode_order(body).keys:
                    values = (hash_of(key.id), n, number)
                    self._connection.execute("DELETE FROM ids WHERE h = ? AND n = ? AND number = ?", values)
            self._connection.execute("DELETE FROM orders WHERE row > ?", (rows,))
        self._rows = rows

    def start_anew(self) -> None:
        """Throw everything away.

        Raises:
            JournalError: no new one can be made.

        """
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        discard(self.path)
        self._open()

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with told(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise


def discard(path: Path) -> None:
    """Remove an archive. Its log goes first: SQLite would take one without its file for the next file's.

    Raises:
        JournalError: it cannot be removed.

    """
    with told(path):
        for name in (f"{path}-wal", f"{path}-shm", str(path)):
            Path(name).unlink(missing_ok=True)
