"""Who may log on: the JWT in the Logon's RawData(96), verified without the code under test."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jwt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Credential:
    """One key of one account."""

    account: str
    key_id: str
    secret: str = field(repr=False)


def parse_credential(text: str) -> Credential:
    """Read ACCOUNT:KEYID:SECRET; a ValueError says what is wrong and never shows the secret."""
    parts = text.split(":", 2)
    if len(parts) != len(("account", "key", "secret")) or not all(parts):
        msg = "a credential is written ACCOUNT:KEYID:SECRET"
        raise ValueError(msg)
    if not (parts[0].isascii() and parts[0].isprintable()) or "=" in parts[0]:
        msg = "an account is printable ASCII without '='"
        raise ValueError(msg)
    return Credential(*parts)


class Refused(Exception):  # noqa: N818 - named after what the logon is
    """A logon that the venue does not accept; the text goes to the client."""


class Gate:
    """Checks logons against the known credentials."""

    def __init__(self, credentials: Iterable[Credential]) -> None:
        """Know these keys and no others."""
        self._secrets = {(one.account, one.key_id): one.secret for one in credentials}
        self.accounts = tuple(dict.fromkeys(account for account, _ in self._secrets))

    def check(self, account: str, raw_data: str | None) -> None:
        """Raise `Refused` unless the token belongs to this session's account."""
        if not raw_data:
            msg = "Signature Error: RawData(96) with the JWT is missing"
            raise Refused(msg)
        claims = _unverified(raw_data)
        secret = self._secret(account, claims)
        _verify(raw_data, secret)
        self._check_claims(account, claims)

    def _secret(self, account: str, claims: Mapping[str, Any]) -> str:
        named, key_id = claims.get("accountId"), claims.get("secretKeyId")
        if named not in self.accounts:
            msg = "Account doesn't exist, please verify account ID: accountId is unknown"
            raise Refused(msg)
        if named != account:
            msg = "Permission denied: accountId is not the SenderCompID of this session"
            raise Refused(msg)
        secret = self._secrets.get((account, str(key_id)))
        if secret is None:
            msg = "Permission denied. Invalid API-key: secretKeyId is unknown for this account"
            raise Refused(msg)
        return secret

    def _check_claims(self, account: str, claims: Mapping[str, Any]) -> None:
        digest = hashlib.sha256(account.encode()).hexdigest()
        if not hmac.compare_digest(str(claims.get("digest")).encode(), digest.encode()):
            msg = "Signature Error: digest is not the SHA-256 of the account id"
            raise Refused(msg)
        method = claims.get("method")
        if not isinstance(method, str) or not method:
            msg = "Signature Error: method is missing"
            raise Refused(msg)


def _unverified(token: str) -> dict[str, Any]:
    """Which key the token claims to be signed with; nothing in it is believed yet."""
    try:
        if jwt.get_unverified_header(token).get("alg") != "HS256":
            msg = "Signature Error: the JWT is not signed with HS256"
            raise Refused(msg)
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError):
        msg = "Signature Error: RawData(96) is not a JWT"
        raise Refused(msg) from None
    return claims


def _verify(token: str, secret: str) -> None:
    try:
        jwt.decode(token, secret, algorithms=["HS256"], options={"require": ["exp"]})
    except jwt.ExpiredSignatureError:
        msg = "token error: the JWT has expired"
        raise Refused(msg) from None
    except jwt.MissingRequiredClaimError:
        msg = "token error: the JWT has no exp"
        raise Refused(msg) from None
    except jwt.InvalidSignatureError:
        msg = "Signature Error: the JWT's signature is wrong"
        raise Refused(msg) from None
    except jwt.PyJWTError:
        msg = "token error: the JWT is not valid"
        raise Refused(msg) from None
