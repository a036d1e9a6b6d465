"""What a command says beside the order that it shows: what a cancel waits for, which order this is."""

from typing import Any

from oms.app.client import Client, NoDaemonError, RefusedError
from oms.app.tables import second
from oms.core.values import OrdStatus


def placed_before(order: dict[str, Any]) -> str:
    """Say that an order is not a new one."""
    return (
        f"{order['client_order_id']} was placed before, at {second(order['created'])} UTC: this is that order, and"
        " nothing new was sent"
    )


def rounded(order: dict[str, Any]) -> str | None:
    """Say what was rounded; None if nothing was."""
    changes = [
        f"{name} {order[asked]} to {order[field]}"
        for name, asked, field in (("quantity", "asked_qty", "order_qty"), ("price", "asked_price", "price"))
        if order.get(asked) is not None
    ]
    return f"rounded to the venue's steps: {', '.join(changes)}" if changes else None


def cancel_waits(order: dict[str, Any], client: Client) -> str | None:
    """Say what a cancel that has not left waits for; None if none waits."""
    if "cancel" not in order["waiting"]:
        return None
    return _waits(order, sessions_of(client).get(order["session"]))


def _waits(order: dict[str, Any], session: dict[str, Any] | None) -> str:
    if session is None:
        return "the cancel waits to be sent: its session is not logged on, or an answer comes first"
    if not session["logged_on"]:
        reason = f" ({session['reason']})" if session["reason"] else ""
        return f"the cancel waits to be sent: session {session['name']} is not logged on{reason}"
    if order.get("held"):
        return f"the cancel waits to be sent, and is tried again: {order['held']}"
    if any(request["kind"] == "new" for request in order["pending"]):
        unsure = any(doubt["kind"] == "new" for doubt in order["doubts"])
        state = "in doubt" if unsure else "not acknowledged yet"
        return f"the cancel waits to be sent: the order is {state}"
    return "the cancel waits to be sent: another request of the order is not answered yet"


def sessions_of(client: Client) -> dict[str, dict[str, Any]]:
    """Fetch the sessions by name; a token that may trade only cannot ask."""
    try:
        return {session["name"]: session for session in client.sessions()}
    except (RefusedError, NoDaemonError):
        return {}


def why_open(order: dict[str, Any], session: dict[str, Any] | None, refused: str | None) -> str:
    """Say why an order that was to be canceled is open.

    Args:
        order: the order.
        session: its session; None where it is not known.
        refused: why the daemon did not take the last cancel, if it did not.

    """
    found = [
        f"{doubt['kind']} in doubt since {second(doubt['sent'])} UTC"
        + (f" ({doubt['reason']})" if doubt["reason"] else "")
        for doubt in order["doubts"]
    ]
    if order["cl_ord_id"] is None and not order["pending"]:
        found.append("not sent from here and without a ClOrdID to cancel it by: cancel it where it was given")
    elif "cancel" in order["waiting"]:
        found.append(_waits(order, session))
    elif not found and any(request["kind"] == "cancel" for request in order["pending"]):
        taken = order["ord_status"] == OrdStatus.PENDING_CANCEL
        found.append(
            "the venue has taken the cancel on, and not confirmed it"
            if taken
            else "the cancel has left and has no answer"
        )
    if order["gap"] != "0" or order["gap_unsized"]:
        found.append("fills are missing")
    refusal = order["refusal"]
    if refused is None and refusal is not None and refusal["kind"] == "cancel":
        refused = refusal["reason"]
    if refused is not None:
        found.append(f"the last cancel came to nothing: {refused}")
    return "; ".join(found) or "no cancel is on its way"
