"""Reading a journal in order, every record checked against the one before."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from oms.core.errors import JournalError
from oms.core.records import Record
from oms.journal.codec import GENESIS, decode, link
from oms.journal.store import check_format, open_reader, read_meta

CHUNK: Final = 1000
Row = tuple[int, bytes, bytes]
_ROWS: Final = "SELECT n, body, hash FROM records WHERE n >= ? ORDER BY n LIMIT ?"


class Damaged(JournalError):  # noqa: N818 - says what is the case, as the names in `errors`
    """A record of a journal is damaged or missing; the journal itself can be read."""


def rows(connection: sqlite3.Connection, start: int, count: int = CHUNK) -> list[Row]:
    """Read up to `count` rows. A query of its own for each chunk: a long one would keep the log from being reused."""
    return connection.execute(_ROWS, (start, count)).fetchall()


def read_journal(path: Path, start: int = 1) -> Iterator[tuple[int, Record]]:
    """Read a journal's records from number `start` on, beside its writer, to where it ends now.

    Raises:
        JournalError: it cannot be read; `Damaged`: a record is damaged or missing.

    """
    connection = open_reader(path)
    try:
        check_format(path, read_meta(connection))
        yield from _verified(connection, path, start)
    except sqlite3.DatabaseError as error:
        message = f"the journal {path} cannot be read: {error}. See what is left with `oms journal verify`"
        raise (JournalError if "not a database" in str(error) else Damaged)(message) from error
    finally:
        connection.close()


def _verified(connection: sqlite3.Connection, path: Path, start: int) -> Iterator[tuple[int, Record]]:
    expected, previous = start, _hash_before(connection, path, start)
    while chunk := rows(connection, expected):
        for number, body, digest in chunk:
            if number != expected or type(body) is not bytes or digest != link(previous, number, body):
                raise Damaged(_broken(path, expected, number))
            yield number, _decoded(path, number, body)
            previous = digest
            expected += 1


def _hash_before(connection: sqlite3.Connection, path: Path, start: int) -> bytes:
    if start == 1:
        return GENESIS
    found = rows(connection, start - 1, 1) if start > 1 else []
    if not found or found[0][0] != start - 1:
        message = f"there is no record before {start} in the journal {path}: start between 1 and the one after its last"
        raise JournalError(message)
    return found[0][2]


def _decoded(path: Path, number: int, body: bytes) -> Record:
    try:
        return decode(body)
    except JournalError as error:
        message = f"record {number} of the journal {path} cannot be read: {error}"
        raise Damaged(message) from error


def _broken(path: Path, expected: int, found: int) -> str:
    what = (
        "does not fit its hash and the record before" if found == expected else f"is missing: {found} follows"
    )
    return f"record {expected} of the journal {path} {what}. See what is left with `oms journal verify`"
