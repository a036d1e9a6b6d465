"""A QuickFIX engine on a Python thread of its own.

QuickFIX can also start a thread itself, but to Python that one is a stranger: each callback would make a Python thread
state and drop it again. On a thread that Python knows, receiving costs a quarter of that.
"""

import threading
from pathlib import Path
from typing import Any, Final

from oms.core.errors import ConfigError
from oms.fix.settings import trusting_only

_BEGIN_S: Final = 10.0


class EngineThread:
    """Runs one engine. `begun` is set from outside, at the first sign that it connects."""

    def __init__(self, engine: Any, ca_file: Path | None) -> None:  # noqa: ANN401 - QuickFIX has no types
        """Prepare to run `engine`, which trusts the authorities in `ca_file` and no others."""
        self.begun = threading.Event()
        self._engine = engine
        self._ca_file = ca_file
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="fix", daemon=True)

    def start(self) -> None:
        """Run, and return when it has begun to connect.

        Raises:
            ConfigError: it could not begin.

        """
        with trusting_only(self._ca_file):
            self._thread.start()
            in_time = self.begun.wait(_BEGIN_S)
        if self._error is not None or not in_time:
            hint = f"; are the certificates in {self._ca_file} whole?" if self._ca_file else ""
            because = self._error if self._error is not None else f"nothing happened within {_BEGIN_S:g} s"
            told = f"QuickFIX cannot start: {because}{hint}"
            raise ConfigError(told) from self._error

    def _run(self) -> None:
        try:
            self._engine.block()
        except BaseException as error:  # noqa: BLE001 - `start` raises it where somebody can act on it
            self._error = error
        finally:
            self.begun.set()

    def stop(self) -> None:
        """Log out, disconnect, and wait for the end. It may take seconds: QuickFIX gives the venue time to answer."""
        self._engine.stop()
        if self._thread.is_alive():
            self._thread.join()
