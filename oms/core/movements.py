"""Movements of money and credit: where they may go, and how each one stands.

A movement leaves at most once. REQUESTED: on record, and perhaps on its way; SUBMITTED: the venue has taken it on, and
may still complete or cancel it; DONE and REFUSED: by the venue's word, or a person's; IN_DOUBT: it may have left, and
nobody knows what became of it.
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
    SUBMITTED = "SUBMITTED"
    DONE = "DONE"
    REFUSED = "REFUSED"
    IN_DOUBT = "IN_DOUBT"


UNANSWERED = frozenset({MovementStatus.REQUESTED, MovementStatus.IN_DOUBT})
OPEN = UNANSWERED | {MovementStatus.SUBMITTED}
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
        fee: what the venue says that it took for it, beside the amount.
        asset: the currency as balances name it, where `currency` is the code of a coin.
        doubted_ns: when it came into doubt: its request had left by then, if it left at all.

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
    fee: Decimal | None = None
    asset: str | None = None
    doubted_ns: int | None = None
    status: str = MovementStatus.REQUESTED
    reason: str | None = None
    log_id: str | None = None
    ended_ns: int | None = None
    actor: str | None = None
    origin: str | None = None

    @property
    def change(self) -> Decimal:
        """What it changed of the account's balances, with its fee; 0 unless it is done."""
        if self.status != MovementStatus.DONE:
            return Decimal(0)
        fee = Decimal(0) if self.fee is None else self.fee
        if self.kind not in CHANGING:
            return -fee
        amount = self.amount if self.moved is None else self.moved
        return (amount if self.inward else -amount) - fee

    @property
    def changes_currency(self) -> str:
        """The currency whose balance it changes."""
        return self.asset or self.currency

    @property
    def is_open(self) -> bool:
        """Whether it may still turn out either way."""
        return self.status in OPEN

    @property
    def is_unanswered(self) -> bool:
        """Whether the venue's word on it is not here."""
        return self.status in UNANSWERED
