"""A journal that was not read at the start, because a snapshot stood for it, is verified beside trading.

In a process of its own, at low priority: a busy thread beside QuickFIX ruins its latency.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

DAMAGED: Final = 1  # the exit code of `oms journal verify`
_LOW: Final = 15
_STOP_S: Final = 5.0


class SecondLook:
    """Runs `oms journal verify` once."""

    def __init__(self, journal: Path, found: Callable[[str], None]) -> None:
        """Call `found` with what is wrong, on a thread of its own, if something is."""
        self._journal = journal
        self._found = found
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Begin."""
        command = [sys.executable, "-m", "oms", "journal", "verify", str(self._journal)]
        self._process = subprocess.Popen(  # noqa: S603 - this program itself
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        os.setpriority(os.PRIO_PROCESS, self._process.pid, _LOW)
        threading.Thread(target=self._wait, args=(self._process,), name="second-look", daemon=True).start()

    def stop(self) -> None:
        """End it, if it has not ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(_STOP_S)

    def _wait(self, process: "subprocess.Popen[str]") -> None:
        told, _ = process.communicate()
        if process.returncode == DAMAGED:
            self._found(" ".join(told.split()))
