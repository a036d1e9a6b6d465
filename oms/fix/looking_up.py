"""Whether a venue's host name has an address: QuickFIX tries to connect all the same, and says nothing of it."""

import socket
import threading
from collections.abc import Callable


class LookUp:
    """Asks for one name, on a thread of its own: an answer may take long, and QuickFIX's callbacks wait for nothing."""

    def __init__(self, host: str, tell: Callable[[str | None], None]) -> None:
        """Look for an address of `host`; `tell` gets why there is none, or None if there is one, and must not raise."""
        self._host = host
        self._tell = tell
        self._busy = threading.Lock()

    def begin(self) -> None:
        """Look once, unless it is being looked."""
        if self._busy.acquire(blocking=False):
            threading.Thread(target=self._look, name="fix-host", daemon=True).start()

    def _look(self) -> None:
        try:
            self._tell(why_unresolved(self._host))
        finally:
            self._busy.release()


def why_unresolved(host: str) -> str | None:
    """Say why a name has no IPv4 address, the only kind that QuickFIX connects to; None if it has one."""
    try:
        socket.getaddrinfo(host, None, family=socket.AF_INET, type=socket.SOCK_STREAM)
    except OSError as error:
        return error.strerror or str(error)
    except UnicodeError:
        return "it is no host name"
    return None
