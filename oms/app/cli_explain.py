"""`oms explain`: an order's life, step by step, from the journal."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from oms.app.life import Step, life_of, orders_called, step_object
from oms.app.past import exact_iso, reading, source_of
from oms.app.standard_output import leave_standard_output
from oms.app.tables import plain, status_word
from oms.core.blotter import Blotter
from oms.core.events import Event
from oms.core.order import Order
from oms.core.values import ANOMALY_TEXTS, BUYS, format_optional
from oms.fix.dialects import DIALECTS
from oms.journal.chain import read_journal

_NOT_FOUND: Final = 1
_USAGE: Final = 2
_CANDIDATES: Final = 20
_LABEL_CHARS: Final = 9
_SENDERS: Final = {"in": "← from the venue", "out": "→ to the venue"}

_HELP = """Tell an order's life: each command and message with its time, what it meant and why, and the state then.

ID is any id that the order ever had: your own, a ClOrdID of its chain, the venue's OrderID; or our number, 7 or #7. \
Works beside a running daemon. What became nothing is told with the reason: repeated, late, an answer that agrees.

--json prints one object for each step, one a line.

\b
Exit codes: 0 told; 1 no order has this id, or several do, or a record is damaged; 2 the journal cannot be read.
Example: oms explain a-1 --journal config/journal.db
"""


def explain(
    any_id: Annotated[str, typer.Argument(metavar="ID", help="Any id of the order.")],
    *,
    journal: Annotated[
        Path,
        typer.Option(metavar="FILE", help="The journal, or the configuration (TOML) that names it."),
    ],
    dialect: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(DIALECTS),
            help="How the venue bends FIX 4.2. Default: what the configuration says, else apifiny.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each step.")] = False,
) -> None:
    """Check the options, find the order, tell its life."""
    if dialect is not None and dialect not in DIALECTS:
        typer.echo(f"oms: --dialect must be one of {', '.join(DIALECTS)}, not {plain(dialect)!r}", err=True)
        raise typer.Exit(_USAGE)
    with reading():
        source = source_of(journal)
        number = _the_one(any_id, source.journal)
        named = DIALECTS.get(dialect or "")
        life = life_of(
            number, read_journal(source.journal), (lambda _session: named) if named else source.dialect_of
        )
    try:
        if as_json:
            for step in life.finish():
                sys.stdout.write(msgspec.json.encode(step_object(step)).decode() + "\n")
        elif life.order is not None:
            _print(life.order, life.finish())
        sys.stdout.flush()
    except BrokenPipeError:
        leave_standard_output()


explain.__doc__ = _HELP


# --- which order


def _the_one(any_id: str, file: Path) -> int:
    """Find the order's number; none, or several, is the end."""
    numbers = orders_called(any_id, (record for _, record in read_journal(file)))
    if len(numbers) == 1:
        return numbers[0]
    if not numbers:
        typer.echo(f"oms: no order has the id {plain(any_id)!r}", err=True)
    else:
        typer.echo(
            f"oms: {len(numbers)} orders have the id {plain(any_id)!r}; name one by its number:", err=True
        )
        for order in _orders(numbers[:_CANDIDATES], file):
            typer.echo(f"  #{order.number}  {_title(order)}", err=True)
    raise typer.Exit(_NOT_FOUND)


def _orders(numbers: list[int], file: Path) -> list[Order]:
    blotter = Blotter()
    for _, record in read_journal(file):
        blotter.apply_all(
            event for event in record.events if isinstance(event, Event) and event.order in numbers
        )
    return list(blotter.orders.values())


def _title(order: Order) -> str:
    """Name an order in one line."""
    price = "" if order.price is None else f" at {format_optional(order.price)}"
    size = format_optional(order.order_qty) or f"{format_optional(order.cash_order_qty) or '?'} quote"
    ids = {
        "ClOrdID": order.cl_ord_id,
        "OrderID": order.order_id,
        "session": order.session,
        "account": order.account,
    }
    named = ", ".join(f"{label} {value}" for label, value in ids.items() if value is not None)
    side = "buy" if order.side in BUYS else "sell"
    return plain(
        f"{order.client_order_id or order.cl_ord_id or '-'}: {side} {size} {order.symbol}{price}; {named}"
    )


# --- for people


def _print(order: Order, steps: list[Step]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(f"order #{order.number}  {_title(order)}", style="bold"))
    for step in steps:
        console.print()
        for line in _lines(step):
            console.print(line)


def _lines(step: Step) -> Iterator[Text]:
    """Lay out a step: when and who, what was said, what it became and why, and how the order stands after it."""
    yield Text(plain(f"{exact_iso(step.time_ns)}  {_source(step)}  (record {step.n})"), style="cyan")
    if step.raw:
        yield _line("FIX" if step.said is not None else "REST", step.raw, "dim")
    if step.said:
        yield _line("message", step.said)
    for event in step.events:
        yield _line("became" if step.kind == "received" else "event", f"{event['type']}: {event['text']}")
    if step.ignored is not None:
        yield _line("ignored", step.ignored, "yellow")
    if step.anomaly is not None:
        meaning = ANOMALY_TEXTS.get(step.anomaly.code)
        yield _line(
            "ANOMALY",
            f"{step.anomaly.code}: {step.anomaly.text}" + (f" ({meaning})" if meaning else ""),
            "bold red",
        )
    for text in step.remarks:
        yield _line("note", text, "yellow")
    if step.state is not None:
        yield _line("state", _state(step.state), "green")


def _line(label: str, text: str, style: str = "") -> Text:
    return Text.assemble((f"  {label:<{_LABEL_CHARS}}", "dim"), (plain(text), style))


def _source(step: Step) -> str:
    """Say where a step came from: who asked, which way a message went, or what of our own it was."""
    session = f" ({step.session})" if step.session else ""
    if step.direction is not None:
        return _SENDERS[step.direction] + session
    if step.command is not None:
        command = dict(step.command)
        kind, actor, origin = (command.pop(name, None) for name in ("type", "actor", "origin"))
        given = ", ".join(f"{name} {value}" for name, value in command.items())
        by = f" by {actor}" if actor else ""
        return f"{kind or 'command'}{by}{f' from {origin}' if origin else ''}" + (
            f": {given}" if given else ""
        )
    return {"timer": "time passed", "start": "the daemon started", "unsent": "did not leave"}.get(
        step.kind, step.kind
    ) + session


def _state(state: dict[str, Any]) -> str:
    """Say how the order stands: the status, the totals, and what is open, the doubts first."""
    parts = [
        f"{status_word(state)} ({state['phase']})",
        f"CumQty {state['cum_qty']}, LeavesQty {state['leaves_qty'] or '?'}, AvgPx {state['avg_px'] or '?'}",
    ]
    parts += [
        f"IN DOUBT: {doubt['kind']} {doubt['cl_ord_id']}: {doubt['reason']}" for doubt in state["doubts"]
    ]
    unsure = {(doubt["kind"], doubt["cl_ord_id"]) for doubt in state["doubts"]}
    open_ = [
        f"{request['kind']} {request['cl_ord_id']}"
        for request in state["pending"]
        if (request["kind"], request["cl_ord_id"]) not in unsure
    ]
    parts += [f"pending: {', '.join(open_)}"] if open_ else []
    parts += [f"fills missing: {state['gap']}"] if state["gap"] != "0" else []
    return "; ".join(parts)
