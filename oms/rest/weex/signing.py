"""Form bodies and their signature (Trade API v1, Authentication): HMAC-SHA512 of the exact body, in hex."""

import hashlib
import hmac
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlencode


def form(method: str, nonce: int, parameters: Mapping[str, str | int | Decimal | None]) -> bytes:
    """Write the body of a request; parameters that are None are left out, decimals are written in full.

    Args:
        method: the API's name of the method, such as `Trade`.
        nonce: the key's next number.
        parameters: in the order in which they are sent.

    """
    pairs = [("method", method), ("nonce", str(nonce))]
    pairs += [(name, written(value)) for name, value in parameters.items() if value is not None]
    return urlencode(pairs, safe=",").encode("ascii")  # CancelOrders prints its commas as they are


def written(value: str | int | Decimal) -> str:
    """Write one parameter: no exponent, no rounding."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def sign(secret: str, body: bytes) -> str:
    """Sign a body with the key's secret; lower-case hex."""
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()
