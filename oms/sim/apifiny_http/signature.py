"""Who asks: the JWT of a request, verified without the code under test.

"Signature": HS256 over accountId, secretKeyId, digest (SHA-256 of the request body, in hexadecimal), method and
exp. Market data: HS256 over accessKey alone; the document names no expiry there.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt

from oms.sim.apifiny_http.codes import NO_ACCOUNT, NO_PERMISSION, SIGNATURE_ERROR, TOKEN_ERROR, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oms.sim.logon import Credential


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a signature belongs to, and the method that it was made for."""

    account: str
    key_id: str
    method: str


class Signatures:
    """Checks signatures against the known keys."""

    def __init__(self, credentials: Iterable[Credential]) -> None:
        """Know these keys and no others."""
        known = tuple(credentials)
        self._secrets = {(one.account, one.key_id): one.secret for one in known}
        self._accounts = {one.account for one in known}

    def caller(self, token: str, body: bytes) -> Caller:
        """Return who signed this body. Raises Problem."""
        claims = _claims(token)
        account, key_id, method = (_text(claims, name) for name in ("accountId", "secretKeyId", "method"))
        if account not in self._accounts:
            raise Problem(NO_ACCOUNT)
        secret = self._secrets.get((account, key_id))
        if secret is None:
            raise Problem(NO_PERMISSION)
        _verify(token, secret, required=["exp"])
        digest = hashlib.sha256(body).hexdigest()
        if not hmac.compare_digest(_text(claims, "digest").lower().encode(), digest.encode()):
            raise Problem(SIGNATURE_ERROR, "digest is not the SHA-256 of the body")
        return Caller(account, key_id, method)

    def reader(self, token: str) -> str:
        """Return the key that asks for market data. Raises Problem."""
        key_id = _text(_claims(token), "accessKey")
        problem = Problem(NO_PERMISSION)
        # A key id may belong to several accounts, each with a secret of its own.
        for (_, known), secret in self._secrets.items():
            if known == key_id:
                try:
                    _verify(token, secret, required=[])
                except Problem as other:
                    problem = other
                else:
                    return key_id
        raise problem


def _claims(token: str) -> dict[str, Any]:
    """Return what the token claims; nothing in it is believed yet."""
    try:
        if jwt.get_unverified_header(token).get("alg") != "HS256":
            raise Problem(SIGNATURE_ERROR, "the JWT is not signed with HS256")
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError):
        raise Problem(SIGNATURE_ERROR, "no JWT" if token else "it is missing") from None
    return claims


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise Problem(SIGNATURE_ERROR, f"the claim {name} is missing")
    return value


def _verify(token: str, secret: str, *, required: list[str]) -> None:
    try:
        jwt.decode(token, secret, algorithms=["HS256"], options={"require": required})
    except jwt.ExpiredSignatureError:
        raise Problem(TOKEN_ERROR, "the JWT has expired") from None
    except jwt.MissingRequiredClaimError:
        raise Problem(TOKEN_ERROR, "the JWT has no exp") from None
    except jwt.PyJWTError:
        raise Problem(SIGNATURE_ERROR) from None
