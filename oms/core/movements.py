"""Movements of money: where it may go, and how each one stands.

A movement leaves at most once. REQUESTED: on record, and perhaps on its way; DONE and REFUSED: by the venue's word, or
a person's; IN_DOUBT: it may have left, and nobody knows what became of it.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


class MovementKind(StrEnum):
    """A withdrawal leaves the venue for an address; a transfer goes from one exchange to another."""

    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"


class MovementStatus(StrEnum):
    """What is known of a movement."""

    REQUESTED = "REQUESTED"
    DONE = "DONE"
    REFUSED = "REFUSED"
    IN_DOUBT = "IN_DOUBT"


OPEN = frozenset({MovementStatus.REQUESTED, MovementStatus.IN_DOUBT})


class Lane(Struct, frozen=True, kw_only=True):
    """A way that money may go, by the configuration; people name it by its label.

    Attributes:
        label: its name.
        kind: withdrawal or transfer.
        exchange: where the money is now.
        currency: what moves; of a withdrawal, the venue's code of the coin on its chain.
        max_amount: most of it in one movement.
        max_daily: most of it in 24 hours, what is in doubt counted in full; None: no such limit.
        address: of a withdrawal, where it goes.
        memo: of a withdrawal, where the address needs one.
        target: of a transfer, the other exchange.

    """

    label: str
    kind: str
    exchange: str
    currency: str
    max_amount: Decimal
    max_daily: Decimal | None = None
    address: str | None = None
    memo: str = ""
    target: str | None = None


class Movement(Struct, frozen=True, kw_only=True):
    """One movement; `log_id` is the venue's own id of it."""

    id: str
    session: str
    account: str
    kind: str
    label: str
    exchange: str
    currency: str
    amount: Decimal
    time_ns: int
    address: str | None = None
    memo: str = ""
    target: str | None = None
    status: str = MovementStatus.REQUESTED
    reason: str | None = None
    log_id: str | None = None
    ended_ns: int | None = None
    actor: str | None = None
    origin: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it may still turn out either way."""
        return self.status in OPEN
