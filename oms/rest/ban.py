"""A host that turned us away, as all ways to it know: orders, questions, market data, WebSockets.

1. The venue bans an address, not a connection: whichever way is told so first, all of them stop at once.
2. People are told once, and a person lets all of them go on; or a time that was configured.
"""

import threading
from collections.abc import Callable
from typing import Final

import structlog

from oms.core.errors import VenueUnavailable

_log: Final = structlog.get_logger()

Stop = Callable[[str], None]
GoOn = Callable[[], None]


def _unheard(_text: str) -> None:
    """Nobody has to be told."""


class HostBan:
    """Whether one host is left alone. Every method may be called from any thread."""

    def __init__(
        self, host: str, alert: Callable[[str], None] = _unheard, resume_after_s: float | None = None
    ) -> None:
        """Begin with a host that takes what is sent.

        Args:
            host: for people.
            alert: told of a ban, and of its end where that comes by itself.
            resume_after_s: a ban holds for so long, seconds; None: until a person lifts it.

        """
        self._host = host
        self._alert = alert
        self._resume_after_s = resume_after_s
        self._reason: str | None = None
        self._ways: list[tuple[Stop, GoOn]] = []
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    @property
    def reason(self) -> str | None:
        """Why the host is left alone; None while it is not."""
        return self._reason

    def join(self, stop: Stop, go_on: GoOn) -> None:
        """Have a way to the host told of bans, with their reason, and of their end."""
        self._ways.append((stop, go_on))

    def check(self) -> None:
        """Make sure that something may be sent.

        Raises:
            VenueUnavailable: the host is left alone.

        """
        if (reason := self._reason) is not None:
            told = f"the venue is left alone, nothing was sent: {reason}"
            raise VenueUnavailable(told)

    def impose(self, reason: str) -> None:
        """Stop every way to the host, and tell people, unless that was done."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            after_s = self._resume_after_s
            if after_s is not None:
                self._timer = threading.Timer(after_s, self._over)
                self._timer.daemon = True
                self._timer.start()
        for stop, _ in self._ways:
            stop(reason)
        when = "until a person resumes a session there" if after_s is None else f"for {after_s:g} s"
        self._tell(f"{self._host}: nothing more is sent there by any way {when}: {reason}")

    def lift(self) -> None:
        """Let every way to the host go on, if they were stopped."""
        with self._lock:
            if self._reason is None:
                return
            self._reason = None
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        for _, go_on in self._ways:
            go_on()

    def _over(self) -> None:
        self._tell(f"{self._host}: asking the venue again, the configured time has passed")
        self.lift()

    def _tell(self, text: str) -> None:
        _log.warning(text)
        self._alert(text)
