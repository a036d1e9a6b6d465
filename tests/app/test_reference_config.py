"""What the configuration says about venues and money, and every problem of it by name."""

from decimal import Decimal
from pathlib import Path

import pytest

from oms.app import wiring
from oms.app.config import load
from oms.app.reference_side import completed
from oms.core.errors import ConfigError
from oms.core.movements import Lane

SESSION = """
[[session]]
name = "main"
host = "127.0.0.1"
port = 1
account = "STA-00000015"
key_id = "K"
secret_env = "OMS_TEST_SECRET"
"""
LANE = """
[[money.lane]]
label = "cold"
kind = "withdrawal"
session = "main"
exchange = "EX"
currency = "BTC"
address = "1A"
max_amount = "0.5"
"""


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_TEST_SECRET", "made-up")


def problems(folder: Path, text: str) -> list[str]:
    file = folder / "oms.toml"
    file.write_text(text + SESSION, encoding="utf-8")
    try:
        load(file)
    except ConfigError as error:
        return [line.removeprefix(f"{file}: ") for line in str(error).splitlines()]
    return []


def lanes(folder: Path, text: str) -> tuple[Lane, ...]:
    assert problems(folder, text) == []
    config = load(folder / "oms.toml")
    (session,) = config.session
    return completed(config, session, wiring.route(config, session)).lanes


def test_money_is_off_until_it_is_allowed(tmp_path: Path) -> None:
    assert lanes(tmp_path, "") == ()
    assert lanes(tmp_path, LANE) == ()
    assert lanes(tmp_path, "[money]\nallowed = false" + LANE) == ()
    (lane,) = lanes(tmp_path, "[money]\nallowed = true" + LANE)
    assert (lane.label, lane.address, lane.max_amount, lane.max_daily) == ("cold", "1A", Decimal("0.5"), None)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('max_amount = "0.5"', "", "money.lane[1].max_amount"),
        ('max_amount = "0.5"', 'max_amount = "-1"', "money.lane[1].max_amount"),
        ('max_amount = "0.5"', "max_amount = 0.5", "money.lane[1].max_amount"),
        ('address = "1A"', "", "money.lane[1].address"),
        ('address = "1A"', 'address = "1A"\ntarget = "OKEX"', "money.lane[1].target"),
        ('kind = "withdrawal"', 'kind = "gift"', "money.lane[1].kind"),
        ('kind = "withdrawal"', 'kind = "transfer"', "money.lane[1].target"),
        ('session = "main"', 'session = "other"', "money.lane[1].session"),
        ('exchange = "EX"', "", "money.lane[1].exchange"),
        ('exchange = "EX"', 'exchange = "EX"\ncolour = "red"', "money.lane[1].colour"),
        ("[[money.lane]]", "[money.lane]", "money.lane"),
        ("[[money.lane]]", f"{LANE}[[money.lane]]", "money.lane[1].label"),
    ],
)
def test_every_problem_of_a_lane_is_named(tmp_path: Path, old: str, new: str, key: str) -> None:
    found = problems(tmp_path, LANE.replace(old, new))
    assert key in {problem.split(": ")[0] for problem in found}, found


def test_how_far_prices_may_be(tmp_path: Path) -> None:
    text = '[limits]\nmax_price_deviation = "5"\nprice_demanded = false\n[reference]\nstale_price_s = 2\n'
    assert problems(tmp_path, text) == []
    config = load(tmp_path / "oms.toml")
    (session,) = config.session
    rule = completed(config, session, wiring.route(config, session)).limits.prices
    assert (rule.max_deviation, rule.max_age_ns, rule.demanded) == (Decimal(5), 2_000_000_000, False)
    assert "reference.balances_s" in problems(tmp_path, "[reference]\nbalances_s = 0\n")[0]
