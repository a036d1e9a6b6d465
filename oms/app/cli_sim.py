"""`oms sim`: the simulated venues, each a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from oms.app import cli_sim_apifiny, cli_sim_cloud, cli_sim_weex
from oms.app.cli_sim_apifiny_help import HELP

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    no_args_is_help=True,
    help="Simulated venues: seeded, on this machine only, with faults on request.",
)
app.command(help=HELP)(cli_sim_apifiny.apifiny)
app.command(help=cli_sim_weex.HELP)(cli_sim_weex.weex)
app.command(help=cli_sim_cloud.HELP)(cli_sim_cloud.cloud)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run without the rest of `oms`."""
    app(arguments)


if __name__ == "__main__":
    main()
