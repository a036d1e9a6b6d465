"""Signatures: JWTs with HS256, by the two chapters "Signature" of the document (requests, and market data)."""

import hashlib
import warnings
from typing import Final

import jwt
from msgspec import Struct

from oms.core.secret import Secret

ALGORITHM: Final = "HS256"
warnings.filterwarnings(
    "ignore", category=jwt.InsecureKeyLengthWarning
)  # the venue chose the key; nobody here can lengthen it


class Credentials(Struct, frozen=True, kw_only=True):
    """A key of an account: `account_id` STA-…, `key_id` API_Key_ID, `secret` API_Secret_Key."""

    account_id: str
    key_id: str
    secret: Secret


def request_token(credentials: Credentials, *, method: str, body: bytes, exp_s: int) -> str:
    """Sign one request.

    Args:
        credentials: who asks.
        method: claim `method`, module.methodName.
        body: claim `digest` is the SHA-256, hex, of exactly these bytes, which are what is sent.
        exp_s: claim `exp`, seconds since the epoch by the venue's clock.

    """
    claims = {
        "accountId": credentials.account_id,
        "secretKeyId": credentials.key_id,
        "digest": hashlib.sha256(body).hexdigest(),
        "method": method,
        "exp": exp_s,
    }
    return jwt.encode(claims, credentials.secret.reveal(), algorithm=ALGORITHM)


def market_token(credentials: Credentials) -> str:
    """Sign for market data: the claim `accessKey` alone. It does not expire, so it is a secret itself."""
    return jwt.encode({"accessKey": credentials.key_id}, credentials.secret.reveal(), algorithm=ALGORITHM)
