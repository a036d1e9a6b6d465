"""A desk with one venue: the simulator, the daemon, and what a story does with them."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from tests.contract.kinds import Kind, Sim
from tests.system.harness import WAIT_S, Daemon, configure, running, until

TIMING = """
[timing]
ack_timeout_s = 1
unknown_order_fence_s = 3
ask_again_s = 0.3
ask_again_most_s = 0.6
"""


class Desk:
    """A daemon that trades with one venue."""

    def __init__(self, kind: Kind, folder: Path, sim: Sim) -> None:
        """Write the configuration, and start the daemon."""
        self.kind, self.folder, self.sim = kind, folder, sim
        configure(folder, 1, more=TIMING)
        file = folder / "oms.toml"
        before = file.read_text(encoding="utf-8").split("[[session]]")[0]
        file.write_text(before + kind.session(sim), encoding="utf-8")
        self.daemon = Daemon(folder)
        self._count = 0

    def new_id(self) -> str:
        """Make a client order id that nobody used."""
        self._count += 1
        return f"story-{self._count}"

    def place(self, story: str, any_id: str | None = None, **changes: str) -> dict[str, Any]:
        """Place an order of the kind's terms for a story, and wait for what the venue says."""
        terms = {**self.kind.terms[story], **changes}
        answer = self.daemon.place(any_id or self.new_id(), **terms)
        assert answer.status_code in (200, 201, 202), answer.text
        order: dict[str, Any] = answer.json()
        return order

    def reaches(self, order: dict[str, Any], status: str, **fields: Any) -> dict[str, Any]:
        """Wait until an order stands so."""
        any_id = order["client_order_id"]

        def there() -> dict[str, Any] | None:
            now = self.daemon.order(any_id)
            stands = {"ord_status_name": status, **fields}
            return now if all(now[name] == value for name, value in stands.items()) else None

        with contextlib.suppress(AssertionError):
            found: dict[str, Any] = until(there, "")
            return found
        message = f"not within {WAIT_S:g} s: {status} {fields}; it is {self.daemon.order(any_id)}"
        raise AssertionError(message)

    def replace(self, order: dict[str, Any], **terms: str) -> requests.Response:
        """PATCH an order."""
        url = f"{self.daemon.url}/v1/orders/{order['client_order_id']}"
        return self.daemon.http.patch(url, json=terms, params={"wait": "ack"}, timeout=WAIT_S)

    def cancel_all(self) -> None:
        """DELETE every open order, and wait until none is open."""
        answer = self.daemon.http.delete(f"{self.daemon.url}/v1/orders", timeout=WAIT_S)
        answer.raise_for_status()
        until(lambda: not self.daemon.get("/v1/orders", status="open")["orders"], "every order is canceled")

    def logged(self, *, on: bool) -> None:
        """Wait until the session is up, or down."""
        until(lambda: self.daemon.session()["logged_on"] is on, f"logged on is {on}: {self.daemon.session()}")

    def reconciled(self) -> dict[str, Any]:
        """Have every open order asked for, and give the session's part of the report once that is over."""
        url = f"{self.daemon.url}/v1/reconcile"
        before = self.daemon.get("/v1/reconcile")["sessions"][0]["reconciled_at"]
        self.daemon.http.post(url, timeout=WAIT_S).raise_for_status()

        def over() -> dict[str, Any] | None:
            (row,) = self.daemon.get("/v1/reconcile")["sessions"]
            return None if row["under_way"] or row["reconciled_at"] in (before, None) else row

        row: dict[str, Any] = until(over, "the round is over")
        return row

    def restart(self) -> None:
        """Start the daemon again, on what is on disk."""
        self.daemon = Daemon(self.folder)


@contextlib.contextmanager
def desk_of(kind: Kind, folder: Path, fault: str | None = None) -> Iterator[Desk]:
    """Run a desk until the end of a block."""
    sim = Sim(folder, [*kind.arguments, *(kind.faults[fault] if fault else ())])
    with running(sim):
        desk = Desk(kind, folder, sim)
        try:
            desk.logged(on=True)
            yield desk
        finally:
            desk.daemon.stop()
