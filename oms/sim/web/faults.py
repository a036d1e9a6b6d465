"""What goes wrong between a client and a venue that answers over HTTP: middleware with seeded dice.

1. A request meets at most one fault: the first of `HTTP` that its dice hit.
2. Every fault with a rate rolls its die for every request that it may befall, so that one hit does not shift others.
3. The same seed and the same order of requests give the same faults.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oms.sim.rates import AT, parse_rates
from oms.sim.web.server import HANG_UP

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["HTTP", "MEANINGS", "WS", "Conduct", "Dice", "FaultyHttp", "parse_rates"]

TIMEOUT_BEFORE, TIMEOUT_AFTER = "http-timeout-before", "http-timeout-after"
TIMEOUT_LATE = "http-timeout-late"
BAD_GATEWAY, FORBIDDEN = "http-502", "http-403"
TRUNCATED, SLOW = "http-truncated", "http-slow"
WS_DROP, WS_REPEAT, WS_REORDER = "ws-drop", "ws-repeat", "ws-reorder"

SLOW_S = 0.5
LATE_S = 1.0

# Drawn for each request, in this order.
HTTP: Mapping[str, str] = {
    TIMEOUT_BEFORE: "a request has no effect and no answer: the connection is closed after the time-out",
    TIMEOUT_AFTER: "a request takes effect and has no answer: the connection is closed after the time-out",
    TIMEOUT_LATE: f"a request has no answer, and comes to the venue {LATE_S:g} s after the connection was closed",
    BAD_GATEWAY: "a request is answered with HTTP 502 and a page; half of them took effect",
    FORBIDDEN: "a request is answered with HTTP 403 and a page, without effect",
    TRUNCATED: "a request takes effect, and its answer ends in the middle",
    SLOW: f"a request takes effect, and its answer comes {SLOW_S} s later",
}
# Drawn for each message to a WebSocket client.
WS: Mapping[str, str] = {
    WS_DROP: "a message is lost: the WebSocket is cut instead",
    WS_REPEAT: "a WebSocket message is sent twice",
    WS_REORDER: "a WebSocket message comes after the next one; alone, half a second later",
}
MEANINGS: Mapping[str, str] = {**HTTP, **WS}

PAGE = b"<html><head><title>%(status)b</title></head><body><center><h1>%(status)b</h1></center></body></html>\r\n"
STATUS_LINES = {BAD_GATEWAY: b"502 Bad Gateway", FORBIDDEN: b"403 Forbidden"}


@dataclass(frozen=True, slots=True)
class Conduct:
    """How often what goes wrong, from which seed, and how long a client waits for nothing."""

    rates: Mapping[str, float]
    seed: int = 1
    timeout_s: float = 0.2


class Dice:
    """Seeded dice for the faults among `names`."""

    def __init__(self, conduct: Conduct, names: Mapping[str, str], purpose: str) -> None:
        """Faults without a rate never happen."""
        self._rates = [(*_aim(key), rate) for key, rate in conduct.rates.items() if _aim(key)[0] in names]
        self._names = names
        self.rng = random.Random(f"{conduct.seed} {purpose}")  # noqa: S311 - not for secrets

    def draw(self, operation: str) -> tuple[str, ...]:
        """Return what goes wrong now, in the order of the names."""
        hit = {name for name, aim, rate in self._rates if aim in ("", operation) and self.rng.random() < rate}
        return tuple(name for name in self._names if name in hit)


def _aim(key: str) -> tuple[str, str]:
    name, _, operation = key.partition(AT)
    return name, operation


class FaultyHttp:
    """An ASGI application whose HTTP requests meet faults; WebSockets pass untouched."""

    def __init__(
        self,
        app: ASGIApp,
        conduct: Conduct,
        *,
        operation: Callable[[Scope, bytes], str] = lambda _scope, _body: "",
        noted: Callable[[str, str, bytes], None] = lambda _fault, _operation, _body: None,
    ) -> None:
        """Wrap the application; the package's docstring tells the two functions."""
        self._app = app
        self._timeout_s = conduct.timeout_s
        self._dice = Dice(conduct, HTTP, "http")
        self._operation = operation
        self._noted = noted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await _whole(receive)
        operation = self._operation(scope, body)
        fault = next(iter(self._dice.draw(operation)), "")
        if fault:
            self._noted(fault, operation, body)
        await self._answer(fault, _Exchange(self._app, scope, body, receive, send))

    async def _answer(self, fault: str, exchange: _Exchange) -> None:
        match fault:
            case "http-timeout-before":
                await exchange.end_silently(self._timeout_s)
            case "http-timeout-after":
                await exchange.ask()
                await exchange.end_silently(self._timeout_s)
            case "http-timeout-late":
                await exchange.end_silently(self._timeout_s)
                await asyncio.sleep(LATE_S)
                await exchange.ask()
            case "http-502" | "http-403":
                if fault == BAD_GATEWAY and self._dice.rng.random() < 1 / 2:
                    await exchange.ask()
                await exchange.page(STATUS_LINES[fault])
            case "http-truncated":
                await exchange.say(_cut(await exchange.ask()))
            case "http-slow":
                answer = await exchange.ask()
                await asyncio.sleep(SLOW_S)
                await exchange.say(answer)
            case _:
                await exchange.say(await exchange.ask())


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One request and its way back."""

    app: ASGIApp
    scope: Scope
    body: bytes
    receive: Receive
    send: Send

    async def ask(self) -> list[Message]:
        """Let the request take effect; the answer comes back and is not sent yet."""
        answer: list[Message] = []
        told = False

        async def receive() -> Message:
            nonlocal told
            if told:
                return await self.receive()
            told = True
            return {"type": "http.request", "body": self.body, "more_body": False}

        async def send(message: Message) -> None:
            answer.append(message)

        await self.app(self.scope, receive, send)
        return answer

    async def say(self, answer: list[Message]) -> None:
        for message in answer:
            await self.send(message)

    async def page(self, status: bytes) -> None:
        body = PAGE % {b"status": status}
        headers = [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(body))]
        await self.say(
            [
                {"type": "http.response.start", "status": int(status[:3]), "headers": headers},
                {"type": "http.response.body", "body": body},
            ]
        )

    async def end_silently(self, after_s: float) -> None:
        """Keep the client waiting, then close the connection, unless the client did first."""
        gone = asyncio.ensure_future(self._gone())
        await asyncio.wait([gone], timeout=after_s)
        self.scope["state"][HANG_UP]()
        await gone

    async def _gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _cut(answer: list[Message]) -> list[Message]:
    """Return the first half of the body, under a Content-Length that agrees: a proxy did it."""
    start, *bodies = answer
    body = b"".join(message.get("body", b"") for message in bodies)
    half = body[: len(body) // 2]
    headers = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
    return [
        {**start, "headers": [*headers, (b"content-length", b"%d" % len(half))]},
        {"type": "http.response.body", "body": half},
    ]
