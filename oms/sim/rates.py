"""How often something goes wrong on purpose: NAME=RATE, as the command line has it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

AT = "@"
"""Between a fault and the one operation that it befalls: NAME@OPERATION=RATE."""
AIMED = ("http-", "ws-", "rest-")
"""How the names of the faults begin that can be aimed."""


def parse_rates(texts: Iterable[str], known: Collection[str]) -> dict[str, float]:
    """Read NAME=RATE, or NAME@OPERATION=RATE; a ValueError says what is wrong, in one line."""
    rates: dict[str, float] = {}
    for text in texts:
        full_name, _, rate = text.rpartition("=") if "=" in text else (text, "", "")
        name, at, _ = full_name.partition(AT)
        if name not in known or (at and not name.startswith(AIMED)):
            msg = f"unknown fault {full_name!r}; the faults are: {', '.join(known)}"
            raise ValueError(msg)
        rates[full_name] = _rate(full_name, rate)
    return rates


def _rate(name: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 <= rate <= 1:
        msg = f"fault {name} needs a rate from 0 to 1, as in {name}=0.1"
        raise ValueError(msg)
    return rate
