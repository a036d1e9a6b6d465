"""`scripts/simulate`: histories from seeds, as many as one likes; the first that fails is shortened and shown."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

import structlog

from tests.simulation import runner
from tests.simulation.files import write
from tests.simulation.plan import draw
from tests.simulation.runner import shrink
from tests.simulation.unnamed import runner as unnamed
from tests.simulation.unnamed.plan import Plan as UnnamedPlan
from tests.simulation.unnamed.plan import draw as draw_unnamed

BAR = 30


def main() -> int:
    """Run; 1 if a history failed."""
    args = _arguments()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if args.seed is not None:
        return _one(args)
    started, steps, orders, done, failed = time.monotonic(), 0, 0, 0, 0
    submits: Counter[str] = Counter()
    for seed in range(args.start, args.start + args.seeds) if args.seconds is None else count(args.start):
        elapsed = time.monotonic() - started
        if args.seconds is not None and elapsed >= args.seconds:
            break
        result = _history(args.venue, seed)
        submits.update(_submits(result))
        done, steps, orders = done + 1, steps + result.steps, orders + result.orders
        share = elapsed / args.seconds if args.seconds is not None else done / args.seeds
        _progress(share, f"{done} histories, {failed} failed")
        if result.failure is not None:
            failed += 1
            _clear()
            _tell(result, args.venue, shorten=failed <= args.shrink)
            if failed >= args.failures:
                break
    _clear()
    took = max(time.monotonic() - started, 1e-9)
    told = "".join(f"{number} {name}, " for name, number in submits.items())
    _say(
        f"{done} histories, {orders} orders, {told}{steps} events in {took:.1f} s: "
        f"{done / took:.1f} histories/s, {steps / took:.0f} events/s; {failed} failed"
    )
    return 1 if failed else 0


def _plan(venue: str, seed: int | str) -> Any:
    return draw(str(seed)) if venue == "apifiny" else draw_unnamed(venue, str(seed))


def _run(plan: Any, *, trace: bool = False) -> Any:
    return unnamed.run(plan, trace=trace) if isinstance(plan, UnnamedPlan) else runner.run(plan, trace=trace)


def _history(venue: str, seed: int) -> Any:
    return _run(_plan(venue, seed))


def _submits(result: Any) -> dict[str, int]:
    """Count what only histories of venues without client order ids have."""
    if not isinstance(result, unnamed.Result):
        return {}
    return {
        "submits": result.submits,
        "of them with a fault": result.submit_faults,
        "faults of other requests": result.faults - result.submit_faults,
        "orders for a person to decide": result.ambiguous,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/simulate", description=__doc__)
    parser.add_argument(
        "--venue",
        choices=("apifiny", "weex", "cloud"),
        default="apifiny",
        help="apifiny: over FIX; weex, cloud: over REST, without client order ids (default apifiny)",
    )
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
    plan = _plan(args.venue, args.seed).reduced(keep, args.without.split(","))
    if args.write is not None and args.venue != "apifiny":
        _say("--write: only histories over FIX are written to files; name a seed with --venue instead")
        return 2
    if args.write is not None:
        write(plan, args.write, _run(plan).failure or "All promises held.")
    _say(plan)
    result = _run(plan, trace=True)
    _say("\n".join(result.trace or []))
    _say(result.failure or "all promises held")
    return 1 if result.failure else 0


def _tell(result: Any, venue: str, *, shorten: bool) -> None:
    seed = result.plan.seed
    command = "scripts/simulate" + (f" --venue {venue}" if venue != "apifiny" else "")
    _say(f"seed {seed} fails: {result.failure}\n  repeat: {command} --seed {seed}")
    if not shorten:
        return
    plan, keep, without = shrink(result.plan, live=_run)
    left_out = f" --without {','.join(without)}" if without else ""
    _say(f"  in short: {command} --seed {seed} --keep {','.join(map(str, keep))}{left_out}")
    _say(f"{plan}\n{_run(plan).failure}")


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
