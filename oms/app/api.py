"""The HTTP API: orders in, orders out. It owns no state; every answer is the engine's or a published order.

A 2xx answer to a command means that it is committed. Handlers are coroutines and do no blocking call, so that an
order goes from the socket to the engine's queue without a change of thread.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Request
from starlette.responses import HTMLResponse, Response

from oms import __version__
from oms.app import api_models as models
from oms.app.api_access import Reader, Trader
from oms.app.api_body import place_order, read_body, read_object
from oms.app.api_docs import docs_page
from oms.app.api_errors import ApiError, add_handlers, error_object, json_response, refused
from oms.app.api_metrics import Metrics
from oms.app.api_wait import Errand, Until, cancel_has_outcome, new_is_answered
from oms.app.desk import Desk
from oms.app.tokens import Tokens
from oms.core.inputs import Answer, AskStatus, Cancel, Instruction
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

    def __init__(self, desk: Desk, now: Callable[[], int]) -> None:
        """Answer for this desk; `now` gives nanoseconds since the epoch, for ages."""
        self._desk = desk
        self._now = now
        self._metrics = Metrics(desk)

    # --- commands

    async def place(self, request: Request, token: Trader, query: WaitQuery) -> Response:
        """Place an order. 201 it is new, 200 it is the first order again, 202 the venue has not answered in time.

        A denied order is answered 201 too, with `phase` DENIED, `ord_status` 8 and `denial`: look at `phase`.
        """
        command = place_order(
            read_object(await read_body(request)),
            actor=token.name,
            origin=_origin(request),
            sessions=self._desk.sessions,
        )
        until = new_is_answered if query.wait else None
        answer, order = await self._ask(command, until, query.timeout_s)
        if until is not None and not until(order):
            return self._shown(order, 202)
        return self._shown(order, 201 if answer.created else 200)

    async def cancel(self, request: Request, id: str, token: Trader, query: WaitQuery) -> Response:  # noqa: A002
        """Cancel an order by any id of it. Never denied for the order's state: 202 it is on its way, 200 it ended."""
        command = Cancel(id=self._known_as(id), actor=token.name, origin=_origin(request))
        _, order = await self._ask(command, cancel_has_outcome if query.wait else None, query.timeout_s)
        return self._shown(order, 200 if cancel_has_outcome(order) else 202)

    async def ask_status(self, request: Request, id: str, token: Trader, _query: NoQuery) -> Response:  # noqa: A002
        """Ask the venue how an order stands; its answer shows in the order later."""
        command = AskStatus(id=self._known_as(id), actor=token.name, origin=_origin(request))
        _, order = await self._ask(command, None, 0)
        return self._shown(order, 202)

    async def _ask(self, command: Instruction, until: Until | None, timeout_s: float) -> tuple[Answer, Order]:
        answer = await Errand(self._desk, until).run(command, timeout_s)
        if answer.refusal is not None:
            raise refused(answer)
        order = self._desk.published.get(answer.order) if answer.order is not None else None
        if order is None:
            raise ApiError(404, "NOT_FOUND", "the order is committed and not shown yet; ask for it by its id")
        return answer, order

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
        shown, now = found[: query.limit], self._now()
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
        found = self._desk.published.find(id) or self._numbered(id)
        if not found:
            raise ApiError(404, "NOT_FOUND", f"no order has the id {id!r}", field="id")
        if len(found) > 1:
            text = f"{len(found)} orders have the id {id!r}; name one by its ClOrdID: " + ", ".join(
                str(order.cl_ord_id) for order in found
            )
            raise ApiError(409, "AMBIGUOUS", text, field="id")
        return self._shown(found[0], 200)

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

    # --- finding and showing

    def _shown(self, order: Order, status: int) -> Response:
        return json_response(full_view(order, self._now()), status)

    def _known_as(self, any_id: str) -> str:
        """Give an id that the engine knows: our number is the API's own way to name an order."""
        if not self._desk.published.find(any_id):
            for order in self._numbered(any_id):
                return order.cl_ord_id or order.order_id or any_id
        return any_id

    def _numbered(self, text: str) -> list[Order]:
        """Find by our number, unless the desk numbers its orders too: then it means its own, which is not there."""
        if not text.isascii() or not text.isdecimal() or len(text) > 18:  # noqa: PLR2004 - what fits an int64
            return []
        order = self._desk.published.get(int(text))
        return [order] if order is not None and not (order.client_order_id or "").isdecimal() else []


def create_app(desk: Desk, tokens: Tokens, now: Callable[[], int] = time.time_ns) -> FastAPI:
    """Put the API together.

    Args:
        desk: the daemon.
        tokens: who may use it.
        now: the present, nanoseconds since the epoch, for the ages that an order shows.

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
    api = Api(desk, now)
    _add_commands(app, api)
    _add_questions(app, api)
    return app


def _answers(**statuses: tuple[str, Any]) -> dict[int | str, dict[str, Any]]:
    """Describe answers for OpenAPI: `s201=(text, model)`."""
    told: dict[int | str, dict[str, Any]] = {
        int(name[1:]): {"description": text, "model": model} for name, (text, model) in statuses.items()
    }
    errors = {401: "No valid token", 403: "The token lacks the scope", 422: "A field or parameter is wrong"}
    return {
        **{status: {"description": text, "model": models.Error} for status, text in errors.items()},
        **told,
    }


def _add_commands(app: FastAPI, api: Api) -> None:
    order, error = models.OrderObject, models.Error
    unknown = {"s404": ("No order has this id", error), "s409": ("Several orders have this id", error)}
    down = {"s503": ("Nothing was taken on: the daemon stops, or its journal failed", error)}
    app.add_api_route(
        "/v1/orders",
        api.place,
        methods=["POST"],
        status_code=201,
        responses=_answers(
            s200=("The first order: same id, same terms", order),
            s201=(
                "A new order; `phase` is DENIED, and `denial` says why, where our own checks refused it",
                order,
            ),
            s202=("Committed, and not answered by the venue in time", order),
            s400=("Malformed JSON", error),
            s409=("The id was used with other terms", error),
            s413=("The body is too large", error),
            **down,
        ),
        openapi_extra={"requestBody": _body_of(models.NewOrder)},
    )
    app.add_api_route(
        "/v1/orders/{id:path}/status",
        api.ask_status,
        methods=["POST"],
        status_code=202,
        responses=_answers(
            s202=("The venue is asked", order), **unknown, s503=("The session is down", error)
        ),
    )
    app.add_api_route(
        "/v1/orders/{id:path}",
        api.cancel,
        methods=["DELETE"],
        status_code=202,
        responses=_answers(
            s200=("No cancel is on its way: the order has ended, or the venue refused", order),
            s202=("The cancel is on its way, or waits until it can leave", order),
            **unknown,
            **down,
        ),
    )


def _add_questions(app: FastAPI, api: Api) -> None:
    error = models.Error
    unknown = {"s404": ("No order has this id", error), "s409": ("Several orders have this id", error)}
    app.add_api_route("/v1/orders", api.orders, responses=_answers(s200=("A page", models.OrderList)))
    app.add_api_route(
        "/v1/orders/{id:path}",
        api.order,
        responses=_answers(s200=("The order", models.OrderObject), **unknown),
    )
    app.add_api_route(
        "/v1/sessions", api.sessions, responses=_answers(s200=("All of them", models.SessionList))
    )
    app.add_api_route("/healthz", api.alive)
    app.add_api_route("/readyz", api.ready, responses={503: {"description": "Not ready", "model": error}})
    app.add_api_route("/metrics", api.metrics, responses=_answers())
    app.add_api_route("/docs", api.docs, include_in_schema=False)


def _body_of(model: Any) -> dict[str, Any]:  # noqa: ANN401 - a model of the body, which is read by hand
    return {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}


def _origin(request: Request) -> str | None:
    return f"{request.client.host}:{request.client.port}" if request.client else None
