"""Handlers about venues and accounts besides orders: symbols, prices, balances, positions, and money that moves.

What venues say is shown as they said it, with its age. Money needs a scope of its own, which no other includes.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import FastAPI, Query, Request
from starlette.responses import Response

from oms.app import api_models
from oms.app import reference_models as models
from oms.app.api_access import Mover, Reader
from oms.app.api_answers import BODY, DOWN, answers, body_of
from oms.app.api_body import MAX_WORD_CHARS, amount_of, read_body, read_object, text_of
from oms.app.api_engine import ToEngine, origin
from oms.app.api_errors import ApiError, invalid, json_response
from oms.app.reference_side import ReferenceSide
from oms.app.reference_views import (
    balances_view,
    instrument_view,
    movement_view,
    position_view,
    quote_view,
    venues_view,
)
from oms.app.reference_waits import Waits, of_session
from oms.core.money import DONE, NOT_DONE
from oms.core.movements import Movement, MovementKind, MovementStatus
from oms.core.venue_inputs import MoveMoney, ResolveMoney

MAX_EVIDENCE_CHARS: Final = 1000
_ID: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}", re.ASCII)
_LOOK_S: Final = 0.02
NoQuery = Annotated[api_models.Nothing, Query()]
WaitQuery = Annotated[api_models.Wait, Query()]
WhichQuery = Annotated[models.Which, Query()]


class ReferenceApi:
    """The handlers."""

    def __init__(self, engine: ToEngine, reference: ReferenceSide) -> None:
        """Answer from `reference`, and instruct by way of `engine`."""
        self._engine = engine
        self._reference = reference

    async def instruments(self, _token: Reader, query: WhichQuery) -> Response:
        """Show the symbols that venues list, with the limits that orders are checked against."""
        found = [instrument_view(session, each) for session, each in self._reference.instruments()]
        return json_response({"instruments": [row for row in found if _fits(row, query)]})

    async def prices(self, _token: Reader, query: WhichQuery) -> Response:
        """Show the best prices that are watched, with their age."""
        now, most_ns = self._reference.now_ns(), self._reference.max_price_age_ns
        found = [
            quote_view(facts.session, quote, now, most_ns)
            for facts in self._reference.facts.values()
            for quote in facts.quotes.copy().values()
        ]
        return json_response({"prices": [row for row in found if _fits(row, query)]})

    async def positions(self, _token: Reader, _query: NoQuery) -> Response:
        """Show positions with average cost, fees and realised P&L, by account and symbol."""
        found = [position_view(*key, each) for key, each in self._reference.positions().items()]
        return json_response(
            {"positions": sorted(found, key=lambda row: (row["account"] or "", row["symbol"]))}
        )

    async def balances(self, _token: Reader, _query: NoQuery) -> Response:
        """Show what accounts have, by the venue's word, and how that compares with their executions."""
        now, found = self._reference.now_ns(), self._reference.facts.values()
        return json_response(
            {"accounts": [balances_view(facts, now, self._waits(facts.account)) for facts in found]}
        )

    def _waits(self, account: str) -> Waits | None:
        """Say why an account is not compared; of a session that is down, as sessions are shown: with the reason."""
        known = self._reference.waits(account)
        shown = [each for each in self._engine.desk.sessions() if each["account"] == account]
        told = (of_session(each["name"], each, under_way=bool(each.get("under_way"))) for each in shown)
        first = next((each for each in told if each is not None), None)
        return known if known is None or first is None else Waits(first.reason, known.since_ns)

    async def venues(self, _token: Reader, _query: NoQuery) -> Response:
        """Show the venues' clocks, how they are polled, and what cannot be had of them at present."""
        sessions = self._engine.desk.sessions()
        return json_response(
            {"venues": venues_view(self._reference.facts, sessions, self._reference.now_ns())}
        )

    # --- money

    async def withdraw(self, request: Request, token: Mover, query: WaitQuery) -> Response:
        """Withdraw to an address of the configuration. 202 it is on record and on its way; 200 it was there before.

        `status` tells what became of it: with `wait=ack` the venue's word, if it comes in time.
        """
        return await self._move(request, token.name, MovementKind.WITHDRAWAL, query)

    async def transfer(self, request: Request, token: Mover, query: WaitQuery) -> Response:
        """Transfer to another exchange, by a lane of the configuration; answers as a withdrawal does."""
        return await self._move(request, token.name, MovementKind.TRANSFER, query)

    async def _move(
        self, request: Request, actor: str, kind: MovementKind, query: api_models.Wait
    ) -> Response:
        given = read_object(await read_body(request))
        known(given, ("id", "label", "amount"))
        command = move_of(given, kind, (actor, origin(request)))
        answer = await self._engine.instruct(command)
        if query.wait:
            await until_answered(self._reference, command.id, query.timeout_s)
        return self._shown(command.id, 202 if answer.created else 200)

    async def resolve(self, request: Request, id: str, token: Mover, _query: NoQuery) -> Response:  # noqa: A002
        """Say what became of a movement in doubt, with the evidence."""
        given = read_object(await read_body(request))
        known(given, ("as", "evidence"))
        outcome = word(given, "as", MAX_WORD_CHARS)
        if outcome not in {DONE, NOT_DONE}:
            raise invalid(field="as", text=f"as {outcome!r} is not known: {DONE} or {NOT_DONE}")
        evidence = word(given, "evidence", MAX_EVIDENCE_CHARS)
        command = ResolveMoney(
            id=id, outcome=outcome, evidence=evidence, actor=token.name, origin=origin(request)
        )
        await self._engine.instruct(command)
        return self._shown(id, 200)

    async def movements(self, _token: Reader, _query: NoQuery) -> Response:
        """Show all movements of money, newest first; those in doubt stay so until somebody knows."""
        found = sorted(self._reference.movements().values(), key=lambda each: -each.time_ns)
        return json_response({"movements": [movement_view(each) for each in found]})

    async def movement(self, id: str, _token: Reader, _query: NoQuery) -> Response:  # noqa: A002
        """Show a movement of money."""
        return self._shown(id, 200)

    def _shown(self, any_id: str, status: int) -> Response:
        return json_response(movement_view(found_movement(self._reference, any_id)), status)


def found_movement(reference: ReferenceSide, any_id: str) -> Movement:
    """Give the movement with an id.

    Raises:
        ApiError: 404, there is none.

    """
    found = reference.movements().get(any_id)
    if found is None:
        raise ApiError(404, "NOT_FOUND", f"no movement of money has the id {any_id!r}", field="id")
    return found


async def until_answered(reference: ReferenceSide, any_id: str, within_s: float) -> Movement:
    """Wait until what became of a movement is on record, or for long enough, seconds. Raises ApiError 404."""
    until = time.monotonic() + within_s
    while True:
        movement = found_movement(reference, any_id)
        if movement.status != MovementStatus.REQUESTED or time.monotonic() > until:
            return movement
        await asyncio.sleep(_LOOK_S)


def move_of(
    given: Mapping[str, Any], kind: MovementKind, by: tuple[str, str | None], subject: str | None = None
) -> MoveMoney:
    """Read a movement of money: `id`, `label` and `amount`; `by`: who asks, and from where.

    Raises:
        ApiError: 422, one of them is missing or wrong.

    """
    amount = amount_of(given, "amount")
    if amount is None:
        raise invalid(field="amount", text='amount is missing: a decimal as a string, like "0.5"')
    return MoveMoney(
        id=id_of(given),
        kind=str(kind),
        label=word(given, "label", MAX_WORD_CHARS),
        amount=amount,
        subject=subject,
        actor=by[0],
        origin=by[1],
    )


def id_of(given: Mapping[str, Any]) -> str:
    """Read the desk's own id of a movement.

    Raises:
        ApiError: 422, it is missing or none.

    """
    any_id = word(given, "id", MAX_WORD_CHARS)
    if not _ID.fullmatch(any_id):
        raise invalid(field="id", text="id: 1 to 64 letters, digits, and . _ - only, and not a dot first")
    return any_id


def _fits(row: Mapping[str, Any], query: models.Which) -> bool:
    wanted = {name: value for name, value in query.model_dump().items() if value is not None}
    return all(row[name] == value for name, value in wanted.items())


def word(given: Mapping[str, Any], name: str, longest: int) -> str:
    """Read a text that has to be there, and is not blank."""
    text = text_of(given, name, longest)
    if text is None or not text.strip():
        raise invalid(field=name, text=f"{name} is missing")
    return text


def known(given: Mapping[str, Any], fields: tuple[str, ...]) -> None:
    """Refuse fields that mean nothing here."""
    for name in given:
        if name not in fields:
            text = f"unknown field {name[:MAX_WORD_CHARS]!r}; known are {', '.join(fields)}"
            raise invalid(field=name, text=text)


def add_routes(app: FastAPI, engine: ToEngine, reference: ReferenceSide) -> None:
    """Add all of them."""
    api = ReferenceApi(engine, reference)
    for path, handler, model in (
        ("/v1/instruments", api.instruments, models.Instruments),
        ("/v1/prices", api.prices, models.Prices),
        ("/v1/positions", api.positions, models.Positions),
        ("/v1/balances", api.balances, models.Balances),
        ("/v1/venues", api.venues, models.Venues),
        ("/v1/money", api.movements, models.Movements),
    ):
        app.add_api_route(path, handler, responses=answers(s200=("All of them", model)))
    shown, error = models.MovementObject, api_models.Error
    unknown = {"s404": ("No movement has this id", error)}
    taken = {
        "s200": ("The first movement with this id", shown),
        "s202": ("On record, and on its way", shown),
        "s409": ("The id is another movement's, or one of the currency is not decided yet", error),
        **BODY,
        **DOWN,
    }
    for path, mover in (("/v1/money/withdrawals", api.withdraw), ("/v1/money/transfers", api.transfer)):
        app.add_api_route(
            path,
            mover,
            methods=["POST"],
            status_code=202,
            responses=answers(**taken),
            openapi_extra=body_of(models.MoveBody),
        )
    app.add_api_route(
        "/v1/money/{id}/resolve",
        api.resolve,
        methods=["POST"],
        responses=answers(
            s200=("Decided", shown), s409=("It is not in doubt", error), **unknown, **BODY, **DOWN
        ),
        openapi_extra=body_of(models.DecisionBody),
    )
    app.add_api_route(
        "/v1/money/{id}", api.movement, responses=answers(s200=("The movement", shown), **unknown)
    )
