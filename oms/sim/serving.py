"""The simulated Apifiny venue as a process: its faces come up, one line says so, and they go at a signal."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import jwt

from oms.sim.logon import Credential, Gate
from oms.sim.record import Record
from oms.sim.timeline import Timeline
from oms.sim.venue import Conduct, Venue

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line asks for; a face without a port is not served."""

    fix_port: int | None
    http_port: int | None = None
    credentials: tuple[Credential, ...]
    conduct: Conduct
    record: Path | None = None


class _Face(Protocol):
    port: int

    def start(self) -> None: ...

    def say_goodbye(self) -> None: ...

    def stop(self) -> None: ...


def run(options: Options) -> int:
    """Serve until SIGTERM or SIGINT; the exit code comes back. An OSError: it could not start."""
    warnings.filterwarnings("ignore", category=jwt.InsecureKeyLengthWarning)
    gate = Gate(options.credentials)
    record = Record(options.record)
    timeline = Timeline()
    venue = Venue(gate.accounts, options.conduct, timeline=timeline, record=record)
    faces = _faces(options, venue, gate)
    stop = _stop_on_signals()
    timeline.start()
    venue.start()
    for face in faces.values():
        face.start()
    ports = " ".join(f"{name}={face.port}" for name, face in faces.items())
    print(f"ready {ports}", flush=True)  # noqa: T201 - the one line that others wait for
    stop.wait()
    for face in faces.values():
        face.say_goodbye()
    timeline.stop()
    for face in faces.values():
        face.stop()
    record.close()
    return 0


def tell(text: str) -> None:
    """Say it on stderr, if anybody still reads that: callbacks must not fail for it."""
    with contextlib.suppress(OSError, ValueError):
        print(f"sim: {text}", file=sys.stderr, flush=True)  # noqa: T201


def _faces(options: Options, venue: Venue, gate: Gate) -> dict[str, _Face]:
    faces: dict[str, _Face] = {}
    if options.fix_port is not None:
        from oms.sim.apifiny import FixFace  # noqa: PLC0415 - loads QuickFIX, for this face only

        faces["fix"] = FixFace(venue, gate, options.fix_port)
    if options.http_port is not None:
        from oms.sim.apifiny_http.face import HttpFace  # noqa: PLC0415 - loads a web server, likewise

        faces["http"] = HttpFace(venue, options.credentials, options.http_port)
    return faces


def _stop_on_signals() -> threading.Event:
    """Set both handlers here: importing quickfix resets SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
