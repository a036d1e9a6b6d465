"""`oms withdraw`, `oms transfer`, `oms money`: money that moves, by the lanes of the configuration and no others."""

from typing import Annotated, Any, Final, Literal

import typer
from rich.console import Console

from oms.app.cli_daemon import Api, AsJson, TimeoutS, TokenFile, daemon, fail, print_json, say
from oms.app.client import DEFAULT_URL
from oms.app.tables import new_table, text_of

CODES: Final = """

\b
Exit codes: 0 the venue has taken it on, or done it (with --no-wait: it is on record, and on its way); 1 denied,
refused, in doubt, or not answered in the time given; 2 a field or option is wrong; 3 no daemon answers.
"""
money_app = typer.Typer(
    no_args_is_help=True, help="Movements of money: what became of them, and what is in doubt." + CODES
)

Id = Annotated[
    str, typer.Option("--id", help="Your own id. The same again moves nothing, and shows the first one.")
]
Label = Annotated[str, typer.Option("--to", help="The label of a lane of the configuration (money.lane).")]
Amount = Annotated[str, typer.Option(metavar="DECIMAL", help="How much, in the lane's currency.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the venue has answered.")]
_COLUMNS: Final = ("id", "status", "kind", "label", "amount", "currency", "fee", "requested", "reason")


def withdraw(  # noqa: PLR0913 - one parameter an option
    *,
    any_id: Id,
    label: Label,
    amount: Amount,
    wait: Wait = True,
    timeout_s: TimeoutS = 30.0,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Withdraw to an address that the configuration names; the token needs the scope `money`."""
    body = {"id": any_id, "label": label, "amount": amount}
    _move("withdrawals", body, timeout_s if wait else None, as_json, (api, token_file))


def transfer(  # noqa: PLR0913 - one parameter an option
    *,
    any_id: Id,
    label: Label,
    amount: Amount,
    wait: Wait = True,
    timeout_s: TimeoutS = 30.0,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Transfer from one exchange to another; the token needs the scope `money`."""
    body = {"id": any_id, "label": label, "amount": amount}
    _move("transfers", body, timeout_s if wait else None, as_json, (api, token_file))


@money_app.command("list")
def listed(*, as_json: AsJson = False, api: Api = DEFAULT_URL, token_file: TokenFile = None) -> None:
    """List all movements, newest first."""
    with daemon(api, token_file) as client:
        found = client.listed("money")
    if as_json:
        print_json(found)
    else:
        _print(found["movements"])


@money_app.command("show")
def show(
    any_id: str, *, as_json: AsJson = False, api: Api = DEFAULT_URL, token_file: TokenFile = None
) -> None:
    """Show a movement."""
    with daemon(api, token_file) as client:
        movement = client.listed(f"money/{any_id}")
    _show(movement, as_json=as_json)


@money_app.command("resolve")
def resolve(  # noqa: PLR0913 - one parameter an option
    any_id: str,
    *,
    outcome: Annotated[Literal["done", "not-done"], typer.Option("--as", help="What became of it.")],
    evidence: Annotated[str, typer.Option(help="What shows it, and where you saw it; it goes on record.")],
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Say what became of a movement in doubt."""
    with daemon(api, token_file) as client:
        movement = client.resolve_money(any_id, {"as": outcome, "evidence": evidence})
    if as_json:
        print_json(movement)
    else:
        _print([movement])


for _command in (withdraw, transfer):
    _command.__doc__ = f"{_command.__doc__}{CODES}"


def _move(
    kind: str,
    body: dict[str, str],
    wait_s: float | None,
    as_json: bool,
    where: Any,  # noqa: ANN401 - as the options come
) -> None:
    wait = None if wait_s is None else "ack"
    with daemon(*where) as client:
        movement = client.move(kind, body, wait=wait, timeout_s=wait_s or 0.0)
        if client.was_there:
            say(f"{body['id']} was on record before, and nothing moves because of this command")
    _show(movement, as_json=as_json)
    if wait and movement["status"] == "REQUESTED":
        fail(f"the venue has not answered; it may move all the same. Ask: oms money show {body['id']}")


def _show(movement: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(movement)
    else:
        _print([movement])
    if movement["status"] in {"REFUSED", "IN_DOUBT"}:
        fail(f"{movement['id']} is {movement['status']}: {movement['reason'] or 'no reason given'}")


def _print(movements: list[dict[str, Any]]) -> None:
    table = new_table(None)
    for column in _COLUMNS:
        table.add_column(column, overflow="fold")
    for movement in movements:
        table.add_row(*(text_of(movement[name]) for name in _COLUMNS))
    Console().print(table)
