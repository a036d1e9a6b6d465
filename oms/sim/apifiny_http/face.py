"""The venue's HTTP side, from the taken port to the last connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oms.sim.apifiny_http.app import App, operation
from oms.sim.serving import tell
from oms.sim.venue import now
from oms.sim.web.faults import Conduct, FaultyHttp
from oms.sim.web.server import Server
from oms.sim.web.text import decode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oms.sim.logon import Credential
    from oms.sim.venue import Venue


class HttpFace:
    """Serves REST, the order stream and the market data on one port."""

    def __init__(self, venue: Venue, credentials: Iterable[Credential], port: int) -> None:
        """Take the port, 0 for a free one; an OSError says that it cannot be had."""
        self._venue = venue
        conduct = venue.conduct
        faulty = FaultyHttp(
            App(venue, credentials, tell).asgi,
            Conduct(conduct.rates, conduct.seed, conduct.http_timeout_s),
            operation=operation,
            noted=self._noted,
        )
        self._server = Server(faulty, port)
        self.port = self._server.port

    def start(self) -> None:
        """Answer requests."""
        self._server.start()

    def say_goodbye(self) -> None:
        """End every connection."""
        self._server.stop()

    def stop(self) -> None:
        """Nothing is left."""

    def _noted(self, fault: str, operation: str, body: bytes) -> None:
        del operation
        try:
            request = decode(body)
        except ValueError:
            request = {}
        named = request if isinstance(request, dict) else {}
        account, order_id = (str(named.get(name) or "") for name in ("accountId", "orderId"))
        with self._venue.lock:
            self._venue.record.fault(account, [fault], {11: order_id}, now())
