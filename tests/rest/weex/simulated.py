"""A simulated venue as a process of its own."""

import re
import selectors
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[3]
WITHIN_S = 30


class Simulator:
    """Runs `oms sim NAME` until the end of its block; `url` is where it listens."""

    def __init__(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "oms", "sim", name, "--port", "0", "--background", "off"]
        self._process = subprocess.Popen(
            [*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            self.url = f"http://127.0.0.1:{self._port()}"
        except BaseException:
            self._stop()
            raise

    def _port(self) -> int:
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
