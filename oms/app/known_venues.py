"""Whether a venue's name is known here: one that is mistyped must not look like one where nothing is open."""

from oms.app.client import MOST_ORDERS, Client, RefusedError
from oms.app.config_marked import MARKED
from oms.app.notes import sessions_of


def unknown_venue(client: Client, name: str | None) -> str | None:
    """Say that no venue has this name, and which names are known; None: it is known, or none is named.

    Known are the exchanges of listed symbols and of orders on record, and sessions that are venues themselves.

    Raises:
        NoDaemonError: it does not answer.

    """
    if name is None:
        return None
    sessions = sessions_of(client)
    known = {each for each, session in sessions.items() if session.get("kind") in MARKED}
    known |= _listed(client) | _traded(client)
    if name in known or client.orders(exchange=name, limit=1):
        return None
    names = f"known: {', '.join(sorted(known))}" if known else "none is known yet"
    hint = f". {name} is a session: --session {name}" if name in sessions else ""
    return f"no venue is called {name} here, so nothing was canceled; {names}{hint}"


def _listed(client: Client) -> set[str]:
    """Name the exchanges of the symbols that venues list; a venue without questions besides orders lists none."""
    try:
        rows = client.listed("instruments")["instruments"]
    except RefusedError:
        return set()
    return {row["exchange"] for row in rows} - {None}


def _traded(client: Client) -> set[str]:
    """Name the exchanges of the newest orders."""
    return {order["exchange"] for order in client.orders(limit=MOST_ORDERS)} - {None}
