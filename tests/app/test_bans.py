"""HTTP 403 on any way to a host stops all ways to it, is told once, and a person lets all of them go on."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from websockets.http11 import Request as Handshake
from websockets.http11 import Response
from websockets.sync.server import ServerConnection

from oms.app import reference_side, wiring_rest
from oms.app.config import load
from oms.app.hosts import Hosts
from oms.app.reference_side import ReferenceSide
from oms.app.rest_side import RestSide
from oms.core import inputs
from oms.core.errors import VenueUnavailable
from oms.core.venue_inputs import InstrumentsSeen
from tests.rest.apifiny.venue import CREDENTIALS, SECRET, Answer, Request, Venue, result, sample
from tests.rest.test_feed import Exchange
from tests.rest.test_venue_apifiny import NEW

WITHIN_S = 20.0
CONFIG = """
[reference]
prices = ["VENUE1:BTCUSD"]
prices_s = 0.05
balances_s = 0.05
clock_s = 0.05
[[session]]
name = "main"
kind = "apifiny-rest"
url = "{url}"
ws_url = "{ws_url}"
account = "STA-00000001"
key_id = "KEY-1"
secret_env = "OMS_TEST_SECRET"
quick_poll_s = 0.05
slow_poll_s = 0.05
idle_poll_s = 0.05
"""
WAYS = {
    "an order": "order.insertOrderLite",
    "a poll": "account.queryAccountInfoLite",
    "a comparison": "order.listOpenOrderLite",
    "balances": "asset.listBalanceByLite",
    "the clock": "utils.currentTimeMillis",
    "market data": "/md/orderbook/v1/BTCUSD/VENUE1",
    "the order stream": "/gx/openApi/v1?",
    "the market stream": "/md/orderbook/v1",
}


class Stage:
    """A venue that turns one way to it away, while the test wants it to."""

    def __init__(self) -> None:
        self.forbidden = ""
        self.given: list[Any] = []
        self.asked: list[str] = []
        self._changed = threading.Condition()
        self.exchange = Exchange(self._handshake)
        self.venue = Venue(self._answer)

    def _answer(self, request: Request) -> Answer:
        self._note(request.name)
        if request.name == self.forbidden:
            return 403, b""
        if request.name == "utils.currentTimeMillis":
            return result(str(round((request.claims["exp"] - 86_400) * 1000)))
        if request.name in {"order.listOpenOrderLite", "order.listCompletedOrderLite"}:
            return result("[]")
        return sample(request)

    def _handshake(self, connection: ServerConnection, request: Handshake) -> Response | None:
        self._note(request.path)
        is_forbidden = request.path in {self.forbidden, f"{self.forbidden}{request.path.partition('?')[2]}"}
        return connection.respond(HTTPStatus.FORBIDDEN, "no\n") if is_forbidden else None

    def _note(self, name: str) -> None:
        with self._changed:
            self.asked.append(name)
            self._changed.notify_all()

    def put(self, item: Any) -> None:
        with self._changed:
            self.given.append(item)
            self._changed.notify_all()

    def wait(self, holds: Callable[[], Any], what: str, within_s: float = WITHIN_S) -> None:
        with self._changed:
            assert self._changed.wait_for(holds, within_s), f"{what}: {self.given[-5:]}, {self.asked[-20:]}"

    def is_quiet(self, for_s: float) -> bool:
        with self._changed:
            count = len(self.asked)
            return not self._changed.wait_for(lambda: len(self.asked) > count, for_s)

    def alerts(self, code: str) -> list[str]:
        return [item.text for item in self.given if isinstance(item, inputs.Alert) and item.code == code]

    def count(self, kind: type) -> int:
        return sum(isinstance(item, kind) for item in self.given)


class Sides:
    """What the daemon has that speaks to the venue."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        file = folder / "oms.toml"
        file.write_text(CONFIG.format(url=stage.venue.url, ws_url=stage.exchange.url), encoding="utf-8")
        config, hosts = load(file), Hosts(stage.put)
        self.rest = RestSide(
            wiring_rest.Around(
                config=config,
                sink=stage.put,
                orders=lambda: _NoOrders,
                submit=lambda _instruction: Future(),
                nonces=lambda _session: {},
                hosts=hosts,
            )
        )
        around = reference_side.Around(
            sink=stage.put,
            positions=dict,
            sessions=dict,
            orders=tuple,
            under_way=lambda _session: False,
            look_at=lambda _session, _request: False,
            now_ns=time.time_ns,
        )
        self.reference = ReferenceSide(config, around, hosts)
        self.venue = self.rest.venues(lambda _name: pytest.fail("no FIX"), [])["main"]

    def resume(self) -> None:
        self.rest.heed(inputs.Resume(session="main"))
        self.reference.heed(inputs.Resume(session="main"), Future())


class _NoOrders:
    @staticmethod
    def find(_any_id: str) -> list[Any]:
        return []

    @staticmethod
    def in_memory() -> tuple[Any, ...]:
        return ()


@contextmanager
def running(stage: Stage, folder: Path) -> Iterator[Sides]:
    with stage.venue:
        sides = Sides(stage, folder)
        sides.rest.start()
        sides.reference.start()
        try:
            yield sides
        finally:
            sides.rest.stop(WITHIN_S)
            sides.reference.stop(WITHIN_S)
            stage.exchange.close()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_ban_of_one_way_is_one_of_all(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_TEST_SECRET", SECRET)
    stage = Stage()
    with running(stage, tmp_path) as sides:
        sockets = [stage.exchange.next(), stage.exchange.next()]
        stage.wait(lambda: stage.count(inputs.SessionUp) and stage.count(InstrumentsSeen), "it trades")
        stage.wait(lambda: "asset.listBalanceByLite" in stage.asked, "it asks for balances")
        stage.forbidden = way
        if way == "order.insertOrderLite":
            sides.venue.send(NEW, order=1, request=1)
        if way == "order.listOpenOrderLite":
            sides.rest.refresh("main")
        if way.startswith("/"):  # prices are asked for while nobody pushes them
            for socket in sockets:
                socket.close()
        stage.wait(lambda: stage.alerts("VENUE_BANNED") and stage.count(inputs.SessionDown), "all is stopped")
        (facts,) = sides.reference.facts.values()
        feeds = [*sides.rest._feeds.values(), *sides.reference._feeds.values()]
        seen = sides.rest.seen("main")
        assert seen is not None
        assert "HTTP 403" in str(seen.banned)
        assert "HTTP 403" in str(facts.banned)
        assert all(feed.forbidden for feed in feeds)
        with pytest.raises(VenueUnavailable, match="HTTP 403"):
            sides.venue.send(NEW, order=2, request=2)
        assert stage.is_quiet(0.5) or stage.is_quiet(0.5), (
            "what was on its way may still arrive, and nothing else"
        )
        before = len(stage.asked)
        sides.rest.refresh("main")
        assert stage.is_quiet(0.5)
        stage.forbidden = ""
        ups = stage.count(inputs.SessionUp)
        sides.resume()
        stage.wait(lambda: stage.count(inputs.SessionUp) > ups, "it trades again")
        stage.wait(lambda: "asset.listBalanceByLite" in stage.asked[before:], "it asks for balances again")
        stage.wait(
            lambda: (
                {"/md/orderbook/v1"} <= {path.partition("?")[0] for path in stage.exchange.paths[2:]}
                and any(path.startswith("/gx/") for path in stage.exchange.paths[2:])
            ),
            "both streams are there again",
        )
        assert facts.banned is None
    assert len(stage.alerts("VENUE_BANNED")) == 1
    assert stage.alerts("REFERENCE") == []
    assert SECRET not in str(stage.given)
    assert CREDENTIALS.account_id not in str(stage.alerts("VENUE_BANNED"))
