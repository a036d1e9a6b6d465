"""How the sessions with the venues stand, as GET /v1/sessions shows them."""

from collections.abc import Container, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from oms.app.config import Session, SessionSection
from oms.app.config_marked import WeexSection
from oms.core.times import ns_to_iso
from oms.fix.standing import SessionState
from oms.rest.standing import Seen


def session_object(
    session: Session, seen: dict[str, Any], *, fix: SessionState | None, rest: Seen | None, now: int
) -> dict[str, Any]:
    """Describe one session.

    Args:
        session: as it is configured.
        seen: what the loop published of it.
        fix: how its FIX side stands, where it has one.
        rest: how its REST side stands, where it has one.
        now: nanoseconds since the epoch.

    """
    trouble = fix.last_error if fix is not None else rest.reason if rest is not None else None
    return {
        "name": session.name,
        "kind": session.kind,
        "account": session.account,
        "host": session.host,
        "port": session.port,
        **_way(session),
        "external_orders": session.external_orders,
        "market_price": isinstance(session, WeexSection),
        "logged_on": bool(seen.get("logged_on")),
        "since": ns_to_iso(seen["since_ns"]) if seen.get("since_ns") else None,
        "reason": trouble or seen.get("reason"),  # what is noted now is newer than the last end on record
        "halted": seen.get("halted"),
        "round": _round(seen.get("round")),
        "held": _held(seen.get("held", ()), now),
        "rest": _rest(rest),
    }


def sweep_object(name: str, sweeping: Container[str], swept: Mapping[str, int]) -> dict[str, Any]:
    """Describe how far a cancel of everything has come at a session."""
    last_ns = swept.get(name)
    return {
        "canceling_all": name in sweeping,
        "canceled_all": None if last_ns is None else ns_to_iso(last_ns),
    }


def _way(session: Session) -> dict[str, Any]:
    """Say how a session's venue is spoken to."""
    if isinstance(session, SessionSection):
        return {"dialect": session.dialect, "tls": session.tls}
    return {"dialect": None, "tls": urlsplit(session.url).scheme == "https"}


def _rest(rest: Seen | None) -> dict[str, Any] | None:
    """Describe how a venue stands over REST."""
    if rest is None:
        return None
    return {
        "up": rest.up,
        "reason": rest.reason,
        "poll_s": rest.poll_s,
        "age_s": None if rest.age_s is None else round(rest.age_s, 3),
        "banned": rest.banned,
        "keys_out": dict(rest.keys_out),
        "uncompared": rest.uncompared,
    }


def _round(seen: dict[str, Any] | None) -> dict[str, Any] | None:
    """Describe how the last round of questions ended."""
    if seen is None:
        return None
    return {
        "ended": ns_to_iso(seen["ended_ns"]),
        "asked": seen["asked"],
        "unanswered": list(seen["unanswered"]),
    }


def _held(reports: Iterable[dict[str, Any]], now: int) -> list[dict[str, Any]]:
    return [
        {
            "order_id": held["order_id"],
            "exec_id": held["exec_id"],
            "age_s": round((now - held["since_ns"]) / 1e9, 3),
        }
        for held in reports
    ]
