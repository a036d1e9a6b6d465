"""Money that moves: denied unless the configuration has a lane for it; on record before it leaves; in doubt till known.

1. A movement is on record before anything of it leaves, and leaves at most once: nothing here ever sends it again.
2. What was on its way when the daemon ended is in doubt.
3. While one of a currency at an exchange is unanswered, another is denied: the venue's list could not tell them apart.
4. What the venue has taken on may still be canceled there: it is followed until it is done, and then people are told.
5. A withdrawal that was taken back has not moved: it is refused, by the word of the venue that took it back.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from oms.core import events as ev
from oms.core.inputs import Answer
from oms.core.movements import Lane, Movement, MovementKind, MovementStatus
from oms.core.risk import Denial
from oms.core.times import NS_PER_S
from oms.core.values import ZERO, format_decimal
from oms.core.venue_inputs import MoneyAnswered, MoveMoney, ResolveMoney, TakeBack
from oms.core.work import Route, Work

DAY_NS: Final = 86_400 * NS_PER_S
DONE, NOT_DONE = "done", "not-done"
_SAME: Final = ("kind", "label", "amount", "subject")
_DECIDED: Final[Mapping[MovementStatus, type[ev.MoneyDecided]]] = {
    MovementStatus.SUBMITTED: ev.MoneySubmitted,
    MovementStatus.DONE: ev.MoneyDone,
    MovementStatus.REFUSED: ev.MoneyRefused,
}


_TAKEN_ON: Final = frozenset({MovementStatus.SUBMITTED, MovementStatus.DONE})
_RESOLVABLE: Final = frozenset({MovementStatus.SUBMITTED, MovementStatus.IN_DOUBT})


def move(work: Work, command: MoveMoney) -> Answer:
    """Put a movement on record, or say why it may not leave. The same id again gives the first one."""
    first = _find(work, command.id)
    if first is not None:
        return _repeated(first, command)
    found = _lane(work, command)
    if found is None:
        return _denied(work, command, _no_lane(work, command))
    route, lane = found
    denial = _deny(work, command, route, lane)
    if denial is not None:
        return _denied(work, command, denial)
    work.emit(_requested(command, route, lane, work.now))
    return Answer(created=True)


def take_back(work: Work, command: TakeBack) -> Answer:
    """Put on record that a withdrawal is to be taken back; the same id again gives the first one."""
    withdrawal, first = _find(work, command.withdrawal), _find(work, command.id)
    if withdrawal is None:
        told = f"no movement of money has the id {command.withdrawal!r}"
        return Answer(refusal="NOT_FOUND", field="withdrawal", text=told)
    if first is not None:
        if (first.kind, first.subject) == (MovementKind.WITHDRAWAL_CANCEL, withdrawal.id):
            return Answer()
        return Answer(
            refusal="CONFLICT", field="id", text=f"id {command.id!r} is another movement's; take another"
        )
    denial = _deny_back(work, withdrawal)
    if denial is not None:
        told = f"taking back {withdrawal.id} by {command.actor or 'somebody'}: {denial.code}: {denial.text}"
        work.alert("MONEY_DENIED", told)
        return Answer(refusal=denial.code, text=denial.text)
    work.emit(_back(withdrawal, command, work.now))
    return Answer(created=True)


def _deny_back(work: Work, withdrawal: Movement) -> Denial | None:
    route = work.routes.get(withdrawal.session)
    if route is None or not route.takes_back:
        return Denial("NOT_POSSIBLE", "this venue takes no withdrawal back; ask the venue's people")
    lane = next((lane for lane in route.lanes if lane.label == withdrawal.label), None)
    if lane is None:
        return Denial(
            "MONEY_OFF", f"the configuration has no lane {withdrawal.label!r} any more: see [[money.lane]]"
        )
    is_there = withdrawal.kind == MovementKind.WITHDRAWAL and withdrawal.status in _TAKEN_ON
    if not is_there or withdrawal.log_id is None:
        told = f"{withdrawal.kind} {withdrawal.id} is {withdrawal.status}: only a withdrawal the venue took on can be"
        return Denial("NOT_WITHDRAWN", f"{told} taken back")
    return _deny_second(list(work.blotter.book(withdrawal.session).movements.values()), lane)


def _back(withdrawal: Movement, command: TakeBack, now_ns: int) -> ev.MoneyRequested:
    return ev.MoneyRequested(
        session=withdrawal.session,
        id=command.id,
        time_ns=now_ns,
        account=withdrawal.account,
        kind=str(MovementKind.WITHDRAWAL_CANCEL),
        label=withdrawal.label,
        exchange=withdrawal.exchange,
        currency=withdrawal.currency,
        amount=withdrawal.amount,
        target=withdrawal.log_id,
        subject=withdrawal.id,
        actor=command.actor,
        origin=command.origin,
    )


def _requested(command: MoveMoney, route: Route, lane: Lane, now_ns: int) -> ev.MoneyRequested:
    return ev.MoneyRequested(
        session=route.session,
        id=command.id,
        time_ns=now_ns,
        account=route.account,
        kind=lane.kind,
        label=lane.label,
        exchange=lane.exchange,
        currency=lane.currency,
        amount=command.amount,
        address=lane.address,
        memo=lane.memo,
        target=lane.target,
        inward=lane.inward,
        subject=command.subject,
        actor=command.actor,
        origin=command.origin,
    )


def answered(work: Work, message: MoneyAnswered) -> None:
    """Take in what became of a movement; what is decided stays decided."""
    movement = work.blotter.book(message.session).movements.get(message.id)
    if movement is None or not movement.is_open or message.status == movement.status:
        return
    kind = _DECIDED.get(MovementStatus(message.status))
    if kind is not None:
        decided = kind(
            session=message.session,
            id=message.id,
            time_ns=work.now,
            reason=message.reason,
            log_id=message.log_id,
            moved=message.moved,
            fee=message.fee,
            asset=message.asset,
        )
        _tell_canceled(work, movement, decided)
        _decide(work, movement, decided)
    elif movement.status == MovementStatus.REQUESTED:
        _doubt(work, movement, message.reason or "no answer")


def _tell_canceled(work: Work, movement: Movement, decided: ev.MoneyDecided) -> None:
    if isinstance(decided, ev.MoneyRefused) and movement.status == MovementStatus.SUBMITTED:
        told = (
            f"{movement.kind} {movement.id} of {format_decimal(movement.amount)} {movement.currency} from"
            f" {movement.exchange} was taken on by the venue, and came to nothing there: {decided.reason}"
        )
        work.alert("MONEY_CANCELED", told, session=movement.session)


def _decide(work: Work, movement: Movement, decided: ev.MoneyDecided) -> None:
    """Put a decision on record, and what follows for the withdrawal that it takes back."""
    work.emit(decided)
    if isinstance(decided, ev.MoneyDone) and movement.kind == MovementKind.WITHDRAWAL_CANCEL:
        told = f"taken back at the venue: {movement.id}"
        work.emit(
            ev.MoneyRefused(
                session=movement.session, id=movement.subject or "", time_ns=work.now, reason=told
            )
        )


def resolve(work: Work, command: ResolveMoney) -> Answer:
    """Take a person's word for a movement in doubt, or for one that the venue does not end."""
    movement = _find(work, command.id)
    if movement is None:
        return Answer(refusal="NOT_FOUND", field="id", text=f"no movement of money has the id {command.id!r}")
    if movement.status not in _RESOLVABLE:
        told = f"movement {movement.id} is not in doubt: it is {movement.status}"
        return Answer(refusal="NOT_IN_DOUBT", field="id", text=told)
    if command.outcome not in {DONE, NOT_DONE}:
        told = f"outcome {command.outcome!r} is not known; known are {DONE} and {NOT_DONE}"
        return Answer(refusal="INVALID", field="outcome", text=told)
    kind = ev.MoneyDone if command.outcome == DONE else ev.MoneyRefused
    decided = kind(
        session=movement.session,
        id=movement.id,
        time_ns=work.now,
        reason=f"resolved by {command.actor or 'somebody'}: {command.evidence}",
        actor=command.actor,
        origin=command.origin,
    )
    _decide(work, movement, decided)
    return Answer()


def start(work: Work) -> None:
    """Whatever was on its way when the daemon ended is in doubt."""
    for _, book in sorted(work.blotter.books.items()):
        for movement in book.movements.values():
            if movement.status == MovementStatus.REQUESTED:
                _doubt(work, movement, "the daemon was restarted before the answer")


def _doubt(work: Work, movement: Movement, reason: str) -> None:
    work.emit(ev.MoneyInDoubt(session=movement.session, id=movement.id, time_ns=work.now, reason=reason))
    told = (
        f"{movement.kind} {movement.id} of {format_decimal(movement.amount)} {movement.currency} from"
        f" {movement.exchange} is in doubt: {reason}. It is not sent again: look at the venue, then oms money resolve"
    )
    work.alert("MONEY_IN_DOUBT", told, session=movement.session)


# --- why not --------------------------------------------------------------------------------------------------------


def _deny(work: Work, command: MoveMoney, route: Route, lane: Lane) -> Denial | None:
    amount, most = command.amount, lane.max_amount
    if amount <= ZERO:
        return Denial("NOT_POSITIVE", f"amount {format_decimal(amount)} is not above 0")
    if amount > most:
        told = f"amount {format_decimal(amount)} is above the limit {format_decimal(most)} of {lane.label}"
        return Denial("MAX_AMOUNT", told)
    movements = work.blotter.book(route.session).movements.values()
    spent = [
        each.amount
        for each in movements
        if (each.label, each.kind) == (lane.label, lane.kind)
        and each.status != MovementStatus.REFUSED
        and work.now - each.time_ns < DAY_NS
    ]
    if lane.max_daily is not None and sum(spent, amount) > lane.max_daily:
        told = f"with what went in the last 24 hours it would come to {format_decimal(sum(spent, amount))}"
        return Denial("MAX_DAILY", f"{told}; the limit of {lane.label} is {format_decimal(lane.max_daily)}")
    return _deny_second(list(movements), lane)


def _deny_second(movements: list[Movement], lane: Lane) -> Denial | None:
    for each in movements:
        if each.is_unanswered and (each.exchange, each.currency) == (lane.exchange, lane.currency):
            told = (
                f"{each.kind} {each.id} of {each.currency} from {each.exchange} is not decided: {each.status}"
            )
            return Denial("MONEY_OPEN", told)
    return None


def _denied(work: Work, command: MoveMoney, denial: Denial) -> Answer:
    told = f"{command.kind} {command.id} by {command.actor or 'somebody'}: {denial.code}: {denial.text}"
    work.alert("MONEY_DENIED", told)
    return Answer(refusal=denial.code, text=denial.text)


def _no_lane(work: Work, command: MoveMoney) -> Denial:
    known = sorted(lane.label for _, lane in _lanes(work) if lane.kind == command.kind)
    if not known:
        return Denial("MONEY_OFF", f"the configuration allows no {command.kind}: see [[money]]")
    told = f"there is no {command.kind} {command.label!r}; the configuration has {', '.join(known)}"
    return Denial("UNKNOWN_LABEL", told)


def _repeated(first: Movement, command: MoveMoney) -> Answer:
    names = [name for name in _SAME if getattr(first, name) != getattr(command, name)]
    if not names:
        return Answer()
    told = f"id {command.id!r} was used for a movement with another {', '.join(names)}; take another id"
    return Answer(refusal="CONFLICT", field=names[0], text=told)


# --- looking up -----------------------------------------------------------------------------------------------------


def _find(work: Work, any_id: str) -> Movement | None:
    found = (book.movements.get(any_id) for book in work.blotter.books.values())
    return next((movement for movement in found if movement is not None), None)


def _lanes(work: Work) -> Iterator[tuple[Route, Lane]]:
    for route in work.routes.values():
        for lane in route.lanes:
            yield route, lane


def _lane(work: Work, command: MoveMoney) -> tuple[Route, Lane] | None:
    fits = ((route, lane) for route, lane in _lanes(work) if lane.label == command.label)
    return next(((route, lane) for route, lane in fits if lane.kind == command.kind), None)
