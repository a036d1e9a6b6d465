"""The configuration: TOML into plain values, every problem told at once, with file, key and reason.

Relative paths are taken from the folder of the configuration file, so that a desk works from any folder.
"""

import os
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from oms.app.config_fields import Problems, made, read_fields, read_table
from oms.core.errors import ConfigError
from oms.fix.dialects import DIALECTS

Port = Annotated[int, Meta(ge=0, le=65535)]
Positive = Annotated[float, Meta(gt=0)]
Text = Annotated[str, Meta(min_length=1)]
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_S: Final = 1_000_000_000


class JournalSection(Struct, kw_only=True):
    """`[journal]`."""

    path: Text = "journal.db"
    finished_in_memory: Annotated[int, Meta(ge=0)] = 5000
    snapshot_records: Annotated[int, Meta(ge=1)] = 100_000
    snapshot_s: Positive = 600.0


class ApiSection(Struct, kw_only=True):
    """`[api]`."""

    host: Text = "127.0.0.1"
    port: Port = 8765
    tokens_file: Text = "tokens.toml"


class FixSection(Struct, kw_only=True):
    """`[fix]`: where the FIX logs go."""

    log_dir: Text = "fix"


class LogSection(Struct, kw_only=True):
    """`[log]`: the daemon's own log; without a file it goes to standard error."""

    level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$")] = "info"
    file: Text | None = None


class TimingSection(Struct, kw_only=True):
    """`[timing]`, in seconds."""

    ack_timeout_s: Positive = 5.0
    unknown_order_fence_s: Positive = 600.0
    ask_again_s: Positive = 5.0
    ask_again_most_s: Positive = 60.0
    question_pause_s: Positive = 0.05
    round_timeout_s: Positive = 30.0
    wait_after_logon: bool = True
    reconcile_s: Annotated[float, Meta(ge=0)] = 300.0
    replace_within_s: Positive = 60.0
    late_fill_s: Annotated[float, Meta(ge=0)] = 30.0
    infer_fills_after_s: Positive = 30.0


class LimitsSection(Struct, kw_only=True):
    """`[limits]` and `[session.limits]`: pre-trade limits. Amounts are text; without a key there is no limit."""

    max_decimals: Annotated[int, Meta(ge=0, le=18)] = 8
    max_order_qty: Decimal | None = None
    max_order_notional: Decimal | None = None
    max_open_orders: Annotated[int, Meta(ge=1)] | None = None
    max_open_notional: Decimal | None = None
    exchanges: list[str] = []
    symbols: list[str] = []


class SessionSection(Struct, kw_only=True):
    """`[[session]]`: one FIX endpoint."""

    name: Text
    host: Text
    port: Annotated[int, Meta(ge=1, le=65535)]
    account: Text
    key_id: Text
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
    external_orders: Annotated[str, Meta(pattern="^(adopt|ignore|stop)$")] = "adopt"
    limits: LimitsSection | None = None


class Config(Struct, kw_only=True):
    """The whole configuration; paths are absolute."""

    path: Path
    journal: JournalSection
    api: ApiSection
    fix: FixSection
    log: LogSection
    timing: TimingSection
    limits: LimitsSection
    session: list[SessionSection]

    def under(self, name: str) -> Path:
        """Take a path of the configuration from the folder of its file."""
        return self.path.parent / name


SECTIONS: Final[dict[str, type[Struct]]] = {
    "journal": JournalSection,
    "api": ApiSection,
    "fix": FixSection,
    "log": LogSection,
    "timing": TimingSection,
    "limits": LimitsSection,
}


def load(path: Path) -> Config:
    """Read a configuration file.

    Raises:
        ConfigError: it cannot be read, or something in it is wrong; the text has a line for every problem.

    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{path}: {error.strerror}; name a readable configuration file"
        raise ConfigError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path}: not valid TOML: {error}"
        raise ConfigError(message) from error
    problems = Problems()
    config = _config(path.absolute(), data, problems)
    if problems.found or config is None:
        raise ConfigError("\n".join(f"{path}: {problem}" for problem in problems.found))
    return config


def _config(path: Path, data: dict[str, Any], problems: Problems) -> Config | None:
    for key in data.keys() - SECTIONS.keys() - {"session"}:
        problems.add(key, f"unknown key; known are {', '.join([*SECTIONS, 'session'])}")
    sections = {name: read_table(kind, data.get(name, {}), name, problems) for name, kind in SECTIONS.items()}
    sessions = _sessions(path, data.get("session"), problems)
    if problems.found:
        return None
    return msgspec.convert({"path": path, "session": sessions, **sections}, Config, from_attributes=True)


def _sessions(path: Path, data: Any, problems: Problems) -> list[SessionSection]:  # noqa: ANN401
    """Read and check every session; a problem names it by its position in the file."""
    if isinstance(data, dict):
        problems.add("session", "write [[session]], with two brackets: there may be several")
        return []
    if not isinstance(data, list) or not data:
        problems.add("session", "at least one [[session]] is needed")
        return []
    tables = {f"session[{index}]": table for index, table in enumerate(data, 1)}
    names = [table.get("name") for table in data if isinstance(table, dict)]
    found = []
    for where, table in tables.items():
        values = read_fields(SessionSection, table, where, problems)
        for key, reason in _session_problems(path, values):
            problems.add(f"{where}.{key}", reason)
        if "name" in values and names.count(values["name"]) > 1:
            problems.add(f"{where}.name", f"{values['name']!r} is the name of another session too")
        session = made(SessionSection, values)
        found += [] if session is None else [session]
    return found


def _session_problems(path: Path, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Judge what could be read of a session; what is not among the values has been told."""
    if "name" in values and not _NAME.fullmatch(values["name"]):
        yield "name", "letters, digits, dot, dash and underscore only, at most 40"
    if "dialect" in values and values["dialect"] not in DIALECTS:
        yield "dialect", f"{values['dialect']!r} is not known; known are {', '.join(DIALECTS)}"
    if "account" in values and not any(char.isdigit() for char in values["account"]):
        yield "account", "an account has digits, which every ClOrdID begins with, like STA-00000015"
    if "ca_file" in values:
        yield from _trust_problems(path, values["ca_file"], has_tls=values.get("tls", False))
    if "secret_env" in values and "secret_file" in values:
        problem = _secret_problem(path, values["secret_env"], values["secret_file"])
        if problem:
            yield problem


def _trust_problems(path: Path, ca_file: str | None, *, has_tls: bool) -> Iterator[tuple[str, str]]:
    if ca_file is not None and not (path.parent / ca_file).is_file():
        yield "ca_file", f"there is no file {path.parent / ca_file}"
    if ca_file is None and has_tls:
        yield (
            "ca_file",
            "tls = true needs a file with the certificates to trust; without one nothing is verified",
        )


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


def secret_of(config: Config, session: SessionSection) -> str:
    """Fetch a session's secret from where the configuration says.

    Raises:
        ConfigError: it is not there.

    """
    problem = _secret_problem(config.path, session.secret_env, session.secret_file)
    if problem is not None:
        message = f"{config.path}: session {session.name}.{problem[0]}: {problem[1]}"
        raise ConfigError(message)
    if session.secret_env is not None:
        return os.environ[session.secret_env]
    return config.under(session.secret_file or "").read_text(encoding="utf-8").strip()


def seconds(value: float) -> int:
    """Turn seconds of the configuration into nanoseconds."""
    return round(value * _S)
