"""Promises that hold in a history of any kind of venue: what the desk was told, and what the journal gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oms.core.inputs import PlaceOrder
from oms.core.views import full_view
from oms.engine import Engine

if TYPE_CHECKING:
    from tests.simulation.stage import Stage


class Broken(AssertionError):  # noqa: N818 - what a promise is
    """A promise that did not hold in a history."""


def check_answers(stage: Stage[Any], wrong: list[str]) -> None:
    """An answer names the order that it is about; no order is created twice."""
    created: dict[str, int] = {}
    orders = stage.engine.blotter.orders
    for instruction, answer in stage.answers:
        placed = instruction if isinstance(instruction, PlaceOrder) else None
        if answer.order is None:
            if answer.refusal is None:
                wrong.append(f"an answer without order and refusal for {instruction}")
            continue
        order = orders.get(answer.order)
        if order is None:
            wrong.append(f"order {answer.order} was answered to the desk, and is not there")
        elif placed is not None and order.client_order_id != placed.client_order_id:
            wrong.append(
                f"{placed.client_order_id} was answered with order {answer.order}, of {order.client_order_id}"
            )
        elif placed is not None and answer.created:
            if placed.client_order_id in created:
                wrong.append(f"{placed.client_order_id} was created twice")
            created[placed.client_order_id] = answer.order
    named = [order.client_order_id for order in orders.values() if not order.external]
    if len(named) != len(set(named)):
        wrong.append("two orders have one client order id")


def check_replay(stage: Stage[Any], wrong: list[str]) -> None:
    """The journal gives the same state, to the byte."""
    engine, again = stage.engine, Engine(stage.engine.routes.values())
    for _, record in stage.journal.read():
        again.recover(record)
    if _picture(again) != _picture(engine):
        wrong.append("the journal gives another state")
    if again.blotter.orders != engine.blotter.orders or again.blotter.books != engine.blotter.books:
        wrong.append("the journal gives other orders or indexes")
    if again.ids.last != engine.ids.last:
        wrong.append("the journal gives another last id")


def _picture(engine: Engine) -> bytes:
    """Write down all orders and positions, as bytes."""
    orders = [full_view(order, 0) for order in engine.blotter.orders.values()]
    return msgspec.json.encode(
        [orders, {str(key): value for key, value in engine.blotter.positions.by_key.items()}]
    )
