"""Canceling all that is open, by state: asked for once, looked at until nothing is open, never in a tight loop."""

import time
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct, field

from oms.app.client import MOST_ORDERS, Client, NoDaemonError, RefusedError
from oms.app.notes import sessions_of
from oms.app.others import Sessions, staying, unseen
from oms.core.values import OrdStatus

LOOK_EVERY_S: Final = 0.2
ASK_AGAIN_S: Final = 3.0

Tell = Callable[[str], None]


class Sweep(Struct):
    """What came of it: how many orders were asked to go, those that are open all the same, and refusals by number.

    Those that others had at the venue and nobody here knew are among them. `filled`: nothing of them is left to cancel,
    and their fills are missing. `unseen`: the sessions where it is not known what others have open, with the reason;
    `staying`: those where it stays.
    """

    asked: int
    left: list[dict[str, Any]] = field(default_factory=list)
    refusals: dict[int, str] = field(default_factory=dict)
    filled: list[dict[str, Any]] = field(default_factory=list)
    unseen: dict[str, str] = field(default_factory=dict)
    staying: dict[str, str] = field(default_factory=dict)


def sweep(client: Client, which: dict[str, str | None], timeout_s: float, tell: Tell) -> Sweep:
    """Cancel every open order that fits, until none is open or the time is up.

    Args:
        client: the daemon.
        which: session, exchange and symbol; None: any.
        timeout_s: how long to go on, in seconds.
        tell: takes a line of progress.

    Raises:
        NoDaemonError: it does not answer, at the beginning or any more at the end.
        RefusedError: it does not do it at all.

    """
    started = time.monotonic()
    newest = max((order["id"] for order in client.orders(limit=1)), default=0)
    before = sessions_of(client)
    done = Sweep(asked=client.cancel_all(**which), staying=staying(before, which))
    last: dict[int, float] = {}
    began = started  # of the last look for orders of others
    while True:
        is_over = time.monotonic() - started >= timeout_s
        try:
            sessions = (
                sessions_of(client) or before
            )  # before the orders: what a look shows stands among them then
            done.unseen = unseen(sessions, before, which)
            found = client.every_order(status="open", **which)
            done.left = [order for order in found if not is_all_filled(order)]
            done.filled = [order for order in found if is_all_filled(order)]
            if is_over or not (done.left or done.unseen):
                done.asked += _of_others(client, which, newest)
                return done
            tell(_progress(done, time.monotonic() - started))
            _ask_again(client, done, last, started)
            if done.unseen and time.monotonic() - began >= ASK_AGAIN_S and not _is_looking(sessions):
                began = time.monotonic()
                client.cancel_all(
                    **which
                )  # the look was not complete, or is forgotten: the daemon began anew
        except NoDaemonError as error:  # what was asked for is on disk, and goes on when the daemon does
            if is_over:
                raise
            tell(str(error))
        time.sleep(LOOK_EVERY_S)


def _of_others(client: Client, which: dict[str, str | None], newest: int) -> int:
    """Count the orders of others that were found meanwhile and asked to go, also where they went between two looks."""
    found = 0
    page: dict[str, Any] = {"next": None}
    while True:
        page = client.page(**which, limit=MOST_ORDERS, before=page["next"])
        later = [order for order in page["orders"] if order["id"] > newest]
        found += sum(1 for order in later if order["external"])
        if page["next"] is None or len(later) < len(page["orders"]):
            return found


def _ask_again(client: Client, done: Sweep, last: dict[int, float], started: float) -> None:
    """Ask once more where no cancel is open: it was refused, or the order is new."""
    now = time.monotonic()
    for order in done.left:
        number = order["id"]
        if not needs_cancel(order) or now - last.get(number, started) < ASK_AGAIN_S:
            continue
        last[number] = now
        try:
            client.cancel(order["cl_ord_id"] or order["order_id"])
        except RefusedError as error:
            done.refusals[number] = str(error)


def needs_cancel(order: dict[str, Any]) -> bool:
    """Say whether a cancel can be asked for, and none is open. The daemon knows which venue goes by its own numbers."""
    is_named = order["cl_ord_id"] is not None or order["order_id"] is not None
    return is_named and all(request["kind"] != "cancel" for request in order["pending"])


def is_all_filled(order: dict[str, Any]) -> bool:
    """Whether the venue said of a submit that it was filled, and nobody knows yet which order there it is."""
    only_new = all(request["kind"] == "new" for request in order["pending"])
    return only_new and order["ord_status"] == OrdStatus.FILLED


def _is_looking(sessions: Sessions) -> bool:
    """Whether a venue is being looked through for orders that nobody here knew."""
    return any(session.get("canceling_all") for session in sessions.values())


def _progress(done: Sweep, seconds: float) -> str:
    unsure = sum(bool(order["doubts"]) for order in done.left)
    doubts = f", {unsure} in doubt" if unsure else ""
    return f"{len(done.left)} open{doubts}; {done.asked} were asked to go, {seconds:.0f} s ago"
