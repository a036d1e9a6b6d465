"""New orders by the shortest way through the web framework.

FastAPI describes `POST /v1/orders` and serves whatever of it is unusual; its routes, dependencies and models cost an
order a tenth of a millisecond, which the order's own way to the engine does not. So a request with a good token and
good parameters goes straight to the handler. Anything else goes FastAPI's way and is refused there.
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from oms.app.api_access import token_of
from oms.app.api_errors import failed
from oms.app.api_models import Wait
from oms.app.tokens import TRADE, Token
from oms.core.errors import OmsError

PATH: Final = "/v1/orders"
Handler = Callable[[Request, Token, Wait], Awaitable[Response]]


class Straight:
    """Lets new orders pass by what is inside of it."""

    def __init__(self, app: ASGIApp, handler: Handler) -> None:
        """Serve new orders by `handler`, and all else by `app`."""
        self._app = app
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, as ASGI has it."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive, send)
        token, query = token_of(request), wait_of(scope["query_string"])
        if token is None or TRADE not in token.scopes or query is None:
            await self._app(scope, receive, send)
            return
        try:
            response = await self._handler(request, token, query)
        except OmsError as error:
            response = await failed(request, error)
        await response(scope, receive, send)


@lru_cache(maxsize=64)
def wait_of(query: bytes) -> Wait | None:
    """Read the parameters; None where any is unknown, wrong or there twice, which FastAPI has words for."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    found = dict(pairs)
    try:
        return Wait.model_validate(found) if len(found) == len(pairs) else None
    except ValidationError:
        return None
