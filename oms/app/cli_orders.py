"""`oms order new`, `oms order status`, `oms orders`: what a desk does by hand, through the daemon's HTTP API."""

import contextlib
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from oms.app.cli_cancel import cancel
from oms.app.cli_changes import replace
from oms.app.cli_daemon import (
    CODES,
    AnyId,
    Api,
    AsJson,
    TimeoutS,
    TokenFile,
    Wait,
    daemon,
    fail,
    print_json,
    say,
    show_order,
)
from oms.app.client import DEFAULT_URL, Client, NoDaemonError, RefusedError
from oms.app.notes import placed_before, rounded
from oms.app.past import past_page
from oms.app.tables import blotter_table, open_points, plain, status_word
from oms.app.tables_unsettled import doubts_table

WATCH_EVERY_S: Final = 0.5

order_app = typer.Typer(
    no_args_is_help=True,
    help="Place, replace, cancel and ask for orders, through a running daemon." + CODES,
)
order_app.command("replace")(replace)
order_app.command("cancel")(cancel)


@order_app.command(
    "new",
    epilog="Example: oms order new --client-order-id a1 --symbol BTCUSDT --side buy"
    " --order-qty 1.5 --price 30000 --exchange VENUE1 --wait ack",
)
def new(  # noqa: PLR0913 - the options are the order object's fields
    *,
    client_order_id: Annotated[
        str,
        typer.Option(
            "--client-order-id",
            "--cl-ord-id",
            help="Your own id. The same again gives the first order, never a second.",
        ),
    ],
    symbol: Annotated[str, typer.Option(help="Like BTCUSDT.")],
    side: Annotated[str, typer.Option(metavar="buy|sell")],
    order_qty: Annotated[str | None, typer.Option(metavar="DECIMAL", help="In base currency.")] = None,
    price: Annotated[str | None, typer.Option(metavar="DECIMAL", help="Limit; WEEX: market too.")] = None,
    exchange: Annotated[str | None, typer.Option(help="The venue, like VENUE1.")] = None,
    ord_type: Annotated[str | None, typer.Option(metavar="limit|market", help="Default: limit.")] = None,
    time_in_force: Annotated[
        str | None, typer.Option(metavar="gtc|ioc|post-only", help="Default: gtc.")
    ] = None,
    cash_order_qty: Annotated[
        str | None, typer.Option(metavar="DECIMAL", help="In quote currency: the size of a market buy.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="The session to send it by.")] = None,
    account: Annotated[str | None, typer.Option(help="The venue account to trade for.")] = None,
    rounding: Annotated[
        bool,
        typer.Option("--round", help="Round to the venue's steps: a buy down, a sell up, quantities down."),
    ] = False,
    wait: Wait = None,
    timeout_s: TimeoutS = 10.0,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Place an order. Exit 0: it is on disk and on its way; with --wait ack: the venue has it."""
    terms = {
        "client_order_id": client_order_id,
        "symbol": symbol,
        "side": side,
        "ord_type": ord_type,
        "time_in_force": time_in_force,
        "order_qty": order_qty,
        "cash_order_qty": cash_order_qty,
        "price": price,
        "exchange": exchange,
        "session": session,
        "account": account,
    }
    given: dict[str, Any] = {name: value for name, value in terms.items() if value is not None}
    given |= {"rounding": True} if rounding else {}
    with daemon(api, token_file) as client:
        order = client.place(given, wait=wait, timeout_s=timeout_s)
        before = f"{placed_before(order)}; " if client.was_there else ""
    show_order(order, as_json=as_json)
    if order["phase"] in {"DENIED", "REJECTED"}:
        fail(f"{before}{status_word(order).lower()}: {'; '.join(open_points(order)) or 'no reason given'}")
    say(before.removesuffix("; "))
    say(rounded(order))
    if wait and any(request["kind"] == "new" for request in order["pending"]):
        fail(f"{_unanswered(order)}. Ask: oms order status {order['cl_ord_id']}")


def _unanswered(order: dict[str, Any]) -> str:
    """Say why nobody knows what became of a new order: an answer that decides nothing is one, too."""
    doubts = [doubt["reason"] for doubt in order["doubts"] if doubt["kind"] == "new" and doubt["reason"]]
    if doubts:
        return f"in doubt: {doubts[0].removesuffix('.')}; the venue may have the order"
    return "the venue has not answered; it may have the order"


@order_app.command("status")
def status(
    any_id: AnyId, *, as_json: AsJson = False, api: Api = DEFAULT_URL, token_file: TokenFile = None
) -> None:
    """Ask the venue how an order stands, and show the order.

    What is shown is what is known when the question leaves; look again for what the answer changed. Where the venue
    cannot be asked, standard error says so.
    """
    with daemon(api, token_file) as client:
        try:
            order = client.ask_status(any_id)
        except RefusedError as refusal:
            if refusal.status not in {403, 503}:
                raise
            say(f"the venue was not asked: {refusal}")
            order = client.order(any_id)
    show_order(order, as_json=as_json)


def orders(  # noqa: PLR0913 - one parameter an option
    *,
    is_open: Annotated[bool, typer.Option("--open", help="Those that may still change.")] = False,
    in_doubt: Annotated[
        bool, typer.Option("--in-doubt", help="Those with a request of unknown outcome.")
    ] = False,
    symbol: Annotated[str | None, typer.Option(help="Those of one symbol.")] = None,
    session: Annotated[str | None, typer.Option(help="Those of one session.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 100,
    watch: Annotated[bool, typer.Option("--watch", help="Keep showing them, until Ctrl-C.")] = False,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="As they stood then, its whole millisecond included: ISO 8601 or a FIX time stamp, UTC."
            " Needs --journal.",
        ),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="From the journal, or the one that a configuration (TOML) names; no daemon is needed.",
        ),
    ] = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """List orders, newest first."""
    if watch and as_json:
        message = "--watch is for people; a program asks again, or reads GET /v1/orders"
        raise typer.BadParameter(message, param_hint="--watch")
    filters: dict[str, Any] = {
        "status": "in_doubt" if in_doubt else "open" if is_open else None,
        "symbol": symbol,
        "session": session,
        "limit": limit,
    }
    if journal is not None or at is not None:
        _show_page(past_page(journal, at, watch=watch, **filters), as_json=as_json)
        return
    with daemon(api, token_file) as client:
        if watch:
            _watch(client, filters)
            return
        page = client.page(**filters)
    _show_page(page, as_json=as_json)
    if in_doubt and not as_json and page["orders"]:
        Console().print(doubts_table(page["orders"]))


for _command in (new, status, orders):
    _command.__doc__ = f"{_command.__doc__}{CODES}"


def _show_page(page: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(page)
    else:
        Console().print(_blotter(page))


def _blotter(page: dict[str, Any]) -> Group:
    more = Text("There are older ones: --limit shows more.", style="dim")
    return Group(blotter_table(page["orders"]), *([more] if page["next"] is not None else []))


def _watch(client: Client, filters: dict[str, str | int | None]) -> None:
    """Show the blotter until Ctrl-C; a daemon that is away for a while does not end it."""
    client.page(**filters)  # the first answer must come
    with (
        contextlib.suppress(KeyboardInterrupt),
        Live(console=Console(), auto_refresh=False, screen=False) as live,
    ):
        shown: Any = ""
        while True:
            try:
                shown = _blotter(client.page(**filters))
                live.update(shown, refresh=True)
            except NoDaemonError as error:
                live.update(Group(shown, Text(plain(error), style="bold red")), refresh=True)
            time.sleep(WATCH_EVERY_S)
