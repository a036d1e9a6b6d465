"""The way to WebSocket clients: in order, with the faults of messages. Safe for threads."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from oms.sim.web.faults import WS_DROP, WS_REORDER, WS_REPEAT, Dice
from oms.sim.web.server import HANG_UP

if TYPE_CHECKING:
    from collections.abc import Callable

SWAP_WITHIN_S = 0.5
CUT = None


class Pushes:
    """Everything on its way to one WebSocket. Make it on the server's loop."""

    def __init__(self, websocket: WebSocket, dice: Dice) -> None:
        """Carry nothing before `serve`."""
        self._websocket = websocket
        self._dice = dice
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._held: str | None = None
        self._lock = threading.Lock()

    def push(self, text: str, operation: str = "") -> None:
        """Send a message, unless a fault wants otherwise. From any thread; never waits."""
        with self._lock:
            hit = self._dice.draw(operation)
            if WS_DROP in hit:
                self._put(CUT)
                return
            held, self._held = self._held, None
            if WS_REORDER in hit and held is None:
                self._held = text
                self._soon(lambda: self._loop.call_later(SWAP_WITHIN_S, self._release, text))
                return
            for each in (text, text, held) if WS_REPEAT in hit else (text, held):
                if each is not None:
                    self._put(each)

    def answer(self, text: str) -> None:
        """Send what belongs to the protocol (a pong, an error): no fault befalls it."""
        self._put(text)

    def cut(self) -> None:
        """End the connection, behind what was said before."""
        self._put(CUT)

    async def serve(self, said: Callable[[str], None]) -> None:
        """Carry messages both ways until one side ends it; `said` is called with each of the client's."""
        sending = asyncio.ensure_future(self._send())
        receiving = asyncio.ensure_future(self._receive(said))
        try:
            await asyncio.wait([sending, receiving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, receiving):
                task.cancel()
            await asyncio.gather(sending, receiving, return_exceptions=True)

    async def _receive(self, said: Callable[[str], None]) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                said(await self._heard())

    async def _heard(self) -> str:
        """Return the next message; a binary one is read as its text, as servers commonly do."""
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        text = message.get("text")
        return text if text is not None else str(message.get("bytes") or b"", errors="replace")

    async def _send(self) -> None:
        while (text := await self._queue.get()) is not CUT:
            if self._websocket.application_state is not WebSocketState.CONNECTED:
                return
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self._websocket.send_text(text)
        self._websocket.scope["state"][HANG_UP]()

    def _put(self, text: str | None) -> None:
        self._soon(lambda: self._queue.put_nowait(text))

    def _soon(self, action: Callable[[], object]) -> None:
        # The loop is closed once the server has ended: nobody is there to hear it.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(action)

    def _release(self, text: str) -> None:
        with self._lock:
            if self._held is text:
                self._held = None
                self._queue.put_nowait(text)
