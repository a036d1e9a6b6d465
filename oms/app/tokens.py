"""Who may use the API: named bearer tokens, of which only hashes are kept.

The file is TOML, one table a token; `oms token new` adds to it and gives the token once:

    [[token]]
    name = "trader"                  # the actor that the journal names beside each command
    sha256 = "9f86d081884c7d65..."   # of the token itself, 64 hexadecimal digits
    scopes = ["read", "trade"]       # and "money", for withdrawals and transfers; none includes another

A token has 256 random bits, so a plain hash is enough: there is nothing to guess, and no salt to add.
"""

import fcntl
import hashlib
import hmac
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import structlog
from msgspec import Struct

from oms.core.errors import ConfigError

READ: Final = "read"
TRADE: Final = "trade"
MONEY: Final = "money"
SCOPES: Final = (READ, TRADE, MONEY)
KEYS: Final = ("name", "sha256", "scopes")
_NAME: Final = re.compile(r"[A-Za-z0-9_.@-]{1,64}", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TOKEN_BYTES: Final = 32
log = structlog.get_logger("oms")


class Token(Struct, frozen=True):
    """What is known of a token: everything but the token."""

    name: str
    digest: bytes
    scopes: frozenset[str]


class Tokens:
    """All tokens that open the API."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        """Take these."""
        self._tokens = tuple(tokens)

    @classmethod
    def load(cls, path: Path) -> "Tokens":
        """Read a tokens file.

        Raises:
            ConfigError: it cannot be read, anybody may write to it, or something in it is wrong; the text has a line
                for every problem.

        """
        tokens = _parse(path, _read(path))
        if not tokens:
            message = f"{path}: token: there is none, so nobody could use the API; {_how_to_make(path)}"
            raise ConfigError(message)
        return cls(tokens)

    def check(self, presented: str) -> Token | None:
        """Find the token that somebody presents.

        Every hash is compared, each in constant time, so that the time taken tells nothing about any of them.
        """
        digest = _digest(presented)
        found = None
        for token in self._tokens:
            if hmac.compare_digest(digest, token.digest):
                found = token
        return found


def add_token(path: Path, name: str, scopes: Iterable[str]) -> str:
    """Make a token, add its hash to the file (made with mode 0600 where there is none), and give the token.

    Raises:
        ConfigError: the file is not in order, or the name or a scope cannot be taken.

    """
    scopes = sorted(set(scopes))
    problems = [f"{path}: {key}: {reason}" for key, reason in _problems(name, scopes)]
    if problems:
        raise ConfigError("\n".join(problems))
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = f"{path}: cannot be written: {error.strerror}"
        raise ConfigError(message) from error
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two at once would both find the name free
        text = _read(path)
        if any(known.name == name for known in _parse(path, text)):
            message = f"{path}: name: there is a token {name!r} already; take another name, or remove that table first"
            raise ConfigError(message)
        listed = ", ".join(f'"{scope}"' for scope in scopes)
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        file.write(
            f'{gap}[[token]]\nname = "{name}"\nsha256 = "{_digest(token).hex()}"\nscopes = [{listed}]\n'
        )
    return token


def write_token(path: Path, make: Callable[[], str]) -> None:
    """Make a token into a new file that its owner alone can read; without the file no token is made.

    Raises:
        ConfigError: there is such a file already, or it cannot be written, or the token cannot be made.

    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        message = f"{path}: is there already, and is not overwritten; name another file with --out"
        raise ConfigError(message) from error
    except OSError as error:
        message = f"{path}: cannot be written: {error.strerror}"
        raise ConfigError(message) from error
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{make()}\n")
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            message = f"{path}: cannot be written: {error.strerror}"
            raise ConfigError(message) from error
        raise


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _how_to_make(path: Path) -> str:
    return f"make one with: oms token new NAME --scope read --scope trade --file {path}"


def _read(path: Path) -> str:
    """Read the file, unless everybody may write to it: who can add a token can trade."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        message = f"{path}: there is no such tokens file; {_how_to_make(path)}"
        raise ConfigError(message) from error
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise ConfigError(message) from error
    except UnicodeDecodeError as error:
        message = f"{path}: not valid TOML: it is not UTF-8"
        raise ConfigError(message) from error
    if mode & stat.S_IWOTH:
        message = f"{path}: everybody may write to it, and so give themselves a token; run: chmod 600 {path}"
        raise ConfigError(message)
    if mode & stat.S_IWGRP:
        log.warning(
            "the tokens file can be changed by its group, which so can give itself a token", file=str(path)
        )
    return text


def _parse(path: Path, text: str) -> list[Token]:
    """Read every table, and tell every problem at once."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{path}: not valid TOML: {error}"
        raise ConfigError(message) from error
    problems = [f"{key}: unknown key; known is token" for key in data if key != "token"]
    tables = data.get("token", [])
    if not isinstance(tables, list):
        problems.append("token: must be a list of tables, each under [[token]]")
        tables = []
    tokens = list(_tokens(tables, problems))
    if problems:
        raise ConfigError("\n".join(f"{path}: {problem}" for problem in problems))
    return tokens


def _tokens(tables: list[Any], problems: list[str]) -> Iterator[Token]:
    names: dict[Any, int] = {}
    for index, table in enumerate(tables, 1):
        found = list(_table_problems(table))
        problems += [f"token[{index}].{key}: {reason}" for key, reason in found]
        if found:
            continue
        first = names.setdefault(table["name"], index)
        if first != index:
            problems.append(f"token[{index}].name: {table['name']!r} is the name of token[{first}] too")
        yield Token(table["name"], bytes.fromhex(table["sha256"]), frozenset(table["scopes"]))


def _table_problems(table: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - whatever TOML holds
    if not isinstance(table, dict):
        yield "", "must be a table with name, sha256 and scopes"
        return
    for key in table.keys() - set(KEYS):
        yield key, f"unknown key; known are {', '.join(KEYS)}"
    missing = [key for key in KEYS if key not in table]
    for key in missing:
        yield key, "is missing"
    if missing:
        return
    sha256 = table["sha256"]
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        yield (
            "sha256",
            "must be 64 hexadecimal digits in small letters: the SHA-256 of the token, never the token",
        )
    yield from _problems(table["name"], table["scopes"])


def _problems(name: Any, scopes: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - whatever TOML holds
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield "name", "1 to 64 letters, digits, and . _ @ - only"
    known = ", ".join(SCOPES)
    if not isinstance(scopes, list) or not scopes:
        yield "scopes", f"must be a list with at least one of {known}"
        return
    for scope in scopes:
        if scope not in SCOPES:
            yield "scopes", f"{scope!r} is not known; known are {known}"
