"""`oms instruments`, `oms prices`, `oms balances`, `oms positions`, `oms venues`: what is known besides orders."""

import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from oms.app.cli_daemon import CODES, Api, AsJson, TokenFile, daemon, print_json
from oms.app.client import DEFAULT_URL, NoDaemonError
from oms.app.tables import new_table, plain, second

WATCH_EVERY_S: Final = 0.5
STALE_STYLE: Final = "bold black on yellow"
Rows = list[dict[str, Any]]

Symbol = Annotated[str | None, typer.Option(help="This symbol only.")]
Exchange = Annotated[str | None, typer.Option(help="Those at this exchange only.")]


def instruments(
    *,
    symbol: Symbol = None,
    exchange: Exchange = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Show the symbols that venues list, with the limits that orders are checked against."""
    with daemon(api, token_file) as client:
        found = client.listed("instruments", symbol=symbol, exchange=exchange)
    _show(found, as_json, lambda: _instruments_table(found["instruments"]))


def prices(  # noqa: PLR0913 - one parameter an option
    *,
    symbol: Symbol = None,
    exchange: Exchange = None,
    watch: Annotated[bool, typer.Option("--watch", help="Keep showing them, until Ctrl-C.")] = False,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Show the best prices that are watched (`reference.prices`), with their age; what is too old says so."""
    if watch and as_json:
        message = "--watch is for people; a program asks again, or reads GET /v1/prices"
        raise typer.BadParameter(message, param_hint="--watch")
    with daemon(api, token_file) as client:
        found = client.listed("prices", symbol=symbol, exchange=exchange)
        if watch:
            _watch(lambda: client.listed("prices", symbol=symbol, exchange=exchange)["prices"])
            return
    _show(found, as_json, lambda: _prices_table(found["prices"]))


def positions(*, as_json: AsJson = False, api: Api = DEFAULT_URL, token_file: TokenFile = None) -> None:
    """Show positions with average cost, fees and realised P&L; `?` is what depends on a price nobody told."""
    with daemon(api, token_file) as client:
        found = client.listed("positions")
    _show(found, as_json, lambda: _positions_table(found["positions"]))


def balances(*, as_json: AsJson = False, api: Api = DEFAULT_URL, token_file: TokenFile = None) -> None:
    """Show what accounts have, by the venue's word, and where that differs from what executions explain."""
    with daemon(api, token_file) as client:
        found = client.listed("balances")
    _show(found, as_json, lambda: Group(*(part for each in found["accounts"] for part in _account(each))))


def venues(*, as_json: AsJson = False, api: Api = DEFAULT_URL, token_file: TokenFile = None) -> None:
    """Show the venues' clocks, how they are polled, and what cannot be had of them at present."""
    with daemon(api, token_file) as client:
        found = client.listed("venues")
    _show(found, as_json, lambda: venues_table(found["venues"]))


for _command in (instruments, prices, positions, balances, venues):
    _command.__doc__ = f"{_command.__doc__}{CODES}"


def _show(found: dict[str, Any], as_json: bool, table: Callable[[], RenderableType]) -> None:
    if as_json:
        print_json(found)
    else:
        Console().print(table())


def _watch(ask: Callable[[], Rows]) -> None:
    """Show prices until Ctrl-C; a daemon that is away for a while does not end it."""
    with (
        contextlib.suppress(KeyboardInterrupt),
        Live(console=Console(), auto_refresh=False, screen=False) as live,
    ):
        shown: RenderableType = ""
        while True:
            try:
                shown = _prices_table(ask())
                live.update(shown, refresh=True)
            except NoDaemonError as error:
                live.update(Group(shown, Text(plain(error), style="bold red")), refresh=True)
            time.sleep(WATCH_EVERY_S)


# --- tables ---------------------------------------------------------------------------------------------------------


def _table(columns: Iterable[str], numbers: Iterable[str] = (), title: str | None = None) -> Table:
    table, right = new_table(title), set(numbers)
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in right else "left")
    return table


def _add(table: Table, *cells: str | Text) -> None:
    """Add a row; a venue's texts are shown, and not read as markup."""
    table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells))


def _text(value: object, missing: str = "-") -> str:
    return missing if value is None else plain(value)


def _span(row: dict[str, Any], what: str) -> str:
    return f"{_text(row[f'min_{what}'])} to {_text(row[f'max_{what}'])}"


def _instruments_table(rows: Rows) -> Table:
    table = _table(
        ("session", "symbol", "exchange", "tick", "step", "price", "quantity", "notional", "status")
    )
    for row in rows:
        status = Text(_text(row["status"]), style="" if row["trading"] else STALE_STYLE)
        spans = (_span(row, what) for what in ("price", "qty", "notional"))
        steps = (_text(row[name]) for name in ("session", "symbol", "exchange", "tick_size", "step_size"))
        _add(table, *steps, *spans, status)
    return table


def _prices_table(rows: Rows) -> Table:
    table = _table(("session", "symbol", "exchange", "bid", "ask", "age, s", ""), ("bid", "ask", "age, s"))
    for row in rows:
        stale = Text("STALE", style=STALE_STYLE) if row["stale"] else Text("")
        known = (_text(row[name]) for name in ("session", "symbol", "exchange", "bid", "ask"))
        _add(table, *known, f"{row['age_s']:.1f}", stale)
    return table


def _positions_table(rows: Rows) -> Table:
    numbers = ("quantity", "average cost", "realised P&L")
    table = _table(("account", "symbol", *numbers, "fees"), numbers)
    for row in rows:
        fees = ", ".join(f"{amount} {currency}" for currency, amount in row["fees"].items()) or "0"
        figures = (_text(row[name], "?") for name in ("qty", "avg_cost", "realised_pnl"))
        _add(table, _text(row["account"]), _text(row["symbol"]), *figures, plain(fees))
    return table


def _account(account: dict[str, Any]) -> Iterable[RenderableType]:
    age = "never asked" if account["age_s"] is None else f"{account['age_s']:.0f} s old"
    numbers = ("available", "frozen", "amount")
    table = _table(("exchange", "currency", *numbers), numbers, f"{plain(account['account'])}, {age}")
    for row in account["balances"]:
        amounts = (_text(row[name], "?") for name in numbers)
        _add(table, _text(row["exchange"]), _text(row["currency"]), *amounts)
    yield table
    if account["problem"]:
        yield Text(plain(f"cannot be had: {account['problem']}"), style="bold red")
    comparison = account["comparison"]
    if comparison is None or account["waits"]:
        yield Text(plain(_waiting(account["waits"], comparison)))
    if comparison is None:
        return
    for row in comparison["differences"]:
        style = STALE_STYLE if row["standing"] else ""
        told = (
            f"{row['currency']}: changed by {row['actual']} since {comparison['since']}, executions and withdrawals"
            f" explain {row['expected']}: difference {row['difference']}"
        )
        yield Text(plain(told), style=style)
    if comparison["unknown"]:
        yield Text(plain(f"cannot be compared: {', '.join(comparison['unknown'])}"), style="dim")


def _waiting(waits: dict[str, Any] | None, comparison: dict[str, Any] | None) -> str:
    """Say why balances are not compared, and since when."""
    told = (
        "the comparison with executions has not begun"
        if comparison is None
        else f"not compared with executions since {second(comparison['at'])} UTC"
    )
    if waits is None:
        return f"{told}: balances have not been had yet"
    since = "" if waits["since"] is None else f", since {second(waits['since'])} UTC"
    return f"{told}: {waits['reason']}{since}"


def venues_table(rows: Rows) -> Table:
    """Show how venues stand; a ban is marked."""
    numbers = ("clock ahead, s", "give or take, s", "polled every, s", "last answer, s ago")
    table = _table(("session", "account", *numbers, "what cannot be had"), numbers)
    for row in rows:
        clock = (_text(row[name]) for name in ("clock_ahead_s", "clock_uncertain_s"))
        polled = ("-" if row[name] is None else f"{row[name]:g}" for name in ("poll_s", "answer_age_s"))
        told = "; ".join(f"{name}: {text}" for name, text in row["problems"].items())
        banned = (
            f"BANNED, until `oms sessions --resume {row['session']}`: {row['banned']}"
            if row["banned"]
            else ""
        )
        problem = Text(plain("; ".join(filter(None, (banned, told)))), style=STALE_STYLE if banned else "")
        _add(table, _text(row["session"]), _text(row["account"]), *clock, *polled, problem)
    return table
