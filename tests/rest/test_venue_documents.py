"""The venues' pages say what the code says, and the example configurations are taken as they stand."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from oms.app.config import Config, load
from oms.app.config_marked import CloudSection, WeexSection
from oms.app.wiring_marked import cloud_route, weex_route
from oms.core.errors import ConfigError
from oms.core.values import TimeInForce
from oms.core.work import Route
from oms.rest.cloud import terms as cloud
from oms.rest.weex import terms as weex

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["weex.md", "cloud.md"])
def test_the_pages_of_the_venues_are_those_of_the_code(name: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "scripts" / "derive-spec"), str(tmp_path)], check=True)
    written = (tmp_path / "venues" / name).read_text(encoding="utf-8")
    assert written == (ROOT / "spec" / "venues" / name).read_text(encoding="utf-8"), "run scripts/derive-spec"


@pytest.mark.parametrize(("name", "section"), [("weex", WeexSection), ("cloud", CloudSection)])
def test_the_examples_are_taken_and_name_every_key(
    name: str, section: type[msgspec.Struct], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{name.upper()}_SECRET", "made-up")
    file = ROOT / "config" / f"{name}.toml"
    (session,) = load(file).session
    assert isinstance(session, section)
    named = set(
        re.findall(r"^(?:# )?(\w+) =", file.read_text(encoding="utf-8").split("[[session]]")[1], re.MULTILINE)
    )
    fields = {field.name for field in msgspec.structs.fields(section)} - {"key"}
    assert fields <= named


@pytest.mark.parametrize(
    ("name", "route", "lacking"), [("weex", weex_route, weex.CANNOT), ("cloud", cloud_route, cloud.CANNOT)]
)
def test_the_checks_before_an_order_give_the_reasons_of_the_table(
    name: str,
    route: Callable[[Config, Any], Route],
    lacking: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"{name.upper()}_SECRET", "made-up")
    config = load(ROOT / "config" / f"{name}.toml")
    limits = route(config, config.session[0]).limits
    for time_in_force in TimeInForce:
        assert time_in_force in limits.times_in_force or limits.times_lacking[time_in_force]
    assert limits.times_lacking == lacking


def test_two_entries_of_one_key_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "made-up")
    key = 'key_id = "K"\nsecret_env = "SECRET"\n'
    text = f'[[session]]\nkind = "weex"\nname = "a"\naccount = "a1"\n{key}[[session.key]]\n{key}'
    (tmp_path / "oms.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"session\[1\].key\[1\].key_id: is the key of another entry too"):
        load(tmp_path / "oms.toml")


WEEX = 'kind = "weex"\naccount = "a1"\nsecret_env = "SECRET"\n'
CLOUD = 'kind = "cloud"\naccount = "a1"\nsecret_env = "SECRET"\nurl = "https://one.example"\n'
MORE = '[[session.key]]\nsecret_env = "SECRET"\n'
TWO_SESSIONS = {  # two sessions, and whether they may stand side by side
    "one key": (f'{WEEX}key_id = "K"\n', f'{WEEX}key_id = "K"\n', False),
    "a second key of one": (f'{WEEX}key_id = "J"\n{MORE}key_id = "K"\n', f'{WEEX}key_id = "K"\n', False),
    "the port spelt out": (
        f'{WEEX}key_id = "K"\n',
        f'{WEEX}key_id = "K"\nurl = "https://WEX.nz:443"\n',
        False,
    ),
    "two keys": (f'{WEEX}key_id = "J"\n', f'{WEEX}key_id = "K"\n', True),
    "two venues": (f'{WEEX}key_id = "K"\n', f'{WEEX}key_id = "K"\nurl = "https://wex.example"\n', True),
    "one cloud account": (f'{CLOUD}key_id = "K"\naccount_id = 1\n', f'{CLOUD}key_id = "K"\n', False),
    "two cloud accounts": (
        f'{CLOUD}key_id = "K"\naccount_id = 1\n',
        f'{CLOUD}key_id = "K"\naccount_id = 2\n',
        True,
    ),
    "spot and margin": (f'{CLOUD}key_id = "K"\n', f'{CLOUD}key_id = "K"\nmargin = true\n', True),
}


@pytest.mark.parametrize("name", TWO_SESSIONS)
def test_a_key_belongs_to_one_session(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "made-up")
    first, second, good = TWO_SESSIONS[name]
    text = f'[[session]]\nname = "first"\n{first}[[session]]\nname = "second"\n{second}'
    (tmp_path / "oms.toml").write_text(text, encoding="utf-8")
    if good:
        assert len(load(tmp_path / "oms.toml").session) == 2
        return
    with pytest.raises(ConfigError, match=r"session second.key_id: key K .* is the key of session first too"):
        load(tmp_path / "oms.toml")
