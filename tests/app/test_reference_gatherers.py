"""Prices that the simulated venue pushes, and which prices are wanted of which venue."""

import queue
import threading
from concurrent.futures import Future
from decimal import Decimal
from pathlib import Path

import pytest

from oms.app.config import load
from oms.app.hosts import Hosts
from oms.app.reference_gatherers import Told, gatherers, market_feed
from oms.app.reference_prices import Prices
from oms.app.reference_side import Around, ReferenceSide
from oms.core.inputs import Resume
from oms.core.prices import Quote
from oms.rest.apifiny.stream import Route
from tests.rest.apifiny.simulated import CREDENTIALS, WITHIN_S, Simulator

D = Decimal
KEYS = 'account = "STA-00000015"\nkey_id = "K"\nsecret_env = "OMS_TEST_SECRET"\n'


@pytest.mark.system
def test_prices_are_pushed() -> None:
    pushed: queue.SimpleQueue[Quote] = queue.SimpleQueue()
    alive = threading.Event()

    class Heard(Prices):
        def pushed(self, quote: Quote) -> None:
            pushed.put(quote)

        def alive(self) -> None:
            alive.set()

    wanted = (("BINANCEUS", "BTCUSDT"), ("OKEX", "BTCUSDT"))
    with Simulator() as venue:
        route = Route(host=venue.url.replace("http", "ws"))
        prices = Heard(wanted, interval_s=1.0, now_ns=lambda: 7)
        feed = market_feed(CREDENTIALS, wanted, route, Told(prices, lambda: 7, lambda _text: None))
        feed.start()
        try:
            found = {quote.key: quote for quote in (pushed.get(timeout=WITHIN_S) for _ in wanted)}
            alive.clear()
            assert alive.wait(WITHIN_S), "the book does not move, and the connection shows signs of life"
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
    made = {each.session.name: each for each in gatherers(load(file), Hosts(lambda _item: None))}
    assert {name: each.pairs for name, each in made.items()} == {
        "a": (("OKEX", "BTCUSDT"),),
        "w": ((None, "btc_usd"),),
        "c": ((None, "btcusdt"),),
    }
    assert [name for name, each in made.items() if each.feed is not None] == ["a"]


def test_a_person_resumes_all_that_asks_for_an_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMS_TEST_SECRET", "made-up")
    file = tmp_path / "oms.toml"
    file.write_text(
        f'[reference]\nprices = ["OKEX:BTCUSDT"]\n[[session]]\nname = "a"\nkind = "apifiny-rest"\n{KEYS}',
        encoding="utf-8",
    )
    around = Around(
        sink=lambda _item: None,
        positions=dict,
        sessions=dict,
        orders=tuple,
        under_way=lambda _session: False,
        look_at=lambda _session, _request: False,
        now_ns=lambda: 7,
    )
    side = ReferenceSide(load(file), around, Hosts(lambda _item: None))
    feed, watch = side._feeds["STA-00000015"], side._watches["STA-00000015"]
    feed._allowed.clear()  # as after a 403
    assert feed.forbidden
    side.heed(Resume(session="b"), Future())
    assert (feed.forbidden, watch._resumed.is_set()) == (True, False)
    side.heed(Resume(session="a"), Future())
    assert (feed.forbidden, watch._resumed.is_set()) == (False, True)
