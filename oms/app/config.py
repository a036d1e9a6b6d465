"""The configuration: TOML into plain values, every problem told at once, with file, key and reason.

Relative paths are taken from the folder of the configuration file, so that a desk works from any folder.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final

from msgspec import Meta, Struct, field

from oms.app.config_fields import Problems, read_table
from oms.app.config_marked import KeySection, shared_key_problems
from oms.app.config_parts import LimitsSection, Positive, Text, secret_problems
from oms.app.config_session import (
    ApifinyRestSection,
    RestSection,
    Session,
    SessionSection,
    read_sessions,
    waiting_problems,
)
from oms.app.reference_config import MoneySection, ReferenceSection, money_problems
from oms.app.tokens import Tokens
from oms.core.errors import ConfigError

__all__ = [
    "ApifinyRestSection",
    "Config",
    "LimitsSection",
    "RestSection",
    "Session",
    "SessionSection",
    "load",
    "load_to_run",
]

Port = Annotated[int, Meta(ge=0, le=65535)]
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


class Config(Struct, kw_only=True):
    """The whole configuration; paths are absolute."""

    path: Path
    journal: JournalSection
    api: ApiSection
    fix: FixSection
    log: LogSection
    timing: TimingSection
    limits: LimitsSection
    session: list[Session]
    reference: ReferenceSection = field(default_factory=ReferenceSection)
    money: MoneySection = field(default_factory=MoneySection)

    @property
    def fix_sessions(self) -> list[SessionSection]:
        """The sessions that speak FIX."""
        return [session for session in self.session if isinstance(session, SessionSection)]

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
    "reference": ReferenceSection,
    "money": MoneySection,
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


def load_to_run(path: Path) -> Config:
    """Read a configuration as the daemon needs it, with the tokens file that it names.

    Raises:
        ConfigError: one of the two cannot be read, or something in it is wrong; the text has a line for every problem
            of both.

    """
    problems: list[str] = []
    config = None
    try:
        config = load(path)
    except ConfigError as error:
        problems.append(str(error))
    named = config.under(config.api.tokens_file) if config else _tokens_file(path)
    try:
        if named is not None:
            Tokens.load(named)
    except ConfigError as error:
        problems += [f"{path}: api.tokens_file: {problem}" for problem in str(error).splitlines()]
    if problems or config is None:
        raise ConfigError("\n".join(problems))
    return config


def _tokens_file(path: Path) -> Path | None:
    """Name the tokens file of a configuration that something is wrong with; None where that cannot be told."""
    try:
        api = tomllib.loads(path.read_text(encoding="utf-8")).get("api", {})
    except (OSError, ValueError):
        return None
    named = api.get("tokens_file", ApiSection().tokens_file) if isinstance(api, dict) else None
    return path.absolute().parent / named if isinstance(named, str) else None


def _config(path: Path, data: dict[str, Any], problems: Problems) -> Config | None:
    for key in data.keys() - SECTIONS.keys() - {"session"}:
        problems.add(key, f"unknown key; known are {', '.join([*SECTIONS, 'session'])}")
    sections = {name: read_table(kind, data.get(name, {}), name, problems) for name, kind in SECTIONS.items()}
    sessions = read_sessions(path, data.get("session"), problems)
    timing = sections["timing"]
    if isinstance(timing, TimingSection):
        for key, reason in waiting_problems(sessions, timing.unknown_order_fence_s):
            problems.add(key, reason)
    for key, reason in () if problems.found else shared_key_problems(sessions):  # it reads their URLs
        problems.add(key, reason)
    money = sections["money"]
    if isinstance(money, MoneySection):
        for key, reason in money_problems(money, {session.name: session.kind for session in sessions}):
            problems.add(key, reason)
    if problems.found:
        return None
    made: Any = sections  # without a problem there is one of each
    return Config(path=path, session=sessions, **made)


def secret_of(
    config: Config, keys: SessionSection | ApifinyRestSection | RestSection | KeySection, name: str
) -> str:
    """Fetch a secret from where the configuration says; `name` is the session's.

    Raises:
        ConfigError: it is not there.

    """
    values = {"secret_env": keys.secret_env, "secret_file": keys.secret_file}
    for key, reason in secret_problems(config.path, values):
        message = f"{config.path}: session {name}.{key}: {reason}"
        raise ConfigError(message)
    if keys.secret_env is not None:
        return os.environ[keys.secret_env]
    return config.under(keys.secret_file or "").read_text(encoding="utf-8").strip()


def seconds(value: float) -> int:
    """Turn seconds of the configuration into nanoseconds."""
    return round(value * _S)
