"""The commands of `oms`, all in one place."""

import signal
from pathlib import Path
from typing import Annotated, Final

import typer

from oms import __version__
from oms.app import (
    cli_changes,
    cli_demo,
    cli_explain,
    cli_inquiries,
    cli_journal,
    cli_orders,
    cli_replay,
    cli_rounds,
    cli_sim,
    cli_tokens,
    cli_venue,
    cli_venue_money,
)
from oms.app.config import load_to_run
from oms.app.standard_output import leave_standard_output

EXIT_CODES: Final = """
Exit codes: 0 done; 1 the outcome is negative (order denied or rejected, anomalies found, damage found, engine
failed); 2 wrong usage or configuration, unreadable input, or no room for the output; 3 no daemon answers.
"""

app = typer.Typer(
    name="oms",
    help="Order management for crypto desks: FIX 4.2 to the venue, one true state for each order."
    + EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(cli_orders.order_app, name="order")
app.add_typer(cli_sim.app, name="sim")
app.add_typer(cli_journal.app, name="journal")
app.add_typer(cli_tokens.app, name="token")
app.add_typer(cli_venue_money.money_app, name="money")
app.add_typer(cli_inquiries.account_app, name="account")
app.add_typer(cli_inquiries.market_app, name="market")
app.command()(cli_orders.orders)
app.command()(cli_changes.resolve)
app.command()(cli_rounds.reconcile)
app.command()(cli_rounds.sessions)
for _command in (
    cli_venue.prices,
    cli_venue.positions,
    cli_venue.balances,
    cli_venue.instruments,
    cli_venue.venues,
    cli_venue_money.withdraw,
    cli_venue_money.transfer,
):
    app.command()(_command)
app.command()(cli_replay.replay)
app.command()(cli_explain.explain)
app.command()(cli_demo.demo)

ConfigFile = Annotated[Path, typer.Argument(help="The configuration, TOML.", show_default=False)]
ConfigOption = Annotated[Path, typer.Option("--config", help="The configuration, TOML.", show_default=False)]


@app.command()
def run(config: ConfigOption) -> None:
    """Run the daemon in the foreground, until SIGTERM or Ctrl-C; then log out of FIX, flush, and exit 0.

    When it takes orders it prints one line: `ready api=URL`.
    """
    # QuickFIX takes the handler of SIGINT away while it loads: until it is back, a Ctrl-C waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    from oms.app.daemon import Daemon  # noqa: PLC0415 - QuickFIX and the web server load slowly, and only here

    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    from oms.app.logging import set_up  # noqa: PLC0415

    set_up("error", None)  # warnings come with the daemon's own log, which is set up next
    loaded = load_to_run(config)
    set_up(loaded.log.level, loaded.under(loaded.log.file) if loaded.log.file else None)
    daemon = Daemon(loaded)
    code = daemon.run(_announce)
    if daemon.loop.failure is not None:
        typer.echo(f"oms: {daemon.loop.failure}", err=True)
    raise typer.Exit(code)


def _announce(url: str) -> None:
    """Say that orders are taken; where nobody can be told so, they are taken all the same."""
    try:
        print(f"ready api={url}", flush=True)
    except OSError as error:
        leave_standard_output()
        typer.echo(f"oms: ready api={url}; standard output takes nothing: {error.strerror}", err=True)


@app.command(name="check-config")
def check_config(file: ConfigFile) -> None:
    """Check a configuration and its tokens file, as `oms run` does; every problem with its reason, exit 2.

    Exit codes: 0 `oms run` would take it; 2 there is a problem, told with file, key and reason.
    """
    from oms.app.logging import set_up  # noqa: PLC0415 - as above

    set_up("warning", None)
    config = load_to_run(file)
    names = ", ".join(f"{session.name} ({session.host}:{session.port})" for session in config.session)
    typer.echo(f"{file}: fine; sessions: {names}")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Order management for crypto desks."""
