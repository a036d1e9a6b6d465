"""What must hold when a history has settled.

The blotter is compared with the venue for every order that the venue took. They agree in status, CumQty, LeavesQty and
AvgPx, with this exception: a fill whose report never got into our journal (lost with a connection, or told to nobody)
cannot be had back over FIX. Then the difference must be *visible* on the order, which is accepted as:

- an inferred fill, which brings CumQty to the venue's; or
- a sized gap (`reported_cum` above `cum_qty`): what the fills give plus the gap is exactly the venue's CumQty; or
- an unsized gap, only in the documented form, which has no CumQty: the venue's CumQty is not below ours.

One loss cannot be seen: that of a late fill, of an order whose Canceled had arrived before. After a logon the engine
asks for open orders; this one was over.

In either case the venue's end is known: an order that is canceled there is canceled here, one that is filled there is
filled or shows a sized gap up to its quantity. A gap where no fill was lost is a failure in the full form; in the
documented form it is allowed where a connection was lost or a question asked while the order was open, for there
nothing can prove that nothing was missed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from oms.core.endings import CANCELED
from oms.core.values import AVG_PX_STEP, ENDED, WIDE, OrdStatus, Phase, RequestKind
from oms.fix.codec import split
from oms.sim.reports import Form
from oms.sim.terms import OrderView, Status
from tests.simulation.held import Broken, check_answers, check_replay
from tests.simulation.plan import S
from tests.simulation.process import SESSION

if TYPE_CHECKING:
    from oms.core.order import Order
    from oms.ports import Journal
    from tests.simulation.world import World

ZERO = Decimal(0)
BEFORE_IT_LEFT = "canceled before it was sent"


def check(world: World) -> None:
    """Check everything; raise `Broken` with all that is wrong."""
    wrong: list[str] = []
    received = received_exec_ids(world.journal)
    _check_wire(world, wrong)
    _check_orders(world, received, wrong)
    check_answers(world, wrong)
    _check_positions(world, wrong)
    check_replay(world, wrong)
    if wrong:
        raise Broken("\n".join(wrong))


MOST_TAKEN_BACK = 3
"""So often an excess is taken back, each time by a cancel of our own (oms.core.replacing)."""


def received_exec_ids(journal: Journal) -> set[str]:
    """Collect the ExecIDs of all reports of executions that were committed."""
    found = set()
    for _, record in journal.read():
        if record.kind == "received" and record.raw is not None:
            fields = split(record.raw)
            if fields.get("150") in ("1", "2") and "17" in fields:
                found.add(fields["17"])
    return found


def _check_wire(world: World, wrong: list[str]) -> None:
    wrong += [f"{name}: sent {n} times as a new order" for name, n in world.venue.news.items() if n > 1]
    age_s = world.now / S
    for name, count in world.venue.questions.items():
        if count > 20 + 6 * (world.logons + world.starts) + age_s / 10:
            wrong.append(f"{name}: {count} questions in {age_s:.0f} s and {world.logons} logons")
    asked = {}
    for name, n in world.asked.items():
        for order in world.engine.blotter.search(name):
            taken_back = MOST_TAKEN_BACK if order.chain is not None else 0
            asked.update(dict.fromkeys(_ids(order), n + taken_back))
    for name, count in world.venue.cancels.items():
        if count > 3 * asked.get(name, 0):
            wrong.append(f"{name}: {count} cancels sent, {asked.get(name, 0)} asked for")


def _check_orders(world: World, received: set[str], wrong: list[str]) -> None:
    book = world.engine.blotter.book(SESSION)
    views = world.venue.orders()
    for cl_ord_id, view in views.items():
        order = book.by_cl_ord_id.get(cl_ord_id)
        if order is None:
            wrong.append(f"{cl_ord_id}: at the venue, and not in the blotter")
            continue
        is_leg = order.chain is not None and order.chain.number > 0
        wanted = [(p.side, p.order_qty, p.price) for p in world.wanted[order.client_order_id or ""]]
        quantities = {view.qty} if not is_leg else {qty for _, qty, _ in wanted}
        if not any((view.side, qty, view.price) in wanted for qty in quantities):
            wrong.append(f"{cl_ord_id}: the venue has other terms than were wanted")
    adopted = _adopted(world)
    for order in world.engine.blotter.orders.values():
        if order.number in adopted:
            continue
        if order.external:
            wrong.append(f"{order.cl_ord_id}: taken for an order of others")
        legs = [name for name in _ids(order) if name in views]
        if legs:
            texts = _differences(
                world, order, _whole(order, views, legs), received, _fills(world, order, legs)
            )
            wrong += [f"{order.cl_ord_id} (c, {order.client_order_id}): {text}" for text in texts]
            wrong += _held_at_once(world, order, legs)
        else:
            wrong += [f"{order.cl_ord_id} ({order.client_order_id}): {text}" for text in _unplaced(order)]
    if book.held:
        wrong.append(f"reports are held: {sorted(book.held)}")


def _adopted(world: World) -> set[int]:
    """Name orders that a wrong word ended, and the orders of others as which they went on.

    The venue refused to say what a report without ClOrdID was of. It counts once, and people are told.
    """
    orders = world.engine.blotter.orders.values()
    told = {
        order.number for order in orders if order.ended_here and "ID_CONFLICT" in (order.last_anomaly or "")
    }
    return told | {order.number for order in orders if told and order.external}


def _ids(order: Order) -> list[str]:
    """List the ClOrdIDs of an order's legs, oldest first."""
    chain = order.chain
    earlier = [name for name in chain.earlier if name.isdigit()] if chain is not None else []
    return [*earlier, order.cl_ord_id or ""]


def _whole(order: Order, views: dict[str, OrderView], legs: list[str]) -> OrderView:
    """Add the legs up; one that was rejected, or never came, leaves the order canceled."""
    last = views[legs[-1]]
    if len(_ids(order)) == 1:
        return last
    over = last.status is Status.REJECTED or legs[-1] != order.cl_ord_id
    cum_qty = sum((views[name].cum_qty for name in legs), ZERO)
    status = Status.PARTIALLY_FILLED if last.status is Status.NEW and cum_qty else last.status
    return replace(
        last,
        cum_qty=cum_qty,
        notional=sum((views[name].notional for name in legs), ZERO),
        status=Status.CANCELED if over else status,
        qty=sum((views[name].cum_qty for name in legs[:-1]), ZERO) + (last.qty or ZERO),
        order_id=order.order_id or "" if over else last.order_id,
    )


def _fills(world: World, order: Order, legs: list[str]) -> set[str]:
    found = set()
    for number, name in enumerate(_ids(order)):
        if name in legs:
            ending = f"/leg{number}" if number else ""
            found |= {exec_id + ending for exec_id in world.venue.fills.get(name, {})}
    return found


def _held_at_once(world: World, order: Order, legs: list[str]) -> list[str]:
    """The venue never held more of an order than was wanted: what was executed and what could still be."""
    if len(legs) == 1:
        return []
    most = max((p.order_qty or ZERO for p in world.wanted[order.client_order_id or ""]), default=ZERO)
    sums = [sum((sum(held[name]) for name in legs if name in held), ZERO) for held in world.venue.moments]
    late = any(set(world.venue.fills.get(name, {})) & world.venue.late_fills for name in legs)
    return [f"{max(sums)} in the market, {most} wanted"] if max(sums) > most and not late else []


def _unplaced(order: Order) -> list[str]:
    """An order that the venue does not have."""
    wrong: list[str] = []
    if order.ended_here is not None and order.ended_here.outcome == CANCELED:
        return wrong  # so a person said: it is over, and was never there
    if order.phase not in (Phase.DENIED, Phase.REJECTED) and order.reason != BEFORE_IT_LEFT:
        wrong.append(f"is {order.phase}, and the venue does not have it")
    if order.pending:
        wrong.append(f"not at the venue, and waits for {[str(r.kind) for r in order.pending]}")
    if order.cum_qty or order.has_gap:
        wrong.append("not at the venue, and has fills or a gap")
    return wrong


def _differences(
    world: World, order: Order, view: OrderView, received: set[str], fills: set[str]
) -> list[str]:
    wrong = []
    heard = {name for name in fills if name.split("/")[0] in received}
    if set(order.executions) != heard:
        wrong.append(f"counted {sorted(order.executions)}, received {sorted(heard)}")
    lost = {name for name in fills if name.split("/")[0] not in received}
    if (
        lost
        and {name.split("/")[0] for name in lost} <= world.venue.late_fills
        and not order.has_gap
        and order.phase is Phase.CANCELED
    ):
        return wrong
    if order.cum_qty != view.cum_qty and not lost:
        wrong.append(f"CumQty {order.cum_qty}, the venue has {view.cum_qty}")
    wrong += _gap(world, order, view, lost=bool(lost))
    wrong += _status(order, view)
    wrong += _pending(world, order, view)
    if not lost and order.avg_px != _average(view):
        wrong.append(f"AvgPx {order.avg_px}, the venue has {_average(view)}")
    if view.status is not Status.REJECTED and (order.order_id or "") != view.order_id:
        wrong.append(f"OrderID {order.order_id}, the venue has {view.order_id}")
    return wrong


def _gap(world: World, order: Order, view: OrderView, *, lost: bool) -> list[str]:
    if order.inferred is not None and order.cum_qty == view.cum_qty:
        return [] if lost else ["a fill is inferred, and none was lost"]
    if not order.has_gap:
        return [f"silently different: CumQty {order.cum_qty}, the venue has {view.cum_qty}"] if lost else []
    if order.unsized_gap and world.plan.form is Form.DOCUMENTED:
        return (
            []
            if order.reported_cum <= view.cum_qty
            else [f"a gap to {order.reported_cum}, the venue has {view.cum_qty}"]
        )
    if not lost:
        return [f"a gap of {order.gap} (unsized: {order.unsized_gap}), and no fill was lost"]
    if order.reported_cum != view.cum_qty:
        return [f"a gap to {order.reported_cum}, the venue has {view.cum_qty}"]
    return []


def _status(order: Order, view: OrderView) -> list[str]:
    if view.status is Status.REJECTED and order.ended_here is not None:
        return []  # over by a person's word, and there too
    if view.status is Status.FILLED and order.ended_here is not None and order.is_filled:
        return []  # a person called it canceled, and its fills came: that makes it Filled
    phases = {Status.CANCELED: Phase.CANCELED, Status.REJECTED: Phase.REJECTED}
    if view.status is Status.CANCELED and view.cum_qty == view.qty and order.is_filled:
        return []  # a late fill was all that was left: Filled precedes Canceled (FIX 4.2, precedence of OrdStatus)
    if view.status is Status.CANCELED and order.chain is not None and order.is_filled:
        return []  # replaced by what was executed already: that makes it Filled (Appendix D, D11)
    told = f"{order.phase} with OrdStatus {order.ord_status}, the venue has {view.status}"
    if order.phase is not phases.get(view.status, Phase.WORKING):
        return [told]
    if order.has_gap:
        return []
    is_new = order.ord_status == OrdStatus.REPLACED and view.status is Status.NEW
    if str(order.ord_status) != view.status and not is_new:
        return [told]
    return (
        []
        if order.leaves_qty == view.leaves_qty
        else [f"LeavesQty {order.leaves_qty}, the venue has {view.leaves_qty}"]
    )


def _pending(world: World, order: Order, view: OrderView) -> list[str]:
    """Nothing waits that the venue could have answered; only a cancel given up may stay, and it has its alert."""
    wrong = []
    for request in order.pending:
        given_up = request.kind is RequestKind.CANCEL and view.status.open and request.tries >= 3
        alerts = [*world.alerts, *(world.process.alerts if world.process else [])]
        alerted = any(a.code == "CANCEL_WITHOUT_EFFECT" and a.order == order.number for a in alerts)
        if not (given_up and alerted):
            doubt = "in doubt" if request.in_doubt else "waiting" if request.waiting else "unanswered"
            wrong.append(f"{request.kind} is {doubt} ({request.doubt_reason}, {request.tries} tries)")
    if order.is_open and not order.pending and order.phase in ENDED:
        wrong.append("ended, and open")
    return wrong


def _average(view: OrderView) -> Decimal:
    return WIDE.quantize(WIDE.divide(view.notional, view.cum_qty), AVG_PX_STEP) if view.cum_qty else ZERO


def _check_positions(world: World, wrong: list[str]) -> None:
    sums: dict[tuple[str | None, str], Decimal] = defaultdict(Decimal)
    for order in world.engine.blotter.orders.values():
        shares = sum((execution.shares for execution in order.executions.values()), ZERO)
        shares += order.inferred.shares if order.inferred is not None else ZERO
        sums[order.account, order.symbol] += shares if order.side == "1" else -shares
    positions = world.engine.blotter.positions.by_key
    for key, total in sums.items():
        held = positions[key].qty if key in positions else ZERO
        if held != total:
            wrong.append(f"position {key} is {held}, the fills give {total}")
