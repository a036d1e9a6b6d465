"""`scripts/simulate`: histories from seeds, as many as one likes; the first that fails is shortened and shown."""

from __future__ import annotations

import argparse
import sys
import time
from itertools import count
from pathlib import Path

from tests.simulation.files import write
from tests.simulation.plan import draw
from tests.simulation.runner import Result, run, shrink

BAR = 30


def main() -> int:
    """Run; 1 if a history failed."""
    args = _arguments()
    if args.seed is not None:
        return _one(args)
    started, steps, orders, done, failed = time.monotonic(), 0, 0, 0, 0
    for seed in range(args.start, args.start + args.seeds) if args.seconds is None else count(args.start):
        elapsed = time.monotonic() - started
        if args.seconds is not None and elapsed >= args.seconds:
            break
        result = run(draw(str(seed)))
        done, steps, orders = done + 1, steps + result.steps, orders + result.orders
        share = elapsed / args.seconds if args.seconds is not None else done / args.seeds
        _progress(share, f"{done} histories, {failed} failed")
        if result.failure is not None:
            failed += 1
            _clear()
            _tell(result, shorten=failed <= args.shrink)
            if failed >= args.failures:
                break
    _clear()
    took = max(time.monotonic() - started, 1e-9)
    _say(
        f"{done} histories, {orders} orders, {steps} events in {took:.1f} s: "
        f"{done / took:.1f} histories/s, {steps / took:.0f} events/s; {failed} failed"
    )
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/simulate", description=__doc__)
    parser.add_argument(
        "--seeds", type=int, default=200, metavar="N", help="how many histories (default 200)"
    )
    parser.add_argument("--from", type=int, default=0, metavar="SEED", dest="start", help="the first seed")
    parser.add_argument("--seconds", type=float, metavar="S", help="go on for so long, whatever --seeds says")
    parser.add_argument("--failures", type=int, default=1, metavar="N", help="stop at the Nth that fails")
    parser.add_argument("--shrink", type=int, default=1, metavar="N", help="how many of them to shorten")
    parser.add_argument("--seed", metavar="SEED", help="run this one alone, and show it")
    parser.add_argument("--keep", metavar="N,N", help="with --seed: only these actions of its script")
    parser.add_argument("--write", metavar="FILE", type=Path, help="with --seed: write its script to a file")
    parser.add_argument("--without", metavar="FAULT,FAULT", default="", help="with --seed: not these faults")
    return parser.parse_args()


def _one(args: argparse.Namespace) -> int:
    keep = None if args.keep is None else [int(number) for number in args.keep.split(",") if number]
    plan = draw(args.seed).reduced(keep, args.without.split(","))
    if args.write is not None:
        write(plan, args.write, run(plan).failure or "All promises held.")
    _say(plan)
    result = run(plan, trace=True)
    _say("\n".join(result.trace or []))
    _say(result.failure or "all promises held")
    return 1 if result.failure else 0


def _tell(result: Result, *, shorten: bool) -> None:
    seed = result.plan.seed
    _say(f"seed {seed} fails: {result.failure}\n  repeat: scripts/simulate --seed {seed}")
    if not shorten:
        return
    plan, keep, without = shrink(result.plan)
    left_out = f" --without {','.join(without)}" if without else ""
    _say(f"  in short: scripts/simulate --seed {seed} --keep {','.join(map(str, keep))}{left_out}")
    _say(f"{plan}\n{run(plan).failure}")


def _say(text: object) -> None:
    print(text, flush=True)  # noqa: T201 - a command prints


def _progress(share: float, text: str) -> None:
    if sys.stderr.isatty():
        full = round(min(share, 1) * BAR)
        sys.stderr.write(f"\r[{'#' * full}{'.' * (BAR - full)}] {text} ")
        sys.stderr.flush()


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


if __name__ == "__main__":
    sys.exit(main())
