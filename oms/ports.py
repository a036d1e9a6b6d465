"""What the engine needs of the world outside; the rim implements it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from msgspec import Struct

from oms.core.inputs import CancelOpen, Look, TakeMark
from oms.core.messages import Command
from oms.core.records import Record


class Sent(Struct, frozen=True):
    """A message left (or may have left) under this MsgSeqNum. `raw` is its text, RawData masked."""

    seq: int
    raw: str


class Venue(Protocol):
    """A way to a venue. It is called by the engine's thread alone, after the commit of what it sends."""

    def send(self, message: Command, *, order: int, request: int) -> Sent | None:
        """Send one message about our order `order`; `request` is our number for it, 0 for a status question.

        Returns:
            How it left; None where that is told later, as `WentOut` or `StayedHere`, with what became of it.

        Raises:
            VenueUnavailable: nothing left this machine, for certain.

        """
        ...


class MarkedVenue(Venue, Protocol):
    """A way to a venue without client order ids."""

    def take_mark(self, effect: TakeMark) -> None:
        """Read where its numbering stands; told later, as `MarkTaken` or `StayedHere`."""
        ...

    def look(self, effect: Look) -> None:
        """Look for a submit in doubt; told later, as `Looked`. Whoever cannot look completely tells nothing."""
        ...

    def cancel_open(self, effect: CancelOpen) -> None:
        """Cancel all that is open; each cancel is told of as if it were sent, and the end as `OpenShown`."""
        ...


class Journal(Protocol):
    """Durable, append-only, in order. Records are numbered from 1 without holes."""

    def append(self, records: Sequence[Record]) -> int:
        """Write records in one commit and return the number of the last; on disk when this returns.

        Raises:
            JournalError: nothing of it can be relied on; stop.

        """
        ...

    def read(self, start: int = 1) -> Iterator[tuple[int, Record]]:
        """Read records in order from number `start` on, verified.

        Raises:
            JournalError: a record is damaged or missing.

        """
        ...

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash (hex) of the last record; (0, 64 zeros) for an empty journal."""
        ...

    def close(self) -> None:
        """Release the journal and its lock."""
        ...
