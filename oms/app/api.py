"""The HTTP API: orders in, orders out. It owns no state; every answer is the engine's or a published order.

A 2xx answer to a command means that it is committed. Handlers are coroutines and do no blocking call, so that an
order goes from the socket to the engine's queue without a change of thread.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Final

from fastapi import FastAPI, Query, Request
from starlette.responses import HTMLResponse, Response

from oms import __version__
from oms.app import api_changes, api_rounds, credit_api, inquiry_api, reference_api
from oms.app import api_models as models
from oms.app.api_access import Reader, Trader
from oms.app.api_answers import BODY, DOWN, UNKNOWN, answers, body_of
from oms.app.api_body import place_order, read_body, read_object
from oms.app.api_docs import docs_page
from oms.app.api_engine import ToEngine, origin
from oms.app.api_errors import ApiError, add_handlers, error_object, json_response
from oms.app.api_metrics import Metrics
from oms.app.api_straight import Straight
from oms.app.api_wait import cancel_has_outcome, new_is_answered
from oms.app.desk import Desk
from oms.app.reference_side import ReferenceSide
from oms.app.tokens import Tokens
from oms.core.inputs import AskStatus, Cancel
from oms.core.order import Order
from oms.core.views import full_view

DESCRIPTION: Final = (
    "An order that our own checks deny is answered 201 all the same, with `phase` DENIED, `ord_status` 8 and the code"
    " of the reason in `denial`: look at `phase`, not only at the status code.\n\n"
    "Orders to venues, and what became of them. Send `Authorization: Bearer TOKEN`; a token has the scopes `read`,"
    " `trade` or both, and neither includes the other. A 2xx answer to a command means that it is on disk. Decimals"
    ' are strings. Every error is `{"error": {"code", "text", "field"}}`.'
)
ORDERS_AT_A_TIME: Final = 1000  # looked through before others get their turn


WaitQuery = Annotated[models.Wait, Query()]
FilterQuery = Annotated[models.Filter, Query()]
NoQuery = Annotated[models.Nothing, Query()]


class Api:
    """The handlers."""

    def __init__(self, engine: ToEngine) -> None:
        """Answer by way of this."""
        self._engine = engine
        self._desk = engine.desk
        self._metrics = Metrics(engine.desk)

    # --- commands

    async def place(self, request: Request, token: Trader, query: WaitQuery) -> Response:
        """Place an order. 201 it is new, 200 it is the first order again, 202 the venue has not answered in time.

        A denied order is answered 201 too, with `phase` DENIED, `ord_status` 8 and `denial`: look at `phase`.
        """
        command = place_order(
            read_object(await read_body(request)),
            actor=token.name,
            origin=origin(request),
            sessions=self._desk.sessions,
        )
        until = new_is_answered if query.wait else None
        answer, order = await self._engine.ask(command, until, query.timeout_s)
        if until is not None and not until(order):
            return self._engine.shown(order, 202)
        return self._engine.shown(order, 201 if answer.created else 200)

    async def cancel(self, request: Request, id: str, token: Trader, query: WaitQuery) -> Response:  # noqa: A002
        """Cancel an order by any id of it. Never denied for the order's state: 202 it is on its way, 200 it ended."""
        command = Cancel(id=self._engine.known_as(id), actor=token.name, origin=origin(request))
        _, order = await self._engine.ask(
            command, cancel_has_outcome if query.wait else None, query.timeout_s
        )
        return self._engine.shown(order, 200 if cancel_has_outcome(order) else 202)

    async def ask_status(self, request: Request, id: str, token: Trader, _query: NoQuery) -> Response:  # noqa: A002
        """Ask the venue how an order stands; its answer shows in the order later."""
        command = AskStatus(id=self._engine.known_as(id), actor=token.name, origin=origin(request))
        _, order = await self._engine.ask(command, None, 0)
        return self._engine.shown(order, 202)

    # --- questions

    async def orders(self, _token: Reader, query: FilterQuery) -> Response:
        """List orders, newest first, page by page."""
        fits = models.matcher(query)
        found: list[Order] = []
        for count, order in enumerate(self._listed(query), 1):
            if fits(order):
                found.append(order)
                if len(found) > query.limit:
                    break
            if not count % ORDERS_AT_A_TIME:
                await asyncio.sleep(0)
        shown, now = found[: query.limit], self._engine.now()
        following = shown[-1].number if len(found) > query.limit else None
        return json_response({"orders": [full_view(order, now) for order in shown], "next": following})

    def _listed(self, query: models.Filter) -> Iterator[Order]:
        """Go through the orders that a filter may want; one that is open or in doubt never leaves memory."""
        published = self._desk.published
        if query.status.lower() in ("open", "in_doubt"):
            return published.in_memory(query.before)
        return published.newest(query.before, symbol=query.symbol, session=query.session)

    async def order(self, id: str, _token: Reader, _query: NoQuery) -> Response:  # noqa: A002
        """Show an order by any id: the desk's own, ClOrdID, OrderID, or our number."""
        found = self._desk.published.find(id) or self._engine.numbered(id)
        if not found:
            raise ApiError(404, "NOT_FOUND", f"no order has the id {id!r}", field="id")
        if len(found) > 1:
            text = f"{len(found)} orders have the id {id!r}; name one by its ClOrdID: " + ", ".join(
                str(order.cl_ord_id) for order in found
            )
            raise ApiError(409, "AMBIGUOUS", text, field="id")
        return self._engine.shown(found[0], 200)

    async def sessions(self, _token: Reader, _query: NoQuery) -> Response:
        """Show the sessions with the venues."""
        return json_response({"sessions": self._desk.sessions()})

    async def alive(self) -> Response:
        """Say that the process lives. No token needed."""
        return json_response({"alive": True, "version": __version__})

    async def ready(self) -> Response:
        """Say whether orders can leave: 503 with the reasons when they cannot. No token needed."""
        reasons = self._desk.readiness()
        if not reasons:
            return json_response({"ready": True, "reasons": []})
        content = {"ready": False, "reasons": reasons, **error_object("NOT_READY", "; ".join(reasons))}
        return json_response(content, 503)

    async def metrics(self, _token: Reader) -> Response:
        """Give the figures for Prometheus; its scrape configuration carries the token (authorization)."""
        return Response(self._metrics.text(), media_type=Metrics.media_type)

    async def docs(self, request: Request) -> Response:
        """Show this API to people."""
        policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return HTMLResponse(docs_page(request.app.openapi()), headers=policy)


def create_app(
    desk: Desk,
    tokens: Tokens,
    now: Callable[[], int] = time.time_ns,
    reference: ReferenceSide | None = None,
) -> FastAPI:
    """Put the API together.

    Args:
        desk: the daemon.
        tokens: who may use it.
        now: the present, nanoseconds since the epoch, for the ages that an order shows.
        reference: what is known of venues besides orders; None: that is not served.

    """
    off = {
        "tracing": False,
        "metrics": False,
        "logs": False,
        "operation_spans": False,
        "auto_configure": False,
    }
    app = FastAPI(
        title="oms",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=off,  # type: ignore[arg-type]  # nothing is told to others, and nothing is spent on it
    )
    app.state.tokens = tokens
    add_handlers(app)
    engine = ToEngine(desk, now)
    api = Api(engine)
    app.add_middleware(Straight, handler=api.place)
    _add_commands(app, api)
    api_changes.add_routes(app, engine)
    api_rounds.add_routes(app, engine)
    _add_questions(app, api)
    if reference is not None:
        reference_api.add_routes(app, engine, reference)
        credit_api.add_routes(app, engine, reference)
        inquiry_api.add_routes(app, engine, reference)
    return app


def _add_commands(app: FastAPI, api: Api) -> None:
    order, error = models.OrderObject, models.Error
    app.add_api_route(
        "/v1/orders",
        api.place,
        methods=["POST"],
        status_code=201,
        responses=answers(
            s200=("The first order: same id, same terms", order),
            s201=(
                "A new order; `phase` is DENIED, and `denial` says why, where our own checks refused it",
                order,
            ),
            s202=("Committed, and not answered by the venue in time", order),
            s409=("The id was used with other terms", error),
            **BODY,
            **DOWN,
        ),
        openapi_extra=body_of(models.NewOrder),
    )
    app.add_api_route(
        "/v1/orders/{id:path}/status",
        api.ask_status,
        methods=["POST"],
        status_code=202,
        responses=answers(s202=("The venue is asked", order), **UNKNOWN, s503=("The session is down", error)),
    )
    app.add_api_route(
        "/v1/orders/{id:path}",
        api.cancel,
        methods=["DELETE"],
        status_code=202,
        responses=answers(
            s200=("No cancel is on its way: the order has ended, or the venue refused", order),
            s202=("The cancel is on its way, or waits until it can leave", order),
            **UNKNOWN,
            **DOWN,
        ),
    )


def _add_questions(app: FastAPI, api: Api) -> None:
    error = models.Error
    app.add_api_route("/v1/orders", api.orders, responses=answers(s200=("A page", models.OrderList)))
    app.add_api_route(
        "/v1/orders/{id:path}",
        api.order,
        responses=answers(s200=("The order", models.OrderObject), **UNKNOWN),
    )
    app.add_api_route(
        "/v1/sessions", api.sessions, responses=answers(s200=("All of them", models.SessionList))
    )
    app.add_api_route("/healthz", api.alive)
    app.add_api_route("/readyz", api.ready, responses={503: {"description": "Not ready", "model": error}})
    app.add_api_route("/metrics", api.metrics, responses=answers())
    app.add_api_route("/docs", api.docs, include_in_schema=False)
