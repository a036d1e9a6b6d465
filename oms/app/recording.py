"""From a step to the record of it that goes into the journal."""

from typing import TYPE_CHECKING, Any, cast

import msgspec

from oms.core.inputs import (
    AskStatus,
    Cancel,
    CancelAll,
    Input,
    Looked,
    MarkTaken,
    OpenShown,
    PlaceOrder,
    Received,
    Reconcile,
    Refused,
    Replace,
    ResendRefused,
    ReserveNonces,
    Resolve,
    Resume,
    SessionDown,
    SessionUp,
    Start,
    StayedHere,
    Step,
    Tick,
    Unanswered,
    WentOut,
)
from oms.core.records import Record
from oms.core.venue_inputs import (
    InstrumentsSeen,
    MoneyAnswered,
    MoveMoney,
    PricesSeen,
    ResolveMoney,
    TakeBack,
)

if TYPE_CHECKING:
    from oms.core import events as ev


def record_of(message: Input, step: Step, now: int) -> Record | None:
    """Write down an input that changed something, or that came by wire or from a person."""
    kind, session, raw, command = _described(message)
    asked = isinstance(message, Reconcile)  # it changes nothing yet, and who asked is to be known
    if not step.events and raw is None and step.anomaly is None and not asked:
        return None
    return Record(
        kind=kind,
        time_ns=now,
        session=session,
        raw=raw,
        command=command,
        events=cast("tuple[ev.AnyEvent, ...]", step.events),
        anomaly=step.anomaly,
        order=_order_of(message, step),
    )


def _order_of(message: Input, step: Step) -> int | None:
    """Name the order where no event does: that an anomaly is about, or a message that left without a number."""
    if step.anomaly is not None:
        return step.order
    return message.order if isinstance(message, WentOut) and not step.events else None


def _described(message: Input) -> tuple[str, str | None, str | None, dict[str, Any] | None]:
    match message:
        case Received(session=session, raw=raw):
            return "received", session, raw, None
        case WentOut(session=session, raw=raw):
            return "sent", session, raw, None
        case (
            MoveMoney()
            | TakeBack()
            | ResolveMoney()
            | PlaceOrder()
            | Cancel()
            | CancelAll()
            | Replace()
            | AskStatus()
            | Resolve()
            | Reconcile()
            | Resume()
        ):
            command = msgspec.to_builtins(message)
            return "command", None, None, {"type": type(message).__name__, **_without_none(command)}
        case SessionUp(session=session) | SessionDown(session=session) | ReserveNonces(session=session):
            return "session", session, None, None
        case (
            Refused(session=session, raw=raw)
            | Unanswered(session=session, raw=raw)
            | MarkTaken(session=session, raw=raw)
            | Looked(session=session, raw=raw)
            | OpenShown(session=session, raw=raw)
            | InstrumentsSeen(session=session, raw=raw)
            | PricesSeen(session=session, raw=raw)
            | MoneyAnswered(session=session, raw=raw)
        ):
            return "received", session, raw, None
        case StayedHere(session=session) | ResendRefused(session=session):
            return "unsent", session, None, None
        case Start():
            return "start", None, None, None
        case Tick():
            return "timer", None, None, None


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
