"""Handlers for money and credit at venues that have more than withdrawals: coupons, margin, loans, taking back.

They need the scope `money`, go by lanes of the configuration, and are put on record like every movement. A coupon's
code is money: it comes in one request and goes out in one answer, and is in no record, no log and no other answer.
"""

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from oms.app import api_models
from oms.app import reference_models as models
from oms.app.api_access import Mover
from oms.app.api_answers import BODY, DOWN, answers, body_of
from oms.app.api_body import read_body, read_object
from oms.app.api_engine import ToEngine, origin
from oms.app.api_errors import ApiError, invalid, json_response
from oms.app.reference_api import NoQuery, found_movement, id_of, known, move_of, until_answered, word
from oms.app.reference_side import ReferenceSide
from oms.app.reference_views import movement_view
from oms.core.movements import Movement, MovementKind, MovementStatus
from oms.core.secret import Secret
from oms.core.venue_inputs import TakeBack

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MAX_CODE_CHARS: Final = 200
CODE_WAIT_S: Final = 30.0
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_FIELDS: Final = ("id", "label", "amount")


class CreditApi:
    """The handlers."""

    def __init__(self, engine: ToEngine, reference: ReferenceSide) -> None:
        """Answer from `reference`, and instruct by way of `engine`."""
        self._engine = engine
        self._reference = reference

    async def margin_in(self, request: Request, token: Mover, _query: NoQuery) -> Response:
        """Move money from the spot to a margin account. 202 it is on record and on its way; 200 it was there before."""
        return await self._move(request, token.name, MovementKind.MARGIN_IN)

    async def margin_out(self, request: Request, token: Mover, _query: NoQuery) -> Response:
        """Move money from a margin to the spot account; answers as `margin-in` does."""
        return await self._move(request, token.name, MovementKind.MARGIN_OUT)

    async def loan(self, request: Request, token: Mover, _query: NoQuery) -> Response:
        """Take up a loan in a margin account; its number at the venue is `log_id`. Answers as `margin-in` does."""
        return await self._move(request, token.name, MovementKind.LOAN)

    async def repayment(self, request: Request, token: Mover, _query: NoQuery) -> Response:
        """Repay of a loan, named by its number at the venue. Answers as `margin-in` does."""
        return await self._move(request, token.name, MovementKind.REPAYMENT, "loan")

    async def _move(self, request: Request, actor: str, kind: MovementKind, *more: str) -> Response:
        given = read_object(await read_body(request))
        known(given, (*_FIELDS, *more))
        subject = None
        if more:
            subject = word(given, "loan", MAX_CODE_CHARS)
            if not _NUMBER.fullmatch(subject):
                raise invalid(field="loan", text="loan: the loan's number at the venue, digits only")
        command = move_of(given, kind, (actor, origin(request)), subject)
        answer = await self._engine.instruct(command)
        return self._shown(command.id, 202 if answer.created else 200)

    # --- coupons

    async def coupon(self, request: Request, token: Mover, _query: NoQuery) -> Response:
        """Turn money into a coupon for the lane's receiver, and tell its code: in this answer (201), and never again.

        202: there is no outcome yet; ask for the code later, by `POST /v1/money/{id}/coupon`. 200: it was there before.
        """
        given = read_object(await read_body(request))
        known(given, _FIELDS)
        command = move_of(given, MovementKind.COUPON, (token.name, origin(request)))
        answer = await self._engine.instruct(command)
        if not answer.created:
            return self._shown(command.id, 200)
        movement = await until_answered(self._reference, command.id, CODE_WAIT_S)
        if movement.status == MovementStatus.REQUESTED:
            return self._shown(command.id, 202)
        return self._with_code(movement, 201)

    async def code(self, id: str, _token: Mover, _query: NoQuery) -> Response:  # noqa: A002
        """Hand out the code of a coupon that nobody was told yet, once. 409: there is none, or it was handed out."""
        movement = found_movement(self._reference, id)
        response = self._with_code(movement, 200)
        if response.status_code != 200:  # noqa: PLR2004 - as asked for
            told = f"no code of {id!r} is here: it was handed out, the coupon was not made, or the daemon was restarted"
            raise ApiError(409, "NO_CODE", told, field="id")
        return response

    async def redemption(self, request: Request, token: Mover, _query: NoQuery) -> Response:
        """Redeem a coupon; `amount` is what it is said to be worth. The code goes to the venue, and on no record.

        202 it is on record and on its way; 200 it was there before.
        """
        given = read_object(await read_body(request))
        known(given, (*_FIELDS, "coupon"))
        command_of = partial(move_of, given, MovementKind.REDEMPTION, (token.name, origin(request)))
        command_of()  # what is wrong with it is told before the code is taken in
        name = self._reference.codes.give(Secret(word(given, "coupon", MAX_CODE_CHARS)))
        command = command_of(name)
        answer = await self._engine.instruct(command)
        return self._shown(command.id, 202 if answer.created else 200)

    def _with_code(self, movement: Movement, status: int) -> Response:
        code = (
            self._reference.codes.take_made(movement.id) if movement.status == MovementStatus.DONE else None
        )
        if code is None:
            return self._shown(movement.id, 202)
        return json_response({**movement_view(movement), "coupon": code.reveal()}, status)

    # --- taking back

    async def take_back(self, request: Request, id: str, token: Mover, _query: NoQuery) -> Response:  # noqa: A002
        """Ask the venue to take a withdrawal back that has not left it; `id` in the body is the request's own.

        202 it is on record and on its way; 200 it was there before.
        """
        given = read_object(await read_body(request))
        known(given, ("id",))
        command = TakeBack(id=id_of(given), withdrawal=id, actor=token.name, origin=origin(request))
        answer = await self._engine.instruct(command)
        return self._shown(command.id, 202 if answer.created else 200)

    def _shown(self, any_id: str, status: int) -> Response:
        return json_response(movement_view(found_movement(self._reference, any_id)), status)


def add_routes(app: FastAPI, engine: ToEngine, reference: ReferenceSide) -> None:
    """Add all of them."""
    api = CreditApi(engine, reference)
    shown, error = models.MovementObject, api_models.Error
    taken: dict[str, Any] = {
        "s200": ("The first movement with this id", shown),
        "s202": ("On record, and on its way", shown),
        "s409": ("The id is another movement's, or one of the currency is not decided yet", error),
        **BODY,
        **DOWN,
    }
    made = {**taken, "s201": ("Made, with its code", models.CouponObject)}
    unknown = {"s404": ("No movement has this id", error)}
    routes: tuple[tuple[str, Callable[..., Awaitable[Response]], type[Any] | None, dict[str, Any]], ...] = (
        ("/v1/money/margin-in", api.margin_in, models.MoveBody, taken),
        ("/v1/money/margin-out", api.margin_out, models.MoveBody, taken),
        ("/v1/money/loans", api.loan, models.MoveBody, taken),
        ("/v1/money/repayments", api.repayment, models.RepaymentBody, taken),
        ("/v1/money/coupons", api.coupon, models.MoveBody, made),
        ("/v1/money/redemptions", api.redemption, models.RedemptionBody, taken),
        ("/v1/money/{id}/take-back", api.take_back, models.TakeBackBody, {**taken, **unknown}),
    )
    for path, handler, body, told in routes:
        app.add_api_route(
            path,
            handler,
            methods=["POST"],
            status_code=202,
            responses=answers(**told),
            openapi_extra=body_of(body),
        )
    app.add_api_route(
        "/v1/money/{id}/coupon",
        api.code,
        methods=["POST"],
        responses=answers(
            s200=("The coupon, with its code", models.CouponObject),
            s409=("There is no code", error),
            **unknown,
        ),
    )
