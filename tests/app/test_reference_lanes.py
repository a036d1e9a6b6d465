"""What the configuration says about money and credit at WEEX and at exchanges of the Cloud API."""

from pathlib import Path

import pytest

from oms.app import wiring
from oms.app.config import load
from oms.app.reference_side import completed
from oms.core.errors import ConfigError
from oms.core.movements import Lane

KEYS = 'key_id = "K"\nsecret_env = "OMS_TEST_SECRET"\n'
SESSIONS = f"""
[[session]]
kind = "weex"
name = "weex"
account = "w-1"
{KEYS}
[[session]]
kind = "cloud"
name = "cloud"
account = "c-1"
url = "https://www.example.com"
{KEYS}
"""


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_TEST_SECRET", "made-up")


def lane(kind: str, session: str, *more: str, currency: str = "btc") -> str:
    said = (f'kind = "{kind}"', f'session = "{session}"', f'currency = "{currency}"', *more)
    return "\n".join(("[[money.lane]]", f'label = "{kind}"', 'max_amount = "1"', *said, ""))


def written(folder: Path, text: str) -> Path:
    file = folder / "oms.toml"
    file.write_text(f"[money]\nallowed = true\n{text}{SESSIONS}", encoding="utf-8")
    return file


def lanes(folder: Path, text: str, name: str) -> dict[str, Lane]:
    config = load(written(folder, text))
    session = next(each for each in config.session if each.name == name)
    found = completed(config, session, wiring.route(config, session)).lanes
    return {each.label: each for each in found}


def test_each_venue_has_its_kinds(tmp_path: Path) -> None:
    text = (
        lane("withdrawal", "weex", 'address = "1A"')
        + lane("coupon", "weex", 'receiver = "desk-2"')
        + lane("redemption", "weex")
    )
    found = lanes(tmp_path, text, "weex")
    assert {name: (each.exchange, each.target, each.inward) for name, each in found.items()} == {
        "withdrawal": ("weex", None, False),
        "coupon": ("weex", "desk-2", False),
        "redemption": ("weex", None, True),
    }


@pytest.mark.parametrize(("margin", "inward"), [("false", ["margin-out"]), ("true", ["margin-in"])])
def test_margin_transfers_bring_in_what_the_sessions_account_gets(
    tmp_path: Path, margin: str, inward: list[str]
) -> None:
    symbol = 'symbol = "btcusdt"'
    text = "".join(lane(kind, "cloud", symbol) for kind in ("margin-in", "margin-out", "loan", "repayment"))
    file = written(tmp_path, text)
    file.write_text(file.read_text(encoding="utf-8") + f"margin = {margin}\n", encoding="utf-8")
    config = load(file)
    session = next(each for each in config.session if each.name == "cloud")
    found = completed(config, session, wiring.route(config, session)).lanes
    assert {each.target for each in found} == {"btcusdt"}
    assert [each.label for each in found if each.inward] == inward


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (lane("coupon", "weex"), "receiver"),  # whoever reads its code would have the money
        (lane("withdrawal", "weex"), "address"),
        (lane("withdrawal", "weex", 'address = "1A"', 'memo = "7"'), "memo"),
        (lane("transfer", "weex", 'target = "x"'), "kind"),
        (lane("coupon", "cloud", 'receiver = "x"'), "kind"),
        (lane("loan", "cloud"), "symbol"),
        (lane("loan", "cloud", 'symbol = "btcusdt"', 'address = "1A"'), "address"),
        (lane("redemption", "weex", 'exchange = "EX"'), "exchange"),
        (lane("redemption", "weex", currency="BTC"), "currency"),
        (lane("withdrawal-cancel", "cloud"), "kind"),  # it goes by the withdrawal's lane
    ],
)
def test_every_problem_of_a_lane_is_named(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError, match=rf"money\.lane\[1\]\.{key}: "):
        load(written(tmp_path, text))
