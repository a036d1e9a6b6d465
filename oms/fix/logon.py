"""The Logon's token: a JWT in RawData (96), fresh for every Logon, as Apifiny's document has it."""

import hashlib
import json
import warnings
from typing import Final

import jwt

from oms.core.secret import Secret

ALGORITHM: Final = "HS256"
warnings.filterwarnings(
    "ignore", category=jwt.InsecureKeyLengthWarning
)  # the venue chose the key; nobody here can lengthen it


def digest_of(params: "str | dict[str, object]") -> str:
    """SHA-256, hex, of the parameters: of their JSON for an object, of the text itself otherwise."""
    text = json.dumps(params) if isinstance(params, dict) else params
    return hashlib.sha256(text.encode()).hexdigest()


def logon_token(  # noqa: PLR0913 - one for each claim
    *,
    account: str,
    key_id: str,
    secret: Secret,
    method: str,
    digest_param: str,
    lifetime_s: int,
    now_s: float,
) -> str:
    """Sign the token of one Logon.

    Args:
        account: claim `accountId`.
        key_id: claim `secretKeyId`.
        secret: the key that signs, HS256.
        method: claim `method`.
        digest_param: claim `digest` is the SHA-256 of this.
        lifetime_s: claim `exp` lies this far ahead, seconds.
        now_s: the present by the machine's clock, seconds since the epoch.

    """
    claims = {
        "accountId": account,
        "secretKeyId": key_id,
        "digest": digest_of(digest_param),
        "method": method,
        "exp": int(now_s + lifetime_s),
    }
    return jwt.encode(claims, secret.reveal(), algorithm=ALGORITHM)
