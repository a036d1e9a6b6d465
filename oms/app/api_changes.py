"""Handlers that change orders which exist: replace, cancel all, resolve."""

from typing import Annotated

from fastapi import FastAPI, Query, Request
from starlette.responses import Response

from oms.app import api_models as models
from oms.app import api_models_changes as changes
from oms.app.api_access import Trader
from oms.app.api_answers import BODY, DOWN, NO_ORDER, answers, body_of
from oms.app.api_body import read_body, read_object
from oms.app.api_body_changes import replace_of, resolve_of
from oms.app.api_engine import ToEngine, origin
from oms.app.api_errors import invalid, json_response
from oms.app.api_wait import replace_has_outcome
from oms.core.inputs import CancelAll
from oms.core.values import RequestKind

WaitQuery = Annotated[models.Wait, Query()]
WhichQuery = Annotated[changes.Which, Query()]
NoQuery = Annotated[models.Nothing, Query()]


class Changes:
    """The handlers."""

    def __init__(self, engine: ToEngine) -> None:
        """Answer by way of this."""
        self._engine = engine

    async def replace(self, request: Request, id: str, token: Trader, query: WaitQuery) -> Response:  # noqa: A002
        """Give an order another quantity, another price or both. 202 it is on its way, 200 it ended.

        Where the venue has no replace, the order is canceled and the rest placed anew. Where it has, up to 5 may be on
        their way at once: what is not given stays as it was asked for last. With `wait`, which is for all of them,
        look at `refusal`: it says why the last that ended came to nothing, unless a later one was carried out; the
        order goes on as it was, or says in `reason` why not.
        """
        given = read_object(await read_body(request))
        any_id = self._engine.known_as(id)
        command = replace_of(given, any_id, actor=token.name, origin=origin(request))
        _, order = await self._engine.ask(
            command, replace_has_outcome if query.wait else None, query.timeout_s
        )
        return self._engine.shown(order, 202 if order.requested(RequestKind.REPLACE) else 200)

    async def cancel_all(self, request: Request, token: Trader, query: WhichQuery) -> Response:
        """Cancel every open order that fits, those in doubt and those of others included; without a query: all.

        The answer counts the orders that have a cancel now. Whether they end is seen at the orders; WEEX and exchanges
        of the Cloud API are then looked through for what nobody here knew, to the end when a session's `canceled_all`
        has changed.
        """
        self._check_session(query.session)
        command = CancelAll(
            session=query.session,
            exchange=query.exchange,
            symbol=query.symbol,
            actor=token.name,
            origin=origin(request),
        )
        answer = await self._engine.instruct(command)
        return json_response({"canceling": answer.count or 0})

    async def resolve(self, request: Request, id: str, token: Trader, _query: NoQuery) -> Response:  # noqa: A002
        """Decide what became of an order in doubt, or with fills missing. It is on record with who said so and why."""
        given = read_object(await read_body(request))
        any_id = self._engine.known_as(id)
        command = resolve_of(given, any_id, actor=token.name, origin=origin(request))
        _, order = await self._engine.ask(command)
        return self._engine.shown(order, 200)

    def _check_session(self, name: str | None) -> None:
        """A session that is misspelt must not look like one without open orders; one that has orders is known."""
        desk = self._engine.desk
        known = {str(session["name"]) for session in desk.sessions()}
        if name is None or name in known:
            return
        if not any(order.session == name for order in desk.published.in_memory()):
            told = f"session {name!r} is not configured; configured: {', '.join(sorted(known))}"
            raise invalid(field="session", text=told)


def add_routes(app: FastAPI, engine: ToEngine) -> None:
    """Add the paths of these handlers."""
    api = Changes(engine)
    order, error = models.OrderObject, models.Error
    app.add_api_route(
        "/v1/orders",
        api.cancel_all,
        methods=["DELETE"],
        responses=answers(s200=("So many have a cancel now", changes.Canceling), **DOWN),
    )
    app.add_api_route(
        "/v1/orders/{id:path}",
        api.replace,
        methods=["PATCH"],
        status_code=202,
        responses=answers(
            s200=("No replace is on its way: it was carried out, or `refusal` says why not", order),
            s202=("The replace is on its way, or its outcome is unknown", order),
            **NO_ORDER,
            **BODY,
            s409=("Several orders have this id, or this one cannot be replaced as it stands", error),
            s422=("A field is wrong, or the replace is denied: `code` names the reason", error),
            s503=("The session is down or stopped, or nothing is taken on", error),
        ),
        openapi_extra=body_of(changes.Terms),
    )
    app.add_api_route(
        "/v1/orders/{id:path}/resolve",
        api.resolve,
        methods=["POST"],
        responses=answers(
            s200=("The order as it stands now", order),
            **NO_ORDER,
            **BODY,
            **DOWN,
            s409=("Several orders have this id, or nothing of it can be resolved like that", error),
        ),
        openapi_extra=body_of(changes.Decision),
    )
