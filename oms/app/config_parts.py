"""What the sections of all kinds of sessions share: their common keys, and what can be wrong with these."""

import os
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from msgspec import Meta, Struct

Positive = Annotated[float, Meta(gt=0)]
Rate = Annotated[int, Meta(ge=1, le=1000)]
Text = Annotated[str, Meta(min_length=1)]
External = Annotated[str, Meta(pattern="^(adopt|ignore|stop)$")]
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_PORTS: Final = {"http": 80, "https": 443}
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
Found = Iterator[tuple[str, str]]


class LimitsSection(Struct, kw_only=True):
    """`[limits]` and `[session.limits]`: pre-trade limits. Amounts are text; without a key there is no limit."""

    max_decimals: Annotated[int, Meta(ge=0, le=18)] = 8
    max_order_qty: Decimal | None = None
    max_order_notional: Decimal | None = None
    max_open_orders: Annotated[int, Meta(ge=1)] | None = None
    max_open_notional: Decimal | None = None
    max_price_deviation: Decimal | None = None
    price_demanded: bool = True
    exchanges: list[str] = []
    symbols: list[str] = []


class HttpSection(Struct, kw_only=True):
    """What every venue that is spoken to over REST has; times in seconds.

    `trades_per_s` and `queries_per_s`: so many requests that move something, or ask, may leave in a second, by all keys
    and connections of the session together.
    `order_wait_s`: an order that could not leave for so long stays here.
    `resume_after_s`: a ban holds for so long; without it until a person resumes the session.
    """

    ca_file: Text | None = None
    connect_timeout_s: Positive = 5.0
    read_timeout_s: Positive = 10.0
    trades_per_s: Rate = 50
    queries_per_s: Rate = 50
    order_wait_s: Positive = 10.0
    quick_poll_s: Positive = 0.5
    slow_poll_s: Positive = 5.0
    idle_poll_s: Positive = 15.0
    resume_after_s: Positive | None = None


class UrlSection(HttpSection, kw_only=True):
    """A venue that is known by its URL alone."""

    url: Text

    @property
    def host(self) -> str:
        """The host of its URL."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port of its URL."""
        parts = urlsplit(self.url)
        return parts.port or _PORTS[parts.scheme]


# --- what can be wrong; what is not among the values has been told --------------------------------------------------


def name_problems(values: Mapping[str, Any]) -> Found:
    """Check a session's name."""
    if "name" in values and not _NAME.fullmatch(values["name"]):
        yield "name", "letters, digits, dot, dash and underscore only, at most 40"


def http_problems(path: Path, values: Mapping[str, Any]) -> Found:
    """Check where a REST venue is, and whom to trust."""
    for key, scheme in (("url", "https"), ("ws_url", "wss")):
        if values.get(key) is not None and (problem := _url_problem(values[key], scheme)):
            yield key, problem
    if values.get("ca_file") is not None and not (path.parent / values["ca_file"]).is_file():
        yield "ca_file", f"there is no file {path.parent / values['ca_file']}"


def _url_problem(url: str, scheme: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"{url!r} is not a URL"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "scheme, host and port only: keys belong in the secret's file or variable"
    if not host or parts.scheme not in (scheme, scheme.removesuffix("s")) or url.endswith("/"):
        return f"write it like {scheme}://host or {scheme}://host:port, without / at the end"
    if parts.scheme != scheme and host not in _LOOPBACK:
        return f"{parts.scheme}:// is open to all who listen on the way; only on this machine is it taken"
    return None


def account_problems(values: Mapping[str, Any]) -> Found:
    """Check an account."""
    if "account" in values and not any(char.isdigit() for char in values["account"]):
        yield "account", "an account has digits, which every ClOrdID begins with, like STA-00000015"


def trust_problems(path: Path, ca_file: str | None, *, has_tls: bool) -> Found:
    """Check that TLS has whom to trust."""
    if ca_file is not None:
        yield from _certificate_problems(path.parent / ca_file)
    if ca_file is None and has_tls:
        yield (
            "ca_file",
            "tls = true needs a file with the certificates to trust; without one nothing is verified",
        )


def _certificate_problems(file: Path) -> Found:
    if not file.is_file():
        yield "ca_file", f"there is no file {file}"
        return
    try:
        text = file.read_bytes()
    except OSError as error:
        yield "ca_file", f"cannot read {file}: {error.strerror}"
        return
    if b"-----BEGIN CERTIFICATE-----" not in text:
        yield "ca_file", f"{file} holds no certificate in PEM format"


def secret_problems(path: Path, values: Mapping[str, Any]) -> Found:
    """Check that a secret is where the configuration says."""
    if "secret_env" in values and "secret_file" in values:
        problem = _secret_problem(path, values["secret_env"], values["secret_file"])
        if problem:
            yield problem


def _secret_problem(path: Path, variable: str | None, file: str | None) -> tuple[str, str] | None:
    if (variable is None) == (file is None):
        return (
            "secret_env",
            "name the secret's source: either secret_env (a variable) or secret_file (a path)",
        )
    if variable is not None:
        missing = not os.environ.get(variable)
        return ("secret_env", f"the environment has no variable {variable}") if missing else None
    try:
        empty = not (path.parent / (file or "")).read_text(encoding="utf-8").strip()
    except OSError as error:
        return "secret_file", f"{path.parent / (file or '')} cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        return "secret_file", f"{path.parent / (file or '')} is not text"
    return ("secret_file", "is empty") if empty else None
