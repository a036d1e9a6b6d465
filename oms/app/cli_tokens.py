"""`oms token`: who may use the API."""

from pathlib import Path
from typing import Annotated

import typer

from oms.app.tokens import SCOPES, add_token, write_token

app = typer.Typer(no_args_is_help=True, help="Tokens for the HTTP API: make them, with a name and scopes.")


@app.callback()
def tokens() -> None:
    """Tokens for the HTTP API."""  # a callback keeps `new` a word of its own while it is the only command


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Who it is for; the journal names it beside every command.")],
    scope: Annotated[
        list[str],
        typer.Option(
            metavar="|".join(SCOPES), help="What it may do; repeat it for several. None includes another."
        ),
    ],
    file: Annotated[
        Path,
        typer.Option(
            metavar="PATH", help="The tokens file, as the configuration names it (api.tokens_file)."
        ),
    ] = Path("tokens.toml"),
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Write the token there, readable by you only (mode 0600), and print it nowhere.",
        ),
    ] = None,
) -> None:
    """Make a token and print it, or write it with --out, this once: the tokens file keeps its hash only.

    A running daemon reads the file when it starts. Hand the token to the commands by OMS_TOKEN or --token-file.

    Exit codes: 0 made; 2 the name or a scope cannot be taken, a file is not in order, or --out is there already.
    """
    if out is None:
        typer.echo(add_token(file, name, scope))
    else:
        write_token(out, lambda: add_token(file, name, scope))
        typer.echo(f"the token is in {out}", err=True)
    typer.echo(
        f"added {name} ({', '.join(sorted(set(scope)))}) to {file}; a running daemon knows it"
        " after its next start",
        err=True,
    )
