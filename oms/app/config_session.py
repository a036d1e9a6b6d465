"""`[[session]]` of the configuration: each kind of session with its keys, and what can be wrong with them."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from oms.app.config_fields import Problems, made, read_fields
from oms.app.config_marked import CloudSection, WeexSection, cloud_problems, weex_problems
from oms.app.config_parts import (
    External,
    Found,
    HttpSection,
    LimitsSection,
    Text,
    UrlSection,
    account_problems,
    http_problems,
    name_problems,
    secret_problems,
    trust_problems,
)
from oms.fix.dialects import DIALECTS


class RestSection(HttpSection, kw_only=True):
    """`[session.rest]`: REST keys of an account that trades over FIX."""

    key_id: Text
    secret_env: Text | None = None
    secret_file: Text | None = None
    url: Text = "https://api.apifiny.com"
    cancel_over_rest: bool = False


class SessionSection(Struct, kw_only=True):
    """`[[session]]` of kind `fix`: one FIX endpoint."""

    name: Text
    host: Text
    port: Annotated[int, Meta(ge=1, le=65535)]
    account: Text
    key_id: Text
    kind: Text = "fix"
    secret_env: Text | None = None
    secret_file: Text | None = None
    tls: bool = False
    ca_file: Text | None = None
    dialect: str = "apifiny"
    target_comp_id: Text = "APIFINY"
    heartbeat_s: Annotated[int, Meta(ge=1, le=3600)] = 30
    reconnect_s: Annotated[int, Meta(ge=1, le=3600)] = 5
    jwt_method: Text = "new_gbbo_order"
    jwt_digest_param: Text | None = None
    jwt_lifetime_s: Annotated[int, Meta(ge=1, le=3600)] = 30
    cash_order_qty_tag: Annotated[int, Meta(ge=1)] = 152
    reports_cum_qty: bool | None = None
    external_orders: External = "adopt"
    limits: LimitsSection | None = None
    rest: RestSection | None = None


class ApifinyRestSection(UrlSection, kw_only=True):
    """`[[session]]` of kind `apifiny-rest`: an Apifiny account that trades over REST alone."""

    name: Text
    account: Text
    key_id: Text
    kind: Text = "apifiny-rest"
    secret_env: Text | None = None
    secret_file: Text | None = None
    url: Text = "https://api.apifiny.com"
    ws_url: Text | None = None
    stream: bool = True
    external_orders: External = "adopt"
    limits: LimitsSection | None = None


Session = SessionSection | ApifinyRestSection | WeexSection | CloudSection


def read_sessions(path: Path, data: Any, problems: Problems) -> list[Session]:  # noqa: ANN401
    """Read and check every session; a problem names it by its position in the file."""
    if isinstance(data, dict):
        problems.add("session", "write [[session]], with two brackets: there may be several")
        return []
    if not isinstance(data, list) or not data:
        problems.add("session", "at least one [[session]] is needed")
        return []
    tables = {f"session[{index}]": table for index, table in enumerate(data, 1)}
    names = [table.get("name") for table in data if isinstance(table, dict)]
    found: list[Session] = []
    for where, table in tables.items():
        kind = table.get("kind", "fix") if isinstance(table, dict) else "fix"
        if not isinstance(kind, str) or kind not in KINDS:
            problems.add(f"{where}.kind", f"{kind!r} is not known; known are {', '.join(KINDS)}")
            continue
        section, check = KINDS[kind]
        values = read_fields(section, table, where, problems)
        for key, reason in check(path, values):
            problems.add(f"{where}.{key}", reason)
        if "name" in values and names.count(values["name"]) > 1:
            problems.add(f"{where}.name", f"{values['name']!r} is the name of another session too")
        session = made(section, values)
        found += [] if session is None else [session]  # type: ignore[list-item] # KINDS has no others
    return found


def waiting_problems(sessions: list[Session], fence_s: float) -> Found:
    """Check that no order leaves once "unknown order" would prove that it was not placed."""
    for session in sessions:
        section = session.rest if isinstance(session, SessionSection) else session
        known_by_id = isinstance(section, RestSection | ApifinyRestSection)
        if section is not None and known_by_id and section.order_wait_s >= fence_s:
            part = "" if section is session else "rest."
            where = f"session {session.name}.{part}order_wait_s"
            yield where, f"must be below timing.unknown_order_fence_s, {fence_s:g}; better far below"


# --- what can be wrong; what is not among the values has been told --------------------------------------------------


def _fix_problems(path: Path, values: dict[str, Any]) -> Found:
    yield from name_problems(values)
    if "dialect" in values and values["dialect"] not in DIALECTS:
        yield "dialect", f"{values['dialect']!r} is not known; known are {', '.join(DIALECTS)}"
    yield from account_problems(values)
    if "ca_file" in values:
        yield from trust_problems(path, values["ca_file"], has_tls=values.get("tls", False))
    yield from secret_problems(path, values)
    rest = values.get("rest")
    if isinstance(rest, RestSection):
        inner = msgspec.structs.asdict(rest)
        for key, reason in (*http_problems(path, inner), *secret_problems(path, inner)):
            yield f"rest.{key}", reason


def _apifiny_rest_problems(path: Path, values: dict[str, Any]) -> Found:
    yield from name_problems(values)
    yield from account_problems(values)
    yield from http_problems(path, values)
    yield from secret_problems(path, values)


# Every kind of session: its keys, and what checks them.
KINDS: Final[dict[str, tuple[type[Struct], Callable[[Path, dict[str, Any]], Found]]]] = {
    "fix": (SessionSection, _fix_problems),
    "apifiny-rest": (ApifinyRestSection, _apifiny_rest_problems),
    "weex": (WeexSection, weex_problems),
    "cloud": (CloudSection, cloud_problems),
}
