"""`apply`: interpret and fold reports that are split already, against splitting the same texts into dicts."""

import time
from pathlib import Path

from figures import figure, medians, say
from material import order_fields, report_texts

from oms.core.blotter import Blotter
from oms.core.intake import receive
from oms.core.messages import Command
from oms.core.observe import observe
from oms.fix.codec import decode, split
from oms.fix.dialects import FIX42

REPORTS = 200_000


def ready(orders: int, qty: int) -> Blotter:
    """Make a blotter that knows the orders."""
    blotter = Blotter()
    for index in range(orders):
        message = decode(split(f"35=D\x01{order_fields(index, qty)}"), FIX42)
        assert isinstance(message, Command)
        observe(blotter, "s", message, seq=index + 1, time_ns=0)
    return blotter


def apply_rate(texts: list[str], known: int, qty: int) -> float:
    """Reports a second, from fields to state."""
    blotter = ready(known, qty)
    split_already = [split(text) for text in texts]
    started = time.perf_counter()
    for number, fields in enumerate(split_already):
        receive(blotter, "s", decode(fields, FIX42), now_ns=0, ref=number)  # type: ignore[arg-type]
    return len(texts) / (time.perf_counter() - started)


def split_rate(texts: list[str]) -> float:
    """Reports a second that are split into dicts."""
    started = time.perf_counter()
    for text in texts:
        dict([part.split("=", 1) for part in text.split("\x01") if part])
    return len(texts) / (time.perf_counter() - started)


def run(runs: int, _folder: Path) -> None:
    """Print the figures."""
    cases = (
        ("1,000 known orders", 1_000, 1_000, REPORTS),
        ("1,000,000 known orders", 1_000, 1_000_000, REPORTS),
        ("10,000 fills on one order", 1, 1, 10_001),
    )
    for name, orders, known, count in cases:
        texts = report_texts(orders=orders, count=count)
        qty = count // orders - 1
        say(f"apply: {count:,} reports, {name}; reports a second: ours, split alone")
        ours, alone = medians(
            runs, lambda t=texts, k=known, q=qty: apply_rate(t, k, q), lambda t=texts: split_rate(t)
        )
        rates = {"reports_per_s": round(ours), "split_per_s": round(alone), "ratio": round(ours / alone, 3)}
        figure("apply", case=name, **rates, reach=0.6)
