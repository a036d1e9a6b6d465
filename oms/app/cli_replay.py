"""`oms replay`: FIX logs through the order core, and what they come to."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from oms.app.past import parse_end
from oms.app.replay import Noted, Replay, read_in_time_order, until, write_row
from oms.app.replay_table import order_table
from oms.app.standard_output import leave_standard_output
from oms.app.uncollected import uncollected
from oms.core.errors import CommandError
from oms.fix.dialects import DIALECTS
from oms.fix.logs import Line, LogReader

FORMATS: Final = ("table", "jsonl")
LARGE_BYTES: Final = 8 << 20  # about a second's work: from here on show that time passes
_TICK_LINES: Final = 2048  # how often the progress moves
PLAIN_EVERY_S: Final = 2.0  # where standard error is no terminal

Advance = Callable[[int], None]

_HELP = """Read FIX logs and show what became of every order in them.

The logs run through the same interpretation and state machine as live traffic: QuickFIX message logs, plain lines \
with SOH or | between the fields, as they are or in gzip. Several files are read as one stream in the order of time.

--format table shows one row for each order and then the anomalies; --format jsonl prints one JSON object for each \
application message, in order, and nothing else. What was skipped is counted on standard error.

Exit code: 0 no anomaly, 1 anomalies, 2 nothing could be read.

\b
Examples:
  oms replay FIX.4.2-STA-00000015-APIFINY.messages.current.log
  oms replay --sender DESK1 --sender DESK2 monday.log.gz tuesday.log.gz
  oms replay --dialect apifiny --format jsonl venue.log | jq .anomaly
  oms replay --until 2026-03-01T09:30:00Z venue.log
"""


def replay(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="FIX logs; gzip is recognised.  [required]")
    ] = None,
    sender: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COMPID",
            help="Our side of the log; repeat it for several. Default: who sends the first NewOrderSingle.",
        ),
    ] = None,
    dialect: Annotated[
        str, typer.Option(metavar="|".join(DIALECTS), help="How the venue bends FIX 4.2.")
    ] = "fix42",
    form: Annotated[
        str, typer.Option("--format", metavar="|".join(FORMATS), help="What to print.")
    ] = "table",
    end: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="TIME",
            help="Stop after this time, its whole millisecond included: ISO 8601 or a FIX time stamp, UTC."
            " Default: read to the end.",
        ),
    ] = None,
) -> None:
    """Check the options, then replay."""
    if not files:
        _refuse("name at least one FILE; oms replay --help shows how")
    if dialect not in DIALECTS:
        _refuse(f"--dialect must be one of {', '.join(DIALECTS)}, not {dialect!r}")
    if form not in FORMATS:
        _refuse(f"--format must be one of {', '.join(FORMATS)}, not {form!r}")
    run = Replay(DIALECTS[dialect], sender or (), write_row if form == "jsonl" else None)
    try:
        readers = _read(files, run, _moment(end))
        if form == "table":
            _print_table(run)
        sys.stdout.flush()
    except BrokenPipeError:
        leave_standard_output()
        raise typer.Exit(int(run.tally.anomalies > 0)) from None
    except OSError as error:  # of standard output: what a file cannot give is a CommandError already
        leave_standard_output()
        _refuse(f"cannot write: {error.strerror}")
    _summarize(run, readers)
    raise typer.Exit(int(run.tally.anomalies > 0))


replay.__doc__ = _HELP


def _moment(text: str | None) -> int | None:
    try:
        return None if text is None else parse_end(text)
    except CommandError as error:
        _refuse(f"--until: {error}")


def _read(files: list[Path], run: Replay, end_ns: int | None) -> list[LogReader]:
    """Feed every file; one that cannot be read, or nothing that is FIX, is the end."""
    readers = [LogReader(path) for path in files]
    try:
        with _progress(files) as advance, uncollected():
            lines = read_in_time_order(readers)
            wanted = lines if end_ns is None else until(lines, end_ns)
            for line in _watched(wanted, readers, advance):
                run.feed(line)
        run.finish()
    except CommandError as error:
        sys.stdout.flush()
        _refuse(str(error))
    if not any(reader.counts.fix for reader in readers):
        _refuse(f"no FIX message in {', '.join(map(str, files))}")
    return readers


def _refuse(problem: str) -> NoReturn:
    typer.echo(f"error: {problem}", err=True)
    raise typer.Exit(2)


# --- progress -------------------------------------------------------------------------------------------------------


def _watched(lines: Iterator[Line], readers: list[LogReader], advance: Advance | None) -> Iterator[Line]:
    """Hand on the lines, and every so often how far the files are read."""
    if advance is None:
        yield from lines
        return
    for count, line in enumerate(lines):
        if not count % _TICK_LINES:
            advance(sum(reader.position() for reader in readers))
        yield line


def _progress(files: list[Path]) -> AbstractContextManager[Advance | None]:
    """Show progress on standard error for large files; None where there is nothing to show."""
    total = sum(path.stat().st_size for path in files if path.is_file())
    if total < LARGE_BYTES:
        return nullcontext(None)
    return _Bar(total) if sys.stderr.isatty() else nullcontext(_plain_progress(total))


class _Bar:
    """A bar that goes away when the work is done."""

    def __init__(self, total: int) -> None:
        self._progress = Progress(
            TextColumn("replay"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("replay", total=total)

    def __enter__(self) -> Advance:
        self._progress.start()
        return lambda done: self._progress.update(self._task, completed=done)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def _plain_progress(total: int) -> Advance:
    """A line every few seconds, for logs and pipes."""
    last = time.monotonic()

    def advance(done: int) -> None:
        nonlocal last
        if time.monotonic() - last >= PLAIN_EVERY_S:
            last = time.monotonic()
            typer.echo(f"replay: {100 * done // total} %", err=True)

    return advance


# --- what is printed ------------------------------------------------------------------------------------------------


def _print_table(run: Replay) -> None:
    for line in order_table(run.blotter.orders.values()):
        sys.stdout.write(line + "\n")
    if run.anomalies:
        sys.stdout.write("\nAnomalies\n")
    for noted in sorted(run.anomalies, key=lambda noted: noted.n):
        sys.stdout.write(_anomaly_line(noted) + "\n")


def _anomaly_line(noted: Noted) -> str:
    order = f" order {noted.cl_ord_id}:" if noted.cl_ord_id else ""
    return f"  message {noted.n}: {noted.anomaly.code}:{order} {noted.anomaly.text}"


def _summarize(run: Replay, readers: list[LogReader]) -> None:
    tally = run.tally
    counts = {
        "messages": tally.messages,
        "orders": len(run.blotter.orders),
        "anomalies": tally.anomalies,
        "repeated lines": tally.repeated,
        "torn lines": sum(reader.counts.torn for reader in readers),
        "lines that are not FIX": sum(reader.counts.not_fix for reader in readers),
        "messages between other parties": tally.other_sessions,
    }
    typer.echo(", ".join(f"{name} {count}" for name, count in counts.items()), err=True)


def main() -> None:
    """Run without the rest of `oms`."""
    typer.run(replay)


if __name__ == "__main__":
    main()
