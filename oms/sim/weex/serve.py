"""The simulated WEEX venue over HTTP: one process, one event loop, faults on request."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from oms.sim.record import Record
from oms.sim.timeline import Timeline
from oms.sim.web.faults import HTTP, Conduct, Dice, FaultyHttp
from oms.sim.web.server import Server
from oms.sim.web.text import answer
from oms.sim.weex.access import Credential, Gate
from oms.sim.weex.exchange import Exchange
from oms.sim.weex.floor import Floor
from oms.sim.weex.parameters import Parameters, parsed
from oms.sim.weex.private import METHODS, Manners, Private, Venue
from oms.sim.weex.public import Public
from oms.sim.weex.refusals import UNAVAILABLE
from oms.sim.weex.treasury import Treasury

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from oms.sim.terms import Event

STEP_EVERY_S = 0.05
PUBLIC = "/api/3/"

TEXT, TEXT_AFTER, REJECT = "http-text", "http-text-after", "http-reject"
TEXTS = ("Requests too often", "error code: 520", "<html><body>Please try again later</body></html>")

# Drawn for each request, in this order; the faults of the network come before.
OF_METHODS: Mapping[str, str] = {
    TEXT: "a request has no effect and is answered with a text that is no JSON",
    TEXT_AFTER: "a request takes effect and is answered with a text that is no JSON",
    REJECT: f'a good request has no effect and is answered with the error "{UNAVAILABLE}"',
}
MEANINGS: Mapping[str, str] = {**HTTP, **OF_METHODS}
OPERATIONS = (*METHODS, "info", "ticker", "depth", "trades")
"""What a fault can be aimed at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asks for; `fee` is a share: 0.002 for 0.2 %."""

    port: int
    credentials: tuple[Credential, ...]
    conduct: Conduct
    latency_ms: tuple[int, int] = (0, 0)
    background: bool = True
    fee: Decimal = field(default_factory=Decimal)
    long_nonce_text: bool = True
    manners: Manners = field(default_factory=Manners)
    record: Path | None = None


class Desk:
    """One simulated venue: requests on the server's thread, other participants on the timeline's, one lock."""

    def __init__(self, options: Options, record: Record) -> None:
        """Open the exchange; nothing moves before `start`."""
        self._options = options
        self._record = record
        self._lock = threading.Lock()
        self._latency = self._rng("latency")
        self._dice = Dice(options.conduct, OF_METHODS, "methods")
        self._timeline = Timeline()
        first_id = options.manners.first_id
        floor = Floor(fee=options.fee, first_id=first_id)
        self._exchange = Exchange(floor, self._rng("background"), background=options.background)
        treasury = Treasury(floor.funds, self._rng("coupons"), first_id=first_id)
        treasury.open(sorted({credential.account for credential in options.credentials}), _now())
        self._private = Private(
            Venue(
                exchange=self._exchange,
                treasury=treasury,
                gate=Gate(options.credentials, long_nonce_text=options.long_nonce_text),
                manners=options.manners,
                happened=self._happened,
            )
        )
        self._public = Public(self._exchange, cached=options.manners.cached)

    def start(self) -> None:
        """Let the other participants act."""
        self._timeline.start()
        if self._options.background:
            self._timeline.put(self._timeline.now() + STEP_EVERY_S, self._step)

    def stop(self) -> None:
        """Let nobody act any more."""
        self._timeline.stop()

    def app(self) -> FaultyHttp:
        """Return the venue as an ASGI application."""
        both = ["GET", "POST"]
        routes = [
            Route("/tapi", self.tapi, methods=both),
            Route("/tapi/", self.tapi, methods=both),
            Route(PUBLIC + "{asked:path}", self.api, methods=both),
        ]
        return FaultyHttp(
            Starlette(routes=routes), self._options.conduct, operation=operation, noted=self._noted
        )

    async def tapi(self, request: Request) -> Response:
        """Answer Trade API v1."""
        body = await request.body()
        return await self._said(_method(body), lambda: self._private.answer(request.headers, body, _now()))

    async def api(self, request: Request) -> Response:
        """Answer public API v3; parameters count wherever they stand."""
        asked = parsed(await request.body()).over(Parameters(dict(request.query_params)))
        path: str = request.path_params["asked"]
        return await self._said(path.partition("/")[0], lambda: self._public.answer(path, asked, _now()))

    async def _said(self, method: str, ask: Callable[[], object]) -> Response:
        fault = next(iter(self._dice.draw(method)), "")
        if fault:
            self._noted(fault, method, b"")
        with self._lock:
            said = self._obey(fault, ask)
        await self._wait()
        return said

    def _obey(self, fault: str, ask: Callable[[], object]) -> Response:
        if fault == TEXT:
            return PlainTextResponse(self._dice.rng.choice(TEXTS))
        if fault == REJECT:
            return answer({"success": 0, "error": UNAVAILABLE})
        told = ask()
        return PlainTextResponse(self._dice.rng.choice(TEXTS)) if fault == TEXT_AFTER else answer(told)

    async def _wait(self) -> None:
        shortest, longest = self._options.latency_ms
        if longest:
            await asyncio.sleep(self._latency.uniform(shortest, longest) / 1000)

    def _happened(self, events: list[Event]) -> None:
        for event in events:
            self._record.happened(event)

    def _noted(self, fault: str, method: str, body: bytes) -> None:
        del body
        self._record.fault("", [f"{fault}@{method}"], {}, _now())

    def _step(self) -> None:
        with self._lock:
            self._happened(self._exchange.step(_now()))
        self._timeline.put(self._timeline.now() + STEP_EVERY_S, self._step)

    def _rng(self, purpose: str) -> random.Random:
        """Independent dice for each purpose, all from the one seed."""
        return random.Random(f"{self._options.conduct.seed} {purpose}")  # noqa: S311 - not for secrets


def operation(scope: Scope, body: bytes) -> str:
    """Name what a request asks: a method of Trade API v1, or of public API v3."""
    path: str = scope["path"]
    return path.removeprefix(PUBLIC).partition("/")[0] if path.startswith(PUBLIC) else _method(body)


def run(options: Options) -> int:
    """Serve until SIGTERM or SIGINT; the exit code comes back. An OSError: it could not start."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    record = Record(options.record)
    desk = Desk(options, record)
    server = Server(desk.app(), options.port)
    server.start()
    desk.start()
    print(f"ready http={server.port}", flush=True)  # noqa: T201 - the one line that others wait for
    stop.wait()
    desk.stop()
    server.stop()
    record.close()
    return 0


def first_id(now: datetime) -> int:
    """Return where numbers start: a venue never gives a number twice, not even after it was restarted."""
    return int(now.timestamp()) * 1000


def _method(body: bytes) -> str:
    return parsed(body).text("method", "")


def _now() -> datetime:
    return datetime.now(UTC)
