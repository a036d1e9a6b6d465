"""Movements of money and credit: where they may go, and how each one stands.

A movement leaves at most once. REQUESTED: on record, and perhaps on its way; DONE and REFUSED: by the venue's word, or
a person's; IN_DOUBT: it may have left, and nobody knows what became of it.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


class MovementKind(StrEnum):
    """What moves, and which way.

    A withdrawal leaves the venue for an address, and can be taken back at some venues until it has left. A transfer
    goes from one exchange to another. A coupon takes money out of the account for whoever may redeem it; a redemption
    brings it in. Margin-in and margin-out go from the spot to a margin account and back; a loan and its repayment move
    credit there.
    """

    WITHDRAWAL = "withdrawal"
    WITHDRAWAL_CANCEL = "withdrawal-cancel"
    TRANSFER = "transfer"
    COUPON = "coupon"
    REDEMPTION = "redemption"
    MARGIN_IN = "margin-in"
    MARGIN_OUT = "margin-out"
    LOAN = "loan"
    REPAYMENT = "repayment"


class MovementStatus(StrEnum):
    """What is known of a movement."""

    REQUESTED = "REQUESTED"
    DONE = "DONE"
    REFUSED = "REFUSED"
    IN_DOUBT = "IN_DOUBT"


OPEN = frozenset({MovementStatus.REQUESTED, MovementStatus.IN_DOUBT})
CHANGING = frozenset(
    {
        MovementKind.WITHDRAWAL,
        MovementKind.COUPON,
        MovementKind.REDEMPTION,
        MovementKind.MARGIN_IN,
        MovementKind.MARGIN_OUT,
    }
)
"""What changes what the account owns. A transfer stays within it; with a loan it owes as much as it has more."""


class Lane(Struct, frozen=True, kw_only=True):
    """A way that money may go, by the configuration; people name it by its label.

    Attributes:
        label: its name.
        kind: one of `MovementKind`.
        exchange: where the money is now; the session itself where there are no exchanges behind it.
        currency: what moves; of a withdrawal, the venue's code of the coin on its chain.
        max_amount: most of it in one movement.
        max_daily: most of it in 24 hours, what is in doubt counted in full; None: no such limit.
        address: of a withdrawal, where it goes.
        memo: of a withdrawal, where the address needs one.
        target: of a transfer, the other exchange; of a coupon, who may redeem it; of margin and loans, the symbol.
        inward: it brings money into the session's account.

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
    inward: bool = False


class Movement(Struct, frozen=True, kw_only=True):
    """One movement.

    Attributes:
        subject: of a repayment, the venue's number of the loan; of a redemption, the fingerprint of the coupon's code;
            of a withdrawal that is taken back, our id of it.
        log_id: the venue's own id of it.
        moved: what the venue says that it moved, where that is not `amount`.

    """

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
    inward: bool = False
    subject: str | None = None
    moved: Decimal | None = None
    status: str = MovementStatus.REQUESTED
    reason: str | None = None
    log_id: str | None = None
    ended_ns: int | None = None
    actor: str | None = None
    origin: str | None = None

    @property
    def change(self) -> Decimal:
        """What it changed of the account's balances; 0 unless it is done."""
        if self.status != MovementStatus.DONE or self.kind not in CHANGING:
            return Decimal(0)
        amount = self.amount if self.moved is None else self.moved
        return amount if self.inward else -amount

    @property
    def is_open(self) -> bool:
        """Whether it may still turn out either way."""
        return self.status in OPEN
