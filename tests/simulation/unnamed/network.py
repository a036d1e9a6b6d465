"""Between our keys and the venue: what gets lost, late, doubled or garbled on the way."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import requests
import urllib3

from tests.simulation.plan import MS, S
from tests.simulation.unnamed.plan import CLOUD, NETWORK
from tests.simulation.unnamed.strand import Strand
from tests.simulation.unnamed.venues import Asked

if TYPE_CHECKING:
    from tests.simulation.unnamed.rim import SimulatedLine
    from tests.simulation.unnamed.world import World

PAGE = b"<html><body><center><h1>Please try again later</h1></center></body></html>"
LATEST = {"weex": 60, "cloud": 280}
"""So many seconds after it left a request may arrive: at WEEX a later nonce stops it, at the Cloud API its age."""

Parts = tuple[str, str, str, bytes, dict[str, str]]


class Network:
    """Carries requests, and spoils some of them: of submits every third, whatever the rates."""

    def __init__(self, world: World) -> None:
        """Carry for a history."""
        plan = world.plan
        self.faulty = True
        self.down_until = 0
        self.timeout_s = plan.manner.timeout_s
        self.sent: Counter[str] = Counter()
        self.refused_nonces: Counter[str] = Counter()
        self.submits = 0
        self.faults = 0
        self.submit_faults = 0
        self.by_name: Counter[str] = Counter()
        self._world = world
        self._rates = {name: rate for name, rate in plan.rates.items() if name in NETWORK}
        self._dice = Random(f"{plan.seed} network")
        self._phase = self._dice.randrange(3)

    def exchange(self, line: SimulatedLine, parts: Parts) -> tuple[int, bytes]:
        """Carry a request there and its answer back; called, and answered, on the strand that asks."""
        method, path, query, body, headers = parts
        asked = Asked(method=method, path=path, query=query, body=body, headers=headers, order=line.placing)
        fault = self._fault(asked)
        if fault == "unreachable":
            self._answer(MS, error=requests.exceptions.ConnectTimeout())
        else:
            line.sent()
            self._leaves(asked)
            self._carry(asked, fault)
        status, content = Strand.present().pause()
        return status, content

    def _leaves(self, asked: Asked) -> None:
        """Note a submit that leaves."""
        if self._world.venue.is_submit(asked):
            self.sent[asked.order] += 1
            self._world.submit_leaves(asked)

    def _fault(self, asked: Asked) -> str:
        submits = self._world.venue.is_submit(asked)
        self.submits += submits
        if self._world.now < self.down_until:
            fault = self._dice.choice(("unreachable", "lost", "gateway"))
        elif not self.faulty or not self._rates:
            return ""
        elif submits and self.submits % 3 == self._phase:
            fault = self._dice.choice([name for name in self._rates if name != "forbidden"] or [""])
        else:
            fault = next((name for name, rate in self._rates.items() if self._dice.random() < rate), "")
        self.faults += bool(fault)
        self.submit_faults += bool(fault) and submits
        self.by_name[fault] += 1
        if fault:
            self._world.note(f"!! {fault} {asked.path} {asked.order}")
        return fault

    def _carry(self, asked: Asked, fault: str) -> None:
        there, back = self._dice.randrange(2, 60) * MS, self._dice.randrange(2, 60) * MS
        limit = round(self.timeout_s * S)
        match fault:
            case "lost":
                self._time_out(limit)
            case "unheard":
                self._arrive(asked, there)
                self._time_out(limit)
            case "late":
                self._arrive(asked, limit + self._lateness(limit))
                self._time_out(limit)
            case "gateway" | "forbidden":
                self._answer(there + back, (502 if fault == "gateway" else 403, PAGE))
            case "text":
                self._answer(there + back, (200, PAGE))
            case "error":
                self._answer(there + back, (200, self._world.venue.error()))
            case _:
                self._reply(asked, fault, there, back)

    def _reply(self, asked: Asked, fault: str, there: int, back: int) -> None:
        """Faults of requests that take effect at once, and those without a fault."""
        strand, pauses = Strand.present(), Strand.present().pauses + 1

        def arrive() -> None:
            if fault == "nonce":
                self._world.venue.use_nonce(asked)
            told = self._world.reach(asked)
            self.refused_nonces[asked.order] += b"invalid nonce" in told[1]
            if fault == "twice" and self._world.plan.manner.venue != CLOUD:
                told = self._world.reach(asked)
            error: Exception | None = None
            match fault:
                case "gateway-after":
                    told = (502, PAGE)
                case "text-after":
                    told = (200, PAGE)
                case "error-after":
                    told = (200, self._world.venue.error())
                case "truncated":
                    told = (200, told[1][: len(told[1]) // 2])
                    if self._dice.random() < 0.5:
                        error = urllib3.exceptions.IncompleteRead(1, 2)
            self._world.at(
                self._world.now + back,
                lambda: strand.resume(told, error) if strand.pauses == pauses else None,
            )

        self._world.at(self._world.now + there, arrive)

    def _lateness(self, limit: int) -> int:
        most = LATEST[self._world.plan.manner.venue] * S - limit
        return self._dice.choice(
            (self._dice.randrange(S), self._dice.randrange(10 * S), self._dice.randrange(most))
        )

    def _arrive(self, asked: Asked, after_ns: int) -> None:
        def arrive() -> None:
            self._world.reach(asked)

        self._world.at(self._world.now + after_ns, arrive)

    def _time_out(self, after_ns: int) -> None:
        self._answer(after_ns, error=requests.exceptions.ReadTimeout())

    def _answer(
        self, after_ns: int, told: tuple[int, bytes] | None = None, error: Exception | None = None
    ) -> None:
        strand, pauses = Strand.present(), Strand.present().pauses + 1
        due = self._world.now + after_ns
        self._world.at(due, lambda: strand.resume(told, error) if strand.pauses == pauses else None)
