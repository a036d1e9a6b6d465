"""Signature version 2, as the document's "Signing" has it, checked without the code under test.

Strict about who signed what and when. Tolerant where real clients differ, and the document does not decide: the host
with or without its port, the path with or without the operator's prefix and a slash at its end, `+` or `%20` for a
space, escapes as the client wrote them. Clients may order the parameters of the URL as they like; what is signed is
sorted by byte order.
"""

from __future__ import annotations

import base64
import hmac
import re
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus

from oms.sim.cloud.request import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from oms.sim.cloud.request import Request

WITHIN = timedelta(minutes=5)

NOT_VALID = "api-signature-not-valid"
WRONG_KEY = "Signature not valid: Incorrect Access key"
WRONG_METHOD = "Signature not valid: SignatureMethod must be HmacSHA256 and SignatureVersion 2"
WRONG_TIME = (
    "Signature not valid: Timestamp must be UTC, YYYY-MM-DDThh:mm:ss, within 5 minutes of the venue's"
)
WRONG_SIGNATURE = "Signature not valid: Verification failure"


def check(request: Request, secrets: Mapping[str, str], prefix: str, now: datetime) -> str:
    """Return the access key that signed the request; a `Problem` says why nobody did."""
    pairs = parse_qsl(request.query, keep_blank_values=True)
    given = dict(pairs)
    key = given.get("AccessKeyId", "")
    if key not in secrets:
        raise Problem(code=NOT_VALID, text=WRONG_KEY)
    if (given.get("SignatureMethod"), given.get("SignatureVersion")) != ("HmacSHA256", "2"):
        raise Problem(code=NOT_VALID, text=WRONG_METHOD)
    if not _is_now(given.get("Timestamp", ""), now):
        raise Problem(code=NOT_VALID, text=WRONG_TIME)
    signature = given.get("Signature", "").encode()
    if len(given) < len(pairs) or not any(
        hmac.compare_digest(signed(secrets[key], text).encode(), signature)
        for text in _readings(request, prefix)
    ):
        raise Problem(code=NOT_VALID, text=WRONG_SIGNATURE)
    return key


def signed(secret: str, text: str) -> str:
    """Return the signature of a text: HmacSHA256, base64."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()


def _is_now(text: str, now: datetime) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", text):
        return False
    try:
        return abs(datetime.fromisoformat(text).replace(tzinfo=UTC) - now) <= WITHIN
    except ValueError:
        return False


def _readings(request: Request, prefix: str) -> Iterable[str]:
    """Every text that an honest client may have signed for this request."""
    host = request.host.lower()
    hosts = dict.fromkeys((host, re.sub(r":[0-9]+\Z", "", host)))
    written = (request.path, request.path.removesuffix("/"))
    paths = dict.fromkeys((*written, *(path.removeprefix(prefix) for path in written)))
    for one_host, path, query in product(hosts, paths, _queries(request.query)):
        yield f"{request.method}\n{one_host}\n{path}\n{query}"


def _queries(query: str) -> Iterable[str]:
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "Signature"]
    as_sent = [part for part in query.split("&") if part and not part.startswith("Signature=")]
    return dict.fromkeys((_joined(pairs, _percent), _joined(pairs, quote_plus), "&".join(sorted(as_sent))))


def _joined(pairs: Iterable[tuple[str, str]], escaped: Callable[[str], str]) -> str:
    return "&".join(f"{escaped(name)}={escaped(value)}" for name, value in sorted(pairs))


def _percent(text: str) -> str:
    return quote(text, safe="")
