"""A person decides what became of an order in doubt: journaled with who and why, and never guessed by us."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from oms.core import events as ev
from oms.core.asking import ask, ask_for_held
from oms.core.endings import CANCELED, EXPIRED, NOT_PLACED
from oms.core.identifying import can_be_asked_by, is_disowned, lacks_number, wrong_number
from oms.core.inferred import infer_gap
from oms.core.inputs import Answer, Resolve, Resume
from oms.core.legs import acceptance, refusal
from oms.core.order import Order, is_legal
from oms.core.values import ENDED, ZERO, Phase, RequestKind, format_decimal
from oms.core.work import Work


def resolve(work: Work, command: Resolve) -> tuple[Order | None, Answer | None]:
    """Apply a person's decision, or say why it cannot be."""
    order, refused = work.named(command.id)
    if order is None:
        return None, refused
    wrong = _why_not(work, order, command) or wrong_number(work, order, command)
    if wrong is not None:
        return order, Answer(order=order.number, refusal="NOT_RESOLVABLE", text=wrong)
    why = f"resolved by {command.actor or 'a person'}: {command.evidence}"
    order_id = command.order_id if order.order_id is None else None
    is_named = order_id is not None and can_be_asked_by(work, order, order_id)
    work.emit(
        ev.Resolved(
            order=order.number,
            outcome=command.outcome,
            evidence=command.evidence,
            time_ns=work.now,
            actor=command.actor,
            origin=command.origin,
            order_id=order_id,
        )
    )
    if order_id is not None and order.phase is Phase.PENDING_NEW:
        work.emit(acceptance(order, order_id))
    if command.cum_qty is not None and (command.cum_qty > order.reported_cum or order.unsized_gap):
        work.emit(ev.GapOpened(order=order.number, cum_qty=command.cum_qty))
    _OUTCOMES[command.outcome](work, order, why)
    ask_for_held(work, order)
    if not is_named or command.avg_px is not None:
        work.emit(*infer_gap(order, command.avg_px))
    if is_named:
        ask(work, order)  # by its number the venue can tell of its fills
    return order, Answer(order=order.number)


def _why_not(work: Work, order: Order, command: Resolve) -> str | None:
    if command.outcome not in _OUTCOMES:
        return f"{command.outcome!r} is none of {', '.join(OUTCOMES)}"
    if not command.evidence.strip():
        return "evidence is needed: what shows it, and where"
    if not order.in_doubt and not order.has_gap and not lacks_number(work, order):
        if not is_disowned(order):
            return "nothing of this order is in doubt, and no fill is missing"
        if command.outcome not in ("canceled", "not-placed"):
            return "the venue does not know the order: say canceled or not-placed"
    return _out_of_phase(order, command) or _wrong_total(order, command)


def _out_of_phase(order: Order, command: Resolve) -> str | None:
    if command.outcome == "filled" and order.order_qty is None and command.cum_qty is None:
        return "the order's quantity is not known: say cum_qty"
    if order.complete and order.in_doubt and command.outcome != "filled":
        return "the venue has said that it is filled: say that"
    if command.outcome == "replaced" and not any(
        each.in_doubt for each in order.requested(RequestKind.REPLACE)
    ):
        return "no replace of it is in doubt: say what became of what is"
    was_seen = not order.requested(RequestKind.NEW) and not is_disowned(order)
    if command.outcome == "not-placed" and (order.cum_qty or was_seen):
        return f"the venue has shown the order ({order.phase.lower()}): say canceled, filled or working"
    if order.phase in ENDED and command.outcome not in (_ENDINGS.get(order.phase), "filled"):
        return f"the order has ended ({order.phase.lower()}): say that, with cum_qty, if fills are missing"
    return None


_ENDINGS: Final = {Phase.CANCELED: "canceled", Phase.EXPIRED: "expired"}


def _wrong_total(order: Order, command: Resolve) -> str | None:
    if command.cum_qty is None:
        return None
    if command.cum_qty < order.cum_qty:
        return "cum_qty is less than the fills that the venue reported"
    if command.outcome == "not-placed" and command.cum_qty:
        return "of an order that was not placed nothing was executed: leave cum_qty out"
    most = _most(order)
    if most is not None and command.cum_qty > most:
        return f"cum_qty is more than the order asks for ({format_decimal(most)})"
    return None


def _most(order: Order) -> Decimal | None:
    """Say how much can have been executed in all, also by a replace whose outcome is unknown; None: nobody knows."""
    asked = [order.total_qty, *(request.order_qty for request in order.requested(RequestKind.REPLACE))]
    known = [quantity for quantity in asked if quantity is not None]
    return max((*known, order.reported_cum)) if known else None


def _drop(work: Work, order: Order, kinds: tuple[RequestKind, ...], why: str) -> None:
    for request in list(order.pending):
        if request.kind in kinds and request.in_doubt:
            work.emit(ev.RequestDropped(order=order.number, request=request.number, reason=why))


def _not_placed(work: Work, order: Order, why: str) -> None:
    work.emit(refusal(order, why, decided=NOT_PLACED))


def _working(work: Work, order: Order, why: str) -> None:
    if order.phase is Phase.PENDING_NEW:
        work.emit(acceptance(order, None))
    _drop(work, order, (RequestKind.CANCEL, RequestKind.REPLACE), why)


def _replaced(work: Work, order: Order, why: str) -> None:
    for request in order.requested(RequestKind.REPLACE):
        if request.in_doubt and is_legal(order, ev.Replaced):
            work.emit(
                ev.Replaced(
                    order=order.number,
                    cl_ord_id=request.cl_ord_id,
                    order_qty=request.order_qty,
                    price=request.price,
                )
            )
    _drop(work, order, (RequestKind.CANCEL,), why)


def _canceled(work: Work, order: Order, why: str) -> None:
    if order.phase not in ENDED:
        work.emit(ev.Canceled(order=order.number, reason=why, decided=CANCELED))


def _filled(work: Work, order: Order, why: str) -> None:
    total = order.order_qty
    if total is not None and (total > order.reported_cum or order.unsized_gap):
        work.emit(ev.GapOpened(order=order.number, cum_qty=total))
    _drop(work, order, tuple(RequestKind), why)


def _expired(work: Work, order: Order, why: str) -> None:
    if order.phase not in ENDED:
        work.emit(ev.Expired(order=order.number, reason=why, decided=EXPIRED))


_OUTCOMES: Final[dict[str, Callable[[Work, Order, str], None]]] = {
    "not-placed": _not_placed,
    "working": _working,
    "replaced": _replaced,
    "canceled": _canceled,
    "filled": _filled,
    "expired": _expired,
}
OUTCOMES: Final = tuple(_OUTCOMES)


def infer(work: Work, number: int) -> None:
    """The venue confirmed a total that no fill explains, and nothing has come since: one fill stands for them."""
    order = work.blotter.orders.get(number)
    if order is None or order.gap <= ZERO:
        return
    if order.phase is Phase.PENDING_NEW:  # the leg that it is of is over, and the next not acknowledged
        work.doubts.infer_later(number, work.now)
        return
    told = f"{format_decimal(order.gap)} executed that no fill explains: inferred from the venue's total"
    events = infer_gap(order, order.stated_px)
    if events:
        work.emit(*events)
        work.alert("FILL_INFERRED", told, order=order)


def resume(work: Work, command: Resume) -> tuple[None, Answer]:
    """Let new orders leave again."""
    if command.session not in work.routes:
        told = f"session {command.session!r} is not configured; configured: {', '.join(sorted(work.routes))}"
        return None, Answer(refusal="INVALID", field="session", text=told)
    if work.blotter.book(command.session).halted is not None:
        work.emit(
            ev.TradingResumed(
                session=command.session, time_ns=work.now, actor=command.actor, origin=command.origin
            )
        )
    return None, Answer()
