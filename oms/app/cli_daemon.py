"""What every command says to a running daemon with: options, the connection, exit codes, orders on the screen."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NoReturn

import requests
import typer
from rich.console import Console
from rich.text import Text

from oms.app.client import Client, NoDaemonError, RefusedError, find_token
from oms.app.tables import blotter_table, plain
from oms.core.errors import ConfigError

EXIT_NEGATIVE: Final = 1
EXIT_USAGE: Final = 2
EXIT_NO_DAEMON: Final = 3
CODES: Final = """

\b
Exit codes: 0 done; 1 refused, denied or rejected, or not in the time given; 2 a field or option is wrong;
3 no daemon answers.
"""
_CONNECTION: Final = "The daemon"
_UNREADABLE: Final = (400, 413)

Api = Annotated[
    str,
    typer.Option(
        "--api", envvar="OMS_API", metavar="URL", help="Where its API is.", rich_help_panel=_CONNECTION
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="A file that holds your token. Without it: OMS_TOKEN, or the file that OMS_TOKEN_FILE names.",
        rich_help_panel=_CONNECTION,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the API's object, on one line.")]
Wait = Annotated[
    Literal["ack"] | None,
    typer.Option(help="ack: wait until the venue has answered, not for the commit alone."),
]
TimeoutS = Annotated[float, typer.Option(min=0.001, max=30, help="How long --wait waits.")]
AnyId = Annotated[
    str, typer.Argument(metavar="ID", help="Any id: your own, the ClOrdID, the venue's OrderID.")
]


@contextlib.contextmanager
def daemon(api: str, token_file: Path | None) -> Iterator[Client]:
    """Open the client, and end the command with one line where something does not work out."""
    try:
        yield Client(api, find_token(token_file))
    except NoDaemonError as error:
        fail(str(error), EXIT_NO_DAEMON)
    except ConfigError as error:
        fail(str(error), EXIT_USAGE)
    except RefusedError as error:
        is_wrong = error.status in _UNREADABLE or error.code == "INVALID"
        fail(refusal(error), EXIT_USAGE if is_wrong else EXIT_NEGATIVE)


def refusal(error: RefusedError) -> str:
    """Say why the daemon does not do it; a denial with the name of its reason."""
    is_denial = error.status == requests.codes.unprocessable and error.code != "INVALID"
    return f"{error.code}: {error}" if is_denial else str(error)


def say(text: str | None) -> None:
    """Tell people something beside the result; None is nothing."""
    if text:
        typer.echo(f"oms: {plain(text)}", err=True)


def fail(text: str, code: int = EXIT_NEGATIVE) -> NoReturn:
    """End the command with a reason."""
    say(text)
    raise typer.Exit(code)


def show_order(order: dict[str, Any], *, as_json: bool) -> None:
    """Print an order."""
    if as_json:
        print_json(order)
        return
    Console().print(blotter_table([order]))
    ids = (
        f"ClOrdID {order['cl_ord_id'] or '-'}, OrderID {order['order_id'] or '-'}, session {order['session']}"
    )
    Console().print(Text(plain(ids), style="dim"))


def print_json(content: dict[str, Any]) -> None:
    """Print an object on one line."""
    typer.echo(json.dumps(content, ensure_ascii=False, separators=(",", ":")))
