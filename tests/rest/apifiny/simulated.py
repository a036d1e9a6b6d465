"""The simulated venue as a process of its own, with a client for it."""

import re
import selectors
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from oms.core.secret import Secret
from oms.rest.apifiny.calls import Manner
from oms.rest.apifiny.client import ApifinyClient
from oms.rest.apifiny.signing import Credentials
from oms.rest.transport import Transport

ROOT = Path(__file__).parents[3]
WITHIN_S = 30
ACCOUNT, KEY, SECRET = "STA-00000015", "K-1", "a secret that is long enough for HS256"
CREDENTIALS = Credentials(account_id=ACCOUNT, key_id=KEY, secret=Secret(SECRET))


class Simulator:
    """Runs `oms sim apifiny` until the end of its block, with the fixed book."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "oms", "sim", "apifiny", "--http-port", "0", "--background", "off"]
        command += ["--credential", f"{ACCOUNT}:{KEY}:{SECRET}", "--md-interval-s", "0", *arguments]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            self.port = self._ready()
        except BaseException:
            self._stop()
            raise
        self.url = f"http://127.0.0.1:{self.port}"
        self._last = time.time_ns() // 1_000_000 * 1000

    def _ready(self) -> int:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            assert selector.select(WITHIN_S), "no ready line"
        line = self._process.stdout.readline()
        found = re.fullmatch(r"ready http=(\d+)\n", line)
        assert found, line
        return int(found[1])

    def _stop(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=WITHIN_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop()

    def client(self, **manner: Any) -> ApifinyClient:
        transport = Transport(self.url, read_timeout_s=WITHIN_S, secrets=[SECRET])
        return ApifinyClient(CREDENTIALS, transport, Manner(**manner))

    def order_id(self) -> str:
        """Make an id as the document wants it, never the same."""
        self._last = max(self._last + 1, time.time_ns() // 1_000_000 * 1000)
        return f"00000015{self._last}"
