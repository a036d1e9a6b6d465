"""What is the key's fault, and no other's: another key of the same account may fare better."""

from oms.core.errors import VenueError, VenueRefused, VenueUnavailable


class KeyTrouble(VenueError):  # noqa: N818 - as its neighbours in the tree of errors
    """The key is of no use until a person mends it: unknown, wrongly signed, without a right, used up."""


class KeyRefused(KeyTrouble, VenueRefused):
    """The venue refused a request for its key; it did nothing."""


class KeyUsedUp(KeyTrouble, VenueUnavailable):
    """The key has no number left to send a request under; nothing left."""


class KeySpent(VenueUnavailable):
    """The key has few numbers left: they are kept for cancels and questions, and no order leaves by it any more."""
