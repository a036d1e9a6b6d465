"""The configuration: TOML into plain values, every problem told at once, with file, key and reason.

Relative paths are taken from the folder of the configuration file, so that a desk works from any folder.
"""

import os
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from oms.core.errors import ConfigError
from oms.core.values import parse_decimal
from oms.fix.dialects import DIALECTS

Port = Annotated[int, Meta(ge=0, le=65535)]
Positive = Annotated[float, Meta(gt=0)]
Text = Annotated[str, Meta(min_length=1)]
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_S: Final = 1_000_000_000


class JournalSection(Struct, kw_only=True):
    """`[journal]`."""

    path: Text = "journal.db"


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
T = TypeVar("T", bound=Struct)


class Problems:
    """Collects what is wrong, with the key it is about."""

    def __init__(self) -> None:
        """Start without problems."""
        self.found: list[str] = []

    def add(self, key: str, reason: str) -> None:
        """Note one problem."""
        self.found.append(f"{key}: {reason}")

    def has(self, key: str) -> bool:
        """Say whether a key has a problem already: what it should mean cannot be judged then."""
        return any(problem.startswith(f"{key}: ") for problem in self.found)


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
    sections = {name: _section(kind, data.get(name, {}), name, problems) for name, kind in SECTIONS.items()}
    sessions = _sessions(data.get("session"), problems)
    _check_sessions(path, sessions, problems)
    if problems.found:
        return None
    return msgspec.convert({"path": path, "session": sessions, **sections}, Config, from_attributes=True)


def _sessions(data: Any, problems: Problems) -> list[SessionSection]:  # noqa: ANN401
    if not isinstance(data, list) or not data:
        problems.add("session", "at least one [[session]] is needed")
        return []
    read = (
        _section(SessionSection, item, f"session[{index}]", problems) for index, item in enumerate(data, 1)
    )
    return [session for session in read if session is not None]


def _section(kind: type[T], data: Any, where: str, problems: Problems) -> T | None:  # noqa: ANN401
    """Read one table field by field, so that every problem of it is told; what is wrong keeps its default."""
    if not isinstance(data, dict):
        problems.add(where, "must be a table")
        return None
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for key in data.keys() - fields.keys():
        problems.add(f"{where}.{key}", f"unknown key; known are {', '.join(fields)}")
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in data:
            value = _value(field.type, data[name], f"{where}.{name}", problems)
            if value is not None:  # TOML has no null
                values[name] = value
        elif field.required:
            problems.add(f"{where}.{name}", "is missing")
    whole = all(name in values for name, field in fields.items() if field.required)
    return kind(**values) if whole else None


def _value(kind: Any, value: Any, where: str, problems: Problems) -> Any:  # noqa: ANN401
    if kind == LimitsSection | None:
        return _section(LimitsSection, value, where, problems)
    if kind == Decimal | None:
        return _amount(value, where, problems)
    try:
        return msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        problems.add(where, str(error))
        return None


def _amount(value: Any, where: str, problems: Problems) -> Decimal | None:  # noqa: ANN401
    """Read an amount: text, or a whole number; TOML's decimal numbers would pass through a float."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    try:
        return parse_decimal(text)
    except (ValueError, TypeError):
        problems.add(where, f'{value!r} is not an amount; write it as text, like "0.5"')
        return None


def _check_sessions(path: Path, sessions: list[SessionSection], problems: Problems) -> None:
    names = [session.name for session in sessions]
    for index, session in enumerate(sessions, 1):
        for key, reason in _session_problems(path, session):
            if not problems.has(f"session[{index}].{key}"):
                problems.add(f"session[{index}].{key}", reason)
        if names.count(session.name) > 1:
            problems.add(f"session[{index}].name", f"{session.name!r} is the name of another session too")


def _session_problems(path: Path, session: SessionSection) -> Iterator[tuple[str, str]]:
    if not _NAME.fullmatch(session.name):
        yield "name", "letters, digits, dot, dash and underscore only, at most 40"
    if session.dialect not in DIALECTS:
        yield "dialect", f"{session.dialect!r} is not known; known are {', '.join(DIALECTS)}"
    if not any(char.isdigit() for char in session.account):
        yield "account", "an account has digits, which every ClOrdID begins with, like STA-00000015"
    if session.tls and session.ca_file is None:
        yield (
            "ca_file",
            "tls = true needs a file with the certificates to trust; without one nothing is verified",
        )
    elif session.ca_file is not None and not (path.parent / session.ca_file).is_file():
        yield "ca_file", f"there is no file {(path.parent / session.ca_file)}"
    if (session.secret_env is None) == (session.secret_file is None):
        yield "secret_env", "name the secret's source: either secret_env (a variable) or secret_file (a path)"
    else:
        problem = _secret_problem(path, session)
        if problem:
            yield problem


def _secret_problem(path: Path, session: SessionSection) -> tuple[str, str] | None:
    if session.secret_env is not None:
        missing = not os.environ.get(session.secret_env)
        return ("secret_env", f"the environment has no variable {session.secret_env}") if missing else None
    try:
        empty = not (path.parent / (session.secret_file or "")).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        return "secret_file", f"cannot be read: {error}"
    return ("secret_file", "is empty") if empty else None


def secret_of(config: Config, session: SessionSection) -> str:
    """Fetch a session's secret from where the configuration says.

    Raises:
        ConfigError: it is not there.

    """
    problem = _secret_problem(config.path, session)
    if problem is not None:
        message = f"{config.path}: session {session.name}.{problem[0]}: {problem[1]}"
        raise ConfigError(message)
    if session.secret_env is not None:
        return os.environ[session.secret_env]
    return config.under(session.secret_file or "").read_text(encoding="utf-8").strip()


def seconds(value: float) -> int:
    """Turn seconds of the configuration into nanoseconds."""
    return round(value * _S)
