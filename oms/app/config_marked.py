"""`[[session]]` of the venues without client order ids: WEEX, and exchanges of the Cloud API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from oms.app.config_parts import (
    External,
    Found,
    LimitsSection,
    Positive,
    Text,
    UrlSection,
    account_problems,
    http_problems,
    name_problems,
    secret_problems,
)


class KeySection(Struct, kw_only=True):
    """`[[session.key]]`: one more key of the same account; requests are spread over all of them."""

    key_id: Text
    secret_env: Text | None = None
    secret_file: Text | None = None


class MarkedSection(UrlSection, kw_only=True):
    """What a venue without client order ids has. `account` is our name for the venue's account."""

    name: Text
    account: Text
    key_id: Text
    secret_env: Text | None = None
    secret_file: Text | None = None
    key: list[KeySection] = msgspec.field(default_factory=list)
    external_orders: External = "adopt"
    limits: LimitsSection | None = None

    def all_keys(self) -> Iterator[KeySection]:
        """Give all keys, the first first."""
        yield KeySection(key_id=self.key_id, secret_env=self.secret_env, secret_file=self.secret_file)
        yield from self.key


class WeexSection(MarkedSection, kw_only=True):
    """`[[session]]` of kind `weex`."""

    kind: Text = "weex"
    url: Text = "https://wex.nz"


class CloudSection(MarkedSection, kw_only=True):
    """`[[session]]` of kind `cloud`.

    Attributes:
        kind: of the session.
        prefix: stands before every path that is called.
        signed_prefix: stands before every path that is signed.
        signed_host: the host that is signed; None: that of the URL.
        account_id: the venue's number of the account; None: the key's only one.
        margin: trade for a margin account.
        fence_s: so long after a submit no request of it can be on its way any more.

    """

    kind: Text = "cloud"
    prefix: Annotated[str, Meta(pattern="^((/[A-Za-z0-9_.-]+)*)$")] = "/api"
    signed_prefix: Annotated[str, Meta(pattern="^((/[A-Za-z0-9_.-]+)*)$")] = ""
    signed_host: Text | None = None
    account_id: Annotated[int, Meta(ge=1)] | None = None
    margin: bool = False
    fence_s: Positive = 300.0


def weex_problems(path: Path, values: dict[str, Any]) -> Found:
    """Check a WEEX session."""
    yield from name_problems(values)
    yield from account_problems(values)
    yield from http_problems(path, values)
    yield from secret_problems(path, values)
    yield from _key_problems(path, values)


cloud_problems = weex_problems


def _key_problems(path: Path, values: dict[str, Any]) -> Found:
    """Check that there is a secret for every key, and that none is named twice: its numbers would not grow."""
    seen = {values.get("key_id")}
    for index, key in enumerate(values.get("key", ()), 1):
        for name, reason in secret_problems(path, msgspec.structs.asdict(key)):
            yield f"key[{index}].{name}", reason
        if key.key_id in seen:
            yield f"key[{index}].key_id", "is the key of another entry too"
        seen.add(key.key_id)
