"""Signature version 2 (Cloud API, Signing): HmacSHA256, base64, over method, host, path and the sorted query.

Of a POST only the query is signed; its parameters travel in the body, without a signature.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from oms.core.secret import Secret

# Almost all that is signed is ASCII, and most of it stays as it is: a table is ten times as fast as quote.
_ESCAPES: Final = str.maketrans({chr(code): quote(chr(code), safe="") for code in range(128)})


class Operator(Struct, frozen=True, kw_only=True):
    """What differs from one exchange of this kind to the next.

    Attributes:
        host: the name that is signed, without scheme: `www.xxxx.com`.
        prefix: stands before every path that is called: `/api`.
        signed_prefix: stands before every path that is signed; the document's example has none.

    """

    host: str
    prefix: str = "/api"
    signed_prefix: str = ""


class Credential(Struct, frozen=True, kw_only=True):
    """A key and what signs with it."""

    access_key: str
    secret: Secret


def signed_query(  # noqa: PLR0913 - one for each thing that is signed
    method: str,
    path: str,
    parameters: Mapping[str, str],
    *,
    operator: Operator,
    credential: Credential,
    now_s: float,
) -> str:
    """Write the whole query of a request, its signature at the end.

    Args:
        method: GET or POST.
        path: without any prefix: `/v1/order/orders`.
        parameters: those of the query, not yet encoded.
        operator: whose host and path are signed.
        credential: the key.
        now_s: the present by the venue's clock, seconds since the epoch.

    """
    whole = {
        "AccessKeyId": credential.access_key,
        "SignatureMethod": "HmacSHA256",
        "SignatureVersion": "2",
        "Timestamp": timestamp(now_s),
        **parameters,
    }
    query = query_of(dict(sorted(whole.items())))  # by bytes: capitals come before small letters
    text = canonical(method, operator.host, operator.signed_prefix + path, query)
    return f"{query}&Signature={encoded(signature(credential.secret.reveal(), text))}"


def canonical(method: str, host: str, path: str, query: str) -> str:
    """Write what is signed (task 1): four lines, the last of them without an end."""
    return f"{method}\n{host.lower()}\n{path}\n{query}"


def signature(secret: str, text: str) -> str:
    """Sign a canonical request (task 2); base64, not yet percent-encoded."""
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode("ascii")


def timestamp(now_s: float) -> str:
    """Write a time as the signature has it: UTC, whole seconds, no zone."""
    return datetime.fromtimestamp(int(now_s), UTC).isoformat()[:19]


def query_of(parameters: Mapping[str, str]) -> str:
    """Write a query in the order given, percent-encoded with capital digits."""
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in parameters.items())


def encoded(text: str) -> str:
    """Percent-encode all but letters, digits and `-_.~`; a space becomes %20."""
    return text.translate(_ESCAPES) if text.isascii() else quote(text, safe="")
