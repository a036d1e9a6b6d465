"""The exception tree. Whose fault it is comes first; a business outcome is a value, never an exception.

OmsError
├── ConfigError          the configuration is wrong: names file, key and reason
├── CommandError         our caller asked for something impossible: names field and reason
├── ReportError          a venue's message cannot be read
├── VenueError
│   ├── VenueUnavailable   nothing left this machine
│   ├── VenueRefused       definitely not done
│   └── OutcomeUnknown     sent, and nobody knows: in doubt
├── JournalError         the journal cannot be written or trusted: stop taking orders
└── IllegalTransition    an event that its order cannot undergo: our bug or a damaged journal
"""

from decimal import Decimal


class OmsError(Exception):
    """Anything that this program raises on purpose; its text is for people."""


class ConfigError(OmsError):
    """The configuration is wrong."""


class CommandError(OmsError):
    """The caller asked for something impossible."""


class ReportError(OmsError):
    """A venue's message cannot be read."""


class VenueError(OmsError):
    """A venue did not do what was asked."""


class VenueUnavailable(VenueError):  # noqa: N818 - says what is the case, as the names beside it
    """Nothing left this machine."""


class VenueRefused(VenueError):  # noqa: N818
    """Definitely not done."""


class OutcomeUnknown(VenueError):  # noqa: N818
    """Sent, and the outcome is not known. `cum_qty`: what the venue said was executed, of an order without a number."""

    cum_qty: Decimal | None = None


class JournalError(OmsError):
    """The journal cannot be written or trusted."""


class IllegalTransition(OmsError):  # noqa: N818
    """An event that its order cannot undergo."""
