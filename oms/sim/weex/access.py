"""Who may ask what: keys, signatures over the exact body, nonces that grow, privileges."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oms.sim.weex.refusals import NO_KEY, UNKNOWN_KEY, WRONG_SIGN, Refused, wrong_nonce

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oms.sim.weex.parameters import Parameters

INFO, TRADE, WITHDRAW, COUPON = "info", "trade", "withdraw", "coupon"
RIGHTS = frozenset({INFO, TRADE, WITHDRAW, COUPON})
HIGHEST_NONCE = 4294967294


@dataclass(frozen=True, slots=True)
class Credential:
    """A key; several may be of one account."""

    key: str
    secret: str = field(repr=False)
    account: str
    rights: frozenset[str] = RIGHTS


def parse_credential(text: str) -> Credential:
    """Read KEY:SECRET or KEY:SECRET@ACCOUNT; a ValueError says what is wrong, without the secret."""
    key, _, rest = text.partition(":")
    secret, _, account = rest.rpartition("@") if "@" in rest else (rest, "", key)
    if not (key and secret and account):
        msg = "--credential needs KEY:SECRET, or KEY:SECRET@ACCOUNT for a key of a shared account"
        raise ValueError(msg)
    return Credential(key, secret, account)


def parse_rights(text: str) -> tuple[str, frozenset[str]]:
    """Read KEY=RIGHT,RIGHT; a ValueError says what is wrong."""
    key, equals, listed = text.rpartition("=")
    rights = frozenset(listed.split(",")) - {""}
    if not (key and equals) or not rights <= RIGHTS:
        msg = f"--rights needs KEY=RIGHT,RIGHT... of {', '.join(sorted(RIGHTS))}, not {text!r}"
        raise ValueError(msg)
    return key, rights


class Gate:
    """Lets requests in, or says why not."""

    def __init__(self, credentials: Iterable[Credential], *, long_nonce_text: bool = True) -> None:
        """Know the keys; a nonce that was never used is 0."""
        self._credentials = {credential.key: credential for credential in credentials}
        self._nonces = dict.fromkeys(self._credentials, 0)
        self._long = long_nonce_text

    def admit(self, key: str, sign: str, body: bytes, asked: Parameters) -> Credential:
        """Return who asks; the nonce is used up, whatever becomes of the request.

        Raises:
            Refused: key, signature or nonce is wrong.

        """
        if not key:
            raise Refused(NO_KEY)
        credential = self._credentials.get(key)
        if credential is None:
            raise Refused(UNKNOWN_KEY)
        expected = hmac.new(credential.secret.encode(), body, hashlib.sha512).hexdigest()
        # Headers may hold any byte, and compare_digest takes only ASCII text.
        if not hmac.compare_digest(expected.encode(), sign.lower().encode()):
            raise Refused(WRONG_SIGN)
        self._use_nonce(key, asked.text("nonce", ""))
        return credential

    def _use_nonce(self, key: str, sent: str) -> None:
        on_key = self._nonces[key]
        nonce = (
            int(sent) if sent.isascii() and sent.isdecimal() and len(sent) <= len(str(HIGHEST_NONCE)) else 0
        )
        if not on_key < nonce <= HIGHEST_NONCE:
            raise wrong_nonce(on_key=on_key, sent=sent, long=self._long)
        self._nonces[key] = nonce
