"""The comparison of balances begins after what was executed while the daemon was down is known, whatever that takes."""

import base64
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from oms.core.times import ns_to_iso
from tests.contract.desk import desk_of
from tests.contract.kinds import REST, Sim
from tests.system.harness import until

pytestmark = pytest.mark.system
SLOW_S = 2.5
OFTEN = "[reference]\ninstruments_s = 1\nbalances_s = 0.3\n"


def _method(path: str) -> str:
    """Read what is asked for: it is in the token."""
    claims = path.partition("signature=")[2].split(".")[1]
    found: str = json.loads(base64.urlsafe_b64decode(claims + "=="))["method"]
    return found


class SlowOrders:
    """Passes everything on to the venue; while it is slow, answers about orders wait."""

    def __init__(self) -> None:
        self.target = 0
        self.is_slow = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                venue = http.client.HTTPConnection("127.0.0.1", outer.target, timeout=10)
                venue.request(self.command, self.path, body, dict(self.headers))
                answer = venue.getresponse()
                content = answer.read()
                venue.close()
                if outer.is_slow and _method(self.path).startswith("order."):
                    time.sleep(SLOW_S)
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _pass_on  # noqa: N815 - as the server asks for them

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    def session(self, sim: Sim) -> str:
        self.target = sim.ports["http"]
        text = REST.session(sim).replace("read_timeout_s = 2\n", "read_timeout_s = 10\nstream = false\n")
        ours = text.replace(f":{sim.relays['http'].port}", f":{self.server.server_address[1]}")
        assert ours != text
        return OFTEN + ours


@contextmanager
def slow_orders() -> Iterator[SlowOrders]:
    between = SlowOrders()
    thread = threading.Thread(target=between.server.serve_forever)
    thread.start()
    try:
        yield between
    finally:
        between.server.shutdown()
        thread.join()
        between.server.server_close()


def test_what_was_executed_meanwhile_is_no_difference(tmp_path: Path) -> None:
    with slow_orders() as between, desk_of(replace(REST, session=between.session), tmp_path) as desk:

        def comparison() -> dict[str, Any]:
            (rows,) = desk.daemon.get("/v1/balances").values()
            found: dict[str, Any] = rows[0]["comparison"] or {}
            return found

        order = desk.place("best", order_qty="10")
        until(comparison, "it begins while an order rests")
        desk.daemon.stop()
        between.is_slow = True
        desk.kind.trade(desk.sim, "SELL", "10", order["price"])
        desk.restart()
        desk.reaches(order, "Filled", cum_qty="10")
        between.is_slow = False
        known = ns_to_iso(time.time_ns())
        until(lambda: comparison().get("at", "") > known, "it is compared with what is known now", 60)
        until(lambda: not comparison().get("differences", True), "all is explained", 40)
        assert "BALANCE_DIFFERENCE" not in (tmp_path / "daemon.log").read_text(encoding="utf-8")
