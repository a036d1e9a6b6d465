"""`apply`: interpret and fold reports that are split already, against splitting the same texts into dicts.

Both take turns every `BATCH` reports, so that a change of the machine's speed meets both, and a report is applied soon
after it was split, as in the daemon, whose settings of the garbage collector hold here too. What is timed are fills
alone, in every case: the acknowledgements come before, as a warm-up.
"""

import gc
import statistics
import time
from pathlib import Path

from figures import figure, say
from material import order_fields, report_texts

from oms.app.daemon import GC_THRESHOLDS
from oms.core.blotter import Blotter
from oms.core.intake import receive
from oms.core.messages import Command
from oms.core.observe import observe
from oms.fix.codec import decode, split
from oms.fix.dialects import FIX42

REPORTS = 200_000
BATCH = 20


def ready(known: int, orders: int, qty: int, *, spread: bool = False) -> Blotter:
    """Make a blotter that knows the orders; the reports are about the newest ones, or about some from all ages."""
    blotter = Blotter()
    active = range(0, known, known // orders) if spread else range(known - orders, known)
    for place in range(known):
        index = active.index(place) if place in active else known + place
        message = decode(split(f"35=D\x01{order_fields(index, qty)}"), FIX42)
        assert isinstance(message, Command)
        observe(blotter, "s", message, seq=place + 1, time_ns=0)
    return blotter


def apply_batch(blotter: Blotter, fields: list[dict[str, str]], first: int) -> float:
    """Apply reports that are split; gives seconds."""
    started = time.perf_counter()
    for number, report in enumerate(fields, first):
        receive(blotter, "s", decode(report, FIX42), now_ns=0, ref=number)  # type: ignore[arg-type]
    return time.perf_counter() - started


def split_batch(texts: list[str]) -> float:
    """Split texts into dicts; gives seconds."""
    started = time.perf_counter()
    for text in texts:
        dict([part.split("=", 1) for part in text.split("\x01") if part])
    return time.perf_counter() - started


def rates(blotter: Blotter, texts: list[str], orders: int) -> tuple[float, float]:
    """Reports a second: from fields to state, and split alone."""
    apply_batch(blotter, [split(text) for text in texts[:orders]], 0)
    gc.collect()
    gc.freeze()
    ours = alone = 0.0
    for first in range(orders, len(texts), BATCH):
        batch = texts[first : first + BATCH]
        alone += split_batch(batch)
        ours += apply_batch(blotter, [split(text) for text in batch], first)
    gc.unfreeze()
    assert all(order.is_filled for order in blotter.books["s"].by_order_id.values())
    count = len(texts) - orders
    return count / ours, count / alone


def run(runs: int, _folder: Path) -> None:
    """Print the figures."""
    gc.set_threshold(*GC_THRESHOLDS)
    cases = (
        ("1,000 known orders", 1_000, 1_000, REPORTS, False),
        ("1,000,000 known orders, the newest 1,000 trade", 1_000, 1_000_000, REPORTS, False),
        ("1,000,000 known orders, every 1,000th trades", 1_000, 1_000_000, REPORTS, True),
        ("10,000 fills on one order", 1, 1, 10_001, False),
    )
    for name, orders, known, count, spread in cases:
        texts = report_texts(orders=orders, count=count)
        qty = count // orders - 1
        say(f"apply: {count:,} reports, {name}; reports a second: ours, split alone")
        taken = []
        for number in range(runs):
            taken.append(rates(ready(known, orders, qty, spread=spread), texts, orders))
            say(f"  run {number + 1} of {runs}: {taken[-1][0]:,.6g}, {taken[-1][1]:,.6g}")
        ours, alone = (statistics.median(column) for column in zip(*taken, strict=True))
        rounded = {"reports_per_s": round(ours), "split_per_s": round(alone), "ratio": round(ours / alone, 3)}
        figure("apply", case=name, **rounded, reach=0.6)
