"""Why a venue would not take an order, known before it is asked: a value, never an exception."""

from decimal import Decimal

from msgspec import Struct

from oms.core.errors import VenueUnavailable
from oms.core.values import format_decimal


class Refusal(Struct, frozen=True):
    """The named reason; `field` and its offending `value`, and what would be allowed.

    Attributes:
        code: names the reason, for programs.
        field: the order's field, by its FIX name.
        value: what the order has there; None where it has nothing.
        limit: what the venue takes there: a number, or words.

    """

    code: str
    field: str
    value: Decimal | str | None
    limit: Decimal | str

    @property
    def text(self) -> str:
        """The reason for people."""
        return f"{self.field} is {_written(self.value)}; it has to be {_written(self.limit)}"


class NotTakenError(VenueUnavailable):
    """The venue would not take the order: nothing was asked of it and nothing was sent, and no repetition helps."""

    def __init__(self, refusal: Refusal) -> None:
        """Say why, for people."""
        super().__init__(f"{refusal.text}; nothing was sent")
        self.refusal = refusal


def _written(value: Decimal | str | None) -> str:
    if value is None:
        return "missing"
    return format_decimal(value) if isinstance(value, Decimal) else value
