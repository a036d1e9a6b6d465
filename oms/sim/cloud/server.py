"""The venue behind HTTP, on 127.0.0.1 until a signal. Requests and the participants' steps take turns by one lock."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import starlette.requests

from oms.core.values import use_exact_decimals
from oms.sim.cloud.record import Record
from oms.sim.cloud.request import Request
from oms.sim.cloud.venue import Conduct, Venue
from oms.sim.timeline import Timeline
from oms.sim.web.faults import FaultyHttp
from oms.sim.web.server import Server
from oms.sim.web.text import answer

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

    from oms.sim.cloud.accounts import Credential

STEP_EVERY_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asks for."""

    port: int
    credentials: tuple[Credential, ...]
    conduct: Conduct
    latency_ms: tuple[int, int] = (0, 0)
    record: Path | None = None


class Face:
    """The venue as an ASGI application."""

    def __init__(self, options: Options, record: Record) -> None:
        """Open the venue; the first step comes with `start`."""
        self._venue = Venue(options.credentials, options.conduct, _now())
        self._venue.exchange.noted = record.happened
        self._record = record
        self._latency_ms = options.latency_ms
        self._dice = random.Random(f"{options.conduct.rates.seed} latency")  # noqa: S311 - not for secrets
        self._lock = threading.Lock()
        self.app = FaultyHttp(
            self._serve, options.conduct.rates, operation=self._operation, noted=self._fault
        )

    def start(self, timeline: Timeline) -> None:
        """Let the other participants act, and slow orders go their way, on this timeline."""

        def step() -> None:
            with self._lock:
                self._venue.step(_now())
            timeline.put(timeline.now() + STEP_EVERY_S, step)

        timeline.put(timeline.now() + STEP_EVERY_S, step)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = starlette.requests.Request(scope, receive)
        request = Request(
            method=http.method,
            path=_path(scope),
            host=http.headers.get("host", ""),
            query=scope["query_string"].decode("latin-1"),
            body=await http.body(),
        )
        with self._lock:
            told = self._venue.answer(request, _now())
        if self._latency_ms[1]:
            await asyncio.sleep(self._dice.uniform(*self._latency_ms) / 1000)
        await answer(told.body, told.status)(scope, receive, send)

    def _operation(self, scope: Scope, _body: bytes) -> str:
        return self._venue.operation(scope["method"], _path(scope))

    def _fault(self, fault: str, operation: str, _body: bytes) -> None:
        self._record.fault(fault, operation, _now())


def run(options: Options) -> int:
    """Serve until SIGTERM or SIGINT; the exit code comes back. An OSError: it could not start."""
    use_exact_decimals()  # amounts have up to 18 decimals
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    record = Record(options.record)
    face = Face(options, record)
    server = Server(face.app, options.port)
    timeline = Timeline()
    face.start(timeline)
    timeline.start()
    server.start()
    print(f"ready http={server.port}", flush=True)  # noqa: T201 - the one line that others wait for
    stop.wait()
    server.stop()
    timeline.stop()
    record.close()
    return 0


def _path(scope: Scope) -> str:
    """Return the path as the client wrote it: that is what was signed."""
    raw: bytes = scope["raw_path"]
    return raw.partition(b"?")[0].decode("latin-1")


def _now() -> datetime:
    return datetime.now(UTC)
