"""Accounts that may not do everything, and venues that are closed, as the command line asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

OPENED, RESTRICTED, SUSPENDED = ACCOUNT_STATUSES = ("OPENED", "RESTRICTED", "SUSPENDED")
ENABLED, MAINTENANCE = VENUE_STATUSES = ("ENABLED", "MAINTENANCE")

# The venue's own words; "maitenance" is its spelling.
ACCOUNT_STATUS = "Account status doesn't satisfy request, please verify account status."
CLOSED = "This exchange is currently under maitenance or not supported yet."


@dataclass(frozen=True, slots=True)
class Standing:
    """What is not as usual: accounts and venues by their status."""

    accounts: Mapping[str, str] = field(default_factory=dict)
    venues: Mapping[str, str] = field(default_factory=dict)

    def account(self, account: str) -> str:
        """Return an account's status."""
        return self.accounts.get(account, OPENED)

    def closed(self, venue: str) -> bool:
        """Whether a venue is in maintenance."""
        return self.venues.get(venue) == MAINTENANCE

    def refusal(self, account: str, venue: str) -> str:
        """Return why an order or a cancel cannot be taken; nothing where it can."""
        if self.account(account) != OPENED:
            return ACCOUNT_STATUS
        return CLOSED if self.closed(venue) else ""


def parse_statuses(
    texts: Iterable[str], option: str, *, known: Collection[str], statuses: Collection[str]
) -> dict[str, str]:
    """Read NAME=STATUS; a ValueError says what is wrong, in one line."""
    found = {}
    for text in texts:
        name, _, status = text.rpartition("=")
        if name not in known:
            msg = f"{option}: unknown {name!r}; known are: {', '.join(known)}"
            raise ValueError(msg)
        if status not in statuses:
            msg = f"{option} {name} must be one of: {', '.join(statuses)}"
            raise ValueError(msg)
        found[name] = status
    return found
