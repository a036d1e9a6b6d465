"""`replay`: log text to state, table format, against the rate at which bare QuickFIX hands messages over."""

import os
import subprocess
import sys
import time
from pathlib import Path

from figures import figure, medians, say
from material import write_log
from receive import bare

ORDERS, REPORTS = 5_000, 100_000


def run(runs: int, folder: Path) -> None:
    """Print the figure."""
    log = folder / "big.messages.log"
    write_log(log, orders=ORDERS, count=REPORTS)
    empty = folder / "small.messages.log"
    write_log(empty, orders=1, count=2)

    def seconds(path: Path) -> float:
        started = time.perf_counter()
        command = [sys.executable, "-m", "oms", "replay", "--format", "table", str(path)]
        subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, env=os.environ
        )
        return time.perf_counter() - started

    say(
        f"replay: {ORDERS + REPORTS:,} messages, a whole command less its start; messages a second: ours, bare"
    )
    ours, alone = medians(runs, lambda: (ORDERS + REPORTS) / (seconds(log) - seconds(empty)), bare)
    figure(
        "replay",
        messages_per_s=round(ours),
        bare_per_s=round(alone),
        ratio=round(ours / alone, 3),
        reach=0.75,
    )
