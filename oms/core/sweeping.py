"""Canceling everything at a venue that goes by its own numbers, the orders that nobody here knew included.

1. Every order has its own cancel on record before anything leaves. The cancels of one turn leave in one effect, so that
   the venue may be asked to cancel all that is open at one request.
2. Then the venue is looked at: what is open there and was not known is adopted, gets its cancel on record, and is the
   next turn. It ends when nothing new is shown.
3. Orders that this desk places meanwhile are none of it: only those of others are added to what was open at first.

It is remembered in memory alone: after a restart the cancels on record are asked about, and whoever wants everything
canceled says so once more; `swept` tells whether that is needed.
"""

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from oms.core.inputs import CancelAll, CancelOpen, OpenShown, Send
from oms.core.messages import CancelOrder
from oms.core.values import External, RequestKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oms.core.order import Order
    from oms.core.work import Route, Work

MOST_TURNS: Final = 20


class Sweep(Struct, frozen=True, kw_only=True):
    """What is being canceled: everything of a symbol, or of all (None), for whom, and which turn it is."""

    symbol: str | None
    turn: int = 1
    actor: str | None = None
    origin: str | None = None


def begin(work: "Work", command: CancelAll) -> None:
    """Begin the first turn on every venue account that is meant as a whole."""
    begun = set()
    for session, route in work.routes.items():
        account = route.account, route.limits.symbol_form
        if account not in begun and _is_meant(work, command, route):
            begun.add(account)
            _turn(work, session, Sweep(symbol=command.symbol, actor=command.actor, origin=command.origin))


def _is_meant(work: "Work", command: CancelAll, route: "Route") -> bool:
    """Whether all orders of the route's account are meant, whoever sent them; some other session may have its own."""
    if not route.sweeps or route.external is External.IGNORE or command.exchange is not None:
        return False
    if not work.blotter.book(route.session).logged_on or command.session not in (None, route.session):
        return False
    same = [each for each in work.routes.values() if each.sweeps and each.account == route.account]
    return command.session is None or len(same) == 1


def _turn(work: "Work", session: str, sweep: Sweep) -> None:
    work.sweeps[session] = sweep
    work.turning.append(session)


def bundle(work: "Work") -> None:
    """Put the cancels that a turn lets go into one effect."""
    for session in work.turning:
        sweep = work.sweeps[session]
        mine = [effect for effect in work.effects if _is_part(effect, session, sweep)]
        taken = {id(effect) for effect in mine}
        work.effects = [effect for effect in work.effects if id(effect) not in taken]
        cancels = tuple(effect for effect in mine if isinstance(effect, Send))
        work.effects.append(
            CancelOpen(session=session, symbol=sweep.symbol, cancels=cancels, turn=sweep.turn)
        )
    work.turning.clear()


def _is_part(effect: object, session: str, sweep: Sweep) -> bool:
    return (
        isinstance(effect, Send)
        and effect.session == session
        and isinstance(effect.message, CancelOrder)
        and sweep.symbol in (None, effect.message.symbol)
    )


def shown(work: "Work", message: OpenShown) -> "Iterator[tuple[Order, Sweep]]":
    """Take in what is open at the venue: give the orders of others that are still to be canceled, or end."""
    sweep = work.sweeps.get(message.session)
    if sweep is None or sweep.turn != message.turn:
        return
    known = work.blotter.book(message.session).by_order_id
    orders = (known.get(order_id) for order_id in message.order_ids)
    more = [order for order in orders if order is not None and _is_to_go(order)]
    if message.fault is not None:
        told = f"whether others have open orders there is not known, and theirs are not canceled: {message.fault}"
        work.alert("CANCEL_ALL_INCOMPLETE", told, session=message.session)
    elif not more:
        work.swept[message.session] = work.now
    if message.fault is not None or not more or sweep.turn >= MOST_TURNS:
        del work.sweeps[message.session]
        return
    for order in more:
        yield order, sweep
    following = Sweep(symbol=sweep.symbol, turn=sweep.turn + 1, actor=sweep.actor, origin=sweep.origin)
    _turn(work, message.session, following)


def _is_to_go(order: "Order") -> bool:
    return order.external and order.is_open and not order.requested(RequestKind.CANCEL)
