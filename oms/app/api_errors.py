"""How the API says no: one shape, `{"error": {"code", "text", "field"}}`, whatever went wrong and wherever."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from oms.core.errors import CommandError, OmsError
from oms.core.inputs import Answer

_CODES: Final = {400: "MALFORMED", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 422: "INVALID"}
_STATUS_OF_REFUSAL: Final = {  # what is not here is a denial by name: 422
    "NOT_FOUND": 404,
    "AMBIGUOUS": 409,
    "CONFLICT": 409,
    "NOT_OPEN": 409,
    "CANCEL_PENDING": 409,
    "REPLACE_PENDING": 409,
    "REPLACE_IN_DOUBT": 409,
    "NOT_SENT": 409,
    "NOT_RESOLVABLE": 409,
    "NOT_IN_DOUBT": 409,
    "MONEY_OPEN": 409,
    "NOT_WITHDRAWN": 409,
    "MONEY_OFF": 403,
    "UNAVAILABLE": 503,
    "NOT_CONFIGURED": 503,
    "NOT_LOGGED_ON": 503,
    "HALTED": 503,
}
_NO_STORE: Final = {"Cache-Control": "no-store"}
log = structlog.get_logger("oms")


class ApiError(CommandError):
    """A request that is not done, as the caller is to see it."""

    def __init__(
        self,
        status: int,
        code: str,
        text: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Say why.

        Args:
            status: the HTTP status.
            code: the reason as a program reads it.
            text: the reason as a person reads it, with what to do.
            field: the field or parameter it is about.
            headers: further headers of the response.

        """
        super().__init__(text)
        self.status = status
        self.code = code
        self.field = field
        self.headers = headers


def invalid(*, field: str | None, text: str) -> ApiError:
    """Say that a field does not hold what it should."""
    return ApiError(422, "INVALID", text, field=field)


def refused(answer: Answer) -> ApiError:
    """Tell what the engine refused."""
    code = answer.refusal or "INVALID"
    return ApiError(_STATUS_OF_REFUSAL.get(code, 422), code, answer.text or code, field=answer.field)


def json_response(
    content: Any,  # noqa: ANN401 - anything that JSON can say
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer in JSON; nothing of it is for a cache."""
    return Response(
        msgspec.json.encode(content), status, {**_NO_STORE, **(headers or {})}, media_type="application/json"
    )


def error_object(code: str, text: str, field: str | None = None) -> dict[str, Any]:
    """Build the one shape; whatever a caller wrote is made fit for UTF-8."""
    return {
        "error": {"code": code, "text": _sayable(text), "field": None if field is None else _sayable(field)}
    }


def add_handlers(app: FastAPI) -> None:
    """Give every way of failing the one shape."""
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(OmsError, _on_unavailable)
    app.add_exception_handler(Exception, _on_bug)


async def failed(request: Request, error: OmsError) -> Response:
    """Answer a request that came to nothing; for what does not pass the handlers above."""
    answer = _on_api_error if isinstance(error, ApiError) else _on_unavailable
    return await answer(request, error)


def _sayable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


async def _on_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - it is registered for these only
    if error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        origin = f"{request.client.host}:{request.client.port}" if request.client else None
        log.warning(
            "the API refused somebody",
            status=error.status,
            reason=str(error),
            path=request.url.path,
            method=request.method,
            origin=origin,
        )
    return json_response(error_object(error.code, str(error), error.field), error.status, error.headers)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = error.status_code
    text = f"{error.detail}: {request.method} {request.url.path}; /docs tells what there is"
    return json_response(error_object(_CODES.get(status, "REFUSED"), text), status, error.headers)


async def _on_validation_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first = error.errors()[0]
    field = str(first["loc"][-1])
    return json_response(
        error_object("INVALID", f"{field}: {first['msg']}", field), HTTPStatus.UNPROCESSABLE_ENTITY
    )


async def _on_unavailable(_request: Request, error: Exception) -> Response:
    return json_response(error_object("UNAVAILABLE", str(error)), HTTPStatus.SERVICE_UNAVAILABLE)


async def _on_bug(_request: Request, _error: Exception) -> Response:
    """Say that it is our fault and no more: what the web server logs is for us."""
    text = (
        "an error of ours, which the daemon's log tells; ask for the order's state before you repeat anything"
    )
    return json_response(error_object("INTERNAL", text), HTTPStatus.INTERNAL_SERVER_ERROR)
