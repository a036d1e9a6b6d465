"""Orders of others, when everything is canceled: where they stay, and where nobody has looked for them yet.

WEEX and exchanges of the Cloud API are looked through, one session for each account. That is forgotten when the session
drops or the daemon starts anew, and may fail: only a session's `canceled_all` says that it came to its end.
"""

from typing import Any

from oms.app.config_marked import MARKED

Sessions = dict[str, dict[str, Any]]
Which = dict[str, str | None]


def staying(sessions: Sessions, which: Which) -> dict[str, str]:
    """Say where orders of others stay, and why, by session.

    Args:
        sessions: the sessions, by name.
        which: session, exchange and symbol that are canceled; None: any.

    """
    found = {}
    for name, session in sessions.items():
        if which["session"] not in {None, name}:
            continue
        if session.get("external_orders") == "ignore":
            found[name] = 'external_orders is "ignore"'
        elif which["session"] is not None and len(_sharing(sessions, session)) > 1:
            found[name] = "other sessions share its account"
    return found


def unseen(sessions: Sessions, before: Sessions, which: Which) -> dict[str, str]:
    """Say which venues have not been looked through to the end, and why, by session.

    Args:
        sessions: the sessions now, by name.
        before: the sessions before everything was canceled.
        which: as in `staying`.

    """
    if which["exchange"] is not None:
        return {}
    stays = staying(sessions, which)
    found = {}
    for name, session in sessions.items():
        same = [each for each in _sharing(sessions, session) if each["name"] not in stays]
        meant = which["session"] in {None, name} and same and same[0]["name"] == name
        if meant and not any(_is_new(each, before) for each in same):
            found[name] = _why(same)
    return found


def _sharing(sessions: Sessions, session: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the sessions of an account that is looked through, this one among them."""
    kind, account = session.get("kind"), session["account"]
    if kind not in MARKED:
        return []
    return [each for each in sessions.values() if (each.get("kind"), each["account"]) == (kind, account)]


def _is_new(session: dict[str, Any], before: Sessions) -> bool:
    last = session.get("canceled_all")
    return last is not None and last != before.get(session["name"], {}).get("canceled_all")


def _why(sessions: list[dict[str, Any]]) -> str:
    if any(session.get("canceling_all") for session in sessions):
        return "it is being looked through"
    if any(session["logged_on"] for session in sessions):
        return "the look was not complete, or the session or the daemon began anew meanwhile"
    reason = sessions[0]["reason"]
    return f"not logged on ({reason})" if reason else "not logged on"
