"""The SQLite file of a journal: its tables, how it is made, how it is opened for reading and for writing.

1. The tables refuse UPDATE and DELETE. INSERT OR REPLACE gets past that (a trigger against it would cost a sixth of
   each append); the chain shows it.
2. While a writer has the journal open, meta `closed` is empty, in the main file too; a clean close sets it to the head.
   So a main file that says "open" without its write-ahead log has lost that log, or is a copy made without it.
3. A reader changes nothing: where there is no write-ahead log it opens the file as immutable, so none is made.
"""

import os
import sqlite3
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from oms.core.errors import JournalError
from oms.journal.codec import GENESIS
from oms.journal.wal import broken_tail

FORMAT: Final = 1
APPLICATION_ID: Final = 0x6F6D736A
"""`omsj`, in bytes 68 to 71 of the file."""

TABLES: Final = {
    "records": "CREATE TABLE records(n INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL)",
    "meta": "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "records_no_update": (
        "CREATE TRIGGER records_no_update BEFORE UPDATE ON records"
        " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    ),
    "records_no_delete": (
        "CREATE TRIGGER records_no_delete BEFORE DELETE ON records"
        " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    ),
    "meta_no_update": (
        "CREATE TRIGGER meta_no_update BEFORE UPDATE ON meta WHEN OLD.key <> 'closed' OR NEW.key <> 'closed'"
        " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    ),
    "meta_no_delete": (
        "CREATE TRIGGER meta_no_delete BEFORE DELETE ON meta"
        " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    ),
}
MOST_ROWS: Final = 1024  # of one statement; SQLite takes up to 32,766 values
LAST: Final = "SELECT n, hash FROM records ORDER BY n DESC LIMIT 1"
_MARK_CLOSED: Final = "UPDATE meta SET value = ? WHERE key = 'closed'"
_BUSY_S: Final = 5.0
_UNOPENED: Final = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR_SHMLOCK,
        sqlite3.SQLITE_IOERR_SHMMAP,
        sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_READONLY_CANTINIT,
    }
)
"""Errors that say that a journal could not be opened here, and nothing about what is in it."""
_PAGE_BYTES: Final = 16384  # measured: a fifth cheaper a record than 4096, in groups of 200
_LOG_PAGES: Final = 250  # 4 MiB: the pause when the log is carried over stays below 10 ms on an ordinary disk


@lru_cache(maxsize=256)
def insert(rows: int) -> str:
    """Give the statement that appends so many records.

    One statement for all of a batch, because Python's lock is given up at every statement, and has to be fought for
    again with the sessions' threads: row by row costs several times as much.
    """
    return "INSERT INTO records(n, body, hash) VALUES " + ",".join(["(?,?,?)"] * rows)  # noqa: S608 - marks only


def wal_of(path: Path) -> Path:
    """Name the write-ahead log of a journal."""
    return Path(f"{path}-wal")


def sync_directory(directory: Path) -> None:
    """Make a new file's name durable: without this a power cut can leave its content and no name."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a journal for reading beside its writer, without changing anything.

    Raises:
        JournalError: there is no such file, or it cannot be opened.

    """
    if not path.is_file():
        message = f"there is no journal {path}: check the path"
        raise JournalError(message)
    log = wal_of(path)
    try:
        return _read_only(path, immutable=not log.exists())
    except sqlite3.Error as error:
        if (
            log.exists() and not log.stat().st_size
        ):  # a start on a full disk leaves one: there is nothing in it
            return _read_only(path, immutable=True)
        advice = "Check its rights"
        if log.exists():
            advice = (
                "Beside its log, reading takes a little room and the right to write in the directory: "
                f"make room, or copy the journal and {log.name} elsewhere and read the copy"
            )
        message = f"the journal {path} cannot be opened: {error}. {advice}"
        raise JournalError(message) from error


def _read_only(path: Path, *, immutable: bool) -> sqlite3.Connection:
    connection = _connect(f"file:{quote(str(path))}?mode=ro" + "&immutable=1" * immutable)
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        if error.sqlite_errorcode in _UNOPENED:
            connection.close()
            raise
    return connection


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_S, check_same_thread=False)


def read_meta(connection: sqlite3.Connection) -> dict[str, str] | None:
    """Read what a journal says about itself; None where the file has no such table."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        return None
    return dict(connection.execute("SELECT key, value FROM meta"))


def check_format(path: Path, meta: dict[str, str] | None) -> None:
    """Refuse a file that is no journal or one of a newer format.

    Raises:
        JournalError: this program cannot read it.

    """
    found = (meta or {}).get("format")
    if found is None or not found.isdigit():
        message = f"{path} is not a journal of oms: it does not name its format. Check the path"
        raise JournalError(message)
    if int(found) > FORMAT:
        message = (
            f"the journal {path} has format {found} and this program reads up to {FORMAT}: "
            "use the release that wrote it, or a newer one"
        )
        raise JournalError(message)


def lost_log(path: Path, meta: dict[str, str]) -> str | None:
    """Say what of the write-ahead log is lost, as far as the files show it. Call it while a reader is open."""
    if not wal_of(path).exists():
        if meta.get("closed"):
            return None
        return (
            f"{wal_of(path).name} is missing although the journal was never closed: records at the end may be lost. "
            "Put that file back. Where a head kept elsewhere proves that nothing is missing "
            "(`oms journal verify --head`), create it empty"
        )
    return broken_tail(path)


def _lost_end(connection: sqlite3.Connection, meta: dict[str, str]) -> str | None:
    """Say what is missing at the end of a journal that was closed in order."""
    closed = meta.get("closed")
    if not closed:
        return None
    number, digest = connection.execute(LAST).fetchone() or (0, GENESIS)
    if closed == f"{number}:{digest.hex()}":
        return None
    return (
        f"it was closed with head {closed} and ends now at {number}: records at the end are missing. Put the whole file"
        " back from a copy; `oms journal verify` tells more"
    )


def open_writer(path: Path) -> sqlite3.Connection:
    """Open a journal for writing, or make it. The caller holds its lock.

    Raises:
        JournalError: it cannot be written, or something of it is lost.

    """
    try:
        fresh = _is_empty(path)
        if fresh:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        else:
            fresh = not _examine(path)
        connection = _connect(f"file:{quote(str(path))}?mode=rw")
        try:
            _prepare(connection, path, fresh=fresh)
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, OSError) as error:
        message = f"the journal {path} cannot be opened for writing: {error}. Check the disk, the file and its rights"
        raise JournalError(message) from error
    return connection


def _is_empty(path: Path) -> bool:
    """Whether there is nothing yet. SQLite would throw away the log of an empty file: that must be seen first."""
    if path.exists() and path.stat().st_size:
        return False
    log = wal_of(path)
    if log.exists() and log.stat().st_size:
        message = f"the journal {path} is missing or empty, but its log {log.name} is there: put the file back first"
        raise JournalError(message)
    return True


def _examine(path: Path) -> bool:
    """Check an existing file before anything can change it. False: an empty database, left by a crash when made."""
    connection = open_reader(path)
    try:
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            return False
        meta = read_meta(connection)
        check_format(path, meta)
        lost = lost_log(path, meta or {}) or _lost_end(connection, meta or {})
    finally:
        connection.close()
    if lost:
        message = f"the journal {path} is damaged: {lost}"
        raise JournalError(message)
    return True


def _prepare(connection: sqlite3.Connection, path: Path, *, fresh: bool) -> None:
    if fresh:
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        message = (
            f"the journal {path} cannot use a write-ahead log here ({mode}): keep it on a local file system"
        )
        raise JournalError(message)
    connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
    connection.execute("PRAGMA synchronous = FULL")  # each commit reaches the disk before it returns
    connection.execute("PRAGMA fullfsync = ON")  # where fsync alone stops at the drive's cache (macOS)
    connection.execute("BEGIN IMMEDIATE")
    if fresh:
        for statement in TABLES.values():
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('format', ?), ('closed', '')", (str(FORMAT),))
    connection.execute(_MARK_CLOSED, ("",))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()  # invariant 2: the main file says so too
    sync_directory(path.parent)


def close_writer(connection: sqlite3.Connection, path: Path, head: str | None) -> None:
    """Close a journal; `head` None leaves it marked as open, with its write-ahead log, for the next start to read."""
    try:
        if head is not None:
            connection.execute(_MARK_CLOSED, (head,))
            connection.close()
            return
    except sqlite3.Error:
        pass  # what was acknowledged is on disk; the next start finds a journal that was not closed
    _close_keeping_log(connection, path)


def _close_keeping_log(connection: sqlite3.Connection, path: Path) -> None:
    """Close without losing the log: the last connection removes it, so a reader outlives the writer."""
    try:
        reader = open_reader(path)
    except JournalError:
        connection.close()
        return
    try:
        reader.execute(LAST).fetchone()
    except sqlite3.Error:
        pass
    finally:
        connection.close()
        reader.close()
