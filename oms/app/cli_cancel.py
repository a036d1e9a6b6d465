"""`oms order cancel`: one order, or everything that is open."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from oms.app.cli_daemon import (
    CODES,
    Api,
    AsJson,
    TokenFile,
    Wait,
    daemon,
    fail,
    print_json,
    say,
    show_order,
)
from oms.app.client import DEFAULT_URL, Client
from oms.app.config_marked import MARKED
from oms.app.known_venues import unknown_venue
from oms.app.notes import cancel_waits, sessions_of, why_open
from oms.app.sweep import Sweep, sweep
from oms.app.tables import orders_counted, own_id, plain, status_word
from oms.app.tables_unsettled import left_table

ONE_TIMEOUT_S: Final = 10.0
ALL_TIMEOUT_S: Final = 60.0


def cancel(  # noqa: PLR0913 - one parameter an option
    any_id: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]", help="Any id: your own, the ClOrdID, the venue's OrderID.", show_default=False
        ),
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Every open order, those in doubt and of others included.")
    ] = False,
    venue: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --all: at this venue only: an exchange like VENUE1, or a session that is a venue itself.",
        ),
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="With --all: of this symbol only.")] = None,
    session: Annotated[str | None, typer.Option(help="With --all: of this session only.")] = None,
    wait: Wait = None,
    timeout_s: Annotated[
        float | None,
        typer.Option(min=0.001, help="How long to wait: 10 with --wait, 60 with --all.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Cancel an order, or all. It is never denied for the order's state: it leaves as soon as it can.

    Exit 0: the cancel is on its way or done; with --wait ack: the order is canceled. 1: it is not, and will not be.
    --all waits until nothing is open, and reports what it could not confirm and why. Exit 0: nothing is open any more.
    1 also where nobody here knows the venue named.
    At WEEX and exchanges of the Cloud API it also finds and cancels open orders that nobody here knew, unless
    `external_orders` is "ignore" there or --session names one of several of an account.
    """
    which = {"exchange": venue, "symbol": symbol, "session": session}
    _check(
        any_id, everything=everything, filters=[name for name, value in which.items() if value is not None]
    )
    if any_id is None:
        if wait is not None:
            message = "--all waits anyway, until nothing is open"
            raise typer.BadParameter(message, param_hint="--wait")
        _cancel_all(which, timeout_s or ALL_TIMEOUT_S, as_json=as_json, api=api, token_file=token_file)
        return
    with daemon(api, token_file) as client:
        order = client.cancel(any_id, wait=wait, timeout_s=timeout_s or ONE_TIMEOUT_S)
        waits = cancel_waits(order, client)
    show_order(order, as_json=as_json)
    _conclude(order, waits, is_waited_for=wait is not None)


def _check(any_id: str | None, *, everything: bool, filters: list[str]) -> None:
    """One order or all: never both, and never by mistake."""
    if everything == (any_id is not None):
        message = "name an ID, or give --all: one of them"
        raise typer.BadParameter(message)
    if filters and not everything:
        message = "--venue, --symbol and --session choose among all: give --all with them"
        raise typer.BadParameter(message)


def _conclude(order: dict[str, Any], waits: str | None, *, is_waited_for: bool) -> None:
    """Say what the cancel waits for, or why the order is not canceled."""
    is_pending = any(request["kind"] == "cancel" for request in order["pending"])
    if is_pending and is_waited_for:
        said = waits or "the cancel has no outcome yet"
        fail(f"{said}. Ask: oms order status {order['cl_ord_id'] or order['order_id']}")
    say(waits)
    if not is_pending and order["phase"] != "CANCELED":
        refusal = order["refusal"]
        is_said = refusal is not None and refusal["kind"] == "cancel" and refusal["reason"]
        why = f"; {refusal['reason']}" if is_said else ""
        fail(f"not canceled: the order is {status_word(order).lower()}{why}")


# --- everything


def _cancel_all(
    which: dict[str, str | None], timeout_s: float, *, as_json: bool, api: str, token_file: Path | None
) -> None:
    with daemon(api, token_file) as client, _progress() as tell:
        meant = _resolved(which, client)
        done = sweep(client, meant, timeout_s, tell)
        unknown = None if done.asked or done.left else unknown_venue(client, meant["exchange"])
        sessions = sessions_of(client) if done.left else {}
    left = [
        {**order, "why": why_open(order, sessions.get(order["session"]), done.refusals.get(order["id"]))}
        for order in done.left
    ]
    if as_json:
        more = {"filled": done.filled, "others_stay": done.staying, "others_unknown": done.unseen}
        given = {name: value for name, value in more.items() if value}
        print_json({"canceling": done.asked, "open": left, **given})
    elif left:
        Console().print(left_table(left))
    say(_filled(done.filled))
    if left:
        fail(f"still open: {orders_counted(len(left))} after {timeout_s:g} s; what is open may be executed")
    if done.unseen:
        fail(
            "nothing is open that is known here; what others have open is not known at"
            f" {_named(done.unseen)}. Say it once more"
        )
    if unknown is not None:
        fail(unknown)
    say(_conclusion(done))


def _conclusion(done: Sweep) -> str:
    """Say that nothing is open any more, and of whom: what others have where theirs stays may be."""
    ours = " of ours" if done.staying else ""
    others = f"; orders of others stay at {_named(done.staying)}" if done.staying else ""
    if not done.asked:
        return f"nothing{ours} was open{others}"
    return f"{orders_counted(done.asked)} asked to go, and nothing{ours} is open any more{others}"


def _named(sessions: dict[str, str]) -> str:
    return ", ".join(f"{name}: {why}" for name, why in sessions.items())


def _filled(orders: list[dict[str, Any]]) -> str | None:
    """Name the orders that need no cancel, and are not settled all the same."""
    if not orders:
        return None
    named = ", ".join(own_id(order) for order in orders)
    return f"filled, with fills missing: {named}; nothing of it is left to cancel"


def _resolved(which: dict[str, str | None], client: Client) -> dict[str, str | None]:
    """Read a venue's name: WEEX and exchanges of the Cloud API have none behind them, and go by their session's."""
    name = which["exchange"]
    session = sessions_of(client).get(name) if name is not None else None
    if session is None or session.get("kind") not in MARKED or which["session"] not in {None, name}:
        return which
    return {**which, "exchange": None, "session": name}


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show what is going on, where somebody looks."""
    if not sys.stderr.isatty():
        yield lambda _text: None
        return
    with Console(stderr=True).status("canceling") as status:
        yield lambda text: status.update(plain(text))


cancel.__doc__ = f"{cancel.__doc__}{CODES}"
