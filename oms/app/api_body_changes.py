"""Bodies about what exists already: other terms for an order, a person's decision, a round of questions."""

from collections.abc import Mapping
from typing import Any, Final

from oms.app.api_body import MAX_WORD_CHARS, amount_of, text_of
from oms.app.api_errors import ApiError, invalid
from oms.core.deciding import OUTCOMES
from oms.core.inputs import Reconcile, Replace, Resolve

TERMS: Final = ("order_qty", "price")
DECISION: Final = ("as", "evidence", "cum_qty", "avg_px", "order_id")
ROUND: Final = ("session",)
MAX_EVIDENCE_CHARS: Final = 1000


def replace_of(given: Mapping[str, Any], any_id: str, *, actor: str, origin: str | None) -> Replace:
    """Make a command of other terms.

    Raises:
        ApiError: 422, naming the field that is unknown, missing or of the wrong type.

    """
    _known(given, TERMS)
    amounts = {name: amount_of(given, name) for name in TERMS}
    if not any(amount is not None for amount in amounts.values()):
        raise invalid(field="order_qty", text="nothing to replace: give order_qty, price or both")
    return Replace(id=any_id, **amounts, actor=actor, origin=origin)


def resolve_of(given: Mapping[str, Any], any_id: str, *, actor: str, origin: str | None) -> Resolve:
    """Make a command of a person's decision.

    Raises:
        ApiError: 422, as `replace_of`.

    """
    _known(given, DECISION)
    outcome, evidence = text_of(given, "as", MAX_WORD_CHARS), text_of(given, "evidence", MAX_EVIDENCE_CHARS)
    if outcome not in OUTCOMES:
        said = "is missing" if outcome is None else f"{outcome!r} is not known"
        raise invalid(field="as", text=f"as {said}: what became of it, one of {', '.join(OUTCOMES)}")
    if evidence is None or not evidence.strip():
        raise invalid(field="evidence", text="evidence is missing: what shows it, and where you saw it")
    cum_qty, avg_px = amount_of(given, "cum_qty"), amount_of(given, "avg_px")
    if cum_qty is not None and cum_qty < 0:
        raise invalid(field="cum_qty", text="cum_qty is below 0; it is all that was executed of the order")
    if avg_px is not None and avg_px <= 0:
        raise invalid(field="avg_px", text="avg_px is not above 0; leave it out where it is not known")
    return Resolve(
        id=any_id,
        outcome=outcome,
        evidence=evidence,
        cum_qty=cum_qty,
        avg_px=avg_px,
        order_id=text_of(given, "order_id", MAX_WORD_CHARS),
        actor=actor,
        origin=origin,
    )


def reconcile_of(given: Mapping[str, Any], *, actor: str, origin: str | None) -> Reconcile:
    """Make a command of a wish for a round of questions.

    Raises:
        ApiError: 422, as `replace_of`.

    """
    _known(given, ROUND)
    return Reconcile(session=text_of(given, "session", MAX_WORD_CHARS), actor=actor, origin=origin)


def _known(given: Mapping[str, Any], fields: tuple[str, ...]) -> None:
    for name in given:
        if name not in fields:
            raise _unknown(name, fields)


def _unknown(name: str, fields: tuple[str, ...]) -> ApiError:
    return invalid(field=name, text=f"unknown field {name[:MAX_WORD_CHARS]!r}; known are {', '.join(fields)}")
