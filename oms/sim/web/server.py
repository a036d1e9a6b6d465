"""A loopback HTTP server on a thread of its own: the port first, then the ready line, then a clean end."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
HANG_UP = "hang_up"
"""In the scope's state: a function that ends the connection without another byte."""

READY_WITHIN_S = 10.0
GRACE_S = 2  # longer than a late request takes
STOP_WITHIN_S = 5.0


class Server:
    """Serves one ASGI application until it is told to stop."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        """Take the port on 127.0.0.1, 0 for a free one; an OSError says that it cannot be had."""
        self._socket = socket.create_server((LOOPBACK, port))
        self.port: int = self._socket.getsockname()[1]
        self._uvicorn = _Announcing(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="websockets-sansio",
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [self._socket]}, name="sim-http", daemon=True
        )

    def start(self) -> None:
        """Serve; returns when requests are answered. An OSError says that they are not."""
        self._thread.start()
        if not self._uvicorn.up.wait(READY_WITHIN_S):
            msg = f"the HTTP server on port {self.port} did not come up"
            raise OSError(msg)

    def stop(self) -> None:
        """End every connection and wait for the thread."""
        self._uvicorn.should_exit = True
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN_S)
        self._socket.close()


class _Announcing(uvicorn.Server):
    """uvicorn's server, which only keeps a flag, with an event to wait for."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


class _Protocol(HttpToolsProtocol):
    """uvicorn's connection, which applications cannot end without an answer, with a way to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own arguments
        super().__init__(*args, **kwargs)
        self.app_state = {**self.app_state, HANG_UP: self._hang_up}

    def _hang_up(self) -> None:
        self.transport.abort()
