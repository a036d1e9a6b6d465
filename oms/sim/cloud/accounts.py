"""Who may sign, and which accounts are theirs: one spot account each, and one margin account for a symbol."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oms.sim.cloud.market import MARGIN_SYMBOLS
from oms.sim.cloud.orders import MARGIN, SPOT, Account
from oms.sim.cloud.request import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST_USER, FIRST_ACCOUNT, BETWEEN = 1000, 100009, 10


@dataclass(frozen=True, slots=True)
class Credential:
    """One key of one user of the venue, whom `account` names."""

    key: str
    secret: str = field(repr=False)
    account: str


def parse_credential(text: str) -> Credential:
    """Read KEY:SECRET or KEY:SECRET@ACCOUNT; a ValueError says what is wrong and never shows the secret."""
    key, _, rest = text.partition(":")
    secret, _, account = rest.rpartition("@") if "@" in rest else (rest, "", key)
    if not (key and secret and account) or not (key + secret).isascii():
        msg = "a credential is written KEY:SECRET, or KEY:SECRET@ACCOUNT where keys share an account"
        raise ValueError(msg)
    return Credential(key, secret, account)


class Directory:
    """All users. The first has user-id 1000 and the spot account 100009; each further one 1 and 10 more."""

    def __init__(self, credentials: Iterable[Credential]) -> None:
        """Know these keys and no others."""
        credentials = tuple(credentials)
        self.secrets = {one.key: one.secret for one in credentials}
        names = tuple(dict.fromkeys(one.account for one in credentials))
        self.users = {name: FIRST_USER + index for index, name in enumerate(names)}
        self._user_of = {one.key: self.users[one.account] for one in credentials}
        self.accounts = [account for user in self.users.values() for account in _accounts(user)]

    def user(self, key: str) -> int:
        """Return whose key it is."""
        return self._user_of[key]

    def of(self, user: int) -> list[Account]:
        """Return a user's accounts, the spot account first."""
        return [account for account in self.accounts if account.user == user]

    def account(self, user: int, number: int) -> Account:
        """Return one account; a `Problem` if it is not this user's."""
        for account in self.of(user):
            if account.number == number:
                return account
        text = f"account for id `{number}` and user id `{user}` does not exist"
        raise Problem(code="account-get-accounts-inexistent-error", text=text)

    def spot(self, user: int) -> Account:
        """Return a user's spot account."""
        return self.of(user)[0]

    def margin(self, user: int, symbol: str) -> Account:
        """Return a user's margin account for a symbol; a `Problem` if there is none."""
        for account in self.of(user):
            if (account.kind, account.symbol) == (MARGIN, symbol):
                return account
        raise Problem(code="base-symbol-error", text=f"no margin trading in `{symbol}`")


def _accounts(user: int) -> list[Account]:
    spot = FIRST_ACCOUNT + (user - FIRST_USER) * BETWEEN
    margin = (Account(spot + 1 + index, user, MARGIN, name) for index, name in enumerate(MARGIN_SYMBOLS))
    return [Account(spot, user, SPOT), *margin]
