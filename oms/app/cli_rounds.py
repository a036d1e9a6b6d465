"""`oms reconcile` and `oms sessions`: what is agreed with the venues, and how the sessions stand."""

import time
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from oms.app.cli_daemon import CODES, Api, AsJson, TokenFile, daemon, fail, print_json, say
from oms.app.client import DEFAULT_URL, Client
from oms.app.notes import sessions_of
from oms.app.tables import sessions_table
from oms.app.tables_unsettled import rounds_table

LOOK_EVERY_S: Final = 0.2
BACK_WITHIN_S: Final = 5.0  # a session that was resumed, most often
_CODES: Final = """

\b
Exit codes: 0 nothing differs; 1 something does, or could not be asked in the time given; 2 an option is wrong;
3 no daemon answers.
"""


def reconcile(
    *,
    session: Annotated[str | None, typer.Option(help="This session only.")] = None,
    timeout_s: Annotated[float, typer.Option(min=0.001, help="How long to wait for the answers.")] = 60.0,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Ask the venues for every open order now, and show what differs between them and us, order by order."""
    with daemon(api, token_file) as client:
        client.reconcile(session)
        rows = _finished(client, session, timeout_s)
    open_ = [reason for row in rows for reason in _why_not(row)]
    if as_json:
        print_json({"agreed": not open_, "sessions": rows})
    else:
        Console().print(rounds_table(rows))
    if open_:
        fail("; ".join(open_))


def _finished(client: Client, session: str | None, timeout_s: float) -> list[dict[str, Any]]:
    """Give the report once no round is under way, or as it is when the time is up."""
    end = time.monotonic() + timeout_s
    while True:
        rows = [row for row in client.reconciliation() if session in (None, row["session"])]
        if not any(row["under_way"] for row in rows) or time.monotonic() >= end:
            return rows
        time.sleep(LOOK_EVERY_S)


def _why_not(row: dict[str, Any]) -> list[str]:
    """Say why a session is not agreed with its venue; empty: it is."""
    name, found = row["session"], []
    if not row["logged_on"]:
        reason = f" ({row['reason']})" if row["reason"] else ""
        found.append(f"session {name} is not logged on{reason}: nothing was asked")
    elif row["under_way"]:
        told = f": {row['uncompared']}" if row.get("uncompared") else ""
        found.append(f"session {name} has not answered in the time given{told}")
    elif row["reconciled_at"] is None:
        found.append(f"session {name} has not been asked")
    count = len(row["differences"])
    return found + ([f"{count} difference{'s' if count > 1 else ''} on session {name}"] if count else [])


def sessions(
    *,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Let new orders leave again by a session whose trading was stopped."
        ),
    ] = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Show the sessions with the venues."""
    with daemon(api, token_file) as client:
        found = client.sessions() if resume is None else [_resumed(client, resume)]
    if as_json:
        print_json({"sessions": found})
    else:
        Console().print(sessions_table(found))
    if resume is not None:
        say(_after_resuming(found[0]))


def _resumed(client: Client, name: str) -> dict[str, Any]:
    """Resume a session, and give it as it stands once it is back, or when it was waited for long enough."""
    found = client.resume(name)
    end = time.monotonic() + BACK_WITHIN_S
    while not _is_back(found) and time.monotonic() < end:
        time.sleep(LOOK_EVERY_S)
        found = sessions_of(client).get(name, found)
    return found


def _is_back(session: dict[str, Any]) -> bool:
    return bool(session["logged_on"]) and _ban(session) is None


def _ban(session: dict[str, Any]) -> str | None:
    banned: str | None = (session.get("rest") or {}).get("banned")
    return banned


def _after_resuming(session: dict[str, Any]) -> str:
    """Say what a resumed session does next."""
    name, banned = session["name"], _ban(session)
    if banned is not None:
        return f"session {name} is left alone: {banned}; find out why before it is resumed once more"
    if session["logged_on"]:
        return f"new orders may leave by session {name}"
    reason = f" ({session['reason']})" if session["reason"] else ""
    return (
        f"session {name} is not logged on yet{reason}; it is tried again by itself, and new orders may leave as soon as"
        " it is: oms sessions"
    )


reconcile.__doc__ = f"{reconcile.__doc__}{_CODES}"
sessions.__doc__ = f"{sessions.__doc__}{CODES}"
