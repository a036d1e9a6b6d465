"""The configuration: every problem at once, at its place in the file, in words for people."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from oms.app import cli_commands
from oms.app.config import load
from oms.app.tokens import add_token
from oms.core.errors import ConfigError

FINE = {
    "name": '"main"',
    "host": '"127.0.0.1"',
    "port": "9878",
    "account": '"STA-00000015"',
    "key_id": '"KEY1"',
    "secret_env": '"OMS_TEST_SECRET"',
}


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_TEST_SECRET", "s")
    monkeypatch.delenv("OMS_NOT_THERE", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "oms.toml"


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def session(**changes: str | None) -> str:
    fields = {**FINE, **changes}
    return "[[session]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items() if value)


def problems(file: Path, text: str) -> list[str]:
    """Give the problems of a configuration, without the file's name."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines)
    return [line.removeprefix(f"{file}: ") for line in lines]


def keys(found: list[str]) -> list[str]:
    return sorted(problem.split(": ")[0] for problem in found)


def test_what_is_in_order_is_taken_with_defaults(file: Path) -> None:
    file.write_text(session() + session(name='"b"') + '[session.limits]\nmax_order_qty = "0.5"\n')
    config = load(file)
    assert [one.name for one in config.session] == ["main", "b"]
    assert config.session[0].limits is None
    assert str(config.session[1].limits and config.session[1].limits.max_order_qty) == "0.5"
    assert (config.fix_sessions[0].heartbeat_s, config.limits.exchanges, config.api.port) == (30, [], 8765)


def test_every_session_is_checked_whatever_is_wrong_elsewhere(file: Path) -> None:
    text = 'colour = 1\n[api]\nport = "x"\n[timing]\nack_timeout_s = 0\n'
    text += session(host=None, dialect='"latin"')  # a required key is missing
    text += session(name="7", tls="true", account='"none"')
    text += session(port="0", secret_env='"OMS_NOT_THERE"')  # the name of the first
    text += session(name='"d"', secret_env=None, ca_file='"nix.pem"')
    assert keys(problems(file, text)) == [
        "api.port",
        "colour",
        "session[1].dialect",
        "session[1].host",
        "session[1].name",
        "session[2].account",
        "session[2].ca_file",
        "session[2].name",
        "session[3].name",
        "session[3].port",
        "session[3].secret_env",
        "session[4].ca_file",
        "session[4].secret_env",
        "timing.ack_timeout_s",
    ]


def test_what_is_to_be_trusted_must_be_certificates(file: Path) -> None:
    (file.parent / "ca.pem").write_text("none here")
    (told,) = problems(file, session(tls="true", ca_file='"ca.pem"'))
    assert told.startswith("session[1].ca_file: ")
    assert "holds no certificate" in told


def test_a_session_that_is_no_table_keeps_its_place(file: Path) -> None:
    found = problems(
        file, f'session = ["x", {{ {", ".join(f"{k} = {v}" for k, v in FINE.items() if k != "port")} }}]'
    )
    assert found == ["session[1]: must be a table, not text", "session[2].port: is missing"]


@pytest.mark.parametrize("text", ["", "session = 3", "session = []"])
def test_a_session_is_needed(file: Path, text: str) -> None:
    assert problems(file, text) == ["session: at least one [[session]] is needed"]


def test_one_pair_of_brackets_is_told(file: Path) -> None:
    assert "two brackets" in problems(file, session().replace("[[session]]", "[session]"))[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[journal]\npath = 3", "journal.path: must be text, not a number"),
        ("[journal]\npath = 3.5", "journal.path: must be text, not a number"),
        ("[journal]\npath = true", "journal.path: must be text, not true or false"),
        ('[journal]\npath = ""', "journal.path: must not be empty"),
        ("[log]\nfile = 1979-05-27", "log.file: must be text, not a date"),
        ('[log]\nlevel = "loud"', "log.level: must be one of debug, info, warning, error"),
        ('[api]\nport = "x"', "api.port: must be a whole number, not text"),
        ("[api]\nport = 1.5", "api.port: must be a whole number, not a decimal number"),
        ("[api]\nport = 65536", "api.port: must be at most 65535"),
        ("[api]\nport = -1", "api.port: must be at least 0"),
        ("[timing]\nack_timeout_s = 0", "timing.ack_timeout_s: must be more than 0"),
        ("[timing]\nack_timeout_s = inf", "timing.ack_timeout_s: must be a finite number"),
        (
            "[timing]\nwait_after_logon = 1",
            "timing.wait_after_logon: must be true or false, not a number",
        ),
        ('[limits]\nsymbols = "BTC"', "limits.symbols: must be a list, not text"),
        ('[limits]\nsymbols = ["A", 1]', "limits.symbols: entry 2 must be text, not a number"),
        (
            "[limits]\nmax_order_qty = 0.5",
            'limits.max_order_qty: 0.5 is not an amount; write it as text, like "0.5"',
        ),
        ("[limits]\nmax_open_orders = 0", "limits.max_open_orders: must be at least 1"),
        ("api = 1979-05-27", "api: must be a table, not a date or time"),
    ],
)
def test_problems_are_told_in_words(file: Path, text: str, told: str) -> None:
    assert problems(file, f"{text}\n{session()}") == [told]


@pytest.mark.parametrize(
    ("content", "told"), [(None, "cannot be read"), (b"\xff", "not text"), (b" \n", "empty")]
)
def test_a_secret_file_is_looked_into(file: Path, content: bytes | None, told: str) -> None:
    if content is not None:
        (file.parent / "secret").write_bytes(content)
    (found,) = problems(file, session(secret_env=None, secret_file='"secret"'))
    assert found.startswith("session[1].secret_file: ")
    assert told in found


def test_the_check_wants_the_tokens_too_as_running_does(file: Path, logging_as_before: None) -> None:
    file.write_text(session(), encoding="utf-8")
    result = CliRunner().invoke(cli_commands.app, ["check-config", str(file)])
    assert isinstance(result.exception, ConfigError)  # the program makes lines of it, and exit code 2
    assert "there is no such tokens file" in str(result.exception)
    assert str(result.exception).startswith(f"{file}: api.tokens_file: {file.parent / 'tokens.toml'}: ")
    file.write_text(session(key_id=None), encoding="utf-8")
    for command in (["check-config"], ["run", "--config"]):
        result = CliRunner().invoke(cli_commands.app, [*command, str(file)])
        assert isinstance(result.exception, ConfigError)
        told = [line.removeprefix(f"{file}: ").split(": ")[0] for line in str(result.exception).splitlines()]
        assert told == ["session[1].key_id", "api.tokens_file"]
        assert result.stdout == ""
    file.write_text(session(), encoding="utf-8")
    add_token(file.parent / "tokens.toml", "a", ["read"])
    result = CliRunner().invoke(cli_commands.app, ["check-config", str(file)])
    assert result.exit_code == 0
    assert "fine" in result.stdout
