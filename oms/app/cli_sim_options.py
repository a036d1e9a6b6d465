"""What the commands of the simulated venues share: options, how they are read, and paragraphs of the help."""

from __future__ import annotations

import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from oms.sim.rates import AT, parse_rates

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

Options = TypeVar("Options")
Texts = list[str] | None

Port = Annotated[str, typer.Option(metavar="PORT", help="HTTP port; 0 takes a free one. Needed.")]
Keys = Annotated[
    Texts,
    typer.Option(
        metavar="KEY:SECRET[@ACCOUNT]",
        help="A key; repeat it for more. Keys of one ACCOUNT share orders and funds. At least one.",
    ),
]
Seed = Annotated[str, typer.Option(metavar="N", help="Seed of faults, latency and background.")]
Latency = Annotated[str, typer.Option(metavar="N or A-B", help="Delay before each answer.")]
Background = Annotated[
    str,
    typer.Option(
        metavar="on|off",
        help="on: other participants move the prices and fill resting orders; off: the fixed book below.",
    ),
]
Fault = Annotated[Texts, typer.Option(metavar="NAME=RATE", help="What goes wrong, how often.")]
Timeout = Annotated[
    str, typer.Option("--http-timeout-s", metavar="N", help="How long a request waits for no answer.")
]
Fee = Annotated[
    str, typer.Option(metavar="RATE", help="Share of what an execution brings in: 0.002 is 0.2 %.")
]
Record = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Append accepted orders, fills, cancels and faults, as JSON lines."),
]

WHOLE_AGAIN = (
    "It is whole again after each request; a level that would trade with a resting",
    "order waits until that order is gone. Resting orders fill only against orders.",
)
"""What the help says of the fixed book."""


def verbatim(*lines: str) -> str:
    """Return a paragraph that the help shows line by line."""
    return "\b\n" + "\n".join(lines)


def serve(run: Callable[[Options], int], options: Options) -> NoReturn:
    """Run a venue until it ends, and leave with its exit code; with 1 where it cannot start."""
    try:
        code = run(options)
    except OSError as error:
        refuse(f"cannot start: {error}", code=1)
    raise typer.Exit(code)


def refuse(problem: str, *, code: int = 2) -> NoReturn:
    """Say in one line what is wrong, and leave."""
    print(f"error: {problem}", file=sys.stderr)
    raise typer.Exit(code)


# --- reading: each raises ValueError, in words for people ------------------------------------------------------------


def whole(text: str, name: str, *, highest: int = 2**63 - 1) -> int:
    """Read a whole number."""
    if not (text.isascii() and text.isdecimal() and int(text) <= highest):
        msg = f"{name} needs a whole number from 0 to {highest}"
        raise ValueError(msg)
    return int(text)


def port(text: str, name: str) -> int:
    """Read the number of a port; 0 is any."""
    return whole(text, name, highest=65535)


def latency(text: str) -> tuple[int, int]:
    """Read the shortest and the longest delay, in milliseconds."""
    shortest, dash, longest = text.partition("-")
    low = whole(shortest, "--latency-ms", highest=60_000)
    high = whole(longest, "--latency-ms", highest=60_000) if dash else low
    if low > high:
        msg = "--latency-ms A-B needs A to be at most B"
        raise ValueError(msg)
    return low, high


def choice(text: str, name: str, true: str = "on", false: str = "off") -> bool:
    """Read one of two words: whether it is the first."""
    if text not in {true, false}:
        msg = f"{name} must be {true} or {false}"
        raise ValueError(msg)
    return text == true


def fee(text: str) -> Decimal:
    """Read the share of an execution that it costs."""
    return _number(text, "--fee", highest=Decimal("0.1"))


def timeout(text: str) -> float:
    """Read how long a request waits for no answer, in seconds."""
    return float(_number(text, "--http-timeout-s", highest=Decimal(3600)))


def _number(text: str, name: str, *, highest: Decimal) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) or Decimal(text) > highest:
        msg = f"{name} needs a number from 0 to {highest:f}"
        raise ValueError(msg)
    return Decimal(text)


def aimed_rates(
    texts: list[str], faults: Collection[str], aims: Collection[str], noun: str
) -> dict[str, float]:
    """Read the rates of faults, some of them aimed at one of the venue's methods or requests: `noun` says which."""
    rates = parse_rates(texts, faults)
    for name in rates:
        aim = name.partition(AT)[2]
        if AT in name and aim not in aims:
            msg = f"fault {name!r} is aimed at no {noun}; the {noun}s are: {', '.join(aims)}"
            raise ValueError(msg)
    return rates
