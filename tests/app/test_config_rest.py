"""Sessions over REST in the configuration, alone and beside FIX: every problem at its place, in words for people."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from oms.app import cli_commands, wiring
from oms.app.config import ApifinyRestSection, SessionSection, load
from oms.app.tokens import add_token
from oms.core.errors import ConfigError

CONFIG = Path(__file__).parents[2] / "config"
REST = {
    "kind": '"apifiny-rest"',
    "name": '"rest"',
    "account": '"STA-00000015"',
    "key_id": '"KEY1"',
    "secret_env": '"OMS_TEST_SECRET"',
}
FIX = {key: value for key, value in REST.items() if key != "kind"} | {"host": '"127.0.0.1"', "port": "9878"}
KEYS = {"key_id": '"KEY2"', "secret_env": '"OMS_TEST_SECRET"'}


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_TEST_SECRET", "s")
    monkeypatch.setenv("APIFINY_SECRET", "s")
    monkeypatch.setenv("APIFINY_REST_SECRET", "s")
    monkeypatch.delenv("OMS_NOT_THERE", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "oms.toml"


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def table(head: str, fields: dict[str, str], **changes: str | None) -> str:
    lines = [f"{key} = {value}\n" for key, value in {**fields, **changes}.items() if value]
    return f"{head}\n{''.join(lines)}"


def problems(file: Path, text: str) -> dict[str, str]:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file)
    lines = [line.removeprefix(f"{file}: ") for line in str(caught.value).splitlines()]
    return dict(line.split(": ", 1) for line in lines)


def test_a_session_over_rest_needs_little(file: Path) -> None:
    file.write_text(table("[[session]]", REST), encoding="utf-8")
    (session,) = load(file).session
    assert isinstance(session, ApifinyRestSection)
    assert (session.host, session.port, session.stream) == ("api.apifiny.com", 443, True)


def test_keys_beside_fix_prove_what_was_executed(file: Path) -> None:
    texts = [table("[[session]]", FIX), table("[session.rest]", KEYS, cancel_over_rest="true")]
    for text, proves, by_rest in ((texts[0], False, False), (texts[0] + texts[1], True, True)):
        file.write_text(text, encoding="utf-8")
        config = load(file)
        assert isinstance(config.session[0], SessionSection)
        route = wiring.route(config, config.session[0])
        assert (route.proves_cum_qty, route.cancel_by_rest, route.has_replace) == (proves, by_rest, False)


def test_over_rest_the_engine_knows_the_venue_as_over_fix_but_for_what_it_proves(file: Path) -> None:
    file.write_text(table("[[session]]", REST) + table("[[session]]", FIX, name='"fix"'), encoding="utf-8")
    config = load(file)
    rest, fix = (wiring.route(config, session) for session in config.session)
    assert (rest.proves_cum_qty, fix.proves_cum_qty) == (True, False)
    same = (
        "account",
        "id_prefix",
        "cancel_repeats_id",
        "cancel_before_ack",
        "has_replace",
        "limits",
        "marks",
    )
    assert [getattr(rest, name) for name in same] == [getattr(fix, name) for name in same]


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"url": '"http://api.apifiny.com"'}, "url", "open to all who listen"),
        ({"url": '"https://api.apifiny.com/"'}, "url", "without / at the end"),
        ({"url": '"https://me:secret@api.apifiny.com"'}, "url", "keys belong"),
        ({"url": '"https://api.apifiny.com?key=1"'}, "url", "keys belong"),
        ({"url": '"api.apifiny.com"'}, "url", "write it like"),
        ({"url": '"https://[::1"'}, "url", "not a URL"),
        ({"url": '"https://host:99999"'}, "url", "not a URL"),
        ({"ws_url": '"https://api.apifiny.com"'}, "ws_url", "write it like wss://"),
        ({"ca_file": '"nix.pem"'}, "ca_file", "there is no file"),
        ({"secret_env": '"OMS_NOT_THERE"'}, "secret_env", "no variable"),
        ({"secret_env": None}, "secret_env", "either secret_env"),
        ({"account": '"none"'}, "account", "digits"),
        ({"name": '"a b"'}, "name", "letters"),
        ({"key_id": None}, "key_id", "is missing"),
        ({"host": '"x"'}, "host", "unknown key"),
        ({"queries_per_s": "0"}, "queries_per_s", "at least 1"),
        ({"quick_poll_s": "0"}, "quick_poll_s", "more than 0"),
        ({"kind": '"telephone"'}, "kind", "not known; known are fix, apifiny-rest"),
        ({"kind": "1"}, "kind", "not known"),
    ],
)
def test_what_is_wrong_is_told(file: Path, changes: dict[str, str | None], key: str, words: str) -> None:
    found = problems(file, table("[[session]]", REST, **changes))
    assert list(found) == [f"session[1].{key}"]
    assert words in found[f"session[1].{key}"]
    assert "secret@" not in str(found)


def test_what_is_wrong_beside_fix_is_told_too(file: Path) -> None:
    text = table("[[session]]", FIX) + table(
        "[session.rest]", KEYS, secret_env='"OMS_NOT_THERE"', url='"http://example.org"'
    )
    assert sorted(problems(file, text)) == ["session[1].rest.secret_env", "session[1].rest.url"]


def test_no_order_may_wait_until_unknown_proves_that_it_was_not_placed(file: Path) -> None:
    text = "[timing]\nunknown_order_fence_s = 8\n" + table("[[session]]", REST)
    assert list(problems(file, text)) == ["session rest.order_wait_s"]


@pytest.mark.usefixtures("logging_as_before")
def test_the_example_is_fine_and_shows_every_default(file: Path) -> None:
    text = (CONFIG / "apifiny-rest.toml").read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    add_token(file.parent / "tokens.toml", "trader", ["read"])
    result = CliRunner().invoke(cli_commands.app, ["check-config", str(file)])
    assert (result.exit_code, "rest (127.0.0.1:9880)" in result.output) == (0, True), result.output
    section = text.split("[[session]]")[1]
    keys = set(re.findall(r"^(?:# )?([a-z_]+) = ", section, re.MULTILINE))
    assert keys == set(ApifinyRestSection.__struct_fields__)
    defaults = ApifinyRestSection(name="n", account="a", key_id="k")
    shown = dict(re.findall(r"^# ([a-z_]+) = (\S+)", section, re.MULTILINE))
    for name in (
        "connect_timeout_s",
        "trades_per_s",
        "queries_per_s",
        "quick_poll_s",
        "idle_poll_s",
        "order_wait_s",
    ):
        assert float(shown[name]) == getattr(defaults, name), name
