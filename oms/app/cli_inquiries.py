"""`oms account` and `oms market`: what a venue says of an account and of its market, asked for now."""

from typing import Annotated, Any, Final

import typer
from rich.console import Console

from oms.app.cli_daemon import CODES, EXIT_USAGE, Api, AsJson, TokenFile, daemon, fail, print_json, say
from oms.app.client import DEFAULT_URL, Client
from oms.app.tables import new_table, text_of

account_app = typer.Typer(no_args_is_help=True, help="What the venue says of an account, asked now." + CODES)
market_app = typer.Typer(no_args_is_help=True, help="What the venue says of its market, asked now." + CODES)

Session = Annotated[
    str | None, typer.Option(help="The session whose venue is asked; needed where there are several.")
]
Anywhere = Annotated[str | None, typer.Option(help="At this exchange only.")]
Exchange = Annotated[str, typer.Option(help="The exchange behind the venue.", show_default=False)]
Symbol = Annotated[str, typer.Argument(help="Like BTCUSDT.", show_default=False)]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="From then on, like 2026-03-01T09:00:00Z.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Until then; without it until now.")]
_EMPTY: Final = "the venue lists nothing"


@account_app.command("status")
def status(
    *,
    exchange: Anywhere = None,
    session: Session = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Show whether the account may trade: OPENED, RESTRICTED (queries only) or SUSPENDED (nothing)."""
    _ask("account", session, {"exchange": exchange}, as_json, (api, token_file))


@account_app.command("activity")
def activity(  # noqa: PLR0913 - one parameter an option
    *,
    since: Since = None,
    until: Until = None,
    session: Session = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """List deposits, withdrawals and transfers, newest first; those of 24 hours without --since."""
    _ask("activity", session, {"since": since, "until": until}, as_json, (api, token_file))


@account_app.command("address")
def address(  # noqa: PLR0913 - one parameter an option
    coin: Annotated[str, typer.Argument(help="The venue's code of a currency on one chain.")],
    *,
    exchange: Exchange,
    session: Session = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Show where to deposit a coin, with the memo where one is needed."""
    _ask("address", session, {"exchange": exchange, "coin": coin}, as_json, (api, token_file))


@account_app.command("currencies")
def currencies(
    *,
    exchange: Exchange,
    session: Session = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """List what may be deposited and withdrawn at an exchange, with limits and smallest fees."""
    _ask("currencies", session, {"exchange": exchange}, as_json, (api, token_file))


@account_app.command("commission")
def commission(  # noqa: PLR0913 - one parameter an option
    symbol: Symbol,
    *,
    exchange: Exchange,
    session: Session = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Show what executions of a symbol cost, as a part of 1."""
    _ask("commission", session, {"exchange": exchange, "symbol": symbol}, as_json, (api, token_file))


@market_app.command("klines")
def klines(  # noqa: PLR0913 - one parameter an option
    symbol: Symbol,
    *,
    exchange: Exchange,
    period: Annotated[
        str, typer.Option(help="The time of one candle: 1m, 5m, 15m, 30m, 1h, 4h, 1d, 1w, 1M.")
    ] = "1m",
    since: Since = None,
    until: Until = None,
    session: Session = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """List candles of a symbol, the latest without --since."""
    which = {"exchange": exchange, "symbol": symbol, "period": period, "since": since, "until": until}
    _ask("klines", session, which, as_json, (api, token_file))


@market_app.command("trades")
def trades(  # noqa: PLR0913 - one parameter an option
    symbol: Symbol,
    *,
    exchange: Exchange,
    session: Session = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """List the latest trades of everybody; the side is the maker's."""
    _ask("trades", session, {"exchange": exchange, "symbol": symbol}, as_json, (api, token_file))


@market_app.command("ticker")
def ticker(  # noqa: PLR0913 - one parameter an option
    symbol: Symbol,
    *,
    exchange: Exchange,
    session: Session = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Show the statistics of 24 hours."""
    _ask("ticker", session, {"exchange": exchange, "symbol": symbol}, as_json, (api, token_file))


def _ask(what: str, session: str | None, which: dict[str, str | None], as_json: bool, where: Any) -> None:  # noqa: ANN401
    with daemon(*where) as client:
        found = client.inquire(session or _only(client), what, which)
    if as_json:
        print_json(found)
        return
    rows = found["rows"]
    if not rows:
        say(_EMPTY)
        return
    names = [name for name in rows[0] if any(row.get(name) not in (None, "") for row in rows)]
    table = new_table(None)
    for name in names:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(text_of(row.get(name)) for name in names))
    Console().print(table)


def _only(client: Client) -> str:
    """Give the session whose venue can be asked, where there is but one."""
    names = [row["session"] for row in client.listed("venues")["venues"]]
    if len(names) != 1:
        known = f"there are {', '.join(names)}" if names else "no session has REST keys"
        fail(f"name the session whose venue is asked by --session: {known}", EXIT_USAGE)
    return str(names[0])
