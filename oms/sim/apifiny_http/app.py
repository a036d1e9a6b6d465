"""The way in: paths, signatures, the standard response, both WebSockets."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

import jwt
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Route, WebSocketRoute

from oms.sim.apifiny_http import codes, fields
from oms.sim.apifiny_http.codes import Problem
from oms.sim.apifiny_http.market_data import BY_PAIR, MarketData, Pace, trade_row
from oms.sim.apifiny_http.md_socket import MdSocket
from oms.sim.apifiny_http.methods import STREAM, Methods, checked
from oms.sim.apifiny_http.rows import change_row
from oms.sim.apifiny_http.signature import Signatures
from oms.sim.standing import SUSPENDED
from oms.sim.tape import EPOCH
from oms.sim.venue import now
from oms.sim.web.faults import WS, Dice
from oms.sim.web.faults import Conduct as WebConduct
from oms.sim.web.sockets import Pushes
from oms.sim.web.text import answer, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope
    from starlette.websockets import WebSocket

    from oms.sim.apifiny_http.signature import Caller
    from oms.sim.history import Change
    from oms.sim.logon import Credential
    from oms.sim.venue import Venue

OPEN_API = "/gx/openApi/v1"
# The reference prints the first, the sample code the second.
BOOK_PATHS = ("/md/orderbook/v1", "/gx/orderbook/v1")
POLICY_VIOLATION = 1008


class App:
    """Everything that the venue answers over HTTP and WebSocket."""

    def __init__(self, venue: Venue, credentials: Iterable[Credential], tell: Callable[[str], None]) -> None:
        """Tie the paths to what answers them."""
        self._venue = venue
        self._tell = tell
        self._signatures = Signatures(credentials)
        self._methods = Methods(venue)
        self._data = MarketData(venue)
        self._pace = Pace(venue.conduct.md_interval_s)
        self._latency = venue.dice("rest latency")
        self._web = WebConduct(venue.conduct.rates, venue.conduct.seed)
        self._streams: dict[str, set[Pushes]] = {account: set() for account in venue.accounts}
        self._sockets = 0
        venue.watch(self._changed)
        self.asgi = Starlette(
            routes=[
                Route(OPEN_API, self._rest, methods=["POST"]),
                WebSocketRoute(OPEN_API, self._stream),
                *(WebSocketRoute(path, self._md_socket) for path in BOOK_PATHS),
                *(_route(f"{path}/{{symbol}}/{{venue}}", self._book) for path in BOOK_PATHS),
                _route("/md/trade/v1/{symbol}/{venue}", self._trades),
                _route("/md/ticker/v1/{symbol}/{venue}", self._ticker),
                _route("/md/ticker/v1/{symbol}/{venue}/", self._ticker),
                _route("/md/kline/v1/{venue}/{base}/{quote}/{period}", self._klines),
            ]
        )

    async def _rest(self, request: Request) -> Response:
        body = await request.body()
        shortest, longest = self._venue.conduct.latency_ms
        try:
            result = self._methods.call(self._signatures.caller(_token(request), body), body)
            told: dict[str, object] = {"result": result, "error": None}
        except Problem as problem:
            told = {"result": None, "error": problem.error}
        except Exception as error:  # noqa: BLE001 - a fault of the simulator must look like the venue's
            self._tell(f"{type(error).__name__} in a request: {error}")
            told = {"result": None, "error": Problem(codes.SERVER_ERROR).error}
        if longest:
            await asyncio.sleep(self._latency.uniform(shortest, longest) / 1000)
        return answer(told)

    async def _book(self, request: Request) -> Response:
        path = request.path_params
        return self._md(request, lambda: self._data.orderbook(path["symbol"], path["venue"]))

    async def _trades(self, request: Request) -> Response:
        symbol, venue = request.path_params["symbol"], request.path_params["venue"]
        return self._md(
            request, lambda: [trade_row(each, symbol, venue) for each in self._data.trades(symbol, venue)]
        )

    async def _ticker(self, request: Request) -> Response:
        path = request.path_params
        return self._md(request, lambda: self._data.ticker(path["symbol"], path["venue"]))

    async def _klines(self, request: Request) -> Response:
        path, query = request.path_params, dict(request.query_params)
        pair = (path["base"], path["quote"])

        def candles() -> object:
            span = None
            if query.get("startTime") or query.get("endTime"):
                start, end = (
                    fields.moment(query, "startTime", EPOCH),
                    fields.moment(query, "endTime", now() + timedelta(days=1)),
                )
                span = (start, end)
            symbol = BY_PAIR.get(pair, "/".join(pair))
            return self._data.candles(symbol, path["venue"], path["period"], span)

        return self._md(request, candles)

    def _md(self, request: Request, read: Callable[[], object]) -> Response:
        """Answer with bare JSON; an error is told in the standard response."""
        try:
            key_id = self._signatures.reader(request.headers.get("signature", ""))
            self._pace.check(key_id, monotonic())
            return answer(read())
        except Problem as problem:
            return answer({"result": None, "error": problem.error})

    async def _stream(self, websocket: WebSocket) -> None:
        await websocket.accept()
        raw = websocket.query_params.get("body", "").encode()
        try:
            caller = self._signatures.caller(_token(websocket), raw)
            body = self._stream_body(caller, raw)
        except Problem as problem:
            await _refuse(websocket, problem)
            return
        pushes = Pushes(websocket, self._ws_dice())
        streams = self._streams[caller.account]
        with self._venue.lock:
            if body.get("startDateTime") is not None:
                start = fields.moment(body, "startDateTime", EPOCH)
                for change in self._venue.history.changes_since(caller.account, start):
                    pushes.answer(_text(change))
            streams.add(pushes)
        try:
            await pushes.serve(lambda text: _pong(pushes, text))
        finally:
            with self._venue.lock:
                streams.discard(pushes)

    def _stream_body(self, caller: Caller, raw: bytes) -> dict[str, Any]:
        if caller.method != STREAM:
            raise Problem(codes.BAD_REQUEST, f"the method must be {STREAM}")
        if self._venue.standing.account(caller.account) == SUSPENDED:
            raise Problem(codes.WRONG_STATUS)
        body = checked(raw, caller)
        fields.moment(body, "startDateTime", EPOCH)
        return body

    async def _md_socket(self, websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            self._signatures.reader(websocket.headers.get("signature", ""))
        except Problem as problem:
            await _refuse(websocket, problem)
            return
        pushes = Pushes(websocket, self._ws_dice())
        client = MdSocket(self._data, pushes)
        pushing = asyncio.ensure_future(client.push())
        pushing.add_done_callback(lambda _: pushes.cut())
        try:
            await pushes.serve(client.hear)
        finally:
            pushing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pushing

    def _changed(self, change: Change) -> None:
        """Push a change; called under the venue's lock, from any thread."""
        for pushes in self._streams[change.entry.order.account]:
            pushes.push(_text(change), STREAM)

    def _ws_dice(self) -> Dice:
        self._sockets += 1
        return Dice(self._web, WS, f"ws {self._sockets}")


def operation(scope: Scope, body: bytes) -> str:
    """Name what a request asks: the method of its signature, or md. and the kind of market data."""
    del body
    path = str(scope["path"])
    if path != OPEN_API:
        return f"md.{path.strip('/').split('/')[1]}" if path.count("/") > 1 else ""
    try:
        claims = jwt.decode(_token(HTTPConnection(scope)), options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError):
        return ""
    return str(claims.get("method", ""))


def _token(connection: HTTPConnection) -> str:
    # The document says "header" in one place and "HTTP post parameter" in another; its samples use the query.
    return connection.query_params.get("signature") or connection.headers.get("signature", "")


def _route(path: str, endpoint: Any) -> Route:  # noqa: ANN401 - an endpoint, as Starlette takes it
    return Route(path, endpoint, methods=["GET"])


async def _refuse(websocket: WebSocket, problem: Problem) -> None:
    await websocket.send_text(encode({"result": None, "error": problem.error}).decode())
    await websocket.close(POLICY_VIOLATION)


def _text(change: Change) -> str:
    return encode(change_row(change)).decode()


def _pong(pushes: Pushes, text: str) -> None:
    if "ping" in text:
        pushes.answer(text.replace("ping", "pong"))
