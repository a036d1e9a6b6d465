"""What a command says beside the order that it shows: what a cancel waits for, which order this is."""

from typing import Any

from oms.app.client import Client, NoDaemonError, RefusedError
from oms.app.tables import second


def placed_before(order: dict[str, Any]) -> str:
    """Say that an order is not a new one."""
    return (
        f"{order['client_order_id']} was placed before, at {second(order['created'])} UTC: this is that order, and"
        " nothing new was sent"
    )


def cancel_waits(order: dict[str, Any], client: Client) -> str | None:
    """Say what a cancel that has not left waits for; None if none waits."""
    if "cancel" not in order["waiting"]:
        return None
    session = _session(order["session"], client)
    if session is None:
        return "the cancel waits to be sent: its session is not logged on, or an answer comes first"
    if not session["logged_on"]:
        reason = f" ({session['reason']})" if session["reason"] else ""
        return f"the cancel waits to be sent: session {session['name']} is not logged on{reason}"
    if any(request["kind"] == "new" for request in order["pending"]):
        unsure = any(doubt["kind"] == "new" for doubt in order["doubts"])
        state = "in doubt" if unsure else "not acknowledged yet"
        return f"the cancel waits to be sent: the order is {state}"
    return "the cancel waits to be sent: another request of the order is not answered yet"


def _session(name: str, client: Client) -> dict[str, Any] | None:
    """Find a session; a token that may trade only cannot ask."""
    try:
        return next((session for session in client.sessions() if session["name"] == name), None)
    except (RefusedError, NoDaemonError):
        return None
