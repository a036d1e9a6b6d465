"""How an order looks from outside: the same object in the API, in replay and on the screen."""

from typing import Any

from oms.core.order import Order, Request
from oms.core.requests import Refusal
from oms.core.times import NS_PER_S, ns_to_iso
from oms.core.values import ORD_STATUS_NAMES, ZERO, format_decimal, format_optional


def order_view(order: Order) -> dict[str, Any]:
    """Describe an order in FIX words.

    Decimals are plain strings, null where unknown; `ord_status` is the FIX code; `cl_ord_id` is the current id of the
    chain; `pending` are the requests that the venue has not answered for good.
    """
    status = order.ord_status
    return {
        "cl_ord_id": order.cl_ord_id,
        "orig_cl_ord_id": order.orig_cl_ord_id,
        "order_id": order.order_id,
        "symbol": order.symbol,
        "side": order.side,
        "ord_status": str(status),
        "ord_status_name": ORD_STATUS_NAMES[status],
        "phase": str(order.phase),
        "order_qty": format_optional(order.order_qty),
        "cum_qty": format_decimal(order.cum_qty),
        "leaves_qty": format_optional(order.leaves_qty),
        "avg_px": format_optional(order.avg_px),
        "price": format_optional(order.price),
        "in_doubt": order.in_doubt,
        "pending": [request_view(request) for request in order.pending],
    }


def request_view(request: Request) -> dict[str, Any]:
    """Describe an unanswered request."""
    return {
        "cl_ord_id": request.cl_ord_id,
        "kind": str(request.kind),
        "price": format_optional(request.price),
        "order_qty": format_optional(request.order_qty),
    }


def full_view(order: Order, now_ns: int) -> dict[str, Any]:
    """Describe an order with all that the desk wants to know: `order_view` and more.

    Args:
        order: the order.
        now_ns: the present, for ages; nanoseconds since the epoch.

    """
    return {
        **order_view(order),
        "id": order.number,
        "client_order_id": order.client_order_id,
        "session": order.session,
        "account": order.account,
        "exchange": order.exchange,
        "ord_type": order.ord_type,
        "time_in_force": order.time_in_force,
        "cash_order_qty": format_optional(order.cash_order_qty),
        "asked_qty": format_optional(order.placed.asked_qty if order.placed else None),
        "asked_price": format_optional(order.placed.asked_price if order.placed else None),
        "gap": format_decimal(order.gap),
        "gap_unsized": order.unsized_gap,
        "reason": order.reason,
        "denial": order.denial,
        "anomalies": order.anomalies,
        "last_anomaly": order.last_anomaly,
        "external": order.external,
        "unconfirmed": order.unconfirmed,
        "inferred": format_decimal(order.inferred.shares if order.inferred else ZERO),
        "fees": {currency: format_decimal(amount) for currency, amount in order.fees.items()},
        "actor": order.actor,
        "origin": order.origin,
        "created": ns_to_iso(order.created_ns),
        "doubts": [
            *_order_doubts(order, now_ns),
            *(doubt_view(order, request, now_ns) for request in order.pending if request.in_doubt),
        ],
        "waiting": [str(request.kind) for request in order.pending if request.waiting],
        "held": next((request.held for request in order.pending if request.held is not None), None),
        "refusal": refusal_view(order.refusal),
    }


def doubt_view(order: Order, request: Request, now_ns: int) -> dict[str, Any]:
    """Describe a request in doubt: what was sent and when, why nobody knows its outcome, what was asked since.

    `questions` have no answer yet; `unknown_at` is when the venue said that it does not know the order; `candidates`
    are the venue's numbers of the orders that could each be it.
    """
    return {
        **request_view(request),
        "request": request.number,
        "reason": request.doubt_reason,
        "sent": ns_to_iso(request.since_ns),
        "age_s": round((now_ns - request.since_ns) / NS_PER_S, 3),
        "questions": order.questions,
        "unknown_at": None if order.unknown_at_ns is None else ns_to_iso(order.unknown_at_ns),
        "candidates": list(request.candidates),
    }


def _order_doubts(order: Order, now_ns: int) -> list[dict[str, Any]]:
    """Describe the doubt whether the venue still has an order; its request is 0, and nothing was sent but questions."""
    doubt = order.doubt
    if doubt is None or not order.is_open:
        return []
    told: dict[str, Any] = {
        "cl_ord_id": order.cl_ord_id,
        "kind": "order",
        "price": format_optional(order.price),
        "order_qty": format_optional(order.order_qty),
        "request": 0,
        "reason": doubt.reason,
        "sent": ns_to_iso(doubt.since_ns),
        "age_s": round((now_ns - doubt.since_ns) / NS_PER_S, 3),
        "questions": order.questions,
        "unknown_at": None,
        "candidates": [],
    }
    return [told]


def refusal_view(refusal: Refusal | None) -> dict[str, Any] | None:
    """Describe what became of the last cancel or replace, where it was nothing."""
    if refusal is None:
        return None
    return {"kind": str(refusal.kind), "cl_ord_id": refusal.cl_ord_id, "reason": refusal.reason}
