"""Prices that the simulated venue pushes, and which prices are wanted of which venue."""

import queue
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oms.app.config import load
from oms.app.reference_gatherers import gatherers, market_feed
from oms.rest.apifiny.stream import Route
from tests.rest.apifiny.simulated import CREDENTIALS, WITHIN_S, Simulator

if TYPE_CHECKING:
    from oms.core.prices import Quote

D = Decimal
KEYS = 'account = "STA-00000015"\nkey_id = "K"\nsecret_env = "OMS_TEST_SECRET"\n'


@pytest.mark.system
def test_prices_are_pushed() -> None:
    pushed: queue.SimpleQueue[Quote] = queue.SimpleQueue()
    wanted = (("BINANCEUS", "BTCUSDT"), ("OKEX", "BTCUSDT"))
    with Simulator() as venue:
        route = Route(host=venue.url.replace("http", "ws"))
        feed = market_feed(CREDENTIALS, wanted, route, (pushed.put, lambda: 7, lambda _text: None))
        feed.start()
        try:
            found = {quote.key: quote for quote in (pushed.get(timeout=WITHIN_S) for _ in wanted)}
        finally:
            assert feed.stop(WITHIN_S)
    assert set(found) == set(wanted)
    assert {(quote.bid, quote.ask, quote.time_ns) for quote in found.values()} == {(D(29_990), D(30_000), 7)}


def test_each_venue_is_asked_for_what_it_can_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_TEST_SECRET", "made-up")
    file = tmp_path / "oms.toml"
    file.write_text(
        '[reference]\nprices = ["OKEX:BTCUSDT", "btc_usd", "btcusdt"]\n'
        f'[[session]]\nname = "a"\nkind = "apifiny-rest"\n{KEYS}'
        f'[[session]]\nname = "w"\nkind = "weex"\n{KEYS}'
        f'[[session]]\nname = "c"\nkind = "cloud"\nurl = "https://www.example.com"\n{KEYS}'
        f'[[session]]\nname = "f"\nhost = "127.0.0.1"\nport = 1\n{KEYS}',
        encoding="utf-8",
    )
    made = {each.session.name: each for each in gatherers(load(file))}
    assert {name: each.pairs for name, each in made.items()} == {
        "a": (("OKEX", "BTCUSDT"),),
        "w": ((None, "btc_usd"),),
        "c": ((None, "btcusdt"),),
    }
    assert [name for name, each in made.items() if each.feed is not None] == ["a"]
