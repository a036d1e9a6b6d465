"""`[[session]]` of the venues without client order ids: WEEX, and exchanges of the Cloud API."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from oms.app.config_parts import (
    External,
    Found,
    LimitsSection,
    Positive,
    Rate,
    Text,
    UrlSection,
    account_problems,
    http_problems,
    name_problems,
    secret_problems,
)

MARKED: Final = frozenset({"weex", "cloud"})
"""The kinds of sessions whose venue knows no client order ids: orders there go by its own numbers."""


class KeySection(Struct, kw_only=True):
    """`[[session.key]]`: one more key of the same account; requests are spread over all of them."""

    key_id: Text
    secret_env: Text | None = None
    secret_file: Text | None = None


class MarkedSection(UrlSection, kw_only=True):
    """What a venue without client order ids has. `account` is our name for the venue's account.

    An order costs questions: two on WEEX and five on an exchange of the Cloud API, its mark and its state.
    """

    name: Text
    account: Text
    key_id: Text
    secret_env: Text | None = None
    secret_file: Text | None = None
    key: list[KeySection] = msgspec.field(default_factory=list)
    queries_per_s: Rate = 100
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


def shared_key_problems(sessions: Iterable[object]) -> Found:
    """Check that no two sessions trade for one account of a venue by one key.

    Each would count the key's numbers by itself, and take the other's orders for a stranger's. With one key of the
    Cloud API, spot and margin, or accounts with numbers of their own, are different accounts.
    """
    seen: dict[tuple[str, int, str], list[MarkedSection]] = {}
    for session in sessions:
        if not isinstance(session, MarkedSection):
            continue
        for key in session.all_keys():
            others = seen.setdefault((session.host.lower(), session.port, key.key_id), [])
            for other in others:
                if other is not session and _same_account(other, session):
                    told = f"key {key.key_id} of {session.url} is the key of session {other.name} too"
                    yield f"session {session.name}.key_id", f"{told}: give each session a key of its own"
            others.append(session)


def _same_account(one: MarkedSection, other: MarkedSection) -> bool:
    if not isinstance(one, CloudSection) or not isinstance(other, CloudSection):
        return True
    numbers = {one.account_id, other.account_id}
    return one.margin == other.margin and (None in numbers or len(numbers) == 1)


def _key_problems(path: Path, values: dict[str, Any]) -> Found:
    """Check that there is a secret for every key, and that none is named twice: its numbers would not grow."""
    seen = {values.get("key_id")}
    for index, key in enumerate(values.get("key", ()), 1):
        for name, reason in secret_problems(path, msgspec.structs.asdict(key)):
            yield f"key[{index}].{name}", reason
        if key.key_id in seen:
            yield f"key[{index}].key_id", "is the key of another entry too"
        seen.add(key.key_id)
