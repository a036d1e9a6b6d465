"""Handlers about whole sessions: rounds of questions, what they leave unagreed, and trading that was stopped."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Request
from starlette.responses import Response

from oms.app import api_models as models
from oms.app import api_models_changes as changes
from oms.app.api_access import Reader, Trader
from oms.app.api_answers import BODY, DOWN, answers, body_of
from oms.app.api_body import read_body, read_object
from oms.app.api_body_changes import reconcile_of
from oms.app.api_engine import ToEngine, origin
from oms.app.api_errors import ApiError, json_response
from oms.app.config_marked import MARKED
from oms.core.differences import UNANSWERED, UNASKABLE, UNHEARD, Difference, differences, notes
from oms.core.inputs import Resume
from oms.core.order import Order

ORDERS_AT_A_TIME: Final = 1000  # looked through before others get their turn
_SILENT: Final = frozenset({UNANSWERED, UNASKABLE, UNHEARD})
_NO_ANSWER: Final = Difference(UNANSWERED, "the venue was asked, or could not be, and no answer came")
NoQuery = Annotated[models.Nothing, Query()]


class Rounds:
    """The handlers."""

    def __init__(self, engine: ToEngine) -> None:
        """Answer by way of this."""
        self._engine = engine

    async def reconcile(self, request: Request, token: Trader, _query: NoQuery) -> Response:
        """Ask the venue for every open order now, of one session or of all that are logged on.

        The round takes a while: `GET /v1/reconcile` says when it has ended, and what it left.
        """
        body = await read_body(request)
        given = read_object(body) if body else {}
        answer = await self._engine.instruct(reconcile_of(given, actor=token.name, origin=origin(request)))
        return json_response({"asking": answer.count or 0}, 202)

    async def report(self, _token: Reader, _query: NoQuery) -> Response:
        """Say what is not agreed with the venues: session by session, order by order.

        It looks at every open order and at the finished ones that are in memory, as they stand now.
        """
        sessions = self._engine.desk.sessions()
        rows = {str(session["name"]): _row(session) for session in sessions}
        by_number = {session["name"] for session in sessions if session.get("kind") in MARKED}
        unanswered = {name: set(row["unanswered"]) for name, row in rows.items()}
        for count, order in enumerate(self._engine.desk.published.in_memory(), 1):
            if order.is_open and order.session not in rows:
                rows[order.session] = _row({"name": order.session})
            row = rows.get(order.session)
            if row is not None:
                silent = order.number in unanswered.get(order.session, ())
                unanswered.get(order.session, set()).discard(order.number)
                found = differences(order, unanswered=silent, by_number=order.session in by_number)
                if silent and not any(each.what in _SILENT for each in found):
                    found = [_NO_ANSWER, *found]  # its question got lost, and left nothing open
                row["differences"] += _told(order, found)
                row["notes"] += _told(order, notes(order))
            if not count % ORDERS_AT_A_TIME:
                await asyncio.sleep(0)
        for name, numbers in unanswered.items():
            rows[name]["differences"] += [_gone(number) for number in sorted(numbers)]
        return json_response({"sessions": list(rows.values())})

    async def resume(self, request: Request, name: str, token: Trader, _query: NoQuery) -> Response:
        """Let new orders leave again by a session whose trading was stopped; where it was not, nothing changes."""
        if self._session(name) is None:
            raise ApiError(404, "NOT_FOUND", f"no session has the name {name!r}", field="name")
        await self._engine.instruct(Resume(session=name, actor=token.name, origin=origin(request)))
        return json_response(self._session(name))

    def _session(self, name: str) -> dict[str, Any] | None:
        sessions = self._engine.desk.sessions()
        return next((session for session in sessions if session["name"] == name), None)


def _row(session: dict[str, Any]) -> dict[str, Any]:
    """Begin a session's part of the report."""
    last = session.get("round") or {}
    return {
        "session": session["name"],
        "logged_on": bool(session.get("logged_on")),
        "reason": session.get("reason"),
        "under_way": bool(session.get("under_way")),
        "uncompared": (session.get("rest") or {}).get("uncompared"),
        "reconciled_at": last.get("ended"),
        "asked": last.get("asked"),
        "unanswered": last.get("unanswered", []),
        "differences": [
            {
                "order": None,
                "what": "HELD",
                "text": f"a report with OrderID {held['order_id'] or '-'} waits for its order",
            }
            for held in session.get("held", ())
        ],
        "notes": [],
    }


def _told(order: Order, found: list[Difference]) -> list[dict[str, Any]]:
    if not found:
        return []
    named = {
        "id": order.number,
        "client_order_id": order.client_order_id,
        "cl_ord_id": order.cl_ord_id,
        "order_id": order.order_id,
        "symbol": order.symbol,
    }
    return [{"order": named, "what": each.what, "text": each.text} for each in found]


def _gone(number: int) -> dict[str, Any]:
    """Tell of an order without an answer that has left memory, as it was over."""
    return {"order": None, "what": UNANSWERED, "text": f"order {number}: {_NO_ANSWER.text}; it is over"}


def add_routes(app: FastAPI, engine: ToEngine) -> None:
    """Add the paths of these handlers."""
    api = Rounds(engine)
    app.add_api_route(
        "/v1/reconcile",
        api.reconcile,
        methods=["POST"],
        status_code=202,
        responses=answers(s202=("The venue is being asked", changes.Asking), **BODY, **DOWN),
        openapi_extra=body_of(changes.RoundOf, required=False),
    )
    app.add_api_route(
        "/v1/reconcile",
        api.report,
        responses=answers(s200=("All sessions", changes.Reconciliation)),
    )
    app.add_api_route(
        "/v1/sessions/{name}/resume",
        api.resume,
        methods=["POST"],
        responses=answers(
            s200=("The session", models.SessionObject),
            s404=("No session has this name", models.Error),
            **DOWN,
        ),
    )
