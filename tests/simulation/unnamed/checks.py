"""What must hold when a history of a venue without client order ids has settled.

1. No order twice: a submit leaves once (again only after a refused nonce), and the venue took it on at most once.
2. None lost: every order that the venue took from us is known here by its number, and is the one that sent it.
3. The blotter is as the venue has it: number, status, CumQty, AvgPx and every execution.
4. "Not placed" only where the venue has none, and after two full looks past the fence.
5. Nothing is in doubt, but a submit that several orders fit: then a person is told, and that is counted.
6. Never more than wanted in the market: what the legs of an order executed, and what the last of them still can.
7. The desk was told of the order that it asked for, and of each once; see `tests.simulation.held`.
8. The journal gives the same state, to the byte.

Where somebody places an order by hand with exactly the terms of a submit in doubt, nobody can tell the two apart: there
such an order may stand for ours, or leave it ambiguous; but not one that was there before the submit, and not where a
look showed both.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from oms.core.values import AVG_PX_STEP, ENDED, WIDE, Phase, RequestKind
from oms.sim.terms import Status
from tests.simulation.held import Broken, check_answers, check_replay
from tests.simulation.unnamed.venues import OTHERS

if TYPE_CHECKING:
    from oms.core.order import Order
    from tests.simulation.unnamed.venues import View
    from tests.simulation.unnamed.world import World

ZERO = Decimal(0)
BEFORE_IT_LEFT = "canceled before it was sent"


def check(world: World) -> None:
    """Check everything; raise `Broken` with all that is wrong."""
    wrong = list(world.wrong)
    views = world.venue.orders()
    _check_submits(world, views, wrong)
    _check_known(world, views, wrong)
    for order in world.engine.blotter.orders.values():
        if not order.external:
            named = f"{order.cl_ord_id} ({order.client_order_id})"
            wrong += [f"{named}: {text}" for text in _differences(world, order, views)]
    _check_looks(world, wrong)
    _check_positions(world, wrong)
    check_answers(world, wrong)
    check_replay(world, wrong)
    if wrong:
        raise Broken("\n".join(wrong))


def ambiguous(world: World) -> int:
    """Count the orders that a person has to decide."""
    return sum(world.is_ambiguous(order) for order in world.engine.blotter.orders.values())


def _check_submits(world: World, views: dict[str, View], wrong: list[str]) -> None:
    """Compare what left with what the venue took on."""
    for name, count in world.network.sent.items():
        if count > 1 + world.network.refused_nonces[name]:
            wrong.append(f"{name}: sent {count} times")
    seen: dict[str, str] = {}
    for view in views.values():
        if view.by != OTHERS:
            if view.by in seen:
                wrong.append(f"{view.by}: is twice at the venue, as {seen[view.by]} and {view.order_id}")
            seen[view.by] = view.order_id


def _check_known(world: World, views: dict[str, View], wrong: list[str]) -> None:
    """Every order that the venue took from us is the one here that sent it; nobody else's is ours."""
    names = {name: order for order in world.engine.blotter.orders.values() for name in _names(order)}
    ids: dict[str, Order] = {}
    for order in world.engine.blotter.orders.values():
        if not order.external:
            ids |= dict.fromkeys([*(order.chain.earlier if order.chain else ()), order.order_id or ""], order)
    for number, view in views.items():
        known = ids.get(number)
        if view.by == OTHERS:
            if known is not None and number not in world.twins:
                wrong.append(f"{number}: somebody else's, and taken for {known.cl_ord_id}")
            continue
        sender = names.get(view.by)
        if sender is None:
            wrong.append(f"{view.by}: at the venue as {number}, and not in the blotter")
        elif world.is_ambiguous(sender):
            continue
        elif (
            known is not sender and not _is_excused(world, sender) and not _has_no_number(world, sender, view)
        ):
            wrong.append(f"{view.by}: is {number} at the venue ({view.status}), which nobody here knows")


def _check_looks(world: World, wrong: list[str]) -> None:
    """Nothing is decided by fewer looks than it takes, nor where several orders fit."""
    for order in world.engine.blotter.orders.values():
        wrong += [
            f"{name}: taken for {order.order_id}, although {sorted(world.several[name])} fit"
            for name in _names(order)
            if order.order_id in world.twins and order.order_id in world.several.get(name, ())
        ]
        if "full looks found nothing" in (order.reason or "") and world.past_fence[order.cl_ord_id or ""] < 2:
            wrong.append(
                f"{order.cl_ord_id}: not placed, after {world.past_fence[order.cl_ord_id or '']} looks"
            )


def _has_no_number(world: World, order: Order, view: View) -> bool:
    """Whether the venue never told the number: what fills at once has none, and its executions bear another's."""
    nameless = world.plan.manner.as_maker and view.status is Status.FILLED
    return nameless and (order.chain is not None or not (order.order_id or "-").isdigit())


def _is_excused(world: World, order: Order) -> bool:
    """Whether somebody placed orders like this one by hand, so that nobody can tell them apart."""
    views = world.venue.orders()
    likes = {views[number].terms[:2] for number in world.twins if number in views}
    return (order.symbol, order.side) in likes


def _names(order: Order) -> list[str]:
    earlier = [name for name in order.chain.earlier if name not in (None, "")] if order.chain else []
    return [*earlier, order.cl_ord_id or "", *order.replaces]


def _differences(world: World, order: Order, views: dict[str, View]) -> list[str]:
    if world.is_ambiguous(order) or _is_excused(world, order):
        return []
    names = set(_names(order))
    legs = sorted((view for view in views.values() if view.by in names), key=lambda view: int(view.order_id))
    if not legs:
        return _unplaced(order)
    wrong = [*_totals(world, order, legs), *_pending(order), *_status(order, legs)]
    most = max(
        (placed.order_qty or ZERO for placed in world.wanted[order.client_order_id or ""]), default=ZERO
    )
    held = sum((view.cum_qty for view in legs[:-1]), ZERO) + legs[-1].qty
    if held > most and len(legs) > 1:
        wrong.append(f"{held} in the market, {most} wanted")
    wanted = [(p.symbol, p.side, p.price) for p in world.wanted[order.client_order_id or ""]]
    wrong += [
        f"{view.order_id} has other terms than were wanted"
        for view in legs
        if (view.symbol, view.side, view.price) not in wanted
    ]
    return wrong


def _unplaced(order: Order) -> list[str]:
    wrong = []
    if order.phase not in (Phase.DENIED, Phase.REJECTED) and order.reason != BEFORE_IT_LEFT:
        wrong.append(f"is {order.phase}, and the venue does not have it")
    if order.pending:
        wrong.append(f"not at the venue, and waits for {[str(r.kind) for r in order.pending]}")
    if order.cum_qty or order.has_gap:
        wrong.append("not at the venue, and has fills or a gap")
    return wrong


def _totals(world: World, order: Order, legs: list[View]) -> list[str]:
    wrong = []
    cum_qty = sum((view.cum_qty for view in legs), ZERO)
    notional = sum((view.notional for view in legs), ZERO)
    if order.cum_qty != cum_qty:
        wrong.append(f"CumQty {order.cum_qty}, the venue has {cum_qty}")
    if order.has_gap:
        wrong.append(f"a gap of {order.gap}")
    if world.plan.manner.as_maker:
        return wrong  # rows without a number of ours: what cannot be told apart is inferred
    fills = {fill for view in legs for fill in view.fills}
    counted = {key.split("/")[0] for key in order.executions}
    if counted != fills:
        wrong.append(f"counted {sorted(counted)}, the venue has {sorted(fills)}")
    average = WIDE.quantize(WIDE.divide(notional, cum_qty), AVG_PX_STEP) if cum_qty else ZERO
    if order.avg_px != average:
        wrong.append(f"AvgPx {order.avg_px}, the venue has {average}")
    return wrong


def _status(order: Order, legs: list[View]) -> list[str]:
    last = legs[-1]
    told = f"{order.phase} with OrdStatus {order.ord_status}, the venue has {last.status} of {last.order_id}"
    if order.cl_ord_id != last.by and last.status.open:
        return [f"the venue has a leg {last.by} open that is not the present one"]
    if last.status.open and (order.phase is not Phase.WORKING or order.is_filled):
        return [told]
    if not last.status.open and order.is_open and not order.is_filled:
        return [told]
    if last.status is Status.FILLED and len(legs) == 1 and not order.is_filled and order.phase not in ENDED:
        return [told]
    return []


def _pending(order: Order) -> list[str]:
    """Nothing waits that the venue could have answered; a cancel given up has its alert."""
    return [
        f"{request.kind} is {'in doubt' if request.in_doubt else 'open'} ({request.doubt_reason})"
        for request in order.pending
        if request.kind is not RequestKind.CANCEL or request.tries < 3
    ]


def _check_positions(world: World, wrong: list[str]) -> None:
    sums: dict[tuple[str | None, str], Decimal] = {}
    for order in world.engine.blotter.orders.values():
        key = order.account, order.symbol
        sums[key] = sums.get(key, ZERO) + (order.cum_qty if order.side == "1" else -order.cum_qty)
    positions = world.engine.blotter.positions.by_key
    for key, total in sums.items():
        held = positions[key].qty if key in positions else ZERO
        if held != total:
            wrong.append(f"position {key} is {held}, the fills give {total}")
