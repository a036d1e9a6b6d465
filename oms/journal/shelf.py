"""Reading an archive: orders that left memory, by our number, by any id, or newest first."""

import contextlib
import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from msgspec import Struct

from oms.core.errors import JournalError
from oms.core.order import Order
from oms.core.residence import Key, Resting
from oms.journal.snapshot import Torn, decode_order, encode_order

_LATEST: Final = "SELECT body FROM orders WHERE number = ? ORDER BY n DESC, row DESC LIMIT 1"
_BY_ID: Final = "SELECT number, max(n) FROM ids WHERE h = ? GROUP BY number ORDER BY max(n) DESC"
_OWNER: Final = "SELECT number, n FROM ids WHERE h = ? ORDER BY n DESC"
_PAGE: Final = 200
_BUSY_S: Final = 5.0


class Parcel(Struct, frozen=True, gc=False):
    """An order on its way into the archive: encoded, so that the order itself may go on changing."""

    number: int
    symbol: str
    session: str
    hashes: tuple[int, ...]
    body: bytes


def parcel(resting: Resting) -> Parcel:
    """Encode an order at rest."""
    order = resting.order
    hashes = tuple({hash_of(key.id) for key in resting.keys})
    return Parcel(order.number, order.symbol, order.session, hashes, encode_order(resting))


def hash_of(any_id: str) -> int:
    """Give 64 bits of an id: the ids themselves stand with the order, where they are compared."""
    raw = hashlib.blake2b(any_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(raw, "big", signed=True)


class Shelf:
    """What the archive holds, for readers; several threads may share one."""

    def __init__(self, path: Path) -> None:
        """Open an archive that exists.

        Raises:
            JournalError: it cannot be opened.

        """
        self.path = path
        self._lock = threading.Lock()
        with told(path):
            self.connection = connect(path, "ro")

    def get(self, number: int) -> Resting | None:
        """Give an order by our number, as it was when it left last.

        Raises:
            JournalError: the archive cannot be read; `Torn`: it is damaged.

        """
        found = self._rows(_LATEST, number)
        if not found:
            return None
        resting = decode_order(found[0][0])
        if resting.order.number != number:
            message = f"the archive {self.path} gives order {resting.order.number} for order {number}"
            raise Torn(message)
        return resting

    def find(self, any_id: str) -> list[Resting]:
        """Find orders that left with this id, the last that left first.

        Raises:
            JournalError: the archive cannot be read; `Torn`: it is damaged.

        """
        numbers = [number for number, _ in self._rows(_BY_ID, hash_of(any_id))]
        found = [resting for number in numbers if (resting := self.get(number)) is not None]
        return [resting for resting in found if any(key.id == any_id for key in resting.keys)]

    def owner(self, key: Key) -> int | None:
        """Say which order outside of memory had an id last."""
        rows = self._rows(_OWNER, hash_of(key.id))
        numbers: list[int] = list(dict.fromkeys(number for number, _ in rows))
        if len(numbers) == 1:
            return numbers[0]
        for number in numbers:
            resting = self.get(number)
            if resting is not None and key in resting.keys:
                return number
        return None

    def newest(self, before: int, symbol: str | None, session: str | None) -> Iterator[Order]:
        """Go through the orders below a number, newest first."""
        while True:
            rows = self._rows(
                "SELECT number, body FROM orders WHERE number < ? AND number >= ?"
                " AND (?3 IS NULL OR symbol = ?3) AND (?4 IS NULL OR session = ?4)"
                " ORDER BY number DESC, n DESC, row DESC",
                *(before, before - _PAGE, symbol, session),
            )
            last = 0
            for number, body in rows:
                if number != last:
                    last = number
                    yield decode_order(body).order
            before -= _PAGE
            if before <= 1:
                return

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self.connection.close()

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock, told(self.path):
            return self.connection.execute(query, values).fetchall()


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open an archive's file. A commit need not reach the disk: what is lost is derived again."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_S,
        check_same_thread=False,
    )
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Give what goes wrong with an archive its name."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        damaged = getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
        kind = Torn if damaged or isinstance(error, sqlite3.IntegrityError) else JournalError
        message = (
            f"the archive {path} cannot be used: {error}. It is made anew from the journal if it is removed"
        )
        raise kind(message) from error
    except OSError as error:
        message = f"the archive {path} cannot be used: {error}"
        raise JournalError(message) from error
