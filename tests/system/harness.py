"""Starts the venue and the daemon as users do, speaks to the API with requests, and reads the venue's own record.

Nothing here imports the project: what a test learns, it learns from outside.
"""

import atexit
import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import requests

ACCOUNT, KEY_ID, SECRET = "STA-00000015", "KEY1", "s3cret-0123456789abcdef-s3cret"
TOKEN = "test-token-0123456789abcdefghijklmnop"
START_TIMEOUT_S = 30.0
WAIT_S = 20.0

CONFIG = """
[journal]
path = "journal.db"
[api]
port = 0
tokens_file = "tokens.toml"
[fix]
log_dir = "fix"
[log]
file = "daemon.log"
{more}
[[session]]
name = "main"
host = "127.0.0.1"
port = {port}
account = "{account}"
key_id = "{key_id}"
secret_env = "OMS_TEST_SECRET"
reconnect_s = 1
{session_more}
"""


def free_port() -> int:
    """Find a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(holds: Callable[[], Any], what: str, timeout_s: float = WAIT_S) -> Any:
    """Wait for something that only asking can tell; fails with `what` when it does not come about."""
    deadline = time.monotonic() + timeout_s
    while True:
        result = holds()
        if result:
            return result
        if time.monotonic() > deadline:
            message = f"not within {timeout_s:g} s: {what}"
            raise AssertionError(message)
        time.sleep(0.02)


class Process:
    """A child of ours, and of nobody else; it ends with the test."""

    def __init__(
        self,
        arguments: list[str],
        environment: dict[str, str] | None = None,
        program: tuple[str, ...] = ("-m", "oms"),
    ) -> None:
        """Start `oms` with these arguments; call `await_ready` next. `program` is what Python runs."""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the child; a pipe would fill up unread
        self._said = ""
        self.process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        atexit.register(
            self.process.kill
        )  # a test that fails between two starts leaves nothing behind either
        self.ready = ""

    def await_ready(self) -> Self:
        """Wait for the ready line."""
        self.ready = self._ready_line()
        return self

    def errors(self) -> str:
        """Read what it wrote to standard error up to now."""
        if not self._errors.closed:
            descriptor = self._errors.fileno()
            self._said = os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode()
        return self._said

    def _ready_line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            self._reap()
            code = self.process.returncode
            message = f"no ready line but {line!r}; exit code {code}: {self.errors()[-2000:]}"
            raise AssertionError(message)
        return line.strip()

    def kill(self) -> None:
        """End it as a power failure of the process would."""
        self.process.send_signal(signal.SIGKILL)
        self._reap()

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Ask it to end, and give its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(START_TIMEOUT_S)
        finally:
            self._reap()

    def _reap(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(START_TIMEOUT_S)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.errors()
        self._errors.close()
        if self.process.stdout is not None:
            self.process.stdout.close()
        atexit.unregister(self.process.kill)


class Venue(Process):
    """The simulated venue, with its own record of what happened."""

    def __init__(self, folder: Path, *options: str, port: int = 0, secret: str = SECRET) -> None:
        """Start it on `port`, or on a free one."""
        self.record = folder / "venue.jsonl"
        super().__init__(
            [
                *("sim", "apifiny", "--fix-port", str(port), "--record", str(self.record)),
                *("--credential", f"{ACCOUNT}:{KEY_ID}:{secret}"),
                *(() if "--background" in options else ("--background", "off")),
                *options,
            ]
        )
        self.port = int(self.await_ready().ready.split("fix=")[1].split()[0])

    def entries(self) -> list[dict[str, Any]]:
        """Read the record."""
        if not self.record.exists():
            return []
        return [json.loads(line) for line in self.record.read_text(encoding="utf-8").splitlines() if line]


class Daemon(Process):
    """The daemon, and its API as a client sees it."""

    def __init__(
        self,
        folder: Path,
        *,
        wait: bool = True,
        secret: str = SECRET,
        program: tuple[str, ...] = ("-m", "oms"),
    ) -> None:
        """Start it on the configuration in `folder`; without `wait` call `await_ready` before anything else."""
        self.folder = folder
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {TOKEN}"
        self.url = ""
        super().__init__(["run", "--config", str(folder / "oms.toml")], {"OMS_TEST_SECRET": secret}, program)
        if wait:
            self.await_ready()

    def await_ready(self) -> Self:
        """Wait until it takes orders."""
        super().await_ready()
        self.url = self.ready.split("api=")[1]
        return self

    def _reap(self) -> None:
        self.http.close()
        super()._reap()

    def get(self, path: str, **parameters: Any) -> Any:
        """GET and decode; a 4xx or 5xx is an error."""
        response = self.http.get(self.url + path, params=parameters, timeout=WAIT_S)
        response.raise_for_status()
        return response.json()

    def place(self, client_order_id: str, **terms: str) -> requests.Response:
        """POST an order, by default a buy that rests in the fixed book, and wait for the venue's answer."""
        return self._post(client_order_id, terms, {"wait": "ack"})

    def submit(self, client_order_id: str, **terms: str) -> requests.Response:
        """POST an order, and wait for the commit alone."""
        return self._post(client_order_id, terms, {})

    def _post(
        self, client_order_id: str, terms: dict[str, str], parameters: dict[str, str]
    ) -> requests.Response:
        body = {
            "client_order_id": client_order_id,
            "symbol": "BTCUSDT",
            "side": "BUY",
            "exchange": "VENUE1",
            "order_qty": "1",
            "price": "29000",
            **terms,
        }
        body = {name: value for name, value in body.items() if value}  # an empty one is left out
        return self.http.post(f"{self.url}/v1/orders", json=body, params=parameters, timeout=WAIT_S)

    def cancel(self, any_id: str) -> requests.Response:
        """DELETE an order."""
        return self.http.delete(f"{self.url}/v1/orders/{any_id}", timeout=WAIT_S)

    def order(self, any_id: str) -> dict[str, Any]:
        """GET one order."""
        found: dict[str, Any] = self.get(f"/v1/orders/{any_id}")
        return found

    def orders(self) -> list[dict[str, Any]]:
        """GET all orders."""
        found: list[dict[str, Any]] = []
        page = self.get("/v1/orders", limit=1000, status="all")
        while True:
            found += page["orders"]
            if page["next"] is None:
                return found
            page = self.get("/v1/orders", limit=1000, status="all", before=page["next"])

    def session(self) -> dict[str, Any]:
        """GET the only session."""
        (session,) = self.get("/v1/sessions")["sessions"]
        found: dict[str, Any] = session
        return found

    def logged_on(self) -> Self:
        """Wait until the session is up."""
        until(lambda: self.session()["logged_on"], "the session is logged on")
        return self

    def reaches(self, any_id: str, status: str, **fields: str) -> dict[str, Any]:
        """Wait until an order has a status (by name) and these fields."""

        def there() -> dict[str, Any] | None:
            order = self.order(any_id)
            right = order["ord_status_name"] == status and all(
                order[key] == value for key, value in fields.items()
            )
            return order if right else None

        order: dict[str, Any] = until(there, f"{any_id} is {status} {fields}; it is {self.order(any_id)}")
        return order


def configure(folder: Path, port: int, *, more: str = "", session_more: str = "") -> None:
    """Write configuration and tokens."""
    text = CONFIG.format(port=port, account=ACCOUNT, key_id=KEY_ID, more=more, session_more=session_more)
    (folder / "oms.toml").write_text(text, encoding="utf-8")
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    tokens = f'[[token]]\nname = "tester"\nsha256 = "{digest}"\nscopes = ["read", "trade"]\n'
    (folder / "tokens.toml").write_text(tokens, encoding="utf-8")
    (folder / "tokens.toml").chmod(0o600)


@contextlib.contextmanager
def running(*processes: Process) -> Iterator[None]:
    """End these processes, last first, whatever happens."""
    try:
        yield
    finally:
        for process in reversed(processes):
            process.stop()


def oms(*arguments: str, environment: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "oms", *arguments],
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT_S,
        env={**os.environ, **(environment or {})},
        check=False,
    )
