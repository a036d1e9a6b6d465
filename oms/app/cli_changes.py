"""`oms order replace` and `oms resolve`: other terms for an order, and a person's decision about one in doubt."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import typer

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
    say,
    show_order,
)
from oms.app.client import DEFAULT_URL
from oms.app.tables import open_points, status_word


def replace(  # noqa: PLR0913 - one parameter an option
    any_id: AnyId,
    *,
    order_qty: Annotated[
        str | None, typer.Option(metavar="DECIMAL", help="The total wanted, what is filled included.")
    ] = None,
    price: Annotated[str | None, typer.Option(metavar="DECIMAL", help="The new price.")] = None,
    wait: Wait = None,
    timeout_s: TimeoutS = 10.0,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Give an order another quantity, another price or both.

    Where the venue has no replace, the order is canceled and the rest placed anew once what was executed is proven.
    Where it has, an order can be replaced again before it has answered (up to 5 at once): what is not given stays as
    it was asked for last, and --wait ack waits for all of them.
    Exit 0: it is on its way or done; with --wait ack: it is done. 1: it is denied, or came to nothing.
    """
    given = {"order_qty": order_qty, "price": price}
    terms = {name: value for name, value in given.items() if value is not None}
    if not terms:
        message = "nothing to replace: give --order-qty, --price or both"
        raise typer.BadParameter(message)
    with daemon(api, token_file) as client:
        order = client.replace(any_id, terms, wait=wait, timeout_s=timeout_s)
    show_order(order, as_json=as_json)
    is_pending = any(request["kind"] == "replace" for request in order["pending"])
    if is_pending and wait:
        fail(f"{_no_outcome(order)}. Ask: oms order status {order['cl_ord_id']}")
    refusal = order["refusal"]
    if not is_pending and refusal is not None and not _has(order, terms):  # it may be that of another replace
        fail(
            f"not replaced: {refusal['reason'] or 'no reason given'}; the order is {status_word(order).lower()}"
        )
    if not is_pending and order["phase"] == "CANCELED":
        told = f"the order is canceled: {order['reason'] or 'no reason given'}"
        if not _holds(order, terms):
            fail(f"not replaced: {told}")
        say(told)


def _holds(order: dict[str, Any], terms: dict[str, str]) -> bool:
    """Whether the order came to have what was asked for, as far as its fills allowed."""
    if order["ord_status_name"] == "Filled":
        return True
    return _has(order, terms)


def _has(order: dict[str, Any], terms: dict[str, str]) -> bool:
    return all(Decimal(order[name] or 0) == Decimal(value) for name, value in terms.items())


def _no_outcome(order: dict[str, Any]) -> str:
    points = open_points(order)
    return "the replace has no outcome yet" + (f": {'; '.join(points)}" if points else "")


def resolve(  # noqa: PLR0913 - one parameter an option
    any_id: AnyId,
    *,
    outcome: Annotated[
        Literal["not-placed", "working", "replaced", "canceled", "filled", "expired"],
        typer.Option("--as", help="What became of it."),
    ],
    evidence: Annotated[str, typer.Option(metavar="TEXT", help="What shows it, and where you saw it.")],
    cum_qty: Annotated[
        str | None,
        typer.Option(metavar="DECIMAL", help="All that was executed, where fills are missing here."),
    ] = None,
    avg_px: Annotated[
        str | None, typer.Option(metavar="DECIMAL", help="At which average price, where it is known.")
    ] = None,
    order_id: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="The venue's number of it, where several could be it."),
    ] = None,
    as_json: AsJson = False,
    api: Api = DEFAULT_URL,
    token_file: TokenFile = None,
) -> None:
    """Decide what became of an order in doubt, or with fills missing. `oms orders --in-doubt` lists them.

    Look at the venue first: what you say is taken for true, and is on record with your name and the evidence.

    At WEEX and exchanges of the Cloud API say its number too: from then on it is asked for and canceled by it.
    """
    given = {
        "as": outcome,
        "evidence": evidence,
        "cum_qty": cum_qty,
        "avg_px": avg_px,
        "order_id": order_id,
    }
    decision = {name: value for name, value in given.items() if value is not None}
    with daemon(api, token_file) as client:
        order = client.resolve(any_id, decision)
    show_order(order, as_json=as_json)


for _command in (replace, resolve):
    _command.__doc__ = f"{_command.__doc__}{CODES}"
