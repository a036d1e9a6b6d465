"""The venues' pages say what the code says, and the example configurations are taken as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from oms.app.config import load
from oms.app.config_marked import CloudSection, WeexSection
from oms.core.errors import ConfigError

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


def test_two_entries_of_one_key_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "made-up")
    key = 'key_id = "K"\nsecret_env = "SECRET"\n'
    text = f'[[session]]\nkind = "weex"\nname = "a"\naccount = "a1"\n{key}[[session.key]]\n{key}'
    (tmp_path / "oms.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"session\[1\].key\[1\].key_id: is the key of another entry too"):
        load(tmp_path / "oms.toml")
