"""Answers and bodies as the OpenAPI document describes them."""

from typing import Any, Final

from oms.app import api_models as models

NO_ORDER: Final = {"s404": ("No order has this id", models.Error)}
UNKNOWN: Final = {**NO_ORDER, "s409": ("Several orders have this id", models.Error)}
DOWN: Final = {"s503": ("Nothing was taken on: the daemon stops, or its journal failed", models.Error)}
BODY: Final = {
    "s400": ("Malformed JSON", models.Error),
    "s413": ("The body is too large", models.Error),
}


def answers(**statuses: tuple[str, Any]) -> dict[int | str, dict[str, Any]]:
    """Describe answers for OpenAPI: `s201=(text, model)`."""
    told: dict[int | str, dict[str, Any]] = {
        int(name[1:]): {"description": text, "model": model} for name, (text, model) in statuses.items()
    }
    errors = {401: "No valid token", 403: "The token lacks the scope", 422: "A field or parameter is wrong"}
    return {
        **{status: {"description": text, "model": models.Error} for status, text in errors.items()},
        **told,
    }


def body_of(model: Any, *, required: bool = True) -> dict[str, Any]:  # noqa: ANN401 - a model of a body
    """Describe a body, which is read by hand."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": required, "content": content}}
