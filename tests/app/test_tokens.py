"""Tokens: made once, kept as hashes, read back with every problem told at once."""

import stat
from hashlib import sha256
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from oms.app import cli_tokens
from oms.app.tokens import Tokens, add_token
from oms.core.errors import ConfigError

HASH = sha256(b"x").hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tokens.toml"


def table(**changes: str) -> str:
    fields = {"name": '"a"', "sha256": f'"{HASH}"', "scopes": '["read"]', **changes}
    return "[[token]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items() if value)


def refusal(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Tokens.load(file)
    assert all(line.startswith(f"{file}: ") for line in str(caught.value).splitlines())
    return str(caught.value)


def test_a_new_token_opens_and_stands_nowhere(file: Path) -> None:
    trader = add_token(file, "trader", ["trade", "read"])
    reader = add_token(file, "reader", ["read", "read"])
    text = file.read_text(encoding="utf-8")
    assert trader not in text
    assert reader not in text
    assert len(trader) >= 43
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    tokens = Tokens.load(file)
    found = tokens.check(trader)
    assert found is not None
    assert (found.name, found.scopes) == ("trader", frozenset({"read", "trade"}))
    assert tokens.check(reader) != found
    for wrong in ("", trader[:-1], trader + "x", HASH, sha256(trader.encode()).hexdigest(), "\ud800"):
        assert tokens.check(wrong) is None


def test_a_token_is_added_behind_whatever_stands_there(file: Path) -> None:
    file.write_text(f"# ours\n{table().rstrip()}", encoding="utf-8")
    add_token(file, "b", ["read"])
    assert file.read_text(encoding="utf-8").startswith("# ours\n")
    assert Tokens.load(file).check("x") is not None


@pytest.mark.parametrize(
    ("name", "scopes", "told"),
    [
        ("", ["read"], "name"),
        ('a"b', ["read"], "name"),
        ("a b", ["read"], "name"),
        ("x" * 65, ["read"], "name"),
        ("a", [], "scopes"),
        ("a", ["write"], "scopes"),
    ],
)
def test_what_cannot_be_a_token(file: Path, name: str, scopes: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        add_token(file, name, scopes)
    assert not file.exists()


def test_a_name_is_given_once(file: Path) -> None:
    add_token(file, "a", ["read"])
    before = file.read_text(encoding="utf-8")
    with pytest.raises(ConfigError, match="already"):
        add_token(file, "a", ["trade"])
    assert file.read_text(encoding="utf-8") == before


def test_a_damaged_file_is_not_added_to(file: Path) -> None:
    file.write_text("[[token]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="not valid TOML"):
        add_token(file, "a", ["read"])
    assert file.read_text(encoding="utf-8") == "[[token]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "oms token new"),
        ("[[token]\n", "not valid TOML"),
        ("token = 1", "token: must be a list"),
        ("token = [1]", "must be a table"),
        ("tokens = []", "tokens: unknown key"),
        (table(name=""), "token[1].name: is missing"),
        (table(sha256=""), "token[1].sha256: is missing"),
        (table(scopes=""), "token[1].scopes: is missing"),
        (table(scopes="[]"), "token[1].scopes"),
        (table(scopes='"read"'), "token[1].scopes"),
        (table(scopes='["write"]'), "'write' is not known"),
        (table(scopes="[[]]"), "token[1].scopes"),
        (table(name="1"), "token[1].name"),
        (table(sha256='"abc"'), "64 hexadecimal digits"),
        (table(sha256="1"), "64 hexadecimal digits"),
        (table(expires='"never"'), "token[1].expires: unknown key"),
        (table() + table(), "token[2].name: 'a' is the name of token[1] too"),
    ],
)
def test_a_wrong_file_is_told(file: Path, text: str, told: str) -> None:
    assert told in refusal(file, text)


def test_every_problem_is_told_at_once(file: Path) -> None:
    told = refusal(
        file, "x = 1\n" + table(name="1", sha256='"abc"', scopes='["write"]') + table(name='"b"', sha256="")
    )
    assert len(told.splitlines()) == 5


def test_a_file_that_is_not_there_or_not_text(file: Path) -> None:
    with pytest.raises(ConfigError, match="oms token new"):
        Tokens.load(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        Tokens.load(file.parent)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        Tokens.load(file)


def test_a_file_that_everybody_may_write_to_is_refused(file: Path) -> None:
    add_token(file, "a", ["read"])
    file.chmod(0o666)
    with pytest.raises(ConfigError, match="chmod 600"):
        Tokens.load(file)
    file.chmod(0o660)
    with structlog.testing.capture_logs() as logs:
        Tokens.load(file)
    assert "group" in logs[0]["event"]


def test_the_command_prints_the_token_alone(file: Path) -> None:
    arguments = ["new", "ann", "--scope", "read", "--scope", "trade", "--file", str(file)]
    result = CliRunner().invoke(cli_tokens.app, arguments)
    assert result.exit_code == 0
    found = Tokens.load(file).check(result.stdout.strip())
    assert found is not None
    assert found.name == "ann"
    assert result.stdout.strip() not in result.stderr
    again = CliRunner().invoke(cli_tokens.app, arguments)
    assert isinstance(
        again.exception, ConfigError
    )  # the main command line makes one line of it, and exit code 2


def test_the_command_writes_the_token_where_only_its_owner_reads_it(file: Path) -> None:
    out = file.parent / "ann.token"
    arguments = ["new", "ann", "--scope", "read", "--file", str(file), "--out", str(out)]
    result = CliRunner().invoke(cli_tokens.app, arguments)
    assert result.exit_code == 0
    token = out.read_text(encoding="ascii").strip()
    assert Tokens.load(file).check(token) is not None
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert result.stdout == ""
    assert token not in result.stderr
    before = file.read_text(encoding="utf-8")
    again = CliRunner().invoke(cli_tokens.app, [*arguments, "--scope", "trade"])
    assert "not overwritten" in str(again.exception)
    assert out.read_text(encoding="ascii").strip() == token
    assert file.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("name", ["a b", "ann"])
def test_no_file_is_left_where_no_token_was_made(file: Path, name: str) -> None:
    add_token(file, "ann", ["read"])
    out = file.parent / "new.token"
    arguments = ["new", name, "--scope", "read", "--file", str(file), "--out"]
    assert isinstance(CliRunner().invoke(cli_tokens.app, [*arguments, str(out)]).exception, ConfigError)
    assert not out.exists()
    nowhere = CliRunner().invoke(cli_tokens.app, [*arguments, str(file.parent / "nix" / "a")])
    assert "cannot be written" in str(nowhere.exception)
