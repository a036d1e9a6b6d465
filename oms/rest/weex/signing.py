"""Form bodies and their signature (Trade API v1, Authentication): HMAC-SHA512 of the exact body, in hex."""

import hashlib
import hmac
from collections.abc import Mapping
from decimal import Decimal
from typing import Final
from urllib.parse import quote_plus

# Nearly all that is sent is ASCII and stays as it is: a table is several times as fast as quote_plus.
_ESCAPES: Final = str.maketrans({chr(code): quote_plus(chr(code), safe=",") for code in range(128)})


def form(method: str, nonce: int, parameters: Mapping[str, str | int | Decimal | None]) -> bytes:
    """Write the body of a request; parameters that are None are left out, decimals are written in full.

    Args:
        method: the API's name of the method, such as `Trade`.
        nonce: the key's next number.
        parameters: in the order in which they are sent.

    """
    pairs = [("method", method), ("nonce", str(nonce))]
    pairs += [(name, written(value)) for name, value in parameters.items() if value is not None]
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs).encode("ascii")


def encoded(text: str) -> str:
    """Encode a name or a value as a form has it; commas stay, as CancelOrders prints them."""
    return text.translate(_ESCAPES) if text.isascii() else quote_plus(text, safe=",")


def written(value: str | int | Decimal) -> str:
    """Write one parameter: no exponent, no rounding."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def sign(secret: str, body: bytes) -> str:
    """Sign a body with the key's secret; lower-case hex."""
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()
