"""`oms journal`: is a journal intact, and what does it say."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress as Bar

from oms.app.standard_output import leave_standard_output
from oms.app.words import KEYS, venue_exec_id
from oms.core.errors import JournalError
from oms.core.values import format_decimal
from oms.journal.chain import Damaged, read_journal
from oms.journal.search import concerning, orders_called
from oms.journal.verify import Head, Verdict, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from oms.core.events import AnyEvent
    from oms.core.records import Record
    from oms.journal.verify import Progress

app = typer.Typer(
    no_args_is_help=True,
    help="The journal: check that it is intact, read what it says. Both work beside a running daemon.",
)

_DAMAGED: Final = 1
_UNREADABLE: Final = 2
_FINDINGS: Final = 5  # so many are printed, one a line; of more only the first
_MSG_TYPE: Final = re.compile(r"(?:^|\x01)35=([^\x01]*)")
_SHOWN: Final = (
    "symbol",
    "side",
    "cl_ord_id",
    "order_id",
    "exec_id",
    "exec_ref_id",
    "order_qty",
    "cash_order_qty",
    "price",
    "last_shares",
    "last_px",
    "cum_qty",
    "code",
    "reason",
    "outcome",
    "evidence",
    "base_qty",
    "proven",
    "excess",
    "asked",
    "unanswered",
)

JournalFile = Annotated[Path, typer.Argument(metavar="FILE", help="The journal's SQLite file.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


def _parse_head(text: str) -> Head:
    """Read `N:HASH` as `verify` prints it."""
    found = re.fullmatch(r"(\d+):([0-9a-f]{64})", text.strip().lower(), re.ASCII)
    if found is None:
        message = f"{text!r} is not of the form NUMBER:HASH with 64 hexadecimal digits, as verify prints it"
        raise typer.BadParameter(message)
    return int(found[1]), found[2]


@app.command("verify")
def verify_command(
    file: JournalFile,
    *,
    head: Annotated[
        str | None,
        typer.Option(metavar="N:HASH", help="A head noted before: proves that nothing up to it is gone."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every record against the one before, and print the head.

    Exit code 0: intact. 1: damaged; the first damaged record is named. 2: it cannot be read at all.

    What is cut off at the end leaves a shorter journal that is intact. Keep the printed head elsewhere and
    give it with --head later: that proves that nothing up to it is missing. A longer journal is fine.
    """
    wanted = None if head is None else _parse_head(head)
    with _refusing(), _progress() as progress:
        verdict = verify(file, wanted, progress)
    typer.echo(_as_json(file, verdict) if as_json else _as_text(file, verdict, wanted))
    if verdict.damaged:
        raise typer.Exit(_DAMAGED)


@contextmanager
def _refusing() -> Iterator[None]:
    """End with the reason: exit code 1 where a record is damaged, 2 where the journal cannot be read at all."""
    try:
        yield
    except Damaged as error:
        sys.stdout.flush()
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(_DAMAGED) from error
    except JournalError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(_UNREADABLE) from error


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """Show a bar on a terminal; it disappears when the work is done."""
    if not sys.stderr.isatty():
        yield None
        return
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("checking records", total=None)
        yield lambda done, last: bar.update(task, completed=done, total=last or None)


def _as_text(file: Path, verdict: Verdict, wanted: Head | None) -> str:
    number, digest = verdict.head
    head = f"head {number}:{digest}"
    if not verdict.damaged:
        proven = "" if wanted is None else f"; record {wanted[0]} is there with its hash"
        note = "" if verdict.note is None else f"\nnote: {verdict.note}"
        return f"{file}: intact, {_count(verdict.records, 'record')}{proven}{note}\n{head}"
    shown = verdict.damage if len(verdict.damage) <= _FINDINGS else verdict.damage[:1]
    lines = [
        f"{f'record {one.number}' if one.number else 'the file'}: {one.kind}: {one.why}" for one in shown
    ]
    if len(shown) < len(verdict.damage):
        lines.append(f"and {verdict.damaged - 1:,} more; --json lists them")
    elif len(shown) < verdict.damaged:
        lines.append(f"{verdict.damaged:,} in all, counting each missing record")
    return "\n".join([f"{file}: DAMAGED", *lines, f"last readable {head}"])


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("s" if what == "record" and number != 1 else "")


def _as_json(file: Path, verdict: Verdict) -> str:
    shown: dict[str, Any] = {"file": str(file), "intact": not verdict.damaged, **msgspec.to_builtins(verdict)}
    shown["head"] = "{}:{}".format(*verdict.head)  # as --head takes it
    return msgspec.json.encode(shown).decode()


@app.command("show")
def show_command(
    file: JournalFile,
    *,
    first: Annotated[int, typer.Option("--from", metavar="N", min=1, help="The first record.")] = 1,
    last: Annotated[int | None, typer.Option("--to", metavar="N", min=1, help="The last record.")] = None,
    order: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only what concerns this order: any id that it ever had."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print records: number, time (UTC), kind, session, message type, events.

    Each record is checked against the one before; the first damaged one ends the list with exit code 1.
    """
    try:
        with _refusing():
            count = _print(_choose(file.resolve(), first, order), last, _line_of_json if as_json else _line)
        sys.stdout.flush()
    except BrokenPipeError:
        leave_standard_output()

    else:
        if order is not None and not count:
            typer.echo(f"no record from {first} on concerns an order {order!r}", err=True)


def _choose(file: Path, first: int, order: str | None) -> Iterator[tuple[int, Record]]:
    numbered = read_journal(file, first)
    if order is None:
        return numbered
    return concerning(order, orders_called(order, (record for _, record in read_journal(file))), numbered)


def _print(
    numbered: Iterator[tuple[int, Record]], last: int | None, line: Callable[[int, Record], str]
) -> int:
    count = 0
    for number, record in numbered:
        if last is not None and number > last:
            break
        sys.stdout.write(line(number, record) + "\n")
        count += 1
    return count


def _line_of_json(number: int, record: Record) -> str:
    return msgspec.json.encode({"number": number, **msgspec.to_builtins(record)}).decode()


def _line(number: int, record: Record) -> str:
    taken = datetime.fromtimestamp(record.time_ns // 10**9, UTC)
    micros = record.time_ns % 10**9 // 1000
    what = "; ".join(_event(event) for event in record.events)
    if record.anomaly is not None:
        concerned = "" if record.order is None else f" #{record.order}"
        what = f"{what}; " * bool(what) + f"ANOMALY {record.anomaly.code}{concerned}: {record.anomaly.text}"
    return _printable(
        f"{number:>8}  {taken:%Y-%m-%d %H:%M:%S}.{micros:06d}  {record.kind:<8}  {record.session or '-':<12}  "
        f"{_message_type(record):<14}  {what or '-'}"
    )


def _message_type(record: Record) -> str:
    """MsgType (35) of what was on the wire, or what was asked."""
    if record.raw is not None:
        found = _MSG_TYPE.search(record.raw)
        return f"35={found[1]}" if found else "?"
    command = record.command or {}
    return str(next((command[key] for key in ("type", "kind", "command") if key in command), "-"))


def _event(event: AnyEvent) -> str:
    """An event's name, its order and what people look for first."""
    fields = ((name, getattr(event, name, None)) for name in _SHOWN)
    said = "".join(f" {name}={_plain(name, value)}" for name, value in fields if value not in (None, ()))
    order = getattr(event, "order", None)
    return type(event).__name__ + ("" if order is None else f" #{order}") + said


def _plain(name: str, value: object) -> str:
    if name in KEYS:
        return venue_exec_id(str(value))
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return format_decimal(value) if isinstance(value, Decimal) else str(value)


def _printable(text: str) -> str:
    """Keep what a venue wrote from steering the terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
