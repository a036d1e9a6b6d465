"""Runs a benchmark by name."""

import argparse
import importlib
import tempfile
from pathlib import Path

NAMES = ("receive", "replay", "roundtrip", "recover", "memory", "apply", "rest", "venues")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Ratios measured in one run.")
    parser.add_argument("name", choices=[*NAMES, "all"])
    parser.add_argument(
        "--runs", type=int, default=3, help="how often each measurement is taken; the median counts"
    )
    options = parser.parse_args()
    for name in NAMES if options.name == "all" else (options.name,):
        with tempfile.TemporaryDirectory(prefix="oms-bench-") as folder:
            importlib.import_module(name).run(options.runs, Path(folder))


main()
